// A lesson as a teacher wrote it: cards with text, the state they set, what they point at, and what they ask.
// Values only; the file is read in lesson_file.h, numbers are computed in lesson_numbers.h. What a lesson
// asks of a run is a MapQuery and a place in it, so that it says what the window shows.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/i18n/language.h"
#include "app/state/state.h"
#include "core/analysis/map_query.h"
#include "core/formats/json.h"

namespace regard {

/// Which positions of a run are meant.
struct LessonPlace {
  enum class Kind {
    kNothing,  // the side that a guess asks for
    kWord,     // `name`, as it stands in the prompt; the `which`-th of that name, from 1
    kBos,
    kEos,
    kCls,
    kWords,    // all word pieces
    kPatches,  // all patches
    kRegionA,
    kRegionB,
    kObject,  // patches of `name`, an English noun
    kPatch,   // one; column and row from 0
  };
  Kind kind = Kind::kNothing;
  std::string name = {};
  int which = 1;
  int column = 0, row = 0;
  bool operator==(const LessonPlace&) const = default;
};

/// One number of the run at hand, or with a side left open (a guess) one a word or patch.
struct LessonValue {
  enum class What {
    kCell,     // mean over `query` of the sum over `key`, of the map that `map` names
    kWeight,   // of the word `query` in the prompt
    kChanged,  // 1 - cosine of the sentence vector with and without what is tried
    kConstant,
  };
  What what = What::kCell;
  RunKind of = RunKind::kText;
  MapQuery map = {};
  LessonPlace query = {}, key = {};
  bool patches = false;  // the open side is of patches, not of words
  double constant = 0;
  bool operator==(const LessonValue&) const = default;
};

enum class NumberForm { kPercent, kNumber, kTimes };

/// A piece of text in one style; a number of the run stands in its place.
struct TextSpan {
  std::string text = {};
  bool strong = false, emphasis = false, code = false;
  std::optional<std::size_t> value = {};  // index into LessonCard::values
  NumberForm form = NumberForm::kNumber;
  int decimals = 3;
};

struct TextBlock {
  enum class Kind { kParagraph, kItem, kTitle };
  Kind kind = Kind::kParagraph;
  int depth = 0;            // of an item
  std::string bullet = {};  // "•", "1."
  std::vector<TextSpan> spans = {};
};
using LessonText = std::vector<TextBlock>;

/// A condition on the learner's own run and state.
struct LessonCheck {
  enum class What {
    kValue,    // in [least, most]
    kGreater,  // values[0] > values[1]
    kPromptHas,
    kTrial,
    kWorkspace,
    kSelected,  // layer, head
    kPinned,
    kAnswered,
    kAll,
    kAny,
    kNot,
  };
  What what = What::kAll;
  std::vector<std::size_t> values = {};  // indices into LessonCard::values
  std::optional<double> least = {}, most = {};
  std::string name = {};  // a word, a kind of trial, an id
  std::optional<int> layer = {}, head = {};
  Workspace workspace = Workspace::kText;
  std::vector<LessonCheck> parts = {};
};

struct LessonFormula {
  std::string text;
};

/// A ring round something, and a line about it.
struct LessonPoint {
  std::string panel;  // "panel.matrix"
  std::optional<std::pair<LessonPlace, LessonPlace>> cell = {};
  std::optional<LessonPlace> token = {};
  std::optional<std::pair<int, int>> head = {};   // (layer, head), from 0
  std::optional<std::pair<int, int>> patch = {};  // (column, row), from 0
  LessonText say = {};
};

/// The panels are covered until a word or patch is clicked.
struct LessonGuess {
  std::string id;
  LessonText ask;
  bool patches = false;  // else words
  std::size_t value = 0;
  int top = 1;
  bool others = true;  // the word itself, BOS and EOS do not count
  LessonText right = {}, wrong = {};
};

struct LessonChoice {
  LessonText text, reply;
  bool right = false;
};

struct LessonHint {
  LessonText nudge = {}, suggestion = {};
  std::optional<Json> show = {};  // a part of a session
  int rungs() const { return (nudge.empty() ? 0 : 1) + (suggestion.empty() ? 0 : 1) + (show ? 1 : 0); }
};

struct LessonQuestion {
  std::string id;
  LessonText ask;
  std::vector<LessonChoice> choices = {};  // one of them is right; or
  std::optional<LessonCheck> check = {};   // the run at hand is asked; or
  std::optional<std::size_t> number = {};  // a number is typed
  double within = 0;
  bool percent = false;
  LessonText right = {}, wrong = {};
  LessonHint hint = {};
};

struct LessonCard {
  std::string title;
  int line = 0;  // of the file, from 1
  using Block = std::variant<LessonText, LessonFormula, LessonGuess, LessonQuestion>;
  std::vector<Block> blocks = {};        // in the order they are drawn
  std::vector<LessonPoint> points = {};  // in the order of their numbers
  std::optional<Json> state = {};        // a part of a session
  std::optional<LessonCheck> done = {};
  std::string note = {};                 // for the teacher
  std::vector<LessonValue> values = {};  // all that the card's texts and checks ask for, each once
};

struct Lesson {
  std::string name;  // "what-is-attention"; of a file of one's own its path
  Language language;
  std::string title, about;
  int order = 0, minutes = 0;
  std::vector<LessonCard> cards;  // at least one
};

const LessonGuess* guess_of(const LessonCard& card);
/// In the order they stand.
std::vector<const LessonQuestion*> questions_of(const LessonCard& card);
/// What a lesson is called in a file of answers: of a file of one's own without folder and language.
std::string answers_name(const Lesson& lesson);
/// Ids of all that is answered, in order.
std::vector<std::string> ids_of(const Lesson& lesson);

}  // namespace regard
