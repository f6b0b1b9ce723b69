// Every grammar against the outputs of its own parser (tests/vectors), and what holds for all of them on any
// text.
#include "core/prompt/grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <tuple>

#include "tests/core/prompt/invariants.h"
#include "tests/support/linear_time.h"

namespace regard {
namespace {

using Pairs = std::vector<std::pair<std::string, double>>;

Pairs pairs(const ParsedPrompt& parsed) {
  Pairs out;
  for (const Fragment& f : parsed.fragments) out.emplace_back(f.text, f.weight);
  return out;
}

std::vector<std::string> keys(const ParsedPrompt& parsed) {
  std::vector<std::string> out;
  for (const PromptWarning& w : parsed.warnings) out.push_back(w.key);
  return out;
}

using Keys = std::vector<std::string>;
constexpr Syntax kAll[] = {Syntax::kA1111, Syntax::kA1111Old, Syntax::kComfyUI, Syntax::kCompel};

class EveryGrammar : public ::testing::TestWithParam<Syntax> {};
INSTANTIATE_TEST_SUITE_P(All, EveryGrammar, ::testing::ValuesIn(kAll), [](const auto& which) {
  std::string name(syntax_name(which.param));
  std::erase(name, '-');
  return name;
});

// One case a vector would hide the count: each failure names its vector instead.
TEST_P(EveryGrammar, EveryVectorOfPromptWeightParseExactly) {
  std::ifstream file(REGARD_TEST_DIR "/vectors/prompt-weight-parse.json");
  int count = 0;
  for (const nlohmann::json& vector : nlohmann::json::parse(file)) {
    if (vector["syntax"] != syntax_name(GetParam())) continue;
    Pairs expected;
    for (const nlohmann::json& e : vector["expected"]) expected.emplace_back(e["text"], e["weight"]);
    const std::string input = vector["input"];
    EXPECT_EQ(pairs(parse_prompt(GetParam(), input)), expected)
        << "vector " << vector["syntax"] << " " << input;
    ++count;
  }
  const int expected_count[] = {86, 4, 80, 49};
  EXPECT_EQ(count, expected_count[static_cast<int>(GetParam())]);
}

TEST_P(EveryGrammar, TheNameLeadsBack) {
  EXPECT_EQ(syntax_from_name(syntax_name(GetParam())), GetParam());
  EXPECT_EQ(syntax_from_name("nonsense"), std::nullopt);
}

TEST_P(EveryGrammar, TimeIsLinear) {
  const auto work = [](const std::string& text) { parse_prompt(GetParam(), text); };
  for (const char* unit :
       {"(",           " ",   "(a:",    "+",          "\"",      ")",         "[",        "a+ ",
        "\\",          "\\(", "(a)1.2", "((a)",       "a.swap(", "a.attend(", "(\"",      "\"a\\",
        "\"+ ",        ",",   "(a:1)",  ":",          "(a",      "()",        "useLora(", "a.swap(b, c=",
        "\v",          "1",   "((a: ",  ".swap(",     "(,",      "a(",        "-",        "(a+)+",
        "(((a)b)c:1)", "é",   "\xFF",   "(a.swap(b)", "(\"a\","}) {
    testing::expect_linear([&](std::size_t size) { return testing::repeated(unit, size); }, work, unit);
    const auto closed = [&](std::size_t size) {
      return testing::repeated(unit, size / 2) + std::string(size / 2, ')');
    };
    testing::expect_linear(closed, work, std::string(unit) + " closed");
  }
}

TEST_P(EveryGrammar, AnyTextKeepsTheInvariants) {
  std::mt19937 random(7);
  for (int round = 0; round < 25000; ++round) {
    const std::string prompt = random_prompt(random);
    ASSERT_EQ(broken_invariant(GetParam(), prompt), "")
        << "prompt: " << nlohmann::json(prompt).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  }
}

TEST(ComfyUI, WeightsAreFinite) {
  const auto weight = [](const char* prompt) {
    return parse_prompt(Syntax::kComfyUI, prompt).fragments.at(0).weight;
  };
  EXPECT_EQ(weight("(a:inf)"), std::numeric_limits<double>::max());
  EXPECT_EQ(weight("(a:-Infinity)"), -std::numeric_limits<double>::max());
  EXPECT_EQ(weight("(a:1e308)"), 1e308);
  EXPECT_EQ(weight("(a:1e999)"), std::numeric_limits<double>::max());
  EXPECT_EQ(weight("(a:1e-999)"), 0.0);
  EXPECT_EQ(weight("(a:nan)"), 1.0);
  EXPECT_EQ(keys(parse_prompt(Syntax::kComfyUI, "(a:inf)")), Keys{"warning.clamped"});
  EXPECT_EQ(keys(parse_prompt(Syntax::kComfyUI, "(a:nan)")), Keys{"warning.nan"});
  EXPECT_EQ(keys(parse_prompt(Syntax::kComfyUI, "((a:1e308))")), Keys{}) << "the number replaces the product";
  EXPECT_EQ(keys(parse_prompt(Syntax::kComfyUI, "((((((((a))))))):1e308)")), Keys{"warning.clamped"});
}

TEST(ComfyUI, PythonNumbers) {
  for (const char* text :
       {"1_", "_1", "1__0", "0x1", "1e", "e1", "+-1", "1 0", "1._5", "infinit", "++1", ""}) {
    const std::string prompt = "(a:" + std::string(text) + ")";
    EXPECT_EQ(parse_prompt(Syntax::kComfyUI, prompt).fragments.at(0).weight, 1.1) << prompt;
  }
  EXPECT_EQ(parse_prompt(Syntax::kComfyUI, "(a: +1_0.5e0_1\n)").fragments.at(0).weight, 105.0);
}

// A bracket that is text keeps what follows from being read as a group.
TEST(ComfyUI, BracketsThatAreTextAreWarnedOf) {
  const ParsedPrompt parsed = parse_prompt(Syntax::kComfyUI, "a :) (b:1.2)");
  EXPECT_EQ(pairs(parsed), (Pairs{{"a :) (b:1.2)", 1.0}}));
  ASSERT_FALSE(parsed.warnings.empty());
  EXPECT_EQ(parsed.warnings[0].key, "warning.bracket_text");
  EXPECT_EQ(parsed.warnings[0].start, 3u);
  EXPECT_EQ(pairs(parse_prompt(Syntax::kComfyUI, "((a)")), (Pairs{{"(a", 1.1}}))
      << "as the original reads it";
}

TEST(Compel, WhatTheVectorsDoNotSay) {  // outputs of compel 2.5.1
  const std::vector<std::pair<std::string, Pairs>> cases = {
      {"\"\" a", {{" a", 1.0}}},
      {"\\\\\\(", {{"\\(", 1.0}}},
      {"\\\\\\\\\\( b", {{"\\\\( b", 1.0}}},
      {"a .attend(++)", {{"a", 1.2100000000000002}}},
      {"useLora(x) a", {{"a", 1.0}}},
      {"\"\u00a0\"1.2", {{"", 1.2}}},
      {"(a)１.５", {{"a", 1.5}}},
      {"\"a\\\"b\" c", {{"a\"b c", 1.0}}},
      {"(a).5.5", {{"a", 0.5}, {".5", 1.0}}},
      {",,,,a", {{", ,, ,a", 1.0}}},
      {"()()", {}},
      {"\"\"+", {{"", 1.1}}},
      {"(a)++ .swap(b)", {{"a", 1.2100000000000002}, {".swap(b)", 1.0}}},
      {"\"a+ b\".attend(2)", {{"a", 2.2}, {"b", 2.0}}},
      {"x (\"a\").and()", {{"x a .and()", 1.0}}},
  };
  for (const auto& [prompt, expected] : cases)
    EXPECT_EQ(pairs(parse_prompt(Syntax::kCompel, prompt)), expected) << prompt;
}

TEST(Compel, SignsBeyondTheLargestDouble) {
  const ParsedPrompt parsed = parse_prompt(Syntax::kCompel, "a" + std::string(100000, '+'));
  EXPECT_EQ(pairs(parsed), (Pairs{{"a", std::numeric_limits<double>::max()}}));
  EXPECT_EQ(keys(parsed), Keys{"warning.clamped"});
}

// ---- writing back

struct Case {
  Syntax syntax;
  const char *prompt, *word, *weighted;
};
constexpr Case kCases[] = {
    {Syntax::kA1111, "un été à la plage", "été", "un (été:1.3) à la plage"},
    {Syntax::kA1111, "(un (chat \\(noir\\):1.2) dort)", "chat \\(noir\\)", nullptr},
    {Syntax::kA1111Old, "un été", "été", "un (été:1.3)"},
    {Syntax::kComfyUI, "un été à la plage", "été", "un (été:1.3) à la plage"},
    {Syntax::kComfyUI, "\\(déjà\\) (un (vieux chêne:1.2) tordu)", "tordu",
     "\\(déjà\\) (un (vieux chêne:1.2) (tordu:1.3))"},
    {Syntax::kComfyUI, "(un chêne tordu:1.2) élevé", "chêne", "(un (chêne:1.3) tordu:1.2) élevé"},
    {Syntax::kCompel, "un été à la plage", "été", "un (été)1.3 à la plage"},
    {Syntax::kCompel, "un chat, \\(déjà\\) vu", "chat", "un (chat)1.3, \\(déjà\\) vu"},
    {Syntax::kCompel, "un chat, \\(déjà\\) vu", "\\(déjà\\)", "un chat, (\\(déjà\\))1.3 vu"},
    {Syntax::kCompel, "(un chêne (très tordu)1.2)1.5 élevé", "chêne", nullptr},
    {Syntax::kCompel, "\"un chêne tordu\"1.5 élevé", "chêne", nullptr},
    {Syntax::kCompel, "(un) chat", "un", "((un)1.3) chat"},
};

TEST(WithWeight, ThereAndBackLeavesTheBytes) {
  for (const Case& c : kCases) {
    const std::string prompt = c.prompt, word = c.word;
    const std::size_t start = prompt.find(word);
    const ParsedPrompt before = parse_prompt(c.syntax, prompt);
    double weight = 0.0;
    for (const Fragment& f : before.fragments) {
      if (f.source.front() <= start && start < f.source.back()) weight = f.weight;
    }
    std::size_t now = 0, again = 0;
    const std::string there = with_weight(c.syntax, prompt, start, start + word.size(), 1.3, &now);
    EXPECT_NE(there, prompt) << prompt;
    if (c.weighted != nullptr) {
      EXPECT_EQ(there, c.weighted);
    }
    EXPECT_EQ(there.substr(now, word.size()), word) << there;
    EXPECT_EQ(with_weight(c.syntax, there, now, now + word.size(), weight, &again), prompt) << there;
    EXPECT_EQ(again, start);
  }
}

TEST(WithWeight, EachGrammarInItsOwnNotation) {
  const auto set = [](Syntax syntax, std::string prompt, std::string_view word, double weight) {
    const std::size_t at = prompt.find(word);
    return with_weight(syntax, prompt, at, at + word.size(), weight);
  };
  EXPECT_EQ(set(Syntax::kComfyUI, "((cat))", "cat", 0.5), "(cat:0.5)");
  EXPECT_EQ(set(Syntax::kComfyUI, "a :) cat", "cat", 1.2), "a :\\) (cat:1.2)")
      << "the smile would hide the group";
  EXPECT_EQ(set(Syntax::kComfyUI, "(a cat:0)", "cat", 1.2), "(a (cat:1.2):0)")
      << "numbers replace: zero outside is no trap";
  EXPECT_EQ(set(Syntax::kCompel, "apricots++ tree", "apricots", 1.5), "(apricots)1.5 tree");
  EXPECT_EQ(set(Syntax::kCompel, "apricots++ tree", "apricots", 1.0), "apricots tree");
  EXPECT_EQ(set(Syntax::kCompel, "cat.attend(+) a", "cat", 2.0), "(cat)2 a");
  EXPECT_EQ(set(Syntax::kCompel, "a cat", "cat", -1.0), "a cat") << "Compel has no negative weights";
  EXPECT_EQ(set(Syntax::kCompel, "(a cat)2", "cat", 1.0), "(a (cat)0.5)2");
}

TEST(WithoutWeights, TakesBracketsSignsAndNumbersAndNothingElse) {
  EXPECT_EQ(without_weights(Syntax::kA1111, "a ((été:1.2) [b]) \\(c\\)"), "a été b \\(c\\)");
  EXPECT_EQ(without_weights(Syntax::kA1111Old, "(a: 1.2)"), "a: 1.2");
  EXPECT_EQ(without_weights(Syntax::kComfyUI, "a ((été:1.2) [b]) \\(c\\)"), "a été [b] \\(c\\)");
  EXPECT_EQ(without_weights(Syntax::kCompel, "a++ (été b- \"c d\"1.2)1.5 \\(e\\)  f"),
            "a été b c d \\(e\\)  f");
}

TEST(Print, IsPlainWhereThePromptIsPlain) {
  const auto again = [](Syntax s, const char* prompt) {
    return print_prompt(s, parse_prompt(s, prompt).fragments);
  };
  EXPECT_EQ(again(Syntax::kA1111, "a (b) [c:d] BREAK e"), "a (b:1.1) (c:d:0.9090909090909091) BREAK e");
  EXPECT_EQ(again(Syntax::kComfyUI, "a ((b)) \\(c\\)"), "a (b:1.2100000000000002) \\(c\\)");
  EXPECT_EQ(again(Syntax::kCompel, "a  (b c)1.2, d"), "a \"b\"1.2 \"c\"1.2 , d");
}

// The whole of a group, as its slider has it: content without outer whitespace.
std::string weigh_group(Syntax syntax, const std::string& prompt, const std::string& content, double weight,
                        bool keep = true) {
  const std::size_t at = prompt.find(content);
  return with_group_weight(syntax, prompt, at, at + content.size(), weight, keep);
}

TEST(GroupWeight, OnlyItsOwnNumberChanges) {
  EXPECT_EQ(weigh_group(Syntax::kA1111, "un (chat (rouge:1.2) vif:1.3), l'\u00e9t\u00e9 \\(x\\)",
                        "chat (rouge:1.2) vif", 0.8),
            "un (chat (rouge:1.2) vif:0.8), l'\u00e9t\u00e9 \\(x\\)");
  EXPECT_EQ(weigh_group(Syntax::kA1111, "un (chat rouge)", "chat rouge", 1.5), "un (chat rouge:1.5)");
  EXPECT_EQ(weigh_group(Syntax::kA1111, "un [chat rouge]", "chat rouge", 1.5), "un (chat rouge:1.5)");
  EXPECT_EQ(weigh_group(Syntax::kA1111, "un ((chat rouge))", "chat rouge", 1.5), "un (chat rouge:1.5)")
      << "several around the same bytes become one";
  EXPECT_EQ(weigh_group(Syntax::kA1111, "((un chat:1.2) rouge:2)", "un chat", 1.2), "((un chat:0.6) rouge:2)")
      << "the weight counts what is outside";
  EXPECT_EQ(weigh_group(Syntax::kComfyUI, "un (chat (rouge:1.2) vif:1.3)", "chat (rouge:1.2) vif", 0.8),
            "un (chat (rouge:1.2) vif:0.8)");
  EXPECT_EQ(weigh_group(Syntax::kCompel, "un (chat rouge)1.3 vif", "chat rouge", 0.8),
            "un (chat rouge)0.8 vif");
  EXPECT_EQ(weigh_group(Syntax::kCompel, "un (chat rouge)++ vif", "chat rouge", 0.8),
            "un (chat rouge)0.8 vif");
}

TEST(GroupWeight, AtOneItStaysWhileDraggedAndGoesAfterwards) {
  for (const auto& [syntax, prompt, kept] :
       {std::tuple(Syntax::kA1111, "un (chat rouge:1.3) vif", "un (chat rouge:1) vif"),
        std::tuple(Syntax::kComfyUI, "un (chat rouge:1.3) vif", "un (chat rouge:1) vif"),
        std::tuple(Syntax::kCompel, "un (chat rouge)1.3 vif", "un (chat rouge)1 vif")}) {
    EXPECT_EQ(weigh_group(syntax, prompt, "chat rouge", 1.0, true), kept);
    EXPECT_EQ(weigh_group(syntax, prompt, "chat rouge", 1.0, false), "un chat rouge vif");
    EXPECT_EQ(weigh_group(syntax, kept, "chat rouge", 1.3, true), prompt) << "and back";
  }
}

TEST(GroupWeight, WithoutAGroupTheWordsAreWeighed) {
  EXPECT_EQ(weigh_group(Syntax::kA1111, "un chat rouge", "chat rouge", 1.3), "un (chat rouge:1.3)");
}

TEST(GroupWeight, WhatCannotBeWrittenChangesNothing) {
  EXPECT_EQ(weigh_group(Syntax::kCompel, "un (chat rouge)1.3", "chat rouge", -1.0), "un (chat rouge)1.3");
  EXPECT_EQ(weigh_group(Syntax::kA1111, "((chat rouge:1.3) x:0)", "chat rouge", 2.0),
            "((chat rouge:1.3) x:0)");
  EXPECT_EQ(weigh_group(Syntax::kA1111, "(chat rouge:1.3)", "chat rouge", std::nan("")), "(chat rouge:1.3)");
}

}  // namespace
}  // namespace regard
