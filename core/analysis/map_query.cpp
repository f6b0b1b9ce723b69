#include "core/analysis/map_query.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <numeric>

#include "core/analysis/arrange.h"
#include "core/analysis/lens.h"
#include "core/analysis/vision.h"

namespace regard {
namespace {

std::atomic<long> evaluation_count = 0;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

constexpr std::array kFusionNames = std::to_array<std::pair<std::string_view, Fusion>>(
    {{"mean", Fusion::kMean}, {"max", Fusion::kMax}, {"min", Fusion::kMin}, {"product", Fusion::kProduct}});

constexpr std::array kSpecialsNames = std::to_array<std::pair<std::string_view, Specials>>(
    {{"show", Specials::kShown}, {"hide", Specials::kHidden}, {"renormalise", Specials::kRenormalised}});

// Neighbouring positions on the other side of a subject's map, or the columns of a whole one.
struct Side {
  int first = 0, count = 0;
};

Result<Side> side_of(const Sequence& sequence, Over over) {
  if (over == Over::kAll) return Side{0, sequence.count()};
  const std::vector<int> positions = over == Over::kImage ? sequence.patches() : sequence.text();
  if (positions.empty())
    return fail(ErrorCode::kUnsupported, "map: expected a sequence with {}, got none",
                over == Over::kImage ? "patches" : "words");
  return Side{positions.front(), static_cast<int>(positions.size())};
}

Result<void> check_positions(const std::vector<int>& positions, int count) {
  for (const int position : positions) {
    if (position < 0 || position >= count)
      return fail(ErrorCode::kShape, "position: expected 0 to {}, got {}", count - 1, position);
  }
  return {};
}

// Rows of neighbouring subjects are one tile; others are gathered one by one.
bool neighbours(const std::vector<int>& positions) {
  for (std::size_t i = 1; i < positions.size(); ++i) {
    if (positions[i] != positions[i - 1] + 1) return false;
  }
  return true;
}

class Evaluation {
 public:
  Evaluation(const Lens& lens, const LensInput& input, Side side) : lens_(lens), input_(input), side_(side) {}

  Result<Matrix> whole() const {
    return lens_.tile(input_, {0, input_.record().shape().queries, side_.first, side_.count});
  }

  // What several positions have in common: the mean of their rows, or of their columns; of the columns of a
  // word that is one, their sum. [side]
  Result<RowVector> of(const std::vector<int>& subject) const {
    auto row = input_.query.specials == Specials::kRenormalised ? renormalised(subject) : mean_of(subject);
    const bool sums = input_.query.words && input_.query.direction == Direction::kReadBy;
    if (row && sums && lens_.tile != nullptr) *row *= static_cast<float>(subject.size());
    return row;
  }

 private:
  Result<RowVector> mean_of(const std::vector<int>& subject) const {
    if (lens_.tile == nullptr) return row_of(subject);
    if (neighbours(subject)) return tile_of(subject.front(), static_cast<int>(subject.size()));
    RowVector sum;
    for (const int position : subject) {
      auto next = tile_of(position, 1);
      if (!next) return next;
      sum = sum.size() == 0 ? *next : RowVector(sum + *next);
    }
    return RowVector(sum / static_cast<float>(subject.size()));
  }

  // The same of rows that are divided by what they give to positions that are not special: each is needed as
  // a whole.
  Result<RowVector> renormalised(const std::vector<int>& subject) const {
    const int all = input_.sequence.count();
    RowVector sum = RowVector::Zero(side_.count);
    if (input_.query.direction == Direction::kReadBy) {
      REGARD_TRY(Matrix rows, lens_.tile(input_, {side_.first, side_.count, 0, all}));
      renormalise(rows, input_.sequence);
      for (const int position : subject) sum += rows.col(position).transpose();
    } else {
      for (const int position : subject) {
        REGARD_TRY(Matrix row, lens_.tile(input_, {position, 1, 0, all}));
        renormalise(row, input_.sequence);
        sum += row.row(0).segment(side_.first, side_.count);
      }
    }
    return RowVector(sum / static_cast<float>(subject.size()));
  }

  Result<RowVector> row_of(const std::vector<int>& subject) const {
    MapQuery query = input_.query;
    query.subject = subject;
    const auto row = lens_.row({input_.trace, query, input_.context, input_.records, input_.sequence});
    if (!row) return std::unexpected(row.error());
    return RowVector(row->segment(side_.first, side_.count));
  }

  Result<RowVector> tile_of(int first, int count) const {
    const bool reads = input_.query.direction == Direction::kReads;
    const auto tile = lens_.tile(input_, reads ? LensTile{first, count, side_.first, side_.count}
                                               : LensTile{side_.first, side_.count, first, count});
    if (!tile) return std::unexpected(tile.error());
    if (reads) return RowVector(tile->colwise().mean());
    return RowVector(tile->rowwise().mean().transpose());
  }

  const Lens& lens_;
  const LensInput& input_;
  Side side_;
};

// Cells that the mask forbids.
void hide_unreadable(Map& map, const AttentionRecord& record) {
  map.hidden.assign(map.rows.size() * map.columns.size(), 0);
  bool any = false;
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    for (std::size_t c = 0; c < map.columns.size(); ++c) {
      const bool hidden = !record.readable(map.rows[r], map.columns[c]);
      map.hidden[r * map.columns.size() + c] = hidden ? 1 : 0;
      any = any || hidden;
    }
  }
  if (!any) map.hidden.clear();
}

std::vector<int> counted(int first, int count) {
  std::vector<int> out(at(count));
  std::iota(out.begin(), out.end(), first);
  return out;
}

Result<void> fill_subject(Map& map, const Lens& lens, const LensInput& input, Side side) {
  const MapQuery& query = map.query;
  const Evaluation one(lens, input, side);
  auto row = one.of(query.subject);
  if (!row) return std::unexpected(std::move(row.error()));
  if (!query.minus.empty()) {
    const auto other = one.of(query.minus);
    if (!other) return std::unexpected(other.error());
    *row -= *other;
    map.is_signed = true;
  }
  for (const int position : query.subject) {
    if (!query.itself && position >= side.first && position < side.first + side.count)
      (*row)(position - side.first) = 0.0f;
  }
  map.values = *row;
  map.rows = query.subject;
  map.columns = counted(side.first, side.count);
  if (is_arranged(query)) arrange_row(map, input.sequence);
  hold_and_rank(map);
  return {};
}

Result<const Lens*> lens_of(const Trace& trace, const MapQuery& query) {
  const Lens* lens = find_lens(query.lens);
  if (lens == nullptr || !has_lens(trace, *lens)) {
    std::string names;
    for (const Lens* each : lenses()) {
      if (has_lens(trace, *each)) names += (names.empty() ? "" : ", ") + std::string(each->name);
    }
    return fail(ErrorCode::kUnsupported, "--lens: expected one of this run's ({}), got {}", names,
                query.lens);
  }
  if (query.scores && !lens->has_scores)
    return fail(ErrorCode::kUnsupported, "--scores: expected a layer, got {}, which has none", query.lens);
  if (query.specials == Specials::kRenormalised && (query.scores || !is_additive(*lens)))
    return fail(ErrorCode::kUnsupported,
                "--special: expected show or hide, got renormalise: {} do not add up",
                query.scores ? "scores" : "numbers of " + query.lens);
  if (query.words && query.scores)
    return fail(ErrorCode::kUnsupported, "--words: expected attention, got scores, which do not add up");
  if (query.words && lens->is_signed)
    return fail(ErrorCode::kUnsupported, "--words: expected attention, got {}, whose numbers do not add up",
                query.lens);
  if (query.mass && query.scores)
    return fail(ErrorCode::kUnsupported, "--hold: expected attention, got scores, which hold no share");
  if (query.mass && lens->is_signed)
    return fail(ErrorCode::kUnsupported, "--hold: expected attention, got {}, which holds no share",
                query.lens);
  if (lens->row != nullptr && query.subject.empty())
    return fail(ErrorCode::kUnsupported, "{}: expected a position to start from, got none", query.lens);
  if (lens->tile != nullptr && !lens->by_head &&
      trace.shape(query.half).queries != trace.shape(query.half).keys)
    return fail(ErrorCode::kShape, "{}: expected as many keys as queries, got [{}, {}]", query.lens,
                trace.shape(query.half).queries, trace.shape(query.half).keys);
  return lens;
}

}  // namespace

HeadChoice one_head(int layer, int head) { return {.layer = layer, .head = head}; }

MapChoice map_choice(std::optional<int> layer, std::optional<int> head, Fusion fusion) {
  return {.heads = {.layer = layer, .head = head, .fusion = fusion}};
}

MapChoice lens_choice(std::string lens) { return {.heads = {}, .lens = std::move(lens)}; }

long evaluations() { return evaluation_count.load(); }

Result<Map> evaluate(const Trace& trace, const MapQuery& query, const LensContext& context) {
  ++evaluation_count;
  const auto lens = lens_of(trace, query);
  if (!lens) return std::unexpected(lens.error());
  const auto steps = trace.steps(query.half, query.steps, "map");
  if (!steps) return std::unexpected(steps.error());
  const auto& records = trace.records_of(query.half);
  const Sequence& sequence = trace.sequence(query.half);
  for (const auto& sound :
       {check_heads(records.front()->shape(), query.heads), check_positions(query.subject, sequence.count()),
        check_positions(query.minus, sequence.count())}) {
    if (!sound) return std::unexpected(sound.error());
  }
  const auto side = side_of(sequence, query.over);
  if (!side) return std::unexpected(side.error());

  Map map{.query = query, .values = {}, .rows = {}, .columns = {}, .hidden = {}};
  MapQuery settled = query;
  settled.steps = *steps;
  const LensInput input{
      trace, settled, context,
      std::span(records).subspan(at(steps->first - trace.first_step), at(steps->last - steps->first + 1)),
      sequence};
  map.is_attention = (*lens)->is_attention && !query.scores && input.record().rows_sum_to_one();
  map.is_signed = (*lens)->is_signed;
  if ((*lens)->channels != nullptr) {
    REGARD_TRY(LensChannels found, (*lens)->channels(input));
    map.values = found.values.middleCols(side->first, side->count);
    map.shares = std::move(found.shares);
    map.columns = counted(side->first, side->count);
    if (is_arranged(query)) arrange_row(map, sequence);
    hold_and_rank(map);
    return map;
  }
  if (!query.subject.empty()) {
    if (auto done = fill_subject(map, **lens, input, *side); !done) return std::unexpected(done.error());
    return map;
  }
  const bool arranged = is_arranged(query) || query.mass;
  const Side taken = arranged ? Side{0, sequence.count()} : *side;
  auto whole = Evaluation(**lens, input, taken).whole();
  if (!whole) return std::unexpected(std::move(whole.error()));
  map.values = std::move(*whole);
  map.rows = counted(0, input.record().shape().queries);
  map.columns = counted(taken.first, taken.count);
  const AttentionRecord& record = input.record();
  const bool masks = record.causal() || record.key_bias().size() > 0 || !record.cut_edges().empty();
  if (masks && (*lens)->is_masked) hide_unreadable(map, record);
  if (!arranged) return map;
  arrange(map, sequence);
  cut_columns(map, side->first, side->first + side->count - 1);
  hold_and_rank(map);
  return map;
}

Result<Map> evaluate(const Trace& trace, const MapQuery& query) {
  return evaluate(trace, query, LensContext{});
}

Map subject_map(const Map& whole, const MapQuery& query, const Sequence& sequence) {
  const bool reads = query.direction == Direction::kReads;
  Matrix all;  // renormalised
  if (query.specials == Specials::kRenormalised) {
    all = whole.values;
    renormalise(all, sequence);
  }
  const Matrix& values = all.size() > 0 ? all : whole.values;
  const auto of = [&](const std::vector<int>& subject) {
    RowVector sum = RowVector::Zero(values.cols());
    for (const int position : subject)
      sum += reads ? RowVector(values.row(position)) : RowVector(values.col(position).transpose());
    return query.words && !reads ? sum : RowVector(sum / static_cast<float>(subject.size()));
  };
  RowVector row = of(query.subject);
  Map map{.query = query, .values = {}, .rows = query.subject, .columns = whole.columns, .hidden = {}};
  map.is_attention = whole.is_attention;
  map.is_signed = whole.is_signed || !query.minus.empty();
  if (!query.minus.empty()) row -= of(query.minus);
  for (const int position : query.subject) {
    if (!query.itself) row(position) = 0.0f;
  }
  map.values = row;
  if (is_arranged(query)) arrange_row(map, sequence);
  hold_and_rank(map);
  return map;
}

double map_cost(const Trace& trace, const MapQuery& query) {
  constexpr double kOperationsAMillisecond =
      8e6;  // of one core with AVX2, the kernels' exponentials included
  const Lens* lens = find_lens(query.lens);
  const auto steps = trace.kept_steps(query.half);
  if (lens == nullptr || !steps || lens->operations == nullptr) return 0.0;
  AttentionShape shape = trace.shape(query.half);
  if (lens->by_head) {
    if (query.heads.layer) shape.layers = 1;
    if (query.heads.head) shape.heads = 1;
    if (!query.heads.set.empty()) {
      shape.layers = static_cast<int>(query.heads.set.size());
      shape.heads = 1;
    }
    if (trace.records_of(query.half).front()->keeps_maps()) shape.head_width = 1;
  }
  const StepSpan asked = query.steps.value_or(*steps);
  const bool each_row = !lens->by_head || query.specials == Specials::kRenormalised;
  const bool whole = query.subject.empty() || (each_row && query.direction == Direction::kReadBy);
  const double rows = whole ? 1.0 : static_cast<double>(std::max<std::size_t>(1, query.subject.size()));
  return rows * (asked.last - asked.first + 1) * lens->operations(shape, whole) / kOperationsAMillisecond;
}

Result<std::vector<Map>> evaluate_heads(const Trace& trace, MapQuery query, std::stop_token stop) {
  const AttentionShape shape = trace.shape(query.half);
  std::vector<Map> out;
  for (int layer = 0; layer < shape.layers; ++layer) {
    for (int head = 0; head < shape.heads; ++head) {
      query.heads = one_head(layer, head);
      auto map = evaluate(trace, query, LensContext{.stop = stop});
      if (!map) return std::unexpected(std::move(map.error()));
      out.push_back(std::move(*map));
    }
  }
  return out;
}

Result<void> check_heads(const AttentionShape& shape, const HeadChoice& heads) {
  if (shape.layers == 0 || shape.heads == 0)
    return fail(ErrorCode::kShape, "map: expected a record with layers and heads, got none");
  const auto outside = [](std::optional<int> index, int count) {
    return index && (*index < 0 || *index >= count);
  };
  if (outside(heads.layer, shape.layers)) {
    return fail(ErrorCode::kShape,
                "--layer: expected 1 to {} (this model's layers), all, mean or rollout, got {}", shape.layers,
                *heads.layer + 1);
  }
  if (outside(heads.head, shape.heads)) {
    return fail(ErrorCode::kShape, "--head: expected 1 to {} (this model's heads), all, mean or max, got {}",
                shape.heads, *heads.head + 1);
  }
  for (const auto& [layer, head] : heads.set) {
    if (outside(layer, shape.layers) || outside(head, shape.heads)) {
      return fail(ErrorCode::kShape, "heads: expected layers 1 to {} and heads 1 to {}, got {}, {}",
                  shape.layers, shape.heads, layer + 1, head + 1);
    }
  }
  return {};
}

HeadChoice within(HeadChoice heads, const AttentionShape& shape) {
  if (heads.layer) heads.layer = std::clamp(*heads.layer, 0, std::max(0, shape.layers - 1));
  if (heads.head) heads.head = std::clamp(*heads.head, 0, std::max(0, shape.heads - 1));
  std::erase_if(heads.set,
                [&](const auto& one) { return one.first >= shape.layers || one.second >= shape.heads; });
  return heads;
}

std::string layer_name(const HeadChoice& heads) {
  return heads.layer ? std::to_string(*heads.layer + 1) : "mean";
}

std::string head_name(const HeadChoice& heads) {
  return heads.head ? std::to_string(*heads.head + 1) : std::string(fusion_name(heads.fusion));
}

namespace {

// A number from 1, as an index from 0.
std::optional<int> read_index(std::string_view text) {
  constexpr int kMost = 1'000'000;  // the model says how many there are
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > kMost)
    return std::nullopt;
  return value - 1;
}

}  // namespace

bool read_layer(std::string_view text, HeadChoice& heads) {
  heads.layer = read_index(text);
  return heads.layer || text == "mean";
}

bool read_head(std::string_view text, HeadChoice& heads) {
  heads.head = read_index(text);
  heads.fusion = Fusion::kMean;
  if (heads.head) return true;
  const auto fusion = fusion_from_name(text);
  heads.fusion = fusion.value_or(Fusion::kMean);
  return fusion.has_value();
}

bool read_choice(std::string_view key, std::string_view text, MapChoice& choice) {
  if (key == "head") return read_head(text, choice.heads);
  const Lens* lens = find_lens(text);
  choice.lens = lens != nullptr && !lens->by_head ? std::string(lens->name) : "attention";
  choice.heads.layer.reset();
  return choice.lens != "attention" || read_layer(text, choice.heads);
}

std::string_view fusion_name(Fusion fusion) {
  return std::ranges::find(kFusionNames, fusion, &std::pair<std::string_view, Fusion>::second)->first;
}

std::optional<Fusion> fusion_from_name(std::string_view name) {
  const auto found = std::ranges::find(kFusionNames, name, &std::pair<std::string_view, Fusion>::first);
  if (found == kFusionNames.end()) return std::nullopt;
  return found->second;
}

std::string_view specials_name(Specials specials) {
  return std::ranges::find(kSpecialsNames, specials, &std::pair<std::string_view, Specials>::second)->first;
}

std::optional<Specials> specials_from_name(std::string_view name) {
  const auto found = std::ranges::find(kSpecialsNames, name, &std::pair<std::string_view, Specials>::first);
  if (found == kSpecialsNames.end()) return std::nullopt;
  return found->second;
}

namespace {

// Which row of a whole map shows each position; -1: none.
std::vector<int> rows_at(const Map& map, const Sequence& sequence) {
  std::vector<int> out;
  for (int position = 0; position < sequence.count(); ++position)
    out.push_back(group_at(sequence, map.rows, map.query.words, position));
  return out;
}

// Pairs of rows instead of positions: each once, those that no map shows left out.
std::vector<AlignedPosition> aligned_rows(const std::vector<AlignedPosition>& aligned,
                                          const std::vector<int>& first, const std::vector<int>& second) {
  std::vector<AlignedPosition> out;
  for (const AlignedPosition& each : aligned) {
    const AlignedPosition rows{each.first < 0 ? -1 : first[at(each.first)],
                               each.second < 0 ? -1 : second[at(each.second)]};
    const auto same_word = [&](const AlignedPosition& other) {
      return (rows.first >= 0 && other.first == rows.first) ||
             (rows.second >= 0 && other.second == rows.second);
    };
    if (rows.first < 0 && rows.second < 0) continue;
    const auto there = std::ranges::find_if(out, same_word);
    if (there == out.end()) {
      out.push_back(rows);
    } else {  // another piece of a word that is there
      if (there->first < 0) there->first = rows.first;
      if (there->second < 0) there->second = rows.second;
    }
  }
  return out;
}

}  // namespace

Result<MapDifference> compare(const Trace& first, const Trace& second, const MapQuery& query) {
  return compare(first, second, query, align(first.sequence(query.half), second.sequence(query.half)));
}

Result<MapDifference> compare(const Trace& first, const Trace& second, const MapQuery& query,
                              std::vector<AlignedPosition> aligned) {
  const auto a = evaluate(first, query);
  if (!a) return std::unexpected(a.error());
  const auto b = evaluate(second, query);
  if (!b) return std::unexpected(b.error());
  MapDifference out;
  std::vector<AlignedPosition> lines = aligned;  // of the maps
  if (query.words || query.specials != Specials::kShown) {
    lines = aligned_rows(aligned, rows_at(*a, first.sequence(query.half)),
                         rows_at(*b, second.sequence(query.half)));
    aligned.clear();
    for (const AlignedPosition& line : lines) {
      aligned.push_back(
          {line.first < 0 ? -1 : a->rows[at(line.first)], line.second < 0 ? -1 : b->rows[at(line.second)]});
    }
  }
  out.rows = out.columns = std::move(aligned);
  const auto count = static_cast<Eigen::Index>(out.rows.size());
  out.first = out.second = out.difference = Matrix::Zero(count, count);
  out.first_hidden.assign(out.rows.size() * out.rows.size(), 0);
  out.second_hidden = out.first_hidden;
  const auto take = [](const Map& map, int row, int column, float& value) {
    if (row < 0 || column < 0 || map.is_hidden(row, column)) return false;
    value = map.values(row, column);
    return true;
  };
  for (Eigen::Index r = 0; r < count; ++r) {
    for (Eigen::Index c = 0; c < count; ++c) {
      const auto cell = static_cast<std::size_t>(r * count + c);
      const AlignedPosition &row = lines[static_cast<std::size_t>(r)],
                            &column = lines[static_cast<std::size_t>(c)];
      out.first_hidden[cell] = !take(*a, row.first, column.first, out.first(r, c));
      out.second_hidden[cell] = !take(*b, row.second, column.second, out.second(r, c));
      if (!out.first_hidden[cell] && !out.second_hidden[cell])
        out.difference(r, c) = out.second(r, c) - out.first(r, c);
    }
  }
  return out;
}

}  // namespace regard
