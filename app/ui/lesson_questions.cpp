// Act a card asks: a guess before the map is shown, questions with replies, hints in three rungs.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/lessons/player.h"
#include "app/ui/lesson_view.h"
#include "app/ui/paint_parts.h"
#include "app/ui/picture_parts.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"

namespace regard {
namespace {

constexpr float kAsk = kLesson, kReply = 17, kGuessTile = 20, kGuessTileHigh = 40, kGuessGap = 8;
constexpr const char *kRight = "\uf00c", *kWrong = "\uf00d";

using Act = LessonAct::What;

LessonText lesson_text_of(std::string text, bool strong = false) {
  return {{.spans = {{.text = std::move(text), .strong = strong}}}};
}

// A reply behind its sign, a line at its left.
void draw_reply(Ui& ui, bool right, const LessonText& text) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float indent = ui.px(34), width = ImGui::GetContentRegionAvail().x - indent;
  const ImU32 color = right ? ui.colors.text : ui.colors.warning;
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + ui.px(12), at.y), kReply, color,
            right ? kRight : kWrong);
  const float height = draw_lesson_text(ui, ImVec2(at.x + indent, at.y), width, text, kReply, ui.colors.text);
  ImGui::GetWindowDrawList()->AddRectFilled(at, ImVec2(at.x + ui.px(4), at.y + height), color, ui.px(2));
  lesson_take(ui, at, height, 10);
}

// A button as wide as the card, with text that may lesson_take several lines. @param sign  at its left; may
// be empty
bool wide_button(Ui& ui, const char* id, const LessonText& text, bool chosen, bool enabled,
                 const char* sign) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, pad = ui.px(12), left = ui.px(34);
  const float height = draw_lesson_text(ui, at, width - left - pad, text, kReply, 0, false) + ui.px(16);
  ImGui::BeginDisabled(!enabled);
  const bool clicked =
      ImGui::InvisibleButton(id, ImVec2(std::max(1.0f, width), height), ImGuiButtonFlags_EnableNav);
  ImGui::EndDisabled();
  const bool hot =
      enabled && (ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 high(at.x + width, at.y + height);
  draw->AddRectFilled(at, high, ui.colors.raised, ui.px(6));
  draw->AddRect(at, high, chosen || hot ? ui.colors.accent : ui.colors.border, ui.px(6),
                std::max(1.0f, ui.px(chosen || hot ? 2.0f : 1.2f)));
  const float line = ui.px(kReply * kLineOfEm);
  if (*sign != '\0') {
    draw_text(ui, draw, ImVec2(at.x + pad, at.y + ui.px(8)), kReply, ui.colors.text, sign);
  } else {
    draw->AddCircle(ImVec2(at.x + pad + ui.px(6), at.y + ui.px(8) + line / 2), ui.px(6),
                    chosen ? ui.colors.accent : ui.colors.secondary, 0, ui.px(1.6f));
  }
  draw_lesson_text(ui, ImVec2(at.x + left, at.y + ui.px(8)), width - left - pad, text, kReply,
                   enabled || chosen ? ui.colors.text : ui.colors.secondary);
  ImGui::SetCursorScreenPos(ImVec2(at.x, high.y + ui.px(kGuessGap)));
  return clicked && enabled;
}

bool small_button(Ui& ui, const char* id, const std::string& label, bool enabled) {
  const ImVec2 at = ImGui::GetCursorScreenPos(), text = measure(ui, kReply, label, ui.fonts.bold);
  const float width = text.x + ui.px(32), height = ui.px(36);
  ImGui::BeginDisabled(!enabled);
  const bool clicked = ImGui::InvisibleButton(id, ImVec2(width, height), ImGuiButtonFlags_EnableNav);
  ImGui::EndDisabled();
  const bool hot =
      enabled && (ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(at, ImVec2(at.x + width, at.y + height), ui.colors.raised, ui.px(6));
  draw->AddRect(at, ImVec2(at.x + width, at.y + height), enabled ? ui.colors.accent : ui.colors.border,
                ui.px(6), ui.px(hot ? 2.5f : 1.6f));
  draw_text(ui, draw, ImVec2(at.x + ui.px(16), at.y + (height - text.y) / 2 - ui.px(1)), kReply,
            enabled ? ui.colors.accent : ui.colors.secondary, label, ui.fonts.bold);
  return clicked && enabled;
}

// ---- guess ------------------------------------------------------------------------------------------------

std::string guess_name(const Ui& ui, const LessonNumber& number, int index) {
  if (!number.words.empty()) {
    const std::string& word = number.words[static_cast<std::size_t>(index)];
    if (number.special[static_cast<std::size_t>(index)] == 0) return word;
    return ui.tr(word == "bos" ? "token.bos" : "token.eos");
  }
  return ui.tr.format("lesson.patch", index % std::max(1, number.columns) + 1,
                      index / std::max(1, number.columns) + 1);
}

// The words as tiles, in as many lines as it takes.
void draw_word_tiles(Ui& ui, const LessonGuess& guess, const LessonNumber& number) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, pitch = ui.px(kGuessTileHigh + kGuessGap);
  ImVec2 low = at;
  for (int i = 0; i < std::ssize(number.each); ++i) {
    const auto index = static_cast<std::size_t>(i);
    if (number.special[index] != 0) continue;
    const std::string& word = number.words[index];
    const ImVec2 text = measure(ui, kGuessTile, word);
    const float side = std::min(width, text.x + ui.px(24));
    if (low.x > at.x && low.x + side > at.x + width) low = ImVec2(at.x, low.y + pitch);
    ImGui::SetCursorScreenPos(low);
    ImGui::PushID(i);
    const bool counts = !guess.others || number.counts[index] != 0;
    ImGui::BeginDisabled(!counts);
    if (ImGui::InvisibleButton("##guess", ImVec2(side, ui.px(kGuessTileHigh)), ImGuiButtonFlags_EnableNav))
      ask_lesson(ui, {.what = Act::kChoose, .name = guess.id, .index = i});
    ImGui::EndDisabled();
    ImGui::PopID();
    const bool hot =
        counts && (ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible));
    ImDrawList* draw = ImGui::GetWindowDrawList();
    const ImVec2 high(low.x + side, low.y + ui.px(kGuessTileHigh));
    draw->AddRectFilled(low, high, ui.colors.raised, ui.px(8));
    draw->AddRect(low, high, hot ? ui.colors.accent : ui.colors.border, ui.px(8), ui.px(hot ? 2.5f : 1.2f));
    draw_text(ui, draw, ImVec2(low.x + ui.px(12), (low.y + high.y - text.y) / 2 - ui.px(1)), kGuessTile,
              counts ? ui.colors.text : ui.colors.secondary, word);
    low.x = high.x + ui.px(kGuessGap);
  }
  lesson_take(ui, at, low.y + ui.px(kGuessTileHigh) - at.y, 12);
}

// Where the picture's patches lie on the card.
struct PatchRoom {
  ImVec2 low, cell;
  int columns = 0, rows = 0;
};

PatchRoom draw_patches(Ui& ui, const LessonNumber& number, ImVec2 at, ImVec2 room) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  if (ui.state.view.workspace == Workspace::kImage && ui.picture.has_run()) {
    const PatchGrid grid = place_picture(ui.picture.run(), at, room);
    draw->AddRectFilled(grid.image_low, grid.image_high, ui.colors.empty_cell);
    if (ui.textures.photo != ImTextureID_Invalid)
      draw->AddImage(ui.textures.photo, grid.image_low, grid.image_high);
    return {grid.low, grid.cell, grid.columns, grid.rows};
  }
  const float aspect = static_cast<float>(number.columns) / static_cast<float>(std::max(1, number.rows));
  const float width = std::floor(std::min(room.x, room.y * aspect));
  const ImVec2 low(std::round(at.x + (room.x - width) / 2), at.y),
      high(low.x + width, low.y + width / aspect);
  draw->AddRectFilled(low, high, ui.colors.empty_cell);
  if (ui.paint.has_run())
    draw_sheet_tile(ui, draw, ui.textures.film, ui.paint.film(), ui.paint.span().second, low, high);
  return {
      low,
      ImVec2(width / static_cast<float>(number.columns), (high.y - low.y) / static_cast<float>(number.rows)),
      number.columns, number.rows};
}

void frame_guess_patch(Ui& ui, const PatchRoom& room, int index, ImU32 color) {
  const ImVec2 low(room.low.x + room.cell.x * static_cast<float>(index % room.columns),
                   room.low.y + room.cell.y * static_cast<float>(index / room.columns));
  frame_cell(ui, ImGui::GetWindowDrawList(), low, ImVec2(low.x + room.cell.x, low.y + room.cell.y), color);
}

// The patch whose row a guess asks for; -1: it asks for something else.
int asked_patch(const Ui& ui, const LessonGuess& guess, const PatchRoom& room) {
  const LessonValue& value = ui.lesson->card().values[guess.value];
  for (const LessonPlace* place : {&value.query, &value.key}) {
    if (place->kind == LessonPlace::Kind::kPatch && place->column < room.columns && place->row < room.rows)
      return place->row * room.columns + place->column;
  }
  return -1;
}

// The picture without its map. @param chosen  -1: it is asked for
void draw_guess_picture(Ui& ui, const LessonGuess& guess, const LessonNumber& number, int chosen) {
  if (number.columns < 1 || number.rows < 1) return;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, high = std::min(width, ui.px(300));
  const PatchRoom room = draw_patches(ui, number, at, ImVec2(width, high));
  if (room.columns != number.columns || room.rows != number.rows) return;
  const ImVec2 size(room.cell.x * static_cast<float>(room.columns),
                    room.cell.y * static_cast<float>(room.rows));
  if (const int asked = asked_patch(ui, guess, room); asked >= 0)
    frame_guess_patch(ui, room, asked, ui.colors.pins[0]);
  if (chosen < 0) {
    ImGui::SetCursorScreenPos(room.low);
    const bool clicked =
        ImGui::InvisibleButton("##guess_picture", ImVec2(std::max(1.0f, size.x), std::max(1.0f, size.y)),
                               ImGuiButtonFlags_EnableNav);
    int& cursor = ui.ui.lesson.guess_cursor;
    move_over_cells(room.columns, room.rows, cursor, ImGui::GetItemID());
    int index = ImGui::IsItemFocused() && ImGui::GetIO().NavVisible ? cursor : -1;
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_NoNavOverride)) {
      const ImVec2 mouse = ImGui::GetMousePos();
      index = std::clamp(static_cast<int>((mouse.y - room.low.y) / room.cell.y), 0, room.rows - 1) *
                  room.columns +
              std::clamp(static_cast<int>((mouse.x - room.low.x) / room.cell.x), 0, room.columns - 1);
    }
    if (index >= 0) frame_guess_patch(ui, room, index, ui.colors.accent);
    if (clicked && index >= 0) ask_lesson(ui, {.what = Act::kChoose, .name = guess.id, .index = index});
  } else {
    const std::vector<int> order = LessonPlayer::ranked(number, guess.others);
    for (int i = 0; i < std::min(guess.top, static_cast<int>(order.size())); ++i)
      frame_guess_patch(ui, room, order[static_cast<std::size_t>(i)], ui.colors.warning);
    frame_guess_patch(ui, room, chosen, ui.colors.accent);
  }
  lesson_take(ui, at, high, 12);
}

// The largest ones as bars; the guess among them, or below them.
void draw_largest(Ui& ui, const LessonGuess& guess, const LessonNumber& number, int chosen) {
  constexpr int kShown = 3;
  const std::vector<int> order = LessonPlayer::ranked(number, guess.others);
  if (order.empty()) return;
  std::vector<int> shown(
      order.begin(),
      order.begin() + std::min<std::ptrdiff_t>(std::max(kShown, std::min(guess.top, 6)), std::ssize(order)));
  if (std::ranges::find(shown, chosen) == shown.end()) shown.push_back(chosen);
  const double most = std::max(1e-9, number.each[static_cast<std::size_t>(order.front())]);
  ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, row = ui.px(27);
  const float names = std::min(width * 0.4f, ui.px(130)), numbers = ui.px(72);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  for (const int index : shown) {
    const double value = number.each[static_cast<std::size_t>(index)];
    const bool mine = index == chosen;
    draw_text(ui, draw, at, kReply, mine ? ui.colors.accent : ui.colors.text,
              fitted(ui, guess_name(ui, number, index), kReply, names - ui.px(6)),
              mine ? ui.fonts.bold : ui.fonts.regular);
    const float bar =
        std::max(0.0f, width - names - numbers) * static_cast<float>(std::clamp(value / most, 0.0, 1.0));
    draw->AddRectFilled(ImVec2(at.x + names, at.y + ui.px(5)), ImVec2(at.x + names + bar, at.y + ui.px(17)),
                        mine ? ui.colors.accent : ui.colors.neutral_bar, ui.px(3));
    const std::string text = ui.tr.percent(value);
    draw_text(ui, draw, ImVec2(at.x + width - measure(ui, kReply, text).x - ui.px(4), at.y), kReply,
              ui.colors.text, text);
    at.y += row;
  }
  const ImVec2 from = ImGui::GetCursorScreenPos();
  lesson_take(ui, from, row * static_cast<float>(shown.size()), 6);
}

// "2 of 3 guesses were among the largest": over all that were made.
std::string hits_line(const Ui& ui) {
  int made = 0, hits = 0;
  for (const LessonCard& card : ui.lesson->lesson().cards) {
    const LessonGuess* guess = guess_of(card);
    if (guess == nullptr || !ui.lesson->progress(guess->id).tried) continue;
    ++made;
    hits += ui.lesson->progress(guess->id).right ? 1 : 0;
  }
  return ui.tr.format("lesson.guess.hits", hits, made,
                      ui.tr.percent(made > 0 ? static_cast<double>(hits) / made : 0.0, 0));
}

void draw_revealed(Ui& ui, const LessonGuess& guess, const LessonNumber& number,
                   const LessonProgress& progress) {
  const int chosen = progress.chosen.value_or(0);
  if (chosen >= std::ssize(number.each)) return;
  const std::vector<int> order = LessonPlayer::ranked(number, guess.others);
  const auto found = std::ranges::find(order, chosen);
  const std::string name = guess_name(ui, number, chosen);
  const std::string share = ui.tr.percent(number.each[static_cast<std::size_t>(chosen)]);
  const LessonText said =
      lesson_text_of(found == order.end() ? ui.tr.format("lesson.guess.itself", name, share)
                                          : ui.tr.format("lesson.guess.rank", name, found - order.begin() + 1,
                                                         order.size(), share));
  draw_reply(ui, progress.right, said);
  const LessonText& reply = progress.right ? guess.right : guess.wrong;
  if (!reply.empty()) lesson_words(ui, reply, kReply, ui.colors.text, 10);
  if (guess.patches) draw_guess_picture(ui, guess, number, chosen);
  draw_largest(ui, guess, number, chosen);
  lesson_words(ui, lesson_text_of(hits_line(ui)), 15, ui.colors.secondary, 12);
}

// ---- hints ------------------------------------------------------------------------------------------------

void draw_hints(Ui& ui, const LessonQuestion& question, const LessonProgress& progress) {
  const LessonHint& hint = question.hint;
  struct Rung {
    const char* words;
    const LessonText* text;
  };
  std::vector<Rung> rungs;
  if (!hint.nudge.empty()) rungs.push_back({"lesson.hint.nudge", &hint.nudge});
  if (!hint.suggestion.empty()) rungs.push_back({"lesson.hint.suggestion", &hint.suggestion});
  if (hint.show) rungs.push_back({"lesson.hint.show", nullptr});
  for (int i = 0; i < std::min(progress.hints, static_cast<int>(rungs.size())); ++i) {
    const Rung& rung = rungs[static_cast<std::size_t>(i)];
    LessonText text = rung.text != nullptr ? *rung.text : lesson_text_of(ui.tr("lesson.hint.shown"));
    if (text.empty()) continue;
    text.front().spans.insert(
        text.front().spans.begin(),
        TextSpan{.text = ui.tr.format("lesson.hint.line", ui.tr(rung.words)) + " ", .strong = true});
    lesson_words(ui, text, kReply, ui.colors.secondary, 8);
  }
  const bool all = progress.hints >= static_cast<int>(rungs.size());
  if (rungs.empty() || progress.right || (all && !hint.show)) return;
  const Rung& next =
      rungs[static_cast<std::size_t>(std::min(progress.hints, static_cast<int>(rungs.size()) - 1))];
  const std::string label = std::string("\uf0eb  ") + ui.tr(next.words) + "###hint";
  if (chip(ui, label.c_str(), false, ui.tr("lesson.hint.tip")))
    ask_lesson(ui, {.what = Act::kHint, .name = question.id});
  ImGui::Dummy(ImVec2(1, ui.px(6)));
}

// ---- questions --------------------------------------------------------------------------------------------

void draw_lesson_choices(Ui& ui, const LessonQuestion& question, const LessonProgress& progress) {
  for (int i = 0; i < std::ssize(question.choices); ++i) {
    const LessonChoice& choice = question.choices[static_cast<std::size_t>(i)];
    const bool chosen = progress.chosen == i;
    ImGui::PushID(i);
    if (wide_button(ui, "##choice", choice.text, chosen, !progress.right,
                    chosen ? (choice.right ? kRight : kWrong) : ""))
      ask_lesson(ui, {.what = Act::kChoose, .name = question.id, .index = i});
    ImGui::PopID();
    if (chosen) draw_reply(ui, choice.right, choice.reply);
  }
}

void draw_typed(Ui& ui, const LessonQuestion& question, const LessonProgress& progress) {
  std::string& text = ui.ui.lesson.typed[question.id];
  if (progress.right) text = progress.typed;
  bool entered = false;
  {
    WithFont font(ui.fonts.regular, kLesson);
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(10), ui.px(6)));
    ImGui::SetNextItemWidth(ui.px(120));
    entered =
        ImGui::InputText("##number", &text,
                         ImGuiInputTextFlags_EnterReturnsTrue |
                             (progress.right ? ImGuiInputTextFlags_ReadOnly : ImGuiInputTextFlags_None));
    ImGui::PopStyleVar();
    note_field(ui, text);
  }
  if (question.percent) {
    ImGui::SameLine(0, ui.px(8));
    text_sized(ui, kLesson, ui.colors.secondary, "%");
  }
  ImGui::SameLine(0, ui.px(14));
  const bool good = typed_number(text).has_value() && ui.lesson->number(*question.number) != nullptr;
  if ((small_button(ui, "##check", ui.tr("lesson.check"), good && !progress.right) || entered) && good)
    ask_lesson(ui, {.what = Act::kType, .name = question.id, .text = text});
  ImGui::Dummy(ImVec2(1, ui.px(6)));
}

void draw_check(Ui& ui, const LessonQuestion& question, const LessonProgress& progress) {
  if (small_button(ui, "##check", ui.tr("lesson.check"), ui.lesson->current() && !progress.right))
    ask_lesson(ui, {.what = Act::kCheck, .name = question.id});
  ImGui::Dummy(ImVec2(1, ui.px(6)));
}

}  // namespace

void draw_guess(Ui& ui, const LessonGuess& guess) {
  ImGui::PushID(guess.id.c_str());
  lesson_words(ui, guess.ask, kAsk, ui.colors.text, 10);
  const LessonNumber* number = ui.lesson->number(guess.value);
  const LessonProgress progress = ui.lesson->progress(guess.id);
  if (number == nullptr || number->each.empty()) {
    lesson_words(ui, lesson_text_of(ui.tr("lesson.waits")), kReply, ui.colors.secondary, 10);
  } else if (progress.tried) {
    draw_revealed(ui, guess, *number, progress);
  } else if (guess.patches) {
    draw_guess_picture(ui, guess, *number, -1);
  } else {
    draw_word_tiles(ui, guess, *number);
  }
  ImGui::PopID();
}

void draw_question(Ui& ui, const LessonQuestion& question) {
  const LessonProgress progress = ui.lesson->progress(question.id);
  ImGui::PushID(question.id.c_str());
  lesson_words(ui, question.ask, kAsk, ui.colors.text, 10);
  if (!question.choices.empty()) {
    draw_lesson_choices(ui, question, progress);
  } else if (question.number) {
    draw_typed(ui, question, progress);
  } else {
    draw_check(ui, question, progress);
  }
  if (question.choices.empty() && progress.tried)
    draw_reply(ui, progress.right, progress.right ? question.right : question.wrong);
  draw_hints(ui, question, progress);
  ImGui::Dummy(ImVec2(1, ui.px(4)));
  ImGui::PopID();
}

}  // namespace regard
