#include "app/views/picture_views.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/analysis/head_metric.h"
#include "core/analysis/lens.h"
#include "core/base/check.h"
#include "core/engine/follow.h"

namespace regard {
namespace {

// Whether two views are of the same numbers: how they lie over the picture is not asked for.
bool same_maps(PictureView a, const PictureView& b) {
  a.opacity = b.opacity;
  a.smooth = b.smooth;
  a.grid = b.grid;
  return a == b;
}

// Of a picture not seen before: the first layers, where what is chosen can be shown of any layer.
std::shared_ptr<const VisionRun> first_layers(const AppState& state) {
  const PictureLens lens = state.view.picture.lens;
  const bool of_any_layer = (lens == PictureLens::kAttention || lens == PictureLens::kMass) &&
                            is_head_lens(state.doc.picture.choice.lens);
  return of_any_layer ? state.vision_so_far : nullptr;
}

// The chosen layer, or the newest until it is there.
HeadChoice newest_of(HeadChoice heads, int layers) {
  heads.layer = std::min(heads.layer.value_or(layers), layers - 1);
  heads.set.clear();
  return heads;
}

}  // namespace

Result<Eigen::MatrixXd> region_mass(const RegionKey& key) {
  return measure_heads(*find_head_metric("region"),
                       {.trace = key.run->trace, .from = key.queries, .to = key.keys});
}

RowVector caption_direction(const std::vector<TextMatch>& matches, const MapQuery& query) {
  const auto embedding_of = [&](const std::string& text) {
    const auto found = std::ranges::find(matches, text, &TextMatch::text);
    return found == matches.end() ? RowVector() : found->embedding;
  };
  RowVector out = embedding_of(query.caption);
  const RowVector less = query.caption_less.empty() ? RowVector() : embedding_of(query.caption_less);
  if (less.size() > 0 && less.size() == out.size()) out = embedding_beyond(out, less);
  return out;
}

MapAsk PictureViews::ask_for(const AppState& state, const MapQuery& query) const {
  MapAsk ask{.trace = trace_of(run_), .query = query};
  const Lens* lens = find_lens(query.lens);
  if (lens == nullptr || lens->needs != LensNeeds::kGradients) return ask;
  ask.picture = run_;
  ask.caption = caption_direction(state.matches, query);
  return ask;
}

// The map, or null: it is being computed, or problem_ says why there is none. A rollout of one position is
// taken from that of all, which a worker computes once: hovering needs no more of it.
// While differences are shown: what changed.
const Map* PictureViews::map_of(const AppState& state, const MapQuery& query) {
  const Map* now = map_of_run(state, run_, query);
  if (now == nullptr || !shows_difference()) return now;
  Map changed = *now;
  const Map* before = map_of_run(state, before_, query);
  if (before == nullptr || before->values.size() != changed.values.size()) return before;
  changed.values -= before->values;
  changed.is_signed = true;
  for (std::size_t i = 0; i < before->hidden.size(); ++i) {
    if (changed.hidden.empty()) changed.hidden.assign(before->hidden.size(), 0);
    changed.hidden[i] = changed.hidden[i] != 0 && before->hidden[i] != 0 ? 1 : 0;
  }
  changed_ = std::move(changed);
  return &changed_;
}

const Map* PictureViews::map_of_run(const AppState& state, const std::shared_ptr<const VisionRun>& run,
                                    const MapQuery& query) {
  MapQuery whole = query;
  if (query.lens == "rollout") {
    whole.specials = Specials::kShown;
    whole.subject.clear();
    whole.minus.clear();
    whole.direction = Direction::kReads;
    whole.mass.reset();
  }
  MapAsk ask = ask_for(state, whole);
  ask.trace = trace_of(run);
  if (ask.picture) ask.picture = run;
  const Map* map = cache_.get(ask);
  problem_ = cache_.problem();
  if (map == nullptr && problem_.empty()) problem_ = "picture.computing";
  if (map == nullptr || query.lens != "rollout") return map;
  taken_ = subject_map(*map, query, run->trace.prompt);
  return &taken_;
}

AttentionShape PictureViews::shape() const {
  AttentionShape out = record().shape();
  out.layers = run_->request.model->encoder.config().layers;
  return out;
}

void PictureViews::refresh(const AppState& state, int hovered) {
  const std::shared_ptr<const VisionRun> shown = state.vision ? state.vision : first_layers(state);
  if (!shown) {
    run_.reset();
    before_.reset();
    cache_.keep_only(nullptr);
    cache_.begin();
    return;
  }
  const bool new_run = run_ != shown;
  const bool goes_on = run_ && !run_->whole && run_->request == shown->request;  // more layers of the same
  const PictureDocument& doc = state.doc.picture;
  run_ = shown;
  const int tokens = run_->tokens();
  int subject = 0;
  if (!doc.pins.empty() && doc.pins.back() < tokens) subject = doc.pins.back();
  if (hovered >= 0 && hovered < tokens) subject = hovered;
  const std::shared_ptr<const VisionRun> before = run_->whole ? state.plain_vision : nullptr;
  const bool same = !new_run && !stale_ && before_ == before && difference_ == state.view.difference &&
                    subject == subject_ && asked_ == doc && same_maps(view_, state.view.picture) &&
                    incoming_ == state.view.incoming && log_ == state.view.log_scale &&
                    specials_ == specials_of(state.view);
  if (!same) {
    const bool new_regions = new_run || region_a_ != doc.region_a || region_b_ != doc.region_b;
    const bool new_order = new_regions;
    subject_ = subject;
    doc_ = doc;
    if (!run_->whole) doc_.choice.heads = newest_of(doc.choice.heads, record().shape().layers);
    choice_ = within(doc_.choice, record().shape());
    before_ = before;
    difference_ = state.view.difference;
    cache_.keep_only(&run_->trace, before_ ? &before_->trace : nullptr);
    cache_.begin();
    if (new_regions) measure_regions(doc);
    matrix_valid_ = matrix_valid_ && !new_order && log_ == state.view.log_scale &&
                    matrix_heads_ == picture_matrix_heads(choice_, record().shape());
    const int norms_layer = choice_.heads.layer ? *choice_.heads.layer + 1 : record().shape().layers;
    if (std::exchange(norms_layer_, norms_layer) != norms_layer || new_run) measure_norms();
    asked_ = doc;
    view_ = state.view.picture;
    incoming_ = state.view.incoming;
    log_ = state.view.log_scale;
    specials_ = specials_of(state.view);
    stale_ = false;
    reduce_row(state);
    if (new_run && !goes_on) reset_cells(atlas_, shape().heads * pitch_x(), shape().layers * pitch_y());
    fill_atlas(state);
    fill_overlay(state);
  }
  if (want_matrix_ && !matrix_valid_) fill_matrix(state);
}

void PictureViews::measure_regions(const PictureDocument& doc) {
  constexpr double kAtOnce = 2e6;  // numbers of attention: a few milliseconds
  region_a_ = doc.region_a;
  region_b_ = doc.region_b;
  const int tokens = run_->tokens();
  std::erase_if(region_a_, [&](int t) { return t >= tokens; });
  std::erase_if(region_b_, [&](int t) { return t >= tokens; });
  region_mass_.resize(0, 0);
  wanted_regions_.reset();
  region_chance_ = static_cast<double>(region_b_.size()) / tokens;
  if (region_a_.empty() || region_b_.empty() || !run_->whole) return;
  const AttentionShape& shape = record().shape();
  const double numbers = static_cast<double>(region_a_.size()) * shape.keys * shape.layers * shape.heads;
  if (numbers > kAtOnce) {
    wanted_regions_ = RegionKey{run_, region_a_, region_b_};
  } else if (auto mass = regard::region_mass({run_, region_a_, region_b_})) {
    region_mass_ = std::move(*mass);
  }
}

void PictureViews::accept(std::shared_ptr<const RegionMass> mass) {
  if (!wanted_regions_ || !(mass->key == *wanted_regions_)) return;  // the regions have changed since
  region_mass_ = mass->mass;
  wanted_regions_.reset();
}

void PictureViews::measure_norms() {
  norms_ = {};
  norms_median_ = 0.0f;
  norm_outliers_ = 0;
  if (!run_->whole) return;
  norms_ = token_norms((*run_->output.hidden_states)[static_cast<std::size_t>(norms_layer_)]);
  std::vector<float> sorted;
  for (int token = specials(); token < static_cast<int>(norms_.norms.size()); ++token)
    sorted.push_back(norms_.norms(token));
  if (sorted.empty()) return;
  if (!std::ranges::all_of(sorted, [](float norm) { return std::isfinite(norm); })) {  // they have no order
    norms_median_ = NAN;
    return;
  }
  std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2));
  norms_median_ = sorted[sorted.size() / 2];
  norm_outliers_ = static_cast<int>(std::ranges::count_if(sorted, [&](float norm) {
    return static_cast<double>(norm) > kOutlier * static_cast<double>(norms_median_);
  }));
}

void PictureViews::reduce_row(const AppState& state) {
  const MapQuery query = picture_row_query(doc_, state.view, subject_, record().shape());
  const Map* map = map_of_run(state, run_, query);  // what is read now, also while differences are shown
  row_ = map == nullptr ? RowVector() : RowVector(map->values.row(0));
  signed_ = map != nullptr && map->is_signed;
  shares_ = {};
  // A flow is no distribution: it has no shares.
  if (map == nullptr || signed_ || choice_.lens == "flow") return;
  for (int i = 0; i < specials(); ++i) shares_.specials.push_back(row_(i));
  shares_.patches = row_.tail(row_.size() - specials()).sum();
  shares_.itself = row_(subject_);
  shares_.entropy = entropy_bits(row_);
}

void PictureViews::fill_overlay(const AppState& state) {
  const PictureView& view = state.view.picture;
  reset_cells(overlay_, columns(), rows());
  problem_.clear();
  colours_.clear();
  explained_.clear();
  query_ = picture_query(doc_, state.view, subject_, record().shape());
  if (view.lens == PictureLens::kCaption) {
    const auto at = static_cast<std::size_t>(state.doc.picture.caption);
    const auto& captions = state.doc.picture.captions;
    if (at >= captions.size() || is_blank(captions[at]) || state.matches.size() <= at) {
      problem_ = state.matches_problem.empty() ? "picture.no_caption" : state.matches_problem;
      return;
    }
  }
  const Map* map = map_of(state, query_);
  if (map == nullptr) return;
  if (view.lens == PictureLens::kPca) return fill_colours(*map);
  const int first = specials() - map->columns.front();  // special positions are there, or are not
  for (int i = 0; i < columns() * rows(); ++i) {
    if (!map->is_hidden(0, first + i))
      overlay_.cells[static_cast<std::size_t>(i)] = upload_value(map->values(0, first + i));
  }
  signed_ = map->is_signed;
  const bool read = view.lens == PictureLens::kAttention || view.lens == PictureLens::kMass;
  if (!signed_) {
    overlay_range_ =
        read ? scale_to(view.absolute && !shows_lengths() ? atlas_top_ : largest_cell(overlay_), log_)
             : scale_to(largest_cell(overlay_));
    overlay_range_.share = read && choice_.lens != "flow" && !shows_lengths();
    return;
  }
  float reach = 0.0f;
  for (const float value : overlay_.cells)
    reach = std::max(reach, has_number(value) ? std::abs(value) : 0.0f);
  overlay_range_ = signed_scale(reach);
  overlay_range_.share = read && choice_.lens != "flow" && !shows_lengths();
}

void PictureViews::fill_colours(const Map& map) {
  const Matrix patches = map.values.rightCols(columns() * rows());  // [3][N]
  colours_ = component_colours(patches);
  explained_ = map.shares;
  for (Eigen::Index i = 0; i < patches.cols(); ++i)
    overlay_.cells[static_cast<std::size_t>(i)] = upload_value(patches(0, i));  // the number under the cursor
  signed_ = true;
  overlay_range_ = signed_scale(largest_number(patches.row(0).cwiseAbs()));
}

MapAsk PictureViews::atlas_ask(const AppState& state, const std::shared_ptr<const VisionRun>& run) const {
  return {.trace = trace_of(run),
          .query = {.subject = {subject_},
                    .direction = state.view.incoming ? Direction::kReadBy : Direction::kReads,
                    .over = Over::kImage,
                    .specials = atlas_specials()}};
}

// While a worker computes the maps the former ones of this run stay.
void PictureViews::fill_atlas(const AppState& state) {
  const AttentionShape shape = this->shape();
  const std::vector<Map>* maps = cache_.heads_soon(atlas_ask(state, run_));
  if (maps == nullptr) return;
  if (shows_difference()) {
    std::vector<Map> now = *maps;
    const std::vector<Map>* before = cache_.heads_soon(atlas_ask(state, before_));
    if (before == nullptr) return;
    return fill_changed_atlas(std::move(now), *before);
  }
  reset_cells(atlas_, shape.heads * pitch_x(), shape.layers * pitch_y());
  atlas_subject_ = subject_;
  atlas_top_ = 0.0f;
  for (const Map& map : *maps) atlas_top_ = std::max(atlas_top_, largest_number(map.values));
  for (int i = 0; i < static_cast<int>(maps->size()); ++i) {
    const RowVector row = (*maps)[static_cast<std::size_t>(i)].values.row(0);
    const float own = largest_number(row);
    const float scale = state.view.picture.absolute ? 1.0f : scale_to_one(own);
    place_tile(atlas_, row, columns(), i % shape.heads * pitch_x(), i / shape.heads * pitch_y(), scale);
  }
  atlas_range_ = share_scale_to(state.view.picture.absolute ? atlas_top_ : 1.0f, log_);
}

// Every tile on one scale: how much a head changed is what is looked for.
void PictureViews::fill_changed_atlas(std::vector<Map> now, const std::vector<Map>& before) {
  const AttentionShape& shape = record().shape();
  reset_cells(atlas_, shape.heads * pitch_x(), shape.layers * pitch_y());
  atlas_subject_ = subject_;
  atlas_top_ = 0.0f;
  for (std::size_t i = 0; i < now.size(); ++i) {
    now[i].values -= before[i].values;
    const float most = now[i].values.cwiseAbs().maxCoeff();
    if (std::isfinite(most)) atlas_top_ = std::max(atlas_top_, most);
    const int map = static_cast<int>(i);
    place_tile(atlas_, now[i].values.row(0), columns(), map % shape.heads * pitch_x(),
               map / shape.heads * pitch_y(), 1.0f);
  }
  atlas_range_ = signed_scale(atlas_top_);
  atlas_range_.share = true;
}

void PictureViews::fill_matrix(const AppState& state) {
  const int tokens = run_->tokens();
  std::vector<int> place(static_cast<std::size_t>(tokens), 3);
  for (int t = 0; t < specials(); ++t) place[static_cast<std::size_t>(t)] = 0;
  for (const int t : region_b_)
    place[static_cast<std::size_t>(t)] = std::min(place[static_cast<std::size_t>(t)], 2);
  for (const int t : region_a_)
    place[static_cast<std::size_t>(t)] = std::min(place[static_cast<std::size_t>(t)], 1);
  order_.resize(static_cast<std::size_t>(tokens));
  std::iota(order_.begin(), order_.end(), 0);
  std::ranges::stable_sort(order_, {}, [&](int t) { return place[static_cast<std::size_t>(t)]; });
  reset_cells(matrix_, tokens, tokens);
  matrix_heads_ = picture_matrix_heads(choice_, record().shape());
  const Map& map = cache_.now({.trace = trace_of(run_), .query = {.heads = matrix_heads_}});
  for (int q = 0; q < tokens; ++q) {
    float* line = &matrix_.cells[static_cast<std::size_t>(q) * static_cast<std::size_t>(tokens)];
    for (int k = 0; k < tokens; ++k)
      line[k] =
          upload_value(map.values(order_[static_cast<std::size_t>(q)], order_[static_cast<std::size_t>(k)]));
  }
  matrix_range_ = share_scale_to(largest_cell(matrix_), state.view.log_scale);
  matrix_valid_ = true;
}

}  // namespace regard
