// Nine seeds beside each other, and each a second time without a word or without what is tried: what the
// words do, and what the noise does. Click one to take its seed.
#include <algorithm>
#include <cmath>
#include <string>

#include <imgui_internal.h>

#include "app/ui/actions.h"
#include "app/ui/paint_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/side_views.h"

namespace regard {
namespace {

constexpr float kSeedsGap = 10, kPairGap = 2, kSeedLabel = 22, kSeedLines = 44, kLeastTile = 36;

template <class Change>
void set_seeds(Ui& ui, Change change) {
  set_paint(ui, [&](PaintDocument& paint) { change(paint.seeds); });
}

bool is_twice(const Ui& ui) {
  const SidePictures* seeds = ui.side.seeds();
  return seeds != nullptr && std::ssize(seeds->list.each) > kSeedsShown;
}

std::string without_label(const Ui& ui) {
  const SeedGrid& grid = ui.state.doc.paint.seeds;
  switch (grid.without) {
    case LeftOut::kWord:
      return ui.tr.format("seeds.without.word", place_label(ui, grid.word));
    case LeftOut::kTrials:
      return ui.tr("seeds.without.trials");
    case LeftOut::kNothing:
      break;
  }
  return ui.tr("seeds.without.nothing");
}

// What each is drawn a second time without.
void draw_without(Ui& ui) {
  if (!begin_dropdown(ui, "without", without_label(ui))) return;
  const SeedGrid& grid = ui.state.doc.paint.seeds;
  if (ImGui::MenuItem(ui.tr("seeds.without.nothing"), nullptr, grid.without == LeftOut::kNothing))
    set_seeds(ui, [](SeedGrid& seeds) { seeds = {.first = seeds.first}; });
  const bool tried = ui.state.painting.before != nullptr;
  if (ImGui::MenuItem(ui.tr("seeds.without.trials"), nullptr, grid.without == LeftOut::kTrials, tried))
    set_seeds(ui, [](SeedGrid& seeds) { seeds = {.first = seeds.first, .without = LeftOut::kTrials}; });
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled))
    tooltip(ui, ui.tr("seeds.without.trials.tip"));
  ImGui::Separator();
  for (const PaintWord& word : ui.paint.words()) {
    if (ui.state.view.paint.unconditional || word.place.kind == PromptWord::Kind::kStart) continue;
    const bool chosen = grid.without == LeftOut::kWord && grid.word == word.place;
    ImGui::PushID(word.first_token);
    if (ImGui::MenuItem(ui.tr.format("seeds.without.word", paint_word_label(ui, word)).c_str(), nullptr,
                        chosen))
      set_seeds(ui, [&](SeedGrid& seeds) {
        seeds = {.first = seeds.first, .without = LeftOut::kWord, .word = word.place};
      });
    ImGui::PopID();
  }
  ImGui::EndPopup();
}

struct SeedTiles {
  int columns = 1;
  float side = 0;  // of one picture, pixels
};

// Nine cells, of one picture or of two, as large as they can be.
SeedTiles fit(const Ui& ui, ImVec2 room, bool twice) {
  SeedTiles best;
  for (int columns = 1; columns <= kSeedsShown; ++columns) {
    const int rows = (kSeedsShown + columns - 1) / columns;
    const float cell =
        (room.x - ui.px(kSeedsGap) * static_cast<float>(columns - 1)) / static_cast<float>(columns);
    const float width = twice ? (cell - ui.px(kPairGap)) / 2 : cell;
    const float height = room.y / static_cast<float>(rows) - ui.px(kSeedLabel);
    if (std::min(width, height) > best.side) best = {columns, std::min(width, height)};
  }
  best.side = std::floor(std::max(best.side, ui.px(kLeastTile)));
  return best;
}

// The tile of a variation; -1: it is not drawn.
int tile_of(const Ui& ui, std::uint64_t seed, bool second) {
  const SidePictures* seeds = ui.side.seeds();
  if (seeds == nullptr) return -1;
  for (std::size_t i = 0; i < seeds->list.each.size(); ++i) {
    const Variation& each = seeds->list.each[i];
    if (each.seed == seed && (each.without != LeftOut::kNothing) == second)
      return seeds->pictures[i] && !seeds->pictures[i]->x.empty() ? static_cast<int>(i) : -1;
  }
  return -1;
}

void draw_seed(Ui& ui, std::uint64_t seed, ImVec2 low, float side, bool twice) {
  const float width = twice ? 2 * side + ui.px(kPairGap) : side;
  const ImVec2 high(low.x + width, low.y + side);
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(static_cast<int>(seed - ui.state.doc.paint.seeds.first));
  if (ImGui::InvisibleButton("##seed", ImVec2(width, side + ui.px(kSeedLabel - 4)),
                             ImGuiButtonFlags_EnableNav))
    set_paint(ui, [&](PaintDocument& paint) { paint.seed = seed; });
  ImGui::PopID();
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("seeds.tip"));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  for (const bool second : {false, true}) {
    if (second && !twice) continue;
    const ImVec2 at(low.x + (second ? side + ui.px(kPairGap) : 0.0f), low.y);
    const ImVec2 end(at.x + side, at.y + side);
    const int tile = tile_of(ui, seed, second);
    draw_sheet_tile(ui, draw, tile < 0 ? ImTextureID_Invalid : ui.textures.seeds, ui.side.seeds_sheet(), tile,
                    at, end);
    if (ui.side.seeds_old()) draw->AddRectFilled(at, end, with_alpha(ui.colors.panel, 0.5f));
    if (tile >= 0) continue;
    const ImVec2 dots = measure(ui, kBody, "…");
    draw_text(ui, draw, ImVec2((at.x + end.x - dots.x) / 2, (at.y + end.y - dots.y) / 2), kBody,
              ui.colors.secondary, "…");
  }
  const bool chosen = ui.state.doc.paint.seed == seed;
  if (chosen || hot) {
    const float edge = ui.px(2);
    draw->AddRect(ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
                  chosen ? ui.colors.accent : ui.colors.secondary, ui.px(3), ui.px(chosen ? 2.5f : 1.2f));
  }
  std::string change;
  if (const auto rms = ui.side.seed_change(seed); rms && twice)
    change = ui.tr.percent(static_cast<double>(*rms), 1);
  const float room = width - measure(ui, kSmall, change).x - ui.px(6);
  draw_text(ui, draw, ImVec2(low.x, high.y + ui.px(4)), kSmall, chosen ? ui.colors.text : ui.colors.secondary,
            fitted(ui, ui.tr.format("seeds.seed", seed), kSmall, room),
            chosen ? ui.fonts.bold : ui.fonts.regular);
  draw_text(ui, draw, ImVec2(high.x - measure(ui, kSmall, change).x, high.y + ui.px(4)), kSmall,
            ui.colors.secondary, change);
}

// How far it is, what Escape left, and what the percentages are.
void draw_state(Ui& ui, bool twice) {
  const SidePictures* seeds = ui.side.seeds();
  const PaintState& painting = ui.state.painting;
  const float width = ImGui::GetContentRegionAvail().x;
  const int done = seeds != nullptr ? seeds->done() : 0;
  const int asked = seeds != nullptr ? static_cast<int>(seeds->list.each.size()) : kSeedsShown;
  if (painting.seeds_stopped) {
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr.format("seeds.stopped", done, asked));
    ImGui::SameLine(0, ui.px(10));
    WithFont font(ui.fonts.regular, kSmall);
    if (ImGui::SmallButton((std::string(ui.tr("matters.go_on")) + "##seeds").c_str()))
      ui.out.emplace_back(DrawBeside{});
  } else if (done < asked || ui.side.seeds_old()) {
    text_sized(ui, kSmall, ui.colors.text,
               ui.tr.format(painting.drawing ? "seeds.waits" : "seeds.progress", done, asked));
  } else {
    text_sized(ui, kSmall, ui.colors.secondary,
               fitted(ui, ui.tr(twice ? "seeds.note.twice" : "seeds.note"), kSmall, width));
  }
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("seeds.note.tip"));
}

void draw_buttons(Ui& ui) {
  draw_without(ui);
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - ui.px(14);
  WithFont font(ui.fonts.regular, kSmall);
  const std::string save = std::string("\uf0c7  ").append(ui.tr("seeds.save")).append("###save"),
                    more = std::string("\uf522  ").append(ui.tr("seeds.more")).append("###more");
  const auto width = [&](const char* words) { return measure(ui, kSmall, words).x + ui.px(46); };
  const float both = width(ui.tr("seeds.save")) + width(ui.tr("seeds.more"));
  if (ImGui::GetItemRectMax().x + ui.px(12) + both < right)
    ImGui::SameLine(std::max(0.0f, right - both - ImGui::GetWindowPos().x));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(6), ui.px(3)));
  if (ImGui::Button(more.c_str())) set_seeds(ui, [](SeedGrid& seeds) { seeds.first += kSeedsShown; });
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("seeds.more.tip"));
  ImGui::SameLine(0, ui.px(6));
  ImGui::BeginDisabled(ui.side.seeds() == nullptr || ui.side.seeds()->done() == 0);
  if (ImGui::Button(save.c_str())) act::save_seeds(ui);
  ImGui::EndDisabled();
  ImGui::PopStyleVar();
}

void draw_seeds(Ui& ui) {
  draw_buttons(ui);
  const bool twice = is_twice(ui);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  if (ImGui::BeginChild("##seeds", ImVec2(room.x, std::max(ui.px(40), room.y - ui.px(kSeedLines - 16))))) {
    const ImVec2 inside(ImGui::GetContentRegionAvail().x - ui.px(6),
                        ImGui::GetContentRegionAvail().y - ui.px(6));
    const SeedTiles tiles = fit(ui, inside, twice);
    const float cell = twice ? 2 * tiles.side + ui.px(kPairGap) : tiles.side;
    const float full =
        cell * static_cast<float>(tiles.columns) + ui.px(kSeedsGap) * static_cast<float>(tiles.columns - 1);
    const ImVec2 at(ImGui::GetCursorScreenPos().x + ui.px(3) + std::max(0.0f, (inside.x - full) / 2),
                    ImGui::GetCursorScreenPos().y + ui.px(3));
    for (int i = 0; i < kSeedsShown; ++i) {
      const int tile_row = i / tiles.columns;
      const auto column = static_cast<float>(i % tiles.columns), row = static_cast<float>(tile_row);
      draw_seed(ui, ui.state.doc.paint.seeds.first + static_cast<std::uint64_t>(i),
                ImVec2(std::round(at.x + column * (cell + ui.px(kSeedsGap))),
                       std::round(at.y + row * (tiles.side + ui.px(kSeedLabel)))),
                tiles.side, twice);
    }
  }
  ImGui::EndChild();
  draw_state(ui, twice);
}

}  // namespace

void draw_paint_seeds_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.paint_seeds"))) {
    ui.ui.in_sight.seeds = true;
    if (ui.paint.has_run()) {
      draw_seeds(ui);
    } else {
      draw_paint_empty(ui);
    }
  }
  end_panel();
}

}  // namespace regard
