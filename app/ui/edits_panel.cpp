// What is tried on the run in sight, and what it comes to. Of a drawing: each for a span of steps; the
// picture before, after, and what changed. Of a text or picture: the vector, its likeness to the picture, the
// cell that changed most, and what a patched activation can reach.
#include <algorithm>
#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/ui/marks.h"
#include "app/ui/paint_edit_menu.h"
#include "app/ui/paint_parts.h"
#include "app/ui/patch_cells.h"
#include "app/ui/picture_parts.h"
#include "app/ui/trials.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/colormap.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"
#include "core/engine/interventions.h"

namespace regard {
namespace {

constexpr float kEditsGap = 10, kEditRow = 30, kRoomForCells = 480;

// The steps it is at work: two numbers to drag.
void draw_span(Ui& ui, int index, const RunEdit& edit) {
  const int steps = ui.paint.has_run() ? ui.paint.run().steps : 24;
  int first = edit.first_step + 1, last = std::min(edit.last_step + 1, steps);
  const std::string from = ui.tr.format("paint.edit.from", first), to = ui.tr.format("paint.edit.to", last);
  WithFont font(ui.fonts.regular, kSmall);
  ImGui::SetNextItemWidth(ui.px(128));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(4), ui.px(3)));
  const bool moved = ImGui::DragIntRange2("##span", &first, &last, 0.15f, 1, steps, from.c_str(), to.c_str(),
                                          ImGuiSliderFlags_AlwaysClamp);
  ImGui::PopStyleVar();
  if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("paint.edit.span.tip"));
  if (!moved) return;
  set_trials(
      ui,
      [&](std::vector<RunEdit>& edits) {
        RunEdit& changed = edits[static_cast<std::size_t>(index)];
        changed.first_step = first - 1;
        changed.last_step = last >= steps ? kMostPaintSteps - 1 : last - 1;
      },
      ui.ui.gesture);
}

bool shows_drawing(const Ui& ui) { return ui.state.view.workspace == Workspace::kPainting; }

// Whether a trial is about something that is not there: a word that is no longer in the prompt, a patch of a
// smaller grid, a head of a larger model.
bool is_gone(const Ui& ui, int index) {
  const RunEdit& edit = trials_of(ui.state)[static_cast<std::size_t>(index)];
  if (shows_drawing(ui)) {
    const auto& lost = ui.state.painting.lost_edits;
    return std::ranges::find(lost, static_cast<std::size_t>(index)) != lost.end();
  }
  const bool of_picture = ui.state.view.workspace == Workspace::kImage;
  if (of_picture ? !ui.picture.has_run() : !ui.views.has_map()) return false;
  const Trace& trace = of_picture ? ui.picture.run().trace : ui.views.run().trace;
  const AttentionShape shape = trace.shape();
  const auto missing = [&](const PromptWord& word) { return positions_of(trace.prompt, word).empty(); };
  return !finds_parts(edit, shape.layers, shape.heads) ||
         std::ranges::any_of(arguments_of(edit).words, missing);
}

// At work, or kept in the list for later.
void draw_switch(Ui& ui, int index, ImVec2 at) {
  const bool on = trials_of(ui.state)[static_cast<std::size_t>(index)].on;
  ImGui::SetCursorScreenPos(at);
  if (tick_box(ui, "##on", on, ui.tr("edit.switch.tip")))
    set_trials(ui, [&](std::vector<RunEdit>& edits) { edits[static_cast<std::size_t>(index)].on = !on; });
}

void draw_edit(Ui& ui, int index) {
  const RunEdit& edit = trials_of(ui.state)[static_cast<std::size_t>(index)];
  const bool gone = is_gone(ui, index);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, span = shows_drawing(ui) ? ui.px(128) : 0.0f;
  ImGui::PushID(index);
  draw_switch(ui, index, ImVec2(at.x, at.y + ui.px(3)));
  const float left = ui.px(26), spare = left + span + ui.px(30 + 12);
  const std::string label =
      edit_label(ui, edit) + (gone ? " – " + std::string(ui.tr("paint.edit.gone")) : "");
  const ImU32 color = gone ? ui.colors.warning : edit.on ? ui.colors.text : ui.colors.secondary;
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + left, at.y + ui.px(4)), kBody, color,
            fitted(ui, label, kBody, width - spare));
  if (shows_drawing(ui)) {
    ImGui::SetCursorScreenPos(ImVec2(at.x + width - span - ui.px(30), at.y));
    draw_span(ui, index, edit);
  }
  ImGui::SetCursorScreenPos(ImVec2(at.x + width - ui.px(24), at.y + ui.px(1)));
  if (ImGui::InvisibleButton("##remove", ImVec2(ui.px(22), ui.px(22)), ImGuiButtonFlags_EnableNav))
    set_trials(ui, [&](std::vector<RunEdit>& edits) { edits.erase(edits.begin() + index); });
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + width - ui.px(17), at.y + ui.px(3)), kBody,
            ImGui::IsItemHovered() ? ui.colors.text : ui.colors.secondary, "×");
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("paint.edit.remove"));
  ImGui::PopID();
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(width, ui.px(kEditRow) - ImGui::GetStyle().ItemSpacing.y));
}

void draw_list(Ui& ui, float height, const char* empty) {
  if (ImGui::BeginChild("##list", ImVec2(0, std::max(ui.px(34), height)))) {
    const std::vector<RunEdit>& edits = trials_of(ui.state);
    for (int i = 0; i < std::ssize(edits); ++i) draw_edit(ui, i);
    ImGui::PushTextWrapPos(0.0f);
    if (edits.empty()) text_sized(ui, kSmall, ui.colors.secondary, ui.tr(empty));
    if (std::ranges::any_of(edits,
                            [](const RunEdit& edit) { return std::holds_alternative<CutWord>(edit.what); }))
      text_sized(ui, kSmall, ui.colors.secondary, ui.tr("paint.edit.cut.honest"));
    ImGui::PopTextWrapPos();
  }
  ImGui::EndChild();
}

// Heads and blocks by their numbers; the maps of the other drawing.
void draw_add(Ui& ui) {
  if (!begin_dropdown(ui, "add", ui.tr("paint.edit.add"))) return;
  for (const PaintWord& word : ui.paint.words()) {
    if (ui.state.view.paint.unconditional) break;  // those words are the negative prompt's
    const std::string label = ui.tr.format("paint.edit.word", paint_word_label(ui, word));
    ImGui::PushID(word.first_token);
    if (ImGui::BeginMenu(label.c_str())) {
      edit_items(ui, word.place);
      ImGui::EndMenu();
    }
    ImGui::PopID();
  }
  if (const int patch = ui.paint.patch(); patch >= 0) {
    if (ImGui::BeginMenu(trial_place(ui, place_at(patch)).c_str())) {
      patch_items(ui, place_at(patch));
      ImGui::EndMenu();
    }
  }
  ImGui::Separator();
  const MmditConfig& config = ui.paint.run().request.model->mmdit.config();
  if (ImGui::BeginMenu(ui.tr("paint.edit.heads"))) {
    for (int block = 0; block < config.layers; ++block) {
      if (!ImGui::BeginMenu(ui.tr.format("paint.block", block + 1).c_str())) continue;
      for (int head = 0; head < config.heads; ++head) {
        const std::string label =
            ui.tr.format("choice.head", head + 1) + (ui.paint.is_coached(block, head) ? " ★" : "");
        if (ImGui::MenuItem(label.c_str())) add_edit(ui, {.what = HeadOff{block, head}});
      }
      ImGui::Separator();
      if (ImGui::MenuItem(ui.tr("paint.edit.whole"))) add_edit(ui, {.what = BlockOff{block}});
      ImGui::EndMenu();
    }
    ImGui::EndMenu();
  }
  ImGui::Separator();
  for (const bool image : {true, false}) {
    if (ImGui::MenuItem(ui.tr(image ? "paint.edit.keep" : "paint.edit.keep_words"))) {
      const int steps = ui.paint.run().steps;
      add_edit(ui, {.what = KeepMaps{image}, .first_step = 0, .last_step = std::max(0, steps / 2 - 1)});
    }
    if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("paint.edit.keep.tip"));
  }
  freeze_item(ui);
  ImGui::EndPopup();
}

const char* place_key(WeightPlace place) {
  switch (place) {
    case WeightPlace::kPicture:
      return "paint.place.picture";
    case WeightPlace::kEncoder:
      return "paint.place.encoder";
    case WeightPlace::kBoth:
      return "paint.place.both";
  }
  return "paint.place.picture";
}

// Where a weighting that acts inside attention does so; the others act on the words' vectors.
void draw_tried_place(Ui& ui) {
  if (!acts_inside(ui.state.doc.weighting)) return;
  ImGui::SameLine(0, ui.px(16));
  const WeightPlace now = ui.state.doc.paint.place;
  if (!begin_dropdown(ui, "place", ui.tr.format("paint.place", ui.tr(place_key(now))))) return;
  for (const WeightPlace place : {WeightPlace::kPicture, WeightPlace::kEncoder, WeightPlace::kBoth}) {
    if (ImGui::MenuItem(ui.tr(place_key(place)), nullptr, now == place))
      set_paint(ui, [&](PaintDocument& paint) { paint.place = place; });
    if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("paint.place.tip"));
  }
  ImGui::EndPopup();
}

// Every map against the drawing before, at the right of the first line.
void draw_difference_switch(Ui& ui) {
  const Workspace here = ui.state.view.workspace;
  const bool before = here == Workspace::kPainting ? ui.paint.has_before()
                      : here == Workspace::kImage  ? ui.picture.has_before()
                                                   : ui.views.has_before();
  if (!before) return;
  const char* label = ui.tr("difference.switch");
  ImGui::SameLine(0, ui.px(16));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - ui.px(14) - toggle_width(ui, label);
  if (right < at.x) {
    ImGui::NewLine();
  } else {
    ImGui::SetCursorScreenPos(ImVec2(right, at.y));
  }
  if (toggle(ui, label, ui.state.view.difference,
             ui.tr(here == Workspace::kPainting ? "difference.tip" : "edit.difference.tip")))
    ui.out.emplace_back(SetDifference{!ui.state.view.difference});
}

// The prompt that the picture is compared with.
void draw_before_field(Ui& ui) {
  const PaintDocument& doc = ui.state.doc.paint;
  std::string& text = ui.ui.paint.before;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float label = measure(ui, kSmall, ui.tr("paint.before.prompt")).x + ui.px(8);
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x, at.y + ui.px(4)), kSmall, ui.colors.secondary,
            ui.tr("paint.before.prompt"));
  ImGui::SetCursorScreenPos(ImVec2(at.x + label, at.y));
  WithFont font(ui.fonts.regular, kSmall);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(6), ui.px(4)));
  const std::string hold = std::string(ui.tr("paint.before.hold")) + "###hold";
  const float button = measure(ui, kSmall, ui.tr("paint.before.hold")).x + ui.px(22);
  ImGui::SetNextItemWidth(std::max(ui.px(60), ImGui::GetContentRegionAvail().x - button - ui.px(8)));
  if (text != doc.before.value_or("") && ImGui::GetActiveID() != ImGui::GetID("##before"))
    text = doc.before.value_or("");
  if (ImGui::InputTextWithHint("##before", ui.tr("paint.before.hint"), &text)) {
    set_paint(
        ui,
        [&](PaintDocument& paint) {
          if (text.empty()) {
            paint.before.reset();
          } else {
            paint.before = text;
          }
        },
        ui.ui.gesture);
  }
  if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("paint.before.tip"));
  ImGui::PopStyleVar();
  ImGui::SameLine(0, ui.px(8));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(8), ui.px(4)));
  if (ImGui::Button(hold.c_str()))
    set_paint(ui, [&](PaintDocument& paint) { paint.before = ui.state.doc.prompt; });
  ImGui::PopStyleVar();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("paint.before.hold.tip"));
}

void draw_pictures(Ui& ui) {
  const ImVec2 at = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
  const float side = std::floor(std::min((room.x - 2 * ui.px(kEditsGap)) / 3, room.y - ui.px(20 + 34 + 22)));
  if (side < ui.px(40)) return;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const bool both = ui.paint.difference().width > 0;
  const char* names[] = {"paint.before", "paint.after", "paint.difference"};
  for (int i = 0; i < 3; ++i) {
    const ImVec2 low(std::round(at.x + (side + ui.px(kEditsGap)) * static_cast<float>(i)), at.y + ui.px(20));
    const ImVec2 high(low.x + side, low.y + side);
    draw_text(ui, draw, ImVec2(low.x, at.y), kSmall, ui.colors.secondary,
              fitted(ui, ui.tr(names[i]), kSmall, side));
    if (i == 0)
      draw_sheet_tile(ui, draw, both ? ui.textures.film_before : ImTextureID_Invalid, ui.paint.before_film(),
                      0, low, high);
    if (i == 1)
      draw_sheet_tile(ui, draw, ui.textures.film, ui.paint.film(), ui.paint.span().second, low, high);
    if (i != 2) continue;
    draw->AddRectFilled(low, high, both ? ui.colors.panel : ui.colors.empty_cell);
    if (!both) continue;
    if (ui.textures.paint_difference != ImTextureID_Invalid)
      draw->AddImage(ui.textures.paint_difference, low, high);
    draw_flat_bar(ui, draw, ImVec2(low.x, high.y + ui.px(6)), side, {.min = 0.0f, .max = 1.0f},
                  colormap_for(ui.state.view), "", 1.0f);
  }
  const float text = at.y + ui.px(20) + side + ui.px(8);
  const std::string line =
      both ? ui.tr.format("paint.difference.line", ui.tr.number(ui.paint.difference_mean(), 3))
           : std::string(ui.tr("paint.difference.none"));
  ImGui::SetCursorScreenPos(ImVec2(at.x, text));
  ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + (both ? 2 * side + ui.px(kEditsGap) : room.x));
  text_sized(ui, kSmall, ui.colors.secondary, line);
  ImGui::PopTextWrapPos();
}

void draw_paint_edits(Ui& ui) {
  draw_add(ui);
  draw_tried_place(ui);
  draw_difference_switch(ui);
  const float room = ImGui::GetContentRegionAvail().y;
  const float pictures = std::min(ui.px(250), 0.55f * room);
  const float cells = room > ui.px(kRoomForCells) ? patch_cells_height(ui) : 0.0f;  // the menus do the same
  draw_list(ui, room - pictures - cells - ui.px(34), "paint.edit.empty");
  if (cells > 0.0f) draw_patch_cells(ui);
  draw_before_field(ui);
  draw_pictures(ui);
}

// ------------------------------------------------------------------------------------ text and picture

bool shows_picture(const Ui& ui) { return ui.state.view.workspace == Workspace::kImage; }

const AttentionRecord& shown_record(const Ui& ui) {
  return shows_picture(ui) ? ui.picture.record() : ui.views.record();
}

void draw_head_menu(Ui& ui) {
  if (!ImGui::BeginMenu(ui.tr("edit.heads"))) return;
  const AttentionShape& shape = shown_record(ui).shape();
  for (int layer = 0; layer < shape.layers; ++layer) {
    if (!ImGui::BeginMenu(ui.tr.format("choice.layer", layer + 1).c_str())) continue;
    for (int head = 0; head < shape.heads; ++head) {
      const RunEdit edit{.what = HeadOff{layer, head}};
      if (ImGui::MenuItem(ui.tr.format("choice.head", head + 1).c_str(), nullptr, is_tried(ui, edit)))
        toggle_edit(ui, edit);
    }
    ImGui::Separator();
    const RunEdit whole{.what = BlockOff{layer}};
    if (ImGui::MenuItem(ui.tr("edit.block.item"), nullptr, is_tried(ui, whole))) toggle_edit(ui, whole);
    ImGui::EndMenu();
  }
  ImGui::EndMenu();
}

// What can be tried with a word: the same as under the pointer, and which other it shall not read.
void draw_word_menu(Ui& ui, const PromptWord& place, const std::vector<Word>& words) {
  if (!ImGui::BeginMenu(trial_place(ui, place).c_str())) return;
  trial_items(ui, {.place = place});
  if (ImGui::BeginMenu(ui.tr("edit.edge.with"))) {
    for (const Word& word : words) {
      const PromptWord key{PromptWord::Kind::kWord, word.start};
      const RunEdit edit{.what = CutReading{.query = place, .key = key}};
      if (key == place || word.first_token > words.back().last_token) continue;
      if (ImGui::MenuItem(trial_place(ui, key).c_str(), nullptr, is_tried(ui, edit))) toggle_edit(ui, edit);
    }
    ImGui::EndMenu();
  }
  ImGui::EndMenu();
}

void draw_tower_add(Ui& ui) {
  if (!begin_dropdown(ui, "add", ui.tr("paint.edit.add"))) return;
  if (shows_picture(ui)) {
    trial_items(ui, {.edge = pointed_trial(ui).edge, .place = pointed_trial(ui).place});
  } else {
    const std::vector<Word>& words = ui.views.live().words;
    for (const Word& word : words) {
      ImGui::PushID(word.first_token);
      draw_word_menu(ui, {PromptWord::Kind::kWord, word.start}, words);
      ImGui::PopID();
    }
    draw_word_menu(ui, {PromptWord::Kind::kEnd, 0}, words);
  }
  ImGui::Separator();
  draw_head_menu(ui);
  ImGui::Separator();
  freeze_item(ui);
  ImGui::EndPopup();
}

std::string position_name(const Ui& ui, int position) {
  if (shows_picture(ui)) return patch_label(ui, position);
  return token_label(ui, ui.views.run().tokens[static_cast<std::size_t>(position)]);
}

// What the trials change, as numbers. Grey while it is computed.
void draw_effect_numbers(Ui& ui) {
  const std::optional<RunEffect>& effect = shows_picture(ui) ? ui.state.vision_effect : ui.state.text_effect;
  if (!effect) return text_sized(ui, kSmall, ui.colors.secondary, ui.tr("edit.effect.none"));
  const auto line = [&](const std::string& text) { text_sized(ui, kSmall, ui.colors.text, text); };
  const double cosine = static_cast<double>(effect->cosine);
  line(ui.tr.format(shows_picture(ui) ? "edit.effect.picture" : "edit.effect.text", ui.tr.number(cosine, 3)));
  if (ui.state.score && ui.state.score->untried) {
    line(ui.tr.format("edit.effect.clip", ui.tr.number(static_cast<double>(*ui.state.score->untried), 3),
                      ui.tr.number(static_cast<double>(ui.state.score->weighed), 3)));
  }
  if (effect->change == 0.0f) return line(ui.tr("edit.effect.same"));
  line(ui.tr.format("edit.effect.cell", position_name(ui, effect->query), position_name(ui, effect->key),
                    ui.tr.points(static_cast<double>(effect->change)),
                    choice_label(ui, map_choice(effect->layer, effect->head))));
}

// The picture that maps and activations are taken from.
void draw_other_picture(Ui& ui) {
  const std::string& other = ui.state.doc.picture.other;
  const std::string name = other.empty() ? std::string(ui.tr("edit.other.this")) : picture_name(ui, other);
  const float room = ImGui::GetContentRegionAvail().x - ui.px(20);
  if (!begin_dropdown(ui, "other", fitted(ui, ui.tr.format("edit.other.picture", name), kSmall, room)))
    return;
  const auto choose = [&](const std::string& picture) { ui.out.emplace_back(SetOtherPicture{picture}); };
  if (ImGui::MenuItem(ui.tr("edit.other.this"), nullptr, other.empty())) choose("");
  if (ImGui::MenuItem(ui.tr("edit.other.hold"))) choose(ui.state.doc.picture.image);
  if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("edit.other.hold.tip"));
  ImGui::Separator();
  if (const auto sample = sample_items(ui, other)) choose(*sample);
  ImGui::EndPopup();
}

// The prompt that maps and activations are taken from: the comparison's other one.
void draw_other_prompt(Ui& ui) {
  std::string& text = ui.ui.other_prompt;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float label = measure(ui, kSmall, ui.tr("edit.other")).x + ui.px(8);
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x, at.y + ui.px(4)), kSmall, ui.colors.secondary,
            ui.tr("edit.other"));
  ImGui::SetCursorScreenPos(ImVec2(at.x + label, at.y));
  other_prompt_field(ui, text, ImGui::GetContentRegionAvail().x);
}

void draw_tower_edits(Ui& ui) {
  draw_tower_add(ui);
  draw_difference_switch(ui);
  const float other = ui.px(34), numbers = ui.px(shows_picture(ui) ? 88 : 66), reach = patch_cells_height(ui);
  draw_list(ui, ImGui::GetContentRegionAvail().y - other - numbers - reach - ui.px(8), "edit.empty");
  if (shows_picture(ui)) {
    draw_other_picture(ui);
  } else {
    draw_other_prompt(ui);
  }
  if (ImGui::BeginChild("##effect", ImVec2(0, 0))) {
    ImGui::PushTextWrapPos(0.0f);
    if (!trials_of(ui.state).empty()) draw_effect_numbers(ui);
    ImGui::PopTextWrapPos();
    draw_patch_cells(ui);
  }
  ImGui::EndChild();
}

}  // namespace

void other_prompt_field(Ui& ui, std::string& text, float width) {
  WithFont font(ui.fonts.regular, kSmall);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(6), ui.px(4)));
  ImGui::SetNextItemWidth(width);
  const std::string& told = ui.state.doc.other_prompt.value_or("");
  if (text != told && ImGui::GetActiveID() != ImGui::GetID("##other")) text = told;
  if (ImGui::InputTextWithHint("##other", ui.tr("edit.other.hint"), &text)) {
    ui.out.emplace_back(SetOtherPrompt{text.empty() ? std::nullopt : std::optional(text), ui.ui.gesture});
  }
  if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("edit.other.tip"));
  ImGui::PopStyleVar();
}

void edit_items(Ui& ui, const PromptWord& place) {
  for (const InterventionKind& kind : interventions()) {
    if ((kind.runs & kPaintRun) == 0) continue;
    const std::string key(kind.label);
    if (kind.takes.after) {
      patch_items(ui, place);
      continue;
    }
    if (kind.takes.words == 1) {
      const bool can = kind.takes_start || place.kind != PromptWord::Kind::kStart;
      if (ImGui::MenuItem(ui.tr(key + ".item"), nullptr, false, can))
        add_edit(ui, {.what = kind.make({.words = {place}})});
      if (ImGui::IsItemHovered()) tooltip(ui, ui.tr(key + ".tip"));
    }
    if (kind.takes.words != 2 || !ImGui::BeginMenu(ui.tr(key + ".item"))) continue;
    for (const PaintWord& other : ui.paint.words()) {
      if (other.place == place) continue;
      ImGui::PushID(other.first_token);
      if (ImGui::MenuItem(paint_word_label(ui, other).c_str()))
        add_edit(ui, {.what = kind.make({.words = {place, other.place}})});
      ImGui::PopID();
    }
    ImGui::EndMenu();
  }
}

void draw_edits_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.paint_edits"))) {
    const bool there = shows_picture(ui) ? ui.picture.has_run() : ui.views.has_map();
    if (shows_drawing(ui)) {
      if (ui.paint.has_run()) {
        draw_paint_edits(ui);
      } else {
        draw_paint_empty(ui);
      }
    } else if (there) {
      draw_tower_edits(ui);
    } else {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr(shows_picture(ui) ? "picture.empty" : "matrix.empty"));
    }
  }
  end_panel();
}

}  // namespace regard
