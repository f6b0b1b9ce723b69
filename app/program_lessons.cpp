// Lessons: the cards' states, what they ask of the runs, and what is there again when one is left.
#include <utility>

#include "app/lessons/library.h"
#include "app/program.h"
#include "core/formats/json.h"

namespace regard {

void Program::carry_out_lesson(const LessonAct& act) {
  using What = LessonAct::What;
  const LessonAnswers before = player_.answers();
  switch (act.what) {
    case What::kOpen:
      open_lesson(act.name);
      break;
    case What::kCard:
      if (player_.open() && act.index >= 0)
        show(player_.go_to(static_cast<std::size_t>(act.index), session()));
      break;
    case What::kSetUp:
      if (player_.open()) show(player_.set_up_again(session()));
      break;
    case What::kLeave:
      if (player_.open()) leave_lesson();
      break;
    case What::kChoose:
      player_.choose(act.name, act.index);
      break;
    case What::kType:
      player_.type(act.name, act.text);
      break;
    case What::kCheck:
      player_.check(act.name, state_);
      break;
    case What::kHint:
      if (const auto shown = player_.hint(act.name, session())) show(*shown);
      break;
    case What::kWho:
      player_.set_who(act.text);
      break;
  }
  if (before != player_.answers() && !answers_file_.empty()) save_answers(answers_file_);
}

void Program::open_lesson(const std::string& name) {
  auto lesson = find_lesson(name, state_.view.language);
  if (!lesson) return show_error(lesson.error().message);
  if (!before_lesson_) before_lesson_ = BeforeLesson{session(), state_.history};
  state_.history = {};
  state_.error.reset();
  show(player_.start(*std::move(lesson), session()));
}

// The person's theme, language and size are as they are now.
void Program::leave_lesson() {
  const ViewOptions now = state_.view;
  player_.leave();
  lesson_.forget();
  if (!before_lesson_) return;
  BeforeLesson before = *std::exchange(before_lesson_, std::nullopt);
  before.session.view.theme = now.theme;
  before.session.view.language = now.language;
  before.session.view.colors = now.colors;
  before.session.view.zoom = now.zoom;
  before.session.view.details = now.details;
  before.session.view.reduced_motion = now.reduced_motion;
  show(before.session);
  // The first look at the picture was still to come, and the picture is there.
  if (state_.first_picture && state_.vision && !image_request(state_)) {
    show_first_picture(state_);
    state_.first_picture = false;
  }
  state_.history = std::move(before.history);
}

// What is wanted changes, and nothing is forgotten: runs that are there and asked for again stay. As
// use() does for a session of a file.
void Program::show(const Session& session) {
  const std::string image = state_.doc.picture.image;
  state_.doc = session.doc;
  state_.view = session.view;
  state_.choice_is_default = !session.has_choice;
  state_.example = session.example;
  state_.first_picture = session.first_picture;
  state_.restored = session.restored;
  if (state_.doc.picture.image != image) ++state_.image_wanted;
  const ModelPaths meant{session.model, session.vision_model, session.paint_model};
  if (meant.paint != meant_.paint) forget_painting();  // nothing is drawn by the one before
  if (meant != std::exchange(meant_, meant)) open_models({.paths = meant});
  ask();
}

void Program::ask_lesson() {
  if (!player_.open()) return;
  std::optional<LessonAsk> wanted = lesson_ask(player_.shared(), player_.card_index(), state_);
  player_.want(wanted);
  lesson_.want(std::move(wanted));
}

void Program::accept_lesson(const Reply<LessonNumbers>& reply) {
  if (reply && player_.open()) player_.accept(*reply);
}

Session Program::kept_session() const {
  if (!before_lesson_) return session();
  Session kept = before_lesson_->session;
  kept.view.theme = state_.view.theme;
  kept.view.language = state_.view.language;
  kept.view.colors = state_.view.colors;
  kept.view.zoom = state_.view.zoom;
  kept.view.details = state_.view.details;
  kept.view.reduced_motion = state_.view.reduced_motion;
  return kept;
}

void Program::keep_answers(const std::filesystem::path& file) {
  answers_file_ = file;
  std::error_code ignored;
  if (file.empty() || !std::filesystem::exists(file, ignored)) return;
  Result<LessonAnswers> answers = read_answers(file);
  if (!answers) return show_error(answers.error().message);
  ui_.lesson.who = answers->who;
  player_.set_answers(*std::move(answers));
}

void Program::save_answers(const std::filesystem::path& file) {
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  const Result<void> written = write_file(file, answers_json(player_.answers()));
  if (!written) show_error(written.error().message);
}

// While something shows them.
void Program::list_lessons() {
  if (lessons_ || (!ui_.show_lessons && !ui_.start.open && !ui_.classroom.open)) return;
  lessons_ =
      std::make_shared<const std::vector<std::shared_ptr<const Lesson>>>(lessons_in(state_.view.language));
}

void Program::ask_class() {
  const ClassState& classroom = state_.classroom;
  if (!classroom.folder.empty()) class_.want(ClassRequest{classroom.folder, classroom.reading});
}

void Program::accept_class(const Reply<ClassResults>& reply) {
  if (reply) {
    state_.classroom.found = *reply;
  } else {
    state_.classroom.problem = reply.error().message;
  }
}

void Program::save_class(const SaveClass& asked) {
  if (!state_.classroom.found) return;
  const ClassResults& results = *state_.classroom.found;
  const Result<void> written =
      write_file(asked.file, asked.by_question ? questions_csv(results) : class_csv(results));
  if (!written) return show_error(written.error().message);
  ui_.own_files.insert(own_name(asked.file));
  show_note(strings_.format("note.saved", asked.file.string()));
}

}  // namespace regard
