// Every word's map over the picture, side by side: click one to see it large. Under each, how much it is read
// and how much the picture changes without it.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "app/ui/marks.h"
#include "app/ui/paint_edit_menu.h"
#include "app/ui/paint_parts.h"
#include "app/ui/strip_parts.h"
#include "app/ui/ui.h"
#include "app/ui/view_menu.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/side_views.h"

namespace regard {
namespace {

constexpr float kWordsGap = 10, kWordLabel = 36, kWordLines = 40, kWhyLines = 36, kLeast = 64, kNameRoom = 44;
constexpr float kBarHeight = 4, kBarPitch = 6;

// The side of a word's picture when `count` of them stand in so many columns.
float side_of(Ui& ui, ImVec2 room, int count, int columns) {
  const int rows = (count + columns - 1) / columns;
  const float width =
      (room.x - ui.px(kWordsGap) * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  return std::min(width, room.y / static_cast<float>(rows) - ui.px(kWordLabel));
}

// Columns and side so that all words fit, nearly as large as they can be: fewer columns leave more room for
// their names.
std::pair<int, float> fit(Ui& ui, ImVec2 room, int count) {
  float most = 0;
  for (int columns = 1; columns <= count; ++columns) most = std::max(most, side_of(ui, room, count, columns));
  if (most >= ui.px(kLeast)) {
    int columns = 1;
    while (side_of(ui, room, count, columns) < 0.92f * most) ++columns;
    return {columns, std::floor(side_of(ui, room, count, columns))};
  }
  // Too many to see at once: a size that can be read, and a scroll bar.
  const int columns =
      std::max(1, static_cast<int>((room.x + ui.px(kWordsGap)) / ui.px(kLeast + 26 + kWordsGap)));
  return {columns, std::floor((room.x - ui.px(kWordsGap) * static_cast<float>(columns - 1)) /
                              static_cast<float>(columns))};
}

std::string percent(const Ui& ui, float share, int decimals) {
  return ui.tr.percent(static_cast<double>(share), decimals);
}

// What there is of a word's absence: a number of 0 to 1, or the words for why there is none.
struct Absence {
  std::optional<float> rms;
  std::string words;
};

Absence absence_of(const Ui& ui, const PaintWord& word) {
  if (word.place.kind == PromptWord::Kind::kStart) return {{}, ui.tr("matters.start")};
  if (const auto mark = trial_on(ui, word.place); mark && mark->struck) return {{}, mark->words};
  const WordEffect* effect =
      ui.state.view.paint.unconditional ? nullptr : ui.side.without(word.place, ui.paint.text());
  if (effect == nullptr) return {{}, ui.tr("matters.not_yet")};
  if (!effect->problem.empty()) return {{}, effect->problem};
  return {effect->rms, ui.tr.format("matters.tip", percent(ui, effect->rms, 1))};
}

// "has read before it: chat 31 %, Un 12 %": why its map may lie on them.
std::string why_here(const Ui& ui, const PaintWord& word) {
  const auto read = ui.side.read_before(word.place);
  if (!read) return {};
  const std::string name = paint_word_label(ui, word);
  if (read->words.empty()) return ui.tr.format("matters.why.first", name);
  constexpr std::size_t kMost = 2;
  std::string list;
  for (std::size_t i = 0; i < std::min(kMost, read->words.size()); ++i) {
    const auto& [byte, share] = read->words[i];
    if (i > 0) list += ", ";
    list += place_label(ui, {PromptWord::Kind::kWord, byte});
    if (read->exact) list.append(" ").append(percent(ui, share, 0));
  }
  return ui.tr.format("matters.why", name, list);
}

std::string word_tip(const Ui& ui, const PaintWord& word) {
  const std::string share = percent(ui, word.share, 1),
                    largest = ui.paint.shows_numbers() && !has_no_subject(ui.state.view.paint.lens)
                                  ? ui.tr.number(word.largest, 3)
                                  : percent(ui, word.largest, 2),
                    spread = ui.tr.patches(std::exp2(word.entropy));
  const bool output = ui.state.view.paint.lens == PaintLens::kOutput;
  std::string text = ui.tr.format(output ? "paint.output.tip" : "paint.word.tip", share, spread, largest);
  if (ui.state.view.details)
    text.append("\n").append(ui.tr.format("paint.word.bits", ui.tr.number(word.entropy, 1)));
  text.append("\n").append(absence_of(ui, word).words).append("\n").append(ui.tr("paint.word.try"));
  if (const std::string why = why_here(ui, word); !why.empty()) text.append("\n\n").append(why);
  return text;
}

ImU32 matters_color(const Ui& ui) {
  return ui.side.words_old() ? with_alpha(ui.colors.text, 0.35f) : ui.colors.text;
}

// Read, and below it matters: each relative to the largest of all words.
void draw_word_bars(Ui& ui, ImDrawList* draw, const PaintWord& word, ImVec2 at, float width) {
  float most = 0.0f;
  for (const PaintWord& each : ui.paint.words())
    most = std::max({most, each.share, each.share_before.value_or(0.0f)});
  const auto bar = [&](float y, float part, ImU32 color) {
    const float x = at.x + std::max(part > 0.0f ? ui.px(1) : 0.0f, width * std::clamp(part, 0.0f, 1.0f));
    draw->AddRectFilled(ImVec2(at.x, y), ImVec2(at.x + width, y + ui.px(kBarHeight)), ui.colors.track,
                        ui.px(2));
    draw->AddRectFilled(ImVec2(at.x, y), ImVec2(x, y + ui.px(kBarHeight)), color, ui.px(2));
  };
  bar(at.y, most > 0.0f ? word.share / most : 0.0f, ui.colors.neutral_bar);
  if (word.share_before && most > 0.0f)
    draw_ghost(ui, draw, ImVec2(at.x, at.y - ui.px(2)), width, ui.px(kBarHeight + 4),
               *word.share_before / most, word.share / most);
  const Absence absence = absence_of(ui, word);
  const float largest = ui.side.largest_effect();
  bar(at.y + ui.px(kBarPitch), absence.rms && largest > 0.0f ? *absence.rms / largest : 0.0f,
      matters_color(ui));
}

// The picture in the middle of a cell that may be wider; below it, as wide as the cell, name and bars.
void draw_word(Ui& ui, int index, ImVec2 corner, float side, float cell) {
  const PaintWord& word = ui.paint.words()[static_cast<std::size_t>(index)];
  const ImVec2 low(corner.x + std::floor((cell - side) / 2), corner.y), high(low.x + side, low.y + side);
  ImGui::SetCursorScreenPos(corner);
  ImGui::PushID(index);
  if (ImGui::InvisibleButton("##word", ImVec2(cell, side + ui.px(kWordLabel - 4)),
                             ImGuiButtonFlags_EnableNav))
    show_word(ui, word.place);
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, word_tip(ui, word).c_str());
  if (ImGui::BeginPopupContextItem("##edits")) {
    strip_item(ui, word.place);
    edit_items(ui, word.place);
    ImGui::Separator();
    view_menu_items(ui, *ui.panel, std::nullopt);
    ImGui::EndPopup();
  }
  ImGui::PopID();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_sheet_tile(ui, draw, ui.textures.film, ui.paint.film(), ui.paint.span().second, low, high);
  draw_map_tile(ui, draw, ui.textures.paint_words, ui.paint.word_atlas(), index * ui.paint.pitch_x(), 0, low,
                high, ui.state.view.paint.opacity);
  const auto mark = trial_on(ui, word.place);
  if (mark) draw_trial_mark(ui, draw, low, high, *mark);
  const bool chosen = ui.paint.patch() < 0 && ui.paint.word() == index;
  if (chosen || hot) {
    const float edge = ui.px(2);
    draw->AddRect(ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
                  chosen ? ui.colors.word : ui.colors.secondary, ui.px(3), ui.px(chosen ? 2.5f : 1.2f));
  }
  const std::string share = ui.tr.percent(static_cast<double>(word.share), 0);
  const ImVec2 wide = measure(ui, kSmall, share);
  ImFont* font = chosen ? ui.fonts.bold : ui.fonts.regular;
  const std::string label = fitted(ui, paint_word_label(ui, word), kBody, cell - wide.x - ui.px(6));
  draw_text(ui, draw, ImVec2(corner.x, high.y + ui.px(3)), kBody,
            word.word < 0 || (mark && mark->struck) ? ui.colors.secondary : ui.colors.text, label, font);
  if (mark && mark->struck) {
    const float y = std::round(high.y + ui.px(12));
    draw->AddLine(ImVec2(corner.x, y), ImVec2(corner.x + measure(ui, kBody, label, font).x, y),
                  ui.colors.secondary, std::max(1.0f, ui.px(1)));
  }
  draw_text(ui, draw, ImVec2(corner.x + cell - wide.x, high.y + ui.px(4)), kSmall, ui.colors.secondary,
            share);
  draw_word_bars(ui, draw, word, ImVec2(corner.x, high.y + ui.px(22)), cell);
}

void draw_direction(Ui& ui) {
  const PaintView& view = ui.state.view.paint;
  const bool fixed = is_of_words(view.lens);
  const bool reverse = view.reverse && !fixed;
  if (!begin_dropdown(ui, "direction", ui.tr(reverse ? "paint.quadrant.ti" : "paint.quadrant.it"))) return;
  for (const bool other : {false, true}) {
    if (ImGui::MenuItem(ui.tr(other ? "paint.quadrant.ti" : "paint.quadrant.it"), nullptr, reverse == other,
                        !other || !fixed))
      set_paint_view(ui, [&](PaintView& v) { v.reverse = other; });
  }
  ImGui::EndPopup();
}

// What the two bars are, and how far the second ones are.
void draw_legend(Ui& ui) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  float x = at.x;
  std::string progress;
  const PaintState& painting = ui.state.painting;
  const int done = ui.side.words_done(), asked = ui.side.words_asked();
  const bool stopped = painting.words_stopped;
  if (!stopped && painting.beside && done < asked) progress = ui.tr.format("matters.progress", done, asked);
  const std::string go_on = std::string(ui.tr("matters.go_on")) + "##matters";
  const float right = stopped            ? measure(ui, kSmall, ui.tr("matters.go_on")).x + ui.px(24)
                      : progress.empty() ? 0.0f
                                         : measure(ui, kSmall, progress).x + ui.px(12);
  const auto entry = [&](ImU32 color, const std::string& text) {
    draw->AddRectFilled(ImVec2(x, at.y + ui.px(6)), ImVec2(x + ui.px(14), at.y + ui.px(6 + kBarHeight)),
                        color, ui.px(2));
    const std::string shown = fitted(ui, text, kSmall, at.x + width - right - x - ui.px(20));
    draw_text(ui, draw, ImVec2(x + ui.px(20), at.y), kSmall, ui.colors.secondary, shown);
    x += ui.px(36) + measure(ui, kSmall, shown).x;
  };
  entry(ui.colors.neutral_bar, ui.tr("matters.read"));
  const float largest = ui.side.largest_effect();
  entry(ui.colors.text, largest > 0.0f ? ui.tr.format("matters.matters", percent(ui, largest, 1))
                                       : std::string(ui.tr("matters.matters.none")));
  ImGui::Dummy(ImVec2(std::max(1.0f, width - right), ui.px(18)));
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    const bool output = ui.state.view.paint.lens == PaintLens::kOutput;
    const std::string mass = output ? std::string(ui.tr("paint.output.mean"))
                                    : ui.tr.format("paint.text_mass", percent(ui, ui.paint.text_mass(), 1));
    tooltip(ui, std::string(ui.tr("matters.legend.tip")).append("\n").append(mass).c_str());
  }
  if (!progress.empty())
    draw_text(ui, draw, ImVec2(at.x + width - right + ui.px(12), at.y), kSmall, ui.colors.text, progress);
  if (!stopped) return;
  ImGui::SetCursorScreenPos(ImVec2(at.x + width - right + ui.px(4), at.y - ui.px(2)));
  WithFont font(ui.fonts.regular, kSmall);
  if (ImGui::SmallButton(go_on.c_str())) ui.out.emplace_back(DrawBeside{});
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("matters.go_on.tip"));
  ImGui::SetCursorScreenPos(ImVec2(at.x, at.y + ui.px(22)));
}

// The numbers beside the maps: how much the chosen word is read and matters, how wide its map is; and why it
// lies where it does.
void draw_measures(Ui& ui) {
  const float width = ImGui::GetContentRegionAvail().x;
  draw_legend(ui);
  if (ui.paint.word() < 0) return;
  const PaintWord& word = ui.paint.words()[static_cast<std::size_t>(ui.paint.word())];
  const Absence absence = absence_of(ui, word);
  const std::string matters = absence.rms ? percent(ui, *absence.rms, 1) : "–";
  const bool output = ui.state.view.paint.lens == PaintLens::kOutput;
  const std::string name = paint_word_label(ui, word), share = percent(ui, word.share, 1),
                    spread = ui.tr.patches(std::exp2(word.entropy));
  std::string line = output ? ui.tr.format("paint.output.measures", name, share, spread)
                            : ui.tr.format("paint.word_measures", name, share, matters, spread);
  if (ui.state.view.details)
    line.append(" · ").append(ui.tr.format("paint.word.bits", ui.tr.number(word.entropy, 1)));
  text_sized(ui, kSmall, ui.colors.secondary, fitted(ui, line, kSmall, width));
  const std::string why = why_here(ui, word);
  if (why.empty()) return;
  text_wrapped(ui, kSmall, ui.colors.text, why);
}

// Units that draw_measures() takes.
float measures_height(const Ui& ui) {
  return kWordLines + (ui.paint.word() >= 0 && ui.side.has_read_before() ? kWhyLines : 0.0f);
}

void draw_words(Ui& ui) {
  const int count = static_cast<int>(ui.paint.words().size());
  draw_direction(ui);
  ImGui::SameLine(0, ui.px(14));
  const ImVec2 after = ImGui::GetCursorScreenPos();
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - ui.px(14);
  const std::string scale = ui.paint.shows_difference()
                                ? ui.tr("difference.label")
                                : ui.tr(ui.state.view.paint.absolute ? "paint.scale.one" : "paint.scale.own");
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(after.x, after.y + ui.px(3)), kSmall, ui.colors.secondary,
            fitted(ui, scale, kSmall, right - after.x));
  ImGui::SetCursorScreenPos(ImVec2(ImGui::GetWindowPos().x + ui.px(14), after.y + ui.px(28)));
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const bool low = room.y < ui.px(kLowPanel);  // the measures are scrolled to
  const float measures = low ? 0.0f : ui.px(measures_height(ui));
  if (ImGui::BeginChild("##words", ImVec2(room.x, std::max(1.0f, room.y - measures)))) {
    ImVec2 inside = ImGui::GetContentRegionAvail();
    inside.x -= ui.px(6);
    inside.y -= ui.px(6);
    const auto [columns, side] = fit(ui, inside, count);
    const float most = inside.x / static_cast<float>(columns) - ui.px(kWordsGap);
    const float cell = std::floor(std::clamp(most, side, side + ui.px(kNameRoom)));
    const float full =
        cell * static_cast<float>(columns) + ui.px(kWordsGap) * static_cast<float>(columns - 1);
    const ImVec2 at(ImGui::GetCursorScreenPos().x + ui.px(3) + std::max(0.0f, (inside.x - full) / 2),
                    ImGui::GetCursorScreenPos().y + ui.px(3));
    for (int i = 0; i < count; ++i) {
      const int row = i / columns;
      draw_word(ui, i,
                ImVec2(std::round(at.x + static_cast<float>(i % columns) * (cell + ui.px(kWordsGap))),
                       std::round(at.y + static_cast<float>(row) * (side + ui.px(kWordLabel)))),
                side, cell);
    }
    const int rows = (count + columns - 1) / columns;
    const float bottom = at.y + static_cast<float>(rows) * (side + ui.px(kWordLabel));
    ImGui::SetCursorScreenPos(at);
    ImGui::Dummy(ImVec2(1, bottom - at.y));
    if (low) draw_measures(ui);
  }
  ImGui::EndChild();
  if (!low) draw_measures(ui);
}

}  // namespace

void draw_paint_words_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.paint_words"))) {
    ui.ui.in_sight.words = true;
    if (ui.paint.has_run() && !ui.paint.words().empty()) {
      draw_words(ui);
    } else if (ui.paint.has_run()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("paint.no_half"));
    } else {
      draw_paint_empty(ui);
    }
  }
  end_panel();
}

}  // namespace regard
