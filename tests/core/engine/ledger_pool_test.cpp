// Ledgers of many prompts taken together, against a plain count of ranks.
#include <gmock/gmock.h>

#include <cmath>
#include <vector>

#include "core/engine/ledger_pool.h"

namespace regard::test {
namespace {

// 1 for the smallest; those alike share the mean of their ranks. O(n^2).
std::vector<double> slow_ranks(const std::vector<double>& values) {
  std::vector<double> out;
  for (const double value : values) {
    double below = 0, same = 0;
    for (const double other : values) {
      below += other < value ? 1 : 0;
      same += other == value ? 1 : 0;
    }
    out.push_back(below + (same + 1) / 2);
  }
  return out;
}

double slow_rho(const std::vector<double>& x, const std::vector<double>& y) {
  const auto a = slow_ranks(x), b = slow_ranks(y);
  const double middle = (static_cast<double>(x.size()) + 1) / 2;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - middle) * (b[i] - middle);
    aa += (a[i] - middle) * (a[i] - middle);
    bb += (b[i] - middle) * (b[i] - middle);
  }
  return ab / std::sqrt(aa * bb);
}

LedgerEntry head(int layer, int index, double attention, std::optional<double> effect) {
  return {.removal = Removal::kOff, .layer = layer, .head = index, .attention = attention, .effect = effect};
}

TEST(LedgerPool, CorrelatesAcrossAndWithinLedgers) {
  const std::vector<double> x{0.1, 0.3, 0.3, 0.7, 0.2}, y{0.5, 0.1, 0.4, 0.9, 0.4};
  const std::vector<double> x2{0.9, 0.4, 0.6}, y2{0.2, 0.3, 0.1};
  std::vector<Ledger> ledgers(2);
  for (std::size_t i = 0; i < x.size(); ++i)
    ledgers[0].entries.push_back(head(0, static_cast<int>(i), x[i], y[i]));
  for (std::size_t i = 0; i < x2.size(); ++i)
    ledgers[1].entries.push_back(head(0, static_cast<int>(i), x2[i], y2[i]));
  ledgers[1].entries.push_back(head(1, 0, 0.5, std::nullopt));  // could not be taken away
  const auto found = pooled_correlations(ledgers);
  ASSERT_EQ(found.size(), 1u) << "nothing was cut or muted";
  EXPECT_EQ(found[0].removal, Removal::kOff);
  EXPECT_EQ(found[0].n, 8);
  std::vector<double> all_x = x, all_y = y;
  all_x.insert(all_x.end(), x2.begin(), x2.end());
  all_y.insert(all_y.end(), y2.begin(), y2.end());
  EXPECT_NEAR(found[0].pooled.value(), slow_rho(all_x, all_y), 1e-12);
  const double first = slow_rho(x, y), second = slow_rho(x2, y2);
  EXPECT_EQ(found[0].ledgers, 2);
  EXPECT_NEAR(found[0].within, (first + second) / 2, 1e-12);
  EXPECT_NEAR(found[0].within_sd, std::abs(first - second) / std::sqrt(2.0), 1e-12);
  const auto heads = mean_heads(ledgers);
  ASSERT_EQ(heads.size(), 5u);
  EXPECT_EQ(heads[1].n, 2);
  EXPECT_NEAR(heads[1].attention, (0.3 + 0.4) / 2, 1e-12);
  EXPECT_NEAR(heads[1].effect, (0.1 + 0.3) / 2, 1e-12);
  std::vector<double> mean_x, mean_y;
  for (const MeanHead& each : heads) {
    mean_x.push_back(each.attention);
    mean_y.push_back(each.effect);
  }
  EXPECT_NEAR(rank_correlation(heads).value(), slow_rho(mean_x, mean_y), 1e-12);
  EXPECT_TRUE(pooled_correlations({}).empty());
}

}  // namespace
}  // namespace regard::test
