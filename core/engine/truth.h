// Was the map right? In Little World it is known what stands where: scenes come with masks, and in drawings a
// segmenter finds the objects. Any map over such a picture is measured against them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/known_words.h"
#include "core/engine/paint.h"
#include "core/engine/scene.h"
#include "core/engine/vision_run.h"
#include "core/models/segmenter.h"

namespace regard {

/// Patches of a picture that a map ought to point at, and why.
struct Truth {
  enum class What {
    kNamed,   // what the word, or the caption, names
    kItself,  // the object that the patch belongs to
    kTwin,    // the same thing again: its reflection, or what it reflects
  };
  What what = What::kNamed;
  std::string name;        // of the object, as the word or the scene says it; empty: no word says it
  std::vector<bool> mask;  // [N] patches, row-major; at least one is true
};

/// A map against a mask. All in [0, 1].
struct MapScore {
  bool points = false;  // its largest patch is in the mask
  double iou = 0;       // of the mask and the patches with at least half of the largest value
  double share = 0;     // of the map's sum that lies in the mask
  double chance = 0;    // the mask's share of all patches: what `share` and pointing would be anywhere
};
/// @param map  [N], none negative, none NaN; its sum above 0   Errors: shape, unsupported.
Result<MapScore> score_map(std::span<const float> map, const std::vector<bool>& mask);

/// What a word of a drawing's prompt names, where the segmenter finds it: a thing, the glass of a mirror, or
/// what has a colour. Nothing: the word names nothing that is known, or it was not drawn.
std::optional<Truth> truth_of_word(const PaintRun& run, const Segmenter& segmenter,
                                   const Segmenter::Reading& reading, std::string_view word);
/// What a patch of a drawing belongs to, and other things of its kind. Empty: it belongs to nothing. `name`
/// stays empty.
std::vector<Truth> truths_of_patch(const PaintRun& run, const Segmenter::Reading& reading, int patch);

/// The patches of what a word names, where the segmenter finds it; none is true: it was not drawn. Nothing:
/// the word names nothing that is known.
std::optional<std::vector<bool>> named_patches(const KnownWords& known, const Segmenter& segmenter,
                                               const Segmenter::Reading& reading, std::string_view word);

/// What stands in a picture of a model's; null where the model has no segmenter that reads pictures of this
/// size in as many patches.
/// @param x  [3][height][width] in [-1, 1]. Cost: as Segmenter::read().
std::shared_ptr<const Segmenter::Reading> seen_in(const PaintModel& model, std::span<const float> x,
                                                  int height, int width);
/// What stands in the last picture of a run; null where its model has no segmenter that reads pictures of
/// this size in as many patches. Cost: as Segmenter::read().
std::shared_ptr<const Segmenter::Reading> seen_in(const PaintRun& run);

/// A drawn mirror, as patches from 0: those in the glass's half that show the first thing which the prompt
/// names (in its colour, where the prompt says one), and those of the thing itself in the other half. Both
/// empty without seven patches of glass in one half and two of the thing in each. As the model card counts
/// them.
struct MirrorPatches {
  std::vector<int> reflection, object;
};
MirrorPatches mirror_in(const PaintRun& run, const Segmenter& segmenter, const Segmenter::Reading& reading);

/// What a patch of a scene belongs to, and what that reflects or is reflected by. @param token  of the run
std::vector<Truth> truths_of_patch(const VisionRun& run, const std::vector<SceneObject>& objects, int token,
                                   std::string_view language);
/// What a caption names, by its noun in any language, and by its colour where the caption has that, too.
std::vector<Truth> truths_of_caption(const VisionRun& run, const std::vector<SceneObject>& objects,
                                     std::string_view caption);

}  // namespace regard
