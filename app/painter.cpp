#include "app/painter.h"

#include <algorithm>
#include <utility>
#include <variant>

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
  return std::ranges::any_of(
      request.edits, [](const PaintEdit& edit) { return std::holds_alternative<KeepMaps>(edit.what); });
}

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

std::shared_ptr<const PaintAnswer> carry_out(const PaintJob& job, PaintMemory& memory,
                                             const std::shared_ptr<PaintFeed>& feed,
                                             const std::function<void()>& wake, std::stop_token stop) {
  auto answer = std::make_shared<PaintAnswer>();
  answer->feed = feed;
  const auto failed = [&](const Error& error) -> std::shared_ptr<const PaintAnswer> {
    if (error.code == ErrorCode::kCancelled) return nullptr;
    answer->problem = error.message;
    return answer;
  };
  const auto draw = [&](const PaintRequest& request, bool before) -> Result<std::shared_ptr<const PaintRun>> {
    auto run = memory.find(request);
    if (run == nullptr) {
      const auto seen = [&](const PaintStep& step) {
        feed->publish(before, std::make_shared<const PaintRun>(step.run));
        if (wake) wake();
      };
      auto drawn = run_paint(request, seen, stop);
      if (!drawn) return drawn;
      run = *drawn;
    }
    memory.keep(run, before);
    feed->publish(before, run);
    if (wake) wake();
    return run;
  };

  PaintJob todo = job;
  if (!job.picture.empty()) {
    const auto image = read_image(job.picture);
    if (!image) return failed(image.error());
    const int side = job.request.model->mmdit.config().sample_side;
    todo.request.picture = picture_values(*image, side, side);
    if (todo.before) todo.before->picture = todo.request.picture;
  }
  const bool before_first = todo.before && keeps_maps_of_another(todo.request);
  for (const bool before : {before_first, !before_first}) {
    if (before && !todo.before) continue;
    const auto run = draw(before ? *todo.before : todo.request, before);
    if (!run) return failed(run.error());
    (before ? answer->before : answer->run) = *run;
    if (before && before_first) todo.request.kept = *run;
  }
  return answer;
}

}  // namespace regard
