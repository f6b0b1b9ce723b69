// One map on its way out of the window: what it is of, how it looks, and the bytes or the preview it becomes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/export/formats.h"
#include "app/state/command.h"

namespace regard {

/// What a figure is of, as the state was when it was asked for.
struct FigureSource {
  std::string name;  // what its file is called, without the ending
  /// Evaluates the map. Thread: any. Cost: as evaluate().
  std::function<Result<std::shared_ptr<const Exportable>>(std::stop_token stop)> make;
};

enum class FigureUse { kPreview, kFile, kFigure, kNumbers };  // the last two: to the clipboard

struct FigureJob {
  std::shared_ptr<const FigureSource> source = {};  // the same one is the same map
  FigureUse use = FigureUse::kPreview;
  std::string ending = {};  // of kFormats
  FigureLook look = {};
  Language language = kEnglish;
  std::filesystem::path file = {};
  int number = 0;  // the same once more is another job
  bool operator==(const FigureJob&) const = default;
};

struct FigureAnswer {
  std::string bytes = {};  // of the file; of kNumbers: cells with tabs between them; none of a preview
  NonFinite found = {};
  double width = 0, height = 0;  // of the figure, points
  int columns = 0, rows = 0;     // pixels of the preview
  std::vector<std::uint32_t> rgba = {};
  std::string head = {};             // of a preview: how a file of text begins
  std::string problem = {};          // of a preview: why there is none
  std::filesystem::path place = {};  // where it went; empty: the clipboard
};

/// Errors: what the map cannot give; format (too large for a picture, or for the clipboard), memory.
/// Writes nothing. Thread: any.
Result<FigureAnswer> make_figure(const FigureJob& job, std::stop_token stop = {});

/// Comma-separated values as lines of cells with tabs between them, as spreadsheets take them; tabs and line
/// breaks in a cell become spaces.
std::string tabs_of(std::string_view csv);

}  // namespace regard
