// Both languages say everything, and say nothing that the program never asks for.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "app/i18n/strings.h"
#include "core/engine/interventions.h"
#include "core/prompt/weighting.h"

namespace regard {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::size_t places(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find("{}"); at != std::string::npos; at = text.find("{}", at + 2)) ++count;
  return count;
}

TEST(Strings, BothLanguagesHaveTheSameKeysAndPlaces) {
  const Strings english = Strings::load(Language::kEnglish), french = Strings::load(Language::kFrench);
  for (const auto& [key, text] : english.all()) {
    const auto other = french.all().find(key);
    ASSERT_NE(other, french.all().end()) << key << " is missing in fr.json";
    EXPECT_EQ(places(text), places(other->second)) << key;
  }
  for (const auto& [key, text] : french.all()) {
    EXPECT_TRUE(english.all().contains(key)) << key << " is missing in en.json";
  }
}

// Every key written in the code exists, and every key of the files is written somewhere in the code.
TEST(Strings, KeysInTheCodeAndInTheFilesAgree) {
  const Strings english = Strings::load(Language::kEnglish);
  std::set<std::string> prefixes;
  for (const auto& [key, text] : english.all()) prefixes.insert(key.substr(0, key.find('.')));
  std::string code;
  const std::filesystem::path root = std::filesystem::path(REGARD_TEST_DIR).parent_path();
  for (const char* folder : {"app", "core"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() == ".cpp" || entry.path().extension() == ".h") code += read(entry.path());
    }
  }
  const std::regex asked("(?:tr|format)\\(\\s*\"([a-z_]+\\.[a-z_.]+)\"");
  for (std::sregex_iterator it(code.begin(), code.end(), asked), end; it != end; ++it) {
    EXPECT_TRUE(english.all().contains((*it)[1])) << (*it)[1] << " is asked for and in no file";
  }
  // Warnings are named where they arise and worded where they are shown.
  const std::regex warned("\"(warning\\.[a-z_]+)\"");
  for (std::sregex_iterator it(code.begin(), code.end(), warned), end; it != end; ++it) {
    EXPECT_TRUE(english.all().contains((*it)[1])) << (*it)[1] << " is given and in no file";
  }
  for (const auto& [key, text] : english.all()) {
    const std::string stem = key.ends_with(".tip") ? key.substr(0, key.size() - 4) : key;
    // So have interventions' menu items.
    const bool is_item = key.ends_with(".item");
    if (is_item && code.find('"' + key.substr(0, key.size() - 5) + '"') != std::string::npos) continue;
    // Grammars and weightings have a key a name; the names are core's.
    if (key.starts_with("syntax.") || key.starts_with("weighting.") || key.starts_with("chunks.") ||
        key.starts_with("sample.") || key.starts_with("choice.layer.") || key.starts_with("choice.head.") || key.starts_with("normalisation."))
      continue;
    EXPECT_TRUE(code.find('"' + key + '"') != std::string::npos ||
                code.find('"' + stem + '"') != std::string::npos)
        << key << " is in the files and nobody asks for it";
  }
}

TEST(Strings, EveryGrammarAndWeightingIsNamedAndExplained) {
  const Strings english = Strings::load(Language::kEnglish);
  for (const char* name : {"a1111", "a1111-old", "comfyui", "compel"}) {
    EXPECT_TRUE(english.all().contains(std::string("syntax.") + name));
    EXPECT_TRUE(english.all().contains(std::string("syntax.") + name + ".tip"));
  }
  for (const char* name : {"comfyui", "comfyui-older", "compel", "compel-brutal", "compel-words",
                           "compel-phrases", "compel-sentences"})
    EXPECT_TRUE(english.all().contains(std::string("chunks.") + name)) << name;
  for (const char* name : {"none", "mean", "length", "length+mean"}) {
    EXPECT_TRUE(english.all().contains(std::string("normalisation.") + name)) << name;
    EXPECT_TRUE(english.all().contains(std::string("normalisation.") + name + ".tip")) << name;
  }
  for (const Weighting weighting : kAllWeightings) {
    const std::string key = "weighting." + std::string(weighting_name(weighting));
    EXPECT_TRUE(english.all().contains(key)) << key;
    EXPECT_TRUE(english.all().contains(key + ".tip")) << key;
  }
}

TEST(Strings, EveryInterventionIsNamedAndExplained) {
  const Strings english = Strings::load(Language::kEnglish);
  for (const InterventionKind& kind : interventions()) {
    const std::string key(kind.label);
    const auto found = english.all().find(key);
    ASSERT_NE(found, english.all().end()) << key;
    EXPECT_EQ(places(found->second),
              static_cast<std::size_t>(kind.takes.words + kind.takes.block + kind.takes.head))
        << key;
    EXPECT_TRUE(kind.takes.words == 0 || english.all().contains(key + ".item")) << key;
    EXPECT_TRUE(kind.takes.words != 1 || english.all().contains(key + ".tip")) << key;
  }
}

TEST(Strings, NumbersAreWrittenAsTheLanguageWritesThem) {
  const Strings english = Strings::load(Language::kEnglish), french = Strings::load(Language::kFrench);
  EXPECT_EQ(english.number(0.449, 3), "0.449");
  EXPECT_EQ(french.number(0.449, 3), "0,449");
  EXPECT_EQ(french.number(-2.585, 3), "\u22122,585");
  EXPECT_EQ(english.number(-0.0001, 2), "0.00");  // no "-0.00"
  EXPECT_EQ(english.number(-INFINITY, 2), "\u2212\u221e");
  EXPECT_EQ(english.number(NAN, 2), "NaN");
}

TEST(Strings, AMissingKeyIsSeenAsItself) {
  EXPECT_STREQ(Strings::load(Language::kEnglish)("no.such.key"), "no.such.key");
}

TEST(Strings, TheLanguageComesFromTheTag) {
  EXPECT_EQ(language_from("fr_FR.UTF-8"), Language::kFrench);
  EXPECT_EQ(language_from("fr"), Language::kFrench);
  EXPECT_EQ(language_from("en_GB"), Language::kEnglish);
  EXPECT_EQ(language_from("C"), Language::kEnglish);
}

}  // namespace
}  // namespace regard
