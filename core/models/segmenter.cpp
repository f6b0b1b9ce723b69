#include "core/models/segmenter.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/check.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"
#include "core/models/tensor_files.h"

namespace regard {
namespace {

constexpr int kGroups = 8, kTaps = 9;
constexpr int kMostSide = 1024, kMostWidth = 4096;
constexpr float kNormEpsilon = 1e-5f;

Result<std::vector<std::string>> names_of(const Safetensors& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end())
    return fail(ErrorCode::kFormat, "{}: metadata: expected {}", file.label(), key);
  REGARD_TRY(const Json json, parse_json(found->second, file.label()));
  const bool names =
      json.is_array() && std::ranges::all_of(json, [](const Json& n) { return n.is_string(); });
  if (!names)
    return fail(ErrorCode::kFormat, "{}: metadata: {}: expected a list of names, got {}", file.label(), key,
                printable(found->second, 40));
  return json.get<std::vector<std::string>>();
}

// Pixels a side, a multiple of `patch`.
Result<int> side_of(const Safetensors& file, int patch) {
  const auto found = file.metadata().find("side");
  const std::string text = found == file.metadata().end() ? std::string() : found->second;
  int side = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
  if (error != std::errc() || end != text.data() + text.size() || side < patch || side > kMostSide ||
      side % patch != 0) {
    return fail(ErrorCode::kFormat, "{}: metadata: side: expected a multiple of {} up to {}, got {}",
                file.label(), patch, kMostSide, text.empty() ? "none" : printable(text, 40));
  }
  return side;
}

// Rows of a convolution's weight: how wide the layer is.
Result<int> width_of(const Safetensors& file, const std::string& name) {
  const TensorInfo* const tensor = file.find(name);
  if (tensor == nullptr) return fail(ErrorCode::kFormat, "{}: expected {}, got none", file.label(), name);
  const std::uint64_t width = tensor->shape.empty() ? 0 : tensor->shape.front();
  if (width < kGroups || width > kMostWidth || width % kGroups != 0) {
    return fail(ErrorCode::kShape, "{}: {}: expected a multiple of {} rows up to {}, got {}", file.label(),
                name, kGroups, kMostWidth, width);
  }
  return static_cast<int>(width);
}

int blocks_of(const Safetensors& file) {
  int blocks = 0;
  while (file.find(fmt::format("body.{}.0.0.weight", blocks)) != nullptr) ++blocks;
  return blocks;
}

// [3][S][S] to [side * side][3]: each pixel the mean of a box of S / side by S / side.
Matrix box_average(std::span<const float> picture, int side) {
  const Eigen::Index pixels = std::ssize(picture) / 3;
  const auto from = static_cast<int>(std::lround(std::sqrt(static_cast<double>(pixels))));
  const int box = from / side;
  REGARD_CHECK(std::ssize(picture) == std::ptrdiff_t{3} * from * from && from == box * side && box > 0);
  const Matrix all = ConstMatrixMap(picture.data(), 3, pixels).transpose();
  if (box == 1) return all;
  Matrix out = Matrix::Zero(Eigen::Index{side} * side, 3);
  for (int y = 0; y < side * box; ++y) {
    for (int x = 0; x < side * box; ++x)
      out.row(Eigen::Index{y / box} * side + x / box) += all.row(Eigen::Index{y} * from + x);
  }
  return out / static_cast<float>(box * box);
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
  REGARD_TRY(const int side, side_of(*file, kPatch));
  REGARD_TRY(const int stem_width, width_of(*file, "stem.0.0.weight"));
  REGARD_TRY(const int width, width_of(*file, "stem.2.0.weight"));
  Segmenter s;
  s.side_ = side;
  s.body_.resize(static_cast<std::size_t>(blocks_of(*file)));
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
  s.stem_ = {convolution("stem.0", 3, stem_width, 2), convolution("stem.1", stem_width, stem_width, 1),
             convolution("stem.2", stem_width, width, 2)};
  for (std::size_t i = 0; i < s.body_.size(); ++i) {
    s.body_[i] = {convolution(fmt::format("body.{}.0", i), width, width, 1),
                  convolution(fmt::format("body.{}.1", i), width, width, 1),
                  reader.linear(fmt::format("whole.{}", i), width, width)};
  }
  const int classes = static_cast<int>(s.kinds_.size() + s.colours_.size()) + 3;  // nothing twice, glass
  s.out_.weight = reader.matrix("out.weight", {classes, width, 1, 1}, classes);
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
  Matrix x = box_average(picture, side_);  // [pixels][3]
  int side = side_;
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
