// Words as one: which tokens the calculation of a word's cell is made of, and how their numbers become the
// one that the map shows. Its other stages are those of one pair of tokens, which keys step through.
#include <algorithm>

#include <fmt/format.h>

#include "app/state/queries.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "core/analysis/word_cell.h"

namespace regard {
namespace {

constexpr float kTokenRow = 20;

WordCell word_cell_of(const Ui& ui, const Explained& cell) {
  return word_cell(*cell.record, *cell.sequence, cell.head->first, cell.head->second, cell.queries, cell.keys,
                   specials_of(ui.state.view));
}

void hold_pair(Ui& ui, int query, int key) {
  CalculationView view = ui.state.view.calculation;
  view.cell = {query, key};
  ui.out.emplace_back(SetCalculation{view});
}

// The tokens of one side; the one whose calculation stands below is chosen.
void draw_token_chips(Ui& ui, const Explained& cell, bool of_query, bool first) {
  const PositionGroup& group = of_query ? cell.queries : cell.keys;
  for (int token = group.first; token <= group.last; ++token) {
    const std::string label = fmt::format("{}##{}{}", cell.label(token), of_query ? "q" : "k", token);
    if (!first) same_line_if_fits(ui, chip_width(ui, cell.label(token)));
    first = false;
    const bool chosen = token == (of_query ? cell.query : cell.key);
    if (chip(ui, label.c_str(), chosen, ui.tr("why.word.token.tip")))
      hold_pair(ui, of_query ? token : cell.query, of_query ? cell.key : token);
  }
}

// What one token gives to another, as a bar; a button that holds on to the pair.
void draw_pair(Ui& ui, const Explained& cell, int query, int key, float share, float most) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImGui::PushID(query);
  ImGui::PushID(key);
  if (ImGui::InvisibleButton("##pair", ImVec2(width, ui.px(kTokenRow)), ImGuiButtonFlags_EnableNav))
    hold_pair(ui, query, key);
  ImGui::PopID();
  ImGui::PopID();
  const std::string name = cell.label(query) + " → " + cell.label(key);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip))
    tooltip(ui, (name + "\n" + ui.tr.percent(static_cast<double>(share), 7)).c_str());
  draw_bar_row(ui, cell, at,
               {.name = name,
                .number = ui.tr.percent(static_cast<double>(share), 2),
                .part = most > 0.0f ? share / most : 0.0f,
                .chosen = query == cell.query && key == cell.key,
                .names = std::clamp(0.45f * width, ui.px(70), ui.px(190)),
                .digits = ui.px(58)});
}

}  // namespace

void draw_word_head(Ui& ui, const Explained& cell) {
  draw_token_chips(ui, cell, true, true);
  same_line_if_fits(ui, measure(ui, kBody, "→").x);
  text_sized(ui, kBody, ui.colors.secondary, "→");
  same_line_if_fits(ui, chip_width(ui, cell.label(cell.keys.first)));
  draw_token_chips(ui, cell, false, true);
  if (!cell.head) return;
  const auto value = static_cast<double>(word_cell_of(ui, cell).value);
  draw_term(ui, ui.tr("why.word.value"), ui.tr.percent(value, 2), ui.tr.percent(value, 7), true);
}

void draw_word_stage(Ui& ui, const Explained& cell) {
  const WordCell word = word_cell_of(ui, cell);
  const Eigen::Index rows = word.shares.rows(), columns = word.shares.cols();
  text_wrapped(ui, kSmall, ui.colors.text, "A = 1/n · Σ_q Σ_k α");
  text_wrapped(ui, kSmall, ui.colors.secondary, fmt::format("[{}×{}] → [1×1]", rows, columns));
  text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr.format("why.word.rule", rows, columns));
  const float most = word.shares.maxCoeff();
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, ui.px(2)));
  for (Eigen::Index i = 0; i < rows; ++i) {
    const int query = cell.queries.first + static_cast<int>(i);
    for (Eigen::Index j = 0; j < columns; ++j)
      draw_pair(ui, cell, query, cell.keys.first + static_cast<int>(j), word.shares(i, j), most);
    const double left = static_cast<double>(word.left(i)), sum = static_cast<double>(word.sums(i));
    if (left != 1.0) draw_term(ui, ui.tr("why.word.left"), ui.tr.percent(left, 2), ui.tr.percent(left, 7));
    draw_term(ui, ui.tr.format("why.word.sum", cell.label(query)), ui.tr.percent(sum, 2),
              ui.tr.percent(sum, 7));
  }
  ImGui::PopStyleVar();
  const auto value = static_cast<double>(word.value);
  draw_term(ui, ui.tr.format("why.word.mean", rows), ui.tr.percent(value, 2), ui.tr.percent(value, 7), true);
}

void step_token(Ui& ui, int by) {
  const auto cell = explained(ui);
  if (!cell || !cell->is_word()) return;
  const int columns = cell->keys.last - cell->keys.first + 1,
            pairs = (cell->queries.last - cell->queries.first + 1) * columns;
  const int now = (cell->query - cell->queries.first) * columns + cell->key - cell->keys.first;
  const int next = (now + by + pairs) % pairs;
  hold_pair(ui, cell->queries.first + next / columns, cell->keys.first + next % columns);
}

}  // namespace regard
