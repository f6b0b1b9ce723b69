#include "app/cli/tower_trials.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include <fmt/format.h>

#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "app/state/session.h"
#include "core/engine/text_chunks.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

constexpr std::string_view kFirst = ":start", kLast = ":end";

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string tower_option(const InterventionKind& kind) {
  return fmt::format("--{}", kind.also.empty() ? kind.name : kind.also);
}

/// The tokens of one chunk of a prompt: its words as they are written there, or any token by its number.
class TextPlaces {
 public:
  explicit TextPlaces(const TextRequest& request) : prompt_(request.prompt) {
    ChunkedPrompt read = tokenize_chunks(*request.model, request.prompt, request.syntax, request.rule);
    const int last = static_cast<int>(read.chunks.size()) - 1;
    chunk_ = std::move(read.chunks[static_cast<std::size_t>(std::clamp(request.chunk, 0, last))]);
  }

  Result<PromptWord> read(std::string_view option, std::span<const std::string> parts,
                          std::size_t& at) const {
    const std::string text = at < parts.size() ? parts[at++] : "";
    if (text == kFirst) return PromptWord{.kind = PromptWord::Kind::kStart};
    if (text == kLast) return PromptWord{.kind = PromptWord::Kind::kEnd};
    for (const Word& word : chunk_.words) {
      if (letters(word) == text) return PromptWord{.kind = PromptWord::Kind::kWord, .byte = word.start};
    }
    const int tokens = static_cast<int>(chunk_.tokens.size());
    const auto number = number_of<int>(text);
    if (number && *number >= 1 && *number <= tokens) return place_at(*number - 1);
    return fail(ErrorCode::kFormat,
                "{}: expected a word of the prompt ({}), a token from 1 to {}, {} or {}, got {}", option,
                shown(), tokens, kFirst, kLast, quote(text));
  }

 private:
  std::string_view letters(const Word& word) const {
    return std::string_view(prompt_).substr(word.start, word.end - word.start);
  }
  std::string shown() const {
    constexpr std::size_t kMost = 8;
    if (chunk_.words.empty()) return "it has none";
    std::string out;
    for (std::size_t i = 0; i < std::min(chunk_.words.size(), kMost); ++i)
      out += (i == 0 ? "" : ", ") + printable(letters(chunk_.words[i]), 40);
    return chunk_.words.size() > kMost ? out + ", ..." : out;
  }

  std::string prompt_;
  PromptChunk chunk_;
};

/// The patches of a picture by column and row, and its special tokens by name.
class VisionPlaces {
 public:
  explicit VisionPlaces(Sequence sequence) : sequence_(std::move(sequence)) {}

  Result<PromptWord> read(std::string_view option, std::span<const std::string> parts,
                          std::size_t& at) const {
    const std::string first = at < parts.size() ? parts[at++] : "";
    std::string name = first;
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    for (int i = 0; i < sequence_.count() && !sequence_.is_patch(i); ++i) {
      if (sequence_.positions[static_cast<std::size_t>(i)].label == name) return place_at(i);
    }
    const Segment& image = *sequence_.image();
    const std::string second = at < parts.size() ? parts[at++] : "";
    const auto column = number_of<int>(first), row = number_of<int>(second);
    if (column && row && *column >= 1 && *column <= image.columns && *row >= 1 && *row <= image.rows)
      return place_at(sequence_.patch(*column - 1, *row - 1));
    return fail(ErrorCode::kFormat, "{}: expected COLUMN,ROW from 1,1 to {},{}, or {}, got {}", option,
                image.columns, image.rows, specials(),
                quote(second.empty() ? first : fmt::format("{},{}", first, second)));
  }

 private:
  std::string specials() const {
    std::vector<std::string> names;
    for (int i = 0; i < sequence_.count() && !sequence_.is_patch(i); ++i) {
      names.push_back(sequence_.positions[static_cast<std::size_t>(i)].label);
      std::string& name = names.back();
      std::ranges::transform(name, name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    }
    return list_of(names);
  }

  Sequence sequence_;
};

/// The whole of a text is one place. Errors: format.
Result<PromptWord> read_one(std::string_view option, std::string_view text, const ReadPlace& place) {
  const std::vector<std::string> parts = split_at_commas(text);
  std::size_t at = 0;
  REGARD_TRY(const PromptWord word, place(option, parts, at));
  if (at == parts.size()) return word;
  return fail(ErrorCode::kFormat, "{}: expected one place, got {}", option, quote(text));
}

/// Errors: format.
Result<RunEdit> read_mute(const InterventionKind& kind, const std::string& option, const std::string& text,
                          const ReadPlace& place, unsigned run) {
  REGARD_TRY(const PromptWord word, read_one(option, text, place));
  const bool first = word.kind == PromptWord::Kind::kStart || (run == kTextRun && word == place_at(0));
  if (!kind.takes_start && first) {
    return fail(ErrorCode::kFormat,
                "{}: expected a word of the prompt or {}, got {}, which the first word has "
                "to read",
                option, kLast, quote(text));
  }
  return RunEdit{.what = kind.make({.words = {word}})};
}

/// "N" of 1 to the layers. Errors: format.
Result<RunEdit> read_block(const InterventionKind& kind, const std::string& option, std::string text,
                           int layers) {
  if (const std::string refused = whole(1, layers)(text); !refused.empty())
    return fail(ErrorCode::kFormat, "{}: {}", option, refused);
  return RunEdit{.what = kind.make({.block = *number_of<int>(text) - 1})};
}

/// All that were told. Errors: format.
Result<std::vector<RunEdit>> read_all(const TowerTrials& trials, const ReadPlace& place,
                                      const ReadPosition& there, int layers, int heads) {
  std::vector<RunEdit> out;
  for (std::size_t i = 0; i < trials.told.size(); ++i) {
    const InterventionKind& kind = interventions()[i];
    const std::string option = tower_option(kind);
    for (const std::string& text : trials.told[i]) {
      auto edit = kind.takes.edge    ? read_edge(option, text, place, layers, heads)
                  : kind.takes.head  ? read_head_off(option, text, "LAYER", layers, heads)
                  : kind.takes.block ? read_block(kind, option, text, layers)
                                     : read_mute(kind, option, text, place, trials.run);
      if (!edit) return std::unexpected(std::move(edit.error()));
      out.push_back(std::move(*edit));
    }
  }
  if (trials.freeze_from) out.push_back({.what = FreezeMaps{}});
  for (const std::string& text : trials.patch_at) {
    REGARD_TRY(RunEdit edit, read_patch_at(text, place, there, "LAYER", layers));
    out.push_back(std::move(edit));
  }
  return out;
}

}  // namespace

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0;;) {
    const std::size_t comma = text.find(',', begin);
    out.emplace_back(text.substr(begin, comma - begin));
    if (comma == std::string_view::npos) return out;
    begin = comma + 1;
  }
}

bool is_session(const std::string& text) {
  std::error_code ignored;
  return ending_of(text) == ".json" && std::filesystem::is_regular_file(text, ignored);
}

Result<OtherNamed> other_named(const std::optional<std::string>& freeze_from,
                               const std::optional<std::string>& patch_from) {
  if (freeze_from && patch_from && *freeze_from != *patch_from) {
    return fail(ErrorCode::kFormat, "--freeze-from: expected {}, which --patch-from names, got {}",
                quote(*patch_from), quote(*freeze_from));
  }
  if (patch_from) return OtherNamed{std::pair("--patch-from", *patch_from)};
  if (freeze_from) return OtherNamed{std::pair("--freeze-from", *freeze_from)};
  return OtherNamed{};
}

ReadPosition position_in(const Sequence& sequence, ReadPlace place) {
  return [&sequence, place = std::move(place)](std::string_view option, std::span<const std::string> parts,
                                               std::size_t& at) -> Result<int> {
    REGARD_TRY(const PromptWord word, place(option, parts, at));
    const std::vector<int> positions = positions_of(sequence, word);
    if (positions.empty()) return fail(ErrorCode::kFormat, "{}: expected a place of the other run", option);
    return positions.front();
  };
}

Result<RunEdit> read_patch_at(const std::string& text, const ReadPlace& place, const ReadPosition& there,
                              std::string_view layer_word, int layers) {
  constexpr std::string_view kOption = "--patch-at";
  // A sign at the very end is a word of the prompt.
  const std::size_t equals = text.find('=') + 1 < text.size() ? text.find('=') : std::string::npos;
  const auto layer_of = [&](const std::vector<std::string>& parts) -> Result<int> {
    const auto layer = number_of<int>(parts.front());
    if (layer && *layer >= 0 && *layer <= layers && parts.size() > 1) return *layer;
    return fail(ErrorCode::kFormat, "{}: expected {},PLACE, a {} from 0 to {}, got {}", kOption, layer_word,
                lower(layer_word), layers, quote(text));
  };
  const auto ended = [&](const std::vector<std::string>& parts, std::size_t at) -> Result<void> {
    if (at == parts.size()) return {};
    return fail(ErrorCode::kFormat, "{}: expected {},PLACE, got {}", kOption, layer_word, quote(text));
  };
  const std::vector<std::string> here = split_at_commas(std::string_view(text).substr(0, equals));
  PatchState out;
  std::size_t at = 1;
  REGARD_TRY(out.after, layer_of(here));
  REGARD_TRY(out.place, place(kOption, here, at));
  REGARD_TRY_DO(ended(here, at));
  if (equals == std::string::npos) return RunEdit{.what = out};
  const std::vector<std::string> source = split_at_commas(std::string_view(text).substr(equals + 1));
  at = 1;
  REGARD_TRY(out.from_after, layer_of(source));
  REGARD_TRY(out.from, there(kOption, source, at));
  REGARD_TRY_DO(ended(source, at));
  return RunEdit{.what = out};
}

Result<void> check_patched(std::span<const std::string> texts, std::span<const RunEdit> edits,
                           const Sequence& here, const Sequence& there) {
  const std::vector<int> counterpart = counterpart_positions(there, here);
  std::size_t patch = 0;
  for (const RunEdit& edit : edits) {
    const auto* told = std::get_if<PatchState>(&edit.what);
    if (told == nullptr) continue;
    const std::string& text = texts[patch++];
    if (told->from >= 0) continue;
    for (const int position : positions_of(here, told->place)) {
      if (counterpart[static_cast<std::size_t>(position)] >= 0) continue;
      return fail(ErrorCode::kFormat, "--patch-at: expected a place that the other run has too, got {}",
                  quote(text));
    }
  }
  return {};
}

Result<RunEdit> read_edge(std::string_view option, std::string_view text, const ReadPlace& place, int layers,
                          int heads) {
  const std::vector<std::string> parts = split_at_commas(text);
  std::size_t at = 0;
  CutReading out;
  REGARD_TRY(out.query, place(option, parts, at));
  if (at == parts.size())
    return fail(ErrorCode::kFormat, "{}: expected QUERY,KEY or QUERY,KEY,LAYER,HEAD, got {}", option,
                quote(text));
  REGARD_TRY(out.key, place(option, parts, at));
  if (at == parts.size()) return RunEdit{.what = out};
  const auto layer = number_of<int>(parts[at]), head = number_of<int>(parts.back());
  if (at + 2 != parts.size() || !layer || *layer < 1 || *layer > layers || !head || *head < 1 ||
      *head > heads) {
    return fail(ErrorCode::kFormat, "{}: expected QUERY,KEY or QUERY,KEY,LAYER,HEAD, up to {},{}, got {}",
                option, layers, heads, quote(text));
  }
  out.block = *layer - 1;
  out.head = *head - 1;
  return RunEdit{.what = out};
}

Result<RunEdit> read_head_off(std::string_view option, std::string_view text, std::string_view layer_word,
                              int layers, int heads) {
  constexpr std::string_view kMean = ",mean";
  const bool mean = text.ends_with(kMean);
  const auto place = two_numbers(mean ? text.substr(0, text.size() - kMean.size()) : text, ',');
  if (!place || place->first > layers || place->second > heads) {
    return fail(ErrorCode::kFormat, "{}: expected {},HEAD, from 1,1 to {},{}, got {}", option, layer_word,
                layers, heads, quote(text));
  }
  return RunEdit{.what = HeadOff{.block = place->first - 1, .head = place->second - 1, .mean = mean}};
}

Result<void> read_tower_trials(const TowerTrials& trials, TextRequest& request) {
  const ClipTextConfig& config = request.model->encoder.config();
  REGARD_TRY(const auto other, other_named(trials.freeze_from, trials.patch_from));
  TextRequest asked = request;
  if (other) {
    asked.prompt = other->second;
    if (is_session(other->second)) {
      REGARD_TRY(const Session session, read_session(other->second));
      asked.prompt = session.doc.prompt;
      asked.syntax = session.doc.syntax;
      asked.weighting = session.doc.weighting;
      asked.chunk = session.doc.chunk;
    }
  }
  REGARD_TRY(const Sequence here, sequence_of(request));
  REGARD_TRY(const Sequence there, other ? sequence_of(asked) : Result<Sequence>(here));
  const TextPlaces places(request), other_places(asked);
  const auto place = [&places](auto&&... told) { return places.read(told...); };
  const auto other_place = [&other_places](auto&&... told) { return other_places.read(told...); };
  REGARD_TRY(auto edits,
             read_all(trials, place, position_in(there, other_place), config.layers, config.heads));
  if (other) {
    REGARD_TRY(request.from, run_text(asked));
    print_warnings(request.from->warnings, request.from->tokens.size(), request.from->tokens_cut, "other");
    REGARD_TRY_DO(check_patched(trials.patch_at, edits, here, request.from->trace.prompt));
  }
  request.edits = std::move(edits);
  return {};
}

Result<void> read_tower_trials(const TowerTrials& trials, VisionRequest& request) {
  const VitConfig& config = request.model->encoder.config();
  REGARD_TRY(const auto other, other_named(trials.freeze_from, trials.patch_from));
  VisionRequest asked = request;
  if (other) {
    std::string picture = other->second;
    if (is_session(picture)) {
      REGARD_TRY(const Session session, read_session(picture));
      picture = session.doc.picture.image;
    }
    if (picture.empty()) return fail(ErrorCode::kFormat, "{}: expected a picture, got ''", other->first);
    REGARD_TRY(asked.image, open_picture(picture));
  }
  REGARD_TRY(const Sequence here, sequence_of(request));
  REGARD_TRY(const Sequence there, other ? sequence_of(asked) : Result<Sequence>(here));
  const VisionPlaces places(here), other_places(there);
  const auto place = [&places](auto&&... told) { return places.read(told...); };
  const auto other_place = [&other_places](auto&&... told) { return other_places.read(told...); };
  REGARD_TRY(auto edits,
             read_all(trials, place, position_in(there, other_place), config.layers, config.heads));
  if (other) {
    REGARD_TRY(request.from, run_vision(asked));
    REGARD_TRY_DO(check_patched(trials.patch_at, edits, here, request.from->trace.prompt));
  }
  request.edits = std::move(edits);
  return {};
}

void add_tower_trials(CLI::App& command, TowerTrials& trials, unsigned run) {
  trials.run = run;
  trials.told.resize(interventions().size());
  const bool text = run == kTextRun;
  const std::string place = text ? "WORD" : "COL,ROW", what = text ? "PROMPT" : "FILE";
  const auto add = [&](const std::string& name, auto& into, const std::string& type, std::string help) {
    return command.add_option(name, into, std::move(help))->type_name(type)->group("Trials");
  };
  for (const InterventionKind& kind : interventions()) {
    if ((kind.runs & run) == 0 || kind.reads_kept) continue;
    std::string names = fmt::format("--{}", kind.name);
    if (!kind.also.empty()) names = fmt::format("--{},{}", kind.also, names);
    const std::string type = kind.takes.edge    ? "QUERY,KEY"
                             : kind.takes.head  ? "LAYER,HEAD"
                             : kind.takes.block ? "LAYER"
                                                : place;
    add(names, trials.told[kind.index], type, fmt::format("{}. Can be given again", kind.tower_help))
        ->allow_extra_args(false);
  }
  add("--freeze-from", trials.freeze_from, what,
      fmt::format("Every place reads as it did there: another {}, or a session",
                  text ? "prompt" : "picture"));
  CLI::Option* from = add("--patch-from", trials.patch_from, what,
                          fmt::format("Where --patch-at takes activations from: another {}, or a session",
                                      text ? "prompt" : "picture"));
  CLI::Option* at = add("--patch-at", trials.patch_at, "LAYER," + place,
                        "The activation behind that layer (0: what enters the first) comes from there; with "
                        "=LAYER,PLACE behind it, from that layer and place. Can be given again");
  at->allow_extra_args(false)->needs(from);
  from->needs(at);
}

}  // namespace regard::cli
