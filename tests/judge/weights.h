// What the weight of a word does to the picture: pictures drawn from one noise at several weights of a noun,
// or of its colour, and what they show. Counted as in judge.py, measure_series() and series_figures().
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/formats/json.h"
#include "tests/judge/cases.h"
#include "tests/judge/grid.h"
#include "tests/judge/joint_maps.h"

namespace regard::judge {

inline constexpr std::array kWeights = {0.5, 1.0, 1.5, 1.8};
using AtWeights = std::array<double, kWeights.size()>;

/// One picture of a series. Weight 1 of the noun is the picture without weights, of the colour too.
struct WeighedWord {
  Role role = Role::kNoun;
  double weight = 1.0;
};
/// The noun at kWeights and at 0; the colour at kWeights but 1.
std::vector<WeighedWord> weight_series();

/// The caption with a weight at the word of scene.weighed. Expects that the caption says that word.
std::string weighed_prompt(const Scene& scene, const WeighedWord& word);

/// Of the object whose words are weighed.
struct Series {
  AtWeights area = {};  // patches: the sum of the probability of its kind
  /// The median CIELAB chroma of the pixels of its inner patches; nothing when it is not there at each
  /// weight.
  std::optional<AtWeights> vividness;
  bool gone = false;          // at weight 0 its kind is not there
  bool left_out = false;      // nor anything else but the caption's other object
  std::optional<bool> stays;  // that other object is; nothing: the caption has none, or it is not there at 1
};
/// @param pictures  [3][S][S] in [-1, 1], a picture for each of weight_series()
/// Nothing when the object is not there at weight 1.
std::optional<Series> measure_series(const Segmenter& segmenter, std::span<const std::vector<float>> pictures,
                                     const Scene& scene);

struct SeriesFigures {
  Share there;
  std::vector<AtWeights> area, vividness;  // of each caption
  Share left_out, gone, stays;
  void add(const std::optional<Series>& series);
};
/// "fr", "en", "both".
using WeightFigures = std::map<std::string, SeriesFigures>;

/// Medians at each weight, 1.8 over 0.5 of these, and of how many captions the four values rise, and the last
/// is above the first.
Json to_json(const WeightFigures& figures);

/// CIELAB chroma (white D65) of sRGB in [0, 1].
double chroma(const std::array<double, 3>& rgb);

}  // namespace regard::judge
