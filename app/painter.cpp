#include "app/painter.h"

#include <algorithm>
#include <utility>

#include "app/assets.h"
#include "core/engine/interventions.h"
#include "core/engine/paint_picture.h"

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
  Painter painter(memory, std::move(stop), publish);
  const bool before_first = todo.before && keeps_maps_of_another(todo.request);
  for (const bool before : {before_first, !before_first}) {
    if (before && !todo.before) continue;
    REGARD_TRY_DO(painter.draw(before ? *todo.before : todo.request, before));
    if (before && before_first) todo.request.kept = painter.painting().before;
  }
  return std::make_shared<const Painting>(painter.painting());
}

Work<PaintJob, Painting> painter() {
  return [memory = std::make_shared<PaintMemory>()](const PaintJob& job, std::stop_token stop,
                                                    const Publish<Painting>& publish) {
    return carry_out(job, *memory, std::move(stop), publish);
  };
}

}  // namespace regard
