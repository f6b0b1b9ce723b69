// Patches of two pictures of different sizes against a plain loop.
#include "core/analysis/patch_match.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace regard {
namespace {

Matrix random_matrix(int rows, int columns, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Matrix out(rows, columns);
  for (Eigen::Index i = 0; i < out.size(); ++i) out.data()[i] = normal(random);
  return out;
}

double slow_cosine(const Matrix& a, int i, const Matrix& b, int j) {
  double dot = 0, first = 0, second = 0;
  for (int d = 0; d < static_cast<int>(a.cols()); ++d) {
    const double x = static_cast<double>(a(i, d)), y = static_cast<double>(b(j, d));
    dot += x * y;
    first += x * x;
    second += y * y;
  }
  return dot / std::sqrt(first * second);
}

TEST(PatchMatch, EqualsAPlainLoopOnPicturesOfUnequalSizes) {
  const Matrix first = random_matrix(35, 17, 1), second = random_matrix(12, 17, 2);
  for (const auto& [from, to] : {std::pair(&first, &second), std::pair(&second, &first)}) {
    for (int patch = 0; patch < static_cast<int>(from->rows()); ++patch) {
      const auto found = match_patch(*from, patch, *to, 4);
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ(found->cosines.size(), to->rows());
      std::vector<std::pair<double, int>> all;
      double mean = 0;
      for (int j = 0; j < static_cast<int>(to->rows()); ++j) {
        const double cosine = slow_cosine(*from, patch, *to, j);
        EXPECT_NEAR(static_cast<double>(found->cosines(j)), cosine, 1e-6);
        all.emplace_back(-cosine, j);
        mean += cosine / static_cast<double>(to->rows());
      }
      EXPECT_NEAR(found->mean, mean, 1e-6);
      std::ranges::sort(all);
      ASSERT_EQ(found->best.size(), 4u);
      for (std::size_t rank = 0; rank < 4; ++rank) {
        EXPECT_EQ(found->best[rank].patch, all[rank].second);
        int back = 0;
        for (int i = 1; i < static_cast<int>(from->rows()); ++i) {
          if (slow_cosine(*to, all[rank].second, *from, i) > slow_cosine(*to, all[rank].second, *from, back))
            back = i;
        }
        EXPECT_EQ(found->back[rank].patch, back);
      }
    }
  }
}

TEST(PatchMatch, APictureBesideItselfFindsEachPatchAgain) {
  const Matrix picture = random_matrix(9, 6, 3);
  for (int patch = 0; patch < 9; ++patch) {
    const auto found = match_patch(picture, patch, picture, 1);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->best.front().patch, patch);
    EXPECT_NEAR(found->best.front().cosine, 1.0f, 1e-6f);
    EXPECT_EQ(found->back.front().patch, patch);
  }
}

TEST(PatchMatch, TheLengthOfAVectorDoesNotMatter) {
  const Matrix first = random_matrix(3, 5, 4), second = random_matrix(4, 5, 5);
  const auto plain = match_patch(first, 1, second, 4);
  const auto longer = match_patch(first * 1e15f, 1, second * 1e-15f, 4);
  ASSERT_TRUE(plain && longer);
  for (int j = 0; j < 4; ++j) EXPECT_NEAR(plain->cosines(j), longer->cosines(j), 1e-6f);
}

TEST(PatchMatch, EqualsComeInOrderAndWhatHasNoNumberNever) {
  Matrix from(1, 2), to(5, 2);
  from << 1, 0;
  to << 0, 0, 2, 0, 1, 0, std::numeric_limits<float>::quiet_NaN(), 1, 0, 1;
  const auto found = match_patch(from, 0, to, 9);
  ASSERT_TRUE(found);
  EXPECT_TRUE(std::isnan(found->cosines(0)));
  EXPECT_TRUE(std::isnan(found->cosines(3)));
  ASSERT_EQ(found->best.size(), 3u);
  EXPECT_EQ(found->best[0], (PatchMatches::Match{1, 1.0f}));
  EXPECT_EQ(found->best[1], (PatchMatches::Match{2, 1.0f}));
  EXPECT_EQ(found->best[2], (PatchMatches::Match{4, 0.0f}));
  EXPECT_NEAR(found->mean, 2.0 / 3, 1e-12);
}

TEST(PatchMatch, RefusesWhatDoesNotFit) {
  const Matrix a = random_matrix(3, 4, 6), b = random_matrix(3, 5, 7);
  EXPECT_EQ(match_patch(a, 0, b, 1).error().message,
            "patches: expected vectors of 4 numbers in both pictures, got 5");
  EXPECT_EQ(match_patch(a, 3, a, 1).error().message, "patch: expected 1 to 3, got 4");
  EXPECT_EQ(match_patch(a, 0, a, 0).error().message, "matches: expected 1 or more, got 0");
}

}  // namespace
}  // namespace regard
