// What in a picture or a prompt speaks for a text, by gradients: LeGrad, layer by layer.
#pragma once

#include <vector>

#include "core/analysis/tower.h"
#include "core/base/result.h"
#include "core/models/vit.h"
#include "core/tensor/matrix.h"

namespace regard {

/// A patch map a layer, and their sum. Unitless and only meaningful against each other: the caller
/// normalises.
struct LeGradMap {
  Matrix layers;               // [L][N], N patches row-major; each >= 0
  RowVector map;               // [N] sum of the layers from `first_layer` on
  std::vector<float> cosines;  // [L] how well each layer's CLS fits the text, in [-1, 1]
};

/// LeGrad: s_l = cos(project(post_norm(Z_l[CLS])), text), and per patch the mean over heads of
/// ReLU(d s_l / d A_l[CLS][patch]), summed over layers. Only the row of CLS has a gradient, so the way back
/// is one block and one row: projection, norm, MLP, out projection, values.
/// @param run   what `model` left behind for the picture
/// @param text  [P] the text's embedding; its length does not matter
/// @param first_layer  from 0; layers before it are computed but not summed
/// Errors: unsupported (a model without a projection), shape (a text of another width, a first_layer
/// outside). Thread: any. Cost: L*(12*D^2 + T*D)*2 flops; 0.3 ms on the built-in model, 23 ms on ViT-B/16.
/// Source: Bousselham et al. 2024, arXiv 2404.03214, eq. 3 to 7, CLIP's pooling by CLS; checked against torch
/// autograd (tests/golden/make_vision.py).
Result<LeGradMap> legrad(const Vit& model, const VitOutput& run, const RowVector& text, int first_layer = 0);

/// The same through any tower, over all positions. Without a target: the part of each layer's vector along
/// the last one's. [L][S], S positions
struct TowerLeGrad {
  Matrix layers;               // [L][S]; each >= 0
  std::vector<float> numbers;  // [L] what was explained
};
/// @param target  [vector_width()], of any length; null: none
/// Errors: unsupported, shape (check_tower()). Cost: as above.
Result<TowerLeGrad> legrad(const Tower& tower, const RowVector* target);

/// Whether a text can be compared with what `model` makes of a picture. Errors: unsupported, shape.
Result<void> check_text(const Vit& model, const RowVector& text);

}  // namespace regard
