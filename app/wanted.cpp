#include "app/wanted.h"
#include "core/engine/interventions.h"

#include <algorithm>

#include "core/engine/text_chunks.h"
#include "core/prompt/grammar.h"

namespace regard {
namespace {

TextRequest request_for(const AppState& state, const Reading& reading) {
  const Document& doc = state.doc;
  const bool same_program = reading.syntax == doc.syntax;
  return {.model = state.model,
          .prompt = doc.prompt,
          .syntax = reading.syntax,
          .weighting = reading.weighting,
          .normalisation = doc.normalisation,
          .rule = same_program ? doc.chunk_rule : std::nullopt,
          .chunk = doc.chunk};
}

// Whether every word an edit is about is in the prompt as it is read now.
bool finds_words(const PaintEdit& edit, const ChunkedPrompt& prompt) {
  const auto found = [&](const PromptWord& asked) {
    if (asked.kind != PromptWord::Kind::kWord) return true;
    return std::ranges::any_of(prompt.chunks, [&](const PromptChunk& chunk) {
      return std::ranges::any_of(chunk.words, [&](const Word& word) { return word.holds(asked.byte); });
    });
  };
  return std::ranges::all_of(arguments_of(edit).words, found);
}

bool finds_parts(const PaintEdit& edit, const MmditConfig& config) {
  const EditArguments told = arguments_of(edit);
  return told.block.value_or(0) < config.layers && told.head.value_or(0) < config.heads;
}

// The drawing without what is tried on it, from noise.
PaintRequest plain_drawing(const AppState& state) {
  const Document& doc = state.doc;
  const PaintDocument& paint = doc.paint;
  PaintRequest request;
  request.model = state.paint_model;
  request.prompt = doc.prompt;
  request.negative = paint.negative;
  request.syntax = doc.syntax;
  request.weighting = doc.weighting;
  request.normalisation = doc.normalisation;
  request.place = paint.place;
  request.seed = paint.seed;
  request.steps = paint.steps == 0 ? std::min(request.model->steps, kMostShownSteps) : paint.steps;
  request.guidance = paint.guidance;
  request.output_space = true;
  return request;
}

// The same noise without what is tried; nothing when nothing is.
std::optional<PaintRequest> compared_drawing(const AppState& state, const PaintRequest& drawing) {
  const Document& doc = state.doc;
  const std::string plain = without_weights(doc.syntax, doc.prompt);
  const std::string before = doc.paint.before.value_or(plain);
  if (drawing.edits.empty() && plain == doc.prompt && before == doc.prompt) return std::nullopt;
  PaintRequest compared = drawing;
  compared.edits.clear();
  compared.prompt = before;
  compared.keep = KeepRecords::kConditional;
  compared.output_space = false;
  return compared;
}

}  // namespace

std::optional<TextRequest> text_request(const AppState& state) {
  if (!state.model || (state.opening && !state.run)) return std::nullopt;
  TextRequest request = request_for(state, {state.doc.syntax, state.doc.weighting});
  if (state.run && state.run->request == request) return std::nullopt;
  return request;
}

std::optional<TextRequest> other_request(const AppState& state) {
  if (state.view.workspace != Workspace::kCompare || !state.model || (state.opening && !state.run))
    return std::nullopt;
  TextRequest request = request_for(state, state.doc.other);
  if (state.other_run && state.other_run->request == request) return std::nullopt;
  return request;
}

std::optional<ImageRequest> image_request(const AppState& state) {
  const bool there =
      state.image && state.image_name == state.doc.picture.image && state.image_read == state.image_wanted;
  if (there) return std::nullopt;
  return ImageRequest{state.doc.picture.image, state.image_wanted};
}

std::optional<VisionRequest> vision_request(const AppState& state) {
  if (!state.vision_model || !state.image || image_request(state)) return std::nullopt;
  if (state.opening && !state.vision) return std::nullopt;
  VisionRequest request{state.vision_model, state.image, state.doc.picture.long_side};
  if (state.vision && state.vision->request == request) return std::nullopt;
  return request;
}

std::optional<MatchRequest> match_request(const AppState& state) {
  if (!state.vision || !state.model || state.doc.picture.captions.empty()) return std::nullopt;
  return MatchRequest{state.vision, state.model, state.doc.picture.captions};
}

std::optional<WantedPainting> wanted_painting(const AppState& state) {
  if (state.view.workspace != Workspace::kPainting || !state.paint_model) return std::nullopt;
  if (state.opening && !state.painting.run) return std::nullopt;
  const PaintDocument& paint = state.doc.paint;
  WantedPainting out{.job = {.request = plain_drawing(state), .before = {}, .picture = {}}, .lost_edits = {}};
  PaintRequest& request = out.job.request;
  if (!paint.picture.empty()) {
    out.job.picture = paint.picture;
    request.first_step = std::clamp(paint.picture_step, 0, request.steps - 1);
  }
  ChunkedPrompt prompt;
  if (!paint.edits.empty())
    prompt = tokenize_chunks(*request.model->text, state.doc.prompt, state.doc.syntax);
  for (std::size_t i = 0; i < paint.edits.size(); ++i) {
    const PaintEdit& edit = paint.edits[i];
    if (finds_parts(edit, request.model->mmdit.config()) && finds_words(edit, prompt)) {
      request.edits.push_back(edit);
    } else {
      out.lost_edits.push_back(i);
    }
  }
  out.job.before = compared_drawing(state, request);
  return out;
}

}  // namespace regard
