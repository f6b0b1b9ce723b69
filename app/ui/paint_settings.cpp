// Seed, steps, guidance and negative prompt, in the line above the prompt.
#include <algorithm>

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/ui/actions.h"
#include "app/ui/paint_parts.h"
#include "app/ui/reading_lists.h"
#include "app/ui/widgets.h"
#include "app/ui/word_list.h"
#include "app/views/paint_views.h"

namespace regard {
namespace {

constexpr float kSettingsGap = 14, kTitle = 76, kFieldLine = 26;

// Small fields, each after its word, from left to right.
class FieldLine {
 public:
  /// @param wraps  goes on in the next line when one is full
  FieldLine(Ui& ui, ImVec2 at, float right, bool wraps)
      : ui_(ui), at_(at), first_(at.x), right_(right), wraps_(wraps) {}
  /// Places the cursor and draws the label. @return false when there is no room left.
  bool field(const char* label, float width) {
    const float text = measure(ui_, kSmall, label).x + ui_.px(6);
    if (at_.x + text + ui_.px(width) > right_ && !next_line()) return false;
    draw_text(ui_, ImGui::GetWindowDrawList(), ImVec2(at_.x, at_.y + ui_.px(3)), kSmall, ui_.colors.secondary,
              label);
    ImGui::SetCursorScreenPos(ImVec2(at_.x + text, at_.y));
    ImGui::SetNextItemWidth(std::min(ui_.px(width), right_ - at_.x - text));
    at_.x += text + ui_.px(width + kSettingsGap);
    return true;
  }
  /// Whether the line was not empty, and there is a next one.
  bool next_line() {
    if (!wraps_ || at_.x <= first_) return false;
    at_ = ImVec2(first_, at_.y + ui_.px(kFieldLine));
    return true;
  }
  /// A small button close behind the last field; true when clicked.
  bool button(const char* label) {
    constexpr float kWidth = 26;
    ImGui::SetCursorScreenPos(ImVec2(at_.x - ui_.px(kSettingsGap - 4), at_.y));
    const bool clicked = ImGui::Button(label, ImVec2(ui_.px(kWidth), ImGui::GetFrameHeight()));
    at_.x += ui_.px(kWidth + 4);
    return clicked;
  }
  float left() const { return right_ - at_.x; }
  float bottom() const { return at_.y + ui_.px(kFieldLine); }

 private:
  Ui& ui_;
  ImVec2 at_;
  float first_, right_;
  bool wraps_;
};

void tip(Ui& ui, const char* key) {
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr(key));
}

void seed_field(Ui& ui, FieldLine& line) {
  if (!line.field(ui.tr("paint.seed"), 64)) return;
  std::uint64_t seed = ui.state.doc.paint.seed;
  if (ImGui::InputScalar("##seed", ImGuiDataType_U64, &seed))
    set_paint(ui, [&](PaintDocument& paint) { paint.seed = seed; }, ui.ui.gesture);
  note_field(ui, std::to_string(seed));
  if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  tip(ui, "paint.seed.tip");
  if (line.button("\uf522###die")) act::new_seed(ui);
  tip(ui, "paint.die.tip");
}

void steps_field(Ui& ui, FieldLine& line) {
  if (!line.field(ui.tr("paint.steps"), 52)) return;
  const PaintDocument& paint = ui.state.doc.paint;
  int steps = paint.steps != 0 ? paint.steps : ui.state.paint_model ? ui.state.paint_model->steps : 1;
  if (ImGui::DragInt("##steps", &steps, 0.2f, 1, kMostShownSteps, "%d", ImGuiSliderFlags_AlwaysClamp))
    set_paint(ui, [&](PaintDocument& p) { p.steps = steps; }, ui.ui.gesture);
  note_field(ui, std::to_string(steps));
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
  note_field(ui, shown);
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
  if (line.left() < label + ui.px(8 + 90)) (void)line.next_line();
  const float room = std::min(ui.px(190), line.left() - label - ui.px(8)) / ui.px(1);
  if (room < 60 || !line.field(ui.tr("paint.negative"), room)) return;
  std::string& text = ui.ui.paint.negative;
  if (text != ui.state.doc.paint.negative && ImGui::GetActiveID() != ImGui::GetID("##negative"))
    text = ui.state.doc.paint.negative;
  const std::string told = negative_warning(ui);
  ImGui::PushStyleColor(ImGuiCol_Text, told.empty() ? ui.colors.text : ui.colors.warning);
  if (ImGui::InputTextWithHint("##negative", ui.tr("paint.negative.hint"), &text))
    set_paint(ui, [&](PaintDocument& paint) { paint.negative = text; }, ui.ui.gesture);
  if (text.empty()) note_field(ui, ui.tr("paint.negative.hint"));
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
  constexpr float kWanted = 600, kLow = 540;  // of all four; a window that has no room for them. Units
  const LayoutUi& layout = ui.ui.layout;
  if (layout.room != Room::kWide && layout.maximised == nullptr &&
      ImGui::GetMainViewport()->Size.y < ui.px(kLow))
    return;  // the words come first: F10 shows all of the panel
  const ImVec2 window = ImGui::GetWindowPos();
  const float edge = window.x + ImGui::GetWindowWidth() - ui.px(14);
  const Reading reading{ui.state.doc.syntax, ui.state.doc.weighting};
  const float title =
      std::max(ui.px(kTitle), measure(ui, kSmall, ui.tr("panel.prompt"), ui.fonts.bold).x + ui.px(34));
  const float right = edge - ui.px(20) - reading_width(ui, reading) - word_list_width(ui);
  const ImVec2 under = ImGui::GetCursorScreenPos();
  const bool fits = right - window.x - title >= ui.px(kWanted);
  FieldLine line = fits ? FieldLine(ui, ImVec2(window.x + title, window.y + ui.px(8)), right, false)
                        : FieldLine(ui, ImVec2(under.x, under.y + ui.px(1)), edge, true);
  WithFont font(ui.fonts.regular, kSmall);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(6), ui.px(3)));
  seed_field(ui, line);
  steps_field(ui, line);
  guidance_field(ui, line);
  negative_field(ui, line);
  ImGui::PopStyleVar();
  ImGui::SetCursorScreenPos(ImVec2(under.x, fits ? under.y : line.bottom() + ui.px(2)));
}

}  // namespace regard
