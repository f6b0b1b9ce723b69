// Numbers of the chosen token: what its row is made of, the patches it reads most, how much one region
// looks at another, and which tokens are unusually long.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>

#include <imgui_internal.h>

#include "app/ui/picture_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/picture_views.h"

namespace regard {
namespace {

constexpr int kMostRead = 6;

// A name, a bar from 0 to 1, a number.
void draw_share(Ui& ui, const std::string& name, float share, float most, ImU32 color) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, name_width = ui.px(112), number_width = ui.px(54);
  const float room = std::max(ui.px(10), width - name_width - number_width);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, at, kSmall, ui.colors.text, fitted(ui, name, kSmall, name_width - ui.px(8)));
  const float bar = room * std::clamp(most > 0.0f ? share / most : 0.0f, 0.0f, 1.0f);
  draw->AddRectFilled(ImVec2(at.x + name_width, at.y + ui.px(3)),
                      ImVec2(at.x + name_width + std::max(ui.px(1), bar), at.y + ui.px(14)), color, ui.px(2));
  const std::string number = ui.tr.number(share, 4);
  draw_text(ui, draw, ImVec2(at.x + width - measure(ui, kSmall, number).x, at.y), kSmall, ui.colors.secondary,
            number);
  ImGui::Dummy(ImVec2(width, ui.px(19)));
}

void draw_row_shares(Ui& ui) {
  const RowShares& shares = ui.picture.shares();
  const int subject = ui.picture.subject();
  text_sized(
      ui, kBody, ui.colors.text,
      ui.tr.format(ui.state.view.incoming ? "numbers.column" : "numbers.row", patch_label(ui, subject)),
      ui.fonts.bold);
  text_sized(ui, kSmall, ui.colors.secondary, choice_label(ui, ui.picture.choice()));
  if (shares.specials.empty()) return;
  for (std::size_t i = 0; i < shares.specials.size(); ++i)
    draw_share(ui, patch_label(ui, static_cast<int>(i)), shares.specials[i], 1.0f, ui.colors.neutral_bar);
  draw_share(ui, ui.tr("numbers.patches"), shares.patches, 1.0f, ui.colors.neutral_bar);
  draw_share(ui, ui.tr("numbers.itself"), shares.itself, 1.0f, ui.colors.neutral_bar);
  if (!ui.state.view.incoming) {
    text_sized(ui, kSmall, ui.colors.secondary,
               ui.tr.format("numbers.entropy", ui.tr.number(shares.entropy, 2),
                            ui.tr.number(std::log2(static_cast<double>(ui.picture.row().size())), 2)));
  }
}

void draw_most_read(Ui& ui) {
  const RowVector& row = ui.picture.row();
  if (row.size() == 0 || ui.picture.overlay_signed()) return;
  std::vector<int> tokens(static_cast<std::size_t>(row.size()));
  std::iota(tokens.begin(), tokens.end(), 0);
  std::erase_if(tokens, [&](int t) { return !ui.picture.is_patch(t) || t == ui.picture.subject(); });
  const auto count = std::min<std::size_t>(kMostRead, tokens.size());
  std::partial_sort(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(count), tokens.end(),
                    [&](int a, int b) { return row(a) > row(b); });
  if (count == 0) return;
  ImGui::Dummy(ImVec2(1, ui.px(4)));
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("numbers.most"));
  for (std::size_t i = 0; i < count; ++i)
    draw_share(ui, patch_label(ui, tokens[i]), row(tokens[i]), row(tokens[0]), ui.colors.pins[0]);
}

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
  ImGui::Dummy(ImVec2(1, ui.px(6)));
  text_sized(ui, kBody, ui.colors.text, ui.tr("regions.title"), ui.fonts.bold);
  region_button(ui, false);
  ImGui::SameLine(0, ui.px(6));
  region_button(ui, true);
  object_list(ui);
  if (ui.ui.picture.drawing != RegionDrag::kNone)
    text_sized(ui, kSmall, ui.colors.accent, ui.tr("regions.drawing"));
  const Eigen::MatrixXd& mass = ui.picture.region_mass();
  if (mass.size() == 0) return;
  text_sized(ui, kSmall, ui.colors.secondary,
             ui.tr.format("regions.chance", ui.tr.number(100.0 * ui.picture.region_chance(), 1)));
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
    draw_share(ui, choice_label(ui, {layer, head}), static_cast<float>(mass(layer, head)),
               static_cast<float>(most), region_color(ui, true));
    const ImVec2 after = ImGui::GetCursorScreenPos();
    ImGui::SetCursorScreenPos(at);
    ImGui::PushID(static_cast<int>(i));
    if (ImGui::InvisibleButton("##head", ImVec2(ImGui::GetContentRegionAvail().x, ui.px(18)),
                               ImGuiButtonFlags_EnableNav))
      ui.out.emplace_back(SelectPictureMap{{layer, head}});
    ImGui::PopID();
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("regions.head.tip"));
    ImGui::SetCursorScreenPos(after);
  }
}

void draw_norms(Ui& ui) {
  const TokenNorms& norms = ui.picture.norms();
  ImGui::Dummy(ImVec2(1, ui.px(6)));
  text_sized(ui, kBody, ui.colors.text, ui.tr("norms.title"), ui.fonts.bold);
  const float subject = norms.norms(ui.picture.subject());
  text_sized(ui, kSmall, ui.colors.text,
             ui.tr.format("norms.line", ui.picture.norms_layer(), ui.tr.number(subject, 2),
                          ui.tr.number(ui.picture.norms_median(), 2)));
  text_sized(
      ui, kSmall, ui.colors.secondary,
      ui.tr.format("norms.outliers", ui.picture.norm_outliers(), ui.tr.number(PictureViews::kOutlier, 0)));
}

}  // namespace

void draw_patch_numbers_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.patch_numbers"))) {
    if (!ui.picture.has_run()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("picture.empty"));
    } else if (ImGui::BeginChild("##numbers", ImVec2(0, 0))) {
      ImGui::PushTextWrapPos(0.0f);
      draw_row_shares(ui);
      draw_most_read(ui);
      draw_regions(ui);
      draw_norms(ui);
      text_sized(ui, kSmall, ui.colors.secondary, ui.tr("why.honest"));
      ImGui::PopTextWrapPos();
      ImGui::EndChild();
    } else {
      ImGui::EndChild();
    }
  }
  end_panel();
}

}  // namespace regard
