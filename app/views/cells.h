// Numbers of maps as the GPU takes them, and the range their colours cover. Draws nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "app/views/colormap.h"
#include "core/tensor/matrix.h"

namespace regard {

/// Row-major float32; kMaskedValue and kInvalidValue (colormap.h) are no data.
struct CellImage {
  int width = 0;
  int height = 0;
  std::vector<float> cells;
  std::uint64_t version = 0;  // grows with every change
};

/// How many parts a side a cell of a smooth map is drawn in: 8, or what a card can hold of a large map.
int smooth_steps(int width, int height);
/// The map with each cell cut into that many parts, whose values (numbers, not colours) are interpolated
/// between the middles of the cells. A cell without a number stays as it is and takes no part in others.
/// Keeps the version. Cost: O(parts), about 3 ms for 64 x 64 cells.
CellImage smoothed(const CellImage& image);

bool has_number(float cell);
/// What a tooltip says of a cell that is not masked: NaN where there is no number (kInvalidValue is a code).
float number_of_cell(float cell);

/// Sizes the image, empties every cell, counts the version up.
void reset_cells(CellImage& image, int width, int height);

/// A map over a grid as a tile of an atlas, times `scale`. @param map  [rows * columns]
void place_tile(CellImage& atlas, const RowVector& map, int columns, int left, int top, float scale = 1.0f);

/// The largest finite number of a map; 0 where none is above it.
float largest_number(ConstMatrixRef map);
/// What `top` is multiplied with to be 1; 0 where it is too small to divide by: an all-zero map stays zero.
float scale_to_one(float top);

/// 0 where there is no number above it.
float largest_cell(const CellImage& image);

/// From 0 to `top` (1 when it is not above 0); with `logarithmic` from a ten thousandth, or a tenth of `top`.
ColorScale scale_to(float top, bool logarithmic = false);
/// The same of shares of attention, written as percent.
ColorScale share_scale_to(float top, bool logarithmic = false);
/// Both sides of 0 alike.
ColorScale signed_scale(float reach);
/// From the smallest to the largest cell: scores.
ColorScale scale_of_scores(const CellImage& image);
/// Of places in a row: the first has the colour of the most.
ColorScale rank_scale(const CellImage& image);

}  // namespace regard
