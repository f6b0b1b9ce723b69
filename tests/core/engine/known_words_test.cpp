// The words that a model was taught: read from its folder, and what of a prompt is not among them.
#include "core/engine/known_words.h"

#include <gtest/gtest.h>

#include "core/engine/text_chunks.h"
#include "tests/support/built_in.h"
#include "tests/support/checkpoint.h"

namespace regard {
namespace {

const KnownWords& built_in() { return *test::built_in_text_model()->words; }

std::vector<UnknownWord> unknown_in(const std::string& prompt, Syntax syntax = Syntax::kA1111) {
  return unknown_words(built_in(), prompt, tokenize_chunks(*test::built_in_text_model(), prompt, syntax));
}

TEST(KnownWords, TheBuiltInModelSaysItsOwn) {
  ASSERT_TRUE(test::built_in_text_model()->words);
  for (const char* word : {"chat", "Chat", "ÉTOILE", "grise", "d", "herbe", "mouse", "riding", "mirror"})
    EXPECT_TRUE(built_in().has(word)) << word;
  for (const char* word : {"elephant", "cha", "", "chats"}) EXPECT_FALSE(built_in().has(word)) << word;
}

TEST(KnownWords, EveryWordOfTheExamplesIsKnown) {
  for (const char* prompt :
       {"Un chat rouge poursuit une souris grise", "a (red:1.3) cat chases a grey mouse",
        "un chien noir et un oiseau violet dans la neige",
        "une étoile jaune au-dessus d'un arbre vert la nuit", "un chat, dans l'herbe.", ""})
    EXPECT_TRUE(unknown_in(prompt).empty()) << prompt;
}

TEST(KnownWords, AWordNeverLearntIsToldWithItsPieces) {
  const std::string prompt = "un (elephant:1.5) rouge et un Zèbre 7";
  const auto found = unknown_in(prompt);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].text, "elephant");
  EXPECT_EQ(prompt.substr(found[0].start, found[0].end - found[0].start), "elephant");
  EXPECT_NE(found[0].pieces.find("·"), std::string::npos);
  std::string joined = found[0].pieces;
  for (std::size_t at; (at = joined.find("·")) != std::string::npos;)
    joined.erase(at, std::string("·").size());
  EXPECT_EQ(joined, "elephant");
  EXPECT_EQ(found[1].text, "Zèbre");
  EXPECT_EQ(found[2].text, "7");
}

TEST(KnownWords, CompletionBeginsWithTheLanguageInForce) {
  const auto french = built_in().beginning_with("c", "fr", 3);
  ASSERT_EQ(french.size(), 3u);
  EXPECT_EQ(french[0], "chat");
  EXPECT_EQ(built_in().beginning_with("c", "en", 1), std::vector<std::string>{"cat"});
  EXPECT_EQ(built_in().beginning_with("ÉT", "fr", 6), std::vector<std::string>{"étoile"});
  EXPECT_TRUE(built_in().beginning_with("chat", "fr", 6).empty()) << "nothing is longer";
}

TEST(KnownWords, TheWordBeforeTheCursorIsFound) {
  const std::string text = "un (étoi";
  EXPECT_EQ(start_of_word(text, text.size()), 4u);
  EXPECT_EQ(start_of_word(text, 3), 3u);
  EXPECT_EQ(start_of_word(text, 2), 0u);
  EXPECT_EQ(start_of_word("", 0), 0u);
}

TEST(KnownWords, AFolderWithoutTheFileSaysNothing) {
  const test::TempFolder folder;
  const auto none = read_known_words({folder.path()});
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, nullptr);
}

TEST(KnownWords, ABrokenFileIsRefusedByItsName) {
  for (const char* json : {"[]", "{}", R"({"regard_words": 2})", R"({"regard_words": 1})",
                           R"({"regard_words": 1, "groups": [3]})", R"({"regard_words": 1, "groups": [{}]})",
                           R"({"regard_words": 1, "groups": [{"words": [7]}]})", "{"}) {
    const auto read = parse_known_words(json, "words.json");
    ASSERT_FALSE(read) << json;
    EXPECT_TRUE(read.error().message.starts_with("words.json: ")) << read.error().message;
  }
}

}  // namespace
}  // namespace regard
