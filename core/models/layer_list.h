// The layers of a tower, in order. Those of a checkpoint are read and packed one by one, when a run comes to
// them: a tower of some GB opens at once and shows its first maps while the rest is read, and one that nobody
// runs is never read.
#pragma once

#include <atomic>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/base/result.h"

namespace regard {

/// Copies share what was read. Thread: const members from any.
/// @tparam Layer  has a prepare(Layer&) that packs its weights (linear.h), which does nothing the second time
template <class Layer>
class LayerList {
 public:
  /// Reads one layer, counted from 0. Called once for each, one at a time, from whichever thread needs it;
  /// again after an error. Let go when the last was read, with the files it holds.
  using Read = std::function<Result<Layer>(int layer)>;

  LayerList() = default;
  LayerList(int count, Read read) : shelf_(std::make_shared<Shelf>()) {
    shelf_->places.resize(static_cast<std::size_t>(count));
    shelf_->missing = count;
    shelf_->read = std::move(read);
  }

  /// One that is there already, behind the others; it is packed.
  void push_back(Layer layer) {
    if (!shelf_) shelf_ = std::make_shared<Shelf>();
    prepare(layer);
    Place& place = shelf_->places.emplace_back();
    place.layer = std::move(layer);
    place.there.store(true, std::memory_order_release);
  }

  int size() const { return shelf_ ? static_cast<int>(shelf_->places.size()) : 0; }

  /// Reads it unless that was done. Errors: io (the file is another one by now), memory. Cost: of the first
  /// call, its bytes read and packed.
  Result<const Layer*> get(int layer) const {
    Place& place = place_of(layer);
    if (place.there.load(std::memory_order_acquire)) return &*place.layer;
    const std::lock_guard lock(shelf_->mutex);
    if (place.there.load(std::memory_order_relaxed)) return &*place.layer;
    try {
      REGARD_TRY(place.layer, shelf_->read(layer));
      prepare(*place.layer);
    } catch (const std::exception& error) {
      place.layer.reset();
      return fail(ErrorCode::kMemory, "layer {}: expected enough memory, got '{}'", layer + 1, error.what());
    }
    place.there.store(true, std::memory_order_release);
    if (--shelf_->missing == 0) shelf_->read = nullptr;
    return &*place.layer;
  }

  /// One that get() has given: every layer that a run went through.
  const Layer& at(int layer) const {
    const Place& place = place_of(layer);
    REGARD_CHECK(place.there.load(std::memory_order_acquire));
    return *place.layer;
  }

 private:
  struct Place {
    std::optional<Layer> layer;
    std::atomic<bool> there = false;
  };
  struct Shelf {
    std::mutex mutex;  // of the reading
    std::deque<Place> places;
    int missing = 0;
    Read read;
  };

  Place& place_of(int layer) const {
    REGARD_CHECK(0 <= layer && layer < size());
    return shelf_->places[static_cast<std::size_t>(layer)];
  }

  std::shared_ptr<Shelf> shelf_;
};

}  // namespace regard
