#include "app/state/picture_pairs.h"

#include <algorithm>
#include <iterator>

namespace regard {
namespace {

constexpr PairScene kPairs[] = {
    {"pair.mirror", "scene-2", "scene-1", {0.73f, 0.55f}},
    {"pair.animal", "scene-1", "little-world-72", {0.35f, 0.55f}},
    {"pair.moon", "scene-3", "little-world-36", {0.5f, 0.45f}},
    {"pair.other", "scene-6", "scene-5", {0.3f, 0.6f}},
    {"pair.itself", "scene-2", "scene-2", {0.3f, 0.55f}},
};

}  // namespace

std::span<const PairScene> picture_pairs() { return kPairs; }

std::string pair_name(const PairScene& scene) {
  const std::string_view key = scene.key;
  return std::string(key.substr(key.find('.') + 1));
}

const PairScene* find_pair(std::string_view name) {
  const auto* const found = std::ranges::find(kPairs, name, pair_name);
  return found == std::end(kPairs) ? nullptr : found;
}

}  // namespace regard
