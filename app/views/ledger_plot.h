// The causal ledger as a scatter plot: attention across, effect up, a mark for each way of taking away. What
// its entries are called in words. The window and figures draw the same one. Draws nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/i18n/strings.h"
#include "app/views/scatter_plot.h"
#include "app/views/theme_colors.h"
#include "core/engine/ledger.h"

namespace regard {

/// In the order of legends.
std::span<const Removal> removals();
PlotMark removal_mark(Removal removal);
/// Index into the colours of pins.
std::size_t removal_pin(Removal removal);
/// Key of its words in the locale files (+ ".tip").
std::string removal_key(const LedgerRun& run, Removal removal);

/// "chat", "head 2 · 3", "patch 4, 5".
std::string ledger_name(const Strings& strings, const LedgerRun& run, const LedgerEntry& entry);

/// Entries of one removal that have an effect, and how far order by attention is order by effect.
struct RemovalSum {
  Removal removal = Removal::kMute;
  int entries = 0, counted = 0;     // counted: that have an effect
  std::optional<double> rank = {};  // Spearman's; nothing: rank_correlation() has none
};
/// Of every removal that the ledger has. Cost: O(n log n).
std::vector<RemovalSum> removal_sums(const Ledger& ledger);

/// How numbers on the axes are written.
enum class LedgerNumbers {
  kScreen,  // as the language writes them, shares in percent
  kFile,    // fractions with a point, as in every file
};

/// The entry of a point, by the point's id. No head's point (head_plot.h) has such an id: one cursor serves
/// both plots.
constexpr int kFirstEntryId = 1 << 24;
constexpr std::size_t entry_of_point(int id) { return static_cast<std::size_t>(id - kFirstEntryId); }

/// Points of the entries that have an effect.
ScatterPlot ledger_plot(const LedgerRun& run, const Ledger& ledger, const Strings& strings,
                        const ThemeColors& colors, LedgerNumbers numbers);

}  // namespace regard
