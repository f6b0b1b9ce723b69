// Two runs on their way out: how far apart each head reads, and one map of both with what one has more.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/export/formats.h"
#include "core/analysis/divergence.h"
#include "core/analysis/map_query.h"
#include "core/engine/text_run.h"

namespace regard {

/// One of the runs, in words: what it is of and how it was read; empty members are left out of the files.
struct RunInWords {
  std::string model, prompt, syntax, weighting, image;
};

struct ComparedRuns {
  RunInWords first_words, second_words;
  /// Names of Divergence::aligned: the first run's, else the second's.
  std::vector<std::string> names;
  Divergence divergence;
  bool by_number = false;                        // heads in their own order, not the furthest apart first
  MapQuery query;                                // of the map
  std::optional<MapDifference> map;              // nothing: not asked for
  std::shared_ptr<const TextRun> first, second;  // of a figure; null: of pictures, which have none
};

/// JSON: {first, second, positions, rows, heads, layer, head, maps}: `heads` one a line, {layer, head, bits,
/// rows}, layers and heads from 1; `rows` which of `positions` they are of. `map_positions`, of the maps,
/// where words are one or special tokens left out; else those are of `positions`. CSV: a line a head, a
/// column a row. Numbers: float32 [L, H, rows] in bits. A figure: both maps and second - first. Expects two
/// texts for that.
class ComparedRunsExport final : public Exportable {
 public:
  explicit ComparedRunsExport(ComparedRuns runs) : runs_(std::move(runs)) {}
  Result<std::string> json() const override;
  Result<std::string> csv() const override;
  Result<NpyArray> array() const override;
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override;
  /// The heads' distances; of two texts one map of both, too.
  Result<TextPage> page(const Strings& strings) const override;
  NonFinite non_finite() const override;

 private:
  ComparedRuns runs_;
};

}  // namespace regard
