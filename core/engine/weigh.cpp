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
    const auto [there, fresh] = known.try_emplace(
        std::pair(std::vector<int>(ids.begin(), ids.end()), std::move(weights)), out.size());
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
  const WeightingScheme& scheme = scheme_of(options.weighting);
  MatrixD empty;
  if (scheme.reads_empty) {
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
  REGARD_TRY(WeighedVectors weighed, scheme.output({tokens, z, empty, encode, options.compel_down,
                                                    options.pad_id, mask_token(model)}));
  factors = std::move(weighed.factors);
  return std::move(weighed.out);
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

namespace {

// One part's rows.
WeightedTokens part_of(const WeightedTokens& all, const PromptParts::Part& part) {
  const auto first = static_cast<std::ptrdiff_t>(part.first_chunk) * all.positions;
  const auto last = first + static_cast<std::ptrdiff_t>(part.chunks) * all.positions;
  const auto rows = [&](const auto& of_all) {
    return std::remove_cvref_t<decltype(of_all)>(of_all.begin() + first, of_all.begin() + last);
  };
  return {.ids = rows(all.ids),
          .weights = rows(all.weights),
          .words = rows(all.words),
          .fragments = rows(all.fragments),
          .positions = all.positions};
}

// .and(): the parts end to end, each e + w (c - e); weights that are not 1 only with `empty`. [n][D]
Matrix end_to_end(const PromptParts& parts, const std::vector<Matrix>& encoded, const Matrix* empty) {
  Eigen::Index rows = 0;
  for (const Matrix& one : encoded) rows += one.rows();
  Matrix out(rows, encoded.front().cols());
  Eigen::Index at = 0;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const double weight = empty != nullptr ? parts.parts[i].weight : 1.0;
    const MatrixD c = encoded[i].cast<double>();
    const std::vector<double> weights(static_cast<std::size_t>(c.rows()), weight);
    out.middleRows(at, c.rows()) =
        weight == 1.0 ? encoded[i] : Matrix(weigh_comfyui(c, empty->cast<double>(), weights).cast<float>());
    at += c.rows();
  }
  return out;
}

// .blend(): sum w c / sum w, shorter parts filled with `empty`; not normalised: sum w c. [n][D]
Matrix summed(const PromptParts& parts, const std::vector<Matrix>& encoded, const Matrix* empty) {
  Eigen::Index rows = 0;
  double weights = 0.0;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    rows = std::max(rows, encoded[i].rows());
    weights += parts.parts[i].weight;
  }
  if (!parts.normalize) weights = 1.0;
  MatrixD out = MatrixD::Zero(rows, encoded.front().cols());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const double share = parts.parts[i].weight / weights;
    out.topRows(encoded[i].rows()) += share * encoded[i].cast<double>();
    for (Eigen::Index at = encoded[i].rows(); at < rows; at += empty->rows())
      out.middleRows(at, empty->rows()) += share * empty->cast<double>();
  }
  return out.cast<float>();
}

bool needs_empty(const PromptParts& parts, Weighting weighting) {
  const auto differs = [&](const PromptParts::Part& part) {
    return parts.kind == PromptParts::Kind::kAnd ? part.weight != 1.0 && weighting != Weighting::kNone
                                                 : part.chunks != parts.parts.front().chunks;
  };
  return std::ranges::any_of(parts.parts, differs);
}

// Of a blend, the first part's tokens stand for all, as in Compel; padding where it is the shorter one.
void keep_first_part(const PromptParts& parts, const Token& pad, Conditioning& out) {
  const auto rows = static_cast<std::size_t>(out.after.rows());
  out.tokens.resize(static_cast<std::size_t>(parts.parts.front().chunks) *
                    static_cast<std::size_t>(out.positions));
  out.weights.resize(out.tokens.size());
  out.tokens.resize(rows, pad);
  out.weights.resize(rows, 1.0);
  out.chunks = static_cast<int>(rows) / out.positions;
}

// Each part weighed alone, then joined.
Result<void> weigh_parts(const WeighRequest& request, const PromptParts& parts, const WeighOptions& options,
                         Conditioning& out, std::stop_token stop) {
  const WeightedTokens all = weighted(out);
  std::vector<Matrix> before, after;
  for (const PromptParts::Part& part : parts.parts) {
    REGARD_TRY(Weighed one, weigh_tokens(*request.model, part_of(all, part), options, stop));
    before.push_back(std::move(one.before));
    after.push_back(std::move(one.after));
    out.factors.insert(out.factors.end(), one.factors.begin(), one.factors.end());
  }
  Matrix encoded;
  const Matrix* empty = nullptr;
  if (needs_empty(parts, request.weighting)) {
    empty = request.empty.get();
    if (empty == nullptr) {
      REGARD_TRY(encoded, encode_empty(*request.model, options.pad_id, stop));
      empty = &encoded;
    }
  }
  if (parts.kind == PromptParts::Kind::kBlend) {
    const Token pad = out.tokens.back();
    out.before = summed(parts, before, empty);
    out.after = summed(parts, after, empty);
    keep_first_part(parts, pad, out);
  } else {
    out.before = end_to_end(parts, before, nullptr);
    out.after = end_to_end(parts, after, empty);
  }
  return {};
}

Result<void> check_blend(const PromptParts& parts) {
  double sum = 0.0;
  for (const PromptParts::Part& part : parts.parts) sum += part.weight;
  const bool divides = parts.kind == PromptParts::Kind::kBlend && parts.normalize;
  if (!divides || sum != 0.0) return {};
  return fail(ErrorCode::kFormat,
              "prompt: .blend(): expected weights that do not add up to 0, which they are divided by");
}

}  // namespace

WeighRequest weigh_request(const TextRequest& request) {
  return {.model = request.model,
          .prompt = request.prompt,
          .syntax = request.syntax,
          .weighting = request.weighting,
          .normalisation = request.normalisation,
          .rule = request.rule};
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
  REGARD_TRY_DO(check_blend(read.parts));
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
  REGARD_TRY_DO(weigh_parts(request, read.parts, options, out, stop));
  out.changes = vector_changes(out.before, out.after);
  return out;
}

}  // namespace regard
