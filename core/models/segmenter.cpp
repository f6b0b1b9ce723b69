#include "core/models/segmenter.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/formats/json.h"
#include "core/models/tensor_files.h"

namespace regard {
namespace {

constexpr int kStemWidth = 48, kWidth = 96, kGroups = 8, kTaps = 9;
constexpr float kNormEpsilon = 1e-5f;

Result<std::vector<std::string>> names_of(const Safetensors& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end())
    return fail(ErrorCode::kFormat, "{}: metadata: expected {}", file.label(), key);
  const auto json = parse_json(found->second, file.label());
  if (!json) return std::unexpected(json.error());
  return json->get<std::vector<std::string>>();
}

int class_of(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? 0 : static_cast<int>(found - names.begin()) + 1;
}

// What each 3 x 3 window sees, zeros beyond the border. [side/stride squared][channels * 9]
Matrix windows(const Matrix& x, int side, int stride) {
  const int out_side = side / stride;
  const Eigen::Index channels = x.cols();
  Matrix out = Matrix::Zero(Eigen::Index{out_side} * out_side, channels * kTaps);
  for (int at = 0; at < out_side * out_side; ++at) {
    for (int tap = 0; tap < kTaps; ++tap) {
      const int row = at / out_side * stride + tap / 3 - 1, column = at % out_side * stride + tap % 3 - 1;
      if (row < 0 || row >= side || column < 0 || column >= side) continue;
      const Eigen::Index from = Eigen::Index{row} * side + column;
      for (Eigen::Index c = 0; c < channels; ++c) out(at, c * kTaps + tap) = x(from, c);
    }
  }
  return out;
}

// Each group of channels over the whole picture to mean 0, variance 1; scaled, shifted, then SiLU.
void normalise_and_activate(Matrix& x, const RowVector& scale, const RowVector& shift) {
  const Eigen::Index width = x.cols() / kGroups;
  for (Eigen::Index group = 0; group < kGroups; ++group) {
    auto part = x.middleCols(group * width, width);
    const float mean = part.mean();
    const float variance = (part.array() - mean).square().mean();
    part = ((part.array() - mean) / std::sqrt(variance + kNormEpsilon)).matrix();
  }
  x = ((x.array().rowwise() * scale.array()).rowwise() + shift.array()).matrix();
  x = (x.array() / (1.0f + (-x.array()).exp())).matrix();
}

}  // namespace

Result<Segmenter> Segmenter::open(const std::filesystem::path& path) {
  auto file = Safetensors::open(path);
  if (!file) return std::unexpected(std::move(file.error()));
  auto kinds = names_of(*file, "kinds"), colours = names_of(*file, "colours");
  if (!kinds) return std::unexpected(std::move(kinds.error()));
  if (!colours) return std::unexpected(std::move(colours.error()));
  Segmenter s;
  s.kinds_ = std::move(*kinds);
  s.colours_ = std::move(*colours);
  TensorFiles files;
  files.label = file->label();
  files.files.push_back(std::move(*file));
  TensorReader reader(files);
  const auto convolution = [&reader](const std::string& name, int in, int out, int stride) {
    Convolution c;
    c.weight.weight = reader.matrix(name + ".0.weight", {out, in, 3, 3}, out);
    c.weight.bias = reader.vector(name + ".0.bias", out);
    c.scale = reader.vector(name + ".1.weight", out);
    c.shift = reader.vector(name + ".1.bias", out);
    c.stride = stride;
    return c;
  };
  s.stem_ = {convolution("stem.0", 3, kStemWidth, 2), convolution("stem.1", kStemWidth, kStemWidth, 1),
             convolution("stem.2", kStemWidth, kWidth, 2)};
  for (std::size_t i = 0; i < s.body_.size(); ++i) {
    s.body_[i] = {convolution(fmt::format("body.{}.0", i), kWidth, kWidth, 1),
                  convolution(fmt::format("body.{}.1", i), kWidth, kWidth, 1),
                  reader.linear(fmt::format("whole.{}", i), kWidth, kWidth)};
  }
  const int classes = static_cast<int>(s.kinds_.size() + s.colours_.size()) + 3;  // nothing twice, glass
  s.out_.weight = reader.matrix("out.weight", {classes, kWidth, 1, 1}, classes);
  s.out_.bias = reader.vector("out.bias", classes);
  if (reader.failed()) return std::unexpected(std::move(reader.error()));
  for (Convolution& c : s.stem_) prepare(c.weight);
  for (Residual& r : s.body_) {
    prepare(r.first.weight);
    prepare(r.second.weight);
  }
  return s;
}

Matrix Segmenter::convolve(const Convolution& layer, const Matrix& x, int side) {
  Matrix y = linear(windows(x, side, layer.stride), layer.weight);
  normalise_and_activate(y, layer.scale, layer.shift);
  return y;
}

Segmenter::Scores Segmenter::scores(std::span<const float> picture) const {
  constexpr Eigen::Index kPixels = Eigen::Index{kSide} * kSide;
  REGARD_CHECK(std::ssize(picture) == 3 * kPixels);
  Matrix x = ConstMatrixMap(picture.data(), 3, kPixels).transpose();  // [pixels][3]
  int side = kSide;
  for (const Convolution& layer : stem_) {
    x = convolve(layer, x, side);
    side /= layer.stride;
  }
  for (const Residual& block : body_) {
    const Matrix mean = x.colwise().mean();
    const Matrix whole = linear(mean, block.whole);
    x += convolve(block.second, convolve(block.first, x, side), side);
    x.rowwise() += whole.row(0);
  }
  const Matrix all = linear(x, out_);
  return {all.leftCols(glass() + 1), all.rightCols(all.cols() - glass() - 1)};
}

Segmenter::Reading Segmenter::read(std::span<const float> picture) const {
  const Scores s = scores(picture);
  Reading out;
  out.kind.resize(static_cast<std::size_t>(s.kinds.rows()));
  out.colour.resize(out.kind.size());
  for (Eigen::Index patch = 0; patch < s.kinds.rows(); ++patch) {
    s.kinds.row(patch).maxCoeff(&out.kind[static_cast<std::size_t>(patch)]);
    s.colours.row(patch).maxCoeff(&out.colour[static_cast<std::size_t>(patch)]);
  }
  return out;
}

int Segmenter::kind(std::string_view name) const {
  return name == "mirror" ? glass() : class_of(kinds_, name);
}
int Segmenter::colour(std::string_view name) const { return class_of(colours_, name); }

}  // namespace regard
