// All layers and heads at once, as thumbnails of one texture; the ways to sum them up below. One panel for
// tokens, one for the patches of a picture: what differs is in ShownHeads.
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <imgui_internal.h>

#include "app/ui/heads_parts.h"
#include "app/ui/lesson_view.h"
#include "app/ui/picture_parts.h"
#include "app/ui/trials.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kGap = 6, kRowLabel = 34, kColumnLabel = 22, kChips = 36, kTileMin = 24, kLabelPitch = 24;

// What is shown of a run's heads. A tile of the atlas is `tile` cells, one every `pitch`.
struct ShownHeads {
  const AttentionShape& shape;
  MapChoice choice;
  ImTextureID texture;
  const CellImage& atlas;
  ImVec2 tile, pitch;
  bool flow = false;        // the lens is offered
  bool label_each = false;  // heads are not in their own order
  std::function<int(int layer, int column)> head_at;
  std::function<std::string(int layer, int head)> tip;  // lines below the name, each with its end
  std::function<void(const MapChoice&)> select;
};

struct Thumbs {
  ImVec2 low, size, pitch;  // pixels
  ImVec2 at(int layer, int column) const {
    return {low.x + pitch.x * static_cast<float>(column), low.y + pitch.y * static_cast<float>(layer)};
  }
};

Thumbs fit_thumbs(Ui& ui, const ShownHeads& view, ImVec2 room) {
  const float aspect = view.tile.x / view.tile.y;
  const float under = ui.px(view.label_each ? 18 : kGap) + number_height(ui);
  const float width = (room.x - ui.px(kRowLabel)) / static_cast<float>(view.shape.heads) - ui.px(kGap);
  const float height =
      (room.y - ui.px(view.label_each ? 0 : kColumnLabel)) / static_cast<float>(view.shape.layers) - under;
  const float side = std::max(ui.px(kTileMin), std::min(width, height * aspect));
  Thumbs thumbs;
  thumbs.size = ImVec2(std::floor(side), std::floor(side / aspect));
  thumbs.pitch = ImVec2(thumbs.size.x + ui.px(kGap), thumbs.size.y + under);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float spare = room.x - ui.px(kRowLabel) - thumbs.pitch.x * static_cast<float>(view.shape.heads);
  thumbs.low = ImVec2(std::round(at.x + ui.px(kRowLabel) + std::max(0.0f, spare / 2)), std::round(at.y));
  return thumbs;
}

void draw_tile(const ShownHeads& view, int layer, int head, ImVec2 low, ImVec2 high) {
  if (view.texture == ImTextureID_Invalid) return;
  const float width = static_cast<float>(view.atlas.width), height = static_cast<float>(view.atlas.height);
  const ImVec2 uv(view.pitch.x * static_cast<float>(head) / width,
                  view.pitch.y * static_cast<float>(layer) / height);
  ImGui::GetWindowDrawList()->AddImage(view.texture, low, high, uv,
                                       ImVec2(uv.x + view.tile.x / width, uv.y + view.tile.y / height));
}

// Alone, or one of several.
bool is_chosen(const MapChoice& choice, int layer, int head) {
  return choice == map_choice(layer, head) ||
         (is_head_lens(choice.lens) &&
          std::ranges::find(choice.heads.set, std::pair(layer, head)) != choice.heads.set.end());
}

void draw_thumb(Ui& ui, const ShownHeads& view, const Thumbs& thumbs, int layer, int column) {
  const int head = view.head_at(layer, column);
  const ImVec2 low = thumbs.at(layer, column), high(low.x + thumbs.size.x, low.y + thumbs.size.y);
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(layer * 4096 + head);
  if (ImGui::InvisibleButton("##head", thumbs.size, ImGuiButtonFlags_EnableNav))
    choose_head(ui, layer, head, takes_more());
  ImGui::PopID();
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered()) ui.ui.pointed_head = {layer, head};
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    std::string text = ui.tr.format("heads.tip", ui.tr.format("choice.layer", layer + 1),
                                    ui.tr.format("choice.head", head + 1));
    text += '\n';
    text += view.tip(layer, head);
    text += head_lines(ui, layer, head);
    text += ui.tr("heads.tip.several");
    tooltip(ui, text.c_str());
  }
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(low, high, ui.colors.empty_cell);
  draw_tile(view, layer, head, low, high);
  dim_head(ui, low, high, layer, head);
  draw_head_trial(ui, low, high, layer, head);
  draw_head_number(ui, low.x, high.x, high.y + ui.px(4), layer, head);
  spot_head(ui, layer, head, low, high);
  const bool chosen = is_chosen(view.choice, layer, head);
  const float edge = ui.px(2);
  if (chosen || hot) {
    draw->AddRect(ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
                  chosen ? ui.colors.accent : ui.colors.secondary, ui.px(3), ui.px(chosen ? 2.5f : 1.2f));
  }
  if (!view.label_each) return;
  const std::string label = ui.tr.format("choice.head.short", head + 1);
  const ImVec2 size = measure(ui, 12, label);
  draw_text(ui, draw, ImVec2((low.x + high.x - size.x) / 2, high.y + ui.px(2) + number_height(ui)), 12,
            chosen ? ui.colors.text : ui.colors.secondary, label);
}

// The name of a row is a button: the mean over the heads of that layer.
void draw_row_label(Ui& ui, const ShownHeads& view, const Thumbs& thumbs, int layer) {
  const std::string label = ui.tr.format("choice.layer.short", layer + 1);
  const ImVec2 size = measure(ui, kSmall, label);
  const float y = thumbs.at(layer, 0).y + (thumbs.size.y - ui.px(22)) / 2;
  ImGui::SetCursorScreenPos(ImVec2(thumbs.low.x - ui.px(kRowLabel), y));
  const MapChoice mean = map_choice(layer, std::nullopt);
  ImGui::PushID(layer);
  if (ImGui::InvisibleButton("##layer", ImVec2(ui.px(kRowLabel - 4), ui.px(22)), ImGuiButtonFlags_EnableNav))
    view.select(mean);
  ImGui::PopID();
  const bool here = view.choice.heads.layer == layer, chosen = here && !view.choice.heads.head;
  const ImU32 color = chosen                   ? ui.colors.accent
                      : ImGui::IsItemHovered() ? ui.colors.text
                                               : ui.colors.secondary;
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(thumbs.low.x - ui.px(10) - size.x, y + ui.px(3)), kSmall,
            color, label, here ? ui.fonts.bold : ui.fonts.regular);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, choice_label(ui, mean).c_str());
}

void draw_column_labels(Ui& ui, const ShownHeads& view, const Thumbs& thumbs) {
  const bool every = thumbs.pitch.x >= ui.px(kLabelPitch);
  for (int head = 0; head < view.shape.heads; head += every ? 1 : 2) {
    const std::string label = ui.tr.format("choice.head.short", head + 1);
    const ImVec2 size = measure(ui, kSmall, label), at = thumbs.at(view.shape.layers, head);
    const bool chosen = view.choice.heads.head == head;
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + (thumbs.size.x - size.x) / 2, at.y), kSmall,
              chosen ? ui.colors.text : ui.colors.secondary, label,
              chosen ? ui.fonts.bold : ui.fonts.regular);
  }
}

void draw_thumbs(Ui& ui, const ShownHeads& view) {
  const Thumbs thumbs = fit_thumbs(ui, view, ImGui::GetContentRegionAvail());
  ui.ui.map_sizes.tile_pitch = view.pitch;
  ui.ui.map_sizes.tile_shown = ImVec2(std::ceil(thumbs.size.x * view.pitch.x / view.tile.x),
                                      std::ceil(thumbs.size.y * view.pitch.y / view.tile.y));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const auto& platform = ImGui::GetPlatformIO();
  if (platform.DrawCallback_SetSamplerNearest != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerNearest, nullptr);
  for (int layer = 0; layer < view.shape.layers; ++layer) {
    draw_row_label(ui, view, thumbs, layer);
    for (int column = 0; column < view.shape.heads; ++column) draw_thumb(ui, view, thumbs, layer, column);
  }
  if (platform.DrawCallback_SetSamplerLinear != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerLinear, nullptr);
  if (!view.label_each) draw_column_labels(ui, view, thumbs);
  ImGui::SetCursorScreenPos(thumbs.low);
  ImGui::Dummy(
      ImVec2(thumbs.pitch.x * static_cast<float>(view.shape.heads),
             thumbs.pitch.y * static_cast<float>(view.shape.layers) + ui.px(view.label_each ? 0 : 16)));
}

struct FusionChip {
  std::string label;
  MapChoice choice;
  std::string tip;
};

// How several chosen heads become one map.
std::vector<FusionChip> chips_of_several(Ui& ui, const ShownHeads& view) {
  std::vector<FusionChip> list;
  for (const auto& [fusion, words] :
       {std::pair(Fusion::kMean, "choice.mean.short"), std::pair(Fusion::kMax, "choice.max.short"),
        std::pair(Fusion::kMin, "choice.min.short"), std::pair(Fusion::kProduct, "choice.product.short")}) {
    MapChoice choice = view.choice;
    choice.heads.fusion = fusion;
    list.push_back({std::string(ui.tr(words)) + "###several_" + std::string(fusion_name(fusion)), choice,
                    choice_label(ui, choice)});
  }
  list.push_back({std::string(ui.tr("choice.all")) + "###all", {}, ui.tr("choice.mean.tip")});
  return list;
}

std::vector<FusionChip> chips(Ui& ui, const ShownHeads& view) {
  if (!view.choice.heads.set.empty()) return chips_of_several(ui, view);
  const int layer = view.choice.heads.layer.value_or(0);
  const std::string prefix = ui.tr.format("choice.layer.short", layer + 1) + " ";
  const MapChoice mean = map_choice(layer, std::nullopt),
                  most = map_choice(layer, std::nullopt, Fusion::kMax);
  std::vector<FusionChip> list{
      {prefix + ui.tr("choice.mean.short") + "###mean", mean, choice_label(ui, mean)},
      {prefix + ui.tr("choice.max.short") + "###max", most, choice_label(ui, most)},
      {std::string(ui.tr("choice.all")) + "###all", {}, ui.tr("choice.mean.tip")},
      {std::string(ui.tr("choice.rollout")) + "###rollout", lens_choice("rollout"),
       ui.tr("choice.rollout.tip")}};
  if (view.flow)
    list.push_back(
        {std::string(ui.tr("choice.flow")) + "###flow", lens_choice("flow"), ui.tr("choice.flow.tip")});
  return list;
}

void draw_chips(Ui& ui, const ShownHeads& view, const std::vector<FusionChip>& list) {
  for (const FusionChip& each : list) {
    if (&each != list.data()) same_line_if_fits(ui, chip_width(ui, each.label));
    if (chip(ui, each.label.c_str(), view.choice == each.choice, each.tip.c_str())) view.select(each.choice);
  }
}

void draw_heads(Ui& ui, const ShownHeads& view) {
  const std::vector<FusionChip> list = chips(ui, view);
  std::vector<std::string> labels;
  for (const FusionChip& each : list) labels.push_back(each.label);
  const float room = ImGui::GetContentRegionAvail().y;
  const bool low = room < ui.px(kLowPanel);  // the chips are scrolled to
  const float height =
      low ? room : room - ui.px(kChips) * static_cast<float>(chip_rows(ui, labels)) - ui.px(4);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(3), ui.px(3)));
  if (ImGui::BeginChild("##thumbs", ImVec2(0, std::max(1.0f, height)), ImGuiChildFlags_AlwaysUseWindowPadding,
                        ImGuiWindowFlags_HorizontalScrollbar)) {
    draw_thumbs(ui, view);
    if (low) draw_chips(ui, view, list);
  }
  ImGui::EndChild();
  ImGui::PopStyleVar();
  if (!low) draw_chips(ui, view, list);
}

std::function<int(int layer, int column)> in_order(const Ui& ui, const AttentionShape& shape) {
  return [order = heads_in_order(ui, shape.layers, shape.heads)](int layer, int column) {
    return order[static_cast<std::size_t>(layer)][static_cast<std::size_t>(column)];
  };
}

ShownHeads token_heads(Ui& ui) {
  const float tile = static_cast<float>(ui.views.count()), pitch = static_cast<float>(ui.views.tile_pitch());
  return {.shape = ui.views.shape(),
          .choice = of_attention(ui.views.choice()),
          .texture = ui.textures.atlas,
          .atlas = ui.views.atlas(),
          .tile = ImVec2(tile, tile),
          .pitch = ImVec2(pitch, pitch),
          .label_each = is_ordered(ui),
          .head_at = in_order(ui, ui.views.shape()),
          .tip = [](int, int) { return std::string(); },
          .select = [&ui](const MapChoice& choice) { select_map(ui, choice); }};
}

ShownHeads patch_heads(Ui& ui) {
  return {.shape = ui.picture.shape(),
          .choice = of_attention(ui.picture.choice()),
          .texture = ui.textures.patch_atlas,
          .atlas = ui.picture.atlas(),
          .tile = ImVec2(static_cast<float>(ui.picture.columns()), static_cast<float>(ui.picture.rows())),
          .pitch = ImVec2(static_cast<float>(ui.picture.pitch_x()), static_cast<float>(ui.picture.pitch_y())),
          .flow = true,
          .label_each = is_ordered(ui),
          .head_at = in_order(ui, ui.picture.shape()),
          .tip =
              [&ui](int layer, int head) {
                const Eigen::MatrixXd& mass = ui.picture.region_mass();
                return mass.size() == 0
                           ? std::string()
                           : ui.tr.format("regions.tip", ui.tr.number(100.0 * mass(layer, head), 1)) + "\n";
              },
          .select = [&ui](const MapChoice& choice) { select_map(ui, choice); }};
}

}  // namespace

void draw_heads_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.heads"))) {
    ui.ui.in_sight.head_metrics = true;
    draw_heads_menu(ui);
    under_header(ui);
    if (!ui.views.has_map()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("matrix.empty"));
    } else {
      draw_least_slider(ui);
      draw_heads(ui, token_heads(ui));
    }
  }
  end_panel();
}

void draw_patch_heads_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.patch_heads"))) {
    ui.ui.in_sight.head_metrics = true;
    draw_heads_menu(ui);
    under_header(ui);
    if (!ui.picture.has_run()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("picture.empty"));
    } else {
      text_sized(ui, kSmall, ui.colors.secondary,
                 fitted(ui,
                        ui.tr.format(ui.state.view.incoming ? "patch_heads.incoming" : "patch_heads.outgoing",
                                     patch_label(ui, ui.picture.atlas_subject())) +
                            " · " +
                            ui.tr(ui.state.view.picture.absolute ? "patch_heads.one_scale"
                                                                 : "patch_heads.own_scale"),
                        kSmall, ImGui::GetContentRegionAvail().x));
      draw_least_slider(ui);
      draw_heads(ui, patch_heads(ui));
    }
  }
  end_panel();
}

}  // namespace regard
