// What a prompt says beyond weights: texts that change with the step (A1111's [a:b:0.5] and [a|b]), several
// prompts at once (A1111's AND; Compel's .and and .blend) and swaps (Compel). Knows no tokens.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/prompt/prompt.h"

namespace regard {

/// A text and the last step (from 1) that uses it.
struct ScheduledText {
  int until_step = 0;
  std::string text;
};

struct PromptSchedule {
  std::vector<ScheduledText> texts;  // never empty; the last is until `steps`
  std::vector<PromptWarning> warnings;
};

/// The texts of `prompt` over `steps` steps. `[from:to:N]`: N with a point is a part of the steps, else a
/// step. Where the original's parser fails, the prompt is used unchanged for all steps, as it does
/// ("warning.schedule"). Expects steps >= 1. Thread: any. Cost: O(n + length of the texts); brackets 1 MiB
/// deep are fine. Source: AUTOMATIC1111/stable-diffusion-webui modules/prompt_parser.py @28bd8e1,
/// get_learned_conditioning_prompt_schedules; checked against every schedule vector
/// (tests/vectors/prompt-weight-structures.json).
PromptSchedule schedule_a1111(std::string_view prompt, int steps);

struct WeightedText {
  std::string text;
  double weight = 1.0;    // finite
  std::size_t start = 0;  // its first byte in the prompt
};

struct WeightedTexts {
  std::vector<WeightedText> texts;  // never empty
  std::vector<PromptWarning> warnings;
};

/// Split at the word AND; `:NUMBER` at the end of a text is its weight.
/// Thread: any. Cost: O(n). Source: as above, get_multicond_prompt_list.
WeightedTexts split_and_a1111(std::string_view prompt);

struct CompelSwap {
  std::vector<Fragment> original, edited;
  /// s_start, s_end, t_start, t_end first, then others as written.
  std::vector<std::pair<std::string, std::variant<std::string, double>>> options;
};

using CompelPiece = std::variant<Fragment, CompelSwap>;

struct CompelPart {
  double weight = 1.0;
  std::vector<CompelPiece> pieces;
};

struct CompelPrompt {
  enum class Kind { kAnd, kBlend } kind = Kind::kAnd;  // a plain prompt is an `and` of one
  std::vector<CompelPart> parts;
  bool normalize = true;  // of a blend
  std::vector<std::pair<std::string, double>> loras;
  std::vector<PromptWarning> warnings;
};

/// Thread: any. Cost: O(n). Source: see compel.h; checked against every compel_structures vector.
/// A swap inside a swap is read as part of it.
CompelPrompt read_compel(std::string_view prompt);

}  // namespace regard
