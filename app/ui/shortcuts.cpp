#include "app/ui/shortcuts.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>

#include <imgui_internal.h>

#include "app/state/open_path.h"
#include "app/state/queries.h"
#include "app/ui/doubled.h"
#include "app/ui/glossary.h"
#include "app/ui/lesson_view.h"
#include "app/ui/notes.h"
#include "app/ui/panels.h"
#include "app/ui/presenter.h"
#include "app/ui/ui.h"
#include "app/ui/view_menu.h"
#include "app/ui/widgets.h"
#include "app/ui/workspaces.h"
#include "app/views/paint_views.h"
#include "core/base/table_check.h"

namespace regard {

namespace {

template <int kLayers, int kHeads>
void step_map(Ui& ui) {
  ui.out.emplace_back(StepMap{kLayers, kHeads});
}

template <Workspace kWorkspace>
void show_workspace(Ui& ui) {
  ui.out.emplace_back(SetWorkspace{kWorkspace});
}

bool paints(const Ui& ui) { return ui.state.view.workspace == Workspace::kPainting; }

// The space bar plays the film, unless something that takes it has the keyboard.
bool can_play(const Ui& ui) {
  return paints(ui) && ui.paint.has_run() && !ImGui::GetIO().WantTextInput &&
         !(ImGui::IsAnyItemFocused() && ImGui::GetIO().NavVisible);
}

bool presents(const Ui& ui) { return ui.ui.presenter.before.has_value(); }

// Where the calculation of a number can be followed.
bool explains(const Ui& ui) { return ui.state.view.workspace != Workspace::kCompare; }

bool steps_tokens(const Ui& ui) { return explains(ui) && ui.state.view.tokens.words; }

bool follows(const Ui& ui) { return followed_word(ui.state).has_value(); }

constexpr ImGuiKeyChord kCtrl = ImGuiMod_Ctrl, kAlt = ImGuiMod_Alt, kShift = ImGuiMod_Shift;
constexpr bool kRepeats = true, kUnlisted = false;
constexpr bool (*kAlways)(const Ui&) = nullptr;
constexpr Action kNoAction = nullptr;

// Each line: chord, words, action, where it applies, route, repeats, listed.
constexpr std::array kOfMaps = std::to_array<Shortcut>({
    {kCtrl | ImGuiKey_L, "keys.prompt", act::edit_prompt, kAlways},
    {kAlt | ImGuiKey_LeftArrow, "keys.arrows", step_map<0, -1>, kAlways, Route::kGlobal, kRepeats},
    {kAlt | ImGuiKey_RightArrow, "keys.arrows", step_map<0, 1>, kAlways, Route::kGlobal, kRepeats},
    {kAlt | ImGuiKey_UpArrow, "keys.arrows", step_map<-1, 0>, kAlways, Route::kGlobal, kRepeats},
    {kAlt | ImGuiKey_DownArrow, "keys.arrows", step_map<1, 0>, kAlways, Route::kGlobal, kRepeats},
    {kAlt | ImGuiKey_M, "keys.mean", act::mean_of_heads, kAlways},
    {kAlt | ImGuiKey_X, "keys.mean", act::most_of_heads, kAlways},
    {kAlt | ImGuiKey_A, "keys.all", act::mean_of_all, kAlways},
    {kAlt | ImGuiKey_R, "keys.all", act::rollout, kAlways},
    {kAlt | ImGuiKey_L, "keys.scale", act::toggle_log, kAlways},
    {kAlt | ImGuiKey_S, "keys.scale", act::toggle_scores, kAlways},
    {kAlt | ImGuiKey_B, "keys.scale", act::toggle_special, kAlways},
    {kAlt | ImGuiKey_W, "keys.words", act::toggle_words, kAlways},
    {ImGuiKey_F7, "keys.follow", act::follow_word, follows},
    {kShift | ImGuiKey_F7, "keys.follow", act::follow_word_back, follows},
    {kAlt | ImGuiKey_D, "keys.difference", act::toggle_difference, kAlways},
    {kAlt | ImGuiKey_I, "keys.incoming", act::toggle_incoming, kAlways},
    {kAlt | ImGuiKey_V, "keys.double", act::double_view, can_double},
    {kCtrl | ImGuiKey_PageUp, "keys.stages", act::previous_stage, explains, Route::kGlobal, kRepeats},
    {kCtrl | ImGuiKey_PageDown, "keys.stages", act::next_stage, explains, Route::kGlobal, kRepeats},
    {kCtrl | kShift | ImGuiKey_PageUp, "keys.word_tokens", act::previous_token, steps_tokens, Route::kGlobal,
     kRepeats},
    {kCtrl | kShift | ImGuiKey_PageDown, "keys.word_tokens", act::next_token, steps_tokens, Route::kGlobal,
     kRepeats},
    {kAlt | ImGuiKey_O, "keys.trials", act::head_off, kAlways},
    {kAlt | ImGuiKey_K, "keys.trials", act::mask_place, kAlways},
    {kAlt | ImGuiKey_C, "keys.trials", act::cut_edge, kAlways},
    {ImGuiKey_F6, "keys.panels", act::next_panel, kAlways, Route::kGlobal, kRepeats},
    {kShift | ImGuiKey_F6, "keys.panels", act::previous_panel, kAlways, Route::kGlobal, kRepeats},
    {ImGuiKey_Menu, "keys.menu", act::open_view_menu, kAlways, Route::kBare},
    {kShift | ImGuiKey_F10, "keys.menu", act::open_view_menu, kAlways},
    {ImGuiKey_Tab, "keys.tab", kNoAction, kAlways, Route::kOfImGui},
    {kShift | ImGuiKey_Tab, "keys.tab", kNoAction, kAlways, Route::kOfImGui},
    {ImGuiKey_LeftArrow, "keys.tokens", kNoAction, kAlways, Route::kOfImGui},
    {ImGuiKey_RightArrow, "keys.tokens", kNoAction, kAlways, Route::kOfImGui},
    {ImGuiKey_UpArrow, "keys.tokens", kNoAction, kAlways, Route::kOfImGui},
    {ImGuiKey_DownArrow, "keys.tokens", kNoAction, kAlways, Route::kOfImGui},
    {ImGuiKey_Enter, "keys.pin", kNoAction, kAlways, Route::kOfImGui},
    {ImGuiKey_LeftArrow, "keys.slider", kNoAction, kAlways, Route::kOfImGui},
    {ImGuiKey_RightArrow, "keys.slider", kNoAction, kAlways, Route::kOfImGui},
    {kCtrl | ImGuiKey_UpArrow, "keys.step", act::weight_up, kAlways, Route::kAnyOwner, kRepeats},
    {kCtrl | ImGuiKey_DownArrow, "keys.step", act::weight_down, kAlways, Route::kAnyOwner, kRepeats},
});

constexpr std::array kGeneral = std::to_array<Shortcut>({
    {ImGuiKey_Space, "keys.film", act::play_film, can_play, Route::kBare},
    {kCtrl | ImGuiKey_R, "keys.film", act::paint_again, paints},
    {ImGuiKey_F2, "keys.glossary", act::open_glossary, kAlways},
    {ImGuiKey_F8, "keys.start", act::toggle_start, kAlways},
    {ImGuiKey_F4, "keys.gallery", act::toggle_gallery, kAlways},
    {ImGuiKey_F3, "keys.lessons", act::toggle_lessons, kAlways},
    {ImGuiKey_PageUp, "keys.cards", act::previous_card, in_lesson},
    {ImGuiKey_PageDown, "keys.cards", act::next_card, in_lesson},
    {kCtrl | ImGuiKey_D, "keys.seed", act::new_seed, paints},
    {kCtrl | ImGuiKey_I, "keys.image", act::open_image, kAlways},
    {kCtrl | ImGuiKey_V, "keys.paste", act::paste_path, kAlways, Route::kNoTyping},
    {kCtrl | ImGuiKey_Z, "keys.undo", act::undo, kAlways, Route::kGlobal, kRepeats},
    {kCtrl | ImGuiKey_Y, "keys.undo", act::redo, kAlways, Route::kGlobal, kRepeats},
    {kCtrl | kShift | ImGuiKey_Z, "keys.undo", act::redo, kAlways, Route::kGlobal, kRepeats, kUnlisted},
    {kCtrl | ImGuiKey_Equal, "keys.zoom", act::larger, kAlways, Route::kGlobal, kRepeats},
    {kCtrl | kShift | ImGuiKey_Equal, "keys.zoom", act::larger, kAlways, Route::kGlobal, kRepeats, kUnlisted},
    {kCtrl | ImGuiKey_KeypadAdd, "keys.zoom", act::larger, kAlways, Route::kGlobal, kRepeats, kUnlisted},
    {kCtrl | ImGuiKey_Minus, "keys.zoom", act::smaller, kAlways, Route::kGlobal, kRepeats},
    {kCtrl | ImGuiKey_KeypadSubtract, "keys.zoom", act::smaller, kAlways, Route::kGlobal, kRepeats,
     kUnlisted},
    {kCtrl | ImGuiKey_0, "keys.zoom", act::actual_size, kAlways},
    {kCtrl | ImGuiKey_Keypad0, "keys.zoom", act::actual_size, kAlways, Route::kGlobal, !kRepeats, kUnlisted},
    {ImGuiKey_F10, "keys.maximise", act::maximise, kAlways},
    {ImGuiKey_F5, "keys.present", act::present, kAlways},
    {ImGuiKey_B, "keys.black", act::black_screen, presents, Route::kNoTyping},
    {ImGuiKey_Period, "keys.black", act::black_screen, presents, Route::kNoTyping},  // of a remote control
    {ImGuiKey_F, "keys.still", act::hold_still, presents, Route::kNoTyping},
    {ImGuiKey_M, "keys.marks", act::leave_mark, presents, Route::kNoTyping},
    {ImGuiKey_Delete, "keys.marks", act::remove_marks, presents, Route::kNoTyping},
    {ImGuiKey_R, "keys.ring", act::pointer_ring, presents, Route::kNoTyping},
    {ImGuiKey_T, "keys.timer", act::start_timer, presents, Route::kNoTyping},
    {ImGuiKey_N, "keys.notes", act::toggle_notes, presents, Route::kNoTyping},
    {ImGuiKey_F11, "keys.full_screen", act::toggle_full_screen, kAlways},
    {kCtrl | ImGuiKey_T, "keys.theme", act::other_theme, kAlways},
    {kCtrl | ImGuiKey_G, "keys.language", act::next_language, kAlways},
    {kCtrl | ImGuiKey_O, "keys.session", act::open_session, kAlways},
    {kCtrl | ImGuiKey_S, "keys.session", act::save_session, kAlways},
    {kCtrl | ImGuiKey_E, "keys.export", act::export_map, has_map},
    {ImGuiKey_Escape, "keys.escape", act::let_go, kAlways, Route::kBare},
    {ImGuiKey_F1, "keys.help", act::toggle_keys, kAlways},
    {kCtrl | ImGuiKey_Q, "keys.quit", act::quit, kAlways},
});

template <std::size_t... kAt>
constexpr std::array<Shortcut, sizeof...(kAt)> of_workspaces(std::index_sequence<kAt...>) {
  return {
      Shortcut{kWorkspaces[kAt].shortcut, "keys.workspace", show_workspace<kWorkspaces[kAt].id>, kAlways}...};
}

constexpr std::array kOfWorkspaces = of_workspaces(std::make_index_sequence<kWorkspaces.size()>());

template <std::size_t... kSizes>
constexpr auto joined(const std::array<Shortcut, kSizes>&... arrays) {
  std::array<Shortcut, (kSizes + ...)> all{};
  auto at = all.begin();
  ((at = std::ranges::copy(arrays, at).out), ...);
  return all;
}

constexpr std::array kShortcuts = joined(kOfMaps, kOfWorkspaces, kGeneral);

[[maybe_unused]] consteval bool keys_are_whole() {
  for (const Shortcut& line : kShortcuts) {
    if (line.chord == 0 || line.words == nullptr) return false;
    if ((line.act == nullptr) != (line.route == Route::kOfImGui)) return false;
    if (line.act == nullptr) continue;
    int same = 0;
    for (const Shortcut& other : kShortcuts)
      same += other.act != nullptr && other.chord == line.chord ? 1 : 0;
    if (same != 1) return false;
  }
  return true;
}
REGARD_TABLE_CHECK(keys_are_whole(), "kShortcuts: a part is missing, or one chord does two things");

bool pressed(const Shortcut& line) {
  const auto key = static_cast<ImGuiKey>(line.chord & ~ImGuiMod_Mask_);
  const ImGuiInputFlags repeat = line.repeats ? ImGuiInputFlags_Repeat : ImGuiInputFlags_None;
  switch (line.route) {
    case Route::kNoTyping:
      if (ImGui::GetIO().WantTextInput) return false;
      [[fallthrough]];
    case Route::kGlobal:
      return ImGui::Shortcut(line.chord,
                             ImGuiInputFlags_RouteGlobal | ImGuiInputFlags_RouteOverActive | repeat);
    case Route::kAnyOwner:
      return ImGui::GetIO().KeyMods == (line.chord & ImGuiMod_Mask_) &&
             ImGui::IsKeyPressed(key, repeat, ImGuiKeyOwner_Any);
    case Route::kBare:
      return ImGui::IsKeyPressed(key, false);
    case Route::kOfImGui:
      break;
  }
  return false;
}

// "Alt+M / X": the row of the list that begins at `line`; leaves `line` behind it.
std::string row_of_keys(const Ui& ui, std::span<const Shortcut>& lines) {
  const std::string_view words = lines.front().words;
  ImGuiKeyChord mods = 0;
  std::string row;
  for (; !lines.empty() && lines.front().words == words; lines = lines.subspan(1)) {
    const ImGuiKeyChord chord = lines.front().chord, now = chord & ImGuiMod_Mask_;
    if (!lines.front().listed) continue;
    row += (row.empty() ? "" : " / ") +
           key_name(ui, !row.empty() && now == mods ? chord & ~ImGuiMod_Mask_ : chord);
    mods = now;
  }
  return row;
}

struct KeyName {
  ImGuiKey key;
  const char* name;
};
// The same on every layout and in every language.
constexpr KeyName kArrows[] = {{ImGuiKey_LeftArrow, "\u2190"},
                               {ImGuiKey_RightArrow, "\u2192"},
                               {ImGuiKey_UpArrow, "\u2191"},
                               {ImGuiKey_DownArrow, "\u2193"}};
// Those that are called otherwise in each language: their words.
constexpr KeyName kNamedKeys[] = {{ImGuiKey_Escape, "key.escape"},     {ImGuiKey_Tab, "key.tab"},
                                  {ImGuiKey_Enter, "key.enter"},       {ImGuiKey_Space, "key.space"},
                                  {ImGuiKey_Menu, "key.menu"},         {ImGuiKey_PageUp, "key.page_up"},
                                  {ImGuiKey_PageDown, "key.page_down"}};

// What the mouse can do: the gesture, and what comes of it.
struct Gesture {
  const char *words, *effect;
};
constexpr Gesture kGestures[] = {
    {"mouse.click", "mouse.click.what"},       {"mouse.right", "mouse.right.what"},
    {"mouse.brush", "mouse.brush.what"},       {"mouse.slider", "mouse.slider.what"},
    {"mouse.negative", "mouse.negative.what"}, {"mouse.header", "mouse.header.what"}};

}  // namespace

std::span<const Shortcut> shortcuts() { return kShortcuts; }

namespace {

// @param name  of a key that has one in each language: "key.ctrl"
std::string chord_text(const Keyboard& keyboard, ImGuiKeyChord chord,
                       const std::function<std::string(const char* key)>& name) {
  std::string text;
  if ((chord & ImGuiMod_Ctrl) != 0) text += name("key.ctrl") + "+";
  if ((chord & ImGuiMod_Alt) != 0) text += name("key.alt") + "+";
  if ((chord & ImGuiMod_Shift) != 0) text += name("key.shift") + "+";
  const auto key = static_cast<ImGuiKey>(chord & ~ImGuiMod_Mask_);
  const auto* arrow = std::ranges::find(kArrows, key, &KeyName::key);
  if (arrow != std::end(kArrows)) return text + arrow->name;
  const auto* named = std::ranges::find(kNamedKeys, key, &KeyName::key);
  return text + (named != std::end(kNamedKeys) ? name(named->name) : keyboard.shown(key));
}

}  // namespace

std::string chord_name(const Keyboard& keyboard, ImGuiKeyChord chord) {
  static constexpr std::pair<std::string_view, const char*> kEnglishNames[] = {
      {"key.ctrl", "Ctrl"},    {"key.alt", "Alt"},       {"key.shift", "Shift"}, {"key.escape", "Esc"},
      {"key.tab", "Tab"},      {"key.enter", "Enter"},   {"key.space", "Space"}, {"key.menu", "Menu"},
      {"key.page_up", "PgUp"}, {"key.page_down", "PgDn"}};
  return chord_text(keyboard, chord, [](const char* key) -> std::string {
    return std::ranges::find(kEnglishNames, std::string_view(key),
                             &std::pair<std::string_view, const char*>::first)
        ->second;
  });
}

std::string key_name(const Ui& ui, ImGuiKeyChord chord) {
  return chord_text(ui.ui.keyboard, chord, [&](const char* key) -> std::string { return ui.tr(key); });
}

void menu_item(Ui& ui, const char* words, Action act, bool enabled) {
  const auto line = std::ranges::find(kShortcuts, act, &Shortcut::act);
  const bool has_key = line != kShortcuts.end();
  const std::string key = has_key ? key_name(ui, line->chord) : "";
  if (has_key && line->applies != nullptr) enabled = enabled && line->applies(ui);
  if (ImGui::MenuItem(ui.tr(words), key.c_str(), false, enabled)) act(ui);
}

void handle_shortcuts(Ui& ui) {
  for (const Shortcut& line : kShortcuts) {
    // First whether it applies: who asks for a key takes it from others.
    if (line.act != nullptr && (line.applies == nullptr || line.applies(ui)) && pressed(line)) line.act(ui);
  }
}

namespace {

void keys_row(Ui& ui, const std::string& keys, const char* words) {
  ImGui::TableNextRow(0, ui.px(26));
  ImGui::TableNextColumn();
  text_wrapped(ui, kBody, ui.colors.accent, keys, ui.fonts.bold);
  ImGui::TableNextColumn();
  text_wrapped(ui, kBody, ui.colors.text, ui.tr(words));
}

}  // namespace

void draw_keys_window(Ui& ui) {
  if (!ui.ui.show_keys) return;
  const std::string title = std::string(ui.tr("keys.title")) + "###keys";
  if (begin_sheet(ui, title.c_str(), &ui.ui.show_keys, 660) &&
      ImGui::BeginTable("##keys", 2, ImGuiTableFlags_RowBg)) {
    const float names = std::min(ui.px(210), ImGui::GetContentRegionAvail().x * 0.4f);
    ImGui::TableSetupColumn("##k", ImGuiTableColumnFlags_WidthFixed, names);
    ImGui::TableSetupColumn("##t", ImGuiTableColumnFlags_WidthStretch);
    for (std::span<const Shortcut> lines = shortcuts(); !lines.empty();) {
      const char* words = lines.front().words;
      keys_row(ui, row_of_keys(ui, lines), words);
    }
    for (const Gesture& gesture : kGestures) keys_row(ui, ui.tr(gesture.words), gesture.effect);
    ImGui::EndTable();
  }
  ImGui::End();
}

// What a panel shows, in words: Panel::key and what its explanation is called.
void draw_explanation(Ui& ui) {
  if (ui.ui.explained == nullptr) return;
  const std::string key = ui.ui.explained->key;
  const std::string title = std::string(ui.tr(key)) + "###explanation";
  bool open = true;
  if (begin_sheet(ui, title.c_str(), &open, 520)) {
    ImGui::PushTextWrapPos(0.0f);
    text_sized(ui, kBody, ui.colors.text, ui.tr(explanation_key(ui, *ui.ui.explained)));
    ImGui::Spacing();
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr("why.honest"));
    ImGui::PopTextWrapPos();
  }
  ImGui::End();
  if (!open) ui.ui.explained = nullptr;
}

void draw_about_window(Ui& ui) {
  if (!ui.ui.show_about) return;
  const std::string title = std::string(ui.tr("help.about")) + "###about";
  if (begin_sheet(ui, title.c_str(), &ui.ui.show_about, 480)) {
    text_sized(ui, 24, ui.colors.text, ui.tr("app.title"), ui.fonts.bold);
    ImGui::PushTextWrapPos(0.0f);
    text_sized(ui, kBody, ui.colors.text, ui.tr("about.line"));
    text_sized(ui, kBody, ui.colors.secondary, ui.tr.format("about.version", REGARD_VERSION));
    if (ui.state.model)
      text_sized(ui, kBody, ui.colors.secondary,
                 ui.tr.format("about.model", ui.state.model->folder.string()));
    ImGui::Spacing();
    text_sized(ui, kBody, ui.colors.text, ui.tr("about.honest"));
    ImGui::PopTextWrapPos();
  }
  ImGui::End();
}

}  // namespace regard
