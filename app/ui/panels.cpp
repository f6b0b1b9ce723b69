#include "app/ui/panels.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "app/ui/doubled.h"
#include "app/ui/ui.h"
#include "app/ui/workspaces.h"
#include "core/base/table_check.h"

namespace regard {

// Each in the file of its name.
void draw_prompt_panel(Ui& ui);
void draw_matrix_panel(Ui& ui);
void draw_heads_panel(Ui& ui);
void draw_effect_panel(Ui& ui);
void draw_why_panel(Ui& ui);
void draw_compare_panel(Ui& ui);
void draw_picture_panel(Ui& ui);
void draw_patch_numbers_panel(Ui& ui);
void draw_regions_panel(Ui& ui);
void draw_captions_panel(Ui& ui);
void draw_patch_matrix_panel(Ui& ui);
void draw_patch_heads_panel(Ui& ui);
void draw_paint_panel(Ui& ui);
void draw_paint_numbers_panel(Ui& ui);
void draw_paint_heads_panel(Ui& ui);
void draw_paint_words_panel(Ui& ui);
void draw_paint_joint_panel(Ui& ui);
void draw_edits_panel(Ui& ui);
void draw_paint_seeds_panel(Ui& ui);
void draw_ledger_panel(Ui& ui);
void draw_thought_panel(Ui& ui);
void draw_truth_panel(Ui& ui);
void draw_heads_plot_panel(Ui& ui);
void draw_heads_survey_panel(Ui& ui);
void draw_picture_pair_panel(Ui& ui);
void draw_doubled_panel(Ui& ui);

namespace {

constexpr bool kFront = true, kBehind = false;
constexpr Workspaces kText{Workspace::kText}, kCompare{Workspace::kCompare}, kImage{Workspace::kImage},
    kPainting{Workspace::kPainting}, kWithPatches{Workspace::kImage, Workspace::kPainting},
    kWithHeads{Workspace::kText, Workspace::kImage, Workspace::kPainting},
    kWithSurvey{Workspace::kText, Workspace::kImage, Workspace::kPainting},
    kWithPrompt{Workspace::kText, Workspace::kCompare, Workspace::kPainting};

template <std::size_t kNumber>
constexpr OwnPanel kDoubled{[](const Ui& ui) { return is_doubled(ui, kNumber); },
                            [](const Ui& ui) { return doubled_tab(ui, kNumber); },
                            [](Ui& ui) { close_doubled(ui, kNumber); }};

// clang-format off
constexpr std::array kPanels = std::to_array<Panel>({
    {"panel.prompt", kWithPrompt, Place::kTop, kFront, draw_prompt_panel},
    {"panel.matrix", kText, Place::kMain, kFront, draw_matrix_panel},
    {"panel.heads", kText, Place::kMiddle, kFront, draw_heads_panel, "panel.heads.tab"},
    {"panel.effect", kText, Place::kRight, kBehind, draw_effect_panel, "panel.effect.tab"},
    {"panel.why", kText, Place::kRight, kFront, draw_why_panel, "panel.why.tab"},
    {"panel.compare", kCompare, Place::kMain, kFront, draw_compare_panel},
    {"panel.picture_pair", kCompare, Place::kMain, kBehind, draw_picture_pair_panel},
    {"panel.picture", kImage, Place::kMain, kFront, draw_picture_panel},
    {"panel.patch_numbers", kImage, Place::kRight, kFront, draw_patch_numbers_panel},
    {"panel.regions", kImage, Place::kRightBelow, kFront, draw_regions_panel},
    {"panel.captions", kImage, Place::kMiddleBelow, kFront, draw_captions_panel},
    {"panel.patch_matrix", kImage, Place::kMiddle, kBehind, draw_patch_matrix_panel,
     "panel.patch_matrix.tab"},
    {"panel.patch_heads", kImage, Place::kMiddle, kFront, draw_patch_heads_panel,
     "panel.heads.tab"},
    {"panel.paint", kPainting, Place::kMain, kFront, draw_paint_panel},
    {"panel.paint_words", kPainting, Place::kMiddle, kFront, draw_paint_words_panel,
     "panel.paint_words.tab"},
    {"panel.paint_heads", kPainting, Place::kRight, kFront, draw_paint_heads_panel,
     "panel.heads.tab"},
    {"panel.paint_numbers", kPainting, Place::kRight, kBehind, draw_paint_numbers_panel,
     "panel.paint_numbers.tab"},
    {"panel.paint_joint", kPainting, Place::kMiddle, kBehind, draw_paint_joint_panel,
     "panel.paint_joint.tab"},
    {"panel.paint_edits", kWithHeads, Place::kMiddle, kBehind, draw_edits_panel},
    {"panel.paint_seeds", kPainting, Place::kMiddle, kBehind, draw_paint_seeds_panel},
    {"panel.truth", kWithPatches, Place::kRight, kBehind, draw_truth_panel, "panel.truth.tab"},
    {"panel.ledger", kWithHeads, Place::kMiddle, kBehind, draw_ledger_panel, "panel.ledger.tab"},
    {"panel.heads_plot", kWithHeads, Place::kMiddle, kBehind, draw_heads_plot_panel, "panel.heads_plot.tab"},
    {"panel.heads_survey", kWithSurvey, Place::kMiddle, kBehind, draw_heads_survey_panel,
     "panel.heads_survey.tab"},
    {"panel.thought", kWithHeads, Place::kRight, kBehind, draw_thought_panel, "panel.thought.tab"},
    {"panel.calculation", kWithPatches, Place::kRight, kBehind, draw_why_panel, "panel.why.tab"},
    {"panel.doubled.1", kWithHeads, Place::kMiddle, kBehind, draw_doubled_panel, nullptr, &kDoubled<0>},
    {"panel.doubled.2", kWithHeads, Place::kMiddle, kBehind, draw_doubled_panel, nullptr, &kDoubled<1>},
    {"panel.doubled.3", kWithHeads, Place::kMiddle, kBehind, draw_doubled_panel, nullptr, &kDoubled<2>},
    {"panel.doubled.4", kWithHeads, Place::kMiddle, kBehind, draw_doubled_panel, nullptr, &kDoubled<3>},
});
// clang-format on

[[maybe_unused]] consteval bool panels_are_whole() {
  for (const Panel& panel : kPanels) {
    if (panel.key == nullptr || panel.draw == nullptr || panel.in.empty()) return false;
    int same_key = 0;
    for (const Panel& other : kPanels) same_key += std::string_view(other.key) == panel.key ? 1 : 0;
    if (same_key != 1) return false;
    for (const WorkspaceLine& workspace : kWorkspaces) {
      if (panel.in.contains(workspace.id) && !has_place(workspace, panel.place)) return false;
    }
  }
  return true;
}
REGARD_TABLE_CHECK(panels_are_whole(),
                   "kPanels: a part is missing, a key is there twice, or a workspace has no such place");

// One panel in front at each place that has any, and something at kMain.
consteval bool each_place_has_a_front() {
  for (const WorkspaceLine& workspace : kWorkspaces) {
    for (int place = 0; place < kPlaces; ++place) {
      int front = 0, all = 0;
      for (const Panel& panel : kPanels) {
        if (!panel.in.contains(workspace.id) || static_cast<int>(panel.place) != place) continue;
        ++all;
        front += panel.in_front ? 1 : 0;
      }
      const bool needed = has_place(workspace, static_cast<Place>(place));
      if (needed ? front != 1 : all != 0) return false;
    }
  }
  return true;
}
static_assert(each_place_has_a_front(), "kPanels: each place of a workspace has one panel in front");

}  // namespace

std::span<const Panel> panels() { return kPanels; }

bool is_open(const Ui& ui, const Panel& panel) {
  return panel.in.contains(ui.state.view.workspace) && !ui.ui.closed_panels.contains(&panel) &&
         (panel.own == nullptr || panel.own->there(ui));
}

std::string tab_words(const Ui& ui, const Panel& panel) {
  if (panel.own != nullptr) return panel.own->tab(ui);
  return ui.tr(panel.tab != nullptr ? panel.tab : panel.key);
}

std::string docked_name(const Ui& ui, const Panel& panel) {
  // A panel of several workspaces is a window in each: ImGui docks a window in one place only.
  const Workspace here = ui.state.view.workspace;
  const auto first = std::ranges::find_if(
      kWorkspaces, [&](const WorkspaceLine& workspace) { return panel.in.contains(workspace.id); });
  std::string elsewhere;
  if (first->id != here)
    elsewhere = std::string_view(line_of(here).dock).substr(std::string_view("dock").size());
  return tab_words(ui, panel) + "###" + panel.key + elsewhere;
}

std::string panel_name(const Ui& ui, const Panel& panel) {
  const LayoutUi& layout = ui.ui.layout;
  const bool docks = layout.room == Room::kWide && layout.maximised == nullptr;
  return docked_name(ui, panel) + (docks ? "" : "@");
}

}  // namespace regard
