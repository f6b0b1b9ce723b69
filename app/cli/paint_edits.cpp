#include "app/cli/paint_edits.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "app/cli/tower_trials.h"
#include "app/state/session.h"
#include "core/engine/interventions.h"
#include "core/engine/paint_picture.h"
#include "core/engine/paint_text.h"
#include "core/engine/sequences.h"
#include "core/engine/text_chunks.h"
#include "core/formats/image.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

constexpr std::string_view kStart = ":start", kEnd = ":end";

/// The words that a prompt's chunks hold, once each, in the prompt's order.
class PromptWords {
 public:
  explicit PromptWords(const PaintRequest& request) : prompt_(request.prompt) {
    const ChunkedPrompt read = tokenize_chunks(*request.model->text, request.prompt, request.syntax);
    for (const PromptChunk& chunk : read.chunks) {
      for (const Word& word : chunk.words) {
        const std::string_view letters = std::string_view(prompt_).substr(word.start, word.end - word.start);
        if (std::ranges::find(words_, letters, &Found::letters) == words_.end())
          words_.push_back({letters, word.start});
      }
    }
  }
  PromptWords(const PromptWords&) = delete;  // letters are the prompt's own
  PromptWords& operator=(const PromptWords&) = delete;

  Result<PromptWord> find(std::string_view option, std::string_view text) const {
    if (text == kStart) return PromptWord{PromptWord::Kind::kStart, 0};
    if (text == kEnd) return PromptWord{PromptWord::Kind::kEnd, 0};
    const auto found = std::ranges::find(words_, text, &Found::letters);
    if (found != words_.end()) return PromptWord{PromptWord::Kind::kWord, found->byte};
    return fail(ErrorCode::kFormat, "{}: expected a word of the prompt ({}), got {}", option, shown(),
                quote(text));
  }

 private:
  struct Found {
    std::string_view letters;
    std::size_t byte;
  };

  std::string shown() const {
    constexpr std::size_t kMost = 8;
    if (words_.empty()) return "it has none";
    std::string out;
    for (std::size_t i = 0; i < std::min(words_.size(), kMost); ++i)
      out += (i == 0 ? "" : ", ") + printable(words_[i].letters, 40);
    return words_.size() > kMost ? out + ", ..." : out;
  }

  std::string prompt_;
  std::vector<Found> words_;
};

/// A whole number whose limits the model sets. Errors: format.
Result<int> whole_in(std::string_view option, std::string text, int low, int high) {
  if (const std::string refused = whole(low, high)(text); !refused.empty())
    return fail(ErrorCode::kFormat, "{}: {}", option, refused);
  return *number_of<int>(text);
}

int steps_of(const PaintRequest& request) {
  return request.steps == 0 ? request.model->steps : request.steps;
}

bool has_edits(const PaintTrials& trials) {
  return std::ranges::any_of(trials.told, [](const auto& each) { return !each.empty(); }) ||
         trials.keep_maps || trials.keep_words || trials.freeze_from || !trials.patch_at.empty();
}

std::string option_of(const InterventionKind& kind) {
  if (kind.takes.after) return "--patch-at";
  const bool freezes = kind.reads_kept && !kind.takes.image;
  return fmt::format("--{}{}", kind.name, freezes ? "-from" : "");
}

/// "--cut, --mute or --keep-words": the options of all trials.
std::string options() {
  std::vector<std::string> out;
  for (const InterventionKind& kind : interventions()) {
    if ((kind.runs & kPaintRun) != 0) out.push_back(option_of(kind));
  }
  out.push_back("--keep-words");
  return list_of(out);
}

// An edit of nothing yet, for the span of steps that was asked for.
Result<PaintEdit> read_span(const PaintTrials& trials, const PaintRequest& request) {
  PaintEdit out;
  if (!trials.during) return out;
  if (!has_edits(trials)) {
    return fail(ErrorCode::kFormat, "--during: expected {} beside it, got none", options());
  }
  const int steps = steps_of(request), first = request.first_step + 1;
  const auto span = two_numbers(*trials.during, '-');
  if (!span || span->first > span->second || span->second > steps) {
    return fail(ErrorCode::kFormat, "--during: expected A-B, steps in order from 1 to {}, got {}", steps,
                quote(*trials.during));
  }
  if (span->second < first) {
    return fail(ErrorCode::kFormat, "--during: expected a span with a step that is drawn, {} to {}, got {}",
                first, steps, quote(*trials.during));
  }
  out.first_step = span->first - 1;
  out.last_step = span->second - 1;
  return out;
}

// A comma can be a word itself: the one that parts two words has a letter before and behind it.
Result<std::vector<PromptWord>> read_two(const std::string& option, const PromptWords& words,
                                         std::string_view text) {
  const std::size_t comma = text.find(',', 1);
  if (comma == std::string_view::npos || comma + 1 == text.size())
    return fail(ErrorCode::kFormat, "{}: expected WORD,WORD, got {}", option, quote(text));
  REGARD_TRY(const auto first, words.find(option, text.substr(0, comma)));
  REGARD_TRY(const auto second, words.find(option, text.substr(comma + 1)));
  if (first == second) return fail(ErrorCode::kFormat, "{}: expected two words, got {}", option, quote(text));
  return std::vector{first, second};
}

Result<std::vector<PromptWord>> read_words(const InterventionKind& kind, const PromptWords& words,
                                           const std::string& text) {
  const std::string option = option_of(kind);
  if (kind.takes.words == 2) return read_two(option, words, text);
  if (!kind.takes_start && text == kStart) {
    return fail(ErrorCode::kFormat,
                "{}: expected a word of the prompt or {}, got {}, which the first word has to read", option,
                kEnd, quote(text));
  }
  REGARD_TRY(const auto word, words.find(option, text));
  return std::vector{word};
}

// A word, or the patch of a column and row: a position of the joint order.
Result<PromptWord> read_joint_place(std::string_view option, const PromptWords& words,
                                    const PaintRequest& request, std::span<const std::string> parts,
                                    std::size_t& at) {
  const std::string first = at < parts.size() ? parts[at++] : "";
  const auto column = number_of<int>(first);
  if (!column) return words.find(option, first);
  const MmditConfig& config = request.model->mmdit.config();
  const int columns = (request.width == 0 ? config.sample_side : request.width) / config.patch;
  const int rows = (request.height == 0 ? config.sample_side : request.height) / config.patch;
  const std::string second = at < parts.size() ? parts[at++] : "";
  const auto row = number_of<int>(second);
  if (row && *column >= 1 && *column <= columns && *row >= 1 && *row <= rows)
    return place_at((*row - 1) * columns + *column - 1);
  return fail(ErrorCode::kFormat, "{}: expected a word or a patch's COLUMN,ROW from 1,1 to {},{}, got {}",
              option, columns, rows, quote(second.empty() ? first : fmt::format("{},{}", first, second)));
}

Result<RunEdit> read_told(const InterventionKind& kind, const PromptWords& words, const PaintRequest& request,
                          const std::string& text) {
  const MmditConfig& config = request.model->mmdit.config();
  const std::string option = option_of(kind);
  if (kind.takes.edge) {
    const auto place = [&](std::string_view name, std::span<const std::string> parts, std::size_t& at) {
      return read_joint_place(name, words, request, parts, at);
    };
    return read_edge(option, text, place, config.layers, config.heads);
  }
  if (kind.takes.head) return read_head_off(option, text, "BLOCK", config.layers, config.heads);
  EditArguments told;
  if (kind.takes.block) {
    REGARD_TRY(const auto block, whole_in(option, text, 1, config.layers));
    told.block = block - 1;
  } else {
    REGARD_TRY(told.words, read_words(kind, words, text));
  }
  return RunEdit{.what = kind.make(told)};
}

Result<void> add_told(const PaintTrials& trials, PaintEdit edit, PaintRequest& request) {
  const PromptWords words(request);
  for (std::size_t i = 0; i < trials.told.size(); ++i) {
    const InterventionKind& kind = interventions()[i];
    for (const std::string& text : trials.told[i]) {
      REGARD_TRY(const RunEdit told, read_told(kind, words, request, text));
      edit.what = told.what;
      request.edits.push_back(edit);
    }
  }
  return {};
}

Result<void> read_picture(const PaintTrials& trials, PaintRequest& request) {
  if (!trials.picture) return {};
  if (trials.picture->empty()) return fail(ErrorCode::kFormat, "--picture: expected a file, got ''");
  const int steps = steps_of(request), side = request.model->mmdit.config().sample_side;
  request.first_step = steps / 2;
  if (trials.from_step) {
    REGARD_TRY(const auto step, whole_in("--from-step", *trials.from_step, 1, steps));
    request.first_step = step - 1;
  }
  REGARD_TRY(const auto image, read_image(*trials.picture));
  print_frames(image, *trials.picture);
  request.picture = picture_values(image, request.height == 0 ? side : request.height,
                                   request.width == 0 ? side : request.width);
  return {};
}

/// The prompt that the other drawing is of: that of all options that name one, and which did. Errors: format.
Result<OtherNamed> other_of(const PaintTrials& trials) {
  REGARD_TRY(OtherNamed other, other_named(trials.freeze_from, trials.patch_from));
  for (const auto& [option, prompt] :
       {std::pair("--keep-maps", &trials.keep_maps), {"--keep-words", &trials.keep_words}}) {
    if (!*prompt) continue;
    if (!other) {
      other = std::pair(std::string(option), **prompt);
    } else if (other->second != **prompt) {
      return fail(ErrorCode::kFormat, "{}: expected {}, which {} names, got {}", option, quote(other->second),
                  other->first, quote(**prompt));
    }
  }
  return other;
}

/// The same drawing, begun alike, of another prompt and without edits. Errors: of read_session().
Result<PaintRequest> other_drawing(const OtherNamed& other, const PaintRequest& request) {
  PaintRequest asked = request;
  asked.prompt = other->second;
  if (!other->first.starts_with("--keep") && is_session(other->second)) {
    REGARD_TRY(const Session session, read_session(other->second));
    asked.prompt = session.doc.prompt;
    asked.syntax = session.doc.syntax;
    asked.weighting = session.doc.weighting;
    asked.place = session.doc.paint.place;
  }
  asked.edits.clear();
  asked.keep = KeepRecords::kConditional;
  return asked;
}

Result<void> draw_kept(const PaintRequest& asked, PaintRequest& request) {
  REGARD_TRY(auto run, run_paint(asked));
  print_warnings(run->prompt.warnings, run->prompt.tokens.size(), run->prompt.tokens_cut, "kept");
  request.kept = std::move(run);
  return {};
}

/// --patch-at, each beside `edit`'s steps. @param asked  the other drawing. Errors: format, of
/// read_paint_text().
Result<void> add_patched(const PaintTrials& trials, RunEdit edit, const PaintRequest& asked,
                         PaintRequest& request) {
  if (trials.patch_at.empty()) return {};
  REGARD_TRY(const Sequence here, drawn_sequence(request));
  REGARD_TRY(const Sequence there, drawn_sequence(asked));
  const PromptWords words(request), other_words(asked);
  const auto place = [&](std::string_view option, std::span<const std::string> parts, std::size_t& at) {
    return read_joint_place(option, words, request, parts, at);
  };
  const auto other_place = [&](std::string_view option, std::span<const std::string> parts, std::size_t& at) {
    return read_joint_place(option, other_words, asked, parts, at);
  };
  const int blocks = request.model->mmdit.config().layers;
  for (const std::string& text : trials.patch_at) {
    REGARD_TRY(const RunEdit patch,
               read_patch_at(text, place, position_in(there, other_place), "BLOCK", blocks));
    edit.what = patch.what;
    request.edits.push_back(edit);
  }
  return check_patched(trials.patch_at, request.edits, here, there);
}

}  // namespace

Result<PromptWord> word_of_prompt(std::string_view option, const PaintRequest& request,
                                  std::string_view text) {
  return PromptWords(request).find(option, text);
}

Result<Sequence> drawn_sequence(const PaintRequest& request) {
  const MmditConfig& config = request.model->mmdit.config();
  const int height = request.height == 0 ? config.sample_side : request.height;
  const int width = request.width == 0 ? config.sample_side : request.width;
  REGARD_TRY(const PaintText text, read_paint_text(request, request.prompt));
  return joined(image_sequence({}, height / config.patch, width / config.patch),
                text_sequence(text.tokens, text.words));
}

Result<void> read_trials(const PaintTrials& trials, PaintRequest& request) {
  REGARD_TRY_DO(read_picture(trials, request));
  REGARD_TRY(auto edit, read_span(trials, request));
  REGARD_TRY_DO(add_told(trials, edit, request));
  REGARD_TRY(const OtherNamed other, other_of(trials));
  if (!other) return {};
  REGARD_TRY(const PaintRequest asked, other_drawing(other, request));
  if (trials.keep_maps || trials.keep_words) {
    edit.what = KeepMaps{.image = trials.keep_maps.has_value()};
    request.edits.push_back(edit);
  }
  if (trials.freeze_from) {
    edit.what = FreezeMaps{};
    request.edits.push_back(edit);
  }
  REGARD_TRY_DO(add_patched(trials, edit, asked, request));
  return draw_kept(asked, request);
}

namespace {

void add_patch(CLI::App& command, PaintTrials& trials) {
  CLI::Option* from =
      command
          .add_option("--patch-from", trials.patch_from,
                      "Draws this prompt (or that of a session) first, from the same noise: --patch-at takes "
                      "activations from there")
          ->type_name("PROMPT")
          ->group("Trials");
  CLI::Option* at =
      command
          .add_option(
              "--patch-at", trials.patch_at,
              "The activation of a word, :start, :end or patch (COLUMN,ROW) behind that block (0: what "
              "enters the first), at the same step, comes from there, in the half with the prompt; with "
              "=BLOCK,PLACE behind it, from that block and place. Can be given again")
          ->type_name("BLOCK,PLACE")
          ->group("Trials");
  at->allow_extra_args(false)->needs(from);
  from->needs(at);
}

}  // namespace

void add_trials(CLI::App& command, PaintTrials& trials) {
  const auto add = [&](const std::string& name, auto& into, const char* type, std::string help) {
    return command.add_option(name, into, std::move(help))->type_name(type)->group("Trials");
  };
  CLI::Option* maps = nullptr;
  trials.told.resize(interventions().size());
  for (const InterventionKind& kind : interventions()) {
    if ((kind.runs & kPaintRun) == 0) continue;
    if (kind.takes.after) {
      add_patch(command, trials);
      continue;
    }
    if (kind.reads_kept) {
      CLI::Option* other = add(option_of(kind), kind.takes.image ? trials.keep_maps : trials.freeze_from,
                               "PROMPT", std::string(kind.help));
      if (kind.takes.image) maps = other;
      continue;
    }
    const char* type = kind.takes.edge         ? "QUERY,KEY"
                       : kind.takes.words == 2 ? "WORD,WORD"
                       : kind.takes.words == 1 ? "WORD"
                       : kind.takes.head       ? "BLOCK,HEAD"
                                               : "BLOCK";
    const std::string names =
        kind.also.empty() ? option_of(kind) : fmt::format("{},--{}", option_of(kind), kind.also);
    add(names, trials.told[kind.index], type, fmt::format("{}. Can be given again", kind.help))
        ->allow_extra_args(false);
  }
  add("--keep-words", trials.keep_words, "PROMPT", "The same, of what patches read of words alone")
      ->excludes(maps);
  add("--during", trials.during, "A-B", "The steps of all these, from 1, both inclusive (default: all)");
  CLI::Option* picture =
      add("--picture", trials.picture, "FILE",
          "A picture to begin with (PNG, JPEG, WebP): its middle, with the noise that its step has");
  add("--from-step", trials.from_step, "N",
      "The step to begin at, from 1: the later, the nearer to the picture (default: half are left, 13 of 24)")
      ->needs(picture);
}

}  // namespace regard::cli
