#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/state/open_path.h"
#include "app/state/session.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

std::string error_of(std::string_view json) {
  const auto session = parse_session(json, "s.json");
  return session ? "" : session.error().message;
}

TEST(Session, WhatIsWrittenIsReadBack) {
  Session session;
  session.doc.prompt = "un \"chat\" d\u2019\u00c9lo\u00efse \\(ici\\)";
  session.doc.weighting = Weighting::kNone;
  session.doc.normalisation = TokenNormalisation::kLengthMean;
  session.doc.syntax = Syntax::kCompel;
  session.doc.chunk_rule = ChunkRule::kCompelPhrases;
  session.doc.chunk = 3;
  session.doc.other = {Syntax::kComfyUI, Weighting::kDownWeight};
  session.view.workspace = Workspace::kCompare;
  session.view.weight_step = 0.25f;
  session.view.difference = true;
  session.doc.picture = {.image = "/photos/chat \u00e9t\u00e9.jpg",
                         .long_side = 24,
                         .pins = {4, 0},
                         .choice = lens_choice("rollout"),
                         .region_a = {1, 2},
                         .region_b = {7},
                         .captions = {"un chat", ""},
                         .caption = 1,
                         .edits = {{.what = HeadOff{1, 2}}},
                         .other = "scene-3"};
  session.view.picture = {.lens = PictureLens::kMass,
                          .fusion = PinFusion::kDifference,
                          .opacity = 0.25f,
                          .absolute = true,
                          .smooth = true,
                          .grid = false,
                          .mass = 0.5f,
                          .discard = 0.25f,
                          .caption = CaptionLens::kAttnLrp};
  session.doc.toward = "un chat bleu";
  session.doc.paint.negative = "un chien";
  session.doc.paint.seed = 18446744073709551615u;
  session.doc.paint.steps = 12;
  session.doc.paint.guidance = 2.1;
  session.doc.paint.place = WeightPlace::kBoth;
  session.doc.paint.before = "";
  session.doc.paint.picture = "scene-1";
  session.doc.paint.picture_step = 5;
  session.doc.paint.word = PromptWord{PromptWord::Kind::kEnd, 0};
  session.doc.paint.patch = 77;
  session.doc.paint.seeds = {.series = Series::kWeights,
                             .first = 10,
                             .without = LeftOut::kWord,
                             .word = PromptWord{PromptWord::Kind::kWord, 3},
                             .weights = {-1.0, 0.25, 2.0}};
  session.doc.paint.maps = {{0, 2}, {3, 1}};
  session.doc.paint.fusion = Fusion::kMin;
  session.doc.paint.step_span = std::pair(2, 9);
  session.doc.paint.edits = {{.what = CutWord{{PromptWord::Kind::kWord, 4}}, .first_step = 1, .last_step = 5},
                             {.what = MuteWord{{PromptWord::Kind::kEnd, 0}}},
                             {.what = SwapWords{{PromptWord::Kind::kWord, 4}, {PromptWord::Kind::kStart, 0}}},
                             {.what = HeadOff{2, 1}},
                             {.what = BlockOff{5}},
                             {.what = KeepMaps{false}, .first_step = 0, .last_step = 11}};
  session.view.paint = {.lens = PaintLens::kOutput,
                        .reverse = true,
                        .unconditional = true,
                        .smooth = false,
                        .absolute = true,
                        .noisy = true,
                        .opacity = 0.5f};
  session.doc.pair = {
      .image = "scene-4", .layer = 3, .best = 10, .from_second = true, .place = PicturePlace{0.25f, 0.75f}};
  session.view.doubled[0][0] = MapQuery{.heads = one_head(1, 2), .scores = true};
  session.view.doubled[1][3] = MapQuery{
      .lens = "rollout", .subject = {7}, .direction = Direction::kReadBy, .mass = 0.5, .discard = 0.25};
  session.view.doubled[2][1] = MapQuery{.heads = {.set = {{1, 0}, {2, 2}}},
                                        .steps = StepSpan{2, 5},
                                        .half = Half::kNegative,
                                        .subject = {145, 146},
                                        .over = Over::kImage};
  session.vision_model = "dinov2-small";
  session.paint_model = "/models/sd3";
  session.doc.choice = map_choice(2, std::nullopt, Fusion::kMax);
  session.doc.pins = {{Pin::Kind::kBos, 0}, {Pin::Kind::kText, 4}, {Pin::Kind::kEos, 0}};
  session.view.theme = Theme::kLight;
  session.view.language = "fr";
  session.view.colors = MapColors::kMagma;
  session.view.log_scale = session.view.incoming = true;
  session.view.zoom = 1.5f;
  session.model = "/models/clip";
  session.has_choice = true;
  const auto read = parse_session(session_json(session), "s.json");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->doc, session.doc);
  EXPECT_EQ(read->view, session.view);
  EXPECT_EQ(read->model, session.model);
  EXPECT_EQ(read->vision_model, session.vision_model);
  EXPECT_EQ(read->paint_model, session.paint_model);
  EXPECT_TRUE(read->has_choice);
}

TEST(Session, WhatIsWrongOfADrawingIsNamed) {
  EXPECT_EQ(error_of(R"({"regard_session":1,"paint":{"seed":-1}})"),
            "s.json: paint.seed: expected a whole number from 0 on, got -1");
  EXPECT_EQ(error_of(R"({"regard_session":1,"paint":{"maps":[[0,1]]}})"),
            "s.json: paint.maps: expected pairs of a block and a head, from 1, got [0,1]");
  EXPECT_EQ(error_of(R"({"regard_session":1,"paint":{"span":[5,2]}})"),
            "s.json: paint.span: expected the first and the last step, from 1, got [5,2]");
  EXPECT_NE(
      error_of(R"({"regard_session":1,"paint":{"edits":[{"kind":"cut"}]}})").find("s.json: paint.edits: "),
      std::string::npos);
  EXPECT_NE(error_of(R"({"regard_session":1,"view":{"paint":{"lens":"x"}}})").find("view.paint.lens"),
            std::string::npos);
}

// As long as a prompt may be, however its characters are written in the file; one byte more is too long.
TEST(Session, APromptOfExactlyOneMebibyteIsRead) {
  constexpr std::size_t kMost = 1 << 20;
  for (const std::string& unit :
       {std::string("a"), std::string("\n"), std::string("\""), std::string("\x01"), std::string("é")}) {
    Session session;
    while (session.doc.prompt.size() < kMost) session.doc.prompt += unit;
    const auto read = parse_session(session_json(session), "s.json");
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(read->doc.prompt, session.doc.prompt);
    session.doc.prompt += 'a';
    EXPECT_EQ(error_of(session_json(session)),
              "s.json: prompt: expected text of at most 1048576 bytes, got 1048577");
  }
}

// What is shown of a wrong value ends with a whole character.
TEST(Session, ALongValueIsCutBetweenCharacters) {
  for (int before = 0; before < 4; ++before) {
    std::string value(static_cast<std::size_t>(30 + before), 'a');
    for (int i = 0; i < 20; ++i) value += "日";
    const std::string said = error_of(R"({"regard_session":1,"chunk":")" + value + "\"}");
    EXPECT_EQ(utf8_valid_prefix(said), said.size()) << said;
    EXPECT_TRUE(said.ends_with("日...")) << said;
  }
}

TEST(Session, LayersAndHeadsCountFromOneInTheFile) {
  const auto read = parse_session(R"({"regard_session":1,"layer":1,"head":"mean"})", "s.json");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->doc.choice, map_choice(0, std::nullopt));
}

TEST(Session, EachWrongValueIsNamed) {
  EXPECT_EQ(error_of("[]"), "s.json: expected a session, an object with regard_session, got array");
  EXPECT_EQ(error_of("{}"), "s.json: regard_session: expected 1, got none (not a session file)");
  const std::string other = " (a session file of another version)";
  EXPECT_EQ(error_of(R"({"regard_session":2})"), "s.json: regard_session: expected 1, got 2" + other);
  EXPECT_EQ(error_of(R"({"regard_session":"1"})"), "s.json: regard_session: expected 1, got \"1\"" + other);
  EXPECT_EQ(error_of(R"({"regard_session":null})"), "s.json: regard_session: expected 1, got null" + other);
  EXPECT_EQ(error_of(R"({"regard_session":1,"prompt":7})"),
            "s.json: prompt: expected text of at most 1048576 bytes, got 7");
  EXPECT_EQ(error_of(R"({"regard_session":1,"layer":0})"),
            "s.json: layer: expected a number from 1, or a word such as \"mean\", got 0");
  EXPECT_EQ(error_of(R"({"regard_session":1,"view":{"zoom":9}})"),
            "s.json: view.zoom: expected a number in [0.75, 4], got 9");
  EXPECT_EQ(error_of(R"({"regard_session":1,"view":{"theme":"pink"}})"),
            "s.json: view.theme: expected dark or light, got \"pink\"");
  EXPECT_EQ(error_of(R"({"regard_session":1,"prompt":"cat","pins":[3]})"),
            "s.json: pins: expected at most 6 of \"bos\", \"eos\" or a byte of the prompt, got 3");
  EXPECT_EQ(error_of(R"({"regard_session":1,"chunk":0})"),
            "s.json: chunk: expected a whole number from 1 to 1000000, got 0");
  EXPECT_EQ(error_of(R"({"regard_session":1,"chunk_rule":"salami"})"),
            "s.json: chunk_rule: expected the name of a rule, such as a1111 or compel-words, got \"salami\"");
  EXPECT_EQ(error_of(R"({"regard_session":1,"other":{"syntax":3}})"),
            "s.json: other.syntax: expected a1111, a1111-old, comfyui or compel, got 3");
  EXPECT_EQ(error_of(R"({"regard_session":1,"view":{"workspace":"garage"}})"),
            "s.json: view.workspace: expected text or compare or image or painting, got \"garage\"");
  EXPECT_EQ(error_of(R"({"regard_session":1,"picture":{"pins":[-1]}})"),
            "s.json: picture.pins: expected at most 6 tokens, each a number from 0, got [-1]");
  EXPECT_EQ(error_of(R"({"regard_session":1,"picture":{"long_side":1000}})"),
            "s.json: picture.long_side: expected a whole number from 0 to 128, got 1000");
  EXPECT_EQ(error_of(R"({"regard_session":1,"picture":{"captions":[7]}})"),
            "s.json: picture.captions: expected at most 12 texts of at most 10000 bytes, got [7]");
  const std::string weights =
      "s.json: paint.seeds.weights: expected 1 to 9 numbers in [-10, 10] that differ, got ";
  for (const auto& [list, got] :
       {std::pair("[]", "[]"), {"[1,\"x\"]", "\"x\""}, {"[1,11]", "11"}, {"[1,1]", "1"}})
    EXPECT_EQ(error_of(std::string(R"({"regard_session":1,"paint":{"seeds":{"weights":)") + list + "}}}"),
              weights + got);
  EXPECT_EQ(error_of(R"({"regard_session":1,"view":7})"), "s.json: view: expected an object, got 7");
  EXPECT_NE(error_of("{"), "");
}

TEST(Session, AnyBytesArePrintable) {
  Session session;
  session.doc.prompt = "\xff\xfe bad utf-8";
  EXPECT_TRUE(parse_session(session_json(session), "s.json").has_value());
}

TEST(Start, AnotherPromptKeepsNothingAboutTheBytesOfTheOneBefore) {
  Session session;
  session.doc.prompt = "un chat rouge";
  session.doc.pins = {{Pin::Kind::kText, 8}};
  session.doc.paint.word = PromptWord{PromptWord::Kind::kWord, 8};
  session.example = WordLink{8, 3};
  session.has_choice = true;
  session.view.language = "fr";
  const Session same = started_with(session, {});
  EXPECT_EQ(same.doc, session.doc);
  EXPECT_EQ(same.view, session.view);
  EXPECT_TRUE(same.example);
  const Session other = started_with(session, {.model = "m", .prompt = "x", .theme = Theme::kLight});
  EXPECT_EQ(other.doc.prompt, "x");
  EXPECT_TRUE(other.doc.pins.empty());
  EXPECT_FALSE(other.doc.paint.word);
  EXPECT_FALSE(other.example);
  EXPECT_TRUE(other.has_choice);
  EXPECT_EQ(other.model_over, "m");
  EXPECT_EQ(other.view.theme, Theme::kLight);
  EXPECT_EQ(other.view.language, "fr") << "--lang was not given";
  EXPECT_EQ(started_with(session, {.language_given = true}).view.language, kEnglish);
}

TEST(OpenPath, AFolderIsAModelAJsonASessionAndTheRestAPicture) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "open_path_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "a.json") << "{}";
  EXPECT_EQ(std::get<OpenModel>(open_command(folder)).folder, folder);
  EXPECT_EQ(std::get<OpenSession>(open_command(folder / "a.json")).file, folder / "a.json");
  EXPECT_EQ(std::get<OpenSession>(open_command("/no/such/A.JSON")).file, "/no/such/A.JSON");
  EXPECT_EQ(std::get<OpenImage>(open_command("/no/such/a.png")).image, "/no/such/a.png");
  EXPECT_EQ(path_in("file://" + (folder / "a.json").string() + "\r\n"), folder / "a.json");
  EXPECT_EQ(path_in((folder / "b.json").string()), "") << "not there";
  EXPECT_EQ(path_in("a cat\nand a dog"), "");
  EXPECT_EQ(path_in(""), "");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace regard
