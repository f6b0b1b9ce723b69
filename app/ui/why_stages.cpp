// The stages of one head's calculation beside its softmax: the product of q and k by dimension, the values,
// the residual stream.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include <fmt/format.h>

#include "app/ui/vector_strip.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/cell_cache.h"

namespace regard {
namespace {

constexpr float kLengthRow = 24;
constexpr int kMostListed = 6;

std::span<const float> span_of(const RowVector& vector) {
  return {vector.data(), static_cast<std::size_t>(vector.size())};
}

std::string row_shape(Eigen::Index width) { return fmt::format("[1×{}]", width); }

const CellCalculation& calculation_of(Ui& ui, const Explained& cell) {
  return ui.ui.explained_cell.of(cell.record, cell.head->first, cell.head->second, cell.query, cell.key);
}

// What is done, in symbols, with the sizes.
void draw_formula(Ui& ui, const std::string& formula, const std::string& shapes) {
  text_wrapped(ui, kSmall, ui.colors.text, formula);
  text_wrapped(ui, kSmall, ui.colors.secondary, shapes);
  ImGui::Dummy(ImVec2(1, ui.px(2)));
}

// "dimension 12" and the digits of the same dimension in each vector.
std::string digits_tip(const Ui& ui, int index,
                       std::initializer_list<std::pair<const char*, float>> numbers) {
  std::string out = ui.tr.format("why.dimension", index + 1);
  for (const auto& [name, value] : numbers) out += fmt::format("\n{} = {}", name, ui.tr.number(value, 9));
  return out;
}

// ------------------------------------------------------------------------------------------ q and k

std::vector<int> by_size(const RowVector& products, bool sorted) {
  std::vector<int> order(static_cast<std::size_t>(products.size()));
  std::iota(order.begin(), order.end(), 0);
  const auto product = [&](int i) { return std::isnan(products(i)) ? 0.0f : products(i); };
  if (sorted) std::ranges::stable_sort(order, std::ranges::greater{}, product);
  return order;
}

void draw_order_chip(Ui& ui) {
  CalculationView view = ui.state.view.calculation;
  const std::string label = std::string(ui.tr("why.sorted")) + "###sorted";
  if (!chip(ui, label.c_str(), view.sorted, ui.tr("why.sorted.tip"))) return;
  view.sorted = !view.sorted;
  ui.out.emplace_back(SetCalculation{view});
}

// The dimension pointed at, else the one that counts most, as a product of digits.
void draw_one_product(Ui& ui, const CellCalculation& c) {
  Eigen::Index index = 0;
  c.products.cwiseAbs().maxCoeff(&index);
  const int pointed = pointed_number(ui, static_cast<std::size_t>(c.q.size()));
  if (pointed >= 0) index = pointed;
  const auto digits = [&](float value) { return ui.tr.number(value, 3); };
  draw_term(ui, ui.tr.format("why.dimension.short", index + 1),
            fmt::format("{} × {} = {}", digits(c.q(index)),
                        c.k(index) < 0.0f ? fmt::format("({})", digits(c.k(index))) : digits(c.k(index)),
                        digits(c.products(index))),
            digits_tip(ui, static_cast<int>(index),
                       {{"q", c.q(index)}, {"k", c.k(index)}, {"q·k", c.products(index)}}));
}

}  // namespace

void draw_product_stage(Ui& ui, const Explained& cell) {
  const CellCalculation& c = calculation_of(ui, cell);
  const Eigen::Index width = c.q.size();
  draw_formula(ui, "q · k = Σ qᵢ kᵢ", fmt::format("[1×{0}] · [{0}×1] → [1×1]", width));
  draw_order_chip(ui);
  const std::vector<int> order = by_size(c.products, ui.state.view.calculation.sorted);
  const auto tip = [&](int i) {
    return digits_tip(ui, i, {{"q", c.q(i)}, {"k", c.k(i)}, {"q × k", c.products(i)}});
  };
  ImGui::PushID("product");
  draw_strip(ui,
             {.name = fmt::format("q · {}", cell.label(cell.query)),
              .shape = row_shape(width),
              .values = span_of(c.q),
              .order = order,
              .color = ui.colors.neutral_bar},
             tip);
  draw_strip(ui,
             {.name = fmt::format("k · {}", cell.label(cell.key)),
              .shape = row_shape(width),
              .values = span_of(c.k),
              .order = order,
              .color = ui.colors.neutral_bar},
             tip);
  draw_strip(ui,
             {.name = ui.tr("why.products"),
              .shape = row_shape(width),
              .values = span_of(c.products),
              .order = order,
              .color = cell.color},
             tip);
  ImGui::PopID();
  draw_one_product(ui, c);
  double up = 0.0, down = 0.0;
  for (const float product : c.products) (product > 0 ? up : down) += static_cast<double>(product);
  draw_number_term(ui, ui.tr("why.sum.up"), up, 3);
  draw_number_term(ui, ui.tr("why.sum.down"), down, 3);
  draw_number_term(ui, "q · k", static_cast<double>(c.dot), 3, true);
  draw_number_term(ui, fmt::format("÷ √{}", width), static_cast<double>(c.scaled), 3);
}

void draw_bar_row(Ui& ui, const Explained& cell, ImVec2 at, const BarRow& row) {
  const float width = ImGui::GetContentRegionAvail().x;
  ImFont* font = row.chosen ? ui.fonts.bold : ui.fonts.regular;
  const ImU32 text = row.chosen ? ui.colors.text : ui.colors.secondary;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, at, kSmall, text, fitted(ui, row.name, kSmall, row.names - ui.px(8)), font);
  const float bar = std::max(ui.px(10), width - row.names - row.digits) * std::clamp(row.part, 0.0f, 1.0f);
  draw->AddRectFilled(ImVec2(at.x + row.names, at.y + ui.px(3)),
                      ImVec2(at.x + row.names + std::max(ui.px(1), bar), at.y + ui.px(14)),
                      row.chosen ? cell.color : ui.colors.neutral_bar, ui.px(2));
  draw_text(ui, draw, ImVec2(at.x + width - measure(ui, kSmall, row.number, font).x, at.y), kSmall, text,
            row.number, font);
}

namespace {

// ------------------------------------------------------------------------------- values and stream

// A key and a length over its bar; a button, so that the keyboard reaches it.
void draw_length(Ui& ui, const Explained& cell, int key, float length, float most) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImGui::PushID(key);
  if (ImGui::InvisibleButton("##length", ImVec2(width, ui.px(kLengthRow - 4)), ImGuiButtonFlags_EnableNav))
    choose_key(ui, cell, key);
  ImGui::PopID();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip))
    tooltip(ui, (cell.label(key) + "\n" + ui.tr.number(length, 9)).c_str());
  draw_bar_row(ui, cell, at,
               {.name = cell.label(key),
                .number = ui.tr.number(length, 3),
                .part = most > 0.0f ? length / most : 0.0f,
                .chosen = key == cell.key,
                .names = std::clamp(0.32f * width, ui.px(56), ui.px(130)),
                .digits = ui.px(52)});
}

// The keys whose vectors are the longest, the chosen one among them.
void draw_lengths(Ui& ui, const Explained& cell, const char* title, const RowVector& lengths) {
  if (lengths.size() == 0) return;
  std::vector<int> keys(static_cast<std::size_t>(lengths.size()));
  std::iota(keys.begin(), keys.end(), 0);
  const auto count = std::min<std::size_t>(kMostListed, keys.size());
  std::ranges::partial_sort(keys, keys.begin() + static_cast<std::ptrdiff_t>(count), std::ranges::greater{},
                            [&](int key) { return std::isnan(lengths(key)) ? 0.0f : lengths(key); });
  keys.resize(count);
  if (std::ranges::find(keys, cell.key) == keys.end()) keys.push_back(cell.key);
  text_sized(ui, kSmall, ui.colors.text, ui.tr(title), ui.fonts.bold);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, ui.px(4)));
  ImGui::PushID(title);
  for (const int key : keys) draw_length(ui, cell, key, lengths(key), lengths(keys.front()));
  ImGui::PopID();
  ImGui::PopStyleVar();
}

void draw_off(Ui& ui, const Explained& cell, const CellCalculation& c) {
  if (c.is_off) text_wrapped(ui, kSmall, ui.colors.warning, ui.tr("why.off"));
  if (!c.is_mean) return;
  text_wrapped(ui, kSmall, ui.colors.warning, ui.tr.format("why.mean_used", cell.record->shape().queries));
}

// A·V of this row, which the mean stands in for.
void draw_set_aside(Ui& ui, const CellCalculation& c, float reach) {
  if (!c.is_mean) return;
  const auto tip = [&](int i) { return digits_tip(ui, i, {{"A·V", c.own(i)}, {"Ā·V", c.passed(i)}}); };
  draw_strip(ui,
             {.name = ui.tr("why.set_aside"),
              .shape = row_shape(c.own.size()),
              .values = span_of(c.own),
              .reach = reach,
              .color = ui.colors.secondary},
             tip);
  draw_number_term(ui, ui.tr("why.cosine.mean"), static_cast<double>(cosine_between(c.own, c.passed)), 3);
}

}  // namespace

void draw_values_stage(Ui& ui, const Explained& cell) {
  const CellCalculation& c = calculation_of(ui, cell);
  const Eigen::Index width = c.value.size(), keys = c.attention.size();
  draw_formula(ui, c.is_mean ? ui.tr("why.formula.mean") : "A · V = Σ α v",
               fmt::format("[1×{0}] · [{0}×{1}] → [1×{1}]", keys, width));
  draw_off(ui, cell, c);
  const char* passed = c.is_mean ? "Ā·V" : "A·V";
  const auto tip = [&](int i) {
    return digits_tip(ui, i, {{"v", c.value(i)}, {"α v", c.weighted(i)}, {passed, c.passed(i)}});
  };
  const float reach = reach_of({span_of(c.weighted), span_of(c.passed), span_of(c.own)});
  const auto share = static_cast<double>(c.weighing()(c.key));
  draw_strip(ui,
             {.name = fmt::format("v · {}", cell.label(cell.key)),
              .shape = row_shape(width),
              .values = span_of(c.value),
              .color = ui.colors.neutral_bar},
             tip);
  draw_number_term(ui, "‖v‖", static_cast<double>(c.value.norm()), 3);
  draw_term(ui, ui.tr(c.is_mean ? "why.times_mean" : "why.times_share"), ui.tr.percent(share, 2),
            ui.tr.percent(share, 7));
  draw_strip(ui,
             {.name = ui.tr.format("why.weighted", cell.label(cell.key)),
              .shape = row_shape(width),
              .values = span_of(c.weighted),
              .reach = reach,
              .color = cell.color},
             tip);
  draw_number_term(ui, "‖α v‖", static_cast<double>(c.weighted.norm()), 3);
  draw_strip(ui,
             {.name = ui.tr(c.is_mean ? "why.passed.mean" : "why.passed"),
              .shape = row_shape(width),
              .values = span_of(c.passed),
              .reach = reach,
              .color = ui.colors.neutral_bar},
             tip);
  draw_number_term(ui, c.is_mean ? "‖Ā · V‖" : "‖A · V‖", static_cast<double>(c.passed.norm()), 3, true);
  draw_set_aside(ui, c, reach);
  text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.same_scale"));
  draw_lengths(ui, cell, "why.lengths.read", ui.ui.explained_cell.read_lengths());
}

void draw_residual_stage(Ui& ui, const Explained& cell) {
  const CellCalculation& c = calculation_of(ui, cell);
  if (c.written.size() == 0) return text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.not_added"));
  const Eigen::Index width = c.written.size();
  const OutputProjection* output = cell.record->output(c.layer, c.query);
  const bool gain = output != nullptr && output->gain.size() > 0;
  draw_formula(ui, fmt::format("Δx = ({} · V) W_O{}", c.is_mean ? "Ā" : "A", gain ? " ⊙ g" : ""),
               fmt::format("[1×{0}] · [{0}×{1}] → [1×{1}]", c.passed.size(), width));
  draw_off(ui, cell, c);
  if (gain) text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.gain"));
  const auto tip = [&](int i) {
    return digits_tip(ui, i,
                      {{ui.tr("why.of_key"), c.key_written(i)},
                       {ui.tr("why.of_head"), c.written(i)},
                       {ui.tr("why.of_all"), c.added(i)},
                       {ui.tr("why.stream"), c.stream.size() > 0 ? c.stream(i) : NAN}});
  };
  const float reach = reach_of({span_of(c.key_written), span_of(c.written), span_of(c.added)});
  const auto part = [&](const std::string& name, const RowVector& vector, ImU32 color, float most) {
    draw_strip(ui,
               {.name = name,
                .shape = row_shape(vector.size()),
                .values = span_of(vector),
                .reach = most,
                .color = color},
               tip);
    draw_number_term(ui, ui.tr("why.length"), static_cast<double>(vector.norm()), 3);
  };
  part(ui.tr.format("why.written.key", cell.label(cell.key)), c.key_written, cell.color, reach);
  part(ui.tr("why.written.head"), c.written, ui.colors.neutral_bar, reach);
  part(ui.tr("why.written.all"), c.added, ui.colors.neutral_bar, reach);
  text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.same_scale"));
  if (c.stream.size() > 0) {
    part(ui.tr.format(cell.sequence->is_patch(cell.query) ? "why.stream.of.patch" : "why.stream.of",
                      cell.label(cell.query)),
         c.stream, ui.colors.neutral_bar, 0.0f);
    const auto ratio = static_cast<double>(c.written.norm() / c.stream.norm());
    draw_term(ui, ui.tr("why.part_of_stream"), ui.tr.percent(ratio, 1), ui.tr.percent(ratio, 7), true);
    draw_number_term(ui, ui.tr("why.cosine.stream"), static_cast<double>(cosine_between(c.written, c.stream)),
                     3);
  }
  draw_number_term(ui, ui.tr("why.cosine.all"), static_cast<double>(cosine_between(c.written, c.added)), 3);
  draw_lengths(ui, cell, "why.lengths.written", ui.ui.explained_cell.written_lengths());
}

}  // namespace regard
