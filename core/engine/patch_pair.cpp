#include "core/engine/patch_pair.h"

namespace regard {
namespace {

int layers_of(const VisionRun& run) { return static_cast<int>(run.output.hidden_states->size()) - 1; }

// [N][D]
ConstMatrixRef patches_after(const VisionRun& run, int layer) {
  return (*run.output.hidden_states)[static_cast<std::size_t>(layer)].bottomRows(run.patches());
}

}  // namespace

Result<PatchMatches> match_patch(const VisionRun& from, int patch, const VisionRun& to, int layer,
                                 int count) {
  for (const VisionRun* run : {&from, &to}) {
    if (layer >= 1 && layer <= layers_of(*run)) continue;
    return fail(ErrorCode::kShape, "--layer: expected 1 to {}, got {}", layers_of(*run), layer);
  }
  return match_patch(patches_after(from, layer), patch, patches_after(to, layer), count);
}

}  // namespace regard
