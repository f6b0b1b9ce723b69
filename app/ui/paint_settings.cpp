// Seed, steps, guidance and negative prompt, in the line above the prompt.
#include <algorithm>

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/ui/paint_parts.h"
#include "app/ui/reading_lists.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"

namespace regard {
namespace {

constexpr float kSettingsGap = 14, kTitle = 76;

// A small field after its word. @return the width it took, pixels
class FieldLine {
 public:
  FieldLine(Ui& ui, ImVec2 at, float right) : ui_(ui), at_(at), right_(right) {}
  /// Places the cursor and draws the label. @return false when there is no room left.
  bool field(const char* label, float width) {
    const float text = measure(ui_, kSmall, label).x + ui_.px(6);
    if (at_.x + text + ui_.px(width) > right_) return false;
    draw_text(ui_, ImGui::GetWindowDrawList(), ImVec2(at_.x, at_.y + ui_.px(3)), kSmall, ui_.colors.secondary,
              label);
    ImGui::SetCursorScreenPos(ImVec2(at_.x + text, at_.y));
    ImGui::SetNextItemWidth(ui_.px(width));
    at_.x += text + ui_.px(width + kSettingsGap);
    return true;
  }
  float left() const { return right_ - at_.x; }

 private:
  Ui& ui_;
  ImVec2 at_;
  float right_;
};

void tip(Ui& ui, const char* key) {
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr(key));
}

void seed_field(Ui& ui, FieldLine& line) {
  if (!line.field(ui.tr("paint.seed"), 64)) return;
  std::uint64_t seed = ui.state.doc.paint.seed;
  if (ImGui::InputScalar("##seed", ImGuiDataType_U64, &seed))
    set_paint(ui, [&](PaintDocument& paint) { paint.seed = seed; }, ui.ui.gesture);
  if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  tip(ui, "paint.seed.tip");
}

void steps_field(Ui& ui, FieldLine& line) {
  if (!line.field(ui.tr("paint.steps"), 52)) return;
  const PaintDocument& paint = ui.state.doc.paint;
  int steps = paint.steps != 0 ? paint.steps : ui.state.paint_model ? ui.state.paint_model->steps : 1;
  if (ImGui::DragInt("##steps", &steps, 0.2f, 1, kMostShownSteps, "%d", ImGuiSliderFlags_AlwaysClamp))
    set_paint(ui, [&](PaintDocument& p) { p.steps = steps; }, ui.ui.gesture);
  if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  tip(ui, "paint.steps.tip");
}

void guidance_field(Ui& ui, FieldLine& line) {
  if (!line.field(ui.tr("paint.guidance"), 56)) return;
  const PaintDocument& paint = ui.state.doc.paint;
  float guidance = static_cast<float>(
      paint.guidance.value_or(ui.state.paint_model ? ui.state.paint_model->guidance : 1.0));
  // The number as the language writes it; ImGui shows a format without a place as it stands.
  const std::string shown = ui.tr.number(static_cast<double>(guidance), 2);
  if (ImGui::DragFloat("##guidance", &guidance, 0.02f, 0.0f, 20.0f, shown.c_str(),
                       ImGuiSliderFlags_AlwaysClamp))
    set_paint(ui, [&](PaintDocument& p) { p.guidance = static_cast<double>(guidance); }, ui.ui.gesture);
  if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  tip(ui, "paint.guidance.tip");
}

// What the last drawing had to say of the negative prompt that stands there: the cut first. Empty: nothing.
std::string negative_warning(const Ui& ui) {
  if (!ui.paint.has_run()) return {};
  const PaintRun& run = ui.paint.run();
  const auto& warnings = run.negative.warnings;
  if (warnings.empty() || run.request.negative != ui.state.doc.paint.negative) return {};
  const auto cut = std::ranges::find(warnings, "warning.cut", &PromptWarning::key);
  const PromptWarning& told = cut != warnings.end() ? *cut : warnings.front();
  return ui.tr.format(told.key, run.negative.tokens.size(), run.negative.tokens_cut);
}

void negative_field(Ui& ui, FieldLine& line) {
  const float label = measure(ui, kSmall, ui.tr("paint.negative")).x;
  const float room = std::min(ui.px(190), line.left() - label - ui.px(8)) / ui.px(1);
  if (room < 60 || !line.field(ui.tr("paint.negative"), room)) return;
  std::string& text = ui.ui.paint.negative;
  if (text != ui.state.doc.paint.negative && ImGui::GetActiveID() != ImGui::GetID("##negative"))
    text = ui.state.doc.paint.negative;
  const std::string told = negative_warning(ui);
  ImGui::PushStyleColor(ImGuiCol_Text, told.empty() ? ui.colors.text : ui.colors.warning);
  if (ImGui::InputTextWithHint("##negative", ui.tr("paint.negative.hint"), &text))
    set_paint(ui, [&](PaintDocument& paint) { paint.negative = text; }, ui.ui.gesture);
  ImGui::PopStyleColor();
  if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  if (told.empty()) {
    tip(ui, "paint.negative.tip");
  } else if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    tooltip(ui, told.c_str());
  }
}

}  // namespace

void draw_paint_settings(Ui& ui) {
  const ImVec2 window = ImGui::GetWindowPos();
  const Reading reading{ui.state.doc.syntax, ui.state.doc.weighting};
  const float right = window.x + ImGui::GetWindowWidth() - ui.px(14 + 20) - reading_width(ui, reading);
  const float title =
      std::max(ui.px(kTitle), measure(ui, kSmall, ui.tr("panel.prompt"), ui.fonts.bold).x + ui.px(34));
  FieldLine line(ui, ImVec2(window.x + title, window.y + ui.px(8)), right);
  WithFont font(ui.fonts.regular, kSmall);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(6), ui.px(3)));
  seed_field(ui, line);
  steps_field(ui, line);
  guidance_field(ui, line);
  negative_field(ui, line);
  ImGui::PopStyleVar();
}

}  // namespace regard
