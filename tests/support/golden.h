// Reads what the Python twins computed (tests/golden) and measures how far we are from it.
#pragma once

#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/attention/record.h"
#include "core/formats/safetensors.h"
#include "core/models/clip_text.h"

namespace regard::test {

inline std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(REGARD_TEST_DIR) / "golden" / name;
}

/// A file of tests/golden. Whatever is missing ends the test program: then the golden files themselves are
/// broken.
class Golden {
 public:
  explicit Golden(const std::string& name) : file_(open(name)) {}

  bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  std::vector<std::uint64_t> shape(const std::string& name) const { return file_.find(name)->shape; }
  std::vector<float> values(const std::string& name) const {
    return file_.read_f32(name, file_.find(name)->shape).value();
  }
  std::vector<int> ids(const std::string& name) const {
    const std::vector<float> v = values(name);
    return {v.begin(), v.end()};
  }
  std::string text(const std::string& key) const { return file_.metadata().at(key); }

 private:
  static Safetensors open(const std::string& name) {
    auto file = Safetensors::open(golden_path(name));
    if (!file) ADD_FAILURE() << file.error().message;
    return std::move(file.value());
  }
  Safetensors file_;
};

/// Largest |a - b|; NaN in either counts as infinite. `expected` is row-major.
inline float max_difference(ConstMatrixRef got, const float* expected) {
  float worst = 0.0f;
  for (Eigen::Index r = 0; r < got.rows(); ++r) {
    for (Eigen::Index c = 0; c < got.cols(); ++c) {
      const float d = std::abs(got(r, c) - expected[r * got.cols() + c]);
      worst = d <= worst ? worst : (std::isnan(d) ? std::numeric_limits<float>::infinity() : d);
    }
  }
  return worst;
}

/// Same over all layers and heads. `expected` is [L][H][T][S].
inline float attention_difference(const AttentionRecord& got, const std::vector<float>& expected) {
  const AttentionShape& s = got.shape();
  const std::size_t map = static_cast<std::size_t>(s.queries) * static_cast<std::size_t>(s.keys);
  EXPECT_EQ(expected.size(), map * static_cast<std::size_t>(s.layers * s.heads));
  float worst = 0.0f;
  for (int i = 0; i < s.layers * s.heads; ++i) {
    worst = std::max(worst, max_difference(got.attention(i / s.heads, i % s.heads),
                                           expected.data() + map * static_cast<std::size_t>(i)));
  }
  return worst;
}

/// Every test that compares numbers says how near it came, so that a drift is seen before it fails.
inline void report(const std::string& what, float difference, float tolerance) {
  std::cout << "  " << what << ": maximal difference " << difference << ", tolerance " << tolerance << "\n";
  EXPECT_LE(difference, tolerance) << what;
}

}  // namespace regard::test
