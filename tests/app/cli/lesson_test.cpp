// `regard lesson`, and lessons in inspect and shot.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/formats/json.h"
#include "tests/app/cli/program.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

class LessonCommand : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string in(const std::string& name) const { return (folder_ / name).string(); }
  fs::path folder_ = fs::temp_directory_path() / ("regard_lesson_cli" + std::to_string(::getpid()));
};

TEST_F(LessonCommand, ListIsJson) {
  const Outcome run = run_program({"lesson", "list", "--lang", "fr"});
  EXPECT_EQ(run.status, 0) << run.err;
  const auto list = parse_json(run.out, "list");
  ASSERT_TRUE(list.has_value());
  ASSERT_GE(list->size(), 1u);
  EXPECT_EQ((*list)[0]["name"], "what-is-attention");
  EXPECT_EQ((*list)[0]["language"], "fr");
}

TEST_F(LessonCommand, ATemplateIsSoundInEachLanguageAndReplacesNothing) {
  for (const char* language : {"en", "es", "fr"}) {
    const Outcome made = run_program({"lesson", "new", in("mine"), "--lang", language});
    EXPECT_EQ(made.status, 0) << made.err;
    const std::string file = in("mine") + "." + language + ".md";
    const Outcome inspected = run_program({"inspect", file});
    EXPECT_EQ(inspected.status, 0) << inspected.err;
    const auto json = parse_json(inspected.out, "out");
    ASSERT_TRUE(json.has_value());
    EXPECT_EQ((*json)["kind"], "lesson");
    EXPECT_EQ((*json)["list"].size(), 2u);
    const Outcome again = run_program({"lesson", "new", in("mine"), "--lang", language});
    EXPECT_EQ(again.status, 1);
    EXPECT_NE(again.err.find("it is not replaced"), std::string::npos);
  }
}

TEST_F(LessonCommand, AFaultIsOneLineWithItsPlace) {
  std::ofstream(folder_ / "bad.en.md")
      << "---\n{\"title\": \"T\", \"about\": \"A\"}\n---\n# a\nb\n```done\n{\"x\": 1}\n```\n";
  const Outcome run = run_program({"inspect", in("bad.en.md")});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("bad.en.md:7: done: expected "), std::string::npos) << run.err;
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1);
}

TEST_F(LessonCommand, ResultsAreATable) {
  std::ofstream(folder_ / "ada.answers.json")
      << R"({"regard_answers": 1, "who": "Ada", "lessons": {"l": {"q1": {"right": true, "first": false, "tries": 2, "hints": 1}}}})";
  const Outcome run = run_program({"lesson", "results", folder_.string()});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("Ada,l,q1,0,1,2,1,"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("most failed: q1 of l"), std::string::npos) << run.err;
  const Outcome file =
      run_program({"lesson", "results", folder_.string(), "--by-question", "--out", in("t.csv")});
  EXPECT_EQ(file.status, 0) << file.err;
  EXPECT_TRUE(fs::exists(folder_ / "t.csv"));
  const Outcome none = run_program({"lesson", "results", in("nowhere")});
  EXPECT_EQ(none.status, 1);
}

TEST_F(LessonCommand, WrongLessonsAndCardsAreOneLine) {
  const Outcome name = run_program({"shot", "--out", in("a.png"), "--lesson", "no-such"});
  EXPECT_EQ(name.status, 1);
  EXPECT_NE(name.err.find("regard shot: --lesson: expected one of "), std::string::npos) << name.err;
  EXPECT_NE(name.err.find("what-is-attention"), std::string::npos) << name.err;
  for (const char* number : {"0", "two"}) {
    const Outcome wrong =
        run_program({"shot", "--out", in("a.png"), "--lesson", "what-is-attention", "--card", number});
    EXPECT_EQ(wrong.status, 1);
    EXPECT_EQ(wrong.err, std::string("regard shot: --card: expected a whole number from 1 to 1000, got '") +
                             number + "'\n");
  }
  EXPECT_EQ(run_program({"shot", "--out", in("a.png"), "--lesson="}).err,
            "regard shot: --lesson: expected the name of a file, got ''\n");
  EXPECT_EQ(run_program({"--lesson", "no-such"}).err.find("regard: --lesson: expected one of "), 0u);
  const Outcome card =
      run_program({"shot", "--out", in("a.png"), "--lesson", "what-is-attention", "--card", "99"});
  EXPECT_EQ(card.status, 1);
  EXPECT_NE(card.err.find("--card: expected a card of what-is-attention, 1 to "), std::string::npos)
      << card.err;
  const Outcome alone = run_program({"shot", "--out", in("a.png"), "--card", "2"});
  EXPECT_EQ(alone.status, 1);
}

// What a file alone does not show.
TEST_F(LessonCommand, TryPlaysALessonAndSaysWhatDoesNotHold) {
  ASSERT_EQ(run_program({"lesson", "new", in("mine"), "--lang", "en"}).status, 0);
  const fs::path file = in("mine.en.md");
  const Outcome good = run_program({"lesson", "try", file.string()});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_EQ(good.out, file.string() + ": 2 cards, 3 numbers, 1 guesses, 1 checks: all as they should be\n");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = *read_file(file, 1 << 16);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    text.replace(at, from.size(), to);
    EXPECT_TRUE(write_file(in("other.en.md"), text));
    const Outcome run = run_program({"lesson", "try", in("other.en.md")});
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(run.out, "");
    return run.err;
  };
  const auto says = [](const std::string& err, const char* what) {
    EXPECT_NE(err.find(what), err.npos) << err;
    EXPECT_NE(err.find("other.en.md:"), err.npos) << "with its line: " << err;
  };
  says(changed("\"at_least\": 0.65", "\"at_least\": 0.3"),
       "q1: expected a check that does not hold before anything is done");
  says(changed("(chat:1.8)", "(chat:1.1)"), "q1: expected a check that holds once the last hint was shown");
  says(changed("{{rouge -> chat | layer 3, head 3", "{{rouge -> chat | layer 9, head 3"),
       "got 1 that are not there");
  EXPECT_NE(run_program({"lesson", "try", in("nowhere.en.md")}).status, 0);
}

}  // namespace
}  // namespace regard
