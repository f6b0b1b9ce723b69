// The bottom row: what the last run cost, what went wrong, language and theme.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "app/ui/fallback_fonts.h"
#include "app/ui/marks.h"
#include "app/ui/presenter.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

std::string facts(const Ui& ui) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "  ·  ") + part; };
  if (ui.state.opening) add(ui.tr("status.opening"));
  const auto add_run = [&](double ms, std::size_t tokens, const AttentionShape& shape) {
    if (ms > 0) add(ui.tr.format("status.ms", ui.tr.number(ms, ms < 10 ? 1 : 0)));
    add(ui.tr.format("status.tokens", tokens));
    add(ui.tr.format("status.shape", shape.layers, shape.heads));
  };
  if (ui.state.view.workspace == Workspace::kImage) {
    if (ui.picture.has_run()) {
      const VisionRun& run = ui.picture.run();
      add_run(run.elapsed_ms, static_cast<std::size_t>(run.tokens()), ui.picture.shape());
      if (run.resized_positions) add(ui.tr("status.resized"));
      if (run.request.image && run.request.image->frames > 1)
        add(ui.tr.format("status.first_frame", run.request.image->frames));
    }
  } else if (ui.state.view.workspace == Workspace::kPainting) {
    if (ui.paint.has_run()) {
      const PaintRun& run = ui.paint.run();
      const MmditConfig& config = run.request.model->mmdit.config();
      add(ui.tr.format("paint.status", run.steps, config.layers, config.heads));
      if (ui.state.painting.drawing) add(ui.tr("paint.status.escape"));
    }
  } else if (ui.views.has_map()) {
    add_run(ui.state.run->elapsed_ms, ui.views.run().tokens.size(), ui.views.shape());
  }
  const bool of_picture = ui.state.view.workspace == Workspace::kImage;
  if (of_picture && ui.state.vision_so_far) {
    const VisionRun& so_far = *ui.state.vision_so_far;
    add(ui.tr.format("status.layers", so_far.trace.shape().layers,
                     so_far.request.model->encoder.config().layers));
  }
  if (ui.state.running) add(ui.tr("status.running"));
  add(ui.tr("status.keys"));
  return text;
}

// What is typed in this workspace has letters that no font here can draw: which package has them.
std::string font_line(const Ui& ui) {
  const auto line = [&](const std::string& text) -> std::string {
    const MissingLetter missing = missing_letter(ui.fonts.regular, text);
    if (missing.letter == 0) return {};
    const std::string code = fmt::format("U+{:04X}", static_cast<std::uint32_t>(missing.letter));
    return missing.package != nullptr ? ui.tr.format("font.package", code, missing.package)
                                      : ui.tr.format("font.none", code);
  };
  const Document& doc = ui.state.doc;
  if (ui.state.view.workspace == Workspace::kImage) {
    for (const std::string& caption : doc.picture.captions) {
      if (std::string found = line(caption); !found.empty()) return found;
    }
    return {};
  }
  std::string found = line(doc.prompt);
  if (found.empty() && ui.state.view.workspace == Workspace::kPainting) found = line(doc.paint.negative);
  return found;
}

void draw_error(Ui& ui) {
  const std::string& text = ui.state.error->text;
  const char* dismiss = ui.tr("status.dismiss");
  ImGui::AlignTextToFramePadding();
  ImGui::PushStyleColor(ImGuiCol_Button, IM_COL32_BLACK_TRANS);
  const ImU32 color = ui.state.error->good ? ui.colors.text : ui.colors.error;
  ImGui::PushStyleColor(ImGuiCol_Text, color);
  if (ImGui::SmallButton("\uf00d##dismiss")) ui.out.emplace_back(DismissError{});
  ImGui::PopStyleColor(2);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, dismiss);
  ImGui::SameLine();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::PushClipRect(at, ImVec2(at.x + ImGui::GetContentRegionAvail().x - ui.px(190), at.y + ui.px(28)),
                      true);
  text_sized(ui, kSmall, color, text);
  ImGui::PopClipRect();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, text.c_str());
}

void draw_choices(Ui& ui) {
  std::string language = ui.state.view.language;
  std::ranges::transform(language, language.begin(), [](unsigned char c) { return std::toupper(c); });
  const std::string theme = ui.tr(ui.state.view.theme == Theme::kDark ? "theme.dark" : "theme.light");
  const float width = dropdown_width(ui, language) + ui.px(16) + dropdown_width(ui, theme);
  ImGui::SetCursorPos(ImVec2(ImGui::GetWindowWidth() - ui.px(14) - width, ui.px(5)));
  if (begin_dropdown(ui, "language", language)) {
    language_items(ui);
    ImGui::EndPopup();
  }
  ImGui::SameLine(0, ui.px(16));
  if (begin_dropdown(ui, "theme", theme)) {
    theme_items(ui);
    ImGui::EndPopup();
  }
}

}  // namespace

void draw_status_bar(Ui& ui) {
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(ImVec2(viewport->Pos.x, viewport->Pos.y + viewport->Size.y - ui.px(28)));
  ImGui::SetNextWindowSize(ImVec2(viewport->Size.x, ui.px(28)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(16), ui.px(6)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0.0f);
  ImGui::Begin("##status", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus);
  ImGui::PopStyleVar(3);
  const bool presents = ui.ui.presenter.before.has_value();
  if (ui.state.error) {
    draw_error(ui);
  } else if (presents) {
    draw_presenter_line(ui);
  } else if (const std::string fonts = font_line(ui); !fonts.empty()) {
    text_sized(ui, kSmall, ui.colors.warning, fonts);
  } else {
    // What is kept from the last start comes first: it is not seen anywhere else at a glance.
    if (draw_kept_line(ui, 0.55f * viewport->Size.x) > 0.0f) ImGui::SameLine(0, ui.px(16));
    text_sized(ui, kSmall, ui.colors.secondary, facts(ui));
  }
  if (!presents) draw_choices(ui);
  ImGui::End();
}

}  // namespace regard
