// The sheet that exports a figure: what it will look like, and everything that can be chosen about it.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/export/figure_job.h"
#include "app/export/file_name.h"
#include "app/ui/actions.h"
#include "app/ui/ui.h"
#include "app/ui/view_menu.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

constexpr float kSheetWidth = 860, kChoicesWidth = 340, kSheetPreview = 400, kSheetLine = 30;
constexpr std::size_t kMostFolders = 500;

fs::path target(const ExportSheet& sheet) { return fs::path(sheet.folder) / (sheet.name + sheet.ending); }

// The preview as large as its room, in the middle of it; until it is there, a word.
void draw_preview(Ui& ui, ImVec2 room) {
  const ImVec2 low = ImGui::GetCursorScreenPos(), high(low.x + room.x, low.y + room.y);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(low, high, ui.colors.background, ui.px(6));
  const FigureAnswer* preview = ui.ui.sheet.preview.get();
  ImGui::PushClipRect(low, high, true);
  if (preview == nullptr) {
    draw_text(ui, draw, ImVec2(low.x + ui.px(14), low.y + ui.px(12)), kBody, ui.colors.secondary,
              ui.tr("picture.computing"));
  } else if (!preview->problem.empty() || !preview->head.empty()) {
    ImGui::SetCursorScreenPos(ImVec2(low.x + ui.px(14), low.y + ui.px(12)));
    ImGui::PushTextWrapPos(preview->problem.empty() ? -1.0f : high.x - ImGui::GetWindowPos().x - ui.px(14));
    text_sized(ui, kSmall, preview->problem.empty() ? ui.colors.secondary : ui.colors.warning,
               preview->problem.empty() ? preview->head : preview->problem);
    ImGui::PopTextWrapPos();
  } else if (preview->columns > 0 && ui.textures.figure != ImTextureID_Invalid) {
    const float margin = ui.px(10);
    const float fit = std::min((room.x - 2 * margin) / static_cast<float>(preview->columns),
                               (room.y - 2 * margin) / static_cast<float>(preview->rows));
    const ImVec2 size(std::floor(static_cast<float>(preview->columns) * fit),
                      std::floor(static_cast<float>(preview->rows) * fit));
    const ImVec2 at(std::round((low.x + high.x - size.x) / 2), std::round((low.y + high.y - size.y) / 2));
    draw->AddImage(ui.textures.figure, at, ImVec2(at.x + size.x, at.y + size.y));
  }
  ImGui::PopClipRect();
  ImGui::SetCursorScreenPos(low);
  ImGui::Dummy(room);
}

void sheet_label(Ui& ui, const char* key) {
  ImGui::Dummy(ImVec2(1, ui.px(2)));
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr(key));
}

// A row of chips; the next line when the sheet is too narrow.
void next_chip(Ui& ui, const std::string& label, bool first) {
  if (first) return;
  const float width = measure(ui, kSmall, label).x + ui.px(16);
  const float right = ImGui::GetCurrentWindow()->WorkRect.Max.x;
  if (ImGui::GetItemRectMax().x + ui.px(6) + width < right) ImGui::SameLine(0, ui.px(6));
}

void draw_formats(Ui& ui) {
  ExportSheet& sheet = ui.ui.sheet;
  sheet_label(ui, "export.format");
  for (const Format& format : formats()) {
    const std::string ending(format.ending), label = ending.substr(1);
    next_chip(ui, label, &format == formats().data());
    if (chip(
            ui, label.c_str(), sheet.ending == ending,
            ui.tr(format.kind == FormatKind::kPicture ? "export.format.picture" : "export.format.numbers"))) {
      sheet.ending = ending;
      sheet.overwrite = false;
    }
  }
}

// Of a figure: paper, pixels, pins. A file of numbers has none of these.
void draw_look(Ui& ui) {
  ExportSheet& sheet = ui.ui.sheet;
  if (!is_picture(sheet.ending)) return;
  sheet_label(ui, "export.paper");
  for (const auto& [paper, key] :
       {std::pair(Theme::kLight, "theme.light.menu"), std::pair(Theme::kDark, "theme.dark.menu")}) {
    next_chip(ui, ui.tr(key), paper == Theme::kLight);
    if (chip(ui, ui.tr(key), sheet.look.paper == paper, ui.tr("export.paper.tip"))) sheet.look.paper = paper;
  }
  if (sheet.ending == ".png") {
    sheet_label(ui, "export.scale");
    for (const double scale : {1.0, 2.0, 3.0, 4.0}) {
      const std::string label = "× " + ui.tr.number(scale, 0) + "###scale" + ui.tr.number(scale, 0);
      next_chip(ui, "× 9", scale == 1.0);
      if (chip(ui, label.c_str(), sheet.look.scale == scale, ui.tr("export.scale.tip")))
        sheet.look.scale = scale;
    }
    if (sheet.preview && sheet.preview->width > 0) {
      text_sized(
          ui, kSmall, ui.colors.secondary,
          ui.tr.format("export.pixels", static_cast<int>(std::ceil(sheet.preview->width * sheet.look.scale)),
                       static_cast<int>(std::ceil(sheet.preview->height * sheet.look.scale))));
    }
  }
  ImGui::Dummy(ImVec2(1, ui.px(2)));
  if (toggle(ui, ui.tr("export.pins"), sheet.look.pins, ui.tr("export.pins.tip")))
    sheet.look.pins = !sheet.look.pins;
}

// Folders beside and inside the one that is written.
void draw_folders(Ui& ui) {
  ExportSheet& sheet = ui.ui.sheet;
  if (!begin_dropdown(ui, "folders", ui.tr("export.folders"))) return;
  const fs::path folder = sheet.folder;
  if (folder.has_parent_path() && ImGui::MenuItem(("\uf062  " + folder.parent_path().string()).c_str()))
    sheet.folder = folder.parent_path().string();
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end && names.size() < kMostFolders;
       it.increment(error)) {
    std::error_code ignored;
    const std::string name = it->path().filename().string();
    if (!name.starts_with(".") && it->is_directory(ignored)) names.push_back(name);
  }
  std::ranges::sort(names);
  for (const std::string& name : names) {
    if (ImGui::MenuItem(("\uf07b  " + name).c_str())) sheet.folder = (folder / name).string();
  }
  ImGui::EndPopup();
}

// @return  whether Enter was pressed in a field
bool draw_place(Ui& ui) {
  ExportSheet& sheet = ui.ui.sheet;
  sheet_label(ui, "export.name");
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  const std::string& ending = sheet.ending;
  const float after = measure(ui, kBody, ending).x + ui.px(10);
  ImGui::SetNextItemWidth(std::max(ui.px(60), ImGui::GetContentRegionAvail().x - after));
  bool entered = ImGui::InputText("##name", &sheet.name, ImGuiInputTextFlags_EnterReturnsTrue);
  if (ImGui::IsItemEdited()) sheet.overwrite = false;
  ImGui::SameLine(0, ui.px(6));
  ImGui::AlignTextToFramePadding();
  text_sized(ui, kBody, ui.colors.secondary, ending);
  sheet_label(ui, "export.folder");
  ImGui::SetNextItemWidth(-1);
  entered |= ImGui::InputText("##folder", &sheet.folder, ImGuiInputTextFlags_EnterReturnsTrue);
  if (ImGui::IsItemEdited()) sheet.overwrite = false;
  draw_folders(ui);
  return entered;
}

// Why it cannot be saved there, as words; null: it can.
const char* place_problem(const ExportSheet& sheet) {
  std::error_code ignored;
  if (sheet.name.empty()) return "export.no_name";
  if (sheet.name.find('/') != std::string::npos) return "export.slash";
  if (!fs::is_directory(sheet.folder, ignored)) return "export.no_folder";
  if (fs::is_directory(target(sheet), ignored)) return "export.is_folder";
  return nullptr;
}

void close_sheet(Ui& ui) {
  ExportSheet& sheet = ui.ui.sheet;
  sheet.open = sheet.opened = sheet.overwrite = false;
  ImGui::CloseCurrentPopup();
}

// What is there is replaced only when the person has said so.
void try_to_save(Ui& ui) {
  ExportSheet& sheet = ui.ui.sheet;
  std::error_code ignored;
  if (place_problem(sheet) != nullptr) return;
  if (fs::exists(target(sheet), ignored) && !sheet.overwrite) {
    sheet.overwrite = true;
    return;
  }
  ui.out.emplace_back(ExportMap{target(sheet), sheet.view, sheet.look});
  close_sheet(ui);
}

void draw_buttons(Ui& ui, bool entered) {
  ExportSheet& sheet = ui.ui.sheet;
  const char* problem = place_problem(sheet);
  ImGui::Dummy(ImVec2(1, ui.px(4)));
  ImGui::PushTextWrapPos(0.0f);
  if (problem != nullptr) text_sized(ui, kSmall, ui.colors.warning, ui.tr(problem));
  if (problem == nullptr && sheet.overwrite)
    text_sized(ui, kSmall, ui.colors.warning, ui.tr.format("export.exists", sheet.name + sheet.ending));
  ImGui::PopTextWrapPos();
  const bool broken = problem != nullptr || (sheet.preview && !sheet.preview->problem.empty());
  ImGui::BeginDisabled(broken);
  ImGui::PushStyleColor(ImGuiCol_Border, ui.colors.accent);  // what Enter does
  ImGui::PushStyleColor(ImGuiCol_Text, ui.colors.accent);
  const std::string save = std::string(ui.tr(sheet.overwrite ? "export.replace" : "dialog.save")) + "###save";
  const float width = std::min(ui.px(140), (ImGui::GetContentRegionAvail().x - ui.px(8)) / 2);
  const bool go = ImGui::Button(save.c_str(), ImVec2(width, ui.px(kSheetLine)));
  ImGui::PopStyleColor(2);
  ImGui::EndDisabled();
  ImGui::SameLine(0, ui.px(8));
  const std::string cancel = std::string(ui.tr("dialog.cancel")) + "###cancel";
  const bool escaped = ImGui::IsKeyPressed(ImGuiKey_Escape, false) && ui.ui.in_front.popups <= 1;
  if (ImGui::Button(cancel.c_str(), ImVec2(width, ui.px(kSheetLine))) || escaped) {
    close_sheet(ui);
  } else if (!broken && (go || entered)) {
    try_to_save(ui);
  }
}

void draw_choices(Ui& ui, float width) {
  if (ImGui::BeginChild("##choices", ImVec2(width, 0), ImGuiChildFlags_AutoResizeY)) {
    const bool entered = draw_place(ui);
    draw_formats(ui);
    draw_look(ui);
    draw_buttons(ui, entered);
  }
  ImGui::EndChild();
}

}  // namespace

void open_export_sheet(Ui& ui, const ShownView& view) {
  ExportSheet& sheet = ui.ui.sheet;
  std::error_code ignored;
  if (sheet.folder.empty()) sheet.folder = fs::current_path(ignored).string();
  sheet.view = view;
  sheet.open = true;
  sheet.opened = sheet.overwrite = false;
  sheet.name.clear();  // the program proposes one
  sheet.preview.reset();
}

namespace act {
void export_map(Ui& ui) { open_export_sheet(ui, {}); }
}  // namespace act

void draw_export_sheet(Ui& ui) {
  ExportSheet& sheet = ui.ui.sheet;
  if (!sheet.open || (sheet.name.empty() && !sheet.opened)) return;  // until there is a name to propose
  const std::string title = std::string(ui.tr("dialog.export_map")) + "###export";
  if (!sheet.opened) ImGui::OpenPopup(title.c_str());
  sheet.opened = true;
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const float width = std::min(ui.px(kSheetWidth), viewport->Size.x - ui.px(32));
  ImGui::SetNextWindowSize(ImVec2(width, 0));
  ImGui::SetNextWindowSizeConstraints(ImVec2(1, 1), ImVec2(FLT_MAX, viewport->Size.y - ui.px(32)));
  ImGui::SetNextWindowPos(viewport->GetCenter(), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
  // Fields and buttons have the ground's colour here: their border shows them.
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, std::max(1.0f, ui.px(1.2f)));
  bool open = true;
  if (ImGui::BeginPopupModal(
          title.c_str(), &open,
          ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings)) {
    const float room = ImGui::GetContentRegionAvail().x;
    if (room >= ui.px(kChoicesWidth + 240)) {
      draw_choices(ui, ui.px(kChoicesWidth));
      ImGui::SameLine(0, ui.px(16));
      draw_preview(ui, ImVec2(room - ui.px(kChoicesWidth + 16), ui.px(kSheetPreview)));
    } else {  // one above the other
      draw_choices(ui, 0);
      draw_preview(ui, ImVec2(room, ui.px(kSheetPreview / 2)));
    }
    ImGui::EndPopup();
  }
  ImGui::PopStyleVar();
  if (!open) sheet.open = sheet.opened = false;
}

}  // namespace regard
