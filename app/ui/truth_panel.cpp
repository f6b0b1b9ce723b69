// Was the map right? The map in sight against what stands in the picture: masks of the scenes, and in
// drawings what the segmenter finds. No number here is the model's opinion of itself.
#include <algorithm>
#include <string>
#include <vector>

#include <imgui_internal.h>

#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/cells.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "core/engine/truth.h"

namespace regard {
namespace {

constexpr float kLeastGrid = 96, kMostGrid = 260;

// The map in sight, and what it ought to point at; `problem` when there is nothing to measure.
struct Measured {
  std::vector<float> map = {};  // [N]
  int rows = 0, columns = 0;
  std::vector<Truth> truths = {};
  const char* problem = nullptr;
  const char* source = nullptr;  // who says what stands where
};

std::vector<float> numbers_of(const CellImage& cells) {
  std::vector<float> out;
  for (const float cell : cells.cells) out.push_back(has_number(cell) ? number_of_cell(cell) : 0.0f);
  return out;
}

// A word of weight 0, or one that is cut, is read nowhere.
bool is_zero(const Measured& measured) {
  return std::ranges::all_of(measured.map, [](float value) { return value == 0.0f; });
}

Measured of_drawing(const Ui& ui) {
  Measured out{.map = numbers_of(ui.paint.numbers())};
  const PaintState& painting = ui.state.painting;
  const std::string& none = ui.paint.problem();  // a map that is zero is one
  if (!ui.paint.has_run() || ui.paint.overlay().cells.empty() || (!none.empty() && none != "paint.zero"))
    return {.problem = "truth.no_map"};
  if (ui.paint.shows_difference()) return {.problem = "truth.signed"};
  if (ui.paint.run().request.model->segmenter == nullptr) return {.problem = "truth.unknown_model"};
  if (painting.seen == nullptr || painting.run.get() != &ui.paint.run()) return {.problem = "truth.waits"};
  const PaintRun& run = ui.paint.run();
  out.rows = run.rows;
  out.columns = run.columns;
  out.source = "truth.source.segmenter";
  if (ui.paint.patch() >= 0) {
    out.truths = truths_of_patch(run, *painting.seen, ui.paint.patch());
    if (out.truths.empty()) out.problem = "truth.ground";
    return out;
  }
  if (ui.paint.word() < 0) return {.problem = "truth.no_map"};
  const PaintWord& word = ui.paint.words()[static_cast<std::size_t>(ui.paint.word())];
  std::string text;
  for (int token = word.first_token; token <= word.last_token; ++token)
    text += ui.paint.text().tokens[static_cast<std::size_t>(token)].shown;
  if (const auto truth = truth_of_word(run, *run.request.model->segmenter, *painting.seen, text)) {
    out.truths.push_back(*truth);
  } else {
    out.problem = "truth.not_seen";
  }
  return out;
}

Measured of_picture(const Ui& ui) {
  const AppState& state = ui.state;
  if (!ui.picture.has_run() || !state.vision || ui.picture.overlay().cells.empty() ||
      !ui.picture.problem().empty())
    return {.problem = "truth.no_map"};
  if (ui.picture.overlay_signed()) return {.problem = "truth.signed"};
  if (state.objects.empty()) return {.problem = "truth.unknown_picture"};
  const VisionRun& run = *state.vision;
  Measured out{.map = numbers_of(ui.picture.overlay()),
               .rows = run.output.rows,
               .columns = run.output.columns,
               .source = "truth.source.masks"};
  const PictureDocument& picture = state.doc.picture;
  if (state.view.picture.lens == PictureLens::kCaption) {
    const auto at = static_cast<std::size_t>(picture.caption);
    if (at < picture.captions.size())
      out.truths = truths_of_caption(run, state.objects, picture.captions[at]);
    if (out.truths.empty()) out.problem = "truth.not_named";
    return out;
  }
  const int subject = ui.picture.subject();
  if (subject < run.output.specials) return {.problem = "truth.no_patch"};
  out.truths = truths_of_patch(run, state.objects, subject, state.view.language);
  if (out.truths.empty()) out.problem = "truth.ground";
  return out;
}

std::string name_of(const Ui& ui, const Truth& truth) {
  switch (truth.what) {
    case Truth::What::kNamed:
      return truth.name;
    case Truth::What::kItself:
      return truth.name.empty() ? std::string(ui.tr("truth.itself"))
                                : ui.tr.format("truth.itself.name", truth.name);
    case Truth::What::kTwin:
      break;
  }
  return truth.name.empty() ? std::string(ui.tr("truth.twin")) : ui.tr.format("truth.twin.name", truth.name);
}

// Patches where the map is at least half its largest value, against the mask.
void draw_grid(Ui& ui, const Measured& measured, const Truth& truth, ImVec2 at, float side) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float cell = side / static_cast<float>(std::max(measured.rows, measured.columns));
  const float most = std::ranges::max(measured.map);
  for (int i = 0; i < measured.rows * measured.columns; ++i) {
    const int row = i / measured.columns, column = i % measured.columns;
    const bool high = most > 0.0f && measured.map[static_cast<std::size_t>(i)] >= most / 2.0f;
    const bool there = truth.mask[static_cast<std::size_t>(i)];
    const ImVec2 low(at.x + cell * static_cast<float>(column), at.y + cell * static_cast<float>(row));
    const ImU32 color = high && there ? ui.colors.accent
                        : there       ? with_alpha(ui.colors.accent, 0.35f)
                        : high        ? ui.colors.warning
                                      : ui.colors.raised;
    draw->AddRectFilled(low, ImVec2(low.x + cell - 1, low.y + cell - 1), color);
  }
}

void draw_number(Ui& ui, const char* key, const std::string& number) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  draw_text(ui, ImGui::GetWindowDrawList(), at, kSmall, ui.colors.secondary, ui.tr(key));
  const ImVec2 size = measure(ui, kSmall, number, ui.fonts.bold);
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + width - size.x, at.y), kSmall, ui.colors.text,
            number, ui.fonts.bold);
  ImGui::Dummy(ImVec2(width, ui.px(20)));
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr(std::string(key) + ".tip"));
}

void draw_truth(Ui& ui, const Measured& measured, const Truth& truth) {
  text_sized(ui, kBody, ui.colors.text, name_of(ui, truth), ui.fonts.bold);
  const auto score = score_map(measured.map, truth.mask);
  if (!score) {
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr("truth.signed"));
    return;
  }
  const float width = ImGui::GetContentRegionAvail().x;
  const float side = std::clamp(width * 0.42f, ui.px(kLeastGrid), ui.px(kMostGrid));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  draw_grid(ui, measured, truth, at, side);
  ImGui::Dummy(ImVec2(side, side));
  ImGui::SameLine(0, ui.px(14));
  ImGui::BeginGroup();
  draw_number(ui, "truth.points", ui.tr(score->points ? "truth.yes" : "truth.no"));
  draw_number(ui, "truth.iou", ui.tr.number(score->iou, 2));
  draw_number(ui, "truth.share", ui.tr.percent(score->share));
  draw_number(ui, "truth.chance", ui.tr.percent(score->chance));
  if (score->chance > 0.0)
    draw_number(ui, "truth.times",
                ui.tr.format("truth.times.value", ui.tr.number(score->share / score->chance, 1)));
  ImGui::EndGroup();
  ImGui::Dummy(ImVec2(0, ui.px(8)));
}

void draw_truth_legend(Ui& ui) {
  const auto entry = [&](ImU32 color, const char* key) {
    const float width = ui.px(18) + measure(ui, kSmall, ui.tr(key)).x;
    same_line_if_fits(ui, width);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::GetWindowDrawList()->AddRectFilled(ImVec2(at.x, at.y + ui.px(4)),
                                              ImVec2(at.x + ui.px(11), at.y + ui.px(15)), color);
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + ui.px(16), at.y + ui.px(1)), kSmall,
              ui.colors.text, ui.tr(key));
    ImGui::Dummy(ImVec2(width, ui.px(20)));
  };
  entry(ui.colors.accent, "truth.both");
  entry(with_alpha(ui.colors.accent, 0.35f), "truth.only_there");
  entry(ui.colors.warning, "truth.only_map");
}

void draw_measured(Ui& ui, const Measured& measured) {
  ImGui::PushTextWrapPos(0.0f);
  const char* problem = measured.problem == nullptr && is_zero(measured) ? "truth.zero" : measured.problem;
  if (problem != nullptr) {
    text_sized(ui, kBody, ui.colors.secondary, ui.tr(problem));
  } else {
    draw_truth_legend(ui);
    for (const Truth& truth : measured.truths) draw_truth(ui, measured, truth);
  }
  if (measured.source != nullptr) text_sized(ui, kSmall, ui.colors.secondary, ui.tr(measured.source));
  ImGui::PopTextWrapPos();
}

}  // namespace

void draw_truth_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.truth"))) {
    if (ImGui::BeginChild("##truth", ImGui::GetContentRegionAvail()))
      draw_measured(ui, ui.state.view.workspace == Workspace::kPainting ? of_drawing(ui) : of_picture(ui));
    ImGui::EndChild();
  }
  end_panel();
}

}  // namespace regard
