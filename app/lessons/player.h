// A lesson being played: which card, what each card left, what was answered. Says which session to show; the
// program shows it. Knows no ImGui.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/lessons/answers.h"
#include "app/lessons/lesson.h"
#include "app/lessons/lesson_numbers.h"
#include "app/state/session.h"

namespace regard {

/// How one question or guess stands in this play.
struct LessonProgress {
  std::optional<int> chosen = {};  // the newest choice, or what was guessed
  bool right = false, tried = false;
  int hints = 0;           // rungs that are open
  std::string typed = {};  // of a number, as it was checked
};

/// Thread: one.
class LessonPlayer {
 public:
  bool open() const { return lesson_ != nullptr; }
  /// Expects open().
  const Lesson& lesson() const { return *lesson_; }
  const std::shared_ptr<const Lesson>& shared() const { return lesson_; }
  std::size_t card_index() const { return card_; }
  const LessonCard& card() const { return lesson_->cards[card_]; }

  /// Each returns the session to show now. @param now  what is shown
  Session start(std::shared_ptr<const Lesson> lesson, const Session& now);
  /// A card that was seen before comes as it was left.
  Session go_to(std::size_t card, const Session& now);
  /// The card as it began.
  Session set_up_again(const Session& now);
  void leave();
  /// The same lesson in another language, at the same card.
  void translate(std::shared_ptr<const Lesson> lesson);

  // ---- what is asked --------------------------------------------------------------------------------------
  /// Of the card in sight, once they are computed; null before.
  const LessonNumbers* numbers() const { return numbers_.get(); }
  /// Whether they are of what is shown; a card that asks for none is.
  bool current() const { return current_; }
  void accept(std::shared_ptr<const LessonNumbers> numbers) { numbers_ = std::move(numbers); }
  /// Those of another card or run go.
  void want(const std::optional<LessonAsk>& ask);
  const LessonNumber* number(std::size_t value) const;
  CheckGround ground(const AppState& state) const;

  LessonProgress progress(const std::string& id) const;
  /// Whether the panels are covered: the card's guess was not made, and its map is there.
  bool covers() const;
  /// A choice of a question, the place of a guess in LessonNumber::each.
  void choose(const std::string& id, int index);
  void type(const std::string& id, const std::string& text);
  /// Holds the check of a question against the run.
  void check(const std::string& id, const AppState& state);
  /// Opens the next rung. @return the session to show, where the rung is "show me"
  std::optional<Session> hint(const std::string& id, const Session& now);

  /// Places of LessonNumber::each by their size, those that count only.
  static std::vector<int> ranked(const LessonNumber& number, bool others);

  const LessonAnswers& answers() const { return answers_; }
  void set_answers(LessonAnswers answers) { answers_ = std::move(answers); }
  void set_who(const std::string& who) { answers_.who = who; }

 private:
  const LessonQuestion* question(const std::string& id) const;
  Session begin(std::size_t card, const Session& now) const;
  void answer(const std::string& id, bool right, const std::string& said);
  static const LessonNumbers& none();

  std::shared_ptr<const Lesson> lesson_;
  std::size_t card_ = 0;
  Session base_;                         // the lesson begins from it
  std::map<std::size_t, Session> left_;  // what cards looked like when they were left
  std::map<std::string, LessonProgress> progress_;
  std::shared_ptr<const LessonNumbers> numbers_;
  LessonAnswers answers_;
  bool current_ = false;
};

/// "0,53", "53 %", "53": a number as a person types it; nothing: it is none.
std::optional<double> typed_number(std::string text);

}  // namespace regard
