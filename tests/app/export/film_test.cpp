// Films of a picture appearing, without the program around them: every pixel and every millisecond read back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "app/export/film.h"
#include "core/formats/json.h"
#include "core/formats/png.h"
#include "tests/app/export/film_frames.h"
#include "tests/support/temp_folder.h"

namespace regard {
namespace {

using regard::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kWidth = 7, kHeight = 5;

// Three steps of unlike pictures; the last step reaches what it was heading for, as every run does.
PaintRun three_steps() {
  std::mt19937 bits(3);
  const auto picture = [&bits] {
    std::vector<float> out(3 * kWidth * kHeight);
    for (float& v : out) v = static_cast<float>(bits() % 2500) / 1000.0f - 1.25f;  // also beyond [-1, 1]
    return out;
  };
  PaintRun run;
  run.width = kWidth;
  run.height = kHeight;
  run.steps = 3;
  run.x = {picture(), picture(), picture(), picture()};
  run.x0 = {picture(), picture(), run.x.back()};
  return run;
}

using Bytes = std::vector<std::uint8_t>;

Bytes enlarged(const std::vector<float>& x, int scale) {
  const Bytes small = picture_bytes(x, kHeight, kWidth);
  Bytes out;
  for (int row = 0; row < kHeight * scale; ++row) {
    for (int column = 0; column < kWidth * scale; ++column) {
      const auto at = static_cast<std::ptrdiff_t>(3 * (row / scale * kWidth + column / scale));
      out.insert(out.end(), small.begin() + at, small.begin() + at + 3);
    }
  }
  return out;
}

TEST(Film, EveryFrameIsItsStepToThePixel) {
  const PaintRun run = three_steps();
  const auto bytes = film_webp(run, {.scale = 4, .frame_ms = 90, .last_ms = 1500});
  ASSERT_TRUE(bytes.has_value()) << bytes.error().message;
  const Film film = decode_film(*bytes);
  EXPECT_EQ(film.width, 28);
  EXPECT_EQ(film.height, 20);
  EXPECT_EQ(film.loops, 0) << "without end";
  EXPECT_THAT(film.ends_ms, ElementsAre(90, 180, 1680));
  ASSERT_EQ(film.frames.size(), 3u);
  for (std::size_t step = 0; step < 3; ++step)
    EXPECT_EQ(film.frames[step], enlarged(run.x0[step], 4)) << step;
  EXPECT_EQ(film.frames[2], enlarged(run.x.back(), 4)) << "ends with the picture";
}

TEST(Film, ShowsTheNoiseWhenAsked) {
  const PaintRun run = three_steps();
  const auto bytes = film_webp(run, {.shows = FilmShows::kNoise});
  ASSERT_TRUE(bytes.has_value());
  const Film film = decode_film(*bytes);
  EXPECT_THAT(film.ends_ms, ElementsAre(120, 240, 2240));
  ASSERT_EQ(film.frames.size(), 3u);
  for (std::size_t step = 0; step < 3; ++step)
    EXPECT_EQ(film.frames[step], enlarged(run.x[step + 1], 1)) << step;
}

TEST(Film, TheSameTwiceStaysTwiceAsLong) {
  PaintRun run = three_steps();
  run.x0[1] = run.x0[0];
  const auto bytes = film_webp(run, {.frame_ms = 100});
  ASSERT_TRUE(bytes.has_value());
  const Film film = decode_film(*bytes);
  EXPECT_THAT(film.ends_ms, ElementsAre(200, 2200));
}

TEST(Film, OneStepIsAFilmToo) {
  PaintRun run = three_steps();
  run.x.resize(2);
  run.x0.resize(1);
  const auto bytes = film_webp(run, {});
  ASSERT_TRUE(bytes.has_value());
  const auto again = film_webp(run, {});
  EXPECT_EQ(*again, *bytes);
  const Film film = decode_film(*bytes);
  ASSERT_EQ(film.frames.size(), 1u);
  EXPECT_EQ(film.frames[0], enlarged(run.x0[0], 1));
}

TEST(Film, PicturesAreFilesByStep) {
  PaintRun run = three_steps();
  run.first_step = 9;
  run.steps = 12;
  const TempFolder folder;
  FileSet files;
  ASSERT_TRUE(film_pngs(run, {.scale = 2}, folder / "deep/film", files).has_value());
  ASSERT_TRUE(files.commit().has_value());
  for (std::size_t step = 0; step < 3; ++step) {
    const std::string name = "deep/film/step-0" + std::to_string(10 + step) + ".png";
    const auto picture = decode_png(read_file(folder / name, 1 << 20).value(), name);
    ASSERT_TRUE(picture.has_value()) << name;
    EXPECT_EQ(picture->width, 14);
    Bytes rgb;
    for (std::size_t i = 0; i < picture->rgba.size(); i += 4)
      rgb.insert(rgb.end(), &picture->rgba[i], &picture->rgba[i] + 3);
    EXPECT_EQ(rgb, enlarged(run.x0[step], 2));
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "deep/film"), {}), 3);
}

TEST(Film, RefusesWordForWord) {
  const PaintRun run = three_steps();
  const auto wide = film_webp(run, {.scale = 2341});
  ASSERT_FALSE(wide.has_value());
  EXPECT_EQ(wide.error().message, "--scale: expected 1 to 2340 for a film of 7 x 5 pixels, got 2341");
  FileSet files;
  const auto closed = film_pngs(run, {}, "/proc/film-of-mine", files);
  ASSERT_FALSE(closed.has_value());
  EXPECT_THAT(closed.error().message,
              HasSubstr("/proc/film-of-mine: expected a folder or the right to make one, got '"));
}

}  // namespace
}  // namespace regard
