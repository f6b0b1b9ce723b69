// Numbers of the chosen token: what its row is made of, the patches it reads most, and which tokens are
// unusually long.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include <imgui_internal.h>

#include "app/ui/picture_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/picture_views.h"

namespace regard {
namespace {

constexpr int kMostRead = 6;

void draw_row_shares(Ui& ui) {
  const RowShares& shares = ui.picture.shares();
  const int subject = ui.picture.subject();
  text_sized(
      ui, kBody, ui.colors.text,
      ui.tr.format(ui.state.view.incoming ? "numbers.column" : "numbers.row", patch_label(ui, subject)),
      ui.fonts.bold);
  text_sized(ui, kSmall, ui.colors.secondary, choice_label(ui, ui.picture.choice()));
  if (shares.specials.empty()) return;
  for (std::size_t i = 0; i < shares.specials.size(); ++i)
    draw_share_bar(ui, patch_label(ui, static_cast<int>(i)), shares.specials[i], 1.0f, ui.colors.neutral_bar);
  draw_share_bar(ui, ui.tr("numbers.patches"), shares.patches, 1.0f, ui.colors.neutral_bar);
  draw_share_bar(ui, ui.tr("numbers.itself"), shares.itself, 1.0f, ui.colors.neutral_bar);
  if (!ui.state.view.incoming && !ui.state.view.details) {
    text_sized(ui, kSmall, ui.colors.secondary,
               ui.tr.format("numbers.spread", ui.tr.tokens(std::exp2(static_cast<double>(shares.entropy)))));
  } else if (!ui.state.view.incoming) {
    text_sized(ui, kSmall, ui.colors.secondary,
               ui.tr.format("numbers.entropy", ui.tr.number(shares.entropy, 2),
                            ui.tr.number(std::log2(static_cast<double>(ui.picture.row().size())), 2)));
  }
}

void draw_most_read(Ui& ui) {
  const RowVector& row = ui.picture.row();
  if (row.size() == 0 || ui.picture.overlay_signed()) return;
  std::vector<int> tokens(static_cast<std::size_t>(row.size()));
  std::iota(tokens.begin(), tokens.end(), 0);
  std::erase_if(tokens, [&](int t) { return !ui.picture.is_patch(t) || t == ui.picture.subject(); });
  const auto count = std::min<std::size_t>(kMostRead, tokens.size());
  std::partial_sort(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(count), tokens.end(),
                    [&](int a, int b) { return row(a) > row(b); });
  if (count == 0) return;
  ImGui::Dummy(ImVec2(1, ui.px(4)));
  // Most of them are small beside 100 %: their bars have a scale of their own, and say so.
  text_sized(ui, kSmall, ui.colors.secondary,
             ui.tr.format("numbers.most", ui.tr.percent(static_cast<double>(row(tokens[0])))));
  const ImU32 pin = patch_pin_color(ui, ui.picture.subject());
  for (std::size_t i = 0; i < count; ++i)
    draw_share_bar(ui, patch_label(ui, tokens[i]), row(tokens[i]), row(tokens[0]),
                   pin != 0 ? pin : ui.colors.neutral_bar);
}

void draw_norms(Ui& ui) {
  const TokenNorms& norms = ui.picture.norms();
  if (norms.norms.size() == 0) return;  // not there yet
  ImGui::Dummy(ImVec2(1, ui.px(6)));
  text_sized(ui, kBody, ui.colors.text, ui.tr("norms.title"), ui.fonts.bold);
  const float subject = norms.norms(ui.picture.subject());
  text_sized(ui, kSmall, ui.colors.text,
             ui.tr.format("norms.line", ui.picture.norms_layer(), ui.tr.number(subject, 2),
                          ui.tr.number(ui.picture.norms_median(), 2)));
  text_sized(ui, kSmall, ui.colors.secondary,
             ui.tr.format("norms.outliers", ui.tr.patches(ui.picture.norm_outliers()),
                          ui.tr.number(PictureViews::kOutlier, 0)));
}

}  // namespace

void draw_patch_numbers_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.patch_numbers"))) {
    if (!ui.picture.has_run()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("picture.empty"));
    } else if (ImGui::BeginChild("##numbers", ImVec2(0, 0))) {
      ImGui::PushTextWrapPos(0.0f);
      draw_row_shares(ui);
      draw_most_read(ui);
      draw_norms(ui);
      text_sized(ui, kSmall, ui.colors.secondary, ui.tr("why.honest"));
      ImGui::PopTextWrapPos();
      ImGui::EndChild();
    } else {
      ImGui::EndChild();
    }
  }
  end_panel();
}

}  // namespace regard
