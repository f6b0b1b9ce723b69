#include "app/ui/word_list.h"

#include <algorithm>
#include <optional>

#include <imgui_internal.h>

#include "app/ui/widgets.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr std::size_t kMostCompletions = 6, kLeastTyped = 2;
constexpr const char* kListName = "##completion";
constexpr float kListRow = 24;  // units

const KnownWords* known_words(const Ui& ui) { return ui.state.model ? ui.state.model->words.get() : nullptr; }

std::string list_label(const Ui& ui) { return ui.tr.format("words.list", known_words(ui)->all.size()); }

// Puts `text` in place of [start, end) of the prompt, the cursor behind it.
void write_word(Ui& ui, std::size_t start, std::size_t end, const std::string& text) {
  PromptField& field = ui.ui.prompt;
  if (start > end || end > field.text.size()) return;
  field.text.replace(start, end - start, text);
  field.selection = {start + text.size(), start + text.size()};
  field.reload = field.reselects = true;
  ui.out.emplace_back(SetPrompt{field.text, ++ui.ui.gesture});
}

void take(Ui& ui, int index) {
  const Completion taken = ui.ui.completion;
  ui.ui.completion = {};
  if (index < 0 || index >= std::ssize(taken.words)) return;
  write_word(ui, taken.start, taken.end, taken.words[static_cast<std::size_t>(index)]);
  ui.ui.completion.closed_for = ui.ui.prompt.text;
}

bool ends_in_letter(const std::string& text, std::size_t at) {
  return at > 0 && at <= text.size() && start_of_word(text, at) < at;
}

// A word of the list, between spaces of its own.
void insert(Ui& ui, const std::string& word) {
  const std::string& text = ui.ui.prompt.text;
  auto [from, to] = ui.ui.prompt.selection;
  if (from == 0 && to == 0) from = to = text.size();  // nobody put the cursor anywhere
  const std::size_t start = std::min(std::min(from, to), text.size()),
                    end = std::min(std::max(from, to), text.size());
  std::string written = word;
  if (ends_in_letter(text, start)) written = " " + written;
  if (end < text.size() && text[end] != ' ' && text[end] != ')' && text[end] != ',') written += " ";
  write_word(ui, start, end, written);
  ui.ui.completion.closed_for = ui.ui.prompt.text;
}

std::string kind_label(const Ui& ui, const std::string& kind) {
  for (const char* key :
       {"words.things", "words.colours", "words.places", "words.relations", "words.small"}) {
    if (key == "words." + kind) return ui.tr(key);
  }
  return kind;
}

// One kind of one language: its words in lines as wide as the list.
void draw_group(Ui& ui, const KnownWords::Group& group, float width) {
  text_sized(ui, kSmall, ui.colors.secondary, kind_label(ui, group.kind), ui.fonts.bold);
  const float left = ImGui::GetCursorPosX();
  float x = 0;
  for (const std::string& word : group.words) {
    const float wide = measure(ui, kBody, word).x + ui.px(14);
    if (x > 0 && x + wide <= width) {
      ImGui::SameLine(left + x, 0);
    } else {
      x = 0;
    }
    ImGui::PushID((group.language + group.kind + word).c_str());
    WithFont font(ui.fonts.regular, kBody);
    if (ImGui::Selectable(word.c_str(), false, ImGuiSelectableFlags_NoAutoClosePopups,
                          ImVec2(wide - ui.px(8), 0)))
      insert(ui, word);
    ImGui::PopID();
    x += wide;
  }
}

// The row of the list that was clicked. The list is looked at before the field, which lets go of the keyboard
// when one clicks beside it.
std::optional<int> clicked_row(const Ui& ui) {
  const ImGuiWindow* window = ImGui::FindWindowByName(kListName);
  if (window == nullptr || !window->WasActive || !ImGui::IsMouseClicked(ImGuiMouseButton_Left)) return {};
  const ImVec2 mouse = ImGui::GetMousePos();
  if (!window->Rect().Contains(mouse)) return {};
  const int row = static_cast<int>((mouse.y - window->Pos.y) / ui.px(kListRow));
  return row < std::ssize(ui.ui.completion.words) ? std::optional(row) : std::nullopt;
}

}  // namespace

std::vector<UnknownWord> words_not_known(const Ui& ui) {
  const KnownWords* known = known_words(ui);
  if (known == nullptr || ui.ui.prompt.text != ui.state.doc.prompt) return {};
  std::vector<UnknownWord> words = unknown_words(*known, ui.state.doc.prompt, ui.views.prompt());
  const std::size_t cursor = ui.ui.prompt.selection.second;
  std::erase_if(words, [&](const UnknownWord& word) {
    return ui.ui.prompt.active && word.end == cursor &&
           !known->beginning_with(word.text, ui.tr.language(), 1).empty();
  });
  return words;
}

std::string unknown_line(const Ui& ui, const UnknownWord& word) {
  return ui.tr.format("words.unknown", ui.state.model->name, known_words(ui)->all.size(), word.text,
                      word.pieces);
}

bool complete_by_key(Ui& ui, ImGuiID field) {
  Completion& list = ui.ui.completion;
  if (const std::optional<int> row = clicked_row(ui)) {
    take(ui, *row);
    ui.ui.prompt.focus = true;
    return true;
  }
  if (list.words.empty() || !ui.ui.prompt.active) {
    list.words.clear();
    return false;
  }
  // The field does not see these keys: an owner that is not the field takes them.
  const ImGuiID owner = ImHashStr(kListName, 0, field);
  for (const ImGuiKey key : {ImGuiKey_Tab, ImGuiKey_Enter, ImGuiKey_KeypadEnter, ImGuiKey_Escape,
                             ImGuiKey_UpArrow, ImGuiKey_DownArrow})
    ImGui::SetKeyOwner(key, owner);
  const int count = static_cast<int>(list.words.size());
  const auto pressed = [&](ImGuiKey key) { return ImGui::IsKeyPressed(key, ImGuiInputFlags_Repeat, owner); };
  if (pressed(ImGuiKey_UpArrow)) list.chosen = (list.chosen + count - 1) % count;
  if (pressed(ImGuiKey_DownArrow)) list.chosen = (list.chosen + 1) % count;
  if (pressed(ImGuiKey_Escape)) {
    list = {};
    list.closed_for = ui.ui.prompt.text;
    return false;
  }
  if (!pressed(ImGuiKey_Tab) && !pressed(ImGuiKey_Enter) && !pressed(ImGuiKey_KeypadEnter)) return false;
  take(ui, list.chosen);
  return true;
}

void find_completion(Ui& ui) {
  Completion& list = ui.ui.completion;
  const std::string& text = ui.ui.prompt.text;
  const auto [from, to] = ui.ui.prompt.selection;
  const KnownWords* known = known_words(ui);
  const std::size_t start = start_of_word(text, to);
  const bool inside = to < text.size() && start_of_word(text, to + 1) <= to && text[to] != ' ';
  if (known == nullptr || !ui.ui.prompt.active || from != to || to < start + kLeastTyped ||
      to > text.size() || inside || list.closed_for == text || known->has(text.substr(start, to - start))) {
    list.words.clear();
    return;
  }
  std::vector<std::string> words =
      known->beginning_with(text.substr(start, to - start), ui.tr.language(), kMostCompletions);
  if (words != list.words || start != list.start) list.chosen = 0;
  list.words = std::move(words);
  list.start = start;
  list.end = to;
}

void draw_completion(Ui& ui, ImVec2 at) {
  const Completion& list = ui.ui.completion;
  if (list.words.empty()) return;
  float width = ui.px(120);
  for (const std::string& word : list.words) width = std::max(width, measure(ui, kBody, word).x + ui.px(28));
  const float line = ui.px(kListRow);
  const float tall = line * static_cast<float>(list.words.size()) + ui.px(30);
  const ImVec2 screen = ImGui::GetMainViewport()->Size;
  ImGui::SetNextWindowPos(
      ImVec2(std::min(at.x, screen.x - width - ui.px(4)), std::min(at.y, screen.y - tall)));
  ImGui::SetNextWindowSize(ImVec2(std::max(width, measure(ui, 12, ui.tr("words.keys")).x + ui.px(20)), tall));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.colors.raised);
  // Never takes the keyboard: one goes on typing.
  ImGui::Begin(kListName, nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoFocusOnAppearing |
                   ImGuiWindowFlags_NoNav | ImGuiWindowFlags_Tooltip);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  for (int i = 0; i < std::ssize(list.words); ++i) {
    const ImVec2 low(ImGui::GetWindowPos().x, ImGui::GetWindowPos().y + line * static_cast<float>(i));
    const ImVec2 high(low.x + ImGui::GetWindowWidth(), low.y + line);
    const bool hot = ImGui::IsMouseHoveringRect(low, high, false);
    if (i == list.chosen || hot)
      draw->AddRectFilled(low, high, with_alpha(ui.colors.accent, hot ? 0.3f : 0.2f));
    draw_text(ui, draw, ImVec2(low.x + ui.px(10), low.y + ui.px(3)), kBody, ui.colors.text,
              list.words[static_cast<std::size_t>(i)]);
  }
  draw_text(ui, draw,
            ImVec2(ImGui::GetWindowPos().x + ui.px(10),
                   ImGui::GetWindowPos().y + line * static_cast<float>(list.words.size()) + ui.px(6)),
            12, ui.colors.secondary, ui.tr("words.keys"));
  ImGui::End();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
}

float word_list_width(Ui& ui) {
  return known_words(ui) == nullptr ? 0.0f : dropdown_width(ui, list_label(ui)) + ui.px(16);
}

void draw_word_list(Ui& ui) {
  const KnownWords* known = known_words(ui);
  if (known == nullptr) return;
  if (!begin_dropdown(ui, "words", list_label(ui))) return;
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("words.tip"));
  const float width = ui.px(360);
  std::string language;
  for (const KnownWords::Group& group : known->groups) {
    if (group.language != language) {
      const Locales::File* file = ui.tr.locales().find(group.language);
      text_sized(ui, kBody, ui.colors.text, file != nullptr ? file->name : group.language, ui.fonts.bold);
    }
    language = group.language;
    draw_group(ui, group, width);
  }
  ImGui::EndPopup();
}

}  // namespace regard
