// What draws beside the window: one job at a time, its steps told as they come.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "app/slot.h"
#include "app/views/side_views.h"
#include "core/engine/paint.h"

namespace regard {

/// A drawing, and the one it is compared with: the same noise without what is tried.
struct PaintJob {
  PaintRequest request;                // `picture` and `kept` are filled in by the work
  std::optional<PaintRequest> before;  // nothing is tried: nothing
  std::string picture;                 // file or sample to begin with; empty: noise
  bool operator==(const PaintJob&) const = default;
};

/// What there is of a job: whole when it is done, before that as far as it is drawn. Snapshots, each whole in
/// itself.
struct Painting {
  std::shared_ptr<const Segmenter::Reading> seen = {};  // what stands in the whole picture; null: not known
  std::shared_ptr<const PaintRun> run, before;  // null: nothing yet; `before` also when the job has none
};

/// The newest whole drawings: the one to compare with seldom changes. Of the slot's thread alone.
class PaintMemory {
 public:
  /// A finished run that is what `request` asks for and keeps at least as much of it; null without one.
  std::shared_ptr<const PaintRun> find(const PaintRequest& request) const;
  void keep(std::shared_ptr<const PaintRun> run, bool before);

 private:
  std::shared_ptr<const PaintRun> run_, before_;
};

/// Does a job, and publishes a Painting after every step. Errors: of read_image() and run_paint().
Result<std::shared_ptr<const Painting>> carry_out(const PaintJob& job, PaintMemory& memory,
                                                  std::stop_token stop, const Publish<Painting>& publish);

/// Last pictures of drawings beside the one in sight, so that nothing is drawn twice. At most 64 MB; the
/// model's own only. Of the slot's thread alone.
class SideMemory {
 public:
  std::shared_ptr<const SidePicture> find(const SideDrawing& drawing) const;  ///< null without one
  void keep(const SideDrawing& drawing, std::shared_ptr<const SidePicture> picture);
  void keep_only(const PaintModel* model);

 private:
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;
  std::list<std::pair<SideDrawing, std::shared_ptr<const SidePicture>>> pictures_;  // newest first
  std::size_t bytes_ = 0;
};

/// Draws a list one after another, in its order, and publishes what there is after each. What cannot be drawn
/// (a word that the weighting cannot mute) says why in its place. Errors: of read_image(); cancelled.
Result<std::shared_ptr<const SidePictures>> draw_beside(const SideList& list, SideMemory& memory,
                                                        std::stop_token stop,
                                                        const Publish<SidePictures>& publish);

/// The same with a memory of its own: the work of a slot.
Work<SideList, SidePictures> side_painter();
Work<PaintJob, Painting> painter();

}  // namespace regard
