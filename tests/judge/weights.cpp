#include "tests/judge/weights.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace regard::judge {
namespace {

constexpr int kLeastThere = 3;  // patches of an object that is there

int patches_of_kind(const Reading& reading, int kind) {
  return static_cast<int>(std::ranges::count(reading.kind, kind));
}

// The sum over all patches of the probability of a class.
double probable_area(const Matrix& scores, int kind) {
  double sum = 0.0;
  for (const auto& row : scores.rowwise()) {
    const double most = double{row.maxCoeff()};
    double all = 0.0;
    for (const float score : row) all += std::exp(double{score} - most);
    sum += std::exp(double{row(kind)} - most) / all;
  }
  return sum;
}

// Of the patches of a kind those whose four neighbours are of it, too; all, where there is none.
Patches inner(const Reading& reading, int kind) {
  const int across = side_of(reading.kind.size());
  const auto is = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < across && y < across &&
           reading.kind[static_cast<std::size_t>(y * across + x)] == kind;
  };
  Patches all, inside;
  for (int y = 0; y < across; ++y) {
    for (int x = 0; x < across; ++x) {
      all.push_back(is(x, y));
      inside.push_back(is(x, y) && is(x - 1, y) && is(x + 1, y) && is(x, y - 1) && is(x, y + 1));
    }
  }
  return count(inside) > 0 ? inside : all;
}

// As numpy's: of an even number the mean of the middle two. Expects some.
double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2.0;
}

double vividness_of(const std::vector<float>& picture, const Reading& reading, int kind) {
  const std::size_t pixels = picture.size() / 3;
  const Pixels where = pixels_of(inner(reading, kind), side_of(pixels));
  std::vector<double> found;
  for (std::size_t i = 0; i < pixels; ++i) {
    const auto level = [&](std::size_t c) { return (double{picture[c * pixels + i]} + 1.0) / 2.0; };
    if (where[i]) found.push_back(chroma({level(0), level(1), level(2)}));
  }
  return median(std::move(found));
}

double rounded(double value) { return std::round(value * 1000.0) / 1000.0; }
Json json_of(const Share& share) { return Json::array({rounded(share.mean()), share.count}); }

Json json_of(const std::vector<AtWeights>& captions) {
  Json medians = Json::array();
  std::vector<double> middle;
  for (std::size_t i = 0; i < kWeights.size(); ++i) {
    std::vector<double> values;
    for (const AtWeights& one : captions) values.push_back(one[i]);
    middle.push_back(median(std::move(values)));
    medians.push_back(rounded(middle.back()));
  }
  Share rises, larger;
  for (const AtWeights& one : captions) {
    rises.add(std::ranges::is_sorted(one));
    larger.add(one.back() > one.front());
  }
  return {{"median", medians},
          {"ratio", rounded(middle.back() / std::max(middle.front(), 1e-6))},
          {"rises", json_of(rises)},
          {"larger", json_of(larger)}};
}

}  // namespace

std::vector<WeighedWord> weight_series() {
  std::vector<WeighedWord> out;
  for (const double weight : kWeights) out.push_back({Role::kNoun, weight});
  out.push_back({Role::kNoun, 0.0});
  for (const double weight : kWeights) {
    if (weight != 1.0) out.push_back({Role::kColour, weight});
  }
  return out;
}

std::string weighed_prompt(const Scene& scene, const WeighedWord& word) {
  if (word.weight == 1.0) return scene.caption;
  const SceneWord* const at = scene.word(word.role, scene.weighed);
  REGARD_CHECK(at != nullptr);
  const std::string text = scene.caption.substr(at->start, at->end - at->start);
  return scene.caption.substr(0, at->start) + fmt::format("({}:{})", text, word.weight) +
         scene.caption.substr(at->end);
}

std::optional<Series> measure_series(const Segmenter& segmenter, std::span<const std::vector<float>> pictures,
                                     const Scene& scene) {
  const std::vector<WeighedWord> words = weight_series();
  REGARD_CHECK(pictures.size() == words.size());
  std::vector<Reading> readings;
  for (const auto& picture : pictures) readings.push_back(segmenter.read(picture));
  // A colour at weight 1 is the noun at weight 1.
  const auto at = [&](Role role, double weight) {
    const auto found = std::ranges::find_if(
        words, [&](const WeighedWord& w) { return w.weight == weight && (w.role == role || weight == 1.0); });
    return static_cast<std::size_t>(found - words.begin());
  };
  const auto kind_of = [&](int object) {
    return segmenter.kind(scene.objects[static_cast<std::size_t>(object)].kind);
  };
  const int kind = kind_of(scene.weighed), other = scene.counted() == 2 ? kind_of(1 - scene.weighed) : -1;
  const auto there = [&](std::size_t picture, int what) {
    return patches_of_kind(readings[picture], what) >= kLeastThere;
  };
  const std::size_t plain = at(Role::kNoun, 1.0), none = at(Role::kNoun, 0.0);
  if (!there(plain, kind)) return std::nullopt;
  Series out{.vividness = AtWeights{}, .stays = {}};
  for (std::size_t i = 0; i < kWeights.size(); ++i) {
    out.area[i] = probable_area(segmenter.scores(pictures[at(Role::kNoun, kWeights[i])]).kinds, kind);
    const std::size_t coloured = at(Role::kColour, kWeights[i]);
    if (!there(coloured, kind)) out.vividness.reset();
    if (out.vividness) (*out.vividness)[i] = vividness_of(pictures[coloured], readings[coloured], kind);
  }
  out.gone = !there(none, kind);
  const auto unasked = std::ranges::count_if(
      readings[none].kind, [&](int what) { return what > 0 && what != segmenter.glass() && what != other; });
  out.left_out = unasked < kLeastThere;
  if (other > 0 && there(plain, other)) out.stays = there(none, other);
  return out;
}

void SeriesFigures::add(const std::optional<Series>& series) {
  there.add(series.has_value());
  if (!series) return;
  area.push_back(series->area);
  if (series->vividness) vividness.push_back(*series->vividness);
  left_out.add(series->left_out);
  gone.add(series->gone);
  if (series->stays) stays.add(*series->stays);
}

Json to_json(const WeightFigures& figures) {
  Json out = Json::object();
  for (const auto& [language, f] : figures) {
    Json& one = out[language];
    one = {{"there", json_of(f.there)},
           {"left_out", json_of(f.left_out)},
           {"gone", json_of(f.gone)},
           {"stays", json_of(f.stays)}};
    if (!f.area.empty()) one["area"] = json_of(f.area);
    if (!f.vividness.empty()) one["vividness"] = json_of(f.vividness);
  }
  return {{"weights", kWeights}, {"drawn", out}};
}

double chroma(const std::array<double, 3>& rgb) {
  // sRGB to XYZ, IEC 61966-2-1; CIELAB of white D65.
  static constexpr double kToXyz[3][3] = {{0.4124564, 0.3575761, 0.1804375},
                                          {0.2126729, 0.7151522, 0.0721750},
                                          {0.0193339, 0.1191920, 0.9503041}};
  static constexpr double kWhite[3] = {0.95047, 1.0, 1.08883};
  std::array<double, 3> linear = {}, f = {};
  for (std::size_t i = 0; i < 3; ++i)
    linear[i] = rgb[i] <= 0.04045 ? rgb[i] / 12.92 : std::pow((rgb[i] + 0.055) / 1.055, 2.4);
  for (std::size_t i = 0; i < 3; ++i) {
    const double value =
        (kToXyz[i][0] * linear[0] + kToXyz[i][1] * linear[1] + kToXyz[i][2] * linear[2]) / kWhite[i];
    f[i] = value > 216.0 / 24389.0 ? std::cbrt(value) : (24389.0 / 27.0 * value + 16.0) / 116.0;
  }
  return std::hypot(500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2]));
}

}  // namespace regard::judge
