// What one patch, or one word, reads: words as bars, the rest as numbers; and where a patch finds its word
// again.
#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "app/ui/marks.h"
#include "app/ui/paint_parts.h"
#include "app/ui/ui.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"

namespace regard {
namespace {

constexpr float kNumberRow = 18, kName = 76, kValue = 64;

// The token whose row is shown: the patch under the pointer, the one held, else the word.
int subject_token(const Ui& ui) {
  if (ui.ui.hovered.paint_patch >= 0 && ui.ui.hovered.paint_patch < ui.paint.patches())
    return ui.ui.hovered.paint_patch;
  if (ui.paint.patch() >= 0) return ui.paint.patch();
  if (ui.paint.word() < 0) return -1;
  return ui.paint.patches() + ui.paint.words()[static_cast<std::size_t>(ui.paint.word())].last_token;
}

void draw_bar(Ui& ui, const std::string& name, float value, std::optional<float> before, float most,
              bool chosen) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  ImFont* font = chosen ? ui.fonts.bold : ui.fonts.regular;
  const std::string label = fitted(ui, name, kSmall, ui.px(kName));
  const ImVec2 size = measure(ui, kSmall, label, font);
  draw_text(ui, draw, ImVec2(at.x + ui.px(kName) - size.x, at.y + ui.px(2)), kSmall, ui.colors.text, label,
            font);
  const float left = at.x + ui.px(kName + 10), full = width - ui.px(kName + 10 + kValue);
  const float part = most > 0.0f ? std::clamp(value / most, 0.0f, 1.0f) : 0.0f;
  draw->AddRectFilled(ImVec2(left, at.y + ui.px(3)),
                      ImVec2(left + std::max(ui.px(1), full * part), at.y + ui.px(16)),
                      chosen ? ui.colors.word : ui.colors.neutral_bar, ui.px(2));
  if (before && most > 0.0f)
    draw_ghost(ui, draw, ImVec2(left, at.y + ui.px(1)), full, ui.px(17), *before / most, value / most);
  const std::string number = ui.tr.percent(static_cast<double>(value), 1);
  const ImVec2 wide = measure(ui, kSmall, number);
  draw_text(ui, draw, ImVec2(at.x + width - wide.x, at.y + ui.px(2)), kSmall, ui.colors.secondary, number);
  ImGui::Dummy(ImVec2(width, ui.px(kNumberRow) - ImGui::GetStyle().ItemSpacing.y));
}

// @param before  the same in the drawing before; empty: there is none
void draw_words(Ui& ui, const std::vector<float>& shares, const std::vector<float>& before = {}) {
  const auto& words = ui.paint.words();
  float most = shares.empty() ? 0.0f : *std::ranges::max_element(shares);
  for (const float share : before) most = std::max(most, share);
  for (std::size_t i = 0; i < words.size() && i < shares.size(); ++i) {
    const std::optional<float> then = i < before.size() ? std::optional(before[i]) : std::nullopt;
    draw_bar(ui, paint_word_label(ui, words[i]), shares[i], then, most,
             static_cast<int>(i) == ui.paint.word());
  }
  ImGui::Dummy(ImVec2(1, ui.px(2)));  // what is said of them keeps clear of the last
}

void draw_row(Ui& ui, const RowVector& row, int subject) {
  const int patches = ui.paint.patches();
  std::vector<float> shares;
  for (const PaintWord& word : ui.paint.words())
    shares.push_back(row.segment(patches + word.first_token, word.last_token - word.first_token + 1).sum());
  const RowVector then = ui.paint.before_row_of(subject);
  std::vector<float> before;
  if (then.size() > 0) {
    for (const PaintWord& word : ui.paint.words())
      before.push_back(
          then.segment(patches + word.first_token, word.last_token - word.first_token + 1).sum());
  }
  draw_words(ui, shares, before);
  if (!before.empty()) text_sized(ui, kSmall, ui.colors.secondary, ui.tr("before.ghost"));
  const float text = row.tail(row.size() - patches).sum();
  const float own = subject < patches ? row(subject) : 0.0f;
  const auto percent = [&](float share) { return ui.tr.percent(static_cast<double>(share), 1); };
  text_sized(ui, kSmall, ui.colors.text,
             ui.tr.format(subject < patches ? "paint.row" : "paint.row.word", percent(text),
                          percent(row.head(patches).sum() - own), percent(own)));
  if (ui.paint.is_fused())
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr.format("paint.row.fused", maps_label(ui)));
  const float entropy = entropy_bits(row);
  const std::string spread = ui.tr.tokens(std::exp2(entropy));
  text_sized(ui, kSmall, ui.colors.secondary,
             ui.state.view.details ? ui.tr.format("paint.entropy", ui.tr.number(entropy, 1), spread)
                                   : ui.tr.format("paint.spread", spread));
}

// The output space has numbers of its own: how alike a patch and each word are, as shares among the words.
bool draw_output(Ui& ui) {
  const int hovered = ui.ui.hovered.paint_patch;
  const int patch = hovered >= 0 && hovered < ui.paint.patches() ? hovered : ui.paint.patch();
  const std::optional<RowVector> shares = ui.paint.lens_shares(patch);
  if (!shares) return false;
  draw_words(ui, {shares->begin(), shares->end()});
  text_sized(ui, kSmall, ui.colors.secondary,
             patch >= 0 ? ui.tr.format("paint.output.at", paint_patch_label(ui, patch))
                        : std::string(ui.tr("paint.output.mean")));
  if (patch < 0) text_sized(ui, kSmall, ui.colors.secondary, ui.tr("paint.hint"));
  return true;
}

void draw_twin(Ui& ui) {
  const auto& twin = ui.paint.twin();
  if (!twin) return;
  const auto [block, head] = twin->best;
  const PaintWord& word = ui.paint.words()[static_cast<std::size_t>(ui.paint.word())];
  text_sized(ui, kSmall, ui.colors.text,
             ui.tr.format("paint.twin", paint_word_label(ui, word), block_head_label(ui, block, head),
                          ui.tr.number(twin->ratio(block, head), 1)));
  const std::string label = ui.tr.format("paint.twin.show", block_head_label(ui, block, head)) + "###twin";
  const bool shown = ui.state.doc.paint.maps == HeadSet{twin->best};
  if (chip(ui, label.c_str(), shown, ui.tr("paint.twin.tip")))
    set_paint(ui, [&](PaintDocument& paint) { paint.maps = shown ? HeadSet{} : HeadSet{twin->best}; });
}

void draw_numbers(Ui& ui) {
  if (draw_output(ui)) return;
  const int subject = subject_token(ui);
  if (subject < 0 || !ui.paint.has_maps()) {
    text_sized(ui, kSmall, ui.colors.secondary,
               ui.tr(ui.paint.problem().empty() ? "paint.hint" : ui.paint.problem().c_str()));
    return;
  }
  const RowVector& row = ui.paint.row_of(subject);
  draw_twin(ui);
  draw_row(ui, row, subject);
  if (ui.paint.word() >= 0)
    draw_context_note(ui, ui.paint.words()[static_cast<std::size_t>(ui.paint.word())]);
  if (subject >= ui.paint.patches()) text_sized(ui, kSmall, ui.colors.secondary, ui.tr("paint.hint"));
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("why.honest"));
}

// Whose numbers they are; empty: nobody's.
std::string numbers_title(const Ui& ui) {
  if (!ui.paint.has_run()) return {};
  if (ui.state.view.paint.lens == PaintLens::kOutput) return ui.tr("paint.output.title");
  const int subject = subject_token(ui);
  if (subject < 0) return {};
  if (subject < ui.paint.patches()) return ui.tr.format("paint.reads", paint_patch_label(ui, subject));
  const PaintWord& word = ui.paint.words()[static_cast<std::size_t>(ui.paint.word())];
  return ui.tr.format("paint.reads.word", paint_word_label(ui, word));
}

}  // namespace

void draw_paint_numbers_panel(Ui& ui) {
  const std::string title = numbers_title(ui);
  if (begin_panel(ui, title.empty() ? std::string(ui.tr("panel.paint_numbers")) : title)) {
    const bool untitled = header_is_tab() && !title.empty();
    if (!ui.paint.has_run()) {
      draw_paint_empty(ui);
    } else {
      if (ImGui::BeginChild("##numbers", ImVec2(0, 0))) {
        ImGui::PushTextWrapPos(0.0f);
        if (untitled) text_sized(ui, kBody, ui.colors.text, title, ui.fonts.bold);
        draw_numbers(ui);
        ImGui::PopTextWrapPos();
      }
      ImGui::EndChild();
    }
  }
  end_panel();
}

}  // namespace regard
