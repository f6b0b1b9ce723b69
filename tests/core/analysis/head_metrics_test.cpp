// Every head metric against a slow loop over its formula, on texts, pictures and drawings of unequal sizes.
#include "core/analysis/head_metric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace regard {
namespace {

constexpr int kLayers = 2, kHeads = 3;

using Numbers = std::vector<std::vector<double>>;  // [T][S]

std::shared_ptr<AttentionRecord> random_record(int tokens, bool causal, unsigned seed) {
  auto record = std::make_shared<AttentionRecord>(AttentionShape{kLayers, kHeads, tokens, tokens, 2});
  record->set_causal(causal);
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(0.05f, 1.0f);
  for (int layer = 0; layer < kLayers; ++layer) {
    for (int head = 0; head < kHeads; ++head) {
      auto map = record->attention(layer, head);
      for (int q = 0; q < tokens; ++q) {
        float sum = 0.0f;
        for (int k = 0; k < tokens; ++k) {
          map(q, k) = causal && k > q ? 0.0f : uniform(random);
          sum += map(q, k);
        }
        for (int k = 0; k < tokens; ++k) map(q, k) /= sum;
      }
    }
  }
  return record;
}

Position special(const char* name) { return {.kind = Position::Kind::kSpecial, .label = name}; }

// BOS "un" "chat" "rou" "ge" "et" "un" "chien" "bleu" EOS: an adjective of two tokens, one of one.
Sequence french() {
  Sequence out;
  out.positions = {special("BOS")};
  for (const int word : {0, 1, 2, 2, 3, 4, 5, 6}) {
    out.positions.push_back({.label = "w", .id = word, .word = word});
    if (word == static_cast<int>(out.words.size())) out.words.push_back({.first = out.count() - 1});
    out.words.back().last = out.count() - 1;
  }
  out.positions.push_back(special("EOS"));
  out.segments = {{.name = "text", .first = 0, .count = out.count()}};
  return out;
}

std::vector<NounAdjective> pairs_of(const Sequence& sequence, int shift = 0) {
  const auto word = [&](std::size_t i) {
    WordSpan span = sequence.words[i];
    span.first += shift;
    span.last += shift;
    return span;
  };
  return {{word(1), word(2)}, {word(5), word(6)}};
}

Trace text() { return single_trace("t", french(), random_record(10, true, 1)); }
Trace picture() {
  return single_trace("p", image_sequence({"CLS", "REG1"}, 3, 4), random_record(14, false, 2));
}
// Patches, then words; two steps.
Trace drawing() {
  Trace trace = single_trace("d", joined(image_sequence({}, 3, 4), french()), random_record(22, false, 3));
  trace.records.push_back(random_record(22, false, 4));
  trace.first_step = 5;
  return trace;
}

// The formula of one metric for one map, told again as plainly as can be.
using Slow = std::function<double(const Numbers& a, const MetricInput& input)>;

bool content(const MetricInput& input, int at) {
  return input.sequence().positions[static_cast<std::size_t>(at)].kind != Position::Kind::kSpecial;
}

std::vector<int> rows(const MetricInput& input) {
  std::vector<int> out;
  for (int q = 0; q < input.sequence().count(); ++q) {
    if (content(input, q)) out.push_back(q);
  }
  return out;
}

double slow_mean(const std::vector<int>& over, const std::function<double(int)>& of) {
  double sum = 0.0;
  for (const int q : over) sum += of(q);
  return sum / static_cast<double>(over.size());
}

double& cell(Numbers& a, int q, int k) { return a[static_cast<std::size_t>(q)][static_cast<std::size_t>(k)]; }
double cell(const Numbers& a, int q, int k) {
  return a[static_cast<std::size_t>(q)][static_cast<std::size_t>(k)];
}

void expect_metric(const char* name, const MetricInput& input, const Slow& slow) {
  const HeadMetric* metric = find_head_metric(name);
  ASSERT_NE(metric, nullptr) << name;
  ASSERT_TRUE(has_metric(*metric, input)) << name;
  const auto measured = measure_heads(*metric, input);
  ASSERT_TRUE(measured) << measured.error().message;
  double spread = 0.0;
  for (int layer = 0; layer < kLayers; ++layer) {
    for (int head = 0; head < kHeads; ++head) {
      double expected = 0.0;
      for (const auto& record : input.trace.records) {
        const int tokens = record->shape().queries;
        Numbers a(static_cast<std::size_t>(tokens), std::vector<double>(static_cast<std::size_t>(tokens)));
        for (int q = 0; q < tokens; ++q) {
          for (int k = 0; k < tokens; ++k)
            cell(a, q, k) = static_cast<double>(record->attention(layer, head)(q, k));
        }
        expected += slow(a, input) / static_cast<double>(input.trace.records.size());
      }
      EXPECT_NEAR((*measured)(layer, head), expected, 1e-5) << name << " " << layer << "," << head;
      spread = std::max(spread, std::abs(expected - (*measured)(0, 0)));
    }
  }
  EXPECT_GT(spread, 1e-4) << name << " tells no head from another";
}

double slow_entropy(const Numbers& a, const MetricInput& input) {
  return slow_mean(rows(input), [&](int q) {
    double bits = 0.0;
    for (const double p : a[static_cast<std::size_t>(q)]) bits -= p > 0.0 ? p * std::log2(p) : 0.0;
    return bits;
  });
}

double slow_sink(const Numbers& a, const MetricInput& input) {
  return slow_mean(rows(input), [&](int q) {
    double sum = 0.0;
    for (int k = 0; k < input.sequence().count(); ++k) sum += content(input, k) ? 0.0 : cell(a, q, k);
    return sum;
  });
}

double slow_diagonal(const Numbers& a, const MetricInput& input) {
  return slow_mean(rows(input), [&](int q) { return cell(a, q, q); });
}

double slow_text_distance(const Numbers& a, const MetricInput& input) {
  return slow_mean(rows(input), [&](int q) {
    double far = 0.0, mass = 0.0;
    for (const int k : rows(input)) {
      far += cell(a, q, k) * std::abs(q - k);
      mass += cell(a, q, k);
    }
    return far / mass;
  });
}

// Patches of four columns, from `first` on.
double slow_grid_distance(const Numbers& a, int first) {
  double sum = 0.0;
  for (int q = 0; q < 12; ++q) {
    double far = 0.0, mass = 0.0;
    for (int k = 0; k < 12; ++k) {
      const double p = cell(a, first + q, first + k);
      far += p * std::sqrt(std::pow(q % 4 - k % 4, 2) + std::pow(q / 4 - k / 4, 2));
      mass += p;
    }
    sum += far / mass / 12.0;
  }
  return sum;
}

// Positions in french(): chat 2, rouge 3 and 4, chien 7, bleu 8; `shift` patches stand before them.
double slow_own(const Numbers& a, int shift, bool both) {
  const auto at = [&](int q, int k) { return cell(a, shift + q, shift + k); };
  const double second = at(8, 7) - at(8, 2);
  const double first = at(4, 2) - at(4, 7);  // not in a causal text: rouge stands before chien
  return both ? (first + second) / 2 : second;
}

TEST(HeadMetrics, OfATextAreTheirFormulas) {
  const Trace trace = text();
  MetricInput input{.trace = trace};
  input.pairs = pairs_of(french());
  expect_metric("entropy", input, slow_entropy);
  expect_metric("sink", input, slow_sink);
  expect_metric("diagonal", input, slow_diagonal);
  expect_metric("distance", input, slow_text_distance);
  expect_metric("previous", input, [](const Numbers& a, const MetricInput&) {
    return slow_mean({2, 3, 4, 5, 6, 7, 8}, [&](int q) { return cell(a, q, q - 1); });
  });
  expect_metric("own-adjective", input,
                [](const Numbers& a, const MetricInput&) { return slow_own(a, 0, false); });
  for (const char* name : {"text-share", "mirror", "region", "ratio"})
    EXPECT_FALSE(has_metric(*find_head_metric(name), input)) << name;
}

TEST(HeadMetrics, OfAPictureAreTheirFormulas) {
  const Trace trace = picture();
  MetricInput input{.trace = trace};
  input.reflection = {13, 5};
  input.object = {2, 3, 6};
  expect_metric("entropy", input, slow_entropy);
  expect_metric("sink", input, slow_sink);
  expect_metric("diagonal", input, slow_diagonal);
  expect_metric("distance", input,
                [](const Numbers& a, const MetricInput&) { return slow_grid_distance(a, 2); });
  expect_metric("mirror", input, [](const Numbers& a, const MetricInput&) {
    return slow_mean({5, 13}, [&](int q) {
      double all = 0.0;
      for (int k = 2; k < 14; ++k) all += cell(a, q, k);
      return (cell(a, q, 2) + cell(a, q, 3) + cell(a, q, 6)) / all / (3.0 / 12.0);
    });
  });
  for (const char* name : {"ties", "previous", "text-share", "own-adjective"})
    EXPECT_FALSE(has_metric(*find_head_metric(name), input)) << name;
}

TEST(HeadMetrics, OfADrawingAreTheirFormulasMeanOverTheSteps) {
  const Trace trace = drawing();
  MetricInput input{.trace = trace};
  input.pairs = pairs_of(french(), 12);
  expect_metric("entropy", input, slow_entropy);
  expect_metric("sink", input, slow_sink);
  expect_metric("diagonal", input, slow_diagonal);
  expect_metric("distance", input,
                [](const Numbers& a, const MetricInput&) { return slow_grid_distance(a, 0); });
  expect_metric("previous", input, [](const Numbers& a, const MetricInput&) {
    return slow_mean({14, 15, 16, 17, 18, 19, 20}, [&](int q) { return cell(a, q, q - 1); });
  });
  expect_metric("text-share", input, [](const Numbers& a, const MetricInput&) {
    double sum = 0.0;
    for (int q = 0; q < 12; ++q) {
      for (int k = 12; k < 22; ++k) sum += cell(a, q, k) / 12.0;
    }
    return sum;
  });
  expect_metric("own-adjective", input,
                [](const Numbers& a, const MetricInput&) { return slow_own(a, 12, true); });
  EXPECT_FALSE(has_metric(*find_head_metric("ties"), input));
}

// Nothing but patches that are not there, and words that are none.
TEST(HeadMetrics, WhatARunHasNotIsRefusedOrLeftOut) {
  const Trace trace = picture();
  const auto refused = measure_heads(*find_head_metric("previous"), {.trace = trace});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(refused.error().message, "metric: expected one that this run has, got previous");
  const auto all = measure_what_it_has(head_metrics(), {.trace = trace});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), head_metrics().size());
  for (std::size_t i = 0; i < all->size(); ++i)
    EXPECT_EQ((*all)[i].size() > 0, has_metric(*head_metrics()[i], {.trace = trace}))
        << head_metrics()[i]->name;
  MetricInput outside{.trace = trace};
  outside.pairs = {{{.first = 1, .last = 1}, {.first = 2, .last = 14}},
                   {{.first = 1, .last = 1}, {.first = 2, .last = 2}}};
  EXPECT_FALSE(measure_heads(*find_head_metric("own-adjective"), outside));
}

// A record that computes its maps on demand gives the same as one that keeps them.
TEST(HeadMetrics, ManyAtOnceAreEachAlone) {
  const Trace trace = text();
  MetricInput input{.trace = trace};
  input.pairs = pairs_of(french());
  const auto all = measure_what_it_has(head_metrics(), input);
  ASSERT_TRUE(all);
  for (std::size_t i = 0; i < all->size(); ++i) {
    if ((*all)[i].size() == 0) continue;
    EXPECT_EQ((*all)[i], *measure_heads(*head_metrics()[i], input)) << head_metrics()[i]->name;
  }
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = measure_heads(head_metrics().first(1), input, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace regard
