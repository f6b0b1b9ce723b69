// Reads a drawing patch by patch: which kind of thing, in which colour. A small convolutional network,
// taught on rendered scenes by the trainer's own judge (assets/little-world/training/judge.py, class Seg;
// weights by make_judge.py). Of the tests alone: it knows nothing of the models it judges.
#pragma once

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/tensor/linear.h"
#include "core/tensor/matrix.h"

namespace regard::judge {

inline constexpr int kSide = 48;                // pixels of a scene
inline constexpr int kGrid = 12;                // patches a side, 4 x 4 pixels each
inline constexpr int kPatches = kGrid * kGrid;  // N
inline constexpr int kPixels = kSide * kSide;
using Patches = std::array<bool, kPatches>;  // row-major
using Pixels = std::array<bool, kPixels>;    // row-major

/// What stands in each patch: 0 nothing, else a class of the segmenter.
struct Reading {
  std::array<int, kPatches> kind = {}, colour = {};
};

class Segmenter {
 public:
  /// Errors: io, format, shape.
  static Result<Segmenter> open(const std::filesystem::path& path);

  /// A score a class. [N][16] and [N][11]
  struct Scores {
    Matrix kinds, colours;
  };
  /// @param picture  [3][48][48] in [-1, 1]
  Scores scores(std::span<const float> picture) const;
  /// The class of the largest score.
  Reading read(std::span<const float> picture) const;

  /// The class of a name of world.py; 0 when there is none.
  int kind(std::string_view name) const;
  int colour(std::string_view name) const;
  int glass() const { return static_cast<int>(kinds_.size()) + 1; }

 private:
  // 3 x 3 with a border of zeros, group norm in 8 groups, SiLU.
  struct Convolution {
    Linear weight;  // [out][in*9], a column by channel, then row, then column
    RowVector scale, shift;
    int stride = 1;
  };
  struct Residual {
    Convolution first, second;
    Linear whole;  // of the mean over all patches
  };
  static Matrix convolve(const Convolution& layer, const Matrix& x, int side);

  std::vector<std::string> kinds_, colours_;
  std::array<Convolution, 3> stem_;
  std::array<Residual, 4> body_;
  Linear out_;
};

}  // namespace regard::judge
