#include "app/cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "app/assets.h"
#include "app/export/formats.h"
#include "app/i18n/strings.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"
#include "core/models/tensor_files.h"
#include "core/prompt/grammar.h"
#include "core/tensor/threads.h"

namespace regard::cli {
namespace {

constexpr Syntax kSyntaxes[] = {Syntax::kA1111, Syntax::kA1111Old, Syntax::kComfyUI, Syntax::kCompel};
constexpr TokenNormalisation kNormalisations[] = {TokenNormalisation::kNone, TokenNormalisation::kMean,
                                                  TokenNormalisation::kLength,
                                                  TokenNormalisation::kLengthMean};

/// A number from 1, or one of these words.
CLI::Validator number_or(std::vector<std::string> words) {
  std::vector<std::string> all = {"a number from 1"};
  all.insert(all.end(), words.begin(), words.end());
  return reads(list_of(all), [words = std::move(words)](std::string_view text) {
    const auto number = number_of<int>(text);
    const bool good = std::ranges::find(words, text) != words.end() || (number && *number >= 1);
    return good ? std::optional(std::string(text)) : std::nullopt;
  });
}

void read_layer_option(const std::string& text, MapRange& maps) {
  MapChoice choice;
  maps.all_layers = text == "all";
  if (const auto number = number_of<int>(text)) {
    choice.heads.layer = *number - 1;
  } else if (!maps.all_layers) {
    read_choice("layer", text, choice);
  }
  maps.query.lens = choice.lens;
  maps.query.heads.layer = choice.heads.layer;
}

void read_head_option(const std::string& text, MapRange& maps) {
  maps.all_heads = text == "all";
  if (const auto number = number_of<int>(text)) {
    maps.query.heads.head = *number - 1;
  } else if (!maps.all_heads) {
    read_head(text, maps.query.heads);
  }
}

}  // namespace

CLI::Validator syntaxes() { return one_of(kSyntaxes, syntax_name); }

void add_prompt(CLI::App& command, std::string& prompt) {
  command.add_option("--prompt", prompt, "The text; weights as in (red:1.3)")->required()->type_name("TEXT");
}

void add_model(CLI::App& command, Options& options) {
  command
      .add_option("--model", options.model,
                  "Model folder, or the name of an installed model (default: the built-in model)")
      ->type_name("DIR");
}

void add_map(CLI::App& command, Options& options, std::initializer_list<LensNeeds> needs) {
  command
      .add_option_function<std::string>(
          "--layer", [&options](const std::string& text) { read_layer_option(text, options.maps); },
          "N (from 1), all, mean or rollout (default: mean)")
      ->transform(number_or({"all", "mean", "rollout"}))
      ->type_name("LAYER");
  command
      .add_option_function<std::string>(
          "--head", [&options](const std::string& text) { read_head_option(text, options.maps); },
          "N (from 1), all, mean or max (default: mean)")
      ->transform(number_or({"all", "mean", "max"}))
      ->type_name("HEAD");
  command.add_flag("--scores", options.maps.query.scores, "Scores before softmax instead of attention");
  add_lens(command, options, needs);
}

void add_tokens(CLI::App& command, MapQuery& query, const TokenOptions& which) {
  constexpr Specials kSpecials[] = {Specials::kShown, Specials::kHidden, Specials::kRenormalised};
  if (which.words)
    command.add_flag("--words", query.words, "The tokens of a word as one: rows averaged, columns summed");
  command
      .add_option("--special", query.specials,
                  "BOS, EOS, CLS and registers: show (default), hide, or renormalise (each row as shares of "
                  "what is left without them)")
      ->transform(one_of(kSpecials, specials_name))
      ->type_name("WHAT");
  if (which.hold)
    command
        .add_option_function<double>(
            "--hold", [&query](const double& share) { query.mass = share; },
            "Only the smallest set of each row that holds this share of it, 0.01 to 1; the rest is 0")
        ->transform(number(0.01, 1.0))
        ->type_name("SHARE");
  if (which.rank)
    command.add_flag("--rank", query.rank, "Places in each row, from 1, the largest, instead of numbers");
}

CLI::Option* add_lens(CLI::App& command, Options& options, std::initializer_list<LensNeeds> needs) {
  std::vector<std::string> names;
  for (const Lens* lens : lenses()) {
    if (std::ranges::find(needs, lens->needs) != needs.end()) names.emplace_back(lens->name);
  }
  return command
      .add_option("--lens", options.lens,
                  fmt::format("What the map says: {} (default: attention)", list_of(names)))
      ->check(word_of(names))
      ->type_name("NAME");
}

CLI::Option* add_toward(CLI::App& command, std::string& toward, const char* what) {
  return command
      .add_option(
          "--toward", toward,
          fmt::format("Of attnlrp, chefer and legrad: the text that the {0} is compared with (default: "
                      "the {0}'s own vector)",
                      what))
      ->type_name("TEXT");
}

Result<void> check_toward(const std::string& toward, const MapRange& maps) {
  const Lens* lens = find_lens(maps.query.lens);
  if (toward.empty() || (lens != nullptr && lens->needs == LensNeeds::kGradients)) return {};
  return fail(ErrorCode::kFormat, "--toward: expected --lens attnlrp, chefer or legrad, got {}",
              maps.query.lens);
}

Result<MapRange> map_range(const Options& options) {
  MapRange range = options.maps;
  if (options.lens.empty()) return range;
  if (range.query.lens != "attention" && range.query.lens != options.lens) {
    return fail(ErrorCode::kFormat, "--lens: expected {}, which --layer names, got {}", range.query.lens,
                options.lens);
  }
  range.query.lens = options.lens;
  return range;
}

Result<MapRange> one_map(const Options& options) {
  REGARD_TRY(const MapRange range, map_range(options));
  if (range.all_layers)
    return fail(ErrorCode::kFormat, "--layer: expected N, mean or rollout, got 'all': it is of one map");
  if (range.all_heads)
    return fail(ErrorCode::kFormat, "--head: expected N, mean or max, got 'all': it is of one map");
  return range;
}

void add_syntax(CLI::App& command, Options& options) {
  command
      .add_option("--syntax", options.syntax,
                  "Grammar of the weights: a1111 (default), a1111-old, comfyui or compel")
      ->transform(syntaxes())
      ->type_name("NAME");
}

namespace {

/// "a1111, scale": the schemes of which `is_one` holds, each with what help it has.
std::string weightings_that(bool (*is_one)(Weighting)) {
  std::string out;
  for (const Weighting weighting : kAllWeightings) {
    if (!is_one(weighting)) continue;
    const WeightingScheme& scheme = scheme_of(weighting);
    out += (out.empty() ? "" : ", ") + std::string(scheme.name);
    if (scheme.help.empty()) continue;
    out += fmt::format(" ({}{})", scheme.help, weighting == Options{}.weighting ? "; default" : "");
  }
  return out;
}

}  // namespace

void add_weighting(CLI::App& command, Options& options) {
  command
      .add_option(
          "--weighting", options.weighting,
          fmt::format("What a weight does. On the maps: {}. On the encoder's output, so that its maps "
                      "stay as they are: {}. Or {}",
                      weightings_that(acts_inside),
                      weightings_that([](Weighting one) { return scheme_of(one).output != nullptr; }),
                      weighting_name(Weighting::kNone)))
      ->transform(one_of(kAllWeightings, weighting_name))
      ->type_name("NAME");
}

void add_normalisation(CLI::App& command, Options& options) {
  command
      .add_option("--normalisation", options.normalisation,
                  "Of the weights, before they are used: none (default), mean, length or length+mean")
      ->transform(one_of(kNormalisations, normalisation_name))
      ->type_name("NAME");
}

void add_chunk(CLI::App& command, Options& options) {
  command.add_option("--chunk", options.chunk, "Which chunk of a long prompt, from 1 (default 1)")
      ->transform(whole(1, 1'000'000))
      ->type_name("N");
}

void add_theme(CLI::App& command, Options& options) {
  command.add_option("--theme", options.theme, "dark or light")
      ->check(word_of({"dark", "light"}))
      ->type_name("NAME");
}

void add_lang(CLI::App& command, Options& options) {
  command.add_option("--lang", options.lang, Locales::shipped().codes(", ") + " or system (default)")
      ->type_name("LANG");
}

void add_threads(CLI::App& command) {
  command
      .add_option_function<int>(
          "--threads", [](const int& count) { set_threads(count); },
          "How many the arithmetic is shared out to: 1 to 256 (default: one a processor). The numbers are "
          "the same for all")
      ->transform(whole(1, 256))
      ->type_name("N");
}

Result<std::string> read_format(const std::string& out, const MapRange& maps) {
  if (out.empty()) return ".json";
  auto format = map_format(out, "--out");
  if (!format) return format;
  if (is_picture(*format) && (maps.all_layers || maps.all_heads)) {
    return fail(ErrorCode::kFormat, "--out: expected {}, which hold all maps, got {}, which shows one",
                endings({FormatKind::kDescribed, FormatKind::kNumbers}, " or "), *format);
  }
  return format;
}

Result<Language> read_lang(const Options& options, const Locales& locales) {
  if (options.lang == "system") return language_from("", locales);
  if (locales.find(options.lang) != nullptr) return options.lang;
  return fail(ErrorCode::kFormat, "--lang: expected {} or system, got {}", locales.codes(", "),
              quote(options.lang));
}

Result<void> check_chunk(int chunk, int chunks) {
  if (chunk <= chunks) return {};
  return fail(ErrorCode::kShape, "--chunk: expected a number from 1 to {}, the chunks of this prompt, got {}",
              chunks, chunk);
}

void print_chunk(int chunk, int chunks) {
  if (chunks > 1) fmt::print(stderr, "prompt: chunk {} of {}; --chunk N chooses another\n", chunk, chunks);
}

Result<std::filesystem::path> model_folder(const Options& options) {
  if (options.model.empty()) REGARD_TRY_DO(find_assets());
  return model_path(options.model);
}

Result<std::shared_ptr<const TextModel>> open_model(const Options& options) {
  REGARD_TRY(const std::filesystem::path folder, model_folder(options));
  auto model = open_text_model(folder);
  if (model) print_weights((*model)->folder);
  return model;
}

void print_weights(const std::filesystem::path& folder) {
  static std::set<std::filesystem::path> told;
  const auto found = find_weights(folder);
  if (!found || found->used.empty() || found->unread.empty() || !told.insert(folder).second) return;
  std::string unread;
  for (const std::string& name : found->unread) unread += (unread.empty() ? "" : ", ") + printable(name, 200);
  fmt::print(stderr, "{}: read; {} beside it: not read\n", label_of(folder / found->used), unread);
}

void print_warnings(const std::vector<PromptWarning>& warnings, std::size_t tokens_read, int tokens_cut,
                    std::string_view what) {
  if (warnings.empty()) return;
  const Strings strings = Strings::load(kEnglish);
  for (const PromptWarning& warning : warnings) {
    fmt::print(stderr, "{}: bytes {}-{}: {}\n", what, warning.start, warning.end,
               strings.format(warning.key, tokens_read, tokens_cut));
  }
}

void print_non_finite(const std::string& out, const NonFinite& found) {
  const Strings strings = Strings::load(kEnglish);
  const std::string name = out.empty() ? "standard output" : printable(out, 4096);
  if (found.count > 0) fmt::print(stderr, "{}\n", non_finite_line(name, found, strings));
}

Result<int> print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return kDone;
  return fail(ErrorCode::kIo, "standard output: expected to write {} bytes, got an error", text.size());
}

Result<int> write(const std::string& out, std::string_view bytes) {
  if (out.empty()) return print(bytes);
  REGARD_TRY_DO(write_file(out, bytes));
  return kDone;
}

}  // namespace regard::cli
