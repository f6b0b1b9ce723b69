#include "core/analysis/contribution.h"

#include <cmath>
#include <utility>

#include "core/base/check.h"
#include "core/tensor/cosine.h"

namespace regard {
namespace {

// W_O^h with the gain in it. [E][D]
Matrix head_rows(const AttentionRecord& record, int head, const OutputProjection& output) {
  const int width = record.shape().head_width;
  Matrix rows = rows_of_inputs(output.projection, head * width, width);
  if (output.gain.size() > 0) rows.array().rowwise() *= output.gain.array();
  return rows;
}

}  // namespace

Matrix weighing_tile(const AttentionRecord& record, int layer, int head, int row0, int rows, int col0,
                     int cols) {
  if (record.is_off(layer, head)) return Matrix::Zero(rows, cols);
  if (record.passed_mean(layer, head) == nullptr)
    return record.attention_tile(layer, head, row0, rows, col0, cols);
  const Matrix all = record.attention_tile(layer, head, 0, record.shape().queries, col0, cols);
  return RowVector(all.colwise().mean()).replicate(rows, 1);
}

RowVector head_output(const AttentionRecord& record, int layer, int head, int query) {
  if (record.is_off(layer, head)) return RowVector::Zero(record.shape().head_width);
  if (const RowVector* mean = record.passed_mean(layer, head)) return *mean;
  return record.attention_row(layer, head, query) * record.value(layer, head);
}

RowVector written_part(const AttentionRecord& record, int layer, int head, int query,
                       const RowVector& passed) {
  const OutputProjection* output = record.output(layer, query);
  if (output == nullptr) return {};
  return passed * head_rows(record, head, *output);
}

RowVector output_bias(const AttentionRecord& record, int layer, int query) {
  const OutputProjection* output = record.output(layer, query);
  if (output == nullptr) return {};
  if (output->gain.size() == 0) return output->projection.bias;
  return output->projection.bias.cwiseProduct(output->gain);
}

RowVector attention_added(const AttentionRecord& record, int layer, int query) {
  RowVector sum = output_bias(record, layer, query);
  for (int head = 0; sum.size() > 0 && head < record.shape().heads; ++head)
    sum += written_part(record, layer, head, query, head_output(record, layer, head, query));
  return sum;
}

Matrix written_values(const AttentionRecord& record, int layer, int head, const OutputProjection& output,
                      int first, int count) {
  Matrix out(count, output.projection.bias.size());
  multiply(record.value(layer, head).middleRows(first, count), pack(head_rows(record, head, output)), nullptr,
           out);
  return out;
}

CellCalculation calculate_cell(const AttentionRecord& record, int layer, int head, int query, int key) {
  CellCalculation cell{.layer = layer, .head = head, .query = query, .key = key};
  cell.q = record.query(layer, head).row(query);
  cell.k = record.key(layer, head).row(key);
  cell.products = cell.q.cwiseProduct(cell.k);
  cell.dot = cell.products.sum();
  cell.scaled = cell.dot / std::sqrt(static_cast<float>(record.shape().head_width));
  const bool changed = query < record.changed_queries();
  if (changed && record.key_bias().size() > 0) cell.bias = record.key_bias()(key);
  if (changed && record.key_factor().size() > 0) cell.factor = record.key_factor()(key);
  cell.readable = record.readable(query, key);
  cell.is_off = record.is_off(layer, head);
  cell.scores = record.scores_row(layer, head, query);
  cell.attention = record.attention_row(layer, head, query);
  cell.value = record.value(layer, head).row(key);
  cell.is_mean = record.passed_mean(layer, head) != nullptr;
  if (cell.is_mean) {
    cell.mean_row = weighing_tile(record, layer, head, query, 1, 0, record.shape().keys);
    cell.own = cell.attention * record.value(layer, head);
  }
  cell.weighted = cell.is_off ? RowVector(RowVector::Zero(cell.value.size()))
                              : RowVector(cell.weighing()(key) * cell.value);
  cell.passed = head_output(record, layer, head, query);
  cell.key_written = written_part(record, layer, head, query, cell.weighted);
  cell.written = written_part(record, layer, head, query, cell.passed);
  cell.bias_written = output_bias(record, layer, query);
  cell.added = attention_added(record, layer, query);
  if (const Matrix* stream = record.stream(layer)) cell.stream = stream->row(query);
  return cell;
}

float cosine_between(const RowVector& a, const RowVector& b) {
  if (a.size() != b.size() || a.size() == 0) return 0.0f;
  const double likeness = cosine(a, b);
  return std::isnan(likeness) ? 0.0f : static_cast<float>(likeness);
}

}  // namespace regard
