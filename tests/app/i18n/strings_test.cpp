// Each language says everything, and say nothing that the program never asks for.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "app/cli/options.h"
#include "app/i18n/strings.h"
#include "app/state/gallery.h"
#include "app/state/queries.h"
#include "app/state/session.h"
#include "core/analysis/head_metric.h"
#include "core/analysis/lens.h"
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

TEST(Strings, EachLanguageHasTheKeysAndPlacesOfEnglish) {
  const Locales& locales = Locales::shipped();
  const Locales::Texts& english = locales.find(kEnglish)->texts;
  EXPECT_GE(locales.files().size(), 2u);
  for (const Locales::File& file : locales.files()) {
    for (const auto& [key, text] : english) {
      const auto other = file.texts.find(key);
      ASSERT_NE(other, file.texts.end()) << key << " is missing in " << file.code << ".json";
      EXPECT_EQ(places(text), places(other->second)) << file.code << ": " << key;
    }
    for (const auto& [key, text] : file.texts)
      EXPECT_TRUE(english.contains(key)) << key << " of " << file.code << ".json is missing in en.json";
  }
}

// Every key written in the code exists, and every key of the files is written somewhere in the code.
TEST(Strings, KeysInTheCodeAndInTheFilesAgree) {
  const Strings english = Strings::load(kEnglish);
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
        key.starts_with("sample.") || key.starts_with("choice.layer.") || key.starts_with("choice.head.") ||
        key.starts_with("normalisation.") || key.starts_with("gallery.") || key.starts_with("scene.") ||
        key.starts_with("lens.") || key.starts_with("metric.") || key.starts_with("now.lens.") ||
        key.starts_with("paint.lens.") || key.starts_with("picture.caption."))
      continue;
    EXPECT_TRUE(code.find('"' + key + '"') != std::string::npos ||
                code.find('"' + stem + '"') != std::string::npos)
        << key << " is in the files and nobody asks for it";
  }
}

TEST(Strings, EveryGrammarAndWeightingIsNamedAndExplained) {
  const Strings english = Strings::load(kEnglish);
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

TEST(Strings, EveryHeadMetricIsNamedAndExplained) {
  const Strings english = Strings::load(kEnglish);
  for (const HeadMetric* metric : head_metrics()) {
    const std::string key = "metric." + std::string(metric->name);
    EXPECT_TRUE(english.all().contains(key)) << key;
    EXPECT_TRUE(english.all().contains(key + ".tip")) << key;
    EXPECT_FALSE(metric->formula.empty()) << key;
  }
}

TEST(Strings, EveryExampleOfTheGalleryHasItsWords) {
  for (const Locales::File& file : Locales::shipped().files()) {
    std::size_t keys = 1;  // gallery.title
    for (const GalleryExample& example : gallery()) {
      const std::string key(example.key);
      for (const char* part : {"", ".tip", ".prompt", ".word", ".before"}) {
        const bool needed = example.has_before || std::string_view(part) != ".before";
        EXPECT_EQ(file.texts.contains(key + part), needed) << file.code << ": " << key << part;
        keys += needed ? 1 : 0;
      }
      EXPECT_NE(file.texts.at(key + ".prompt").find(file.texts.at(key + ".word")), std::string::npos) << key;
    }
    const auto of_gallery = [](const auto& each) { return each.first.starts_with("gallery."); };
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count_if(file.texts, of_gallery)), keys) << file.code;
  }
}

TEST(Strings, EverySceneOfTheComparisonHasItsWords) {
  for (const Locales::File& file : Locales::shipped().files()) {
    std::size_t keys = 1;  // scene.choose
    for (const GalleryExample& scene : compare_scenes()) {
      const std::string key(scene.key);
      for (const char* part : {"", ".tip", ".prompt", ".word"})
        keys += file.texts.contains(key + part) ? 1 : 0;
      EXPECT_NE(file.texts.at(key + ".prompt").find(file.texts.at(key + ".word")), std::string::npos) << key;
    }
    EXPECT_EQ(keys, 1 + 4 * compare_scenes().size()) << file.code;
    const auto of_scenes = [](const auto& each) { return each.first.starts_with("scene."); };
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count_if(file.texts, of_scenes)), keys) << file.code;
  }
}

TEST(Strings, EveryLensIsNamedAndExplained) {
  const Strings english = Strings::load(kEnglish);
  std::size_t keys = 0;
  for (const Lens* lens : lenses()) {
    const std::string name(lens->name), key = "lens." + name;
    EXPECT_TRUE(english.all().contains(key) && english.all().contains(key + ".tip")) << key;
    keys += 2;
    EXPECT_TRUE(lens->by_head || english.all().contains("choice.layer." + name)) << key;
    EXPECT_TRUE(lens->needs != LensNeeds::kGradients || english.all().contains("picture.caption." + name))
        << key;
    EXPECT_TRUE(!is_length_lens(name) || (english.all().contains("now.lens." + name) &&
                                          english.all().contains("now.lens." + name + ".by")))
        << key;
  }
  // Mass, the last layer, one number, what it is compared with (3), and why a run has none (8) beside them.
  const auto of_lenses = [](const auto& each) { return each.first.starts_with("lens."); };
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count_if(english.all(), of_lenses)), keys + 15);
}

TEST(Strings, EveryInterventionIsNamedAndExplained) {
  const Strings english = Strings::load(kEnglish);
  for (const InterventionKind& kind : interventions()) {
    // An edge may be of one layer and head, which has a label of its own.
    const int places_of_heads = kind.takes.edge ? 0 : kind.takes.block + kind.takes.head;
    const auto wanted = static_cast<std::size_t>(kind.takes.words + places_of_heads + kind.takes.after);
    for (const std::string_view label : {kind.label, kind.tower_label}) {
      if (label.empty()) continue;
      const auto found = english.all().find(std::string(label));
      ASSERT_NE(found, english.all().end()) << label;
      EXPECT_EQ(places(found->second), wanted) << label;
    }
    const std::string key(kind.label);
    if (key.empty()) continue;
    EXPECT_TRUE(kind.takes.words == 0 || english.all().contains(key + ".item")) << key;
    EXPECT_TRUE(kind.takes.words != 1 || english.all().contains(key + ".tip")) << key;
  }
}

TEST(Strings, NumbersAreWrittenAsTheLanguageWritesThem) {
  const Strings english = Strings::load(kEnglish), french = Strings::load("fr");
  EXPECT_EQ(english.number(0.449, 3), "0.449");
  EXPECT_EQ(Strings::load("es").number(0.449, 3), "0,449");
  EXPECT_EQ(french.number(0.449, 3), "0,449");
  EXPECT_EQ(french.number(-2.585, 3), "\u22122,585");
  EXPECT_EQ(english.number(-0.0001, 2), "0.00");  // no "-0.00"
  EXPECT_EQ(english.number(-INFINITY, 2), "\u2212\u221e");
  EXPECT_EQ(english.number(NAN, 2), "NaN");
}

// One way to write a share of attention, wherever it stands.
TEST(Strings, SharesAreWrittenAsPercent) {
  const Strings english = Strings::load(kEnglish), french = Strings::load("fr");
  EXPECT_EQ(english.percent(0.5312), "53 %");
  EXPECT_EQ(english.percent(0.0312), "3.1 %");
  EXPECT_EQ(english.percent(0.00312), "0.31 %");
  EXPECT_EQ(english.percent(0.0995), "10 %");
  EXPECT_EQ(english.percent(1.0), "100 %");
  EXPECT_EQ(english.percent(0.0), "0 %");
  EXPECT_EQ(french.percent(0.5312, 1), "53,1\u00a0%");
  EXPECT_EQ(french.points(0.0312), "3,1 points");
}

// French counts 0 as one.
TEST(Strings, OneOfAThingIsNotSeveral) {
  const Strings english = Strings::load(kEnglish), french = Strings::load("fr");
  EXPECT_EQ(english.patches(0), "0 patches");
  EXPECT_EQ(english.patches(1.3), "1 patch");
  EXPECT_EQ(english.patches(1.6), "2 patches");
  EXPECT_EQ(english.tokens(1), "1 token");
  EXPECT_EQ(french.patches(0.2), "0 carreau");
  EXPECT_EQ(french.tokens(12), "12 jetons");
  EXPECT_EQ(Strings::load("es").patches(1), "1 parche");
}

TEST(Strings, AMissingKeyIsSeenAsItself) {
  EXPECT_STREQ(Strings::load(kEnglish)("no.such.key"), "no.such.key");
}

TEST(Strings, TheLanguageComesFromTheTag) {
  EXPECT_EQ(language_from("fr_FR.UTF-8"), "fr");
  EXPECT_EQ(language_from("fr"), "fr");
  EXPECT_EQ(language_from("es_MX.UTF-8"), "es");
  EXPECT_EQ(language_from("en_GB"), "en");
  EXPECT_EQ(language_from("C"), "en");
}

// A language is one file: with it in the list, everything that lists languages has it.
TEST(Strings, OneFileMoreIsOneLanguageMore) {
  Locales locales = Locales::shipped();
  ASSERT_TRUE(
      locales.add("it", R"({"language.name": "Italiano", "number.decimal": ",", "menu.file": "Documento"})"));
  EXPECT_EQ(locales.codes(", "), "en, es, fr, it");
  EXPECT_EQ(locales.after("fr"), "it");
  EXPECT_EQ(locales.after("it"), "en");
  EXPECT_EQ(language_from("it_CH.UTF-8", locales), "it");

  const Strings italian = Strings::load("it", locales);
  EXPECT_STREQ(italian("menu.file"), "Documento");
  EXPECT_STREQ(italian("menu.edit"), "Edit") << "what is missing is said in English";
  EXPECT_EQ(italian.number(0.5, 1), "0,5");

  cli::Options options;
  options.lang = "it";
  EXPECT_EQ(cli::read_lang(options, locales).value(), "it");
  const auto refused = cli::read_lang(options);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "--lang: expected en, es, fr or system, got 'it'");

  Session session;
  session.view.language = "it";
  const std::string json = session_json(session);
  EXPECT_EQ(parse_session(json, "s.json", {}, locales).value().view.language, "it");
  EXPECT_EQ(parse_session(json, "s.json").error().message,
            "s.json: view.language: expected en or es or fr, got \"it\"");
}

TEST(Strings, AFileWithoutItsNameOrWithAValueThatIsNoTextIsRefused) {
  Locales locales;
  EXPECT_EQ(locales.add("es", R"({"menu.file": "Archivo"})").error().message,
            "locale/es.json: language.name: expected text, got none");
  EXPECT_EQ(locales.add("es", R"({"language.name": 3})").error().message,
            "locale/es.json: language.name: expected text");
  EXPECT_TRUE(locales.files().empty());
}

}  // namespace
}  // namespace regard
