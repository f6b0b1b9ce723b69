#include "app/painter.h"

#include <algorithm>
#include <utility>

#include "app/assets.h"
#include "core/engine/interventions.h"
#include "core/engine/paint_picture.h"
#include "core/engine/truth.h"

namespace regard {
namespace {

// Whether a run for `done` has all that `wanted` asks for. What is kept does not change what is drawn.
bool serves(const PaintRequest& done, PaintRequest wanted) {
  if (done.keep < wanted.keep || (wanted.output_space && !done.output_space)) return false;
  wanted.keep = done.keep;
  wanted.output_space = done.output_space;
  return done == wanted;
}

bool keeps_maps_of_another(const PaintRequest& request) {
  return std::ranges::any_of(request.edits, [](const PaintEdit& edit) { return kind_of(edit).reads_kept; });
}

// The picture a job begins with, into both of its requests. Errors: of read_image().
Result<PaintJob> with_picture(PaintJob job) {
  if (job.picture.empty()) return job;
  REGARD_TRY(const Image image, read_image(picture_path(job.picture)));
  const int side = job.request.model->mmdit.config().sample_side;
  job.request.picture = picture_values(image, side, side);
  if (job.before) job.before->picture = job.request.picture;
  return job;
}

// The last picture of a drawing beside the one in sight; in it why there is none. Errors: of read_image();
// cancelled.
Result<std::shared_ptr<const SidePicture>> draw_one(const SideDrawing& drawing, std::stop_token stop) {
  REGARD_TRY(PaintJob job, with_picture({drawing.request, drawing.before, drawing.picture}));
  if (job.before) {
    REGARD_TRY(job.request.kept, run_paint(*job.before, {}, stop));
  }
  SidePicture out;
  const auto run = run_paint(job.request, {}, std::move(stop));
  if (run) {
    out.x = (*run)->x.back();
    out.height = (*run)->height;
    out.width = (*run)->width;
    out.seen = seen_in(**run);
  } else if (run.error().code == ErrorCode::kCancelled) {
    return std::unexpected(run.error());
  } else {
    out.problem = run.error().message;
    std::ranges::replace(out.problem, '\n', ' ');
  }
  return std::make_shared<const SidePicture>(std::move(out));
}

// Draws what one job asks for, and tells how far it is.
class Painter {
 public:
  Painter(PaintMemory& memory, std::stop_token stop, const Publish<Painting>& publish)
      : memory_(memory), stop_(std::move(stop)), publish_(publish) {}

  Result<void> draw(const PaintRequest& request, bool before) {
    auto run = memory_.find(request);
    if (run == nullptr) {
      const auto seen = [&](const PaintStep& step) {
        show(std::make_shared<const PaintRun>(step.run), before);
      };
      REGARD_TRY(run, run_paint(request, seen, stop_));
    }
    memory_.keep(run, before);
    show(std::move(run), before);
    return {};
  }
  const Painting& painting() const { return painting_; }

 private:
  void show(std::shared_ptr<const PaintRun> run, bool before) {
    (before ? painting_.before : painting_.run) = std::move(run);
    publish_(std::make_shared<const Painting>(painting_));
  }

  PaintMemory& memory_;
  std::stop_token stop_;
  const Publish<Painting>& publish_;
  Painting painting_;
};

}  // namespace

std::shared_ptr<const PaintRun> PaintMemory::find(const PaintRequest& request) const {
  for (const auto& run : {before_, run_}) {
    if (run && serves(run->request, request)) return run;
  }
  return nullptr;
}

void PaintMemory::keep(std::shared_ptr<const PaintRun> run, bool before) {
  (before ? before_ : run_) = std::move(run);
}

Result<std::shared_ptr<const Painting>> carry_out(const PaintJob& job, PaintMemory& memory,
                                                  std::stop_token stop, const Publish<Painting>& publish) {
  REGARD_TRY(PaintJob todo, with_picture(job));
  // What was in sight is often what the next one is compared with.
  if (auto there = todo.before ? memory.find(*todo.before) : nullptr) memory.keep(std::move(there), true);
  Painter painter(memory, std::move(stop), publish);
  const bool before_first = todo.before && keeps_maps_of_another(todo.request);
  for (const bool before : {before_first, !before_first}) {
    if (before && !todo.before) continue;
    REGARD_TRY_DO(painter.draw(before ? *todo.before : todo.request, before));
    if (before && before_first) todo.request.kept = painter.painting().before;
  }
  Painting done = painter.painting();
  if (done.run != nullptr) done.seen = seen_in(*done.run);
  return std::make_shared<const Painting>(std::move(done));
}

std::shared_ptr<const SidePicture> SideMemory::find(const SideDrawing& drawing) const {
  const auto found = std::ranges::find(pictures_, drawing, [](const auto& each) { return each.first; });
  return found == pictures_.end() ? nullptr : found->second;
}

void SideMemory::keep(const SideDrawing& drawing, std::shared_ptr<const SidePicture> picture) {
  bytes_ += picture->bytes();
  pictures_.emplace_front(drawing, std::move(picture));
  while (bytes_ > kMostBytes && pictures_.size() > 1) {
    bytes_ -= pictures_.back().second->bytes();
    pictures_.pop_back();
  }
}

void SideMemory::keep_only(const PaintModel* model) {
  std::erase_if(pictures_, [&](const auto& each) {
    const bool other = each.first.request.model.get() != model;
    if (other) bytes_ -= each.second->bytes();
    return other;
  });
}

Result<std::shared_ptr<const SidePictures>> draw_beside(const SideList& list, SideMemory& memory,
                                                        std::stop_token stop,
                                                        const Publish<SidePictures>& publish) {
  memory.keep_only(list.base.request.model.get());
  SidePictures out{.list = list, .pictures = {}};
  for (const Variation& each : list.each) {
    out.pictures.push_back(each.problem.empty() ? memory.find(drawing_of(list.base, each))
                                                : std::make_shared<const SidePicture>(
                                                      SidePicture{.x = {}, .problem = each.problem}));
  }
  const auto tell = [&] { publish(std::make_shared<const SidePictures>(out)); };
  tell();
  for (std::size_t i = 0; i < list.each.size(); ++i) {
    if (out.pictures[i]) continue;
    const SideDrawing drawing = drawing_of(list.base, list.each[i]);
    REGARD_TRY(out.pictures[i], draw_one(drawing, stop));
    memory.keep(drawing, out.pictures[i]);
    tell();
  }
  return std::make_shared<const SidePictures>(std::move(out));
}

Work<SideList, SidePictures> side_painter() {
  return [memory = std::make_shared<SideMemory>()](const SideList& list, std::stop_token stop,
                                                   const Publish<SidePictures>& publish) {
    return draw_beside(list, *memory, std::move(stop), publish);
  };
}

Work<PaintJob, Painting> painter() {
  return [memory = std::make_shared<PaintMemory>()](const PaintJob& job, std::stop_token stop,
                                                    const Publish<Painting>& publish) {
    return carry_out(job, *memory, std::move(stop), publish);
  };
}

}  // namespace regard
