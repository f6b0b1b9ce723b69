// The table of weighting schemes: a line each, in the order of menus. What a line says: WeightingScheme
// (weighting.h).
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/prompt/weighting.h"

namespace regard {
namespace {

float log_of(double weight) { return static_cast<float>(std::log(weight)); }  // ln 0 = -inf, which hides

float as_factor(double weight) {
  constexpr double kMost = std::numeric_limits<float>::max();
  return static_cast<float>(std::clamp(weight, -kMost, kMost));
}

// The vectors alone, of schemes that rescale nothing.
Result<WeighedVectors> vectors(Result<MatrixD> out) {
  if (!out) return std::unexpected(std::move(out.error()));
  return WeighedVectors{std::move(*out)};
}

Result<WeighedVectors> a1111(const OutputToWeigh& in) {
  return weigh_a1111(in.z, in.tokens.weights, in.tokens.positions);
}
Result<WeighedVectors> scale(const OutputToWeigh& in) {
  return vectors(weigh_scale(in.z, in.tokens.weights));
}
Result<WeighedVectors> comfyui(const OutputToWeigh& in) {
  return vectors(weigh_comfyui(in.z, in.empty, in.tokens.weights));
}
Result<WeighedVectors> compel(const OutputToWeigh& in) {
  return vectors(weigh_compel(in.tokens, in.z, in.empty, in.encode, in.compel_down, in.pad_id));
}
Result<WeighedVectors> comfy_plus_plus(const OutputToWeigh& in) {
  return vectors(weigh_comfy_plus_plus(in.tokens, in.z, in.encode, in.mask_id));
}
Result<WeighedVectors> down_weight(const OutputToWeigh& in) {
  return vectors(weigh_down(in.tokens, in.z, in.encode, in.mask_id));
}

constexpr auto kWeightings = std::to_array<WeightingScheme>({
    {.weighting = Weighting::kAttention,
     .name = "attention",
     .help = "ln weight on the scores of the word's column",
     .key_bias = log_of,
     .takes_negative = false},
    {.weighting = Weighting::kNone, .name = "none"},
    {.weighting = Weighting::kPromptToPrompt,
     .name = "prompt-to-prompt",
     .help = "attention times weight, rows no longer sum to 1",
     .key_factor = as_factor},
    {.weighting = Weighting::kA1111, .name = "a1111", .output = a1111, .rescales_chunk = true},
    {.weighting = Weighting::kScale, .name = "scale", .output = scale},
    {.weighting = Weighting::kComfyUI, .name = "comfyui", .output = comfyui, .reads_empty = true},
    {.weighting = Weighting::kCompel,
     .name = "compel",
     .output = compel,
     .reads_empty = true,
     .encodes_again = true},
    {.weighting = Weighting::kComfyPlusPlus,
     .name = "comfy++",
     .output = comfy_plus_plus,
     .encodes_again = true},
    {.weighting = Weighting::kDownWeight,
     .name = "down_weight",
     .output = down_weight,
     .encodes_again = true},
});

// Every value of Weighting has its line, at its own place, with a name and at most one place where it acts.
constexpr bool is_sound(const WeightingScheme& scheme, std::size_t place) {
  const bool inside = scheme.key_bias != nullptr || scheme.key_factor != nullptr;
  return static_cast<std::size_t>(scheme.weighting) == place && !scheme.name.empty() &&
         !(inside && scheme.output != nullptr);
}
static_assert(kWeightings.size() == kAllWeightings.size());
static_assert([] {
  for (std::size_t i = 0; i < kWeightings.size(); ++i) {
    if (!is_sound(kWeightings[i], i)) return false;
  }
  return true;
}());

}  // namespace

const WeightingScheme& scheme_of(Weighting weighting) {
  const auto place = static_cast<std::size_t>(weighting);
  REGARD_CHECK(place < kWeightings.size());
  return kWeightings[place];
}

std::string_view weighting_name(Weighting weighting) { return scheme_of(weighting).name; }

std::optional<Weighting> weighting_from_name(std::string_view name) {
  const auto found = std::ranges::find(kWeightings, name, &WeightingScheme::name);
  return found == kWeightings.end() ? std::nullopt : std::optional(found->weighting);
}

bool acts_inside(Weighting weighting) {
  const WeightingScheme& scheme = scheme_of(weighting);
  return scheme.key_bias != nullptr || scheme.key_factor != nullptr;
}

Moves what_moves(Weighting weighting) {
  if (acts_inside(weighting)) {
    return {.scores = true, .attention = true, .hidden = true, .output = true, .pooled = true};
  }
  return {.output = scheme_of(weighting).output != nullptr};
}

}  // namespace regard
