#include "app/lessons/player.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "app/lessons/lesson_state.h"
#include "app/lessons/markdown.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

// What is the learner's own stays through all cards.
Session with_own_view(Session session, const ViewOptions& now) {
  session.view.theme = now.theme;
  session.view.language = now.language;
  session.view.colors = now.colors;
  session.view.zoom = now.zoom;
  session.view.details = now.details;
  session.view.reduced_motion = now.reduced_motion;
  return session;
}

Session with_part(const std::optional<Json>& part, const Session& now) {
  if (!part) return now;
  const Result<Session> after = with_lesson_state(*part, now);
  return after ? *after : now;
}

}  // namespace

Session LessonPlayer::start(std::shared_ptr<const Lesson> lesson, const Session& now) {
  lesson_ = std::move(lesson);
  card_ = 0;
  left_.clear();
  progress_.clear();
  numbers_.reset();
  base_ = lesson_base(now.view);
  return begin(0, now);
}

// All that the cards before it set, one after another.
Session LessonPlayer::begin(std::size_t card, const Session& now) const {
  Session session = with_own_view(base_, now.view);
  for (std::size_t i = 0; i <= card && i < lesson_->cards.size(); ++i)
    session = with_part(lesson_->cards[i].state, session);
  return session;
}

Session LessonPlayer::go_to(std::size_t card, const Session& now) {
  card = std::min(card, lesson_->cards.size() - 1);
  if (card == card_) return now;
  left_[card_] = now;
  const bool next = card == card_ + 1;
  card_ = card;
  numbers_.reset();
  if (const auto seen = left_.find(card); seen != left_.end()) return with_own_view(seen->second, now.view);
  return next ? with_part(lesson_->cards[card].state, now) : begin(card, now);
}

Session LessonPlayer::set_up_again(const Session& now) { return begin(card_, now); }

void LessonPlayer::leave() {
  lesson_.reset();
  left_.clear();
  progress_.clear();
  numbers_.reset();
  card_ = 0;
}

void LessonPlayer::translate(std::shared_ptr<const Lesson> lesson) {
  if (!lesson_ || lesson->cards.size() != lesson_->cards.size()) return;
  lesson_ = std::move(lesson);
  numbers_.reset();
}

void LessonPlayer::want(const std::optional<LessonAsk>& ask) {
  if (numbers_ && (!ask || numbers_->of.lesson != ask->lesson || numbers_->of.card != ask->card))
    numbers_.reset();
  current_ = !ask || (numbers_ && numbers_->of == *ask);
}

const LessonNumber* LessonPlayer::number(std::size_t value) const {
  return numbers_ && value < numbers_->values.size() ? &numbers_->values[value] : nullptr;
}

const LessonNumbers& LessonPlayer::none() {
  static const LessonNumbers empty;
  return empty;
}

CheckGround LessonPlayer::ground(const AppState& state) const {
  return {numbers_ ? numbers_->values : none().values, state,
          [this](const std::string& id) { return progress(id).right; }};
}

LessonProgress LessonPlayer::progress(const std::string& id) const {
  const auto found = progress_.find(id);
  return found == progress_.end() ? LessonProgress{} : found->second;
}

bool LessonPlayer::covers() const {
  if (!lesson_) return false;
  const LessonGuess* guess = guess_of(card());
  return guess != nullptr && !progress(guess->id).tried;
}

const LessonQuestion* LessonPlayer::question(const std::string& id) const {
  for (const LessonQuestion* each : questions_of(card())) {
    if (each->id == id) return each;
  }
  return nullptr;
}

std::vector<int> LessonPlayer::ranked(const LessonNumber& number, bool others) {
  std::vector<int> order(number.each.size());
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    return others ? number.counts[at] == 0 : number.special[at] != 0;
  });
  std::ranges::stable_sort(order, [&](int a, int b) {
    return number.each[static_cast<std::size_t>(a)] > number.each[static_cast<std::size_t>(b)];
  });
  return order;
}

// In this play and, the first time, for good.
void LessonPlayer::answer(const std::string& id, bool right, const std::string& said) {
  LessonProgress& now = progress_[id];
  now.tried = true;
  now.right = right;
  LessonAnswer& kept = answers_.lessons[answers_name(*lesson_)][id];
  if (kept.right) return;
  ++kept.tries;
  kept.first = right && kept.tries == 1;
  kept.right = right;
  kept.hints = std::max(kept.hints, now.hints);
  constexpr std::size_t kMostSaid = 200;
  kept.said = printable(said, kMostSaid);
}

void LessonPlayer::choose(const std::string& id, int index) {
  if (!lesson_) return;
  if (const LessonGuess* guess = guess_of(card()); guess != nullptr && guess->id == id) {
    const LessonNumber* number = this->number(guess->value);
    if (number == nullptr || progress(id).tried || index < 0 || index >= std::ssize(number->each)) return;
    const std::vector<int> order = ranked(*number, guess->others);
    const auto end = order.begin() + std::min<std::ptrdiff_t>(guess->top, std::ssize(order));
    progress_[id].chosen = index;
    const std::string said = number->words.empty() ? fmt::format("{}, {}", index % number->columns + 1,
                                                                 index / number->columns + 1)
                                                   : number->words[static_cast<std::size_t>(index)];
    answer(id, std::find(order.begin(), end, index) != end, said);
    return;
  }
  const LessonQuestion* asked = question(id);
  if (asked == nullptr || index < 0 || index >= std::ssize(asked->choices) || progress(id).right) return;
  const LessonChoice& choice = asked->choices[static_cast<std::size_t>(index)];
  progress_[id].chosen = index;
  answer(id, choice.right, plain_text(choice.text));
}

void LessonPlayer::type(const std::string& id, const std::string& text) {
  if (!lesson_) return;
  const LessonQuestion* asked = question(id);
  if (asked == nullptr || !asked->number || progress(id).right) return;
  const auto said = typed_number(text);
  const LessonNumber* number = this->number(*asked->number);
  if (!said || number == nullptr || !number->number) return;
  progress_[id].typed = text;
  const double value = asked->percent ? *said / 100 : *said;
  answer(id, std::abs(value - *number->number) <= asked->within, text);
}

void LessonPlayer::check(const std::string& id, const AppState& state) {
  if (!lesson_) return;
  const LessonQuestion* asked = question(id);
  if (asked == nullptr || !asked->check || !current_ || progress(id).right) return;
  answer(id, holds(*asked->check, ground(state)).value_or(false), state.doc.prompt);
}

std::optional<Session> LessonPlayer::hint(const std::string& id, const Session& now) {
  const LessonQuestion* asked = lesson_ ? question(id) : nullptr;
  if (asked == nullptr) return std::nullopt;
  LessonProgress& progress = progress_[id];
  const int rungs = asked->hint.rungs();
  if (progress.hints < rungs) {
    ++progress.hints;
    LessonAnswer& kept = answers_.lessons[answers_name(*lesson_)][id];
    if (!kept.right) kept.hints = std::max(kept.hints, progress.hints);
  }
  if (!asked->hint.show || progress.hints < rungs) return std::nullopt;
  return with_part(asked->hint.show, now);
}

std::optional<double> typed_number(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '%'; });
  for (const std::string_view blank : {"\u00A0", "\u202F"}) {
    for (std::size_t at = text.find(blank); at != text.npos; at = text.find(blank))
      text.erase(at, blank.size());
  }
  std::ranges::replace(text, ',', '.');
  double out = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end || !std::isfinite(out)) return std::nullopt;
  return out;
}

}  // namespace regard
