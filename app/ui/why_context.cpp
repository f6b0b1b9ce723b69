// The stage that comes first in a drawing: the vector of a word with and without weights, before and after
// the norm that stands in front of queries, keys and values. Why a scheme that only scales moves so little.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "app/ui/paint_parts.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "core/engine/context_changes.h"
#include "core/prompt/weighting.h"

namespace regard {
namespace {

constexpr float kContextRow = 22, kContextBar = 3;
constexpr double kHardlyMoved = 0.005;  // of its own length

// The word or token that is meant, by its first and last token.
struct Meant {
  std::string label;
  int first = 0, last = 0;
  int word = -1;  // of PaintText::words; -1: the one token

  const VectorChange& at(const ContextPlace& place) const {
    return word >= 0 ? place.words[static_cast<std::size_t>(word)]
                     : place.tokens[static_cast<std::size_t>(first)];
  }
};

Meant meant_word(const Ui& ui, const PaintWord& word) {
  return {paint_word_label(ui, word), word.first_token, word.last_token, word.word};
}

// The key where it is a word, else the query; nothing: both are patches.
std::optional<Meant> meant_word(const Ui& ui, const Explained& cell) {
  const int patches = ui.paint.patches();
  const int token = (cell.key >= patches ? cell.key : cell.query) - patches;
  if (token < 0) return std::nullopt;
  for (const PaintWord& word : ui.paint.words()) {
    if (token >= word.first_token && token <= word.last_token) return meant_word(ui, word);
  }
  return Meant{cell.label(token + patches), token, token};
}

std::string scheme_name(const Ui& ui) {
  return ui.tr("weighting." + std::string(weighting_name(ui.paint.run().request.weighting)));
}

// What there is of the drawing in sight; null: nothing, or of another prompt.
const ContextChanges* found_changes(const Ui& ui) {
  const ContextState& context = ui.state.painting.context;
  if (!context.found || !ui.paint.has_run() || !is_weighed(ui.paint.run())) return nullptr;
  const bool same_tokens = context.found->encoder.tokens.size() == ui.paint.run().prompt.tokens.size() &&
                           context.found->encoder.words.size() == ui.paint.run().prompt.words.size();
  return same_tokens ? context.found.get() : nullptr;
}

bool is_current(const Ui& ui) {
  const auto& of = ui.state.painting.context.of;
  return of && of->run.get() == &ui.paint.run() && of->drawn == ui.paint.span().second;
}

// Why there is nothing to say in numbers; empty: there is.
std::string nothing_to_say(const Ui& ui) {
  const PaintRun& run = ui.paint.run();
  if (ui.state.view.paint.unconditional) return ui.tr("why.context.half");
  if (!any_weighed(run.prompt.tokens)) return ui.tr("why.context.no_weight");
  if (run.request.weighting == Weighting::kNone) return ui.tr("why.context.none");
  return {};
}

std::string times_as_long(const Ui& ui, const VectorChange& change) {
  return "×" + ui.tr.number(length_ratio(change), 2);
}

// One sentence that follows the scheme, the word and its numbers in a block.
std::string context_in_words(const Ui& ui, const Meant& word, const VectorChange& before,
                             const VectorChange& after) {
  const PaintRequest& request = ui.paint.run().request;
  const std::string scheme = scheme_name(ui);
  const auto number = [&](double value, int decimals) { return ui.tr.number(value, decimals); };
  if (acts_inside(request.weighting)) {
    if (request.place == WeightPlace::kPicture) return ui.tr.format("why.context.scores", scheme, word.label);
    return ui.tr.format("why.context.inside", scheme, word.label, number(before.cosine, 3),
                        number(after.cosine, 3));
  }
  if (moved(before) < kHardlyMoved) return ui.tr.format("why.context.still", scheme, word.label);
  const char* key = moved(after) < moved(before) / 2 ? "why.context.back" : "why.context.stays";
  return ui.tr.format(key, word.label, number(length_ratio(before), 2), number(before.cosine, 3),
                      number(length_ratio(after), 2), number(after.cosine, 3));
}

// Where the columns of the table begin, pixels from its left.
struct ContextColumns {
  float width, names, pair, cosine;  // `pair`: of a place's two numbers
};

ContextColumns columns_of(const Ui& ui) {
  const float width = ImGui::GetContentRegionAvail().x;
  const float names = std::clamp(0.34f * width, ui.px(64), ui.px(150));
  const float pair = (width - names) / 2;
  return {width, names, pair, pair / 2};
}

void draw_right(Ui& ui, float right, float y, const std::string& text, ImU32 color, ImFont* font = nullptr) {
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(right - measure(ui, kSmall, text, font).x, y), kSmall,
            color, text, font);
}

void draw_context_head(Ui& ui) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ContextColumns c = columns_of(ui);
  for (int side = 0; side < 2; ++side) {
    const std::string title = ui.tr(side == 0 ? "why.context.before" : "why.context.after");
    const float right = at.x + c.names + c.pair * static_cast<float>(side + 1) - ui.px(4);
    draw_right(ui, right, at.y, fitted(ui, title, kSmall, c.pair - ui.px(8)), ui.colors.text, ui.fonts.bold);
    draw_right(ui, right, at.y + ui.px(17),
               fitted(ui, ui.tr("why.context.cosine"), kSmall, c.pair - c.cosine - ui.px(8)),
               ui.colors.secondary);
    draw_right(ui, right - c.cosine, at.y + ui.px(17),
               fitted(ui, ui.tr("why.context.length"), kSmall, c.cosine - ui.px(8)), ui.colors.secondary);
  }
  ImGui::Dummy(ImVec2(c.width, ui.px(36)));
}

// Length and cosine of one place, and how far it was moved as a bar below.
void draw_context_place(Ui& ui, const VectorChange& change, ImVec2 at, const ContextColumns& c, double most,
                        ImU32 bar, ImU32 text, ImFont* font) {
  const float right = at.x + c.pair - ui.px(4);
  draw_right(ui, right, at.y, ui.tr.number(change.cosine, 3), text, font);
  draw_right(ui, right - c.cosine, at.y, times_as_long(ui, change), text, font);
  const double part = most > 0.0 && !std::isnan(moved(change)) ? std::min(1.0, moved(change) / most) : 0.0;
  const float left = at.x + ui.px(10), full = right - left;
  const float top = at.y + ui.px(kContextRow - 6);
  ImGui::GetWindowDrawList()->AddRectFilled(
      ImVec2(left, top),
      ImVec2(left + std::max(ui.px(1), full * static_cast<float>(part)), top + ui.px(kContextBar)), bar,
      ui.px(1));
}

std::string place_tip(const Ui& ui, const std::string& where, const VectorChange& change) {
  return ui.tr.format("why.context.exact", where, ui.tr.number(length_ratio(change), 9),
                      ui.tr.number(change.cosine, 9), ui.tr.number(moved(change), 9));
}

struct ContextLine {
  std::string name;
  const VectorChange* before = nullptr;
  const VectorChange* after = nullptr;  // null: there is no norm
  bool chosen = false;
};

// @return  it was clicked
bool draw_context_line(Ui& ui, const ContextLine& line, double most, const Explained& cell, bool current) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ContextColumns c = columns_of(ui);
  const bool clicked = ImGui::InvisibleButton(line.name.c_str(), ImVec2(c.width, ui.px(kContextRow)),
                                              ImGuiButtonFlags_EnableNav);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    std::string tip = line.name + "\n" + place_tip(ui, ui.tr("why.context.before"), *line.before);
    if (line.after != nullptr) tip += "\n" + place_tip(ui, ui.tr("why.context.after"), *line.after);
    tooltip(ui, tip.c_str());
  }
  ImFont* font = line.chosen ? ui.fonts.bold : ui.fonts.regular;
  const ImU32 text = current && line.chosen ? ui.colors.text : ui.colors.secondary;
  draw_text(ui, ImGui::GetWindowDrawList(), at, kSmall, text,
            fitted(ui, line.name, kSmall, c.names - ui.px(6)), font);
  draw_context_place(ui, *line.before, ImVec2(at.x + c.names, at.y), c, most, ui.colors.neutral_bar, text,
                     font);
  if (line.after != nullptr)
    draw_context_place(ui, *line.after, ImVec2(at.x + c.names + c.pair, at.y), c, most, cell.color, text,
                       font);
  return clicked;
}

void draw_context_table(Ui& ui, const ContextChanges& found, const Meant& word, const Explained& cell,
                        int block) {
  // At least a twentieth: else what is next to nothing would fill its bar.
  double most = std::max({0.05, moved(word.at(found.encoder)), moved(word.at(found.embedded))});
  for (const auto* places : {&found.before, &found.after}) {
    for (const ContextPlace& place : *places) most = std::max(most, moved(word.at(place)));
  }
  const bool current = is_current(ui);
  draw_context_head(ui);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  ImGui::PushID("context");
  draw_context_line(ui, {.name = ui.tr("why.context.encoder"), .before = &word.at(found.encoder)}, most, cell,
                    current);
  draw_context_line(ui, {.name = "embedder", .before = &word.at(found.embedded)}, most, cell, current);
  for (int i = 0; i < std::ssize(found.before); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const ContextLine line{.name = ui.tr.format("paint.block", i + 1),
                           .before = &word.at(found.before[at]),
                           .after = &word.at(found.after[at]),
                           .chosen = i == block};
    if (draw_context_line(ui, line, most, cell, current) && cell.head) cell.show_head(i, cell.head->second);
  }
  ImGui::PopID();
  ImGui::PopStyleVar();
  text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr.format("why.context.bars", ui.tr.number(most, 2)));
}

}  // namespace

void draw_context_stage(Ui& ui, const Explained& cell) {
  const auto word = meant_word(ui, cell);
  if (!word) return text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.context.pick"));
  const std::string nothing = nothing_to_say(ui);
  const ContextChanges* found = nothing.empty() ? found_changes(ui) : nullptr;
  ui.ui.in_sight.context = true;
  const int block = cell.head ? cell.head->first : 0;
  text_wrapped(ui, kSmall, ui.colors.text, "LN(c) = (c − μ) ÷ √(σ² + ε) ⊙ (1 + γ) + β");
  text_wrapped(ui, kSmall, ui.colors.text, "(w c − w μ) ÷ (w σ) = (c − μ) ÷ σ");
  if (!nothing.empty()) {
    text_wrapped(ui, kSmall, ui.colors.text, nothing);
  } else if (found == nullptr) {
    text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("now.computing"));
  } else {
    const auto at = static_cast<std::size_t>(block);
    text_wrapped(ui, kSmall, is_current(ui) ? ui.colors.text : ui.colors.secondary,
                 context_in_words(ui, *word, word->at(found->before[at]), word->at(found->after[at])));
    draw_context_table(ui, *found, *word, cell, block);
  }
  text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.context.limits"));
  text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.context.source"));
}

void draw_context_note(Ui& ui, const PaintWord& word) {
  const PaintRun& run = ui.paint.run();
  if (ui.state.view.paint.unconditional || word.word < 0 || !is_weighed(run)) return;
  if (run.prompt.words[static_cast<std::size_t>(word.word)].weight == 1.0) return;
  ui.ui.in_sight.context = true;
  const Meant it = meant_word(ui, word);
  if (const ContextChanges* found = found_changes(ui)) {
    text_wrapped(ui, kSmall, is_current(ui) ? ui.colors.text : ui.colors.secondary,
                 context_in_words(ui, it, it.at(found->before.front()), it.at(found->after.front())));
  } else {
    text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("now.computing"));
  }
  const std::string show = std::string(ui.tr("why.context.show")) + "###context";
  if (chip(ui, show.c_str(), false, ui.tr("why.stage.context.tip")))
    show_stage(ui, CalculationStage::kContext);
}

}  // namespace regard
