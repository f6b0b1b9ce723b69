#include "tests/judge/joint_maps.h"

#include <algorithm>

#include "core/base/check.h"

namespace regard::judge {
namespace {

constexpr int kPatchSide = kSide / kGrid;

std::size_t patch_at(std::size_t pixel) {
  return pixel / kSide / kPatchSide * kGrid + pixel % kSide / kPatchSide;
}

// Where between patches a pixel's centre lies: the patch before, and how far towards the next.
std::pair<int, float> between(int pixel) {
  const float x = std::clamp((static_cast<float>(pixel) + 0.5f) / kPatchSide - 0.5f, 0.0f, kGrid - 1.0f);
  const int before = std::min(static_cast<int>(x), kGrid - 2);
  return {before, x - static_cast<float>(before)};
}

// Bilinear, pixel centres, as torch's interpolate without align_corners. [48][48]
Matrix enlarged(const RowVector& map) {
  REGARD_CHECK(map.size() == kPatches);
  const ConstMatrixMap grid(map.data(), kGrid, kGrid);
  Matrix large(kSide, kSide);
  for (int y = 0; y < kSide; ++y) {
    const auto [r, down] = between(y);
    for (int x = 0; x < kSide; ++x) {
      const auto [c, right] = between(x);
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
    sums_.assign(static_cast<std::size_t>(blocks_ * heads_), Matrix::Zero(kPatches, s.keys));
  }
  REGARD_CHECK(s.layers == blocks_ && s.heads == heads_ && s.keys == sums_.front().cols());
  for (int i = 0; i < blocks_ * heads_; ++i)
    sums_[static_cast<std::size_t>(i)] +=
        record.attention_tile(i / heads_, i % heads_, 0, kPatches, 0, s.keys);
}

Matrix JointMaps::map(int block, int head) const {
  return sums_[static_cast<std::size_t>(block * heads_ + head)] / static_cast<float>(added_);
}

RowVector JointMaps::column(int block, int head, std::span<const int> tokens) const {
  const Matrix& sum = sums_[static_cast<std::size_t>(block * heads_ + head)];
  Vector total = Vector::Zero(kPatches);
  for (const int token : tokens) total += sum.col(kPatches + token);
  return total.transpose() / static_cast<float>(added_ * std::ssize(tokens));
}

double JointMaps::text_mass() const {
  Share share;
  for (int block = 1; block < blocks_; ++block) {
    for (int head = 0; head < heads_; ++head) {
      const Matrix all = map(block, head);
      share.add(double{all.rightCols(all.cols() - kPatches).rowwise().sum().mean()});
    }
  }
  return share.mean();
}

bool points_at(const RowVector& map, const Pixels& where) {
  const Matrix large = enlarged(map);
  const auto top = std::max_element(large.data(), large.data() + large.size()) - large.data();
  return where[static_cast<std::size_t>(top)];
}

std::array<double, kThresholds.size()> overlap(const RowVector& map, const Pixels& where) {
  Matrix large = enlarged(map);
  const float least = large.minCoeff(), most = large.maxCoeff();
  large = ((large.array() - least) / (most - least + 1e-9f)).matrix();
  std::array<double, kThresholds.size()> out = {};
  for (std::size_t i = 0; i < out.size(); ++i) {
    int both = 0, either = 0;
    for (std::size_t at = 0; at < kPixels; ++at) {
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
  const float chance = targets / kPatches, chance_other = targets / (kPatches - sources);
  for (int i = 0; i < maps.blocks() * maps.heads(); ++i) {
    const Matrix map = maps.map(i / maps.heads(), i % maps.heads());
    for (int row = 0; row < kPatches; ++row) {
      if (!from[static_cast<std::size_t>(row)]) continue;
      float hit = 0, own = 0;
      for (int key = 0; key < kPatches; ++key) {
        if (to[static_cast<std::size_t>(key)]) hit += map(row, key);
        if (from[static_cast<std::size_t>(key)]) own += map(row, key);
      }
      const float all = map.row(row).head(kPatches).sum();
      out.of_all.data()[i] += hit / all / chance / sources;
      out.of_other.data()[i] += hit / (all - own) / chance_other / sources;
    }
  }
  return out;
}

int count(const Patches& patches) { return static_cast<int>(std::ranges::count(patches, true)); }

Pixels pixels_of(const Patches& patches) {
  Pixels out;
  for (std::size_t at = 0; at < kPixels; ++at) out[at] = patches[patch_at(at)];
  return out;
}

Patches patches_of(const Pixels& pixels, float share) {
  std::array<int, kPatches> covered = {};
  for (std::size_t at = 0; at < kPixels; ++at) covered[patch_at(at)] += pixels[at];
  Patches out;
  for (std::size_t i = 0; i < kPatches; ++i)
    out[i] = static_cast<float>(covered[i]) > share * kPatchSide * kPatchSide;
  return out;
}

}  // namespace regard::judge
