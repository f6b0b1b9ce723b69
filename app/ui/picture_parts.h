// What the panels of the image workspace share: where patches lie on the screen, what they are called.
#pragma once

#include <string>
#include <utility>

#include "app/ui/ui.h"

namespace regard {

/// The picture and its patches on the screen, pixels.
struct PatchGrid {
  ImVec2 image_low, image_high;  // the whole picture
  ImVec2 low, cell;              // of the patches; the grid may reach beyond a padded picture
  int columns = 0, rows = 0, specials = 0;

  ImVec2 high() const {
    return {low.x + cell.x * static_cast<float>(columns), low.y + cell.y * static_cast<float>(rows)};
  }
  /// Corners of a patch. Expects a patch's token.
  std::pair<ImVec2, ImVec2> patch(int token) const;
  /// The patch under a point, the nearest when it lies outside.
  int token_at(ImVec2 point) const;
};

/// The picture as large as `room` allows, in the middle of it.
PatchGrid place_picture(const Ui& ui, ImVec2 at, ImVec2 room);

/// "CLS", "patch 3, 5" (column, row, from 1).
std::string patch_label(const Ui& ui, int token);
/// Colour of a token's pin, or 0.
ImU32 patch_pin_color(const Ui& ui, int token);
ImU32 region_color(const Ui& ui, bool second);
/// The patch that the subject's row holds most of, itself apart; -1 without a row.
int strongest_patch(const PictureViews& picture);

/// One frame of drawing a region: the path grows while the button is down, and becomes patches when it is let
/// go.
void draw_region(Ui& ui, const PatchGrid& grid, bool active, bool ended);

}  // namespace regard
