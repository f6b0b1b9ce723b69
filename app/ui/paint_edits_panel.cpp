// What is tried on the drawing, each for a span of steps; the picture before, after, and what changed.
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
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/colormap.h"
#include "app/views/paint_views.h"
#include "app/views/text_views.h"
#include "core/engine/interventions.h"

namespace regard {
namespace {

constexpr float kEditsGap = 10, kEditRow = 30;

// The steps it is at work: two numbers to drag.
void draw_span(Ui& ui, int index, const PaintEdit& edit) {
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
  set_paint(
      ui,
      [&](PaintDocument& paint) {
        PaintEdit& changed = paint.edits[static_cast<std::size_t>(index)];
        changed.first_step = first - 1;
        changed.last_step = last >= steps ? kMostPaintSteps - 1 : last - 1;
      },
      ui.ui.gesture);
}

void draw_edit(Ui& ui, int index) {
  const PaintEdit& edit = ui.state.doc.paint.edits[static_cast<std::size_t>(index)];
  const auto& lost = ui.state.painting.lost_edits;
  const bool gone = std::ranges::find(lost, static_cast<std::size_t>(index)) != lost.end();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImGui::PushID(index);
  const float spare = ui.px(128 + 30 + 12);
  const std::string label =
      edit_label(ui, edit) + (gone ? " – " + std::string(ui.tr("paint.edit.gone")) : "");
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x, at.y + ui.px(4)), kBody,
            gone ? ui.colors.warning : ui.colors.text, fitted(ui, label, kBody, width - spare));
  ImGui::SetCursorScreenPos(ImVec2(at.x + width - ui.px(128 + 30), at.y));
  draw_span(ui, index, edit);
  ImGui::SetCursorScreenPos(ImVec2(at.x + width - ui.px(24), at.y + ui.px(1)));
  if (ImGui::InvisibleButton("##remove", ImVec2(ui.px(22), ui.px(22)), ImGuiButtonFlags_EnableNav))
    set_paint(ui, [&](PaintDocument& paint) { paint.edits.erase(paint.edits.begin() + index); });
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + width - ui.px(17), at.y + ui.px(3)), kBody,
            ImGui::IsItemHovered() ? ui.colors.text : ui.colors.secondary, "×");
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("paint.edit.remove"));
  ImGui::PopID();
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(width, ui.px(kEditRow) - ImGui::GetStyle().ItemSpacing.y));
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
void draw_place(Ui& ui) {
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
  if (!ui.paint.has_before()) return;
  const char* label = ui.tr("difference.switch");
  ImGui::SameLine(0, ui.px(16));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - ui.px(14) - toggle_width(ui, label);
  if (right < at.x) {
    ImGui::NewLine();
  } else {
    ImGui::SetCursorScreenPos(ImVec2(right, at.y));
  }
  if (toggle(ui, label, ui.state.view.difference, ui.tr("difference.tip")))
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

void draw_edits(Ui& ui) {
  const int count = static_cast<int>(ui.state.doc.paint.edits.size());
  draw_add(ui);
  draw_place(ui);
  draw_difference_switch(ui);
  const float pictures = std::min(ui.px(250), 0.55f * ImGui::GetContentRegionAvail().y);
  const float list = ImGui::GetContentRegionAvail().y - pictures - ui.px(34);
  if (ImGui::BeginChild("##list", ImVec2(0, std::max(ui.px(34), list)))) {
    for (int i = 0; i < count; ++i) draw_edit(ui, i);
    ImGui::PushTextWrapPos(0.0f);
    if (count == 0) text_sized(ui, kSmall, ui.colors.secondary, ui.tr("paint.edit.empty"));
    if (std::ranges::any_of(ui.state.doc.paint.edits,
                            [](const PaintEdit& edit) { return std::holds_alternative<CutWord>(edit.what); }))
      text_sized(ui, kSmall, ui.colors.secondary, ui.tr("paint.edit.cut.honest"));
    ImGui::PopTextWrapPos();
  }
  ImGui::EndChild();
  draw_before_field(ui);
  draw_pictures(ui);
}

}  // namespace

void add_edit(Ui& ui, const PaintEdit& edit) {
  const auto& edits = ui.state.doc.paint.edits;
  const bool there =
      std::ranges::any_of(edits, [&](const PaintEdit& each) { return each.what == edit.what; });
  if (there || edits.size() >= kMaxEdits) return;
  set_paint(ui, [&](PaintDocument& paint) { paint.edits.push_back(edit); });
}

void edit_items(Ui& ui, const PromptWord& place) {
  for (const InterventionKind& kind : interventions()) {
    const std::string key(kind.label);
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

void draw_paint_edits_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.paint_edits"))) {
    if (ui.paint.has_run()) {
      draw_edits(ui);
    } else {
      draw_paint_empty(ui);
    }
  }
  end_panel();
}

}  // namespace regard
