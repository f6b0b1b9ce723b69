// All layers and heads at once, as thumbnails of one texture; the ways to sum them up below.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kGap = 6, kRowLabel = 34, kColumnLabel = 22, kChips = 34, kTileMin = 30;

struct Thumbs {
  ImVec2 low;
  float side = 0;  // pixels of a thumbnail
  float pitch_y = 0;
  float pitch_x = 0;
};

Thumbs fit_thumbs(Ui& ui, ImVec2 room, bool label_each) {
  const AttentionShape& shape = ui.views.record().shape();
  const float under = ui.px(label_each ? 18 : kGap);
  const float width = (room.x - ui.px(kRowLabel)) / static_cast<float>(shape.heads) - ui.px(kGap);
  const float height =
      (room.y - ui.px(label_each ? 0 : kColumnLabel)) / static_cast<float>(shape.layers) - under;
  Thumbs thumbs;
  thumbs.side = std::floor(std::max(ui.px(kTileMin), std::min(width, height)));
  thumbs.pitch_x = thumbs.side + ui.px(kGap);
  thumbs.pitch_y = thumbs.side + under;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  thumbs.low = ImVec2(std::round(at.x + ui.px(kRowLabel)), std::round(at.y));
  return thumbs;
}

void thumb_tooltip(Ui& ui, int layer, int head) {
  const std::string text =
      ui.tr.format("heads.tip", ui.tr.format("choice.layer", layer + 1),
                   ui.tr.format("choice.head", head + 1)) +
      "\n" + ui.tr.format("heads.tip.ties", ui.tr.number(100.0 * ui.views.tie_of(layer, head), 1));
  tooltip(ui, text.c_str());
}

void draw_thumb(Ui& ui, const Thumbs& thumbs, int layer, int column, bool label_each) {
  const int head = ui.views.order(layer)[static_cast<std::size_t>(column)];
  const ImVec2 low(thumbs.low.x + thumbs.pitch_x * static_cast<float>(column),
                   thumbs.low.y + thumbs.pitch_y * static_cast<float>(layer));
  const ImVec2 high(low.x + thumbs.side, low.y + thumbs.side);
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(layer * 4096 + head);
  if (ImGui::InvisibleButton("##head", ImVec2(thumbs.side, thumbs.side), ImGuiButtonFlags_EnableNav)) {
    ui.out.emplace_back(SelectMap{{layer, head}});
  }
  ImGui::PopID();
  const bool hot = ImGui::IsItemHovered();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) thumb_tooltip(ui, layer, head);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(low, high, ui.colors.empty_cell);
  if (ui.textures.atlas != ImTextureID_Invalid) {
    const float pitch = static_cast<float>(ui.views.tile_pitch()),
                count = static_cast<float>(ui.views.count());
    const float width = static_cast<float>(ui.views.atlas().width),
                height = static_cast<float>(ui.views.atlas().height);
    const ImVec2 uv(pitch * static_cast<float>(head) / width, pitch * static_cast<float>(layer) / height);
    draw->AddImage(ui.textures.atlas, low, high, uv, ImVec2(uv.x + count / width, uv.y + count / height));
  }
  const bool chosen = ui.views.choice() == MapChoice{layer, head};
  const float edge = ui.px(2);
  if (chosen || hot) {
    draw->AddRect(ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
                  chosen ? ui.colors.accent : ui.colors.secondary, ui.px(3), ui.px(chosen ? 2.5f : 1.2f));
  }
  if (label_each) {
    const std::string label = ui.tr.format("choice.head.short", head + 1);
    const ImVec2 size = measure(ui, 12, label);
    draw_text(ui, draw, ImVec2((low.x + high.x - size.x) / 2, high.y + ui.px(2)), 12,
              chosen ? ui.colors.text : ui.colors.secondary, label);
  }
}

// The name of a row is a button: the mean over the heads of that layer.
void draw_row_label(Ui& ui, const Thumbs& thumbs, int layer) {
  const std::string label = ui.tr.format("choice.layer.short", layer + 1);
  const ImVec2 size = measure(ui, kSmall, label);
  const float y = thumbs.low.y + thumbs.pitch_y * static_cast<float>(layer) + (thumbs.side - ui.px(22)) / 2;
  ImGui::SetCursorScreenPos(ImVec2(thumbs.low.x - ui.px(kRowLabel), y));
  ImGui::PushID(layer);
  if (ImGui::InvisibleButton("##layer", ImVec2(ui.px(kRowLabel - 4), ui.px(22)),
                             ImGuiButtonFlags_EnableNav)) {
    ui.out.emplace_back(SelectMap{{layer, MapChoice::kMean}});
  }
  ImGui::PopID();
  const MapChoice& choice = ui.views.choice();
  const bool chosen = choice.layer == layer && choice.head < 0;
  const ImU32 color = chosen                   ? ui.colors.accent
                      : ImGui::IsItemHovered() ? ui.colors.text
                                               : ui.colors.secondary;
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(thumbs.low.x - ui.px(10) - size.x, y + ui.px(3)), kSmall,
            color, label, choice.layer == layer ? ui.fonts.bold : ui.fonts.regular);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    tooltip(ui, choice_label(ui, {layer, MapChoice::kMean}).c_str());
  }
}

void draw_thumbs(Ui& ui, bool label_each) {
  const AttentionShape& shape = ui.views.record().shape();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const Thumbs thumbs = fit_thumbs(ui, room, label_each);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const auto& platform = ImGui::GetPlatformIO();
  if (platform.DrawCallback_SetSamplerNearest != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerNearest, nullptr);
  for (int layer = 0; layer < shape.layers; ++layer) {
    draw_row_label(ui, thumbs, layer);
    for (int column = 0; column < shape.heads; ++column) draw_thumb(ui, thumbs, layer, column, label_each);
  }
  if (platform.DrawCallback_SetSamplerLinear != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerLinear, nullptr);
  const float bottom = thumbs.low.y + thumbs.pitch_y * static_cast<float>(shape.layers);
  for (int head = 0; head < shape.heads && !label_each; ++head) {
    const std::string label = ui.tr.format("choice.head.short", head + 1);
    const ImVec2 size = measure(ui, kSmall, label);
    const float x = thumbs.low.x + thumbs.pitch_x * static_cast<float>(head) + (thumbs.side - size.x) / 2;
    const bool chosen = ui.views.choice().head == head;
    draw_text(ui, draw, ImVec2(x, bottom), kSmall, chosen ? ui.colors.text : ui.colors.secondary, label,
              chosen ? ui.fonts.bold : ui.fonts.regular);
  }
  ImGui::SetCursorScreenPos(thumbs.low);
  ImGui::Dummy(ImVec2(thumbs.pitch_x * static_cast<float>(shape.heads),
                      bottom - thumbs.low.y + ui.px(label_each ? 0 : 16)));
}

void draw_chip(Ui& ui, const char* label, const MapChoice& choice, const char* tip) {
  if (chip(ui, label, ui.views.choice() == choice, tip)) ui.out.emplace_back(SelectMap{choice});
}

void draw_chips(Ui& ui) {
  const int layer = std::max(0, ui.views.choice().layer);
  const std::string mean = choice_label(ui, {layer, MapChoice::kMean}),
                    most = choice_label(ui, {layer, MapChoice::kMax});
  const std::string prefix = ui.tr.format("choice.layer.short", layer + 1) + " ";
  draw_chip(ui, (prefix + ui.tr("choice.mean.short") + "###mean").c_str(), {layer, MapChoice::kMean},
            mean.c_str());
  ImGui::SameLine(0, ui.px(6));
  draw_chip(ui, (prefix + ui.tr("choice.max.short") + "###max").c_str(), {layer, MapChoice::kMax},
            most.c_str());
  ImGui::SameLine(0, ui.px(6));
  draw_chip(ui, (std::string(ui.tr("choice.all")) + "###all").c_str(), {MapChoice::kMean, MapChoice::kMean},
            ui.tr("choice.mean.tip"));
  ImGui::SameLine(0, ui.px(6));
  draw_chip(ui, (std::string(ui.tr("choice.rollout")) + "###rollout").c_str(),
            {MapChoice::kRollout, MapChoice::kMean}, ui.tr("choice.rollout.tip"));
}

void draw_order_list(Ui& ui) {
  const bool by_ties = ui.state.view.order == HeadOrder::kTies;
  const std::string label =
      std::string(ui.tr("heads.order")) + " " + ui.tr(by_ties ? "heads.order.ties" : "heads.order.number");
  header_right(ui, dropdown_width(ui, label));
  if (!begin_dropdown(ui, "order", label)) return;
  if (ImGui::MenuItem(ui.tr("heads.order.number"), nullptr, !by_ties))
    ui.out.emplace_back(SetHeadOrder{HeadOrder::kNumber});
  if (ImGui::MenuItem(ui.tr("heads.order.ties"), nullptr, by_ties))
    ui.out.emplace_back(SetHeadOrder{HeadOrder::kTies});
  if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("heads.order.ties.tip"));
  ImGui::EndPopup();
}

}  // namespace

void draw_heads_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.heads"))) {
    draw_order_list(ui);
    ImGui::SetCursorPos(ImVec2(ui.px(14), ui.px(42)));
    if (!ui.views.has_map()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("matrix.empty"));
    } else {
      const float height = ImGui::GetContentRegionAvail().y - ui.px(kChips + 4);
      ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(3), ui.px(3)));
      if (ImGui::BeginChild("##thumbs", ImVec2(0, std::max(ui.px(40), height)),
                            ImGuiChildFlags_AlwaysUseWindowPadding)) {
        draw_thumbs(ui, ui.state.view.order == HeadOrder::kTies);
      }
      ImGui::EndChild();
      ImGui::PopStyleVar();
      draw_chips(ui);
    }
  }
  end_panel();
}

}  // namespace regard
