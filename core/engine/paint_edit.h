// What a person changes in a drawing to see what it was good for: words cut, muted or exchanged, heads and
// blocks switched off, maps kept from another drawing. Each for a span of steps.
#pragma once

#include <cstddef>
#include <variant>

namespace regard {

/// The most steps a drawing may take.
inline constexpr int kMostPaintSteps = 1000;

/// A place of the prompt that holds still while tokens are counted anew.
struct PromptWord {
  enum class Kind { kWord, kStart, kEnd };  // a word; every chunk's BOS; every chunk's EOS
  Kind kind = Kind::kWord;
  std::size_t byte = 0;  // of the prompt; any byte of the word
  bool operator==(const PromptWord&) const = default;
};

/// The word's columns are hidden from what the picture's patches read (score -infinity, every block and
/// head). Later words and the end token still carry it: the encoder is causal.
struct CutWord {
  PromptWord word;
  bool operator==(const CutWord&) const = default;
};
/// Cut, and hidden from all other words in the encoder, too. BOS cannot be muted: the first words would have
/// nothing to read.
struct MuteWord {
  PromptWord word;
  bool operator==(const MuteWord&) const = default;
};
/// Patches read the one word as much as they would have read the other (SwappedKeys).
struct SwapWords {
  PromptWord first, second;
  bool operator==(const SwapWords&) const = default;
};
/// (block, head), from 0. Off in both halves.
struct HeadOff {
  int block = 0, head = 0;
  bool operator==(const HeadOff&) const = default;
};
struct BlockOff {
  int block = 0;
  bool operator==(const BlockOff&) const = default;
};
/// Prompt-to-prompt: patches read the words as they did in PaintRequest::kept at the same step; with `image`,
/// each other as well. Words that have no counterpart there keep their own attention.
struct KeepMaps {
  bool image = true;
  bool operator==(const KeepMaps&) const = default;
};

/// Each kind has its line in kInterventions (interventions.cpp).
struct PaintEdit {
  using What = std::variant<CutWord, MuteWord, SwapWords, HeadOff, BlockOff, KeepMaps>;
  What what;
  // Steps from 0, both inclusive; those beyond the drawing do not matter.
  int first_step = 0;
  int last_step = kMostPaintSteps - 1;
  bool operator==(const PaintEdit&) const = default;
};

}  // namespace regard
