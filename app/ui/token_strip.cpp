// Tokens as tiles, arcs from the pinned or hovered ones, a weight slider under each word.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/ui/ui.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kArcHeight = 38, kTileHeight = 40, kSliderHeight = 26, kValueHeight = 20;
constexpr float kTileGap = 14, kSubTokenGap = 3, kTilePadding = 14, kTileMin = 62;
constexpr float kFaintestArc = 0.02f;

struct Tile {
  float left = 0, right = 0;  // pixels from the strip's left edge
  float middle() const { return (left + right) / 2; }
};

float tile_text_size(const Token& token) { return token.is_bos || token.is_eos ? 15.0f : kTokenSize; }

std::vector<Tile> place_tiles(Ui& ui, const std::vector<Token>& tokens) {
  std::vector<Tile> tiles;
  float x = ui.px(1);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool same_word = i > 0 && tokens[i].word >= 0 && tokens[i].word == tokens[i - 1].word;
    if (i > 0) x += ui.px(same_word ? kSubTokenGap : kTileGap);
    const bool is_part =
        same_word || (i + 1 < tokens.size() && tokens[i].word >= 0 && tokens[i].word == tokens[i + 1].word);
    const float text = measure(ui, tile_text_size(tokens[i]), token_label(ui, tokens[i]), ui.fonts.bold).x;
    const float width =
        std::max(text + 2 * ui.px(is_part ? 8 : kTilePadding), ui.px(is_part ? 30 : kTileMin));
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
  const auto& pins = ui.state.doc.pins;
  for (std::size_t i = 0; i < pins.size(); ++i) {
    const int token = pinned_token(pins[i], tokens);
    if (token >= 0) list.push_back({token, ui.colors.pins[i]});
  }
  const int hovered = ui.ui.hovered_token;
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
  const float base = origin.y + ui.px(kArcHeight - 2);
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
  }
}

void tile_tooltip(Ui& ui, const Token& token, int index) {
  std::string text =
      ui.tr.format("token.tip.id", index + 1, token.id) + "\n" + ui.tr.format("token.tip.raw", token.text);
  if (token.is_bos) {
    text += "\n" + std::string(ui.tr("token.tip.bos"));
  } else if (token.is_eos) {
    text += "\n" + std::string(ui.tr("token.tip.eos"));
  } else {
    text += "\n" + ui.tr.format("token.tip.bytes", token.start, token.end);
  }
  tooltip(ui, (text + "\n" + ui.tr("token.tip.pin")).c_str());
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
               const std::vector<Subject>& list) {
  const Token& token = tokens[static_cast<std::size_t>(index)];
  const ImVec2 low(origin.x + tile.left, origin.y + ui.px(kArcHeight));
  const ImVec2 high(origin.x + tile.right, low.y + ui.px(kTileHeight));
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(index);
  if (ImGui::InvisibleButton("##tile", ImVec2(high.x - low.x, high.y - low.y), ImGuiButtonFlags_EnableNav)) {
    ui.out.emplace_back(TogglePin{pin_of(token)});
  }
  ImGui::PopID();
  const bool focused = ImGui::IsItemFocused() && ImGui::GetIO().NavVisible;
  if (ImGui::IsItemHovered() || focused) ui.ui.next_hovered_token = index;
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tile_tooltip(ui, token, index);

  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImU32 pin = pin_color(ui, tokens, index);
  const bool hot = ui.ui.hovered_token == index;
  draw->AddRectFilled(low, high, ui.colors.raised, ui.px(8));
  draw->AddRect(low, high,
                pin != 0 ? pin
                : hot    ? ui.colors.text
                         : ui.colors.border,
                ui.px(8), ui.px(pin != 0 ? 2.5f : 1.2f));
  const int subject = subject_token(ui, tokens);
  const bool partner = subject >= 0 && ui.views.current() &&
                       strongest_partner(ui.views, subject, ui.state.view.incoming) == index;
  ImFont* font = pin != 0 || partner ? ui.fonts.bold : ui.fonts.regular;
  const float size = tile_text_size(token);
  const std::string label = token_label(ui, token);
  const ImVec2 text = measure(ui, size, label, font);
  const bool special = token.is_bos || token.is_eos;
  const float lift =
      list.size() <= 1 ? 0.0f : ui.px((bar_height(list) + 1) * static_cast<float>(list.size()) - 4) / 2;
  draw_text(ui, draw,
            ImVec2((low.x + high.x - text.x) / 2,
                   low.y + std::max(ui.px(1), (ui.px(kTileHeight) - text.y) / 2 - ui.px(1) - lift)),
            size, special && pin == 0 ? ui.colors.secondary : ui.colors.text, label, font);
  if (ui.views.current()) draw_bars(ui, draw, low, high, list, index);
  draw_pin_letter(ui, draw, low, tokens, index);
}

// Pieces of one word stand close together inside one outline.
void draw_word_outline(Ui& ui, ImVec2 origin, const std::vector<Tile>& tiles, const Word& word) {
  if (word.first_token == word.last_token) return;
  const float top = origin.y + ui.px(kArcHeight) - ui.px(3), bottom = top + ui.px(kTileHeight + 6);
  ImGui::GetWindowDrawList()->AddRect(
      ImVec2(origin.x + tiles[static_cast<std::size_t>(word.first_token)].left - ui.px(3), top),
      ImVec2(origin.x + tiles[static_cast<std::size_t>(word.last_token)].right + ui.px(3), bottom),
      ui.colors.border, ui.px(10), ui.px(1.2f));
}

// Left and right arrows on a slider in focus step its weight instead of moving the focus.
float keyboard_step(ImGuiID id) {
  if (!ImGui::IsItemFocused() || !ImGui::GetIO().NavVisible || ImGui::IsItemActive()) return 0.0f;
  float step = 0.0f;
  for (const auto& [key, by] :
       {std::pair(ImGuiKey_LeftArrow, -0.05f), std::pair(ImGuiKey_RightArrow, 0.05f)}) {
    if (ImGui::IsKeyPressed(key, ImGuiInputFlags_Repeat, id)) step += by;
    ImGui::SetKeyOwner(key, id);
  }
  return step;
}

void paint_slider(Ui& ui, ImVec2 low, float width, float value, bool hot) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float y = low.y + ui.px(kSliderHeight) / 2, half = ui.px(7);
  const float left = low.x + half, right = low.x + width - half;
  const float at = left + (right - left) * std::clamp(value / 2.0f, 0.0f, 1.0f);
  const bool changed = value != 1.0f;
  draw->AddRectFilled(ImVec2(low.x, y - ui.px(2)), ImVec2(low.x + width, y + ui.px(2)), ui.colors.track,
                      ui.px(2));
  const float middle = (left + right) / 2;
  if (changed) {
    draw->AddRectFilled(ImVec2(std::min(at, middle), y - ui.px(2)),
                        ImVec2(std::max(at, middle), y + ui.px(2)), ui.colors.accent);
  }
  draw->AddCircleFilled(ImVec2(at, y), half, changed ? ui.colors.accent : ui.colors.knob);
  if (hot) draw->AddCircle(ImVec2(at, y), half + ui.px(2), ui.colors.accent, 0, ui.px(1.5f));
}

void draw_slider(Ui& ui, ImVec2 origin, const Tile& from, const Tile& to, const Word& word, int index) {
  const float inset = ui.px(4), width = to.right - from.left - 2 * inset;
  const ImVec2 low(origin.x + from.left + inset, origin.y + ui.px(kArcHeight + kTileHeight + 6));
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(index + 100000);
  float value = static_cast<float>(word.weight);
  ImGui::SetNextItemWidth(width);
  // ImGui's slider keeps its behaviour (drag, Ctrl+click, keyboard); only its picture is ours.
  for (const ImGuiCol color : {ImGuiCol_FrameBg, ImGuiCol_FrameBgHovered, ImGuiCol_FrameBgActive,
                               ImGuiCol_SliderGrab, ImGuiCol_SliderGrabActive}) {
    ImGui::PushStyleColor(color, IM_COL32_BLACK_TRANS);
  }
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
                      ImVec2(ui.px(2), (ui.px(kSliderHeight) - ImGui::GetFontSize()) / 2));
  bool moved =
      ImGui::SliderFloat("##weight", &value, 0.0f, 2.0f,
                         ImGui::GetCurrentContext()->TempInputId == ImGui::GetID("##weight") ? "%.2f" : "");
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(5);
  const ImGuiID id = ImGui::GetItemID();
  const bool hot = ImGui::IsItemHovered() || ImGui::IsItemActive() ||
                   (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  const bool typing = ImGui::GetCurrentContext()->TempInputId == id && ImGui::IsItemActive();
  if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  if (moved && !typing && std::abs(value - 1.0f) < 0.03f) value = 1.0f;  // the detent
  if (const float step = keyboard_step(id); step != 0.0f) {
    value = std::clamp(std::round((value + step) * 20.0f) / 20.0f, 0.0f, 2.0f);
    moved = true;
  }
  if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
    ImGui::ClearActiveID();
    value = 1.0f;
    moved = true;
  }
  if (moved) ui.out.emplace_back(SetWordWeight{word.start, word.end, value, ui.ui.gesture});
  if (!typing) paint_slider(ui, low, width, static_cast<float>(word.weight), hot);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    tooltip(
        ui,
        ui.tr.format("slider.tip", ui.state.doc.prompt.substr(word.start, word.end - word.start)).c_str());
  }
  ImGui::PopID();
  const bool changed = word.weight != 1.0;
  const std::string shown = ui.tr.number(word.weight, 2);
  ImFont* font = changed ? ui.fonts.bold : ui.fonts.regular;
  const ImVec2 size = measure(ui, kBody, shown, font);
  draw_text(ui, ImGui::GetWindowDrawList(),
            ImVec2(low.x + (width - size.x) / 2, low.y + ui.px(kSliderHeight + 1)), kBody,
            changed ? ui.colors.accent : ui.colors.secondary, shown, font);
}

}  // namespace

void draw_token_strip(Ui& ui) {
  const auto& live = ui.views.live();
  const float height = ui.px(kArcHeight + kTileHeight + 6 + kSliderHeight + kValueHeight + 6);
  if (ui.state.doc.prompt.empty() || live.tokens.empty()) {
    ImGui::Dummy(ImVec2(1, ui.px(28)));
    if (ui.state.model) text_sized(ui, kBody, ui.colors.secondary, ui.tr("prompt.empty"));
    return;
  }
  const std::vector<Tile> tiles = place_tiles(ui, live.tokens);
  const float content = tiles.back().right + ui.px(4);
  const bool overflow = content > ImGui::GetContentRegionAvail().x;
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  const float bar = overflow ? ImGui::GetStyle().ScrollbarSize : 0.0f;
  if (ImGui::BeginChild("##strip", ImVec2(0, height + bar), ImGuiChildFlags_None,
                        ImGuiWindowFlags_HorizontalScrollbar | ImGuiWindowFlags_NoScrollWithMouse)) {
    if (ImGui::IsWindowHovered()) {  // the wheel moves along the sentence
      ImGui::SetScrollX(ImGui::GetScrollX() - ImGui::GetIO().MouseWheel * ui.px(80));
    }
    const ImVec2 origin = ImGui::GetCursorScreenPos();
    const std::vector<Subject> list = subjects(ui, live.tokens);
    for (const Word& word : live.words) draw_word_outline(ui, origin, tiles, word);
    for (int i = 0; i < static_cast<int>(tiles.size()); ++i) {
      draw_tile(ui, origin, tiles[static_cast<std::size_t>(i)], live.tokens, i, list);
    }
    if (ui.views.current()) draw_arcs(ui, ImGui::GetWindowDrawList(), origin, tiles, list);
    for (int i = 0; i < static_cast<int>(live.words.size()); ++i) {
      const Word& word = live.words[static_cast<std::size_t>(i)];
      draw_slider(ui, origin, tiles[static_cast<std::size_t>(word.first_token)],
                  tiles[static_cast<std::size_t>(word.last_token)], word, i);
    }
    ImGui::SetCursorScreenPos(origin);
    ImGui::Dummy(ImVec2(content, height - ui.px(2)));
  }
  ImGui::EndChild();
  ImGui::PopStyleVar();
}

}  // namespace regard
