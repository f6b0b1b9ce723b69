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
  /// What stands in each patch, row-major: 0 nothing, else a class. [N]
  struct Reading {
    std::vector<int> kind, colour;
    bool operator==(const Reading&) const = default;
  };

  /// Its side stands in the file's metadata, its widths and its depth are those of the tensors.
  /// Errors: io, format, shape.
  static Result<Segmenter> open(const std::filesystem::path& path);

  int side() const { return side_; }           // pixels of the pictures it was taught on
  int grid() const { return side_ / kPatch; }  // patches a side; N = grid * grid
  /// Whether it reads square pictures of this many pixels a side: its own side, or a multiple of it.
  bool reads(int side) const { return side >= side_ && side % side_ == 0; }

  /// A score a class; K kinds, C colours. [N][K + 2] and [N][C + 1]
  struct Scores {
    Matrix kinds, colours;
  };
  /// @param picture  [3][S][S] in [-1, 1] with reads(S): a larger one is brought to its own side, each pixel
  ///                 the mean of a box. Thread: any. Cost: 0.2 GFLOP at a side of 48.
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
  static constexpr int kPatch = 4;  // pixels a side: the strides of the stem
  static Matrix convolve(const Convolution& layer, const Matrix& x, int side);

  std::vector<std::string> kinds_, colours_;
  int side_ = 0;
  std::array<Convolution, 3> stem_;
  std::vector<Residual> body_;
  Linear out_;
};

}  // namespace regard
