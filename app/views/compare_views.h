// The comparison workspace: one prompt read in two ways, tokens aligned, and what differs. Computes; draws
// nothing. UI thread.
#pragma once

#include <memory>
#include <vector>

#include "app/views/text_views.h"
#include "core/analysis/divergence.h"

namespace regard {

/// Which tokens of two runs stand for each other.
std::vector<AlignedPosition> aligned_runs(const TextRun& first, const TextRun& second);
/// Errors: as compare().
Result<MapDifference> compare_runs(const TextRun& first, const TextRun& second, const MapQuery& query);

class CompareViews {
 public:
  /// Brings the views up to date with the two runs and the head that `text` shows. Cost: nothing when nothing
  /// changed; else O(T*T).
  void refresh(const AppState& state, const TextViews& text);

  /// Both runs are there and answer what is asked now.
  bool ready() const { return ready_; }
  const TextRun& first() const { return *first_; }
  const TextRun& second() const { return *second_; }
  const std::vector<AlignedPosition>& rows() const { return rows_; }  ///< tokens shown, both runs'
  const Token& token(int row) const;

  const CellImage& first_map() const { return maps_[0]; }   ///< [rows][rows]
  const CellImage& second_map() const { return maps_[1]; }  ///< [rows][rows]
  const CellImage& difference() const { return maps_[2]; }  ///< second - first; empty where either lacks it
  const ColorScale& range() const { return range_; }        ///< of both maps, so that colours compare
  const ColorScale& difference_range() const { return difference_range_; }  ///< 0 in the middle
  /// The cell that differs most: (row, column); (-1, -1) when none does.
  std::pair<int, int> largest() const { return largest_; }
  /// How far apart every head reads; null while it is computed, or when the models have other heads.
  const Divergence* divergence() const {
    const bool of_these =
        ready_ && divergence_ && divergence_first_ == first_ && divergence_second_ == second_;
    return of_these ? divergence_.get() : nullptr;
  }
  void accept(std::shared_ptr<const TextRun> first, std::shared_ptr<const TextRun> second,
              std::shared_ptr<const Divergence> divergence);
  /// What an image model is given, a row: from the first reading to the second. Rows of one run only: zeros.
  const std::vector<VectorChange>& outputs() const { return outputs_; }

 private:
  void fill(const MapDifference& both);
  void fill_outputs();

  std::shared_ptr<const TextRun> first_, second_, divergence_first_, divergence_second_;
  std::shared_ptr<const Divergence> divergence_;
  MapQuery query_;
  std::vector<Token> first_names_, second_names_;  // what each token is called
  bool hide_special_ = false, ready_ = false;
  std::vector<AlignedPosition> rows_;
  CellImage maps_[3];
  ColorScale range_, difference_range_;
  std::pair<int, int> largest_{-1, -1};
  std::vector<VectorChange> outputs_;
};

}  // namespace regard
