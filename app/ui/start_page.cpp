// The start page: what this is, a first lesson, how a map is read, samples, and what one opens of one's own.
// Shown by itself on the first start alone.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <imgui_internal.h>

#include "app/lessons/lesson.h"
#include "app/ui/actions.h"
#include "app/ui/lesson_view.h"
#include "app/ui/sheet_parts.h"
#include "app/ui/shortcuts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/ui/workspaces.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kStartWidth = 760, kStartTitle = 26, kStartSection = 17, kStartText = 16, kLegendCell = 21,
                kLegendBar = 12;

void start_section(Ui& ui, const char* words) {
  ImGui::Dummy(ImVec2(1, ui.px(8)));
  text_wrapped(ui, kStartSection, ui.colors.text, ui.tr(words), ui.fonts.bold);
  ImGui::Dummy(ImVec2(1, ui.px(2)));
}

void close_start(Ui& ui) { ui.ui.start.open = false; }

// The first lesson, as large as what it is.
void start_lesson(Ui& ui, const Lesson& lesson) {
  const float width = std::max(1.0f, ImGui::GetContentRegionAvail().x), pad = ui.px(14);
  const LessonText about{{.spans = {{.text = lesson.about}}}};
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float lines = draw_lesson_text(ui, at, width - 2 * pad, about, kStartText, 0, false);
  const float height = ui.px(46) + lines;
  if (ImGui::InvisibleButton("##start_lesson", ImVec2(width, height), ImGuiButtonFlags_EnableNav)) {
    ui.out.emplace_back(LessonAct{.name = lesson.name});
    close_start(ui);
  }
  if (std::exchange(ui.ui.start.opens, false)) {
    ImGui::SetFocusID(ImGui::GetItemID(), ImGui::GetCurrentWindow());
    ImGui::SetNavCursorVisible(true);
  }
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 high(at.x + width, at.y + height);
  draw->AddRectFilled(at, high, ui.colors.panel, ui.px(6));
  draw->AddRect(at, high, ui.colors.accent, ui.px(6), ui.px(hot ? 3.0f : 1.5f));
  std::string title = std::string("\uf04b  ") + lesson.title;
  if (lesson.minutes > 0) title += " · " + ui.tr.format("lesson.minutes", lesson.minutes);
  draw_text(ui, draw, ImVec2(at.x + pad, at.y + ui.px(10)), kStartSection, ui.colors.accent,
            fitted(ui, title, kStartSection, width - 2 * pad), ui.fonts.bold);
  draw_lesson_text(ui, ImVec2(at.x + pad, at.y + ui.px(36)), width - 2 * pad, about, kStartText,
                   ui.colors.text);
}

void start_lessons(Ui& ui) {
  start_section(ui, "start.lessons");
  if (!ui.lessons.empty()) start_lesson(ui, *ui.lessons.front());
  ImGui::Dummy(ImVec2(1, ui.px(2)));
  const std::string all =
      ui.tr.format("start.all_lessons", ui.lessons.size()) + "  " + key_name(ui, ImGuiKey_F3);
  if (sheet_button(ui, "##all_lessons", all, true)) {
    close_start(ui);
    ui.ui.show_lessons = true;
  }
}

// A small map of no run: rows and columns named, its colours beside it.
ImVec2 draw_legend(Ui& ui, ImVec2 at) {
  constexpr float kShown[3][3] = {{1.0f, -1, -1}, {0.25f, 0.75f, -1}, {0.1f, 0.6f, 0.3f}};
  const ColorScale scale{.min = 0.0f, .max = 1.0f};
  const Colormap colors = colormap_for(ui.state.view, scale);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float cell = ui.px(kLegendCell);
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      const float value = kShown[row][column];
      const ImVec2 low(at.x + cell * static_cast<float>(column), at.y + cell * static_cast<float>(row));
      draw->AddRectFilled(low, ImVec2(low.x + cell - 1, low.y + cell - 1),
                          value < 0 ? ui.colors.empty_cell : imgui_color(color_of(scale, colors, value)));
    }
  }
  const float side = 3 * cell, line = std::max(1.0f, ui.px(2));
  draw->AddRect(ImVec2(at.x - line, at.y + 2 * cell - line), ImVec2(at.x + side, at.y + side), ui.colors.text,
                0, line);
  const float bar = at.x + side + ui.px(10);
  constexpr int kSteps = 24;
  for (int i = 0; i < kSteps; ++i) {
    const float top = at.y + side * static_cast<float>(i) / kSteps;
    draw->AddRectFilled(ImVec2(bar, top),
                        ImVec2(bar + ui.px(kLegendBar), at.y + side * static_cast<float>(i + 1) / kSteps),
                        imgui_color(color_of(scale, colors, 1.0f - (static_cast<float>(i) + 0.5f) / kSteps)));
  }
  return {bar + ui.px(kLegendBar) - at.x, side};
}

void start_legend(Ui& ui) {
  start_section(ui, "start.legend");
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 size = draw_legend(ui, ImVec2(at.x + ui.px(2), at.y + ui.px(2)));
  const bool beside = ImGui::GetContentRegionAvail().x > size.x + ui.px(260);
  const float left = beside ? size.x + ui.px(20) : 0.0f, top = beside ? 0.0f : size.y + ui.px(12);
  ImGui::SetCursorScreenPos(ImVec2(at.x + left, at.y + top));
  ImGui::BeginGroup();
  for (const char* words : {"start.row", "start.column", "start.colour"})
    text_wrapped(ui, kStartText, ui.colors.text, ui.tr(words));
  ImGui::EndGroup();
  const float end = std::max(at.y + size.y + ui.px(8), ImGui::GetItemRectMax().y + ui.px(4));
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(1, end - at.y));
}

void start_samples(Ui& ui) {
  start_section(ui, "start.samples");
  bool first = true;
  for (const auto& [workspace, words] :
       {std::pair(Workspace::kText, "start.sample.text"), std::pair(Workspace::kImage, "start.sample.image"),
        std::pair(Workspace::kPainting, "start.sample.painting")}) {
    if (sheet_button(ui, words, ui.tr(words), std::exchange(first, false))) {
      ui.out.emplace_back(SetWorkspace{workspace});
      close_start(ui);
    }
  }
  const std::string gallery = std::string(ui.tr("start.gallery")) + "  " + key_name(ui, ImGuiKey_F4);
  if (sheet_button(ui, "##gallery", gallery, false)) {
    close_start(ui);
    ui.ui.show_gallery = true;
  }
}

void start_own(Ui& ui) {
  struct Way {
    const char* words;
    Action open;
  };
  constexpr Way kWays[] = {{"file.open_image", act::open_image},
                           {"file.open_session", act::open_session},
                           {"model.open", act::open_model}};
  start_section(ui, "start.own");
  for (const Way& way : kWays) {
    if (!sheet_button(ui, way.words, ui.tr(way.words), &way == std::begin(kWays))) continue;
    close_start(ui);
    way.open(ui);
  }
}

}  // namespace

void draw_start_page(Ui& ui) {
  if (!ui.ui.start.open) return;
  const std::string title = std::string(ui.tr("start.title")) + "###start";
  if (begin_sheet(ui, title.c_str(), &ui.ui.start.open, kStartWidth)) {
    text_wrapped(ui, kStartTitle, ui.colors.text, ui.tr("app.title"), ui.fonts.bold);
    text_wrapped(ui, kStartText, ui.colors.text, ui.tr("start.what"));
    start_lessons(ui);
    start_legend(ui);
    start_samples(ui);
    start_own(ui);
    ImGui::Dummy(ImVec2(1, ui.px(6)));
    text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr.format("start.later", key_name(ui, ImGuiKey_F8)));
  }
  ImGui::End();
}

namespace act {

void toggle_start(Ui& ui) {
  StartUi& start = ui.ui.start;
  start.open = start.opens = !start.open;
}

}  // namespace act
}  // namespace regard
