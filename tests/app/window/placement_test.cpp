#include "app/window/placement.h"

#include <gtest/gtest.h>

namespace regard {
namespace {

const Screen kSmall{{0, 0}, {1280, 1024}, 1.0};
const Screen kFine{{0, 0}, {2560, 1600}, 2.0};  // 192 dpi
const Screen kSecond{{1280, 0}, {1920, 1080}, 1.0};
constexpr Frame kNone{}, kTitle{2, 30, 2, 2};

TEST(Placement, AnOrdinaryScreenGivesTheSizeThatWasKept) {
  const Placement placed = place_window({1000, 700}, PointPx{100, 50}, {kSmall}, kNone);
  EXPECT_EQ(placed.size, (SizePx{1000, 700}));
  EXPECT_EQ(placed.at, (PointPx{100, 50}));
}

// The fault: each start multiplied by the scale what the last one had kept already multiplied.
TEST(Placement, TheSizeComesBackAtEveryScale) {
  for (const double scale : {1.0, 1.25, 1.5, 2.0, 3.0}) {
    const Screen screen{{0, 0}, {7680, 4320}, scale};
    SizePx units{1280, 800};
    for (int start = 0; start < 5; ++start)
      units = units_of(place_window(units, std::nullopt, {screen}, kNone).size, scale);
    EXPECT_EQ(units, (SizePx{1280, 800})) << scale;
  }
}

TEST(Placement, ItIsNeverLargerThanTheScreenWithItsFrame) {
  for (const Screen& screen :
       {kSmall, kFine, Screen{{0, 40}, {1366, 728}, 1.0}, Screen{{0, 0}, {800, 480}, 2.0}}) {
    for (const SizePx units :
         {SizePx{320, 240}, SizePx{1280, 800}, SizePx{5120, 3200}, SizePx{16384, 16384}}) {
      const Placement placed = place_window(units, std::nullopt, {screen}, kTitle);
      ASSERT_TRUE(placed.at);
      EXPECT_GE(placed.at->x - kTitle.left, screen.at.x);
      EXPECT_GE(placed.at->y - kTitle.top, screen.at.y);
      EXPECT_LE(placed.at->x + placed.size.width + kTitle.right, screen.at.x + screen.size.width);
      EXPECT_LE(placed.at->y + placed.size.height + kTitle.bottom, screen.at.y + screen.size.height);
    }
  }
}

TEST(Placement, ItComesBackToItsScreenAndFromOneThatIsGone) {
  const PointPx there{1500, 100};
  EXPECT_EQ(place_window({800, 600}, there, {kSmall, kSecond}, kNone).at, there);
  const Placement alone = place_window({800, 600}, there, {kSmall}, kNone);
  EXPECT_EQ(alone.at, (PointPx{240, 212})) << "the middle of the screen there is";
  for (const PointPx far : {PointPx{-5000, 0}, PointPx{0, 30000}, PointPx{1'000'000, -1'000'000}}) {
    EXPECT_EQ(place_window({800, 600}, far, {kSmall}, kNone).at, alone.at);
  }
}

TEST(Placement, AWindowPartlyOutsideIsMovedInside) {
  EXPECT_EQ(place_window({800, 600}, PointPx{-100, -20}, {kSmall}, kTitle).at, (PointPx{2, 30}));
  EXPECT_EQ(place_window({800, 600}, PointPx{1000, 900}, {kSmall}, kNone).at, (PointPx{480, 424}));
}

TEST(Placement, WithoutScreensNothingIsKnown) {
  EXPECT_EQ(place_window({800, 600}, PointPx{1, 1}, {}, kNone), (Placement{{800, 600}, std::nullopt}));
}

}  // namespace
}  // namespace regard
