#include "core/attention/record.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/attention/attend.h"
#include "core/base/check.h"
#include "core/tensor/huge_page_wish.h"
#include "core/tensor/linear.h"
#include "core/tensor/ops.h"
#include "core/tensor/threads.h"

namespace regard {

namespace {

std::size_t size(int n) { return static_cast<std::size_t>(n); }

}  // namespace

AttentionRecord::AttentionRecord(const AttentionShape& shape, double kept_bytes)
    : shape_(shape), changed_queries_(shape.queries) {
  REGARD_CHECK(shape.layers >= 0 && shape.heads >= 0 && shape.queries >= 0 && shape.keys >= 0 &&
               shape.head_width >= 0);
  const std::size_t maps = size(shape.layers) * size(shape.heads);
  const std::size_t map = size(shape.queries) * size(shape.keys);
  keeps_maps_ = 2.0 * sizeof(float) * static_cast<double>(maps) * static_cast<double>(map) <= kept_bytes;
  std::size_t end = 0;
  const auto place = [&end](std::size_t count) {
    constexpr std::size_t kLine = 32;  // each begins on a line of its own
    return std::exchange(end, end + (count + kLine - 1) / kLine * kLine);
  };
  scores_ = place(keeps_maps_ ? maps * map : 0);
  attention_ = place(keeps_maps_ ? maps * map : 0);
  row_max_ = place(keeps_maps_ ? 0 : maps * size(shape.queries));
  row_sum_ = place(keeps_maps_ ? 0 : maps * size(shape.queries));
  query_ = place(maps * size(shape.queries) * size(shape.head_width));
  key_ = place(maps * size(shape.keys) * size(shape.head_width));
  value_ = place(maps * size(shape.keys) * size(shape.head_width));
  numbers_->resize(end);  // all 0
}

AttentionRecord AttentionRecord::first_layers(int layers) const {
  REGARD_CHECK(0 <= layers && layers <= shape_.layers);
  AttentionRecord out(*this);
  out.shape_.layers = layers;
  if (!out.outputs_.empty()) out.outputs_.resize(size(layers));
  std::erase_if(out.off_, [layers](const auto& head) { return head.first >= layers; });
  std::erase_if(out.means_, [layers](const auto& mean) { return mean.first.first >= layers; });
  out.streams_.reset();
  return out;
}

std::size_t AttentionRecord::map_offset(int layer, int head) const {
  REGARD_CHECK(keeps_maps_);
  REGARD_CHECK(0 <= layer && layer < shape_.layers && 0 <= head && head < shape_.heads);
  return (size(layer) * size(shape_.heads) + size(head)) * size(shape_.queries) * size(shape_.keys);
}

std::size_t AttentionRecord::query_offset(int layer, int head) const {
  REGARD_CHECK(0 <= layer && layer < shape_.layers && 0 <= head && head < shape_.heads);
  return (size(layer) * size(shape_.heads) + size(head)) * size(shape_.queries) * size(shape_.head_width);
}

std::size_t AttentionRecord::key_offset(int layer, int head) const {
  REGARD_CHECK(0 <= layer && layer < shape_.layers && 0 <= head && head < shape_.heads);
  return (size(layer) * size(shape_.heads) + size(head)) * size(shape_.keys) * size(shape_.head_width);
}

std::size_t AttentionRecord::row_offset(int layer, int head) const {
  REGARD_CHECK(!keeps_maps_);
  REGARD_CHECK(0 <= layer && layer < shape_.layers && 0 <= head && head < shape_.heads);
  return (size(layer) * size(shape_.heads) + size(head)) * size(shape_.queries);
}

void AttentionRecord::check_tile(int row0, int rows, int col0, int cols) const {
  REGARD_CHECK(0 <= row0 && 0 <= rows && rows <= shape_.queries - row0);
  REGARD_CHECK(0 <= col0 && 0 <= cols && cols <= shape_.keys - col0);
}

// The tile of `out`'s size at row0, col0. Sums run over E in order however the tile is cut, so every way to
// ask for a score gives the same bits.
void AttentionRecord::compute_scores(int layer, int head, int row0, int col0, MatrixRef out) const {
  const Matrix q = scaled_queries(*this, layer, head, row0, out.rows());
  const auto k = key(layer, head).middleRows(col0, out.cols());
  if (out.rows() == 1) {
    // Packing one query costs less than packing every key.
    multiply(k, pack_transposed(q), nullptr, MatrixMap(out.data(), out.cols(), 1));
  } else {
    multiply(q, pack_transposed(k), nullptr, out);
  }
  finish_scores(*this, layer, head, row0, col0, out);
}

// Scores to attention, in place.
void AttentionRecord::compute_attention(int layer, int head, int row0, int col0, MatrixRef scores) const {
  const std::size_t at = row_offset(layer, head) + size(row0);
  for (Eigen::Index r = 0; r < scores.rows(); ++r) {
    const std::size_t row = at + static_cast<std::size_t>(r);
    softmax_row_known(scores.row(r), {(*numbers_)[row_max_ + row], (*numbers_)[row_sum_ + row]},
                      scores.row(r));
  }
  if (key_factor_.size() > 0) {
    const Eigen::Index changed = std::clamp<Eigen::Index>(changed_queries_ - row0, 0, scores.rows());
    scores.topRows(changed).array().rowwise() *= key_factor_.segment(col0, scores.cols()).transpose().array();
  }
}

Matrix AttentionRecord::scores_tile(int layer, int head, int row0, int rows, int col0, int cols) const {
  check_tile(row0, rows, col0, cols);
  if (keeps_maps_) return scores(layer, head).block(row0, col0, rows, cols);
  Matrix out(rows, cols);
  compute_scores(layer, head, row0, col0, out);
  return out;
}

Matrix AttentionRecord::attention_tile(int layer, int head, int row0, int rows, int col0, int cols) const {
  check_tile(row0, rows, col0, cols);
  if (keeps_maps_) return attention(layer, head).block(row0, col0, rows, cols);
  Matrix out(rows, cols);
  wish_huge_pages(out.data(), sizeof(float) * static_cast<std::size_t>(out.size()));
  if (rows == 1) {
    compute_scores(layer, head, row0, col0, out);
    compute_attention(layer, head, row0, col0, out);
    return out;
  }
  // Some rows at a time, so that their scores (0.4 MB of 4429 keys) are still in the L2 cache when they
  // become attention; a multiple of the AVX2 kernel's block height.
  constexpr int kRows = 24;
  const PackedMatrix keys = pack_transposed(key(layer, head).middleRows(col0, cols));
  const double flops = kRows * cols * (2.0 * shape_.head_width + 16.0);
  parallel_for((rows + kRows - 1) / kRows, grain_of(flops), [&](int begin, int end) {
    for (int at = begin * kRows; at < std::min(rows, end * kRows); at += kRows) {
      auto some = out.middleRows(at, std::min(kRows, rows - at));
      multiply(scaled_queries(*this, layer, head, row0 + at, some.rows()), keys, nullptr, some);
      finish_scores(*this, layer, head, row0 + at, col0, some);
      compute_attention(layer, head, row0 + at, col0, some);
    }
  });
  return out;
}

RowVector AttentionRecord::attention_row(int layer, int head, int query) const {
  return attention_tile(layer, head, query, 1, 0, shape_.keys);
}

Vector AttentionRecord::attention_column(int layer, int head, int key) const {
  return attention_tile(layer, head, 0, shape_.queries, key, 1);
}

Matrix AttentionRecord::attention_map(int layer, int head) const {
  return attention_tile(layer, head, 0, shape_.queries, 0, shape_.keys);
}

RowVector AttentionRecord::scores_row(int layer, int head, int query) const {
  return scores_tile(layer, head, query, 1, 0, shape_.keys);
}

Matrix AttentionRecord::scores_map(int layer, int head) const {
  return scores_tile(layer, head, 0, shape_.queries, 0, shape_.keys);
}

ConstMatrixMap AttentionRecord::scores(int layer, int head) const {
  return {numbers_->data() + scores_ + map_offset(layer, head), shape_.queries, shape_.keys};
}

ConstMatrixMap AttentionRecord::attention(int layer, int head) const {
  return {numbers_->data() + attention_ + map_offset(layer, head), shape_.queries, shape_.keys};
}

ConstMatrixMap AttentionRecord::query(int layer, int head) const {
  return {numbers_->data() + query_ + query_offset(layer, head), shape_.queries, shape_.head_width};
}

ConstMatrixMap AttentionRecord::key(int layer, int head) const {
  return {numbers_->data() + key_ + key_offset(layer, head), shape_.keys, shape_.head_width};
}

ConstMatrixMap AttentionRecord::value(int layer, int head) const {
  return {numbers_->data() + value_ + key_offset(layer, head), shape_.keys, shape_.head_width};
}

MatrixMap AttentionRecord::scores(int layer, int head) {
  return {numbers_->data() + scores_ + map_offset(layer, head), shape_.queries, shape_.keys};
}

MatrixMap AttentionRecord::attention(int layer, int head) {
  return {numbers_->data() + attention_ + map_offset(layer, head), shape_.queries, shape_.keys};
}

MatrixMap AttentionRecord::query(int layer, int head) {
  return {numbers_->data() + query_ + query_offset(layer, head), shape_.queries, shape_.head_width};
}

MatrixMap AttentionRecord::key(int layer, int head) {
  return {numbers_->data() + key_ + key_offset(layer, head), shape_.keys, shape_.head_width};
}

MatrixMap AttentionRecord::value(int layer, int head) {
  return {numbers_->data() + value_ + key_offset(layer, head), shape_.keys, shape_.head_width};
}

Eigen::Map<Vector> AttentionRecord::row_max(int layer, int head) {
  return {numbers_->data() + row_max_ + row_offset(layer, head), shape_.queries};
}

Eigen::Map<Vector> AttentionRecord::row_sum(int layer, int head) {
  return {numbers_->data() + row_sum_ + row_offset(layer, head), shape_.queries};
}

void AttentionRecord::set_key_bias(Vector bias) {
  REGARD_CHECK(bias.size() == 0 || bias.size() == shape_.keys);
  key_bias_ = std::move(bias);
}

void AttentionRecord::set_key_factor(Vector factor) {
  REGARD_CHECK(factor.size() == 0 || factor.size() == shape_.keys);
  key_factor_ = std::move(factor);
  rows_sum_to_one_ = (key_factor_.array() == 1.0f).all();
}

void AttentionRecord::set_changed_queries(int count) {
  REGARD_CHECK(0 <= count && count <= shape_.queries);
  changed_queries_ = count;
}

const std::vector<OutputProjection>& AttentionRecord::outputs(int layer) const {
  static const std::vector<OutputProjection> kNone;
  REGARD_CHECK(0 <= layer && layer < shape_.layers);
  return outputs_.empty() ? kNone : outputs_[size(layer)];
}

const OutputProjection* AttentionRecord::output(int layer, int query) const {
  for (const OutputProjection& each : outputs(layer)) {
    if (query >= each.first && query < each.first + each.count) return &each;
  }
  return nullptr;
}

bool AttentionRecord::is_off(int layer, int head) const {
  return std::ranges::find(off_, std::pair(layer, head)) != off_.end();
}

const RowVector* AttentionRecord::passed_mean(int layer, int head) const {
  const auto found = means_.find({layer, head});
  return found == means_.end() || is_off(layer, head) ? nullptr : &found->second;
}

const Matrix* AttentionRecord::stream(int layer) const {
  REGARD_CHECK(0 <= layer && layer <= shape_.layers);
  return streams_ == nullptr || size(layer) >= streams_->size() ? nullptr : &(*streams_)[size(layer)];
}

void AttentionRecord::add_output(int layer, OutputProjection output) {
  REGARD_CHECK(0 <= layer && layer < shape_.layers && output.first >= 0 &&
               output.count <= shape_.queries - output.first);
  outputs_.resize(size(shape_.layers));
  outputs_[size(layer)].push_back(std::move(output));
}

void AttentionRecord::take_layers(const AttentionRecord& from, int layers) {
  REGARD_CHECK(from.shape_ == shape_ && from.keeps_maps_ == keeps_maps_ && 0 <= layers &&
               layers <= shape_.layers);
  if (layers == 0) return;
  const std::size_t maps = size(layers) * size(shape_.heads), queries = size(shape_.queries);
  const std::size_t width = size(shape_.head_width), keys = size(shape_.keys);
  const auto take = [&](std::size_t at, std::size_t count) {  // places are those of equal shapes
    std::copy_n(from.numbers_->begin() + static_cast<std::ptrdiff_t>(at), count,
                numbers_->begin() + static_cast<std::ptrdiff_t>(at));
  };
  if (keeps_maps_) {
    take(scores_, maps * queries * keys);
    take(attention_, maps * queries * keys);
  } else {
    take(row_max_, maps * queries);
    take(row_sum_, maps * queries);
  }
  take(query_, maps * queries * width);
  take(key_, maps * keys * width);
  take(value_, maps * keys * width);
  if (!from.outputs_.empty()) {
    outputs_.resize(size(shape_.layers));
    std::copy_n(from.outputs_.begin(), layers, outputs_.begin());
  }
  for (const auto& [head, mean] : from.means_) {
    if (head.first < layers) means_[head] = mean;
  }
}

void AttentionRecord::set_off(int layer, int head) {
  if (!is_off(layer, head)) off_.emplace_back(layer, head);
}

void AttentionRecord::set_passed_mean(int layer, int head, RowVector mean) {
  REGARD_CHECK(0 <= layer && layer < shape_.layers && 0 <= head && head < shape_.heads);
  REGARD_CHECK(mean.size() == shape_.head_width);
  means_[{layer, head}] = std::move(mean);
}

void AttentionRecord::set_cut_edges(std::vector<CutEdge> edges) { cut_edges_ = std::move(edges); }

bool AttentionRecord::readable(int query, int key) const {
  REGARD_CHECK(0 <= query && query < shape_.queries && 0 <= key && key < shape_.keys);
  if (causal_ && key > query) return false;
  if (std::ranges::find(cut_edges_, CutEdge{.query = query, .key = key}) != cut_edges_.end()) return false;
  return query >= changed_queries_ || key_bias_.size() == 0 ||
         key_bias_(key) != -std::numeric_limits<float>::infinity();
}

}  // namespace regard
