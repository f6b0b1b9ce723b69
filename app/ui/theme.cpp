#include "app/ui/theme.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "app/embedded.h"
#include "app/ui/fallback_fonts.h"
#include "core/base/check.h"

namespace regard {
namespace {

constexpr ImU32 rgb(std::uint32_t hex) {
  return IM_COL32((hex >> 16) & 255, (hex >> 8) & 255, hex & 255, 255);
}

Palette with_shared(Palette own, Theme theme) {
  const ThemeColors& shared = theme_colors(theme);
  own.panel = imgui_color(shared.panel);
  own.text = imgui_color(shared.text);
  own.secondary = imgui_color(shared.secondary);
  own.empty_cell = imgui_color(shared.empty_cell);
  std::ranges::transform(shared.pins, own.pins.begin(), imgui_color);
  std::ranges::transform(shared.regions, own.regions.begin(), imgui_color);
  own.word = imgui_color(shared.word);
  return own;
}

// What the window alone has; the rest is with_shared()'s.
constexpr Palette kDark{
    .background = rgb(0x121417),
    .raised = rgb(0x24282F),
    .border = rgb(0x3A414C),
    .accent = rgb(0x6CB6FF),
    .warning = rgb(0xFFB454),
    .error = rgb(0xFF8080),
    .neutral_bar = rgb(0xA9B1BD),
    .knob = rgb(0xB9BFC9),
    .track = rgb(0x3A414C),
};

constexpr Palette kLight{
    .background = rgb(0xEEF0F3),
    .raised = rgb(0xF5F6F8),
    .border = rgb(0xC4CAD3),
    .accent = rgb(0x0A5CC2),
    .warning = rgb(0x8A4B00),
    .error = rgb(0xB3261E),
    .neutral_bar = rgb(0x515B68),
    .knob = rgb(0x515B68),
    .track = rgb(0xC4CAD3),
};

// WCAG 2.1's relative luminance, [0, 1].
float luminance(ImU32 color) {
  const ImVec4 c = ImGui::ColorConvertU32ToFloat4(color);
  const auto linear = [](float v) {
    return v <= 0.03928f ? v / 12.92f : std::pow((v + 0.055f) / 1.055f, 2.4f);
  };
  return 0.2126f * linear(c.x) + 0.7152f * linear(c.y) + 0.0722f * linear(c.z);
}

// The same hue, so dark that it stands 7 : 1 on white.
ImU32 dark_on_white(ImU32 color) {
  constexpr float kMost = 1.05f / 7.0f - 0.05f, kStep = 0.97f;
  ImVec4 c = ImGui::ColorConvertU32ToFloat4(color);
  for (; luminance(color) > kMost; color = ImGui::ColorConvertFloat4ToU32(c)) {
    c.x *= kStep;
    c.y *= kStep;
    c.z *= kStep;
  }
  return color;
}

Palette on_projector(Palette own) {
  std::ranges::transform(own.pins, own.pins.begin(), dark_on_white);
  std::ranges::transform(own.regions, own.regions.begin(), dark_on_white);
  own.word = dark_on_white(own.word);
  own.background = own.panel = own.raised = own.empty_cell = rgb(0xFFFFFF);
  own.text = rgb(0x000000);
  own.secondary = own.neutral_bar = own.knob = rgb(0x2B323B);
  own.border = own.track = rgb(0x6B7480);
  own.accent = rgb(0x00429B);
  own.warning = rgb(0x6B3A00);
  own.error = rgb(0x9A0F0A);
  return own;
}

ImFont* add_font(const char* name, ImFont* merge_into) {
  const auto bytes = embedded_file(name);
  REGARD_CHECK(!bytes.empty());
  ImFontConfig config;
  config.FontDataOwnedByAtlas = false;  // it lies in the binary
  config.MergeMode = merge_into != nullptr;
  config.DstFont = merge_into;
  // ImGui never writes to font data it does not own; its interface only lacks the const.
  void* data = const_cast<std::byte*>(bytes.data());  // NOLINT
  return ImGui::GetIO().Fonts->AddFontFromMemoryTTF(data, static_cast<int>(bytes.size()), kBody, &config);
}

void set_colors(ImGuiStyle& style, const Palette& colors) {
  const auto set = [&](ImGuiCol which, ImU32 color, float alpha = 1.0f) {
    style.Colors[which] = ImGui::ColorConvertU32ToFloat4(color);
    style.Colors[which].w *= alpha;
  };
  ImGui::StyleColorsDark(&style);
  set(ImGuiCol_Text, colors.text);
  set(ImGuiCol_TextDisabled, colors.secondary);
  set(ImGuiCol_WindowBg, colors.panel);
  set(ImGuiCol_ChildBg, colors.panel, 0.0f);
  set(ImGuiCol_PopupBg, colors.raised);
  set(ImGuiCol_Border, colors.border);
  set(ImGuiCol_FrameBg, colors.raised);
  set(ImGuiCol_FrameBgHovered, colors.border, 0.6f);
  set(ImGuiCol_FrameBgActive, colors.border);
  set(ImGuiCol_TitleBg, colors.panel);
  set(ImGuiCol_TitleBgActive, colors.panel);
  set(ImGuiCol_MenuBarBg, colors.background);
  set(ImGuiCol_ScrollbarBg, colors.panel, 0.0f);
  set(ImGuiCol_ScrollbarGrab, colors.border);
  set(ImGuiCol_ScrollbarGrabHovered, colors.secondary);
  set(ImGuiCol_ScrollbarGrabActive, colors.secondary);
  set(ImGuiCol_CheckMark, colors.accent);
  set(ImGuiCol_SliderGrab, colors.accent);
  set(ImGuiCol_SliderGrabActive, colors.accent);
  set(ImGuiCol_Button, colors.raised);
  set(ImGuiCol_ButtonHovered, colors.border, 0.6f);
  set(ImGuiCol_ButtonActive, colors.border);
  set(ImGuiCol_Header, colors.border, 0.5f);
  set(ImGuiCol_HeaderHovered, colors.border, 0.6f);
  set(ImGuiCol_HeaderActive, colors.border);
  set(ImGuiCol_Separator, colors.border);
  set(ImGuiCol_SeparatorHovered, colors.accent, 0.7f);
  set(ImGuiCol_SeparatorActive, colors.accent);
  set(ImGuiCol_ResizeGripHovered, colors.accent, 0.5f);  // also the gaps between panels, see draw_dock
  set(ImGuiCol_ResizeGripActive, colors.accent, 0.8f);
  set(ImGuiCol_InputTextCursor, colors.accent);
  set(ImGuiCol_Tab, colors.panel);
  set(ImGuiCol_TabHovered, colors.border);
  set(ImGuiCol_TabSelected, colors.raised);
  set(ImGuiCol_TabSelectedOverline, colors.accent);
  set(ImGuiCol_TabDimmed, colors.panel);
  set(ImGuiCol_TabDimmedSelected, colors.raised);
  set(ImGuiCol_TabDimmedSelectedOverline, colors.border);
  set(ImGuiCol_DockingPreview, colors.accent, 0.35f);
  set(ImGuiCol_DockingEmptyBg, colors.background);
  set(ImGuiCol_TextSelectedBg, colors.accent, 0.30f);
  set(ImGuiCol_NavCursor, colors.accent);
  set(ImGuiCol_TextLink, colors.accent);
}

}  // namespace

const Palette& projector_palette() {
  static const Palette projector = on_projector(palette(Theme::kLight));
  return projector;
}

const Palette& palette(Theme theme) {
  static const Palette dark = with_shared(kDark, Theme::kDark), light = with_shared(kLight, Theme::kLight);
  return theme == Theme::kDark ? dark : light;
}

ImU32 imgui_color(const Rgba& color) { return IM_COL32(color.r, color.g, color.b, color.a); }
Rgba rgba_of(ImU32 color) {
  const auto channel = [color](int shift) { return static_cast<std::uint8_t>(color >> shift & 255); };
  return {channel(IM_COL32_R_SHIFT), channel(IM_COL32_G_SHIFT), channel(IM_COL32_B_SHIFT),
          channel(IM_COL32_A_SHIFT)};
}

Fonts load_fonts() {
  Fonts fonts;
  fonts.regular = add_font("fonts/Roboto-Regular.ttf", nullptr);
  fonts.bold = add_font("fonts/Roboto-Bold.ttf", nullptr);
  for (ImFont* font : {fonts.regular, fonts.bold}) {
    add_font("fonts/Inconsolata-Medium.ttf", font);  // has the arrows that Roboto lacks
    add_font("fonts/FontAwesome-Solid.otf", font);
    add_fallback_fonts(font);
  }
  return fonts;
}

float type_factor(ImVec2 window) {
  const float wide = std::min(window.x / 1280.0f, window.y / 720.0f);
  return std::round(kSmall * std::sqrt(std::clamp(wide, 1.0f, 9.0f))) / kSmall;
}

void apply_style(const Palette& colors, float scale) {
  ImGuiStyle style;
  set_colors(style, colors);
  style.WindowPadding = ImVec2(14, 12);
  style.FramePadding = ImVec2(8, 5);
  style.ItemSpacing = ImVec2(8, 6);
  style.ItemInnerSpacing = ImVec2(6, 4);
  style.WindowRounding = 6;
  style.ChildRounding = 6;
  style.PopupRounding = 6;
  style.FrameRounding = 6;
  style.GrabRounding = 7;
  style.TabRounding = 6;
  style.ScrollbarSize = 10;
  style.GrabMinSize = 14;
  style.WindowBorderSize = 0;
  style.PopupBorderSize = 1;
  style.DockingSeparatorSize = 12;
  style.WindowMinSize = ImVec2(120, 80);
  style.ScaleAllSizes(scale);
  style.FontSizeBase = kBody * kLineOfEm;
  style.FontScaleDpi = scale;
  ImGui::GetStyle() = style;
}

}  // namespace regard
