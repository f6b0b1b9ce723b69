// Our own file browser: always there, whatever the desktop offers. Folders and files of one folder, a path to
// type.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/ui/actions.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"

namespace regard {

namespace fs = std::filesystem;

/// What a dialog is for.
struct DialogLine {
  const char *title, *button;              // words
  std::string_view file;                   // name it begins with
  bool (*lists)(std::string_view ending);  // files it lists, ".json"; any other can be typed
  Command (*command)(const fs::path& path);
  const char* hint = nullptr;            // words below the list
  bool folder = false;                   // of a model
  const char* hint_not_ready = nullptr;  // while the folder holds none
  bool saves = false;                    // asks before another file is replaced
};

namespace {

bool lists_none(std::string_view) { return false; }
bool lists_sessions(std::string_view ending) { return ending == ".json"; }
bool lists_tables(std::string_view ending) { return ending == ".csv"; }
bool lists_texts(std::string_view ending) { return ending == ".txt"; }
bool lists_pictures(std::string_view ending) {
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".webp";
}

template <class Asked>
Command asked(const fs::path& path) {
  return Asked{path};
}

template <bool kSecond>
Command asked_of_pair(const fs::path& path) {
  return OpenPairImage{kSecond, path.string()};
}

constexpr DialogLine kOpenImage{"dialog.open_image", "dialog.open", "", lists_pictures, asked<OpenImage>};
constexpr DialogLine kOpenFirst{"dialog.open_image", "dialog.open", "", lists_pictures, asked_of_pair<false>};
constexpr DialogLine kOpenSecond{"dialog.open_image", "dialog.open", "", lists_pictures, asked_of_pair<true>};
constexpr DialogLine kOpenPrompts{"dialog.open_prompts", "dialog.open",    "",
                                  lists_texts,           asked<SetInputs>, "dialog.prompts_hint"};
constexpr DialogLine kOpenPictures{"dialog.open_pictures", "dialog.open",    "",
                                   lists_pictures,         asked<SetInputs>, "dialog.pictures_hint"};
constexpr DialogLine kOpenSession{"dialog.open_session", "dialog.open", "", lists_sessions,
                                  asked<OpenSession>};
constexpr DialogLine kSaveSession{"dialog.save_session",
                                  "dialog.save",
                                  "regard-session.json",
                                  lists_sessions,
                                  asked<SaveSession>,
                                  nullptr,
                                  false,
                                  nullptr,
                                  true};
constexpr DialogLine kSaveSeeds{"dialog.save_seeds",
                                "dialog.save",
                                "seeds.png",
                                lists_pictures,
                                asked<SaveSeeds>,
                                nullptr,
                                false,
                                nullptr,
                                true};
constexpr DialogLine kOpenModel{"dialog.open_model", "dialog.open",       "",   lists_none,
                                asked<OpenModel>,    "dialog.model_here", true, "dialog.no_model"};

constexpr DialogLine kOpenClass{"dialog.open_class", "dialog.open",    "",
                                lists_sessions,      asked<ReadClass>, "dialog.class_hint"};

template <bool kByQuestion>
Command save_of_class(const fs::path& path) {
  return SaveClass{path, kByQuestion};
}
template <bool kByQuestion>
constexpr DialogLine kSaveClass{"dialog.save_class",
                                "dialog.save",
                                kByQuestion ? "class-questions.csv" : "class.csv",
                                lists_tables,
                                save_of_class<kByQuestion>,
                                nullptr,
                                false,
                                nullptr,
                                true};

std::string ending_of(const fs::path& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending;
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

std::vector<Entry> list_folder(const fs::path& folder, const DialogLine& dialog, bool& readable) {
  std::vector<Entry> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end && entries.size() < kMaxEntries;
       it.increment(error)) {
    std::error_code ignored;
    const bool is_folder = it->is_directory(ignored);
    const std::string name = it->path().filename().string();
    if (name.starts_with(".") || (!is_folder && !dialog.lists(ending_of(it->path())))) continue;
    entries.push_back({name, is_folder});
  }
  readable = !error;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(!a.is_folder, a.name) < std::pair(!b.is_folder, b.name);
  });
  return entries;
}

std::string first_path(const Ui& ui, const DialogLine& dialog) {
  std::error_code ignored;
  const fs::path here = fs::current_path(ignored);
  if (dialog.folder && ui.state.model) return ui.state.model->folder.parent_path().string() + "/";
  return (here / dialog.file).string();  // ends in "/" without a name
}

void draw_entries(Ui& ui, const fs::path& folder) {
  bool readable = true;
  const auto entries = list_folder(folder, *ui.ui.dialog.line, readable);
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

fs::path chosen(const Ui& ui) {
  const fs::path path = ui.ui.dialog.path;
  return path.has_filename() ? path : path.parent_path();
}

// Another file that is there is replaced only when the person has said so.
// @return whether the dialog is done
bool accept(Ui& ui) {
  FileDialog& dialog = ui.ui.dialog;
  const fs::path path = chosen(ui);
  std::error_code ignored;
  if (dialog.line->saves && !dialog.overwrite && fs::is_regular_file(path, ignored) &&
      !ui.ui.own_files.contains(own_name(path))) {
    dialog.overwrite = true;
    return false;
  }
  ui.out.push_back(dialog.line->command(path));
  return true;
}

void show(Ui& ui, const DialogLine& dialog) { ui.ui.dialog = {.line = &dialog, .path = {}}; }

}  // namespace

std::string own_name(const fs::path& file) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(file, ignored);
  return (whole.empty() ? file : whole).string();
}

namespace act {
void open_image(Ui& ui) { show(ui, kOpenImage); }
void open_first_of_pair(Ui& ui) { show(ui, kOpenFirst); }
void open_second_of_pair(Ui& ui) { show(ui, kOpenSecond); }
void open_inputs(Ui& ui) {
  show(ui, ui.state.view.workspace == Workspace::kImage ? kOpenPictures : kOpenPrompts);
}
void open_session(Ui& ui) { show(ui, kOpenSession); }
void save_session(Ui& ui) { show(ui, kSaveSession); }
void save_seeds(Ui& ui) { show(ui, kSaveSeeds); }
void open_model(Ui& ui) { show(ui, kOpenModel); }
void choose_class(Ui& ui) { show(ui, kOpenClass); }
void save_class(Ui& ui) { show(ui, ui.ui.classroom.by_question ? kSaveClass<true> : kSaveClass<false>); }
}  // namespace act

void draw_file_dialog(Ui& ui) {
  if (ui.ui.dialog.line == nullptr) return;
  const DialogLine& dialog = *ui.ui.dialog.line;
  const std::string title = std::string(ui.tr(dialog.title)) + "###dialog";
  if (!ui.ui.dialog.opened) {
    ui.ui.dialog.opened = true;
    ui.ui.dialog.path = first_path(ui, dialog);
    ImGui::OpenPopup(title.c_str());
  }
  ImGui::SetNextWindowSize(ImVec2(ui.px(620), 0));
  ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetCenter(), ImGuiCond_Appearing, ImVec2(0.5f, 0.5f));
  bool open = true;
  bool done = false;
  if (ImGui::BeginPopupModal(title.c_str(), &open,
                             ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoSavedSettings)) {
    // The path has the keyboard from the start: Enter takes what is proposed, typing replaces it.
    if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
    ImGui::SetNextItemWidth(-1);
    const std::string before = ui.ui.dialog.path;
    const bool entered = ImGui::InputText("##path", &ui.ui.dialog.path, ImGuiInputTextFlags_EnterReturnsTrue);
    std::error_code ignored;
    const fs::path typed = ui.ui.dialog.path;
    const fs::path folder = fs::is_directory(typed, ignored)
                                ? (typed.has_filename() ? typed : typed.parent_path())
                                : typed.parent_path();
    draw_entries(ui, folder.empty() ? fs::path("/") : folder);
    if (ui.ui.dialog.path != before) ui.ui.dialog.overwrite = false;
    const bool ready = !dialog.folder || holds_model(folder);
    const char* hint = ready ? dialog.hint : dialog.hint_not_ready;
    if (hint != nullptr)
      text_sized(ui, kSmall, dialog.folder && ready ? ui.colors.text : ui.colors.secondary, ui.tr(hint));
    const bool overwrite = ui.ui.dialog.overwrite;
    if (overwrite) {
      const std::string question = ui.tr.format("export.exists", chosen(ui).filename().string());
      text_sized(ui, kSmall, ui.colors.warning,
                 fitted(ui, question, kSmall, ImGui::GetContentRegionAvail().x));
    }
    ImGui::BeginDisabled(!ready);
    const std::string button =
        std::string(ui.tr(overwrite ? "export.replace" : dialog.button)) + "###" + dialog.button;
    const bool go = ImGui::Button(button.c_str(), ImVec2(ui.px(120), ui.px(30)));
    ImGui::EndDisabled();
    ImGui::SameLine();
    done = ImGui::Button(ui.tr("dialog.cancel"), ImVec2(ui.px(120), ui.px(30))) ||
           (ImGui::IsKeyPressed(ImGuiKey_Escape, false) && ui.ui.in_front.popups <= 1);
    if (ready && (go || entered)) done = accept(ui) || done;
    if (done) ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
  }
  if (done || !open) {
    ui.ui.dialog = {};
  }
}

}  // namespace regard
