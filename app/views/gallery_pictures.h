// The pictures of the gallery, from the files inside the program.
#pragma once

#include "app/views/paint_views.h"

namespace regard {

/// Tile i: the picture of gallery()[i], `before` and `after` side by side where something is tried. Read
/// once. UI thread. Cost: the first time some small PNGs.
const PixelSheet& gallery_sheet();

}  // namespace regard
