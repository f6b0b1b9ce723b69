// Sessions: what the first start shows, and what a file of them changes.
#include "app/program.h"
#include "app/state/open_path.h"
#include "core/formats/json.h"

namespace regard {

Session first_session(const Language& language) {
  Session session;
  session.view.language = language;
  // The first example, in French on every screen: the colour belongs to the cat and not to the mouse.
  session.doc.prompt = "Un chat rouge poursuit une souris grise";
  session.doc.pins = {{Pin::Kind::kText, session.doc.prompt.find("rouge")}};
  session.doc.paint.seed = 4;  // a cat with one head, that grows and reddens as its words weigh more
  session.doc.paint.word = PromptWord{PromptWord::Kind::kWord, session.doc.prompt.find("rouge")};
  // And in the image workspace: the right caption, one of another colour, one of something else.
  const Strings tr = Strings::load(language);
  session.doc.picture.captions = {tr("first.caption.right"), tr("first.caption.colour"),
                                  tr("first.caption.other")};
  session.first_picture = true;
  session.example = WordLink{session.doc.prompt.find("rouge"), session.doc.prompt.find("chat")};
  return session;
}

void Program::use(const Session& session) {
  state_.doc = session.doc;
  state_.view = session.view;
  state_.history = {};
  state_.choice_is_default = !session.has_choice;
  state_.example = session.example;
  state_.first_picture = session.first_picture;
  state_.restored = session.restored;
  state_.run.reset();
  state_.other_run.reset();
  state_.plain_run.reset();
  state_.vision.reset();
  state_.plain_vision.reset();
  state_.other_vision.reset();
  state_.pair_vision.reset();
  ++state_.image_wanted;
  // What failed or was stopped before is tried again.
  text_.forget();
  other_.forget();
  plain_.forget();
  vision_.forget();
  plain_vision_.forget();
  other_picture_.forget();
  other_vision_.forget();
  effect_.forget();
  divergence_.forget();
  forget_painting();
  const OpenRequest models = models_of(session);
  if (models.paths) meant_ = *models.paths;
  if (!state_.model || !models.over.empty() || models.paths != paths_) open_models(models);
  ask();
}

void Program::open_session(const std::filesystem::path& file) {
  Session base;
  base.view = state_.view;
  const Result<Session> session = read_session(file, base, strings_.locales());
  if (session) {
    if (player_.open()) leave_lesson();
    use(*session);
    ui_.own_files.insert(own_name(file));
  } else {
    show_error(session.error().message);
  }
}

void Program::save_session(const std::filesystem::path& file) {
  const Result<void> written = write_file(file, session_json(session()));
  if (written) {
    ui_.own_files.insert(own_name(file));
    if (!player_.answers().empty()) save_answers(answers_beside(file));
  } else {
    show_error(written.error().message);
  }
}

Session Program::session() const {
  ViewOptions view = state_.view;
  if (const auto& before = ui_.presenter.before) {  // a projector's type and colours are not kept
    view.theme = before->theme;
    view.zoom = before->zoom;
  }
  return {.doc = state_.doc,
          .view = view,
          .model = meant_.text,
          .vision_model = meant_.vision,
          .paint_model = meant_.paint,
          .model_over = {},
          .has_choice = !state_.choice_is_default,
          .example = state_.example,
          .restored = state_.restored,
          .first_picture = state_.first_picture};
}

void Program::open_path(const std::filesystem::path& path) { send(open_command(path)); }

}  // namespace regard
