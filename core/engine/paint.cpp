#include "core/engine/paint.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <exception>
#include <new>
#include <utility>

#include "core/base/check.h"
#include "core/diffusion/noise.h"
#include "core/diffusion/sampler.h"
#include "core/engine/paint_edits.h"
#include "core/engine/paint_text.h"
#include "core/engine/sequences.h"
#include "core/tensor/non_finite.h"
#include "core/tensor/threads.h"

namespace regard {
namespace {

constexpr double kMostKeptBytes = 4e9;  // records of a run

// The numbers a run stands on. Errors: shape.
Result<void> settle(PaintRun& run) {
  const PaintRequest& request = run.request;
  const PaintModel& model = *request.model;
  const MmditConfig& config = model.mmdit.config();
  run.steps = request.steps == 0 ? model.steps : request.steps;
  run.guidance = request.guidance.value_or(model.guidance);
  run.channels = config.channels;
  run.height = request.height == 0 ? config.sample_side : request.height;
  run.width = request.width == 0 ? config.sample_side : request.width;
  run.rows = run.height / config.patch;
  run.columns = run.width / config.patch;
  if (run.steps < 1 || run.steps > kMostPaintSteps)
    return fail(ErrorCode::kShape, "steps: expected 1 to {}, got {}", kMostPaintSteps, run.steps);
  if (!std::isfinite(run.guidance))
    return fail(ErrorCode::kShape, "guidance: expected a number, got {}", run.guidance);
  run.first_step = request.first_step;
  if (run.first_step < 0 || run.first_step >= run.steps)
    return fail(ErrorCode::kShape, "first step: expected 0 to {}, got {}", run.steps - 1, run.first_step);
  if (run.first_step > 0 && request.picture.empty())
    return fail(ErrorCode::kShape, "first step: expected 0 without a picture, got {}", run.first_step);
  const std::int64_t wanted = std::int64_t{run.channels} * run.height * run.width;
  const bool fits = run.height > 0 && run.width > 0 && run.height % config.patch == 0 &&
                    run.width % config.patch == 0 && run.rows <= config.position_side &&
                    run.columns <= config.position_side;
  if (!fits) {
    return fail(ErrorCode::kShape, "noise: expected sides that are multiples of {}, at most {}, got {} x {}",
                config.patch, config.patch * config.position_side, run.width, run.height);
  }
  for (const auto& [numbers, what] : {std::pair(&request.noise, "noise"), {&request.picture, "picture"}}) {
    if (!numbers->empty() && std::ssize(*numbers) != wanted) {
      return fail(ErrorCode::kShape, "{}: expected {} numbers, {} x {} x {}, got {}", what, wanted,
                  run.channels, run.height, run.width, numbers->size());
    }
    if (!std::ranges::all_of(*numbers, [](float v) { return std::isfinite(v); }))
      return fail(ErrorCode::kShape, "{}: expected finite numbers, got NaN or an infinity", what);
  }
  run.times = shifted_times(run.steps, model.schedule.shift);
  return {};
}

// Errors: shape.
Result<void> check_memory(const PaintRun& run) {
  const MmditConfig& config = run.request.model->mmdit.config();
  const int drawn = run.steps - run.first_step;
  const auto bytes = [&](const PaintText& text) {
    const double keys = run.patches() + static_cast<double>(text.tokens.size());
    return 4.0 * drawn * config.layers * config.heads * keys * (2.0 * keys + 4.0 * config.head_width);
  };
  double kept = 0.0;
  if (run.request.keep != KeepRecords::kNone) kept += bytes(run.prompt);
  if (run.request.keep == KeepRecords::kBoth && !run.negative.tokens.empty()) kept += bytes(run.negative);
  if (run.request.output_space)
    kept += 4.0 * drawn * config.layers * static_cast<double>(run.prompt.words.size()) * run.patches();
  if (kept <= kMostKeptBytes) return {};
  return fail(ErrorCode::kShape,
              "steps: expected a drawing whose attention takes at most {:.0f} MB, got {:.0f} MB in {} steps",
              kMostKeptBytes * 1e-6, kept * 1e-6, drawn);
}

/// The two halves of a step, asked by draw().
class Halves {
 public:
  /// @param concepts  [W][J] to look for in the half with the prompt; no row: nothing
  Halves(const PaintRun& run, const PaintEdits& edits, const Matrix& concepts, std::stop_token stop)
      : run_(run),
        edits_(edits),
        concepts_(concepts.rows() > 0 ? &concepts : nullptr),
        stop_(std::move(stop)) {}

  Result<StepPrediction> predict(int step, float time, std::span<const float> x) {
    const StepChange change = edits_.at(step);
    const bool guided = !run_.negative.tokens.empty();
    std::array<Result<MmditOutput>, 2> halves;  // with the prompt, without
    try {
      parallel_for(guided ? 2 : 1, 1, [&](int begin, int end) {
        for (int i = begin; i < end; ++i) {
          halves[static_cast<std::size_t>(i)] =
              i == 0
                  ? half(*change.states, *change.pooled, concepts_, change.conditional, time, x)
                  : half(run_.negative.states, run_.negative.pooled, nullptr, change.unconditional, time, x);
        }
      });
    } catch (const std::bad_alloc&) {
      return fail(ErrorCode::kMemory, "step {}: memory: expected enough for two passes, got none", step + 1);
    } catch (const std::exception& thrown) {  // by a library
      return fail(ErrorCode::kIo, "step {}: expected two passes of the transformer, got {}", step + 1,
                  thrown.what());
    }
    StepPrediction out;
    if (guided) {
      REGARD_TRY(MmditOutput without, std::move(halves[1]));
      unconditional = keep(without);
      out.without_prompt = std::move(without.predicted);
    }
    REGARD_TRY(MmditOutput with, std::move(halves[0]));
    conditional = keep(with);
    output_space = std::make_shared<const std::vector<Matrix>>(std::move(with.concept_maps));
    out.with_prompt = std::move(with.predicted);
    prediction = out;
    return out;
  }

  // Of the step that was asked last.
  StepPrediction prediction;
  std::shared_ptr<const AttentionRecord> conditional, unconditional;
  std::shared_ptr<const std::vector<Matrix>> output_space;

 private:
  Result<MmditOutput> half(const Matrix& text, const std::vector<float>& pooled, const Matrix* concepts,
                           const Intervention& change, float time, std::span<const float> x) const {
    const PaintModel& model = *run_.request.model;
    return model.mmdit.run({.latent = x,
                            .height = run_.height,
                            .width = run_.width,
                            .text = text,
                            .pooled = pooled,
                            .timestep = time * static_cast<float>(model.schedule.train_steps),
                            .concepts = concepts},
                           change, stop_);
  }

  // A number that is none spreads to the whole prediction. Nobody else has seen the record yet.
  static std::shared_ptr<const AttentionRecord> keep(const MmditOutput& out) {
    std::const_pointer_cast<AttentionRecord>(out.record)->non_finite = count_non_finite(out.predicted).count;
    return out.record;
  }

  const PaintRun& run_;
  const PaintEdits& edits_;
  const Matrix* concepts_;
  std::stop_token stop_;
};

// Where the drawing begins: noise, or the picture brought to its step's time with it.
std::vector<float> start_of(const PaintRun& run) {
  const PaintRequest& request = run.request;
  std::vector<float> x = request.noise;
  if (x.empty())
    x = gaussian_noise(request.seed, static_cast<std::size_t>(run.channels) *
                                         static_cast<std::size_t>(run.height) *
                                         static_cast<std::size_t>(run.width));
  if (request.picture.empty()) return x;
  const float time = run.times[static_cast<std::size_t>(run.first_step)];
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = (1.0f - time) * request.picture[i] + time * x[i];
  return x;
}

Result<void> walk(PaintRun& run, const PaintSeen& seen, std::stop_token stop) {
  const PaintRequest& request = run.request;
  REGARD_TRY(const auto edits, PaintEdits::read(run, stop));
  Matrix concepts;
  if (request.output_space) {
    REGARD_TRY(concepts, encode_words(*request.model->text, run.prompt, stop));
  }
  Halves halves(run, edits, concepts, stop);
  std::vector<float> x = start_of(run);
  run.x.push_back(x);
  const auto predict = [&](int step, float time, std::span<const float> from) {
    return halves.predict(run.first_step + step, time, from);
  };
  const auto after = [&](int step, std::span<const float> now, std::span<const float> x0) {
    run.x.emplace_back(now.begin(), now.end());
    run.x0.emplace_back(x0.begin(), x0.end());
    run.predictions.push_back(std::move(halves.prediction));
    if (request.keep != KeepRecords::kNone) run.trace.records.push_back(halves.conditional);
    if (request.keep == KeepRecords::kBoth && halves.unconditional)
      run.trace.negative_records.push_back(halves.unconditional);
    if (concepts.rows() > 0) run.trace.concept_maps.push_back(halves.output_space);
    const int absolute = run.first_step + step;
    if (seen)
      seen({absolute, run.times[static_cast<std::size_t>(absolute)], now, x0, run, halves.conditional,
            halves.unconditional});
  };
  const auto times = std::span(run.times).subspan(static_cast<std::size_t>(run.first_step));
  REGARD_TRY_DO(draw(std::move(x), times, request.model->schedule.prediction,
                     static_cast<float>(run.guidance), predict, after, stop));
  return {};
}

}  // namespace

std::string_view weight_place_name(WeightPlace place) {
  if (place == WeightPlace::kEncoder) return "encoder";
  return place == WeightPlace::kBoth ? "both" : "picture";
}

Result<std::shared_ptr<const PaintRun>> run_paint(const PaintRequest& request, const PaintSeen& seen,
                                                  std::stop_token stop) {
  REGARD_CHECK(request.model != nullptr);
  const auto begin = std::chrono::steady_clock::now();
  auto run = std::make_shared<PaintRun>();
  run->request = request;
  REGARD_TRY_DO(settle(*run));
  REGARD_TRY(run->prompt, read_paint_text(request, request.prompt, {}, stop));
  if (run->guidance != 1.0) {
    REGARD_TRY(run->negative, read_paint_text(request, request.negative, {}, stop));
  }
  run->trace.model = request.model->name;
  run->trace.first_step = run->first_step;
  const Sequence image = image_sequence({}, run->rows, run->columns);
  run->trace.prompt = joined(image, text_sequence(run->prompt.tokens, run->prompt.words));
  if (run->guidance != 1.0)
    run->trace.negative = joined(image, text_sequence(run->negative.tokens, run->negative.words));
  REGARD_TRY_DO(check_memory(*run));
  REGARD_TRY_DO(walk(*run, seen, stop));
  run->elapsed_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return run;
}

std::vector<std::uint8_t> picture_bytes(std::span<const float> x, int height, int width) {
  const auto plane = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  REGARD_CHECK(x.size() == 3 * plane);
  std::vector<std::uint8_t> rgb(3 * plane);
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      const float value = 127.5f * (x[c * plane + i] + 1.0f);
      rgb[3 * i + c] = value > 0.0f ? static_cast<std::uint8_t>(std::lround(std::min(value, 255.0f))) : 0;
    }
  }
  return rgb;
}

}  // namespace regard
