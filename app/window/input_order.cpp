#include "app/window/input_order.h"

#include <algorithm>

#include <imgui_internal.h>

namespace regard {
namespace {

bool is_modifier(const ImGuiInputEvent& event) {
  if (event.Type != ImGuiInputEventType_Key) return false;
  const ImGuiKey key = event.Key.Key;
  return (key & ImGuiMod_Mask_) != 0 || (key >= ImGuiKey_LeftCtrl && key <= ImGuiKey_RightSuper);
}

bool is_press(const ImGuiInputEvent& event) {
  switch (event.Type) {
    case ImGuiInputEventType_Key:
      return event.Key.Down && !is_modifier(event);
    case ImGuiInputEventType_MouseButton:
      return event.MouseButton.Down;
    case ImGuiInputEventType_MouseWheel:
      return true;
    default:
      return false;
  }
}

ImVector<ImGuiInputEvent>& queue() { return ImGui::GetCurrentContext()->InputEventsQueue; }

}  // namespace

HoldBack::HoldBack(What what) {
  ImVector<ImGuiInputEvent>& events = queue();
  const ImGuiInputEvent* press = std::find_if(events.begin(), events.end(), is_press);
  const ImGuiInputEvent* change =
      what == What::kAll
          ? events.begin()
          : std::find_if(press, static_cast<const ImGuiInputEvent*>(events.end()), is_modifier);
  held_.assign(change, static_cast<const ImGuiInputEvent*>(events.end()));
  events.resize(static_cast<int>(change - events.begin()));
}

HoldBack::~HoldBack() {
  for (const ImGuiInputEvent& event : held_) queue().push_back(event);
}

MouseInput take_mouse() {
  MouseInput mouse;
  ImVector<ImGuiInputEvent>& events = queue();
  ImGuiInputEvent* kept = events.begin();
  for (const ImGuiInputEvent& event : events) {
    switch (event.Type) {
      case ImGuiInputEventType_MousePos:
        mouse.at = ImVec2(event.MousePos.PosX, event.MousePos.PosY);
        break;
      case ImGuiInputEventType_MouseButton:
        mouse.clicked = mouse.clicked || (event.MouseButton.Down && event.MouseButton.Button == 0);
        break;
      case ImGuiInputEventType_MouseWheel:
        break;
      default:
        *kept++ = event;
    }
  }
  events.resize(static_cast<int>(kept - events.begin()));
  return mouse;
}

bool focus_moves() {
  constexpr int kToOpen = 2;  // frames until a list has its size and its first item the keyboard
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  if (g.NavMoveSubmitted && (g.NavMoveFlags & ImGuiNavMoveFlags_IsTabbing) != 0) return true;
  if (g.NavInitRequest || g.NavInitResult.ID != 0) return true;
  return std::any_of(g.OpenPopupStack.begin(), g.OpenPopupStack.end(), [&](const ImGuiPopupData& popup) {
    return popup.OpenFrameCount + kToOpen > g.FrameCount;
  });
}

bool input_waits() { return !queue().empty(); }

bool escape_waits() {
  return std::any_of(queue().begin(), queue().end(), [](const ImGuiInputEvent& event) {
    return event.Type == ImGuiInputEventType_Key && event.Key.Key == ImGuiKey_Escape && event.Key.Down;
  });
}

}  // namespace regard
