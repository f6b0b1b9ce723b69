#include "tests/judge/drawing.h"

#include <algorithm>
#include <cmath>

#include "tests/judge/joint_maps.h"

namespace regard::judge {
namespace {

constexpr int kLeast = 3;  // patches of an object that is there
constexpr int kLeastGlass = 7;
constexpr double kApart = 1.4;  // between centres, where one is beside or above the other

// The patches in which `is` holds.
template <class Is>
Patches where(std::size_t patches, Is is) {
  Patches out(patches);
  for (std::size_t i = 0; i < patches; ++i) out[i] = is(i);
  return out;
}

bool on_left(const Patches& patches, std::size_t patch) {
  const auto across = static_cast<std::size_t>(side_of(patches.size()));
  return patch % across < across / 2;
}

int count_half(const Patches& patches, bool left) {
  int n = 0;
  for (std::size_t i = 0; i < patches.size(); ++i) n += patches[i] && on_left(patches, i) == left;
  return n;
}

Patches half(const Patches& patches, bool left) {
  return where(patches.size(), [&](std::size_t i) { return patches[i] && on_left(patches, i) == left; });
}

struct Centre {
  double x = 0, y = 0;
};
Centre centre(const Patches& patches) {
  Share x, y;
  const auto across = static_cast<std::size_t>(side_of(patches.size()));
  for (std::size_t i = 0; i < patches.size(); ++i) {
    if (!patches[i]) continue;
    x.add(static_cast<double>(i % across));
    y.add(static_cast<double>(i / across));
  }
  return {x.mean(), y.mean()};
}

bool stand_so(const std::string& relation, const Centre& first, const Centre& second) {
  const double right = second.x - first.x, down = second.y - first.y;
  if (relation == "left") return right > kApart;
  if (relation == "right") return -right > kApart;
  if (relation == "above") return down > kApart;
  if (relation == "below") return -down > kApart;
  if (relation == "ride") return down > 1.0 && std::abs(right) < 2.4;
  return std::abs(right) > kApart;  // chase
}

// All of an object's kind; those of its colour, when that is named.
struct Found {
  Patches kind, right;
};
Found find(const Segmenter& segmenter, const Reading& reading, const SceneObject& object) {
  const int kind = segmenter.kind(object.kind), colour = segmenter.colour(object.colour);
  const std::size_t patches = reading.kind.size();
  return {where(patches, [&](std::size_t i) { return reading.kind[i] == kind; }),
          where(patches, [&](std::size_t i) {
            return reading.kind[i] == kind && (!object.named || reading.colour[i] == colour);
          })};
}

bool has_twin(const Scene& scene) {
  return scene.counted() == 2 && scene.objects[0].kind == scene.objects[1].kind;
}

Patches glass_of(const Segmenter& segmenter, const Reading& reading) {
  return where(reading.kind.size(), [&](std::size_t i) { return reading.kind[i] == segmenter.glass(); });
}

bool has_mirror(const Patches& glass, const Patches& object) {
  return std::max(count_half(glass, true), count_half(glass, false)) >= kLeastGlass &&
         std::min(count_half(object, true), count_half(object, false)) >= kLeast - 1;
}

}  // namespace

Verdict judge_drawing(const Segmenter& segmenter, const Reading& reading, const Scene& scene) {
  Verdict out;
  std::vector<Patches> right;
  for (int i = 0; i < scene.counted(); ++i) {
    const SceneObject& object = scene.objects[static_cast<std::size_t>(i)];
    const Found found = find(segmenter, reading, object);
    const int kind = count(found.kind), coloured = count(found.right);
    right.push_back(found.right);
    out.object.push_back(kind >= kLeast);
    if (!object.named) continue;
    out.binding.push_back(has_twin(scene) ? coloured >= kLeast : kind >= kLeast && coloured >= 0.6 * kind);
  }
  const auto yes = [](bool b) { return b; };
  out.whole = std::ranges::all_of(out.object, yes) && std::ranges::all_of(out.binding, yes);
  if (right.size() == 2 && scene.relation != "and") {
    out.relation = count(right[0]) >= kLeast - 1 && count(right[1]) >= kLeast - 1 &&
                   stand_so(scene.relation, centre(right[0]), centre(right[1]));
    out.whole = out.whole && *out.relation;
  }
  if (scene.is_mirror()) {
    out.mirror = has_mirror(glass_of(segmenter, reading), right[0]);
    out.whole = out.whole && *out.mirror;
  }
  return out;
}

std::optional<Patches> drawn_object(const Segmenter& segmenter, const Reading& reading, const Scene& scene,
                                    int object) {
  const Found found = find(segmenter, reading, scene.objects[static_cast<std::size_t>(object)]);
  if (!has_twin(scene)) return count(found.kind) >= kLeast ? std::optional(found.kind) : std::nullopt;
  const SceneObject &a = scene.objects[0], &b = scene.objects[1];
  const bool told_apart = a.named && b.named && a.colour != b.colour;
  return told_apart && count(found.right) >= kLeast ? std::optional(found.right) : std::nullopt;
}

std::optional<DrawnMirror> drawn_mirror(const Segmenter& segmenter, const Reading& reading,
                                        const Scene& scene) {
  const Patches object = find(segmenter, reading, scene.objects[0]).right;
  const Patches glass = glass_of(segmenter, reading);
  if (!scene.is_mirror() || !has_mirror(glass, object)) return std::nullopt;
  const bool left = count_half(glass, true) > count_half(glass, false);
  const Patches reflection = half(object, left);
  return DrawnMirror{where(glass.size(), [&](std::size_t i) { return glass[i] || reflection[i]; }),
                     half(object, !left), reflection};
}

}  // namespace regard::judge
