#include "core/prompt/weighting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/base/check.h"
#include "core/prompt/warnings.h"

namespace regard {
namespace {

constexpr std::array<std::pair<TokenNormalisation, std::string_view>, 4> kNormalisations = {{
    {TokenNormalisation::kNone, "none"},
    {TokenNormalisation::kMean, "mean"},
    {TokenNormalisation::kLength, "length"},
    {TokenNormalisation::kLengthMean, "length+mean"},
}};

// Weights as a column, to scale the rows of a matrix with.
Eigen::Map<const Eigen::VectorXd> column(std::span<const double> weights) {
  return {weights.data(), std::ssize(weights)};
}

void shrink_by_length(std::vector<double>& weights, std::span<const int> words) {
  std::unordered_map<int, int> tokens_of;
  for (const int word : words) ++tokens_of[word];
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (words[i] < 0 || weights[i] == 1.0) continue;
    weights[i] = 1.0 + (weights[i] - 1.0) / std::sqrt(static_cast<double>(tokens_of[words[i]]));
  }
}

void move_mean_to_one(std::vector<double>& weights, std::span<const int> words) {
  double sum = 0.0;
  int count = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (words[i] < 0) continue;
    sum += weights[i];
    ++count;
  }
  if (count == 0) return;
  const double shift = 1.0 - sum / count;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (words[i] >= 0) weights[i] += shift;
  }
}

}  // namespace

void clamp_weights(std::string_view prompt, ParsedPrompt& parsed) {
  const std::vector<PromptWarning> said = parsed.warnings;  // 101 at most
  for (Fragment& fragment : parsed.fragments) {
    if (fragment.is_break || std::abs(fragment.weight) <= kMostWeight) continue;
    fragment.weight = std::copysign(kMostWeight, fragment.weight);
    if (fragment.text.empty()) continue;
    const std::size_t start = fragment.source.front(),
                      end = source_end(prompt, fragment, fragment.text.size() - 1);
    const bool known = std::ranges::any_of(said, [&](const PromptWarning& one) {
      return one.key == "warning.clamped" && one.end + 1 >= start && one.start <= end + 1;
    });
    if (!known) warn(parsed, "warning.clamped", start, end);
  }
}

std::string_view normalisation_name(TokenNormalisation normalisation) {
  const auto found =
      std::ranges::find(kNormalisations, normalisation, [](const auto& entry) { return entry.first; });
  REGARD_CHECK(found != kNormalisations.end());
  return found->second;
}

std::optional<TokenNormalisation> normalisation_from_name(std::string_view name) {
  const auto found = std::ranges::find(kNormalisations, name, [](const auto& entry) { return entry.second; });
  return found == kNormalisations.end() ? std::nullopt : std::optional(found->first);
}

std::vector<double> normalise_weights(std::span<const double> weights, std::span<const int> words,
                                      TokenNormalisation normalisation) {
  REGARD_CHECK(weights.size() == words.size());
  using enum TokenNormalisation;
  std::vector<double> out(weights.begin(), weights.end());
  if (normalisation == kLength || normalisation == kLengthMean) shrink_by_length(out, words);
  if (normalisation == kMean || normalisation == kLengthMean) move_mean_to_one(out, words);
  return out;
}

std::vector<double> weights_over_largest(std::span<const double> weights, std::span<const int> words) {
  REGARD_CHECK(weights.size() == words.size());
  std::vector<double> out(weights.begin(), weights.end());
  if (out.empty()) return out;
  const double top = std::ranges::max(out);
  const double most = std::min(top, 1.0);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = words[i] < 0 ? most : out[i] / top * most;
  return out;
}

WeighedVectors weigh_a1111(ConstMatrixDRef z, std::span<const double> weights, int positions) {
  REGARD_CHECK(positions > 0 && z.rows() % positions == 0);
  WeighedVectors result{weigh_scale(z, weights), {}};
  for (Eigen::Index first = 0; first < z.rows(); first += positions) {
    // Both summed in one order, so that weights of 1 give a factor of exactly 1.
    const MatrixD before = z.middleRows(first, positions), after = result.out.middleRows(first, positions);
    const double factor = before.mean() / after.mean();
    if (std::isfinite(factor)) result.out.middleRows(first, positions) *= factor;
    result.factors.push_back(factor);
  }
  return result;
}

MatrixD weigh_scale(ConstMatrixDRef z, std::span<const double> weights) {
  REGARD_CHECK(std::ssize(weights) == z.rows());
  return column(weights).asDiagonal() * z;
}

MatrixD weigh_comfyui(ConstMatrixDRef z, ConstMatrixDRef empty, std::span<const double> weights) {
  REGARD_CHECK(std::ssize(weights) == z.rows() && empty.rows() > 0 && z.rows() % empty.rows() == 0 &&
               z.cols() == empty.cols());
  MatrixD out = z;
  for (Eigen::Index p = 0; p < z.rows(); ++p) {
    const double weight = weights[static_cast<std::size_t>(p)];
    if (weight == 1.0) continue;
    const auto from = empty.row(p % empty.rows());
    out.row(p) = from + weight * (z.row(p) - from);
  }
  return out;
}

MatrixD attention_log_weight(ConstMatrixDRef scores, std::span<const double> weights) {
  REGARD_CHECK(std::ssize(weights) == scores.cols());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  MatrixD out = scores;
  out.rowwise() += column(weights).array().log().matrix().transpose();
  for (Eigen::Index t = 0; t < out.rows(); ++t) {
    const double top = out.row(t).maxCoeff();
    if (top == -kInfinity) {  // nothing can be read: zeros, as softmax_row gives
      out.row(t).setZero();
      continue;
    }
    out.row(t) = (out.row(t).array() - top).exp().matrix();
    out.row(t) /= out.row(t).sum();
  }
  return out;
}

MatrixD attention_prompt_to_prompt(ConstMatrixDRef attention, std::span<const double> factors) {
  REGARD_CHECK(std::ssize(factors) == attention.cols());
  return attention * column(factors).asDiagonal();
}

std::vector<VectorChange> vector_changes(ConstMatrixRef before, ConstMatrixRef after) {
  REGARD_CHECK(before.rows() == after.rows() && before.cols() == after.cols());
  std::vector<VectorChange> out;
  for (Eigen::Index p = 0; p < before.rows(); ++p) {
    const Eigen::RowVectorXd a = before.row(p).cast<double>(), b = after.row(p).cast<double>();
    const double lengths = a.norm() * b.norm();
    out.push_back({a.norm(), b.norm(), lengths == 0.0 ? 1.0 : std::clamp(a.dot(b) / lengths, -1.0, 1.0)});
  }
  return out;
}

}  // namespace regard
