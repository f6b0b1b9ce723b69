#include "core/attention/trace.h"

#include <algorithm>

#include "core/base/check.h"

namespace regard {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

bool same_position(const Position& a, const Position& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Position::Kind::kPatch:
      return a.column == b.column && a.row == b.row;
    case Position::Kind::kSpecial:
      return a.label == b.label;
    case Position::Kind::kWordPiece:
      return a.id == b.id && a.start == b.start;
  }
  return false;
}

// Patches and leading specials, then bytes, then a closing special.
bool comes_before(const Position& a, const Position& b) {
  const bool a_special = a.kind == Position::Kind::kSpecial, b_special = b.kind == Position::Kind::kSpecial;
  if (a_special != b_special) return b_special;
  return a.start <= b.start;
}

double bytes_of(const std::vector<std::shared_ptr<const AttentionRecord>>& records) {
  double sum = 0.0;
  for (const auto& record : records) {
    const AttentionShape& s = record->shape();
    const double heads = static_cast<double>(s.layers) * s.heads;
    sum += 4.0 * heads * (s.queries + 2.0 * s.keys) * s.head_width;
    if (s.layers > 0 && record->stream(0) != nullptr)  // of text and pictures they are the hidden states
      sum += 4.0 * (s.layers + (record->stream(s.layers) != nullptr ? 1 : 0)) *
             static_cast<double>(record->stream(0)->size());
    sum += record->keeps_maps() ? 8.0 * heads * s.queries * s.keys : 8.0 * heads * s.queries;
  }
  return sum;
}

}  // namespace

const Segment* Sequence::segment(std::string_view name) const {
  const auto found = std::ranges::find(segments, name, &Segment::name);
  return found == segments.end() ? nullptr : &*found;
}

const Segment* Sequence::image() const {
  const auto found = std::ranges::find_if(segments, [](const Segment& s) { return s.columns > 0; });
  return found == segments.end() ? nullptr : &*found;
}

int Sequence::patch(int column, int row) const {
  const Segment* grid = image();
  REGARD_CHECK(grid != nullptr && column >= 0 && column < grid->columns && row >= 0 && row < grid->rows);
  return grid->first + grid->count - grid->rows * grid->columns + row * grid->columns + column;
}

bool Sequence::is_patch(int position) const {
  return position >= 0 && position < count() && positions[at(position)].kind == Position::Kind::kPatch;
}

std::vector<int> Sequence::patches() const {
  std::vector<int> out;
  for (int i = 0; i < count(); ++i) {
    if (is_patch(i)) out.push_back(i);
  }
  return out;
}

std::vector<int> Sequence::text() const {
  std::vector<int> out;
  for (const Segment& segment : segments) {
    for (int i = 0; i < segment.count && segment.columns == 0; ++i) out.push_back(segment.first + i);
  }
  return out;
}

AttentionShape Trace::shape(Half half) const {
  const auto& kept = records_of(half);
  return kept.empty() ? AttentionShape{} : kept.front()->shape();
}

std::optional<StepSpan> Trace::kept_steps(Half half) const {
  const auto count = static_cast<int>(records_of(half).size());
  if (count == 0) return std::nullopt;
  return StepSpan{first_step, first_step + count - 1};
}

Result<StepSpan> Trace::steps(Half half, std::optional<StepSpan> asked, std::string_view what) const {
  const std::optional<StepSpan> kept = kept_steps(half);
  if (!kept) return fail(ErrorCode::kUnsupported, "{}: expected attention that was kept, got none", what);
  const StepSpan steps = asked.value_or(*kept);
  if (steps.first < kept->first || steps.last > kept->last || steps.first > steps.last) {
    return fail(ErrorCode::kShape, "steps: expected {} to {}, got {} to {}", kept->first + 1, kept->last + 1,
                steps.first + 1, steps.last + 1);
  }
  return steps;
}

double Trace::record_bytes() const { return bytes_of(records) + bytes_of(negative_records); }

Trace single_trace(std::string model, Sequence sequence, std::shared_ptr<const AttentionRecord> record,
                   std::shared_ptr<const std::vector<Matrix>> hidden_states) {
  REGARD_CHECK(record != nullptr && record->shape().keys == sequence.count());
  Trace trace;
  trace.model = std::move(model);
  trace.prompt = std::move(sequence);
  trace.records = {std::move(record)};
  trace.hidden_states = std::move(hidden_states);
  return trace;
}

Sequence image_sequence(const std::vector<std::string>& specials, int rows, int columns) {
  Sequence out;
  for (const std::string& name : specials)
    out.positions.push_back({.kind = Position::Kind::kSpecial, .label = name});
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      out.positions.push_back({.kind = Position::Kind::kPatch, .column = column, .row = row});
    }
  }
  out.segments = {{.name = "image", .first = 0, .count = out.count(), .rows = rows, .columns = columns}};
  return out;
}

Sequence joined(Sequence first, const Sequence& second) {
  const int shift = first.count(), words = static_cast<int>(first.words.size());
  for (Position position : second.positions) {
    if (position.word >= 0) position.word += words;
    first.positions.push_back(std::move(position));
  }
  for (Segment segment : second.segments) {
    segment.first += shift;
    first.segments.push_back(std::move(segment));
  }
  for (WordSpan word : second.words) {
    word.first += shift;
    word.last += shift;
    first.words.push_back(word);
  }
  return first;
}

std::vector<AlignedPosition> align(const Sequence& first, const Sequence& second) {
  std::vector<AlignedPosition> out;
  int i = 0, j = 0;
  while (i < first.count() || j < second.count()) {
    const bool both = i < first.count() && j < second.count();
    if (both && same_position(first.positions[at(i)], second.positions[at(j)])) {
      out.push_back({i++, j++});
    } else if (!both ? i < first.count() : comes_before(first.positions[at(i)], second.positions[at(j)])) {
      out.push_back({i++, -1});
    } else {
      out.push_back({-1, j++});
    }
  }
  return out;
}

}  // namespace regard
