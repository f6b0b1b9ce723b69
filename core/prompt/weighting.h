// Weighting schemes: what a program does with the weights once the prompt is read. Each is a pure function;
// where a scheme needs the encoder again, it asks through a callback. Knows no model, no grammar and no
// window. Source: AUTOMATIC1111/stable-diffusion-webui modules/sd_emphasis.py @28bd8e1; comfyanonymous/
// ComfyUI comfy/sd1_clip.py @00728eb; damian0815/compel @c60b9fb; BlenderNeko/ComfyUI_ADV_CLIP_emb @63984de;
// xhinker/sd_embed @4a47f71; google/prompt-to-prompt @9c472e4. Proven by
// tests/vectors/prompt-weight-numeric.json, which their code wrote.
//
// Legend: n positions of all chunks together, P positions of one chunk (77 in CLIP), D width. z[p] the
// encoder's output at position p, e[p] its output for the empty prompt, w[p] the weight (1 at BOS, EOS and
// padding), m(x) the mean of all elements of x. Numbers are double: weights are compared with 1 exactly, as
// the originals do. Thread: any, all functions. Cost: O(n*D) plus the passes that each names.
#pragma once

#include <Eigen/Core>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/prompt/prompt.h"
#include "core/tensor/matrix.h"

namespace regard {

using MatrixD = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstMatrixDRef = Eigen::Ref<const MatrixD>;

enum class Weighting {
  kAttention,       // ln w on the scores of a key, then softmax: rows still sum to 1
  kNone,            // weights are read and not used
  kPromptToPrompt,  // attention after softmax times w, rows no longer sum to 1
  kA1111,           // "Original": w z, then the chunk's mean put back
  kScale,           // A1111 "No norm", sd_embed: w z
  kComfyUI,         // from the empty prompt's vector: e + w (z - e)
  kCompel,          // ComfyUI's formula, and for w < 1 a blend with passes that do not see the fragment
  kComfyPlusPlus,   // ADV_CLIP_emb "comfy++"
  kDownWeight,      // ADV_CLIP_emb "down_weight"
  kCount,           // of schemes; none itself
};
/// All of them, in the order of menus.
inline constexpr auto kAllWeightings = [] {
  std::array<Weighting, static_cast<std::size_t>(Weighting::kCount)> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<Weighting>(i);
  return all;
}();

/// The name in the table of schemes (WeightingScheme, below).
std::string_view weighting_name(Weighting weighting);
std::optional<Weighting> weighting_from_name(std::string_view name);

/// The stages of a run, and whether a scheme can move them at all (it moves them when some weight is not 1).
struct Moves {
  bool scores = false;  // of the layers that follow a change too
  bool attention = false;
  bool hidden = false;  // between the layers
  bool output = false;  // the vector a token that goes to the image model
  bool pooled = false;  // the sentence vector, which CLIP compares with images
  bool operator==(const Moves&) const = default;
};
/// Schemes that act inside the encoder move all five; those that act on its output move that alone, and the
/// encoder's own maps and sentence vector stay as they are. (Compel, comfy++ and down_weight run the encoder
/// again on changed prompts; the maps of those passes are not the prompt's.)
Moves what_moves(Weighting weighting);
/// Whether the scheme acts inside the encoder.
bool acts_inside(Weighting weighting);

enum class TokenNormalisation { kNone, kMean, kLength, kLengthMean };
/// "none", "mean", "length", "length+mean".
std::string_view normalisation_name(TokenNormalisation normalisation);
std::optional<TokenNormalisation> normalisation_from_name(std::string_view name);

/// The largest weight that is used, and its negative the least. With it every scheme's vectors stay finite in
/// float32 where they are squared (norms), which 1e19 would not; the grammars read what is written (up to the
/// largest double), and so does nobody else.
inline constexpr double kMostWeight = 1e12;

/// Brings the fragments' weights within kMostWeight: "warning.clamped" at the bytes of each, once where the
/// grammar had said so already.
void clamp_weights(std::string_view prompt, ParsedPrompt& parsed);

/// Weights before a scheme uses them; positions of word -1 (BOS, EOS, padding) keep theirs.
/// - mean: w + 1 - mean of w over all tokens of words
/// - length: 1 + sign(w-1) sqrt((w-1)^2 / k), k tokens of the word: 0.5 on 2 tokens becomes 0.6464
/// - length+mean: length, then mean
/// Source: BlenderNeko/ComfyUI_ADV_CLIP_emb @63984de. Expects as many words as weights. @return [n]
std::vector<double> normalise_weights(std::span<const double> weights, std::span<const int> words,
                                      TokenNormalisation normalisation);

/// A prompt laid out for the encoder, chunk after chunk. All vectors have n entries, n a multiple of P.
struct WeightedTokens {
  std::vector<int> ids;
  std::vector<double> weights;
  std::vector<int> words;      // -1: BOS, EOS, padding
  std::vector<int> fragments;  // of the grammar; -1 likewise
  int positions = 0;           // P
};

/// One pass of the encoder over one chunk: ids[P] to outputs [P][D]. `hidden` is empty or [P], where 1 means
/// that no position may read this key. The passes of a scheme come one after another, from the calling
/// thread.
using EncodeChunk =
    std::function<Result<MatrixD>(std::span<const int> ids, std::span<const std::uint8_t> hidden)>;

struct WeighedVectors {
  MatrixD out;  // [n][D]
  /// A1111's m(z)/m(y), one a chunk: how much every vector of it was rescaled, BOS too. Empty elsewhere.
  std::vector<double> factors = {};
};
/// A1111 "Original": y = w z; out = y m(z)/m(y), one factor a chunk over all its positions, padding included.
/// m(y) near 0 or of the other sign explodes or flips the chunk, as in the original: the factor says so. A
/// factor that is not finite (m(y) = 0, where the original makes NaN) counts as 1 and is reported as it is.
/// With `positions` = n it is ADV_CLIP_emb's "A1111", whose mean runs over all chunks.
/// Source: AUTOMATIC1111/stable-diffusion-webui modules/sd_emphasis.py. Passes: none.
/// @param z [n][D]   @param weights [n]
WeighedVectors weigh_a1111(ConstMatrixDRef z, std::span<const double> weights, int positions);

/// out = w z. A1111 "No norm"; xhinker/sd_embed @4a47f71. Passes: none. @param z [n][D]
MatrixD weigh_scale(ConstMatrixDRef z, std::span<const double> weights);

/// out = e + w (z - e) where w is not 1, else z, exactly.
/// Source: ComfyUI comfy/sd1_clip.py @00728eb. Passes: none (e is the caller's).
/// @param z [n][D]   @param empty  e, [P][D], the same for every chunk; expects n a multiple of P
MatrixD weigh_comfyui(ConstMatrixDRef z, ConstMatrixDRef empty, std::span<const double> weights);

/// How Compel makes a prompt without a fragment.
enum class CompelDown {
  kMask,    // its default: the fragment's keys are hidden, everything stays where it was
  kRemove,  // the fragment's tokens are taken out, what follows moves up. Here within the chunk, which is
            // then filled with `pad_id`; the original cuts a prompt of several chunks anew.
};
/// E0 = ComfyUI's formula with all weights. For each fragment k with w_k < 1, E_k = the same without that
/// fragment and t_k = tan((1 - max(1e-5, w_k)) pi/2); out = (E0 + sum t_k E_k) / (1 + sum t_k), sums over the
/// whole prompt. One fragment at 0.5: half and half. Every later position moves too, since the word vanishes
/// from its context. A fragment with tokens of several weights (after a normalisation) counts as several.
/// Source: damian0815/compel @c60b9fb embeddings_provider.py. Passes: one a down-weighted fragment and chunk
/// it reaches. Errors: those of `encode`. @param z [n][D]   @param empty [P][D]   @return [n][D]
Result<MatrixD> weigh_compel(const WeightedTokens& tokens, ConstMatrixDRef z, ConstMatrixDRef empty,
                             const EncodeChunk& encode, CompelDown down, int pad_id);

/// The down-weighting of ADV_CLIP_emb: with the distinct weights below 1, w_1 < ... < w_k, and M_j the prompt
/// in which every token of weight w_1 to w_j is replaced by the token `mask_id`,
///   D(X) = w_1 X + (w_2 - w_1) M_1 + ... + (1 - w_k) M_k.
/// Its three users follow. mask_id is 266 in the original, whose comment says comma; in CLIP's vocabulary it
/// is "+". Source: BlenderNeko/ComfyUI_ADV_CLIP_emb @63984de adv_encode.py. Passes: one a distinct weight
/// below 1 and chunk that has it, and one an up-weighted word (comfy++). Errors: those of `encode`. @param z
/// [n][D]   @return [n][D]
///
/// compel (not the real one: no tan, words replaced and not hidden): X = ComfyUI's formula with weights below
/// 1 set to 1, the M_j likewise; out = D(X).
Result<MatrixD> weigh_adv_compel(const WeightedTokens& tokens, ConstMatrixDRef z, ConstMatrixDRef empty,
                                 const EncodeChunk& encode, int mask_id);
/// comfy++: D(z) + sum over words with w > 1 of (w - 1) (z - z with that word masked), at the word's
/// positions alone. A word's weight is that of its first token.
Result<MatrixD> weigh_comfy_plus_plus(const WeightedTokens& tokens, ConstMatrixDRef z,
                                      const EncodeChunk& encode, int mask_id);
/// down_weight: all weights divided by the largest, then D(z). Nothing is ever up-weighted.
Result<MatrixD> weigh_down(const WeightedTokens& tokens, ConstMatrixDRef z, const EncodeChunk& encode,
                           int mask_id);

/// The weights that down_weight uses: w times min(1, top) / top, top the largest of all (1 at BOS, EOS and
/// padding, so min(1, top) is 1 where there are any); those positions get min(1, top). @return [n]
std::vector<double> weights_over_largest(std::span<const double> weights, std::span<const int> words);

/// The two schemes that act inside attention, on one map; the encoder applies them in every layer and head
/// (Intervention::key_bias, Intervention::key_factor). These are the plain twins.
///
/// attention: P[t,s] = w_s exp(score) / sum over k of w_k exp(score): rows sum to 1; weight 0 hides a key;
/// multiplying all weights by a number changes nothing. Expects w >= 0. @param scores [T][S]
MatrixD attention_log_weight(ConstMatrixDRef scores, std::span<const double> weights);
/// prompt-to-prompt: P'[t,s] = P[t,s] c_s, not renormalised; any finite c. Equal to scaling the value rows.
/// Source: google/prompt-to-prompt @9c472e4, AttentionReweight. @param attention [T][S], after softmax
MatrixD attention_prompt_to_prompt(ConstMatrixDRef attention, std::span<const double> factors);

/// What a scheme that acts on the encoder's output is given.
struct OutputToWeigh {
  const WeightedTokens& tokens;
  ConstMatrixDRef z;      // [n][D]
  ConstMatrixDRef empty;  // e, [P][D]; no rows where the scheme does not read it
  const EncodeChunk& encode;
  CompelDown compel_down;
  int pad_id, mask_id;
};

/// One scheme: a line of the table in weightings.cpp. It acts inside attention (key_bias, key_factor), on the
/// encoder's output (output), or not at all.
struct WeightingScheme {
  Weighting weighting;
  /// On the command line, in sessions and files; its words are "weighting.NAME" and "weighting.NAME.tip".
  std::string_view name;
  /// A few words for the command line's help; empty: the name says it.
  std::string_view help = {};
  float (*key_bias)(double weight) = nullptr;    // added to all scores of a token's key, before softmax
  float (*key_factor)(double weight) = nullptr;  // times all attention to a token's key, after softmax
  Result<WeighedVectors> (*output)(const OutputToWeigh& given) = nullptr;
  bool takes_negative = true;   // false: a negative weight counts as 1, with a warning
  bool reads_empty = false;     // needs OutputToWeigh::empty when some weight is not 1
  bool encodes_again = false;   // calls OutputToWeigh::encode
  bool rescales_chunk = false;  // a chunk's mean counts, padding included, and one factor results
};
/// Thread: any. Expects a scheme, not kCount.
const WeightingScheme& scheme_of(Weighting weighting);

/// What a scheme did to the vector of one position.
struct VectorChange {
  double length_before = 0.0;  // L2 norm
  double length_after = 0.0;
  double cosine = 1.0;  // between the two; 1 when either is 0, NaN when either has a NaN
};
/// @param before, after  [n][D]   @return [n]
std::vector<VectorChange> vector_changes(ConstMatrixRef before, ConstMatrixRef after);

}  // namespace regard
