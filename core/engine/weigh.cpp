#include "core/engine/weigh.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <span>
#include <utility>

#include "core/base/check.h"
#include "core/engine/text_chunks.h"
#include "core/engine/weigh_keys.h"
#include "core/tensor/threads.h"

namespace regard {
namespace {

constexpr double kMaxBytes = 2e9;  // of the matrices of one conditioning
constexpr int kMaskToken = 266;    // ADV_CLIP_emb's; "+</w>" in CLIP's vocabulary

int mask_token(const TextModel& model) { return std::min(kMaskToken, model.encoder.config().vocab - 1); }

int padding(const TextModel& model, int pad_id) { return pad_id < 0 ? model.pad_id() : pad_id; }

// One chunk through the encoder, in double for the schemes.
EncodeChunk encoder_of(const TextModel& model, std::stop_token stop) {
  return [&model, stop](std::span<const int> ids, std::span<const std::uint8_t> hidden) -> Result<MatrixD> {
    Intervention change;
    for (std::size_t t = 0; t < hidden.size(); ++t) {
      if (hidden[t] != 0) change.hide(t, hidden.size());
    }
    REGARD_TRY(const ClipTextOutput out, model.encoder.run(ids, change, stop));
    return MatrixD(out.last_hidden.cast<double>());
  };
}

// Chunks with the same tokens and weights: one pass for all of them. Where each begins, in tokens.
std::vector<std::vector<std::size_t>> alike_chunks(const WeightedTokens& tokens) {
  const auto width = static_cast<std::size_t>(tokens.positions);
  std::map<std::pair<std::vector<int>, std::vector<std::uint64_t>>, std::size_t>
      known;  // bits: no NaN in a key
  std::vector<std::vector<std::size_t>> out;
  for (std::size_t at = 0; at < tokens.ids.size(); at += width) {
    const auto ids = std::span(tokens.ids).subspan(at, width);
    std::vector<std::uint64_t> weights;
    for (const double weight : std::span(tokens.weights).subspan(at, width))
      weights.push_back(std::bit_cast<std::uint64_t>(weight));
    const auto [there, fresh] = known.try_emplace({{ids.begin(), ids.end()}, std::move(weights)}, out.size());
    if (fresh) out.emplace_back();
    out[there->second].push_back(at);
  }
  return out;
}

// Every chunk through the encoder; `weighting` kNone: as it is. Chunks know nothing of each other, so they
// are shared out to the threads. [n][D]
Result<Matrix> encode_all(const TextModel& model, const WeightedTokens& tokens, Weighting weighting,
                          std::stop_token stop) {
  const auto width = static_cast<std::size_t>(tokens.positions);
  Matrix out(std::ssize(tokens.ids), model.encoder.config().width);
  const auto encode = [&](const std::vector<std::size_t>& alike) -> Result<void> {
    const auto weights = std::span(tokens.weights).subspan(alike.front(), width);
    REGARD_TRY(const ClipTextOutput chunk,
               model.encoder.run(std::span(tokens.ids).subspan(alike.front(), width),
                                 weigh_keys(weights, weighting), stop));
    for (const std::size_t at : alike)
      out.middleRows(static_cast<Eigen::Index>(at), tokens.positions) = chunk.last_hidden;
    return {};
  };
  const std::vector<std::vector<std::size_t>> chunks = alike_chunks(tokens);
  std::vector<Result<void>> done(chunks.size());
  parallel_for(static_cast<int>(chunks.size()), 1, [&](int begin, int end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      done[i] = encode(chunks[i]);
  });
  for (Result<void>& one : done) {
    REGARD_TRY_DO(std::move(one));
  }
  return out;
}

bool any_weight(const WeightedTokens& tokens) {
  return std::ranges::any_of(tokens.weights, [](double w) { return w != 1.0; });
}

// The schemes that act on the output. z: [n][D]
Result<MatrixD> weigh_output(const TextModel& model, const WeightedTokens& tokens,
                             const WeighOptions& options, const Matrix& before, std::vector<double>& factors,
                             std::stop_token stop) {
  const MatrixD z = before.cast<double>();
  const EncodeChunk encode = encoder_of(model, stop);
  MatrixD empty;
  if (options.weighting == Weighting::kComfyUI || options.weighting == Weighting::kCompel) {
    if (options.empty != nullptr) {
      empty = options.empty->topRows(tokens.positions).cast<double>();
    } else if (any_weight(tokens)) {
      std::vector<int> ids(static_cast<std::size_t>(tokens.positions), options.pad_id);
      ids[0] = model.tokenizer.bos_id();
      if (ids.size() > 1) ids[1] = model.tokenizer.eos_id();
      Result<MatrixD> encoded = encode(ids, {});
      if (!encoded) return encoded;
      empty = std::move(*encoded);
    } else {
      return z;
    }
  }
  switch (options.weighting) {
    case Weighting::kA1111: {
      MeanRestored restored = weigh_a1111(z, tokens.weights, tokens.positions);
      factors = std::move(restored.factors);
      return std::move(restored.out);
    }
    case Weighting::kScale:
      return weigh_scale(z, tokens.weights);
    case Weighting::kComfyUI:
      return weigh_comfyui(z, empty, tokens.weights);
    case Weighting::kCompel:
      return weigh_compel(tokens, z, empty, encode, options.compel_down, options.pad_id);
    case Weighting::kComfyPlusPlus:
      return weigh_comfy_plus_plus(tokens, z, encode, mask_token(model));
    case Weighting::kDownWeight:
      return weigh_down(tokens, z, encode, mask_token(model));
    case Weighting::kAttention:
    case Weighting::kNone:
    case Weighting::kPromptToPrompt:
      break;
  }
  return z;
}

// The chunk's tokens between BOS and EOS, then padding.
void lay_out(const TextModel& model, const WeighRequest& request, const PromptChunk& chunk,
             Conditioning& out) {
  const std::size_t begin = out.tokens.size();
  out.tokens.insert(out.tokens.end(), chunk.tokens.begin(), chunk.tokens.end());
  Token pad = chunk.tokens.back();
  pad.id = padding(model, request.pad_id);
  pad.text = model.tokenizer.vocab_entry(pad.id);
  out.tokens.resize(begin + static_cast<std::size_t>(out.positions), pad);
}

Result<void> check_size(const TextModel& model, std::size_t chunks) {
  const ClipTextConfig& config = model.encoder.config();
  // before and after in float, before, after and one pass in double
  const double bytes = 32.0 * static_cast<double>(chunks) * config.positions * config.width;
  if (bytes <= kMaxBytes) return {};
  return fail(ErrorCode::kShape,
              "prompt: expected a conditioning of at most {:.0f} MB, got {:.0f} MB for {} chunks",
              kMaxBytes * 1e-6, bytes * 1e-6, chunks);
}

WeightedTokens weighted(const Conditioning& laid_out) {
  WeightedTokens out;
  out.positions = laid_out.positions;
  out.weights = laid_out.weights;
  for (const Token& token : laid_out.tokens) {
    out.ids.push_back(token.id);
    out.words.push_back(token.word);
    out.fragments.push_back(token.fragment);
  }
  return out;
}

}  // namespace

Result<Matrix> encode_empty(const TextModel& model, int pad_id, std::stop_token stop) {
  std::vector<int> ids(static_cast<std::size_t>(model.encoder.config().positions), padding(model, pad_id));
  ids[0] = model.tokenizer.bos_id();
  if (ids.size() > 1) ids[1] = model.tokenizer.eos_id();
  REGARD_TRY(ClipTextOutput out, model.encoder.run(ids, {}, stop));
  return std::move(out.last_hidden);
}

Result<Weighed> weigh_tokens(const TextModel& model, const WeightedTokens& tokens,
                             const WeighOptions& options, std::stop_token stop) {
  REGARD_CHECK(tokens.positions > 0 && tokens.ids.size() % static_cast<std::size_t>(tokens.positions) == 0);
  Weighed out;
  if (options.before == nullptr) {
    REGARD_TRY(out.before, encode_all(model, tokens, Weighting::kNone, stop));
  }
  const Matrix& before = options.before != nullptr ? *options.before : out.before;
  if (options.weighting == Weighting::kNone) {
    out.after = before;
  } else if (acts_inside(options.weighting)) {
    REGARD_TRY(out.after, encode_all(model, tokens, options.weighting, stop));
  } else {
    REGARD_TRY(const MatrixD after, weigh_output(model, tokens, options, before, out.factors, stop));
    out.after = after.cast<float>();
  }
  return out;
}

Result<Conditioning> weigh_prompt(const WeighRequest& request, std::stop_token stop) {
  REGARD_CHECK(request.model != nullptr);
  const TextModel& model = *request.model;
  if (model.encoder.config().positions < 3) {
    return fail(ErrorCode::kShape, "positions: expected at least 3, BOS, a token and EOS, got {}",
                model.encoder.config().positions);
  }
  ChunkedPrompt read =
      tokenize_chunks(model, request.prompt, request.syntax, request.rule, request.comma_backtrack);
  Conditioning out;
  out.positions = model.encoder.config().positions;
  REGARD_TRY_DO(check_size(model, read.chunks.size()));
  out.warnings = std::move(read.warnings);
  out.tokens_cut = read.tokens_cut;
  out.chunks = static_cast<int>(read.chunks.size());
  for (const PromptChunk& chunk : read.chunks) lay_out(model, request, chunk, out);

  out.weights = usable_weights(out.tokens, request.normalisation, request.weighting, out.warnings);
  const WeighOptions options{.weighting = request.weighting,
                             .compel_down = request.compel_down,
                             .pad_id = padding(model, request.pad_id),
                             .empty = request.empty.get()};
  REGARD_TRY(Weighed weighed, weigh_tokens(model, weighted(out), options, stop));
  out.before = std::move(weighed.before);
  out.after = std::move(weighed.after);
  out.factors = std::move(weighed.factors);
  out.changes = vector_changes(out.before, out.after);
  return out;
}

}  // namespace regard
