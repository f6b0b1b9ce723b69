#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "app/settings.h"

namespace regard {
namespace {

class SettingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("regard_settings_" + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(SettingsTest, AFirstStartShowsTheExample) {
  Session first;
  first.doc.prompt = "example";
  const Settings settings = read_settings(folder_, first);
  EXPECT_FALSE(settings.found);
  EXPECT_EQ(settings.session.doc.prompt, "example");
}

TEST_F(SettingsTest, TheNextStartFindsWhatTheLastOneLeft) {
  Settings settings;
  settings.session.doc.prompt = "un chat";
  settings.session.view.theme = Theme::kLight;
  settings.window = {1000, 700};
  settings.window_at = PointPx{-1920, 30};
  settings.welcomed = true;
  ASSERT_TRUE(write_settings(folder_, settings).has_value());
  const Settings read = read_settings(folder_, {});
  EXPECT_TRUE(read.problem.empty());
  EXPECT_EQ(read.session.doc.prompt, "un chat");
  EXPECT_EQ(read.session.view.theme, Theme::kLight);
  EXPECT_EQ(read.window, (SizePx{1000, 700}));
  EXPECT_EQ(read.window_at, (PointPx{-1920, 30}));
  EXPECT_TRUE(read.welcomed);
}

// The start page comes once; who has started before there was one has begun already.
TEST_F(SettingsTest, AFirstStartIsWelcomedOnce) {
  EXPECT_FALSE(read_settings(folder_, {}).welcomed);
  Settings settings;
  ASSERT_TRUE(write_settings(folder_, settings).has_value());
  EXPECT_FALSE(read_settings(folder_, {}).welcomed);
  std::ofstream(folder_ / "settings.json") << "{\"regard_session\":1}";
  EXPECT_TRUE(read_settings(folder_, {}).welcomed);
}

TEST_F(SettingsTest, ABrokenFileIsSetAsideAndStopsNothing) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ / "settings.json") << "{\"regard_session\":1,\"view\":{\"zoom\":\"big\"}}";
  Session first;
  first.doc.prompt = "example";
  const Settings settings = read_settings(folder_, first);
  EXPECT_NE(settings.problem.find("view.zoom"), std::string::npos);
  EXPECT_EQ(settings.session.doc.prompt, "example");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "settings.json.broken"));
}

TEST_F(SettingsTest, AWindowSizeOutOfRangeIsBroughtIntoIt) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ / "settings.json") << "{\"regard_session\":1,\"window\":[1,99999]}";
  EXPECT_EQ(read_settings(folder_, {}).window, (SizePx{640, 16384}));
  std::ofstream(folder_ / "settings.json")
      << "{\"regard_session\":1,\"window\":[99999999999999999,400],\"window_at\":[\"a\",1]}";
  EXPECT_EQ(read_settings(folder_, {}).window, (SizePx{16384, 480}));
  EXPECT_EQ(read_settings(folder_, {}).window_at, std::nullopt);
}

}  // namespace
}  // namespace regard
