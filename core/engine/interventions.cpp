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

// Keys of a word in the joint attention: patches come before it.
std::vector<int> keys_of(const EditStep& at, const PromptWord& word) {
  std::vector<int> keys = tokens_of(at.run.prompt, word);
  for (int& key : keys) key += at.run.patches();
  return keys;
}

void hide_words(const EditStep& at, const PaintEdit& edit, StepChange& change) {
  const std::size_t keys = static_cast<std::size_t>(at.run.patches()) + at.run.prompt.tokens.size();
  for (const PromptWord& word : arguments_of(edit).words) {
    for (const int key : keys_of(at, word)) change.conditional.hide(static_cast<std::size_t>(key), keys);
  }
}

void swap_words(const EditStep& at, const PaintEdit& edit, StepChange& change) {
  const auto& told = std::get<SwapWords>(edit.what);
  SwappedKeys swap{keys_of(at, told.first), keys_of(at, told.second)};
  if (swap.second < swap.first) std::swap(swap.first, swap.second);
  if (swap.first != swap.second) add_new(std::move(swap), change.conditional.swaps);
}

void head_off(const EditStep&, const PaintEdit& edit, StepChange& change) {
  const auto& told = std::get<HeadOff>(edit.what);
  for (Intervention* half : {&change.conditional, &change.unconditional})
    add_new({told.block, told.head}, half->heads_off);
}

void block_off(const EditStep&, const PaintEdit& edit, StepChange& change) {
  for (Intervention* half : {&change.conditional, &change.unconditional})
    add_new(std::get<BlockOff>(edit.what).block, half->blocks_off);
}

// Of several, one with `image` is enough. Keys that are hidden here stay so.
void keep_maps(const EditStep& at, const PaintEdit& edit, StepChange& change) {
  std::optional<KeptMaps>& to = change.conditional.kept;
  const bool image = std::get<KeepMaps>(edit.what).image || (to && to->key.front() >= 0);
  const PaintRun& kept = *at.run.request.kept;
  to = KeptMaps{.from = kept.trace.records[static_cast<std::size_t>(at.step - kept.first_step)], .key = {}};
  const int patches = at.run.patches();
  for (int n = 0; n < patches; ++n) to->key.push_back(image ? n : -1);
  for (const int token : at.counterpart) to->key.push_back(token < 0 ? -1 : patches + token);
  const std::vector<float>& bias = change.conditional.key_bias;
  for (std::size_t key = 0; key < bias.size(); ++key) {
    if (bias[key] == -kHiddenLogit) to->key[key] = -1;
  }
}

Result<void> check_kept(const PaintRun& run, std::size_t index) {
  const PaintRequest& request = run.request;
  const PaintEdit& edit = request.edits[index];
  const int first = std::max(edit.first_step, request.first_step);
  const int last = std::min(edit.last_step, run.steps - 1);
  if (first > last) return {};
  const PaintRun* kept = request.kept.get();
  if (kept == nullptr)
    return fail(ErrorCode::kShape, "edit {}: expected a drawing to keep the maps of, got none", index + 1);
  if (kept->request.model != request.model)
    return fail(ErrorCode::kShape, "edit {}: expected kept maps of the same model, got another's", index + 1);
  if (kept->rows != run.rows || kept->columns != run.columns) {
    return fail(ErrorCode::kShape, "edit {}: expected kept maps of {} x {} patches, got {} x {}", index + 1,
                run.columns, run.rows, kept->columns, kept->rows);
  }
  const int kept_end = kept->first_step + static_cast<int>(kept->trace.records.size());
  if (first < kept->first_step || last >= kept_end) {
    return fail(ErrorCode::kShape, "edit {}: expected kept maps of steps {} to {}, got {} to {}", index + 1,
                first, last, kept->first_step, kept_end - 1);
  }
  return {};
}

template <class T>
concept NamesWord = requires(T edit) { edit.word; };
template <class T>
concept NamesTwoWords = requires(T edit) { edit.first, edit.second; };
template <class T>
concept NamesBlock = requires(T edit) { edit.block; };
template <class T>
concept NamesHead = requires(T edit) { edit.head; };
template <class T>
concept NamesImage = requires(T edit) { edit.image; };

template <class T>
PaintEdit::What make(const EditArguments& told) {
  T out;
  if constexpr (NamesWord<T>) out.word = told.words.at(0);
  if constexpr (NamesTwoWords<T>) {
    out.first = told.words.at(0);
    out.second = told.words.at(1);
  }
  if constexpr (NamesBlock<T>) out.block = told.block.value();
  if constexpr (NamesHead<T>) out.head = told.head.value();
  if constexpr (NamesImage<T>) out.image = told.image.value();
  return out;
}

// Place of T among the kinds of PaintEdit::What.
template <class T, std::size_t I = 0>
constexpr std::size_t index_of() {
  if constexpr (std::is_same_v<T, std::variant_alternative_t<I, PaintEdit::What>>) {
    return I;
  } else {
    return index_of<T, I + 1>();
  }
}

template <class T>
constexpr InterventionKind kind(InterventionKind line) {
  line.index = index_of<T>();
  line.takes = {.words = NamesTwoWords<T> ? 2
                         : NamesWord<T>   ? 1
                                          : 0,
                .block = NamesBlock<T>,
                .head = NamesHead<T>,
                .image = NamesImage<T>};
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
                    .label = "paint.edit.mute",
                    .help = "A word that neither patches nor other words read",
                    .takes_start = false,
                    .hides_in_encoder = true,
                    .apply = hide_words}),
    kind<SwapWords>({.name = "swap",
                     .label = "paint.edit.swap",
                     .help = "Two words: patches read each as much as they would have read the other",
                     .apply = swap_words}),
    kind<HeadOff>({.name = "head-off",
                   .label = "paint.edit.head",
                   .help = "A head that gives nothing, both from 1",
                   .apply = head_off}),
    kind<BlockOff>({.name = "block-off",
                    .label = "paint.edit.block",
                    .help = "A block that is passed over, from 1",
                    .apply = block_off}),
    kind<KeepMaps>({.name = "keep-maps",
                    .label = "paint.edit.keep",
                    .help = "Draws this prompt first, from the same noise; then patches read words and each "
                            "other as they did there",
                    .reads_kept = true,
                    .apply = keep_maps,
                    .check = check_kept}),
});
static_assert(kInterventions.size() == std::variant_size_v<PaintEdit::What>);
static_assert([] {
  for (std::size_t i = 0; i < kInterventions.size(); ++i) {
    const InterventionKind& each = kInterventions[i];
    if (each.index != i || each.name.empty() || each.label.empty() || each.help.empty() || !each.apply)
      return false;
  }
  return true;
}());

}  // namespace

std::span<const InterventionKind> interventions() { return kInterventions; }

const InterventionKind& kind_of(const PaintEdit& edit) { return kInterventions[edit.what.index()]; }

const InterventionKind* find_intervention(std::string_view name) {
  const auto found = std::ranges::find(kInterventions, name, &InterventionKind::name);
  return found == kInterventions.end() ? nullptr : &*found;
}

std::vector<PromptWord*> words_of(PaintEdit& edit) {
  return std::visit(
      []<class T>(T& what) -> std::vector<PromptWord*> {
        if constexpr (NamesWord<T>) return {&what.word};
        if constexpr (NamesTwoWords<T>) return {&what.first, &what.second};
        return {};
      },
      edit.what);
}

EditArguments arguments_of(const PaintEdit& edit) {
  EditArguments out;
  PaintEdit copy = edit;
  for (const PromptWord* word : words_of(copy)) out.words.push_back(*word);
  std::visit(
      [&out]<class T>(const T& what) {
        if constexpr (NamesBlock<T>) out.block = what.block;
        if constexpr (NamesHead<T>) out.head = what.head;
        if constexpr (NamesImage<T>) out.image = what.image;
      },
      edit.what);
  return out;
}

}  // namespace regard
