#include "core/engine/paint_edits.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/common_subsequence.h"
#include "core/engine/interventions.h"
#include "core/engine/weigh_keys.h"

namespace regard {
namespace {

// Pairs of the longest common subsequence, ascending, ends first: equal beginnings and ends always match.
std::vector<std::pair<int, int>> common_tokens(const std::vector<Token>& from, const std::vector<Token>& to) {
  const auto same = [&](std::size_t a, std::size_t b) { return from[a].id == to[b].id; };
  std::size_t a_end = from.size(), b_end = to.size();
  for (; a_end > 0 && b_end > 0 && same(a_end - 1, b_end - 1); --a_end) --b_end;
  std::vector<std::pair<int, int>> out = common_subsequence(a_end, b_end, same);
  for (; a_end < from.size(); ++a_end) out.emplace_back(a_end, b_end++);
  return out;
}

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
        is_it = text.words[static_cast<std::size_t>(token.word)].holds(word.byte);
        break;
      case PromptWord::Kind::kPosition:
        break;
    }
    if (is_it) out.push_back(t);
  }
  return out;
}

std::vector<int> counterpart_tokens(const std::vector<Token>& from, const std::vector<Token>& to) {
  std::vector<int> out(to.size(), -1);
  std::vector<std::pair<int, int>> anchors = common_tokens(from, to);
  anchors.emplace_back(std::ssize(from), std::ssize(to));
  int a = 0, b = 0;  // the first tokens behind the last anchor
  for (const auto& [next_a, next_b] : anchors) {
    if (next_a - a == next_b - b) {
      for (int i = 0; i < next_b - b; ++i) {
        const Token &old = from[static_cast<std::size_t>(a) + static_cast<std::size_t>(i)],
                    &now = to[static_cast<std::size_t>(b) + static_cast<std::size_t>(i)];
        if (old.is_bos == now.is_bos && old.is_eos == now.is_eos)
          out[static_cast<std::size_t>(b) + static_cast<std::size_t>(i)] = a + i;
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

Result<void> PaintEdits::check(std::size_t index) const {
  const PaintEdit& edit = run_->request.edits[index];
  const InterventionKind& kind = kind_of(edit);
  const EditArguments told = arguments_of(edit);
  for (const PromptWord& word : told.words) {
    if (!positions_of(run_->trace.prompt, word).empty()) continue;
    if (word.kind == PromptWord::Kind::kPosition) {
      return fail(ErrorCode::kShape, "edit {}: expected a position from 0 to {}, got {}", index + 1,
                  run_->trace.prompt.count() - 1, word.position);
    }
    return fail(ErrorCode::kShape, "edit {}: expected a byte of a word of the prompt, got {}", index + 1,
                word.byte);
  }
  const auto is_start = [](const PromptWord& word) { return word.kind == PromptWord::Kind::kStart; };
  if (!kind.takes_start && std::ranges::any_of(told.words, is_start)) {
    return fail(ErrorCode::kShape, "edit {}: expected a word or the end to {}, got the start", index + 1,
                kind.name);
  }
  const MmditConfig& config = run_->request.model->mmdit.config();
  if ((kind.runs & kPaintRun) == 0) {
    return fail(ErrorCode::kUnsupported, "edit {}: expected one that a drawing knows, got {}", index + 1,
                kind.name);
  }
  const auto is_position = [](const PromptWord& word) { return word.kind == PromptWord::Kind::kPosition; };
  if (!kind.takes.edge && !kind.takes.after && std::ranges::any_of(told.words, is_position)) {
    return fail(ErrorCode::kShape, "edit {}: expected a word to {}, got a position", index + 1, kind.name);
  }
  if (!finds_parts(edit, config.layers, config.heads)) {
    return fail(ErrorCode::kShape, "edit {}: expected block 0 to {} and head 0 to {}, got block {}, head {}",
                index + 1, config.layers - 1, config.heads - 1, told.block.value_or(told.after.value_or(0)),
                told.head.value_or(0));
  }
  return kind.check != nullptr ? kind.check(*run_, index) : Result<void>{};
}

HiddenWords PaintEdits::muted_at(int step) const {
  HiddenWords out;
  for (const PaintEdit& edit : run_->request.edits) {
    if (!kind_of(edit).hides_in_encoder || !acts(edit, step)) continue;
    for (const PromptWord& place : arguments_of(edit).words) {
      if (place.kind == PromptWord::Kind::kEnd) {
        out.end = true;
        continue;
      }
      const int token = tokens_of(run_->prompt, place).front();
      const int word = run_->prompt.tokens[static_cast<std::size_t>(token)].word;
      const std::size_t byte = run_->prompt.words[static_cast<std::size_t>(word)].start;
      if (std::ranges::find(out.bytes, byte) == out.bytes.end()) out.bytes.push_back(byte);
    }
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
  bool keeps = false;  // something is taken from another drawing
  for (std::size_t i = 0; i < run.request.edits.size(); ++i) {
    REGARD_TRY_DO(out.check(i));
    keeps = keeps || kind_of(run.request.edits[i]).reads_kept;
  }
  if (keeps && run.request.kept)
    out.counterpart_ = counterpart_positions(run.request.kept->trace.prompt, run.trace.prompt);
  REGARD_TRY_DO(out.encode_muted(std::move(stop)));
  return out;
}

StepChange PaintEdits::at(int step) const {
  const Weighting weighting = run_->request.weighting;
  StepChange out{.conditional = weigh_keys(run_->prompt.picture_weights, weighting, run_->patches()),
                 .unconditional = weigh_keys(run_->negative.picture_weights, weighting, run_->patches()),
                 .states = &run_->prompt.states,
                 .pooled = &run_->prompt.pooled};
  const PaintRun* kept = run_->request.kept.get();
  EditSite here{.sequence = run_->trace.prompt,
                .kept = kept != nullptr ? &kept->trace : nullptr,
                .counterpart = counterpart_};
  const std::vector<int> none;
  const EditSite without{.sequence = run_->trace.negative, .counterpart = none};
  for (const InterventionKind& kind : interventions()) {
    for (const PaintEdit& edit : run_->request.edits) {
      if (&kind_of(edit) != &kind || !acts(edit, step)) continue;
      if (kind.reads_kept)
        here.record = kept->trace.records[static_cast<std::size_t>(step - kept->first_step)];
      kind.apply(here, edit, out.conditional);
      if (kind.both_halves) kind.apply(without, edit, out.unconditional);
    }
  }
  const auto muted = std::ranges::find(muted_, muted_at(step), &Muted::words);
  if (muted != muted_.end()) {
    out.states = &muted->states;
    out.pooled = &muted->pooled;
  }
  return out;
}

}  // namespace regard
