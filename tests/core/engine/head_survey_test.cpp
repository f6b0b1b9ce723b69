// Heads over many inputs: statistics against plain sums, pairs of nouns and colours, lists and what is wrong
// with them.
#include "core/engine/head_survey.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "core/engine/metric_input.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

const fs::path kAssets = fs::path(REGARD_TEST_DIR).parent_path() / "assets";

std::shared_ptr<const TextModel> little_world() {
  static const auto model = open_text_model(kAssets / "little-world");
  EXPECT_TRUE(model.has_value());
  return *model;
}

std::vector<std::string> pairs_in(const std::string& prompt) {
  const auto run = run_text({.model = little_world(), .prompt = prompt});
  EXPECT_TRUE(run.has_value());
  std::vector<std::string> out;
  for (const NounAdjective& pair : metric_input(**run).pairs) {
    const auto text = [&](const WordSpan& word) { return prompt.substr(word.start, word.end - word.start); };
    out.push_back(text(pair.noun) + "<" + text(pair.adjective));
  }
  return out;
}

TEST(HeadSurvey, PairsAreFoundInBothLanguages) {
  using Pairs = std::vector<std::string>;
  EXPECT_EQ(pairs_in("un chat rouge poursuit une souris grise"), (Pairs{"chat<rouge", "souris<grise"}));
  EXPECT_EQ(pairs_in("a red cat chases a grey mouse"), (Pairs{"cat<red", "mouse<grey"}));
  EXPECT_EQ(pairs_in("un robot orange à gauche d'une étoile"), (Pairs{"robot<orange"}));
  EXPECT_EQ(pairs_in("an orange robot"), (Pairs{"robot<orange"}));
  EXPECT_EQ(pairs_in("un Chat (rouge:1.3)"), (Pairs{"Chat<rouge"}));
  EXPECT_EQ(pairs_in("un chat sur la lune"), Pairs{});
  EXPECT_EQ(pairs_in(""), Pairs{});
}

TEST(HeadSurvey, StatisticsArePlainSums) {
  const std::vector<double> numbers = {3.0, -1.0, 4.0, 1.0, 5.0};
  const HeadStatistics got = statistics_of(numbers);
  EXPECT_EQ(got.n, 5);
  EXPECT_NEAR(got.mean, 12.0 / 5.0, 1e-12);
  EXPECT_NEAR(got.sd, std::sqrt((0.36 + 11.56 + 2.56 + 1.96 + 6.76) / 4.0), 1e-12);
  // numpy.quantile([-1, 1, 3, 4, 5], 0, 0.1, ..., 1)
  const double deciles[] = {-1.0, -0.2, 0.6, 1.4, 2.2, 3.0, 3.4, 3.8, 4.2, 4.6, 5.0};
  for (std::size_t i = 0; i < 11; ++i) EXPECT_NEAR(got.deciles[i], deciles[i], 1e-12) << i;
  EXPECT_EQ(statistics_of({7.0}).sd, 0.0);
  EXPECT_EQ(statistics_of({}).n, 0);
  EXPECT_TRUE(std::isnan(statistics_of({}).mean));
  EXPECT_TRUE(std::isnan(statistics_of({1.0, NAN}).deciles[5]));
  EXPECT_DOUBLE_EQ(rank_share(numbers, 3.5), 0.6);
  EXPECT_DOUBLE_EQ(rank_share(numbers, 3.0), 0.5);
  EXPECT_TRUE(std::isnan(rank_share({}, 3.0)));
}

TEST(HeadSurvey, EachInputIsMeasuredAsAlone) {
  const std::vector<std::string> prompts = {"un chat rouge et un chien bleu", "a cat",
                                            "a black bird and a white fish"};
  const std::vector<const HeadMetric*> metrics = {find_head_metric("own-adjective"),
                                                  find_head_metric("previous")};
  int seen = 0;
  const auto survey =
      run_survey(prompts, metrics, measure_prompts({.model = little_world(), .prompt = {}}, prompts, metrics),
                 [&](const HeadSurvey& so_far) {
                   ++seen;
                   EXPECT_EQ(static_cast<int>(so_far.inputs.size()), seen);
                 });
  ASSERT_TRUE(survey) << survey.error().message;
  EXPECT_EQ(seen, 3);
  EXPECT_EQ(survey->layers, 4);
  EXPECT_EQ(survey->heads, 4);
  for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
    const auto run = run_text({.model = little_world(), .prompt = prompts[i]});
    ASSERT_TRUE(run);
    for (std::size_t m = 0; m < 2; ++m)
      EXPECT_EQ(survey->values[i][m], *measure_heads(*metrics[m], metric_input(**run)));
  }
  EXPECT_EQ(survey->values[1][0].size(), 0) << "one noun has no other";
  EXPECT_EQ(survey->numbers(0, 1, 2).size(), 2u);
  const auto ranked = survey->ranked(1, 0, 3);
  ASSERT_EQ(ranked.size(), 3u);
  const auto number = [&](int input) { return survey->values[static_cast<std::size_t>(input)][1](0, 3); };
  EXPECT_GE(number(ranked[0]), number(ranked[1]));
  EXPECT_GE(number(ranked[1]), number(ranked[2]));
}

TEST(HeadSurvey, AFaultNamesItsInputAndAStopStops) {
  const auto bad = run_survey({"a", "b"}, {find_head_metric("entropy")},
                              [](int index, std::stop_token) -> Result<std::vector<Eigen::MatrixXd>> {
                                if (index == 1) return fail(ErrorCode::kFormat, "broken");
                                return std::vector<Eigen::MatrixXd>(1);
                              });
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "input 2 (b): broken");
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = run_survey({"a"}, {}, {}, {}, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

TEST(HeadSurvey, TheBuiltInListsAreWhole) {
  const auto captions = read_prompts(kAssets / "surveys" / "captions.txt");
  ASSERT_TRUE(captions) << captions.error().message;
  ASSERT_EQ(captions->size(), 500u);
  int french = 0;
  for (const std::string& caption : *captions) french += caption.starts_with("un") ? 1 : 0;
  EXPECT_EQ(french, 250);
  const auto sheet = read_scene_sheet(kAssets / "surveys");
  ASSERT_TRUE(sheet) << sheet.error().message;
  EXPECT_EQ(sheet->captions.size(), 200u);
  EXPECT_EQ(sheet->side * 20, sheet->pictures.width);
  const auto model = open_vision_model(kAssets / "little-world");
  ASSERT_TRUE(model);
  int mirrors = 0;
  for (int i = 0; i < 200; ++i) {
    const auto& things = sheet->objects_in[static_cast<std::size_t>(i)];
    if (things.size() < 2 || things[1].reflection_of != 0) continue;
    ++mirrors;
    const SurveyPicture scene = scene_of(*sheet, i);
    if (mirrors > 1) continue;
    const auto run = run_vision({.model = *model, .image = scene.image});
    ASSERT_TRUE(run);
    const MetricInput input = metric_input(**run, scene.objects);
    EXPECT_GT(input.reflection.size(), 3u);
    EXPECT_GT(input.object.size(), 3u);
    EXPECT_TRUE(has_metric(*find_head_metric("mirror"), input));
  }
  const Json told = read_json(kAssets / "surveys" / "scenes.json").value();
  EXPECT_EQ(mirrors,
            std::ranges::count_if(told, [](const Json& one) { return one.at("relation") == "mirror"; }));
  EXPECT_GT(mirrors, 5);
}

TEST(HeadSurvey, WhatIsNoListIsRefusedInOneLine) {
  const fs::path folder = fs::temp_directory_path() / "regard_head_survey_test";
  fs::remove_all(folder);
  fs::create_directories(folder);
  const auto write = [&](const char* name, const std::string& bytes) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  };
  EXPECT_EQ(read_prompts(write("two.txt", "un chat\r\n\n  \na dog")).value(),
            (std::vector<std::string>{"un chat", "a dog"}));
  EXPECT_NE(
      read_prompts(write("none.txt", " \n\n")).error().message.find("expected a prompt a line, got none"),
      std::string::npos);
  EXPECT_NE(read_prompts(write("latin.txt", "un caf\xe9\n")).error().message.find("byte 6: expected UTF-8"),
            std::string::npos);
  EXPECT_EQ(read_prompts(folder / "absent.txt").error().code, ErrorCode::kIo);
  EXPECT_EQ(list_pictures(folder).error().code, ErrorCode::kFormat);
  EXPECT_EQ(list_pictures(folder / "absent").error().code, ErrorCode::kIo);
  write("b.PNG", "x");
  write("a.jpg", "x");
  const auto pictures = list_pictures(folder);
  ASSERT_TRUE(pictures);
  ASSERT_EQ(pictures->size(), 2u);
  EXPECT_EQ(pictures->front().filename(), "a.jpg");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace regard
