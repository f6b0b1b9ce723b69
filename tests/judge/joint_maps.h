// The attention of image patches, averaged over some steps, and whether it lies where the objects are.
// Counted as in assets/little-world/training/judge.py.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "core/attention/record.h"
#include "core/tensor/matrix.h"
#include "tests/judge/grid.h"

namespace regard::judge {

/// A mean that is being counted.
struct Share {
  double sum = 0.0;
  int count = 0;
  void add(double value) {
    sum += value;
    ++count;
  }
  double mean() const { return count == 0 ? 0.0 : sum / count; }
};

/// Mean over the records that were added, image queries only: the N patches.
class JointMaps {
 public:
  explicit JointMaps(int patches) : patches_(patches) {}
  void add(const AttentionRecord& record);

  int patches() const { return patches_; }  // N
  int blocks() const { return blocks_; }
  int heads() const { return heads_; }
  /// [N][N + T], rows sum to 1
  Matrix map(int block, int head) const;
  /// How much each patch reads of these tokens of the text, mean over them. [N]
  RowVector column(int block, int head, std::span<const int> tokens) const;
  /// The share of a patch's reading that goes to the text; mean over patches, heads and blocks from 1 on.
  double text_mass() const;

 private:
  int patches_ = 0, blocks_ = 0, heads_ = 0, added_ = 0;
  std::vector<Matrix> sums_;  // [blocks * heads] of [N][N + T]
};

/// Whether the largest pixel of a map over patches, brought to the pixels of `where` bilinearly, lies in it.
bool points_at(const RowVector& map, const Pixels& where);

/// What a map above a threshold has in common with `where`, over what either covers. Brought to the
/// pixels of `where` and to [0, 1] first.
inline constexpr std::array kThresholds = {0.3f, 0.4f, 0.5f, 0.6f};
std::array<double, kThresholds.size()> overlap(const RowVector& map, const Pixels& where);

/// Every block and head: the share of what patches `from` read of patches that goes to patches `to`, over
/// the share it would be by chance. [L][H]
struct MirrorMass {
  Matrix of_all;    // of all patches, as judge.py
  Matrix of_other;  // of the patches that are not in `from`: a head that looks at its own place gains nothing
};
MirrorMass mirror_mass(const JointMaps& maps, const Patches& from, const Patches& to);

int count(const Patches& patches);
/// @param side  pixels of the picture, a multiple of its patches
Pixels pixels_of(const Patches& patches, int side);
/// Patches covered by more than `share`. @param grid  patches a side
Patches patches_of(const Pixels& pixels, int grid, float share);

}  // namespace regard::judge
