// Reads a picture of Little World patch by patch: which kind of thing, in which colour. A small convolutional
// network, taught on rendered scenes by the trainer's own judge (assets/little-world/training/judge.py, class
// Seg; weights by tests/judge/make_judge.py), 0.993 of whose patches it reads right. It knows nothing of the
// models whose pictures and maps it is the measure of.
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

namespace regard {

class Segmenter {
 public:
  static constexpr int kSide = 48;  // pixels of a picture
  static constexpr int kGrid = 12;  // patches a side, row-major; N = 144

  /// What stands in each patch: 0 nothing, else a class. [N]
  struct Reading {
    std::vector<int> kind, colour;
    bool operator==(const Reading&) const = default;
  };

  /// Errors: io, format, shape.
  static Result<Segmenter> open(const std::filesystem::path& path);

  /// A score a class. [N][16] and [N][11]
  struct Scores {
    Matrix kinds, colours;
  };
  /// @param picture  [3][48][48] in [-1, 1]. Thread: any. Cost: 0.2 GFLOP.
  Scores scores(std::span<const float> picture) const;
  /// The class of the largest score.
  Reading read(std::span<const float> picture) const;

  /// The class of a name of the trainer's world.py ("cat", "red"); "mirror" is the glass; 0 when there is
  /// none.
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

}  // namespace regard
