#include "app/views/ledger_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace regard {
namespace {

constexpr std::array kRemovals{Removal::kCut, Removal::kMute, Removal::kOff};

bool is_text(const LedgerRun& run) { return std::holds_alternative<std::shared_ptr<const TextRun>>(run); }
bool is_picture(const LedgerRun& run) {
  return std::holds_alternative<std::shared_ptr<const VisionRun>>(run);
}
bool is_drawing(const LedgerRun& run) { return !is_text(run) && !is_picture(run); }

}  // namespace

std::span<const Removal> removals() { return kRemovals; }

PlotMark removal_mark(Removal removal) {
  switch (removal) {
    case Removal::kCut:
      return PlotMark::kDiamond;
    case Removal::kMute:
      return PlotMark::kCircle;
    case Removal::kOff:
      break;
  }
  return PlotMark::kSquare;
}

std::size_t removal_pin(Removal removal) {
  return removal == Removal::kCut ? 1 : removal == Removal::kMute ? 0 : 2;
}

std::string removal_key(const LedgerRun& run, Removal removal) {
  switch (removal) {
    case Removal::kCut:
      return is_text(run) ? "ledger.cut.text" : "ledger.cut";
    case Removal::kMute:
      return is_picture(run) ? "ledger.mute.patch" : "ledger.mute";
    case Removal::kOff:
      break;
  }
  return "ledger.off";
}

std::string ledger_name(const Strings& strings, const LedgerRun& run, const LedgerEntry& entry) {
  if (entry.word_index >= 0) return entry.word;
  if (entry.layer >= 0) return strings.format("ledger.head", entry.layer + 1, entry.head + 1);
  const auto& picture = std::get<std::shared_ptr<const VisionRun>>(run);
  const Position& patch = picture->trace.prompt.positions[static_cast<std::size_t>(entry.patch)];
  return strings.format("ledger.patch", patch.column + 1, patch.row + 1);
}

std::vector<RemovalSum> removal_sums(const Ledger& ledger) {
  std::vector<RemovalSum> out;
  for (const Removal removal : kRemovals) {
    RemovalSum sum{.removal = removal};
    for (const LedgerEntry& entry : ledger.entries) {
      if (entry.removal != removal) continue;
      ++sum.entries;
      if (entry.effect) ++sum.counted;
    }
    if (sum.entries == 0) continue;
    sum.rank = rank_correlation(ledger, removal);
    out.push_back(sum);
  }
  return out;
}

ScatterPlot ledger_plot(const LedgerRun& run, const Ledger& ledger, const Strings& strings,
                        const ThemeColors& colors, LedgerNumbers numbers) {
  ScatterPlot out;
  for (std::size_t i = 0; i < ledger.entries.size(); ++i) {
    const LedgerEntry& entry = ledger.entries[i];
    if (!entry.effect || !std::isfinite(*entry.effect) || !std::isfinite(entry.attention)) continue;
    out.points.push_back({.x = entry.attention,
                          .y = *entry.effect,
                          .label = ledger_name(strings, run, entry),
                          .id = kFirstEntryId + static_cast<int>(i),
                          .color = colors.pins[removal_pin(entry.removal)],
                          .mark = removal_mark(entry.removal)});
  }
  const bool screen = numbers == LedgerNumbers::kScreen;
  const auto plain = [&](double value, double step) {
    const int decimals = tick_decimals(step);
    return screen ? strings.number(value, decimals) : fmt::format("{:.{}f}", value, decimals);
  };
  const auto share = [&](double value, double step) {
    return screen ? strings.percent(value, std::max(0, tick_decimals(step) - 2)) : plain(value, step);
  };
  const bool drawing = is_drawing(run);
  const auto [low_x, high_x] = range_of(out.points, &ScatterPoint::x);
  const auto [low_y, high_y] = range_of(out.points, &ScatterPoint::y);
  out.x = axis_between(strings("ledger.read"), low_x, high_x, share);
  const char* const matters = drawing ? "ledger.matters.drawing" : "ledger.matters";
  out.y = drawing ? axis_between(strings(matters), low_y, high_y, share)
                  : axis_between(strings(matters), low_y, high_y, plain);
  return out;
}

}  // namespace regard
