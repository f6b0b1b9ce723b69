#include "core/engine/vision_run.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <utility>

#include "core/base/check.h"
#include "core/engine/interventions.h"
#include "core/engine/pace.h"

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

bool resized(const VisionRun& run) {
  const VitConfig& config = run.request.model->encoder.config();
  return run.output.columns != config.columns() || run.output.rows != config.rows();
}

// What a model tells of its layers, as a run of them.
TellLayers so_far_of(const VisionRun& run, const Sequence& sequence, const TellVision& tell) {
  if (!tell) return {};
  return [&run, &sequence, &tell, pace = Pace()](const AttentionRecord& record, int layers) mutable {
    if (!pace.due()) return;
    auto so_far = std::make_shared<VisionRun>(run);
    so_far->whole = false;
    const Segment& image = *sequence.image();
    so_far->output.columns = image.columns;
    so_far->output.rows = image.rows;
    so_far->output.specials = run.request.model->encoder.config().specials();
    so_far->output.record = std::make_shared<const AttentionRecord>(record.first_layers(layers));
    so_far->resized_positions = resized(*so_far);
    so_far->trace = single_trace(run.request.model->name, sequence, so_far->output.record);
    tell(std::move(so_far));
  };
}

}  // namespace

Result<Sequence> sequence_of(const VisionRequest& request) {
  REGARD_CHECK(request.model != nullptr && request.image != nullptr);
  REGARD_TRY(const PreparedImage picture, prepare_for(request));
  return sequence_on(request, picture);
}

Result<std::shared_ptr<const VisionRun>> run_vision(const VisionRequest& request, std::stop_token stop,
                                                    const TellVision& tell) {
  REGARD_CHECK(request.model != nullptr && request.image != nullptr);
  const auto begin = std::chrono::steady_clock::now();
  auto run = std::make_shared<VisionRun>();
  run->request = request;
  REGARD_TRY(run->picture, prepare_for(request));
  const PreparedImage& picture = run->picture;
  Sequence sequence = sequence_on(request, picture);
  REGARD_TRY(const Intervention change, edits_of(request, sequence));
  REGARD_TRY(run->output, request.model->encoder.run(
                              picture.pixels, picture.width, picture.height, change, stop,
                              {.any_size = request.long_side != 0, .tell = so_far_of(*run, sequence, tell)}));
  run->resized_positions = resized(*run);
  run->elapsed_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  run->trace =
      single_trace(request.model->name, std::move(sequence), run->output.record, run->output.hidden_states);
  return run;
}

}  // namespace regard
