// Two regions of the picture, A and B: drawn by hand or an object of the sample, and how much each head lets
// A look at B.
#include <algorithm>
#include <map>
#include <string>

#include <imgui_internal.h>

#include "app/ui/picture_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/picture_views.h"

namespace regard {
namespace {

void region_button(Ui& ui, bool second) {
  const RegionDrag mode = second ? RegionDrag::kRegionB : RegionDrag::kRegionA;
  const std::vector<int>& region = second ? ui.state.doc.picture.region_b : ui.state.doc.picture.region_a;
  const bool drawing = ui.ui.picture.drawing == mode;
  const std::string label =
      ui.tr.format("regions.button", second ? "B" : "A", region.size()) + (second ? "###b" : "###a");
  WithFont font(ui.fonts.regular, kSmall);
  ImGui::PushStyleColor(ImGuiCol_Border, region_color(ui, second));
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, ui.px(drawing ? 2.5f : 1.2f));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(8), ui.px(5)));
  if (ImGui::Button(label.c_str())) {
    ui.ui.picture.drawing = drawing ? RegionDrag::kNone : mode;
    ui.ui.picture.lasso.clear();
  }
  ImGui::PopStyleVar(2);
  ImGui::PopStyleColor();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("regions.tip.draw"));
}

// The sample's words in the language in force, else in English.
std::string word_of(const Ui& ui, const std::map<std::string, std::string>& words) {
  for (const std::string& language : {ui.tr.language(), std::string(kEnglish)}) {
    if (const auto found = words.find(language); found != words.end()) return found->second;
  }
  return {};
}

std::string object_name(const Ui& ui, const SceneObject& object) {
  const std::string noun = word_of(ui, object.noun), colour = word_of(ui, object.colour);
  const std::string name = colour.empty() ? noun : ui.tr.format("regions.coloured", noun, colour);
  return object.reflection_of >= 0 ? ui.tr.format("regions.reflection", name) : name;
}

// A sample knows what stands where: its objects are ready regions.
void object_list(Ui& ui) {
  if (ui.state.objects.empty()) return;
  ImGui::SameLine(0, ui.px(10));
  if (!begin_dropdown(ui, "objects", ui.tr("regions.objects"))) return;
  for (const bool second : {false, true}) {
    for (const SceneObject& object : ui.state.objects) {
      const std::string label = std::string(second ? "B = " : "A = ") + object_name(ui, object);
      if (ImGui::MenuItem(label.c_str()))
        ui.out.emplace_back(SetRegion{second, tokens_of(object, ui.picture.run()), 0});
    }
  }
  ImGui::EndPopup();
}

void draw_regions(Ui& ui) {
  region_button(ui, false);
  ImGui::SameLine(0, ui.px(6));
  region_button(ui, true);
  object_list(ui);
  if (ui.ui.picture.drawing != RegionDrag::kNone)
    text_sized(ui, kSmall, ui.colors.accent, ui.tr("regions.drawing"));
  const Eigen::MatrixXd& mass = ui.picture.region_mass();
  if (mass.size() == 0) {
    if (ui.ui.picture.drawing == RegionDrag::kNone)
      text_sized(ui, kSmall, ui.colors.secondary, ui.tr("regions.empty"));
    return;
  }
  text_sized(ui, kSmall, ui.colors.secondary,
             ui.tr.format("regions.chance", ui.tr.percent(ui.picture.region_chance(), 1)));
  std::vector<std::pair<int, int>> heads;
  for (int layer = 0; layer < mass.rows(); ++layer) {
    for (int head = 0; head < mass.cols(); ++head) heads.emplace_back(layer, head);
  }
  std::ranges::stable_sort(
      heads, [&](const auto& a, const auto& b) { return mass(a.first, a.second) > mass(b.first, b.second); });
  const double most = mass(heads.front().first, heads.front().second);
  for (std::size_t i = 0; i < std::min<std::size_t>(heads.size(), 8); ++i) {
    const auto [layer, head] = heads[i];
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::PushID(static_cast<int>(i));
    if (ImGui::InvisibleButton("##head", ImVec2(ImGui::GetContentRegionAvail().x, ui.px(share_pitch(ui) - 1)),
                               ImGuiButtonFlags_EnableNav))
      select_map(ui, map_choice(layer, head));
    ImGui::PopID();
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("regions.head.tip"));
    ImGui::SetCursorScreenPos(at);
    draw_share_bar(ui, choice_label(ui, map_choice(layer, head)), static_cast<float>(mass(layer, head)),
                   static_cast<float>(most), region_color(ui, true));
  }
}

}  // namespace

void draw_regions_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("regions.title"))) {
    if (!ui.picture.has_run()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("picture.empty"));
    } else {
      if (ImGui::BeginChild("##regions", ImVec2(0, 0))) {
        ImGui::PushTextWrapPos(0.0f);
        draw_regions(ui);
        ImGui::PopTextWrapPos();
      }
      ImGui::EndChild();
    }
  }
  end_panel();
}

}  // namespace regard
