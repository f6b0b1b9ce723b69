#include "app/ui/presenter.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <imgui_internal.h>

#include "app/ui/panels.h"
#include "app/ui/shortcuts.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kRing = 22, kRingLine = 4, kLineHeight = 28;  // units
constexpr float kLeastChange = 0.02f;                         // of the zoom

void leave(Ui& ui) {
  PresenterUi& presenter = ui.ui.presenter;
  const PresenterUi::Before before = *std::exchange(presenter, {}).before;
  ui.out.emplace_back(SetTheme{before.theme});
  ui.out.emplace_back(SetZoom{before.zoom});
  ui.out.emplace_back(SetFullScreen{before.full_screen});
  ui.ui.layout.maximise_next = before.maximised;
}

void enter(Ui& ui) {
  PresenterUi& presenter = ui.ui.presenter;
  presenter = {};
  presenter.before = {.theme = ui.state.view.theme,
                      .zoom = ui.state.view.zoom,
                      .full_screen = ui.state.full_screen,
                      .maximised = ui.ui.layout.maximised};
  presenter.notes = ui.ui.screens > 1;  // else the class would read them, too
  ui.out.emplace_back(SetTheme{Theme::kLight});
  ui.out.emplace_back(SetFullScreen{true});
  if (ui.ui.layout.maximised != nullptr) return;
  // The panel that the keyboard is seen in; else what the workspace is about.
  const Panel* main = main_panel(ui);
  if (ImGui::GetCurrentContext()->NavCursorVisible || main == nullptr) {
    maximise_panel(ui);
  } else {
    ui.ui.layout.maximise_next = ui.ui.layout.focus = main;
  }
}

// A ring that is seen on every ground: dark round light.
void draw_ring(const Ui& ui, ImVec2 at, ImU32 color) {
  ImDrawList* draw = ImGui::GetForegroundDrawList();
  draw->AddCircle(at, ui.px(kRing), ui.colors.background, 0, ui.px(kRingLine + 3));
  draw->AddCircle(at, ui.px(kRing), color, 0, ui.px(kRingLine));
}

}  // namespace

std::string presenter_time(const PresenterUi& presenter) {
  const int seconds = static_cast<int>(presenter.seconds(ImGui::GetTime()));
  const std::string rest = std::to_string(seconds % 60);
  std::string line = std::to_string(seconds / 60);
  line.append(rest.size() < 2 ? ":0" : ":");
  return line.append(rest);
}

void mark_pointer(PresenterUi& presenter) {
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImVec2 at = presenter.pointer;
  if (!ImGui::IsMousePosValid(&at)) return;
  presenter.marks.emplace_back((at.x - viewport->Pos.x) / viewport->Size.x,
                               (at.y - viewport->Pos.y) / viewport->Size.y);
}

void follow_screen(Ui& ui) {
  if (!ui.ui.presenter.before) return;
  const float height = ImGui::GetMainViewport()->Size.y, smallest = ui.px(kSmall);
  if (height <= 0 || smallest <= 0) return;
  const float zoom = ui.state.view.zoom;
  const float wanted =
      std::max({kPresentedZoom, ui.ui.presenter.before->zoom, zoom * kPresentedType * height / smallest});
  if (std::abs(wanted - zoom) > kLeastChange) ui.out.emplace_back(SetZoom{wanted});
}

void draw_presenter_line(Ui& ui) {
  const PresenterUi& presenter = ui.ui.presenter;
  const std::string time = presenter.timed() ? presenter_time(presenter) : std::string();
  const float right = ImGui::GetWindowWidth() - ui.px(16);
  const float taken = time.empty() ? 0.0f : measure(ui, kBody, time, ui.fonts.bold).x + ui.px(16);
  // As they stand on the keyboard in use.
  const auto key = [&](ImGuiKey each) { return key_name(ui, each); };
  const std::string line =
      presenter.still ? ui.tr.format("present.still", key(ImGuiKey_F))
                      : ui.tr.format("present.keys", key(ImGuiKey_M), key(ImGuiKey_F), key(ImGuiKey_B),
                                     key(ImGuiKey_T), key(ImGuiKey_N), key(ImGuiKey_Escape));
  text_sized(ui, kSmall, presenter.still ? ui.colors.accent : ui.colors.secondary,
             fitted(ui, line, kSmall, right - ui.px(16) - taken));
  if (time.empty()) return;
  ImGui::SameLine();
  ImGui::SetCursorPosX(right - taken + ui.px(16));
  text_sized(ui, kBody, ui.colors.text, time, ui.fonts.bold);
}

void draw_presenter(Ui& ui) {
  PresenterUi& presenter = ui.ui.presenter;
  if (!presenter.before) return;
  if (!presenter.still) presenter.pointer = ImGui::GetIO().MousePos;
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  if (presenter.black) {
    ImGui::GetForegroundDrawList()->AddRectFilled(
        viewport->Pos, ImVec2(viewport->Pos.x + viewport->Size.x, viewport->Pos.y + viewport->Size.y),
        IM_COL32_BLACK);
    return;
  }
  for (const ImVec2& share : presenter.marks)
    draw_ring(
        ui,
        ImVec2(viewport->Pos.x + share.x * viewport->Size.x, viewport->Pos.y + share.y * viewport->Size.y),
        ui.colors.error);
  if (presenter.ring && ImGui::IsMousePosValid(&presenter.pointer))
    draw_ring(ui, presenter.pointer, ui.colors.accent);
}

namespace act {

void present(Ui& ui) {
  if (ui.ui.presenter.before) {
    leave(ui);
  } else {
    enter(ui);
  }
}

void black_screen(Ui& ui) { ui.ui.presenter.black = !ui.ui.presenter.black; }
void hold_still(Ui& ui) { ui.ui.presenter.still = !ui.ui.presenter.still; }
void pointer_ring(Ui& ui) { ui.ui.presenter.ring = !ui.ui.presenter.ring; }
void remove_marks(Ui& ui) { ui.ui.presenter.marks.clear(); }

void leave_mark(Ui& ui) { mark_pointer(ui.ui.presenter); }

void start_timer(Ui& ui) {
  PresenterUi& presenter = ui.ui.presenter;
  const double now = ImGui::GetTime();
  if (presenter.since) {
    presenter.run_s += now - *std::exchange(presenter.since, std::nullopt);
  } else if (presenter.run_s > 0) {
    presenter.run_s = 0;
  } else {
    presenter.since = now;
  }
}

}  // namespace act
}  // namespace regard
