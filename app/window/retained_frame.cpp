#include "app/window/retained_frame.h"

#include <cstddef>

#include <glad/gl.h>
#include <imgui.h>
#include <imgui_impl_opengl3.h>

#include "core/base/check.h"

namespace regard {
namespace {

// A ClipRect of which the backend makes that scissor again, whatever the scale: it cuts fractions off, the
// lower edge counted from below.
ImVec4 clip_of(const ImDrawData& frame, const PixelBox& box) {
  const ImVec2 at = frame.DisplayPos, scale = frame.FramebufferScale;
  return {at.x + (static_cast<float>(box.left) + 0.25f) / scale.x,
          at.y + (static_cast<float>(box.top) - 0.5f) / scale.y,
          at.x + (static_cast<float>(box.right) + 0.5f) / scale.x,
          at.y + (static_cast<float>(box.bottom) - 0.25f) / scale.y};
}

// A frame of which only what lies in a box is drawn, while this lives. Lists that have nothing there are left
// out; each sets the sampler it changes back, so none needs another's.
class PartOfFrame {
 public:
  PartOfFrame(const ImDrawData& frame, const PixelBox& box) : part_(frame) {
    part_.CmdLists.resize(0);
    for (ImDrawList* list : frame.CmdLists) {
      bool seen = false;
      for (ImDrawCmd& command : list->CmdBuffer) {
        const ImVec4 clip = command.ClipRect;
        kept_.push_back({&command, clip});
        const PixelBox shown = common_part(scissor_of(frame, {clip.x, clip.y, clip.z, clip.w}), box);
        command.ClipRect = shown.area() > 0 ? clip_of(frame, shown) : ImVec4(0, 0, 0, 0);
        seen = seen || (shown.area() > 0 && command.UserCallback == nullptr);
      }
      if (seen) part_.CmdLists.push_back(list);
    }
  }
  ~PartOfFrame() {
    for (const Kept& each : kept_) each.command->ClipRect = each.clip;
  }
  PartOfFrame(const PartOfFrame&) = delete;
  PartOfFrame& operator=(const PartOfFrame&) = delete;
  ImDrawData* data() { return &part_; }

 private:
  struct Kept {
    ImDrawCmd* command;
    ImVec4 clip;
  };
  ImDrawData part_;
  std::vector<Kept> kept_;
};

// Glyphs that are new in this frame; also when nothing is drawn.
void update_textures(const ImDrawData& frame) {
  if (frame.Textures == nullptr) return;
  for (ImTextureData* texture : *frame.Textures) {
    if (texture->Status != ImTextureStatus_OK) ImGui_ImplOpenGL3_UpdateTexture(texture);
  }
}

// What shows between the panels. A rectangle of that colour over all of a frame would cost as much as the
// largest panel, where processors draw.
constexpr ImGuiCol kGround = ImGuiCol_DockingEmptyBg;

void clear_to_ground() {
  const ImVec4 ground = ImGui::GetStyleColorVec4(kGround);
  glClearColor(ground.x, ground.y, ground.z, 1.0f);
  glClear(GL_COLOR_BUFFER_BIT);
}

}  // namespace

void draw_whole_frame(SizePx size) {
  glViewport(0, 0, size.width, size.height);
  glDisable(GL_SCISSOR_TEST);
  clear_to_ground();
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

void draw_over_all(ImDrawData& frame) {
  const SizePx size = pixels_of(frame);
  glViewport(0, 0, size.width, size.height);
  glDisable(GL_SCISSOR_TEST);
  clear_to_ground();
  ImGui_ImplOpenGL3_RenderDrawData(&frame);
}

bool RetainedFrame::draw() {
  ImDrawData& frame = *ImGui::GetDrawData();
  const SizePx size = pixels_of(frame);
  pixels_drawn_ = 0;
  update_textures(frame);
  if (size.width <= 0 || size.height <= 0) return false;  // minimised
  if (!picture_.resize(size.width, size.height)) {
    damage_ = {};
    return false;
  }
  const SavedGlTarget saved;
  picture_.bind();
  for (const PixelBox& box : damage_.next(frame, ImGui::GetColorU32(kGround))) {
    glEnable(GL_SCISSOR_TEST);
    glScissor(box.left, size.height - box.bottom, box.right - box.left, box.bottom - box.top);
    clear_to_ground();
    glDisable(GL_SCISSOR_TEST);
    ImGui_ImplOpenGL3_RenderDrawData(PartOfFrame(frame, box).data());
    pixels_drawn_ += box.area();
  }
  return true;
}

std::vector<std::uint32_t> RetainedFrame::drawn_whole() const {
  Framebuffer whole;
  const SizePx size = pixels_of(*ImGui::GetDrawData());
  REGARD_CHECK(whole.resize(size.width, size.height));
  const SavedGlTarget saved;
  whole.bind();
  draw_whole_frame(size);
  return whole.read_rgba();
}

}  // namespace regard
