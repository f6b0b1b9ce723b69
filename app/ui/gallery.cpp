// The gallery: examples with their pictures; a click shows one.
#include <algorithm>
#include <cmath>
#include <string>

#include <imgui_internal.h>

#include "app/state/gallery.h"
#include "app/ui/paint_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/gallery_pictures.h"

namespace regard {
namespace {

constexpr float kCardWidth = 232, kCardHeight = 208, kCardGap = 12, kPictureHeight = 108;  // units

// At most two lines of words under a title.
void draw_lines(Ui& ui, ImDrawList* draw, ImVec2 at, float width, const std::string& text, int lines) {
  const float size = ui.px(kSmall * kLineOfEm);
  const char *from = text.c_str(), *end = from + text.size();
  for (int line = 0; line < lines && from < end; ++line) {
    const char* stop =
        ImFontCalcWordWrapPositionEx(ui.fonts.regular, size, from, end, width, ImDrawTextFlags_None);
    const std::string shown =
        line + 1 == lines ? fitted(ui, std::string(from, end), kSmall, width) : std::string(from, stop);
    draw_text(ui, draw, at, kSmall, ui.colors.secondary, shown);
    at.y += size;
    for (from = stop; from < end && *from == ' ';) ++from;
  }
}

void draw_card(Ui& ui, int index, ImVec2 low) {
  const GalleryExample& example = gallery()[static_cast<std::size_t>(index)];
  const ImVec2 high(low.x + ui.px(kCardWidth), low.y + ui.px(kCardHeight));
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(index);
  if (ImGui::InvisibleButton("##card", ImVec2(high.x - low.x, high.y - low.y), ImGuiButtonFlags_EnableNav)) {
    ui.out.emplace_back(ShowExample{gallery_name(example)});
    ui.ui.show_gallery = false;
  }
  ImGui::PopID();
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(low, high, ui.colors.panel, ui.px(6));
  draw->AddRect(low, high, hot ? ui.colors.accent : ui.colors.border, ui.px(6), ui.px(hot ? 2.0f : 1.2f));
  const PixelSheet& sheet = gallery_sheet();
  const float height = ui.px(kPictureHeight);
  const float aspect = sheet.tile_height > 0
                           ? static_cast<float>(sheet.tile_width) / static_cast<float>(sheet.tile_height)
                           : 1.0f;
  const ImVec2 picture(std::round((low.x + high.x - height * aspect) / 2), low.y + ui.px(8));
  draw_sheet_tile(ui, draw, ui.textures.gallery, sheet, index, picture,
                  ImVec2(picture.x + height * aspect, picture.y + height));
  const float left = low.x + ui.px(8), width = ui.px(kCardWidth - 16);
  draw_text(ui, draw, ImVec2(left, low.y + ui.px(kPictureHeight + 14)), kBody, ui.colors.text,
            fitted(ui, ui.tr(example.key), kBody, width), ui.fonts.bold);
  draw_lines(ui, draw, ImVec2(left, low.y + ui.px(kPictureHeight + 34)), width,
             ui.tr(std::string(example.key) + ".tip"), 4);
}

}  // namespace

void draw_gallery(Ui& ui) {
  if (!ui.ui.show_gallery) return;
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const int count = static_cast<int>(gallery().size());
  const float step = ui.px(kCardWidth + kCardGap);
  const int columns =
      std::clamp(static_cast<int>((viewport->Size.x - ui.px(60)) / step), 1, std::min(4, count));
  const int rows = (count + columns - 1) / columns;
  const float tall = ui.px(52 + (kCardHeight + kCardGap) * static_cast<float>(rows) + 8);
  ImGui::SetNextWindowPos(viewport->GetCenter(), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(step * static_cast<float>(columns) + ui.px(48 - kCardGap),
                                  std::min(tall, viewport->Size.y - ui.px(40))));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.0f, ui.px(1)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(18), ui.px(12)));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.colors.raised);
  ImGui::PushStyleColor(ImGuiCol_TitleBgActive, ui.colors.raised);
  ImGui::PushStyleColor(ImGuiCol_TitleBg, ui.colors.raised);
  const std::string title = std::string(ui.tr("gallery.title")) + "###gallery";
  if (ImGui::Begin(title.c_str(), &ui.ui.show_gallery,
                   ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoCollapse |
                       ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoResize |
                       ImGuiWindowFlags_NoMove)) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    for (int i = 0; i < count; ++i) {
      const int column = i % columns, row = i / columns;
      draw_card(ui, i,
                ImVec2(std::round(at.x + step * static_cast<float>(column)),
                       std::round(at.y + ui.px(kCardHeight + kCardGap) * static_cast<float>(row))));
    }
    ImGui::SetCursorScreenPos(at);
    ImGui::Dummy(ImVec2(1, ui.px((kCardHeight + kCardGap) * static_cast<float>(rows))));
  }
  ImGui::End();
  ImGui::PopStyleColor(3);
  ImGui::PopStyleVar(2);
}

}  // namespace regard
