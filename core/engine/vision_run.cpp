#include "core/engine/vision_run.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <utility>

#include "core/base/check.h"
#include "core/tensor/non_finite.h"

namespace regard {
namespace {

Result<PreparedImage> prepare_for(const VisionRequest& request) {
  const VisionModel& model = *request.model;
  if (request.long_side == 0) return prepare(*request.image, model.processor);
  const auto [columns, rows] = fitted_grid(request.image->width, request.image->height, request.long_side);
  return prepare_fitted(*request.image, model.processor, model.encoder.config().patch, columns, rows);
}

// A number that is none spreads to every later token: the last hidden state tells.
std::int64_t non_finite_in(const VitOutput& output) {
  const Matrix& last = output.last_hidden;
  return count_non_finite({last.data(), static_cast<std::size_t>(last.size())}).count;
}

}  // namespace

Result<std::shared_ptr<const VisionRun>> run_vision(const VisionRequest& request, std::stop_token stop) {
  REGARD_CHECK(request.model != nullptr && request.image != nullptr);
  const auto begin = std::chrono::steady_clock::now();
  if (request.long_side < 0 || request.long_side > kMostPatchesASide) {
    return fail(ErrorCode::kShape, "patches along the longer side: expected 0 to {}, got {}",
                kMostPatchesASide, request.long_side);
  }
  REGARD_TRY(auto picture, prepare_for(request));
  const VitConfig& config = request.model->encoder.config();
  REGARD_TRY(auto output, request.model->encoder.run(picture.pixels, picture.width, picture.height, {}, stop,
                                                     {.any_size = request.long_side != 0}));
  auto run = std::make_shared<VisionRun>();
  run->request = request;
  run->picture = std::move(picture);
  run->resized_positions = output.columns != config.columns() || output.rows != config.rows();
  run->output = std::move(output);
  run->elapsed_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  // Nobody else has seen the record yet; from here on it is only read.
  std::const_pointer_cast<AttentionRecord>(run->output.record)->non_finite = non_finite_in(run->output);
  run->trace = single_trace(
      request.model->name,
      image_sequence(request.model->encoder.special_names(), run->output.rows, run->output.columns),
      run->output.record, run->output.hidden_states);
  return run;
}

}  // namespace regard
