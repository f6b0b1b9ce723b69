#include "app/views/paint_views.h"

#include <algorithm>
#include <cmath>

#include "app/state/queries.h"
#include "core/analysis/head_metric.h"
#include "core/analysis/islands.h"
#include "core/base/check.h"

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

void fill_sheet(PixelSheet& sheet, const std::vector<const std::vector<float>*>& pictures, int height,
                int width) {
  sheet.tile_width = width;
  sheet.tile_height = height;
  sheet.tiles = static_cast<int>(pictures.size());
  sheet.columns = std::clamp(sheet.tiles, 1, kSheetColumns);
  const auto stride = static_cast<std::size_t>(sheet.width());
  sheet.rgba.assign(stride * static_cast<std::size_t>(sheet.height()), 0);
  for (int i = 0; i < sheet.tiles; ++i) {
    const auto rgb = picture_bytes(*pictures[static_cast<std::size_t>(i)], height, width);
    const auto left = static_cast<std::size_t>(i % sheet.columns * width),
               top = static_cast<std::size_t>(i / sheet.columns * height);
    for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) {
      for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x)
        sheet.rgba[(top + y) * stride + left + x] = packed(rgb, y * static_cast<std::size_t>(width) + x);
    }
  }
  ++sheet.version;
}

// Whether the same maps of a drawing are looked at: what is typed beside it comes with its own drawing.
bool same_maps(const PaintDocument& a, const PaintDocument& b) {
  return a.word == b.word && a.patch == b.patch && a.maps == b.maps && a.step_span == b.step_span;
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
  return paint_query(asked_, view_, std::move(positions), false, steps(), run_->trace.shape(half()));
}

// Over the patches. Nothing: it is being computed, or problem_ says why there is none. A rollout and shares
// are taken from those of all positions, which a worker computes once for every word and patch.
std::optional<RowVector> PaintViews::map_of(const MapQuery& query) {
  MapQuery asked = query;
  const bool of_all = query.lens == "rollout" || query.lens == "share";
  if (of_all) {
    asked.subject.clear();
    asked.direction = Direction::kReads;
    asked.over = Over::kAll;
    asked.itself = true;
  }
  const Map* map = cache_.get(ask_for(asked));
  if (map == nullptr) {
    problem_ = cache_.problem().empty() ? "picture.computing" : "paint.output.none";
    return std::nullopt;
  }
  if (!of_all) return RowVector(map->values.row(0));
  return RowVector(subject_map(*map, query).values.row(0).head(patches()));
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
                    film_frame_ == film_frame && log_ == state.view.log_scale;
  if (!same) {
    stale_ = false;
    choose(state, film_frame);
    if (!has_run()) return;
    cache_.begin();
    fill_film(view_.noisy);
    compare(state);
    measure();
    fill_words();
    fill_overlay();
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
  cache_.keep_only(&run_->trace);
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
  maps_ = paint_heads(asked_, {.layers = config.layers, .heads = config.heads});
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

// The numbers beside the maps: of attention as it is; of the output space its own (measure_output()).
void PaintViews::measure() {
  text_mass_ = 0.0f;
  if (!has_maps_) return;
  float mass = 0.0f;
  for (PaintWord& word : words_) {
    MapQuery query = word_query(word);
    query.lens = "attention";
    query.heads = {.set = maps_};
    query.direction = Direction::kReadBy;
    const std::optional<RowVector> map = map_of(query);
    word.share = map ? map->sum() * static_cast<float>(word.last_token - word.first_token + 1) : 0.0f;
    word.entropy = map ? entropy_bits(*map) : 0.0f;
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
  for (PaintWord& word : words_) word.share = all > 0.0f ? word.share / all : 0.0f;
}

std::optional<RowVector> PaintViews::lens_shares(int patch) const {
  if (view_.lens != PaintLens::kOutput || maps_of_words_.rows() != std::ssize(words_)) return std::nullopt;
  if (patch < 0) return RowVector(maps_of_words_.rowwise().mean().transpose());
  return RowVector(maps_of_words_.col(patch).transpose());
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
  Matrix maps = Matrix::Zero(count, patches());
  for (int i = 0; i < count; ++i) {
    const std::optional<RowVector> map = map_of(word_query(words_[static_cast<std::size_t>(i)]));
    if (!map) return;
    maps.row(i) = *map;
  }
  maps_of_words_ = std::move(maps);
  if (view_.lens == PaintLens::kOutput) measure_output();
  const float top = largest_number(maps_of_words_);
  for (int i = 0; i < count; ++i) {
    const RowVector map = maps_of_words_.row(i);
    words_[static_cast<std::size_t>(i)].largest = largest_number(map);
    const float own = view_.absolute ? top : largest_number(map);
    place_tile(word_atlas_, map, columns(), i * pitch_x(), 0, scale_to_one(own));
  }
}

void PaintViews::fill_overlay() {
  reset_cells(overlay_, columns(), rows());
  overlay_range_ = share_scale_to(1.0f);
  if (word_ < 0) return;
  query_ = paint_query(asked_, view_, subject(), patch_ >= 0, steps(), run_->trace.shape(half()));
  if (!problem_.empty()) return;
  const std::optional<RowVector> map = map_of(query_);
  if (!map) return;
  place_tile(overlay_, *map, columns(), 0, 0);
  if (map->allFinite() && largest_number(*map) == 0.0f) problem_ = "paint.zero";  // cut, or of weight 0
  const bool all = patch_ < 0 && view_.absolute;
  overlay_range_ = share_scale_to(all ? largest_number(maps_of_words_) : largest_number(*map), log_);
}

void PaintViews::fill_heads() {
  const MmditConfig& config = run_->request.model->mmdit.config();
  reset_cells(head_atlas_, config.layers * pitch_x(), config.heads * pitch_y());
  if (!has_maps_ || word_ < 0) return;
  MapQuery query = paint_query(asked_, view_, subject(), patch_ >= 0, steps(), run_->trace.shape(half()));
  query.lens = "attention";
  query.direction = view_.reverse == (patch_ >= 0) ? Direction::kReadBy : Direction::kReads;
  const std::vector<Map>& maps = cache_.heads(ask_for(query));
  float top = 0.0f;
  for (const Map& map : maps) top = std::max(top, largest_number(map.values));
  for (int i = 0; i < static_cast<int>(maps.size()); ++i) {
    const RowVector map = maps[static_cast<std::size_t>(i)].values.row(0);
    const float own = view_.absolute ? top : largest_number(map);
    place_tile(head_atlas_, map, columns(), i / config.heads * pitch_x(), i % config.heads * pitch_y(),
               scale_to_one(own));
  }
}

RowVector PaintViews::row_of(int token) const {
  if (!has_maps_ || token < 0 || token >= run_->trace.sequence(half()).count()) return {};
  return cache_.now(ask_for({.heads = {.set = maps_}, .steps = steps(), .half = half(), .subject = {token}}))
      .values.row(0);
}

void PaintViews::fill_joint() {
  const int all = patches() + static_cast<int>(text_->tokens.size());
  reset_cells(joint_, all, all);
  const Map& map = cache_.now(ask_for({.heads = {.set = maps_}, .steps = steps(), .half = half()}));
  std::ranges::transform(map.values.reshaped<Eigen::RowMajor>(), joint_.cells.begin(), upload_value);
  // A patch reads itself and its neighbours far more than the rest: the colours end where all but one in a
  // thousand cells lie, so that the rest is seen.
  std::vector<float> sorted = joint_.cells;
  std::erase_if(sorted, [](float cell) { return !has_number(cell); });
  if (sorted.empty()) sorted.push_back(0.0f);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(sorted.size()) * 0.995);
  std::ranges::nth_element(sorted, at);
  const float top = std::max(*at, 1e-6f);
  joint_range_ =
      log_ ? ColorScale{.min = 1e-4f * top, .max = top, .log10 = true, .floor = 1e-4f * top} : scale_to(top);
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
  where.direction = Direction::kReads;
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
