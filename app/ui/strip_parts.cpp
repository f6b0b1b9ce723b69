#include "app/ui/strip_parts.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <misc/cpp/imgui_stdlib.h>

#include "app/state/queries.h"
#include "app/ui/paint_parts.h"
#include "app/ui/panels.h"
#include "app/ui/weight_slider.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/side_views.h"
#include "app/views/strip_words.h"

namespace regard {
namespace {

// Lists to choose from; those below 0 where the scheme and the grammar can use them.
std::vector<std::vector<double>> strip_presets(bool negative) {
  std::vector<std::vector<double>> out{
      {std::begin(kStripWeights), std::end(kStripWeights)}, {0, 1, 2}, {0.5, 0.75, 1, 1.25, 1.5, 1.75, 2}};
  if (negative) out.push_back({-2, -1, 0, 1, 2});
  return out;
}

void set_strip_weights(Ui& ui, std::vector<double> weights) {
  if (weights == ui.state.doc.paint.seeds.weights) return;
  set_paint(ui, [&](PaintDocument& paint) { paint.seeds.weights = std::move(weights); });
}

void draw_word_choice(Ui& ui, const std::string& label) {
  if (!begin_dropdown(ui, "word", label)) return;
  const Word* chosen = word_of_strip(ui.state);
  for (const PaintWord& word : ui.paint.words()) {
    if (word.place.kind != PromptWord::Kind::kWord) continue;
    ImGui::PushID(word.first_token);
    if (ImGui::MenuItem(paint_word_label(ui, word).c_str(), nullptr,
                        chosen != nullptr && chosen->holds(word.place.byte)))
      show_word(ui, word.place);
    ImGui::PopID();
  }
  ImGui::EndPopup();
}

// The weights themselves; Enter takes them, and what is no list of them says so.
void draw_weights_field(Ui& ui) {
  StripField& field = ui.ui.strip;
  if (ImGui::IsWindowAppearing()) field = {.text = weights_text(ui.tr, ui.state.doc.paint.seeds.weights)};
  WithFont font(ui.fonts.regular, kBody);
  ImGui::SetNextItemWidth(ui.px(230));
  const bool entered = ImGui::InputText("##weights", &field.text, ImGuiInputTextFlags_EnterReturnsTrue);
  if (ImGui::IsItemEdited()) field.wrong = false;
  if (entered) {
    auto weights = weights_typed(ui.tr, field.text);
    field.wrong = !weights;
    if (weights) {
      set_strip_weights(ui, std::move(*weights));
      ImGui::CloseCurrentPopup();
    }
  }
  const std::string least = weight_text(ui.tr, -kMostStripWeight),
                    most = weight_text(ui.tr, kMostStripWeight);
  ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + ui.px(230));
  text_sized(ui, kSmall, field.wrong ? ui.colors.warning : ui.colors.secondary,
             ui.tr.format(field.wrong ? "strip.weights.wrong" : "strip.weights.hint", kMostStripWeights,
                          least, most));
  ImGui::PopTextWrapPos();
}

void draw_weights_choice(Ui& ui, const std::string& label) {
  if (!begin_dropdown(ui, "weights", label)) return;
  for (const std::vector<double>& preset : strip_presets(least_weight(ui) < 0.0f)) {
    if (ImGui::MenuItem(weights_text(ui.tr, preset).c_str(), nullptr,
                        preset == ui.state.doc.paint.seeds.weights))
      set_strip_weights(ui, preset);
  }
  ImGui::Separator();
  draw_weights_field(ui);
  ImGui::EndPopup();
}

}  // namespace

void draw_strip_choices(Ui& ui) {
  const Word* word = word_of_strip(ui.state);
  const std::string which =
      ui.tr.format("strip.word", word != nullptr ? place_label(ui, {PromptWord::Kind::kWord, word->start})
                                                 : std::string("–"));
  same_line_if_fits(ui, dropdown_width(ui, which));
  draw_word_choice(ui, which);
  const std::string weights =
      ui.tr.format("strip.weights", weights_text(ui.tr, ui.state.doc.paint.seeds.weights));
  same_line_if_fits(ui, dropdown_width(ui, weights));
  draw_weights_choice(ui, weights);
}

void draw_strip_notes(Ui& ui) {
  const auto strip = ui.side.strip();
  if (strip == nullptr) return;
  const float width = ImGui::GetContentRegionAvail().x;
  text_sized(ui, kSmall, ui.colors.text, fitted(ui, strip_summary(ui.tr, *strip), kSmall, width));
  text_sized(ui, kSmall, ui.colors.secondary, fitted(ui, strip_note(ui.tr, *strip), kSmall, width));
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) return;
  tooltip(ui, strip_note(ui.tr, *strip).c_str());
}

void strip_item(Ui& ui, const PromptWord& place) {
  const std::string name = place_label(ui, place);
  if (place.kind != PromptWord::Kind::kWord || !ui.state.paint_model || name == "?") return;
  const std::string label =
      ui.tr.format("strip.item", name, ui.state.doc.paint.seeds.weights.size()) + "###strip_item";
  if (ImGui::MenuItem(label.c_str())) {
    if (ui.state.view.workspace != Workspace::kPainting)
      ui.out.emplace_back(SetWorkspace{Workspace::kPainting});
    set_paint(ui, [&](PaintDocument& paint) {
      paint.word = place;
      paint.patch = -1;
      paint.seeds.series = Series::kWeights;
    });
    fetch_panel_soon(ui, *std::ranges::find(panels(), std::string_view("panel.paint_seeds"), &Panel::key));
  }
  if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("strip.item.tip"));
}

}  // namespace regard
