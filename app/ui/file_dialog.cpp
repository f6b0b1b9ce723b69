// Our own file browser: always there, whatever the desktop offers. Folders and files of one folder, a path to
// type.
#include <algorithm>
#include <filesystem>
#include <system_error>

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/ui/ui.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

const char* title_key(Dialog dialog) {
  return dialog == Dialog::kOpenModel     ? "dialog.open_model"
         : dialog == Dialog::kOpenSession ? "dialog.open_session"
         : dialog == Dialog::kExportMap   ? "dialog.export_map"
         : dialog == Dialog::kOpenImage   ? "dialog.open_image"
                                          : "dialog.save_session";
}

bool holds_model(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "config.json", ignored) || fs::exists(folder / "model_index.json", ignored) ||
         fs::exists(folder / "open_clip_config.json", ignored);
}

struct Entry {
  std::string name;
  bool is_folder;
};

// At most so many entries are listed; a folder of millions must not stop the screen.
constexpr std::size_t kMaxEntries = 2000;

// The files a dialog lists; any other can be typed.
bool is_listed(Dialog dialog, const fs::path& file) {
  if (dialog == Dialog::kOpenModel) return false;
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
  if (dialog == Dialog::kOpenImage)
    return ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".webp";
  return ending == ".json";
}

std::vector<Entry> list_folder(const fs::path& folder, Dialog dialog, bool& readable) {
  std::vector<Entry> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end && entries.size() < kMaxEntries;
       it.increment(error)) {
    std::error_code ignored;
    const bool is_folder = it->is_directory(ignored);
    const std::string name = it->path().filename().string();
    if (name.starts_with(".") || (!is_folder && !is_listed(dialog, it->path()))) continue;
    entries.push_back({name, is_folder});
  }
  readable = !error;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(!a.is_folder, a.name) < std::pair(!b.is_folder, b.name);
  });
  return entries;
}

std::string first_path(const Ui& ui, Dialog dialog) {
  std::error_code ignored;
  const fs::path here = fs::current_path(ignored);
  if (dialog == Dialog::kOpenModel && ui.state.model)
    return ui.state.model->folder.parent_path().string() + "/";
  if (dialog == Dialog::kExportMap) return (here / "attention.svg").string();
  return dialog == Dialog::kSaveSession ? (here / "regard-session.json").string() : here.string() + "/";
}

void draw_entries(Ui& ui, const fs::path& folder) {
  bool readable = true;
  const auto entries = list_folder(folder, ui.ui.dialog.which, readable);
  if (ImGui::BeginChild("##entries", ImVec2(0, ui.px(260)), ImGuiChildFlags_Borders)) {
    if (!readable) text_sized(ui, kBody, ui.colors.warning, ui.tr("dialog.unreadable"));
    if (ImGui::Selectable((std::string("\uf062  ") + ui.tr("dialog.up")).c_str(), false,
                          ImGuiSelectableFlags_NoAutoClosePopups)) {
      ui.ui.dialog.path =
          folder.parent_path().string() + (folder.parent_path() == folder.root_path() ? "" : "/");
    }
    for (const Entry& entry : entries) {
      const std::string label = (entry.is_folder ? "\uf07b  " : "\uf15b  ") + entry.name;
      if (ImGui::Selectable(label.c_str(), false, ImGuiSelectableFlags_NoAutoClosePopups)) {
        ui.ui.dialog.path = (folder / entry.name).string() + (entry.is_folder ? "/" : "");
      }
    }
  }
  ImGui::EndChild();
}

void accept(Ui& ui) {
  fs::path path = ui.ui.dialog.path;
  if (!path.has_filename()) path = path.parent_path();
  if (ui.ui.dialog.which == Dialog::kOpenModel) {
    ui.out.emplace_back(OpenModel{path});
  } else if (ui.ui.dialog.which == Dialog::kExportMap) {
    ui.out.emplace_back(ExportMap{path});
  } else if (ui.ui.dialog.which == Dialog::kOpenImage) {
    ui.out.emplace_back(OpenImage{path.string()});
  } else if (ui.ui.dialog.which == Dialog::kOpenSession) {
    ui.out.emplace_back(OpenSession{path});
  } else {
    ui.out.emplace_back(SaveSession{path});
  }
}

}  // namespace

void draw_file_dialog(Ui& ui) {
  if (ui.ui.dialog.which == Dialog::kNone) return;
  const std::string title = std::string(ui.tr(title_key(ui.ui.dialog.which))) + "###dialog";
  if (!ui.ui.dialog.opened) {
    ui.ui.dialog.opened = true;
    ui.ui.dialog.path = first_path(ui, ui.ui.dialog.which);
    ImGui::OpenPopup(title.c_str());
  }
  ImGui::SetNextWindowSize(ImVec2(ui.px(620), 0));
  ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetCenter(), ImGuiCond_Appearing, ImVec2(0.5f, 0.5f));
  bool open = true;
  bool done = false;
  if (ImGui::BeginPopupModal(title.c_str(), &open,
                             ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoSavedSettings)) {
    ImGui::SetNextItemWidth(-1);
    const bool entered = ImGui::InputText("##path", &ui.ui.dialog.path, ImGuiInputTextFlags_EnterReturnsTrue);
    std::error_code ignored;
    const fs::path typed = ui.ui.dialog.path;
    const fs::path folder = fs::is_directory(typed, ignored)
                                ? (typed.has_filename() ? typed : typed.parent_path())
                                : typed.parent_path();
    draw_entries(ui, folder.empty() ? fs::path("/") : folder);
    const bool saves = ui.ui.dialog.which == Dialog::kSaveSession || ui.ui.dialog.which == Dialog::kExportMap;
    const bool model = ui.ui.dialog.which == Dialog::kOpenModel;
    const bool ready = !model || holds_model(folder);
    if (model)
      text_sized(ui, kSmall, ready ? ui.colors.text : ui.colors.secondary,
                 ui.tr(ready ? "dialog.model_here" : "dialog.no_model"));
    if (ui.ui.dialog.which == Dialog::kExportMap)
      text_sized(ui, kSmall, ui.colors.secondary, ui.tr("dialog.export_hint"));
    ImGui::BeginDisabled(!ready);
    const bool go =
        ImGui::Button(ui.tr(saves ? "dialog.save" : "dialog.open"), ImVec2(ui.px(120), ui.px(30)));
    ImGui::EndDisabled();
    ImGui::SameLine();
    done = ImGui::Button(ui.tr("dialog.cancel"), ImVec2(ui.px(120), ui.px(30))) ||
           ImGui::IsKeyPressed(ImGuiKey_Escape, false);
    if (ready && (go || entered)) {
      accept(ui);
      done = true;
    }
    if (done) ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
  }
  if (done || !open) {
    ui.ui.dialog.which = Dialog::kNone;
    ui.ui.dialog.opened = false;
  }
}

}  // namespace regard
