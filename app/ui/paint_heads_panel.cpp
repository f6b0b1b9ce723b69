// The map that is shown, of every block and head: click for one, drag or Ctrl+click for several.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <imgui_internal.h>

#include "app/ui/brush.h"
#include "app/ui/heads_parts.h"
#include "app/ui/lesson_view.h"
#include "app/ui/marks.h"
#include "app/ui/paint_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/paint_names.h"
#include "app/views/paint_views.h"

namespace regard {
namespace {

constexpr float kPaintHeadsGap = 4, kStar = 15, kTop = 17, kLeft = 24, kPaintChips = 34, kPaintTileMin = 26,
                kPaintName = 18, kMenuRow = 24, kNameHalf = 14;

// Blocks from top to bottom, heads from left to right, as layers and heads stand elsewhere.
struct PaintThumbs {
  ImVec2 low, pitch;
  float side = 0;
  HeadOrder order;          // [blocks][heads]: which head stands in a column
  bool named = false;       // each has its own name under it
  bool menu_above = false;  // the menu has a line of its own
  ImVec2 at(int block, int column) const {
    return {std::round(low.x + pitch.x * static_cast<float>(column)),
            std::round(low.y + pitch.y * static_cast<float>(block))};
  }
};

PaintThumbs fit(Ui& ui, ImVec2 room) {
  const MmditConfig& config = ui.paint.run().request.model->mmdit.config();
  const float beside = ui.px(kPaintHeadsGap + (heads_where(ui.paint, true).empty() ? 0.0f : kStar));
  const float width = (room.x - ui.px(kLeft)) / static_cast<float>(config.heads) - beside;
  PaintThumbs thumbs;
  thumbs.order = heads_in_order(ui, config.layers, config.heads);
  thumbs.named = is_ordered(ui);
  const float under = ui.px(thumbs.named ? kPaintName : kPaintHeadsGap) + number_height(ui);
  const auto place = [&](float top) {
    const float height = (room.y - top) / static_cast<float>(config.layers) - under;
    thumbs.side = std::floor(std::max(ui.px(kPaintTileMin), std::min(width, height)));
    thumbs.pitch = ImVec2(thumbs.side + beside, thumbs.side + under);
  };
  place(ui.px(kTop));
  // The menu stands at the right of the heads' names, which give way to the left; without room above them.
  const float names = ui.px(kLeft) + thumbs.pitch.x * static_cast<float>(config.heads) - beside -
                      thumbs.side / 2 + ui.px(kNameHalf);
  const float menu = room.x - heads_sign_width(ui);
  thumbs.menu_above = !thumbs.named && names > menu;
  const float top = ui.px(thumbs.menu_above ? kTop + kMenuRow : thumbs.named ? kMenuRow : kTop);
  place(top);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float spare = room.x - ui.px(kLeft) - thumbs.pitch.x * static_cast<float>(config.heads);
  const float most = thumbs.menu_above || thumbs.named ? spare / 2 : std::min(spare / 2, menu - names);
  thumbs.low = ImVec2(std::round(at.x + ui.px(kLeft) + std::max(0.0f, most)), std::round(at.y + top));
  return thumbs;
}

bool in_force(const Ui& ui, int block, int head) {
  return std::ranges::binary_search(ui.paint.maps(), std::pair(block, head));
}

// A click chooses one alone; with Ctrl it comes or goes; a drag takes more in.
void handle_thumb(Ui& ui, const PaintThumbs& thumbs, const CellGrid& grid, int block, int head) {
  const std::pair map(block, head);
  if (ImGui::IsItemActivated()) {
    ++ui.ui.gesture;
    const bool more = takes_more();
    set_paint(
        ui,
        [&](PaintDocument& paint) {
          if (!more) {
            paint.maps = paint.maps == HeadSet{map} ? HeadSet{} : HeadSet{map};
            return;
          }
          paint.maps = ui.paint.maps();
          if (std::erase(paint.maps, map) == 0) paint.maps.push_back(map);
          std::ranges::sort(paint.maps);
        },
        ui.ui.gesture);
    return;
  }
  HeadSet maps = ui.state.doc.paint.maps;
  for (const auto& [column, row] : brushed_cells(grid)) {  // columns are heads, rows blocks
    const std::pair touched(row,
                            thumbs.order[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)]);
    if (std::ranges::find(maps, touched) == maps.end()) maps.push_back(touched);
  }
  std::ranges::sort(maps);
  if (maps == ui.state.doc.paint.maps) return;
  set_paint(ui, [&](PaintDocument& paint) { paint.maps = maps; }, ui.ui.gesture);
}

void draw_thumb(Ui& ui, const PaintThumbs& thumbs, int block, int column) {
  const int head = thumbs.order[static_cast<std::size_t>(block)][static_cast<std::size_t>(column)];
  const ImVec2 low = thumbs.at(block, column);
  const ImVec2 high(low.x + thumbs.side, low.y + thumbs.side);
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(block * 4096 + head);
  ImGui::InvisibleButton("##head", ImVec2(thumbs.side, thumbs.side), ImGuiButtonFlags_EnableNav);
  ImGui::PopID();
  const MmditConfig& config = ui.paint.run().request.model->mmdit.config();
  handle_thumb(ui, thumbs, {thumbs.low, thumbs.side, thumbs.pitch, config.heads, config.layers}, block, head);
  if (ImGui::IsItemHovered()) ui.ui.pointed_head = {block, head};
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  const bool coached = ui.paint.is_coached(block, head);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    tooltip(ui, (block_head_label(ui, block, head) + "\n" +
                 ui.tr(coached ? "paint.coached.tip" : "paint.free.tip") + "\n" +
                 head_lines(ui, block, head) + ui.tr("paint.heads.tip"))
                    .c_str());
  }
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_sheet_tile(ui, draw, ui.textures.film, ui.paint.film(), ui.paint.span().second, low, high);
  draw_map_tile(ui, draw, ui.textures.paint_heads, ui.paint.head_atlas(), block * ui.paint.pitch_x(),
                head * ui.paint.pitch_y(), low, high, ui.state.view.paint.opacity);
  spot_head(ui, block, head, low, high);
  dim_head(ui, low, high, block, head);
  draw_head_number(ui, low.x, high.x, high.y + ui.px(2), block, head);
  const auto mark = trial_on(ui, block, head);
  if (mark) draw_trial_mark(ui, draw, low, high, *mark);
  const bool used = in_force(ui, block, head);
  const bool picked = used && !ui.state.doc.paint.maps.empty();
  if (picked || hot) {
    const float edge = ui.px(1.5f);
    draw->AddRect(ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
                  picked ? ui.colors.accent : ui.colors.secondary, ui.px(2), ui.px(2));
  }
  if (thumbs.named) {
    const std::string label = ui.tr.format("choice.head.short", head + 1);
    const ImVec2 size = measure(ui, 12, label);
    draw_text(ui, draw, ImVec2((low.x + high.x - size.x) / 2, high.y + ui.px(2) + number_height(ui)), 12,
              picked ? ui.colors.text : ui.colors.secondary, label);
  }
  if (coached) draw_text(ui, draw, ImVec2(high.x + ui.px(3), low.y - ui.px(1)), 12, ui.colors.text, "★");
}

// Heads above, blocks at the left; each name is a button for all of its maps.
void draw_axis_label(Ui& ui, const PaintThumbs& thumbs, bool is_block, int index) {
  const MmditConfig& config = ui.paint.run().request.model->mmdit.config();
  HeadSet maps;
  for (int other = 0; other < (is_block ? config.heads : config.layers); ++other)
    maps.emplace_back(is_block ? std::pair(index, other) : std::pair(other, index));
  const std::string label = ui.tr.format(is_block ? "paint.block.short" : "choice.head.short", index + 1);
  const ImVec2 size = measure(ui, kSmall, label, ui.fonts.bold);
  const ImVec2 thumb = thumbs.at(is_block ? index : 0, is_block ? 0 : index);
  const ImVec2 at = is_block ? ImVec2(thumb.x - ui.px(6) - size.x, thumb.y + (thumbs.side - size.y) / 2)
                             : ImVec2(thumb.x + (thumbs.side - size.x) / 2, thumb.y - ui.px(kTop));
  ImGui::SetCursorScreenPos(at);
  ImGui::PushID(index + (is_block ? 100000 : 200000));
  const bool clicked =
      ImGui::InvisibleButton("##axis", ImVec2(size.x, ui.px(kTop - 1)), ImGuiButtonFlags_EnableNav);
  ImGui::PopID();
  const bool chosen = ui.state.doc.paint.maps == maps;
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("paint.axis.tip"));
  draw_text(ui, ImGui::GetWindowDrawList(), at, kSmall,
            chosen ? ui.colors.accent
            : hot  ? ui.colors.text
                   : ui.colors.secondary,
            label, chosen ? ui.fonts.bold : ui.fonts.regular);
  if (clicked) set_paint(ui, [&](PaintDocument& paint) { paint.maps = chosen ? HeadSet{} : maps; });
}

struct HeadsChip {
  std::string label;
  HeadSet maps;
  Fusion fusion;
  const char* tip;
};

// How several heads that were chosen become one map; nothing where the map is of one, or not made of heads.
void add_fusions(const Ui& ui, std::vector<HeadsChip>& list) {
  if (ui.state.doc.paint.maps.size() < 2 || !ui.paint.is_of_heads()) return;
  struct Line {
    Fusion fusion;
    const char *words, *tip;
  };
  for (const Line& line : {Line{Fusion::kMean, "choice.mean.short", "choice.head.mean"},
                           Line{Fusion::kMax, "choice.max.short", "choice.head.max"},
                           Line{Fusion::kMin, "choice.min.short", "choice.head.min"},
                           Line{Fusion::kProduct, "choice.product.short", "choice.head.product"}}) {
    list.push_back({std::string(ui.tr(line.words)) + "###fused_" + std::string(fusion_name(line.fusion)),
                    ui.state.doc.paint.maps, line.fusion, line.tip});
  }
}

std::vector<HeadsChip> chips(const Ui& ui) {
  const int blocks = ui.paint.run().request.model->mmdit.config().layers;
  const Fusion fusion = ui.state.doc.paint.fusion;
  std::vector<HeadsChip> list{
      {ui.tr.format("paint.chip.default", std::min(2, blocks), blocks) + "###default",
       {},
       Fusion::kMean,
       "paint.chip.default.tip"},
      {std::string(ui.tr("paint.chip.all")) + "###all", all_heads(ui.paint), fusion, "paint.chip.all.tip"}};
  if (!heads_where(ui.paint, true).empty()) {
    list.push_back({std::string(ui.tr("paint.chip.free")) + "###free", heads_where(ui.paint, false), fusion,
                    "paint.chip.free.tip"});
    list.push_back({"★ " + std::string(ui.tr("paint.chip.coached")) + "###coached",
                    heads_where(ui.paint, true), fusion, "paint.chip.coached.tip"});
  }
  add_fusions(ui, list);
  return list;
}

void draw_chips(Ui& ui, const std::vector<HeadsChip>& list) {
  for (const HeadsChip& each : list) {
    if (&each != list.data()) same_line_if_fits(ui, chip_width(ui, each.label));
    const PaintDocument& now = ui.state.doc.paint;
    if (chip(ui, each.label.c_str(), now.maps == each.maps && now.fusion == each.fusion, ui.tr(each.tip))) {
      set_paint(ui, [&](PaintDocument& paint) {
        paint.maps = each.maps;
        paint.fusion = each.fusion;
      });
    }
  }
}

}  // namespace

void draw_paint_heads_panel(Ui& ui) {
  std::string title = ui.tr("panel.paint_heads");
  if (ui.paint.has_run()) title += " · " + direction_label(ui);
  if (begin_panel(ui, title)) {
    ui.ui.in_sight.head_metrics = true;
    if (!ui.paint.has_run()) {
      draw_paint_empty(ui);
    } else {
      draw_least_slider(ui);
      const MmditConfig& config = ui.paint.run().request.model->mmdit.config();
      const std::vector<HeadsChip> list = chips(ui);
      std::vector<std::string> labels;
      for (const HeadsChip& each : list) labels.push_back(each.label);
      const float room = ImGui::GetContentRegionAvail().y;
      const bool low = room < ui.px(kLowPanel);  // the chips are scrolled to
      const float height = low ? room : room - ui.px(kPaintChips) * static_cast<float>(chip_rows(ui, labels));
      if (ImGui::BeginChild("##thumbs", ImVec2(0, std::max(1.0f, height)), ImGuiChildFlags_None,
                            ImGuiWindowFlags_HorizontalScrollbar)) {
        const ImVec2 inside = ImGui::GetContentRegionAvail(), corner = ImGui::GetCursorScreenPos();
        const PaintThumbs thumbs = fit(ui, inside);
        ImGui::SetCursorScreenPos(
            ImVec2(corner.x + std::max(0.0f, inside.x - heads_sign_width(ui)), corner.y + ui.px(3)));
        draw_heads_sign(ui);
        for (int block = 0; block < config.layers; ++block) draw_axis_label(ui, thumbs, true, block);
        for (int head = 0; head < config.heads && !thumbs.named; ++head)
          draw_axis_label(ui, thumbs, false, head);
        for (int block = 0; block < config.layers; ++block) {
          for (int head = 0; head < config.heads; ++head) draw_thumb(ui, thumbs, block, head);
        }
        ImGui::SetCursorScreenPos(thumbs.low);
        ImGui::Dummy(ImVec2(thumbs.pitch.x * static_cast<float>(config.heads) - ui.px(kPaintHeadsGap),
                            thumbs.pitch.y * static_cast<float>(config.layers) - ui.px(kPaintHeadsGap)));
        if (low) draw_chips(ui, list);
      }
      ImGui::EndChild();
      if (!low) draw_chips(ui, list);
    }
  }
  end_panel();
}

}  // namespace regard
