#include "app/views/paint_views.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/analysis/arrange.h"
#include "core/analysis/head_metric.h"
#include "core/analysis/islands.h"
#include "core/analysis/lens.h"
#include "core/base/check.h"
#include "core/engine/paint_edits.h"

namespace regard {
namespace {

constexpr int kSheetColumns = 16;
constexpr int kMostRolloutTokens = 2048;  // S^3 a block and step: minutes beyond it
// Of the word's largest: what counts as its place. Text -> image covered both cats of five drawn mirrors
// (masks by their colour) with IoU 0.5 to 0.75 between thresholds of 0.25 and 0.35, as two islands.
constexpr float kTwinThreshold = 0.3f;
constexpr int kTwinLeast = 3;  // patches

std::uint32_t packed(const std::vector<std::uint8_t>& rgb, std::size_t pixel) {
  return 0xFF000000u | static_cast<std::uint32_t>(rgb[3 * pixel + 2]) << 16 |
         static_cast<std::uint32_t>(rgb[3 * pixel + 1]) << 8 | rgb[3 * pixel];
}

}  // namespace

void place_picture(PixelSheet& sheet, int tile, const std::vector<float>& x) {
  const auto rgb = picture_bytes(x, sheet.tile_height, sheet.tile_width);
  const auto stride = static_cast<std::size_t>(sheet.width()),
             width = static_cast<std::size_t>(sheet.tile_width);
  const auto left = static_cast<std::size_t>(tile % sheet.columns) * width,
             top =
                 static_cast<std::size_t>(tile / sheet.columns) * static_cast<std::size_t>(sheet.tile_height);
  for (std::size_t y = 0; y < static_cast<std::size_t>(sheet.tile_height); ++y) {
    for (std::size_t i = 0; i < width; ++i)
      sheet.rgba[(top + y) * stride + left + i] = packed(rgb, y * width + i);
  }
}

namespace {

void fill_sheet(PixelSheet& sheet, const std::vector<const std::vector<float>*>& pictures, int height,
                int width) {
  sheet.tile_width = width;
  sheet.tile_height = height;
  sheet.tiles = static_cast<int>(pictures.size());
  sheet.columns = std::clamp(sheet.tiles, 1, kSheetColumns);
  sheet.rgba.assign(static_cast<std::size_t>(sheet.width()) * static_cast<std::size_t>(sheet.height()), 0);
  for (int i = 0; i < sheet.tiles; ++i) place_picture(sheet, i, *pictures[static_cast<std::size_t>(i)]);
  ++sheet.version;
}

// Whether the same maps of a drawing are looked at: what is typed beside it comes with its own drawing.
bool same_maps(const PaintDocument& a, const PaintDocument& b) {
  return a.word == b.word && a.patch == b.patch && a.maps == b.maps && a.fusion == b.fusion &&
         a.step_span == b.step_span;
}

// Whether two views are of the same numbers: how they lie over the picture is not asked for.
bool same_maps(PaintView a, const PaintView& b) {
  a.opacity = b.opacity;
  a.smooth = b.smooth;
  return a == b;
}

}  // namespace

StepSpan PaintViews::steps() const {
  return {run_->first_step + span_.first, run_->first_step + span_.second};
}

std::vector<int> PaintViews::subject() const {
  if (patch_ >= 0) return {patch_};
  const PaintWord& word = words_[static_cast<std::size_t>(word_)];
  std::vector<int> out;
  for (int token = word.first_token; token <= word.last_token; ++token) out.push_back(patches() + token);
  return out;
}

MapQuery PaintViews::word_query(const PaintWord& word) const {
  std::vector<int> positions;
  for (int token = word.first_token; token <= word.last_token; ++token)
    positions.push_back(patches() + token);
  PaintView view = view_;
  if (has_no_subject(view.lens)) view.lens = PaintLens::kAttention;  // what a word has is its attention
  return asked_query(view, std::move(positions), false);
}

MapQuery PaintViews::asked_query(const PaintView& view, std::vector<int> subject, bool is_patch) const {
  MapQuery query =
      paint_query(asked_, view, std::move(subject), is_patch, steps(), run_->trace.shape(half()));
  return with_tokens(std::move(query), tokens_, specials_);
}

// Over the patches. Nothing: it is being computed, or problem_ says why there is none. A rollout, shares and
// what is written are taken from those of all positions, which a worker computes once for every word and
// patch.
std::optional<RowVector> PaintViews::map_of(const MapQuery& query) { return map_of(query, run_); }

std::optional<RowVector> PaintViews::map_of(const MapQuery& query,
                                            const std::shared_ptr<const PaintRun>& run) {
  MapQuery asked = query;
  const bool of_all = query.lens == "rollout" || query.lens == "share" || query.lens == "written";
  if (of_all) {
    asked.subject.clear();
    asked.direction = Direction::kReads;
    asked.over = Over::kAll;
    asked.itself = true;
    asked.words = asked.rank = false;
    asked.mass.reset();
    asked.specials = Specials::kShown;
  }
  const Lens* lens = find_lens(query.lens);
  const bool gradient = lens != nullptr && lens->needs == LensNeeds::kGradients;
  const Map* map = cache_.get({.trace = trace_of(run), .query = asked, .drawing = gradient ? run : nullptr});
  if (map == nullptr) {
    problem_ = cache_.problem().empty() ? "picture.computing"
               : gradient               ? "paint.gradients.none"
                                        : "paint.output.none";
    return std::nullopt;
  }
  if (!of_all) return RowVector(map->values.row(0));
  MapQuery over_all = query;
  over_all.mass.reset();
  over_all.rank = false;
  Map one = subject_map(*map, over_all, run->trace.sequence(query.half));
  cut_columns(one, 0, patches() - 1);
  one.query = query;
  hold_and_rank(one);
  return RowVector(one.values.row(0));
}

void PaintViews::let_go_of_old(const AppState& state) {
  if (run_ == state.painting.run) return;
  run_.reset();
  before_.reset();
  cache_.keep_only(nullptr);
}

void PaintViews::refresh(const AppState& state, int film_frame) {
  if (!state.painting.run) {
    let_go_of_old(state);
    return;
  }
  const bool new_run = run_ != state.painting.run;
  const bool same = !new_run && !stale_ && before_ == state.painting.before &&
                    same_maps(asked_, state.doc.paint) && same_maps(view_, state.view.paint) &&
                    film_frame_ == film_frame && log_ == state.view.log_scale &&
                    difference_on_ == state.view.difference && tokens_ == state.view.tokens &&
                    specials_ == specials_of(state.view);
  if (!same) {
    stale_ = false;
    choose(state, film_frame);
    if (!has_run()) return;
    cache_.begin();
    fill_film(view_.noisy);
    compare(state);
    choose_before();
    measure();
    measure_before();
    fill_words();
    fill_overlay();
    fill_colours();
    fill_heads();
    find_twin();
    joint_valid_ = false;
  }
  if (want_joint_ && !joint_valid_ && has_run() && has_maps_) fill_joint();
}

void PaintViews::choose(const AppState& state, int film_frame) {
  run_ = state.painting.run;
  asked_ = state.doc.paint;
  view_ = state.view.paint;
  film_frame_ = film_frame;
  log_ = state.view.log_scale;
  difference_on_ = state.view.difference;
  tokens_ = state.view.tokens;
  specials_ = specials_of(state.view);
  cache_.keep_only(&run_->trace, state.painting.before ? &state.painting.before->trace : nullptr);
  kept_bytes_ = run_->trace.record_bytes();
  if (state.painting.before) kept_bytes_ += state.painting.before->trace.record_bytes();
  if (!has_run()) return;
  const int last = run_->drawn() - 1;
  span_ = {0, last};
  if (asked_.step_span) {
    span_.first = std::clamp(asked_.step_span->first - run_->first_step, 0, last);
    span_.second = std::clamp(asked_.step_span->second - run_->first_step, span_.first, last);
  }
  if (film_frame >= 0) span_ = {std::min(film_frame, last), std::min(film_frame, last)};
  has_maps_ = std::ssize(run_->trace.records_of(half())) > span_.second;
  const MmditConfig& config = run_->request.model->mmdit.config();
  choice_ = paint_choice(asked_, {.layers = config.layers, .heads = config.heads});
  text_ = view_.unconditional ? &run_->negative : &run_->prompt;
  list_words();
  choose_subject(asked_);
}

void PaintViews::list_words() {
  words_.clear();
  for (int token = 0; token < static_cast<int>(text_->tokens.size()); ++token) {
    const Token& each = text_->tokens[static_cast<std::size_t>(token)];
    if (each.word >= 0 && !words_.empty() && words_.back().word == each.word) {
      words_.back().last_token = token;
      continue;
    }
    PaintWord word{.first_token = token, .last_token = token, .word = each.word, .place = {}};
    word.place = each.is_bos   ? PromptWord{PromptWord::Kind::kStart, 0}
                 : each.is_eos ? PromptWord{PromptWord::Kind::kEnd, 0}
                               : PromptWord{PromptWord::Kind::kWord, each.start};
    words_.push_back(word);
  }
}

void PaintViews::choose_subject(const PaintDocument& paint) {
  patch_ = paint.patch < patches() ? paint.patch : -1;
  word_ = -1;
  for (int i = 0; i < static_cast<int>(words_.size()); ++i) {
    const PaintWord& each = words_[static_cast<std::size_t>(i)];
    if (!paint.word) {
      if (each.word >= 0 && word_ < 0) word_ = i;
    } else if (each.place.kind == paint.word->kind) {
      if (each.word < 0 && word_ < 0) word_ = i;
      if (each.word < 0) continue;
      if (text_->words[static_cast<std::size_t>(each.word)].holds(paint.word->byte)) word_ = i;
    }
  }
  if (word_ < 0 && !words_.empty()) word_ = 0;
}

void PaintViews::fill_film(bool noisy) {
  std::vector<const std::vector<float>*> pictures;
  for (int step = 0; step < run_->drawn(); ++step) {
    const auto i = static_cast<std::size_t>(step);
    pictures.push_back(noisy ? &run_->x[i + 1] : &run_->x0[i]);
  }
  fill_sheet(film_, pictures, run_->height, run_->width);
}

// The pictures as they are at the last step looked at, of both drawings.
void PaintViews::compare(const AppState& state) {
  before_ = state.painting.before;
  difference_.cells.clear();
  difference_.width = difference_.height = 0;
  ++difference_.version;
  if (!before_ || before_->drawn() == 0 || before_->height != run_->height || before_->width != run_->width)
    return;
  const auto step = static_cast<std::size_t>(span_.second);
  const auto before_step = std::min(step, static_cast<std::size_t>(before_->drawn() - 1));
  const auto& now = view_.noisy ? run_->x[step + 1] : run_->x0[step];
  const auto& then = view_.noisy ? before_->x[before_step + 1] : before_->x0[before_step];
  fill_sheet(before_film_, {&then}, before_->height, before_->width);
  difference_.width = run_->width;
  difference_.height = run_->height;
  const std::size_t plane = now.size() / 3;
  double sum = 0.0;
  for (std::size_t i = 0; i < plane; ++i) {
    float far = 0.0f;
    for (std::size_t c = 0; c < 3; ++c) {
      far += std::abs(std::clamp(now[c * plane + i], -1.0f, 1.0f) -
                      std::clamp(then[c * plane + i], -1.0f, 1.0f)) /
             3;
    }
    difference_.cells.push_back(upload_value(far));
    sum += static_cast<double>(far);
  }
  difference_mean_ = static_cast<float>(sum / static_cast<double>(plane));
}

// The numbers beside the maps: of attention as it is; of the output space its own (measure_output()). Shares
// are those of the heads' mean, whatever the fusion: the largest of several heads shares out nothing.
void PaintViews::measure() {
  text_mass_ = 0.0f;
  if (!has_maps_) return;
  float mass = 0.0f;
  for (PaintWord& word : words_) {
    MapQuery query = word_query(word);
    query.lens = "attention";
    query.heads = {.set = maps()};
    query.steps = steps();
    query.direction = Direction::kReadBy;
    query.words = false;
    query.specials = Specials::kShown;
    const std::optional<RowVector> map = map_of(query);
    word.share = map ? map->sum() * static_cast<float>(word.last_token - word.first_token + 1) : 0.0f;
    query.heads = choice_;
    const std::optional<RowVector> fused = is_fused() ? map_of(query) : map;
    word.entropy = fused ? entropy_bits(*fused) : 0.0f;
    mass += word.share;
  }
  text_mass_ = mass / static_cast<float>(patches());
  for (PaintWord& word : words_) word.share = mass <= 0.0f ? 0.0f : word.share / mass;
}

// The output space is no attention: what stands beside its maps is made of them.
void PaintViews::measure_output() {
  float all = 0.0f;
  for (int i = 0; i < static_cast<int>(words_.size()); ++i) {
    PaintWord& word = words_[static_cast<std::size_t>(i)];
    const RowVector map = maps_of_words_.row(i);
    word.share = map.mean();
    word.entropy = entropy_bits(map);
    all += word.share;
  }
  for (PaintWord& word : words_) {
    word.share = all > 0.0f ? word.share / all : 0.0f;
    word.share_before.reset();  // of attention
  }
}

// Not of gradients and vectors: those are no shares.
std::optional<RowVector> PaintViews::lens_shares(int patch) const {
  if (view_.lens != PaintLens::kOutput || maps_of_words_.rows() != std::ssize(words_)) return std::nullopt;
  if (patch < 0) return RowVector(maps_of_words_.rowwise().mean().transpose());
  return RowVector(maps_of_words_.col(patch).transpose());
}

// Which position of the drawing before stands for each of this one: a patch for itself, a word for the same
// word, whatever its weight was written like.
void PaintViews::choose_before() {
  counterpart_.clear();
  const bool there = before_ && before_->rows == run_->rows && before_->columns == run_->columns &&
                     has_maps_ && !view_.unconditional && before_->first_step == run_->first_step &&
                     std::ssize(before_->trace.records_of(Half::kPrompt)) > span_.second;
  if (!there) return;
  for (int patch = 0; patch < patches(); ++patch) counterpart_.push_back(patch);
  for (const int token : counterpart_tokens(before_->prompt.tokens, text_->tokens))
    counterpart_.push_back(token < 0 ? -1 : patches() + token);
}

std::optional<MapQuery> PaintViews::before_query(MapQuery query) const {
  if (!has_before() || query.lens == "output") return std::nullopt;
  for (std::vector<int>* positions : {&query.subject, &query.minus}) {
    for (int& position : *positions) {
      position = counterpart_[static_cast<std::size_t>(position)];
      if (position < 0) return std::nullopt;
    }
  }
  return query;
}

// As it is, or what changed against the drawing before: then a word that it has not changes by all of it.
std::optional<RowVector> PaintViews::shown_map(const MapQuery& query) {
  std::optional<RowVector> now = map_of(query);
  if (!now || !shows_difference()) return now;
  const std::optional<MapQuery> asked = before_query(query);
  if (!asked) return now;
  const std::optional<RowVector> before = map_of(*asked, before_);
  if (!before) return std::nullopt;
  return RowVector(*now - *before);
}

ColorScale PaintViews::tile_range() const { return shows_difference() ? signed_scale(1.0f) : scale_to(1.0f); }
ColorScale PaintViews::word_range() const { return words_are_signed() ? signed_scale(1.0f) : scale_to(1.0f); }

// Shares of the same words in the drawing before: the ghosts on their bars.
void PaintViews::measure_before() {
  if (!has_before()) return;
  const auto mass_of = [&](std::vector<int> positions) -> std::optional<float> {
    const float count = static_cast<float>(positions.size());
    MapQuery query{.heads = {.set = maps()}, .steps = steps(), .subject = std::move(positions)};
    query.direction = Direction::kReadBy;
    query.over = Over::kImage;
    const std::optional<RowVector> map = map_of(query, before_);
    if (!map) return std::nullopt;
    return map->sum() * count;
  };
  std::vector<int> all;
  for (int token = 0; token < static_cast<int>(before_->prompt.tokens.size()); ++token)
    all.push_back(patches() + token);
  const std::optional<float> whole = mass_of(std::move(all));
  if (!whole || !(*whole > 0.0f)) return;
  for (PaintWord& word : words_) {
    std::vector<int> positions;
    for (int token = word.first_token; token <= word.last_token; ++token) {
      const int there = counterpart_[static_cast<std::size_t>(patches()) + static_cast<std::size_t>(token)];
      if (there >= 0) positions.push_back(there);
    }
    if (positions.empty()) continue;
    if (const std::optional<float> mass = mass_of(std::move(positions))) word.share_before = *mass / *whole;
  }
}

void PaintViews::fill_words() {
  problem_ = has_maps_ ? "" : view_.unconditional ? "paint.no_half" : "paint.no_maps";
  const int count = static_cast<int>(words_.size());
  reset_cells(word_atlas_, std::max(1, count * pitch_x()), rows());
  maps_of_words_.resize(0, 0);
  if (!has_maps_) return;
  if (view_.lens == PaintLens::kRollout && run_->trace.sequence(half()).count() > kMostRolloutTokens) {
    problem_ = "paint.rollout.large";
    return;
  }
  if (is_gradient(view_.lens) && !run_->request.edits.empty()) {
    problem_ = "paint.gradients.tried";
    return;
  }
  Matrix maps = Matrix::Zero(count, patches());
  for (int i = 0; i < count; ++i) {
    const std::optional<RowVector> map = shown_map(word_query(words_[static_cast<std::size_t>(i)]));
    if (!map) return;
    maps.row(i) = *map;
  }
  maps_of_words_ = std::move(maps);
  if (view_.lens == PaintLens::kOutput) measure_output();
  const auto reach = [&](ConstMatrixRef map) {
    return words_are_signed() ? largest_number(map.cwiseAbs()) : largest_number(map);
  };
  const float top = reach(maps_of_words_);
  for (int i = 0; i < count; ++i) {
    const RowVector map = maps_of_words_.row(i);
    words_[static_cast<std::size_t>(i)].largest = largest_number(map);
    const float own = view_.absolute ? top : reach(map);
    place_tile(word_atlas_, map, columns(), i * pitch_x(), 0, scale_to_one(own));
  }
}

// What lies outside of the smallest set is empty. Ranks are of what is left.
void PaintViews::place_overlay(const RowVector& map) {
  place_tile(overlay_, map, columns(), 0, 0);
  if (query_.mass) std::ranges::replace(overlay_.cells, 0.0f, kMaskedValue);
  if (!query_.rank) return;
  numbers_ = overlay_;
  Map ranked{.query = query_, .values = map, .rows = {}, .columns = {}, .hidden = {}};
  for (int i = 0; i < patches(); ++i) {
    ranked.columns.push_back(i);
    ranked.hidden.push_back(numbers_.cells[static_cast<std::size_t>(i)] == kMaskedValue ? 1 : 0);
  }
  rank_rows(ranked);
  place_tile(overlay_, ranked.values.row(0), columns(), 0, 0);
  if (query_.mass) std::ranges::replace(overlay_.cells, 0.0f, kMaskedValue);
  overlay_range_ = rank_scale(overlay_);
}

void PaintViews::fill_overlay() {
  reset_cells(overlay_, columns(), rows());
  overlay_range_ = share_scale_to(1.0f);
  if (word_ < 0) return;
  query_ = asked_query(view_, subject(), patch_ >= 0);
  // A change has no smallest set, and components no order.
  if (!shows_difference() && view_.lens != PaintLens::kPca) query_ = with_rows(std::move(query_), tokens_);
  if (!problem_.empty()) return;
  MapQuery unranked = query_;
  unranked.rank = false;
  const std::optional<RowVector> map = shown_map(unranked);
  if (!map) return;
  place_overlay(*map);
  if (query_.rank) return;
  if (words_are_signed() || view_.lens == PaintLens::kPca) {
    const bool of_words = patch_ < 0 && view_.absolute && !has_no_subject(view_.lens);
    overlay_range_ =
        signed_scale(largest_number(of_words ? Matrix(maps_of_words_.cwiseAbs()) : Matrix(map->cwiseAbs())));
    return;
  }
  if (map->allFinite() && largest_number(*map) == 0.0f) problem_ = "paint.zero";  // cut, or of weight 0
  const bool all = patch_ < 0 && view_.absolute && !has_no_subject(view_.lens);
  const float top = all ? largest_number(maps_of_words_) : largest_number(*map);
  overlay_range_ = shows_numbers() ? scale_to(top, log_) : share_scale_to(top, log_);
}

void PaintViews::fill_colours() {
  colours_.clear();
  explained_.clear();
  if (view_.lens != PaintLens::kPca || !problem_.empty() || word_ < 0) return;
  const Map* map = cache_.get(ask_for(query_));
  if (map == nullptr) return;
  colours_ = component_colours(map->values);
  explained_ = map->shares;
}

MapQuery PaintViews::heads_query() const {
  MapQuery query = paint_query(asked_, view_, subject(), patch_ >= 0, steps(), run_->trace.shape(half()));
  if (view_.lens == PaintLens::kPca) query.subject = subject();
  query.lens = "attention";
  query.heads = {.set = maps()};
  query.steps = steps();
  query.itself = patch_ < 0 || view_.reverse;
  query.direction = view_.reverse == (patch_ >= 0) ? Direction::kReadBy : Direction::kReads;
  return with_tokens(std::move(query), tokens_, specials_);
}

void PaintViews::fill_heads() {
  const MmditConfig& config = run_->request.model->mmdit.config();
  reset_cells(head_atlas_, config.layers * pitch_x(), config.heads * pitch_y());
  if (!has_maps_ || word_ < 0) return;
  const MapQuery query = heads_query();
  const std::optional<MapQuery> asked = shows_difference() ? before_query(query) : std::nullopt;
  std::vector<Map> maps = cache_.heads(ask_for(query));
  if (asked) {
    const std::vector<Map>& before = cache_.heads({.trace = trace_of(before_), .query = *asked});
    for (std::size_t i = 0; i < maps.size(); ++i) maps[i].values -= before[i].values;
  }
  const auto reach = [&](const Map& map) {
    return largest_number(shows_difference() ? Matrix(map.values.cwiseAbs()) : map.values);
  };
  float top = 0.0f;
  for (const Map& map : maps) top = std::max(top, reach(map));
  for (int i = 0; i < static_cast<int>(maps.size()); ++i) {
    const RowVector map = maps[static_cast<std::size_t>(i)].values.row(0);
    const float own = view_.absolute ? top : reach(maps[static_cast<std::size_t>(i)]);
    place_tile(head_atlas_, map, columns(), i / config.heads * pitch_x(), i % config.heads * pitch_y(),
               scale_to_one(own));
  }
}

RowVector PaintViews::row_of(int token) const {
  if (!has_maps_ || token < 0 || token >= run_->trace.sequence(half()).count()) return {};
  return cache_.now(ask_for({.heads = choice_, .steps = steps(), .half = half(), .subject = {token}}))
      .values.row(0);
}

RowVector PaintViews::before_row_of(int token) const {
  if (!has_before() || token < 0 || token >= std::ssize(counterpart_)) return {};
  const int there = counterpart_[static_cast<std::size_t>(token)];
  if (there < 0) return {};
  const Map& map = cache_.now(
      {.trace = trace_of(before_), .query = {.heads = choice_, .steps = steps(), .subject = {there}}});
  RowVector out(std::ssize(counterpart_));
  for (Eigen::Index i = 0; i < out.size(); ++i) {
    const int column = counterpart_[static_cast<std::size_t>(i)];
    out(i) = column < 0 ? std::numeric_limits<float>::quiet_NaN() : map.values(0, column);
  }
  return out;
}

// A cell that the drawing before has not is empty.
void PaintViews::subtract_before() {
  const Map before = spread_over_positions(cache_.now({.trace = trace_of(before_), .query = joint_query()}),
                                           before_->trace.sequence(half()));
  const auto count = std::ssize(counterpart_);
  for (std::ptrdiff_t q = 0; q < count; ++q) {
    for (std::ptrdiff_t k = 0; k < count; ++k) {
      float& cell = joint_.cells[static_cast<std::size_t>(q * count + k)];
      const int row = counterpart_[static_cast<std::size_t>(q)],
                column = counterpart_[static_cast<std::size_t>(k)];
      const bool both = row >= 0 && column >= 0 && has_number(cell) && !before.is_hidden(row, column);
      cell = both ? upload_value(cell - before.values(row, column)) : kMaskedValue;
    }
  }
}

MapQuery PaintViews::joint_query() const {
  return {.heads = choice_, .steps = steps(), .half = half(), .specials = specials_, .words = tokens_.words};
}

// Each token in its place, whatever it is joined with.
void PaintViews::fill_joint() {
  const int all = patches() + static_cast<int>(text_->tokens.size());
  reset_cells(joint_, all, all);
  const Map map = spread_over_positions(cache_.now(ask_for(joint_query())), run_->trace.sequence(half()));
  std::ranges::transform(map.values.reshaped<Eigen::RowMajor>(), joint_.cells.begin(), upload_value);
  for (std::size_t i = 0; i < map.hidden.size(); ++i) {
    if (map.hidden[i] != 0) joint_.cells[i] = kMaskedValue;
  }
  if (shows_difference()) subtract_before();
  // A patch reads itself and its neighbours far more than the rest: the colours end where all but one in a
  // thousand cells lie, so that the rest is seen.
  std::vector<float> sorted = joint_.cells;
  if (shows_difference())
    std::ranges::transform(sorted, sorted.begin(),
                           [](float cell) { return has_number(cell) ? std::abs(cell) : cell; });
  std::erase_if(sorted, [](float cell) { return !has_number(cell); });
  if (sorted.empty()) sorted.push_back(0.0f);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(sorted.size()) * 0.995);
  std::ranges::nth_element(sorted, at);
  const float top = std::max(*at, 1e-6f);
  joint_range_ = shows_difference() ? signed_scale(top)
                 : log_ ? ColorScale{.min = 1e-4f * top, .max = top, .log10 = true, .floor = 1e-4f * top}
                        : scale_to(top);
  joint_range_.share = true;
  joint_valid_ = true;
}

// The other places of the selected word, seen from the patch: a word reads where it stands in the picture
// (text -> image, all blocks but the first), and those islands count on which the patch is not.
void PaintViews::find_twin() {
  twin_.reset();
  if (!has_maps_ || patch_ < 0 || word_ < 0 || words_[static_cast<std::size_t>(word_)].word < 0) return;
  MapQuery where = word_query(words_[static_cast<std::size_t>(word_)]);
  where.lens = "attention";
  where.heads = {.set = paint_heads({}, run_->trace.shape(half()))};
  where.steps = steps();
  where.direction = Direction::kReads;
  where.words = false;
  where.specials = Specials::kShown;
  const std::optional<RowVector> found = map_of(where);
  if (!found) return;
  const RowVector& map = *found;
  const float least = kTwinThreshold * largest_number(map);
  const std::vector<int> label = islands(map, rows(), columns(), least, kTwinLeast);
  const int own = label[static_cast<std::size_t>(patch_)];
  if (own == 0) return;
  PaintTwin twin;
  for (int patch = 0; patch < patches(); ++patch) {
    const int other = label[static_cast<std::size_t>(patch)];
    if (other != 0 && other != own) twin.patches.push_back(patch);
  }
  if (twin.patches.empty()) return;
  const auto ratio = measure_heads(
      *find_head_metric("ratio"),
      {.trace = run_->trace, .half = half(), .steps = steps(), .from = {patch_}, .to = twin.patches});
  if (!ratio) return;
  twin.ratio = ratio->cast<float>();
  twin.best = largest_head(*ratio);
  twin_ = std::move(twin);
}

}  // namespace regard
