#include "app/lessons/answers.h"

#include <algorithm>
#include <tuple>

#include "app/state/session_reader.h"
#include "core/formats/content.h"
#include "core/formats/csv.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

constexpr std::size_t kMostAnswerBytes = 4u << 20, kMostAnswerText = 2000, kMostFiles = 10'000;
constexpr std::string_view kAnswersEnding = ".answers.json";

Result<LessonAnswer> answer_of(const Json& json, std::string_view label, const std::string& where) {
  LessonAnswer out;
  std::string error;
  if (!json.is_object())
    return fail(ErrorCode::kFormat, "{}: {}: expected an object, got {}", label, where, shown_value(json));
  Reader reader(json, where + ".", error);
  reader.flag("right", out.right);
  reader.flag("first", out.first);
  reader.whole("tries", out.tries, 0, 1'000'000);
  reader.whole("hints", out.hints, 0, 100);
  reader.text("said", out.said, kMostAnswerText);
  if (!error.empty()) return fail(ErrorCode::kFormat, "{}: {}", label, error);
  return out;
}

// The folder's files, sorted.
Result<std::vector<std::filesystem::path>> files_in(const std::filesystem::path& folder) {
  std::error_code failed;
  std::vector<std::filesystem::path> files;
  std::filesystem::recursive_directory_iterator at(folder, failed);
  if (failed)
    return fail(ErrorCode::kIo, "{}: expected a folder, got '{}'", printable(folder.string(), 4096),
                failed.message());
  for (const std::filesystem::recursive_directory_iterator end; at != end && files.size() < kMostFiles;
       at.increment(failed)) {
    if (failed) break;
    std::error_code ignored;
    if (at->path().string().ends_with(kAnswersEnding) && at->is_regular_file(ignored))
      files.push_back(at->path());
  }
  std::ranges::sort(files);
  if (files.empty())
    return fail(ErrorCode::kFormat, "{}: expected files that end in {}, got none",
                printable(folder.string(), 4096), kAnswersEnding);
  return files;
}

// A spreadsheet would take what begins so for a formula, and these are words of others.
std::string as_text(const std::string& cell) {
  const bool formula =
      !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos;
  return formula ? "'" + cell : cell;
}

void count(const ClassResults::Row& row, std::vector<ClassResults::Question>& questions) {
  auto found = std::ranges::find_if(questions, [&](const ClassResults::Question& each) {
    return each.lesson == row.lesson && each.question == row.question;
  });
  if (found == questions.end()) found = questions.insert(questions.end(), {row.lesson, row.question});
  ++found->learners;
  found->first += row.answer.first ? 1 : 0;
  found->right += row.answer.right ? 1 : 0;
  found->hints += row.answer.hints;
}

}  // namespace

std::string answers_json(const LessonAnswers& answers) {
  Json json = {{"regard_answers", 1}, {"who", answers.who}, {"lessons", Json::object()}};
  for (const auto& [lesson, questions] : answers.lessons) {
    Json& list = json["lessons"][lesson] = Json::object();
    for (const auto& [id, answer] : questions) {
      list[id] = {{"first", answer.first},
                  {"right", answer.right},
                  {"tries", answer.tries},
                  {"hints", answer.hints},
                  {"said", answer.said}};
    }
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<LessonAnswers> parse_answers(std::string_view text, std::string_view label) {
  REGARD_TRY(const Json json, parse_json(text, label, {.bytes = kMostAnswerBytes, .depth = 16}));
  if (!json.is_object() || json.value("regard_answers", Json()) != 1)
    return fail(ErrorCode::kFormat, "{}: regard_answers: expected 1, got none (not a file of answers)",
                label);
  LessonAnswers out;
  std::string error;
  Reader reader(json, "", error);
  reader.text("who", out.who, kMostAnswerText);
  if (!error.empty()) return fail(ErrorCode::kFormat, "{}: {}", label, error);
  const Json lessons = json.value("lessons", Json::object());
  if (!lessons.is_object())
    return fail(ErrorCode::kFormat, "{}: lessons: expected an object, got {}", label, shown_value(lessons));
  for (const auto& [lesson, questions] : lessons.items()) {
    if (!questions.is_object())
      return fail(ErrorCode::kFormat, "{}: lessons.{}: expected an object, got {}", label, printable(lesson),
                  shown_value(questions));
    for (const auto& [id, answer] : questions.items()) {
      REGARD_TRY(out.lessons[lesson][id],
                 answer_of(answer, label, "lessons." + printable(lesson) + "." + printable(id)));
    }
  }
  return out;
}

Result<LessonAnswers> read_answers(const std::filesystem::path& file) {
  REGARD_TRY(const std::string text, read_file(file, kMostAnswerBytes, Wanted::kJson));
  return parse_answers(text, printable(file.string(), 4096));
}

std::filesystem::path answers_beside(const std::filesystem::path& session) {
  return session.parent_path() / (session.stem().string() + std::string(kAnswersEnding));
}

Result<ClassResults> read_class(const std::filesystem::path& folder) {
  REGARD_TRY(const auto files, files_in(folder));
  ClassResults out;
  for (const std::filesystem::path& file : files) {
    const Result<LessonAnswers> answers = read_answers(file);
    if (!answers) {
      out.problems.push_back(answers.error().message);
      continue;
    }
    const std::string name = file.filename().string();
    const std::string who =
        !answers->who.empty() ? answers->who : name.substr(0, name.size() - kAnswersEnding.size());
    for (const auto& [lesson, questions] : answers->lessons) {
      for (const auto& [id, answer] : questions) {
        out.rows.push_back({who, lesson, id, answer});
        count(out.rows.back(), out.questions);
      }
    }
  }
  std::ranges::stable_sort(
      out.questions, [](const ClassResults::Question& a, const ClassResults::Question& b) {
        const auto failed = [](const ClassResults::Question& each) {
          return static_cast<double>(each.learners - each.first) / std::max(1, each.learners);
        };
        return std::tuple(-failed(a), -a.learners) < std::tuple(-failed(b), -b.learners);
      });
  return out;
}

std::string class_csv(const ClassResults& results) {
  CsvWriter csv;
  for (const char* title :
       {"who", "lesson", "question", "right_at_first_try", "right", "tries", "hints", "answer"})
    csv.cell(title);
  csv.end_row();
  for (const ClassResults::Row& row : results.rows) {
    csv.cell(as_text(row.who));
    csv.cell(as_text(row.lesson));
    csv.cell(as_text(row.question));
    csv.cell(row.answer.first ? 1 : 0);
    csv.cell(row.answer.right ? 1 : 0);
    csv.cell(row.answer.tries);
    csv.cell(row.answer.hints);
    csv.cell(as_text(row.answer.said));
    csv.end_row();
  }
  return csv.text();
}

std::string questions_csv(const ClassResults& results) {
  CsvWriter csv;
  for (const char* title : {"lesson", "question", "learners", "right_at_first_try", "right", "hints"})
    csv.cell(title);
  csv.end_row();
  for (const ClassResults::Question& each : results.questions) {
    csv.cell(as_text(each.lesson));
    csv.cell(as_text(each.question));
    for (const int number : {each.learners, each.first, each.right, each.hints}) csv.cell(number);
    csv.end_row();
  }
  return csv.text();
}

}  // namespace regard
