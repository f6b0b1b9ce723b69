// The same overlay for every layer and head at once; the ways to sum them up below.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/ui/picture_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/picture_views.h"

namespace regard {
namespace {

constexpr float kGap = 5, kRowLabel = 34, kColumnLabel = 22, kChips = 36, kTileMin = 22;

struct Thumbs {
  ImVec2 low, size;  // pixels of a thumbnail
  ImVec2 pitch() const { return pitch_; }
  ImVec2 pitch_;
};

Thumbs fit_thumbs(Ui& ui, ImVec2 room) {
  const AttentionShape& shape = ui.picture.record().shape();
  const float aspect = static_cast<float>(ui.picture.columns()) / static_cast<float>(ui.picture.rows());
  const float width = (room.x - ui.px(kRowLabel)) / static_cast<float>(shape.heads) - ui.px(kGap);
  const float height = (room.y - ui.px(kColumnLabel)) / static_cast<float>(shape.layers) - ui.px(kGap);
  const float side = std::max(ui.px(kTileMin), std::min(width, height * aspect));
  Thumbs thumbs;
  thumbs.size = ImVec2(std::floor(side), std::floor(side / aspect));
  thumbs.pitch_ = ImVec2(thumbs.size.x + ui.px(kGap), thumbs.size.y + ui.px(kGap));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  thumbs.low = ImVec2(std::round(at.x + ui.px(kRowLabel)), std::round(at.y));
  return thumbs;
}

void draw_thumb(Ui& ui, const Thumbs& thumbs, int layer, int head) {
  const ImVec2 low(thumbs.low.x + thumbs.pitch().x * static_cast<float>(head),
                   thumbs.low.y + thumbs.pitch().y * static_cast<float>(layer));
  const ImVec2 high(low.x + thumbs.size.x, low.y + thumbs.size.y);
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(layer * 4096 + head);
  if (ImGui::InvisibleButton("##head", thumbs.size, ImGuiButtonFlags_EnableNav))
    ui.out.emplace_back(SelectPictureMap{{layer, head}});
  ImGui::PopID();
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    std::string text = ui.tr.format("heads.tip", ui.tr.format("choice.layer", layer + 1),
                                    ui.tr.format("choice.head", head + 1));
    const Eigen::MatrixXd& mass = ui.picture.region_mass();
    if (mass.size() > 0)
      text += "\n" + ui.tr.format("regions.tip", ui.tr.number(100.0 * mass(layer, head), 1));
    tooltip(ui, text.c_str());
  }
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(low, high, ui.colors.empty_cell);
  if (ui.textures.patch_atlas != ImTextureID_Invalid) {
    const float width = static_cast<float>(ui.picture.atlas().width),
                height = static_cast<float>(ui.picture.atlas().height);
    const ImVec2 uv(static_cast<float>(ui.picture.pitch_x() * head) / width,
                    static_cast<float>(ui.picture.pitch_y() * layer) / height);
    draw->AddImage(ui.textures.patch_atlas, low, high, uv,
                   ImVec2(uv.x + static_cast<float>(ui.picture.columns()) / width,
                          uv.y + static_cast<float>(ui.picture.rows()) / height));
  }
  const bool chosen = ui.picture.choice() == MapChoice{layer, head};
  if (!chosen && !hot) return;
  const float edge = ui.px(2);
  draw->AddRect(ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
                chosen ? ui.colors.accent : ui.colors.secondary, ui.px(3), ui.px(chosen ? 2.5f : 1.2f));
}

// The name of a row is a button: the mean over the heads of that layer.
void draw_row_label(Ui& ui, const Thumbs& thumbs, int layer) {
  const std::string label = ui.tr.format("choice.layer.short", layer + 1);
  const ImVec2 size = measure(ui, kSmall, label);
  const float y =
      thumbs.low.y + thumbs.pitch().y * static_cast<float>(layer) + (thumbs.size.y - ui.px(22)) / 2;
  ImGui::SetCursorScreenPos(ImVec2(thumbs.low.x - ui.px(kRowLabel), y));
  ImGui::PushID(layer);
  if (ImGui::InvisibleButton("##layer", ImVec2(ui.px(kRowLabel - 4), ui.px(22)), ImGuiButtonFlags_EnableNav))
    ui.out.emplace_back(SelectPictureMap{{layer, MapChoice::kMean}});
  ImGui::PopID();
  const MapChoice& choice = ui.picture.choice();
  const ImU32 color = choice.layer == layer && choice.head < 0 ? ui.colors.accent
                      : ImGui::IsItemHovered()                 ? ui.colors.text
                                                               : ui.colors.secondary;
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(thumbs.low.x - ui.px(10) - size.x, y + ui.px(3)), kSmall,
            color, label, choice.layer == layer ? ui.fonts.bold : ui.fonts.regular);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip))
    tooltip(ui, choice_label(ui, {layer, MapChoice::kMean}).c_str());
}

void draw_thumbs(Ui& ui) {
  const AttentionShape& shape = ui.picture.record().shape();
  const Thumbs thumbs = fit_thumbs(ui, ImGui::GetContentRegionAvail());
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const auto& platform = ImGui::GetPlatformIO();
  if (platform.DrawCallback_SetSamplerNearest != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerNearest, nullptr);
  for (int layer = 0; layer < shape.layers; ++layer) {
    draw_row_label(ui, thumbs, layer);
    for (int head = 0; head < shape.heads; ++head) draw_thumb(ui, thumbs, layer, head);
  }
  if (platform.DrawCallback_SetSamplerLinear != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerLinear, nullptr);
  const float bottom = thumbs.low.y + thumbs.pitch().y * static_cast<float>(shape.layers);
  const bool every = thumbs.pitch().x >= ui.px(24);
  for (int head = 0; head < shape.heads; head += every ? 1 : 2) {
    const std::string label = ui.tr.format("choice.head.short", head + 1);
    const ImVec2 size = measure(ui, kSmall, label);
    const bool chosen = ui.picture.choice().head == head;
    draw_text(
        ui, draw,
        ImVec2(thumbs.low.x + thumbs.pitch().x * static_cast<float>(head) + (thumbs.size.x - size.x) / 2,
               bottom),
        kSmall, chosen ? ui.colors.text : ui.colors.secondary, label,
        chosen ? ui.fonts.bold : ui.fonts.regular);
  }
  ImGui::SetCursorScreenPos(thumbs.low);
  ImGui::Dummy(ImVec2(thumbs.pitch().x * static_cast<float>(shape.heads), bottom - thumbs.low.y + ui.px(16)));
}

void draw_chip(Ui& ui, const std::string& label, const MapChoice& choice, const char* tip) {
  if (chip(ui, label.c_str(), ui.picture.choice() == choice, tip))
    ui.out.emplace_back(SelectPictureMap{choice});
}

void draw_chips(Ui& ui) {
  const int layer = std::max(0, ui.picture.choice().layer);
  const std::string prefix = ui.tr.format("choice.layer.short", layer + 1) + " ";
  draw_chip(ui, prefix + ui.tr("choice.mean.short") + "###mean", {layer, MapChoice::kMean},
            choice_label(ui, {layer, MapChoice::kMean}).c_str());
  ImGui::SameLine(0, ui.px(6));
  draw_chip(ui, prefix + ui.tr("choice.max.short") + "###max", {layer, MapChoice::kMax},
            choice_label(ui, {layer, MapChoice::kMax}).c_str());
  ImGui::SameLine(0, ui.px(6));
  draw_chip(ui, std::string(ui.tr("choice.all")) + "###all", {MapChoice::kMean, MapChoice::kMean},
            ui.tr("choice.mean.tip"));
  ImGui::SameLine(0, ui.px(6));
  draw_chip(ui, std::string(ui.tr("choice.rollout")) + "###rollout", {MapChoice::kRollout, MapChoice::kMean},
            ui.tr("choice.rollout.tip"));
  ImGui::SameLine(0, ui.px(6));
  draw_chip(ui, std::string(ui.tr("choice.flow")) + "###flow", {MapChoice::kFlow, MapChoice::kMean},
            ui.tr("choice.flow.tip"));
}

}  // namespace

void draw_patch_heads_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.patch_heads"))) {
    if (!ui.picture.has_run()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("picture.empty"));
    } else {
      text_sized(ui, kSmall, ui.colors.secondary,
                 fitted(ui,
                        ui.tr.format(ui.state.view.incoming ? "patch_heads.incoming" : "patch_heads.outgoing",
                                     patch_label(ui, ui.picture.subject())) +
                            " · " +
                            ui.tr(ui.state.view.picture.absolute ? "patch_heads.one_scale"
                                                                 : "patch_heads.own_scale"),
                        kSmall, ImGui::GetContentRegionAvail().x));
      const float height = ImGui::GetContentRegionAvail().y - ui.px(kChips + 4);
      ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(3), ui.px(3)));
      if (ImGui::BeginChild("##thumbs", ImVec2(0, std::max(ui.px(40), height)),
                            ImGuiChildFlags_AlwaysUseWindowPadding, ImGuiWindowFlags_HorizontalScrollbar)) {
        draw_thumbs(ui);
      }
      ImGui::EndChild();
      ImGui::PopStyleVar();
      draw_chips(ui);
    }
  }
  end_panel();
}

}  // namespace regard
