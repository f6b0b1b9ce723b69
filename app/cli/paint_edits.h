// The trials of `regard paint`: words cut, muted or exchanged, heads and blocks switched off, maps kept from
// another drawing, a picture to begin with. Texts as they were typed become the request's edits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/result.h"
#include "core/engine/paint.h"

namespace regard::cli {

/// Steps, blocks and heads count from 1, as everywhere on the command line.
struct PaintTrials {
  /// Of interventions(), in their order, what each was told: "WORD" (as the prompt writes it, ":start" or
  /// ":end"), "WORD,WORD", "BLOCK,HEAD" (perhaps with ",mean"), "BLOCK" or "QUERY,KEY". Of kinds that take
  /// another prompt: empty.
  std::vector<std::vector<std::string>> told;
  std::optional<std::string> keep_maps, keep_words;  // a prompt, which may be empty; not both
  std::optional<std::string> freeze_from;            // a prompt, or a session that holds one
  std::optional<std::string> patch_from;             // likewise; all of these name the same
  std::vector<std::string> patch_at;                 // "BLOCK,PLACE"; 0: what enters the first block
  std::optional<std::string> during;                 // "A-B", both inclusive; nothing: every step
  std::optional<std::string> picture;                // a file
  std::optional<std::string> from_step;              // "N"; nothing: half of the steps are left
};

void add_trials(CLI::App& command, PaintTrials& trials);

/// A word of the prompt, as the prompt writes it, or ":start" or ":end". Errors: format.
Result<PromptWord> word_of_prompt(std::string_view option, const PaintRequest& request,
                                  std::string_view text);

/// The positions that a drawing will have: patches by row, then its words. Errors: as read_paint_text().
Result<Sequence> drawn_sequence(const PaintRequest& request);

/// Into `edits`, `picture` and `first_step` of a request that has its model, prompt, grammar, steps and
/// noise; then, where something is taken from another prompt's drawing, draws that into `kept`. Errors:
/// format (one line that begins with the option), io and format of a picture or session, and those of
/// run_paint() for the other prompt. Cost: of another prompt a drawing, else no model arithmetic.
Result<void> read_trials(const PaintTrials& trials, PaintRequest& request);

}  // namespace regard::cli
