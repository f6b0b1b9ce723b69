#include "app/views/text_views.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "app/views/theme_colors.h"
#include "core/analysis/arrange.h"
#include "core/analysis/lens.h"
#include "core/base/check.h"
#include "core/engine/sequences.h"

namespace regard {
namespace {

std::vector<int> counted_positions(int count) {
  std::vector<int> out(static_cast<std::size_t>(count));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

ColorScale signed_range_of(const CellImage& image) {
  float reach = 0.0f;
  for (const float cell : image.cells) {
    if (has_number(cell)) reach = std::max(reach, std::abs(cell));
  }
  return signed_scale(reach);
}

// Rows that are only left out change no number of the others: the map that is there serves.
MapQuery evaluated(MapQuery query) {
  if (query.specials == Specials::kHidden && !query.mass && !query.rank) query.specials = Specials::kShown;
  return query;
}

// Lengths are no shares.
ColorScale range_of(const CellImage& image, bool scores, bool lengths, bool logarithmic) {
  if (lengths) return scale_to(largest_cell(image), logarithmic);
  return scores ? scale_of_scores(image) : share_scale_to(largest_cell(image), logarithmic);
}

// Whether the run that goes on has the same tokens, and the map that is looked at among its layers.
bool shows_first_layers(const AppState& state) {
  if (!state.run_so_far) return false;
  const TextRun &run = *state.run, &so_far = *state.run_so_far;
  const HeadChoice& heads = state.doc.choice.heads;
  return run.request.model == so_far.request.model && run.chunk == so_far.chunk &&
         std::ranges::equal(run.tokens, so_far.tokens, {}, &Token::id, &Token::id) &&
         is_head_lens(state.doc.choice.lens) && heads.set.empty() && heads.layer &&
         *heads.layer < so_far.trace.shape().layers;
}

}  // namespace

AttentionShape TextViews::shape() const {
  AttentionShape out = record().shape();
  out.layers = run_->request.model->encoder.config().layers;
  return out;
}

void TextViews::refresh(const AppState& state) {
  refresh_live(state);
  if (!state.run) {
    run_.reset();
    before_run_.reset();
    cache_.keep_only(nullptr);
    return;
  }
  const std::shared_ptr<const TextRun>& shown = shows_first_layers(state) ? state.run_so_far : state.run;
  const bool new_run = run_ != shown;
  const bool same_view = view_.hide_special == state.view.hide_special && view_.scores == state.view.scores &&
                         view_.log_scale == state.view.log_scale &&
                         view_.difference == state.view.difference && view_.tokens == state.view.tokens;
  const bool had_before = has_before();
  const auto old_before = before_run_;
  choose_before(state);
  const bool same_before = old_before == before_run_;
  const bool same_choice = asked_choice_ == state.doc.choice && asked_toward_ == state.doc.toward &&
                           (!shows_numbers() || asked_pins_ == state.doc.pins);
  if (!new_run && !stale_ && same_view && same_before && same_choice) return;
  stale_ = false;
  const bool new_difference = view_.difference != state.view.difference ||
                              (view_.difference && !same_before) || had_before != has_before();
  const bool new_tiles = new_run || new_difference || view_.hide_special != state.view.hide_special ||
                         view_.scores != state.view.scores || view_.log_scale != state.view.log_scale ||
                         view_.tokens != state.view.tokens;
  run_ = shown;
  view_ = state.view;
  asked_choice_ = state.doc.choice;
  asked_toward_ = state.doc.toward;
  asked_pins_ = state.doc.pins;
  layers_ = shape().layers;
  heads_ = record().shape().heads;
  evaluate_maps(state);
  choose_positions();
  fill_matrix();
  if (new_tiles && run_->whole) fill_atlas();
}

void TextViews::refresh_live(const AppState& state) {
  const Document& doc = state.doc;
  if (!state.model) {
    prompt_ = {};
    live_valid_ = false;
    return;
  }
  if (!live_valid_ || model_ != state.model || live_prompt_ != doc.prompt || live_syntax_ != doc.syntax ||
      live_rule_ != doc.chunk_rule) {
    model_ = state.model;
    live_prompt_ = doc.prompt;
    live_syntax_ = doc.syntax;
    live_rule_ = doc.chunk_rule;
    prompt_ = tokenize_chunks(*model_, live_prompt_, live_syntax_, live_rule_);
    live_valid_ = true;
  }
  chunk_ = std::clamp(doc.chunk, 0, static_cast<int>(prompt_.chunks.size()) - 1);
}

void TextViews::evaluate_maps(const AppState& state) {
  choice_ = within(state.doc.choice, record().shape());
  query_ = text_query(state.doc, view_, record().shape());
  scores_ = query_.scores;
  cache_.keep_only(&run_->trace, before_run_ ? &before_run_->trace : nullptr);
  const std::shared_ptr<const Trace> trace = trace_of(run_);
  cache_.begin();
  const auto map_of = [&](const MapQuery& query) {
    if (const Map* map = cache_.get({.trace = trace, .query = evaluated(query)})) return of_tokens(*map);
    // A worker computes it: until then every cell is empty.
    const int tokens = record().shape().queries;
    const auto cells = static_cast<std::size_t>(tokens) * static_cast<std::size_t>(tokens);
    Map none{.query = query, .values = Matrix::Zero(tokens, tokens), .rows = {}, .columns = {}, .hidden = {}};
    none.rows = none.columns = counted_positions(tokens);
    none.hidden.assign(cells, 1);
    return none;
  };
  evaluate_numbers(state);
  if (!shows_numbers()) choice_.lens = query_.lens;
  shown_ = map_of(query_);
  MapQuery attention = query_;
  attention.scores = false;
  shows_shares_ = find_lens(query_.lens)->is_attention;
  if (!shows_shares_) attention.lens = "attention";
  attention.rank = false;
  attention.mass.reset();
  attention.words = view_.tokens.words;
  // Unless they are divided away, what is read of them counts also where they have no row.
  attention.specials =
      specials_of(view_) == Specials::kRenormalised ? Specials::kRenormalised : Specials::kShown;
  attention_ = attention == query_ ? shown_.values : map_of(attention).values;
  before_.resize(0, 0);
  if (!before_run_) return;
  if (const Map* before = cache_.get({.trace = trace_of(before_run_), .query = attention}))
    before_ = of_tokens(*before, *before_run_).values;
  if (!shows_difference()) return;
  const Map* before = cache_.get({.trace = trace_of(before_run_), .query = evaluated(query_)});
  const std::optional<Map> then = before ? std::optional(of_tokens(*before, *before_run_)) : std::nullopt;
  shown_ = minus_before(shown_, then ? &*then : nullptr);
}

Map TextViews::of_tokens(const Map& map) const { return of_tokens(map, *run_); }

Map TextViews::of_tokens(const Map& map, const TextRun& run) const {
  return is_arranged(map.query) ? spread_over_positions(map, run.trace.prompt) : map;
}

void TextViews::choose_positions() {
  positions_.clear();
  std::vector<int> all = counted_positions(record().shape().queries);
  for (const PositionGroup& group : position_groups(run_->trace.prompt, all, query_.specials, query_.words))
    positions_.push_back(group.first);
  names_ = query_.words ? whole_words(run_->tokens) : run_->tokens;
}

int TextViews::row_of(int token) const {
  return group_at(run_->trace.prompt, positions_, query_.words, token);
}

MapAsk TextViews::numbers_ask() const {
  MapAsk ask{.trace = trace_of(run_), .query = *numbers_query_};
  if (find_lens(ask.query.lens)->needs == LensNeeds::kGradients) ask.prompt = run_;
  return ask;
}

// Of the newest pin, else of the token whose vector stands for the sentence.
void TextViews::evaluate_numbers(const AppState& state) {
  const auto& pins = state.doc.pins;
  int subject = pins.empty() ? -1 : pinned_token(pins.back(), run_->tokens);
  if (subject < 0) subject = run_->output.pooled_row;
  numbers_query_ = text_numbers_query(state.doc, record().shape(), subject);
  numbers_.resize(0);
  numbers_problem_.clear();
  if (!shows_numbers()) return;
  const Map* map = cache_.get(numbers_ask());
  numbers_problem_ = cache_.problem();
  if (map == nullptr) return;
  numbers_ = map->values.row(0);
  float reach = 0.0f;
  for (const float value : numbers_) reach = std::max(reach, std::isfinite(value) ? std::abs(value) : 0.0f);
  numbers_range_ = map->is_signed ? signed_scale(reach) : scale_to(reach);
}

// The run without weights belongs to what is shown, whatever was typed since.
void TextViews::choose_before(const AppState& state) {
  before_run_.reset();
  counterpart_.clear();
  const auto& plain = state.plain_run;
  if (!state.run || !plain) return;
  TextRequest asked = state.run->request;
  asked.prompt = plain->request.prompt;
  asked.edits.clear();
  asked.from.reset();
  if (plain->request != asked || plain->chunk != state.run->chunk) return;
  before_run_ = plain;
  counterpart_.assign(state.run->tokens.size(), -1);
  // The bytes of a word without weights stand elsewhere: tokens are told by their order.
  if (plain->tokens.size() == state.run->tokens.size()) {
    for (std::size_t i = 0; i < counterpart_.size(); ++i) {
      if (plain->tokens[i].id == state.run->tokens[i].id) counterpart_[i] = static_cast<int>(i);
    }
  }
}

std::optional<float> TextViews::before(int query, int key) const {
  if (before_.size() == 0 || masked(query, key)) return std::nullopt;
  const int row = counterpart_[static_cast<std::size_t>(query)],
            column = counterpart_[static_cast<std::size_t>(key)];
  if (row < 0 || column < 0 || row >= before_.rows() || column >= before_.cols()) return std::nullopt;
  return before_(row, column);
}

// A cell that one of them has not is empty.
Map TextViews::minus_before(const Map& now, const Map* before) const {
  Map out = now;
  out.is_signed = true;
  out.hidden.assign(static_cast<std::size_t>(now.values.size()), 0);
  for (int q = 0; q < static_cast<int>(now.values.rows()); ++q) {
    for (int k = 0; k < static_cast<int>(now.values.cols()); ++k) {
      const int row = counterpart_[static_cast<std::size_t>(q)],
                column = counterpart_[static_cast<std::size_t>(k)];
      const bool both = before != nullptr && row >= 0 && column >= 0 && !now.is_hidden(q, k) &&
                        !before->is_hidden(row, column);
      out.hidden[static_cast<std::size_t>(q) * now.columns.size() + static_cast<std::size_t>(k)] = !both;
      out.values(q, k) = both ? now.values(q, k) - before->values(row, column) : 0.0f;
    }
  }
  return out;
}

float TextViews::cell(const Map& map, int query, int key) const {
  if (map.is_hidden(query, key)) return kMaskedValue;
  return upload_value(map.values(query, key));
}

void TextViews::fill_matrix() {
  matrix_.width = matrix_.height = count();
  matrix_.cells.clear();
  for (const int q : positions_) {
    for (const int k : positions_) matrix_.cells.push_back(cell(shown_, q, k));
  }
  ++matrix_.version;
  matrix_range_ = shown_.is_signed ? signed_range_of(matrix_)
                  : query_.rank    ? rank_scale(matrix_)
                                   : range_of(matrix_, scores_, !shows_shares_, view_.log_scale);
}

void TextViews::fill_atlas() {
  const int pitch = tile_pitch();
  reset_cells(atlas_, heads_ * pitch, layers_ * pitch);
  const auto maps_of = [&](const std::shared_ptr<const TextRun>& run) -> const std::vector<Map>& {
    MapQuery query{.scores = view_.scores};
    query.specials =
        view_.scores && query_.specials != Specials::kShown ? Specials::kHidden : query_.specials;
    query.rank = query_.rank;
    if (!view_.scores) {
      query.words = query_.words;
      query.mass = query_.mass;
    }
    return cache_.heads({.trace = trace_of(run), .query = evaluated(query)});
  };
  std::vector<Map> changed;
  if (shows_difference()) {
    for (const Map& map : maps_of(run_)) changed.push_back(of_tokens(map));
    const std::vector<Map>& before = maps_of(before_run_);
    for (std::size_t i = 0; i < changed.size(); ++i) {
      const Map then = of_tokens(before[i], *before_run_);
      changed[i] = minus_before(changed[i], &then);
    }
  }
  const std::vector<Map>& maps = shows_difference() ? changed : maps_of(run_);
  for (int i = 0; i < layers_ * heads_; ++i) {
    const int top = i / heads_ * pitch, left = i % heads_ * pitch;
    const Map& asked = maps[static_cast<std::size_t>(i)];
    const bool of_rows = asked.rows == positions_, of_all = !is_arranged(asked.query);
    const Map spread = of_rows || of_all ? Map{} : of_tokens(asked);
    const Map& map = of_rows || of_all ? asked : spread;
    for (int q = 0; q < count(); ++q) {
      float* row = &atlas_.cells[static_cast<std::size_t>(top + q) * static_cast<std::size_t>(atlas_.width) +
                                 static_cast<std::size_t>(left)];
      for (int k = 0; k < count(); ++k) {
        const auto at_q = static_cast<std::size_t>(q), at_k = static_cast<std::size_t>(k);
        row[k] = of_rows ? cell(map, q, k) : cell(map, positions_[at_q], positions_[at_k]);
      }
    }
  }
  atlas_range_ = shows_difference() ? signed_range_of(atlas_)
                 : query_.rank      ? rank_scale(atlas_)
                                    : range_of(atlas_, view_.scores, false, view_.log_scale);
}

Colormap colormap_for(const ViewOptions& view) { return colormap_in(view.theme, map_colors(view)); }

Colormap colormap_for(const ViewOptions& view, const ColorScale& scale) {
  return colormap_in(view.theme, map_colors(view), scale);
}

}  // namespace regard
