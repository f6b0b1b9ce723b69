#include "core/engine/ledger_pool.h"

#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "core/engine/head_survey.h"

namespace regard {

std::vector<PooledCorrelation> pooled_correlations(std::span<const Ledger> ledgers) {
  std::vector<PooledCorrelation> out;
  for (const Removal removal : {Removal::kCut, Removal::kMute, Removal::kOff}) {
    PooledCorrelation one{.removal = removal};
    Ledger all;
    std::vector<double> within;
    for (const Ledger& ledger : ledgers) {
      if (const auto rho = rank_correlation(ledger, removal)) within.push_back(*rho);
      for (const LedgerEntry& entry : ledger.entries) {
        if (entry.removal == removal && entry.effect && std::isfinite(*entry.effect))
          all.entries.push_back(entry);
      }
    }
    one.n = static_cast<int>(all.entries.size());
    if (one.n == 0) continue;
    one.pooled = rank_correlation(all, removal);
    one.ledgers = static_cast<int>(within.size());
    const HeadStatistics statistics = statistics_of(std::move(within));
    one.within = statistics.mean;
    one.within_sd = statistics.sd;
    out.push_back(one);
  }
  return out;
}

std::vector<MeanHead> mean_heads(std::span<const Ledger> ledgers) {
  std::map<std::pair<int, int>, MeanHead> sums;
  for (const Ledger& ledger : ledgers) {
    for (const LedgerEntry& entry : ledger.entries) {
      if (entry.layer < 0 || !entry.effect || !std::isfinite(*entry.effect)) continue;
      MeanHead& head = sums[{entry.layer, entry.head}];
      ++head.n;
      head.attention += entry.attention;
      head.effect += *entry.effect;
    }
  }
  std::vector<MeanHead> out;
  for (const auto& [place, sum] : sums)
    out.push_back({place.first, place.second, sum.n, sum.attention / sum.n, sum.effect / sum.n});
  return out;
}

std::optional<double> rank_correlation(std::span<const MeanHead> heads) {
  Ledger all;
  for (const MeanHead& head : heads)
    all.entries.push_back({.removal = Removal::kOff,
                           .layer = head.layer,
                           .head = head.head,
                           .attention = head.attention,
                           .effect = head.effect});
  return rank_correlation(all, Removal::kOff);
}

}  // namespace regard
