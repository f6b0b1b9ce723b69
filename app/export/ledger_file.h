// A causal ledger on its way out: a line for everything that was taken away.
#pragma once

#include <string>
#include <vector>

#include "app/export/formats.h"
#include "core/engine/ledger.h"

namespace regard {

/// Refers to the ledger, which must outlive it. Layers and heads from 1; patches by column and row, from 1.
class LedgerFile final : public Exportable {
 public:
  LedgerFile(const LedgerRun& run, const Ledger& ledger) : run_(run), ledger_(ledger) {}
  /// {"model", "prompt" or none, "of", "effect", "rank_correlation", "entries": [...]}
  Result<std::string> json() const override;
  /// removal,word,column,row,layer,head,attention,effect,problem
  Result<std::string> csv() const override;
  /// Attention across, effect up; words, patches and heads with their names where there is room, as many as
  /// n says; Spearman's rank correlation of each removal.
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override;
  Result<TextPage> page(const Strings& strings) const override;
  NonFinite non_finite() const override;

 private:
  const LedgerRun& run_;
  const Ledger& ledger_;
};

/// Ledgers of many prompts: {"model", "of", "inputs", "prompts", "correlations": [{removal, n, pooled,
/// ledgers, within, within_sd}], "heads": {n, rank_correlation, heads: [{layer, head, n, attention,
/// effect}]}}
std::string many_ledgers_json(const std::string& model, const std::string& of, const std::string& inputs,
                              const std::vector<Ledger>& ledgers);

}  // namespace regard
