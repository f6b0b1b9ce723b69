// with_weight_a1111: what a slider under a word writes into the prompt.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "core/prompt/prompt.h"

namespace regard {
namespace {

/// Weight of `word` (its first appearance) set in `prompt`.
std::string set(const std::string& prompt, const std::string& word, double weight) {
  const std::size_t start = prompt.find(word);
  EXPECT_NE(start, std::string::npos) << prompt;
  std::size_t moved = 0;
  const std::string out = with_weight_a1111(prompt, start, start + word.size(), weight, &moved);
  EXPECT_EQ(out.substr(moved, word.size()), word) << out;
  return out;
}

TEST(WithWeight, WritesAndTakesAwayAGroup) {
  EXPECT_EQ(set("Un chat rouge poursuit", "rouge", 1.35), "Un chat (rouge:1.35) poursuit");
  EXPECT_EQ(set("Un chat (rouge:1.35) poursuit", "rouge", 1.0), "Un chat rouge poursuit");
  EXPECT_EQ(set("Un chat (rouge:1.35) poursuit", "rouge", 0.5), "Un chat (rouge:0.5) poursuit");
  EXPECT_EQ(set("rouge", "rouge", 0.0), "(rouge:0)");
  EXPECT_EQ(set("rouge", "rouge", -0.5), "(rouge:-0.5)");
  EXPECT_EQ(set("rouge", "rouge", 2.0), "(rouge:2)");
  EXPECT_EQ(set("rouge", "rouge", 1.0), "rouge");
  EXPECT_EQ(set("rouge", "rouge", 1.2345), "(rouge:1.23)") << "rounded to 0.01";
  EXPECT_EQ(set("rouge", "rouge", -0.001), "(rouge:0)") << "no negative zero";
}

TEST(WithWeight, CountsWhatStandsOutside) {
  EXPECT_EQ(set("(a rouge b:1.2)", "rouge", 1.5), "(a (rouge:1.25) b:1.2)");
  EXPECT_EQ(set("(a (rouge:1.25) b:1.2)", "rouge", 1.2), "(a rouge b:1.2)");
  EXPECT_EQ(set("(a rouge b)", "rouge", 1.0), "(a (rouge:0.91) b)");
  EXPECT_EQ(set("(a rouge b:-1)", "rouge", 1.0), "(a (rouge:-1) b:-1)");
  EXPECT_EQ(set("(a rouge", "rouge", 1.5), "(a (rouge:1.36)") << "an open bracket counts too";
  EXPECT_EQ(set("(a rouge b:3)", "rouge", 1.25), "(a (rouge:0.417) b:3)") << "0.42 would be 1.26";
}

TEST(WithWeight, ReplacesAGroupOfExactlyTheseBytes) {
  EXPECT_EQ(set("(rouge)", "rouge", 1.35), "(rouge:1.35)");
  EXPECT_EQ(set("x ( rouge ) y", "rouge", 1.35), "x ( rouge :1.35) y");
  EXPECT_EQ(set("x ( rouge :1.35) y", "rouge", 1.0), "x  rouge  y");
  EXPECT_EQ(set("((rouge))", "rouge", 1.35), "(rouge:1.35)");
  EXPECT_EQ(set("((rouge:1.2):1.3) x", "rouge", 1.0), "rouge x");
  EXPECT_EQ(set("[rouge]", "rouge", 1.35), "(rouge:1.35)");
  EXPECT_EQ(set("[rouge]", "rouge", 1.0), "rouge");
  EXPECT_EQ(set("[(rouge)] x", "rouge", 1.35), "(rouge:1.35) x");
  EXPECT_EQ(set("([rouge)]", "rouge", 1.35), "(rouge:1.35)") << "crossing brackets";
  EXPECT_EQ(set("(x [rouge:-0.5)] y", "rouge", 2.0), "(x (rouge:-4):-0.5) y") << "crossing one outside";
  EXPECT_EQ(set("(rouge", "rouge", 1.35), "(rouge:1.35)");
  EXPECT_EQ(set("((rouge", "rouge", 1.0), "rouge");
  EXPECT_EQ(set("((rouge)", "rouge", 1.35), "(rouge:1.35)");
  EXPECT_EQ(set("(rouge:1.0)", "rouge", 1.0), "rouge");
  EXPECT_EQ(set("(a (rouge: 1.5 ) b:2)", "rouge", 1.0), "(a (rouge:0.5) b:2)");
}

TEST(WithWeight, LeavesWhatIsAlreadyRight) {
  EXPECT_EQ(set("(rouge) x", "rouge", 1.1), "(rouge) x");
  EXPECT_EQ(set("(rouge:01.350) x", "rouge", 1.35), "(rouge:01.350) x");
}

TEST(WithWeight, KeepsEscapesAndAccents) {
  EXPECT_EQ(set("une étoile \\(dorée\\) là", "étoile", 1.3), "une (étoile:1.3) \\(dorée\\) là");
  EXPECT_EQ(set("une étoile \\(dorée\\) là", "dorée", 1.3), "une étoile \\((dorée:1.3)\\) là");
  EXPECT_EQ(set("une \\(étoile\\) là", "\\(étoile\\)", 1.3), "une (\\(étoile\\):1.3) là");
  EXPECT_EQ(set("une \\(étoile\\) là", "\\)", 1.3), "une \\(étoile(\\):1.3) là");
  EXPECT_EQ(set("a \\rouge", "rouge", 1.3), "a (\\rouge:1.3)") << "\\( would be an escape";
  EXPECT_EQ(set("a (\\rouge:1.3)", "rouge", 1.0), "a \\rouge");
  EXPECT_EQ(set("a\\\\rouge", "rouge", 1.3), "a\\\\(rouge:1.3)");
  std::size_t moved = 0;
  EXPECT_EQ(with_weight_a1111("x ) y", 2, 3, 1.3, &moved), "x (\\):1.3) y")
      << "a bare ) would close the new group";
  EXPECT_EQ(moved, 3u);
}

TEST(WithWeight, SeveralRunsEachForItself) {
  EXPECT_EQ(with_weight_a1111("(a)(b) c", 1, 5, 1.5), "(a:1.5)(b:1.5) c") << "one word over two groups";
  EXPECT_EQ(with_weight_a1111("un (chat) rouge x", 0, 15, 1.5), "(un:1.5) (chat:1.5) (rouge:1.5) x");
  EXPECT_EQ(with_weight_a1111("un chat rouge", 3, 13, 1.5), "un (chat rouge:1.5)");
}

TEST(WithWeight, RefusesWhatItCannotDoAlone) {
  EXPECT_EQ(set("(a rouge:0)", "rouge", 1.5), "(a rouge:0)") << "nothing times 0 is 1.5";
  EXPECT_EQ(with_weight_a1111("9BREAK", 0, 1, 1.5), "9BREAK") << "alone, BREAK would become a break";
  EXPECT_EQ(with_weight_a1111("(9:1.5)BREAK", 1, 2, 1.0), "(9:1)BREAK")
      << "without its group, it would be none";
  EXPECT_EQ(set("rouge", "rouge", NAN), "rouge");
  EXPECT_EQ(set("rouge", "rouge", INFINITY), "rouge");
  EXPECT_EQ(with_weight_a1111("rouge", 4, 2, 1.5), "rouge");
  EXPECT_EQ(with_weight_a1111("rouge", 9, 99, 1.5), "rouge");
  EXPECT_EQ(with_weight_a1111("a   b", 1, 4, 1.5), "a   b") << "whitespace weighs nothing";
  EXPECT_EQ(with_weight_a1111("", 0, 0, 1.5), "");
}

struct Byte {
  char value;
  double weight;
  std::size_t source;
};

std::vector<Byte> bytes_of(const std::string& prompt) {
  std::vector<Byte> out;
  for (const Fragment& f : parse_a1111(prompt).fragments) {
    for (std::size_t i = 0; i < f.text.size(); ++i) out.push_back({f.text[i], f.weight, f.source[i]});
  }
  return out;
}

// Random prompts of words between brackets, escapes and numbers: after a weight is set, that word has it,
// every other word has what it had, bit for bit; set back, the prompt is what it was when the word had no
// group of its own.
TEST(WithWeight, RandomPrompts) {
  const std::vector<std::string> parts = {"(",   ")",   "[",    "]",   ":1.2)", ":0.7)",  ":-0.5)", ": 2 )",
                                          "\\(", "\\)", "\\\\", "\\[", " ",     ", ",     "chat",   "rouge",
                                          "été", "ç",   "：",   "1.5", ":",     " BREAK "};
  std::mt19937 random(5);
  int moved_count = 0, restored_count = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string prompt;
    std::vector<std::pair<std::size_t, std::size_t>> words;
    for (unsigned n = 1 + random() % 14; n > 0; --n) {
      const std::string& part = parts[random() % parts.size()];
      if (part == "chat" || part == "rouge" || part == "été")
        words.emplace_back(prompt.size(), prompt.size() + part.size());
      prompt += part;
    }
    if (words.empty()) continue;
    const auto [start, end] = words[random() % words.size()];
    const double asked = static_cast<double>(static_cast<int>(random() % 401) - 100) / 100.0;
    std::size_t now_at = 0;
    const std::string next = with_weight_a1111(prompt, start, end, asked, &now_at);
    ASSERT_EQ(next.substr(now_at, end - start), prompt.substr(start, end - start))
        << prompt << " -> " << next;

    const std::vector<Byte> before = bytes_of(prompt), after = bytes_of(next);
    ASSERT_EQ(before.size(), after.size()) << prompt << " -> " << next;
    double original = 1.0;
    bool zero_outside = false;
    for (const WeightGroup& g : parse_a1111(prompt).groups) {
      zero_outside |= g.factor == 0.0 && g.open < start && g.content_end >= end;
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
      ASSERT_EQ(before[i].value, after[i].value);
      const bool inside = before[i].source >= start && before[i].source < end;
      if (inside) {
        original = before[i].weight;
        if (!zero_outside) {
          ASSERT_NEAR(after[i].weight, asked, 0.005) << prompt << " -> " << next << " " << asked;
        }
      } else if (before[i].value != ' ') {
        ASSERT_EQ(before[i].weight, after[i].weight) << prompt << " -> " << next << " " << asked;
      }
    }
    moved_count += next != prompt;
    // Set back. A word with a group of its own may lose or renumber it; otherwise every byte returns.
    const std::string back = with_weight_a1111(next, now_at, now_at + (end - start), original);
    const bool grew = next.size() > prompt.size() &&
                      next.find("(" + prompt.substr(start, end - start) + ":") == start &&
                      prompt.compare(0, start, next, 0, start) == 0 &&
                      next.substr(next.size() - (prompt.size() - end)) == prompt.substr(end);
    if (grew) {
      ASSERT_EQ(back, prompt) << next;
      ++restored_count;
    }
  }
  EXPECT_GT(moved_count, 10000);
  EXPECT_GT(restored_count, 5000);
}

}  // namespace
}  // namespace regard
