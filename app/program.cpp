#include "app/program.h"

#include <algorithm>

#include "app/assets.h"
#include "app/export/save_maps.h"
#include "core/engine/model_folder.h"
#include "core/formats/json.h"

namespace regard {
namespace {

std::filesystem::path builtin_model() { return assets_dir() / "little-world"; }

std::string one_line(const std::string& text) {
  std::string line = text;
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

Session first_session(const Language& language) {
  Session session;
  session.view.language = language;
  // The first example, in French on every screen: the colour belongs to the cat and not to the mouse.
  session.doc.prompt = "Un chat rouge poursuit une souris grise";
  session.doc.pins = {{Pin::Kind::kText, session.doc.prompt.find("rouge")}};
  session.doc.paint.seed = 9;
  session.doc.paint.word = PromptWord{PromptWord::Kind::kWord, session.doc.prompt.find("rouge")};
  session.first_picture = true;
  session.example = WordLink{session.doc.prompt.find("rouge"), session.doc.prompt.find("chat")};
  return session;
}

Program::Program(const Session& session, std::function<void()> wake, const Locales& locales)
    : strings_(Strings::load(session.view.language, locales)),
      wake_(wake),
      opener_(wake),
      runner_(wake),
      other_runner_(wake),
      image_reader_(wake),
      vision_runner_(wake),
      matcher_(wake),
      slow_mapper_(wake),
      region_worker_(wake),
      painter_(wake) {
  use(session);
}

void Program::use(const Session& session) {
  state_.doc = session.doc;
  state_.view = session.view;
  state_.history = {};
  state_.choice_is_default = !session.has_choice;
  state_.example = session.example;
  state_.first_picture = session.first_picture;
  state_.run.reset();
  state_.other_run.reset();
  state_.vision.reset();
  forget_painting();
  if (!state_.model || session.model != model_path_ || session.vision_model != vision_path_ ||
      session.paint_model != paint_path_) {
    start_opening(session);
  } else {
    start_run();
  }
  start_reading_image();
}

void Program::start_opening(const Session& session) {
  state_.opening = true;
  opener_.submit([text_path = session.model, vision_path = session.vision_model,
                  paint_path = session.paint_model](std::stop_token) {
    auto opened = std::make_shared<Opened>(Opened{{}, {}, {}, text_path, vision_path, paint_path, {}});
    const auto folder = [](const std::string& path) {
      return path.empty() ? builtin_model() : find_model(path);
    };
    auto text = open_text_model(folder(text_path));
    auto vision = open_vision_model(folder(vision_path));
    if (text) opened->text = *text;
    if (vision) opened->vision = *vision;
    auto paint = open_paint_model(folder(paint_path), text_path == paint_path ? opened->text : nullptr);
    if (paint) opened->paint = *paint;
    if (!paint) opened->error = paint.error().message;
    // A text model without a picture tower is no mistake.
    if (!vision && text_path != vision_path) opened->error = vision.error().message;
    if (!text) opened->error = text.error().message;
    return std::shared_ptr<const Opened>(opened);
  });
}

// A folder the person chose: whatever it has replaces what is in use.
void Program::start_opening_either(const std::filesystem::path& folder) {
  state_.opening = true;
  opener_.submit([folder](std::stop_token) {
    const std::filesystem::path found = folder.empty() ? builtin_model() : find_model(folder);
    const std::string path = folder.string();
    auto opened = std::make_shared<Opened>(Opened{{}, {}, {}, path, path, path, {}});
    auto text = open_text_model(found);
    auto vision = open_vision_model(found);
    if (text) opened->text = *text;
    if (vision) opened->vision = *vision;
    auto paint = open_paint_model(found, opened->text);
    if (paint) opened->paint = *paint;
    std::error_code ignored;
    const bool pipeline = std::filesystem::exists(found / "model_index.json", ignored);
    if (!text && !vision) {
      // Of several messages the one that knows the model; "unsupported" says it is another kind.
      const bool other_kind = text.error().code == ErrorCode::kUnsupported;
      opened->error = other_kind ? vision.error().message : text.error().message;
    }
    if (pipeline && !paint) opened->error = paint.error().message;
    return std::shared_ptr<const Opened>(opened);
  });
}

TextRequest Program::request(const Reading& reading) const {
  const Document& doc = state_.doc;
  const bool same_program = reading.syntax == doc.syntax;
  return {.model = state_.model,
          .prompt = doc.prompt,
          .syntax = reading.syntax,
          .weighting = reading.weighting,
          .normalisation = doc.normalisation,
          .rule = same_program ? doc.chunk_rule : std::nullopt,
          .chunk = doc.chunk};
}

void Program::submit(LatestWorker<Answer>& worker, const TextRequest& request) {
  worker.submit([request](std::stop_token stop) {
    auto answer = std::make_shared<Answer>();
    auto run = run_text(request, stop);
    if (run) {
      answer->run = *run;
    } else if (run.error().code != ErrorCode::kCancelled) {
      answer->error = run.error().message;
    }
    return std::shared_ptr<const Answer>(answer);
  });
}

void Program::start_run() {
  if (!state_.model) return;
  state_.running = true;
  submit(runner_, request({state_.doc.syntax, state_.doc.weighting}));
  start_other_run();
}

void Program::start_other_run() {
  if (!state_.model || state_.view.workspace != Workspace::kCompare) return;
  submit(other_runner_, request(state_.doc.other));
}

bool Program::accept_answers() {
  bool any = false;
  if (const auto opened = opener_.take()) {
    accept_model(*opened);
    any = true;
  }
  if (const auto answer = runner_.take()) {
    accept_run(*answer);
    any = true;
  }
  if (const auto answer = other_runner_.take()) {
    accept_other_run(*answer);
    any = true;
  }
  if (const auto read = image_reader_.take()) {
    accept_image(*read);
    any = true;
  }
  if (const auto answer = vision_runner_.take()) {
    accept_vision_run(*answer);
    any = true;
  }
  if (const auto answer = matcher_.take()) {
    accept_matches(*answer);
    any = true;
  }
  if (auto map = slow_mapper_.take()) {
    picture_.accept(std::move(map));
    any = true;
  }
  if (auto mass = region_worker_.take()) {
    picture_.accept(std::move(mass));
    any = true;
  }
  any = accept_painting() || any;
  const bool running = runner_.busy() || other_runner_.busy() || vision_runner_.busy();
  any = any || running != state_.running;
  state_.running = running;
  return any;
}

void Program::accept_model(const Opened& opened) {
  state_.opening = false;
  if (!opened.error.empty()) state_.error = Notice{one_line(opened.error)};
  // A tower that could not be opened leaves the one in use, and everything else, as it was.
  if (opened.text) {
    if (state_.model) state_.choice_is_default = true;  // another model has other heads
    state_.model = opened.text;
    model_path_ = opened.text_path;
    state_.run.reset();
    state_.other_run.reset();
    start_run();
  }
  if (!opened.text && state_.model && !state_.run) start_run();  // a session's prompt, by the model in use
  if (opened.vision) {
    if (state_.vision_model) forget_tokens(state_.doc.picture);  // another model has other patches
    state_.vision_model = opened.vision;
    vision_path_ = opened.vision_path;
    state_.vision.reset();
    if (!opened.text) state_.view.workspace = Workspace::kImage;
    start_vision_run();
  }
  if (opened.paint) {
    if (state_.paint_model) {  // another model has other patches, blocks and heads
      state_.doc.paint.patch = -1;
      state_.doc.paint.maps.clear();
    }
    state_.paint_model = opened.paint;
    paint_path_ = opened.paint_path;
    forget_painting();
    update_painting();
  }
}

void Program::accept_run(const Answer& answer) {
  if (!answer.error.empty()) {
    state_.error = Notice{one_line(answer.error)};
    return;
  }
  if (!answer.run || answer.run->request.model != state_.model) return;
  state_.run = answer.run;
  if (state_.choice_is_default)
    state_.doc.choice =
        pick_head(*state_.run->output.record, state_.run->tokens, state_.doc.pins, state_.example);
  state_.choice_is_default = false;
  update_score();
}

void Program::accept_other_run(const Answer& answer) {
  if (!answer.error.empty()) {
    state_.error = Notice{one_line(answer.error)};
  } else if (answer.run && answer.run->request.model == state_.model) {
    state_.other_run = answer.run;
  }
}

void Program::refresh_views() {
  views_.refresh(state_);
  compare_.refresh(state_, views_);
  picture_.refresh(state_, state_.view.workspace == Workspace::kImage ? ui_.next_hovered.patch : -1);
  if (state_.view.workspace == Workspace::kPainting) paint_.refresh(state_, ui_.paint.film.frame());
  start_slow_map();
  start_region_mass();
}

void Program::draw(const MapTextures& textures, const Fonts& fonts, float scale) {
  const Hovered hovered = ui_.next_hovered;
  const InSight in_sight = ui_.in_sight;
  Ui ui{state_, views_, compare_,  picture_, paint_, textures, strings_, palette(state_.view.theme),
        fonts,  ui_,    commands_, scale};
  ui_.paint.film.advance(ImGui::GetIO().DeltaTime, state_.painting.run ? state_.painting.run->drawn() : 0);
  const int frame = ui_.paint.film.frame();
  draw_ui(ui);
  paint_.want_joint(ui_.in_sight.joint);
  picture_.want_matrix(ui_.in_sight.patch_matrix);
  hover_changed_ = hovered != ui_.next_hovered || in_sight != ui_.in_sight ||
                   frame != ui_.paint.film.frame() || ui_.paint.film.playing;
}

bool Program::apply_commands() {
  const std::vector<Command> commands = std::exchange(commands_, {});
  for (const Command& command : commands) carry_out(apply(state_, command));
  if (!commands.empty()) update_painting();
  if (strings_.language() != state_.view.language)
    strings_ = Strings::load(state_.view.language, strings_.locales());
  return !commands.empty() || hover_changed_;
}

void Program::carry_out(const Effects& effects) {
  if (effects.cancel) {
    runner_.cancel();
    other_runner_.cancel();
    vision_runner_.cancel();
    cancel_painting();
  }
  if (effects.paint_again) paint_job_.reset();
  if (effects.run) {
    start_run();
  } else if (effects.run_other) {
    start_other_run();
  }
  if (effects.open_image) {
    start_reading_image();
  } else if (effects.run_vision) {
    start_vision_run();
  } else if (effects.match) {
    start_match();
  }
  if (effects.open_model) start_opening_either(*effects.open_model);
  if (!effects.open_session.empty()) open_session(effects.open_session);
  if (!effects.save_session.empty()) save_session(effects.save_session);
  if (!effects.export_map.empty()) export_map(effects.export_map);
}

void Program::open_session(const std::filesystem::path& file) {
  Session base;
  base.view = state_.view;
  const Result<Session> session = read_session(file, base, strings_.locales());
  if (session) {
    use(*session);
  } else {
    state_.error = Notice{one_line(session.error().message)};
  }
}

void Program::save_session(const std::filesystem::path& file) {
  const Result<void> written = write_file(file, session_json(session()));
  if (!written) state_.error = Notice{one_line(written.error().message)};
}

void Program::export_map(const std::filesystem::path& file) {
  const Workspace workspace = state_.view.workspace;
  const bool picture = workspace == Workspace::kImage, painting = workspace == Workspace::kPainting;
  const bool there = picture ? picture_.has_run() : painting ? paint_.has_run() : views_.has_map();
  if (!there) return;
  const auto save = [&]() -> Result<void> {
    const auto format = map_format(file.string(), file.filename().string());
    if (!format) return std::unexpected(format.error());
    const auto bytes = picture    ? picture_map_bytes(*format)
                       : painting ? drawn_map_bytes(*format)
                                  : text_map_bytes(*format);
    return bytes ? write_file(file, *bytes) : Result<void>(std::unexpected(bytes.error()));
  };
  if (const Result<void> done = save(); !done) state_.error = Notice{one_line(done.error().message)};
}

Result<std::string> Program::text_map_bytes(const std::string& format) const {
  const MapChoice& choice = views_.choice();
  const auto maps = collect_maps(state_.run, {choice.layer, choice.head, views_.shows_scores()});
  if (!maps) return std::unexpected(maps.error());
  return map_bytes(*maps, format, state_.view.language);
}

void Program::open_path(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::string ending = path.extension().string();
  if (std::filesystem::is_directory(find_model(path), ignored)) {
    send(OpenModel{path});
  } else if (ending == ".json" || ending == ".JSON") {
    send(OpenSession{path});
  } else {
    send(OpenImage{path.string()});
  }
}

bool Program::busy() const {
  return state_.opening || state_.running || opener_.busy() || runner_.busy() || other_runner_.busy() ||
         image_reader_.busy() || vision_runner_.busy() || matcher_.busy() || slow_mapper_.busy() ||
         region_worker_.busy() || painter_.busy() || state_.painting.drawing;
}

Session Program::session() const {
  return {.doc = state_.doc,
          .view = state_.view,
          .model = model_path_,
          .vision_model = vision_path_,
          .paint_model = paint_path_,
          .has_choice = !state_.choice_is_default,
          .example = state_.example,
          .first_picture = state_.first_picture};
}

}  // namespace regard
