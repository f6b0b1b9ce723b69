// Every word's map over the picture, side by side: click one to see it large.
#include <algorithm>
#include <cmath>

#include "app/ui/paint_edit_menu.h"
#include "app/ui/paint_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"

namespace regard {
namespace {

constexpr float kWordsGap = 10, kWordLabel = 24, kWordLine = 42, kLeast = 64;

// Columns and side so that all words fit, as large as they can be.
std::pair<int, float> fit(Ui& ui, ImVec2 room, int count) {
  int best = 1;
  float side = 0;
  for (int columns = 1; columns <= count; ++columns) {
    const int rows = (count + columns - 1) / columns;
    const float width =
        (room.x - ui.px(kWordsGap) * static_cast<float>(columns - 1)) / static_cast<float>(columns);
    const float height = room.y / static_cast<float>(rows) - ui.px(kWordLabel);
    if (std::min(width, height) > side) {
      side = std::min(width, height);
      best = columns;
    }
  }
  if (side >= ui.px(kLeast)) return {best, std::floor(side)};
  // Too many to see at once: a size that can be read, and a scroll bar.
  const int columns =
      std::max(1, static_cast<int>((room.x + ui.px(kWordsGap)) / ui.px(kLeast + 26 + kWordsGap)));
  return {columns, std::floor((room.x - ui.px(kWordsGap) * static_cast<float>(columns - 1)) /
                              static_cast<float>(columns))};
}

// What stands beside a map, under the pointer: of attention, or of the output space.
std::string word_tip(const Ui& ui, const PaintWord& word) {
  const std::string share = ui.tr.percent(static_cast<double>(word.share), 1),
                    largest = ui.tr.percent(static_cast<double>(word.largest), 2),
                    spread = ui.tr.number(std::exp2(word.entropy), 0);
  const bool output = ui.state.view.paint.lens == PaintLens::kOutput;
  std::string text = ui.tr.format(output ? "paint.output.tip" : "paint.word.tip", share, spread, largest);
  if (ui.state.view.details) text += "\n" + ui.tr.format("paint.word.bits", ui.tr.number(word.entropy, 1));
  return text + "\n" + ui.tr("paint.word.try");
}

void draw_word(Ui& ui, int index, ImVec2 low, float side) {
  const PaintWord& word = ui.paint.words()[static_cast<std::size_t>(index)];
  const ImVec2 high(low.x + side, low.y + side);
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(index);
  if (ImGui::InvisibleButton("##word", ImVec2(side, side + ui.px(kWordLabel - 4)),
                             ImGuiButtonFlags_EnableNav))
    show_word(ui, word.place);
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    tooltip(ui, word_tip(ui, word).c_str());
  }
  if (ImGui::BeginPopupContextItem("##edits")) {
    edit_items(ui, word.place);
    ImGui::EndPopup();
  }
  ImGui::PopID();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_sheet_tile(ui, draw, ui.textures.film, ui.paint.film(), ui.paint.span().second, low, high);
  draw_map_tile(ui, draw, ui.textures.paint_words, ui.paint.word_atlas(), index * ui.paint.pitch_x(), 0, low,
                high, ui.state.view.paint.opacity);
  const bool chosen = ui.paint.patch() < 0 && ui.paint.word() == index;
  if (chosen || hot) {
    const float edge = ui.px(2);
    draw->AddRect(ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
                  chosen ? ui.colors.word : ui.colors.secondary, ui.px(3), ui.px(chosen ? 2.5f : 1.2f));
  }
  const std::string share = ui.tr.percent(static_cast<double>(word.share), 0);
  const ImVec2 wide = measure(ui, kSmall, share);
  ImFont* font = chosen ? ui.fonts.bold : ui.fonts.regular;
  draw_text(ui, draw, ImVec2(low.x, high.y + ui.px(4)), kBody,
            word.word < 0 ? ui.colors.secondary : ui.colors.text,
            fitted(ui, paint_word_label(ui, word), kBody, side - wide.x - ui.px(6)), font);
  draw_text(ui, draw, ImVec2(high.x - wide.x, high.y + ui.px(5)), kSmall, ui.colors.secondary, share);
}

void draw_direction(Ui& ui) {
  const PaintView& view = ui.state.view.paint;
  const bool fixed = view.lens == PaintLens::kShare || view.lens == PaintLens::kOutput;
  const bool reverse = view.reverse && !fixed;
  if (!begin_dropdown(ui, "direction", ui.tr(reverse ? "paint.quadrant.ti" : "paint.quadrant.it"))) return;
  for (const bool other : {false, true}) {
    if (ImGui::MenuItem(ui.tr(other ? "paint.quadrant.ti" : "paint.quadrant.it"), nullptr, reverse == other,
                        !other || !fixed))
      set_paint_view(ui, [&](PaintView& v) { v.reverse = other; });
  }
  ImGui::EndPopup();
}

// The three numbers beside the maps: what the text gets, what the word gets of it, how wide its map is.
void draw_measures(Ui& ui) {
  const float width = ImGui::GetContentRegionAvail().x;
  const auto line = [&](const std::string& text) {
    text_sized(ui, kSmall, ui.colors.secondary, fitted(ui, text, kSmall, width));
  };
  const bool output = ui.state.view.paint.lens == PaintLens::kOutput;
  line(output ? std::string(ui.tr("paint.output.mean"))
              : ui.tr.format("paint.text_mass", ui.tr.percent(static_cast<double>(ui.paint.text_mass()), 1)));
  if (ui.paint.word() < 0) return;
  const PaintWord& word = ui.paint.words()[static_cast<std::size_t>(ui.paint.word())];
  const std::string spread = ui.tr.number(std::exp2(word.entropy), 0);
  std::string text = ui.tr.format(output ? "paint.output.measures" : "paint.word_measures",
                                  paint_word_label(ui, word), ui.tr.percent(static_cast<double>(word.share), 1),
                                  spread);
  if (ui.state.view.details) text += " · " + ui.tr.format("paint.word.bits", ui.tr.number(word.entropy, 1));
  line(text);
}

void draw_words(Ui& ui) {
  const int count = static_cast<int>(ui.paint.words().size());
  draw_direction(ui);
  ImGui::SameLine(0, ui.px(14));
  const ImVec2 after = ImGui::GetCursorScreenPos();
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - ui.px(14);
  const std::string scale = ui.tr(ui.state.view.paint.absolute ? "paint.scale.one" : "paint.scale.own");
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(after.x, after.y + ui.px(3)), kSmall, ui.colors.secondary,
            fitted(ui, scale, kSmall, right - after.x));
  ImGui::SetCursorScreenPos(ImVec2(ImGui::GetWindowPos().x + ui.px(14), after.y + ui.px(28)));
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const bool low = room.y < ui.px(kLowPanel);  // the measures are scrolled to
  if (ImGui::BeginChild("##words", ImVec2(room.x, std::max(1.0f, room.y - (low ? 0.0f : ui.px(kWordLine)))))) {
    ImVec2 inside = ImGui::GetContentRegionAvail();
    inside.x -= ui.px(6);
    inside.y -= ui.px(6);
    const auto [columns, side] = fit(ui, inside, count);
    const float full =
        side * static_cast<float>(columns) + ui.px(kWordsGap) * static_cast<float>(columns - 1);
    const ImVec2 at(ImGui::GetCursorScreenPos().x + ui.px(3) + std::max(0.0f, (inside.x - full) / 2),
                    ImGui::GetCursorScreenPos().y + ui.px(3));
    for (int i = 0; i < count; ++i) {
      draw_word(ui, i,
                ImVec2(std::round(at.x + static_cast<float>(i % columns) * (side + ui.px(kWordsGap))),
                       std::round(at.y + static_cast<float>(i / columns) * (side + ui.px(kWordLabel)))),
                side);
    }
    const float bottom =
        at.y + static_cast<float>((count + columns - 1) / columns) * (side + ui.px(kWordLabel));
    ImGui::SetCursorScreenPos(at);
    ImGui::Dummy(ImVec2(1, bottom - at.y));
    if (low) draw_measures(ui);
  }
  ImGui::EndChild();
  if (!low) draw_measures(ui);
}

}  // namespace

void draw_paint_words_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.paint_words"))) {
    if (ui.paint.has_run() && !ui.paint.words().empty()) {
      draw_words(ui);
    } else if (ui.paint.has_run()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("paint.no_half"));
    } else {
      draw_paint_empty(ui);
    }
  }
  end_panel();
}

}  // namespace regard
