// `regard lesson`: the lessons there are, a template for a new one, the table of what a class answered.
#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "app/cli/commands.h"
#include "app/cli/lesson_trial.h"
#include "app/cli/options.h"
#include "app/cli/values.h"
#include "app/lessons/answers.h"
#include "app/lessons/lesson_file.h"
#include "app/lessons/library.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

namespace fs = std::filesystem;

struct LessonOptions {
  Options shared;  // --lang
  std::string name, folder, out;
  bool by_question = false;
  CLI::App *list = nullptr, *make = nullptr, *attempt = nullptr, *results = nullptr;
};

Result<int> print_list(const LessonOptions& asked) {
  REGARD_TRY(const Language language, read_lang(asked.shared));
  Json out = Json::array();
  for (const auto& lesson : lessons_in(language))
    out.push_back({{"name", lesson->name},
                   {"title", lesson->title},
                   {"about", lesson->about},
                   {"language", lesson->language},
                   {"minutes", lesson->minutes},
                   {"cards", lesson->cards.size()},
                   {"asks", ids_of(*lesson)}});
  return print(out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

// "NAME.LANG.md" here; a name may have a folder before it.
Result<int> write_template(const LessonOptions& asked) {
  REGARD_TRY(const Language language, read_lang(asked.shared));
  if (asked.name.empty() || asked.name.ends_with('/') || asked.name.ends_with(".md"))
    return fail(ErrorCode::kFormat, "NAME: expected a name such as my-lesson, without an ending, got {}",
                quote(asked.name));
  const fs::path file = asked.name + "." + language + ".md";
  std::error_code ignored;
  if (fs::exists(file, ignored))
    return fail(ErrorCode::kIo, "{}: expected no such file, got one: it is not replaced",
                printable(file.string(), 4096));
  REGARD_TRY_DO(write_file(file, lesson_template(language)));
  return print(file.string() + "\n");
}

// Played card by card; each problem is a line.
Result<int> try_cards(const LessonOptions& asked) {
  REGARD_TRY(const Language language, read_lang(asked.shared));
  const LessonTrial tried = try_lesson(asked.name, language);
  for (const std::string& problem : tried.problems) fmt::print(stderr, "regard lesson: {}\n", problem);
  if (!tried.problems.empty()) return kBadInput;
  return print(fmt::format("{}: {} cards, {} numbers, {} guesses, {} checks: all as they should be\n",
                           printable(asked.name, 4096), tried.cards, tried.numbers, tried.guesses,
                           tried.checks));
}

Result<int> write_results(const LessonOptions& asked) {
  REGARD_TRY(const ClassResults results, read_class(asked.folder));
  for (const std::string& problem : results.problems)
    fmt::print(stderr, "regard lesson: left out: {}\n", problem);
  const std::string table = asked.by_question ? questions_csv(results) : class_csv(results);
  if (!asked.out.empty()) {
    REGARD_TRY_DO(write_file(asked.out, table));
  } else {
    REGARD_TRY_DO(print(table));
  }
  if (results.questions.empty()) return kDone;
  const ClassResults::Question& most = results.questions.front();
  if (most.first < most.learners)
    fmt::print(stderr, "most failed: {} of {}: {} of {} right at the first try, {} in the end\n",
               most.question, most.lesson, most.first, most.learners, most.right);
  return kDone;
}

}  // namespace

Action add_lesson(CLI::App& app) {
  auto asked = std::make_shared<LessonOptions>();
  asked->list = app.add_subcommand("list", "The lessons there are: JSON");
  add_lang(*asked->list, asked->shared);
  asked->make =
      app.add_subcommand("new", "Writes NAME.LANG.md, a lesson to begin with; docs/lessons.md is the guide");
  asked->make->add_option("NAME", asked->name, "Its name, without an ending")->required()->type_name("");
  add_lang(*asked->make, asked->shared);
  asked->attempt = app.add_subcommand("try",
                                      "Plays a lesson without a window: whether its numbers are there, its "
                                      "guesses clear, its checks neither true too early nor out of reach");
  asked->attempt->add_option("LESSON", asked->name, "The name of one, or a file")->required()->type_name("");
  add_lang(*asked->attempt, asked->shared);
  asked->results =
      app.add_subcommand("results", "What a class answered: a table of all *.answers.json in a folder");
  asked->results->add_option("FOLDER", asked->folder, "The folder of the files that were handed in")
      ->required()
      ->type_name("");
  asked->results->add_option("--out", asked->out, "File to write (default: standard output)")
      ->check(ends_in({".csv"}))
      ->type_name("FILE");
  asked->results->add_flag("--by-question", asked->by_question,
                           "A line a question, the one most failed first, instead of one an answer");
  app.require_subcommand(1);
  app.footer(
      "regard inspect FILE.md says what is wrong in the file, regard lesson try FILE.md what is wrong once "
      "it is played, "
      "and regard FILE.md plays it.");
  return [asked]() -> Result<int> {
    if (asked->make->parsed()) return write_template(*asked);
    if (asked->attempt->parsed()) return try_cards(*asked);
    if (asked->results->parsed()) return write_results(*asked);
    return print_list(*asked);
  };
}

}  // namespace regard::cli
