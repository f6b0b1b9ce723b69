// What can be tried on the run of the workspace in sight: the list of trials as every panel reads and changes
// it, what trials are called, and what can be tried with what is under the pointer.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/ui/ui.h"

namespace regard {

/// Of the workspace in sight.
const std::vector<RunEdit>& trials_of(const AppState& state);

/// Sends the list with one change. `group` as in command.h.
template <class Change>
void set_trials(Ui& ui, Change change, int group = 0) {
  std::vector<RunEdit> edits = trials_of(ui.state);
  change(edits);
  ui.out.emplace_back(SetEdits{std::move(edits), group});
}

/// Adds a trial, unless it is there already or the list is full.
void add_edit(Ui& ui, const RunEdit& edit);
/// The same, or takes it back when it is there.
void toggle_edit(Ui& ui, const RunEdit& edit);
bool is_tried(const Ui& ui, const RunEdit& edit);

/// What a trial is called: "mute « chat » everywhere".
std::string edit_label(const Ui& ui, const RunEdit& edit);
/// A word, token or patch as trials name it.
std::string trial_place(const Ui& ui, const PromptWord& place);

/// What is under the pointer, or held on to where nothing is.
TrialTarget pointed_trial(const Ui& ui);
/// Items of an open menu; nothing when nothing is set.
void trial_items(Ui& ui, const TrialTarget& target);

/// The activation of a place from the other run, behind each layer: a submenu. Expects a run.
void patch_items(Ui& ui, const PromptWord& place);
/// Every place reads as it did in the other run.
void freeze_item(Ui& ui);

/// The field of the comparison's other prompt. @param text  its buffer, UiState::other_prompt
void other_prompt_field(Ui& ui, std::string& text, float width_px);

/// The sign of a trial on a layer's head over its thumbnail.
void draw_head_trial(Ui& ui, ImVec2 low, ImVec2 high, int layer, int head);

}  // namespace regard
