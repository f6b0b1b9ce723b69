#include "app/ui/reading_lists.h"

#include <initializer_list>
#include <string>

#include "app/ui/widgets.h"
#include "core/engine/text_chunks.h"
#include "core/prompt/grammar.h"
#include "core/prompt/weighting.h"

namespace regard {
namespace {

constexpr Syntax kListedSyntaxes[] = {Syntax::kA1111, Syntax::kA1111Old, Syntax::kComfyUI, Syntax::kCompel};
constexpr float kListsGap = 16;

std::string syntax_key(Syntax syntax) { return "syntax." + std::string(syntax_name(syntax)); }
std::string weighting_key(Weighting weighting) {
  return "weighting." + std::string(weighting_name(weighting));
}

std::string syntax_text(const Ui& ui, Syntax syntax) {
  return std::string(ui.tr("prompt.syntax")) + " " + syntax_label(ui, syntax);
}
std::string weighting_text(const Ui& ui, Weighting weighting) {
  return std::string(ui.tr("prompt.weighting")) + " " + weighting_label(ui, weighting);
}

// How the program of a grammar can cut a long prompt.
std::initializer_list<ChunkRule> rules_of(Syntax syntax) {
  static constexpr std::initializer_list<ChunkRule> kComfyUI{ChunkRule::kComfyUI, ChunkRule::kComfyUIOlder};
  static constexpr std::initializer_list<ChunkRule> kCompel{
      ChunkRule::kCompel, ChunkRule::kCompelBrutal, ChunkRule::kCompelWords, ChunkRule::kCompelPhrases,
      ChunkRule::kCompelSentences};
  static constexpr std::initializer_list<ChunkRule> kA1111{ChunkRule::kA1111};
  return syntax == Syntax::kComfyUI ? kComfyUI : syntax == Syntax::kCompel ? kCompel : kA1111;
}

void chunk_rule_items(Ui& ui) {
  const Document& doc = ui.state.doc;
  const auto rules = rules_of(doc.syntax);
  if (rules.size() < 2) return;
  ImGui::Separator();
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("chunks.rule"));
  const ChunkRule in_force = doc.chunk_rule.value_or(chunk_rule_of(doc.syntax));
  for (const ChunkRule rule : rules) {
    const std::string key = "chunks." + std::string(chunk_rule_name(rule));
    if (ImGui::MenuItem(ui.tr(key), nullptr, rule == in_force)) ui.out.emplace_back(SetChunkRule{rule});
  }
}

void normalisation_items(Ui& ui) {
  ImGui::Separator();
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("normalisation.title"));
  for (const TokenNormalisation value : {TokenNormalisation::kNone, TokenNormalisation::kMean,
                                         TokenNormalisation::kLength, TokenNormalisation::kLengthMean}) {
    const std::string key = "normalisation." + std::string(normalisation_name(value));
    if (ImGui::MenuItem(ui.tr(key), nullptr, ui.state.doc.normalisation == value))
      ui.out.emplace_back(SetNormalisation{value});
    if (ImGui::IsItemHovered()) tooltip(ui, ui.tr(key + ".tip"));
  }
}

}  // namespace

std::string syntax_label(const Ui& ui, Syntax syntax) { return ui.tr(syntax_key(syntax)); }
std::string weighting_label(const Ui& ui, Weighting weighting) { return ui.tr(weighting_key(weighting)); }

float reading_width(Ui& ui, const Reading& reading) {
  return dropdown_width(ui, syntax_text(ui, reading.syntax)) + ui.px(kListsGap) +
         dropdown_width(ui, weighting_text(ui, reading.weighting));
}

std::optional<Reading> reading_lists(Ui& ui, const char* id, const Reading& reading, bool all,
                                     ListPlace place) {
  std::optional<Reading> asked;
  const std::string syntax = syntax_text(ui, reading.syntax);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::PushID(id);
  if (begin_dropdown(ui, "syntax", syntax)) {
    for (const Syntax value : kListedSyntaxes) {
      const std::string key = syntax_key(value);
      if (ImGui::MenuItem(ui.tr(key), nullptr, reading.syntax == value)) asked = {value, reading.weighting};
      if (ImGui::IsItemHovered()) tooltip(ui, ui.tr(key + ".tip"));
    }
    if (all) chunk_rule_items(ui);
    ImGui::EndPopup();
  }
  ImGui::SetCursorScreenPos(place == ListPlace::kBelow
                                ? ImVec2(at.x, at.y + ui.px(22))
                                : ImVec2(at.x + dropdown_width(ui, syntax) + ui.px(kListsGap), at.y));
  if (begin_dropdown(ui, "weighting", weighting_text(ui, reading.weighting))) {
    for (const Weighting value : kAllWeightings) {
      const std::string key = weighting_key(value);
      if (ImGui::MenuItem(ui.tr(key), nullptr, reading.weighting == value)) asked = {reading.syntax, value};
      if (ImGui::IsItemHovered()) tooltip(ui, ui.tr(key + ".tip"));
    }
    if (all) normalisation_items(ui);
    ImGui::EndPopup();
  }
  ImGui::PopID();
  return asked;
}

}  // namespace regard
