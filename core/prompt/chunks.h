// How a long prompt is cut into chunks that an encoder can read, as each program cuts it. Knows tokens by
// what the vocabulary calls them; encodes nothing. Source: AUTOMATIC1111/
// stable-diffusion-webui modules/sd_hijack_clip.py @28bd8e1; comfyanonymous/ComfyUI comfy/sd1_clip.py
// @00728eb and newer; damian0815/compel src/compel/embeddings_provider.py @c60b9fb.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace regard {

enum class ChunkRule {
  kA1111,            // full chunks; what follows a comma near the end moves on with it
  kComfyUI,          // a weighted segment of fewer than 8 tokens is never cut
  kComfyUIOlder,     // the same for what stands between spaces
  kCompel,           // its default: one chunk, the rest is cut off
  kCompelBrutal,     // full chunks
  kCompelWords,      // cut after the last token that ends a word
  kCompelPhrases,    // after the last of . , ; : ; when there is none, as kCompelWords
  kCompelSentences,  // after the last . ; when there is none, as kCompelPhrases
};

/// "a1111", "comfyui", "comfyui-older", "compel", "compel-brutal", "compel-words", "compel-phrases",
/// "compel-sentences".
std::string_view chunk_rule_name(ChunkRule rule);
std::optional<ChunkRule> chunk_rule_from_name(std::string_view name);

struct ChunkToken {
  std::string_view entry;  // as the vocabulary spells it: ",</w>"
  int segment = 0;         // the weighted segment it is of
  int space_word = 0;      // counts what stands between spaces, across segments
  bool is_break = false;   // BREAK: no token, it ends its chunk
};

struct ChunkOptions {
  ChunkRule rule = ChunkRule::kA1111;
  int capacity = 75;         // tokens a chunk holds beside BOS and EOS: the encoder's positions - 2
  int comma_backtrack = 20;  // A1111's setting; 0: off
};

/// Tokens [begin, end) of what was given; the rest up to the capacity is padding.
struct Chunk {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const Chunk&) const = default;
};

struct Chunks {
  std::vector<Chunk> chunks;   // at least one, in order; together they hold every token that is not a BREAK
  std::size_t tokens_cut = 0;  // that no chunk holds (kCompel)
};

/// - A1111: a chunk that is full when the next token, which is no comma, comes, and whose last comma lies at
/// index i
///   with capacity - i <= comma_backtrack, ends after that comma. A comma that itself opens a chunk is
///   forgotten, as in the original. BREAK ends a chunk; two in a row leave an empty one; one at the end
///   leaves none.
/// - ComfyUI: a group that does not fit closes the chunk; a group of 8 and more fills it first. (A group that
/// no
///   empty chunk could hold is filled likewise, where the original would not end.)
/// - BREAK is hard under every rule. (ComfyUI and Compel know none: their grammars do not make one.)
/// Expects capacity > 0. Thread: any. Cost: O(n).
Chunks cut_chunks(std::span<const ChunkToken> tokens, const ChunkOptions& options);

}  // namespace regard
