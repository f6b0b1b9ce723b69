#include "app/cli/options.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "app/assets.h"
#include "app/export/save_maps.h"
#include "app/i18n/strings.h"
#include "core/engine/model_folder.h"
#include "core/formats/utf8.h"
#include "core/prompt/grammar.h"

namespace regard::cli {
namespace {

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

}  // namespace

void add_model(CLI::App& command, Options& options) {
  command
      .add_option("--model", options.model,
                  "Model folder, or the name of an installed model (default: the built-in model)")
      ->type_name("DIR");
}

void add_map(CLI::App& command, Options& options) {
  command.add_option("--layer", options.layer, "N (from 1), all, mean or rollout (default: mean)")
      ->type_name("LAYER");
  command.add_option("--head", options.head, "N (from 1), all, mean or max (default: mean)")
      ->type_name("HEAD");
  command.add_flag("--scores", options.scores, "Scores before softmax instead of attention");
}

void add_syntax(CLI::App& command, Options& options) {
  command
      .add_option("--syntax", options.syntax,
                  "Grammar of the weights: a1111 (default), a1111-old, comfyui or compel")
      ->type_name("NAME");
}

void add_weighting(CLI::App& command, Options& options) {
  command
      .add_option("--weighting", options.weighting,
                  "What a weight does. On the maps: attention (ln weight on the scores of the word's column; "
                  "default), "
                  "prompt-to-prompt (attention times weight, rows no longer sum to 1). On the encoder's "
                  "output, so that "
                  "its maps stay as they are: a1111, scale, comfyui, compel, comfy++, down_weight. Or none")
      ->type_name("NAME");
}

void add_normalisation(CLI::App& command, Options& options) {
  command
      .add_option("--normalisation", options.normalisation,
                  "Of the weights, before they are used: none (default), mean, length or length+mean")
      ->type_name("NAME");
}

void add_chunk(CLI::App& command, Options& options) {
  command.add_option("--chunk", options.chunk, "Which chunk of a long prompt, from 1 (default 1)")
      ->type_name("N");
}

void add_lang(CLI::App& command, Options& options) {
  command.add_option("--lang", options.lang, Locales::shipped().codes(", ") + " or system (default)")
      ->type_name("LANG");
}

void add_threads(CLI::App& command, Options& options) {
  command
      .add_option("--threads", options.threads,
                  "1 to 256 (default: 1). The built-in model is small and uses one, whatever is asked")
      ->type_name("N");
}

Result<int> read_int(std::string_view option, std::string_view text, int low, int high) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < low ||
      value > high) {
    return fail(ErrorCode::kFormat, "{}: expected a whole number from {} to {}, got {}", option, low, high,
                quote(text));
  }
  return value;
}

Result<double> read_number(std::string_view option, std::string_view text, double low, double high) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() ||
      !(value >= low && value <= high)) {
    return fail(ErrorCode::kFormat, "{}: expected a number from {} to {}, got {}", option, low, high,
                quote(text));
  }
  return value;
}

Result<MapRequest> read_map(const Options& options) {
  MapRequest request;
  request.scores = options.scores;
  constexpr int kMost = 1'000'000;  // the model says how many there are
  const auto number = [](std::string_view text) { return read_int("", text, 1, kMost); };
  if (options.layer == "all") {
    request.layer = MapRequest::kAll;
  } else if (options.layer == "rollout") {
    request.layer = MapChoice::kRollout;
  } else if (const auto layer = number(options.layer)) {
    request.layer = *layer - 1;
  } else if (options.layer != "mean") {
    return fail(ErrorCode::kFormat, "--layer: expected a number from 1, all, mean or rollout, got {}",
                quote(options.layer));
  }
  if (options.head == "all") {
    request.head = MapRequest::kAll;
  } else if (options.head == "max") {
    request.head = MapChoice::kMax;
  } else if (const auto head = number(options.head)) {
    request.head = *head - 1;
  } else if (options.head != "mean") {
    return fail(ErrorCode::kFormat, "--head: expected a number from 1, all, mean or max, got {}",
                quote(options.head));
  }
  return request;
}

Result<std::string> read_format(const std::string& out, const MapRequest& maps) {
  if (out.empty()) return ".json";
  auto format = map_format(out, "--out");
  if (!format) return format;
  if (is_picture(*format) && (maps.layer == MapRequest::kAll || maps.head == MapRequest::kAll)) {
    return fail(ErrorCode::kFormat,
                "--out: expected .json, .csv or .npy, which hold all maps, got {}, which shows one", *format);
  }
  return format;
}

Result<Syntax> read_syntax(const Options& options) {
  if (const auto syntax = syntax_from_name(options.syntax)) return *syntax;
  return fail(ErrorCode::kFormat, "--syntax: expected a1111, a1111-old, comfyui or compel, got {}",
              quote(options.syntax));
}

Result<Weighting> read_weighting(const Options& options) {
  if (const auto weighting = weighting_from_name(options.weighting)) return *weighting;
  return fail(
      ErrorCode::kFormat,
      "--weighting: expected attention, none, prompt-to-prompt, a1111, scale, comfyui, compel, comfy++ or "
      "down_weight, got {}",
      quote(options.weighting));
}

Result<TokenNormalisation> read_normalisation(const Options& options) {
  if (const auto normalisation = normalisation_from_name(options.normalisation)) return *normalisation;
  return fail(ErrorCode::kFormat, "--normalisation: expected none, mean, length or length+mean, got {}",
              quote(options.normalisation));
}

Result<Language> read_lang(const Options& options, const Locales& locales) {
  if (options.lang == "system") return language_from("", locales);
  if (locales.find(options.lang) != nullptr) return options.lang;
  return fail(ErrorCode::kFormat, "--lang: expected {} or system, got {}", locales.codes(", "),
              quote(options.lang));
}

Result<int> read_threads(const Options& options) { return read_int("--threads", options.threads, 1, 256); }

Result<int> read_chunk(const Options& options) { return read_int("--chunk", options.chunk, 1, 1'000'000); }

Result<void> check_chunk(int chunk, int chunks) {
  if (chunk <= chunks) return {};
  return fail(ErrorCode::kShape, "--chunk: expected a number from 1 to {}, the chunks of this prompt, got {}",
              chunks, chunk);
}

void print_chunk(int chunk, int chunks) {
  if (chunks > 1) fmt::print(stderr, "prompt: chunk {} of {}; --chunk N chooses another\n", chunk, chunks);
}

Result<std::filesystem::path> model_folder(const Options& options) {
  if (!options.model.empty()) return find_model(options.model);
  const Result<std::filesystem::path> assets = find_assets();
  if (!assets) return std::unexpected(assets.error());
  return *assets / "little-world";
}

Result<std::shared_ptr<const TextModel>> open_model(const Options& options) {
  const Result<std::filesystem::path> folder = model_folder(options);
  if (!folder) return std::unexpected(folder.error());
  return open_text_model(*folder);
}

int bad_input(std::string_view command, const Error& error) {
  fmt::print(stderr, "regard {}: {}\n", command, one_line(error.message));
  return kBadInput;
}

void print_warnings(const std::vector<PromptWarning>& warnings, std::size_t tokens_read, int tokens_cut,
                    std::string_view what) {
  if (warnings.empty()) return;
  const Strings strings = Strings::load(kEnglish);
  for (const PromptWarning& warning : warnings) {
    fmt::print(stderr, "{}: bytes {}-{}: {}\n", what, warning.start, warning.end,
               one_line(strings.format(warning.key, tokens_read, tokens_cut)));
  }
}

Result<void> print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  return fail(ErrorCode::kIo, "standard output: expected to write {} bytes, got an error", text.size());
}

}  // namespace regard::cli
