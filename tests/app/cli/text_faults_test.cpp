// Faults that people met on the way from a text to numbers, each as a kind: from outside, on the built
// program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/formats/npy.h"
#include "tests/app/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

const fs::path kWorld = REGARD_ASSETS_DIR "/little-world";

void put(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

/// A copy of the built-in CLIP: links, but for the files that a test puts in their place.
void link_clip(const fs::path& folder, const std::vector<std::string>& without = {}) {
  fs::create_directories(folder);
  for (const auto& entry : fs::directory_iterator(kWorld / "clip")) {
    const std::string name = entry.path().filename().string();
    if (std::ranges::find(without, name) == without.end()) fs::create_symlink(entry.path(), folder / name);
  }
}

std::string lines_of(int count, const std::string& each) {
  std::string out;
  for (int i = 0; i < count; ++i) out += each;
  return out;
}

// A NUL is no end of a JSON text, whichever file it is in and whatever follows.
TEST(TextFaults, NoJsonEndsAtANul) {
  const std::string tails[] = {std::string("\0", 1), std::string("\0\0 {\"a\": 1}", 11)};
  for (const char* name : {"config.json", "tokenizer.json", "tokenizer_config.json",
                           "special_tokens_map.json", "preprocessor_config.json"}) {
    for (const std::string& tail : tails) {
      const Folder folder;
      link_clip(folder / "clip", {name});
      const std::string sound = slurp(kWorld / "clip" / name);
      put(folder / "clip" / name, sound + tail);
      const Outcome got = run_program({"look", "--image", "scene-1", "--model", (folder / "clip").string()});
      const Outcome text = run_program({"tokenize", "un chat", "--model", (folder / "clip").string()});
      const Outcome& one = std::string(name) == "preprocessor_config.json" ? got : text;
      EXPECT_EQ(one.status, 1) << name << one.out;
      EXPECT_THAT(one.err, HasSubstr(std::string(name) + ": byte " + std::to_string(sound.size()) +
                                     ": expected end of input, got a NUL byte"));
    }
  }
  const Folder folder;
  const std::string nul = slurp(REGARD_TEST_DIR "/corpus/safetensors/nul_behind.safetensors");
  ASSERT_EQ(nul.size(), 82u);
  const Outcome header =
      run_program({"inspect", REGARD_TEST_DIR "/corpus/safetensors/nul_behind.safetensors"});
  EXPECT_EQ(header.status, 1);
  EXPECT_THAT(header.err, EndsWith("byte 69: expected end of input, got a NUL byte\n"));
  put(folder / "session.json", std::string("{\"regard_session\": 1}\0", 22));
  const Outcome session = run_program(
      {"shot", "--session", (folder / "session.json").string(), "--out", (folder / "x.png").string()});
  EXPECT_EQ(session.status, 1);
  EXPECT_THAT(session.err, HasSubstr("byte 21: expected end of input, got a NUL byte"));
}

// With `!` as padding token, transformers gives these ids; the padding of `weigh` follows.
TEST(TextFaults, SpecialTokensBesideTheTokenizerAreFound) {
  const std::vector<int> want = {743, 629, 0, 0, 0, 0, 0, 0, 744};
  const std::pair<std::string, std::string> files[] = {
      {"tokenizer_config.json", R"({"pad_token": "!"})"},
      {"special_tokens_map.json", R"({"pad_token": {"content": "!"}})"},
      {"tokenizer_config.json", R"({"additional_special_tokens": ["!"]})"},
      {"tokenizer_config.json",
       R"({"added_tokens_decoder": {"0": {"content": "!", "normalized": false, "special": true}}})"}};
  for (const auto& [name, content] : files) {
    const Folder folder;
    link_clip(folder / "clip", {"tokenizer_config.json", "special_tokens_map.json"});
    put(folder / "clip" / name, content);
    const Outcome got = run_program({"tokenize", "cat ! !! !!!", "--model", (folder / "clip").string()});
    ASSERT_EQ(got.status, 0) << got.err;
    std::vector<int> ids;
    for (const json& token : json::parse(got.out)) ids.push_back(token["id"]);
    EXPECT_EQ(ids, want) << content;
  }
}

json match(const std::vector<std::string>& texts, std::string* err) {
  std::vector<std::string> words = {"match", "--image", "scene-1"};
  words.insert(words.end(), texts.begin(), texts.end());
  const Outcome outcome = run_program(words);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  *err = outcome.err;
  return json::parse(outcome.out)["texts"];
}

// The built-in model reads 32 tokens: BOS, 30, EOS.
TEST(TextFaults, WhatMatchCutsIsSaid) {
  const std::string fits = lines_of(30, "chat "), longer = lines_of(31, "chat ");
  std::string err;
  const json both = match({fits + "rouge", "un chat", fits + "gris rouge"}, &err);
  EXPECT_EQ(err,
            "text 1 of 3: bytes 150-155: too long: the model reads the first 32 tokens, 1 were left out\n"
            "text 3 of 3: bytes 150-160: too long: the model reads the first 32 tokens, 2 were left out\n");
  EXPECT_EQ(both[0]["tokens_cut"], 1);
  EXPECT_EQ(both[0]["cut_start"], 150);
  EXPECT_EQ(both[2]["tokens_cut"], 2);
  EXPECT_FALSE(both[1].contains("tokens_cut"));
  EXPECT_EQ(both[0]["cosine"], both[2]["cosine"]) << "what differs was cut";
  EXPECT_FALSE(match({fits}, &err)[0].contains("tokens_cut"));
  EXPECT_EQ(err, "");
  EXPECT_EQ(match({longer}, &err)[0]["tokens_cut"], 1);
}

TEST(TextFaults, WhatOtherCommandsCutIsSaid) {
  const Folder folder;
  const std::string prompt = lines_of(35, "chat ");
  const std::string want = "bytes 150-174: too long: the model reads the first 32 tokens, 5 were left out\n";
  const Outcome attend = run_program({"attend", "--prompt", prompt, "--syntax", "compel"});
  EXPECT_EQ(attend.err, "prompt: " + want);
  EXPECT_EQ(json::parse(attend.out)["tokens_cut"], 5);
  EXPECT_FALSE(json::parse(run_program({"attend", "--prompt", "chat"}).out).contains("tokens_cut"));
  EXPECT_EQ(run_program({"tokenize", prompt, "--syntax", "compel"}).err, "prompt: " + want);
  const std::string npy = (folder / "a.npy").string(), png = (folder / "a.png").string();
  EXPECT_EQ(run_program({"weigh", "--prompt", prompt, "--syntax", "compel", "--out", npy}).err,
            "prompt: " + want);
  const Outcome paint = run_program({"paint", "--prompt", prompt, "--negative", prompt, "--syntax", "compel",
                                     "--steps", "1", "--out", png, "--record", (folder / "record").string()});
  EXPECT_EQ(paint.status, 0) << paint.err;
  EXPECT_EQ(paint.err, "prompt: " + want + "negative: " + want);
  const json schedule = json::parse(slurp(folder / "record" / "schedule.json"));
  EXPECT_EQ(schedule["tokens_cut"], 5);
  EXPECT_EQ(schedule["negative_tokens_cut"], 5);
}

// é is two bytes to a model that never learnt it: spelled "Ã" and "©" in its vocabulary.
TEST(TextFaults, FilesNameTokensAsAPersonReadsThem) {
  const json map = json::parse(run_program({"attend", "--prompt", "é chat 日"}).out);
  std::vector<std::string> texts;
  for (const json& token : map["tokens"]) texts.push_back(token["text"]);
  EXPECT_EQ(texts, (std::vector<std::string>{"<|startoftext|>", "C3", "A9", "chat", "E6", "97", "A5",
                                             "<|endoftext|>"}));
  EXPECT_EQ(map["tokens"][1]["token"], "Ã");
  const json tokens = json::parse(run_program({"tokenize", "é chat"}).out);
  EXPECT_EQ(tokens[1]["text"], "C3");
  EXPECT_EQ(tokens[3]["text"], "chat");

  const Folder folder;
  const std::string csv = (folder / "map.csv").string();
  ASSERT_EQ(run_program({"attend", "--prompt", "é chat", "--out", csv}).status, 0);
  EXPECT_THAT(slurp(csv), StartsWith("token,text,"));
  EXPECT_THAT(slurp(csv), HasSubstr("\r\nÃ,C3,"));
  EXPECT_THAT(slurp(csv), HasSubstr("\r\nchat</w>,chat,"));
  ASSERT_EQ(run_program({"attend", "--prompt", "é chat", "--layer", "all", "--out", csv}).status, 0);
  EXPECT_THAT(slurp(csv), HasSubstr("\r\n1,mean,3,1,chat</w>,Ã,chat,C3,"));

  const Outcome paint = run_program({"paint", "--prompt", "é chat", "--steps", "1", "--out",
                                     (folder / "a.png").string(), "--maps", (folder / "maps").string()});
  ASSERT_EQ(paint.status, 0) << paint.err;
  const json listed = json::parse(slurp(folder / "maps" / "tokens.json"));
  EXPECT_EQ(listed[listed.size() - 2]["text"], "chat");
  EXPECT_EQ(listed[listed.size() - 4]["text"], "C3");
}

TEST(TextFaults, WeighingALongTextIsOneLine) {
  const Folder folder;
  const auto weigh = [&](const std::string& prompt) {
    const Outcome outcome = run_program(
        {"weigh", "--prompt", prompt, "--weighting", "a1111", "--out", (folder / "x.npy").string()});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.err;
  };
  EXPECT_THAT(weigh("un (chat:1.5) rouge"), StartsWith("weights: chunk 1 of 1: mean restored: "));
  const std::string same = weigh(lines_of(1000, "(chat:1.2) un, rouge, une souris, grise "));
  EXPECT_EQ(std::ranges::count(same, '\n'), 1) << same;
  EXPECT_THAT(same, HasSubstr(" chunks: mean restored: every vector times "));
  const std::string other = weigh("(chat:1.2) BREAK (rouge:0.7) BREAK un BREAK souris");
  EXPECT_EQ(std::ranges::count(other, '\n'), 1) << other;
  EXPECT_THAT(other, StartsWith("weights: 2 of 4 chunks: mean restored: every vector times "));
  EXPECT_THAT(other, HasSubstr(" to "));
}

TEST(TextFaults, AMissingFolderIsToldAsThat) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"tokenize", "x"},
                                             {"attend", "--prompt", "x"},
                                             {"weigh", "--prompt", "x", "--out", "/tmp/x.npy"},
                                             {"paint", "--prompt", "x", "--out", "/tmp/x.png"},
                                             {"look", "--image", "scene-1"},
                                             {"match", "x", "--image", "scene-1"}}) {
    std::vector<std::string> asked = words;
    asked.insert(asked.end(), {"--model", "/nonexist"});
    const Outcome outcome = run_program(asked);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err, "regard " + words[0] +
                               ": /nonexist: expected a model folder or the name of an installed model, got "
                               "no such folder\n");
  }
}

TEST(TextFaults, TheHelpOfSizeSaysWhatIsRefused) {
  for (const char* command : {"look", "match"}) {
    EXPECT_THAT(run_program({command, "--help"}).out, HasSubstr("1 to 128"));
    std::vector<std::string> words = {command, "--image", "scene-1", "--size", "0"};
    if (std::string(command) == "match") words.push_back("un chat");
    const Outcome outcome = run_program(words);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("--size: expected a whole number from 1 to 128, got '0'"));
  }
}

TEST(TextFaults, TheFirstFrameOfAMovingPictureIsSaid) {
  const std::string moving = REGARD_TEST_DIR "/corpus/image/moving.webp";
  for (const std::string& picture : {moving, std::string(REGARD_TEST_DIR "/corpus/image/lossy.webp")}) {
    const Outcome outcome = run_program({"look", "--image", picture, "--size", "4"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::string line = picture + ": a moving picture: the first of its ";
    EXPECT_EQ(outcome.err.find(line) != std::string::npos, picture == moving) << outcome.err;
  }
}

TEST(TextFaults, AnEmptyPromptHasNoWordMaps) {
  const Folder folder;
  const auto paint = [&](const std::string& prompt) {
    const Outcome outcome = run_program({"paint", "--prompt", prompt, "--steps", "1", "--out",
                                         (folder / "a.png").string(), "--maps", (folder / "maps").string()});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.err;
  };
  const std::string want =
      "--maps: the prompt has no words: no word maps, only the start and end tokens' numbers\n";
  EXPECT_EQ(paint(""), want);
  EXPECT_EQ(paint(" \n "), want);
  EXPECT_EQ(paint("chat"), "");
}

}  // namespace
}  // namespace regard
