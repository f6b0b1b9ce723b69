#include "app/cli/lesson_trial.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "app/lessons/player.h"
#include "app/program.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

using Act = LessonAct::What;

constexpr double kClear = 1.05;  // the last right place of a guess over the first wrong one

class Trial {
 public:
  Trial(std::string lesson, const Language& language)
      : file_(std::move(lesson)), program_(first_session(language)) {}

  LessonTrial run() {
    settle();
    send({.name = file_});
    if (!player().open()) {
      const auto& error = program_.state().error;
      out_.problems.push_back(error ? error->text : fmt::format("{}: expected a lesson, got none", file_));
      return out_;
    }
    out_.cards = static_cast<int>(player().lesson().cards.size());
    for (int card = 0; card < out_.cards; ++card) {
      send({.what = Act::kCard, .index = card});
      try_card();
    }
    return out_;
  }

 private:
  const LessonPlayer& player() const { return program_.lesson(); }

  // Until nothing is under way: what an answer brings may want more.
  void settle() {
    constexpr int kCalm = 3;
    for (int calm = 0; calm < kCalm;) {
      bool moved = program_.accept_answers();
      program_.refresh_views();
      moved = program_.apply_commands() || moved;
      calm = moved || program_.busy() ? 0 : calm + 1;
      if (program_.busy()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  void send(const LessonAct& act) {
    program_.send(act);
    settle();
  }
  void problem(const std::string& what) {
    out_.problems.push_back(fmt::format("{}:{}: card '{}': {}", printable(player().lesson().name, 4096),
                                        player().card().line, printable(player().card().title, 200), what));
  }

  void try_card() {
    const LessonCard& card = player().card();
    int missing = 0;
    for (std::size_t i = 0; i < card.values.size(); ++i) {
      const LessonNumber* number = player().number(i);
      if (number == nullptr || (!number->number && number->each.empty())) ++missing;
    }
    out_.numbers += static_cast<int>(card.values.size());
    if (missing > 0)
      problem(fmt::format(
          "expected {} numbers that the run has, got {} that are not there: a word that is not in "
          "the prompt, a layer or head that the model has not",
          card.values.size(), missing));
    if (const LessonGuess* guess = guess_of(card)) try_guess(*guess);
    bool shown = false;
    for (const LessonQuestion* question : questions_of(card)) {
      if (question->check) try_check(*question);
      shown = shown || question->hint.show.has_value();
      if (question->hint.show && !question->check) open_hints(*question);
    }
    if (card.done && shown) expect(*card.done, true, "done", "once the last hint was shown");
  }

  void try_guess(const LessonGuess& guess) {
    ++out_.guesses;
    const LessonNumber* number = player().number(guess.value);
    if (number == nullptr || number->each.empty()) return;  // said already
    const std::vector<int> order = LessonPlayer::ranked(*number, guess.others);
    const auto top = static_cast<std::size_t>(guess.top);
    if (order.size() <= top)
      return problem(
          fmt::format("{}: expected more than {} to choose from, got {}", guess.id, top, order.size()));
    const auto at = [&](std::size_t place) { return number->each[static_cast<std::size_t>(order[place])]; };
    if (at(top - 1) < kClear * at(top))
      problem(fmt::format("{}: expected a clear answer, got {:.3f} for place {} and {:.3f} for the next",
                          guess.id, at(top - 1), top, at(top)));
    send({.what = Act::kChoose, .name = guess.id, .index = order.front()});
  }

  void try_check(const LessonQuestion& question) {
    ++out_.checks;
    expect(*question.check, false, question.id, "before anything is done");
    if (!question.hint.show) return;
    open_hints(question);
    expect(*question.check, true, question.id, "once the last hint was shown");
  }
  void open_hints(const LessonQuestion& question) {
    for (int rung = 0; rung < question.hint.rungs(); ++rung) send({.what = Act::kHint, .name = question.id});
  }

  void expect(const LessonCheck& check, bool wanted, const std::string& id, const char* when) {
    const std::optional<bool> got = holds(check, player().ground(program_.state()));
    if (got == wanted) return;
    problem(fmt::format("{}: expected a check that {} {}, got one that {}", id,
                        wanted ? "holds" : "does not hold", when,
                        !got   ? "has no number to look at"
                        : *got ? "does"
                               : "does not"));
  }

  std::string file_;
  Program program_;
  LessonTrial out_;
};

}  // namespace

LessonTrial try_lesson(const std::string& lesson, const Language& language) {
  return Trial(lesson, language).run();
}

}  // namespace regard
