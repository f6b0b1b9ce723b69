#include "app/views/doubled_maps.h"

#include <algorithm>
#include <cmath>

#include "app/state/queries.h"
#include "app/views/picture_views.h"
#include "core/analysis/arrange.h"

namespace regard {
namespace {

std::shared_ptr<const Trace> trace_in_sight(const AppState& state) {
  switch (state.view.workspace) {
    case Workspace::kText:
      return trace_of(state.run);
    case Workspace::kImage:
      return trace_of(state.vision);
    case Workspace::kPainting:
      if (state.painting.run && state.painting.run->drawn() > 0) return trace_of(state.painting.run);
      break;
    case Workspace::kCompare:
      break;
  }
  return nullptr;
}

const DoubledViews& doubled_in_sight(const AppState& state) {
  return state.view.doubled[static_cast<std::size_t>(run_kind(state.view.workspace))];
}

// A cell a position, in a grid of `columns`; the first is that of position `first`.
void fill_row(CellImage& cells, const Map& map, int first, int columns, int rows) {
  reset_cells(cells, columns, rows);
  const int from = first - map.columns.front();  // special positions are there, or are not
  for (int i = 0; i < columns * rows; ++i) {
    if (!map.is_hidden(0, from + i))
      cells.cells[static_cast<std::size_t>(i)] = upload_value(map.values(0, from + i));
  }
}

// Lines of the map from `first` to all but as many.
void fill_square(CellImage& cells, const Map& map, int first, int count) {
  reset_cells(cells, count, count);
  for (int q = 0; q < count; ++q) {
    for (int k = 0; k < count; ++k) {
      if (map.is_hidden(first + q, first + k)) continue;
      cells.cells[static_cast<std::size_t>(q) * static_cast<std::size_t>(count) +
                  static_cast<std::size_t>(k)] = upload_value(map.values(first + q, first + k));
    }
  }
}

ColorScale range_of(const CellImage& cells, const Map& map, bool logarithmic) {
  if (map.is_signed) {
    float reach = 0.0f;
    for (const float cell : cells.cells) reach = std::max(reach, has_number(cell) ? std::abs(cell) : 0.0f);
    ColorScale range = signed_scale(reach);
    range.share = map.is_attention;
    return range;
  }
  if (map.query.scores) return scale_of_scores(cells);
  const bool shares = map.is_attention || map.query.lens == "share" || map.query.lens == "output";
  return shares ? share_scale_to(largest_cell(cells), logarithmic)
                : scale_to(largest_cell(cells), logarithmic);
}

}  // namespace

std::optional<MapQuery> kept_query(const AppState& state, const MapQuery& shown) {
  if (trace_in_sight(state) == nullptr) return std::nullopt;
  MapQuery query = shown;
  if (state.view.workspace == Workspace::kPainting && !state.doc.paint.step_span) query.steps.reset();
  return query;
}

std::optional<MapAsk> DoubledMaps::ask(const AppState& state, std::size_t number) const {
  const std::optional<MapQuery>& query = doubled_in_sight(state)[number];
  std::shared_ptr<const Trace> trace = trace_in_sight(state);
  if (!query || trace == nullptr) return std::nullopt;
  MapAsk ask{.trace = std::move(trace), .query = *query};
  if (query->caption.empty() || state.view.workspace != Workspace::kImage) return ask;
  ask.picture = state.vision;
  ask.caption = caption_direction(state.matches, *query);
  return ask;
}

int DoubledMaps::row_of(std::size_t number, int token) const {
  const View& view = views_[number];
  if (!view.ask) return -1;
  const MapQuery& query = view.ask->query;
  return group_at(view.ask->trace->sequence(query.half), view.positions, query.words, token);
}

bool DoubledMaps::joins_words(std::size_t number) const {
  return views_[number].ask && views_[number].ask->query.words;
}

void DoubledMaps::fill(View& view, const Map& map, const AppState& state) {
  switch (state.view.workspace) {
    case Workspace::kImage: {
      const VitOutput& grid = state.vision->output;
      fill_row(view.cells, map, grid.specials, grid.columns, grid.rows);
      break;
    }
    case Workspace::kPainting:
      fill_row(view.cells, map, 0, state.painting.run->columns, state.painting.run->rows);
      break;
    case Workspace::kText:
    case Workspace::kCompare: {
      // BOS and EOS, where the map has them.
      const int first = state.view.hide_special && map.query.specials == Specials::kShown ? 1 : 0;
      const int count = std::max(0, static_cast<int>(map.values.rows()) - 2 * first);
      fill_square(view.cells, map, first, count);
      view.positions.assign(map.rows.begin() + first, map.rows.begin() + first + count);
      break;
    }
  }
  view.range = map.query.rank ? rank_scale(view.cells) : range_of(view.cells, map, state.view.log_scale);
}

void DoubledMaps::refresh(const AppState& state, const std::array<bool, kMostDoubled>& in_sight) {
  cache_.keep_only(trace_in_sight(state).get());
  cache_.begin();
  for (std::size_t number = 0; number < kMostDoubled; ++number) {
    View& view = views_[number];
    if (!in_sight[number]) continue;
    const std::optional<MapAsk> wanted = ask(state, number);
    const bool same = wanted && view.ask && *view.ask == *wanted && view.log == state.view.log_scale &&
                      view.special == state.view.hide_special;
    if (same) continue;
    view.ask.reset();
    view.problem = "doubled.no_run";
    const Map* map = wanted ? cache_.get(*wanted) : nullptr;
    if (map == nullptr) {
      if (wanted) view.problem = cache_.problem().empty() ? "picture.computing" : cache_.problem();
      reset_cells(view.cells, 0, 0);
      continue;
    }
    view.problem.clear();
    view.ask = wanted;
    view.log = state.view.log_scale;
    view.special = state.view.hide_special;
    fill(view, *map, state);
  }
}

std::string paint_subject_words(const PaintRun& run, const MapQuery& query, const Strings& strings) {
  if (query.subject.empty()) return {};
  const int position = query.subject.front();
  const bool incoming = query.direction == Direction::kReadBy;
  if (position < run.patches()) {
    const std::string patch =
        strings.format("picture.patch", position % run.columns + 1, position / run.columns + 1);
    return strings.format(incoming ? "paint.to_patch" : "paint.from_patch", patch);
  }
  const PaintText& text = query.half == Half::kNegative ? run.negative : run.prompt;
  std::string word;
  for (const int each : query.subject) {
    const auto at = static_cast<std::size_t>(each - run.patches());
    if (at >= text.tokens.size()) continue;
    const Token& token = text.tokens[at];
    word += token.is_bos ? strings("token.bos") : token.is_eos ? strings("token.eos") : token.shown;
  }
  return strings.format(incoming ? "paint.image_to_word" : "paint.word_to_image", word.empty() ? "?" : word);
}

std::string paint_about_words(const MapQuery& query, const Strings& strings) {
  const HeadSet& heads = query.heads.set;
  // What a drawing calls share, rollout and output space.
  const std::string own = "paint.lens." + query.lens;
  std::string out;
  if (query.lens != "attention")
    out = std::string(strings(strings.all().contains(own) ? own : "lens." + query.lens)) + " · ";
  if (heads.size() == 1) {
    out += strings.format("paint.block_head", heads.front().first + 1, heads.front().second + 1) + " · ";
  } else if (!heads.empty()) {
    out += strings.format("paint.maps.some", heads.size()) + " · ";
  }
  if (!query.steps) {
    out += strings("paint.span.all");
  } else if (query.steps->first == query.steps->last) {
    out += strings.format("paint.span.one", query.steps->first + 1);
  } else {
    out += strings.format("paint.span.some", query.steps->first + 1, query.steps->last + 1);
  }
  return query.half == Half::kNegative ? out + " · " + strings("paint.half.without") : out;
}

}  // namespace regard
