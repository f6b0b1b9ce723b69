#include "core/engine/vision_run.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <utility>

#include "core/base/check.h"
#include "core/engine/interventions.h"

namespace regard {
namespace {

Result<PreparedImage> prepare_for(const VisionRequest& request) {
  if (request.long_side < 0 || request.long_side > kMostPatchesASide) {
    return fail(ErrorCode::kShape, "patches along the longer side: expected 0 to {}, got {}",
                kMostPatchesASide, request.long_side);
  }
  const VisionModel& model = *request.model;
  if (request.long_side == 0) return prepare(*request.image, model.processor);
  const auto [columns, rows] = fitted_grid(request.image->width, request.image->height, request.long_side);
  return prepare_fitted(*request.image, model.processor, model.encoder.config().patch, columns, rows);
}

Sequence sequence_on(const VisionRequest& request, const PreparedImage& picture) {
  const Vit& encoder = request.model->encoder;
  const int patch = encoder.config().patch;
  return image_sequence(encoder.special_names(), picture.height / patch, picture.width / patch);
}

// What the request's edits come to.
Result<Intervention> edits_of(const VisionRequest& request, const Sequence& sequence) {
  if (request.from != nullptr && request.from->request.model != request.model)
    return fail(ErrorCode::kShape, "other run: expected one of the same model, got another's");
  const VitConfig& config = request.model->encoder.config();
  return read_edits(request.edits, {.run = kVisionRun,
                                    .sequence = sequence,
                                    .layers = config.layers,
                                    .heads = config.heads,
                                    .width = config.width,
                                    .other = request.from != nullptr ? &request.from->trace : nullptr});
}

}  // namespace

Result<Sequence> sequence_of(const VisionRequest& request) {
  REGARD_CHECK(request.model != nullptr && request.image != nullptr);
  REGARD_TRY(const PreparedImage picture, prepare_for(request));
  return sequence_on(request, picture);
}

Result<std::shared_ptr<const VisionRun>> run_vision(const VisionRequest& request, std::stop_token stop) {
  REGARD_CHECK(request.model != nullptr && request.image != nullptr);
  const auto begin = std::chrono::steady_clock::now();
  REGARD_TRY(auto picture, prepare_for(request));
  const VitConfig& config = request.model->encoder.config();
  Sequence sequence = sequence_on(request, picture);
  REGARD_TRY(const Intervention change, edits_of(request, sequence));
  REGARD_TRY(auto output, request.model->encoder.run(picture.pixels, picture.width, picture.height, change,
                                                     stop, {.any_size = request.long_side != 0}));
  auto run = std::make_shared<VisionRun>();
  run->request = request;
  run->picture = std::move(picture);
  run->resized_positions = output.columns != config.columns() || output.rows != config.rows();
  run->output = std::move(output);
  run->elapsed_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  run->trace =
      single_trace(request.model->name, std::move(sequence), run->output.record, run->output.hidden_states);
  return run;
}

}  // namespace regard
