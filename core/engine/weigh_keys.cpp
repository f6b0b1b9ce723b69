#include "core/engine/weigh_keys.h"

namespace regard {
namespace {

// Weights without a logarithm become 1; one warning a word, over its tokens.
void keep_logarithms(std::span<const Token> tokens, std::vector<double>& weights,
                     std::vector<PromptWarning>& warnings) {
  int warned_word = -1;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    if (weights[t] >= 0.0) continue;
    weights[t] = 1.0;
    const Token& token = tokens[t];
    if (token.word == warned_word) {
      warnings.back().end = token.end;
    } else {
      warnings.push_back({token.start, token.end, "warning.negative"});
      warned_word = token.word;
    }
  }
}

}  // namespace

std::vector<double> usable_weights(std::span<const Token> tokens, TokenNormalisation normalisation,
                                   Weighting weighting, std::vector<PromptWarning>& warnings) {
  std::vector<double> weights;
  std::vector<int> words;
  for (const Token& token : tokens) {
    weights.push_back(token.weight);
    words.push_back(token.word);
  }
  weights = normalise_weights(weights, words, normalisation);
  if (!scheme_of(weighting).takes_negative) keep_logarithms(tokens, weights, warnings);
  return weights;
}

Intervention weigh_keys(std::span<const double> weights, Weighting weighting, int keys_before) {
  Intervention change;
  if (weights.empty()) return change;
  const auto keys = [&](float of_others, float (*of_weight)(double)) {
    std::vector<float> out(static_cast<std::size_t>(keys_before), of_others);
    for (const double weight : weights) out.push_back(of_weight(weight));
    return out;
  };
  const WeightingScheme& scheme = scheme_of(weighting);
  if (scheme.key_bias != nullptr) change.key_bias = keys(0.0f, scheme.key_bias);
  if (scheme.key_factor != nullptr) change.key_factor = keys(1.0f, scheme.key_factor);
  return change;
}

}  // namespace regard
