#include "app/views/map_cache.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/analysis/lens.h"
#include "core/base/check.h"
#include "core/engine/match.h"
#include "core/engine/paint_lens.h"

namespace regard {
namespace {

constexpr double kFrameMs = 2.0, kGridMs = 1.0;  // of a frame of 16 ms, what one map and a grid may take

std::size_t bytes_of(const Map& map) {
  return sizeof(float) * static_cast<std::size_t>(map.values.size()) + map.hidden.size();
}

// By bytes: a vector that holds NaN is still the one that was asked.
bool same_vector(const RowVector& a, const RowVector& b) {
  return a.size() == b.size() &&
         (a.size() == 0 ||
          std::memcmp(a.data(), b.data(), sizeof(float) * static_cast<std::size_t>(a.size())) == 0);
}

// Nothing goes back through what a trial changed. The lens would say so in English: a screen asks for words.
bool is_tried(const MapAsk& ask) {
  const Lens* lens = find_lens(ask.query.lens);
  if (lens == nullptr || lens->needs != LensNeeds::kGradients) return false;
  return (ask.picture != nullptr && !ask.picture->request.edits.empty()) ||
         (ask.prompt != nullptr && !ask.prompt->request.edits.empty()) ||
         (ask.drawing != nullptr && !ask.drawing->request.edits.empty());
}

}  // namespace

bool MapAsk::operator==(const MapAsk& other) const {
  return trace == other.trace && query == other.query && picture == other.picture && prompt == other.prompt &&
         drawing == other.drawing && same_vector(caption, other.caption);
}

Result<std::shared_ptr<const Map>> evaluate_ask(const MapAsk& ask, std::stop_token stop) {
  RowVector target = ask.caption;
  if (ask.prompt != nullptr && !ask.query.caption.empty()) {
    REGARD_TRY(target, embed_text(*ask.prompt->request.model, ask.query.caption, stop));
  }
  const LensContext context = ask.picture != nullptr  ? lens_context(*ask.picture, target, std::move(stop))
                              : ask.prompt != nullptr ? lens_context(*ask.prompt, target, std::move(stop))
                              : ask.drawing != nullptr
                                  ? lens_context(*ask.drawing, ask.query, std::move(stop))
                                  : LensContext{.stop = std::move(stop)};
  auto map = evaluate(*ask.trace, ask.query, context);
  if (!map) return std::unexpected(std::move(map.error()));
  return std::make_shared<const Map>(std::move(*map));
}

const Map* MapCache::get(const MapAsk& ask) {
  problem_.clear();
  if (is_tried(ask)) {
    problem_ = "paint.gradients.tried";
    return nullptr;
  }
  const auto found = std::ranges::find(entries_, ask, &Entry::ask);
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    problem_ = found->problem;
    return found->map.get();
  }
  if (map_cost(*ask.trace, ask.query) > kFrameMs) {
    wanted_ = ask;
    return nullptr;
  }
  const Entry& entry = remember(ask, evaluate_ask(ask));
  problem_ = entry.problem;
  return entry.map.get();
}

const Map& MapCache::now(const MapAsk& ask) {
  const auto found = std::ranges::find(entries_, ask, &Entry::ask);
  if (found != entries_.end() && found->map != nullptr) return *found->map;
  if (found != entries_.end()) entries_.erase(found);  // a problem: no bytes
  const Entry& entry = remember(ask, evaluate_ask(ask));
  REGARD_CHECK(entry.map != nullptr);
  return *entry.map;
}

const MapCache::Grid* MapCache::find_grid(const MapAsk& ask) {
  const auto found = std::ranges::find(grids_, ask, &Grid::ask);
  if (found == grids_.end()) return nullptr;
  grids_.splice(grids_.begin(), grids_, found);
  return &grids_.front();
}

const MapCache::Grid& MapCache::remember_grid(MapAsk ask, std::shared_ptr<const std::vector<Map>> maps) {
  Grid grid{.ask = std::move(ask), .maps = std::move(maps)};
  for (const Map& map : *grid.maps) grid.bytes += bytes_of(map);
  bytes_ += grid.bytes;
  grids_.push_front(std::move(grid));
  let_go_of_old();
  return grids_.front();
}

const std::vector<Map>& MapCache::heads(MapAsk ask) {
  ask.query.heads = {};
  if (const Grid* grid = find_grid(ask)) return *grid->maps;
  auto maps = evaluate_heads(*ask.trace, ask.query);
  REGARD_CHECK(maps.has_value());
  return *remember_grid(std::move(ask), std::make_shared<const std::vector<Map>>(std::move(*maps))).maps;
}

const std::vector<Map>* MapCache::heads_soon(MapAsk ask) {
  ask.query.heads = {};
  if (const Grid* grid = find_grid(ask)) return grid->maps.get();
  if (map_cost(*ask.trace, ask.query) <= kGridMs) return &heads(std::move(ask));
  wanted_heads_ = std::move(ask);
  return nullptr;
}

void MapCache::accept_heads(const MapAsk& ask, std::shared_ptr<const std::vector<Map>> maps) {
  if (wanted_heads_ == ask) wanted_heads_.reset();
  if (find_grid(ask) == nullptr) remember_grid(ask, std::move(maps));
}

const MapCache::Entry& MapCache::remember(const MapAsk& ask, Result<std::shared_ptr<const Map>> map) {
  Entry entry{.ask = ask, .map = {}, .problem = {}};
  if (map) {
    entry.map = std::move(*map);
    entry.bytes = bytes_of(*entry.map);
  } else {
    entry.problem = map.error().message;
  }
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  let_go_of_old();
  return entries_.front();
}

// A grid is many maps, and seldom asked for again: grids go first.
void MapCache::let_go_of_old() {
  const auto drop_oldest = [&](auto& list) {
    bytes_ -= list.back().bytes;
    list.pop_back();
  };
  while (grids_.size() > 1 && bytes_ > kMostBytes) drop_oldest(grids_);
  while (entries_.size() > 1 && (bytes_ > kMostBytes || entries_.size() > kMostEntries))
    drop_oldest(entries_);
}

void MapCache::accept(const MapAsk& ask, Result<std::shared_ptr<const Map>> map) {
  if (wanted_ == ask) wanted_.reset();
  if (std::ranges::find(entries_, ask, &Entry::ask) == entries_.end()) remember(ask, std::move(map));
}

void MapCache::keep_only(const Trace* first, const Trace* second) {
  const auto let_go = [&](auto& list) {
    std::erase_if(list, [&](const auto& entry) {
      const Trace* trace = entry.ask.trace.get();
      if (trace != nullptr && (trace == first || trace == second)) return false;
      bytes_ -= entry.bytes;
      return true;
    });
  };
  let_go(entries_);
  let_go(grids_);
}

}  // namespace regard
