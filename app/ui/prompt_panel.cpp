// The prompt: a text field whose weighted parts are coloured, and what the grammar had to say.
#include <algorithm>
#include <cstring>
#include <utility>

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/ui/paint_parts.h"
#include "app/ui/reading_lists.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/ui/word_list.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr int kMaxLines = 3;
constexpr float kNarrow = 520, kNarrowPromptSize = 18, kHigh = 805;
constexpr ImDrawTextFlags kWrap = ImDrawTextFlags_WrapKeepBlanks;

// Lines as ImGui's own word wrap breaks them: [begin, end) offsets into the text.
std::vector<std::pair<std::size_t, std::size_t>> wrapped_lines(const std::string& text, float width) {
  std::vector<std::pair<std::size_t, std::size_t>> lines;
  const char* begin = text.c_str();
  const char* end = begin + text.size();
  for (const char* at = begin; at < end;) {
    const char* stop =
        ImFontCalcWordWrapPositionEx(ImGui::GetFont(), ImGui::GetFontSize(), at, end, width, kWrap);
    lines.emplace_back(at - begin, stop - begin);
    at = stop < end && *stop == '\n' ? stop + 1 : stop;
  }
  if (lines.empty()) lines.emplace_back(0, 0);
  return lines;
}

// What colour each byte of the prompt has: bytes of a weight group act on the model, hence the accent.
std::vector<ImU32> byte_colors(const Ui& ui, const std::string& text) {
  std::vector<ImU32> colors(text.size(), ui.colors.text);
  if (ui.state.doc.prompt != text || !ui.state.model) return colors;
  // Groups may be nested thousands deep: counted where they begin and end, not painted one over the other.
  std::vector<int> groups(text.size() + 1, 0), warned(text.size() + 1, 0);
  const auto span = [&](std::vector<int>& counts, std::size_t begin, std::size_t end) {
    ++counts[std::min(begin, text.size())];
    --counts[std::min(end, text.size())];
  };
  for (const WeightGroup& group : ui.views.prompt().parsed.groups) span(groups, group.open, group.close);
  for (const PromptWarning& warning : ui.views.warnings()) span(warned, warning.start, warning.end);
  for (std::size_t i = 0, in_groups = 0, in_warnings = 0; i < text.size(); ++i) {
    in_groups += static_cast<std::size_t>(groups[i]);
    in_warnings += static_cast<std::size_t>(warned[i]);
    if (in_groups > 0) colors[i] = ui.colors.accent;
    if (in_warnings > 0) colors[i] = ui.colors.warning;
  }
  return colors;
}

// Draws the text under the (transparent) field, run by run of one colour.
void draw_colored(Ui& ui, const std::string& text, ImVec2 origin, float width) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const std::vector<ImU32> colors = byte_colors(ui, text);
  const float line_height = ImGui::GetFontSize();
  float y = origin.y;
  for (const auto& [begin, end] : wrapped_lines(text, width)) {
    float x = origin.x;
    for (std::size_t at = begin; at < end;) {
      std::size_t stop = at + 1;
      while (stop < end && colors[stop] == colors[at]) ++stop;
      draw->AddText(ImVec2(x, y), colors[at], text.data() + at, text.data() + stop);
      x += ImGui::CalcTextSize(text.data() + at, text.data() + stop).x;
      at = stop;
    }
    y += line_height;
  }
}

// Dots under the words that the model was not taught; what they are read as, under the pointer.
void underline_unknown(Ui& ui, const std::string& text, ImVec2 origin, float width) {
  const std::vector<UnknownWord> words = words_not_known(ui);
  if (words.empty()) return;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float line_height = ImGui::GetFontSize(), step = ui.px(4), radius = ui.px(1.1f);
  float y = origin.y;
  for (const auto& [begin, end] : wrapped_lines(text, width)) {
    for (const UnknownWord& word : words) {
      const std::size_t from = std::max(word.start, begin), to = std::min(word.end, end);
      if (from >= to) continue;
      const float left = origin.x + ImGui::CalcTextSize(text.data() + begin, text.data() + from).x;
      const float right = left + ImGui::CalcTextSize(text.data() + from, text.data() + to).x;
      for (float x = left + step / 2; x < right; x += step)
        draw->AddCircleFilled(ImVec2(x, y + line_height - ui.px(1)), radius, ui.colors.warning);
      const bool in_sight = ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows);
      if (in_sight && ImGui::IsMouseHoveringRect(ImVec2(left, y), ImVec2(right, y + line_height)))
        tooltip(ui, unknown_line(ui, word).c_str());
    }
    y += line_height;
  }
}

// Where the word that is being typed begins, below its line.
ImVec2 below_word(const std::string& text, std::size_t start, ImVec2 origin, float width) {
  float y = origin.y;
  for (const auto& [begin, end] : wrapped_lines(text, width)) {
    y += ImGui::GetFontSize();
    if (start >= begin && start <= end)
      return {origin.x + ImGui::CalcTextSize(text.data() + begin, text.data() + start).x, y};
  }
  return {origin.x, y};
}

// One gesture is a burst of typing up to the next space, or one paste.
void emit_edit(Ui& ui) {
  const std::string& now = ui.ui.prompt.text;
  const std::string& before = ui.state.doc.prompt;
  const bool one_more = now.size() == before.size() + 1;
  const bool word_ended = one_more && now.find(' ', std::min(now.size(), before.size())) != std::string::npos;
  const bool pasted = now.size() > before.size() + 4 || now.size() + 4 < before.size();
  if (word_ended || pasted) ++ui.ui.gesture;
  ui.out.emplace_back(SetPrompt{now, ui.ui.gesture});
}

// ImGui's copy of the text is the one that changed elsewhere: undo, a slider, a key, a session.
void reload(PromptField& field, ImGuiID id) {
  ImGuiInputTextState* edit = ImGui::GetInputTextState(id);
  const bool reselects = std::exchange(field.reselects, false);
  if (!std::exchange(field.reload, false) || edit == nullptr) return;
  edit->ReloadUserBufAndKeepSelection();
  if (!reselects) return;
  edit->ReloadSelectionStart = static_cast<int>(field.selection.first);
  edit->ReloadSelectionEnd = static_cast<int>(field.selection.second);
}

void draw_field(Ui& ui) {
  UiState& screen = ui.ui;
  const bool narrow = ImGui::GetContentRegionAvail().x < ui.px(kNarrow);
  WithFont font(ui.fonts.regular, narrow ? kNarrowPromptSize : kPromptSize);
  const ImGuiID id = ImGui::GetID("##prompt");
  const bool completed = complete_by_key(ui, id);  // before the field takes over its text
  reload(screen.prompt, id);
  const float width = ImGui::GetContentRegionAvail().x;
  const ImVec2 padding(0.0f, ui.px(4));
  const float wrap = std::max(1.0f, width - 2 * padding.x - ImGui::GetStyle().ScrollbarSize);
  const int lines =
      std::clamp(static_cast<int>(wrapped_lines(screen.prompt.text, wrap).size()), 1, kMaxLines);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 size(width, lines * ImGui::GetFontSize() + 2 * padding.y);
  if (screen.prompt.focus) {
    ImGui::SetKeyboardFocusHere();
    screen.prompt.focus = false;
  }
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, padding);
  ImGui::PushStyleColor(ImGuiCol_Text, IM_COL32_BLACK_TRANS);
  ImGui::PushStyleColor(ImGuiCol_FrameBg, IM_COL32_BLACK_TRANS);
  const bool edited =
      ImGui::InputTextMultiline("##prompt", &screen.prompt.text, size,
                                ImGuiInputTextFlags_WordWrap | ImGuiInputTextFlags_CtrlEnterForNewLine |
                                    ImGuiInputTextFlags_NoUndoRedo);
  ImGui::PopStyleColor(2);
  ImGui::PopStyleVar();
  if (ImGui::IsItemActivated()) ++screen.gesture;
  screen.prompt.active = ImGui::IsItemActive();
  if (const ImGuiInputTextState* edit = ImGui::GetInputTextState(id);
      edit != nullptr && screen.prompt.active && !completed) {
    // Without a selection ImGui keeps the ends of an older one.
    const bool selects = edit->HasSelection();
    const int from = selects ? edit->GetSelectionStart() : edit->GetCursorPos();
    const int to = selects ? edit->GetSelectionEnd() : from;
    screen.prompt.selection = {static_cast<std::size_t>(std::max(0, from)),
                               static_cast<std::size_t>(std::max(0, to))};
  }
  const auto& children = ImGui::GetCurrentWindow()->DC.ChildWindows;
  const float scroll = children.empty() ? 0.0f : children.back()->Scroll.y;
  ImGui::PushClipRect(at, ImVec2(at.x + size.x, at.y + size.y), true);
  if (screen.prompt.text.empty()) {
    ImGui::GetWindowDrawList()->AddText(ImVec2(at.x, at.y + padding.y), ui.colors.secondary,
                                        ui.tr("prompt.hint"));
  } else {
    const ImVec2 origin(at.x, at.y + padding.y - scroll);
    draw_colored(ui, screen.prompt.text, origin, wrap);
    underline_unknown(ui, screen.prompt.text, origin, wrap);
  }
  ImGui::PopClipRect();
  find_completion(ui);
  draw_completion(ui, below_word(screen.prompt.text, screen.completion.start,
                                 ImVec2(at.x, at.y + padding.y - scroll), wrap));
  if (completed) return;  // the prompt is sent already
  if (edited && ImGui::IsItemDeactivated() &&
      ImGui::IsKeyPressed(ImGuiKey_Escape, ImGuiInputFlags_None, ImGuiKeyOwner_Any)) {
    screen.prompt.text =
        ui.state.doc.prompt;  // ImGui takes back all that was typed; here Escape only lets go
  } else if (edited) {
    emit_edit(ui);
  }
}

// In the header, or where that is too narrow below it. @return the height taken there, pixels
float draw_reading(Ui& ui) {
  const Reading reading{ui.state.doc.syntax, ui.state.doc.weighting};
  const float words = word_list_width(ui), room = ImGui::GetWindowWidth() - ui.px(28);
  const float lists = reading_width(ui, reading);
  const bool with_words = words + lists + ui.px(60) <= room;
  const float width = lists + (with_words ? words : 0.0f);
  const bool header = width + ui.px(60) <= room, one_line = width <= room;
  if (header) {
    header_right(ui, width);
  } else {
    ImGui::SetCursorPos(ImVec2(ui.px(14), ui.px(34)));
  }
  if (with_words) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    draw_word_list(ui);
    ImGui::SetCursorScreenPos(ImVec2(at.x + words, at.y));
  }
  const auto asked =
      reading_lists(ui, "reading", reading, true, one_line ? ListPlace::kBeside : ListPlace::kBelow);
  if (asked) {
    if (asked->syntax != reading.syntax) ui.out.emplace_back(SetSyntax{asked->syntax});
    if (asked->weighting != reading.weighting) ui.out.emplace_back(SetWeighting{asked->weighting});
  }
  return header ? 0.0f : ui.px(one_line ? 26 : 48);
}

std::string warning_text(const Ui& ui, const PromptWarning& warning) {
  if (warning.key == "warning.cut") {
    return ui.tr.format(warning.key, static_cast<int>(ui.views.live().tokens.size()) - 2,
                        ui.views.prompt().tokens_cut);
  }
  return ui.tr(warning.key);
}

std::string name_pins(const Ui& ui, const std::vector<Token>& tokens) {
  std::string names;
  for (const Pin& pin : ui.state.doc.pins) {
    const int token = pinned_token(pin, tokens);
    if (token < 0) continue;
    if (!names.empty()) names += ", ";
    names += token_label(ui, tokens[static_cast<std::size_t>(token)]);
  }
  return names;
}

// Where the window is high enough for one more line.
bool says_weights_answer(const Ui& ui) {
  return ImGui::GetMainViewport()->Size.y >= ui.px(kHigh) &&
         ui.state.view.workspace == Workspace::kPainting && ui.state.paint_model &&
         ui.state.paint_model->taught_weights;
}

// What is read of what stands in the sentence at the top; here, what can be done, and what is held.
std::string prompt_hint_line(Ui& ui, float room) {
  if (says_weights_answer(ui)) {
    const char* const whole = ui.tr("line.taught_weights");
    return measure(ui, kSmall, whole).x <= room ? whole : ui.tr("line.taught_weights.short");
  }
  const auto& tokens = ui.views.live().tokens;
  const bool full = ui.state.doc.pins.size() >= kMaxPins;
  if (full && ui.ui.hovered.token >= 0 && pin_color(ui, tokens, ui.ui.hovered.token) == 0)
    return ui.tr("line.pins_full");
  const std::string pins = name_pins(ui, tokens);
  const bool several = pins.find(", ") != std::string::npos;
  return pins.empty() ? std::string(ui.tr("line.hint"))
                      : ui.tr.format(several ? "line.pinned.several" : "line.pinned", pins);
}

void draw_bottom_line(Ui& ui) {
  const auto& warnings = ui.views.warnings();
  const bool warned = ui.state.model && !warnings.empty();
  // There is room for one: what is left out before what is read in another way.
  const auto cut = std::ranges::find(warnings, "warning.cut", &PromptWarning::key);
  const std::vector<UnknownWord> unknown = warned ? std::vector<UnknownWord>{} : words_not_known(ui);
  const float room = ImGui::GetContentRegionAvail().x;
  std::string line = warned             ? warning_text(ui, cut != warnings.end() ? *cut : warnings.front())
                                 : !unknown.empty() ? unknown_line(ui, unknown.front())
                                        : prompt_hint_line(ui, room);
  const std::size_t told = warned ? warnings.size() : unknown.size();
  if (told > 1) line += " (+" + std::to_string(told - 1) + ")";
  text_sized(ui, kSmall, told > 0 ? ui.colors.warning : ui.colors.secondary, fitted(ui, line, kSmall, room));
}

void draw_direction_switch(Ui& ui) {
  const char* label = ui.tr("arcs.incoming");
  ImGui::SameLine();
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - ui.px(14) - toggle_width(ui, label);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (right < at.x + ui.px(8)) return;
  ImGui::SetCursorScreenPos(ImVec2(right, at.y - ui.px(3)));
  if (toggle(ui, label, ui.state.view.incoming, ui.tr("arcs.tip"))) {
    ui.out.emplace_back(SetIncoming{!ui.state.view.incoming});
  }
}

}  // namespace

void follow_prompt(Ui& ui) {
  PromptField& field = ui.ui.prompt;
  const std::string words = std::exchange(field.reselect, {});
  if (field.text == ui.state.doc.prompt) return;
  field.text = ui.state.doc.prompt;
  field.reload = true;
  field.reselects = false;
  if (words.empty()) return;
  // In front of them stand now at most a parenthesis and the sign and digits of a weight.
  constexpr std::size_t kNear = 4;
  std::size_t at = field.text.find(words, std::max(field.reselect_from, kNear) - kNear);
  if (at == std::string::npos) at = field.text.find(words);
  if (at == std::string::npos) return;
  field.selection = {at + field.reselect_at.first, at + field.reselect_at.second};
  field.reselects = true;
}

void draw_prompt_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.prompt"))) {
    const float lists = draw_reading(ui);
    const bool paints = ui.state.view.workspace == Workspace::kPainting;
    ImGui::SetCursorPos(ImVec2(ui.px(14), ui.px(34) + lists));
    if (paints) draw_paint_settings(ui);
    draw_field(ui);
    const float top = ImGui::GetCursorPosY();
    const float strip = draw_token_strip(ui);
    const bool told = ui.state.model && (!ui.views.warnings().empty() || !words_not_known(ui).empty());
    const bool line = !paints || told || says_weights_answer(ui);
    ui.ui.layout.prompt_needs[static_cast<std::size_t>(ui.state.view.workspace)] =
        top + strip + ui.px(line ? 20 + 14 : 10);  // the layout follows
    if (line && ui.state.model && !ui.state.doc.prompt.empty()) {
      draw_bottom_line(ui);
      if (!paints) draw_direction_switch(ui);
    }
  }
  end_panel();
}

}  // namespace regard
