#include "core/analysis/joint.h"
#include "core/analysis/rollout.h"

#include <gtest/gtest.h>

namespace regard {
namespace {

// Two blocks of two heads over 4 patches (2 x 2) and 2 tokens; every row a distribution that is easy to read.
AttentionRecord record() {
  AttentionRecord out({2, 2, 6, 6, 1});
  for (int layer = 0; layer < 2; ++layer) {
    for (int head = 0; head < 2; ++head) {
      for (int query = 0; query < 6; ++query) {
        for (int key = 0; key < 6; ++key)
          out.attention(layer, head)(query, key) = key == (query + layer + 2 * head) % 6 ? 0.5f : 0.1f;
      }
    }
  }
  return out;
}

TEST(Joint, MeanIsOverTheGivenMapsAlone) {
  const AttentionRecord maps = record();
  const Matrix one = joint_mean(maps, {{1, 0}}, {0, 6, 0, 6});
  EXPECT_EQ(one, Matrix(maps.attention(1, 0)));
  const Matrix tile = joint_mean(maps, {{0, 0}, {1, 1}}, {1, 2, 4, 2});
  EXPECT_NEAR(tile(0, 0), 0.3f, 1e-6f);  // row 1, key 4: block 2 head 2 looks there
  EXPECT_NEAR(tile(0, 1), 0.1f, 1e-6f);
  EXPECT_TRUE(joint_mean(maps, {}, {0, 2, 0, 2}).isZero());
}

TEST(Joint, ImageToTextIsTheMeanFromALayerOn) {
  const AttentionRecord maps = record();
  const auto words = image_to_text(maps, 4, 1);
  ASSERT_TRUE(words.has_value());
  EXPECT_EQ(words->rows(), 2);
  EXPECT_EQ(words->cols(), 4);
  EXPECT_NEAR((*words)(0, 3), 0.3f, 1e-6f);  // patch 3 -> token 4: head 1 of block 2
  EXPECT_FALSE(image_to_text(maps, 7, 0).has_value());
  EXPECT_FALSE(image_to_text(maps, 4, 2).has_value());
}

TEST(Joint, RolloutIsTheProductWithTheResidualAndItsRowsSumToOne) {
  const AttentionRecord maps = record();
  const Matrix rolled = rollout(maps).value();
  Matrix product = Matrix::Identity(6, 6);
  for (int layer = 0; layer < 2; ++layer) {
    const Matrix mean = 0.5f * (Matrix(maps.attention(layer, 0)) + Matrix(maps.attention(layer, 1)));
    product = Matrix(0.5f * (mean + Matrix::Identity(6, 6)) * product);
  }
  EXPECT_LT((rolled - product).cwiseAbs().maxCoeff(), 1e-6f);
  EXPECT_LT((rolled.rowwise().sum().array() - 1.0f).abs().maxCoeff(), 1e-5f);
}

TEST(Joint, IslandsHangTogetherAtCornersAndSmallOnesAreNone) {
  RowVector map(12);
  map << 1, 0, 0, 0,  //
      0, 1, 0, 1,     //
      0, 0, 0, 1;
  EXPECT_EQ(islands(map, 3, 4, 0.5f, 1), (std::vector<int>{1, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 2}));
  map(11) = 0;
  EXPECT_EQ(islands(map, 3, 4, 0.5f, 2), (std::vector<int>{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
}

TEST(Joint, RatioIsOneWhenAPatchReadsEvenly) {
  AttentionRecord maps({1, 1, 5, 5, 1});
  maps.attention(0, 0).setConstant(0.2f);
  EXPECT_NEAR(patch_ratio(maps, 4, 0, {2, 3})(0, 0), 1.0f, 1e-6f);
  maps.attention(0, 0).row(0) << 0.0f, 0.0f, 0.4f, 0.4f, 0.2f;
  EXPECT_NEAR(patch_ratio(maps, 4, 0, {2, 3})(0, 0), 2.0f, 1e-6f);
  EXPECT_EQ(patch_ratio(maps, 4, 0, {})(0, 0), 0.0f);
}

}  // namespace
}  // namespace regard
