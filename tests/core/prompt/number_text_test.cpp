// What the programs refuse or read as text, and what is said of it: Compel's refusals against compel 2.5.1
// (tests/golden/make_compel_refusals.py), and numbers that were meant as weights.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/prompt/grammar.h"

namespace regard {
namespace {

using nlohmann::json;

// The warnings as "key@start-end", in order.
std::vector<std::string> told(Syntax syntax, const std::string& prompt) {
  std::vector<std::string> out;
  for (const PromptWarning& w : parse_prompt(syntax, prompt).warnings)
    out.push_back(fmt::format("{}@{}-{}", w.key.substr(w.key.find('.') + 1), w.start, w.end));
  return out;
}
using Told = std::vector<std::string>;

struct Case {
  Syntax syntax;
  const char* prompt;
  Told told;
};
constexpr Syntax kOld = Syntax::kA1111Old, kNew = Syntax::kA1111, kComfy = Syntax::kComfyUI,
                 kCompel = Syntax::kCompel;

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases)
    EXPECT_EQ(told(c.syntax, c.prompt), c.told) << syntax_name(c.syntax) << " " << c.prompt;
}

TEST(NumberAsText, AComma) {
  expect_all({{kNew, "(rouge:1,35)", {"number_comma@7-11"}},
              {kOld, "un (rouge:1,35) chat", {"number_comma@10-14"}},
              {kComfy, "((rouge:1, 35) x)", {"number_comma@8-13"}},
              {kNew, "(a:,5)", {"number_comma@3-5"}},
              {kComfy, "(a:-1，5)", {"number_comma@3-9"}},
              {kCompel, "(rouge)1,35", {"number_rest@7-11"}},
              {kNew, "(rouge)1,35", {"number_after@7-11"}}});
}

TEST(NumberAsText, AFormThatTheGrammarDoesNotRead) {
  expect_all({{kNew, "(a:1e3)", {"number_form@3-6"}},
              {kOld, "(a:1e-3)", {"number_form@3-7"}},
              {kNew, "(a:120%)", {"number_form@3-7"}},
              {kNew, "(a:1_0)", {"number_form@3-6"}},
              {kNew, "(a:−1)", {"number_form@3-7"}},
              {kOld, "(a: 1.2)", {"number_form@4-7"}},
              {kNew, "(a:1.2.3)", {"number@3-8"}},
              {kOld, "(a:1.2.3)", {"number@3-8"}},
              {kComfy, "(a:1.2.3)", {"number_form@3-8"}},
              {kComfy, "x (a:1__0)", {"number_form@5-9"}},
              {kComfy, "(:1.2)", {"number_form@2-5"}},
              {kCompel, "(a)1.2.3", {"number_rest@3-8"}},
              {kCompel, "\"a b\"1e3 c", {"number_rest@5-8"}},
              {kCompel, "(a)-1", {"number_rest@3-5"}},
              {kCompel, "a.attend(-1)", {"number_attend@9-11"}},
              {kCompel, "(a b).attend(1,2) c", {"number_attend@13-16"}},
              // read as weights
              {kNew, "(a: 1.2 )(b:.5)(c:-1)(d:+1.)", {}},
              {kOld, "(a:1.2)", {}},
              {kComfy, "(a:1e3)(b: 1_0 )", {}},
              {kCompel, "(a)1.2 (b).5 \"c\"2 d.attend(1.2) e.attend(++)", {}}});
}

TEST(NumberAsText, TheNotationOfAnother) {
  expect_all({{kNew, "[a:1.2]", {"number_square@3-6"}},
              {kOld, "x [a:1]", {"number_square@5-6"}},
              {kComfy, "[a:1.2]", {"number_square@3-6"}},
              {kCompel, "[a:1.2]", {"number_square@3-6"}},
              {kNew, "[chat:chien:0.5]", {"number_square@12-15"}},
              {kCompel, "(a:1.2)", {"number_colon@3-6"}},
              {kCompel, "un (chat:1.3) et (b: 2 )", {"number_colon@9-12", "number_colon@21-22"}},
              {kNew, "(a)1.3", {"number_after@3-6"}},
              {kComfy, "(a)1.3 b", {"number_after@3-6"}},
              {kNew, "(a):1.3", {"number_after@4-7"}},
              {kComfy, "(a):1.3 b", {"number_after@4-7"}},
              {kCompel, "(a) 1.3", {"number_after@4-7"}},
              {kCompel, "(a):1.3", {"number_after@4-7"}}});
}

TEST(NumberAsText, ABracketIsMissing) {
  expect_all({{kNew, "a:1.2)", {"number_bracket@2-5"}},
              {kOld, "a:1,2)", {"number_bracket@2-5"}},
              {kNew, "(a:1.2", {"unclosed@0-1", "number_bracket@3-6"}},
              {kComfy, "(a:1.2", {"bracket_text@0-1", "number_bracket@3-6"}},
              {kComfy, "a:1.2)", {"bracket_text@5-6", "number_bracket@2-5"}},
              {kNew, "(a:1.2:1.3)", {"number_another@3-6"}},
              {kComfy, "(a:1.2:1.3)", {"number_another@3-6"}}});
}

TEST(NumberAsText, NumbersThatWereMeantAsTextAreLeftAlone) {
  for (const Syntax syntax : {kNew, kOld, kComfy, kCompel}) {
    for (const char* prompt :
         {"à 10:30", "3 chats, 2.5 m", "a\\(b:1,2\\)", "photo 16:9", "un, deux. 3", "(chat) et 2 chiens",
          "(a) 2 b", "(un chat), 2 chiens", "(un chat). 2 chiens"}) {
      EXPECT_EQ(told(syntax, prompt), Told{}) << syntax_name(syntax) << " " << prompt;
    }
  }
  EXPECT_EQ(told(kNew, "(c)2024"), Told{});
  EXPECT_EQ(told(kCompel, "\"1.2 a\" \"3.5\""), Told{}) << "quotes that open";
}

TEST(NumberAsText, WarningsAreBounded) {
  for (const char* unit : {"(a:1e3)", "(a)1.2.3", ":1,2)", "a.attend(-1)", "(:1", "\"1.2", "[a:1"}) {
    std::string prompt;
    while (prompt.size() < (1u << 16)) prompt += unit;
    for (const Syntax syntax : {kNew, kComfy, kCompel})
      EXPECT_LE(parse_prompt(syntax, prompt).warnings.size(), 101u) << unit;
  }
}

TEST(CompelRefuses, EachWithItsReason) {
  expect_all({{kCompel, "(\"a\",\"b\").blend(1,1) c", {"after_blend@21-22"}},
              {kCompel, "(\"a\",\"b\").blend(1,1),", {"after_blend@20-21"}},
              {kCompel, "(\"a\",\"b\").blend(1,1).", {"after_blend@20-21"}},
              {kCompel, "(\"a\",\"b\").blend(1,1)++", {"after_blend@20-22"}},
              {kCompel, "(\"a\",\"b\").blend() (\"c\",\"d\").blend()", {"after_blend@18-35"}},
              {kCompel, "(\"a\",\"b\").blend() withLora(x) c", {"after_blend@30-31", "lora@18-29"}},
              {kCompel, "(\"a\",\"b\").blend(1)", {"structure@0-18"}},
              {kCompel, "(\"a\",\"b\").and(1,2,3)", {"structure@0-20"}},
              {kCompel, "(\"a\",\"b\").blend(x, 1)", {"structure_number@0-21"}},
              {kCompel, "(\"a\",\"b\").and(1, no_normalize)", {"structure_number@0-30"}},
              {kCompel, "(\"a\",()).blend()", {"structure_empty@0-16"}},
              {kCompel, "(\"a.swap(b)\",\"c\").blend()", {"structure_swap@0-25"}},
              {kCompel, "a.swap(b.swap(c))", {"swap_inside@8-16"}},
              {kCompel, "a.swap(b, shape_freedom=no)", {"swap_freedom@8-26"}},
              {kCompel, "()", {"no_text@0-2"}},
              {kCompel, "\"\"- a", {"empty_weight@1-1"}},
              {kCompel, "a\vb", {"whitespace@1-2"}}});
  for (const Case& c : {Case{kCompel, "(\"a\",\"b\").and() c", {"after_and@16-17"}},
                        Case{kCompel, "(\"a\",\"b\").and(1,1),", {"after_and@18-19"}},
                        Case{kCompel, "x (\"a\",\"b\").blend(1,1)", {"operator_text@11-18"}},
                        Case{kCompel, "(\"a\",\"b\").and(1e3, 1)", {"operator_text@9-14"}},
                        Case{kCompel, "(\"a\",\"b\").blend(1,-1)", {"blend_zero@0-21"}}}) {
    const ParsedPrompt parsed = parse_prompt(c.syntax, c.prompt);
    EXPECT_EQ(told(c.syntax, c.prompt), c.told) << c.prompt;
    EXPECT_TRUE(std::ranges::none_of(parsed.warnings, compel_refuses)) << c.prompt << ": Compel reads it on";
  }
}

// Refused there <-> warned here.
TEST(CompelRefuses, WhatWeWarnOfAndNothingElse) {
  const char* other = std::getenv("REGARD_COMPEL_REFUSALS");
  std::ifstream file(other != nullptr ? other : REGARD_TEST_DIR "/golden/compel_refusals.json");
  const json texts = json::parse(file);
  ASSERT_GE(texts.size(), 2000u);
  int refused = 0, wrong = 0;
  for (const json& one : texts) {
    const std::string text = one[0];
    const std::vector<PromptWarning> warnings = parse_prompt(Syntax::kCompel, text).warnings;
    const bool warned = std::ranges::any_of(warnings, compel_refuses);
    refused += one[1].is_string() ? 1 : 0;
    if (warned == one[1].is_string()) continue;
    ++wrong;
    ADD_FAILURE() << one[0].dump() << ": compel " << one[1].dump() << ", here "
                  << (warned ? std::ranges::find_if(warnings, compel_refuses)->key : "no warning");
    if (wrong > 20) break;
  }
  EXPECT_GT(refused, static_cast<int>(texts.size() / 5));
  EXPECT_EQ(wrong, 0);
  std::printf("[ compel ] %zu texts, %d refused\n", texts.size(), refused);
}

}  // namespace
}  // namespace regard
