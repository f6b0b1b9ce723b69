// The whole joint map and its four quadrants, each named query -> key. The text is drawn larger than its
// share: nine words beside 144 patches would be a line.
#include <algorithm>
#include <cmath>

#include "app/ui/map_grid.h"
#include "app/ui/marks.h"
#include "app/ui/paint_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/colormap.h"
#include "app/views/paint_views.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kJointBarRoom = 78, kJointLeft = 24, kJointTop = 22, kBottom = 66, kJointGap = 5,
                kLeastText = 0.3f;

// Both axes: the image, a gap, the text. Pixels from the upper left of the map.
struct Axes {
  ImVec2 low;
  float side = 0, image = 0, text_from = 0;
  int patches = 0, tokens = 0;

  /// The token under a place on an axis.
  int token_at(float place) const {
    if (place < image)
      return std::clamp(static_cast<int>(place / image * static_cast<float>(patches)), 0, patches - 1);
    const float part = (place - text_from) / (side - text_from);
    return patches + std::clamp(static_cast<int>(part * static_cast<float>(tokens)), 0, tokens - 1);
  }
  float cell_of_text() const { return (side - text_from) / static_cast<float>(tokens); }
};

Axes fit(Ui& ui, ImVec2 at, ImVec2 room) {
  Axes axes;
  axes.patches = ui.paint.patches();
  axes.tokens = static_cast<int>(ui.paint.text().tokens.size());
  axes.side =
      std::floor(std::min(room.x - ui.px(kJointBarRoom + kJointLeft), room.y - ui.px(kJointTop + kBottom)));
  axes.low = ImVec2(at.x + ui.px(kJointLeft), at.y + ui.px(kJointTop));
  const float share = static_cast<float>(axes.tokens) / static_cast<float>(axes.tokens + axes.patches);
  const float text = std::floor(axes.side * std::max(kLeastText, share));
  axes.text_from = axes.side - text;
  axes.image = axes.text_from - ui.px(kJointGap);
  return axes;
}

// One quadrant of the texture in its place.
void draw_quadrant(Ui& ui, ImDrawList* draw, const Axes& axes, bool text_query, bool text_key) {
  const auto span = [&](bool text) {
    return text ? std::pair(axes.text_from, axes.side) : std::pair(0.0f, axes.image);
  };
  const auto uv = [&](bool text) {
    const float border = static_cast<float>(axes.patches) / static_cast<float>(axes.patches + axes.tokens);
    return text ? std::pair(border, 1.0f) : std::pair(0.0f, border);
  };
  const auto [x0, x1] = span(text_key);
  const auto [y0, y1] = span(text_query);
  const auto [u0, u1] = uv(text_key);
  const auto [v0, v1] = uv(text_query);
  const ImVec2 low(axes.low.x + x0, axes.low.y + y0), high(axes.low.x + x1, axes.low.y + y1);
  draw->AddRectFilled(low, high, ui.colors.empty_cell);
  if (ui.textures.paint_joint != ImTextureID_Invalid)
    draw->AddImage(ui.textures.paint_joint, low, high, ImVec2(u0, v0), ImVec2(u1, v1));
  draw->AddRect(low, high, ui.colors.border);
}

void draw_names(Ui& ui, ImDrawList* draw, const Axes& axes) {
  const auto centered = [&](float from, float to, float y, const char* key) {
    const std::string text = fitted(ui, ui.tr(key), kSmall, to - from + ui.px(24));
    const ImVec2 size = measure(ui, kSmall, text);
    draw_text(ui, draw, ImVec2(axes.low.x + (from + to - size.x) / 2, y), kSmall, ui.colors.text, text);
  };
  const float above = axes.low.y - ui.px(19), below = axes.low.y + axes.side + ui.px(4);
  centered(0, axes.image, above, "paint.quadrant.ii");
  centered(axes.text_from, axes.side, above, "paint.quadrant.it");
  centered(0, axes.image, below, "paint.quadrant.ti");
  centered(axes.text_from, axes.side, below, "paint.quadrant.tt");
  draw_text(ui, draw, ImVec2(axes.low.x, below + ui.px(19)), kSmall, ui.colors.secondary,
            ui.tr("matrix.key"));
  draw_rotated(ui, draw, ImVec2(axes.low.x - ui.px(8), axes.low.y + axes.side), 1.5707963f, kSmall,
               ui.colors.secondary, ui.tr("matrix.query"));
}

// A line down the columns that a trial acts on, and its sign on top.
void draw_trials(Ui& ui, ImDrawList* draw, const Axes& axes) {
  for (int token = 0; token < axes.tokens; ++token) {
    const auto mark = trial_on(ui, place_of_token(ui.paint.text().tokens[static_cast<std::size_t>(token)]));
    if (!mark) continue;
    const float x = axes.low.x + axes.text_from + axes.cell_of_text() * (static_cast<float>(token) + 0.5f);
    if (mark->struck)
      draw->AddLine(ImVec2(x, axes.low.y), ImVec2(x, axes.low.y + axes.side), ui.colors.warning,
                    std::max(1.0f, ui.px(1.5f)));
    draw_trial_sign(ui, draw, ImVec2(x + ui.px(10), axes.low.y + ui.px(2)), *mark);
  }
}

std::string token_name(const Ui& ui, int token) {
  if (token < ui.paint.patches()) return paint_patch_label(ui, token);
  return "« " +
         token_label(ui, ui.paint.text().tokens[static_cast<std::size_t>(token - ui.paint.patches())]) + " »";
}

void handle_pointer(Ui& ui, ImDrawList* draw, const Axes& axes) {
  ImGui::SetCursorScreenPos(axes.low);
  const bool clicked = ImGui::InvisibleButton("##joint", ImVec2(axes.side, axes.side));
  if (!ImGui::IsItemHovered()) return;
  const ImVec2 mouse = ImGui::GetMousePos();
  const int query = axes.token_at(mouse.y - axes.low.y), key = axes.token_at(mouse.x - axes.low.x);
  if (query < axes.patches) ui.ui.next_hovered.paint_patch = query;
  const ImU32 line = with_alpha(ui.colors.text, 0.6f);
  draw->AddLine(ImVec2(axes.low.x, mouse.y), ImVec2(axes.low.x + axes.side, mouse.y), line);
  draw->AddLine(ImVec2(mouse.x, axes.low.y), ImVec2(mouse.x, axes.low.y + axes.side), line);
  if (clicked) {
    if (query < axes.patches) {
      set_paint(ui, [&](PaintDocument& paint) { paint.patch = query; });
    } else {
      show_word(ui, place_of_token(ui.paint.text().tokens[static_cast<std::size_t>(query - axes.patches)]));
    }
  }
  if (!ImGui::BeginTooltip()) return;
  text_sized(ui, kBody, ui.colors.text, token_name(ui, query) + " → " + token_name(ui, key), ui.fonts.bold);
  const float value =
      ui.paint.joint()
          .cells[static_cast<std::size_t>(query) * static_cast<std::size_t>(axes.patches + axes.tokens) +
                 static_cast<std::size_t>(key)];
  text_sized(ui, kBody, ui.colors.secondary, map_number(ui, ui.paint.joint_range(), value, 6));
  ImGui::EndTooltip();
}

void draw_joint(Ui& ui) {
  const ImVec2 room = ImGui::GetContentRegionAvail();
  text_sized(ui, kSmall, ui.colors.secondary,
             fitted(ui, maps_label(ui) + ", " + span_label(ui), kSmall, room.x));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const Axes axes = fit(ui, at, ImGui::GetContentRegionAvail());
  if (axes.side < ui.px(100)) return;
  ui.ui.map_sizes.joint = axes.side;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  for (const bool text_query : {false, true}) {
    for (const bool text_key : {false, true}) draw_quadrant(ui, draw, axes, text_query, text_key);
  }
  draw_trials(ui, draw, axes);
  draw_names(ui, draw, axes);
  draw_color_bar(ui, draw, ImVec2(axes.low.x + axes.side + ui.px(14), axes.low.y), axes.side,
                 ui.paint.joint_range(), colormap_for(ui.state.view, ui.paint.joint_range()));
  handle_pointer(ui, draw, axes);
  ImGui::SetCursorScreenPos(ImVec2(at.x, axes.low.y + axes.side + ui.px(44)));
  text_sized(ui, kSmall, ui.colors.secondary, fitted(ui, ui.tr("paint.joint.note"), kSmall, room.x));
}

}  // namespace

void draw_paint_joint_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.paint_joint"))) {
    ui.ui.in_sight.joint = true;
    if (!ui.paint.has_run()) {
      draw_paint_empty(ui);
    } else if (!ui.paint.has_maps() || ui.paint.joint().width == 0) {
      text_sized(ui, kBody, ui.colors.secondary,
                 ui.tr(ui.paint.problem().empty() ? "picture.computing" : ui.paint.problem().c_str()));
    } else {
      draw_joint(ui);
    }
  }
  end_panel();
}

}  // namespace regard
