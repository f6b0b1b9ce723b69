// What the answers of the slots change in the state. An error leaves what is shown as it was.
#include <algorithm>
#include <utility>

#include "app/program.h"

namespace regard {

void Program::show_error(const std::string& message) {
  std::string line = message;
  std::ranges::replace(line, '\n', ' ');
  state_.error = Notice{std::move(line)};
}

void Program::show_note(const std::string& message) {
  show_error(message);
  state_.error->good = true;
}

void Program::accept_models(const Reply<OpenedModels>& reply) {
  const ModelPaths meant = std::exchange(meant_, paths_);
  if (!reply) return show_error(reply.error().message);
  const OpenedModels& opened = **reply;
  const ModelPaths& paths = opened.from;
  if (!opened.problem.empty()) show_error(opened.problem);
  // A tower that could not be opened leaves the one in use, and everything else, as it was. What was chosen
  // of another model's heads, patches and blocks says nothing of this one.
  if (opened.text) {
    if (state_.model && paths.text != meant.text) state_.choice_is_default = true;
    state_.model = opened.text;
    paths_.text = paths.text;
    state_.run.reset();
    state_.other_run.reset();
    state_.plain_run.reset();
  }
  if (opened.vision) {
    if (state_.vision_model && paths.vision != meant.vision) forget_tokens(state_.doc.picture);
    state_.vision_model = opened.vision;
    paths_.vision = paths.vision;
    state_.vision.reset();
    state_.plain_vision.reset();
    state_.other_vision.reset();
    state_.pair_vision.reset();
    if (!opened.text) state_.view.workspace = Workspace::kImage;
  }
  if (opened.paint) {
    if (state_.paint_model && paths.paint != meant.paint) {
      state_.doc.paint.patch = -1;
      state_.doc.paint.maps.clear();
    }
    state_.paint_model = opened.paint;
    if (!opened.paint->pooled_notice.empty()) show_error(opened.paint->pooled_notice);  // before it draws
    paths_.paint = paths.paint;
    forget_painting();
  }
  meant_ = paths_;
}

void Program::accept_text(const Reply<TextRun>& reply) {
  if (!reply) return show_error(reply.error().message);
  state_.run = *reply;
  state_.run_so_far.reset();
  if (state_.choice_is_default)
    state_.doc.choice =
        pick_head(*state_.run->output.record, state_.run->tokens, state_.doc.pins, state_.example);
  state_.choice_is_default = false;
  update_score();
}

void Program::accept_other(const Reply<TextRun>& reply) {
  if (!reply) return show_error(reply.error().message);
  state_.other_run = *reply;
}

void Program::accept_plain(const Reply<TextRun>& reply) {
  if (!reply) return show_error(reply.error().message);
  state_.plain_run = *reply;
  update_score();
}

void Program::accept_plain_vision(const Reply<VisionRun>& reply) {
  if (!reply) return show_error(reply.error().message);
  state_.plain_vision = *reply;
  picture_.invalidate();
  update_score();
}

// One that cannot be read: the one before it stays.
void Program::accept_other_picture(const Reply<VisionRun>& reply) {
  if (!reply) {
    show_error(reply.error().message);
    state_.doc.picture.other = state_.other_vision ? state_.other_picture : std::string();
    return;
  }
  state_.other_vision = *reply;
  state_.other_picture = other_picture_.asked()->picture;
}

void Program::accept_effect(const Reply<RunEffect>& reply) {
  if (!reply) return show_error(reply.error().message);
  (effect_.asked()->vision ? state_.vision_effect : state_.text_effect) = **reply;
}

void Program::accept_divergence(const Reply<Divergence>& reply) {
  const DivergenceRequest& asked = *divergence_.asked();
  compare_.accept(asked.first, asked.second, reply ? *reply : nullptr);  // other heads: there is no number
}

void Program::accept_image(const Reply<OpenedImage>& reply) {
  state_.image_read = image_.asked()->reading;
  if (!reply) {
    show_error(reply.error().message);
    if (state_.image) state_.doc.picture.image = state_.image_name;  // the one in sight stays
    return;
  }
  state_.image = (*reply)->image;
  state_.image_name = image_.asked()->name;
  state_.objects = (*reply)->objects;
  state_.vision.reset();
}

void Program::accept_other_image(const Reply<OpenedImage>& reply) {
  state_.other_image_read = other_image_.asked()->reading;
  if (!reply) {
    show_error(reply.error().message);
    if (state_.other_image) state_.doc.pair.image = state_.other_image_name;  // the one in sight stays
    return;
  }
  state_.other_image = (*reply)->image;
  state_.other_image_name = other_image_.asked()->name;
  state_.pair_vision.reset();
}

void Program::accept_other_vision(const Reply<VisionRun>& reply) {
  if (!reply) return show_error(reply.error().message);
  state_.pair_vision = *reply;
}

void Program::accept_vision(const Reply<VisionRun>& reply) {
  if (!reply) return show_error(reply.error().message);
  state_.vision = *reply;
  state_.vision_so_far.reset();
  const auto gone = [&](int token) { return token >= state_.vision->tokens(); };
  PictureDocument& picture = state_.doc.picture;
  for (std::vector<int>* tokens : {&picture.pins, &picture.region_a, &picture.region_b})
    std::erase_if(*tokens, gone);
  if (state_.first_picture) show_first_picture(state_);
  state_.first_picture = false;
  update_score();
}

void Program::accept_matches(const Reply<std::vector<TextMatch>>& reply) {
  if (reply) {
    state_.matches = **reply;
  } else {
    state_.matches_problem = reply.error().message;
    std::ranges::replace(state_.matches_problem, '\n', ' ');
  }
  picture_.invalidate();
}

// To the view that has the run; the others do not ask for it.
void Program::accept_map(const Reply<Map>& reply) {
  const MapAsk ask = *map_.asked();
  if (doubled_.wanted() == ask) doubled_.accept(ask, reply);
  const auto is_of = [&](const auto& run) { return run && ask.trace.get() == &run->trace; };
  if (is_of(state_.vision) || is_of(state_.plain_vision) || is_of(state_.vision_so_far)) {
    picture_.accept(ask, reply);
  } else if (state_.painting.run && ask.trace.get() == &state_.painting.run->trace) {
    paint_.accept(ask, reply);
  } else if (is_of(state_.run) || is_of(state_.run_so_far)) {
    views_.accept(ask, reply);
  }
}

void Program::accept_head_maps(const Reply<std::vector<Map>>& reply) {
  if (!reply) return show_error(reply.error().message);
  picture_.accept_heads(*head_maps_.asked(), *reply);
}

void Program::accept_regions(const Reply<Eigen::MatrixXd>& reply) {
  if (!reply) show_error(reply.error().message);
  picture_.accept(
      std::make_shared<const RegionMass>(RegionMass{*regions_.asked(), reply ? **reply : Eigen::MatrixXd()}));
}

void Program::accept_heads(const Reply<HeadsMeasured>& reply) {
  if (!reply) return show_error(reply.error().message);
  heads_.accept(*reply);
}

void Program::accept_survey(const Reply<HeadSurvey>& reply) {
  if (!reply) {
    heads_.refuse_survey(reply.error().message);
    return show_error(reply.error().message);
  }
  heads_.accept_survey(*surveyor_.asked(), *reply);
}

void Program::accept_drawing(const Reply<Painting>& reply) {
  if (reply) {
    state_.painting.run = (*reply)->run;
    state_.painting.before = (*reply)->before;
    state_.painting.seen = (*reply)->seen;
    state_.painting.draft = is_draft_;
  } else {
    state_.painting.problem = reply.error().message;
    std::ranges::replace(state_.painting.problem, '\n', ' ');
  }
}

void Program::accept_words(const Reply<SidePictures>& reply) {
  if (!reply) return show_error(reply.error().message);
  side_.accept_words(*reply);
}

void Program::accept_seeds(const Reply<SidePictures>& reply) {
  if (!reply) return show_error(reply.error().message);
  side_.accept_seeds(*reply);
}

void Program::accept_ledger(const Reply<Ledger>& reply) {
  if (!reply) return show_error(reply.error().message);
  state_.ledger.found = *reply;
}

void Program::accept_context(const Reply<ContextChanges>& reply) {
  if (!reply) return show_error(reply.error().message);
  state_.painting.context = {*context_.asked(), *reply};
}

void Program::accept_thought(const Reply<Thought>& reply) {
  state_.thought.found = reply ? *reply : nullptr;
  state_.thought.problem = reply ? "" : reply.error().message;
  std::ranges::replace(state_.thought.problem, '\n', ' ');
}

// The first layers of a run that goes on, the maps of a weight that was passed while it is dragged, the
// drawing as far as it is drawn, those beside it, and the ledger.
bool Program::accept_progress() {
  auto text = text_.progress(), other = other_.progress();
  auto vision = vision_.progress();
  const bool passed = text || other || vision;
  if (text && text->whole) {
    accept_text(std::move(text));
  } else if (text) {
    state_.run_so_far = std::move(text);
  }
  if (other && other->whole) accept_other(std::move(other));
  if (vision) state_.vision_so_far = std::move(vision);
  auto ledger = ledger_.progress();
  if (ledger) state_.ledger.found = ledger;
  auto words = words_.progress(), seeds = seeds_.progress();
  const bool beside = words || seeds || ledger;
  if (words) side_.accept_words(std::move(words));
  if (seeds) side_.accept_seeds(std::move(seeds));
  auto survey = surveyor_.progress();
  const bool surveyed = survey != nullptr;
  if (survey) heads_.accept_survey(*surveyor_.asked(), std::move(survey));
  const auto so_far = painter_.progress();
  if (!so_far) return passed || beside || surveyed;
  // A draft comes whole, and stays until what follows it is as clear.
  const bool clear =
      so_far->run && !is_draft_ && (!state_.painting.draft || 2 * so_far->run->drawn() >= so_far->run->steps);
  if (clear) {
    state_.painting.run = so_far->run;
    state_.painting.seen.reset();
    state_.painting.draft = false;
  }
  if (so_far->before) state_.painting.before = so_far->before;
  return true;
}

// CLIP's own score of the prompt against the picture, when both come from one CLIP.
void Program::update_score() {
  state_.score.reset();
  if (!state_.run || !state_.vision || state_.model->folder != state_.vision_model->folder) return;
  const RowVector& picture = state_.vision->output.embedding;
  const RowVector& weighed = state_.run->output.embedding;
  const RowVector& plain = state_.run->plain_embedding.size() > 0 ? state_.run->plain_embedding : weighed;
  if (picture.size() == 0 || weighed.size() != picture.size()) return;
  state_.score = ClipScore{cosine_of(weighed, picture), cosine_of(plain, picture)};
  const bool tried = !state_.run->request.edits.empty(), tried_on_picture = state_.plain_vision != nullptr;
  if (!tried && !tried_on_picture) return;
  if (tried && !state_.plain_run) return;  // comes
  const RowVector& text = tried ? state_.plain_run->output.embedding : weighed;
  const RowVector& seen = tried_on_picture ? state_.plain_vision->output.embedding : picture;
  state_.score->untried = cosine_of(text, seen);
}

}  // namespace regard
