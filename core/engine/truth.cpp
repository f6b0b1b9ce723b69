#include "core/engine/truth.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/analysis/islands.h"
#include "core/text/find_word.h"

namespace regard {
namespace {

bool any(const std::vector<bool>& mask) { return std::ranges::find(mask, true) != mask.end(); }

template <class Is>
std::vector<bool> where(std::size_t patches, Is is) {
  std::vector<bool> out(patches);
  for (std::size_t i = 0; i < patches; ++i) out[i] = is(i);
  return out;
}

std::vector<bool> mask_of(const std::vector<int>& tokens, const VisionRun& run) {
  std::vector<bool> out(static_cast<std::size_t>(run.patches()));
  for (const int token : tokens) out[static_cast<std::size_t>(token - run.output.specials)] = true;
  return out;
}

std::string in_language(const std::map<std::string, std::string>& words, std::string_view language) {
  const auto found = words.find(std::string(language));
  if (found != words.end()) return found->second;
  return words.empty() ? std::string() : words.begin()->second;
}

}  // namespace

Result<MapScore> score_map(std::span<const float> map, const std::vector<bool>& mask) {
  if (map.size() != mask.size() || map.empty())
    return fail(ErrorCode::kShape, "map: expected {} patches, got {}", mask.size(), map.size());
  const bool sound = std::ranges::all_of(map, [](float value) { return value >= 0.0f; });
  const float most = std::ranges::max(map);
  if (!sound || !(most > 0.0f) || !std::isfinite(most))
    return fail(ErrorCode::kUnsupported, "map: expected numbers of which none is negative, got others");
  MapScore out;
  double sum = 0.0, inside = 0.0;
  int both = 0, either = 0, patches = 0;
  for (std::size_t i = 0; i < map.size(); ++i) {
    const bool high = map[i] >= most / 2.0f;
    sum += static_cast<double>(map[i]);
    if (mask[i]) inside += static_cast<double>(map[i]);
    both += high && mask[i] ? 1 : 0;
    either += high || mask[i] ? 1 : 0;
    patches += mask[i] ? 1 : 0;
  }
  out.points = mask[static_cast<std::size_t>(std::ranges::max_element(map) - map.begin())];
  out.iou = static_cast<double>(both) / either;
  out.share = inside / sum;
  out.chance = static_cast<double>(patches) / static_cast<double>(map.size());
  return out;
}

std::optional<std::vector<bool>> named_patches(const KnownWords& known, const Segmenter& segmenter,
                                               const Segmenter::Reading& reading, std::string_view word) {
  if (const int kind = segmenter.kind(known.meaning_of(word, "things")); kind > 0)
    return where(reading.kind.size(), [&](std::size_t i) { return reading.kind[i] == kind; });
  if (const int colour = segmenter.colour(known.meaning_of(word, "colours")); colour > 0) {
    return where(reading.kind.size(), [&](std::size_t i) {
      return reading.kind[i] > 0 && reading.kind[i] != segmenter.glass() && reading.colour[i] == colour;
    });
  }
  return std::nullopt;
}

std::optional<Truth> truth_of_word(const PaintRun& run, const Segmenter& segmenter,
                                   const Segmenter::Reading& reading, std::string_view word) {
  const auto known = run.request.model->text->words;
  if (known == nullptr || reading.kind.size() != static_cast<std::size_t>(run.patches())) return std::nullopt;
  auto mask = named_patches(*known, segmenter, reading, word);
  if (!mask || !any(*mask)) return std::nullopt;
  return Truth{.what = Truth::What::kNamed, .name = std::string(word), .mask = std::move(*mask)};
}

std::vector<Truth> truths_of_patch(const PaintRun& run, const Segmenter::Reading& reading, int patch) {
  const std::size_t count = reading.kind.size(), at = static_cast<std::size_t>(patch);
  if (count != static_cast<std::size_t>(run.patches()) || at >= count || reading.kind[at] == 0) return {};
  RowVector same(static_cast<Eigen::Index>(count));
  for (std::size_t i = 0; i < count; ++i)
    same(static_cast<Eigen::Index>(i)) = reading.kind[i] == reading.kind[at] ? 1.0f : 0.0f;
  const std::vector<int> label = islands(same, run.rows, run.columns, 0.5f, 1);
  std::vector<Truth> out;
  out.push_back(
      {Truth::What::kItself, {}, where(count, [&](std::size_t i) { return label[i] == label[at]; })});
  Truth twin{Truth::What::kTwin, {}, where(count, [&](std::size_t i) {
               return label[i] != 0 && label[i] != label[at];
             })};
  if (any(twin.mask)) out.push_back(std::move(twin));
  return out;
}

std::shared_ptr<const Segmenter::Reading> seen_in(const PaintModel& model, std::span<const float> x,
                                                  int height, int width) {
  const auto pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  if (model.segmenter == nullptr || x.size() != 3 * pixels || height != width ||
      !model.segmenter->reads(height) || height / model.mmdit.config().patch != model.segmenter->grid())
    return nullptr;
  return std::make_shared<const Segmenter::Reading>(model.segmenter->read(x));
}

std::shared_ptr<const Segmenter::Reading> seen_in(const PaintRun& run) {
  if (run.x.empty()) return nullptr;
  return seen_in(*run.request.model, run.x.back(), run.height, run.width);
}

MirrorPatches mirror_in(const PaintRun& run, const Segmenter& segmenter, const Segmenter::Reading& reading) {
  constexpr int kLeastGlass = 7, kLeastThing = 2;
  const auto& known = run.request.model->text->words;
  const std::size_t count = reading.kind.size();
  if (known == nullptr || count != static_cast<std::size_t>(run.patches())) return {};
  int kind = 0, colour = 0;
  for (const Word& word : run.prompt.words) {
    const std::string_view text =
        std::string_view(run.request.prompt).substr(word.start, word.end - word.start);
    if (kind == 0) kind = segmenter.kind(known->meaning_of(text, "things"));
    if (colour == 0) colour = segmenter.colour(known->meaning_of(text, "colours"));
  }
  if (kind == 0) return {};
  const auto on_left = [&](std::size_t i) {
    return static_cast<int>(i) % run.columns < (run.columns + 1) / 2;
  };
  std::vector<int> left, right;
  int glass_left = 0, glass_right = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (reading.kind[i] == segmenter.glass()) ++(on_left(i) ? glass_left : glass_right);
    if (reading.kind[i] == kind && (colour == 0 || reading.colour[i] == colour))
      (on_left(i) ? left : right).push_back(static_cast<int>(i));
  }
  if (std::max(glass_left, glass_right) < kLeastGlass ||
      std::min(std::ssize(left), std::ssize(right)) < kLeastThing)
    return {};
  return glass_left > glass_right ? MirrorPatches{std::move(left), std::move(right)}
                                  : MirrorPatches{std::move(right), std::move(left)};
}

std::vector<Truth> truths_of_patch(const VisionRun& run, const std::vector<SceneObject>& objects, int token,
                                   std::string_view language) {
  // Of several, the smallest: a rider on a horse, an object before a mirror.
  int own = -1;
  std::vector<std::vector<int>> tokens;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    tokens.push_back(tokens_of(objects[i], run));
    const bool covers = std::ranges::binary_search(tokens[i], token);
    if (covers && (own < 0 || tokens[i].size() < tokens[static_cast<std::size_t>(own)].size()))
      own = static_cast<int>(i);
  }
  if (own < 0) return {};
  const auto truth = [&](Truth::What what, int object) {
    const auto index = static_cast<std::size_t>(object);
    return Truth{what, in_language(objects[index].noun, language), mask_of(tokens[index], run)};
  };
  std::vector<Truth> out{truth(Truth::What::kItself, own)};
  for (int i = 0; i < std::ssize(objects); ++i) {
    const bool mirrors = objects[static_cast<std::size_t>(i)].reflection_of == own ||
                         objects[static_cast<std::size_t>(own)].reflection_of == i;
    if (i != own && mirrors) out.push_back(truth(Truth::What::kTwin, i));
  }
  std::erase_if(out, [](const Truth& each) { return !any(each.mask); });
  return out;
}

std::vector<Truth> truths_of_caption(const VisionRun& run, const std::vector<SceneObject>& objects,
                                     std::string_view caption) {
  const auto named_by = [&](const std::map<std::string, std::string>& words) -> std::string {
    for (const auto& [language, word] : words) {
      if (has_word(caption, word)) return word;
    }
    return {};
  };
  std::vector<Truth> out;
  const bool any_colour = std::ranges::any_of(
      objects, [&](const SceneObject& object) { return !named_by(object.colour).empty(); });
  for (const SceneObject& object : objects) {
    const std::string noun = named_by(object.noun);
    if (noun.empty()) continue;
    // "un chat rouge" beside a grey cat names one of them.
    const bool rivals = std::ranges::count_if(objects, [&](const SceneObject& other) {
                          return other.noun == object.noun && other.colour != object.colour;
                        }) > 0;
    if (rivals && any_colour && named_by(object.colour).empty()) continue;
    Truth truth{Truth::What::kNamed, noun, mask_of(tokens_of(object, run), run)};
    const auto same = std::ranges::find_if(out, [&](const Truth& other) { return other.name == truth.name; });
    if (!any(truth.mask)) continue;
    if (same == out.end()) {
      out.push_back(std::move(truth));
    } else {  // the thing and its reflection are both what the word names
      for (std::size_t i = 0; i < truth.mask.size(); ++i) same->mask[i] = same->mask[i] || truth.mask[i];
    }
  }
  return out;
}

}  // namespace regard
