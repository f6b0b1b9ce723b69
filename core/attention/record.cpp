#include "core/attention/record.h"

#include <limits>
#include <utility>

#include "core/base/check.h"

namespace regard {

namespace {

std::size_t size(int n) { return static_cast<std::size_t>(n); }

}  // namespace

AttentionRecord::AttentionRecord(const AttentionShape& shape) : shape_(shape) {
  REGARD_CHECK(shape.layers >= 0 && shape.heads >= 0 && shape.queries >= 0 && shape.keys >= 0 &&
               shape.head_width >= 0);
  const std::size_t maps = size(shape.layers) * size(shape.heads);
  scores_.resize(maps * size(shape.queries) * size(shape.keys));
  attention_.resize(scores_.size());
  query_.resize(maps * size(shape.queries) * size(shape.head_width));
  key_.resize(maps * size(shape.keys) * size(shape.head_width));
  value_.resize(key_.size());
}

std::size_t AttentionRecord::map_offset(int layer, int head) const {
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

ConstMatrixMap AttentionRecord::scores(int layer, int head) const {
  return {scores_.data() + map_offset(layer, head), shape_.queries, shape_.keys};
}

ConstMatrixMap AttentionRecord::attention(int layer, int head) const {
  return {attention_.data() + map_offset(layer, head), shape_.queries, shape_.keys};
}

ConstMatrixMap AttentionRecord::query(int layer, int head) const {
  return {query_.data() + query_offset(layer, head), shape_.queries, shape_.head_width};
}

ConstMatrixMap AttentionRecord::key(int layer, int head) const {
  return {key_.data() + key_offset(layer, head), shape_.keys, shape_.head_width};
}

ConstMatrixMap AttentionRecord::value(int layer, int head) const {
  return {value_.data() + key_offset(layer, head), shape_.keys, shape_.head_width};
}

MatrixMap AttentionRecord::scores(int layer, int head) {
  return {scores_.data() + map_offset(layer, head), shape_.queries, shape_.keys};
}

MatrixMap AttentionRecord::attention(int layer, int head) {
  return {attention_.data() + map_offset(layer, head), shape_.queries, shape_.keys};
}

MatrixMap AttentionRecord::query(int layer, int head) {
  return {query_.data() + query_offset(layer, head), shape_.queries, shape_.head_width};
}

MatrixMap AttentionRecord::key(int layer, int head) {
  return {key_.data() + key_offset(layer, head), shape_.keys, shape_.head_width};
}

MatrixMap AttentionRecord::value(int layer, int head) {
  return {value_.data() + key_offset(layer, head), shape_.keys, shape_.head_width};
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

bool AttentionRecord::readable(int query, int key) const {
  REGARD_CHECK(0 <= query && query < shape_.queries && 0 <= key && key < shape_.keys);
  if (causal_ && key > query) return false;
  return key_bias_.size() == 0 || key_bias_(key) != -std::numeric_limits<float>::infinity();
}

}  // namespace regard
