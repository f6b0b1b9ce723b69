#include "core/engine/text_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <utility>

#include "core/base/check.h"
#include "core/engine/interventions.h"
#include "core/engine/pace.h"
#include "core/engine/sequences.h"
#include "core/engine/text_chunks.h"
#include "core/engine/weigh.h"
#include "core/engine/weigh_keys.h"
#include "core/prompt/grammar.h"
#include "core/prompt/structure.h"
#include "core/prompt/weighting.h"
#include "core/text/bpe.h"
#include "core/text/unicode.h"

namespace regard {
namespace {

/// Fragments to tokens, in the prompt's bytes. BOS first; EOS is added by the caller.
class Tokens {
 public:
  Tokens(const TextModel& model, std::string_view prompt, TokenizedPrompt& out)
      : tokenizer_(model.tokenizer), prompt_(prompt), out_(out) {}

  void add_mark(int id, bool is_bos, std::size_t byte) {
    Token& token = out_.tokens.emplace_back();
    token.id = id;
    token.text = tokenizer_.vocab_entry(id);
    token.start = token.end = byte;
    token.is_bos = is_bos;
    token.is_eos = !is_bos;
  }

  void add(const Fragment& fragment, int index) {
    int word_of_fragment = -1;
    for (const Piece& piece : tokenizer_.encode(fragment.text)) {
      if (piece.start >= piece.end) continue;
      Token token;
      token.id = piece.id;
      token.shown = fragment.text.substr(piece.start, piece.end - piece.start);
      token.start = fragment.source[piece.start];
      token.end = source_end(prompt_, fragment, piece.end - 1);
      token.weight = fragment.weight;
      token.fragment = index;
      const bool continues = !out_.words.empty() && piece.word == word_of_fragment;
      word_of_fragment = piece.word;
      place(std::move(token), continues);
    }
  }

 private:
  void place(Token token, bool continues) {
    const int index = static_cast<int>(out_.tokens.size());
    if (!continues) out_.words.push_back({index, index, token.start, token.end, token.weight});
    Word& word = out_.words.back();
    word.last_token = index;
    word.end = token.end;
    token.word = static_cast<int>(out_.words.size()) - 1;
    token.text = tokenizer_.vocab_entry(token.id);
    out_.tokens.push_back(std::move(token));
  }

  const ClipTokenizer& tokenizer_;
  std::string_view prompt_;
  TokenizedPrompt& out_;
};

// The bytes an entry stands for, as hexadecimal digits: "Ã" of the GPT-2 table is "C3".
std::string hex_bytes(std::string_view entry) {
  if (entry.ends_with("</w>")) entry.remove_suffix(4);
  std::string hex;
  for (const SourceChar& symbol : decode_utf8(entry)) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (bpe::printable_byte(byte) == symbol.value) hex += fmt::format("{:02X}", byte);
    }
  }
  return hex;
}

// Several tokens may share one letter, each some of its bytes (é is C3 A9 to a model that never learnt it).
// Shown by their bytes, so that a letter is not drawn twice.
void name_shared_letters(std::vector<Token>& tokens) {
  const auto same_span = [&](std::size_t a, std::size_t b) {
    return b < tokens.size() && tokens[a].word >= 0 && tokens[b].word >= 0 &&
           tokens[a].start == tokens[b].start && tokens[a].end == tokens[b].end;
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (same_span(i, i + 1) || (i > 0 && same_span(i, i - 1))) tokens[i].shown = hex_bytes(tokens[i].text);
  }
}

// What the request's edits come to.
Result<Intervention> edits_of(const TextRun& run) {
  const TextRequest& request = run.request;
  if (request.from != nullptr && request.from->request.model != request.model)
    return fail(ErrorCode::kShape, "other run: expected one of the same model, got another's");
  const ClipTextConfig& config = request.model->encoder.config();
  return read_edits(request.edits, {.run = kTextRun,
                                    .sequence = text_sequence(run.tokens, run.words),
                                    .layers = config.layers,
                                    .heads = config.heads,
                                    .width = config.width,
                                    .other = request.from != nullptr ? &request.from->trace : nullptr});
}

// Whether an intervention does more than to hide keys.
bool changes_more(const Intervention& change) {
  return change.kept || !change.cut_edges.empty() || !change.heads_off.empty() ||
         !change.heads_mean.empty() || !change.blocks_off.empty() || !change.patches.empty();
}

// Which tokens nobody reads, whatever the scheme. [T]; empty: none
std::vector<bool> hidden_tokens(const TextRun& run, const Intervention& edits) {
  std::vector<bool> hidden;
  const auto hide = [&](std::size_t token) {
    hidden.resize(run.tokens.size());
    hidden[token] = true;
  };
  for (std::size_t t = 0; t < run.tokens.size(); ++t) {
    const Token& token = run.tokens[t];
    if (token.is_eos && run.request.hidden_end) hide(t);
    if (t < edits.key_bias.size() && std::isinf(edits.key_bias[t])) hide(t);
    if (token.word < 0) continue;
    const Word& word = run.words[static_cast<std::size_t>(token.word)];
    const auto inside = [&word](std::size_t byte) { return word.holds(byte); };
    if (std::ranges::any_of(run.request.hidden_words, inside)) hide(t);
  }
  return hidden;
}

void hide_keys(const std::vector<bool>& hidden, Intervention& change) {
  for (std::size_t t = 0; t < hidden.size(); ++t) {
    if (hidden[t]) change.hide(t, std::max(change.key_bias.size(), hidden.size()));
  }
}

// The scheme's own output beside the encoder's. Padding counts in a chunk's mean alone: elsewhere a later
// position never reaches an earlier one.
// @param edited  more than keys were hidden in the run, which only its own output knows
Result<void> weigh_run(TextRun& run, const std::vector<double>& weights, const std::vector<bool>& hidden,
                       bool edited, std::stop_token stop) {
  const TextModel& model = *run.request.model;
  const WeightingScheme& scheme = scheme_of(run.request.weighting);
  const bool weighs = std::ranges::any_of(weights, [](double weight) { return weight != 1.0; });
  if (edited && weighs && (scheme.encodes_again || scheme.rescales_chunk)) {
    return fail(ErrorCode::kUnsupported,
                "edits: expected a weighting that only looks at this run, or weights of 1, got {}",
                scheme.name);
  }
  if (!hidden.empty() && scheme.encodes_again && weighs) {
    return fail(ErrorCode::kUnsupported,
                "hidden words: expected a weighting that encodes the prompt once, got {}", scheme.name);
  }
  const bool padded = scheme.rescales_chunk && !edited;
  WeightedTokens laid_out{.ids = {}, .weights = weights, .words = {}, .fragments = {}, .positions = 0};
  for (const Token& token : run.tokens) {
    laid_out.ids.push_back(token.id);
    laid_out.words.push_back(token.word);
    laid_out.fragments.push_back(token.fragment);
  }
  const int pad = model.pad_id();
  if (padded) {
    const auto length = static_cast<std::size_t>(model.encoder.config().positions);
    laid_out.ids.resize(length, pad);
    laid_out.weights.resize(length, 1.0);
    laid_out.words.resize(length, -1);
    laid_out.fragments.resize(length, -1);
  }
  laid_out.positions = static_cast<int>(laid_out.ids.size());
  Matrix padded_before;  // the encoder's output with words hidden, which weigh_tokens() cannot make itself
  if (padded && !hidden.empty()) {
    Intervention change;
    hide_keys(hidden, change);
    change.key_bias.resize(laid_out.ids.size(), 0.0f);
    REGARD_TRY(ClipTextOutput output, model.encoder.run(laid_out.ids, change, stop));
    padded_before = std::move(output.last_hidden);
  }
  const Matrix* here = padded ? &padded_before : &run.output.last_hidden;
  const WeighOptions options{
      .weighting = run.request.weighting, .pad_id = pad, .before = here->rows() > 0 ? here : nullptr};
  REGARD_TRY(Weighed weighed, weigh_tokens(model, laid_out, options, stop));
  run.conditioning = weighed.after.topRows(std::ssize(run.tokens));
  run.changes = vector_changes(run.output.last_hidden, *run.conditioning);
  if (!weighed.factors.empty()) run.factor = weighed.factors.front();
  return {};
}

// Of a scheme that acts inside the encoder: its output beside that of the prompt without weights.
// @param unweighed  what was done beside the weights
Result<void> compare_inside(TextRun& run, std::span<const int> ids, const Intervention& change,
                            const std::vector<bool>& hidden, const Intervention& unweighed,
                            std::stop_token stop) {
  const auto moves = [](float bias) { return bias != 0.0f; };
  const auto scales = [](float factor) { return factor != 1.0f; };
  const bool biased =
      hidden.empty() ? std::ranges::any_of(change.key_bias, moves) : change.key_bias != unweighed.key_bias;
  if (!biased && !std::ranges::any_of(change.key_factor, scales)) {
    run.changes = vector_changes(run.output.last_hidden, run.output.last_hidden);
    return {};
  }
  REGARD_TRY(ClipTextOutput plain, run.request.model->encoder.run(ids, unweighed, stop));
  run.changes = vector_changes(plain.last_hidden, run.output.last_hidden);
  run.plain_embedding = plain.embedding;
  run.plain = std::move(plain);
  return {};
}

// Compel's parts, one after another in `out.parsed.fragments`. @return the first fragment of each
std::vector<std::size_t> read_parts(std::string_view prompt, TokenizedPrompt& out) {
  CompelPrompt read = read_compel(prompt);
  std::vector<std::size_t> begins;
  std::vector<Fragment>& fragments = out.parsed.fragments;
  fragments.clear();
  if (read.parts.empty()) read.parts.emplace_back();
  out.parts.parts.clear();
  bool swaps = false, clamped = false;
  for (CompelPart& part : read.parts) {
    begins.push_back(fragments.size());
    const double weight = std::clamp(part.weight, -kMostWeight, kMostWeight);
    clamped = clamped || weight != part.weight;
    out.parts.parts.push_back({.weight = weight});
    for (CompelPiece& piece : part.pieces) {
      if (auto* fragment = std::get_if<Fragment>(&piece)) {
        fragments.push_back(std::move(*fragment));
        continue;
      }
      swaps = true;
      for (Fragment& one : std::get<CompelSwap>(piece).original) fragments.push_back(std::move(one));
    }
  }
  if (swaps) out.parsed.warnings.push_back({0, prompt.size(), "warning.swap"});
  if (clamped) out.parsed.warnings.push_back({0, prompt.size(), "warning.clamped"});
  out.parts.normalize = read.normalize;
  if (read.kind == CompelPrompt::Kind::kBlend) {
    out.parts.kind = PromptParts::Kind::kBlend;
  } else if (read.parts.size() > 1 || read.parts[0].weight != 1.0) {
    out.parts.kind = PromptParts::Kind::kAnd;
  }
  return begins;
}

// Whether what an image model is given is not the chunk's own output alone.
bool is_joined(const PromptParts& parts, int chunk, Weighting weighting) {
  if (parts.kind == PromptParts::Kind::kBlend) return true;
  if (parts.kind == PromptParts::Kind::kOne || weighting == Weighting::kNone) return false;
  return std::ranges::any_of(parts.parts, [chunk](const PromptParts::Part& part) {
    return chunk >= part.first_chunk && chunk < part.first_chunk + part.chunks && part.weight != 1.0;
  });
}

// The rows of this chunk in the conditioning of the whole prompt.
Result<void> join_run(TextRun& run, std::stop_token stop) {
  if (!run.request.hidden_words.empty() || run.request.hidden_end || !run.request.edits.empty())
    return fail(ErrorCode::kUnsupported,
                "hidden words: expected a prompt without .blend() and weights of .and()");
  REGARD_TRY(const Conditioning all, weigh_prompt(weigh_request(run.request), stop));
  int chunk = run.chunk;
  if (run.parts.kind == PromptParts::Kind::kBlend) {  // its parts lie on one another
    for (const PromptParts::Part& part : run.parts.parts) {
      if (run.chunk >= part.first_chunk) chunk = run.chunk - part.first_chunk;
    }
  }
  const Eigen::Index first = Eigen::Index{chunk} * all.positions;
  run.conditioning = all.after.middleRows(first, std::ssize(run.tokens));
  if (run.request.weighting != Weighting::kNone)
    run.changes.assign(all.changes.begin() + first, all.changes.begin() + first + std::ssize(run.tokens));
  return {};
}

}  // namespace

bool any_weighed(std::span<const Token> tokens) {
  return std::ranges::any_of(tokens, [](const Token& token) { return token.weight != 1.0; });
}

TokenizedPrompt tokenize_whole_prompt(const TextModel& model, std::string_view prompt, Syntax syntax) {
  TokenizedPrompt out;
  out.parsed = parse_prompt(syntax, prompt);
  out.parts.parts.resize(1);
  const std::vector<std::size_t> part_begins =
      syntax == Syntax::kCompel ? read_parts(prompt, out) : std::vector<std::size_t>{0};
  clamp_weights(prompt, out.parsed);
  out.warnings = out.parsed.warnings;
  Tokens tokens(model, prompt, out);
  tokens.add_mark(model.tokenizer.bos_id(), true, 0);
  std::size_t part = 1;
  for (std::size_t i = 0; i < out.parsed.fragments.size(); ++i) {
    for (; part < part_begins.size() && part_begins[part] <= i; ++part)
      out.part_ends.push_back(out.tokens.size());
    const Fragment& fragment = out.parsed.fragments[i];
    if (fragment.is_break) {
      out.breaks.push_back(out.tokens.size());
    } else {
      tokens.add(fragment,
                 static_cast<int>(i));  // each alone, as A1111 does: no BPE merge reaches across a weight
    }
  }
  out.part_ends.resize(part_begins.size(), out.tokens.size());
  tokens.add_mark(model.tokenizer.eos_id(), false, prompt.size());
  name_shared_letters(out.tokens);
  return out;
}

namespace {

// BOS, a token and EOS have to fit.
Result<void> check_positions(const TextRequest& request) {
  const int positions = request.model->encoder.config().positions;
  if (positions >= 3) return {};
  return fail(ErrorCode::kShape, "positions: expected at least 3, BOS, a token and EOS, got {}", positions);
}

}  // namespace

Result<Sequence> sequence_of(const TextRequest& request) {
  REGARD_TRY_DO(check_positions(request));
  const ChunkedPrompt read = tokenize_chunks(*request.model, request.prompt, request.syntax, request.rule);
  const int chunk = std::clamp(request.chunk, 0, static_cast<int>(read.chunks.size()) - 1);
  const PromptChunk& one = read.chunks[static_cast<std::size_t>(chunk)];
  return text_sequence(one.tokens, one.words);
}

namespace {

// What a model tells of its layers, as a run of them.
TellLayers so_far_of(const TextRun& run, const TellText& tell) {
  if (!tell) return {};
  return [&run, &tell, pace = Pace()](const AttentionRecord& record, int layers) mutable {
    if (!pace.due()) return;
    auto so_far = std::make_shared<TextRun>(run);
    so_far->whole = false;
    so_far->output.record = std::make_shared<const AttentionRecord>(record.first_layers(layers));
    so_far->trace =
        single_trace(run.request.model->name, text_sequence(run.tokens, run.words), so_far->output.record);
    tell(std::move(so_far));
  };
}

}  // namespace

Result<std::shared_ptr<const TextRun>> run_text(const TextRequest& request, std::stop_token stop,
                                                const TellText& tell) {
  REGARD_CHECK(request.model != nullptr);
  const auto begin = std::chrono::steady_clock::now();
  REGARD_TRY_DO(check_positions(request));
  ChunkedPrompt read = tokenize_chunks(*request.model, request.prompt, request.syntax, request.rule);
  auto run = std::make_shared<TextRun>();
  run->request = request;
  run->parsed = std::move(read.parsed);
  run->chunks = static_cast<int>(read.chunks.size());
  run->chunk = std::clamp(request.chunk, 0, run->chunks - 1);
  PromptChunk& chunk = read.chunks[static_cast<std::size_t>(run->chunk)];
  run->tokens = std::move(chunk.tokens);
  run->words = std::move(chunk.words);
  run->warnings = std::move(read.warnings);
  run->tokens_cut = read.tokens_cut;
  run->parts = std::move(read.parts);

  const std::vector<double> weights =
      usable_weights(run->tokens, request.normalisation, request.weighting, run->warnings);
  REGARD_TRY(Intervention edits, edits_of(*run));
  const std::vector<bool> hidden = hidden_tokens(*run, edits);
  edits.key_bias.clear();
  hide_keys(hidden, edits);
  Intervention change = edits;
  Intervention weighed = weigh_keys(weights, request.weighting);
  change.key_bias = std::move(weighed.key_bias);
  change.key_factor = std::move(weighed.key_factor);
  change.key_bias.resize(run->tokens.size(), 0.0f);  // so that a record always has a bias to show
  hide_keys(hidden, change);
  std::vector<int> ids;
  ids.reserve(run->tokens.size());
  for (const Token& token : run->tokens) ids.push_back(token.id);
  REGARD_TRY(run->output, request.model->encoder.run(ids, change, stop, so_far_of(*run, tell)));
  if (request.weighting != Weighting::kNone) {
    REGARD_TRY_DO(acts_inside(request.weighting)
                      ? compare_inside(*run, ids, change, hidden, edits, stop)
                      : weigh_run(*run, weights, hidden, changes_more(edits), stop));
  }
  if (is_joined(run->parts, run->chunk, request.weighting)) REGARD_TRY_DO(join_run(*run, stop));
  run->elapsed_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  run->trace = single_trace(request.model->name, text_sequence(run->tokens, run->words), run->output.record,
                            run->output.hidden_states);
  return run;
}

}  // namespace regard
