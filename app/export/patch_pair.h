// A patch of one picture and the patches of another that are most like it, on their way out.
#pragma once

#include <memory>
#include <string>

#include "app/export/formats.h"
#include "app/export/overlay.h"
#include "core/engine/patch_pair.h"

namespace regard {

struct PatchPair {
  std::shared_ptr<const VisionRun> first = {}, second = {};
  std::string first_image = {}, second_image = {};  // what the pictures are called
  bool from_second = false;                         // `patch` is of the second, the matches are in the first
  int patch = 0;                                    // from 0, row by row
  int layer = 1;                                    // from 1
  PatchMatches found = {};
  float opacity = kOverlayOpacity;
  bool smooth = false;

  const VisionRun& from() const { return from_second ? *second : *first; }
  const VisionRun& to() const { return from_second ? *first : *second; }
};

/// JSON: {first, second, from, layer, patch, matches, mean, cosines}: pictures with their patches, `from`
/// "first" or "second", patches as [column, row] from 1, each match with its cosine and `back`, the patch
/// that is most like it in turn; `cosines` [rows][columns] of the other picture. CSV: a line a patch of the
/// other picture: column, row, cosine, rank (empty: no match). Numbers: float32 [rows][columns]. A figure:
/// both pictures, the patch framed in one, the map and the matches in the other.
class PatchPairExport final : public Exportable {
 public:
  explicit PatchPairExport(PatchPair pair) : pair_(std::move(pair)) {}
  Result<std::string> json() const override;
  Result<std::string> csv() const override;
  Result<NpyArray> array() const override;
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override;

 private:
  PatchPair pair_;
};

}  // namespace regard
