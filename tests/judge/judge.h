// The judge of the built-in diffusion transformer as Regard runs it: do the maps of its words lie on what
// they name, is what it draws what was asked for, and does what is cut vanish? The figures are those of the
// trainer's assets/little-world/training/judge.py, under the same names, and some of drawings' own maps.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/formats/json.h"
#include "tests/judge/cases.h"
#include "tests/judge/grid.h"
#include "tests/judge/joint_maps.h"
#include "tests/judge/weights.h"

namespace regard::judge {

/// The maps of one role's words.
struct WordFigures {
  Share pointing;    // mean of all heads of the blocks from 1 on
  Share free_heads;  // of those that were not taught
  std::array<Share, kThresholds.size()> overlaps;
  double best_overlap() const;  // of the thresholds
};

/// A mean a block and head.
struct HeadTable {
  Matrix sum;  // [L][H]
  int count = 0;
  void add(const Matrix& values);
  Matrix mean() const;
};

struct MapFigures {
  WordFigures noun, colour, mirror;
  HeadTable noun_pointing;
  HeadTable mirror_of_all, mirror_of_other;  // MirrorMass, from the reflection to the object
  Share text_mass;
};

struct DrawnFigures {
  /// "object", "binding", "relation", "mirror", "whole"; "object_en", ...
  std::map<std::string, Share> drawn, rendered;  // the drawings; the rendered scenes, as the judge reads them
  MapFigures maps;                               // mean over the steps, against what was drawn
};

struct CutFigures {
  int pictures = 0;                   // whose first object was drawn rightly
  std::map<std::string, Share> lost;  // after each way of taking its words away
};

/// The ways of CutFigures, as judge.py calls them.
std::vector<std::string> all_cuts();

struct Judge {
  std::shared_ptr<const PaintModel> model;
  const Segmenter& segmenter;

  /// Rendered scenes, noised to t = 0.8, 0.6, 0.4, under their own caption.
  Result<MapFigures> maps(std::span<const Scene> scenes) const;
  /// Pictures drawn for captions, in the model's own steps and guidance.
  Result<DrawnFigures> drawn(std::span<const Scene> scenes) const;
  /// Each caption at the weights of weight_series(), acting in the encoder and in the picture, from one
  /// noise.
  Result<WeightFigures> weights(std::span<const Scene> scenes) const;
  /// The same noise again, the first object's words taken away.
  Result<CutFigures> cut(std::span<const Scene> scenes, std::span<const std::string> ways) const;
};

Json to_json(const MapFigures& figures);
Json to_json(const DrawnFigures& figures);
Json to_json(const CutFigures& figures);

}  // namespace regard::judge
