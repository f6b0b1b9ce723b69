#include "app/cli/paint_edits.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "core/engine/paint_picture.h"
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
  return !trials.cut.empty() || !trials.mute.empty() || !trials.swap.empty() || !trials.head_off.empty() ||
         !trials.block_off.empty() || trials.keep_maps || trials.keep_words;
}

// An edit of nothing yet, for the span of steps that was asked for.
Result<PaintEdit> read_span(const PaintTrials& trials, const PaintRequest& request) {
  PaintEdit out;
  if (!trials.during) return out;
  if (!has_edits(trials)) {
    return fail(ErrorCode::kFormat,
                "--during: expected --cut, --mute, --swap, --head-off, --block-off, --keep-maps or "
                "--keep-words beside it, got none");
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
Result<SwapWords> read_swap(const PromptWords& words, std::string_view text) {
  const std::size_t comma = text.find(',', 1);
  if (comma == std::string_view::npos || comma + 1 == text.size())
    return fail(ErrorCode::kFormat, "--swap: expected WORD,WORD, got {}", quote(text));
  REGARD_TRY(const auto first, words.find("--swap", text.substr(0, comma)));
  REGARD_TRY(const auto second, words.find("--swap", text.substr(comma + 1)));
  if (first == second) return fail(ErrorCode::kFormat, "--swap: expected two words, got {}", quote(text));
  return SwapWords{first, second};
}

Result<void> add_words(const PaintTrials& trials, PaintEdit edit, PaintRequest& request) {
  const PromptWords words(request);
  for (const std::string& text : trials.cut) {
    REGARD_TRY(const auto word, words.find("--cut", text));
    edit.what = CutWord{word};
    request.edits.push_back(edit);
  }
  for (const std::string& text : trials.mute) {
    if (text == kStart) {
      return fail(ErrorCode::kFormat,
                  "--mute: expected a word of the prompt or {}, got {}, which the first word has to read",
                  kEnd, quote(text));
    }
    REGARD_TRY(const auto word, words.find("--mute", text));
    edit.what = MuteWord{word};
    request.edits.push_back(edit);
  }
  for (const std::string& text : trials.swap) {
    REGARD_TRY(const auto swap, read_swap(words, text));
    edit.what = swap;
    request.edits.push_back(edit);
  }
  return {};
}

Result<void> add_places(const PaintTrials& trials, PaintEdit edit, PaintRequest& request) {
  const MmditConfig& config = request.model->mmdit.config();
  for (const std::string& text : trials.head_off) {
    const auto place = two_numbers(text, ',');
    if (!place || place->first > config.layers || place->second > config.heads) {
      return fail(ErrorCode::kFormat, "--head-off: expected BLOCK,HEAD, from 1,1 to {},{}, got {}",
                  config.layers, config.heads, quote(text));
    }
    edit.what = HeadOff{place->first - 1, place->second - 1};
    request.edits.push_back(edit);
  }
  for (const std::string& text : trials.block_off) {
    REGARD_TRY(const auto block, whole_in("--block-off", text, 1, config.layers));
    edit.what = BlockOff{block - 1};
    request.edits.push_back(edit);
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

/// The same drawing, begun alike, of another prompt and without edits.
Result<void> draw_kept(const std::string& prompt, PaintRequest& request) {
  PaintRequest asked = request;
  asked.prompt = prompt;
  asked.edits.clear();
  asked.keep = KeepRecords::kConditional;
  REGARD_TRY(auto run, run_paint(asked));
  print_warnings(run->prompt.warnings, run->prompt.tokens.size(), run->prompt.tokens_cut, "kept");
  request.kept = std::move(run);
  return {};
}

}  // namespace

Result<void> read_trials(const PaintTrials& trials, PaintRequest& request) {
  REGARD_TRY_DO(read_picture(trials, request));
  REGARD_TRY(auto edit, read_span(trials, request));
  REGARD_TRY_DO(add_words(trials, edit, request));
  REGARD_TRY_DO(add_places(trials, edit, request));
  if (!trials.keep_maps && !trials.keep_words) return {};
  edit.what = KeepMaps{.image = trials.keep_maps.has_value()};
  request.edits.push_back(edit);
  return draw_kept(trials.keep_maps ? *trials.keep_maps : *trials.keep_words, request);
}

void add_trials(CLI::App& command, PaintTrials& trials) {
  const auto add = [&](const char* name, auto& into, const char* type, std::string help) {
    return command.add_option(name, into, std::move(help))->type_name(type)->group("Trials");
  };
  const auto add_list = [&](const char* name, std::vector<std::string>& into, const char* type,
                            const std::string& help) {
    add(name, into, type, help + ". Can be given again")->allow_extra_args(false);
  };
  add_list("--cut", trials.cut, "WORD",
           "A word of the prompt that no patch reads, as it is written there; :start or :end: BOS or EOS. "
           "Later words, which have read it, still tell of it");
  add_list("--mute", trials.mute, "WORD", "A word that neither patches nor other words read");
  add_list("--swap", trials.swap, "WORD,WORD",
           "Two words: patches read each as much as they would have read the other");
  add_list("--head-off", trials.head_off, "BLOCK,HEAD", "A head that gives nothing, both from 1");
  add_list("--block-off", trials.block_off, "BLOCK", "A block that is passed over, from 1");
  CLI::Option* maps = add("--keep-maps", trials.keep_maps, "PROMPT",
                          "Draws this prompt first, from the same noise; then patches read words and each "
                          "other as they did there");
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
