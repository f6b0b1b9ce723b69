// The metrics of a run's heads on their way out: a table, and a plot of all heads with two of them on the
// axes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/export/formats.h"
#include "app/views/head_plot.h"
#include "core/analysis/fuse.h"
#include "core/engine/head_survey.h"

namespace regard {

struct HeadsTable {
  std::string model = {}, input = {};  // input: a prompt or a picture; empty: many inputs alone
  RunKind kind = RunKind::kText;
  std::vector<const HeadMetric*> metrics = {};
  std::vector<Eigen::MatrixXd> values = {};  // [metrics] of [L][H] of the input; empty where it is not there
  std::shared_ptr<const HeadSurvey> survey = {};  // the same metrics over many inputs; null: none
  std::string survey_of = {};                     // what they are
  // Of the plot:
  std::string x = {}, y = {};
  HeadSet chosen = {};
  int layers() const;
  int heads() const;
};

/// JSON: {model, kind, input, metrics: [{name, unit, formula}], heads: [{layer, head, NAME: number}]}; with
/// many inputs each NAME is {value, n, mean, sd, deciles, rank}. CSV: a line a head and metric. Numbers:
/// float32 [metrics][L][H]. What is not there is left out; what is no number is null. Layers and heads count
/// from 1.
class HeadsExport final : public Exportable {
 public:
  explicit HeadsExport(HeadsTable table) : table_(std::move(table)) {}
  Result<std::string> json() const override;
  Result<std::string> csv() const override;
  Result<NpyArray> array() const override;
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override;
  /// Metrics by their names on screen, each in its own unit.
  Result<TextPage> page(const Strings& strings) const override;
  NonFinite non_finite() const override;

 private:
  HeadsTable table_;
};

/// "share", "difference", "bits", "steps", "times".
std::string_view unit_name(MetricUnit unit);

}  // namespace regard
