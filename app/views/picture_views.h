// What the image workspace shows, reduced from the state and kept until something it depends on changes.
// Computes; draws nothing, uploads nothing. UI thread. What takes longer than a frame (rollout, gradients) is
// asked for as a MapAsk and computed by a slot.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/state/queries.h"
#include "app/state/state.h"
#include "app/views/cells.h"
#include "app/views/colormap.h"
#include "app/views/map_cache.h"
#include "core/analysis/vision.h"

namespace regard {

/// How much one region reads of another, when that takes longer than a frame.
struct RegionKey {
  std::shared_ptr<const VisionRun> run;
  std::vector<int> queries, keys;  // tokens
  bool operator==(const RegionKey&) const = default;
};
struct RegionMass {
  RegionKey key;
  Eigen::MatrixXd mass;  // [L][H]; empty when it could not be computed
};
/// Errors: as measure_heads(). Thread: any.
Result<Eigen::MatrixXd> region_mass(const RegionKey& key);

/// What a query's picture is compared with: the embedding of its caption, or what that has beyond the other.
/// [P]; empty: `matches` does not have it.
RowVector caption_direction(const std::vector<TextMatch>& matches, const MapQuery& query);

/// Share of a token's row by what it goes to; sums to 1 where the row does.
struct RowShares {
  std::vector<float> specials;  // one each
  float patches = 0;
  float itself = 0;   // also counted where it belongs
  float entropy = 0;  // of the row, in bits
};

class PictureViews {
 public:
  /// Brings every view up to date. `hovered`: the token under the pointer, -1: none. Cost: nothing when
  /// nothing changed; else a row a head, where that takes at most a few milliseconds.
  void refresh(const AppState& state, int hovered);
  /// What a worker should compute for what is shown now; nothing when it is there already.
  const std::optional<MapAsk>& wanted() const { return cache_.wanted(); }
  void accept(const MapAsk& ask, Result<std::shared_ptr<const Map>> map) {
    cache_.accept(ask, std::move(map));
    stale_ = true;
  }

  /// The same of the maps of all heads: until they are there the atlas is of another token.
  const std::optional<MapAsk>& wanted_heads() const { return cache_.wanted_heads(); }
  void accept_heads(const MapAsk& ask, std::shared_ptr<const std::vector<Map>> maps) {
    cache_.accept_heads(ask, std::move(maps));
    stale_ = true;
  }

  const std::optional<RegionKey>& wanted_regions() const { return wanted_regions_; }
  void accept(std::shared_ptr<const RegionMass> mass);
  /// Something outside the state's documents changed: captions were compared.
  void invalidate() { stale_ = true; }

  bool has_run() const { return run_ != nullptr; }
  const VisionRun& run() const { return *run_; }
  /// "Before": the same picture was run without what is tried.
  bool has_before() const { return before_ != nullptr; }
  /// Maps show what changed against it, around 0.
  bool shows_difference() const { return has_before() && difference_; }
  /// Of the layers that are there: of a picture not seen before, the first ones while the run goes on.
  const AttentionRecord& record() const { return *run_->output.record; }
  /// Of the whole run.
  AttentionShape shape() const;
  int columns() const { return run_->output.columns; }
  int rows() const { return run_->output.rows; }
  int specials() const { return run_->output.specials; }
  bool is_patch(int token) const { return token >= specials(); }

  /// The chosen token: hovered, else the newest pin, else CLS.
  int subject() const { return subject_; }
  /// The layer and head in force, within what the model has.
  const MapChoice& choice() const { return choice_; }
  /// The subject's row (or column, `incoming`) of the chosen map, every token. [T]
  const RowVector& row() const { return row_; }
  const RowShares& shares() const { return shares_; }

  /// Over the picture: [rows][columns]. Masked where there is nothing to show.
  const CellImage& overlay() const { return overlay_; }
  const ColorScale& overlay_range() const { return overlay_range_; }
  bool overlay_signed() const { return signed_; }
  /// Instead of the overlay's numbers, of PictureLens::kPca: red, green and blue of each patch, each
  /// component from its least to its largest. [N]; empty: another lens, or being computed.
  const std::vector<Rgba>& colours() const { return colours_; }
  /// What each component explains of the variance between patches. [3], with colours().
  const std::vector<double>& explained() const { return explained_; }
  /// The overlay is of lengths, no shares: of what is read, or of what it writes.
  bool shows_lengths() const { return view_.lens == PictureLens::kAttention && is_length_lens(choice_.lens); }
  /// The overlay's shares are of what patches get, special tokens divided away.
  bool renormalised() const { return query_.specials == Specials::kRenormalised; }
  /// Why there is no overlay now ("" when there is one): a string of assets/locale or a sentence of core.
  const std::string& problem() const { return problem_; }
  bool computing() const { return wanted().has_value(); }
  /// The map over the picture, as it is exported: over all positions, specials first.
  MapAsk ask(const AppState& state) const { return ask_for(state, query_); }

  /// The same overlay for every layer and head, each divided by its own largest unless PictureView::absolute:
  /// tile (layer, head) starts at (head*pitch_x, layer*pitch_y).
  const CellImage& atlas() const { return atlas_; }
  const ColorScale& atlas_range() const { return atlas_range_; }
  int atlas_subject() const { return atlas_subject_; }  ///< the token it is of
  int pitch_x() const { return columns() + 1; }
  int pitch_y() const { return rows() + 1; }

  /// How much of A's attention goes to B, mean over A. [L][H]; empty until both are drawn.
  const Eigen::MatrixXd& region_mass() const { return region_mass_; }
  /// Area of B among all tokens: what chance would give.
  double region_chance() const { return region_chance_; }

  /// Norms of the tokens at the chosen layer's output (mean choices: the last). [T]; empty: the run goes on.
  const TokenNorms& norms() const { return norms_; }
  /// Patches this many times longer than their median count as outliers.
  static constexpr double kOutlier = 3.0;
  float norms_median() const { return norms_median_; }  ///< of the patches
  int norm_outliers() const { return norm_outliers_; }
  int norms_layer() const { return norms_layer_; }  // from 1: output of that layer

  /// The whole map of the chosen head, tokens in the order of `order()`. [T][T]; empty until asked.
  const CellImage& matrix() const { return matrix_; }
  const ColorScale& matrix_range() const { return matrix_range_; }
  const std::vector<int>& order() const { return order_; }  ///< row -> token: specials, A, B, the rest
  /// The panel is in sight: its map is computed at the next refresh.
  void want_matrix(bool want) { want_matrix_ = want; }

 private:
  void reduce_row(const AppState& state);
  MapAsk ask_for(const AppState& state, const MapQuery& query) const;
  const Map* map_of(const AppState& state, const MapQuery& query);
  const Map* map_of_run(const AppState& state, const std::shared_ptr<const VisionRun>& run,
                        const MapQuery& query);
  void fill_overlay(const AppState& state);
  void fill_colours(const Map& map);
  void fill_atlas(const AppState& state);
  MapAsk atlas_ask(const AppState& state, const std::shared_ptr<const VisionRun>& run) const;
  void fill_changed_atlas(std::vector<Map> now, const std::vector<Map>& before);
  void fill_matrix(const AppState& state);
  // Patches alone: only what is divided away changes their numbers.
  Specials atlas_specials() const {
    return specials_ == Specials::kRenormalised ? specials_ : Specials::kShown;
  }
  void measure_norms();
  void measure_regions(const PictureDocument& doc);

  std::shared_ptr<const VisionRun> run_, before_;
  bool difference_ = false;
  PictureDocument asked_, doc_;  // doc_: with the layer that is shown meanwhile
  PictureView view_;
  bool incoming_ = false, log_ = false, stale_ = false, want_matrix_ = false, signed_ = false;
  int subject_ = 0, atlas_subject_ = 0;
  Specials specials_ = Specials::kShown;
  MapChoice choice_;
  RowVector row_;
  RowShares shares_;
  CellImage overlay_, atlas_, matrix_;
  std::vector<Rgba> colours_;
  std::vector<double> explained_;
  ColorScale overlay_range_, atlas_range_, matrix_range_;
  float atlas_top_ = 0;  // largest attention to a patch of any head
  std::string problem_;
  MapCache cache_;
  MapQuery query_;
  Map taken_;    // of one position, from a rollout of all
  Map changed_;  // minus that of `before_`
  std::optional<RegionKey> wanted_regions_;
  Eigen::MatrixXd region_mass_;
  double region_chance_ = 0;
  std::vector<int> region_a_, region_b_;
  TokenNorms norms_;
  int norms_layer_ = 0, norm_outliers_ = 0;
  float norms_median_ = 0;
  std::vector<int> order_;
  HeadChoice matrix_heads_;
  bool matrix_valid_ = false;
};

}  // namespace regard
