// What happened between two frames, in its order. ImGui handles as many events as it can in one frame and
// asks only afterwards which modifiers are held; and one press of a key a frame, however long the frame took.
#pragma once

#include <optional>
#include <vector>

#include <imgui.h>

struct ImGuiInputEvent;

namespace regard {

/// Lets ImGui see a press with the modifiers that were held when it happened: for the length of one
/// ImGui::NewFrame() takes out of its queue what follows the first change of a modifier after a press; or all
/// there is.
class HoldBack {
 public:
  enum class What { kOfLaterModifiers, kAll };
  explicit HoldBack(What what = What::kOfLaterModifiers);  ///< before NewFrame()
  ~HoldBack();                                             ///< after it: the rest is for the next frame
  HoldBack(const HoldBack&) = delete;
  HoldBack& operator=(const HoldBack&) = delete;

 private:
  std::vector<ImGuiInputEvent> held_;
};

/// What the mouse did since the last frame.
struct MouseInput {
  std::optional<ImVec2> at;  // where it is, when it moved; pixels
  bool clicked = false;      // its left button was pressed
};
/// Takes all of the mouse out of ImGui's queue. Before NewFrame().
MouseInput take_mouse();
/// Whether ImGui is about to give the keyboard to something: a field that was asked for, the next stop of
/// Tab, a list or dialog that opens. What is typed until then would be lost.
bool focus_moves();
/// Whether ImGui has events left for the next frame.
bool input_waits();
/// Whether a press of Escape is among them.
bool escape_waits();

}  // namespace regard
