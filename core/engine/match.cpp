#include "core/engine/match.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace regard {

namespace {

// A text as the encoder reads it: BOS, what fits of its tokens, EOS.
struct ReadText {
  std::vector<int> ids;
  int tokens_cut = 0;
  std::size_t cut_start = 0;
};

ReadText read_text(const TextModel& model, const std::string& text) {
  const auto room = static_cast<std::size_t>(std::max(2, model.encoder.config().positions)) - 2;
  const std::vector<Piece> pieces = model.tokenizer.encode(text);
  const std::size_t kept = std::min(room, pieces.size());
  ReadText out{.ids = {model.tokenizer.bos_id()}};
  for (std::size_t i = 0; i < kept; ++i) out.ids.push_back(pieces[i].id);
  out.ids.push_back(model.tokenizer.eos_id());
  out.tokens_cut = static_cast<int>(pieces.size() - kept);
  if (kept < pieces.size()) out.cut_start = pieces[kept].start;
  return out;
}

Result<RowVector> embed(const TextModel& model, const ReadText& text, std::stop_token stop) {
  REGARD_TRY(ClipTextOutput out, model.encoder.run(text.ids, {}, stop));
  if (out.embedding.size() == 0) {
    return fail(ErrorCode::kUnsupported,
                "{}: expected a text tower with a projection, which texts are compared by, got one without",
                model.name);
  }
  return std::move(out.embedding);
}

}  // namespace

Result<RowVector> embed_text(const TextModel& model, const std::string& text, std::stop_token stop) {
  return embed(model, read_text(model, text), stop);
}

float cosine_of(const RowVector& a, const RowVector& b) {
  const float lengths = a.norm() * b.norm();
  return lengths == 0.0f ? 0.0f : a.dot(b) / lengths;
}

Result<std::vector<TextMatch>> match_texts(const VisionRun& picture, const TextModel& text,
                                           std::span<const std::string> texts, std::stop_token stop) {
  const RowVector& image = picture.output.embedding;
  const VisionModel& model = *picture.request.model;
  if (image.size() == 0) {
    return fail(ErrorCode::kUnsupported,
                "{}: expected a CLIP, which compares texts with pictures, got another "
                "vision model",
                model.name);
  }
  const float scale = std::exp(model.encoder.logit_scale().value_or(0.0f));
  std::vector<TextMatch> matches;
  for (const std::string& each : texts) {
    const ReadText read = read_text(text, each);
    REGARD_TRY(RowVector embedding, embed(text, read, stop));
    if (embedding.size() != image.size()) {
      return fail(ErrorCode::kShape, "{}: expected text embeddings of width {}, as {} has, got {}", text.name,
                  image.size(), model.name, embedding.size());
    }
    const float cosine = cosine_of(embedding, image);
    matches.push_back({.text = each,
                       .cosine = cosine,
                       .logit = scale * cosine,
                       .embedding = std::move(embedding),
                       .tokens_read = static_cast<int>(read.ids.size()),
                       .tokens_cut = read.tokens_cut,
                       .cut_start = read.cut_start});
  }
  double most = -INFINITY, sum = 0.0;
  for (const TextMatch& match : matches) most = std::max(most, static_cast<double>(match.logit));
  for (TextMatch& match : matches)
    sum += match.probability = std::exp(static_cast<double>(match.logit) - most);
  for (TextMatch& match : matches) match.probability /= sum;
  return matches;
}

LensContext lens_context(const VisionRun& picture, const RowVector& text, std::stop_token stop) {
  return {.tower = tower_of(picture.request.model->encoder, picture.output),
          .target = text.size() > 0 ? &text : nullptr,
          .trials = picture.request.edits.size(),
          .stop = std::move(stop)};
}

LensContext lens_context(const TextRun& prompt, const RowVector& text, std::stop_token stop) {
  return {.tower = tower_of(prompt.request.model->encoder, prompt.output),
          .target = text.size() > 0 ? &text : nullptr,
          .trials = prompt.request.edits.size(),
          .stop = std::move(stop)};
}

}  // namespace regard
