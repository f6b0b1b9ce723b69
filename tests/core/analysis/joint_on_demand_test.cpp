// Joint attention at the size of a real picture: Stable Diffusion 3 at 1024 x 1024 is 4096 patches and 333
// tokens, 24 heads of 64. One block's maps would be 3.8 GB, so the record keeps queries, keys and two numbers
// a row. A random block of that shape: whatever is asked for must be what double precision makes of q and k.
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <random>

#include "core/models/mmdit.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

// Sanitizers and unoptimised builds: the same sequence, fewer heads, and every 41st row against the
// reference.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
constexpr bool kFull = false;
#else
constexpr bool kFull = true;
#endif
constexpr int kHeads = kFull ? 24 : 2, kRowStep = kFull ? 1 : 41;
constexpr int kHeadWidth = 64, kLatentSide = 128, kPatches = 64 * 64, kTokens = 333;
constexpr int kAll = kPatches + kTokens;  // 4429 queries and keys
constexpr int kHidden = kPatches + 17;    // a text token that the image may not read
constexpr float kInfinity = std::numeric_limits<float>::infinity();

using DoubleMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// ------------------------------------------------------------------ a block of random weights

class Noise {
 public:
  // Uniform in [-spread, spread).
  void fill(float* values, Eigen::Index count, float spread) {
    for (Eigen::Index i = 0; i < count; ++i)
      values[i] = spread * (static_cast<float>(bits_() >> 8) * 0x1p-23f - 1.0f);
  }
  Matrix matrix(int rows, int cols, float spread) {
    Matrix out(rows, cols);
    fill(out.data(), out.size(), spread);
    return out;
  }
  // @param gain  of the outputs for inputs of size 1
  Linear linear(int in, int out, float gain) {
    Linear layer{matrix(out, in, gain * std::sqrt(3.0f / static_cast<float>(in))), RowVector(out), {}};
    fill(layer.bias.data(), out, 0.1f);
    return layer;
  }
  // Queries and keys large enough that scores spread by 2 and attention is far from even.
  MmditQkv qkv(int width) {
    return {linear(width, width, 1.4f), linear(width, width, 1.4f), linear(width, width, 1.0f), {}, {}};
  }

 private:
  std::mt19937 bits_{11};
};

MmditConfig sd3_config() {
  MmditConfig c;
  c.layers = 1;
  c.heads = kHeads;
  c.head_width = kHeadWidth;
  c.text_width = 64;
  c.pooled_width = 32;
  c.position_side = 64;
  return c;
}

Mmdit sd3_block() {
  const MmditConfig c = sd3_config();
  const int d = c.width(), pixels = c.patch * c.patch * c.channels;
  Noise noise;
  MmditWeights w;
  w.patch = noise.linear(pixels, d, 1.0f);
  w.positions = noise.matrix(c.position_side * c.position_side, d, 1.0f);
  w.time_in = noise.linear(256, d, 1.0f);
  w.time_out = noise.linear(d, d, 1.0f);
  w.pooled_in = noise.linear(c.pooled_width, d, 1.0f);
  w.pooled_out = noise.linear(d, d, 1.0f);
  w.text_in = noise.linear(c.text_width, d, 1.0f);
  MmditBlock block;
  block.image = {noise.linear(d, 6 * d, 0.3f), noise.qkv(d), noise.linear(d, d, 1.0f),
                 noise.linear(d, 4 * d, 1.0f), noise.linear(4 * d, d, 1.0f)};
  block.text = {noise.linear(d, 2 * d, 0.3f), noise.qkv(d), {}, {}, {}};  // the text stream ends here
  w.blocks.push_back(std::move(block));
  w.final_modulation = noise.linear(d, 2 * d, 0.3f);
  w.final_out = noise.linear(d, pixels, 1.0f);
  return Mmdit(c, std::move(w));
}

// ------------------------------------------------------------------ what it says, how long it takes

double milliseconds(const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

double peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

void say(const std::string& what, double value, const char* unit) {
  std::cout << "  " << what << ": " << value << " " << unit << "\n";
  std::string key = what + " " + unit;
  std::ranges::replace_if(key, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  ::testing::Test::RecordProperty(key, std::to_string(value));
}

// @return the record, of one forward pass with a hidden token; null when that failed
std::shared_ptr<const AttentionRecord> drawn_record() {
  const Mmdit model = sd3_block();
  Noise noise;
  std::vector<float> latent(16 * kLatentSide * kLatentSide), pooled(32);
  noise.fill(latent.data(), std::ssize(latent), 1.7f);
  noise.fill(pooled.data(), std::ssize(pooled), 1.0f);
  const Matrix text = noise.matrix(kTokens, 64, 1.7f);
  Intervention change;
  change.key_bias.assign(kAll, 0.0f);
  change.key_bias[kHidden] = -kInfinity;
  const double before = peak_bytes();
  Result<MmditOutput> out;
  const auto run = [&] {
    out = model.run({.latent = latent,
                     .height = kLatentSide,
                     .width = kLatentSide,
                     .text = text,
                     .pooled = pooled,
                     .timestep = 700.0f},
                    change);
  };
  say("forward pass of one block", milliseconds(run), "ms");
  if (!out) {
    ADD_FAILURE() << out.error().message;
    return nullptr;
  }
  EXPECT_TRUE(std::ranges::all_of(out->predicted, [](float v) { return std::isfinite(v); }));
  const double added = 1e-6 * (peak_bytes() - before);
  say("resident memory the pass added at its peak", added, "MB");
  if (kFull) {
    EXPECT_LT(added, 1000.0);
  }
  return out->record;
}

// ------------------------------------------------------------------ the reference

// softmax(q k^T / 8), the hidden token left out of what patches read. [rows][S]
DoubleMatrix softmax_in_double(const AttentionRecord& record, int head, const std::vector<int>& rows) {
  const DoubleMatrix keys = record.key(0, head).cast<double>(),
                     queries = record.query(0, head).cast<double>();
  DoubleMatrix out(std::ssize(rows), kAll);
  for (Eigen::Index i = 0; i < out.rows(); ++i) {
    const int query = rows[static_cast<std::size_t>(i)];
    Eigen::VectorXd scores = keys * queries.row(query).transpose() / 8.0;
    if (query < kPatches) scores(kHidden) = -std::numeric_limits<double>::infinity();
    const Eigen::VectorXd powers = (scores.array() - scores.maxCoeff()).exp();
    out.row(i) = powers / powers.sum();
  }
  return out;
}

std::vector<int> checked_rows() {
  std::vector<int> out;
  for (int row = 0; row < kAll; row += kRowStep) out.push_back(row);
  return out;
}

struct Worst {
  double absolute = 0, relative = 0, of_sum = 0;
};

// @param got  the same rows, as the record gives them
void compare(const auto& got, const auto& expected, Worst& worst) {
  for (Eigen::Index i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(static_cast<double>(got(i)) - expected(i));
    if (!(difference <= worst.absolute)) worst.absolute = difference;  // NaN stays
    if (expected(i) > 1e-12) worst.relative = std::max(worst.relative, difference / expected(i));
  }
}

void report_worst(const std::string& what, const Worst& worst) {
  report(what, static_cast<float>(worst.absolute), 1e-6f);
  report(what + ", of the number itself", static_cast<float>(worst.relative), 2e-5f);
}

// A whole head, and rows, columns and a tile asked for alone, against the reference and each other.
void check_head(const AttentionRecord& record, int head) {
  const std::vector<int> rows = checked_rows();
  const DoubleMatrix expected = softmax_in_double(record, head, rows);
  ASSERT_GT(expected.maxCoeff(), 20.0 / kAll) << "attention so even that little would be shown";
  const Matrix map = record.attention_map(0, head);
  ASSERT_EQ(map.rows(), kAll);
  ASSERT_EQ(map.cols(), kAll);

  Worst whole, alone, columns, tile;
  for (Eigen::Index i = 0; i < expected.rows(); ++i) {
    const int row = rows[static_cast<std::size_t>(i)];
    compare(map.row(row), expected.row(i), whole);
    whole.of_sum = std::max(whole.of_sum, std::abs(map.row(row).cast<double>().sum() - 1.0));
    if (i % 100 == 7) compare(record.attention_row(0, head, row), expected.row(i), alone);
  }
  for (const int key : {0, 2079, kPatches - 1, kPatches, kHidden, kAll - 1}) {
    const Vector column = record.attention_column(0, head, key);
    ASSERT_EQ(column.size(), kAll);
    EXPECT_EQ(column, map.col(key)) << key;
    for (Eigen::Index i = 0; i < expected.rows(); ++i)
      compare(column.segment<1>(rows[static_cast<std::size_t>(i)]), expected.row(i).segment<1>(key), columns);
  }
  // A tile across both edges between image and text.
  const Matrix part = record.attention_tile(0, head, kPatches - 60, 90, kPatches - 30, 75);
  EXPECT_EQ(part, map.block(kPatches - 60, kPatches - 30, 90, 75));
  for (const int row : {0, kPatches - 1, kPatches, kAll - 1})
    EXPECT_EQ(record.attention_row(0, head, row), map.row(row)) << row;

  const std::string name = "head " + std::to_string(head + 1);
  report_worst(name + ", whole", whole);
  report_worst(name + ", rows alone", alone);
  report_worst(name + ", columns alone", columns);
  report(name + ", row sums against 1", static_cast<float>(whole.of_sum), 1e-5f);
  EXPECT_EQ(map.col(kHidden).head(kPatches).cwiseAbs().maxCoeff(), 0.0f) << "no patch reads it";
  EXPECT_GT(map.col(kHidden).tail(kTokens).minCoeff(), 0.0f) << "the text does";
}

void check_memory(const AttentionRecord& record) {
  ASSERT_EQ(record.shape(), (AttentionShape{1, kHeads, kAll, kAll, kHeadWidth}));
  EXPECT_FALSE(record.keeps_maps());
  const double maps = 2.0 * sizeof(float) * kHeads * kAll * static_cast<double>(kAll);
  const double kept = sizeof(float) * kHeads * kAll * (3.0 * kHeadWidth + 2.0);
  EXPECT_GT(maps, AttentionRecord::kKeptBytes);
  say("record: q, k, v and two numbers a row", kept * 1e-6, "MB");
  say("record: its maps would be", maps * 1e-6, "MB");
}

void time_reading(const AttentionRecord& record) {
  double row = kInfinity, column = kInfinity, tile = kInfinity, head = kInfinity, sum = 0.0;
  for (int i = 0; i < (kFull ? 10 : 2); ++i) {
    row = std::min(row, milliseconds([&] { sum += record.attention_row(0, 1, 100 * i).sum(); }));
    column = std::min(column, milliseconds([&] { sum += record.attention_column(0, 1, 400 * i).sum(); }));
    tile = std::min(tile, milliseconds([&] { sum += record.attention_tile(0, 1, i, 256, i, 256).sum(); }));
    if (i < 3) head = std::min(head, milliseconds([&] { sum += record.attention_map(0, 1)(i, i); }));
  }
  EXPECT_TRUE(std::isfinite(sum));
  say("one row of 4429", row, "ms");
  say("one column of 4429", column, "ms");
  say("one tile of 256 x 256", tile, "ms");
  say("one head of 4429 x 4429", head, "ms");
}

TEST(JointOnDemand, APictureOf1024IsReadWithoutItsMaps) {
  const auto record = drawn_record();
  ASSERT_NE(record, nullptr);
  check_memory(*record);
  time_reading(*record);
  check_head(*record, 0);
  check_head(*record, kHeads - 1);
}

}  // namespace
}  // namespace regard::test
