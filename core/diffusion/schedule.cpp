#include "core/diffusion/schedule.h"

#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/formats/utf8.h"
#include "core/models/config_section.h"

namespace regard {

namespace {

Result<void> check_class(const Section& in) {
  const Json* name = in.find("_class_name");
  if (name != nullptr && *name == "FlowMatchEulerDiscreteScheduler") return {};
  return fail(ErrorCode::kUnsupported, "{}_class_name: expected \"FlowMatchEulerDiscreteScheduler\", got {}",
              in.where, name == nullptr ? "none" : shown(*name));
}

// Other ways to space the times, which we would silently get wrong.
Result<void> check_spacing(const Section& in) {
  for (const char* key : {"use_dynamic_shifting", "use_karras_sigmas", "use_exponential_sigmas",
                          "use_beta_sigmas", "invert_sigmas", "stochastic_sampling", "shift_terminal"}) {
    const Json* value = in.find(key);
    if (value != nullptr && !value->is_null() && *value != false) {
      return fail(ErrorCode::kUnsupported, "{}{}: expected false, got {}", in.where, key, shown(*value));
    }
  }
  return {};
}

Result<Prediction> read_prediction(const Section& in) {
  const Json* value = in.find("prediction_type");
  if (value == nullptr || value->is_null()) return Prediction::kVelocity;
  if (*value == "sample") return Prediction::kSample;
  return fail(ErrorCode::kUnsupported, "{}prediction_type: expected \"sample\" or none, got {}", in.where,
              shown(*value));
}

}  // namespace

Result<Schedule> read_schedule(const Json& config, std::string_view label) {
  if (!config.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(config));
  const Section in{&config, fmt::format("{}: ", label)};
  REGARD_TRY_DO(check_class(in));
  REGARD_TRY_DO(check_spacing(in));
  REGARD_TRY(auto prediction, read_prediction(in));
  Schedule out{.prediction = prediction};
  REGARD_TRY_DO(get_positive(in, "shift", 100.0, out.shift));
  REGARD_TRY_DO(get_int(in, "num_train_timesteps", 1, 1'000'000, out.train_steps));
  return out;
}

Result<Schedule> open_schedule(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "scheduler_config.json";
  REGARD_TRY(auto config, read_json(path));
  return read_schedule(config, printable(path.string(), 4096));
}

std::vector<float> shifted_times(int steps, double shift) {
  REGARD_CHECK(steps >= 1 && shift > 0);
  std::vector<float> times;
  times.reserve(static_cast<std::size_t>(steps) + 1);
  for (int i = steps; i >= 0; --i) {
    const double t = static_cast<double>(i) / steps;
    times.push_back(static_cast<float>(shift * t / (1.0 + (shift - 1.0) * t)));
  }
  return times;
}

}  // namespace regard
