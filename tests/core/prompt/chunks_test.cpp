// Where each program cuts a long prompt: cuts that the programs themselves made, then the edges.
#include "core/prompt/chunks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace regard {
namespace {

using ::testing::ElementsAre;
using Sizes = std::vector<std::size_t>;

// "70a , 10b | BREAK": each word a token of its own; a number in front repeats it; | begins a new segment.
std::vector<ChunkToken> tokens(std::string_view text) {
  static const std::vector<std::string> kEntries = {"a</w>", "b</w>", ",</w>", ".</w>",
                                                    ";</w>", ":</w>", "x"};
  std::vector<ChunkToken> out;
  int segment = 0, space_word = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = std::min(text.find(' ', at), text.size());
    std::string word(text.substr(at, end - at));
    at = end + 1;
    std::size_t digits = 0;
    while (digits < word.size() && word[digits] >= '0' && word[digits] <= '9') ++digits;
    const int count = digits > 0 ? std::stoi(word.substr(0, digits)) : 1;
    word = word.substr(digits);
    if (word == "|") {
      ++segment;
      continue;
    }
    for (int i = 0; i < count; ++i) {
      if (word == "BREAK") {
        out.push_back({.entry = {}, .is_break = true});
        continue;
      }
      for (const std::string& entry : kEntries) {
        if (entry == word + "</w>" || entry == word) {
          out.push_back({entry, segment, word == "x" ? space_word : ++space_word, false});
          break;
        }
      }
    }
  }
  return out;
}

Sizes sizes(std::string_view text, ChunkOptions options = {}) {
  Sizes out;
  for (const Chunk& chunk : cut_chunks(tokens(text), options).chunks) out.push_back(chunk.end - chunk.begin);
  return out;
}

TEST(ChunksA1111, VerifiedStatements) {
  EXPECT_EQ(sizes("70a , 10b"), Sizes({71, 10}));
  EXPECT_EQ(sizes("50a , 30b"), Sizes({75, 6}));
  EXPECT_EQ(sizes("54a , 30b"), Sizes({75, 10})) << "comma at index 54: no move";
  EXPECT_EQ(sizes("55a , 30b"), Sizes({56, 30})) << "comma at index 55: move";
  EXPECT_EQ(sizes(""), Sizes({0})) << "the empty prompt is one chunk";
  EXPECT_EQ(sizes("300a"), Sizes({75, 75, 75, 75})) << "grows without limit";
}

TEST(ChunksA1111, BacktrackIsASetting) {
  EXPECT_EQ(sizes("70a , 10b", {.comma_backtrack = 0}), Sizes({75, 6}));
  EXPECT_EQ(sizes("50a , 30b", {.comma_backtrack = 25}), Sizes({51, 30}));
  EXPECT_EQ(sizes("50a , 30b", {.comma_backtrack = 24}), Sizes({75, 6}));
}

TEST(ChunksA1111, EdgesOfTheComma) {
  EXPECT_EQ(sizes("75a"), Sizes({75}));
  EXPECT_EQ(sizes("74a ,"), Sizes({75}));
  EXPECT_EQ(sizes("74a , b"), Sizes({75, 1})) << "nothing stands after the comma";
  EXPECT_EQ(sizes("70a , 4b , 10a"), Sizes({75, 11}))
      << "the token that finds no room is a comma: nothing moves";
  EXPECT_EQ(sizes("75a , 80b"), Sizes({75, 75, 6})) << "a comma that opens a chunk is forgotten";
  EXPECT_EQ(sizes("70a , 78b"), Sizes({71, 75, 3}));
}

TEST(ChunksA1111, Breaks) {
  EXPECT_EQ(sizes("3a BREAK 2b"), Sizes({3, 2}));
  EXPECT_EQ(sizes("3a BREAK BREAK 2b"), Sizes({3, 0, 2})) << "a chunk of nothing in the middle";
  EXPECT_EQ(sizes("3a BREAK"), Sizes({3})) << "nothing follows";
  EXPECT_EQ(sizes("BREAK 3a"), Sizes({0, 3}));
  EXPECT_EQ(sizes("BREAK"), Sizes({0}));
  EXPECT_EQ(sizes("80a BREAK b"), Sizes({75, 5, 1}));
  EXPECT_EQ(sizes("70a , BREAK 10b"), Sizes({71, 10}));
}

TEST(ChunksComfyUI, VerifiedStatements) {
  constexpr ChunkOptions newer{.rule = ChunkRule::kComfyUI}, older{.rule = ChunkRule::kComfyUIOlder};
  EXPECT_EQ(sizes("70a | 6b | b", newer), Sizes({70, 7}));
  EXPECT_EQ(sizes("70a | 6b | b", older), Sizes({75, 2}));
}

TEST(ChunksComfyUI, Groups) {
  constexpr ChunkOptions newer{.rule = ChunkRule::kComfyUI}, older{.rule = ChunkRule::kComfyUIOlder};
  EXPECT_EQ(sizes("70a | 7b", newer), Sizes({70, 7}));
  EXPECT_EQ(sizes("70a | 8b", newer), Sizes({75, 3})) << "8 and more are cut";
  EXPECT_EQ(sizes("200a", newer), Sizes({75, 75, 50}));
  EXPECT_EQ(sizes("70a 7x", older), Sizes({75, 2})) << "joined to the word before it: 8 tokens";
  EXPECT_EQ(sizes("68a 7x", older), Sizes({75}));
  EXPECT_EQ(sizes("70a 6x", older), Sizes({69, 7})) << "7 tokens of one word stay together";
  EXPECT_EQ(sizes("", newer), Sizes({0}));
  EXPECT_EQ(sizes("75a | b", newer), Sizes({75, 1}));
  EXPECT_EQ(sizes("a | 5b", {.rule = ChunkRule::kComfyUI, .capacity = 3}), Sizes({3, 3}))
      << "a group that no chunk holds is cut, where the original would not end";
}

TEST(ChunksCompel, Modes) {
  const auto cut = [](const char* text, ChunkRule rule) {
    return sizes(text, {.rule = rule, .capacity = 10});
  };
  using enum ChunkRule;
  EXPECT_EQ(cut("25a", kCompel), Sizes({10})) << "cut off";
  EXPECT_EQ(cut_chunks(tokens("25a"), {.rule = kCompel, .capacity = 10}).tokens_cut, 15u);
  EXPECT_EQ(cut("10a", kCompel), Sizes({10}));
  EXPECT_EQ(cut("25a", kCompelBrutal), Sizes({10, 10, 5}));
  EXPECT_EQ(cut("8a 4x", kCompelBrutal), Sizes({10, 2}));
  EXPECT_EQ(cut("8a 4x", kCompelWords), Sizes({8, 4}));
  EXPECT_EQ(cut("5a , 6b", kCompelPhrases), Sizes({6, 6}));
  EXPECT_EQ(cut("2a . 3a , 6b", kCompelPhrases), Sizes({7, 6})) << "the last of . , ; :";
  EXPECT_EQ(cut("2a . 3a , 6b", kCompelSentences), Sizes({3, 10}));
  EXPECT_EQ(cut("2a ; 2a : 9b", kCompelPhrases), Sizes({6, 9}));
}

TEST(ChunksCompel, FallsBackStepByStep) {
  const auto cut = [](const char* text, ChunkRule rule) {
    return sizes(text, {.rule = rule, .capacity = 10});
  };
  using enum ChunkRule;
  EXPECT_EQ(cut("5a , 6b", kCompelSentences), Sizes({6, 6})) << "no sentence ends: phrases";
  EXPECT_EQ(cut("8a 4x", kCompelSentences), Sizes({8, 4})) << "nor a phrase: words";
  EXPECT_EQ(cut("14x", kCompelSentences), Sizes({10, 4})) << "nor a word: anywhere";
}

TEST(Chunks, EveryTokenOnceAndNoChunkTooLong) {
  std::mt19937 random(4);
  const std::vector<ChunkToken> pool = tokens("a b , . ; : x BREAK | a x");
  for (int round = 0; round < 2000; ++round) {
    std::vector<ChunkToken> text(random() % 60);
    for (ChunkToken& token : text) {
      token = pool[random() % pool.size()];
      token.segment = static_cast<int>(random() % 2);
      token.space_word = static_cast<int>(random() % 2);
    }
    ChunkOptions options{.rule = static_cast<ChunkRule>(random() % 8),
                         .capacity = 1 + static_cast<int>(random() % 12),
                         .comma_backtrack = static_cast<int>(random() % 6)};
    const Chunks cut = cut_chunks(text, options);
    ASSERT_FALSE(cut.chunks.empty());
    std::size_t held = 0, last = 0;
    for (const Chunk& chunk : cut.chunks) {
      ASSERT_LE(last, chunk.begin);
      ASSERT_LE(chunk.begin, chunk.end);
      ASSERT_LE(chunk.end - chunk.begin, static_cast<std::size_t>(options.capacity));
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) ASSERT_FALSE(text[i].is_break);
      held += chunk.end - chunk.begin;
      last = chunk.end;
    }
    const auto words = std::ranges::count_if(text, [](const ChunkToken& t) { return !t.is_break; });
    ASSERT_EQ(held + cut.tokens_cut, static_cast<std::size_t>(words));
  }
}

}  // namespace
}  // namespace regard
