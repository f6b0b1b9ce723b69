// The trials of `regard attend` and `look`, those new in `paint`, and `regard compare`, from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/formats/image.h"
#include "core/formats/npy.h"
#include "tests/app/cli/program.h"

namespace regard {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Outcome with(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return run_program(words);
}
Outcome attend(const std::vector<std::string>& more) {
  return with({"attend", "--prompt", "un chat rouge", "--layer", "2", "--head", "3"}, more);
}
Outcome look(const std::vector<std::string>& more) {
  return with({"look", "--image", "scene-1", "--layer", "2", "--head", "3", "--patch", "3,5"}, more);
}
json attention(const Outcome& outcome) {
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return json::parse(outcome.out, nullptr, false).value("attention", json());
}
std::vector<float> row(const Outcome& outcome) {
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return json::parse(outcome.out, nullptr, false).value("row", std::vector<float>());
}

TEST(AttendTrials, MaskAndEdge) {
  const json plain = attention(attend({}));
  EXPECT_GT(plain[3][2], 0.0);
  for (const char* name : {"--mask", "--mute"}) {
    const json masked = attention(attend({name, "chat"}));
    EXPECT_EQ(masked[3][2], 0.0);
    EXPECT_EQ(masked[4][2], 0.0);
  }
  EXPECT_EQ(attention(attend({"--mask", "3"})), attention(attend({"--mask", "chat"}))) << "token 3 is chat";
  const json cut = attention(attend({"--cut-edge", "rouge,chat"}));
  EXPECT_EQ(cut[3][2], 0.0);
  EXPECT_GT(cut[4][2], 0.0);
  EXPECT_EQ(attention(attend({"--cut-edge", "rouge,chat,2,3"}))[3][2], 0.0);
  EXPECT_EQ(attention(attend({"--cut-edge", "rouge,chat,4,1"})), plain) << "another head, later";
  EXPECT_EQ(attention(attend({"--cut-edge", ":end,:start"}))[4][0], 0.0);
}

TEST(AttendTrials, HeadsAndLayersOff) {
  const json plain = attention(attend({}));
  EXPECT_EQ(attention(attend({"--head-off", "2,3"})), plain) << "what it reads is kept";
  const json off = attention(attend({"--head-off", "1,1"})),
             mean = attention(attend({"--head-off", "1,1,mean"}));
  EXPECT_NE(off, plain);
  EXPECT_NE(mean, plain);
  EXPECT_NE(mean, off);
  EXPECT_NE(attention(attend({"--block-off", "1"})), plain);
  EXPECT_EQ(attention(attend({"--head-off", "1,1", "--head-off", "1,1"})), off);
}

TEST(AttendTrials, TakesFromAnotherPromptOrSession) {
  const Outcome same = attend({"--freeze-from", "un chat rouge"});
  const json plain = attention(attend({})), frozen = attention(same);
  for (int q = 0; q < 5; ++q) {
    for (int k = 0; k < 5; ++k) EXPECT_NEAR(frozen[q][k].get<double>(), plain[q][k].get<double>(), 1e-6);
  }
  const std::vector<std::string> patch = {"--patch-from", "un chien rouge", "--patch-at", "1,chat"};
  const json patched = attention(attend(patch));
  EXPECT_NE(patched, plain);
  EXPECT_EQ(patched[1], plain[1]) << "what stands before it is not reached";
  const Folder folder;
  const std::string session = (folder / "a.json").string();
  std::ofstream(session) << R"({"regard_session":1,"prompt":"un chien rouge"})";
  EXPECT_EQ(attention(attend({"--patch-from", session, "--patch-at", "1,chat"})), patched);
  EXPECT_EQ(attention(attend({"--patch-from", "un chat rouge", "--patch-at", "1,chat"})), plain);
  // From elsewhere in the other run; its own place and layer, told in full, are the same as untold.
  EXPECT_EQ(attention(attend({"--patch-from", "un chien rouge", "--patch-at", "1,chat=1,chien"})), patched);
  const json moved = attention(attend({"--patch-from", "un chien rouge", "--patch-at", "1,chat=0,rouge"}));
  EXPECT_NE(moved, patched);
  EXPECT_NE(moved, plain);
  EXPECT_THAT(attend({"--patch-from", "un chien rouge", "--patch-at", "1,chat=9,rouge"}).err,
              HasSubstr("--patch-at: expected LAYER,PLACE, a layer from 0 to 4, got '1,chat=9,rouge'\n"));
}

TEST(AttendTrials, RefusesInOneLine) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"--mask", "chien"},
       "--mask: expected a word of the prompt (un, chat, rouge), a token from 1 to 5, :start or :end, got "
       "'chien'\n"},
      {{"--mask", ":start"},
       "--mask: expected a word of the prompt or :end, got ':start', which the first word has to read\n"},
      {{"--mask", "chat,rouge"}, "--mask: expected one place, got 'chat,rouge'\n"},
      {{"--head-off", "6,1"}, "--head-off: expected LAYER,HEAD, from 1,1 to 4,4, got '6,1'\n"},
      {{"--block-off", "0"}, "--block-off: expected a whole number from 1 to 4, got '0'\n"},
      {{"--cut-edge", "chat"}, "--cut-edge: expected QUERY,KEY or QUERY,KEY,LAYER,HEAD, got 'chat'\n"},
      {{"--cut-edge", "rouge,chat,9,1"},
       "--cut-edge: expected QUERY,KEY or QUERY,KEY,LAYER,HEAD, up to 4,4, got 'rouge,chat,9,1'\n"},
      {{"--patch-from", "un", "--patch-at", "9,chat"},
       "--patch-at: expected LAYER,PLACE, a layer from 0 to 4, got '9,chat'\n"},
      {{"--patch-from", "un", "--patch-at", "1,chat"},
       "--patch-at: expected a place that the other run has too, got '1,chat'\n"},
      {{"--freeze-from", "a", "--patch-from", "b", "--patch-at", "1,chat"},
       "--freeze-from: expected 'b', which --patch-from names, got 'a'\n"},
  };
  for (const auto& [words, message] : cases) {
    const Outcome outcome = attend(words);
    EXPECT_EQ(outcome.status, 1) << message;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }
  EXPECT_EQ(attend({"--patch-at", "1,chat"}).status, 2) << "needs --patch-from";
}

// Column 3, row 5 is token 1 + 4 * 12 + 2.
TEST(LookTrials, PatchesByColumnAndRow) {
  const std::vector<float> plain = row(look({}));
  ASSERT_EQ(plain.size(), 145u);
  EXPECT_EQ(row(look({"--mask", "4,5"}))[1 + 4 * 12 + 3], 0.0f);
  EXPECT_EQ(row(look({"--mask", "cls"}))[0], 0.0f);
  EXPECT_EQ(row(look({"--cut-edge", "3,5,7,8"}))[1 + 7 * 12 + 6], 0.0f);
  EXPECT_EQ(row(look({"--cut-edge", "3,5,cls,2,3"}))[0], 0.0f);
  EXPECT_EQ(row(look({"--head-off", "2,3"})), plain);
  EXPECT_NE(row(look({"--head-off", "1,2,mean"})), plain);
  const std::vector<float> patched = row(look({"--patch-from", "scene-2", "--patch-at", "1,3,5"}));
  EXPECT_NE(patched, plain);
  EXPECT_EQ(row(look({"--patch-from", "scene-1", "--patch-at", "1,3,5"})), plain);
  const std::vector<float> frozen = row(look({"--freeze-from", "scene-2"}));
  const Outcome there =
      run_program({"look", "--image", "scene-2", "--layer", "2", "--head", "3", "--patch", "3,5"});
  const std::vector<float> other = row(there);
  for (std::size_t i = 0; i < other.size(); ++i) EXPECT_NEAR(frozen[i], other[i], 1e-5f);
}

TEST(LookTrials, RefusesInOneLine) {
  Outcome outcome = look({"--mask", "13,1"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("--mask: expected COLUMN,ROW from 1,1 to 12,12, or cls, got '13,1'\n"));
  outcome = look({"--patch-from", "nothing.png", "--patch-at", "1,1,1"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("nothing.png"));
}

// The pixels of a drawing of two steps: its file also says what was tried.
std::vector<std::uint8_t> drawn(const Folder& folder, const std::vector<std::string>& more) {
  const std::string file = (folder / "p.png").string();
  const Outcome outcome = with({"paint", "--prompt", "un chat rouge", "--steps", "2", "--out", file}, more);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return read_image(file).value().rgb;
}

TEST(PaintTrials, TakesFromAnotherPromptOrSession) {
  const Folder folder;
  const auto picture = [&](const std::vector<std::string>& more) { return drawn(folder, more); };
  const std::vector<std::uint8_t> plain = picture({}), frozen = picture({"--freeze-from", "un chien bleu"}),
                                  patched =
                                      picture({"--patch-from", "un chien bleu", "--patch-at", "2,chat"});
  EXPECT_NE(frozen, plain);
  EXPECT_NE(patched, plain);
  EXPECT_NE(patched, frozen);
  EXPECT_EQ(picture({"--freeze-from", "un chat rouge"}), plain);
  EXPECT_EQ(picture({"--patch-from", "un chat rouge", "--patch-at", "2,chat", "--patch-at", "6,5,7"}), plain);
  EXPECT_NE(picture({"--patch-from", "un chien bleu", "--patch-at", "2,5,7", "--during", "1-1"}), plain);
  const std::string session = (folder / "a.json").string();
  std::ofstream(session) << R"({"regard_session":1,"prompt":"un chien bleu"})";
  EXPECT_EQ(picture({"--patch-from", session, "--patch-at", "2,chat"}), patched);
  EXPECT_EQ(picture({"--patch-from", session, "--patch-at", "2,chat=2,chien"}), patched);
  EXPECT_NE(picture({"--patch-from", session, "--patch-at", "2,chat=1,5,7"}), patched);
  const std::string record = (folder / "record").string();
  picture({"--patch-from", "un chien bleu", "--patch-at", "2,chat", "--record", record});
  const json schedule = json::parse(slurp(record + "/schedule.json"));
  EXPECT_NE(schedule.dump().find(R"("after":2)"), std::string::npos) << schedule.dump();
}

TEST(PaintTrials, WhatIsTakenIsRefusedInOneLine) {
  const Folder folder;
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"--patch-from", "un", "--patch-at", "9,chat"},
       "--patch-at: expected BLOCK,PLACE, a block from 0 to 6, got '9,chat'\n"},
      {{"--patch-from", "un", "--patch-at", "1,13,1"}, "got '13,1'\n"},
      {{"--steps", "1", "--patch-from", "un", "--patch-at", "1,chat"},
       "--patch-at: expected a place that the other run has too, got '1,chat'\n"},
      {{"--freeze-from", "a", "--keep-words", "b"},
       "--keep-words: expected 'a', which --freeze-from names, got 'b'\n"},
  };
  for (const auto& [more, message] : cases) {
    std::vector<std::string> words = {"paint", "--prompt", "un chat rouge", "--out",
                                      (folder / "p.png").string()};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_program(words);
    EXPECT_EQ(outcome.status, 1) << message;
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }
}

TEST(PaintTrials, EdgesAndMeansOfHeads) {
  const Folder folder;
  const auto picture = [&](const std::vector<std::string>& more) { return drawn(folder, more); };
  const std::vector<std::uint8_t> plain = picture({});
  EXPECT_TRUE(picture({"--head-off", "3,1,mean"}) != plain);
  EXPECT_TRUE(picture({"--head-off", "3,1,mean"}) != picture({"--head-off", "3,1"}));
  EXPECT_TRUE(picture({"--mask", "rouge"}) == picture({"--mute", "rouge"}));
  // Not every drawing moves by a bit when one patch no longer reads one word; all heads of it are cut.
  std::vector<std::string> edges;
  for (int column = 1; column <= 12; ++column) {
    for (int y = 1; y <= 12; ++y)
      edges.insert(edges.end(), {"--cut-edge", std::to_string(column) + "," + std::to_string(y) + ",rouge"});
  }
  EXPECT_TRUE(picture(edges) == picture({"--cut", "rouge"})) << "every patch: its column";
  const Outcome refused = run_program({"paint", "--prompt", "un", "--out", "x.png", "--cut-edge", "13,1,un"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(
      refused.err,
      HasSubstr("--cut-edge: expected a word or a patch's COLUMN,ROW from 1,1 to 12,12, got '13,1'\n"));
}

json compare(const std::vector<std::string>& more) {
  const Outcome outcome = with({"compare"}, more);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return json::parse(outcome.out, nullptr, false);
}

TEST(Compare, JoinedMapsNameWhatIsJoined) {
  const json found = compare(
      {"--prompt", "un xylophone rouge", "--with", "un xylophone bleu", "--words", "--special", "hide"});
  const json& named = found["map_positions"];
  ASSERT_EQ(named.size(), found["difference"].size());
  ASSERT_EQ(named.size(), 4u);  // un, xylophone, and a colour of each alone
  EXPECT_EQ(named[1]["token"], "xylophone");
  EXPECT_EQ(named[1]["first"], 2) << "the first of its tokens";
  EXPECT_GT(found["positions"].size(), named.size()) << "those of the heads' distances stay single";
  std::set<std::string> alone;
  for (const json& one : named) {
    if (one["first"].is_null() || one["second"].is_null()) alone.insert(one["token"].get<std::string>());
  }
  EXPECT_EQ(alone, (std::set<std::string>{"rouge", "bleu"}));
  EXPECT_FALSE(compare({"--prompt", "un chat", "--with", "un chien"}).contains("map_positions"));
}

TEST(Compare, TwoPromptsByWord) {
  const json out =
      compare({"--prompt", "un chat rouge", "--with", "un chien rouge", "--layer", "2", "--head", "1"});
  ASSERT_TRUE(out.is_object());
  EXPECT_EQ(out["first"]["prompt"], "un chat rouge");
  EXPECT_EQ(out["second"]["prompt"], "un chien rouge");
  ASSERT_EQ(out["positions"].size(), 6u);
  EXPECT_EQ(out["positions"][2], json({{"first", 2}, {"second", nullptr}, {"token", "chat"}}));
  EXPECT_EQ(out["positions"][4], json({{"first", 3}, {"second", 3}, {"token", "rouge"}}));
  EXPECT_EQ(out["rows"], json({0, 1, 4, 5}));
  ASSERT_EQ(out["heads"].size(), 16u);
  double last = 1.0;
  for (const json& head : out["heads"]) {
    EXPECT_LE(head["bits"], last) << "the furthest first";
    last = head["bits"];
    EXPECT_EQ(head["rows"].size(), 4u);
    EXPECT_EQ(head["rows"][0], 0.0) << "BOS reads itself alone";
  }
  EXPECT_GT(out["heads"][0]["bits"], 0.0);
  EXPECT_EQ(out["layer"], 2);
  EXPECT_TRUE(out["difference"][4][2].is_null()) << "the second has no chat";
  EXPECT_NEAR(out["difference"][4][4].get<double>(),
              out["second_map"][4][4].get<double>() - out["first_map"][4][4].get<double>(), 1e-6);
  const json by_number = compare({"--prompt", "un chat", "--with", "un chien", "--sort", "number"});
  EXPECT_EQ(by_number["heads"][5]["layer"], 2);
  EXPECT_EQ(by_number["heads"][5]["head"], 2);
}

TEST(Compare, ReadingsModelsPicturesAndFiles) {
  const json weights = compare({"--prompt", "un chat (rouge:1.5)", "--with-weighting", "none"});
  EXPECT_EQ(weights["second"]["weighting"], "none");
  EXPECT_GT(weights["heads"][0]["bits"], 0.0);
  const json same = compare({"--prompt", "un chat rouge", "--with", "un chat rouge"});
  EXPECT_EQ(same["heads"][0]["bits"], 0.0);
  const json pictures = compare({"--image", "scene-1", "--with-image", "scene-2"});
  EXPECT_EQ(pictures["positions"].size(), 145u);
  EXPECT_GT(pictures["heads"][0]["bits"], 0.0);
  EXPECT_FALSE(pictures.contains("difference"));
  const Folder folder;
  for (const char* ending : {".csv", ".npy", ".svg", ".png"}) {
    const std::string file = (folder / ("out" + std::string(ending))).string();
    const Outcome outcome =
        run_program({"compare", "--prompt", "un chat rouge", "--with", "un chien rouge", "--out", file});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_GT(slurp(file).size(), 100u) << ending;
  }
  EXPECT_THAT(slurp(folder / "out.csv"), StartsWith("layer,head,bits,"));
  const auto array = read_npy(folder / "out.npy");
  ASSERT_TRUE(array);
  EXPECT_EQ(array->shape, (std::vector<std::size_t>{4, 4, 4}));
}

TEST(Compare, APatchFindsThoseMostLikeIt) {
  const json out = compare({"--image", "scene-2", "--with-image", "scene-1", "--patch", "9,7", "--top", "3"});
  ASSERT_TRUE(out.is_object());
  EXPECT_EQ(out["from"], "first");
  EXPECT_EQ(out["patch"], json({9, 7}));
  EXPECT_EQ(out["layer"], 5);
  ASSERT_EQ(out["matches"].size(), 3u);
  ASSERT_EQ(out["cosines"].size(), 12u);
  double largest = -1;
  for (const json& row : out["cosines"]) {
    for (const json& cosine : row) largest = std::max(largest, cosine.get<double>());
  }
  EXPECT_EQ(out["matches"][0]["cosine"], largest);
  const json& place = out["matches"][0]["patch"];
  EXPECT_EQ(out["cosines"][place[1].get<std::size_t>() - 1][place[0].get<std::size_t>() - 1], largest);
  EXPECT_GE(out["matches"][0]["cosine"], out["matches"][1]["cosine"]);
  // The other way round: what it finds in turn.
  const std::string back = std::to_string(place[0].get<int>()) + "," + std::to_string(place[1].get<int>());
  const json turned = compare({"--image", "scene-2", "--with-image", "scene-1", "--with-patch", back});
  EXPECT_EQ(turned["from"], "second");
  EXPECT_EQ(turned["matches"][0]["patch"], out["matches"][0]["back"]);
  // Pictures of other numbers of patches, an early layer, and a picture beside itself.
  const json sized =
      compare({"--image", "scene-1", "--with-image", "scene-1", "--patch", "4,5", "--layer", "1"});
  EXPECT_EQ(sized["matches"][0]["patch"], json({4, 5}));
  EXPECT_NEAR(sized["matches"][0]["cosine"].get<double>(), 1.0, 1e-6);
  const Folder folder;
  for (const char* ending : {".csv", ".npy", ".svg", ".png", ".pdf"}) {
    const std::string file = (folder / ("alike" + std::string(ending))).string();
    const Outcome outcome = run_program({"compare", "--image", "scene-2", "--with-image", "scene-1",
                                         "--patch", "9, 7", "--lang", "fr", "--out", file});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_GT(slurp(file).size(), 100u) << ending;
  }
  EXPECT_THAT(slurp(folder / "alike.csv"), StartsWith("column,row,cosine,rank"));
  EXPECT_THAT(slurp(folder / "alike.svg"), HasSubstr("cosinus"));
  const auto array = read_npy(folder / "alike.npy");
  ASSERT_TRUE(array);
  EXPECT_EQ(array->shape, (std::vector<std::size_t>{12, 12}));
}

TEST(Compare, RefusesInOneLine) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{}, "--prompt: expected a text, or a picture by --image, got none\n"},
      {{"--prompt", "a"},
       "--with: expected --with, --with-syntax, --with-weighting or --with-model beside --prompt, got "
       "none\n"},
      {{"--image", "scene-1"}, "--with-image: expected another picture beside --image, got none\n"},
      {{"--prompt", "a", "--with", "b", "--layer", "all"},
       "--layer: expected N, mean or rollout, got 'all': it is of one map\n"},
      {{"--image", "scene-1", "--with-image", "scene-2", "--out", "x.svg"},
       "--out: expected .json, .csv, .html or .npy for two pictures, got the ending of a figure\n"},
      {{"--image", "scene-1", "--patch", "1,1"},
       "--with-image: expected another picture beside --image, got none\n"},
      {{"--image", "scene-1", "--with-image", "scene-2", "--patch", "13,1"},
       "--patch: expected 1,1 to 12,12, the patches of this picture, got 13,1\n"},
      {{"--image", "scene-1", "--with-image", "scene-2", "--patch", "a"},
       "--patch: expected COLUMN,ROW, both from 1, got 'a'\n"},
      {{"--image", "scene-1", "--with-image", "scene-2", "--patch", "1,1", "--layer", "9"},
       "--layer: expected 1 to 5, got 9\n"},
      {{"--image", "scene-1", "--with-image", "scene-2", "--patch", "1,1", "--head", "2"},
       "--patch: expected --layer N alone: vectors are compared, not maps\n"},
      {{"--image", "scene-1", "--with-image", "scene-2", "--patch", "1,1", "--special", "hide"},
       "--patch: expected --layer N alone: vectors are compared, not maps\n"},
  };
  for (const auto& [words, message] : cases) {
    const Outcome outcome = with({"compare"}, words);
    EXPECT_EQ(outcome.status, 1) << message;
    EXPECT_THAT(outcome.err, HasSubstr(message));
  }
}

}  // namespace
}  // namespace regard
