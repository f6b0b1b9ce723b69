// A request's edits, read against its prompt and model: what they come to at each step.
#pragma once

#include <stop_token>
#include <utility>
#include <vector>

#include "core/attention/intervention.h"
#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/engine/paint_text.h"
#include "core/tensor/matrix.h"

namespace regard {

struct StepChange {
  Intervention conditional, unconditional;
  const Matrix* states = nullptr;  // of the prompt's tokens, [T][J]: muted words hidden; in the PaintEdits
  const std::vector<float>* pooled = nullptr;  // [P] or empty, likewise
};

class PaintEdits {
 public:
  /// @param run  with its prompt, sizes, steps and sequences, but nothing drawn; must outlive the edits
  /// Errors: shape (a word, block or head that is not there; BOS muted; KeepMaps without a run that fits),
  /// unsupported (a weighting under which words cannot be muted), cancelled. Cost: the prompt's encoding once
  /// for each distinct set of words muted at some step.
  static Result<PaintEdits> read(const PaintRun& run, std::stop_token stop = {});

  /// @param step  one that is drawn
  StepChange at(int step) const;

 private:
  struct Muted {
    HiddenWords words;
    Matrix states;
    std::vector<float> pooled;
  };

  explicit PaintEdits(const PaintRun& run) : run_(&run) {}
  Result<void> check(std::size_t index) const;
  Result<void> encode_muted(std::stop_token stop);
  bool acts(const PaintEdit& edit, int step) const;
  HiddenWords muted_at(int step) const;

  const PaintRun* run_;
  std::vector<Muted> muted_;      // each set once
  std::vector<int> counterpart_;  // of each position in the kept run; empty where nothing is taken from it
};

/// The tokens of a word: of a divided word, in either chunk. Empty: no such word. Ascending.
std::vector<int> tokens_of(const PaintText& text, const PromptWord& word);

/// Which token of `from` stands for each token of `to`: the longest common subsequence of ids; between two of
/// its members, words left over on both sides in equal number, one for one. -1: none. Cost: O(|from| |to|).
std::vector<int> counterpart_tokens(const std::vector<Token>& from, const std::vector<Token>& to);

}  // namespace regard
