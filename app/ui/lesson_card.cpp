// The card of a lesson beside the panels: text, what is asked, and the way forth and back.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <imgui_internal.h>

#include "app/lessons/player.h"
#include "app/ui/lesson_view.h"
#include "app/ui/panel_focus.h"
#include "app/ui/panels.h"
#include "app/ui/shortcuts.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kNarrowRoom = 700, kLeastWidth = 320, kMostWidth = 480, kShareOfWidth = 0.35f,
                kMostPresented = 680, kShareOfPresented = 0.5f, kShareOfHeight = 0.5f, kGapBeside = 12,
                kPad = 18, kFoot = 62, kHeadRow = 40;

ImVec2 frame_of(Ui& ui, ImGuiWindow* window) {
  const ImVec2 low = window->Pos, high(low.x + window->Size.x, low.y + window->Size.y);
  const bool keyboard = has_keyboard(window);
  window->DrawList->AddRectFilled(low, high, ui.colors.panel, ui.px(6));
  window->DrawList->AddRect(low, high, keyboard ? ui.colors.accent : ui.colors.border, ui.px(6),
                            std::max(1.0f, ui.px(keyboard ? 2.0f : 1.5f)));
  return high;
}

bool text_button(Ui& ui, const char* id, const std::string& label, ImVec2 at, float width, bool main,
                 bool enabled) {
  const float height = ui.px(34);
  ImGui::SetCursorScreenPos(at);
  ImGui::BeginDisabled(!enabled);
  const bool clicked = ImGui::InvisibleButton(id, ImVec2(width, height), ImGuiButtonFlags_EnableNav);
  ImGui::EndDisabled();
  const bool hot =
      enabled && (ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 high(at.x + width, at.y + height);
  const ImU32 color = !enabled ? ui.colors.secondary : main || hot ? ui.colors.accent : ui.colors.text;
  draw->AddRectFilled(at, high, ui.colors.raised, ui.px(6));
  draw->AddRect(at, high, enabled && (main || hot) ? ui.colors.accent : ui.colors.border, ui.px(6),
                std::max(1.0f, ui.px(main || hot ? 2.0f : 1.2f)));
  const std::string shown = fitted(ui, label, 16, width - ui.px(16));
  const ImVec2 size = measure(ui, 16, shown, main ? ui.fonts.bold : ui.fonts.regular);
  draw_text(ui, draw, ImVec2((at.x + high.x - size.x) / 2, (at.y + high.y - size.y) / 2 - ui.px(1)), 16,
            color, shown, main ? ui.fonts.bold : ui.fonts.regular);
  return clicked && enabled;
}

// Its name, and how to leave.
void draw_card_head(Ui& ui, ImVec2 at, float width) {
  const std::string leave = std::string("\uf00d  ") + ui.tr("lesson.leave");
  const float button = measure(ui, kSmall, leave).x + ui.px(12);
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x, at.y + ui.px(3)), kSmall, ui.colors.secondary,
            fitted(ui, ui.lesson->lesson().title, kSmall, width - button - ui.px(12)), ui.fonts.bold);
  ImGui::SetCursorScreenPos(ImVec2(at.x + width - button, at.y - ui.px(2)));
  const ImVec2 low = ImGui::GetCursorScreenPos();
  if (ImGui::InvisibleButton("##leave", ImVec2(button, ui.px(24)), ImGuiButtonFlags_EnableNav))
    ask_lesson(ui, {.what = LessonAct::What::kLeave});
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("lesson.leave.tip"));
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(low.x + ui.px(6), low.y + ui.px(5)), kSmall,
            hot ? ui.colors.text : ui.colors.secondary, leave);
}

// Back, "card 3 of 7" over a bar, on.
void draw_card_foot(Ui& ui, ImVec2 at, float width) {
  const LessonPlayer& player = *ui.lesson;
  const int card = static_cast<int>(player.card_index()),
            cards = static_cast<int>(player.lesson().cards.size());
  const float button = std::min(ui.px(124), width * 0.34f);
  const ImVec2 right(at.x + width - button, at.y);
  if (text_button(ui, "##back", std::string("\uf060  ") + ui.tr("lesson.back"), at, button, false, card > 0))
    ask_lesson(ui, {.what = LessonAct::What::kCard, .index = card - 1});
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, key_name(ui, ImGuiKey_PageUp).c_str());
  const bool last = card + 1 == cards;
  if (text_button(ui, "##on", last ? ui.tr("lesson.finish") : ui.tr("lesson.on") + std::string("  \uf061"),
                  right, button, true, true))
    ask_lesson(ui, last ? LessonAct{.what = LessonAct::What::kLeave}
                        : LessonAct{.what = LessonAct::What::kCard, .index = card + 1});
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip))
    tooltip(ui, last ? ui.tr("lesson.leave.tip") : key_name(ui, ImGuiKey_PageDown).c_str());
  const std::string where =
      fitted(ui, ui.tr.format("lesson.card", card + 1, cards), kBody, width - 2 * button - ui.px(12));
  const ImVec2 size = measure(ui, kBody, where);
  const float middle = at.x + width / 2;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, ImVec2(middle - size.x / 2, at.y + ui.px(4)), kBody, ui.colors.text, where);
  const float bar = width - 2 * button - ui.px(28), y = at.y + ui.px(26);
  if (bar < ui.px(20)) return;
  const ImVec2 low(middle - bar / 2, y);
  draw->AddRectFilled(low, ImVec2(low.x + bar, y + ui.px(4)), ui.colors.track, ui.px(2));
  draw->AddRectFilled(
      low, ImVec2(low.x + bar * static_cast<float>(card + 1) / static_cast<float>(cards), y + ui.px(4)),
      ui.colors.neutral_bar, ui.px(2));
}

// Runs of spaces as they are written, where text else has one: a line may break after them.
std::string with_gaps(std::string line) {
  for (std::size_t at = line.find("  "); at != std::string::npos; at = line.find("  ", at + 2))
    line.replace(at, 1, "\u00a0");
  return line;
}

void draw_lesson_formula(Ui& ui, const LessonFormula& formula) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, pad = ui.px(12);
  LessonText lines;
  for (std::size_t from = 0; from <= formula.text.size();) {
    const std::size_t end = std::min(formula.text.find('\n', from), formula.text.size());
    lines.push_back({.spans = {{.text = with_gaps(formula.text.substr(from, end - from))}}});
    from = end + 1;
  }
  const float size = kLesson + 1;
  const float height =
      draw_lesson_text(ui, at, width - 2 * pad, lines, size, ui.colors.text, false) + ui.px(16);
  ImGui::GetWindowDrawList()->AddRectFilled(at, ImVec2(at.x + width, at.y + height), ui.colors.raised,
                                            ui.px(6));
  draw_lesson_text(ui, ImVec2(at.x + pad, at.y + ui.px(8)), width - 2 * pad, lines, size, ui.colors.text);
  lesson_take(ui, at, height, 12);
}

// The lines of the rings, with their numbers.
void draw_point_lines(Ui& ui) {
  int number = 0;
  for (const LessonPoint& point : ui.lesson->card().points) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float radius = ui.px(11), line = ui.px(kLesson * kLineOfEm);
    const ImVec2 middle(at.x + radius, at.y + line / 2);
    ImDrawList* draw = ImGui::GetWindowDrawList();
    draw->AddCircle(middle, radius, ui.colors.warning, 0, ui.px(2));
    const std::string label = std::to_string(++number);
    const ImVec2 size = measure(ui, kSmall, label, ui.fonts.bold);
    draw_text(ui, draw, ImVec2(middle.x - size.x / 2, middle.y - size.y / 2), kSmall, ui.colors.warning,
              label, ui.fonts.bold);
    const float indent = ui.px(32);
    const float height =
        draw_lesson_text(ui, ImVec2(at.x + indent, at.y), ImGui::GetContentRegionAvail().x - indent,
                         point.say, kLesson, ui.colors.text);
    lesson_take(ui, at, std::max(height, line), 8);
  }
  if (number > 0) ImGui::Dummy(ImVec2(1, ui.px(4)));
}

// The exercise ticks itself off.
void draw_done(Ui& ui, const LessonCard& card) {
  const bool done = holds(*card.done, ui.lesson->ground(ui.state)).value_or(false);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float side = ui.px(20), line = ui.px(kLesson * kLineOfEm);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 low(at.x, at.y + (line - side) / 2), high(low.x + side, low.y + side);
  draw->AddRect(low, high, done ? ui.colors.text : ui.colors.secondary, ui.px(4), ui.px(1.6f));
  if (done)
    ImGui::RenderCheckMark(draw, ImVec2(low.x + ui.px(4), low.y + ui.px(4)), ui.colors.text, ui.px(12));
  const LessonText words{{.spans = {{.text = ui.tr(done ? "lesson.done" : "lesson.todo"), .strong = done}}}};
  const float height = draw_lesson_text(ui, ImVec2(at.x + side + ui.px(10), at.y),
                                        ImGui::GetContentRegionAvail().x - side - ui.px(10), words, kLesson,
                                        done ? ui.colors.text : ui.colors.secondary);
  lesson_take(ui, at, std::max(height, line), 10);
}

void draw_blocks(Ui& ui, const LessonCard& card) {
  for (const LessonCard::Block& block : card.blocks) {
    if (const auto* text = std::get_if<LessonText>(&block))
      lesson_words(ui, *text, kLesson, ui.colors.text, 12);
    if (const auto* formula = std::get_if<LessonFormula>(&block)) draw_lesson_formula(ui, *formula);
    if (const auto* question = std::get_if<LessonQuestion>(&block)) draw_question(ui, *question);
    const auto* guess = std::get_if<LessonGuess>(&block);
    if (guess == nullptr) continue;
    draw_guess(ui, *guess);
    if (is_covered(ui)) return;  // what comes after it tells the answer
  }
  draw_point_lines(ui);
  if (card.done) draw_done(ui, card);
}

// A link of its own kind: the card as it began.
void draw_again(Ui& ui) {
  const std::string label = std::string("\uf2ea  ") + ui.tr("lesson.again") + "###again";
  if (chip(ui, label.c_str(), false, ui.tr("lesson.again.tip")))
    ask_lesson(ui, {.what = LessonAct::What::kSetUp});
}

// At the foot of a card that goes on below: an arrow.
void draw_more_below(Ui& ui) {
  if (ImGui::GetScrollY() >= ImGui::GetScrollMaxY() - ui.px(12)) return;
  const ImVec2 low = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
  const float radius = ui.px(15);
  const ImVec2 middle(low.x + size.x / 2, low.y + size.y - radius - ui.px(4));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 fade(low.x, low.y + size.y - ui.px(56)), end(low.x + size.x - ui.px(14), low.y + size.y);
  const ImU32 panel = ui.colors.panel, clear = with_alpha(panel, 0.0f);
  draw->AddRectFilledMultiColor(fade, end, clear, clear, panel, panel);
  draw->AddCircleFilled(middle, radius, ui.colors.raised);
  draw->AddCircle(middle, radius, ui.colors.accent, 0, ui.px(1.6f));
  const char* const arrow = "\uf078";
  const ImVec2 text = measure(ui, kBody, arrow);
  draw_text(ui, draw, ImVec2(middle.x - text.x / 2, middle.y - text.y / 2), kBody, ui.colors.accent, arrow);
}

// A new card: from its top, and the panels it points at come to the front.
void follow_card(Ui& ui) {
  LessonUi& screen = ui.ui.lesson;
  const std::pair<const void*, std::size_t> now(&ui.lesson->card(), ui.lesson->card_index());
  if (std::exchange(screen.shown, now) == now) return;
  screen.typed.clear();
  screen.focus = true;
  screen.guess_cursor = -1;
  ImGui::SetScrollY(0);
  for (const LessonPoint& point : ui.lesson->card().points) {
    for (const Panel& panel : panels()) {
      if (point.panel == panel.key && panel.in.contains(ui.state.view.workspace)) fetch_panel(ui, panel);
    }
  }
}

}  // namespace

bool in_lesson(const Ui& ui) { return ui.lesson != nullptr && ui.lesson->open(); }

bool is_covered(const Ui& ui) { return ui.lesson != nullptr && ui.lesson->covers(); }

std::optional<ImVec4> take_lesson_room(Ui& ui, ImVec2& low, ImVec2& size) {
  if (!in_lesson(ui)) return std::nullopt;
  const float width = size.x / ui.scale, gap = ui.px(kGapBeside);
  if (width < kNarrowRoom) {
    const float height = std::round(size.y * kShareOfHeight);
    size.y -= height + gap;
    return ImVec4(low.x, low.y + size.y + gap, size.x, height);
  }
  // In large type, while the panels are covered, the question has their room.
  const bool wide = is_covered(ui) && ui.ui.presenter.before;
  const float share = width * (wide ? kShareOfPresented : kShareOfWidth);
  const float column = std::round(ui.px(std::clamp(share, kLeastWidth, wide ? kMostPresented : kMostWidth)));
  const ImVec4 at(low.x, low.y, column, size.y);
  low.x += column + gap;
  size.x -= column + gap;
  return at;
}

void draw_lesson(Ui& ui, const ImVec4& at) {
  ImGui::PushStyleColor(ImGuiCol_WindowBg, IM_COL32(0, 0, 0, 0));
  begin_fixed("##lesson", ImVec2(at.x, at.y), ImVec2(std::max(1.0f, at.z), std::max(1.0f, at.w)),
              ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PopStyleColor();
  frame_of(ui, ImGui::GetCurrentWindow());
  const float pad = ui.px(kPad), width = at.z - 2 * pad;
  draw_card_head(ui, ImVec2(at.x + pad, at.y + ui.px(12)), width);
  draw_card_foot(ui, ImVec2(at.x + pad, at.y + at.w - ui.px(kFoot - 14)), width);
  ImGui::SetCursorScreenPos(ImVec2(at.x + pad, at.y + ui.px(kHeadRow)));
  const float height = at.w - ui.px(kHeadRow + kFoot);
  if (height > ui.px(30) && width > ui.px(60)) {
    ImGui::SetNextWindowContentSize(ImVec2(width, 0.0f));  // the bar of what scrolls stands in the padding
    if (ImGui::BeginChild("##card", ImVec2(width + pad - ui.px(2), height), ImGuiChildFlags_None)) {
      follow_card(ui);
      const LessonCard& card = ui.lesson->card();
      const LessonText title{{.kind = TextBlock::Kind::kTitle, .spans = {{.text = card.title}}}};
      lesson_words(ui, title, kLessonTitle, ui.colors.text, 14);
      draw_blocks(ui, card);
      if (card.state) draw_again(ui);
      ImGui::Dummy(ImVec2(1, ui.px(8)));
      draw_more_below(ui);
    }
    ImGui::EndChild();
  }
  // Behind the panels that it has brought to the front.
  if (ui.ui.lesson.focus && ui.ui.layout.focus == nullptr) {
    ui.ui.lesson.focus = false;
    ImGui::FocusWindow(ImGui::GetCurrentWindow());
  }
  ImGui::End();
}

void draw_cover(Ui& ui) {
  const ImGuiWindow* window = ImGui::GetCurrentWindow();
  const ImVec2 middle(window->Pos.x + window->Size.x / 2, window->Pos.y + window->Size.y / 2);
  const float width = window->Size.x - ui.px(32);
  if (width < ui.px(40) || window->Size.y < ui.px(70)) return;
  const std::string line = fitted(ui, ui.tr("lesson.covered"), kBody, width);
  const ImVec2 sign = measure(ui, 32, "?", ui.fonts.bold), size = measure(ui, kBody, line);
  draw_text(ui, window->DrawList, ImVec2(middle.x - sign.x / 2, middle.y - sign.y), 32, ui.colors.secondary,
            "?", ui.fonts.bold);
  draw_text(ui, window->DrawList, ImVec2(middle.x - size.x / 2, middle.y + ui.px(6)), kBody,
            ui.colors.secondary, line);
}

}  // namespace regard
