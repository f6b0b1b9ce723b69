// Maps that stay while the selection moves: each of ViewOptions::doubled of the workspace in force, on the
// run in sight. Computes; draws nothing. UI thread. What takes longer than a frame is left to a worker.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/i18n/strings.h"
#include "app/state/state.h"
#include "app/views/cells.h"
#include "app/views/colormap.h"
#include "app/views/map_cache.h"

namespace regard {

class DoubledMaps {
 public:
  /// Brings those up to date whose panels are in sight; the others cost nothing. Cost: nothing when nothing
  /// changed.
  void refresh(const AppState& state, const std::array<bool, kMostDoubled>& in_sight);
  const std::optional<MapAsk>& wanted() const { return cache_.wanted(); }
  void accept(const MapAsk& ask, Result<std::shared_ptr<const Map>> map) {
    cache_.accept(ask, std::move(map));
  }

  /// Of a prompt: [positions()]^2. Over a picture or drawing: [rows][columns]. Empty while there is no map.
  const CellImage& cells(std::size_t number) const { return views_[number].cells; }
  const ColorScale& range(std::size_t number) const { return views_[number].range; }
  /// Of a prompt: what rows and columns stand for, the first token of a word that is one, or a token.
  const std::vector<int>& positions(std::size_t number) const { return views_[number].positions; }
  /// The row that a token stands in; -1: in none.
  int row_of(std::size_t number, int token) const;
  /// The tokens of a word are one.
  bool joins_words(std::size_t number) const;
  /// Why there is no map ("" when there is one): a string of assets/locale or a sentence of core.
  const std::string& problem(std::size_t number) const { return views_[number].problem; }
  /// As it would be exported; nothing: there is no run, or no such map.
  std::optional<MapAsk> ask(const AppState& state, std::size_t number) const;

 private:
  struct View {
    std::optional<MapAsk> ask;  // what `cells` are of
    bool log = false, special = false;
    CellImage cells;
    std::vector<int> positions;
    ColorScale range;
    std::string problem;
  };
  void fill(View& view, const Map& map, const AppState& state);

  std::array<View, kMostDoubled> views_;
  MapCache cache_;
};

/// The query as it is kept: without what was hovered, and with all steps where no span was chosen. Nothing:
/// the workspace in force has no map now.
std::optional<MapQuery> kept_query(const AppState& state, const MapQuery& shown);

/// Of a map over a drawing: "image → « chat »"; "block 2 · head 3 · all steps".
std::string paint_subject_words(const PaintRun& run, const MapQuery& query, const Strings& strings);
std::string paint_about_words(const MapQuery& query, const Strings& strings);

}  // namespace regard
