#include "app/ui/weight_slider.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <imgui_internal.h>

#include "app/ui/slider.h"
#include "app/ui/widgets.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kMost = 2.0f, kLeastNegative = -2.0f, kDetent = 0.03f, kKeyStep = 0.05f;

// Left and right arrows on a slider in focus step its weight instead of moving the focus.
float keyboard_step(ImGuiID id) {
  if (!ImGui::IsItemFocused() || !ImGui::GetIO().NavVisible || ImGui::IsItemActive()) return 0.0f;
  float step = 0.0f;
  for (const auto& [key, by] :
       {std::pair(ImGuiKey_LeftArrow, -kKeyStep), std::pair(ImGuiKey_RightArrow, kKeyStep)}) {
    if (ImGui::IsKeyPressed(key, ImGuiInputFlags_Repeat, id)) step += by;
    ImGui::SetKeyOwner(key, id);
  }
  return step;
}

void paint(Ui& ui, const SliderPlace& place, float value, float least, bool hot) {
  const auto place_of = [least](float weight) { return (weight - least) / (kMost - least); };
  draw_slider(ui, ImGui::GetWindowDrawList(),
              {.low = place.low,
               .size = ImVec2(place.width, ui.px(kSliderHeight)),
               .from = place_of(1.0f),
               .at = place_of(value),
               .changed = value != 1.0f,
               .hot = hot});
}

struct SliderAnswer {
  std::optional<float> weight;  // where it was moved to
  bool reset = false;           // by a double-click
  bool ended = false;           // the drag is over
};

// ImGui's slider keeps its behaviour (drag, Ctrl+click, keyboard); only its picture is ours.
SliderAnswer slide(Ui& ui, const SliderPlace& place, double weight, const char* tip) {
  SliderAnswer answer;
  float value = static_cast<float>(weight);
  const bool negative = value < 0.0f || ImGui::GetIO().KeyShift;
  const float least = negative ? std::min(least_weight(ui), std::floor(value)) : 0.0f;
  ImGui::SetCursorScreenPos(place.low);
  ImGui::SetNextItemWidth(place.width);
  for (const ImGuiCol color : {ImGuiCol_FrameBg, ImGuiCol_FrameBgHovered, ImGuiCol_FrameBgActive,
                               ImGuiCol_SliderGrab, ImGuiCol_SliderGrabActive}) {
    ImGui::PushStyleColor(color, IM_COL32_BLACK_TRANS);
  }
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
                      ImVec2(ui.px(2), (ui.px(kSliderHeight) - ImGui::GetFontSize()) / 2));
  bool moved =
      ImGui::SliderFloat("##weight", &value, least, kMost,
                         ImGui::GetCurrentContext()->TempInputId == ImGui::GetID("##weight") ? "%.2f" : "");
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(5);
  const ImGuiID id = ImGui::GetItemID();
  const bool hot = ImGui::IsItemHovered() || ImGui::IsItemActive() ||
                   (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  const bool typing = ImGui::GetCurrentContext()->TempInputId == id && ImGui::IsItemActive();
  if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  if (ImGui::IsItemActive() && !typing && ImGui::IsMouseDown(ImGuiMouseButton_Left))
    ui.ui.weight_dragged = true;
  answer.ended = ImGui::IsItemDeactivated();
  if (moved && !typing && std::abs(value - 1.0f) < kDetent) value = 1.0f;
  if (const float step = keyboard_step(id); step != 0.0f) {
    value = std::clamp(std::round((value + step) / kKeyStep) * kKeyStep, least, kMost);
    moved = true;
  }
  if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
    ImGui::ClearActiveID();
    value = 1.0f;
    moved = answer.reset = true;
  }
  if (!typing) paint(ui, place, static_cast<float>(weight), least, hot);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, tip);
  if (moved) answer.weight = value;
  return answer;
}

// The bytes of a span on one line, cut when long.
std::string excerpt(const Ui& ui, std::size_t start, std::size_t end) {
  constexpr std::size_t kMostBytes = 60;
  std::string text = ui.state.doc.prompt.substr(start, std::min(end - start, kMostBytes));
  while (end - start > kMostBytes && !text.empty() &&
         (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
    text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return end - start > kMostBytes ? text + "…" : text;
}

// The words that Ctrl+Up and Ctrl+Down mean.
struct Span {
  std::size_t start = 0, end = 0;
  double weight = 1.0;
};

std::optional<Span> span_at(const Ui& ui, std::size_t start, std::size_t end) {
  for (const PromptChunk& chunk : ui.views.prompt().chunks) {
    for (const Word& word : chunk.words) {
      const bool touched =
          start == end ? word.start <= start && start <= word.end : word.start < end && start < word.end;
      if (!touched) continue;
      return start == end ? Span{word.start, word.end, word.weight} : Span{start, end, word.weight};
    }
  }
  return std::nullopt;
}

std::optional<Span> span_meant(const Ui& ui) {
  if (ui.ui.prompt.active) {
    const auto [from, to] = ui.ui.prompt.selection;
    return span_at(ui, std::min(from, to), std::max(from, to));
  }
  const auto& tokens = ui.views.live().tokens;
  const int token = subject_token(ui, tokens);
  if (token < 0 || tokens[static_cast<std::size_t>(token)].word < 0) return std::nullopt;
  const Word& word =
      ui.views.live().words[static_cast<std::size_t>(tokens[static_cast<std::size_t>(token)].word)];
  return Span{word.start, word.end, word.weight};
}

}  // namespace

float least_weight(const Ui& ui) {
  const Document& doc = ui.state.doc;
  const bool can = scheme_of(doc.weighting).takes_negative && doc.syntax != Syntax::kCompel;
  return can ? kLeastNegative : 0.0f;
}

void draw_word_slider(Ui& ui, const SliderPlace& place, const Word& word) {
  const std::string tip = ui.tr.format("slider.tip", excerpt(ui, word.start, word.end));
  const SliderAnswer answer = slide(ui, place, word.weight, tip.c_str());
  if (ImGui::IsItemHovered()) ui.ui.pointed_word = PromptWord{PromptWord::Kind::kWord, word.start};
  if (answer.weight) ui.out.emplace_back(SetWordWeight{word.start, word.end, *answer.weight, ui.ui.gesture});
  const bool changed = word.weight != 1.0;
  const std::string shown = ui.tr.number(word.weight, 2);
  ImFont* font = changed ? ui.fonts.bold : ui.fonts.regular;
  const ImVec2 size = measure(ui, kBody, shown, font);
  draw_text(ui, ImGui::GetWindowDrawList(),
            ImVec2(place.low.x + (place.width - size.x) / 2, place.low.y + ui.px(kSliderHeight + 1)), kBody,
            changed ? ui.colors.accent : ui.colors.secondary, shown, font);
}

void draw_group_slider(Ui& ui, const SliderPlace& place, const WordGroup& group) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImU32 line = with_alpha(ui.colors.accent, 0.7f);
  const float right = place.low.x + place.width, top = place.low.y + ui.px(3),
              edge = std::max(1.0f, ui.px(1.2f));
  draw->AddLine(ImVec2(place.low.x, top), ImVec2(right, top), line, edge);
  for (const float x : {place.low.x, right - edge})
    draw->AddLine(ImVec2(x, top - ui.px(4)), ImVec2(x, top), line, edge);
  const std::string shown = ui.tr.number(group.weight, 2);
  const ImVec2 size = measure(ui, kBody, shown, ui.fonts.bold);
  const float room = std::max(ui.px(40), place.width - size.x - ui.px(10));
  const SliderPlace slider{ImVec2(place.low.x, place.low.y + ui.px(3)), room};
  const std::string tip = ui.tr.format("group.tip", excerpt(ui, group.start, group.end));
  const SliderAnswer answer = slide(ui, slider, group.weight, tip.c_str());
  if (answer.weight) {
    ui.out.emplace_back(SetGroupWeight{group.start, group.end, *answer.weight, !answer.reset, ui.ui.gesture});
  } else if (answer.ended && std::abs(group.weight - 1.0) < 0.005) {
    ui.out.emplace_back(SetGroupWeight{group.start, group.end, 1.0, false, ui.ui.gesture});
  }
  draw_text(ui, draw, ImVec2(right - size.x, place.low.y + ui.px(7)), kBody, ui.colors.accent, shown,
            ui.fonts.bold);
}

void step_weight(Ui& ui, int steps) {
  const auto span = span_meant(ui);
  if (!span) return;
  const double step = static_cast<double>(ui.state.view.weight_step);
  const double weight = std::round((span->weight + steps * step) * 100.0) / 100.0;
  if (PromptField& field = ui.ui.prompt; field.active) {
    const auto [from, to] = std::minmax(field.selection.first, field.selection.second);
    field.reselect = ui.state.doc.prompt.substr(span->start, span->end - span->start);
    field.reselect_at = {from - span->start, to - span->start};
    field.reselect_from = span->start;
  }
  ++ui.ui.gesture;
  ui.out.emplace_back(SetWordWeight{span->start, span->end,
                                    std::max(weight, static_cast<double>(least_weight(ui))), ui.ui.gesture});
}

}  // namespace regard
