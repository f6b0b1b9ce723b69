// What the weights change and what they cannot: the stages that the scheme in use moves, and per token the
// vector that goes to an image model, before and after.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/text_views.h"
#include "core/prompt/weighting.h"

namespace regard {
namespace {

// One stage: its name, and whether the scheme moves it.
void draw_stage(Ui& ui, const char* name, bool moves, bool weighted) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  const char* verdict = ui.tr(!moves ? "effect.still" : weighted ? "effect.moves" : "effect.would_move");
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, at, kSmall, moves ? ui.colors.text : ui.colors.secondary, name);
  const ImVec2 size = measure(ui, kSmall, verdict, moves ? ui.fonts.bold : ui.fonts.regular);
  draw_text(ui, draw, ImVec2(at.x + width - size.x, at.y), kSmall,
            moves ? ui.colors.text : ui.colors.secondary, verdict, moves ? ui.fonts.bold : ui.fonts.regular);
  ImGui::Dummy(ImVec2(width, ui.px(20)));
}

void draw_stages(Ui& ui, const TextRun& run) {
  const Moves moves = what_moves(run.request.weighting);
  const bool weighted = any_weighed(run.tokens);
  draw_stage(ui, ui.tr("effect.scores"), moves.scores, weighted);
  draw_stage(ui, ui.tr("effect.attention"), moves.attention, weighted);
  draw_stage(ui, ui.tr("effect.hidden"), moves.hidden, weighted);
  draw_stage(ui, ui.tr("effect.output"), moves.output, weighted);
  draw_stage(ui, ui.tr("effect.pooled"), moves.pooled, weighted);
}

void draw_change(Ui& ui, const Token& token, const VectorChange& change) {
  ImGui::TableNextRow();
  const bool moved = change.length_before != change.length_after || change.cosine < 1.0 - 1e-6;
  const ImU32 color = moved ? ui.colors.text : ui.colors.secondary;
  ImGui::TableNextColumn();
  text_sized(ui, kSmall, color, token_label(ui, token), moved ? ui.fonts.bold : nullptr);
  for (const auto& [value, decimals] :
       {std::pair(change.length_before, 2), std::pair(change.length_after, 2), std::pair(change.cosine, 3)}) {
    ImGui::TableNextColumn();
    const std::string number = ui.tr.number(value, decimals);
    const float room = ImGui::GetContentRegionAvail().x - measure(ui, kSmall, number).x;
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + std::max(0.0f, room));
    text_sized(ui, kSmall, color, number);
  }
}

void draw_changes(Ui& ui, const TextRun& run) {
  if (!ImGui::BeginTable("##changes", 4, ImGuiTableFlags_ScrollY,
                         ImVec2(0, std::max(ui.px(40), ImGui::GetContentRegionAvail().y))))
    return;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const char* key : {"effect.token", "effect.before", "effect.after", "effect.cosine"})
    ImGui::TableSetupColumn(ui.tr(key));
  ImGui::TableNextRow();
  for (const char* key : {"effect.token", "effect.before", "effect.after", "effect.cosine"}) {
    ImGui::TableNextColumn();
    text_sized(ui, 12, ui.colors.secondary, ui.tr(key));
  }
  for (std::size_t i = 0; i < run.changes.size() && i < run.tokens.size(); ++i)
    draw_change(ui, run.tokens[i], run.changes[i]);
  ImGui::EndTable();
}

void draw_effect(Ui& ui, const TextRun& run) {
  ImGui::PushTextWrapPos(0.0f);
  const std::string name = "weighting." + std::string(weighting_name(run.request.weighting));
  text_sized(ui, kBody, ui.colors.text, ui.tr(name), ui.fonts.bold);
  if (!any_weighed(run.tokens)) text_sized(ui, kSmall, ui.colors.secondary, ui.tr("effect.no_weight"));
  draw_stages(ui, run);
  if (!what_moves(run.request.weighting).attention && what_moves(run.request.weighting).output) {
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr("effect.maps_still"));
  }
  if (scheme_of(run.request.weighting).rescales_chunk) {
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr.format("effect.factor", ui.tr.number(run.factor, 4)));
  }
  if (ui.state.score) {
    text_sized(ui, kSmall, ui.colors.text,
               ui.tr.format("effect.clip", ui.tr.number(ui.state.score->weighed, 4),
                            ui.tr.number(ui.state.score->plain, 4)));
  }
  ImGui::PopTextWrapPos();
  if (!run.changes.empty()) draw_changes(ui, run);
}

}  // namespace

void draw_effect_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.effect"))) {
    if (ui.state.run) {
      draw_effect(ui, *ui.state.run);
    } else {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("matrix.empty"));
    }
  }
  end_panel();
}

}  // namespace regard
