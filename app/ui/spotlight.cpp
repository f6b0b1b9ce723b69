// The spotlight of a lesson: rings round what a card points at, each with its number and, where there is room
// that holds no text, its line.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <imgui_internal.h>

#include "app/lessons/player.h"
#include "app/ui/lesson_view.h"
#include "app/ui/panel_focus.h"
#include "app/ui/panels.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kMargin = 4, kBadge = 11, kLineSize = 15, kMostLine = 420, kAway = 10, kStatusLine = 38;

const Panel* panel_of(const Ui& ui, const std::string& key) {
  for (const Panel& panel : panels()) {
    if (key == panel.key) return panel.in.contains(ui.state.view.workspace) ? &panel : nullptr;
  }
  return nullptr;
}

int text_position(const Ui& ui, const LessonPlace& place) {
  if (!ui.views.has_map()) return -1;
  const std::vector<int> positions = lesson_positions(ui.views.run().trace.prompt, place);
  return positions.empty() ? -1 : positions.front();
}

int patch_position(const Ui& ui, std::pair<int, int> patch) {
  const bool drawing = ui.state.view.workspace == Workspace::kPainting;
  if (drawing ? !ui.paint.has_run() : !ui.picture.has_run()) return -1;
  const int columns = drawing ? ui.paint.columns() : ui.picture.columns(),
            rows = drawing ? ui.paint.rows() : ui.picture.rows();
  if (patch.first >= columns || patch.second >= rows) return -1;
  return (drawing ? 0 : ui.picture.specials()) + patch.second * columns + patch.first;
}

Spot spot_of(const Ui& ui, const LessonPoint& point) {
  Spot spot{.panel = panel_of(ui, point.panel)};
  if (point.cell) spot.cell = {text_position(ui, point.cell->first), text_position(ui, point.cell->second)};
  if (point.token) spot.token = text_position(ui, *point.token);
  if (point.patch) spot.patch = patch_position(ui, *point.patch);
  spot.head = point.head;
  return spot;
}

bool aims(const LessonPoint& point) { return point.cell || point.token || point.head || point.patch; }

// Panels do not say where they are: their windows do.
void find_panel(const Ui& ui, Spot& spot) {
  const ImGuiWindow* window = window_of(ui, *spot.panel);
  if (!in_sight(window)) return;
  const float inset = ui.px(kMargin + 2);
  spot.at = ImVec4(window->Pos.x + inset, window->Pos.y + inset, window->Pos.x + window->Size.x - inset,
                   window->Pos.y + window->Size.y - inset);
}

// What is scrolled away, or behind another tab, has no ring.
bool in_view(const Ui& ui, const Spot& spot) {
  const ImGuiWindow* window = window_of(ui, *spot.panel);
  if (!in_sight(window)) return false;
  const float x = (spot.at->x + spot.at->z) / 2, y = (spot.at->y + spot.at->w) / 2;
  return x >= window->Pos.x && y >= window->Pos.y && x <= window->Pos.x + window->Size.x &&
         y <= window->Pos.y + window->Size.y;
}

// Upright boxes that hold a text, also a turned one: what lines keep clear of.
ImRect extent_of(const DrawnText& text) {
  const ImRect box(text.box.x, text.box.y, text.box.z, text.box.w);
  if (text.angle == 0) return box;
  ImRect out(text.pivot, text.pivot);
  const float c = std::cos(text.angle), s = std::sin(text.angle);
  for (const ImVec2 corner : {box.GetTL(), box.GetTR(), box.GetBL(), box.GetBR()}) {
    const ImVec2 d(corner.x - text.pivot.x, corner.y - text.pivot.y);
    out.Add(ImVec2(text.pivot.x + c * d.x + s * d.y, text.pivot.y - s * d.x + c * d.y));
  }
  return out;
}

float overlap(const ImRect& a, const ImRect& b) {
  return std::max(0.0f, std::min(a.Max.x, b.Max.x) - std::max(a.Min.x, b.Min.x)) *
         std::max(0.0f, std::min(a.Max.y, b.Max.y) - std::max(a.Min.y, b.Min.y));
}

// The first place round a ring, or in the header of a panel that it is round, where a line covers nothing.
// Nothing: there is none.
std::optional<ImRect> free_place(const Ui& ui, const ImRect& ring, bool of_panel, ImVec2 size,
                                 const std::vector<ImRect>& taken) {
  const float away = ui.px(kAway);
  const ImVec2 middle = ring.GetCenter();
  const ImVec2 low[] = {{ring.Max.x + away, middle.y - size.y / 2},
                        {ring.Min.x - away - size.x, middle.y - size.y / 2},
                        {middle.x - size.x / 2, ring.Max.y + away},
                        {middle.x - size.x / 2, ring.Min.y - away - size.y},
                        {ring.Min.x, ring.Max.y + away},
                        {ring.Max.x - size.x, ring.Max.y + away},
                        {ring.Min.x, ring.Min.y - away - size.y},
                        {ring.Max.x - size.x, ring.Min.y - away - size.y},
                        {ring.Max.x + away, ring.Max.y + away},
                        {ring.Min.x - away - size.x, ring.Max.y + away}};
  const ImVec2 in_header(middle.x - size.x / 2, ring.Min.y + ui.px(6));
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImRect screen(viewport->WorkPos,
                      ImVec2(viewport->WorkPos.x + viewport->WorkSize.x,
                             viewport->WorkPos.y + viewport->WorkSize.y - ui.px(kStatusLine)));
  const auto box_at = [&](const ImVec2& at, bool within) -> std::optional<ImRect> {
    const ImRect box(at, ImVec2(at.x + size.x, at.y + size.y));
    if (!(within ? ring : screen).Contains(box)) return std::nullopt;
    const auto covers = [&](const ImRect& each) {
      const bool own = each.Min.x == ring.Min.x && each.Min.y == ring.Min.y && each.Max.x == ring.Max.x;
      return !(within && own) && overlap(box, each) > 0;
    };
    return std::ranges::none_of(taken, covers) ? std::optional(box) : std::nullopt;
  };
  if (const auto box = of_panel ? box_at(in_header, true) : std::nullopt) return box;
  for (const ImVec2& at : low) {
    if (const auto box = box_at(at, false)) return box;
  }
  return std::nullopt;
}

bool something_in_front(const Ui& ui) {
  const UiState& screen = ui.ui;
  return ImGui::GetCurrentContext()->OpenPopupStack.Size > 0 || screen.start.open || screen.classroom.open ||
         screen.show_keys || screen.show_about || screen.show_gallery || screen.show_lessons ||
         screen.dialog.line != nullptr || screen.sheet.open || screen.explained != nullptr;
}

ImRect ring_of(const Ui& ui, const Spot& spot) {
  const float margin = ui.px(kMargin);
  return {spot.at->x - margin, spot.at->y - margin, spot.at->z + margin, spot.at->w + margin};
}

void draw_ring(Ui& ui, ImDrawList* draw, const ImRect& ring) {
  const float round = ui.px(8);
  draw->AddRect(ring.Min, ring.Max, ui.colors.panel, round, ui.px(6));
  draw->AddRect(ring.Min, ring.Max, ui.colors.warning, round, ui.px(3));
}

// At the corner of the ring that covers no text.
ImVec2 badge_place(const Ui& ui, const ImRect& ring, const std::vector<ImRect>& taken) {
  const float r = ui.px(kBadge);
  const ImVec2 corners[] = {ring.Min, {ring.Max.x, ring.Min.y}, {ring.Min.x, ring.Max.y}, ring.Max};
  for (const ImVec2& corner : corners) {
    const ImRect box(corner.x - r, corner.y - r, corner.x + r, corner.y + r);
    if (std::ranges::none_of(taken, [&](const ImRect& each) { return overlap(box, each) > 0; }))
      return corner;
  }
  return ring.Min;
}

void draw_badge(Ui& ui, ImDrawList* draw, ImVec2 middle, int number) {
  draw->AddCircleFilled(middle, ui.px(kBadge + 1.5f), ui.colors.panel);
  draw->AddCircleFilled(middle, ui.px(kBadge), ui.colors.warning);
  const std::string label = std::to_string(number);
  const ImVec2 size = measure(ui, kSmall, label, ui.fonts.bold);
  draw_text(ui, draw, ImVec2(middle.x - size.x / 2, middle.y - size.y / 2), kSmall, ui.colors.panel, label,
            ui.fonts.bold);
}

void draw_spot_line(Ui& ui, ImDrawList* draw, const ImRect& box, const std::string& line) {
  draw->AddRectFilled(box.Min, box.Max, ui.colors.raised, ui.px(6));
  draw->AddRect(box.Min, box.Max, ui.colors.warning, ui.px(6), std::max(1.0f, ui.px(1.5f)));
  draw_text(ui, draw, ImVec2(box.Min.x + ui.px(10), box.Min.y + ui.px(5)), kLineSize, ui.colors.text, line);
}

}  // namespace

void find_spots(Ui& ui) {
  LessonUi& screen = ui.ui.lesson;
  screen.spots.clear();
  screen.texts.clear();
  if (!in_lesson(ui) || is_covered(ui)) return;
  for (const LessonPoint& point : ui.lesson->card().points) screen.spots.push_back(spot_of(ui, point));
}

void draw_spots(Ui& ui) {
  LessonUi& screen = ui.ui.lesson;
  if (!in_lesson(ui) || screen.spots.empty() || something_in_front(ui)) return;
  const std::vector<LessonPoint>& points = ui.lesson->card().points;
  std::vector<ImRect> taken;
  const std::vector<DrawnText>& texts = ui.ui.drawn_texts != nullptr ? *ui.ui.drawn_texts : screen.texts;
  for (const DrawnText& text : texts) {
    ImRect box = extent_of(text);
    box.ClipWith(ImRect(text.clip.x, text.clip.y, text.clip.z, text.clip.w));
    if (box.GetArea() > 0) taken.push_back(box);
  }
  if (const ImGuiWindow* card = ImGui::FindWindowByName("##lesson")) taken.push_back(card->Rect());
  for (std::size_t i = 0; i < screen.spots.size() && i < points.size(); ++i) {
    Spot& spot = screen.spots[i];
    if (spot.panel == nullptr) continue;
    if (!aims(points[i])) find_panel(ui, spot);
    if (spot.at && !in_view(ui, spot)) spot.at.reset();
    if (spot.at) taken.push_back(ring_of(ui, spot));
  }
  ImDrawList* draw = ImGui::GetForegroundDrawList();
  for (std::size_t i = 0; i < screen.spots.size() && i < points.size(); ++i) {
    const Spot& spot = screen.spots[i];
    if (!spot.at) continue;
    const ImRect ring = ring_of(ui, spot);
    draw_ring(ui, draw, ring);
    draw_badge(ui, draw, badge_place(ui, ring, taken), static_cast<int>(i) + 1);
    const std::string line = lesson_line(ui, points[i].say);
    const ImVec2 size = measure(ui, kLineSize, line);
    if (size.x > ui.px(kMostLine)) continue;
    const auto box =
        free_place(ui, ring, !aims(points[i]), ImVec2(size.x + ui.px(20), size.y + ui.px(10)), taken);
    if (!box) continue;
    draw_spot_line(ui, draw, *box, line);
    taken.push_back(*box);
  }
}

void spot_token(Ui& ui, int token, ImVec2 low, ImVec2 high) {
  for (Spot& spot : ui.ui.lesson.spots) {
    if (spot.panel == ui.panel && spot.token == token) spot.at = ImVec4(low.x, low.y, high.x, high.y);
  }
}

void spot_head(Ui& ui, int layer, int head, ImVec2 low, ImVec2 high) {
  for (Spot& spot : ui.ui.lesson.spots) {
    if (spot.panel == ui.panel && spot.head == std::pair(layer, head))
      spot.at = ImVec4(low.x, low.y, high.x, high.y);
  }
}

}  // namespace regard
