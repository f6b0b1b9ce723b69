// Maps that were evaluated, kept by what they are of: nothing is computed again that did not change, and what
// takes longer than a frame is left to a worker. UI thread, but for evaluate_ask().
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/analysis/map_query.h"
#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/engine/text_run.h"
#include "core/engine/vision_run.h"
#include "core/tensor/matrix.h"

namespace regard {

/// A map of a run. The trace's owner lives as long as its pointer.
struct MapAsk {
  std::shared_ptr<const Trace> trace;
  MapQuery query;
  // Of gradient lenses: the run, a picture's, a prompt's or a drawing's.
  std::shared_ptr<const VisionRun> picture = {};
  RowVector caption = {};                      // [P] of a picture's query.caption
  std::shared_ptr<const TextRun> prompt = {};  // its query.caption is read when it is evaluated
  std::shared_ptr<const PaintRun> drawing = {};
  bool operator==(const MapAsk& other) const;
};

/// A run's trace, which keeps the run alive.
template <class Run>
std::shared_ptr<const Trace> trace_of(const std::shared_ptr<const Run>& run) {
  return run == nullptr ? nullptr : std::shared_ptr<const Trace>(run, &run->trace);
}

/// Thread: any. Errors: as evaluate().
Result<std::shared_ptr<const Map>> evaluate_ask(const MapAsk& ask, std::stop_token stop = {});

/// Bound: maps and grids together take at most 64 MB, and 512 maps; the newest map and the newest grid stay
/// whatever they take. Each map keeps its run alive until keep_only(). A program has three: text, picture,
/// painting.
class MapCache {
 public:
  /// The map; null while a worker computes it, or when it cannot be computed: problem() says why.
  const Map* get(const MapAsk& ask);
  /// The map, computed here however long it takes. Expects a query that the run has. Valid until the next
  /// call.
  const Map& now(const MapAsk& ask);
  /// The same query for every layer and head, by layers: what a grid of thumbnails shows; the query's own
  /// heads do not matter. Expects a query that the run has. Valid until the next call. Cost: as
  /// evaluate_heads(), the first time.
  const std::vector<Map>& heads(MapAsk ask);
  /// The same for a grid that may take long; null while a worker computes it.
  const std::vector<Map>* heads_soon(MapAsk ask);
  /// What a worker should compute: the newest grid that was asked for and takes longer than a frame.
  const std::optional<MapAsk>& wanted_heads() const { return wanted_heads_; }
  void accept_heads(const MapAsk& ask, std::shared_ptr<const std::vector<Map>> maps);
  /// Why the newest get() gave null: a key of the locale files, or the engine's line; empty: it is being
  /// computed.
  const std::string& problem() const { return problem_; }
  /// What a worker should compute: the newest map that was asked for and takes longer than a frame.
  const std::optional<MapAsk>& wanted() const { return wanted_; }
  /// The worker's answer.
  void accept(const MapAsk& ask, Result<std::shared_ptr<const Map>> map);
  /// Before the frame's first get(): what is no longer asked for is no longer wanted.
  void begin() {
    wanted_.reset();
    wanted_heads_.reset();
  }
  /// Maps of other runs are let go; with null, of all.
  void keep_only(const Trace* first, const Trace* second = nullptr);

 private:
  struct Entry {
    MapAsk ask;
    std::shared_ptr<const Map> map;  // null with a problem
    std::string problem;
    std::size_t bytes = 0;
  };
  struct Grid {
    MapAsk ask;
    std::shared_ptr<const std::vector<Map>> maps;  // [layers * heads]
    std::size_t bytes = 0;
  };
  const Grid* find_grid(const MapAsk& ask);
  const Grid& remember_grid(MapAsk ask, std::shared_ptr<const std::vector<Map>> maps);
  const Entry& remember(const MapAsk& ask, Result<std::shared_ptr<const Map>> map);
  void let_go_of_old();

  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMostEntries = 512;
  std::list<Entry> entries_;  // newest first
  std::list<Grid> grids_;     // likewise
  std::size_t bytes_ = 0;     // of both
  std::optional<MapAsk> wanted_, wanted_heads_;
  std::string problem_;
};

}  // namespace regard
