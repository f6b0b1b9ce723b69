// Activations by layer and place, of the other run and of this one.
#pragma once

#include "app/ui/ui.h"

namespace regard {

/// What draw_patch_cells() takes up; 0 where nothing can be put in, nor was.
float patch_cells_height(Ui& ui);

/// The other run's cells beside this run's: one is dragged onto another, or picked up by Enter there and put
/// down by Enter here. Here it is drawn what the newest one, or the one that is about to be put in, can
/// reach.
void draw_patch_cells(Ui& ui);

}  // namespace regard
