#include "app/views/map_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/engine/match.h"

namespace regard {
namespace {

constexpr double kFrameMs = 2.0;  // of a frame of 16 ms, what one map may take

bool same_vector(const RowVector& a, const RowVector& b) { return a.size() == b.size() && a == b; }

}  // namespace

bool MapAsk::operator==(const MapAsk& other) const {
  return trace == other.trace && query == other.query && picture == other.picture &&
         same_vector(caption, other.caption);
}

Result<std::shared_ptr<const Map>> evaluate_ask(const MapAsk& ask, std::stop_token stop) {
  const LensContext context = ask.picture == nullptr ? LensContext{.stop = std::move(stop)}
                                                     : lens_context(*ask.picture, ask.caption, std::move(stop));
  auto map = evaluate(*ask.trace, ask.query, context);
  if (!map) return std::unexpected(std::move(map.error()));
  return std::make_shared<const Map>(std::move(*map));
}

const Map* MapCache::get(const MapAsk& ask) {
  problem_.clear();
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

const MapCache::Entry& MapCache::remember(const MapAsk& ask, Result<std::shared_ptr<const Map>> map) {
  Entry entry{.ask = ask, .map = {}, .problem = {}};
  if (map) {
    entry.map = std::move(*map);
    entry.bytes = sizeof(float) * static_cast<std::size_t>(entry.map->values.size()) + entry.map->hidden.size();
  } else {
    entry.problem = map.error().message;
  }
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  while (entries_.size() > 1 && (bytes_ > kMostBytes || entries_.size() > kMostEntries)) {
    bytes_ -= entries_.back().bytes;
    entries_.pop_back();
  }
  return entries_.front();
}

void MapCache::accept(const MapAsk& ask, Result<std::shared_ptr<const Map>> map) {
  if (wanted_ == ask) wanted_.reset();
  if (std::ranges::find(entries_, ask, &Entry::ask) == entries_.end()) remember(ask, std::move(map));
}

void MapCache::keep_only(const Trace* first, const Trace* second) {
  std::erase_if(entries_, [&](const Entry& entry) {
    const Trace* trace = entry.ask.trace.get();
    if (trace == first || trace == second) return false;
    bytes_ -= entry.bytes;
    return true;
  });
}

}  // namespace regard
