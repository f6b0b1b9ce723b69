// The sentence under the menu bar: what is on screen, in words (views/now_in_words.h).
#include <algorithm>
#include <string>
#include <vector>

#include <imgui_internal.h>

#include "app/ui/lesson_view.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/now_in_words.h"
#include "app/views/pair_views.h"

namespace regard {
namespace {

constexpr float kNowSize = 15, kNowLine = 20, kWide = 1000, kLow = 560, kNoRoom = 500;  // units

// So many lines stand there whatever the sentence is: panels keep their places while one points about. In a
// low window the panels come first, and the whole sentence is told by a tooltip.
int lines_for(ImVec2 units) {
  if (units.y < kNoRoom) return 0;
  return units.x >= kWide || units.y < kLow ? 1 : 2;
}

int lines_of(const Ui& ui) {
  const ImVec2 size = ImGui::GetMainViewport()->Size;
  return lines_for(ImVec2(size.x / ui.px(1), size.y / ui.px(1)));
}

// The sentence broken between words; what does not fit the last line ends in "…".
std::vector<std::string> broken(Ui& ui, const std::string& text, float width, int lines) {
  std::vector<std::string> out;
  const float size = ui.px(kNowSize * kLineOfEm);
  const char *at = text.c_str(), *end = at + text.size();
  while (at < end && std::ssize(out) < lines) {
    const char* stop =
        ImFontCalcWordWrapPositionEx(ui.fonts.regular, size, at, end, width, ImDrawTextFlags_None);
    const bool last = std::ssize(out) + 1 == lines;
    out.push_back(last ? fitted(ui, std::string(at, end), kNowSize, width) : std::string(at, stop));
    for (at = stop; at < end && *at == ' ';) ++at;
  }
  return out;
}

Pointed pointed(const Ui& ui) {
  const Hovered& hovered = ui.ui.hovered;
  return {.token = hovered.token,
          .cell = hovered.cell,
          .compared_cell = hovered.compared_cell,
          .patch = hovered.patch,
          .film = ui.ui.paint.film.frame() >= 0};
}

// Of two pictures side by side: which patch finds which.
std::string pair_in_words(const Ui& ui) {
  const PairPatch& from = ui.pair.subject();
  const PatchMatches& matches = *ui.pair.matches();
  const auto name = [&](bool second, int patch) {
    const int columns = ui.pair.run(second).output.columns;
    return ui.tr.format("now.pair.patch", second ? "B" : "A", patch % columns + 1, patch / columns + 1);
  };
  const PatchMatches::Match& best = matches.best.front();
  return ui.tr.format("now.pair", ui.pair.layer(), name(from.second, from.patch),
                      name(!from.second, best.patch), ui.tr.number(static_cast<double>(best.cosine), 3),
                      ui.tr.number(matches.mean, 3));
}

std::string sentence_in_force(const Ui& ui) {
  const bool pair = ui.ui.pair_was_in_sight && ui.pair.ready() && ui.pair.matches() != nullptr &&
                    !ui.pair.matches()->best.empty();
  if (pair) return pair_in_words(ui);
  return now_in_words(ui.state, ui.views, ui.compare, ui.picture, ui.paint, pointed(ui), ui.tr);
}

}  // namespace

bool has_now_in_words(const Ui& ui) { return lines_of(ui) > 0; }

void draw_now_in_words(Ui& ui) {
  ImGuiViewport* viewport = ImGui::GetMainViewport();
  const float side = ui.px(16);
  const int lines = lines_of(ui);
  if (lines == 0) return;  // the panels need all of so low a window
  const float height = ui.px(kNowLine * static_cast<float>(lines) + 4);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(side, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0.0f);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0.0f);
  const bool shown = ImGui::BeginViewportSideBar(
      "##now", viewport, ImGuiDir_Up, height,
      ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoSavedSettings |
          ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::PopStyleVar(4);
  if (shown) {
    const std::string text = is_covered(ui) ? ui.tr("lesson.covered.now") : sentence_in_force(ui);
    const ImVec2 at = ImGui::GetWindowPos();
    const float width = ImGui::GetWindowWidth() - 2 * side;
    float y = at.y + ui.px(2);
    for (const std::string& line : broken(ui, text, width, lines)) {
      draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + side, y), kNowSize, ui.colors.text, line);
      y += ui.px(kNowLine);
    }
    if (ImGui::IsWindowHovered() && measure(ui, kNowSize, text).x > width * static_cast<float>(lines))
      tooltip(ui, text.c_str());
  }
  ImGui::End();
}

}  // namespace regard
