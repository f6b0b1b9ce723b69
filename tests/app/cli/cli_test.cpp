// The command line is a contract: lessons and teachers' scripts stand on it. Everything here runs the built
// program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "core/formats/npy.h"
#include "core/formats/png.h"
#include "tests/app/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kPrompt = "Un chat (rouge:1.35) poursuit";

void expect_line(const Outcome& outcome, int status, const std::string& part) {
  EXPECT_EQ(outcome.status, status) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, StartsWith("regard"));
  EXPECT_THAT(outcome.err, HasSubstr(part));
  EXPECT_EQ(outcome.out, "");
}

json attend(std::vector<std::string> more = {}, const Environment& environment = {}) {
  std::vector<std::string> words = {"attend", "--prompt", kPrompt};
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = run_program(words, environment);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  return json::parse(outcome.out, nullptr, false);
}

std::vector<float> flat(const json& nested) {
  if (!nested.is_array()) return {nested.is_null() ? -INFINITY : nested.get<float>()};
  std::vector<float> out;
  for (const json& one : nested) {
    for (const float value : flat(one)) out.push_back(value);
  }
  return out;
}

/// Commands in `regard --help`, which is made from kCommands.
std::set<std::string> listed_commands() {
  std::set<std::string> out;
  std::istringstream help(run_program({"--help"}).out);
  bool listing = false;
  for (std::string line; std::getline(help, line);) {
    std::smatch found;
    if (line == "Subcommands:") listing = true;
    if (listing && std::regex_search(line, found, std::regex("^  ([a-z]+)"))) out.insert(found[1]);
  }
  return out;
}

/// What the first group of `pattern` takes from each line of a file.
std::set<std::string> found_in(const std::filesystem::path& path, const std::string& pattern) {
  std::set<std::string> out;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::smatch found;
    if (std::regex_search(line, found, std::regex(pattern))) out.insert(found[1]);
  }
  return out;
}

// A command that is written and not in the table would be a file that nobody can reach.
TEST(Cli, EveryCommandIsInTheTableAndInReadme) {
  const std::filesystem::path root = std::filesystem::path(REGARD_TEST_DIR).parent_path();
  std::set<std::string> written;
  for (const auto& file : std::filesystem::directory_iterator(root / "app/cli"))
    if (file.path().extension() == ".cpp") written.merge(found_in(file.path(), "^Action add_([a-z_]+)\\("));
  EXPECT_GE(written.size(), 10u);
  EXPECT_EQ(listed_commands(), written);
  EXPECT_EQ(listed_commands(), found_in(root / "README.md", "^\\| `regard ([a-z]+)"));
}

TEST(Cli, HelpAndVersion) {
  for (const std::string& command : listed_commands()) {
    const Outcome help = run_program({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("regard " + command));
    EXPECT_EQ(help.err, "");
  }
  const Outcome help = run_program({"--help"});
  EXPECT_THAT(help.out, HasSubstr("Layers and heads count from 1"));
  EXPECT_THAT(help.out, HasSubstr("Exit status: 0 done; 1 bad input; 2 wrong usage; 3 no display"));
  EXPECT_THAT(run_program({"--version"}).out, StartsWith("regard 0."));
}

TEST(Cli, WrongUsageIsTwoWithAHint) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--nonsense"}, "--nonsense"},
      {{"lok", "--image", "x.png"}, "'lok': no such command"},
      {{"paint"}, "is required; see regard paint --help"},
      {{"look"}, "--image is required; see regard look --help"},
      {{"match", "x"}, "--image is required; see regard match --help"},
      {{"attend"}, "--prompt is required; see regard attend --help"},
      {{"attend", "--prompt", "x", "--nonsense"}, "--nonsense"},
      {{"attend", "--prompt"}, "--prompt"},
      {{"parse"}, "TEXT is required"},
      {{"parse", "a", "b"}, "b"},
      {{"shot"}, "--out is required"},
      {{"--lang", "fr", "parse", "x"}, "after the command"},
  };
  for (const auto& [words, part] : cases) {
    const Outcome outcome = run_program(words);
    expect_line(outcome, 2, part);
    EXPECT_THAT(outcome.err, EndsWith("--help\n"));
  }
}

TEST(Cli, BadInputIsOneWithTheOption) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--layer", "0"}, "--layer: expected a number from 1, all, mean or rollout, got '0'"},
      {{"--layer", "5"}, "--layer: expected 1 to 4 (this model's layers), all, mean or rollout, got 5"},
      {{"--layer", "-1"}, "--layer"},
      {{"--layer", "max"}, "got 'max'"},
      {{"--layer", "99999999999"}, "got '99999999999'"},
      {{"--head", "0"}, "--head: expected a number from 1, all, mean or max, got '0'"},
      {{"--head", "5"}, "--head: expected 1 to 4"},
      {{"--head", "rollout"}, "--head"},
      {{"--layer", "rollout", "--head", "2"}, "--head: expected mean, of which rollout is made, got 2"},
      {{"--layer", "rollout", "--scores"}, "--scores"},
      {{"--syntax", "x"}, "--syntax: expected a1111, a1111-old, comfyui or compel, got 'x'"},
      {{"--syntax", "a1111-and"}, "got 'a1111-and'"},
      {{"--weighting", "x"},
       "--weighting: expected attention, none, prompt-to-prompt, a1111, scale, comfyui, compel, comfy++ or "
       "down_weight, got 'x'"},
      {{"--lang", "de"}, "--lang: expected en, es, fr or system, got 'de'"},
      {{"--threads", "0"}, "--threads: expected a whole number from 1 to 256, got '0'"},
      {{"--threads", "257"}, "got '257'"},
      {{"--threads", "2x"}, "got '2x'"},
      {{"--out", "map.gif"},
       "--out: expected a name that ends in .json, .csv, .html, .npy, .png, .svg or .pdf, got 'map.gif'"},
      {{"--out", "map"}, "got 'map'"},
      {{"--layer", "all", "--out", "map.png"}, "which shows one"},
      {{"--model", "/nowhere/at/all"}, "/nowhere/at/all"},
      {{"--out", "/nowhere/at/all.json"}, "/nowhere/at/all.json"},
  };
  for (const auto& [more, part] : cases) {
    std::vector<std::string> words = {"attend", "--prompt", "x"};
    words.insert(words.end(), more.begin(), more.end());
    expect_line(run_program(words), 1, part);
  }
  expect_line(run_program({"parse", "--steps", "0", "x"}), 1,
              "--steps: expected a whole number from 1 to 1000");
  expect_line(run_program({"parse", "--steps", "9", "--syntax", "compel", "x"}), 1, "--steps: expected with");
  expect_line(run_program({"parse", "--structure", "x"}), 1, "--structure: expected with --syntax compel");
  expect_line(run_program({"nowhere/session.json"}), 1, "nowhere/session.json");
}

TEST(Cli, ShotRefusesWhatItCannotDraw) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--out", "x.jpg"}, ".png"},
      {{"--out", "x.png", "--size", "1280"}, "--size: expected WIDTHxHEIGHT"},
      {{"--out", "x.png", "--size", "10x99999"}, "--size"},
      {{"--out", "x.png", "--scale", "9"}, "--scale: expected a number from 0.5 to 4, got '9'"},
      {{"--out", "x.png", "--scale", "nan"}, "--scale"},
      {{"--out", "x.png", "--theme", "pink"}, "--theme: expected dark or light, got 'pink'"},
      {{"--out", "x.png", "--lang", "de"}, "--lang"},
  };
  for (const auto& [more, part] : cases) {
    std::vector<std::string> words = {"shot"};
    words.insert(words.end(), more.begin(), more.end());
    expect_line(run_program(words), 1, part);
  }
}

TEST(Cli, AttendJson) {
  const json map = attend({"--layer", "2", "--head", "3"});
  EXPECT_EQ(map["model"], "Little World");
  EXPECT_EQ(map["layer"], 2);
  EXPECT_EQ(map["head"], 3);
  EXPECT_FALSE(map.contains("scores"));
  ASSERT_EQ(map["tokens"].size(), 6u);
  EXPECT_EQ(map["rows"], 6);
  EXPECT_EQ(map["cols"], 6);
  EXPECT_EQ(map["tokens"][3], (json{{"id", 580},
                                    {"token", "rouge</w>"},
                                    {"text", "rouge"},
                                    {"start", 9},
                                    {"end", 14},
                                    {"weight", 1.35}}));
  ASSERT_EQ(map["attention"].size(), 6u);
  for (const json& row : map["attention"]) {
    ASSERT_EQ(row.size(), 6u);
    float sum = 0;
    for (const json& value : row) sum += value.get<float>();
    EXPECT_NEAR(sum, 1.0f, 1e-5f);
  }
  EXPECT_EQ(map["attention"][0], (json{1, 0, 0, 0, 0, 0})) << "the first token reads itself alone";
}

TEST(Cli, DefaultsAreMeans) {
  const json mean = attend();
  EXPECT_EQ(mean["layer"], "mean");
  EXPECT_EQ(mean["head"], "mean");
  const std::vector<float> all = flat(attend({"--layer", "all", "--head", "all"})["attention"]);
  const std::vector<float> map = flat(mean["attention"]);
  ASSERT_EQ(all.size(), 16 * map.size());
  for (std::size_t i = 0; i < map.size(); ++i) {
    float sum = 0;
    for (std::size_t k = 0; k < 16; ++k) sum += all[k * map.size() + i];
    EXPECT_NEAR(map[i], sum / 16, 1e-6f);
  }
}

TEST(Cli, AllNests) {
  const json both = attend({"--layer", "all", "--head", "all"});
  EXPECT_EQ(both["layer"], "all");
  ASSERT_EQ(both["attention"].size(), 4u);
  ASSERT_EQ(both["attention"][0].size(), 4u);
  ASSERT_EQ(both["attention"][0][0].size(), 6u);
  EXPECT_EQ(attend({"--layer", "2", "--head", "3"})["attention"], both["attention"][1][2])
      << "counted from 1";
  const json heads = attend({"--layer", "2", "--head", "all"});
  EXPECT_EQ(heads["attention"], both["attention"][1]);
  const json layers = attend({"--head", "3", "--layer", "all"});
  for (std::size_t l = 0; l < 4; ++l) EXPECT_EQ(layers["attention"][l], both["attention"][l][2]);
  EXPECT_EQ(attend({"--layer", "rollout"})["layer"], "rollout");
  EXPECT_EQ(attend({"--head", "max"})["head"], "max");
}

TEST(Cli, ALensIsAskedByItsName) {
  EXPECT_EQ(attend({"--lens", "rollout"}), attend({"--layer", "rollout"}));
  EXPECT_EQ(attend({"--lens", "attention", "--layer", "2"}), attend({"--layer", "2"}));
  const std::vector<std::pair<std::vector<std::string>, std::string>> refused = {
      {{"--lens", "share"},
       "--lens: expected attention, value, written, rollout, flow, norms, cosine, attnlrp, chefer or legrad, "
       "got 'share'"},
      {{"--lens", "attnlrp", "--layer", "all"},
       "--layer: expected mean, as attnlrp joins all layers, got all"},
      {{"--lens", "norms", "--head", "all"}, "--head: expected one for norms, got all"},
      {{"--lens", "norms", "--toward", "a cat"},
       "--toward: expected --lens attnlrp, chefer or legrad, got norms"},
      {{"--toward", "a cat"}, "--toward: expected --lens attnlrp, chefer or legrad, got attention"},
      {{"--lens", "legrad", "--cut-edge", ":end,:start"},
       "legrad: expected a run that nothing is tried on, got one with 1 trial"},
      {{"--lens", "attention", "--layer", "rollout"},
       "--lens: expected rollout, which --layer names, got attention"},
      {{"--lens", "rollout", "--layer", "all"},
       "--layer: expected mean, as rollout joins all layers, got all"},
      {{"--lens", "rollout", "--head", "1"}, "--head: expected mean, of which rollout is made, got 1"},
      {{"--lens", "rollout", "--scores"}, "--scores: expected a layer, got rollout, which has none"},
  };
  for (const auto& [more, part] : refused) {
    std::vector<std::string> words = {"attend", "--prompt", "x"};
    words.insert(words.end(), more.begin(), more.end());
    expect_line(run_program(words), 1, part);
  }
}

// The same numbers in every format, towards another text and towards the prompt's own vector.
TEST(Cli, OneNumberATokenIsWrittenInEveryFormat) {
  for (const char* lens : {"flow", "norms", "attnlrp", "chefer", "legrad"}) {
    const json told = attend({"--lens", lens});
    EXPECT_EQ(told["lens"], lens);
    ASSERT_EQ(told["numbers"].size(), told["tokens"].size()) << lens;
    const Folder folder;
    for (const char* ending : {".csv", ".npy", ".svg", ".png", ".pdf"}) {
      const std::string path = (folder / (std::string(lens) + ending)).string();
      const Outcome outcome =
          run_program({"attend", "--prompt", "a red cat", "--lens", lens, "--out", path, "--lang", "en"});
      ASSERT_EQ(outcome.status, 0) << outcome.err;
      EXPECT_GT(std::filesystem::file_size(path), 50u) << path;
    }
  }
  const json own = attend({"--lens", "attnlrp"}), other = attend({"--lens", "attnlrp", "--toward", "a fish"});
  EXPECT_FALSE(own.contains("toward"));
  EXPECT_EQ(other["toward"], "a fish");
  EXPECT_NE(own["numbers"], other["numbers"]);
  const json cosine = attend({"--lens", "cosine", "--layer", "2"});
  EXPECT_EQ(cosine["lens"], "cosine");
  for (std::size_t t = 0; t < cosine["tokens"].size(); ++t)
    EXPECT_NEAR(cosine["attention"][t][t].get<double>(), 1.0, 1e-5) << "like itself";
}

TEST(Cli, ScoresAreNullWhereTheMaskForbids) {
  const json map = attend({"--layer", "1", "--head", "1", "--scores"});
  EXPECT_EQ(map["scores"], true);
  EXPECT_FALSE(map.contains("non_finite"));
  for (std::size_t t = 0; t < 6; ++t) {
    for (std::size_t s = 0; s < 6; ++s) EXPECT_EQ(map["attention"][t][s].is_null(), s > t);
  }
}

TEST(Cli, NpyHoldsTheSameNumbers) {
  const Folder folder;
  const std::string file = (folder / "map.npy").string();
  const std::vector<std::pair<std::vector<std::string>, std::vector<std::size_t>>> cases = {
      {{"--layer", "all", "--head", "all"}, {4, 4, 6, 6}},
      {{"--layer", "all"}, {4, 6, 6}},
      {{"--head", "all", "--layer", "1", "--scores"}, {4, 6, 6}},
      {{"--layer", "2", "--head", "3"}, {6, 6}},
  };
  for (const auto& [more, shape] : cases) {
    std::vector<std::string> words = {"attend", "--prompt", kPrompt, "--out", file};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_program(words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "") << "what goes to a file does not go to the screen";
    const auto array = read_npy(file);
    ASSERT_TRUE(array.has_value());
    EXPECT_EQ(array->shape, shape);
    EXPECT_EQ(array->values, flat(attend(more)["attention"]))
        << "shortest digits read back as the same float";
  }
}

TEST(Cli, CsvOfOneMapAndOfAll) {
  const Folder folder;
  const std::string file = (folder / "map.CSV").string();  // endings in any case
  ASSERT_EQ(run_program({"attend", "--prompt", kPrompt, "--out", file}).status, 0);
  const std::string one = slurp(file);
  EXPECT_THAT(one,
              StartsWith("token,text,<|startoftext|>,un</w>,chat</w>,rouge</w>,poursuit</w>,<|endoftext|>\r\n"
                         "<|startoftext|>,<|startoftext|>,1,0,0,0,0,0\r\n"));
  EXPECT_EQ(std::ranges::count(one, '\n'), 7);
  ASSERT_EQ(run_program({"attend", "--prompt", kPrompt, "--head", "all", "--out", file}).status, 0);
  const std::string all = slurp(file);
  EXPECT_THAT(all,
              StartsWith("layer,head,query,key,query_token,key_token,query_text,key_text,attention\r\n"
                         "mean,1,0,0,<|startoftext|>,<|startoftext|>,<|startoftext|>,<|startoftext|>,1\r\n"));
  EXPECT_EQ(std::ranges::count(all, '\n'), 1 + 4 * 6 * 6);
}

TEST(Cli, FiguresInBothLanguages) {
  const Folder folder;
  const std::string svg = (folder / "map.svg").string(), png = (folder / "map.png").string();
  ASSERT_EQ(run_program(
                {"attend", "--prompt", kPrompt, "--layer", "2", "--head", "3", "--lang", "fr", "--out", svg})
                .status,
            0);
  const std::string french = slurp(svg);
  for (const char* part :
       {"requête (ligne)", "clé (colonne)", "couche 2", "tête 3", ">chat<", ">rouge ×1.35<", ">début<",
        ">fin<", "Little World", "Un chat (rouge:1.35) poursuit", ">0.50<", "<title>"}) {
    EXPECT_THAT(french, HasSubstr(part));
  }
  EXPECT_THAT(french, Not(HasSubstr("href")));
  EXPECT_THAT(french, Not(HasSubstr("<style")));
  ASSERT_EQ(run_program({"attend", "--prompt", kPrompt, "--lang", "en", "--out", svg}).status, 0);
  EXPECT_THAT(slurp(svg), HasSubstr("query (row)"));
  EXPECT_THAT(slurp(svg), HasSubstr("key (column)"));

  ASSERT_EQ(run_program({"attend", "--prompt", kPrompt, "--lang", "fr", "--out", png}).status, 0);
  const std::string bytes = slurp(png);
  const auto picture = decode_png(bytes, "map.png");
  ASSERT_TRUE(picture.has_value());
  EXPECT_GT(picture->width, 800);
  EXPECT_THAT(picture->texts.at(1).value, HasSubstr(kPrompt));
  for (int again = 0; again < 3; ++again) {
    ASSERT_EQ(run_program({"attend", "--prompt", kPrompt, "--lang", "fr", "--out", png}).status, 0);
    EXPECT_EQ(slurp(png), bytes) << "the same question gives the same file";
  }
}

TEST(Cli, FiguresAsPdfAreTheSameBytesEachTime) {
  const Folder folder;
  const std::string first = (folder / "first.pdf").string(), second = (folder / "second.PDF").string();
  for (const std::string& path : {first, second})
    ASSERT_EQ(run_program({"attend", "--prompt", "un chat قطة", "--out", path}).status, 0);
  EXPECT_THAT(slurp(first), ::testing::StartsWith("%PDF-"));
  EXPECT_EQ(slurp(first), slurp(second));
}

TEST(Cli, ParseWritesSeventeenDigits) {
  const Outcome outcome = run_program({"parse", "a (é:1.1) BREAK (((x)))"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("{\"text\":\"é\",\"weight\":1.1000000000000001}"));
  EXPECT_THAT(outcome.out, HasSubstr("{\"text\":\"BREAK\",\"weight\":-1.0}"));
  EXPECT_THAT(outcome.out, HasSubstr("1.3310000000000004"));
  std::ifstream file(REGARD_TEST_DIR "/vectors/prompt-weight-parse.json");
  for (const json& vector : json::parse(file)) {
    if (vector["syntax"] != "a1111") continue;
    const std::string input = vector["input"];
    const Outcome parsed = run_program({"parse", "--syntax", "a1111", "--", input});
    EXPECT_EQ(json::parse(parsed.out, nullptr, false), vector["expected"]) << input;
  }
}

TEST(Cli, ParseReadsEveryGrammar) {
  std::ifstream file(REGARD_TEST_DIR "/vectors/prompt-weight-parse.json");
  for (const json& vector : json::parse(file)) {
    if (vector["syntax"] == "a1111") continue;  // above
    const std::string input = vector["input"], syntax = vector["syntax"];
    const Outcome parsed = run_program({"parse", "--syntax", syntax, "--", input});
    EXPECT_EQ(json::parse(parsed.out, nullptr, false), vector["expected"]) << syntax << " " << input;
  }
}

TEST(Cli, ParseShowsStructures) {
  std::ifstream file(REGARD_TEST_DIR "/vectors/prompt-weight-structures.json");
  const json vectors = json::parse(file);
  const auto check = [](std::vector<std::string> words, const json& vector) {
    if (!vector.contains("expected")) return;
    words.insert(words.begin(), "parse");
    words.insert(words.end(), {"--", vector["input"].get<std::string>()});
    EXPECT_EQ(json::parse(run_program(words).out, nullptr, false), vector["expected"]) << vector["input"];
  };
  for (const json& v : vectors["schedule"]) check({"--syntax", "a1111", "--steps", v["steps"].dump()}, v);
  for (const json& v : vectors["and"]) check({"--syntax", "a1111-and"}, v);
  for (const json& v : vectors["compel_structures"]) check({"--syntax", "compel", "--structure"}, v);
  EXPECT_THAT(run_program({"parse", "--syntax", "compel", "(\"a\", \"b\").blend(1, 2)"}).out,
              HasSubstr("\"blend\""));
}

TEST(Cli, WarningsGoToStandardError) {
  const Outcome outcome = run_program({"parse", "a (b:1.2.3)"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "prompt: bytes 5-10: not a number: read as text at 1.1\n");
  EXPECT_EQ(json::parse(outcome.out)[1], (json{{"text", "b:1.2.3"}, {"weight", 1.1}}));
  const Outcome negative = run_program({"attend", "--prompt", "(chat:-1)"});
  EXPECT_EQ(negative.status, 0);
  EXPECT_THAT(negative.err, StartsWith("prompt: bytes 1-5: "));
  EXPECT_EQ(run_program({"attend", "--prompt", "(chat:-1)", "--weighting", "none"}).err, "");
}

TEST(Cli, ParseWritesWarningsIntoItsJsonWhenAsked) {
  const Outcome comma = run_program({"parse", "--warnings", "un (rouge:1,35)"});
  EXPECT_EQ(comma.status, 0);
  EXPECT_EQ(comma.err, "prompt: bytes 10-14: a weight takes a point, not a comma: read as text\n");
  const json read = json::parse(comma.out, nullptr, false);
  EXPECT_EQ(read["read"][1], (json{{"text", "rouge:1,35"}, {"weight", 1.1}}));
  ASSERT_EQ(read["warnings"].size(), 1u);
  EXPECT_EQ(read["warnings"][0]["start"], 10);
  EXPECT_EQ(read["warnings"][0]["end"], 14);
  EXPECT_EQ(read["warnings"][0]["key"], "warning.number_comma");
  const json refused = json::parse(
      run_program({"parse", "--warnings", "--syntax", "compel", "(\"a\",\"b\").blend(1,1)++"}).out, nullptr,
      false);
  EXPECT_EQ(refused["warnings"][0]["key"], "warning.after_blend");
  EXPECT_EQ(json::parse(run_program({"parse", "--warnings", "a"}).out, nullptr, false)["warnings"],
            json::array());
}

TEST(Cli, EveryCommandTellsOfANumberThatBecameText) {
  const std::string said = "prompt: bytes 10-14: a weight takes a point, not a comma: read as text\n";
  const Folder folder;
  const std::string npy = (folder / "a.npy").string();
  EXPECT_EQ(run_program({"attend", "--prompt", "un (rouge:1,35)"}).err, said);
  EXPECT_EQ(run_program({"tokenize", "un (rouge:1,35)"}).err, said);
  EXPECT_EQ(run_program({"weigh", "--prompt", "un (rouge:1,35)", "--weighting", "scale", "--out", npy}).err,
            said);
}

TEST(Cli, EveryCommandReadsPartsOfAPrompt) {
  const Folder folder;
  const std::string npy = (folder / "a.npy").string();
  const std::string both = "(\"un chat\", \"un chien bleu\")";
  const auto rows = [&](const std::string& prompt) {
    const Outcome done = run_program(
        {"weigh", "--syntax", "compel", "--weighting", "compel", "--prompt", prompt, "--out", npy});
    EXPECT_EQ(done.status, 0) << done.err;
    const std::string bytes = slurp(npy);
    return bytes.substr(bytes.find("'shape': ") + 9, 9);
  };
  EXPECT_EQ(rows(both + ".and()"), "(64, 192)");
  EXPECT_EQ(rows(both + ".blend(1, 1)"), "(32, 192)");
  const Outcome second = run_program({"attend", "--syntax", "compel", "--weighting", "compel", "--chunk", "2",
                                      "--prompt", both + ".blend(1, 1)"});
  EXPECT_EQ(second.status, 0);
  EXPECT_EQ(second.err, "prompt: chunk 2 of 2; --chunk N chooses another\n");
  EXPECT_EQ(json::parse(second.out)["tokens"].size(), 5u);
  expect_line(run_program({"weigh", "--syntax", "compel", "--weighting", "compel", "--out", npy, "--prompt",
                           both + ".blend(1, -1)"}),
              1, "add up to 0");
}

TEST(Cli, TokenizeListsBytes) {
  const Outcome outcome = run_program({"tokenize", "un (chat:1.3)"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json tokens = json::parse(outcome.out);
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_EQ(tokens[0]["token"], "<|startoftext|>");
  EXPECT_EQ(
      tokens[2],
      (json{
          {"id", 623}, {"token", "chat</w>"}, {"text", "chat"}, {"start", 4}, {"end", 8}, {"weight", 1.3}}));
  EXPECT_EQ(json::parse(run_program({"tokenize", ""}).out).size(), 2u);
  EXPECT_FALSE(json::parse(run_program({"tokenize", "\xFF\xFE"}).out, nullptr, false).is_discarded());
}

TEST(Cli, InspectTellsWhatThingsAre) {
  const std::string world = REGARD_ASSETS_DIR "/little-world";
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {world, "diffusers", "LittleWorldPipeline"},
      {world + "/clip", "clip", "CLIP text encoder"},
      {world + "/clip/model.safetensors", "safetensors", "CLIP (Hugging Face)"},
      {world + "/clip/config.json", "config", "clip"},
      {world + "/clip/tokenizer.json", "tokenizer", "CLIP byte-level BPE"},
      {world + "/transformer", "model", "SD3Transformer2DModel"},
  };
  for (const auto& [path, kind, architecture] : cases) {
    const Outcome outcome = run_program({"inspect", path});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const json found = json::parse(outcome.out);
    EXPECT_EQ(found["kind"], kind);
    EXPECT_EQ(found["architecture"], architecture);
    EXPECT_EQ(found["file"], path);
  }
  const json file = json::parse(run_program({"inspect", world + "/clip/model.safetensors"}).out);
  EXPECT_EQ(file["tensors"], file["list"].size());
  EXPECT_EQ(file["non_finite"], 0);
  EXPECT_EQ(file["dtypes"]["F16"], file["tensors"]);
  const json clip = json::parse(run_program({"inspect", world + "/clip"}).out);
  EXPECT_EQ(clip["config"]["layers"], 4);
  EXPECT_EQ(clip["tokenizer"]["vocab"], 745);
  EXPECT_EQ(clip["parameters"], file["parameters"]);

  const Folder folder;
  std::ofstream(folder / "notes.txt") << "hello";
  std::ofstream(folder / "broken.json") << "{\"model_type\":";
  expect_line(run_program({"inspect", (folder / "notes.txt").string()}), 1,
              "expected a .safetensors or .json file");
  expect_line(run_program({"inspect", (folder / "broken.json").string()}), 1, "broken.json");
  expect_line(run_program({"inspect", folder.path().string()}), 1, "got none of them");
  expect_line(run_program({"inspect", (folder / "gone").string()}), 1, "No such file or directory");
}

TEST(Cli, ABrokenModelIsOneLine) {
  const Folder folder;
  std::filesystem::copy(REGARD_ASSETS_DIR "/little-world/clip", folder.path(),
                        std::filesystem::copy_options::recursive);
  const std::filesystem::path weights = folder / "model.safetensors";
  std::filesystem::resize_file(weights, std::filesystem::file_size(weights) / 2);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"attend", "--prompt", "x", "--model", folder.path().string()},
                                             {"inspect", weights.string()},
                                             {"inspect", folder.path().string()}}) {
    expect_line(run_program(words), 1, "model.safetensors");
  }
  std::ofstream(folder / "config.json") << R"({"model_type":"bert"})";
  expect_line(run_program({"attend", "--prompt", "x", "--model", folder.path().string()}), 1, "config.json");
}

TEST(Cli, AFailedWriteKeepsTheOldFile) {
  const Folder folder;
  const std::string out = (folder / "map.json").string();
  std::ofstream(out) << "old";
  expect_line(run_program({"attend", "--prompt", "x", "--layer", "9", "--out", out}), 1, "--layer");
  EXPECT_EQ(slurp(out), "old");
  std::filesystem::create_directory(folder / "folder.json");
  expect_line(run_program({"attend", "--prompt", "x", "--out", (folder / "folder.json").string()}), 1,
              "folder.json");
  expect_line(run_program({"attend", "--prompt", "x", "--out", "/proc/map.json"}), 1, "/proc/map.json");
  expect_line(run_program({"attend", "--prompt", "x"}, {}, "/dev/full"), 1, "standard output");
  if (::geteuid() != 0) {  // root may write anywhere
    std::filesystem::permissions(folder.path(),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    expect_line(run_program({"attend", "--prompt", "x", "--out", out}), 1, "map.json");
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
    EXPECT_EQ(slurp(out), "old");
  }
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 2) << "no temporary file stays";
}

TEST(Cli, NumbersDoNotFollowTheLocale) {
  const Environment french = {{"LC_ALL", "fr_FR.UTF-8"}, {"LANG", "fr_FR.UTF-8"}};
  EXPECT_EQ(attend({}, french), attend());
  EXPECT_THAT(run_program({"parse", "(a:1.5)"}, french).out, HasSubstr("\"weight\":1.5}"));
  const Folder folder;
  const std::string svg = (folder / "map.svg").string();
  ASSERT_EQ(run_program({"attend", "--prompt", "chat", "--out", svg}, french).status, 0);
  EXPECT_THAT(slurp(svg), HasSubstr("requête (ligne)")) << "the words do";
  EXPECT_THAT(slurp(svg), HasSubstr(">0.50<"));
}

TEST(Cli, PathsOfAllKinds) {
  const Folder folder;
  std::string longest(250, 'e');
  for (const std::string& name :
       {std::string("été.json"), std::string("地图.json"), std::string("a\nb.json"), longest + ".json"}) {
    const std::string out = (folder / name).string();
    const Outcome outcome = run_program({"attend", "--prompt", "x", "--out", out});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_FALSE(slurp(out).empty()) << name;
  }
  expect_line(
      run_program({"attend", "--prompt", "x", "--out", (folder / (longest + "eeeeeee.json")).string()}), 1,
      "write");
  std::filesystem::create_symlink(folder / "loop", folder / "loop");
  expect_line(run_program({"inspect", (folder / "loop").string()}), 1, "loop");
}

TEST(Cli, SaysWhereItLookedForItsFiles) {
  const Folder folder;
  const Outcome outcome = run_program({"tokenize", "x"}, {{"REGARD_ASSETS", folder.path().string()}});
  expect_line(outcome, 1, (folder / "little-world").string());
}

TEST(Cli, NoDisplayIsThree) {
  expect_line(run_program({}, {{"DISPLAY", ""}, {"WAYLAND_DISPLAY", ""}}), 3, "display");
}

TEST(Cli, ABigPromptIsReadInTime) {
  const Outcome outcome = run_program({"attend", "--prompt", std::string(100'000, '(') + "chat"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(json::parse(outcome.out)["tokens"].size(), 3u);
}

}  // namespace
}  // namespace regard
