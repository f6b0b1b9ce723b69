// What in a picture or a prompt speaks for a text, by gradients through the whole tower: Chefer's relevance.
#pragma once

#include <stop_token>

#include "core/analysis/tower.h"
#include "core/base/result.h"
#include "core/models/vit.h"
#include "core/tensor/matrix.h"

namespace regard {

/// On the built-in model it points at the named one of two objects more often than LeGrad: 0.91 against 0.73
/// of 200 scenes in two languages (tests/golden/scenes_200.json; chance 0.07).
/// s = cos(embedding, text) differentiated back to every attention map; per layer A' = mean over heads of
/// ReLU(dA * A), and R = R + A' R from the first layer to the last; the answer is CLS's row of R. Only that
/// row is carried, from the last layer to the first.
/// @param run   what `model` left behind for the picture
/// @param text  [P] the text's embedding; its length does not matter
/// @return      [N] patches, row-major; >= 0, unitless: the caller normalises
/// Errors: unsupported (a model without a projection; a run whose attention was multiplied by a key factor),
/// shape (a text of another width), cancelled (looked at once a layer).
/// Thread: any. Cost: about two forward passes and a copy of each weight: 16 ms on the built-in model.
/// Source: Chefer, Gur and Wolf 2021, arXiv 2103.15679, eq. 5 and 6 for one modality; checked against torch
/// autograd (tests/golden/make_vision.py).
Result<RowVector> chefer(const Vit& model, const VitOutput& run, const RowVector& text,
                         std::stop_token stop = {});

/// The same through any tower, over all positions: the row of the one that stands for all. [T]
/// @param target  [vector_width()], of any length; null: the vector's part along itself takes the cosine's
/// place
Result<RowVector> chefer(const Tower& tower, const RowVector* target, std::stop_token stop = {});

}  // namespace regard
