#include "core/engine/paint_edits.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/engine/weigh_keys.h"

namespace regard {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Every word an edit names.
std::vector<PromptWord> words_of(const PaintEdit& edit) {
  if (const auto* cut = std::get_if<CutWord>(&edit.what)) return {cut->word};
  if (const auto* mute = std::get_if<MuteWord>(&edit.what)) return {mute->word};
  if (const auto* swap = std::get_if<SwapWords>(&edit.what)) return {swap->first, swap->second};
  return {};
}

// Once is enough.
template <class T>
void add_new(T value, std::vector<T>& to) {
  if (std::ranges::find(to, value) == to.end()) to.push_back(std::move(value));
}

// Pairs of the longest common subsequence, ascending, ends first: equal beginnings and ends always match.
class CommonTokens {
 public:
  CommonTokens(const std::vector<Token>& from, const std::vector<Token>& to)
      : from_(from), to_(to), columns_(to.size() + 1), length_((from.size() + 1) * columns_, 0) {}

  std::vector<std::pair<int, int>> pairs() {
    std::size_t a_end = from_.size(), b_end = to_.size();
    for (; a_end > 0 && b_end > 0 && same(a_end - 1, b_end - 1); --a_end) --b_end;
    for (std::size_t a = a_end; a-- > 0;) {
      for (std::size_t b = b_end; b-- > 0;) {
        at(a, b) = same(a, b) ? at(a + 1, b + 1) + 1 : std::max(at(a + 1, b), at(a, b + 1));
      }
    }
    std::vector<std::pair<int, int>> out;
    for (std::size_t a = 0, b = 0; a < a_end && b < b_end;) {
      if (same(a, b)) {
        out.emplace_back(a++, b++);
      } else {
        ++(at(a + 1, b) >= at(a, b + 1) ? a : b);
      }
    }
    for (; a_end < from_.size(); ++a_end) out.emplace_back(a_end, b_end++);
    return out;
  }

 private:
  bool same(std::size_t a, std::size_t b) const { return from_[a].id == to_[b].id; }
  int& at(std::size_t a, std::size_t b) { return length_[a * columns_ + b]; }

  const std::vector<Token>&from_, &to_;
  std::size_t columns_;
  std::vector<int> length_;  // of the longest from here on, where the common end is left out
};

}  // namespace

std::vector<int> tokens_of(const PaintText& text, const PromptWord& word) {
  std::vector<int> out;
  for (int t = 0; t < std::ssize(text.tokens); ++t) {
    const Token& token = text.tokens[static_cast<std::size_t>(t)];
    bool is_it = false;
    switch (word.kind) {
      case PromptWord::Kind::kStart:
        is_it = token.is_bos;
        break;
      case PromptWord::Kind::kEnd:
        is_it = token.is_eos;
        break;
      case PromptWord::Kind::kWord:
        if (token.word < 0) break;
        const Word& of_token = text.words[static_cast<std::size_t>(token.word)];
        is_it = of_token.start <= word.byte && word.byte < of_token.end;
        break;
    }
    if (is_it) out.push_back(t);
  }
  return out;
}

std::vector<int> counterpart_tokens(const std::vector<Token>& from, const std::vector<Token>& to) {
  std::vector<int> out(to.size(), -1);
  std::vector<std::pair<int, int>> anchors = CommonTokens(from, to).pairs();
  anchors.emplace_back(std::ssize(from), std::ssize(to));
  int a = 0, b = 0;  // the first tokens behind the last anchor
  for (const auto& [next_a, next_b] : anchors) {
    if (next_a - a == next_b - b) {
      for (int i = 0; i < next_b - b; ++i) {
        const Token &old = from[static_cast<std::size_t>(a + i)], &now = to[static_cast<std::size_t>(b + i)];
        if (old.is_bos == now.is_bos && old.is_eos == now.is_eos)
          out[static_cast<std::size_t>(b + i)] = a + i;
      }
    }
    if (next_b < std::ssize(to)) out[static_cast<std::size_t>(next_b)] = next_a;
    a = next_a + 1;
    b = next_b + 1;
  }
  return out;
}

bool PaintEdits::acts(const PaintEdit& edit, int step) const {
  return edit.first_step <= step && step <= edit.last_step;
}

Result<void> PaintEdits::check_words(std::size_t index) const {
  const PaintEdit& edit = run_->request.edits[index];
  for (const PromptWord& word : words_of(edit)) {
    if (!tokens_of(run_->prompt, word).empty()) continue;
    return fail(ErrorCode::kShape, "edit {}: expected a byte of a word of the prompt, got {}", index + 1,
                word.byte);
  }
  const auto* mute = std::get_if<MuteWord>(&edit.what);
  if (mute != nullptr && mute->word.kind == PromptWord::Kind::kStart)
    return fail(ErrorCode::kShape, "edit {}: expected a word or the end to mute, got the start", index + 1);
  return {};
}

Result<void> PaintEdits::check_places(std::size_t index) const {
  const MmditConfig& config = run_->request.model->mmdit.config();
  const PaintEdit& edit = run_->request.edits[index];
  const auto* head = std::get_if<HeadOff>(&edit.what);
  const auto* block = std::get_if<BlockOff>(&edit.what);
  if (head == nullptr && block == nullptr) return {};
  const int of_block = head != nullptr ? head->block : block->block,
            of_head = head != nullptr ? head->head : 0;
  if (of_block >= 0 && of_block < config.layers && of_head >= 0 && of_head < config.heads) return {};
  return fail(ErrorCode::kShape, "edit {}: expected block 0 to {} and head 0 to {}, got block {}, head {}",
              index + 1, config.layers - 1, config.heads - 1, of_block, of_head);
}

Result<void> PaintEdits::check_kept(std::size_t index) const {
  const PaintRequest& request = run_->request;
  const PaintEdit& edit = request.edits[index];
  if (!std::holds_alternative<KeepMaps>(edit.what)) return {};
  const int first = std::max(edit.first_step, request.first_step);
  const int last = std::min(edit.last_step, run_->steps - 1);
  if (first > last) return {};
  const PaintRun* kept = request.kept.get();
  if (kept == nullptr)
    return fail(ErrorCode::kShape, "edit {}: expected a drawing to keep the maps of, got none", index + 1);
  if (kept->request.model != request.model)
    return fail(ErrorCode::kShape, "edit {}: expected kept maps of the same model, got another's", index + 1);
  if (kept->rows != run_->rows || kept->columns != run_->columns) {
    return fail(ErrorCode::kShape, "edit {}: expected kept maps of {} x {} patches, got {} x {}", index + 1,
                run_->columns, run_->rows, kept->columns, kept->rows);
  }
  const int kept_end = kept->first_step + static_cast<int>(kept->trace.records.size());
  if (first < kept->first_step || last >= kept_end) {
    return fail(ErrorCode::kShape, "edit {}: expected kept maps of steps {} to {}, got {} to {}", index + 1,
                first, last, kept->first_step, kept_end - 1);
  }
  return {};
}

HiddenWords PaintEdits::muted_at(int step) const {
  HiddenWords out;
  for (const PaintEdit& edit : run_->request.edits) {
    const auto* mute = std::get_if<MuteWord>(&edit.what);
    if (mute == nullptr || !acts(edit, step)) continue;
    if (mute->word.kind == PromptWord::Kind::kEnd) {
      out.end = true;
      continue;
    }
    const int token = tokens_of(run_->prompt, mute->word).front();
    const int word = run_->prompt.tokens[static_cast<std::size_t>(token)].word;
    add_new(run_->prompt.words[static_cast<std::size_t>(word)].start, out.bytes);
  }
  std::ranges::sort(out.bytes);
  return out;
}

Result<void> PaintEdits::encode_muted(std::stop_token stop) {
  for (int step = run_->request.first_step; step < run_->steps; ++step) {
    const HiddenWords words = muted_at(step);
    if (words == HiddenWords{} || std::ranges::find(muted_, words, &Muted::words) != muted_.end()) continue;
    REGARD_TRY(auto text, read_paint_text(run_->request, run_->request.prompt, words, stop));
    REGARD_CHECK(text.states.rows() == run_->prompt.states.rows());
    muted_.push_back({words, std::move(text.states), std::move(text.pooled)});
  }
  return {};
}

Result<PaintEdits> PaintEdits::read(const PaintRun& run, std::stop_token stop) {
  PaintEdits out(run);
  bool keeps = false;
  for (std::size_t i = 0; i < run.request.edits.size(); ++i) {
    for (const auto check : {&PaintEdits::check_words, &PaintEdits::check_places, &PaintEdits::check_kept}) {
      REGARD_TRY_DO((out.*check)(i));
    }
    keeps = keeps || std::holds_alternative<KeepMaps>(run.request.edits[i].what);
  }
  if (keeps && run.request.kept)
    out.counterpart_ = counterpart_tokens(run.request.kept->prompt.tokens, run.prompt.tokens);
  REGARD_TRY_DO(out.encode_muted(std::move(stop)));
  return out;
}

// Keys that are hidden here stay so.
KeptMaps PaintEdits::kept_at(int step, bool image, std::span<const float> key_bias) const {
  const PaintRun& kept = *run_->request.kept;
  KeptMaps out{.from = kept.trace.records[static_cast<std::size_t>(step - kept.first_step)], .key = {}};
  const int patches = run_->patches();
  for (int n = 0; n < patches; ++n) out.key.push_back(image ? n : -1);
  for (const int token : counterpart_) out.key.push_back(token < 0 ? -1 : patches + token);
  for (std::size_t key = 0; key < key_bias.size(); ++key) {
    if (key_bias[key] == -kInfinity) out.key[key] = -1;
  }
  return out;
}

void PaintEdits::change_words(int step, Intervention& change) const {
  const int patches = run_->patches();
  const auto keys_of = [&](const PromptWord& word) {
    std::vector<int> keys = tokens_of(run_->prompt, word);
    for (int& key : keys) key += patches;
    return keys;
  };
  const auto hide = [&](const PromptWord& word) {
    const std::size_t keys = static_cast<std::size_t>(patches) + run_->prompt.tokens.size();
    for (const int key : keys_of(word)) change.hide(static_cast<std::size_t>(key), keys);
  };
  std::vector<std::pair<std::vector<int>, std::vector<int>>> swaps;
  for (const PaintEdit& edit : run_->request.edits) {
    if (!acts(edit, step)) continue;
    if (const auto* cut = std::get_if<CutWord>(&edit.what)) hide(cut->word);
    if (const auto* mute = std::get_if<MuteWord>(&edit.what)) hide(mute->word);
    if (const auto* swap = std::get_if<SwapWords>(&edit.what)) {
      auto first = keys_of(swap->first), second = keys_of(swap->second);
      if (second < first) std::swap(first, second);
      if (first != second) add_new({std::move(first), std::move(second)}, swaps);
    }
  }
  for (auto& [first, second] : swaps) change.swaps.push_back({std::move(first), std::move(second)});
}

void PaintEdits::switch_off(int step, Intervention& change) const {
  for (const PaintEdit& edit : run_->request.edits) {
    if (!acts(edit, step)) continue;
    if (const auto* head = std::get_if<HeadOff>(&edit.what))
      add_new({head->block, head->head}, change.heads_off);
    if (const auto* block = std::get_if<BlockOff>(&edit.what)) add_new(block->block, change.blocks_off);
  }
}

StepChange PaintEdits::at(int step) const {
  const Weighting weighting = run_->request.weighting;
  StepChange out{.conditional = weigh_keys(run_->prompt.picture_weights, weighting, run_->patches()),
                 .unconditional = weigh_keys(run_->negative.picture_weights, weighting, run_->patches()),
                 .states = &run_->prompt.states,
                 .pooled = &run_->prompt.pooled};
  change_words(step, out.conditional);
  bool keeps = false, image = false;
  for (const PaintEdit& edit : run_->request.edits) {
    const auto* kept = std::get_if<KeepMaps>(&edit.what);
    if (kept == nullptr || !acts(edit, step)) continue;
    keeps = true;
    image = image || kept->image;
  }
  if (keeps) out.conditional.kept = kept_at(step, image, out.conditional.key_bias);
  switch_off(step, out.conditional);
  switch_off(step, out.unconditional);
  const auto muted = std::ranges::find(muted_, muted_at(step), &Muted::words);
  if (muted != muted_.end()) {
    out.states = &muted->states;
    out.pooled = &muted->pooled;
  }
  return out;
}

}  // namespace regard
