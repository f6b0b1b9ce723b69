// Schedules, AND and Compel's structures against the originals' outputs (tests/vectors).
#include "core/prompt/structure.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/prompt/structure_json.h"
#include "tests/support/linear_time.h"

namespace regard {
namespace {

using nlohmann::json;

json vectors(const char* list) {
  std::ifstream file(REGARD_TEST_DIR "/vectors/prompt-weight-structures.json");
  return json::parse(file)[list];
}

TEST(Structure, EveryScheduleVectorExactly) {
  for (const json& vector : vectors("schedule")) {
    const PromptSchedule read = schedule_a1111(vector["input"].get<std::string>(), vector["steps"]);
    json texts = json::array();
    for (const ScheduledText& t : read.texts)
      texts.push_back({{"until_step", t.until_step}, {"text", t.text}});
    EXPECT_EQ(texts, vector["expected"]) << "vector schedule " << vector["input"];
  }
}

TEST(Structure, EveryAndVectorExactly) {
  for (const json& vector : vectors("and")) {
    json texts = json::array();
    for (const WeightedText& t : split_and_a1111(vector["input"].get<std::string>()).texts) {
      texts.push_back({{"text", t.text}, {"weight", t.weight}});
    }
    EXPECT_EQ(texts, vector["expected"]) << "vector and " << vector["input"];
  }
}

TEST(Structure, EveryCompelVectorExactly) {
  for (const json& vector : vectors("compel_structures")) {
    const CompelPrompt read = read_compel(vector["input"].get<std::string>());
    if (vector.contains("error")) {  // Compel raises: text, with a warning
      ASSERT_EQ(read.warnings.size(), 1u) << vector["input"];
      EXPECT_EQ(read.warnings[0].key, "warning.structure");
      EXPECT_EQ(read.parts.size(), 1u);
      continue;
    }
    EXPECT_EQ(json::parse(compel_json(read)), vector["expected"]) << "vector compel " << vector["input"];
  }
}

TEST(Structure, EveryErrorVectorIsTextWithAWarning) {
  for (const json& vector : vectors("errors")) {
    const ParsedPrompt read = parse_a1111(vector["input"].get<std::string>());
    ASSERT_EQ(read.warnings.size(), 1u) << vector["input"];
    EXPECT_EQ(read.warnings[0].key, "warning.number");
    EXPECT_EQ(read.fragments.size(), 1u);
  }
}

TEST(Structure, CompelAndSwap) {  // outputs of compel 2.5.1
  EXPECT_EQ(compel_json(read_compel("(a, b).and(1, 2)")),
            "[\n {\"and_weight\":1.0,\"parts\":[{\"text\":\"a\",\"weight\":1.0}]},\n"
            " {\"and_weight\":2.0,\"parts\":[{\"text\":\"b\",\"weight\":1.0}]}]\n");
  EXPECT_NE(compel_json(read_compel("cat.swap(dog+, shape_freedom=0.5)"))
                .find("({'s_start': 0.0, 's_end': 0.2062994740159002, 't_start': 0.2, 't_end': 1.0})"),
            std::string::npos);
  const CompelPrompt raw = read_compel("withLora(a) (\"x\",\"y\").blend(1,2,no_normalize) useLora(b, 0.5)");
  EXPECT_EQ(raw.kind, CompelPrompt::Kind::kBlend);
  EXPECT_FALSE(raw.normalize);
  ASSERT_EQ(raw.loras.size(), 2u);
  EXPECT_EQ(raw.loras[1], (std::pair<std::string, double>{"b", 0.5}));
  EXPECT_EQ(read_compel("(\"a.swap(b)\",\"c\").blend()").warnings.at(0).key, "warning.structure_swap");
}

TEST(Structure, TimeIsLinear) {
  const auto work = [](const std::string& text) {
    schedule_a1111(text, 2);
    split_and_a1111(text);
  };
  for (const char* unit : {" ", "[", "[a:", "|", "[a|", "(", ":", "[a:b:3]", "[a|b]", "\\", "AND ",
                           "[:", "[a:b:1]:", "]", "[[a:1]:"}) {
    const auto alone = [&](std::size_t size) { return testing::repeated(unit, size); };
    testing::expect_linear(alone, work, unit);
    testing::expect_linear([&](std::size_t size) { return "[" + alone(size) + ":3]"; }, work, unit);
    testing::expect_linear([&](std::size_t size) { return "a AND" + alone(size) + "b"; }, work, unit);
    testing::expect_linear(
        [&](std::size_t size) { return alone(size * 3 / 5) + std::string(size * 2 / 5, ']'); }, work, unit);
  }
}

}  // namespace
}  // namespace regard
