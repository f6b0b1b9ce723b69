// Tokens as tiles, arcs from the pinned or hovered ones, a weight slider under each word.
#include <algorithm>
#include <cmath>
#include <utility>

#include <imgui_internal.h>

#include "app/ui/lesson_view.h"
#include "app/ui/marks.h"
#include "app/ui/paint_parts.h"
#include "app/ui/ui.h"
#include "app/ui/weight_slider.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/ui/word_list.h"
#include "app/views/colormap.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kArcHeight = 38, kTileHeight = 40, kValueHeight = 20, kGroupHeight = 30, kChunkGap = 34;
constexpr float kTileGap = 14, kSubTokenGap = 3, kTilePadding = 14, kTokenMin = 62;
constexpr float kFaintestArc = 0.02f;

struct Tile {
  float left = 0, right = 0;  // pixels from the strip's left edge
  float middle() const { return (left + right) / 2; }
};

bool shows_painting(const Ui& ui) { return ui.state.view.workspace == Workspace::kPainting; }

// Room for arcs over the tiles, units. A drawing shows its own attention elsewhere: there only a title
// stands.
float arc_room(const Ui& ui) {
  if (!shows_painting(ui)) return kArcHeight;
  return ui.views.prompt().chunks.size() > 1 ? 20.0f : 4.0f;
}

// How close tiles stand. A sentence that does not fit is set closer before it scrolls.
struct Spacing {
  float gap, padding, least, text, special;
};
constexpr Spacing kAmple{kTileGap, kTilePadding, kTokenMin, kTokenSize, 15}, kDense{5, 12, 50, 17, 13};

float tile_text_size(const Token& token, const Spacing& spacing) {
  return token.is_bos || token.is_eos ? spacing.special : spacing.text;
}

std::vector<Tile> place_tiles(Ui& ui, const std::vector<Token>& tokens, float x, const Spacing& spacing) {
  std::vector<Tile> tiles;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool same_word = i > 0 && tokens[i].word >= 0 && tokens[i].word == tokens[i - 1].word;
    if (i > 0) x += ui.px(same_word ? kSubTokenGap : spacing.gap);
    const bool is_part =
        same_word || (i + 1 < tokens.size() && tokens[i].word >= 0 && tokens[i].word == tokens[i + 1].word);
    const float text =
        measure(ui, tile_text_size(tokens[i], spacing), token_label(ui, tokens[i]), ui.fonts.bold).x;
    const float width =
        std::max(text + 2 * ui.px(is_part ? 8 : spacing.padding), ui.px(is_part ? 30 : spacing.least));
    tiles.push_back({x, x + width});
    x += width;
  }
  return tiles;
}

// Tokens whose attention is drawn: the pinned ones, and the hovered one.
struct Subject {
  int token;
  ImU32 color;
};
std::vector<Subject> subjects(const Ui& ui, const std::vector<Token>& tokens) {
  std::vector<Subject> list;
  if (shows_painting(ui)) return list;
  const auto& pins = ui.state.doc.pins;
  for (std::size_t i = 0; i < pins.size(); ++i) {
    const int token = pinned_token(pins[i], tokens);
    if (token >= 0) list.push_back({token, ui.colors.pins[i]});
  }
  const int hovered = ui.ui.hovered.token;
  const bool is_pinned =
      std::any_of(list.begin(), list.end(), [&](const Subject& s) { return s.token == hovered; });
  if (hovered >= 0 && hovered < static_cast<int>(tokens.size()) && !is_pinned)
    list.push_back({hovered, ui.colors.text});
  return list;
}

float reading(const Ui& ui, int subject, int other) {
  return ui.state.view.incoming ? ui.views.attention()(other, subject) : ui.views.attention()(subject, other);
}

void draw_arcs(Ui& ui, ImDrawList* draw, ImVec2 origin, const std::vector<Tile>& tiles,
               const std::vector<Subject>& list) {
  const float base = origin.y + ui.px(arc_room(ui) - 2);
  for (const Subject& subject : list) {
    for (int other = 0; other < static_cast<int>(tiles.size()); ++other) {
      const float value = other == subject.token ? 0.0f : reading(ui, subject.token, other);
      if (!(value >= kFaintestArc)) continue;
      const float from = origin.x + tiles[static_cast<std::size_t>(subject.token)].middle();
      const float to = origin.x + tiles[static_cast<std::size_t>(other)].middle();
      const float rise = std::min(ui.px(kArcHeight - 6), ui.px(14) + std::abs(to - from) * 0.09f) / 0.75f;
      draw->AddBezierCubic(ImVec2(from, base), ImVec2(from, base - rise), ImVec2(to, base - rise),
                           ImVec2(to, base), with_alpha(subject.color, 0.35f + 0.65f * value),
                           ui.px(1.0f + 4.0f * value));
    }
  }
}

// Height of one subject's bar: the more subjects, the thinner, so that the word keeps its room.
float bar_height(const std::vector<Subject>& list) {
  return list.size() <= 1 ? 4.0f : list.size() <= 3 ? 3.0f : 2.0f;
}

// What the subjects read of this token, as one thin bar each, above one another.
void draw_bars(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high, const std::vector<Subject>& list,
               int token) {
  const float height = bar_height(list);
  float y = high.y - ui.px(4);
  const float left = low.x + ui.px(7), full = high.x - low.x - 2 * ui.px(7);
  for (auto it = list.rbegin(); it != list.rend(); ++it, y -= ui.px(height + 1)) {
    const float value = std::clamp(reading(ui, it->token, token), 0.0f, 1.0f);
    if (!(value >= 0.005f)) continue;
    draw->AddRectFilled(ImVec2(left, y - ui.px(height)), ImVec2(left + std::max(ui.px(2), full * value), y),
                        it->color, ui.px(height / 2));
    const bool incoming = ui.state.view.incoming;
    const auto before = ui.views.before(incoming ? token : it->token, incoming ? it->token : token);
    if (before)
      draw_ghost(ui, draw, ImVec2(left, y - ui.px(height + 2)), full, ui.px(height + 4), *before, value);
  }
}

// Of a lens with one number a token: a bar from the middle of the tile, or from its left end when no number
// is below 0, against the largest.
void draw_number(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high, int token) {
  const RowVector& numbers = ui.views.numbers();
  if (token >= numbers.size() || !std::isfinite(numbers(token))) return;
  const ColorScale& range = ui.views.numbers_range();
  const float left = low.x + ui.px(7), full = high.x - low.x - 2 * ui.px(7);
  const float zero = left + full * (range.center ? 0.5f : 0.0f);
  const float end = left + full * std::clamp(color_scale_at(range, numbers(token)), 0.0f, 1.0f);
  const Rgba fill = color_of(range, colormap_for(ui.state.view, range), numbers(token));
  draw->AddRectFilled(ImVec2(left, high.y - ui.px(9)), ImVec2(left + full, high.y - ui.px(3)),
                      ui.colors.empty_cell, ui.px(2));
  draw->AddRectFilled(ImVec2(std::min(zero, end), high.y - ui.px(9)),
                      ImVec2(std::max(zero, end), high.y - ui.px(3)), IM_COL32(fill.r, fill.g, fill.b, 255));
  if (range.center)
    draw->AddLine(ImVec2(zero, high.y - ui.px(10)), ImVec2(zero, high.y - ui.px(2)), ui.colors.secondary);
}

bool shows_numbers(const Ui& ui) {
  return !shows_painting(ui) && ui.views.current() && ui.views.shows_numbers();
}

void tile_tooltip(Ui& ui, const Token& token, int index) {
  const bool details = ui.state.view.details;
  std::string text = ui.tr.format("token.tip.place", index + 1, ui.views.live().tokens.size());
  if (details) {
    text += "\n" + ui.tr.format("token.tip.id", index + 1, token.id) + "\n" +
            ui.tr.format("token.tip.raw", token.text);
  }
  if (token.is_bos) {
    text += "\n" + std::string(ui.tr("token.tip.bos"));
  } else if (token.is_eos) {
    text += "\n" + std::string(ui.tr("token.tip.eos"));
  } else if (details) {
    text += "\n" + ui.tr.format("token.tip.bytes", token.start, token.end);
  }
  tooltip(ui, (text + "\n" + ui.tr(shows_painting(ui) ? "token.tip.paint" : "token.tip.pin")).c_str());
}

void draw_pin_letter(Ui& ui, ImDrawList* draw, ImVec2 low, const std::vector<Token>& tokens, int token) {
  const auto& pins = ui.state.doc.pins;
  for (std::size_t i = 0; i < pins.size(); ++i) {
    if (pinned_token(pins[i], tokens) != token) continue;
    const char letter[2] = {static_cast<char>('A' + i), '\0'};
    draw_text(ui, draw, ImVec2(low.x + ui.px(6), low.y + ui.px(3)), 11, ui.colors.pins[i], letter,
              ui.fonts.bold);
  }
}

void draw_tile(Ui& ui, ImVec2 origin, const Tile& tile, const std::vector<Token>& tokens, int index,
               const std::vector<Subject>& list, const Spacing& spacing) {
  const Token& token = tokens[static_cast<std::size_t>(index)];
  const ImVec2 low(origin.x + tile.left, origin.y + ui.px(arc_room(ui)));
  const ImVec2 high(origin.x + tile.right, low.y + ui.px(kTileHeight));
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(index);
  if (ImGui::InvisibleButton("##tile", ImVec2(high.x - low.x, high.y - low.y), ImGuiButtonFlags_EnableNav)) {
    if (shows_painting(ui)) {
      show_word(ui, place_of_token(token));
    } else {
      ui.out.emplace_back(TogglePin{pin_of(token)});
    }
  }
  ImGui::PopID();
  const bool focused = ImGui::IsItemFocused() && ImGui::GetIO().NavVisible;
  if (ImGui::IsItemHovered() || focused) {
    ui.ui.next_hovered.token = index;
    ui.ui.pointed_word = place_of_token(token);
  }
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tile_tooltip(ui, token, index);

  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImU32 pin =
      shows_painting(ui) ? (shows_word(ui, token) ? ui.colors.word : 0) : pin_color(ui, tokens, index);
  const bool hot = ui.ui.hovered.token == index;
  draw->AddRectFilled(low, high, ui.colors.raised, ui.px(8));
  draw->AddRect(low, high,
                pin != 0 ? pin
                : hot    ? ui.colors.text
                         : ui.colors.border,
                ui.px(8), ui.px(pin != 0 ? 2.5f : 1.2f));
  const int subject = shows_painting(ui) ? -1 : subject_token(ui, tokens);
  const bool partner = subject >= 0 && ui.views.current() &&
                       strongest_partner(ui.views, subject, ui.state.view.incoming) == index;
  ImFont* font = pin != 0 || partner ? ui.fonts.bold : ui.fonts.regular;
  const float size = tile_text_size(token, spacing);
  const std::string label = token_label(ui, token);
  const ImVec2 text = measure(ui, size, label, font);
  const bool special = token.is_bos || token.is_eos;
  const float lift =
      list.size() <= 1 ? 0.0f : ui.px((bar_height(list) + 1) * static_cast<float>(list.size()) - 4) / 2;
  draw_text(ui, draw,
            ImVec2((low.x + high.x - text.x) / 2,
                   low.y + std::max(ui.px(1), (ui.px(kTileHeight) - text.y) / 2 - ui.px(1) - lift -
                                                  (shows_numbers(ui) ? ui.px(3) : 0.0f))),
            size, special && pin == 0 ? ui.colors.secondary : ui.colors.text, label, font);
  if (shows_numbers(ui)) {
    draw_number(ui, draw, low, high, index);
  } else if (ui.views.current()) {
    draw_bars(ui, draw, low, high, list, index);
  }
  if (const auto mark = trial_on(ui, place_of_token(token))) draw_trial_mark(ui, draw, low, high, *mark);
  if (!shows_painting(ui)) draw_pin_letter(ui, draw, low, tokens, index);
  spot_token(ui, index, low, high);
  if (is_of_held_cell(ui, index))
    draw->AddRect(ImVec2(low.x + ui.px(4), low.y + ui.px(4)), ImVec2(high.x - ui.px(4), high.y - ui.px(4)),
                  ui.colors.accent, ui.px(5), ui.px(1.5f));
}

// Pieces of one word stand close together inside one outline.
void draw_word_outline(Ui& ui, ImVec2 origin, const std::vector<Tile>& tiles, const Word& word) {
  if (word.first_token == word.last_token) return;
  const float top = origin.y + ui.px(arc_room(ui)) - ui.px(3), bottom = top + ui.px(kTileHeight + 6);
  ImGui::GetWindowDrawList()->AddRect(
      ImVec2(origin.x + tiles[static_cast<std::size_t>(word.first_token)].left - ui.px(3), top),
      ImVec2(origin.x + tiles[static_cast<std::size_t>(word.last_token)].right + ui.px(3), bottom),
      ui.colors.border, ui.px(10), ui.px(1.2f));
}

// A chunk's place in the strip.
struct StripChunk {
  int index = 0;
  std::vector<Tile> tiles;
  Spacing spacing = kAmple;
};

// The chunks near the one that is looked at, from left to right. A prompt of thousands stays cheap.
std::vector<StripChunk> place_chunks(Ui& ui, const Spacing& spacing) {
  constexpr int kAround = 3;
  const auto& chunks = ui.views.prompt().chunks;
  std::vector<StripChunk> strip;
  float x = ui.px(1);
  for (int i = std::max(0, ui.views.chunk() - kAround);
       i < std::min(static_cast<int>(chunks.size()), ui.views.chunk() + kAround + 1); ++i) {
    strip.push_back({i, place_tiles(ui, chunks[static_cast<std::size_t>(i)].tokens, x, spacing), spacing});
    x = strip.back().tiles.back().right + ui.px(kChunkGap);
  }
  return strip;
}

// "chunk 2 of 3 · 14 of 30 tokens" over its tiles, and the line between neighbours.
void draw_chunk_title(Ui& ui, ImVec2 origin, const StripChunk& chunk, float height) {
  const auto& prompt = ui.views.prompt();
  const bool chosen = chunk.index == ui.views.chunk();
  const int capacity = ui.state.model->encoder.config().positions - 2;
  const auto tokens = prompt.chunks[static_cast<std::size_t>(chunk.index)].tokens.size() - 2;
  const std::string title =
      fitted(ui, ui.tr.format("chunks.title", chunk.index + 1, prompt.chunks.size(), tokens, capacity),
             kSmall, chunk.tiles.back().right - chunk.tiles.front().left);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, ImVec2(origin.x + chunk.tiles.front().left, origin.y - ui.px(1)), kSmall,
            chosen ? ui.colors.text : ui.colors.secondary, title, chosen ? ui.fonts.bold : ui.fonts.regular);
  const float x = origin.x + chunk.tiles.back().right + ui.px(kChunkGap / 2);
  draw->AddLine(ImVec2(x, origin.y), ImVec2(x, origin.y + height), ui.colors.border,
                std::max(1.0f, ui.px(1)));
}

// A token of a chunk that is not looked at: click it to look there.
void draw_quiet_tile(Ui& ui, ImVec2 origin, const Tile& tile, const Token& token, int chunk, int index,
                     const Spacing& spacing) {
  const ImVec2 low(origin.x + tile.left, origin.y + ui.px(arc_room(ui)));
  const ImVec2 high(origin.x + tile.right, low.y + ui.px(kTileHeight));
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(index);
  if (ImGui::InvisibleButton("##quiet", ImVec2(high.x - low.x, high.y - low.y), ImGuiButtonFlags_EnableNav))
    ui.out.emplace_back(SelectChunk{chunk});
  ImGui::PopID();
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("chunks.tip"));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRect(low, high, hot ? ui.colors.text : ui.colors.border, ui.px(8), std::max(1.0f, ui.px(1)));
  const float size = tile_text_size(token, spacing);
  const std::string label = token_label(ui, token);
  const ImVec2 text = measure(ui, size, label);
  draw_text(ui, draw, ImVec2((low.x + high.x - text.x) / 2, (low.y + high.y - text.y) / 2 - ui.px(1)), size,
            ui.colors.secondary, label);
}

void draw_chunk_tiles(Ui& ui, ImVec2 origin, const StripChunk& at, const PromptChunk& chunk) {
  for (const Word& word : chunk.words) draw_word_outline(ui, origin, at.tiles, word);
  const bool chosen = at.index == ui.views.chunk();
  const std::vector<Subject> list = chosen ? subjects(ui, chunk.tokens) : std::vector<Subject>{};
  for (int i = 0; i < static_cast<int>(at.tiles.size()); ++i) {
    const Tile& tile = at.tiles[static_cast<std::size_t>(i)];
    if (chosen) {
      draw_tile(ui, origin, tile, chunk.tokens, i, list, at.spacing);
    } else {
      draw_quiet_tile(ui, origin, tile, chunk.tokens[static_cast<std::size_t>(i)], at.index, i, at.spacing);
    }
  }
  if (chosen && ui.views.current() && !shows_numbers(ui))
    draw_arcs(ui, ImGui::GetWindowDrawList(), origin, at.tiles, list);
}

SliderPlace place_of(Ui& ui, ImVec2 origin, const StripChunk& at, int first_token, int last_token, float y) {
  const float inset = ui.px(4);
  const float left = at.tiles[static_cast<std::size_t>(first_token)].left,
              right = at.tiles[static_cast<std::size_t>(last_token)].right;
  return {ImVec2(origin.x + left + inset, origin.y + y), right - left - 2 * inset};
}

void draw_chunk_sliders(Ui& ui, ImVec2 origin, const StripChunk& at, const PromptChunk& chunk) {
  const float below = ui.px(arc_room(ui) + kTileHeight + 6);
  for (int i = 0; i < static_cast<int>(chunk.words.size()); ++i) {
    const Word& word = chunk.words[static_cast<std::size_t>(i)];
    ImGui::PushID(i + 100000);
    draw_word_slider(ui, place_of(ui, origin, at, word.first_token, word.last_token, below), word);
    ImGui::PopID();
  }
  for (const WordGroup& group : chunk.groups) {
    ImGui::PushID(group.first_word * 1000 + group.last_word + 200000);
    const float y =
        below + ui.px(kSliderHeight + kValueHeight + kGroupHeight * static_cast<float>(group.depth));
    draw_group_slider(
        ui,
        place_of(ui, origin, at, chunk.words[static_cast<std::size_t>(group.first_word)].first_token,
                 chunk.words[static_cast<std::size_t>(group.last_word)].last_token, y),
        group);
    ImGui::PopID();
  }
}

int group_rows(const std::vector<StripChunk>& strip, const ChunkedPrompt& prompt) {
  int rows = 0;
  for (const StripChunk& chunk : strip) {
    for (const WordGroup& group : prompt.chunks[static_cast<std::size_t>(chunk.index)].groups)
      rows = std::max(rows, group.depth + 1);
  }
  return rows;
}

// The token that a lesson points at, else the one that was pinned last; -1: none.
int token_of_interest(const Ui& ui) {
  for (const Spot& spot : ui.ui.lesson.spots) {
    if (spot.panel == ui.panel && spot.token >= 0) return spot.token;
  }
  const auto& pins = ui.state.doc.pins;
  return pins.empty() ? -1 : pinned_token(pins.back(), ui.views.live().tokens);
}

void bring_into_view(Ui& ui, const std::vector<StripChunk>& strip, int token) {
  const auto chunk = std::ranges::find(strip, ui.views.chunk(), &StripChunk::index);
  if (chunk == strip.end() || token >= std::ssize(chunk->tiles)) return;
  const Tile& tile = chunk->tiles[static_cast<std::size_t>(token)];
  const float left = ImGui::GetScrollX(), width = ImGui::GetWindowWidth(), margin = ui.px(8);
  if (tile.left - margin < left || tile.right + margin > left + width)
    ImGui::SetScrollX(std::max(0.0f, tile.middle() - width / 2));
}

// The wheel moves along the sentence; the chunk that was chosen elsewhere comes into view, and so does a
// token that is pinned or pointed at from now on.
void scroll_strip(Ui& ui, const std::vector<StripChunk>& strip) {
  if (ImGui::IsWindowHovered())
    ImGui::SetScrollX(ImGui::GetScrollX() - ImGui::GetIO().MouseWheel * ui.px(80));
  const int token = token_of_interest(ui);
  if (std::exchange(ui.ui.prompt.strip_token, token) != token && token >= 0)
    bring_into_view(ui, strip, token);
  if (ui.ui.prompt.strip_chunk == ui.views.chunk()) return;
  ui.ui.prompt.strip_chunk = ui.views.chunk();
  for (const StripChunk& chunk : strip) {
    if (chunk.index == ui.views.chunk())
      ImGui::SetScrollX(std::max(0.0f, chunk.tiles.front().left - ui.px(60)));
  }
}

}  // namespace

float draw_token_strip(Ui& ui) {
  const ChunkedPrompt& prompt = ui.views.prompt();
  if (ui.state.doc.prompt.empty() || prompt.chunks.empty()) {
    ImGui::Dummy(ImVec2(1, ui.px(28)));
    if (ui.state.model) text_sized(ui, kBody, ui.colors.secondary, ui.tr("prompt.empty"));
    return ui.px(28);
  }
  std::vector<StripChunk> strip = place_chunks(ui, kAmple);
  if (strip.back().tiles.back().right + ui.px(4) > ImGui::GetContentRegionAvail().x)
    strip = place_chunks(ui, kDense);
  const int rows = group_rows(strip, prompt);
  const float height = ui.px(arc_room(ui) + kTileHeight + 6 + kSliderHeight + kValueHeight + 6 +
                             kGroupHeight * static_cast<float>(rows));
  const float content = strip.back().tiles.back().right + ui.px(4);
  const bool overflow = content > ImGui::GetContentRegionAvail().x;
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  const float bar = overflow ? ImGui::GetStyle().ScrollbarSize : 0.0f;
  // The line below stays in view; what does not fit is scrolled to.
  const bool told = !ui.views.warnings().empty() || !words_not_known(ui).empty();
  const float line = shows_painting(ui) && !told ? 0.0f : 22.0f;
  const float room =
      std::max(ui.px(arc_room(ui) + kTileHeight), ImGui::GetContentRegionAvail().y - ui.px(line));
  if (ImGui::BeginChild("##strip", ImVec2(0, std::min(height + bar, room)), ImGuiChildFlags_None,
                        ImGuiWindowFlags_HorizontalScrollbar | ImGuiWindowFlags_NoScrollWithMouse)) {
    scroll_strip(ui, strip);
    const ImVec2 origin = ImGui::GetCursorScreenPos();
    for (const StripChunk& at : strip) {
      const PromptChunk& chunk = prompt.chunks[static_cast<std::size_t>(at.index)];
      // The chosen chunk's items keep their names whatever chunk it is.
      if (at.index != ui.views.chunk()) ImGui::PushID(at.index + 1);
      draw_chunk_tiles(ui, origin, at, chunk);
      draw_chunk_sliders(ui, origin, at, chunk);
      if (at.index != ui.views.chunk()) ImGui::PopID();
      if (prompt.chunks.size() > 1) draw_chunk_title(ui, origin, at, height);
    }
    ImGui::SetCursorScreenPos(origin);
    ImGui::Dummy(ImVec2(content, height - ui.px(2)));
  }
  ImGui::EndChild();
  ImGui::PopStyleVar();
  return height + bar;
}

}  // namespace regard
