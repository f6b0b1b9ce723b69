// Attention flow: graphs small enough to reckon by hand, and networkx's answers (tests/golden/make_flow.py).
// Tolerance: 1e-6, of capacities that sum to 1.
#include <chrono>
#include <limits>

#include "core/analysis/flow.h"
#include "core/analysis/rollout.h"
#include "core/models/vit.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

RowVector flow(const AttentionRecord& record, int query) {
  const auto out = attention_flow(record, query);
  EXPECT_TRUE(out) << out.error().message;
  return out.value();
}

// Two layers, two heads, three tokens.
AttentionRecord small() {
  AttentionRecord record({2, 2, 3, 3, 1});
  record.attention(0, 0) << 0.5f, 0.25f, 0.25f, 0, 1, 0, 0, 0.5f, 0.5f;
  record.attention(0, 1) << 0.5f, 0.5f, 0, 0, 0, 1, 1, 0, 0;
  record.attention(1, 0) << 0, 0, 1, 1, 0, 0, 0, 1, 0;
  record.attention(1, 1) << 1, 0, 0, 0, 1, 0, 0, 0, 1;
  return record;
}

TEST(AttentionFlow, TwoLayersByHand) {
  // Capacities, layer 1: [.75 .1875 .0625; 0 .75 .25; .25 .125 .625]; layer 2: [.75 0 .25; .25 .75 0; 0 .25
  // .75]. With two layers every way has one node in the middle: sum over k of min(C_2[query][k], C_1[k][j]).
  Matrix wanted(3, 3);
  wanted << 1.0f, 0.1875f + 0.125f, 0.0625f + 0.25f,  //
      0.25f, 0.1875f + 0.75f, 0.0625f + 0.25f,        //
      0.25f, 0.25f + 0.125f, 0.25f + 0.625f;
  for (int query = 0; query < 3; ++query) {
    const RowVector row = wanted.row(query);
    EXPECT_LE(max_difference(flow(small(), query), row.data()), 1e-6f) << query;
  }
}

TEST(AttentionFlow, OneLayerIsItsRow) {
  AttentionRecord record({1, 1, 2, 2, 1});
  record.attention(0, 0) << 0.25f, 0.75f, 0.5f, 0.5f;
  const RowVector first = flow(record, 0), second = flow(record, 1);
  EXPECT_NEAR(first(0), 0.625, 1e-6);
  EXPECT_NEAR(first(1), 0.375, 1e-6);
  EXPECT_NEAR(second(0), 0.25, 1e-6);
  EXPECT_NEAR(second(1), 0.75, 1e-6);
}

// Rows that a key factor left at another sum count by their shares.
TEST(AttentionFlow, RowsAreBroughtToOne) {
  AttentionRecord record({1, 1, 2, 2, 1});
  record.attention(0, 0) << 0.5f, 0.5f, 0, 2;
  EXPECT_NEAR(flow(record, 0)(1), 0.25, 1e-6);
  record.attention(0, 0) << 1, 2, 0, 2;
  EXPECT_NEAR(flow(record, 0)(1), 0.5, 1e-6);
}

TEST(AttentionFlow, AsNetworkx) {
  const Golden golden("flow.safetensors");
  for (const std::string name : {"full", "causal"}) {
    const auto shape = golden.shape(name + ".attention");
    const std::vector<float> maps = golden.values(name + ".attention"), flows = golden.values(name + ".flow");
    const auto layers = static_cast<int>(shape[0]), heads = static_cast<int>(shape[1]),
               tokens = static_cast<int>(shape[2]);
    AttentionRecord record({layers, heads, tokens, tokens, 1});
    const auto area = static_cast<std::size_t>(tokens * tokens);
    for (int i = 0; i < layers * heads; ++i) {
      record.attention(i / heads, i % heads) =
          ConstMatrixMap(maps.data() + area * static_cast<std::size_t>(i), tokens, tokens);
    }
    Matrix got(tokens, tokens);
    for (int query = 0; query < tokens; ++query) got.row(query) = flow(record, query);
    report("flow, " + name, max_difference(got, flows.data()), 1e-6f);
  }
}

TEST(AttentionFlow, BuiltInModel) {
  const Golden pictures("reference_vision.safetensors");
  const auto model = Vit::open(REGARD_ASSETS_DIR "/little-world/clip");
  ASSERT_TRUE(model) << model.error().message;
  const auto run = model->run(pictures.values("pixels_0"), 48, 48);
  ASSERT_TRUE(run) << run.error().message;
  const auto begin = std::chrono::steady_clock::now();
  const RowVector cls = flow(*run->record, 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const RowVector rolled = rollout_row(*run->record, 0).value();
  std::cout << "  " << cls.size() << " tokens, " << run->record->shape().layers << " layers: " << took.count()
            << " s; flow " << cls.minCoeff() << " to " << cls.maxCoeff() << "\n";
  // What rollout sends to a token is one flow to it, so the maximal one is no less.
  EXPECT_TRUE((cls.array() >= rolled.array() - 1e-5f).all());
  EXPECT_TRUE((cls.array() <= 1.0f).all());
}

TEST(AttentionFlow, RefusesWordForWord) {
  AttentionRecord record = small();
  EXPECT_EQ(attention_flow(record, 3).error().message, "query: expected 0 to 2, got 3");
  EXPECT_EQ(attention_flow(record, -1).error().code, ErrorCode::kShape);
  EXPECT_EQ(attention_flow(AttentionRecord(), 0).error().message,
            "flow: expected a record with layers and heads, got none");
  EXPECT_EQ(attention_flow(AttentionRecord({1, 1, 2, 3, 1}), 0).error().message,
            "flow: expected as many keys as queries, got [2, 3]");
  const auto longer = attention_flow(AttentionRecord({1, 1, 201, 201, 1}), 0);
  EXPECT_EQ(longer.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(longer.error().message,
            "flow: expected at most 200 tokens (maximal flows take minutes at 1370), got 201");
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(attention_flow(record, 0, stopped.get_token()).error().code, ErrorCode::kCancelled);
  for (const float bad : {-0.5f, std::numeric_limits<float>::quiet_NaN()}) {
    record.attention(1, 0)(0, 1) = bad;
    EXPECT_EQ(attention_flow(record, 0).error().message,
              "flow: layer 2: expected attention of 0 or more, got less or NaN");
  }
}

}  // namespace
}  // namespace regard::test
