// Drawings beside each other. Nine seeds, and each a second time without a word or without what is tried:
// what the words do, and what the noise does. All weighting schemes from the same noise, with the stage where
// each acts and how far it is from none. One word at several weights, each with how far it is from weight 1
// and what is drawn of the word. A click takes what was clicked.
#include <algorithm>
#include <cmath>
#include <string>

#include <imgui_internal.h>

#include "app/state/command.h"
#include "app/state/queries.h"
#include "app/ui/actions.h"
#include "app/ui/paint_parts.h"
#include "app/ui/strip_parts.h"
#include "app/ui/ui.h"
#include "app/ui/view_menu.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/side_views.h"
#include "app/views/strip_words.h"
#include "core/prompt/weighting.h"

namespace regard {
namespace {

constexpr float kSeedsGap = 10, kPairGap = 2, kSeedLabel = 22, kSeedLines = 44, kLeastTile = 36;
constexpr float kLeastStripTile = 84, kStripLine = 17;

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
    set_seeds(ui, [](SeedGrid& seeds) { leave_out_nothing(seeds); });
  const bool tried = ui.state.painting.before != nullptr;
  if (ImGui::MenuItem(ui.tr("seeds.without.trials"), nullptr, grid.without == LeftOut::kTrials, tried))
    set_seeds(ui, [](SeedGrid& seeds) {
      leave_out_nothing(seeds);
      seeds.without = LeftOut::kTrials;
    });
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
        seeds.without = LeftOut::kWord;
        seeds.word = word.place;
      });
    ImGui::PopID();
  }
  ImGui::EndPopup();
}

const char* series_key(Series series) {
  switch (series) {
    case Series::kSeeds:
      return "series.seeds";
    case Series::kWeightings:
      return "series.weightings";
    case Series::kWeights:
      break;
  }
  return "series.weights";
}

// What differs between the pictures.
void draw_series(Ui& ui) {
  const Series now = ui.state.doc.paint.seeds.series;
  if (!begin_dropdown(ui, "series", ui.tr(series_key(now)))) return;
  for (const Series each : {Series::kSeeds, Series::kWeightings, Series::kWeights}) {
    if (ImGui::MenuItem(ui.tr(series_key(each)), nullptr, each == now))
      set_seeds(ui, [&](SeedGrid& seeds) { seeds.series = each; });
    if (ImGui::IsItemHovered()) tooltip(ui, ui.tr(std::string(series_key(each)) + ".tip"));
  }
  ImGui::EndPopup();
}

struct SeedTiles {
  int columns = 1;
  float side = 0;  // of one picture, pixels
};

// Cells of one picture or of two, as large as they can be; a strip in one row, where it can be seen so.
SeedTiles fit(const Ui& ui, ImVec2 room, int count, bool twice, float caption, bool strip) {
  SeedTiles best;
  for (int columns = 1; columns <= count; ++columns) {
    const int rows = (count + columns - 1) / columns;
    const float cell =
        (room.x - ui.px(kSeedsGap) * static_cast<float>(columns - 1)) / static_cast<float>(columns);
    const float width = twice ? (cell - ui.px(kPairGap)) / 2 : cell;
    const float height = room.y / static_cast<float>(rows) - caption;
    const float side = std::min(width, height);
    const bool row = strip && columns == count && side >= ui.px(kLeastStripTile);
    if (row || side > best.side) best = {columns, side};
  }
  best.side = std::floor(std::max(best.side, ui.px(kLeastTile)));
  return best;
}

// A line under a picture, and what of it is left where it does not fit.
struct CaptionLine {
  std::string text, brief;
};

// A cell: one picture, or a seed's two.
struct Cell {
  int id = 0;  // of its button: what it is of, counted from 0
  std::string label, note;
  std::vector<CaptionLine> below;  // more lines under its label
  Variation first;
  std::optional<Variation> second = {};
  bool chosen = false;  // it is the drawing in sight
  Command take;
  bool tells_change = true;  // beside its label: where all of them have the room
};

std::string stage_of(const Ui& ui, Weighting weighting) {
  const Moves moves = what_moves(weighting);
  if (moves.attention) return ui.tr("series.stage.attention");
  return ui.tr(moves.output ? "series.stage.output" : "series.stage.none");
}

std::vector<Cell> seed_cells(const Ui& ui) {
  std::vector<Cell> out;
  const PaintDocument& paint = ui.state.doc.paint;
  for (int i = 0; i < kSeedsShown; ++i) {
    const std::uint64_t seed = paint.seeds.first + static_cast<std::uint64_t>(i);
    PaintDocument taken = paint;
    taken.seed = seed;
    Cell cell{.id = i,
              .label = ui.tr.format("seeds.seed", seed),
              .note = {},
              .below = {},
              .first = {.seed = seed},
              .chosen = paint.seed == seed,
              .take = SetPaint{std::move(taken), 0}};
    if (is_twice(ui))
      cell.second = Variation{.seed = seed, .without = paint.seeds.without, .word = paint.seeds.word};
    out.push_back(std::move(cell));
  }
  return out;
}

std::vector<Cell> weighting_cells(const Ui& ui) {
  std::vector<Cell> out;
  const auto add = [&](Weighting each) {
    out.push_back({.id = static_cast<int>(each),
                   .label = ui.tr("weighting." + std::string(weighting_name(each))),
                   .note = stage_of(ui, each),
                   .below = {},
                   .first = {.seed = ui.state.doc.paint.seed, .weighting = each},
                   .chosen = ui.state.doc.weighting == each,
                   .take = SetWeighting{each}});
  };
  add(Weighting::kNone);
  for (const Weighting each : kAllWeightings) {
    if (each != Weighting::kNone) add(each);
  }
  return out;
}

// What is drawn of the word, as many lines under every weight; "–" until it is known.
std::vector<CaptionLine> strip_lines(const Ui& ui, const Word& word, double weight) {
  const std::string_view letters =
      std::string_view(ui.state.doc.prompt).substr(word.start, word.end - word.start);
  const Measurable what = measurable(*ui.paint.run().request.model, letters);
  if (what == Measurable::kNothing) return {};
  std::vector<CaptionLine> out(what == Measurable::kAreaAndVividness ? 2 : 1, {"–", "–"});
  const auto strip = ui.side.strip();
  if (strip == nullptr || ui.side.seeds_old()) return out;
  const auto frame = std::ranges::find(strip->frames, weight, &StripFrame::weight);
  if (frame == strip->frames.end() || !frame->drawn) return out;
  out[0] = {strip_area(ui.tr, *frame), ui.tr.format("strip.area.brief", frame->drawn->area)};
  if (out.size() > 1) {
    out[1].text = strip_vividness(ui.tr, *strip, *frame);
    out[1].brief = out[1].text;
  }
  return out;
}

std::vector<Cell> weight_cells(const Ui& ui) {
  std::vector<Cell> out;
  const Word* word = word_of_strip(ui.state);
  if (word == nullptr) return out;
  for (const double weight : ui.state.doc.paint.seeds.weights) {
    out.push_back({.id = static_cast<int>(out.size()),
                   .label = ui.tr.format("strip.at", weight_text(ui.tr, weight)),
                   .note = {},
                   .below = strip_lines(ui, *word, weight),
                   .first = {.seed = ui.state.doc.paint.seed, .weight = weight},
                   .chosen = word->weight == weight,
                   .take = SetWordWeight{word->start, word->end, weight, 0}});
  }
  return out;
}

std::vector<Cell> cells_of(const Ui& ui) {
  switch (ui.state.doc.paint.seeds.series) {
    case Series::kSeeds:
      return seed_cells(ui);
    case Series::kWeightings:
      return weighting_cells(ui);
    case Series::kWeights:
      break;
  }
  return weight_cells(ui);
}

// Its place in the list that was asked for; nothing: it is not there.
std::optional<std::size_t> place_of(const Ui& ui, const Variation& asked) {
  const SidePictures* seeds = ui.side.seeds();
  if (seeds == nullptr) return std::nullopt;
  const bool weights = ui.state.doc.paint.seeds.series == Series::kWeights;
  for (std::size_t i = 0; i < seeds->list.each.size(); ++i) {
    const Variation& each = seeds->list.each[i];
    const bool same_series = each.reworded.has_value() == weights && each.weighting == asked.weighting;
    if (same_series && each.seed == asked.seed && each.without == asked.without &&
        (!weights || each.weight == asked.weight))
      return i;
  }
  return std::nullopt;
}

const SidePicture* picture_at(const Ui& ui, std::optional<std::size_t> place) {
  return place ? ui.side.seeds()->pictures[*place].get() : nullptr;
}

// One picture; while it is not drawn three dots, and a dash where it cannot be.
void draw_tile(Ui& ui, std::optional<std::size_t> place, ImVec2 at, ImVec2 end) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const SidePicture* picture = picture_at(ui, place);
  const bool drawn = picture != nullptr && !picture->x.empty();
  const int tile = drawn ? static_cast<int>(*place) : -1;
  draw_sheet_tile(ui, draw, drawn ? ui.textures.seeds : ImTextureID_Invalid, ui.side.seeds_sheet(), tile, at,
                  end);
  if (ui.side.seeds_old()) draw->AddRectFilled(at, end, with_alpha(ui.colors.panel, 0.5f));
  if (drawn) return;
  const char* mark = picture != nullptr ? "–" : "…";
  const ImVec2 size = measure(ui, kBody, mark);
  draw_text(ui, draw, ImVec2((at.x + end.x - size.x) / 2, (at.y + end.y - size.y) / 2), kBody,
            ui.colors.secondary, mark);
}

// How far that picture is from the one it is compared with; empty: from none.
std::string change_text(const Ui& ui, std::optional<std::size_t> compared) {
  const auto rms = compared ? ui.side.change(*compared) : std::nullopt;
  return rms ? ui.tr.percent(static_cast<double>(*rms), 1) : std::string();
}

// Its name, and how far its picture is from the one it is compared with: in one line, or below each other
// where there is a note.
void draw_caption(Ui& ui, const Cell& cell, ImVec2 at, float width, std::optional<std::size_t> compared) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const std::string change = cell.tells_change ? change_text(ui, compared) : std::string();
  const bool two_lines = !cell.note.empty();
  const float taken = measure(ui, kSmall, change).x + ui.px(6);
  draw_text(ui, draw, at, kSmall, cell.chosen ? ui.colors.text : ui.colors.secondary,
            fitted(ui, cell.label, kSmall, two_lines ? width : width - taken),
            cell.chosen ? ui.fonts.bold : ui.fonts.regular);
  const float below = two_lines ? at.y + ui.px(kSeedLabel - 5) : at.y;
  if (two_lines)
    draw_text(ui, draw, ImVec2(at.x, below), kSmall, ui.colors.secondary,
              fitted(ui, cell.note, kSmall, width - taken));
  draw_text(ui, draw, ImVec2(at.x + width - taken + ui.px(6), below), kSmall, ui.colors.secondary, change);
  float y = below;
  for (const CaptionLine& line : cell.below) {
    y += ui.px(kStripLine);
    const bool fits = measure(ui, kSmall, line.text).x <= width;
    draw_text(ui, draw, ImVec2(at.x, y), kSmall, ui.colors.secondary,
              fitted(ui, fits ? line.text : line.brief, kSmall, width));
  }
}

// The room that stands under every picture, pixels.
float caption_height(const Ui& ui, const std::vector<Cell>& cells) {
  if (cells.empty()) return ui.px(kSeedLabel);
  const float note = cells.front().note.empty() ? 0.0f : kSeedLabel - 5;
  const float below = kStripLine * static_cast<float>(cells.front().below.size());
  return ui.px(kSeedLabel + note + below + (below > 0.0f ? 5.0f : 0.0f));
}

void draw_cell(Ui& ui, const Cell& cell, ImVec2 low, float side, float caption) {
  const bool twice = cell.second.has_value();
  const float width = twice ? 2 * side + ui.px(kPairGap) : side;
  const ImVec2 high(low.x + width, low.y + side);
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(cell.id);
  if (ImGui::InvisibleButton("##seed", ImVec2(width, side + caption - ui.px(4)), ImGuiButtonFlags_EnableNav))
    ui.out.push_back(cell.take);
  ImGui::PopID();
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  const auto first = place_of(ui, cell.first);
  const auto second = twice ? place_of(ui, *cell.second) : std::nullopt;
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    const SidePicture* picture = picture_at(ui, first);
    std::string tip = cell.note.empty() ? std::string() : cell.label + " – " + cell.note + "\n";
    for (const CaptionLine& line : cell.below) tip += line.text + "\n";
    const std::string change = change_text(ui, twice ? second : first);
    if (cell.note.empty() && !change.empty()) tip += cell.label + " · " + change + "\n";
    if (picture != nullptr && !picture->problem.empty()) tip += picture->problem + "\n";
    tooltip(ui, (tip + ui.tr("series.tip")).c_str());
  }
  draw_tile(ui, first, low, ImVec2(low.x + side, high.y));
  if (twice) draw_tile(ui, second, ImVec2(low.x + side + ui.px(kPairGap), low.y), high);
  if (cell.chosen || hot) {
    const float edge = ui.px(2);
    ImGui::GetWindowDrawList()->AddRect(
        ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
        cell.chosen ? ui.colors.accent : ui.colors.secondary, ui.px(3), ui.px(cell.chosen ? 2.5f : 1.2f));
  }
  draw_caption(ui, cell, ImVec2(low.x, high.y + ui.px(4)), width, twice ? second : first);
}

// What the percentages are.
std::string note_of(const Ui& ui, bool twice) {
  switch (ui.state.doc.paint.seeds.series) {
    case Series::kSeeds:
      break;
    case Series::kWeightings: {
      const auto& tokens = ui.paint.run().prompt.tokens;
      return ui.tr(any_weighed(tokens) ? "series.note.weightings" : "series.no_weight");
    }
    case Series::kWeights:  // draw_strip_notes()
      break;
  }
  return ui.tr(twice ? "seeds.note.twice" : "seeds.note");
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
  } else if (ui.state.doc.paint.seeds.series == Series::kWeights) {
    return draw_strip_notes(ui);
  } else {
    text_sized(ui, kSmall, ui.colors.secondary, fitted(ui, note_of(ui, twice), kSmall, width));
  }
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("seeds.note.tip"));
}

// A strip leaves as a figure with its numbers, the others as their pictures alone.
void save_series(Ui& ui, bool strip) {
  if (!strip) return act::save_seeds(ui);
  open_export_sheet(ui, {.map = ShownView::Map::kStrip});
}

void draw_buttons(Ui& ui) {
  const Series series = ui.state.doc.paint.seeds.series;
  const bool of_seeds = series == Series::kSeeds, strip = series == Series::kWeights;
  draw_series(ui);
  if (strip) draw_strip_choices(ui);
  if (of_seeds) {
    ImGui::SameLine(0, ui.px(8));
    draw_without(ui);
  }
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - ui.px(14);
  WithFont font(ui.fonts.regular, kSmall);
  const char* const words = ui.tr(strip ? "strip.export" : "seeds.save");
  const std::string save = std::string("\uf0c7  ").append(words).append("###save"),
                    more = std::string("\uf522  ").append(ui.tr("seeds.more")).append("###more");
  const auto width = [&](const char* label) { return measure(ui, kSmall, label).x + ui.px(46); };
  const float both = width(words) + (of_seeds ? width(ui.tr("seeds.more")) : 0.0f);
  if (ImGui::GetItemRectMax().x + ui.px(12) + both < right)
    ImGui::SameLine(std::max(0.0f, right - both - ImGui::GetWindowPos().x));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(6), ui.px(3)));
  if (of_seeds) {
    if (ImGui::Button(more.c_str())) set_seeds(ui, [](SeedGrid& seeds) { seeds.first += kSeedsShown; });
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("seeds.more.tip"));
    ImGui::SameLine(0, ui.px(6));
  }
  const auto drawn = ui.side.strip();
  const bool there = strip ? drawn != nullptr && drawn->complete()
                           : ui.side.seeds() != nullptr && ui.side.seeds()->done() > 0;
  ImGui::BeginDisabled(!there);
  if (ImGui::Button(save.c_str())) save_series(ui, strip);
  ImGui::EndDisabled();
  ImGui::PopStyleVar();
}

void draw_seeds(Ui& ui) {
  draw_buttons(ui);
  std::vector<Cell> cells = cells_of(ui);
  const bool twice = !cells.empty() && cells.front().second.has_value();
  const bool strip = ui.state.doc.paint.seeds.series == Series::kWeights;
  const float caption = caption_height(ui, cells), notes = kSeedLines - 16 + (strip ? kStripLine : 0);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  if (ImGui::BeginChild("##seeds", ImVec2(room.x, std::max(ui.px(40), room.y - ui.px(notes))))) {
    const ImVec2 inside(ImGui::GetContentRegionAvail().x - ui.px(6),
                        ImGui::GetContentRegionAvail().y - ui.px(6));
    const SeedTiles tiles = fit(ui, inside, static_cast<int>(cells.size()), twice, caption, strip);
    const float cell = twice ? 2 * tiles.side + ui.px(kPairGap) : tiles.side;
    const float full =
        cell * static_cast<float>(tiles.columns) + ui.px(kSeedsGap) * static_cast<float>(tiles.columns - 1);
    const ImVec2 at(ImGui::GetCursorScreenPos().x + ui.px(3) + std::max(0.0f, (inside.x - full) / 2),
                    ImGui::GetCursorScreenPos().y + ui.px(3));
    // Else the pointer finds it.
    const bool all_tell = std::ranges::all_of(cells, [&](const Cell& each) {
      const float words = measure(ui, kSmall, each.label, ui.fonts.bold).x + measure(ui, kSmall, "88.8 %").x;
      return !each.note.empty() || words + ui.px(7) <= cell;
    });
    for (Cell& each : cells) each.tells_change = all_tell;
    for (int i = 0; i < std::ssize(cells); ++i) {
      const int tile_row = i / tiles.columns;
      const auto column = static_cast<float>(i % tiles.columns), row = static_cast<float>(tile_row);
      draw_cell(ui, cells[static_cast<std::size_t>(i)],
                ImVec2(std::round(at.x + column * (cell + ui.px(kSeedsGap))),
                       std::round(at.y + row * (tiles.side + caption))),
                tiles.side, caption);
    }
    if (cells.empty())
      text_sized(ui, kBody, ui.colors.secondary,
                 ui.tr.format("series.no_word", weights_text(ui.tr, ui.state.doc.paint.seeds.weights)));
  }
  ImGui::EndChild();
  if (!cells.empty()) draw_state(ui, twice);
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
