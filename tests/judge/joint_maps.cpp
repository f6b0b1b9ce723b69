#include "tests/judge/joint_maps.h"

#include <algorithm>

#include "core/base/check.h"

namespace regard::judge {
namespace {

// A picture of `side` pixels in `grid` patches a side.
struct Cells {
  int side = 0, grid = 0;
  int patch_side() const { return side / grid; }
  std::size_t patch_at(std::size_t pixel) const {
    const auto across = static_cast<std::size_t>(side), edge = static_cast<std::size_t>(patch_side());
    return pixel / across / edge * static_cast<std::size_t>(grid) + pixel % across / edge;
  }
};

// Where between patches a pixel's centre lies: the patch before, and how far towards the next.
std::pair<int, float> between(int pixel, const Cells& cells) {
  const float x =
      std::clamp((static_cast<float>(pixel) + 0.5f) / static_cast<float>(cells.patch_side()) - 0.5f, 0.0f,
                 static_cast<float>(cells.grid - 1));
  const int before = std::min(static_cast<int>(x), cells.grid - 2);
  return {before, x - static_cast<float>(before)};
}

// Bilinear, pixel centres, as torch's interpolate without align_corners. [side][side]
Matrix enlarged(const RowVector& map, int side) {
  const Cells cells{side, side_of(static_cast<std::size_t>(map.size()))};
  const ConstMatrixMap grid(map.data(), cells.grid, cells.grid);
  Matrix large(side, side);
  for (int y = 0; y < side; ++y) {
    const auto [r, down] = between(y, cells);
    for (int x = 0; x < side; ++x) {
      const auto [c, right] = between(x, cells);
      const float above = grid(r, c) * (1 - right) + grid(r, c + 1) * right;
      const float below = grid(r + 1, c) * (1 - right) + grid(r + 1, c + 1) * right;
      large(y, x) = above * (1 - down) + below * down;
    }
  }
  return large;
}

}  // namespace

void JointMaps::add(const AttentionRecord& record) {
  const AttentionShape& s = record.shape();
  if (added_++ == 0) {
    blocks_ = s.layers;
    heads_ = s.heads;
    sums_.assign(static_cast<std::size_t>(blocks_ * heads_), Matrix::Zero(patches_, s.keys));
  }
  REGARD_CHECK(s.layers == blocks_ && s.heads == heads_ && s.keys == sums_.front().cols());
  for (int i = 0; i < blocks_ * heads_; ++i)
    sums_[static_cast<std::size_t>(i)] +=
        record.attention_tile(i / heads_, i % heads_, 0, patches_, 0, s.keys);
}

Matrix JointMaps::map(int block, int head) const {
  return sums_[static_cast<std::size_t>(block * heads_ + head)] / static_cast<float>(added_);
}

RowVector JointMaps::column(int block, int head, std::span<const int> tokens) const {
  const Matrix& sum = sums_[static_cast<std::size_t>(block * heads_ + head)];
  Vector total = Vector::Zero(patches_);
  for (const int token : tokens) total += sum.col(patches_ + token);
  return total.transpose() / static_cast<float>(added_ * std::ssize(tokens));
}

double JointMaps::text_mass() const {
  Share share;
  for (int block = 1; block < blocks_; ++block) {
    for (int head = 0; head < heads_; ++head) {
      const Matrix all = map(block, head);
      share.add(double{all.rightCols(all.cols() - patches_).rowwise().sum().mean()});
    }
  }
  return share.mean();
}

bool points_at(const RowVector& map, const Pixels& where) {
  const Matrix large = enlarged(map, side_of(where.size()));
  const auto top = std::max_element(large.data(), large.data() + large.size()) - large.data();
  return where[static_cast<std::size_t>(top)];
}

std::array<double, kThresholds.size()> overlap(const RowVector& map, const Pixels& where) {
  Matrix large = enlarged(map, side_of(where.size()));
  const float least = large.minCoeff(), most = large.maxCoeff();
  large = ((large.array() - least) / (most - least + 1e-9f)).matrix();
  std::array<double, kThresholds.size()> out = {};
  for (std::size_t i = 0; i < out.size(); ++i) {
    int both = 0, either = 0;
    for (std::size_t at = 0; at < where.size(); ++at) {
      const bool high = large.data()[at] > kThresholds[i];
      both += high && where[at];
      either += high || where[at];
    }
    out[i] = static_cast<double>(both) / either;
  }
  return out;
}

MirrorMass mirror_mass(const JointMaps& maps, const Patches& from, const Patches& to) {
  MirrorMass out = {Matrix::Zero(maps.blocks(), maps.heads()), Matrix::Zero(maps.blocks(), maps.heads())};
  const auto sources = static_cast<float>(count(from)), targets = static_cast<float>(count(to));
  REGARD_CHECK(sources > 0 && targets > 0);
  const int patches = maps.patches();
  const auto all_patches = static_cast<float>(patches);
  const float chance = targets / all_patches, chance_other = targets / (all_patches - sources);
  for (int i = 0; i < maps.blocks() * maps.heads(); ++i) {
    const Matrix map = maps.map(i / maps.heads(), i % maps.heads());
    for (int row = 0; row < patches; ++row) {
      if (!from[static_cast<std::size_t>(row)]) continue;
      float hit = 0, own = 0;
      for (int key = 0; key < patches; ++key) {
        if (to[static_cast<std::size_t>(key)]) hit += map(row, key);
        if (from[static_cast<std::size_t>(key)]) own += map(row, key);
      }
      const float all = map.row(row).head(patches).sum();
      out.of_all.data()[i] += hit / all / chance / sources;
      out.of_other.data()[i] += hit / (all - own) / chance_other / sources;
    }
  }
  return out;
}

int count(const Patches& patches) { return static_cast<int>(std::ranges::count(patches, true)); }

Pixels pixels_of(const Patches& patches, int side) {
  const Cells cells{side, side_of(patches.size())};
  Pixels out(static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
  for (std::size_t at = 0; at < out.size(); ++at) out[at] = patches[cells.patch_at(at)];
  return out;
}

Patches patches_of(const Pixels& pixels, int grid, float share) {
  const Cells cells{side_of(pixels.size()), grid};
  const int area = cells.patch_side() * cells.patch_side();
  std::vector<int> covered(static_cast<std::size_t>(grid) * static_cast<std::size_t>(grid));
  for (std::size_t at = 0; at < pixels.size(); ++at) covered[cells.patch_at(at)] += pixels[at];
  Patches out(covered.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(covered[i]) > share * static_cast<float>(area);
  return out;
}

}  // namespace regard::judge
