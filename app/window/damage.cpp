#include "app/window/damage.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include <imgui.h>

namespace regard {
namespace {

constexpr int kTile = 32;  // pixels a side
// What drawing one more box costs (all commands and vertices once more), in pixels.
constexpr int kBoxCost = 64 * kTile * kTile;

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
  return hash ^ (hash >> 29);
}

std::uint64_t two(float a, float b) {
  return std::uint64_t{std::bit_cast<std::uint32_t>(a)} << 32 | std::bit_cast<std::uint32_t>(b);
}

std::uint64_t two(int a, int b) {
  return std::uint64_t{static_cast<std::uint32_t>(a)} << 32 | static_cast<std::uint32_t>(b);
}

std::uint64_t mix_vertex(std::uint64_t hash, const ImDrawVert& vertex) {
  hash = mix(hash, two(vertex.pos.x, vertex.pos.y));
  return mix(mix(hash, two(vertex.uv.x, vertex.uv.y)), vertex.col);
}

std::uint64_t mix_box(std::uint64_t hash, const PixelBox& box) {
  return mix(mix(hash, two(box.left, box.top)), two(box.right, box.bottom));
}

// Not the GL name of a texture of ImGui's: that may be given to another one.
std::uint64_t texture_of(const ImDrawCmd& command) {
  return command.TexRef._TexData != nullptr ? ~static_cast<std::uint64_t>(command.TexRef._TexData->UniqueID)
                                            : command.TexRef._TexID;
}

// All pixels that a triangle may touch: GL fills those whose centre lies in it.
PixelBox box_of(const ImDrawData& frame, const ImDrawVert& a, const ImDrawVert& b, const ImDrawVert& c) {
  const auto pixel = [](float at, float origin, float scale) {
    return static_cast<int>(std::floor(std::clamp((at - origin) * scale, -1e6f, 1e6f)));
  };
  const ImVec2 at = frame.DisplayPos, scale = frame.FramebufferScale;
  return {.left = pixel(std::min({a.pos.x, b.pos.x, c.pos.x}), at.x, scale.x),
          .top = pixel(std::min({a.pos.y, b.pos.y, c.pos.y}), at.y, scale.y),
          .right = pixel(std::max({a.pos.x, b.pos.x, c.pos.x}), at.x, scale.x) + 1,
          .bottom = pixel(std::max({a.pos.y, b.pos.y, c.pos.y}), at.y, scale.y) + 1};
}

struct Tiles {
  std::vector<std::uint64_t>& hashes;
  int columns;
  // @param box  inside the frame
  void touch(const PixelBox& box, std::uint64_t hash) const {
    for (int row = box.top / kTile; row <= (box.bottom - 1) / kTile; ++row) {
      for (int column = box.left / kTile; column <= (box.right - 1) / kTile; ++column) {
        std::uint64_t& tile = hashes[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                                     static_cast<std::size_t>(column)];
        tile = mix(tile, hash);
      }
    }
  }
};

void touch_command(const ImDrawData& frame, const ImDrawList& list, const ImDrawCmd& command,
                   std::uint64_t state, const PixelBox& all, const Tiles& tiles) {
  const ImVec4& clip = command.ClipRect;
  const PixelBox scissor = common_part(scissor_of(frame, {clip.x, clip.y, clip.z, clip.w}), all);
  if (scissor.area() == 0) return;
  const ImDrawVert* vertices = list.VtxBuffer.Data + command.VtxOffset;
  const ImDrawIdx* indices = list.IdxBuffer.Data + command.IdxOffset;
  state = mix(state, texture_of(command));
  for (unsigned i = 0; i + 2 < command.ElemCount; i += 3) {
    const ImDrawVert &a = vertices[indices[i]], &b = vertices[indices[i + 1]], &c = vertices[indices[i + 2]];
    const PixelBox seen = common_part(box_of(frame, a, b, c), scissor);
    if (seen.area() == 0) continue;
    tiles.touch(seen, mix_box(mix_vertex(mix_vertex(mix_vertex(state, a), b), c), seen));
  }
}

// Joins it with earlier ones where both together are drawn in less than each by itself.
void add_box(std::vector<PixelBox>& boxes, const PixelBox& box) {
  for (auto at = boxes.begin(); at != boxes.end(); ++at) {
    const PixelBox both = around_both(*at, box);
    if (both.area() - at->area() - box.area() > kBoxCost) continue;
    boxes.erase(at);
    return add_box(boxes, both);
  }
  boxes.push_back(box);
}

}  // namespace

PixelBox common_part(const PixelBox& a, const PixelBox& b) {
  return {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
          std::min(a.bottom, b.bottom)};
}

PixelBox around_both(const PixelBox& a, const PixelBox& b) {
  return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right),
          std::max(a.bottom, b.bottom)};
}

SizePx pixels_of(const ImDrawData& frame) {
  return {static_cast<int>(std::lround(frame.DisplaySize.x * frame.FramebufferScale.x)),
          static_cast<int>(std::lround(frame.DisplaySize.y * frame.FramebufferScale.y))};
}

// ImGui_ImplOpenGL3_RenderDrawData() counts rows from below and cuts fractions off: so here.
PixelBox scissor_of(const ImDrawData& frame, const float (&clip)[4]) {
  const ImVec2 at = frame.DisplayPos, scale = frame.FramebufferScale;
  const float left = (clip[0] - at.x) * scale.x, top = (clip[1] - at.y) * scale.y;
  const float right = (clip[2] - at.x) * scale.x, bottom = (clip[3] - at.y) * scale.y;
  if (right <= left || bottom <= top) return {};
  const int height = pixels_of(frame).height;
  PixelBox box;
  box.left = static_cast<int>(left);
  box.bottom = height - static_cast<int>(static_cast<float>(height) - bottom);
  box.right = box.left + static_cast<int>(right - left);
  box.top = box.bottom - static_cast<int>(bottom - top);
  return box;
}

std::vector<PixelBox> Damage::next(const ImDrawData& frame, std::uint32_t ground) {
  const SizePx size = pixels_of(frame);
  if (size.width <= 0 || size.height <= 0) return {};
  const int columns = (size.width + kTile - 1) / kTile, rows = (size.height + kTile - 1) / kTile;
  const PixelBox all{0, 0, size.width, size.height};
  std::swap(tiles_, before_);
  tiles_.assign(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows), ground);
  const Tiles tiles{tiles_, columns};
  for (const ImDrawList* list : frame.CmdLists) {
    std::uint64_t state = 0;  // what callbacks have set
    for (const ImDrawCmd& command : list->CmdBuffer) {
      if (command.UserCallback != nullptr) {
        state = mix(state, reinterpret_cast<std::uintptr_t>(command.UserCallback));
        state = mix(state, reinterpret_cast<std::uintptr_t>(command.UserCallbackData));
      } else {
        touch_command(frame, *list, command, state, all, tiles);
      }
    }
  }
  if (std::exchange(size_, size) != size) return {all};
  std::vector<PixelBox> boxes;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const auto at = static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                      static_cast<std::size_t>(column);
      if (tiles_[at] == before_[at]) continue;
      const PixelBox tile{column * kTile, row * kTile, (column + 1) * kTile, (row + 1) * kTile};
      add_box(boxes, common_part(tile, all));
    }
  }
  return boxes;
}

}  // namespace regard
