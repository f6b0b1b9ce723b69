// A frame of the program: answers, views, panels, commands; and what is asked in between.
#include "app/program.h"

#include <utility>

#include "app/lessons/library.h"

namespace regard {

Program::Program(const Session& session, std::function<void()> wake, Works works, const Locales& locales)
    : strings_(Strings::load(session.view.language, locales)),
      opener_("model", std::move(works.open), wake),
      text_("prompt", works.text, wake),
      other_("comparison", works.text, wake),
      plain_("prompt without weights", std::move(works.text), wake),
      image_("picture", works.image, wake),
      other_image_("second picture", std::move(works.image), wake),
      vision_("picture", works.vision, wake),
      plain_vision_("picture without trials", works.vision, wake),
      other_vision_("second picture", std::move(works.vision), wake),
      other_picture_("other picture", std::move(works.other_picture), wake),
      effect_("what trials change", std::move(works.effect), wake),
      divergence_("how far apart", std::move(works.divergence), wake),
      matcher_("captions", std::move(works.match), wake),
      map_("map", std::move(works.map), wake),
      head_maps_("maps of the heads", std::move(works.head_maps), wake),
      regions_("regions", std::move(works.regions), wake),
      measurer_("heads", std::move(works.heads), wake),
      surveyor_("many inputs", std::move(works.survey), wake),
      painter_("drawing", std::move(works.paint), wake),
      words_("drawing without a word", std::move(works.words), wake),
      seeds_("drawing of another seed", std::move(works.seeds), wake),
      ledger_("ledger", std::move(works.ledger), wake),
      context_("context with and without weights", std::move(works.context), wake),
      follow_("one word followed", std::move(works.follow), wake),
      lesson_("lesson", std::move(works.lesson), wake),
      class_("class", std::move(works.class_results), wake),
      figure_("figure", works.figure, wake),
      preview_("preview", std::move(works.figure), wake) {
  use(session);
}

bool Program::accept_answers() {
  bool any = accept_progress();
  // What is wanted is known anew before the next slot is looked at: none answers what was wanted before.
  const auto take = [&](auto& slot, auto accept) {
    const auto reply = slot.take();
    if (!reply) return;
    (this->*accept)(*reply);
    ask();
    any = true;
  };
  take(opener_, &Program::accept_models);
  take(text_, &Program::accept_text);
  take(other_, &Program::accept_other);
  take(plain_, &Program::accept_plain);
  take(image_, &Program::accept_image);
  take(other_image_, &Program::accept_other_image);
  take(vision_, &Program::accept_vision);
  take(other_vision_, &Program::accept_other_vision);
  take(plain_vision_, &Program::accept_plain_vision);
  take(other_picture_, &Program::accept_other_picture);
  take(effect_, &Program::accept_effect);
  take(divergence_, &Program::accept_divergence);
  take(matcher_, &Program::accept_matches);
  take(map_, &Program::accept_map);
  take(head_maps_, &Program::accept_head_maps);
  take(regions_, &Program::accept_regions);
  take(measurer_, &Program::accept_heads);
  take(surveyor_, &Program::accept_survey);
  take(painter_, &Program::accept_drawing);
  take(words_, &Program::accept_words);
  take(seeds_, &Program::accept_seeds);
  take(ledger_, &Program::accept_ledger);
  take(context_, &Program::accept_context);
  take(follow_, &Program::accept_thought);
  take(lesson_, &Program::accept_lesson);
  take(class_, &Program::accept_class);
  take(figure_, &Program::accept_figure);
  take(preview_, &Program::accept_preview);
  return any;
}

// Asks the slots for what the state wants now. Cost: a reading of the prompt.
void Program::ask() {
  state_.opening = opener_.busy();
  const Before before = ui_.weight_dragged ? Before::kIsDone : Before::kStops;
  if (text_.want(text_request(state_), before) && before == Before::kStops) state_.run_so_far.reset();
  other_.want(other_request(state_), before);
  ask_before();
  image_.want(image_request(state_));
  other_picture_.want(other_picture_request(state_));
  if (vision_.want(vision_request(state_))) state_.vision_so_far.reset();
  if (!text_.busy()) state_.run_so_far.reset();  // stopped
  if (!vision_.busy()) state_.vision_so_far.reset();
  ask_pair();
  if (matcher_.want(match_request(state_))) {
    state_.matches.clear();
    state_.matches_problem.clear();
  }
  ask_painting();
  state_.running =
      text_.busy() || other_.busy() || vision_.busy() || other_picture_.busy() || other_vision_.busy();
  ask_beside();
  ask_ledger();
  ask_thought();
  ask_survey();
  ask_lesson();
  ask_class();
  ask_figures();
}

// The second of two pictures, while its panel is in sight.
void Program::ask_pair() {
  if (!ui_.in_sight.pair) return;
  other_image_.want(other_image_request(state_));
  other_vision_.want(other_vision_request(state_));
}

// The runs without what is tried, and what that comes to. Nothing is tried: what there is of them goes.
void Program::ask_before() {
  if (std::optional<TextRequest> plain = plain_request(state_)) {
    plain_.want(std::move(plain));
  } else {
    plain_.forget();
    state_.plain_run.reset();
  }
  if (std::optional<VisionRequest> plain = plain_vision_request(state_)) {
    plain_vision_.want(std::move(plain));
  } else {
    plain_vision_.forget();
    state_.plain_vision.reset();
  }
  if (!state_.run || state_.run->request.edits.empty()) state_.text_effect.reset();
  if (!state_.plain_vision) state_.vision_effect.reset();
  if (std::optional<EffectRequest> effect = effect_request(state_)) {
    std::optional<RunEffect>& shown = effect->vision ? state_.vision_effect : state_.text_effect;
    if (effect_.want(std::move(effect))) shown.reset();
  }
  if (std::optional<DivergenceRequest> apart = divergence_request(state_)) divergence_.want(std::move(apart));
}

void Program::ask_painting() {
  std::optional<WantedPainting> wanted = wanted_painting(state_);
  // Nothing: another workspace is looked at, and what is being drawn goes on.
  if (wanted) {
    state_.painting.lost_edits = std::move(wanted->lost_edits);
    ask_drawing(std::move(wanted->job));
  }
  state_.painting.drawing = painter_.busy();
}

// While a weight is dragged the picture follows in drafts: each is drawn to its end, then that of the newest
// weight, and the whole drawing once no newer weight waits.
void Program::ask_drawing(PaintJob job) {
  const bool drags = ui_.weight_dragged;
  if (drags && is_draft_ && painter_.busy()) return;
  const bool compares = job.before.has_value();
  std::optional<PaintJob> draft;
  if (drags && painter_.asked() != job && drafted_ != job) draft = draft_of(job);
  std::optional<PaintJob> drafted = draft ? std::optional(job) : std::nullopt;
  if (!painter_.want(draft ? std::move(*draft) : std::move(job))) return;
  is_draft_ = drafted.has_value();
  if (is_draft_) drafted_ = std::move(drafted);
  state_.painting.cancelled = false;
  state_.painting.problem.clear();
  side_.outdate();
  if (!compares) state_.painting.before.reset();
}

// Drawings beside the one in sight, for panels in sight: when nothing else is drawn, and not once more what
// is there or was stopped. What goes out of sight while it is drawn is dropped; what is done of it is kept by
// its work.
void Program::ask_beside() {
  const auto want = [](Slot<SideList, SidePictures>& slot, std::optional<SideList> wanted, bool& stopped) {
    if (!wanted) {
      if (slot.busy()) slot.forget();
      return;
    }
    if (slot.asked() && !slot.busy() && same_drawings(*slot.asked(), *wanted)) return;
    stopped = false;
    slot.want(std::move(wanted));
  };
  const std::optional<SideList> none;
  want(words_, ui_.in_sight.words ? wanted_words(state_) : none, state_.painting.words_stopped);
  want(seeds_, ui_.in_sight.seeds ? wanted_seeds(state_) : none, state_.painting.seeds_stopped);
  state_.painting.beside = words_.busy() || seeds_.busy();
}

// While its panel is in sight, and not once more what is there or was stopped. What is counted of a run that
// is no longer in sight goes.
void Program::ask_ledger() {
  std::optional<LedgerRun> wanted = wanted_ledger(state_);
  LedgerState& ledger = state_.ledger;
  if (wanted != ledger.of) {
    ledger = {};
    ledger_.forget();
  }
  if (!ui_.in_sight.ledger || !wanted || ledger.stopped) {
    if (ledger_.busy() && !ui_.in_sight.ledger) ledger_.forget();
    return;
  }
  const bool whole = ledger.found && ledger.found->done() == std::ssize(ledger.found->entries);
  if (whole) return;
  ledger.of = wanted;
  ledger_.want(std::move(wanted));
}

// While its panel is in sight. What is there stays until the next is, but for another word or prompt.
void Program::ask_thought() {
  std::optional<FollowRequest> wanted = ui_.in_sight.thought ? wanted_thought(state_) : std::nullopt;
  ThoughtState& thought = state_.thought;
  if (!wanted) {
    if (ui_.in_sight.thought) thought = {};
    return;
  }
  const bool another = thought.of && (thought.of->text != wanted->text || thought.of->byte != wanted->byte);
  if (another) thought = {};
  if (follow_.want(wanted)) thought.of = std::move(wanted);
}

// Of the step looked at, while a panel says it. What is there stays until the next is.
void Program::ask_context() {
  if (!ui_.in_sight.context || !paint_.has_run()) return;
  if (auto wanted = wanted_context(state_, paint_.span().second)) context_.want(std::move(wanted));
}

// The list of many inputs, for a panel in sight. What Escape stopped stays as it is; what goes out of sight
// goes on, since the list takes long.
void Program::ask_survey() {
  std::optional<SurveyAsk> wanted = ui_.in_sight.survey ? wanted_survey(state_) : std::nullopt;
  if (wanted) wanted->most = wanted->drawing ? most_drawn_ : most_read_;
  if (!wanted || surveyor_.asked() == wanted) return;
  state_.survey_stopped = false;
  heads_.forget_survey();
  surveyor_.want(std::move(wanted));
}

// What the views of the picture cannot compute within a frame.
// Of the workspace in sight; what is doubled comes after the map in force.
const std::optional<MapAsk>& Program::wanted_map() const {
  switch (state_.view.workspace) {
    case Workspace::kImage:
      return picture_.wanted();
    case Workspace::kPainting:
      return paint_.wanted();
    case Workspace::kText:
    case Workspace::kCompare:
      break;
  }
  return views_.wanted();
}

void Program::ask_maps() {
  map_.want(wanted_map() ? wanted_map() : doubled_.wanted());
  head_maps_.want(picture_.wanted_heads());
  regions_.want(picture_.wanted_regions());
  measurer_.want(heads_.wanted());
}

void Program::refresh_views() {
  views_.refresh(state_);
  compare_.refresh(state_, views_);
  picture_.refresh(state_, state_.view.workspace == Workspace::kImage ? ui_.next_hovered.patch : -1);
  if (state_.view.workspace == Workspace::kPainting) {
    paint_.refresh(state_, ui_.paint.film.frame());
    side_.refresh(state_);
    ask_context();
  } else {
    paint_.let_go_of_old(state_);
  }
  if (ui_.in_sight.pair) pair_.refresh(state_, ui_.next_hovered.pair);
  doubled_.refresh(state_, ui_.in_sight.doubled);
  heads_.refresh(state_, picture_, paint_, ui_.in_sight.head_metrics);
  ask_maps();
}

const Palette& Program::colors() const {
  return ui_.presenter.before ? projector_palette() : palette(state_.view.theme);
}

void Program::draw(const MapTextures& textures, const Fonts& fonts, float scale, float monitor) {
  const Hovered hovered = ui_.next_hovered;
  const bool dragged = ui_.weight_dragged;
  const InSight in_sight = ui_.in_sight;
  list_lessons();
  Ui ui{state_,   views_,   compare_, picture_, paint_, side_,     heads_, pair_,  doubled_,
        textures, strings_, colors(), fonts,    ui_,    commands_, scale,  monitor};
  ui.lesson = &player_;
  ui.lessons = lessons_ ? std::span(*lessons_) : std::span<const std::shared_ptr<const Lesson>>();
  const bool moves = !state_.view.reduced_motion;
  if (moves)
    ui_.paint.film.advance(ImGui::GetIO().DeltaTime, state_.painting.run ? state_.painting.run->drawn() : 0);
  const int frame = ui_.paint.film.frame();
  draw_ui(ui);
  paint_.want_joint(ui_.in_sight.joint);
  picture_.want_matrix(ui_.in_sight.patch_matrix);
  sight_changed_ = in_sight != ui_.in_sight || dragged != ui_.weight_dragged;
  hover_changed_ = hovered != ui_.next_hovered || sight_changed_ || frame != ui_.paint.film.frame() ||
                   (ui_.paint.film.playing && moves) || ui_.tab.window != 0 || ui_.tab.moving ||
                   ui_.menu_opens;
}

bool Program::apply_commands() {
  const std::vector<Command> commands = std::exchange(commands_, {});
  for (const Command& command : commands) carry_out(apply(state_, command));
  if (!commands.empty() || std::exchange(sight_changed_, false)) {
    ask();
  } else {
    ask_figures();  // the sheet's choices are no commands
  }
  if (strings_.language() != state_.view.language) {
    strings_ = Strings::load(state_.view.language, strings_.locales());
    lessons_.reset();
    if (player_.open()) {
      if (auto lesson = find_lesson(player_.lesson().name, state_.view.language))
        player_.translate(*std::move(lesson));
      ask();
    }
  }
  return !commands.empty() || hover_changed_;
}

void Program::carry_out(const Effects& effects) {
  if (effects.cancel) stop_runs();
  if (effects.paint_again) painter_.forget();
  if (effects.draw_beside) {
    words_.forget();
    seeds_.forget();
    if (state_.ledger.stopped) ledger_.forget();
    state_.painting.words_stopped = state_.painting.seeds_stopped = state_.ledger.stopped = false;
  }
  if (effects.survey_again) surveyor_.forget();
  if (effects.open_model) {
    open_models({.paths = {}, .over = effects.open_model->string()});
  }
  if (!effects.open_session.empty()) open_session(effects.open_session);
  if (!effects.save_session.empty()) save_session(effects.save_session);
  if (!effects.save_seeds.empty()) save_seeds(effects.save_seeds);
  if (effects.figure) order_figure(*effects.figure);
  if (effects.save_class) save_class(*effects.save_class);
  if (effects.lesson) carry_out_lesson(*effects.lesson);
}

// Also the same folders again: their files may have changed.
void Program::open_models(const OpenRequest& request) {
  opener_.forget();
  opener_.want(request);
}

// Escape. What was asked stays asked, so that nothing starts by itself.
void Program::stop_runs() {
  text_.cancel();
  other_.cancel();
  vision_.cancel();
  plain_vision_.cancel();
  other_picture_.cancel();
  other_vision_.cancel();
  const auto stop = [](auto& slot, bool& stopped) {
    if (!slot.busy()) return;
    slot.cancel();
    stopped = true;
  };
  stop(words_, state_.painting.words_stopped);
  stop(seeds_, state_.painting.seeds_stopped);
  stop(ledger_, state_.ledger.stopped);
  stop(surveyor_, state_.survey_stopped);
  if (!painter_.busy()) return;
  painter_.cancel();
  state_.painting.cancelled = true;
}

// What is drawn, or being drawn, belongs to a session or model that is no more.
void Program::forget_painting() {
  painter_.forget();
  words_.forget();
  seeds_.forget();
  context_.forget();
  side_.forget();
  drafted_.reset();
  is_draft_ = false;
  state_.painting = {};
}

bool Program::focus_asked() const {
  return ui_.prompt.focus || ui_.picture.focus_caption >= 0 || ui_.tab.window != 0 || ui_.menu_opens ||
         (ui_.dialog.line != nullptr && !ui_.dialog.opened) || (ui_.sheet.open && !ui_.sheet.opened);
}

bool Program::busy() const {
  return opener_.busy() || text_.busy() || other_.busy() || image_.busy() || vision_.busy() ||
         other_image_.busy() || other_picture_.busy() || other_vision_.busy() || plain_.busy() ||
         plain_vision_.busy() || effect_.busy() || divergence_.busy() || words_.busy() || seeds_.busy() ||
         ledger_.busy() || context_.busy() || follow_.busy() || matcher_.busy() || map_.busy() ||
         head_maps_.busy() || regions_.busy() || measurer_.busy() || surveyor_.busy() || lesson_.busy() ||
         class_.busy() || painter_.busy() || figure_.busy() || !figure_orders_.empty() || preview_.busy();
}

}  // namespace regard
