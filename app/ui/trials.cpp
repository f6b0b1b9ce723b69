#include "app/ui/trials.h"

#include <algorithm>

#include "app/ui/actions.h"
#include "app/ui/marks.h"
#include "app/ui/paint_parts.h"
#include "app/ui/picture_parts.h"
#include "app/ui/shortcuts.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"
#include "core/engine/interventions.h"

namespace regard {
namespace {

bool in_painting(const Ui& ui) { return ui.state.view.workspace == Workspace::kPainting; }
bool on_picture(const Ui& ui) { return ui.state.view.workspace == Workspace::kImage; }

auto same_trial(const RunEdit& edit) {
  return [&edit](const RunEdit& each) { return each.what == edit.what; };
}

// The first token is what the first words have to read; patches of a drawing cannot be hidden.
bool can_mask(const Ui& ui, const PromptWord& place) {
  if (in_painting(ui) && place.kind == PromptWord::Kind::kPosition) return false;
  return on_picture(ui) || place.kind != PromptWord::Kind::kStart;
}

PromptWord place_of_run_token(const Ui& ui, int token) {
  return place_of_token(ui.views.run().tokens[static_cast<std::size_t>(token)]);
}

std::optional<std::pair<int, int>> head_in_force(const Ui& ui) {
  if (ui.ui.pointed_head) return ui.ui.pointed_head;
  if (in_painting(ui)) {
    const HeadSet& maps = ui.state.doc.paint.maps;
    return maps.size() == 1 ? std::optional(maps.front()) : std::nullopt;
  }
  const HeadChoice& heads = on_picture(ui) ? ui.picture.choice().heads : ui.views.choice().heads;
  if (!heads.layer || !heads.head) return std::nullopt;
  return std::pair(*heads.layer, *heads.head);
}

void edge_items(Ui& ui, const PromptWord& query, const PromptWord& key) {
  const RunEdit everywhere{.what = CutReading{.query = query, .key = key}};
  if (ImGui::MenuItem(ui.tr("edit.edge.item"), nullptr, is_tried(ui, everywhere)))
    toggle_edit(ui, everywhere);
  if (ImGui::IsItemHovered()) tooltip(ui, edit_label(ui, everywhere).c_str());
  const auto head = head_in_force(ui);
  if (!head) return;
  const RunEdit here{.what =
                         CutReading{.query = query, .key = key, .block = head->first, .head = head->second}};
  const std::string label = ui.tr.format("edit.edge.here.item", head->first + 1, head->second + 1);
  if (ImGui::MenuItem(label.c_str(), nullptr, is_tried(ui, here))) toggle_edit(ui, here);
}

void head_items(Ui& ui, int layer, int head) {
  const RunEdit off{.what = HeadOff{layer, head, false}}, mean{.what = HeadOff{layer, head, true}};
  if (ImGui::MenuItem(ui.tr("edit.head.item"), key_name(ui, ImGuiMod_Alt | ImGuiKey_O).c_str(),
                      is_tried(ui, off)))
    toggle_edit(ui, off);
  if (ImGui::MenuItem(ui.tr("edit.head.mean.item"), nullptr, is_tried(ui, mean))) toggle_edit(ui, mean);
  if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("edit.head.mean.tip"));
}

}  // namespace

const std::vector<RunEdit>& trials_of(const AppState& state) {
  switch (state.view.workspace) {
    case Workspace::kPainting:
      return state.doc.paint.edits;
    case Workspace::kImage:
      return state.doc.picture.edits;
    case Workspace::kText:
    case Workspace::kCompare:
      break;
  }
  return state.doc.edits;
}

bool is_tried(const Ui& ui, const RunEdit& edit) {
  return std::ranges::any_of(trials_of(ui.state), same_trial(edit));
}

void add_edit(Ui& ui, const RunEdit& edit) {
  if (is_tried(ui, edit) || trials_of(ui.state).size() >= kMaxEdits) return;
  set_trials(ui, [&](std::vector<RunEdit>& edits) { edits.push_back(edit); });
}

void toggle_edit(Ui& ui, const RunEdit& edit) {
  if (!is_tried(ui, edit)) return add_edit(ui, edit);
  set_trials(ui, [&](std::vector<RunEdit>& edits) { std::erase_if(edits, same_trial(edit)); });
}

void freeze_item(Ui& ui) {
  const RunEdit freeze{.what = FreezeMaps{}};
  const std::string key = in_painting(ui)  ? "paint.edit.freeze"
                          : on_picture(ui) ? "edit.freeze.picture"
                                           : "edit.freeze";
  if (ImGui::MenuItem(ui.tr(key), nullptr, is_tried(ui, freeze))) toggle_edit(ui, freeze);
  if (ImGui::IsItemHovered()) tooltip(ui, ui.tr(key + ".tip"));
}

void patch_items(Ui& ui, const PromptWord& place) {
  const bool drawn = in_painting(ui);
  const char* item = drawn            ? "paint.edit.patch.item"
                     : on_picture(ui) ? "edit.patch.item.picture"
                                      : "edit.patch.item";
  const bool open = ImGui::BeginMenu(ui.tr(item));
  if (!open && drawn && ImGui::IsItemHovered()) tooltip(ui, ui.tr("paint.edit.patch.tip"));
  if (!open) return;
  const int layers = drawn            ? ui.paint.run().request.model->mmdit.config().layers
                     : on_picture(ui) ? ui.picture.shape().layers
                                      : ui.views.shape().layers;
  for (int after = 0; after <= layers; ++after) {
    const RunEdit edit{.what = PatchState{.place = place, .after = after}};
    const std::string label =
        after == 0 ? std::string(ui.tr(drawn ? "paint.edit.patch.enters" : "edit.patch.enters"))
                   : ui.tr.format(drawn ? "paint.edit.patch.behind" : "edit.patch.behind", after);
    if (ImGui::MenuItem(label.c_str(), nullptr, is_tried(ui, edit))) toggle_edit(ui, edit);
  }
  ImGui::EndMenu();
}

std::string trial_place(const Ui& ui, const PromptWord& place) {
  if (place.kind != PromptWord::Kind::kPosition) return ui.tr.format("edit.word", place_label(ui, place));
  if (on_picture(ui)) {
    return ui.picture.has_run() && place.position < ui.picture.run().tokens()
               ? patch_label(ui, place.position)
               : "?";
  }
  if (in_painting(ui) && ui.paint.has_run() && place.position < ui.paint.columns() * ui.paint.rows())
    return paint_patch_label(ui, place.position);
  return ui.tr.format("edit.token", place.position + 1);
}

namespace {

// A position of the other run.
std::string taken_place(const Ui& ui, int position) {
  if (on_picture(ui)) return trial_place(ui, place_at(position));
  const PaintRun* drawing = in_painting(ui) ? ui.state.painting.before.get() : nullptr;
  if (drawing != nullptr && position < drawing->patches()) return paint_patch_label(ui, position);
  const std::vector<Token>* tokens = drawing != nullptr   ? &drawing->prompt.tokens
                                     : ui.state.other_run ? &ui.state.other_run->tokens
                                                          : nullptr;
  const int token = position - (drawing != nullptr ? drawing->patches() : 0);
  if (tokens == nullptr || in_painting(ui) != (drawing != nullptr) || token >= std::ssize(*tokens))
    return ui.tr.format("edit.token", position + 1);
  return ui.tr.format("edit.word", token_label(ui, (*tokens)[static_cast<std::size_t>(token)]));
}

}  // namespace

// Places, layer and head fill the label of the kind.
std::string edit_label(const Ui& ui, const RunEdit& edit) {
  const EditArguments told = arguments_of(edit);
  if (told.image == false) return ui.tr("paint.edit.keep_words");
  const InterventionKind& kind = kind_of(edit);
  const bool drawn = in_painting(ui);
  std::vector<std::string> places;
  for (const PromptWord& word : told.words)
    places.push_back(drawn && !kind.takes.edge && !kind.takes.after ? place_label(ui, word)
                                                                    : trial_place(ui, word));
  if (told.block) places.push_back(std::to_string(*told.block + 1));
  if (told.head) places.push_back(std::to_string(*told.head + 1));
  if (told.after) places.push_back(std::to_string(*told.after));
  places.resize(4);
  std::string key(drawn ? kind.label : kind.tower_label);
  if (kind.reads_kept && on_picture(ui)) key = told.after ? "edit.patch.picture" : "edit.freeze.picture";
  if (kind.takes.edge && told.block) key = drawn ? "paint.edit.edge.here" : "edit.edge.here";
  if (told.mean == true) key = drawn ? "paint.edit.head.mean" : "edit.head.mean";
  if (told.from || told.from_after) {  // of another place or layer than its own
    const std::string from = told.from ? taken_place(ui, *told.from) : places[0];
    return ui.tr.format(drawn ? "paint.edit.patch.from" : "edit.patch.from", places[0], places[1], from,
                        told.from_after.value_or(*told.after));
  }
  return ui.tr.format(key, places[0], places[1], places[2], places[3]);
}

TrialTarget pointed_trial(const Ui& ui) {
  TrialTarget out{.head = head_in_force(ui)};
  if (in_painting(ui)) {
    const auto& word = ui.state.doc.paint.word;
    if (word && ui.state.doc.paint.patch < 0) out.place = word;
    if (ui.state.doc.paint.patch >= 0 && ui.paint.has_run()) out.place = place_at(ui.state.doc.paint.patch);
    if (ui.ui.pointed_word) out.place = ui.ui.pointed_word;
    return out;
  }
  if (on_picture(ui)) {
    if (!ui.picture.has_run()) return {};
    const int patch = ui.ui.hovered.patch >= 0 ? ui.ui.hovered.patch : ui.picture.subject();
    out.place = place_at(patch);
    const auto& pins = ui.state.doc.picture.pins;
    const int from = pins.empty() ? 0 : pins.back();  // what the map is about: CLS to begin with
    if (patch != from) out.edge = std::pair(place_at(from), place_at(patch));
    return out;
  }
  if (!ui.views.has_map() || !ui.views.current()) return out;
  if (ui.ui.pointed_word) {
    out.place = ui.ui.pointed_word;
    return out;
  }
  if (const auto& cell = ui.ui.hovered.cell) {
    out.edge = std::pair(place_of_run_token(ui, cell->first), place_of_run_token(ui, cell->second));
    out.place = out.edge->second;
  } else if (const int token = subject_token(ui, ui.views.live().tokens); token >= 0) {
    out.place = place_of_token(ui.views.live().tokens[static_cast<std::size_t>(token)]);
  }
  return out;
}

void trial_items(Ui& ui, const TrialTarget& target) {
  if (target.head) head_items(ui, target.head->first, target.head->second);
  if (target.edge) {
    const std::string label =
        ui.tr.format("edit.edge", trial_place(ui, target.edge->first), trial_place(ui, target.edge->second));
    if (ImGui::BeginMenu(label.c_str())) {
      edge_items(ui, target.edge->first, target.edge->second);
      ImGui::EndMenu();
    }
  }
  if (!target.place) return;
  const RunEdit mask{.what = MuteWord{*target.place}};
  if (!in_painting(ui) || can_mask(ui, *target.place)) {
    const std::string label = edit_label(ui, mask);
    if (ImGui::MenuItem(label.c_str(), key_name(ui, ImGuiMod_Alt | ImGuiKey_K).c_str(), is_tried(ui, mask),
                        can_mask(ui, *target.place)))
      toggle_edit(ui, mask);
  }
  const bool there = in_painting(ui)  ? ui.paint.has_run()
                     : on_picture(ui) ? ui.picture.has_run()
                                      : ui.views.has_map();
  if (there) patch_items(ui, *target.place);
}

void draw_head_trial(Ui& ui, ImVec2 low, ImVec2 high, int layer, int head) {
  if (const auto mark = trial_on(ui, layer, head))
    draw_trial_mark(ui, ImGui::GetWindowDrawList(), low, high, *mark);
}

namespace act {

void head_off(Ui& ui) {
  if (const auto head = head_in_force(ui)) toggle_edit(ui, {.what = HeadOff{head->first, head->second}});
}

void mask_place(Ui& ui) {
  const TrialTarget target = pointed_trial(ui);
  if (target.place && can_mask(ui, *target.place)) toggle_edit(ui, {.what = MuteWord{*target.place}});
}

void cut_edge(Ui& ui) {
  const TrialTarget target = pointed_trial(ui);
  if (target.edge)
    toggle_edit(ui, {.what = CutReading{.query = target.edge->first, .key = target.edge->second}});
}

}  // namespace act
}  // namespace regard
