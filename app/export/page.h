// Paints a Drawing on a page of cairo's: pixels or PDF. Text is font.h's.
#pragma once

#include <memory>

#include <cairo.h>

#include "app/export/drawing.h"
#include "core/base/result.h"

namespace regard {

using Surface =
    std::unique_ptr<cairo_surface_t, decltype([](cairo_surface_t* one) { cairo_surface_destroy(one); })>;

enum class Edges {
  kPixels,  // rectangles begin and end on whole pixels: neighbours neither overlap nor leave a seam
  kExact,   // where the drawing says: for pages of no resolution
};

/// Paints `drawing` on `surface`, `scale` units of the surface a point.
/// Errors: unsupported (cairo gave up: no memory). Thread: any. Cost: O(area + shapes).
Result<void> paint_page(const Drawing& drawing, cairo_surface_t* surface, double scale, Edges edges);

}  // namespace regard
