// What a person changes in a run to see what it was good for: words cut, muted or exchanged, heads and blocks
// switched off, edges cut, attention and activations taken from another run. Which runs each is for stands in
// kInterventions (interventions.cpp).
#pragma once

#include <cstddef>
#include <variant>

namespace regard {

/// The most steps a drawing may take.
inline constexpr int kMostPaintSteps = 1000;

/// A place of a run. Words hold still while the tokens of a prompt are counted anew.
struct PromptWord {
  enum class Kind {
    kWord,      // a word of the prompt
    kStart,     // every chunk's BOS
    kEnd,       // every chunk's EOS
    kPosition,  // one position of the run's sequence: a patch, CLS, a token
  };
  Kind kind = Kind::kWord;
  std::size_t byte = 0;  // of the prompt; any byte of the word
  int position = -1;     // of kPosition, from 0
  bool operator==(const PromptWord&) const = default;
};

inline PromptWord place_at(int position) {
  return {.kind = PromptWord::Kind::kPosition, .byte = 0, .position = position};
}

/// The word's columns are hidden from what the picture's patches read (score -infinity, every block and
/// head). Later words and the end token still carry it: the encoder is causal.
struct CutWord {
  PromptWord word;
  bool operator==(const CutWord&) const = default;
};
/// Nobody reads the word or patch, in every layer and head; its own row stays. In a drawing: cut, and hidden
/// from all other words in the encoder, too. BOS cannot be muted: the first words would have nothing to read.
struct MuteWord {
  PromptWord word;
  bool operator==(const MuteWord&) const = default;
};
/// Patches read the one word as much as they would have read the other (SwappedKeys).
struct SwapWords {
  PromptWord first, second;
  bool operator==(const SwapWords&) const = default;
};
/// (block, head), from 0: what it passes on is zero, or in every row its mean over the rows. In a drawing off
/// in both halves.
struct HeadOff {
  int block = 0, head = 0;
  bool mean = false;
  bool operator==(const HeadOff&) const = default;
};
struct BlockOff {
  int block = 0;
  bool operator==(const BlockOff&) const = default;
};
/// One place does not read another: in every layer and head, or in one.
struct CutReading {
  PromptWord query, key;
  int block = -1, head = -1;  // from 0; -1: every one
  bool operator==(const CutReading&) const = default;
};
/// Prompt-to-prompt: patches read the words as they did in PaintRequest::kept at the same step; with `image`,
/// each other as well. Words that have no counterpart there keep their own attention.
struct KeepMaps {
  bool image = true;
  bool operator==(const KeepMaps&) const = default;
};
/// Every position reads as its counterpart did in the other run (TextRequest::from, VisionRequest::from,
/// PaintRequest::kept at the same step: there patches and words alike, in the half with the prompt). What has
/// none there keeps its own attention.
struct FreezeMaps {
  bool operator==(const FreezeMaps&) const = default;
};
/// The other run's residual stream at this place's counterpart, behind so many layers (0: what enters the
/// first), put in place of this run's. In a drawing that of the same step, in the half with the prompt.
/// It may come from elsewhere in the other run: a position of its sequence, another layer.
struct PatchState {
  PromptWord place;
  int after = 0;
  int from = -1;        // position in the other run, from 0; -1: the place's counterpart
  int from_after = -1;  // layers; -1: as many as `after`
  bool operator==(const PatchState&) const = default;
};

/// Each kind has its line in kInterventions (interventions.cpp).
struct RunEdit {
  using What = std::variant<CutWord, MuteWord, SwapWords, HeadOff, BlockOff, CutReading, KeepMaps, FreezeMaps,
                            PatchState>;
  What what;
  // Of a drawing. Steps from 0, both inclusive; those beyond the drawing do not matter.
  int first_step = 0;
  int last_step = kMostPaintSteps - 1;
  bool on = true;  // in a list of trials: at work. A request holds none that is off
  bool operator==(const RunEdit&) const = default;
};
using PaintEdit = RunEdit;

}  // namespace regard
