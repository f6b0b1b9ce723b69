// The packed kernel against its plain Eigen twin.
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <hwy/targets.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "core/tensor/linear.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

struct Shape {
  int rows, in, out;
};

// x in [-1, 1], W in [-1, 1]: a sum of `in` products of size up to 1.
Linear random_layer(int in, int out) { return {Matrix::Random(out, in), RowVector::Random(out), {}}; }

class LinearShapes : public ::testing::TestWithParam<Shape> {};

TEST_P(LinearShapes, AgreesWithThePlainTwin) {
  const auto [rows, in, out] = GetParam();
  const Matrix x = Matrix::Random(rows, in);
  Linear layer = random_layer(in, out);
  const Matrix plain = linear_plain(x, layer);
  EXPECT_EQ(linear(x, layer), plain);  // not prepared yet: the twin itself
  prepare(layer);
  EXPECT_EQ(layer.weight.size(), 0);
  const Matrix fast = linear(x, layer);
  // Two orders of summing `in` terms of variance 1/9 differ by about eps * in / 3 at the very worst seen.
  report(fmt::format("{} x {} -> {}", rows, in, out), max_difference(fast, plain.data()),
         2e-7f * static_cast<float>(in) + 1e-6f);
  EXPECT_EQ(linear(x, layer), fast) << "two runs differ";
}

INSTANTIATE_TEST_SUITE_P(Sizes, LinearShapes,
                         ::testing::Values(Shape{1, 1, 1}, Shape{2, 3, 5}, Shape{1, 768, 33},
                                           Shape{13, 14, 15}, Shape{14, 17, 16}, Shape{15, 16, 31},
                                           Shape{77, 64, 77}, Shape{28, 33, 32}, Shape{113, 20, 48},
                                           Shape{230, 7, 65}, Shape{12, 192, 768}, Shape{9, 768, 192},
                                           Shape{77, 3072, 100}),
                         [](const auto& test) {
                           return fmt::format("{}x{}to{}", test.param.rows, test.param.in, test.param.out);
                         });

TEST(Linear, ARowDoesNotDependOnItsNeighbours) {
  Linear layer = random_layer(50, 70);
  prepare(layer);
  const Matrix x = Matrix::Random(131, 50);
  const Matrix all = linear(x, layer);
  for (int rows : {1, 2, 5, 12, 14, 77, 130})
    EXPECT_EQ(linear(x.topRows(rows), layer), all.topRows(rows)) << rows;
}

// Each kernel that was compiled and that this machine can run, not only the best one.
TEST(Linear, EveryInstructionSetAgreesWithThePlainTwin) {
  const Matrix x = Matrix::Random(31, 190);
  const Linear plain = random_layer(190, 75);
  const Matrix expected = linear_plain(x, plain);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    Linear layer = plain;
    prepare(layer);
    report(hwy::TargetName(target), max_difference(linear(x, layer), expected.data()), 4e-5f);
  }
  hwy::SetSupportedTargetsForTest(0);
}

// Sizes of 1, odd ones, tails of every kind, b deeper than the kernel goes down at a time; each instruction
// set, numbers kept in 32 and in 16 bits.
TEST(Linear, RandomShapesAgreeWithThePlainTwin) {
  std::mt19937 random(5);
  const auto one_of = [&random](std::initializer_list<int> sizes) {
    return *(sizes.begin() + std::uniform_int_distribution<std::size_t>(0, sizes.size() - 1)(random));
  };
  float worst = 0;
  for (int i = 0; i < 40; ++i) {
    const int rows = one_of({1, 2, 3, 6, 7, 12, 13, 14, 29, 77, 113, 225});
    const int in = one_of({1, 2, 15, 64, 77, 255, 256, 257, 513, 1031});
    const int out = one_of({1, 3, 15, 16, 17, 31, 32, 33, 48, 63, 64, 100, 131});
    const Matrix x = Matrix::Random(rows, in);
    Linear plain = random_layer(in, out);
    const int stored = one_of({0, 1, 2});
    if (stored == 1) plain.weight = plain.weight.cast<Eigen::half>().cast<float>().eval();
    if (stored == 2) plain.weight = plain.weight.cast<Eigen::bfloat16>().cast<float>().eval();
    const Matrix expected = linear_plain(x, plain);
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
      hwy::SetSupportedTargetsForTest(target);
      Linear layer = plain;
      prepare(layer);
      const float difference = max_difference(linear(x, layer), expected.data());
      EXPECT_LE(difference, 2e-7f * static_cast<float>(in) + 1e-6f)
          << hwy::TargetName(target) << ' ' << rows << " x " << in << " -> " << out << " kept as " << stored;
      worst = std::max(worst, difference);
      hwy::SetSupportedTargetsForTest(0);
    }
  }
  report("all", worst, 3e-4f);
}

using Kind = PackedMatrix::Kind;

// The same numbers, whatever they are kept in, give the same bits: products, copies of inputs, panels.
TEST(Linear, SixteenBitsAreTakenWhereNothingIsLostAndChangeNoBit) {
  Matrix numbers = Matrix::Random(70, 300);  // [out][in]
  numbers(0, 0) = 0.0f;
  numbers(1, 2) = -0.0f;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (const Kind kind : {Kind::kF32, Kind::kF16, Kind::kBf16}) {
      Matrix weight = numbers;
      if (kind == Kind::kF16) weight = numbers.cast<Eigen::half>().cast<float>().eval();
      if (kind == Kind::kBf16) weight = numbers.cast<Eigen::bfloat16>().cast<float>().eval();
      if (kind == Kind::kF16) weight(5, 7) = 5.9604645e-8f;  // the smallest float16 there is
      const PackedMatrix wide = pack_transposed(weight), kept = narrowed(wide);
      const bool stays_wide =
          kind == Kind::kF16 && HWY_ARCH_X86 && target > HWY_AVX2;  // no instruction for it
      const Kind expected = stays_wide ? Kind::kF32 : kind;
      EXPECT_EQ(kept.kind, expected) << hwy::TargetName(target);
      EXPECT_EQ(kept.bytes(), wide.bytes() / (expected == Kind::kF32 ? 1 : 2));
      for (const int rows : {1, 12, 130}) {
        const Matrix x = Matrix::Random(rows, 300);
        Matrix a(rows, 70), b(rows, 70);
        multiply(x, wide, nullptr, a);
        multiply(x, kept, nullptr, b);
        EXPECT_EQ(a, b) << hwy::TargetName(target);
      }
      Linear layer{weight, RowVector::Zero(70), {}};
      prepare(layer);
      EXPECT_EQ(layer.packed.kind, expected);
      EXPECT_EQ(rows_of_inputs(layer, 3, 250), weight.middleCols(3, 250).transpose());
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST(Linear, OneNumberThatDoesNotFitKeepsAllInThirtyTwoBits) {
  Matrix weight = Matrix::Ones(40, 500);
  EXPECT_EQ(narrowed(pack_transposed(weight)).kind, Kind::kBf16);
  weight(39, 499) = 1.0f + 1.0f / 1024.0f;  // float16 has ten bits behind the point, bfloat16 seven
  EXPECT_EQ(narrowed(pack_transposed(weight)).kind, Kind::kF16);
  weight(20, 3) = 70000.0f;  // beyond float16
  EXPECT_EQ(narrowed(pack_transposed(weight)).kind, Kind::kF32);
}

TEST(Linear, ReadsAndWritesViewsWithGapsBetweenRows) {
  const Matrix x = Matrix::Random(9, 40);
  const Matrix b = Matrix::Random(17, 60);
  Matrix y = Matrix::Constant(9, 50, 7.0f);
  multiply(x.middleCols(3, 17), pack(b.middleCols(5, 35)), nullptr, y.middleCols(10, 35));
  const Matrix expected = x.middleCols(3, 17) * b.middleCols(5, 35);
  report("views", (y.middleCols(10, 35) - expected).cwiseAbs().maxCoeff(), 5e-6f);
  EXPECT_TRUE((y.leftCols(10).array() == 7.0f).all() && (y.rightCols(5).array() == 7.0f).all())
      << "wrote outside";
}

// The kernel asks AddressSanitizer once a block instead of once a number (linear_hwy.cpp): nothing slips
// through.
#ifdef __SANITIZE_ADDRESS__
TEST(LinearDeathTest, ANumberThatIsNotOursIsNoticed) {
  Matrix x = Matrix::Random(5, 7);
  Linear layer = random_layer(7, 19);
  prepare(layer);
  Matrix y(5, 19);
  const auto dies = [&](const float* number) {
    const auto run = [&] {
      ASAN_POISON_MEMORY_REGION(const_cast<float*>(number), 8 * sizeof(float));
      multiply(x, layer.packed, nullptr, y);
    };
    EXPECT_DEATH(run(), "");
  };
  multiply(x, layer.packed, nullptr, y);
  dies(layer.packed.panels->data() + layer.packed.panels->size() - 8);
  dies(x.data() + 2 * 7);
  dies(y.data() + 4 * 19 + 11);
}
#endif

TEST(Linear, NaNAndInfinityTravel) {
  Linear layer = random_layer(20, 40);
  layer.weight(3, 5) = std::numeric_limits<float>::quiet_NaN();
  layer.weight(7, 0) = std::numeric_limits<float>::infinity();
  prepare(layer);
  Matrix x = Matrix::Random(6, 20);
  x(2, 9) = std::numeric_limits<float>::quiet_NaN();
  const Matrix y = linear(x, layer);
  EXPECT_TRUE(y.row(2).array().isNaN().all());
  EXPECT_TRUE(y.col(3).array().isNaN().all());
  EXPECT_TRUE(std::isinf(y(0, 7)));
  EXPECT_TRUE(y.row(0).head(3).allFinite() && y.row(5).tail(20).allFinite()) << "spread too far";
}

}  // namespace
}  // namespace regard::test
