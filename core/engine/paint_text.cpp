#include "core/engine/paint_text.h"

#include <algorithm>
#include <utility>

#include "core/engine/paint_pooled.h"
#include "core/engine/text_chunks.h"
#include "core/engine/weigh.h"
#include "core/engine/weigh_keys.h"

namespace regard {
namespace {

constexpr int kMostChunks = 8;  // of a prompt; each is a pass of the encoder and 30 or 75 keys more

void add_new(const std::vector<PromptWarning>& from, std::vector<PromptWarning>& to) {
  for (const PromptWarning& one : from) {
    const bool there = std::ranges::any_of(to, [&one](const PromptWarning& other) {
      return other.start == one.start && other.end == one.end && other.key == one.key;
    });
    if (!there) to.push_back(one);
  }
}

// A chunk behind those that are there.
void append(const TextRun& run, PaintText& out) {
  const int first_token = static_cast<int>(out.tokens.size()),
            first_word = static_cast<int>(out.words.size());
  for (Token token : run.tokens) {
    if (token.word >= 0) token.word += first_word;
    out.tokens.push_back(std::move(token));
  }
  for (Word word : run.words) {
    word.first_token += first_token;
    word.last_token += first_token;
    out.words.push_back(word);
  }
  Matrix states(out.states.rows() + run.given().rows(), run.given().cols());
  if (out.states.rows() > 0) states.topRows(out.states.rows()) = out.states;
  states.bottomRows(run.given().rows()) = run.given();
  out.states = std::move(states);
  add_new(run.warnings, out.warnings);
  out.tokens_cut = run.tokens_cut;
}

// A blend's parts lie on one another: the first part's words, as many rows as the longest part reads.
Result<PaintText> read_blend(const TextRun& first, std::stop_token stop) {
  const TextRequest& asked = first.request;
  const ChunkedPrompt read = tokenize_chunks(*asked.model, asked.prompt, asked.syntax, asked.rule);
  REGARD_TRY(const Conditioning all, weigh_prompt(weigh_request(asked), stop));
  std::size_t rows = 0;
  for (const PromptChunk& chunk : read.chunks) rows = std::max(rows, chunk.tokens.size());
  if (all.chunks > 1) rows = all.tokens.size();
  PaintText out;
  out.tokens.assign(all.tokens.begin(), all.tokens.begin() + static_cast<std::ptrdiff_t>(rows));
  out.words = first.words;
  out.states = all.after.topRows(static_cast<Eigen::Index>(rows));
  out.warnings = first.warnings;
  out.warnings.push_back({0, asked.prompt.size(), "warning.blend_words"});
  out.tokens_cut = first.tokens_cut;
  return out;
}

}  // namespace

Result<PaintText> read_paint_text(const PaintRequest& request, const std::string& prompt,
                                  const HiddenWords& hidden, std::stop_token stop) {
  const bool inside = acts_inside(request.weighting);
  const bool encoder_weighs = !inside || request.place != WeightPlace::kPicture;
  TextRequest asked{.model = request.model->text,
                    .prompt = prompt,
                    .syntax = request.syntax,
                    .weighting = encoder_weighs ? request.weighting : Weighting::kNone,
                    .normalisation = request.normalisation,
                    .hidden_words = hidden.bytes,
                    .hidden_end = hidden.end};
  PaintText out;
  for (int chunk = 0, chunks = 1; chunk < chunks; ++chunk) {
    asked.chunk = chunk;
    REGARD_TRY(const auto run, run_text(asked, stop));
    chunks = run->chunks;
    if (chunks > kMostChunks)
      return fail(ErrorCode::kShape, "prompt: expected at most {} chunks, got {}", kMostChunks, chunks);
    if (run->parts.kind == PromptParts::Kind::kBlend) {
      REGARD_TRY(out, read_blend(*run, stop));
      break;
    }
    append(*run, out);
  }
  REGARD_TRY(out.pooled, pooled_text(request, prompt, hidden, stop));
  if (inside && request.place != WeightPlace::kEncoder) {
    std::vector<PromptWarning> warnings;
    out.picture_weights = usable_weights(out.tokens, request.normalisation, request.weighting, warnings);
    add_new(warnings, out.warnings);
  }
  return out;
}

Result<Matrix> encode_words(const TextModel& model, const PaintText& text, std::stop_token stop) {
  Matrix out(std::ssize(text.words), model.encoder.config().width);
  for (Eigen::Index w = 0; w < out.rows(); ++w) {
    const Word& word = text.words[static_cast<std::size_t>(w)];
    std::vector<int> ids{model.tokenizer.bos_id()};
    for (int t = word.first_token; t <= word.last_token; ++t)
      ids.push_back(text.tokens[static_cast<std::size_t>(t)].id);
    ids.push_back(model.tokenizer.eos_id());
    REGARD_TRY(const ClipTextOutput alone, model.encoder.run(ids, {}, stop));
    out.row(w) = alone.last_hidden.middleRows(1, std::ssize(ids) - 2).colwise().mean();
  }
  return out;
}

}  // namespace regard
