// The softmax of one row: the steps from q.k to the share of one key (the slider of its word stands in it),
// and the same for every key of the row.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <imgui_internal.h>

#include <fmt/format.h>

#include "app/ui/marks.h"
#include "app/ui/weight_slider.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/softmax_row.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kTerm = 19, kKeyRow = 28, kWeightTerm = 46;
constexpr int kMostKeys = 48;  // of a long row the strongest, and "the rest"

// "−∞" where nothing can be read.
std::string score_text(const Ui& ui, float value, int decimals) {
  return std::isinf(value) && value < 0 ? "−∞" : ui.tr.number(value, decimals);
}

}  // namespace

void draw_term(Ui& ui, const std::string& name, const std::string& value, const std::string& exact,
               bool result) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  ImFont* face = result ? ui.fonts.bold : ui.fonts.regular;
  const ImVec2 size = measure(ui, kBody, value, face);
  draw_text(ui, draw, at, kBody, result ? ui.colors.text : ui.colors.secondary,
            fitted(ui, name, kBody, width - size.x - ui.px(8)), face);
  draw_text(ui, draw, ImVec2(at.x + width - size.x, at.y), kBody, ui.colors.text, value, face);
  ImGui::Dummy(ImVec2(width, ui.px(kTerm) - ImGui::GetStyle().ItemSpacing.y));
  if (!exact.empty() && ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, exact.c_str());
}

void draw_number_term(Ui& ui, const std::string& name, double value, int decimals, bool result) {
  draw_term(ui, name, ui.tr.number(value, decimals), ui.tr.number(value, 9), result);
}

namespace {

// "+ ln w" with the word's own slider in it: dragging it moves every number below.
void draw_weight_term(Ui& ui, const Explained& cell, const SoftmaxKey& key) {
  const std::string value = score_text(ui, key.bias, 3), exact = score_text(ui, key.bias, 9);
  const Word* word = cell.word(cell.key);
  if (word == nullptr) return draw_term(ui, ui.tr("why.no_weight"), value, exact);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const std::string name = ui.tr("why.bias");
  const ImVec2 size = measure(ui, kBody, value);
  const float left = measure(ui, kBody, name).x + ui.px(10);
  draw_text(ui, draw, ImVec2(at.x, at.y + ui.px(4)), kBody, ui.colors.secondary, name);
  draw_text(ui, draw, ImVec2(at.x + width - size.x, at.y + ui.px(4)), kBody, ui.colors.text, value);
  ImGui::PushID("weight");
  draw_word_slider(ui,
                   {ImVec2(at.x + left, at.y - ui.px(1)),
                    std::max(ui.px(40), width - left - std::max(size.x, ui.px(44)) - ui.px(10))},
                   *word);
  ImGui::PopID();
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(width, ui.px(kWeightTerm) - ImGui::GetStyle().ItemSpacing.y));
}

// The steps from q.k to the share of one key.
void draw_steps(Ui& ui, const Explained& cell, const SoftmaxRow& row) {
  const SoftmaxKey& key = row.keys[static_cast<std::size_t>(cell.key)];
  const auto term = [&](const std::string& name, double value, int decimals) {
    draw_number_term(ui, name, value, decimals);
  };
  term("q · k", static_cast<double>(key.dot), 3);
  term(fmt::format("÷ √{}", cell.record->shape().head_width), static_cast<double>(key.scaled), 3);
  draw_weight_term(ui, cell, key);
  const bool future = !key.readable && cell.record->causal() && cell.key > cell.query;
  draw_term(ui,
            ui.tr(key.readable ? "why.mask"
                  : future     ? "why.mask.after"
                               : "why.mask.hidden"),
            key.readable ? "+ 0" : "−∞", ui.tr("why.mask.tip"));
  draw_term(ui, ui.tr("why.exp"), ui.tr.number(key.exp, 4),
            ui.tr.format("why.exp.tip", ui.tr.number(row.largest, 9), ui.tr.number(key.exp, 9)));
  term(ui.tr.format("why.sum", row.readable), row.sum, 4);
  if (key.factor != 1.0f) term(ui.tr("why.factor"), static_cast<double>(key.factor), 2);
  const auto share = static_cast<double>(key.share);
  draw_term(ui, ui.tr("why.share"), ui.tr.percent(share, 2), ui.tr.percent(share, 7), true);
}

// Columns of the row: word, score, exp, share.
struct Columns {
  float word = 0, column = 0, gap = 0;  // pixels
  float left(int column_index) const {
    return word + gap + static_cast<float>(column_index) * (column + gap);
  }
};

Columns fit_columns(const Ui& ui, float width) {
  Columns at{.gap = ui.px(8)};
  at.word = std::clamp(0.26f * width, ui.px(44), ui.px(120));
  at.column = std::max(ui.px(30), (width - at.word - 3 * at.gap) / 3);
  return at;
}

struct ScoreRange {
  float low = 0, high = 0;
  float at(float value) const { return high > low ? (value - low) / (high - low) : 0.0f; }
};

ScoreRange range_of_scores(const SoftmaxRow& row) {
  ScoreRange range;
  for (const SoftmaxKey& key : row.keys) {
    if (!key.readable || !std::isfinite(key.score)) continue;
    range.low = std::min({range.low, key.score, key.scaled});
    range.high = std::max({range.high, key.score, key.scaled});
  }
  return range;
}

void draw_column_names(Ui& ui, const Columns& columns) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const char* keys[] = {"why.column.score", "why.column.exp", "why.column.share"};
  for (int i = 0; i < 3; ++i) {
    const std::string name = fitted(ui, ui.tr(keys[i]), 12, columns.column + columns.gap);
    const float width = measure(ui, 12, name).x;
    ImGui::SetCursorScreenPos(ImVec2(at.x + columns.left(i), at.y));
    ImGui::PushID(i);
    ImGui::Dummy(ImVec2(columns.column, ui.px(16)));
    ImGui::PopID();
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr(std::string(keys[i]) + ".tip"));
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + columns.left(i) + columns.column - width, at.y),
              12, ui.colors.secondary, name);
  }
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(1, ui.px(18) - ImGui::GetStyle().ItemSpacing.y));
}

// A number over its bar. @param from, to  in [0, 1] of the column
void draw_number_bar(Ui& ui, ImVec2 at, float width, const std::string& number, float from, float to,
                     ImU32 bar, ImU32 text, ImFont* font = nullptr) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 size = measure(ui, kSmall, number, font);
  draw_text(ui, draw, ImVec2(at.x + width - size.x, at.y), kSmall, text, number, font);
  const float y = at.y + ui.px(19);
  draw->AddRectFilled(ImVec2(at.x, y), ImVec2(at.x + width, y + ui.px(4)), ui.colors.track, ui.px(2));
  const float low = std::clamp(std::min(from, to), 0.0f, 1.0f),
              high = std::clamp(std::max(from, to), 0.0f, 1.0f);
  if (high - low > 0.0f)
    draw->AddRectFilled(ImVec2(at.x + width * low, y),
                        ImVec2(at.x + std::max(width * high, width * low + ui.px(1)), y + ui.px(4)), bar,
                        ui.px(2));
}

// The score's bar grows from 0; what ln w adds to it is in the accent.
void draw_score(Ui& ui, ImVec2 at, float width, const SoftmaxKey& key, const ScoreRange& range, ImU32 bar,
                ImU32 text) {
  if (!key.readable) {
    draw_number_bar(ui, at, width, "−∞", 0, 0, bar, text);
    return;
  }
  draw_number_bar(ui, at, width, ui.tr.number(key.score, 2), range.at(0.0f), range.at(key.scaled), bar, text);
  if (key.bias == 0.0f) return;
  const float y = at.y + ui.px(19), from = width * range.at(key.scaled), to = width * range.at(key.score);
  ImGui::GetWindowDrawList()->AddRectFilled(ImVec2(at.x + std::min(from, to), y),
                                            ImVec2(at.x + std::max(from, to), y + ui.px(4)),
                                            ui.colors.accent);
}

std::string exact_key(const Ui& ui, const std::string& name, const SoftmaxKey& key) {
  return ui.tr.format("why.exact", name, ui.tr.number(key.dot, 9), score_text(ui, key.bias, 9),
                      score_text(ui, key.score, 9), ui.tr.number(key.exp, 9),
                      ui.tr.percent(static_cast<double>(key.share), 7));
}

// One key of the row. A button, so that the keyboard reaches every cell.
void draw_key(Ui& ui, const Explained& cell, const SoftmaxRow& row, int index, const Columns& columns,
              const ScoreRange& range, float most) {
  const SoftmaxKey& key = row.keys[static_cast<std::size_t>(index)];
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImGui::PushID(index);
  if (ImGui::InvisibleButton("##bar", ImVec2(width, ui.px(kKeyRow - 4)), ImGuiButtonFlags_EnableNav))
    choose_key(ui, cell, index);
  ImGui::PopID();
  const bool focused = ImGui::IsItemFocused() && ImGui::GetIO().NavVisible;
  if (cell.hovers && (ImGui::IsItemHovered() || focused)) ui.ui.next_hovered.cell = {cell.query, index};
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip))
    tooltip(ui, exact_key(ui, cell.label(index), key).c_str());
  const bool chosen = index == cell.key;
  const ImU32 text = !key.readable ? with_alpha(ui.colors.secondary, 0.75f)
                     : chosen      ? ui.colors.text
                                   : ui.colors.secondary;
  const ImU32 bar = chosen ? cell.color : ui.colors.neutral_bar;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, ImVec2(at.x, at.y + ui.px(3)), kSmall, text,
            fitted(ui, cell.label(index), kSmall, columns.word), chosen ? ui.fonts.bold : ui.fonts.regular);
  draw_score(ui, ImVec2(at.x + columns.left(0), at.y), columns.column, key, range, bar, text);
  draw_number_bar(ui, ImVec2(at.x + columns.left(1), at.y), columns.column,
                  key.readable ? ui.tr.number(key.exp, 3) : "0", 0, static_cast<float>(key.exp), bar, text);
  const ImVec2 share(at.x + columns.left(2), at.y);
  draw_number_bar(ui, share, columns.column,
                  key.readable ? ui.tr.percent(static_cast<double>(key.share), 1) : "0", 0,
                  most > 0 ? key.share / most : 0.0f, bar, text, chosen ? ui.fonts.bold : ui.fonts.regular);
  if (const auto before = cell.before(index))
    draw_ghost(ui, draw, ImVec2(share.x, share.y + ui.px(17)), columns.column, ui.px(8),
               most > 0 ? *before / most : 0.0f, most > 0 ? key.share / most : 0.0f);
}

// All keys; of a long row the strongest, in the row's order. The explained one is among them.
std::vector<int> shown_keys(const Explained& cell, const SoftmaxRow& row) {
  std::vector<int> keys(row.keys.size());
  std::iota(keys.begin(), keys.end(), 0);
  if (static_cast<int>(keys.size()) <= kMostKeys) return keys;
  const auto stronger = [&](int a, int b) {
    return std::pair(a == cell.key, row.keys[static_cast<std::size_t>(a)].share) >
           std::pair(b == cell.key, row.keys[static_cast<std::size_t>(b)].share);
  };
  std::ranges::partial_sort(keys, keys.begin() + kMostKeys, stronger);
  keys.resize(kMostKeys);
  std::ranges::sort(keys);
  return keys;
}

void draw_total(Ui& ui, const std::string& name, double exp, double share, const Columns& columns) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float width = ImGui::GetContentRegionAvail().x;
  draw->AddLine(at, ImVec2(at.x + width, at.y), ui.colors.border, std::max(1.0f, ui.px(1)));
  draw_text(ui, draw, ImVec2(at.x, at.y + ui.px(3)), kSmall, ui.colors.text,
            fitted(ui, name, kSmall, columns.left(1) - ui.px(4)), ui.fonts.bold);
  for (const auto& [column, value] : {std::pair(1, exp), std::pair(2, share)}) {
    const std::string number = column == 2 ? ui.tr.percent(value, 1) : ui.tr.number(value, 3);
    const float x =
        at.x + columns.left(column) + columns.column - measure(ui, kSmall, number, ui.fonts.bold).x;
    draw_text(ui, draw, ImVec2(x, at.y + ui.px(3)), kSmall, ui.colors.text, number, ui.fonts.bold);
  }
  ImGui::Dummy(ImVec2(width, ui.px(22)));
}

void draw_row(Ui& ui, const Explained& cell, const SoftmaxRow& row) {
  const std::vector<int> keys = shown_keys(cell, row);
  const Columns columns = fit_columns(ui, ImGui::GetContentRegionAvail().x);
  const ScoreRange range = range_of_scores(row);
  float most = 0;
  double rest_exp = row.sum, rest_share = 0, all_shares = 0;
  for (const SoftmaxKey& key : row.keys) {
    most = std::max(most, key.share);
    all_shares += static_cast<double>(key.share);
  }
  for (const int key : keys) most = std::max(most, cell.before(key).value_or(0.0f));
  rest_share = all_shares;
  draw_column_names(ui, columns);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, ui.px(4)));
  for (const int key : keys) {
    draw_key(ui, cell, row, key, columns, range, most);
    rest_exp -= row.keys[static_cast<std::size_t>(key)].exp;
    rest_share -= static_cast<double>(row.keys[static_cast<std::size_t>(key)].share);
  }
  if (const std::size_t rest = row.keys.size() - keys.size(); rest > 0)
    draw_total(ui, ui.tr.format("why.rest", rest), std::max(0.0, rest_exp), std::max(0.0, rest_share),
               columns);
  draw_total(ui, ui.tr("why.total"), row.sum, all_shares, columns);
  ImGui::PopStyleVar();
}

// Attention that is not what softmax gives: maps kept from another drawing, or exchanged.
bool replaced(const SoftmaxRow& row) {
  return std::ranges::any_of(row.keys, [&](const SoftmaxKey& key) {
    const double softmax = row.sum > 0 ? key.exp / row.sum * static_cast<double>(key.factor) : 0.0;
    return std::isfinite(key.share) && std::abs(softmax - static_cast<double>(key.share)) > 1e-3;
  });
}

}  // namespace

void draw_softmax_stage(Ui& ui, const Explained& cell) {
  const SoftmaxRow row = softmax_row(*cell.record, cell.head->first, cell.head->second, cell.query);
  draw_steps(ui, cell, row);
  ImGui::PushTextWrapPos(0.0f);
  if (replaced(row)) text_sized(ui, kSmall, ui.colors.warning, ui.tr("why.replaced"));
  ImGui::PopTextWrapPos();
  const char* key = cell.sequence->is_patch(cell.query) ? "why.row.patch" : "why.row";
  text_sized(ui, kSmall, ui.colors.text, ui.tr.format(key, cell.label(cell.query)), ui.fonts.bold);
  draw_row(ui, cell, row);
  if (!ui.views.has_before() || !cell.hovers) return;
  text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("before.ghost.text"));
}

}  // namespace regard
