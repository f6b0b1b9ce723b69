// One picture in, one run out: prepare, encode.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "core/attention/trace.h"
#include "core/base/result.h"
#include "core/engine/run_edit.h"
#include "core/engine/vision_model.h"
#include "core/formats/image.h"
#include "core/models/image_processor.h"
#include "core/models/vit.h"

namespace regard {

struct VisionRun;

struct VisionRequest {
  std::shared_ptr<const VisionModel> model;
  std::shared_ptr<const Image> image;
  /// Patches along the picture's longer side, the shape of the picture kept; 0: the size and crop of the
  /// model's own processor.
  int long_side = 0;
  std::vector<RunEdit> edits = {};  // what is changed in the run (interventions.h); places are tokens
  /// What frozen maps and patched activations are taken from: a run of the same model, perhaps of another
  /// picture.
  std::shared_ptr<const VisionRun> from = {};
  bool operator==(const VisionRequest&) const = default;
};

struct VisionRun {
  VisionRequest request;
  PreparedImage picture;  // what the model saw, and where in the image that lies
  VitOutput output;
  Trace trace;                     // its record and hidden states are those of `output`
  bool resized_positions = false;  // another number of patches than the model was made for
  double elapsed_ms = 0.0;         // preparation to last layer, wall time
  /// False: the run goes on, and only the first layers are there, in `trace` and the record of `output`, with
  /// its grid and specials.
  bool whole = true;

  int patches() const { return output.columns * output.rows; }
  int tokens() const { return output.specials + patches(); }
  /// Token of a patch. Expects 0 <= column < columns, 0 <= row < rows.
  int token_of(int column, int row) const { return output.specials + row * output.columns + column; }
};

/// The most patches a side may have: beyond it maps take minutes.
inline constexpr int kMostPatchesASide = 128;

/// The positions that the run of a request will have. Errors: as run_vision(). Cost: a resize.
Result<Sequence> sequence_of(const VisionRequest& request);

/// Told now and then what there is of a run (VisionRun::whole), on its thread.
using TellVision = std::function<void(std::shared_ptr<const VisionRun> so_far)>;

/// From the picture to its record. Errors: shape (no pixel, a long_side outside [0, kMostPatchesASide], an
/// edit that does not fit: read_edits()), unsupported (frozen maps of a run too long to keep them),
/// cancelled. Thread: any. Cost: a resize and one forward pass.
Result<std::shared_ptr<const VisionRun>> run_vision(const VisionRequest& request, std::stop_token stop = {},
                                                    const TellVision& tell = {});

}  // namespace regard
