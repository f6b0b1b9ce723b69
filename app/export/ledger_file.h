// A causal ledger on its way out: a line for everything that was taken away.
#pragma once

#include <string>

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
  NonFinite non_finite() const override;

 private:
  const LedgerRun& run_;
  const Ledger& ledger_;
};

}  // namespace regard
