// The length of what a key writes into a query's residual stream: of alpha * v W_O^h, times the gate or layer
// scale of the block. The mean of several heads of a layer is taken before the length: it is the length of
// the SUM of their vectors, as the layer adds them; layers are averaged. Largest, smallest and product are of
// the heads' own lengths. The bias of W_O is no key's. 0 where nothing is added to a query.
#include <algorithm>
#include <cmath>
#include <map>

#include "core/analysis/contribution.h"
#include "core/analysis/lens.h"

namespace regard {
namespace {

constexpr int kKeys = 64;  // at a time: what 12 heads of 768 write takes 2.4 MB

using Heads = std::vector<int>;  // of one layer

// <v W_O^h, v W_O^g> of each key and pair of heads. [keys][heads * heads], in double: heads may cancel
Eigen::MatrixXd products(const AttentionRecord& record, int layer, const Heads& heads,
                         const OutputProjection& output, int first, int count) {
  std::vector<Matrix> written;
  for (const int head : heads) written.push_back(written_values(record, layer, head, output, first, count));
  const auto n = static_cast<Eigen::Index>(heads.size());
  Eigen::MatrixXd out(count, n * n);
  for (Eigen::Index a = 0; a < n; ++a) {
    for (Eigen::Index b = a; b < n; ++b) {
      const Matrix& x = written[static_cast<std::size_t>(a)];
      const Matrix& y = written[static_cast<std::size_t>(b)];
      out.col(a * n + b) = x.cwiseProduct(y).rowwise().sum().cast<double>();
      out.col(b * n + a) = out.col(a * n + b);
    }
  }
  return out;
}

// |sum over heads of alpha_h u_h| from the products of the u_h: sqrt(alpha^T G alpha).
float length_of_sum(const std::vector<Matrix>& alpha, Eigen::Index row, Eigen::Index key,
                    const Eigen::MatrixXd& products) {
  const auto n = static_cast<Eigen::Index>(alpha.size());
  double square = 0.0;
  for (Eigen::Index a = 0; a < n; ++a) {
    const auto of_a = static_cast<double>(alpha[static_cast<std::size_t>(a)](row, key));
    for (Eigen::Index b = 0; b < n; ++b)
      square +=
          of_a * static_cast<double>(alpha[static_cast<std::size_t>(b)](row, key)) * products(key, a * n + b);
  }
  return static_cast<float>(std::sqrt(square < 0.0 ? 0.0 : square));  // NaN stays
}

// Queries row0.. (which `output` serves) and keys col0.. into `into`.
void fill(const AttentionRecord& record, int layer, const Heads& heads, const OutputProjection& output,
          const LensTile& t, MatrixRef into) {
  for (int first = 0; first < t.cols; first += kKeys) {
    const int count = std::min(kKeys, t.cols - first);
    const Eigen::MatrixXd of_keys = products(record, layer, heads, output, t.col0 + first, count);
    std::vector<Matrix> alpha;
    for (const int head : heads)
      alpha.push_back(weighing_tile(record, layer, head, t.row0, t.rows, t.col0 + first, count));
    for (int row = 0; row < t.rows; ++row) {
      for (int key = 0; key < count; ++key) into(row, first + key) = length_of_sum(alpha, row, key, of_keys);
    }
  }
}

// The length of what these heads of a layer write together. [rows][cols]
Matrix layer_tile(const AttentionRecord& record, int layer, Heads heads, const LensTile& t) {
  std::erase_if(heads, [&](int head) { return record.is_off(layer, head); });
  Matrix map = Matrix::Zero(t.rows, t.cols);
  if (heads.empty()) return map;
  for (const OutputProjection& output : record.outputs(layer)) {
    const int begin = std::max(t.row0, output.first);
    const int end = std::min(t.row0 + t.rows, output.first + output.count);
    if (begin >= end) continue;
    fill(record, layer, heads, output, {begin, end - begin, t.col0, t.cols},
         map.middleRows(begin - t.row0, end - begin));
  }
  return map;
}

// Which heads of which layers.
std::map<int, Heads> chosen(const AttentionShape& shape, const HeadChoice& heads) {
  std::map<int, Heads> out;
  for (const auto& [layer, head] : heads.set) out[layer].push_back(head);
  if (!heads.set.empty()) return out;
  for (int layer = 0; layer < shape.layers; ++layer) {
    if (heads.layer && *heads.layer != layer) continue;
    for (int head = 0; head < shape.heads; ++head) {
      if (!heads.head || *heads.head == head) out[layer].push_back(head);
    }
  }
  return out;
}

Matrix record_tile(const AttentionRecord& record, const HeadChoice& heads, const LensTile& tile) {
  if (heads.fusion != Fusion::kMean) {
    return fuse_heads(record.shape(), heads,
                      [&](int layer, int head) { return layer_tile(record, layer, {head}, tile); });
  }
  Matrix sum = Matrix::Zero(tile.rows, tile.cols);
  const auto layers = chosen(record.shape(), heads);
  for (const auto& [layer, of_layer] : layers) sum += layer_tile(record, layer, of_layer, tile);
  if (layers.size() > 1) sum /= static_cast<float>(layers.size());
  return sum;
}

Result<Matrix> tile(const LensInput& input, const LensTile& tile) {
  return mean_over_records(input, [&](const AttentionRecord& record) {
    return Result<Matrix>(record_tile(record, input.query.heads, tile));
  });
}

// E x D of a model as wide as CLIP's: a record's shape does not say D, nor a chosen head's shape H.
double operations(const AttentionShape& s, bool whole) {
  constexpr double kProjection = 64.0 * 512.0;
  const double heads = static_cast<double>(s.layers) * s.heads;
  const double rows = whole ? s.queries : 1.0;
  return heads * s.keys * (kProjection + rows * (s.head_width + 2.0 * s.heads));
}

}  // namespace

extern const Lens written_lens = {
    .name = "written",
    .needs = LensNeeds::kOutputs,
    .is_attention = false,
    .tile = tile,
    .formula = "‖Σ over heads of α · v W_O‖",
    .source = "Kobayashi et al. 2020, arXiv 2004.10102, eq. 5",
    .operations = operations,
};

}  // namespace regard
