// A scatter plot as a figure for a page: the one that the window shows.
#pragma once

#include <string>
#include <vector>

#include "app/export/drawing.h"
#include "app/export/figure_look.h"
#include "app/views/scatter_plot.h"

namespace regard {

/// What a mark stands for, above the points.
struct ScatterKey {
  PlotMark mark = PlotMark::kCircle;
  Rgba color = {};
  std::string words = {};
};

struct ScatterWords {
  std::string title = {};
  std::vector<ScatterKey> keys = {};
  std::vector<std::string> caption = {};  // a paragraph each
};

/// Names stand beside their points where there is room. Thread: any. Cost: as place_labels().
Drawing scatter_figure(const ScatterPlot& plot, const ScatterWords& words, const FigureLook& look);

}  // namespace regard
