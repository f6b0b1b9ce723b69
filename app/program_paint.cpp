// The program's road of a drawing: what is asked for, drawn by a worker, step by step.
#include <algorithm>

#include "app/export/paint_map.h"
#include "app/program.h"
#include "app/state/paint_session.h"
#include "app/views/paint_names.h"
#include "core/engine/text_chunks.h"
#include "core/prompt/grammar.h"

namespace regard {
namespace {

// Whether every word an edit is about is in the prompt as it is read now.
bool finds_words(const PaintEdit& edit, const ChunkedPrompt& prompt) {
  const auto found = [&](const PromptWord& asked) {
    if (asked.kind != PromptWord::Kind::kWord) return true;
    return std::ranges::any_of(prompt.chunks, [&](const PromptChunk& chunk) {
      return std::ranges::any_of(
          chunk.words, [&](const Word& word) { return word.start <= asked.byte && asked.byte < word.end; });
    });
  };
  if (const auto* cut = std::get_if<CutWord>(&edit.what)) return found(cut->word);
  if (const auto* mute = std::get_if<MuteWord>(&edit.what)) return found(mute->word);
  if (const auto* swap = std::get_if<SwapWords>(&edit.what)) return found(swap->first) && found(swap->second);
  return true;
}

}  // namespace

PaintJob Program::wanted_paint() {
  const Document& doc = state_.doc;
  const PaintDocument& paint = doc.paint;
  PaintJob job;
  PaintRequest& request = job.request;
  request.model = state_.paint_model;
  request.prompt = doc.prompt;
  request.negative = paint.negative;
  request.syntax = doc.syntax;
  request.weighting = doc.weighting;
  request.normalisation = doc.normalisation;
  request.place = paint.place;
  request.seed = paint.seed;
  request.steps = paint.steps == 0 ? std::min(request.model->steps, kMostShownSteps) : paint.steps;
  request.guidance = paint.guidance;
  request.output_space = true;
  if (!paint.picture.empty()) {
    job.picture = sample_or_file(paint.picture).string();
    request.first_step = std::clamp(paint.picture_step, 0, request.steps - 1);
  }
  job.before = request;
  const ChunkedPrompt prompt =
      paint.edits.empty() ? ChunkedPrompt{} : tokenize_chunks(*request.model->text, doc.prompt, doc.syntax);
  const MmditConfig& config = request.model->mmdit.config();
  state_.painting.lost_edits.clear();
  for (std::size_t i = 0; i < paint.edits.size(); ++i) {
    const PaintEdit& edit = paint.edits[i];
    const auto* head = std::get_if<HeadOff>(&edit.what);
    const auto* block = std::get_if<BlockOff>(&edit.what);
    const bool there = (head == nullptr || (head->block < config.layers && head->head < config.heads)) &&
                       (block == nullptr || block->block < config.layers);
    if (there && finds_words(edit, prompt)) {
      request.edits.push_back(edit);
    } else {
      state_.painting.lost_edits.push_back(i);
    }
  }
  const std::string plain = without_weights(doc.syntax, doc.prompt);
  job.before->prompt = paint.before.value_or(plain);
  job.before->keep = KeepRecords::kConditional;
  job.before->output_space = false;
  const bool tried =
      !request.edits.empty() || plain != doc.prompt || (paint.before && *paint.before != doc.prompt);
  if (!tried) job.before.reset();
  return job;
}

// Draws what is asked for, unless it is drawn or being drawn already. Cost: a reading of the prompt.
void Program::update_painting() {
  if (state_.view.workspace != Workspace::kPainting || !state_.paint_model) return;
  PaintJob job = wanted_paint();
  if (paint_job_ == job) return;
  paint_job_ = job;
  feed_ = std::make_shared<PaintFeed>();
  state_.painting.drawing = true;
  state_.painting.cancelled = false;
  state_.painting.problem.clear();
  if (!job.before) state_.painting.before.reset();
  painter_.submit([job = std::move(job), feed = feed_, memory = paint_memory_, wake = wake_](
                      std::stop_token stop) { return regard::carry_out(job, *memory, feed, wake, stop); });
}

void Program::cancel_painting() {
  if (!state_.painting.drawing) return;
  painter_.cancel();
  feed_.reset();
  state_.painting.drawing = false;
  state_.painting.cancelled = true;
}

// What is drawn, or being drawn, belongs to a session or model that is no more.
void Program::forget_painting() {
  painter_.cancel();
  feed_.reset();
  paint_job_.reset();
  state_.painting = {};
}

bool Program::accept_painting() {
  bool any = false;
  if (feed_) {
    PaintFeed::News news = feed_->take();
    any = news.run || news.before;
    if (news.run) state_.painting.run = std::move(news.run);
    if (news.before) state_.painting.before = std::move(news.before);
  }
  if (const auto answer = painter_.take()) {
    any = true;
    if (answer->feed == feed_) {  // of the newest job
      state_.painting.drawing = false;
      state_.painting.problem = answer->problem;
      std::ranges::replace(state_.painting.problem, '\n', ' ');
      if (answer->run) state_.painting.run = answer->run;
      state_.painting.before = answer->before;
    }
  }
  return any;
}

// The map over the drawing as the window shows it.
Result<std::string> Program::drawn_map_bytes(const std::string& format) const {
  if (!paint_.problem().empty()) {
    return fail(ErrorCode::kUnsupported, "export: expected a map over the drawing, got none: {}",
                strings_(paint_.problem()));
  }
  const PaintNames names(paint_, state_, strings_);
  PaintMap map{.run = state_.painting.run,
               .values = paint_.overlay().cells,
               .span = paint_.span(),
               .maps = paint_.maps(),
               .lens = paint_lens_name(state_.view.paint.lens),
               .half = state_.view.paint.unconditional ? "negative" : "prompt",
               .title = names.direction(),
               .about = names.maps() + ", " + names.span()};
  if (paint_.patch() >= 0)
    map.framed = {paint_.patch() % paint_.columns(), paint_.patch() / paint_.columns()};
  return paint_map_bytes(map, format, strings_);
}

}  // namespace regard
