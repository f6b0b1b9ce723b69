#include "core/engine/match.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace regard {

Result<RowVector> embed_text(const TextModel& model, const std::string& text, std::stop_token stop) {
  const std::size_t room = static_cast<std::size_t>(std::max(2, model.encoder.config().positions));
  std::vector<int> ids{model.tokenizer.bos_id()};
  for (const Piece& piece : model.tokenizer.encode(text)) {
    if (ids.size() + 1 >= room) break;
    ids.push_back(piece.id);
  }
  ids.push_back(model.tokenizer.eos_id());
  REGARD_TRY(ClipTextOutput out, model.encoder.run(ids, {}, stop));
  if (out.embedding.size() == 0) {
    return fail(ErrorCode::kUnsupported,
                "{}: expected a text tower with a projection, which texts are compared by, got one without",
                model.name);
  }
  return std::move(out.embedding);
}

float cosine_of(const RowVector& a, const RowVector& b) {
  const float lengths = a.norm() * b.norm();
  return lengths > 0.0f ? a.dot(b) / lengths : 0.0f;
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
    REGARD_TRY(RowVector embedding, embed_text(text, each, stop));
    if (embedding.size() != image.size()) {
      return fail(ErrorCode::kShape, "{}: expected text embeddings of width {}, as {} has, got {}", text.name,
                  image.size(), model.name, embedding.size());
    }
    const float cosine = cosine_of(embedding, image);
    matches.push_back({each, cosine, scale * cosine, 0.0, std::move(embedding)});
  }
  double most = -INFINITY, sum = 0.0;
  for (const TextMatch& match : matches) most = std::max(most, static_cast<double>(match.logit));
  for (TextMatch& match : matches)
    sum += match.probability = std::exp(static_cast<double>(match.logit) - most);
  for (TextMatch& match : matches) match.probability /= sum;
  return matches;
}

LensContext lens_context(const VisionRun& picture, const RowVector& text, std::stop_token stop) {
  return {.vit = &picture.request.model->encoder,
          .output = &picture.output,
          .caption = text.size() > 0 ? &text : nullptr,
          .stop = std::move(stop)};
}

}  // namespace regard
