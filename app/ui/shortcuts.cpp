// Keys that work everywhere, and the windows that say so. One table is both the keys and their list on F1.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <system_error>

#include <imgui_internal.h>

#include "app/ui/ui.h"
#include "app/ui/weight_slider.h"
#include "app/ui/widgets.h"
#include "app/ui/workspaces.h"

namespace regard {
namespace {

struct KeyLine {
  const char* keys;
  const char* text;  // a string of assets/locale
};
constexpr KeyLine kKeyLines[] = {
    {"Ctrl+L", "keys.prompt"},
    {"Alt+\u2190 \u2192 \u2191 \u2193", "keys.arrows"},
    {"Alt+M  /  Alt+X", "keys.mean"},
    {"Alt+A  /  Alt+R", "keys.all"},
    {"Alt+L  /  Alt+S  /  Alt+B", "keys.scale"},
    {"Alt+I", "keys.incoming"},
    {"Tab, \u2190 \u2192 \u2191 \u2193", "keys.tokens"},
    {"Enter", "keys.pin"},
    {"\u2190 \u2192", "keys.slider"},
    {"Ctrl+\u2191  /  Ctrl+\u2193", "keys.step"},
    {"Ctrl+1  /  2  /  3  /  4", "keys.workspace"},
    {"Space  /  F5", "keys.film"},
    {"Ctrl+I", "keys.image"},
    {"Ctrl+V", "keys.paste"},
    {"Ctrl+Z  /  Ctrl+Y", "keys.undo"},
    {"Ctrl++  /  Ctrl+-  /  Ctrl+0", "keys.zoom"},
    {"Ctrl+T", "keys.theme"},
    {"Ctrl+G", "keys.language"},
    {"Ctrl+O  /  Ctrl+S", "keys.session"},
    {"Ctrl+E", "keys.export"},
    {"Esc", "keys.escape"},
    {"F1", "keys.help"},
    {"Ctrl+Q", "keys.quit"},
};

bool pressed(ImGuiKeyChord chord, bool repeat = false) {
  return ImGui::Shortcut(chord, ImGuiInputFlags_RouteGlobal | ImGuiInputFlags_RouteOverActive |
                                    (repeat ? ImGuiInputFlags_Repeat : 0));
}

void map_keys(Ui& ui) {
  const ViewOptions& view = ui.state.view;
  if (pressed(ImGuiMod_Alt | ImGuiKey_LeftArrow, true)) ui.out.emplace_back(StepMap{0, -1});
  if (pressed(ImGuiMod_Alt | ImGuiKey_RightArrow, true)) ui.out.emplace_back(StepMap{0, 1});
  if (pressed(ImGuiMod_Alt | ImGuiKey_UpArrow, true)) ui.out.emplace_back(StepMap{-1, 0});
  if (pressed(ImGuiMod_Alt | ImGuiKey_DownArrow, true)) ui.out.emplace_back(StepMap{1, 0});
  const bool picture = view.workspace == Workspace::kImage;
  const auto select = [&](const MapChoice& choice) {
    if (picture) {
      ui.out.emplace_back(SelectPictureMap{choice});
    } else {
      ui.out.emplace_back(SelectMap{choice});
    }
  };
  const bool has_map = picture ? ui.picture.has_run() : ui.views.has_map();
  const int layer = !has_map ? 0 : std::max(0, picture ? ui.picture.choice().layer : ui.views.choice().layer);
  if (pressed(ImGuiMod_Alt | ImGuiKey_M)) select({layer, MapChoice::kMean});
  if (pressed(ImGuiMod_Alt | ImGuiKey_X)) select({layer, MapChoice::kMax});
  if (pressed(ImGuiMod_Alt | ImGuiKey_A)) select({MapChoice::kMean, MapChoice::kMean});
  if (pressed(ImGuiMod_Alt | ImGuiKey_R)) select({MapChoice::kRollout, MapChoice::kMean});
  if (pressed(ImGuiMod_Alt | ImGuiKey_L)) ui.out.emplace_back(SetLogScale{!view.log_scale});
  if (pressed(ImGuiMod_Alt | ImGuiKey_S)) ui.out.emplace_back(SetScores{!view.scores});
  if (pressed(ImGuiMod_Alt | ImGuiKey_B)) ui.out.emplace_back(SetHideSpecial{!view.hide_special});
  if (pressed(ImGuiMod_Alt | ImGuiKey_I)) ui.out.emplace_back(SetIncoming{!view.incoming});
}

// A text field in use owns the arrow keys: asked of any owner.
void weight_keys(Ui& ui) {
  if (ImGui::GetIO().KeyMods != ImGuiMod_Ctrl) return;
  for (const auto& [key, steps] : {std::pair(ImGuiKey_UpArrow, 1), std::pair(ImGuiKey_DownArrow, -1)}) {
    if (ImGui::IsKeyPressed(key, ImGuiInputFlags_Repeat, ImGuiKeyOwner_Any)) step_weight(ui, steps);
  }
}

// The space bar plays the film, unless something that takes it has the keyboard.
void film_key(Ui& ui) {
  if (ui.state.view.workspace != Workspace::kPainting || ImGui::GetIO().WantTextInput) return;
  if (ImGui::IsAnyItemFocused() && ImGui::GetIO().NavVisible) return;
  if (!ui.paint.has_run() || !ImGui::IsKeyPressed(ImGuiKey_Space, false)) return;
  ui.ui.paint.film.start_or_stop();
}

void general_keys(Ui& ui) {
  const ViewOptions& view = ui.state.view;
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_L)) ui.ui.prompt.focus = true;
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_Z, true)) ui.out.emplace_back(Undo{});
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_Y, true) || pressed(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_Z, true))
    ui.out.emplace_back(Redo{});
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_Equal, true) ||
      pressed(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_Equal, true) ||
      pressed(ImGuiMod_Ctrl | ImGuiKey_KeypadAdd, true)) {
    ui.out.emplace_back(SetZoom{view.zoom * 1.1f});
  }
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_Minus, true) || pressed(ImGuiMod_Ctrl | ImGuiKey_KeypadSubtract, true))
    ui.out.emplace_back(SetZoom{view.zoom / 1.1f});
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_0) || pressed(ImGuiMod_Ctrl | ImGuiKey_Keypad0))
    ui.out.emplace_back(SetZoom{1.0f});
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_T))
    ui.out.emplace_back(SetTheme{view.theme == Theme::kDark ? Theme::kLight : Theme::kDark});
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_G))
    ui.out.emplace_back(SetLanguage{ui.tr.locales().after(view.language)});
  for (const WorkspaceLine& workspace : kWorkspaces) {
    if (pressed(workspace.shortcut)) ui.out.emplace_back(SetWorkspace{workspace.id});
  }
  if (view.workspace == Workspace::kPainting && pressed(ImGuiKey_F5)) ui.out.emplace_back(PaintAgain{});
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_I)) ui.ui.dialog.which = Dialog::kOpenImage;
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_O)) ui.ui.dialog.which = Dialog::kOpenSession;
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_S)) ui.ui.dialog.which = Dialog::kSaveSession;
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_E) && has_map(ui)) ui.ui.dialog.which = Dialog::kExportMap;
  if (pressed(ImGuiMod_Ctrl | ImGuiKey_Q)) ui.out.emplace_back(Quit{});
  if (pressed(ImGuiKey_F1)) ui.ui.show_keys = !ui.ui.show_keys;
}

// Ctrl+V outside a text field opens what the clipboard names: a picture, a session or a model folder.
void paste_path(Ui& ui) {
  if (ImGui::GetIO().WantTextInput || !pressed(ImGuiMod_Ctrl | ImGuiKey_V)) return;
  const char* clipboard = ImGui::GetClipboardText();
  std::string text = clipboard != nullptr ? clipboard : "";
  if (text.starts_with("file://")) text.erase(0, 7);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  std::error_code ignored;
  if (text.empty() || text.find('\n') != std::string::npos || !std::filesystem::exists(text, ignored)) return;
  const std::filesystem::path path(text);
  if (std::filesystem::is_directory(path, ignored)) {
    ui.out.emplace_back(OpenModel{path});
  } else if (path.extension() == ".json") {
    ui.out.emplace_back(OpenSession{path});
  } else {
    ui.out.emplace_back(OpenImage{text});
  }
}

// Escape lets go of one thing at a time: what is in front first.
void escape_key(Ui& ui) {
  if (!ImGui::IsKeyPressed(ImGuiKey_Escape, false) || ui.ui.dialog.which != Dialog::kNone) return;
  if (ui.ui.show_keys || ui.ui.show_about) {
    ui.ui.show_keys = ui.ui.show_about = false;
  } else if (ui.state.error) {
    ui.out.emplace_back(DismissError{});
  } else if (ui.state.running || ui.state.painting.drawing) {
    ui.out.emplace_back(CancelRun{});
  } else if (ui.ui.paint.film.playing) {
    ui.ui.paint.film.playing = false;
  } else if (ui.ui.picture.drawing != RegionDrag::kNone) {
    ui.ui.picture.drawing = RegionDrag::kNone;
    ui.ui.picture.lasso.clear();
  } else if (!ui.ui.prompt.active && !ImGui::IsAnyItemActive()) {
    const Workspace workspace = ui.state.view.workspace;
    const bool pinned = workspace == Workspace::kImage      ? !ui.state.doc.picture.pins.empty()
                        : workspace == Workspace::kPainting ? ui.state.doc.paint.patch >= 0
                                                            : !ui.state.doc.pins.empty();
    if (pinned) ui.out.emplace_back(ClearPins{});
  }
}

bool begin_sheet(Ui& ui, const char* title, bool* open, float width) {
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(viewport->GetCenter(), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(std::min(ui.px(width), viewport->Size.x - ui.px(40)), 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.0f, ui.px(1)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(20), ui.px(16)));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.colors.raised);
  ImGui::PushStyleColor(ImGuiCol_TitleBgActive, ui.colors.raised);
  ImGui::PushStyleColor(ImGuiCol_TitleBg, ui.colors.raised);
  const bool shown = ImGui::Begin(title, open,
                                  ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoCollapse |
                                      ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoResize);
  ImGui::PopStyleColor(3);
  ImGui::PopStyleVar(2);
  return shown;
}

}  // namespace

std::string chord_name(ImGuiKeyChord chord) {
  struct Name {
    ImGuiKey key;
    const char* shown;
  };
  // Where ImGui's own name is not what stands on the key.
  constexpr Name kNames[] = {{ImGuiKey_LeftArrow, "\u2190"}, {ImGuiKey_RightArrow, "\u2192"},
                             {ImGuiKey_UpArrow, "\u2191"},   {ImGuiKey_DownArrow, "\u2193"},
                             {ImGuiKey_Equal, "+"},          {ImGuiKey_Minus, "-"},
                             {ImGuiKey_Escape, "Esc"}};
  std::string text;
  if ((chord & ImGuiMod_Ctrl) != 0) text += "Ctrl+";
  if ((chord & ImGuiMod_Alt) != 0) text += "Alt+";
  if ((chord & ImGuiMod_Shift) != 0) text += "Shift+";
  const auto key = static_cast<ImGuiKey>(chord & ~ImGuiMod_Mask_);
  const auto* name = std::ranges::find(kNames, key, &Name::key);
  return text + (name != std::end(kNames) ? name->shown : ImGui::GetKeyName(key));
}

void handle_shortcuts(Ui& ui) {
  map_keys(ui);
  weight_keys(ui);
  film_key(ui);
  general_keys(ui);
  paste_path(ui);
  escape_key(ui);
}

void draw_keys_window(Ui& ui) {
  if (!ui.ui.show_keys) return;
  const std::string title = std::string(ui.tr("keys.title")) + "###keys";
  if (begin_sheet(ui, title.c_str(), &ui.ui.show_keys, 620) &&
      ImGui::BeginTable("##keys", 2, ImGuiTableFlags_RowBg)) {
    ImGui::TableSetupColumn("##k", ImGuiTableColumnFlags_WidthFixed, ui.px(190));
    ImGui::TableSetupColumn("##t", ImGuiTableColumnFlags_WidthStretch);
    for (const KeyLine& line : kKeyLines) {
      ImGui::TableNextRow(0, ui.px(26));
      ImGui::TableNextColumn();
      text_sized(ui, kBody, ui.colors.accent, line.keys, ui.fonts.bold);
      ImGui::TableNextColumn();
      ImGui::PushTextWrapPos(0.0f);
      text_sized(ui, kBody, ui.colors.text, ui.tr(line.text));
      ImGui::PopTextWrapPos();
    }
    ImGui::EndTable();
  }
  ImGui::End();
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
