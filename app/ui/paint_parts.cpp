#include "app/ui/paint_parts.h"

#include <algorithm>
#include <cmath>

#include "app/ui/map_grid.h"
#include "app/ui/widgets.h"
#include "app/views/colormap.h"
#include "app/views/paint_names.h"
#include "app/views/paint_views.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kFlatBar = 10;  // height of the colours

}  // namespace

PromptWord place_of_token(const Token& token) {
  if (token.is_bos) return {PromptWord::Kind::kStart, 0};
  if (token.is_eos) return {PromptWord::Kind::kEnd, 0};
  return {PromptWord::Kind::kWord, token.start};
}

void show_word(Ui& ui, const PromptWord& place) {
  set_paint(ui, [&](PaintDocument& paint) {
    paint.word = place;
    paint.patch = -1;
  });
}

bool shows_word(const Ui& ui, const Token& token) {
  if (ui.state.doc.paint.patch >= 0) return false;
  const auto& words = ui.paint.words();
  if (!ui.paint.has_run() || ui.paint.word() < 0 || ui.paint.word() >= std::ssize(words)) return false;
  const PaintWord& word = words[static_cast<std::size_t>(ui.paint.word())];
  const PromptWord place = place_of_token(token);
  if (word.place.kind != place.kind) return false;
  if (word.word < 0) return true;
  return ui.paint.text().words[static_cast<std::size_t>(word.word)].holds(place.byte);
}

std::string paint_word_label(const Ui& ui, const PaintWord& word) {
  return PaintNames(ui.paint, ui.state, ui.tr).word(word);
}

std::string place_label(const Ui& ui, const PromptWord& place) {
  if (place.kind == PromptWord::Kind::kStart) return ui.tr("token.bos");
  if (place.kind == PromptWord::Kind::kEnd) return ui.tr("token.eos");
  const auto& chunks = ui.views.prompt().chunks;
  for (const PromptChunk& chunk : chunks) {
    for (const Word& word : chunk.words) {
      if (word.start > place.byte || place.byte >= word.end) continue;
      std::string label;
      for (int token = word.first_token; token <= word.last_token; ++token)
        label += chunk.tokens[static_cast<std::size_t>(token)].shown;
      return label;
    }
  }
  return "?";
}

std::string paint_patch_label(const Ui& ui, int patch) {
  return PaintNames(ui.paint, ui.state, ui.tr).patch(patch);
}

std::string block_head_label(const Ui& ui, int block, int head) {
  return ui.tr.format("paint.block_head", block + 1, head + 1);
}

std::string maps_label(const Ui& ui) { return PaintNames(ui.paint, ui.state, ui.tr).maps(); }

std::string shown_maps_label(const Ui& ui) { return PaintNames(ui.paint, ui.state, ui.tr).maps_shown(); }

std::string span_label(const Ui& ui) {
  return PaintNames(ui.paint, ui.state, ui.tr).span(ui.ui.paint.film.frame() >= 0);
}

std::string direction_label(const Ui& ui) { return PaintNames(ui.paint, ui.state, ui.tr).direction(); }

void draw_sheet_tile(Ui& ui, ImDrawList* draw, ImTextureID texture, const PixelSheet& sheet, int tile,
                     ImVec2 low, ImVec2 high) {
  draw->AddRectFilled(low, high, ui.colors.empty_cell);
  if (texture == ImTextureID_Invalid || tile < 0 || tile >= sheet.tiles) return;
  const int tile_rows = (sheet.tiles + sheet.columns - 1) / sheet.columns, tile_row = tile / sheet.columns;
  const float columns = static_cast<float>(sheet.columns), rows = static_cast<float>(tile_rows);
  const float x = static_cast<float>(tile % sheet.columns), y = static_cast<float>(tile_row);
  const auto& platform = ImGui::GetPlatformIO();
  if (platform.DrawCallback_SetSamplerNearest != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerNearest, nullptr);
  draw->AddImage(texture, low, high, ImVec2(x / columns, y / rows),
                 ImVec2((x + 1) / columns, (y + 1) / rows));
  if (platform.DrawCallback_SetSamplerLinear != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerLinear, nullptr);
}

void draw_map_tile(Ui& ui, ImDrawList* draw, ImTextureID texture, const CellImage& atlas, int left, int top,
                   ImVec2 low, ImVec2 high, float alpha) {
  if (texture == ImTextureID_Invalid || atlas.width <= 0) return;
  const auto& platform = ImGui::GetPlatformIO();
  const bool cells = !ui.state.view.paint.smooth;
  if (cells && platform.DrawCallback_SetSamplerNearest != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerNearest, nullptr);
  const float width = static_cast<float>(atlas.width), height = static_cast<float>(atlas.height);
  // Smooth: half of a part is left out at each side, where the neighbour tile would shine in.
  const float inset = cells ? 0.0f : 0.5f / static_cast<float>(smooth_steps(atlas.width, atlas.height));
  const float columns = static_cast<float>(ui.paint.columns()), rows = static_cast<float>(ui.paint.rows());
  const float x = static_cast<float>(left), y = static_cast<float>(top);
  draw->AddImage(texture, low, high, ImVec2((x + inset) / width, (y + inset) / height),
                 ImVec2((x + columns - inset) / width, (y + rows - inset) / height),
                 with_alpha(IM_COL32_WHITE, alpha));
  if (cells && platform.DrawCallback_SetSamplerLinear != nullptr)
    draw->AddCallback(platform.DrawCallback_SetSamplerLinear, nullptr);
}

float flat_bar_height(const Ui& ui, bool labelled) {
  return ui.px(kFlatBar + 3 + kSmall * kLineOfEm * (labelled ? 2 : 1));
}

float draw_flat_bar(Ui& ui, ImDrawList* draw, ImVec2 low, float width, const ColorScale& range, Colormap map,
                    const std::string& label, std::optional<float> opacity) {
  fill_bar(ui, draw, low, ImVec2(low.x + width, low.y + ui.px(kFlatBar)), range, map, opacity);
  const float y = low.y + ui.px(kFlatBar + 3);
  for (const float share : {0.0f, 0.5f, 1.0f}) {
    const std::string number = tick_text(ui, range, color_scale_value(range, share));
    const ImVec2 size = measure(ui, kSmall, number);
    draw_text(ui, draw, ImVec2(low.x + (width - size.x) * share, y), kSmall, ui.colors.secondary, number);
  }
  if (!label.empty()) {
    const std::string shown = fitted(ui, label, kSmall, width);
    const ImVec2 size = measure(ui, kSmall, shown);
    draw_text(ui, draw, ImVec2(low.x + (width - size.x) / 2, y + ui.px(kSmall * kLineOfEm)), kSmall,
              ui.colors.secondary, shown);
  }
  return flat_bar_height(ui, !label.empty());
}

void draw_paint_empty(Ui& ui) {
  if (!ui.state.painting.problem.empty()) {
    text_sized(ui, kBody, ui.colors.secondary, ui.tr("paint.nothing"));
  } else {
    const AppState& state = ui.state;
    const std::string& said = state.paint_model ? ui.tr("paint.empty")
                              : state.opening   ? ui.tr("paint.opening")
                                                : ui.tr("paint.no_model");
    text_sized(ui, kBody, ui.colors.secondary, said);
  }
}

void draw_paint_problem(Ui& ui) {
  const std::string& problem = ui.state.painting.problem;
  if (problem.empty()) return;
  ImGui::PushTextWrapPos(0.0f);
  text_sized(ui, kBody, ui.colors.error, problem);
  if (!ui.state.doc.paint.picture.empty())
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr("paint.problem.picture"));
  ImGui::PopTextWrapPos();
}

}  // namespace regard
