// The trials of `regard attend` and `regard look`: places masked, edges cut, heads and blocks switched off,
// attention and activations taken from another prompt or picture. Texts as they were typed become the
// request's edits.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/result.h"
#include "core/engine/interventions.h"
#include "core/engine/text_run.h"
#include "core/engine/vision_run.h"

namespace regard::cli {

/// Layers, heads, tokens, columns and rows count from 1, as everywhere on the command line.
struct TowerTrials {
  unsigned run = kTextRun;                     // kTextRun or kVisionRun
  std::vector<std::vector<std::string>> told;  // of interventions(), in their order
  std::optional<std::string> freeze_from;      // a prompt or picture, or a session that holds one
  std::optional<std::string> patch_from;       // likewise; the same where both are given
  std::vector<std::string> patch_at;  // "LAYER,PLACE" or "LAYER,PLACE=LAYER,PLACE"; 0: what enters the first
};

void add_tower_trials(CLI::App& command, TowerTrials& trials, unsigned run);

/// Into `edits` and `from` of a request that has everything else. Errors: format (one line that begins with
/// the option), those of opening what stands behind --freeze-from or --patch-from, and of its run. Cost: a
/// run of that, else no model arithmetic.
Result<void> read_tower_trials(const TowerTrials& trials, TextRequest& request);
Result<void> read_tower_trials(const TowerTrials& trials, VisionRequest& request);

/// Reads one place from the parts of a text that commas divide, `at` on, and moves `at` behind it.
using ReadPlace = std::function<Result<PromptWord>(std::string_view option,
                                                   std::span<const std::string> parts, std::size_t& at)>;

/// The same, of the other run: the first position of what `place` reads in `sequence`. Both live as long.
using ReadPosition =
    std::function<Result<int>(std::string_view option, std::span<const std::string> parts, std::size_t& at)>;
ReadPosition position_in(const Sequence& sequence, ReadPlace place);

std::vector<std::string> split_at_commas(std::string_view text);
/// Whether what stands behind --freeze-from or --patch-from is a session that is there.
bool is_session(const std::string& text);
/// What --freeze-from and --patch-from name, and the option that did; nothing without either.
using OtherNamed = std::optional<std::pair<std::string, std::string>>;
/// Errors: format (they name different ones).
Result<OtherNamed> other_named(const std::optional<std::string>& freeze_from,
                               const std::optional<std::string>& patch_from);
/// "LAYER,PLACE" of --patch-at, or "LAYER,PLACE=LAYER,PLACE": behind it where it comes from in the other run.
/// @param there  reads a place of the other run as a position  @param layer_word  LAYER or BLOCK, in messages
/// Errors: format.
Result<RunEdit> read_patch_at(const std::string& text, const ReadPlace& place, const ReadPosition& there,
                              std::string_view layer_word, int layers);
/// Only a place that both runs have can be patched. @param texts  of --patch-at, one a PatchState of `edits`
/// Errors: format.
Result<void> check_patched(std::span<const std::string> texts, std::span<const RunEdit> edits,
                           const Sequence& here, const Sequence& there);
/// "QUERY,KEY" or "QUERY,KEY,LAYER,HEAD". Errors: format.
Result<RunEdit> read_edge(std::string_view option, std::string_view text, const ReadPlace& place, int layers,
                          int heads);
/// "LAYER,HEAD" or "LAYER,HEAD,mean". @param layer_word  LAYER, or BLOCK, in messages. Errors: format.
Result<RunEdit> read_head_off(std::string_view option, std::string_view text, std::string_view layer_word,
                              int layers, int heads);

}  // namespace regard::cli
