#include "app/views/cell_cache.h"

namespace regard {
namespace {

bool same_record(const std::weak_ptr<const AttentionRecord>& kept,
                 const std::shared_ptr<const AttentionRecord>& now) {
  return !kept.expired() && !kept.owner_before(now) && !now.owner_before(kept);
}

}  // namespace

const CellCalculation& CellCache::of(const std::shared_ptr<const AttentionRecord>& record, int layer,
                                     int head, int query, int key) {
  const bool same_row =
      same_record(record_, record) && cell_.layer == layer && cell_.head == head && cell_.query == query;
  if (same_row && cell_.key == key) return cell_;
  if (!same_row) {
    read_.resize(0);
    written_.resize(0);
  }
  record_ = record;
  cell_ = calculate_cell(*record, layer, head, query, key);
  return cell_;
}

const RowVector& CellCache::read_lengths() {
  const auto record = record_.lock();
  if (read_.size() > 0 || record == nullptr) return read_;
  const RowVector lengths = record->value(cell_.layer, cell_.head).rowwise().norm().transpose();
  read_ = cell_.is_off ? RowVector(RowVector::Zero(lengths.size()))
                       : RowVector(cell_.weighing().cwiseProduct(lengths));
  return read_;
}

const RowVector& CellCache::written_lengths() {
  const auto record = record_.lock();
  if (written_.size() > 0 || record == nullptr) return written_;
  const OutputProjection* output = record->output(cell_.layer, cell_.query);
  if (output == nullptr) return written_;
  const int keys = record->shape().keys;
  const RowVector lengths =
      written_values(*record, cell_.layer, cell_.head, *output, 0, keys).rowwise().norm().transpose();
  written_ =
      cell_.is_off ? RowVector(RowVector::Zero(keys)) : RowVector(cell_.weighing().cwiseProduct(lengths));
  return written_;
}

}  // namespace regard
