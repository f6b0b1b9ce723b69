#include "app/ui/patch_cells.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/ui/marks.h"
#include "app/ui/paint_parts.h"
#include "app/ui/picture_parts.h"
#include "app/ui/trials.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"
#include "core/engine/interventions.h"
#include "core/engine/run_effect.h"

namespace regard {
namespace {

constexpr float kCellLayer = 10, kCellTitle = 19, kCellName = 16, kCellLabel = 20, kCellGap = 16,
                kMostWide = 40, kCellHint = 34;
constexpr const char* kPayload = "regard_state";

using PatchCell = std::pair<int, int>;  // position, layers behind it

// A run as far as it is shown: of a text all tokens, of a picture what is pinned, of a drawing words and the
// held patch.
struct RunSide {
  const Trace* trace = nullptr;  // null: there is no such run
  const std::vector<Token>* tokens = nullptr;
  int first_token = 0;           // position of the first of `tokens`
  std::vector<int> places = {};  // positions
};

struct BothSides {
  RunSide there, here;
  const AttentionRecord* record = nullptr;  // of this run
  const std::vector<RunEdit>* edits = nullptr;
};

bool is_drawing(const Ui& ui) { return ui.state.view.workspace == Workspace::kPainting; }
bool looks(const Ui& ui) { return ui.state.view.workspace == Workspace::kImage; }

RunSide text_side(const TextRun& run) {
  RunSide out{.trace = &run.trace, .tokens = &run.tokens};
  for (int i = 0; i < run.trace.prompt.count(); ++i) out.places.push_back(i);
  return out;
}

RunSide drawn_side(const PaintRun& run, int patch) {
  RunSide out{.trace = &run.trace, .tokens = &run.prompt.tokens, .first_token = run.patches()};
  if (patch >= 0) out.places.push_back(patch);
  for (int i = run.patches(); i < run.trace.prompt.count(); ++i) out.places.push_back(i);
  return out;
}

RunSide picture_side(const Ui& ui, const VisionRun& run) {
  RunSide out{.trace = &run.trace};
  out.places = ui.state.doc.picture.pins;
  if (out.places.empty()) out.places = {ui.picture.subject()};
  std::ranges::sort(out.places);
  std::erase_if(out.places, [&](int place) { return place >= run.tokens(); });
  return out;
}

BothSides sides_of(Ui& ui) {
  BothSides out;
  if (is_drawing(ui)) {
    const PaintRun& run = ui.paint.run();
    out.here = drawn_side(run, ui.paint.patch());
    out.edits = &run.request.edits;
    if (ui.paint.has_maps() && !run.trace.records.empty()) out.record = run.trace.records.back().get();
    if (ui.paint.has_before()) out.there = drawn_side(*ui.state.painting.before, ui.paint.patch());
  } else if (looks(ui)) {
    out.here = picture_side(ui, ui.picture.run());
    out.edits = &ui.picture.run().request.edits;
    out.record = &ui.picture.record();
    if (ui.state.other_vision) out.there = picture_side(ui, *ui.state.other_vision);
  } else {
    out.here = text_side(ui.views.run());
    out.edits = &ui.views.run().request.edits;
    out.record = &ui.views.record();
    if (ui.state.other_run) out.there = text_side(*ui.state.other_run);
  }
  return out;
}

std::string name_of(const Ui& ui, const RunSide& side, int place) {
  if (side.tokens != nullptr && place >= side.first_token)
    return token_label(ui, (*side.tokens)[static_cast<std::size_t>(place - side.first_token)]);
  return is_drawing(ui) ? paint_patch_label(ui, place) : patch_label(ui, place);
}

// A word follows its bytes; of one of several tokens the position is meant.
PromptWord word_at(const RunSide& side, int place) {
  if (side.tokens == nullptr || place < side.first_token) return place_at(place);
  const Sequence& sequence = side.trace->prompt;
  const int word = sequence.positions[static_cast<std::size_t>(place)].word;
  const bool alone = word < 0 || sequence.words[static_cast<std::size_t>(word)].first ==
                                     sequence.words[static_cast<std::size_t>(word)].last;
  if (!alone) return place_at(place);
  return place_of_token((*side.tokens)[static_cast<std::size_t>(place - side.first_token)]);
}

// The newest activation that was put in, and its positions; null: none.
const PatchState* newest(const BothSides& sides) {
  const PatchState* found = nullptr;
  for (const RunEdit& edit : *sides.edits) {
    if (const auto* patch = std::get_if<PatchState>(&edit.what)) found = patch;
  }
  return found;
}

void put(Ui& ui, const BothSides& sides, const PatchCell& from, const PatchCell& to) {
  PatchState patch{.place = word_at(sides.here, to.first), .after = to.second};
  const std::vector<int> counterpart =
      counterpart_positions(sides.there.trace->prompt, sides.here.trace->prompt);
  if (counterpart[static_cast<std::size_t>(to.first)] != from.first) patch.from = from.first;
  if (from.second != to.second) patch.from_after = from.second;
  toggle_edit(ui, {.what = patch});
}

// By Enter or a click: what was picked up, else the cell's own counterpart, if it has one.
void put_down(Ui& ui, const BothSides& sides, const PatchCell& to) {
  if (const auto picked = std::exchange(ui.ui.picked_state, std::nullopt)) {
    put(ui, sides, *picked, to);
    return;
  }
  const std::vector<int> counterpart =
      counterpart_positions(sides.there.trace->prompt, sides.here.trace->prompt);
  const int from = counterpart[static_cast<std::size_t>(to.first)];
  if (from >= 0) put(ui, sides, {from, to.second}, to);
}

struct Grid {
  ImVec2 low = {};
  float width = 0, height = 0;  // of a cell
  int layers = 0;
  ImVec2 at(int column, int layer) const {
    return {low.x + width * static_cast<float>(column), low.y + height * static_cast<float>(layers - layer)};
  }
};

// The button of a cell. @return  pointed at, or in focus
bool cell_button(const Grid& grid, int column, int layer, const PatchCell& cell, bool& clicked) {
  ImGui::SetCursorScreenPos(grid.at(column, layer));
  ImGui::PushID(cell.second * 100'000 + cell.first);
  clicked = ImGui::InvisibleButton("##cell", ImVec2(grid.width, grid.height), ImGuiButtonFlags_EnableNav);
  ImGui::PopID();
  return ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem) ||
         (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
}

std::string cell_tip(const Ui& ui, const RunSide& side, const PatchCell& cell) {
  const std::string layer =
      cell.second == 0
          ? std::string(ui.tr(is_drawing(ui) ? "paint.edit.patch.enters" : "edit.patch.enters"))
          : ui.tr.format(is_drawing(ui) ? "paint.edit.patch.behind" : "edit.patch.behind", cell.second);
  return name_of(ui, side, cell.first) + ", " + layer;
}

void fill_cell(const Grid& grid, int column, int layer, ImU32 color) {
  const ImVec2 low = grid.at(column, layer);
  ImGui::GetWindowDrawList()->AddRectFilled(low, ImVec2(low.x + grid.width - 1, low.y + grid.height - 1),
                                            color);
}

void frame_one(Ui& ui, const Grid& grid, int column, int layer, ImU32 color) {
  const ImVec2 low = grid.at(column, layer);
  ImGui::GetWindowDrawList()->AddRect(low, ImVec2(low.x + grid.width - 1, low.y + grid.height - 1), color, 0,
                                      ui.px(1.5f));
}

// Names under their columns, as many as have room.
void draw_columns(Ui& ui, const Grid& grid, const RunSide& side) {
  const float y = grid.at(0, 0).y + grid.height;
  float free = grid.low.x;
  for (std::size_t i = 0; i < side.places.size(); ++i) {
    const std::string name = name_of(ui, side, side.places[i]);
    const float x = grid.at(static_cast<int>(i), 0).x;
    if (x < free) continue;
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(x, y), 12, ui.colors.secondary, name);
    free = x + measure(ui, 12, name).x + ui.px(4);
  }
}

// What can be picked up.
void draw_there(Ui& ui, const Grid& grid, const BothSides& sides) {
  const RunSide& side = sides.there;
  ImGui::PushID("there");
  for (int layer = 0; layer <= grid.layers; ++layer) {
    for (int i = 0; i < std::ssize(side.places); ++i) {
      const PatchCell cell{side.places[static_cast<std::size_t>(i)], layer};
      bool clicked = false;
      const bool hot = cell_button(grid, i, layer, cell, clicked);
      if (ImGui::BeginDragDropSource()) {
        ImGui::SetDragDropPayload(kPayload, &cell, sizeof cell);
        text_sized(ui, kSmall, ui.colors.text, cell_tip(ui, side, cell));
        ImGui::EndDragDropSource();
      } else if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
        tooltip(ui, (cell_tip(ui, side, cell) + "\n" + ui.tr("edit.cells.pick")).c_str());
      }
      const bool picked = ui.ui.picked_state == cell;
      if (clicked) ui.ui.picked_state = picked ? std::nullopt : std::optional(cell);
      fill_cell(grid, i, layer, with_alpha(ui.colors.text, 0.18f));
      if (picked || hot) frame_one(ui, grid, i, layer, picked ? ui.colors.warning : ui.colors.text);
    }
  }
  ImGui::PopID();
  draw_columns(ui, grid, side);
}

// The cell a drag or a picked activation would go to. @return  what `reach` is drawn of
std::optional<PatchCell> handle_here(Ui& ui, const Grid& grid, const BothSides& sides) {
  std::optional<PatchCell> pointed;
  ImGui::PushID("here");
  for (int layer = 0; layer <= grid.layers; ++layer) {
    for (int i = 0; i < std::ssize(sides.here.places); ++i) {
      const PatchCell cell{sides.here.places[static_cast<std::size_t>(i)], layer};
      bool clicked = false;
      if (cell_button(grid, i, layer, cell, clicked)) pointed = cell;
      if (sides.there.trace == nullptr) continue;
      if (ImGui::BeginDragDropTarget()) {
        if (const ImGuiPayload* payload = ImGui::AcceptDragDropPayload(kPayload))
          put(ui, sides, *static_cast<const PatchCell*>(payload->Data), cell);
        ImGui::EndDragDropTarget();
      }
      if (clicked) put_down(ui, sides, cell);
      if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
        const char* key = ui.ui.picked_state ? "edit.cells.put" : "edit.cells.own";
        tooltip(ui, (cell_tip(ui, sides.here, cell) + "\n" + ui.tr(key)).c_str());
      }
    }
  }
  ImGui::PopID();
  const bool about_to = ui.ui.picked_state || ImGui::GetDragDropPayload() != nullptr;
  return about_to ? pointed : std::nullopt;
}

// This run: where an activation was put in, or is about to be, and all that can differ after it.
void draw_here(Ui& ui, const Grid& grid, const BothSides& sides) {
  const std::optional<PatchCell> pointed = handle_here(ui, grid, sides);
  const PatchState* patch = newest(sides);
  std::vector<int> sources;
  int after = 0;
  if (pointed) {
    sources = {pointed->first};
    after = pointed->second;
  } else if (patch != nullptr) {
    sources = positions_of(sides.here.trace->prompt, patch->place);
    after = patch->after;
  }
  std::vector<std::vector<char>> reached;
  if (!sources.empty()) reached = reach_of(*sides.record, after, sources.front());
  if (!reached.empty() && is_drawing(ui) &&
      after < grid.layers) {  // the text stream reads nothing in the last block
    const auto text = static_cast<std::ptrdiff_t>(sides.here.first_token);
    std::copy(reached.end()[-2].begin() + text, reached.end()[-2].end(), reached.back().begin() + text);
  }
  for (int layer = 0; layer <= grid.layers; ++layer) {
    for (int i = 0; i < std::ssize(sides.here.places); ++i) {
      const int place = sides.here.places[static_cast<std::size_t>(i)];
      const bool is_source = layer == after && std::ranges::find(sources, place) != sources.end();
      const bool there =
          !reached.empty() && reached[static_cast<std::size_t>(layer)][static_cast<std::size_t>(place)] != 0;
      fill_cell(grid, i, layer,
                is_source ? ui.colors.warning
                : there   ? with_alpha(ui.colors.text, 0.45f)
                          : ui.colors.empty_cell);
    }
  }
  draw_columns(ui, grid, sides.here);
}

int layers_of(const BothSides& sides) { return sides.record == nullptr ? 0 : sides.record->shape().layers; }

bool shown(const BothSides& sides) {
  return sides.record != nullptr && (sides.there.trace != nullptr || newest(sides) != nullptr);
}

void draw_layer_numbers(Ui& ui, const Grid& grid) {
  for (const int layer : {0, grid.layers}) {
    const std::string text = std::to_string(layer);
    const ImVec2 at = grid.at(0, layer);
    draw_text(ui, ImGui::GetWindowDrawList(),
              ImVec2(at.x - measure(ui, 11, text).x - ui.px(4), at.y - ui.px(2)), 11, ui.colors.secondary,
              text);
  }
}

}  // namespace

float patch_cells_height(Ui& ui) {
  const BothSides sides = sides_of(ui);
  if (!shown(sides)) return 0.0f;
  return ui.px(kCellTitle + kCellName + kCellHint + kCellLayer * static_cast<float>(layers_of(sides) + 1) +
               6);
}

void draw_patch_cells(Ui& ui) {
  const BothSides sides = sides_of(ui);
  if (!shown(sides)) return;
  const auto& places = sides.there.places;
  if (ui.ui.picked_state && std::ranges::find(places, ui.ui.picked_state->first) == places.end())
    ui.ui.picked_state.reset();  // of another run
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float room = ImGui::GetContentRegionAvail().x;
  const bool both = sides.there.trace != nullptr;
  const auto columns = static_cast<float>(sides.here.places.size() + (both ? sides.there.places.size() : 0));
  const float frame = ui.px(kCellLabel) * (both ? 2.0f : 1.0f) + (both ? ui.px(kCellGap) : 0.0f);
  Grid grid{.height = ui.px(kCellLayer), .layers = layers_of(sides)};
  grid.width = std::floor(std::clamp((room - frame) / std::max(1.0f, columns), ui.px(4), ui.px(kMostWide)));
  grid.low = ImVec2(at.x + ui.px(kCellLabel), at.y + ui.px(kCellTitle));
  const auto title = [&](const std::string& text, float width) {
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(grid.low.x, at.y), kSmall, ui.colors.secondary,
              fitted(ui, text, kSmall, width));
  };
  if (both) {
    const float width = grid.width * static_cast<float>(sides.there.places.size());
    title(ui.tr("edit.cells.there"), width + ui.px(kCellGap));
    draw_layer_numbers(ui, grid);
    draw_there(ui, grid, sides);
    grid.low.x += width + ui.px(kCellGap + kCellLabel);
  }
  const PatchState* patch = newest(sides);
  title(patch != nullptr ? ui.tr.format("edit.reach", trial_place(ui, patch->place))
                         : std::string(ui.tr("edit.cells.here")),
        at.x + room - grid.low.x);
  draw_layer_numbers(ui, grid);
  draw_here(ui, grid, sides);
  const float under = grid.at(0, 0).y + grid.height + ui.px(kCellName);
  ImGui::SetCursorScreenPos(ImVec2(at.x, under));
  if (both) {
    text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("edit.cells.hint"));
  } else {
    ImGui::Dummy(ImVec2(room, 1));
  }
}

}  // namespace regard
