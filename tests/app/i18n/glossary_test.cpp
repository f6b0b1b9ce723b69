// The glossary: whole in every language it has, about texts that exist, found by what stands on screen.
#include "app/i18n/glossary.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "app/i18n/strings.h"

namespace regard {
namespace {

TEST(Glossary, IsTheSameInEveryLanguageAndAboutTextsThatExist) {
  const auto& english = glossary(kEnglish);
  ASSERT_GE(english.size(), 60u);
  for (const Locales::File& file : Locales::shipped().files()) {
    const Strings strings = Strings::load(file.code);
    const auto& terms = glossary(file.code);
    ASSERT_EQ(terms.size(), english.size()) << file.code;
    EXPECT_EQ(terms.front().definition == english.front().definition, file.code == kEnglish) << file.code;
    for (const GlossaryTerm& term : terms) {
      EXPECT_TRUE(std::ranges::find(english, term.id, &GlossaryTerm::id) != english.end()) << term.id;
      EXPECT_GE(term.definition.size(), 30u) << term.id;
      EXPECT_FALSE(term.source.empty()) << term.id;
      for (const std::string& key : term.keys)
        EXPECT_TRUE(strings.all().contains(key)) << term.id << ' ' << key;
    }
  }
}

TEST(Glossary, ALanguageWithoutOneReadsEnglish) {
  EXPECT_EQ(glossary("eo").front().definition, glossary(kEnglish).front().definition);
}

TEST(Glossary, FindsTheLongestNameThatStandsAsAWord) {
  const auto& terms = glossary(kEnglish);
  const auto id_in = [&](const char* text) {
    const GlossaryTerm* term = term_in(terms, text);
    return term != nullptr ? term->id : std::string("none");
  };
  EXPECT_EQ(id_in("Softmax over the row"), "softmax");
  EXPECT_EQ(id_in("attention rollout"), "rollout");
  EXPECT_EQ(id_in("ENTROPY"), "entropy");
  EXPECT_EQ(id_in("headless"), "none") << "head is no word of it";
  EXPECT_EQ(id_in(""), "none");
}

TEST(Glossary, FindsNamesWithAccentsInAnyCase) {
  const auto id_in = [](const Language& language, const char* text) {
    const GlossaryTerm* term = term_in(glossary(language), text);
    return term != nullptr ? term->id : std::string("none");
  };
  const std::string head = id_in("fr", "tête");
  EXPECT_NE(head, "none");
  EXPECT_EQ(id_in("fr", "UNE TÊTE"), head);
  EXPECT_EQ(id_in("fr", "dans cette tête\u00a0: trois mots"), head);
  EXPECT_EQ(id_in("fr", "l’entropie"), id_in("fr", "ENTROPIE")) << "an apostrophe is no letter";
  EXPECT_EQ(id_in("es", "ATENCIÓN"), id_in("es", "atención"));
}

TEST(Glossary, AFaultIsOneLineWithTheTerm) {
  const auto message = [](const char* json) {
    const auto terms = parse_glossary(json, "glossary.xx.json");
    return terms ? std::string("read") : terms.error().message;
  };
  const std::string whole = R"("names": ["a"], "definition": "d", "source": "s")";
  EXPECT_EQ(message(("{\"terms\": [{\"id\": \"x\", " + whole + "}]}").c_str()), "read");
  EXPECT_EQ(message(R"({"terms": [{"id": "x", "names": [], "definition": "d", "source": "s"}]})"),
            "glossary.xx.json: x: names: expected at least one");
  EXPECT_EQ(message(R"({"terms": [{"id": "x", "names": ["a"], "definition": "", "source": "s"}]})"),
            "glossary.xx.json: x: definition: expected text");
  EXPECT_EQ(
      message(("{\"terms\": [{\"id\": \"x\", " + whole + "}, {\"id\": \"x\", " + whole + "}]}").c_str()),
      "glossary.xx.json: x: stands there twice");
  EXPECT_EQ(message("{}"), "glossary.xx.json: terms: expected a list");
}

}  // namespace
}  // namespace regard
