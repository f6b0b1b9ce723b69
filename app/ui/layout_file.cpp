#include "app/ui/layout_file.h"

#include <algorithm>
#include <locale>
#include <sstream>
#include <string>
#include <string_view>

#include <imgui_internal.h>

#include "app/ui/ui_state.h"
#include "app/ui/workspaces.h"

namespace regard {
namespace {

constexpr const char* kSection = "RegardLayout";

LayoutUi& layout_of(const ImGuiSettingsHandler* handler) {
  return *static_cast<LayoutUi*>(handler->UserData);
}

// "[RegardLayout][dock.image]": the workspace whose dock it is.
void* open_section(ImGuiContext*, ImGuiSettingsHandler* handler, const char* name) {
  for (const WorkspaceLine& line : kWorkspaces) {
    if (std::string_view(name) == line.dock)
      return &layout_of(handler).dragged[static_cast<std::size_t>(line.id)];
  }
  return nullptr;
}

// "Dragged=0 0.41 0 0 0": by Split. What is no share is left out.
void read_line(ImGuiContext*, ImGuiSettingsHandler*, void* entry, const char* line) {
  constexpr std::string_view kKey = "Dragged=";
  if (entry == nullptr || !std::string_view(line).starts_with(kKey)) return;
  std::istringstream numbers{std::string(std::string_view(line).substr(kKey.size()))};
  numbers.imbue(std::locale::classic());
  for (float& share : *static_cast<Proportions*>(entry)) {
    float read = 0;
    if (!(numbers >> read)) return;
    share = read > 0.0f && read < 1.0f ? read : 0.0f;
  }
}

void write_all(ImGuiContext*, ImGuiSettingsHandler* handler, ImGuiTextBuffer* out) {
  for (const WorkspaceLine& line : kWorkspaces) {
    const Proportions& dragged = layout_of(handler).dragged[static_cast<std::size_t>(line.id)];
    if (std::ranges::all_of(dragged, [](float share) { return share == 0.0f; })) continue;
    std::ostringstream numbers;
    numbers.imbue(std::locale::classic());
    for (const float share : dragged) numbers << ' ' << share;
    out->appendf("[%s][%s]\nDragged=%s\n\n", kSection, line.dock, numbers.str().c_str() + 1);
  }
}

}  // namespace

void keep_layout_in_settings(LayoutUi& layout) {
  ImGuiSettingsHandler handler;
  handler.TypeName = kSection;
  handler.TypeHash = ImHashStr(kSection);
  handler.ReadOpenFn = open_section;
  handler.ReadLineFn = read_line;
  handler.WriteAllFn = write_all;
  handler.UserData = &layout;
  ImGui::AddSettingsHandler(&handler);
}

}  // namespace regard
