// The schemes that ask the encoder again: Compel, and those of ADV_CLIP_emb.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/base/check.h"
#include "core/prompt/weighting.h"

namespace regard {
namespace {

// One chunk of the prompt, without copies.
struct Window {
  Eigen::Index first = 0;  // position of the prompt
  std::span<const int> ids, words, fragments;
  std::span<const double> weights;
};

void check_shape(const WeightedTokens& tokens, ConstMatrixDRef z) {
  const std::size_t n = tokens.ids.size();
  REGARD_CHECK(tokens.positions > 0 && n % static_cast<std::size_t>(tokens.positions) == 0 &&
               z.rows() == std::ssize(tokens.ids));
  REGARD_CHECK(tokens.weights.size() == n && tokens.words.size() == n && tokens.fragments.size() == n);
}

std::vector<Window> windows_of(const WeightedTokens& tokens) {
  std::vector<Window> out;
  const auto width = static_cast<std::size_t>(tokens.positions);
  for (std::size_t at = 0; at < tokens.ids.size(); at += width) {
    const auto part = [&](const auto& all) { return std::span(all).subspan(at, width); };
    out.push_back({static_cast<Eigen::Index>(at), part(tokens.ids), part(tokens.words),
                   part(tokens.fragments), part(tokens.weights)});
  }
  return out;
}

// Neighbours of one fragment and one weight below 1: what Compel leaves out of one more pass.
struct Fading {
  std::size_t begin = 0, end = 0;  // positions of the prompt
  double share = 0.0;              // t_k
};

std::vector<Fading> fading_fragments(const WeightedTokens& tokens) {
  constexpr double kLeast = 1e-5;  // tan would reach infinity
  std::vector<Fading> out;
  int last_fragment = -1;
  double last_weight = 1.0;
  for (std::size_t p = 0; p < tokens.ids.size(); ++p) {
    const double weight = tokens.weights[p];
    if (tokens.fragments[p] < 0) continue;  // a fragment may go on in the next chunk
    const bool same = tokens.fragments[p] == last_fragment && weight == last_weight;
    last_fragment = tokens.fragments[p];
    last_weight = weight;
    if (!(weight < 1.0)) continue;
    if (same) {
      out.back().end = p + 1;
    } else {
      out.push_back({p, p + 1, std::tan((1.0 - std::max(kLeast, weight)) * std::numbers::pi / 2.0)});
    }
  }
  return out;
}

// The output of a chunk when [begin, end) of it, marks aside, cannot be read; weights as before. [P][D]
Result<MatrixD> without_masked(const Window& chunk, std::size_t begin, std::size_t end, ConstMatrixDRef empty,
                               const EncodeChunk& encode) {
  std::vector<std::uint8_t> hidden(chunk.ids.size(), 0);
  for (std::size_t p = begin; p < end; ++p) hidden[p] = chunk.fragments[p] >= 0;
  REGARD_TRY(MatrixD z, encode(chunk.ids, hidden));
  return weigh_comfyui(z, empty, chunk.weights);
}

// The same with these tokens taken out and the end filled.
Result<MatrixD> without_removed(const Window& chunk, std::size_t begin, std::size_t end,
                                ConstMatrixDRef empty, const EncodeChunk& encode, int pad_id) {
  std::vector<int> ids;
  std::vector<double> weights;
  for (std::size_t p = 0; p < chunk.ids.size(); ++p) {
    if (p >= begin && p < end && chunk.fragments[p] >= 0) continue;
    ids.push_back(chunk.ids[p]);
    weights.push_back(chunk.weights[p]);
  }
  ids.resize(chunk.ids.size(), pad_id);
  weights.resize(chunk.ids.size(), 1.0);
  REGARD_TRY(MatrixD z, encode(ids, {}));
  return weigh_comfyui(z, empty, weights);
}

// A chunk's rows for D(X), where `weighed` turns the encoder's output for a masked prompt into M_j.
template <class Weigh>
Result<MatrixD> down_weighted(const Window& chunk, std::span<const double> weights, ConstMatrixDRef x,
                              const EncodeChunk& encode, int mask_id, Weigh weighed) {
  std::vector<double> steps;
  for (const double weight : weights) {
    if (weight < 1.0) steps.push_back(weight);
  }
  std::ranges::sort(steps);
  steps.erase(std::ranges::unique(steps).begin(), steps.end());
  if (steps.empty()) return MatrixD(x);
  MatrixD out = steps.front() * x;
  std::vector<int> ids(chunk.ids.begin(), chunk.ids.end());
  for (std::size_t j = 0; j < steps.size(); ++j) {
    for (std::size_t p = 0; p < ids.size(); ++p) {
      if (weights[p] <= steps[j]) ids[p] = mask_id;
    }
    REGARD_TRY(const MatrixD masked, encode(ids, {}));
    const double next = j + 1 < steps.size() ? steps[j + 1] : 1.0;
    out += (next - steps[j]) * weighed(masked);
  }
  return out;
}

MatrixD as_it_is(const MatrixD& masked) { return masked; }

struct UpWord {
  int word = 0;
  double more = 0.0;  // w - 1
};

std::vector<UpWord> words_above_one(const Window& chunk) {
  std::vector<UpWord> out;
  int last = -1;
  for (std::size_t p = 0; p < chunk.words.size(); ++p) {
    const int word = chunk.words[p];
    if (word < 0 || word == last) continue;
    last = word;
    if (chunk.weights[p] > 1.0) out.push_back({word, chunk.weights[p] - 1.0});
  }
  return out;
}

}  // namespace

Result<MatrixD> weigh_compel(const WeightedTokens& tokens, ConstMatrixDRef z, ConstMatrixDRef empty,
                             const EncodeChunk& encode, CompelDown down, int pad_id) {
  check_shape(tokens, z);
  MatrixD out = weigh_comfyui(z, empty, tokens.weights);
  const std::vector<Fading> fading = fading_fragments(tokens);
  double shares = 1.0;
  for (const Fading& fragment : fading) shares += fragment.share;
  const auto width = static_cast<std::size_t>(tokens.positions);
  std::size_t next = 0;  // the first fragment that may reach into the chunk
  for (const Window& chunk : windows_of(tokens)) {
    const auto first = static_cast<std::size_t>(chunk.first);
    while (next < fading.size() && fading[next].end <= first) ++next;
    auto rows = out.middleRows(chunk.first, tokens.positions);
    const MatrixD before = rows;
    for (std::size_t k = next; k < fading.size() && fading[k].begin < first + width; ++k) {
      const std::size_t begin = std::max(fading[k].begin, first) - first;
      const std::size_t end = std::min(fading[k].end, first + width) - first;
      REGARD_TRY(const MatrixD without, down == CompelDown::kMask
                                            ? without_masked(chunk, begin, end, empty, encode)
                                            : without_removed(chunk, begin, end, empty, encode, pad_id));
      // A pass that leaves a chunk alone adds E0 to it: only differences from E0 count.
      rows += (fading[k].share / shares) * (without - before);
    }
  }
  return out;
}

Result<MatrixD> weigh_adv_compel(const WeightedTokens& tokens, ConstMatrixDRef z, ConstMatrixDRef empty,
                                 const EncodeChunk& encode, int mask_id) {
  check_shape(tokens, z);
  MatrixD out(z.rows(), z.cols());
  for (const Window& chunk : windows_of(tokens)) {
    std::vector<double> up(chunk.weights.begin(), chunk.weights.end());
    for (double& weight : up) weight = std::max(weight, 1.0);
    const auto weighed = [&](const MatrixD& from) { return weigh_comfyui(from, empty, up); };
    const MatrixD x = weighed(z.middleRows(chunk.first, tokens.positions));
    REGARD_TRY(const auto rows, down_weighted(chunk, chunk.weights, x, encode, mask_id, weighed));
    out.middleRows(chunk.first, tokens.positions) = rows;
  }
  return out;
}

Result<MatrixD> weigh_comfy_plus_plus(const WeightedTokens& tokens, ConstMatrixDRef z,
                                      const EncodeChunk& encode, int mask_id) {
  check_shape(tokens, z);
  MatrixD out(z.rows(), z.cols());
  for (const Window& chunk : windows_of(tokens)) {
    const auto base = z.middleRows(chunk.first, tokens.positions);
    REGARD_TRY(MatrixD rows, down_weighted(chunk, chunk.weights, base, encode, mask_id, as_it_is));
    for (const UpWord& up : words_above_one(chunk)) {
      std::vector<int> ids(chunk.ids.begin(), chunk.ids.end());
      for (std::size_t p = 0; p < ids.size(); ++p) {
        if (chunk.words[p] == up.word) ids[p] = mask_id;
      }
      REGARD_TRY(const MatrixD without, encode(ids, {}));
      for (Eigen::Index p = 0; p < base.rows(); ++p) {
        if (chunk.words[static_cast<std::size_t>(p)] != up.word) continue;
        rows.row(p) += up.more * (base.row(p) - without.row(p));
      }
    }
    out.middleRows(chunk.first, tokens.positions) = rows;
  }
  return out;
}

Result<MatrixD> weigh_down(const WeightedTokens& tokens, ConstMatrixDRef z, const EncodeChunk& encode,
                           int mask_id) {
  check_shape(tokens, z);
  const std::vector<double> weights = weights_over_largest(tokens.weights, tokens.words);
  MatrixD out(z.rows(), z.cols());
  for (const Window& chunk : windows_of(tokens)) {
    const auto part = std::span(weights).subspan(static_cast<std::size_t>(chunk.first), chunk.ids.size());
    const auto base = z.middleRows(chunk.first, tokens.positions);
    REGARD_TRY(const auto rows, down_weighted(chunk, part, base, encode, mask_id, as_it_is));
    out.middleRows(chunk.first, tokens.positions) = rows;
  }
  return out;
}

}  // namespace regard
