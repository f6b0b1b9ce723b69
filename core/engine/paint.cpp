#include "core/engine/paint.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/diffusion/noise.h"
#include "core/diffusion/sampler.h"

namespace regard {
namespace {

constexpr int kMostChunks = 8;          // of a prompt; each is a pass of the encoder and 30 or 75 keys more
constexpr double kMostKeptBytes = 4e9;  // records of a run

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

// What a weighting that acts inside attention does to the keys of the words.
void weigh_keys(const PaintRequest& request, PaintText& text) {
  constexpr double kMost = std::numeric_limits<float>::max();
  std::vector<double> weights;
  std::vector<int> words;
  for (const Token& token : text.tokens) {
    weights.push_back(token.weight);
    words.push_back(token.word);
  }
  weights = normalise_weights(weights, words, request.normalisation);
  if (request.weighting == Weighting::kAttention) {
    std::vector<Token> tokens = text.tokens;
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i].weight = weights[i];
    std::vector<PromptWarning> warnings;
    text.key_bias = attention_bias(tokens, warnings);
    add_new(warnings, text.warnings);
  } else {
    for (const double weight : weights)
      text.key_factor.push_back(static_cast<float>(std::clamp(weight, -kMost, kMost)));
  }
}

Result<PaintText> read_words(const PaintRequest& request, const std::string& prompt, std::stop_token stop) {
  const bool inside = acts_inside(request.weighting);
  const bool encoder_weighs = !inside || request.place != WeightPlace::kPicture;
  TextRequest asked{.model = request.model->text,
                    .prompt = prompt,
                    .syntax = request.syntax,
                    .weighting = encoder_weighs ? request.weighting : Weighting::kNone,
                    .normalisation = request.normalisation};
  PaintText out;
  for (int chunk = 0, chunks = 1; chunk < chunks; ++chunk) {
    asked.chunk = chunk;
    const auto run = run_text(asked, stop);
    if (!run) return std::unexpected(run.error());
    chunks = (*run)->chunks;
    if (chunks > kMostChunks)
      return fail(ErrorCode::kShape, "prompt: expected at most {} chunks, got {}", kMostChunks, chunks);
    append(**run, out);
  }
  if (inside && request.place != WeightPlace::kEncoder) weigh_keys(request, out);
  return out;
}

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
  const std::int64_t wanted = std::int64_t{run.channels} * run.height * run.width;
  const bool fits = run.height > 0 && run.width > 0 && run.height % config.patch == 0 &&
                    run.width % config.patch == 0 && run.rows <= config.position_side &&
                    run.columns <= config.position_side;
  if (!fits) {
    return fail(ErrorCode::kShape, "noise: expected sides that are multiples of {}, at most {}, got {} x {}",
                config.patch, config.patch * config.position_side, run.width, run.height);
  }
  if (!request.noise.empty() && std::ssize(request.noise) != wanted) {
    return fail(ErrorCode::kShape, "noise: expected {} numbers, {} x {} x {}, got {}", wanted, run.channels,
                run.height, run.width, request.noise.size());
  }
  if (!std::ranges::all_of(request.noise, [](float v) { return std::isfinite(v); }))
    return fail(ErrorCode::kShape, "noise: expected finite numbers, got NaN or an infinity");
  run.times = shifted_times(run.steps, model.schedule.shift);
  return {};
}

// Errors: shape.
Result<void> check_memory(const PaintRun& run) {
  const MmditConfig& config = run.request.model->mmdit.config();
  const auto bytes = [&](const PaintText& text) {
    const double keys = run.patches() + static_cast<double>(text.tokens.size());
    return 4.0 * run.steps * config.layers * config.heads * keys * (2.0 * keys + 3.0 * config.head_width);
  };
  double kept = 0.0;
  if (run.request.keep != KeepRecords::kNone) kept += bytes(run.prompt);
  if (run.request.keep == KeepRecords::kBoth && !run.negative.tokens.empty()) kept += bytes(run.negative);
  if (kept <= kMostKeptBytes) return {};
  return fail(ErrorCode::kShape,
              "steps: expected a drawing whose attention takes at most {:.0f} MB, got {:.0f} MB in {} steps",
              kMostKeptBytes * 1e-6, kept * 1e-6, run.steps);
}

Intervention change_of(const PaintText& text, int patches) {
  Intervention change;
  const auto joint = [patches](const std::vector<float>& keys, float of_patches) {
    if (keys.empty()) return std::vector<float>{};
    std::vector<float> out(static_cast<std::size_t>(patches), of_patches);
    out.insert(out.end(), keys.begin(), keys.end());
    return out;
  };
  change.key_bias = joint(text.key_bias, 0.0f);
  change.key_factor = joint(text.key_factor, 1.0f);
  return change;
}

/// The two halves of a step, asked by draw().
class Halves {
 public:
  Halves(PaintRun& run, std::stop_token stop)
      : run_(run),
        stop_(std::move(stop)),
        change_(change_of(run.prompt, run.patches())),
        negative_change_(change_of(run.negative, run.patches())) {}

  Result<StepPrediction> predict(float time, std::span<const float> x) {
    std::future<Result<MmditOutput>> beside;
    if (!run_.negative.tokens.empty()) {
      beside = std::async(std::launch::async,
                          [this, time, x] { return half(run_.negative, negative_change_, time, x); });
    }
    Result<MmditOutput> with = half(run_.prompt, change_, time, x);
    StepPrediction out;
    if (beside.valid()) {
      Result<MmditOutput> without = beside.get();
      if (!without) return std::unexpected(std::move(without.error()));
      unconditional = keep(*without);
      out.without_prompt = std::move(without->predicted);
    }
    if (!with) return std::unexpected(std::move(with.error()));
    conditional = keep(*with);
    out.with_prompt = std::move(with->predicted);
    return out;
  }

  std::shared_ptr<const AttentionRecord> conditional, unconditional;  // of the step that was asked last

 private:
  Result<MmditOutput> half(const PaintText& text, const Intervention& change, float time,
                           std::span<const float> x) const {
    const PaintModel& model = *run_.request.model;
    return model.mmdit.run({.latent = x,
                            .height = run_.height,
                            .width = run_.width,
                            .text = text.states,
                            .pooled = {},
                            .timestep = time * static_cast<float>(model.schedule.train_steps)},
                           change, stop_);
  }

  // A number that is none spreads to the whole prediction. Nobody else has seen the record yet.
  static std::shared_ptr<const AttentionRecord> keep(const MmditOutput& out) {
    std::const_pointer_cast<AttentionRecord>(out.record)->non_finite =
        std::ranges::count_if(out.predicted, [](float v) { return !std::isfinite(v); });
    return out.record;
  }

  PaintRun& run_;
  std::stop_token stop_;
  Intervention change_, negative_change_;
};

Result<void> walk(PaintRun& run, const PaintSeen& seen, std::stop_token stop) {
  const PaintRequest& request = run.request;
  Halves halves(run, stop);
  std::vector<float> noise = request.noise;
  if (noise.empty())
    noise = gaussian_noise(request.seed, static_cast<std::size_t>(run.channels * run.height * run.width));
  run.x.push_back(noise);
  const auto predict = [&halves](int, float time, std::span<const float> x) {
    return halves.predict(time, x);
  };
  const auto after = [&](int step, std::span<const float> x, std::span<const float> x0) {
    run.x.emplace_back(x.begin(), x.end());
    run.x0.emplace_back(x0.begin(), x0.end());
    if (request.keep != KeepRecords::kNone) run.conditional.push_back(halves.conditional);
    if (request.keep == KeepRecords::kBoth && halves.unconditional)
      run.unconditional.push_back(halves.unconditional);
    if (seen)
      seen({step, run.times[static_cast<std::size_t>(step)], x, x0, run, halves.conditional,
            halves.unconditional});
  };
  const auto drawn = draw(std::move(noise), run.times, request.model->schedule.prediction,
                          static_cast<float>(run.guidance), predict, after, stop);
  if (!drawn) return std::unexpected(drawn.error());
  return {};
}

}  // namespace

Result<std::shared_ptr<const PaintRun>> run_paint(const PaintRequest& request, const PaintSeen& seen,
                                                  std::stop_token stop) {
  REGARD_CHECK(request.model != nullptr);
  const auto begin = std::chrono::steady_clock::now();
  auto run = std::make_shared<PaintRun>();
  run->request = request;
  if (auto r = settle(*run); !r) return std::unexpected(std::move(r.error()));
  auto prompt = read_words(request, request.prompt, stop);
  if (!prompt) return std::unexpected(std::move(prompt.error()));
  run->prompt = std::move(*prompt);
  if (run->guidance != 1.0) {
    auto negative = read_words(request, request.negative, stop);
    if (!negative) return std::unexpected(std::move(negative.error()));
    run->negative = std::move(*negative);
  }
  if (auto r = check_memory(*run); !r) return std::unexpected(std::move(r.error()));
  if (auto r = walk(*run, seen, stop); !r) return std::unexpected(std::move(r.error()));
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
