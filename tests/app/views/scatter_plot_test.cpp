// Scatter plots as data: axes, ticks, and names that cover nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "app/views/head_plot.h"
#include "app/views/ledger_plot.h"
#include "app/views/scatter_plot.h"
#include "core/engine/ledger.h"
#include "tests/support/built_in.h"

namespace regard {
namespace {

TEST(ScatterPlot, AxesBeginAtZeroAndHaveRoundTicks) {
  std::vector<double> steps;
  const auto number = [&](double value, double step) {
    steps.push_back(step);
    return std::to_string(value);
  };
  const PlotAxis axis = axis_between("words", 0.2, 0.83, number);
  EXPECT_EQ(axis.low, 0.0);
  EXPECT_NEAR(axis.high, 0.83 * 1.06, 1e-12);
  ASSERT_EQ(axis.ticks.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(axis.ticks[i].value, 0.2 * static_cast<double>(i), 1e-12);
  EXPECT_NEAR(steps.front(), 0.2, 1e-12);
  EXPECT_EQ(tick_decimals(0.2), 1);
  EXPECT_EQ(tick_decimals(5.0), 0);
  EXPECT_EQ(tick_decimals(2e-4), 4);
  EXPECT_LT(axis_between("", -1.0, 1.0, number).low, -1.0);
  EXPECT_GT(axis_between("", 0.0, 0.0, number).high, 0.0);
}

TEST(ScatterPlot, NamesCoverNeitherPointsNorNames) {
  ScatterPlot plot;
  plot.x = {.low = 0, .high = 1};
  plot.y = {.low = 0, .high = 1};
  for (int i = 0; i < 120; ++i)
    plot.points.push_back(
        {.x = (i * 37 % 120) / 120.0, .y = (i * 53 % 120) / 120.0, .label = "name", .id = i});
  plot.points[7].chosen = true;
  const PlotRoom room{.left = 10, .top = 20, .width = 500, .height = 300};
  constexpr double kReach = 4, kWidth = 30, kHeight = 12;
  const auto placed = place_labels(plot, room, kReach, 3, [&](int) { return std::pair(kWidth, kHeight); });
  ASSERT_FALSE(placed.empty());
  EXPECT_LE(placed.size(), 40u);
  EXPECT_EQ(placed[0].point, 3);
  EXPECT_EQ(placed[1].point, 7);
  for (const PlacedLabel& label : placed) {
    EXPECT_GE(label.x, room.left);
    EXPECT_LE(label.x + kWidth, room.left + room.width);
    for (const ScatterPoint& point : plot.points) {
      const double x = room.x(plot.x, point.x), y = room.y(plot.y, point.y);
      const bool apart = x + kReach <= label.x || x - kReach >= label.x + kWidth || y + kReach <= label.y ||
                         y - kReach >= label.y + kHeight;
      EXPECT_TRUE(apart) << label.point << " covers " << point.id;
    }
    for (const PlacedLabel& other : placed) {
      if (other.point == label.point) continue;
      EXPECT_TRUE(std::abs(other.x - label.x) >= kWidth || std::abs(other.y - label.y) >= kHeight);
    }
  }
}

TEST(ScatterPlot, ALedgersPointsAreItsEntriesInEveryLanguage) {
  const auto run = run_text(
      {.model = test::built_in_text_model(), .prompt = "un chat rouge", .weighting = Weighting::kNone});
  ASSERT_TRUE(run);
  Ledger ledger = run_ledger(*run).value();
  ledger.entries[2].effect.reset();  // it could not be taken away
  for (const char* code : {"en", "es", "fr"}) {
    const Strings strings = Strings::load(code);
    for (const LedgerNumbers numbers : {LedgerNumbers::kScreen, LedgerNumbers::kFile}) {
      const ScatterPlot plot = ledger_plot(*run, ledger, strings, theme_colors(Theme::kLight), numbers);
      ASSERT_EQ(plot.points.size(), ledger.entries.size() - 1);
      std::set<int> ids;
      for (const ScatterPoint& point : plot.points) {
        const LedgerEntry& entry = ledger.entries[entry_of_point(point.id)];
        EXPECT_EQ(point.x, entry.attention);
        EXPECT_EQ(point.y, *entry.effect);
        EXPECT_EQ(point.mark, removal_mark(entry.removal));
        EXPECT_GT(point.id, point_id(4095, 4095)) << "no head has it";
        ids.insert(point.id);
      }
      EXPECT_EQ(ids.size(), plot.points.size());
      EXPECT_EQ(plot.points[1].label, "chat");
      const std::string tick = plot.x.ticks.back().text;
      if (numbers == LedgerNumbers::kScreen) {
        EXPECT_NE(tick.find('%'), std::string::npos) << tick;
      }
      if (numbers == LedgerNumbers::kFile) {
        EXPECT_EQ(tick.find_first_of("%,"), std::string::npos) << tick;
      }
    }
  }
  const auto sums = removal_sums(ledger);
  ASSERT_EQ(sums.size(), 3u);
  EXPECT_EQ(sums[0].entries, 3);
  EXPECT_EQ(sums[0].counted, 2);
  EXPECT_FALSE(sums[0].rank) << "of two there is none";
  EXPECT_EQ(sums[2].counted, 16);
  EXPECT_TRUE(sums[2].rank);
}

}  // namespace
}  // namespace regard
