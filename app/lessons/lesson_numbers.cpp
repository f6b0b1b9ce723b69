#include "app/lessons/lesson_numbers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/lessons/lesson_state.h"
#include "core/engine/interventions.h"
#include "core/engine/truth.h"

namespace regard {
namespace {

using Kind = LessonPlace::Kind;

std::string letters_of(const Sequence& sequence, const WordSpan& word) {
  std::string out;
  for (int position = word.first; position <= word.last; ++position)
    out += sequence.positions[static_cast<std::size_t>(position)].label;
  return out;
}

std::vector<int> span(int first, int last) {
  std::vector<int> out(static_cast<std::size_t>(std::max(0, last - first + 1)));
  std::iota(out.begin(), out.end(), first);
  return out;
}

std::vector<int> of_label(const Sequence& sequence, std::initializer_list<std::string_view> labels) {
  std::vector<int> out;
  for (int i = 0; i < sequence.count(); ++i) {
    const Position& position = sequence.positions[static_cast<std::size_t>(i)];
    if (position.kind == Position::Kind::kSpecial &&
        std::ranges::find(labels, position.label) != labels.end())
      out.push_back(i);
  }
  return out;
}

std::vector<int> of_kind(const Sequence& sequence, Position::Kind kind) {
  std::vector<int> out;
  for (int i = 0; i < sequence.count(); ++i) {
    if (sequence.positions[static_cast<std::size_t>(i)].kind == kind) out.push_back(i);
  }
  return out;
}

// What a value is computed of.
struct Ground {
  const LessonAsk& ask;
  const Trace& trace;
  RunKind kind;

  std::vector<int> positions(const LessonPlace& place) const {
    if (place.kind == Kind::kRegionA) return kind == RunKind::kPicture ? ask.region_a : std::vector<int>();
    if (place.kind == Kind::kRegionB) return kind == RunKind::kPicture ? ask.region_b : std::vector<int>();
    if (place.kind != Kind::kObject) return lesson_positions(trace.prompt, place);
    const auto found = ask.objects.find({static_cast<int>(kind), place.name});
    return found == ask.objects.end() ? std::vector<int>() : found->second;
  }
};

const Trace* trace_of_run(const LessonAsk& ask, RunKind kind) {
  switch (kind) {
    case RunKind::kText:
      return ask.text ? &ask.text->trace : nullptr;
    case RunKind::kPicture:
      return ask.picture ? &ask.picture->trace : nullptr;
    case RunKind::kDrawing:
      return ask.drawing ? &ask.drawing->trace : nullptr;
  }
  return nullptr;
}

// The row of the side that is named: by position, hidden cells 0. Nothing: the run has no such map.
std::optional<std::vector<double>> row_of(const Ground& ground, const LessonValue& value, bool reads,
                                          const std::vector<int>& subject, std::stop_token stop) {
  MapQuery query = value.map;
  query.subject = subject;
  query.direction = reads ? Direction::kReads : Direction::kReadBy;
  const Result<Map> map = evaluate(ground.trace, query, LensContext{.stop = std::move(stop)});
  if (!map || map->values.rows() != 1) return std::nullopt;
  std::vector<double> row(static_cast<std::size_t>(ground.trace.prompt.count()), 0.0);
  for (std::size_t i = 0; i < map->columns.size(); ++i) {
    const auto at = static_cast<std::size_t>(map->columns[i]);
    if (at >= row.size() || map->is_hidden(0, static_cast<int>(i))) continue;
    row[at] = static_cast<double>(map->values(0, static_cast<Eigen::Index>(i)));
  }
  return row;
}

double sum_over(const std::vector<double>& row, const std::vector<int>& positions) {
  double sum = 0;
  for (const int position : positions) sum += row[static_cast<std::size_t>(position)];
  return sum;
}

// One a word (BOS and EOS as words, too) or one a patch.
void fill_each(const Ground& ground, const LessonValue& value, const std::vector<double>& row,
               const std::vector<int>& subject, LessonNumber& out) {
  const Sequence& sequence = ground.trace.prompt;
  const auto add = [&](std::string name, const std::vector<int>& positions, bool special) {
    out.each.push_back(sum_over(row, positions));
    const bool itself = positions == subject;
    out.counts.push_back(special || itself ? 0 : 1);
    out.special.push_back(special ? 1 : 0);
    if (!value.patches) out.words.push_back(std::move(name));
  };
  if (value.patches) {
    for (const int patch : sequence.patches()) add({}, {patch}, false);
    if (const Segment* image = sequence.image()) {
      out.columns = image->columns;
      out.rows = image->rows;
    }
    return;
  }
  for (const int bos : lesson_positions(sequence, {.kind = Kind::kBos})) add("bos", {bos}, true);
  for (const WordSpan& word : sequence.words)
    add(letters_of(sequence, word), span(word.first, word.last), false);
  for (const int eos : lesson_positions(sequence, {.kind = Kind::kEos})) add("eos", {eos}, true);
}

LessonNumber cell_number(const LessonAsk& ask, const LessonValue& value, std::stop_token stop) {
  const Trace* trace = trace_of_run(ask, value.of);
  if (trace == nullptr || trace->records.empty()) return {};
  const Ground ground{ask, *trace, value.of};
  const bool reads = value.query.kind != Kind::kNothing;
  const std::vector<int> subject = ground.positions(reads ? value.query : value.key);
  if (subject.empty()) return {};
  const auto row = row_of(ground, value, reads, subject, std::move(stop));
  if (!row) return {};
  LessonNumber out;
  if (value.query.kind != Kind::kNothing && value.key.kind != Kind::kNothing) {
    const std::vector<int> keys = ground.positions(value.key);
    if (!keys.empty()) out.number = sum_over(*row, keys);
  } else {
    fill_each(ground, value, *row, subject, out);
  }
  return out;
}

LessonNumber weight_number(const LessonAsk& ask, const LessonPlace& word) {
  const Trace* trace = ask.text ? &ask.text->trace : ask.drawing ? &ask.drawing->trace : nullptr;
  if (trace == nullptr) return {};
  const std::vector<int> positions = lesson_positions(trace->prompt, word);
  if (positions.empty()) return {};
  return {.number = trace->prompt.positions[static_cast<std::size_t>(positions.front())].weight};
}

bool asks_for(const LessonCard& card, RunKind kind) {
  return std::ranges::any_of(card.values, [&](const LessonValue& value) {
    if (value.what == LessonValue::What::kWeight) return kind != RunKind::kPicture;
    return value.what == LessonValue::What::kCell && value.of == kind;
  });
}

// What a mirror shows, and what stands before it.
constexpr std::string_view kReflection = "reflection", kMirrored = "mirrored";

std::vector<int> picture_object(const AppState& state, const std::string& name) {
  if (!state.vision) return {};
  const auto reflection =
      std::ranges::find_if(state.objects, [](const SceneObject& each) { return each.reflection_of >= 0; });
  if (name == kReflection || name == kMirrored) {
    if (reflection == state.objects.end()) return {};
    const auto object = static_cast<std::size_t>(reflection->reflection_of);
    if (name == kReflection) return tokens_of(*reflection, *state.vision);
    return object < state.objects.size() ? tokens_of(state.objects[object], *state.vision)
                                         : std::vector<int>();
  }
  for (const SceneObject& object : state.objects) {
    const auto noun = object.noun.find("en");
    if (noun != object.noun.end() && noun->second == name) return tokens_of(object, *state.vision);
  }
  return {};
}

std::vector<int> drawn_object(const AppState& state, const std::string& name) {
  const PaintState& painting = state.painting;
  if (!painting.run || !painting.seen || !painting.run->request.model->segmenter) return {};
  const std::vector<int> patches = painting.run->trace.prompt.patches();
  std::vector<int> out;
  if (name == kReflection || name == kMirrored) {
    const MirrorPatches found =
        mirror_in(*painting.run, *painting.run->request.model->segmenter, *painting.seen);
    for (const int patch : name == kReflection ? found.reflection : found.object)
      out.push_back(patches[static_cast<std::size_t>(patch)]);
    return out;
  }
  const auto truth =
      truth_of_word(*painting.run, *painting.run->request.model->segmenter, *painting.seen, name);
  if (!truth) return {};
  for (std::size_t i = 0; i < truth->mask.size() && i < patches.size(); ++i) {
    if (truth->mask[i]) out.push_back(patches[i]);
  }
  return out;
}

void find_objects(const LessonCard& card, const AppState& state, LessonAsk& ask) {
  for (const LessonValue& value : card.values) {
    for (const LessonPlace* place : {&value.query, &value.key}) {
      if (place->kind != Kind::kObject) continue;
      std::vector<int> positions = value.of == RunKind::kPicture   ? picture_object(state, place->name)
                                   : value.of == RunKind::kDrawing ? drawn_object(state, place->name)
                                                                   : std::vector<int>();
      ask.objects[{static_cast<int>(value.of), place->name}] = std::move(positions);
    }
  }
}

// The head in sight, alone.
std::pair<std::optional<int>, std::optional<int>> chosen_head(const AppState& state) {
  const auto of = [](const HeadChoice& heads) {
    return heads.set.size() == 1
               ? std::pair(std::optional(heads.set.front().first), std::optional(heads.set.front().second))
           : heads.set.empty() ? std::pair(heads.layer, heads.head)
                               : std::pair(std::optional<int>(), std::optional<int>());
  };
  switch (state.view.workspace) {
    case Workspace::kImage:
      return of(state.doc.picture.choice.heads);
    case Workspace::kPainting:
      return of({.set = state.doc.paint.maps});
    default:
      return of(state.doc.choice.heads);
  }
}

const std::vector<RunEdit>& edits_in_sight(const AppState& state) {
  switch (state.view.workspace) {
    case Workspace::kImage:
      return state.doc.picture.edits;
    case Workspace::kPainting:
      return state.doc.paint.edits;
    default:
      return state.doc.edits;
  }
}

bool is_tried(const AppState& state, const std::string& kind) {
  return std::ranges::any_of(edits_in_sight(state), [&](const RunEdit& edit) {
    return edit.on && &kind_of(edit) == find_intervention(kind);
  });
}

bool pins_word(const AppState& state, const std::string& word) {
  return std::ranges::any_of(state.doc.pins, [&](const Pin& pin) {
    if (pin.kind == Pin::Kind::kBos) return word == "bos";
    if (pin.kind == Pin::Kind::kEos) return word == "eos";
    const auto byte = byte_of_word(state.doc.prompt, word);
    return byte && pin.byte >= *byte && pin.byte < *byte + word.substr(0, word.find('#')).size();
  });
}

std::optional<bool> all_hold(const LessonCheck& check, const CheckGround& ground, bool any) {
  bool unknown = false;
  for (const LessonCheck& part : check.parts) {
    const auto one = holds(part, ground);
    if (one && *one == any) return any;
    unknown = unknown || !one;
  }
  return unknown ? std::nullopt : std::optional(!any);
}

}  // namespace

std::vector<int> lesson_positions(const Sequence& sequence, const LessonPlace& place) {
  switch (place.kind) {
    case Kind::kWord: {
      int which = place.which;
      for (const WordSpan& word : sequence.words) {
        if (letters_of(sequence, word) == place.name && --which == 0) return span(word.first, word.last);
      }
      return {};
    }
    case Kind::kBos:
      return of_label(sequence, {"BOS"});
    case Kind::kEos:
      return of_label(sequence, {"EOS"});
    case Kind::kCls:
      return of_label(sequence, {"CLS"});
    case Kind::kWords:
      return of_kind(sequence, Position::Kind::kWordPiece);
    case Kind::kPatches:
      return sequence.patches();
    case Kind::kPatch: {
      const Segment* image = sequence.image();
      if (image == nullptr || place.column >= image->columns || place.row >= image->rows) return {};
      return {sequence.patch(place.column, place.row)};
    }
    case Kind::kNothing:
    case Kind::kRegionA:
    case Kind::kRegionB:
    case Kind::kObject:
      break;
  }
  return {};
}

std::optional<LessonAsk> lesson_ask(const std::shared_ptr<const Lesson>& lesson, std::size_t card,
                                    const AppState& state) {
  if (!lesson || card >= lesson->cards.size() || lesson->cards[card].values.empty()) return std::nullopt;
  const LessonCard& shown = lesson->cards[card];
  LessonAsk ask;
  ask.lesson = lesson;
  ask.card = card;
  if (asks_for(shown, RunKind::kText)) ask.text = state.run;
  if (asks_for(shown, RunKind::kPicture)) ask.picture = state.vision;
  // A drawing is asked when it is whole: its maps change with each step.
  if (asks_for(shown, RunKind::kDrawing) && !state.painting.drawing) ask.drawing = state.painting.run;
  ask.region_a = state.doc.picture.region_a;
  ask.region_b = state.doc.picture.region_b;
  find_objects(shown, state, ask);
  const bool changed = std::ranges::any_of(
      shown.values, [](const LessonValue& value) { return value.what == LessonValue::What::kChanged; });
  if (changed && state.run && state.run->request.edits.empty()) ask.changed = 0.0;
  if (changed && state.text_effect) ask.changed = 1.0 - static_cast<double>(state.text_effect->cosine);
  return ask;
}

Result<std::shared_ptr<const LessonNumbers>> compute_lesson_numbers(const LessonAsk& ask,
                                                                    std::stop_token stop) {
  auto out = std::make_shared<LessonNumbers>(LessonNumbers{ask, {}});
  for (const LessonValue& value : ask.lesson->cards[ask.card].values) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "lesson: cancelled");
    switch (value.what) {
      case LessonValue::What::kCell:
        out->values.push_back(cell_number(ask, value, stop));
        break;
      case LessonValue::What::kWeight:
        out->values.push_back(weight_number(ask, value.query));
        break;
      case LessonValue::What::kChanged:
        out->values.push_back({.number = ask.changed});
        break;
      case LessonValue::What::kConstant:
        out->values.push_back({.number = value.constant});
        break;
    }
  }
  return out;
}

std::optional<bool> holds(const LessonCheck& check, const CheckGround& ground) {
  using What = LessonCheck::What;
  const auto number = [&](std::size_t at) -> std::optional<double> {
    const std::size_t index = check.values[at];
    return index < ground.numbers.size() ? ground.numbers[index].number : std::nullopt;
  };
  switch (check.what) {
    case What::kValue: {
      const auto value = number(0);
      if (!value) return std::nullopt;
      return *value >= check.least.value_or(-HUGE_VAL) && *value <= check.most.value_or(HUGE_VAL);
    }
    case What::kGreater: {
      const auto first = number(0), second = number(1);
      if (!first || !second) return std::nullopt;
      return *first > *second;
    }
    case What::kPromptHas:
      return byte_of_word(ground.state.doc.prompt, check.name).has_value();
    case What::kTrial:
      return is_tried(ground.state, check.name);
    case What::kWorkspace:
      return ground.state.view.workspace == check.workspace;
    case What::kSelected: {
      const auto [layer, head] = chosen_head(ground.state);
      return (!check.layer || layer == check.layer) && (!check.head || head == check.head);
    }
    case What::kPinned:
      return pins_word(ground.state, check.name);
    case What::kAnswered:
      return ground.answered && ground.answered(check.name);
    case What::kAll:
      return all_hold(check, ground, false);
    case What::kAny:
      return all_hold(check, ground, true);
    case What::kNot: {
      const auto one = holds(check.parts.front(), ground);
      if (!one) return std::nullopt;
      return !*one;
    }
  }
  return std::nullopt;
}

}  // namespace regard
