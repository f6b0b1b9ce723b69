// Answers come back as they were written, and a class becomes a table.
#include "app/lessons/answers.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/lessons/player.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

LessonAnswers answers(const std::string& who, bool first) {
  LessonAnswers out{.who = who, .lessons = {}};
  out.lessons["a-lesson"]["q1"] = {.right = true, .first = true, .tries = 1, .hints = 0, .said = "chat"};
  out.lessons["a-lesson"]["q2"] = {
      .right = true, .first = first, .tries = first ? 1 : 3, .hints = 2, .said = "a, b"};
  return out;
}

TEST(Answers, ComeBackFromTheirFile) {
  const LessonAnswers written = answers("Zoé", false);
  const auto read = parse_answers(answers_json(written), "a.json");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, written);
  EXPECT_EQ(answers_beside("folder/course.json"), fs::path("folder/course.answers.json"));
}

TEST(Answers, AWrongFileIsOneLine) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"regard_answers": 2})", R"({"regard_answers": 1, "who": 3})",
        R"({"regard_answers": 1, "lessons": []})", R"({"regard_answers": 1, "lessons": {"l": 3}})",
        R"({"regard_answers": 1, "lessons": {"l": {"q": {"tries": -1}}}})",
        R"({"regard_answers": 1, "lessons": {"l": {"q": {"right": "yes"}}}})"}) {
    const auto read = parse_answers(text, "a.json");
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_TRUE(read.error().message.starts_with("a.json: ")) << read.error().message;
  }
}

TEST(Answers, AClassIsATableTheMostFailedFirst) {
  const fs::path folder = fs::temp_directory_path() / "regard_class_test";
  fs::remove_all(folder);
  EXPECT_FALSE(read_class(folder).has_value());
  fs::create_directories(folder / "group");
  EXPECT_FALSE(read_class(folder).has_value());
  std::ofstream(folder / "ada.answers.json") << answers_json(answers("Ada", true));
  std::ofstream(folder / "group" / "ben.answers.json") << answers_json(answers("", false));
  std::ofstream(folder / "broken.answers.json") << "{";
  std::ofstream(folder / "session.json") << "{}";
  const auto results = read_class(folder);
  ASSERT_TRUE(results.has_value()) << results.error().message;
  EXPECT_EQ(results->rows.size(), 4u);
  ASSERT_EQ(results->problems.size(), 1u);
  EXPECT_NE(results->problems[0].find("broken.answers.json"), std::string::npos);
  ASSERT_EQ(results->questions.size(), 2u);
  EXPECT_EQ(results->questions[0].question, "q2");
  EXPECT_EQ(results->questions[0].first, 1);
  EXPECT_EQ(results->questions[0].learners, 2);
  EXPECT_EQ(class_csv(*results),
            "who,lesson,question,right_at_first_try,right,tries,hints,answer\r\n"
            "Ada,a-lesson,q1,1,1,1,0,chat\r\nAda,a-lesson,q2,1,1,1,2,\"a, b\"\r\n"
            "ben,a-lesson,q1,1,1,1,0,chat\r\nben,a-lesson,q2,0,1,3,2,\"a, b\"\r\n");
  EXPECT_EQ(questions_csv(*results),
            "lesson,question,learners,right_at_first_try,right,hints\r\na-lesson,q2,2,1,2,4\r\na-lesson,q1,2,"
            "2,2,0\r\n");
  fs::remove_all(folder);
}

TEST(Answers, NoCellOfTheTableIsAFormula) {
  ClassResults results;
  results.rows.push_back({"=1+1", "l", "q", {.said = "@x"}});
  EXPECT_NE(class_csv(results).find("'=1+1,l,q,0,0,0,0,'@x\r\n"), std::string::npos);
}

TEST(Answers, NumbersAreReadAsTheyAreTyped) {
  EXPECT_EQ(typed_number("53"), 53.0);
  EXPECT_EQ(typed_number("0,53"), 0.53);
  EXPECT_EQ(typed_number("53\u00A0%"), 53.0);
  EXPECT_EQ(typed_number(" 1.5 "), 1.5);
  for (const char* text : {"", "abc", "1.2.3", "1e999", "nan"})
    EXPECT_EQ(typed_number(text), std::nullopt) << text;
}

}  // namespace
}  // namespace regard
