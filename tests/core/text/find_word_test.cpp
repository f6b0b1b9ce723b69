#include "core/text/find_word.h"

#include <gtest/gtest.h>

namespace regard {
namespace {

TEST(FindWord, LettersOfAnyCaseAreTheSame) {
  EXPECT_TRUE(has_word("UNE TÊTE DE LECTURE", "tête"));
  EXPECT_TRUE(has_word("une tête", "TÊTE"));
  EXPECT_TRUE(has_word("Été comme hiver", "été"));
  EXPECT_TRUE(has_word("Œil pour œil", "œil"));
  EXPECT_TRUE(has_word("un œil", "Œil"));
  EXPECT_TRUE(has_word("El NIÑO rojo", "niño"));
  EXPECT_TRUE(has_word("cafe\u0301 noir", "CAFÉ")) << "composed or not";
}

TEST(FindWord, AccentsAreLetters) {
  EXPECT_FALSE(has_word("une tete", "tête"));
  EXPECT_FALSE(has_word("nino", "niño"));
  EXPECT_FALSE(has_word("oeil", "œil"));
}

TEST(FindWord, NothingOfAWordStandsBesideIt) {
  EXPECT_FALSE(has_word("chaton", "chat"));
  EXPECT_FALSE(has_word("échat", "chat")) << "é is a letter";
  EXPECT_FALSE(has_word("chatñ", "chat"));
  EXPECT_FALSE(has_word("chat2", "chat"));
  EXPECT_TRUE(has_word("chaton, chat", "chat")) << "the second one";
  EXPECT_TRUE(has_word("l’attention", "attention"));
  EXPECT_TRUE(has_word("«\u00a0attention\u00a0»", "attention"));
  EXPECT_TRUE(has_word("part de l’attention (%)", "part de l’attention"));
}

TEST(FindWord, NothingIsFoundNowhere) {
  EXPECT_FALSE(has_word("", "chat"));
  EXPECT_FALSE(has_word("chat", ""));
  EXPECT_FALSE(has_word("chat\xC3", "chien"));
  EXPECT_TRUE(has_word("\xC3 chat", "chat")) << "what is no UTF-8 is no letter";
}

}  // namespace
}  // namespace regard
