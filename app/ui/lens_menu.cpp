#include "app/ui/lens_menu.h"

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/ui/widgets.h"
#include "core/analysis/lens.h"

namespace regard {
namespace {

// Why a run does not have a lens.
const char* why_not(LensNeeds needs) {
  switch (needs) {
    case LensNeeds::kAttention:
      return "lens.needs.attention";
    case LensNeeds::kSubject:
      return "lens.needs.subject";
    case LensNeeds::kHidden:
      return "lens.needs.hidden";
    case LensNeeds::kPatches:
      return "lens.needs.patches";
    case LensNeeds::kWordsBesideImage:
      return "lens.needs.words";
    case LensNeeds::kConcepts:
      return "lens.needs.concepts";
    case LensNeeds::kGradients:
      return "lens.needs.gradients";
    case LensNeeds::kOutputs:
      return "lens.needs.outputs";
  }
  return "lens.needs.attention";
}

// A drawing has words of its own for what it has: there a lens is of words and patches.
std::string key_of(const Ui& ui, std::string_view lens) {
  const std::string own = "paint.lens." + std::string(lens);
  const bool drawing = ui.state.view.workspace == Workspace::kPainting && ui.tr.all().contains(own);
  return drawing ? own : "lens." + std::string(lens);
}

std::string about(const Ui& ui, const Lens& lens, bool there) {
  std::string text = ui.tr(key_of(ui, lens.name) + ".tip");
  text += "\n" + std::string(lens.formula) + "\n" + std::string(lens.source);
  if (lens.row != nullptr) text += "\n" + std::string(ui.tr("lens.one_number"));
  if (!there) text += "\n" + std::string(ui.tr(why_not(lens.needs)));
  return text;
}

}  // namespace

std::string lens_label(const Ui& ui, std::string_view lens) { return ui.tr(key_of(ui, lens)); }

std::optional<std::string> lens_items(Ui& ui, const Trace& trace, std::string_view current) {
  std::optional<std::string> chosen;
  for (const Lens* lens : lenses()) {
    const bool there = has_lens(trace, *lens);
    const std::string label = lens_label(ui, lens->name);
    if (ImGui::MenuItem(label.c_str(), nullptr, lens->name == current, there)) chosen = lens->name;
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled))
      tooltip(ui, about(ui, *lens, there).c_str());
  }
  return chosen;
}

void toward_field(Ui& ui) {
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("lens.toward"));
  std::string text = ui.state.doc.toward;
  ImGui::SetNextItemWidth(ui.px(260));
  if (ImGui::InputTextWithHint("##toward", ui.tr("lens.toward.hint"), &text))
    ui.out.emplace_back(SetToward{std::move(text), static_cast<int>(ImGui::GetItemID())});
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("lens.toward.tip"));
}

}  // namespace regard
