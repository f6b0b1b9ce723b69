// What a learner answered: one small JSON file beside the session, and the table of a class made of many.
//   {"regard_answers": 1, "who": "Ada", "lessons": {"what-is-attention": {"q1": {"first": true, "right":
//   true,
//    "tries": 1, "hints": 0, "said": "..."}}}}
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace regard {

/// Of one question or guess.
struct LessonAnswer {
  bool right = false;  // by now
  bool first = false;  // at the first try
  int tries = 0;
  int hints = 0;          // rungs opened before it was right
  std::string said = {};  // the newest answer, in words
  bool operator==(const LessonAnswer&) const = default;
};

struct LessonAnswers {
  std::string who;  // as the learner calls himself; may be empty
  std::map<std::string, std::map<std::string, LessonAnswer>> lessons;  // by lesson, by id
  bool empty() const { return lessons.empty(); }
  bool operator==(const LessonAnswers&) const = default;
};

std::string answers_json(const LessonAnswers& answers);
/// Errors: format with the key at fault. Never trusts what it reads.
Result<LessonAnswers> parse_answers(std::string_view json, std::string_view label);
/// Errors: io; as above.
Result<LessonAnswers> read_answers(const std::filesystem::path& file);

/// "course.json" -> "course.answers.json": where answers stand beside a session.
std::filesystem::path answers_beside(const std::filesystem::path& session);

/// What a class answered, of every *.answers.json in a folder and the folders in it.
struct ClassResults {
  struct Row {
    std::string who, lesson, question;
    LessonAnswer answer;
  };
  struct Question {
    std::string lesson, question;
    int learners = 0, first = 0, right = 0;  // who tried; right at the first try; right in the end
    int hints = 0;
  };
  std::vector<Row> rows;
  std::vector<Question> questions;    // the one most failed at the first try first
  std::vector<std::string> problems;  // a line for each file that could not be read
};
/// Errors: io (no folder), format (no such file in it). Cost: reads them.
Result<ClassResults> read_class(const std::filesystem::path& folder);
/// who, lesson, question, right at first try, right, tries, hints, answer.
std::string class_csv(const ClassResults& results);
/// lesson, question, learners, right at first try, right, hints.
std::string questions_csv(const ClassResults& results);

}  // namespace regard
