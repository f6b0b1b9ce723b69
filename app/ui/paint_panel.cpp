// The picture as it is drawn, the map of a word or patch over it, and the steps it came by.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/state/paint_session.h"
#include "app/ui/lens_menu.h"
#include "app/ui/lesson_view.h"
#include "app/ui/paint_parts.h"
#include "app/ui/picture_parts.h"
#include "app/ui/slider.h"
#include "app/ui/ui.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/paint_names.h"
#include "app/views/paint_views.h"
#include "app/views/text_views.h"
#include "core/tensor/non_finite.h"

namespace regard {
namespace {

constexpr float kBesideGap = 8;
// So much of the room the picture keeps before the steps' pictures give way to a slider.
constexpr float kStageShare = 0.6f;
// In a lower panel the picture takes the line that says what its bar measures.
constexpr float kLeastLabelled = 480;

void draw_paint_lenses(Ui& ui) {
  const PaintView& view = ui.state.view.paint;
  if (!begin_dropdown(ui, "lens", lens_label(ui, paint_lens_name(view.lens)))) return;
  // The run there is: a drawing whose maps were not kept has none of them.
  static const Trace kNothing;
  const Trace& trace = ui.paint.has_run() ? ui.paint.run().trace : kNothing;
  if (const auto name = lens_items(ui, trace, paint_lens_name(view.lens))) {
    if (const auto lens = paint_lens_of(*name)) set_paint_view(ui, [&](PaintView& v) { v.lens = *lens; });
  }
  ImGui::Separator();
  for (const bool other : {false, true}) {
    if (ImGui::MenuItem(ui.tr(other ? "paint.half.without" : "paint.half.with"), nullptr,
                        view.unconditional == other))
      set_paint_view(ui, [&](PaintView& v) { v.unconditional = other; });
    if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("paint.half.tip"));
  }
  ImGui::EndPopup();
}

std::string start_label(const Ui& ui) {
  const std::string& picture = ui.state.doc.paint.picture;
  return picture.empty() ? ui.tr("paint.start.noise") : picture_name(ui, picture);
}

// What the drawing begins with: noise, or a picture brought to a step.
void draw_start_list(Ui& ui, const std::string& text) {
  if (!begin_dropdown(ui, "start", text)) return;
  const std::string& picture = ui.state.doc.paint.picture;
  if (ImGui::MenuItem(ui.tr("paint.start.noise"), nullptr, picture.empty()))
    set_paint(ui, [](PaintDocument& paint) { begin_with(paint, {}); });
  ImGui::Separator();
  if (const auto sample = picture_items(ui, picture))
    set_paint(ui, [&](PaintDocument& paint) { begin_with(paint, *sample); });
  if (!picture.empty()) {
    ImGui::Separator();
    const int steps = ui.paint.has_run() ? ui.paint.run().steps : 24;
    float step = static_cast<float>(ui.state.doc.paint.picture_step + 1);
    const auto number = [&ui](float at) {
      return ui.tr.format("paint.start.step", static_cast<int>(std::lround(at)));
    };
    const Slid slid = slider(ui, "##step", step, 1, static_cast<float>(steps), ui.px(120), "%.0f", number,
                             ui.tr("paint.start.step.tip"));
    if (slid.activated) ++ui.ui.gesture;
    if (slid.moved)
      set_paint(
          ui,
          [&](PaintDocument& paint) {
            paint.picture_step = static_cast<int>(std::lround(step)) - 1;
            begin_with(paint, paint.picture);
          },
          ui.ui.gesture);
  }
  ImGui::EndPopup();
}

void draw_paint_header(Ui& ui) {
  const std::string start = ui.tr.format("paint.start", start_label(ui));
  header_right(ui, dropdown_width(ui, start));
  draw_start_list(ui, start);
}

void draw_paint_controls(Ui& ui) {
  const PaintView& view = ui.state.view.paint;
  const float gap = ui.px(12);
  draw_paint_lenses(ui);
  ImGui::SameLine(0, gap);
  float percent = 100.0f * view.opacity;
  const auto number = [&ui](float at) { return ui.tr.percent(static_cast<double>(at) / 100, 0); };
  if (slider(ui, "##opacity", percent, 0, 100, ui.px(72), "%.0f", number, ui.tr("picture.opacity.tip")).moved)
    set_paint_view(ui, [&](PaintView& v) { v.opacity = percent / 100.0f; });
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - ui.px(14);
  const auto next = [&](float width) {  // on this line while there is room
    if (ImGui::GetItemRectMax().x + gap + width < right) ImGui::SameLine(0, gap);
  };
  next(toggle_width(ui, ui.tr("paint.reverse")));
  if (toggle(ui, ui.tr("paint.reverse"), view.reverse, ui.tr("paint.reverse.tip")))
    set_paint_view(ui, [](PaintView& v) { v.reverse = !v.reverse; });
  next(dropdown_width(ui, ui.tr("paint.options")));
  if (!begin_dropdown(ui, "options", ui.tr("paint.options"))) return;
  for (const auto& [key, member] :
       {std::pair("picture.smooth", &PaintView::smooth), std::pair("paint.absolute", &PaintView::absolute),
        std::pair("paint.noisy", &PaintView::noisy)}) {
    if (ImGui::MenuItem(ui.tr(key), nullptr, view.*member))
      set_paint_view(ui, [&](PaintView& v) { v.*member = !(v.*member); });
    if (ImGui::IsItemHovered()) tooltip(ui, ui.tr(std::string(key) + ".tip"));
  }
  ImGui::EndPopup();
}

struct StageAt {
  ImVec2 low, high;
  ImVec2 cell;
};

// The picture as large as the room allows, in the middle of it; side by side both together.
StageAt place_picture(Ui& ui, ImVec2 at, ImVec2 room) {
  const float aspect = static_cast<float>(ui.paint.columns()) / static_cast<float>(ui.paint.rows());
  const bool both = shown_drawing(ui) == PaintShow::kBeside;
  const float gap = both ? ui.px(kBesideGap) : 0.0f;
  const float width = std::floor(std::min(both ? (room.x - gap) / 2 : room.x, room.y * aspect));
  const float left = std::round(at.x + (room.x - (both ? 2 * width + gap : width)) / 2);
  StageAt place;
  place.low = ImVec2(both ? left + width + gap : left, at.y);
  place.high = ImVec2(place.low.x + width, place.low.y + std::floor(width / aspect));
  place.cell = ImVec2(width / static_cast<float>(ui.paint.columns()),
                      (place.high.y - place.low.y) / static_cast<float>(ui.paint.rows()));
  return place;
}

void frame_patch(Ui& ui, ImDrawList* draw, const StageAt& place, int patch, ImU32 color) {
  const int column = patch % ui.paint.columns(), row = patch / ui.paint.columns();
  const ImVec2 low(place.low.x + place.cell.x * static_cast<float>(column),
                   place.low.y + place.cell.y * static_cast<float>(row));
  const ImVec2 high(low.x + place.cell.x, low.y + place.cell.y);
  frame_cell(ui, draw, low, high, color);
}

void toggle_patch(Ui& ui, int patch) {
  set_paint(ui, [&](PaintDocument& paint) { paint.patch = paint.patch == patch ? -1 : patch; });
}

void move_cursor(Ui& ui, ImGuiID id) {
  int& cursor = ui.ui.paint.cursor;
  if (move_over_cells(ui.paint.columns(), ui.paint.rows(), cursor, id))
    ui.ui.next_hovered.paint_patch = cursor;
}

void handle_pointer(Ui& ui, const StageAt& place) {
  ImGui::SetCursorScreenPos(place.low);
  ImGui::SetNextItemAllowOverlap();  // the line between before and now
  const bool clicked = ImGui::InvisibleButton(
      "##drawing",
      ImVec2(std::max(1.0f, place.high.x - place.low.x), std::max(1.0f, place.high.y - place.low.y)),
      ImGuiButtonFlags_EnableNav);
  move_cursor(ui, ImGui::GetItemID());
  const int cursor = ui.ui.next_hovered.paint_patch;
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_NoNavOverride)) {
    if (clicked && cursor >= 0) toggle_patch(ui, cursor);
    return;
  }
  const ImVec2 mouse = ImGui::GetMousePos();
  const int column = std::clamp(static_cast<int>((mouse.x - place.low.x) / place.cell.x), 0,
                                ui.paint.columns() - 1),
            row =
                std::clamp(static_cast<int>((mouse.y - place.low.y) / place.cell.y), 0, ui.paint.rows() - 1);
  const int patch = row * ui.paint.columns() + column;
  ui.ui.next_hovered.paint_patch = patch;
  if (clicked) toggle_patch(ui, patch);
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip) || !ImGui::BeginTooltip()) return;
  text_sized(ui, kBody, ui.colors.text, paint_patch_label(ui, patch), ui.fonts.bold);
  const float value = ui.paint.overlay().cells[static_cast<std::size_t>(patch)];
  text_sized(
      ui, kBody, ui.colors.secondary,
      direction_label(ui) + "   " +
          (value == kMaskedValue ? "–" : map_number(ui, ui.paint.overlay_range(), number_of_cell(value), 5)));
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("paint.click"));
  ImGui::EndTooltip();
}

void draw_marks(Ui& ui, ImDrawList* draw, const StageAt& place) {
  if (const auto& twin = ui.paint.twin()) {
    for (const int patch : twin->patches) {
      const int column = patch % ui.paint.columns(), row = patch / ui.paint.columns();
      const ImVec2 middle(place.low.x + place.cell.x * (static_cast<float>(column) + 0.5f),
                          place.low.y + place.cell.y * (static_cast<float>(row) + 0.5f));
      draw->AddCircleFilled(middle, ui.px(3), with_alpha(ui.colors.panel, 0.8f));
      draw->AddCircleFilled(middle, ui.px(2), ui.colors.regions[1]);
    }
  }
  spot_patches(ui, [&](int patch) -> std::optional<ImVec4> {
    const ImVec2 low(place.low.x + place.cell.x * static_cast<float>(patch % ui.paint.columns()),
                     place.low.y + place.cell.y * static_cast<float>(patch / ui.paint.columns()));
    return ImVec4(low.x, low.y, low.x + place.cell.x, low.y + place.cell.y);
  });
  if (ui.paint.patch() >= 0) frame_patch(ui, draw, place, ui.paint.patch(), ui.colors.pins[0]);
  if (const auto held = held_cell(ui)) {
    if (held->first < ui.paint.patches()) frame_patch(ui, draw, place, held->first, ui.colors.text);
    if (held->second < ui.paint.patches()) frame_patch(ui, draw, place, held->second, ui.colors.accent);
  }
  const int hovered = ui.ui.hovered.paint_patch;
  if (hovered >= 0 && hovered < ui.paint.patches()) frame_patch(ui, draw, place, hovered, ui.colors.text);
}

void draw_patch_colours(Ui& ui, ImDrawList* draw, const StageAt& place) {
  const std::vector<Rgba>& colours = ui.paint.colours();
  for (int i = 0; i < static_cast<int>(colours.size()); ++i) {
    const ImVec2 low(place.low.x + place.cell.x * static_cast<float>(i % ui.paint.columns()),
                     place.low.y + place.cell.y * static_cast<float>(i / ui.paint.columns()));
    const Rgba& c = colours[static_cast<std::size_t>(i)];
    draw->AddRectFilled(low, ImVec2(low.x + place.cell.x, low.y + place.cell.y),
                        with_alpha(IM_COL32(c.r, c.g, c.b, 255), ui.state.view.paint.opacity));
  }
}

// Below the picture: its colours and what they measure; or what is wrong with it.
void draw_below(Ui& ui, ImDrawList* draw, ImVec2 below, float width, bool labelled) {
  const std::int64_t bad = count_non_finite(ui.paint.run().x.back()).count;
  const PaintShow show = shown_drawing(ui);
  if (bad > 0) {  // they spread: the picture is black and the map hatched
    draw_text(ui, draw, below, kSmall, ui.colors.error,
              fitted(ui, ui.tr.format("matrix.not_finite", bad), kSmall, width));
  } else if (show == PaintShow::kDifference) {
    draw_flat_bar(ui, draw, below, width, {.min = 0.0f, .max = 1.0f}, colormap_for(ui.state.view),
                  labelled
                      ? ui.tr.format("paint.difference.line", ui.tr.number(ui.paint.difference_mean(), 3))
                      : std::string(),
                  1.0f);
  } else if (show != PaintShow::kNow) {
    draw_text(ui, draw, below, kSmall, ui.colors.secondary,
              fitted(ui, ui.tr.format("paint.difference.line", ui.tr.number(ui.paint.difference_mean(), 3)),
                     kSmall, width));
  } else if (!ui.paint.colours().empty()) {
    draw_components(ui, draw, below, width, ui.paint.explained());
    if (labelled)
      draw_text(ui, draw, ImVec2(below.x, below.y + ui.px(18)), kSmall, ui.colors.secondary,
                fitted(ui,
                       std::string(ui.tr("picture.pca.line"))
                           .append(" ")
                           .append(maps_label(ui))
                           .append(", ")
                           .append(span_label(ui)),
                       kSmall, width));
  } else if (ui.paint.problem().empty()) {
    const ColorScale& range = ui.paint.overlay_range();
    std::string label = direction_label(ui) + ", " + shown_maps_label(ui) + ", " + span_label(ui) +
                        PaintNames(ui.paint, ui.state, ui.tr).rows();
    if (ui.paint.shows_difference())
      label = std::string(ui.tr("difference.label")).append(" · ").append(label);
    if (!labelled) label.clear();
    draw_flat_bar(ui, draw, below, width, range, colormap_for(ui.state.view, range), label,
                  ui.state.view.paint.opacity);
  } else {
    draw_text(ui, draw, below, kSmall, ui.colors.warning,
              fitted(ui, ui.tr(ui.paint.problem()), kSmall, width));
  }
}

void draw_drawing(Ui& ui) {
  const ImVec2 window = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
  if (compares_drawings(ui)) draw_show_chips(ui);
  const ImVec2 at(window.x + ui.px(14), ImGui::GetCursorScreenPos().y + ui.px(4));
  const float width = size.x - ui.px(28), bottom = window.y + size.y - ui.px(12);
  const bool labelled = size.y >= ui.px(kLeastLabelled);
  const auto room_with = [&](bool thumbs) {
    return bottom - timeline_height(ui, thumbs) - flat_bar_height(ui, labelled) - ui.px(14) - at.y;
  };
  const bool thumbs = room_with(true) >= kStageShare * size.y;
  const StageAt place = place_picture(ui, at, ImVec2(width, room_with(thumbs)));
  if (place.high.x - place.low.x < ui.px(60)) return;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_compared(ui, draw, place.low, place.high);
  const PaintShow show = shown_drawing(ui);
  if (show == PaintShow::kBeside) {
    const float left = place.low.x - ui.px(kBesideGap) - (place.high.x - place.low.x);
    draw_beside(ui, draw, ImVec2(left, place.low.y), ImVec2(place.low.x - ui.px(kBesideGap), place.high.y));
  }
  if (!ui.paint.colours().empty() && show == PaintShow::kNow) {
    draw_patch_colours(ui, draw, place);
  } else if (ui.paint.problem().empty() && show == PaintShow::kNow) {
    draw_map_tile(ui, draw, ui.textures.paint_overlay, ui.paint.overlay(), 0, 0, place.low, place.high,
                  ui.state.view.paint.opacity);
  }
  draw_marks(ui, draw, place);
  handle_pointer(ui, place);
  handle_wipe(ui, place.low, place.high);
  const bool beside = show == PaintShow::kBeside;
  draw_below(ui, draw, ImVec2(beside ? at.x : place.low.x, place.high.y + ui.px(8)),
             beside ? width : place.high.x - place.low.x, labelled);
  draw_timeline(ui, ImVec2(at.x, bottom - timeline_height(ui, thumbs)), width, thumbs);
}

}  // namespace

void draw_paint_panel(Ui& ui) {
  std::string title = ui.tr("panel.paint");
  if (ui.paint.has_run()) {
    const PaintRun& run = ui.paint.run();
    title = ui.tr.format(ui.state.view.paint.noisy ? "paint.title.noisy" : "paint.title",
                         run.first_step + ui.paint.span().second + 1, run.steps);
  }
  if (begin_panel(ui, title)) {
    draw_paint_header(ui);
    under_header(ui);
    draw_paint_problem(ui);
    if (ui.paint.has_run()) {
      draw_paint_controls(ui);
      draw_drawing(ui);
    } else if (ui.state.painting.problem.empty()) {
      draw_paint_empty(ui);
    }
  }
  end_panel();
}

}  // namespace regard
