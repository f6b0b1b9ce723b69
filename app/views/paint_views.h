// What the painting workspace shows, reduced from the newest snapshot of the drawing and kept until something
// it depends on changes. Computes; draws nothing, uploads nothing. UI thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/state/queries.h"
#include "app/state/state.h"
#include "app/views/cells.h"
#include "app/views/colormap.h"
#include "app/views/map_cache.h"

namespace regard {

/// Pictures side by side as the GPU takes them: tile i at (i % columns, i / columns) times its size.
struct PixelSheet {
  int tile_width = 0, tile_height = 0;
  int columns = 1, tiles = 0;
  std::vector<std::uint32_t> rgba;  // bytes R, G, B, 255; whole rows of tiles
  std::uint64_t version = 0;
  int width() const { return tile_width * columns; }
  int height() const { return tiles == 0 ? 0 : tile_height * ((tiles + columns - 1) / columns); }
};

/// Writes a picture into a tile of a sheet that has its size. @param x  [3][tile_height][tile_width]
void place_picture(PixelSheet& sheet, int tile, const std::vector<float>& x);

/// What is named in a drawing's text: BOS, the words, EOS, in their order.
struct PaintWord {
  int first_token = 0, last_token = 0;  // of PaintText::tokens
  int word = -1;                        // of PaintText::words; -1: BOS or EOS
  PromptWord place;
  float share = 0;  // of what patches give to the text, sum over its tokens, mean over the patches
  std::optional<float> share_before = {};  // the same in the drawing before; nothing: not there
  float largest = 0;                       // of its map
  float entropy = 0;                       // of its map over the patches, heads as they are fused, bits
};

/// Where a patch finds the selected word a second time: the real cat, seen from its reflection.
struct PaintTwin {
  std::vector<int> patches;  // elsewhere, under the same word
  Matrix ratio;              // [L][H] how much the patch reads them, over their share of the area
  std::pair<int, int> best;  // (block, head) of the largest ratio
};

class PaintViews {
 public:
  /// Brings every view up to date. @param film_frame  the step a playing film shows, -1: none plays.
  /// Cost: nothing when nothing changed; else O(steps * |maps| * N * T), with the joint map times S / T.
  void refresh(const AppState& state, int film_frame);
  /// Instead of refresh(), out of sight: a drawing that has been replaced is not kept alive.
  void let_go_of_old(const AppState& state);
  /// What a worker should compute for what is shown.
  const std::optional<MapAsk>& wanted() const { return cache_.wanted(); }
  void accept(const MapAsk& ask, Result<std::shared_ptr<const Map>> map) {
    cache_.accept(ask, std::move(map));
    stale_ = true;
  }
  /// The map over the picture, as it would be exported.
  const MapQuery& query() const { return query_; }
  /// The panel of the joint map is in sight: it is computed at the next refresh.
  void want_joint(bool want) { want_joint_ = want; }

  bool has_run() const { return run_ != nullptr && run_->drawn() > 0; }
  const PaintRun& run() const { return *run_; }
  int rows() const { return run_->rows; }
  int columns() const { return run_->columns; }
  int patches() const { return run_->patches(); }

  /// Drawn steps looked at, [first, last], counted from the first one that was drawn.
  std::pair<int, int> span() const { return span_; }
  /// The half in force has its maps kept at those steps.
  bool has_maps() const { return has_maps_; }
  const HeadSet& maps() const { return choice_.set; }  ///< in force; (block, head) ascending
  Fusion fusion() const { return choice_.fusion; }     ///< how they become one map
  /// The map is no mean of heads: what it shows of a row need not add up to 1.
  bool is_fused() const { return choice_.fusion != Fusion::kMean; }
  /// The lens over the picture is made of heads, as chosen: not the rollout, not the output space of a word.
  bool is_of_heads() const {
    return view_.lens != PaintLens::kRollout && !is_of_states(view_.lens) && !is_gradient(view_.lens) &&
           (view_.lens != PaintLens::kOutput || patch_ >= 0);
  }
  bool is_coached(int block, int head) const { return run_->request.model->is_coached(block, head); }

  const PaintText& text() const { return *text_; }  ///< of the half in force
  const std::vector<PaintWord>& words() const { return words_; }
  int word() const { return word_; }    ///< index into words(): whose map is shown; -1: none
  int patch() const { return patch_; }  ///< whose map is shown instead; -1: none
  /// The share of a patch's attention that goes to the text, mean over the patches: what all words together
  /// get.
  float text_mass() const { return text_mass_; }

  /// Pictures of all drawn steps.
  const PixelSheet& film() const { return film_; }
  const PixelSheet& before_film() const { return before_film_; }  ///< one tile: the other drawing's last
  /// Mean over the channels of |now - before| of the two pictures, 0 to 2: [height][width]. Empty without
  /// both.
  const CellImage& difference() const { return difference_; }
  float difference_mean() const { return difference_mean_; }

  /// The drawing before has its maps at the steps looked at.
  bool has_before() const { return !counterpart_.empty(); }
  /// The overlay's shares are of what other words and patches get, BOS and EOS divided away.
  bool renormalised() const { return query_.specials == Specials::kRenormalised; }
  /// The tokens of a word are one: its map is their sum, not their mean.
  bool joins_words() const { return query_.words; }
  /// Maps show what changed against it, around 0.
  bool shows_difference() const {
    return has_before() && difference_on_ && view_.lens != PaintLens::kOutput && !is_of_states(view_.lens) &&
           !is_gradient(view_.lens);
  }
  /// The maps are of lengths, no shares: of what is read, or of what it writes.
  bool shows_lengths() const { return view_.lens == PaintLens::kValue || view_.lens == PaintLens::kWritten; }
  /// The map over the picture is one of numbers that are no shares of attention.
  bool shows_numbers() const {
    return shows_lengths() || is_of_states(view_.lens) || is_gradient(view_.lens);
  }
  /// Of PaintLens::kPca: red, green and blue of each patch, each component from its least to its largest, and
  /// what each explains of the variance between patches. [N] and [3]; empty: another lens, or being computed.
  const std::vector<Rgba>& colours() const { return colours_; }
  const std::vector<double>& explained() const { return explained_; }
  /// The block whose vectors are looked at, from 0.
  int block() const { return paint_block(asked_, run_->trace.shape(half())); }
  /// Of the heads side by side, whatever the lens over the picture: their attention. Expects has_run().
  MapQuery heads_query() const;
  /// The same question to the drawing before; nothing: it has no such word, or no such lens.
  std::optional<MapQuery> before_query(MapQuery query) const;
  /// Of the tiles of head_atlas(), and of word_atlas().
  ColorScale tile_range() const;
  ColorScale word_range() const;

  /// Over the picture: [rows][columns].
  const CellImage& overlay() const { return overlay_; }
  const ColorScale& overlay_range() const { return overlay_range_; }
  /// The same before ranks: what sentences and measures read. The overlay itself where it shows no ranks.
  const CellImage& numbers() const { return shows_ranks() ? numbers_ : overlay_; }
  /// The overlay's cells are places, 1 the largest.
  bool shows_ranks() const { return query_.rank; }
  /// The share that the overlay's smallest set holds; nothing: every cell is shown.
  const std::optional<double>& held() const { return query_.mass; }
  /// Why there is no overlay ("" when there is one): a string of assets/locale.
  const std::string& problem() const { return problem_; }

  /// The map of every word: tile i at (i * pitch_x(), 0), each divided by its own largest unless
  /// PaintView::absolute.
  const CellImage& word_atlas() const { return word_atlas_; }
  /// The overlay of every block and head: tile (block, head) at (block * pitch_x(), head * pitch_y()).
  const CellImage& head_atlas() const { return head_atlas_; }
  int pitch_x() const { return columns() + 1; }
  int pitch_y() const { return rows() + 1; }

  /// A patch's or word's whole row: attention to every patch, then every token, of the heads as they are
  /// fused, mean over the steps. [S]
  RowVector row_of(int token) const;
  /// Of the output space: what each word has of a patch, as shares among the words; -1: the mean over the
  /// patches. [words()]; nothing in another lens, whose numbers are attention's (row_of).
  std::optional<RowVector> lens_shares(int patch) const;
  /// The same in the drawing before, of this one's positions: NaN where it has none. [S]; empty without one.
  RowVector before_row_of(int token) const;
  const std::optional<PaintTwin>& twin() const { return twin_; }

  /// The joint map, tokens in the record's order. [S][S]; empty until wanted.
  const CellImage& joint() const { return joint_; }
  const ColorScale& joint_range() const { return joint_range_; }

  double kept_bytes() const { return kept_bytes_; }  ///< of the attention that stays of what is shown

 private:
  MapAsk ask_for(const MapQuery& query) const { return {.trace = trace_of(run_), .query = query}; }
  bool words_are_signed() const { return shows_difference() || is_signed(view_.lens); }
  StepSpan steps() const;
  Half half() const { return view_.unconditional ? Half::kNegative : Half::kPrompt; }
  MapQuery word_query(const PaintWord& word) const;
  MapQuery asked_query(const PaintView& view, std::vector<int> subject, bool is_patch) const;
  MapQuery joint_query() const;
  void place_overlay(const RowVector& map);
  std::optional<RowVector> map_of(const MapQuery& query);
  std::optional<RowVector> map_of(const MapQuery& query, const std::shared_ptr<const PaintRun>& run);
  std::optional<RowVector> shown_map(const MapQuery& query);
  void choose_before();
  void measure_before();
  void choose(const AppState& state, int film_frame);
  void list_words();
  void choose_subject(const PaintDocument& paint);
  void measure();
  void measure_output();
  void fill_film(bool noisy);
  void compare(const AppState& state);
  std::vector<int> subject() const;
  void fill_overlay();
  void fill_colours();
  void fill_words();
  void fill_heads();
  void fill_joint();
  void subtract_before();
  void find_twin();

  std::shared_ptr<const PaintRun> run_, before_;
  PaintDocument asked_;
  PaintView view_;
  bool log_ = false, difference_on_ = false;
  TokensView tokens_;
  Specials specials_ = Specials::kShown;
  std::vector<int> counterpart_;  // of each position in before_'s sequence, -1: none. [S]; empty without maps
  int film_frame_ = -1;
  std::pair<int, int> span_;
  bool has_maps_ = false, want_joint_ = false, joint_valid_ = false, stale_ = false;
  HeadChoice choice_;
  const PaintText* text_ = nullptr;
  std::vector<PaintWord> words_;
  int word_ = -1, patch_ = -1;
  float text_mass_ = 0;
  Matrix maps_of_words_;  // [words][N] as the lens shows them
  PixelSheet film_, before_film_;
  CellImage difference_;
  float difference_mean_ = 0;
  CellImage overlay_, numbers_, word_atlas_, head_atlas_, joint_;
  ColorScale overlay_range_, joint_range_;
  std::vector<Rgba> colours_;
  std::vector<double> explained_;
  std::string problem_;
  std::optional<PaintTwin> twin_;
  mutable MapCache cache_;  // row_of() fills it, too
  MapQuery query_;
  double kept_bytes_ = 0;
};

}  // namespace regard
