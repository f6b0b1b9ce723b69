#include "core/engine/interventions.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/engine/paint.h"
#include "core/engine/paint_edits.h"

namespace regard {
namespace {

constexpr float kHiddenLogit = std::numeric_limits<float>::infinity();

// Once is enough.
template <class T>
void add_new(T value, std::vector<T>& to) {
  if (std::ranges::find(to, value) == to.end()) to.push_back(std::move(value));
}

void hide_words(const EditSite& at, const RunEdit& edit, Intervention& change) {
  const auto keys = static_cast<std::size_t>(at.sequence.count());
  for (const PromptWord& word : arguments_of(edit).words) {
    for (const int key : positions_of(at.sequence, word)) change.hide(static_cast<std::size_t>(key), keys);
  }
}

void swap_words(const EditSite& at, const RunEdit& edit, Intervention& change) {
  const auto& told = std::get<SwapWords>(edit.what);
  SwappedKeys swap{positions_of(at.sequence, told.first), positions_of(at.sequence, told.second)};
  if (swap.second < swap.first) std::swap(swap.first, swap.second);
  if (swap.first != swap.second) add_new(std::move(swap), change.swaps);
}

void head_off(const EditSite&, const RunEdit& edit, Intervention& change) {
  const auto& told = std::get<HeadOff>(edit.what);
  add_new({told.block, told.head}, told.mean ? change.heads_mean : change.heads_off);
}

void block_off(const EditSite&, const RunEdit& edit, Intervention& change) {
  add_new(std::get<BlockOff>(edit.what).block, change.blocks_off);
}

void cut_edge(const EditSite& at, const RunEdit& edit, Intervention& change) {
  const auto& told = std::get<CutReading>(edit.what);
  for (const int query : positions_of(at.sequence, told.query)) {
    for (const int key : positions_of(at.sequence, told.key))
      add_new({.query = query, .key = key, .layer = told.block, .head = told.head}, change.cut_edges);
  }
}

// What is hidden here stays so: its own column, and where rows read nothing of it.
void leave_hidden(Intervention& change) {
  const std::vector<float>& bias = change.key_bias;
  for (std::size_t key = 0; key < bias.size(); ++key) {
    if (bias[key] == -kHiddenLogit) change.kept->key[key] = -1;
  }
}

// Of several, one with `image` is enough.
void keep_maps(const EditSite& at, const RunEdit& edit, Intervention& change) {
  const bool image = std::get<KeepMaps>(edit.what).image || (change.kept && change.kept->key.front() >= 0);
  change.kept = KeptMaps{.from = at.record, .key = at.counterpart, .query = {}};
  for (int position = 0; position < at.sequence.count(); ++position) {
    if (!image && at.sequence.is_patch(position)) change.kept->key[static_cast<std::size_t>(position)] = -1;
  }
  leave_hidden(change);
}

void freeze_maps(const EditSite& at, const RunEdit&, Intervention& change) {
  change.kept =
      KeptMaps{.from = at.record, .key = at.counterpart, .query = at.counterpart, .all_queries = true};
  leave_hidden(change);
}

// The other run's residual stream behind so many layers; of a drawing that of the step. [T][D]
const Matrix& states_of(const EditSite& at, int after) {
  if (at.kept->hidden_states != nullptr) return (*at.kept->hidden_states)[static_cast<std::size_t>(after)];
  const Matrix* states = at.record->stream(after);
  REGARD_CHECK(states != nullptr);
  return *states;
}

void patch_state(const EditSite& at, const RunEdit& edit, Intervention& change) {
  const auto& told = std::get<PatchState>(edit.what);
  const Matrix& states = states_of(at, told.from_after < 0 ? told.after : told.from_after);
  for (const int position : positions_of(at.sequence, told.place)) {
    const int from = told.from >= 0 ? told.from : at.counterpart[static_cast<std::size_t>(position)];
    if (from >= 0)
      change.patches.push_back({.after = told.after, .position = position, .values = states.row(from)});
  }
}

// What is taken from the other drawing, in messages.
struct Taken {
  const char *what, *from;
};

Result<void> check_other(const PaintRun& run, std::size_t index, const Taken& taken) {
  const PaintRequest& request = run.request;
  const RunEdit& edit = request.edits[index];
  const int first = std::max(edit.first_step, request.first_step);
  const int last = std::min(edit.last_step, run.steps - 1);
  if (first > last) return {};
  const PaintRun* kept = request.kept.get();
  if (kept == nullptr)
    return fail(ErrorCode::kShape, "edit {}: expected a drawing {}, got none", index + 1, taken.from);
  if (kept->request.model != request.model)
    return fail(ErrorCode::kShape, "edit {}: expected {} of the same model, got another's", index + 1,
                taken.what);
  if (kept->rows != run.rows || kept->columns != run.columns) {
    return fail(ErrorCode::kShape, "edit {}: expected {} of {} x {} patches, got {} x {}", index + 1,
                taken.what, run.columns, run.rows, kept->columns, kept->rows);
  }
  const int kept_end = kept->first_step + static_cast<int>(kept->trace.records.size());
  if (first < kept->first_step || last >= kept_end) {
    return fail(ErrorCode::kShape, "edit {}: expected {} of steps {} to {}, got {} to {}", index + 1,
                taken.what, first, last, kept->first_step, kept_end - 1);
  }
  return {};
}

Result<void> check_kept(const PaintRun& run, std::size_t index) {
  return check_other(run, index, {.what = "kept maps", .from = "to keep the maps of"});
}

// Whether the other run has the position that a patched state comes from. Errors: shape.
Result<void> check_source(const RunEdit& edit, std::size_t index, const Sequence& other) {
  const int from = arguments_of(edit).from.value_or(-1);
  if (from < other.count()) return {};
  return fail(ErrorCode::kShape, "edit {}: expected a position of the other run from 0 to {}, got {}",
              index + 1, other.count() - 1, from);
}

Result<void> check_patched(const PaintRun& run, std::size_t index) {
  REGARD_TRY_DO(check_other(run, index, {.what = "activations", .from = "to take activations from"}));
  if (run.request.kept == nullptr) return {};  // of steps that are not drawn
  const auto& told = std::get<PatchState>(run.request.edits[index].what);
  REGARD_TRY_DO(check_source(run.request.edits[index], index, run.request.kept->trace.prompt));
  if (told.from >= 0) return {};
  const std::vector<int> counterpart =
      counterpart_positions(run.request.kept->trace.prompt, run.trace.prompt);
  for (const int position : positions_of(run.trace.prompt, told.place)) {
    if (counterpart[static_cast<std::size_t>(position)] >= 0) continue;
    return fail(ErrorCode::kShape,
                "edit {}: expected a place that the other drawing has too, got position {}", index + 1,
                position);
  }
  return {};
}

template <class T>
concept NamesWord = requires(T edit) { edit.word; };
template <class T>
concept NamesPlace = requires(T edit) { edit.place; };
template <class T>
concept NamesEdge = requires(T edit) { edit.query, edit.key; };
template <class T>
concept NamesTwoWords = requires(T edit) { edit.first, edit.second; };
template <class T>
concept NamesBlock = requires(T edit) { edit.block; };
template <class T>
concept NamesHead = requires(T edit) { edit.head; };
template <class T>
concept NamesMean = requires(T edit) { edit.mean; };
template <class T>
concept NamesAfter = requires(T edit) { edit.after; };
template <class T>
concept NamesSource = requires(T edit) { edit.from, edit.from_after; };
template <class T>
concept NamesImage = requires(T edit) { edit.image; };

template <class T>
RunEdit::What make(const EditArguments& told) {
  T out;
  if constexpr (NamesWord<T>) out.word = told.words.at(0);
  if constexpr (NamesTwoWords<T>) {
    out.first = told.words.at(0);
    out.second = told.words.at(1);
  }
  if constexpr (NamesPlace<T>) out.place = told.words.at(0);
  if constexpr (NamesEdge<T>) {
    out.query = told.words.at(0);
    out.key = told.words.at(1);
    out.block = told.block.value_or(-1);
    out.head = told.head.value_or(-1);
  } else {
    if constexpr (NamesBlock<T>) out.block = told.block.value();
    if constexpr (NamesHead<T>) out.head = told.head.value();
  }
  if constexpr (NamesMean<T>) out.mean = told.mean.value_or(false);
  if constexpr (NamesAfter<T>) out.after = told.after.value();
  if constexpr (NamesSource<T>) {
    out.from = told.from.value_or(-1);
    out.from_after = told.from_after.value_or(-1);
  }
  if constexpr (NamesImage<T>) out.image = told.image.value();
  return out;
}

// Place of T among the kinds of RunEdit::What.
template <class T, std::size_t I = 0>
constexpr std::size_t index_of() {
  if constexpr (std::is_same_v<T, std::variant_alternative_t<I, RunEdit::What>>) {
    return I;
  } else {
    return index_of<T, I + 1>();
  }
}

template <class T>
constexpr InterventionKind kind(InterventionKind line) {
  line.index = index_of<T>();
  line.takes = {.words = NamesTwoWords<T> || NamesEdge<T> ? 2
                         : NamesWord<T> || NamesPlace<T>  ? 1
                                                          : 0,
                .block = NamesBlock<T>,
                .head = NamesHead<T>,
                .mean = NamesMean<T>,
                .image = NamesImage<T>,
                .after = NamesAfter<T>,
                .edge = NamesEdge<T>};
  line.make = make<T>;
  return line;
}

// Kept maps come last: they leave alone what the others hide.
constexpr auto kInterventions = std::to_array<InterventionKind>({
    kind<CutWord>({.name = "cut",
                   .label = "paint.edit.cut",
                   .help =
                       "A word of the prompt that no patch reads, as it is written there; :start or :end: "
                       "BOS or EOS. Later words, which have read it, still tell of it",
                   .apply = hide_words}),
    kind<MuteWord>({.name = "mute",
                    .also = "mask",
                    .label = "paint.edit.mute",
                    .tower_label = "edit.mask",
                    .help = "A word that neither patches nor other words read",
                    .tower_help = "A place that no other reads, in every layer and head; its own row stays",
                    .runs = kAllRuns,
                    .takes_start = false,
                    .hides_in_encoder = true,
                    .apply = hide_words}),
    kind<SwapWords>({.name = "swap",
                     .label = "paint.edit.swap",
                     .help = "Two words: patches read each as much as they would have read the other",
                     .apply = swap_words}),
    kind<HeadOff>({.name = "head-off",
                   .label = "paint.edit.head",
                   .tower_label = "edit.head",
                   .help = "A head that gives nothing, both from 1",
                   .tower_help = "A head that gives nothing, both from 1; with ,mean behind it, its average "
                                 "over all rows",
                   .runs = kAllRuns,
                   .both_halves = true,
                   .apply = head_off}),
    kind<BlockOff>({.name = "block-off",
                    .label = "paint.edit.block",
                    .tower_label = "edit.block",
                    .help = "A block that is passed over, from 1",
                    .tower_help = "A layer that is passed over, from 1",
                    .runs = kAllRuns,
                    .both_halves = true,
                    .apply = block_off}),
    kind<CutReading>({.name = "cut-edge",
                      .label = "paint.edit.edge",
                      .tower_label = "edit.edge",
                      .help =
                          "A word, :start, :end or patch (COLUMN,ROW) that does not read another, in every "
                          "block and head or, with ,BLOCK,HEAD behind it, in one",
                      .tower_help = "A place that does not read another, in every layer and head or, with "
                                    ",LAYER,HEAD behind it, in one",
                      .runs = kAllRuns,
                      .apply = cut_edge}),
    kind<KeepMaps>({.name = "keep-maps",
                    .label = "paint.edit.keep",
                    .help = "Draws this prompt first, from the same noise; then patches read words and each "
                            "other as they did there",
                    .reads_kept = true,
                    .apply = keep_maps,
                    .check = check_kept}),
    kind<FreezeMaps>({.name = "freeze",
                      .label = "paint.edit.freeze",
                      .tower_label = "edit.freeze",
                      .help = "Draws this prompt (or that of a session) first, from the same noise; then "
                              "patches and words read each other as they did there",
                      .tower_help = "Every place reads as it did in another run",
                      .runs = kAllRuns,
                      .reads_kept = true,
                      .apply = freeze_maps,
                      .check = check_kept}),
    kind<PatchState>({.name = "patch",
                      .label = "paint.edit.patch",
                      .tower_label = "edit.patch",
                      .help = "An activation of another drawing from the same noise, put in",
                      .tower_help = "An activation of another run, put in",
                      .runs = kAllRuns,
                      .reads_kept = true,
                      .apply = patch_state,
                      .check = check_patched}),
});
static_assert(kInterventions.size() == std::variant_size_v<RunEdit::What>);
static_assert([] {
  for (std::size_t i = 0; i < kInterventions.size(); ++i) {
    const InterventionKind& each = kInterventions[i];
    if (each.index != i || each.name.empty() || each.help.empty() || !each.apply) return false;
    if (each.label.empty() == ((each.runs & kPaintRun) != 0)) return false;
    const bool of_towers = (each.runs & kTowerRuns) != 0;
    if (each.tower_label.empty() == of_towers || each.tower_help.empty() == of_towers) return false;
  }
  return true;
}());

}  // namespace

std::span<const InterventionKind> interventions() { return kInterventions; }

const InterventionKind& kind_of(const RunEdit& edit) { return kInterventions[edit.what.index()]; }

const InterventionKind* find_intervention(std::string_view name) {
  const auto found = std::ranges::find(kInterventions, name, &InterventionKind::name);
  return found == kInterventions.end() ? nullptr : &*found;
}

std::vector<PromptWord*> words_of(RunEdit& edit) {
  return std::visit(
      []<class T>(T& what) -> std::vector<PromptWord*> {
        if constexpr (NamesWord<T>) return {&what.word};
        if constexpr (NamesPlace<T>) return {&what.place};
        if constexpr (NamesTwoWords<T>) return {&what.first, &what.second};
        if constexpr (NamesEdge<T>) return {&what.query, &what.key};
        return {};
      },
      edit.what);
}

void shift_byte(std::size_t& byte, std::size_t start, std::size_t end, std::size_t start_now,
                std::ptrdiff_t grown) {
  if (byte < start) return;
  byte = byte < end ? byte - start + start_now
                    : static_cast<std::size_t>(static_cast<std::ptrdiff_t>(byte) + grown);
}

void shift_words(std::vector<RunEdit>& edits, std::size_t start, std::size_t end, std::size_t start_now,
                 std::ptrdiff_t grown) {
  for (RunEdit& edit : edits) {
    for (PromptWord* word : words_of(edit)) {
      if (word->kind == PromptWord::Kind::kWord) shift_byte(word->byte, start, end, start_now, grown);
    }
  }
}

EditArguments arguments_of(const RunEdit& edit) {
  EditArguments out;
  RunEdit copy = edit;
  for (const PromptWord* word : words_of(copy)) out.words.push_back(*word);
  std::visit(
      [&out]<class T>(const T& what) {
        if constexpr (NamesBlock<T>) {
          if (what.block >= 0 || !NamesEdge<T>) out.block = what.block;
        }
        if constexpr (NamesHead<T>) {
          if (what.head >= 0 || !NamesEdge<T>) out.head = what.head;
        }
        if constexpr (NamesMean<T>) out.mean = what.mean;
        if constexpr (NamesAfter<T>) out.after = what.after;
        if constexpr (NamesSource<T>) {
          if (what.from >= 0) out.from = what.from;
          if (what.from_after >= 0) out.from_after = what.from_after;
        }
        if constexpr (NamesImage<T>) out.image = what.image;
      },
      edit.what);
  return out;
}

std::vector<int> positions_of(const Sequence& sequence, const PromptWord& place) {
  const auto is_it = [&](const Position& position) {
    switch (place.kind) {
      case PromptWord::Kind::kStart:
        return position.kind == Position::Kind::kSpecial && position.label == "BOS";
      case PromptWord::Kind::kEnd:
        return position.kind == Position::Kind::kSpecial && position.label == "EOS";
      case PromptWord::Kind::kWord:
        return position.word >= 0 &&
               sequence.words[static_cast<std::size_t>(position.word)].holds(place.byte);
      case PromptWord::Kind::kPosition:
        break;
    }
    return false;
  };
  if (place.kind == PromptWord::Kind::kPosition) {
    if (place.position < 0 || place.position >= sequence.count()) return {};
    return {place.position};
  }
  std::vector<int> out;
  for (int i = 0; i < sequence.count(); ++i) {
    if (is_it(sequence.positions[static_cast<std::size_t>(i)])) out.push_back(i);
  }
  return out;
}

namespace {

std::vector<Token> tokens_at(const Sequence& sequence, const std::vector<int>& text) {
  std::vector<Token> out;
  for (const int i : text) {
    const Position& position = sequence.positions[static_cast<std::size_t>(i)];
    const bool special = position.kind == Position::Kind::kSpecial;
    Token& token = out.emplace_back();
    token.id = position.id;
    token.is_bos = special && position.label == "BOS";
    token.is_eos = special && position.label == "EOS";
  }
  return out;
}

// The position of a patch, or of a picture's special, in another picture; -1: none.
int same_place(const Position& position, const Sequence& in) {
  const auto found = std::ranges::find_if(in.positions, [&](const Position& other) {
    if (other.kind != position.kind) return false;
    return position.kind == Position::Kind::kPatch
               ? other.column == position.column && other.row == position.row
               : other.label == position.label;
  });
  return found == in.positions.end() ? -1 : static_cast<int>(found - in.positions.begin());
}

// Errors: shape, unsupported.
Result<void> check_edit(const RunEdit& edit, std::size_t index, const TowerSite& site,
                        const std::vector<int>& counterpart) {
  const InterventionKind& kind = kind_of(edit);
  const EditArguments told = arguments_of(edit);
  if ((kind.runs & site.run) == 0) {
    return fail(ErrorCode::kUnsupported, "edit {}: expected one that a text or vision model knows, got {}",
                index + 1, kind.name);
  }
  const auto is_start = [](const PromptWord& word) { return word.kind == PromptWord::Kind::kStart; };
  const auto is_first = [&](const PromptWord& word) {
    return is_start(word) || (site.run == kTextRun && word.position == 0);
  };
  if (!kind.takes_start && std::ranges::any_of(told.words, is_first)) {
    return fail(ErrorCode::kShape, "edit {}: expected a word or the end to {}, got the start", index + 1,
                kind.name);
  }
  if (!finds_parts(edit, site.layers, site.heads)) {
    return fail(ErrorCode::kShape, "edit {}: expected block 0 to {} and head 0 to {}, got block {}, head {}",
                index + 1, site.layers - 1, site.heads - 1, told.block.value_or(told.after.value_or(0)),
                told.head.value_or(0));
  }
  if (!kind.reads_kept) return {};
  if (site.other == nullptr)
    return fail(ErrorCode::kShape, "edit {}: expected another run to take from, got none", index + 1);
  REGARD_TRY_DO(check_source(edit, index, site.other->prompt));
  if (told.from) return {};
  for (const PromptWord& word : told.words) {
    for (const int position : positions_of(site.sequence, word)) {
      if (counterpart[static_cast<std::size_t>(position)] >= 0) continue;
      return fail(ErrorCode::kShape, "edit {}: expected a place that the other run has too, got position {}",
                  index + 1, position);
    }
  }
  return {};
}

}  // namespace

std::vector<int> counterpart_positions(const Sequence& from, const Sequence& to) {
  std::vector<int> out(to.positions.size(), -1);
  const std::vector<int> from_text = from.text(), to_text = to.text();
  const std::vector<int> paired = counterpart_tokens(tokens_at(from, from_text), tokens_at(to, to_text));
  for (std::size_t i = 0; i < paired.size(); ++i) {
    if (paired[i] >= 0)
      out[static_cast<std::size_t>(to_text[i])] = from_text[static_cast<std::size_t>(paired[i])];
  }
  const Segment* image = to.image();
  if (image == nullptr) return out;
  const Segment* other = from.image();
  const bool same_grid = other != nullptr && other->rows == image->rows && other->columns == image->columns &&
                         other->count == image->count;
  for (int i = 0; i < image->count; ++i) {
    const int at = image->first + i;
    out[static_cast<std::size_t>(at)] =
        same_grid ? other->first + i : same_place(to.positions[static_cast<std::size_t>(at)], from);
  }
  return out;
}

bool finds_parts(const RunEdit& edit, int layers, int heads) {
  const EditArguments told = arguments_of(edit);
  const int block = told.block.value_or(0), head = told.head.value_or(0), after = told.after.value_or(0);
  return block >= 0 && block < layers && head >= 0 && head < heads && after >= 0 && after <= layers &&
         told.from_after.value_or(0) <= layers;
}

bool reads_other_run(std::span<const RunEdit> edits) {
  return std::ranges::any_of(edits, [](const RunEdit& edit) { return kind_of(edit).reads_kept; });
}

Result<Intervention> read_edits(std::span<const RunEdit> edits, const TowerSite& site) {
  Intervention out;
  if (edits.empty()) return out;
  std::vector<int> counterpart;
  if (site.other != nullptr) counterpart = counterpart_positions(site.other->prompt, site.sequence);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    REGARD_TRY_DO(check_edit(edits[i], i, site, counterpart));
  }
  const EditSite here{.sequence = site.sequence,
                      .kept = site.other,
                      .record = site.other != nullptr ? site.other->records.front() : nullptr,
                      .counterpart = counterpart};
  for (const InterventionKind& kind : kInterventions) {
    for (const RunEdit& edit : edits) {
      if (&kind_of(edit) == &kind) kind.apply(here, edit, out);
    }
  }
  return out;
}

}  // namespace regard
