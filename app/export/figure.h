// One map as a figure for a page: labelled cells, a colour bar with numbers, and a caption that says what it
// is.
#pragma once

#include "app/export/drawing.h"
#include "app/export/figure_look.h"
#include "app/export/maps.h"
#include "app/i18n/strings.h"

namespace regard {

/// The figure of the one map in `set`, in the colours of `look` from 0 (scores: from the smallest) to the
/// largest value. Cells the mask forbids are empty; values that are no numbers are hatched and counted in the
/// caption. Up to 12 tokens the numbers stand in the cells. Decimals have a point in every language, as all
/// numbers in files do. Expects exactly one map. Thread: any. Cost: O(T*S).
Drawing attention_figure(const MapSet& set, const Strings& strings, const FigureLook& look = {});

}  // namespace regard
