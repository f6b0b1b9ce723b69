// A MapQuery as JSON and back.
#include "core/analysis/query_json.h"

#include <gtest/gtest.h>

#include <random>

#include "core/analysis/lens.h"

namespace regard {
namespace {

MapQuery read(const char* json) {
  MapQuery query;
  const auto fault = read_query(Json::parse(json), query);
  EXPECT_FALSE(fault) << fault->key;
  return query;
}

std::string fault_of(const char* json) {
  MapQuery query;
  const auto fault = read_query(Json::parse(json), query);
  return fault ? fault->key + ": expected " + fault->expected + ", got " + fault->got.dump() : "";
}

TEST(QueryJson, IsWhatFilesAndTheCommandLineSay) {
  EXPECT_EQ(query_json({}).dump(), "{}");
  EXPECT_EQ(query_json({.heads = one_head(2, 0)}).dump(), R"({"layer":3,"head":1})");
  EXPECT_EQ(query_json({.lens = "rollout", .heads = {.fusion = Fusion::kMax}, .discard = 0.25}).dump(),
            R"({"layer":"rollout","head":"max","discard":0.25})");
  EXPECT_EQ(query_json({.lens = "share",
                        .heads = {.set = {{1, 0}, {3, 2}}},
                        .steps = StepSpan{0, 11},
                        .half = Half::kNegative,
                        .subject = {145},
                        .direction = Direction::kReadBy,
                        .over = Over::kImage})
                .dump(),
            R"({"lens":"share","maps":[[2,1],[4,3]],"span":[1,12],"half":"negative","subject":[145],)"
            R"("incoming":true,"over":"image"})");
  EXPECT_EQ(read(R"({"layer":"mean","head":"mean","other":1})"), MapQuery{});
  EXPECT_EQ(read(R"({"layer":"flow"})").lens, "flow");
}

TEST(QueryJson, EveryQueryComesBack) {
  std::mt19937 random(12);
  const auto one_of = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  for (int i = 0; i < 5000; ++i) {
    MapQuery query{.lens = std::string(
                       lenses()[static_cast<std::size_t>(one_of(static_cast<int>(lenses().size())))]->name)};
    const bool by_head = find_lens(query.lens)->by_head;
    if (by_head && one_of(2) == 0) query.heads.layer = one_of(24);
    if (one_of(2) == 0) {
      query.heads.head = one_of(24);
    } else {
      query.heads.fusion = static_cast<Fusion>(one_of(4));
    }
    if (one_of(3) == 0) query.heads.set = {{one_of(3), 2}, {3 + one_of(3), one_of(9)}};
    if (one_of(3) == 0) query.steps = StepSpan{one_of(5), 5 + one_of(5)};
    query.half = static_cast<Half>(one_of(2));
    query.scores = one_of(2) == 0;
    if (one_of(2) == 0) query.subject = {one_of(99), one_of(99)};
    if (one_of(3) == 0) query.minus = {one_of(99)};
    query.direction = static_cast<Direction>(one_of(2));
    query.over = static_cast<Over>(one_of(3));
    query.itself = one_of(2) == 0;
    if (one_of(2) == 0) query.mass = 0.01 * (1 + one_of(100));
    if (one_of(2) == 0) query.discard = 0.01 * one_of(90);
    if (one_of(3) == 0) query.caption = "un \"chat\" d\u2019\u00c9lo\u00efse";
    if (one_of(3) == 0) query.caption_less = "un \"chat\"";
    query.specials = static_cast<Specials>(one_of(3));
    query.words = one_of(2) == 0;
    query.rank = one_of(2) == 0;
    const std::string json = query_json(query).dump();
    ASSERT_EQ(read(json.c_str()), query) << json;
  }
}

TEST(QueryJson, WhatIsWrongIsNamed) {
  EXPECT_EQ(fault_of(R"({"layer":0})"), "layer: expected a number from 1, or a word such as \"mean\", got 0");
  EXPECT_EQ(fault_of(R"({"head":"rollout"})"),
            "head: expected a number from 1, or a word such as \"mean\", got \"rollout\"");
  EXPECT_EQ(fault_of(R"({"lens":"mirror"})"), "lens: expected the name of a lens, got \"mirror\"");
  EXPECT_EQ(fault_of(R"({"maps":[[1,1],[0,1]]})"),
            "maps: expected pairs of a block and a head, from 1, got [0,1]");
  EXPECT_EQ(fault_of(R"({"span":[5,2]})"), "span: expected the first and the last step, from 1, got [5,2]");
  EXPECT_EQ(fault_of(R"({"mass":0})"), "mass: expected a number above 0, at most 1, got 0");
  EXPECT_EQ(fault_of(R"({"discard":1})"), "discard: expected a number in [0, 0.999], got 1");
  EXPECT_EQ(fault_of(R"({"half":"both"})"), "half: expected prompt or negative, got \"both\"");
  EXPECT_EQ(fault_of(R"({"subject":[-1]})"), "subject: expected positions, each a number from 0, got [-1]");
  EXPECT_EQ(fault_of(R"({"scores":1})"), "scores: expected true or false, got 1");
  EXPECT_EQ(fault_of(R"({"over":3})"), "over: expected all, image or text, got 3");
  EXPECT_EQ(fault_of(R"({"special":"gone"})"), "special: expected show, hide or renormalise, got \"gone\"");
  EXPECT_EQ(fault_of(R"({"words":1})"), "words: expected true or false, got 1");
}

}  // namespace
}  // namespace regard
