// The program without a screen: what is computed, how often, and what an error leaves.
#include "app/program.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <new>
#include <optional>
#include <ostream>
#include <thread>

#include "app/assets.h"

namespace regard {
namespace {

using namespace std::chrono_literals;

struct Counts {
  std::atomic<int> open = 0, text = 0, image = 0, vision = 0, match = 0, maps = 0, regions = 0, paint = 0;
  std::atomic<int> words = 0, seeds = 0;
};

struct Numbers {
  int open = 0, text = 0, image = 0, vision = 0, match = 0, maps = 0, regions = 0, paint = 0;
  bool operator==(const Numbers&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Numbers& n) {
  return out << "open " << n.open << ", text " << n.text << ", image " << n.image << ", vision " << n.vision
             << ", match " << n.match << ", maps " << n.maps << ", regions " << n.regions << ", paint "
             << n.paint;
}

template <class Request, class Answer>
void count(Work<Request, Answer>& work, std::atomic<int>& calls) {
  work = [inner = std::move(work), &calls](const Request& request, std::stop_token stop,
                                           const Publish<Answer>& publish) {
    ++calls;
    return inner(request, std::move(stop), publish);
  };
}

Works counted(Counts& counts) {
  Works works = program_works();
  count(works.open, counts.open);
  count(works.text, counts.text);
  count(works.image, counts.image);
  count(works.vision, counts.vision);
  count(works.match, counts.match);
  count(works.map, counts.maps);
  count(works.regions, counts.regions);
  count(works.paint, counts.paint);
  count(works.words, counts.words);
  count(works.seeds, counts.seeds);
  return works;
}

class ProgramTest : public ::testing::Test {
 protected:
  static Session small_session() {
    Session session = first_session(kEnglish);
    session.doc.paint.steps = 2;
    return session;
  }
  void start(Works works) {
    program_.emplace(small_session(), std::function<void()>(), std::move(works));
    settle();
  }
  void start() { start(counted(counts_)); }

  void frame() {
    program_->accept_answers();
    program_->refresh_views();
    program_->apply_commands();
  }
  void settle() {
    const auto deadline = std::chrono::steady_clock::now() + 120s;
    for (int calm = 0; calm < 3 && std::chrono::steady_clock::now() < deadline;) {
      frame();
      calm = program_->busy() ? 0 : calm + 1;
      if (program_->busy()) std::this_thread::sleep_for(1ms);
    }
    ASSERT_FALSE(program_->busy());
  }
  // What one command, and all that comes of it, had computed.
  Numbers cost(Command command) {
    const Numbers before = numbers();
    program_->send(std::move(command));
    settle();
    const Numbers after = numbers();
    return {after.open - before.open,       after.text - before.text,   after.image - before.image,
            after.vision - before.vision,   after.match - before.match, after.maps - before.maps,
            after.regions - before.regions, after.paint - before.paint};
  }
  Numbers numbers() const {
    return {counts_.open,  counts_.text, counts_.image,   counts_.vision,
            counts_.match, counts_.maps, counts_.regions, counts_.paint};
  }
  const AppState& state() const { return program_->state(); }
  PaintDocument paint() const { return state().doc.paint; }

  Counts counts_;
  std::optional<Program> program_;  // before the counts go
};

constexpr Numbers kNothing{};

TEST_F(ProgramTest, TheFirstStartComputesEachThingOnce) {
  start();
  EXPECT_EQ(numbers(), (Numbers{.open = 1, .text = 1, .image = 1, .vision = 1, .match = 1}));
  EXPECT_TRUE(state().run && state().vision && state().score);
  EXPECT_FALSE(state().opening || state().running || state().error);
}

TEST_F(ProgramTest, AModelBegunBeforeTheWindowIsOpenedOnce) {
  start(opening_now(models_of(small_session()), counted(counts_)));
  EXPECT_EQ(numbers().open, 1);
  ASSERT_TRUE(state().run);
  // Its files may be others by the next time.
  program_->open_path(assets_dir() / "little-world");
  settle();
  EXPECT_EQ(numbers().open, 2);
}

TEST_F(ProgramTest, AModelThatWasNotAskedForIsNotTakenForAnother) {
  start(opening_now({.paths = ModelPaths{"/nowhere", "", ""}, .over = {}}, counted(counts_)));
  EXPECT_EQ(numbers().open, 2);
  EXPECT_TRUE(state().run);
  EXPECT_FALSE(state().error);
}

TEST_F(ProgramTest, AFolderOfTheCommandLineGivesWhatItHasOverTheSession) {
  const std::string pictures = REGARD_TEST_DIR "/golden/vision/dinov2";
  Session session = small_session();
  session.model_over = pictures;
  program_.emplace(session, std::function<void()>(), counted(counts_));
  settle();
  ASSERT_TRUE(state().model && state().vision_model && state().paint_model);
  EXPECT_EQ(state().vision_model->folder, pictures);
  EXPECT_EQ(state().model->folder, assets_dir() / "little-world" / "clip");
  EXPECT_FALSE(state().error);
  const Session kept = program_->session();
  EXPECT_EQ(kept.vision_model, pictures);
  EXPECT_EQ(kept.model, "");
  EXPECT_EQ(kept.paint_model, "");
}

TEST_F(ProgramTest, AFolderOfTheCommandLineThatHasNothingIsSaidAndTheSessionStays) {
  Session session = small_session();
  session.model_over = "/nowhere/at/all";
  program_.emplace(session, std::function<void()>(), counted(counts_));
  settle();
  EXPECT_TRUE(state().model && state().vision_model && state().paint_model);
  ASSERT_TRUE(state().error);
  EXPECT_NE(state().error->text.find("/nowhere/at/all"), std::string::npos);
}

// Its patch and maps are of the model that it names, not of the one that was in use.
TEST_F(ProgramTest, ASessionOfAnotherModelKeepsWhatItHasChosen) {
  start();
  Session other = small_session();
  other.paint_model = "little-world-5-percent";
  other.view.workspace = Workspace::kPainting;
  other.doc.paint.patch = 30;
  other.doc.paint.maps = {{2, 1}};
  const auto file = std::filesystem::path(::testing::TempDir()) / "of_another_model.json";
  ASSERT_TRUE(write_file(file, session_json(other)));
  const Numbers made = cost(OpenSession{file});
  std::filesystem::remove(file);
  EXPECT_EQ(made.open, 1);
  EXPECT_EQ(made.paint, 1) << "not by the model before it, too";
  ASSERT_TRUE(state().paint_model && state().painting.run) << (state().error ? state().error->text : "");
  EXPECT_EQ(state().paint_model->name, "Little World, 5 %");
  EXPECT_EQ(state().doc.paint.patch, 30);
  EXPECT_EQ(state().doc.paint.maps, other.doc.paint.maps);
  EXPECT_EQ(program_->session().paint_model, "little-world-5-percent");
  // A model that the person chooses has other patches.
  program_->open_path(assets_dir() / "little-world");
  settle();
  EXPECT_EQ(state().doc.paint.patch, -1);
}

TEST_F(ProgramTest, LookingComputesNothing) {
  start();
  for (const Workspace workspace : {Workspace::kText, Workspace::kImage}) {
    EXPECT_EQ(cost(SetWorkspace{workspace}), kNothing);
    for (int i = 1; i < 8; ++i) {
      const float opacity = static_cast<float>(i) / 8.0f;
      EXPECT_EQ(cost(SetPictureView{{.opacity = opacity}}), kNothing);
      EXPECT_EQ(cost(SetPaintView{{.opacity = opacity}}), kNothing);
    }
    EXPECT_EQ(cost(SetTheme{Theme::kLight}), kNothing);
    EXPECT_EQ(cost(SetLanguage{"fr"}), kNothing);
    EXPECT_EQ(cost(SetLogScale{true}), kNothing);
    EXPECT_EQ(cost(SetHideSpecial{true}), kNothing);
    EXPECT_EQ(cost(SelectMap{{2, 1}}), kNothing);
    EXPECT_EQ(cost(SelectPictureMap{{2, 1}}), kNothing);
    EXPECT_EQ(cost(TogglePatchPin{30}), kNothing);
    EXPECT_EQ(cost(TogglePin{{Pin::Kind::kText, 1}}), kNothing);
    EXPECT_EQ(cost(SetPrompt{state().doc.prompt}), kNothing);
  }
}

// Beside the drawing nothing is drawn out of sight, and nothing twice.
TEST_F(ProgramTest, WordsAreLeftOutInSightOnlyAndOnce) {
  start();
  EXPECT_EQ(cost(SetWorkspace{Workspace::kPainting}), (Numbers{.paint = 1}));
  EXPECT_EQ(counts_.words, 0);
  program_->ui().in_sight.words = true;
  EXPECT_EQ(cost(SetTheme{Theme::kLight}), kNothing);
  EXPECT_EQ(counts_.words, 1);
  const int asked = program_->side().words_asked();
  EXPECT_EQ(asked, 8);  // seven words and the end
  EXPECT_EQ(program_->side().words_done(), asked);
  program_->ui().in_sight.words = false;  // a look elsewhere, another word, and back
  EXPECT_EQ(cost(SetTheme{Theme::kDark}), kNothing);
  PaintDocument other = paint();
  other.word = PromptWord{PromptWord::Kind::kEnd, 0};
  EXPECT_EQ(cost(SetPaint{other, 0}), kNothing);
  program_->ui().in_sight.words = true;
  EXPECT_EQ(cost(SetTheme{Theme::kLight}), kNothing);
  EXPECT_EQ(counts_.words, 1);
  EXPECT_EQ(counts_.seeds, 0);
}

TEST_F(ProgramTest, EscapeStopsTheWordsAndTheyGoOnWhenAsked) {
  Works works = counted(counts_);
  works.words = [inner = std::move(works.words)](const SideList& list, std::stop_token stop,
                                                 const Publish<SidePictures>& publish) {
    return inner(list, stop, [&](std::shared_ptr<const SidePictures> so_far) {
      const int done = so_far->done();
      publish(std::move(so_far));
      // After the first one it waits for Escape; asked again it goes on.
      while (done == 1 && !stop.stop_requested()) std::this_thread::sleep_for(1ms);
    });
  };
  start(std::move(works));
  cost(SetWorkspace{Workspace::kPainting});
  program_->ui().in_sight.words = true;
  program_->send(SetTheme{Theme::kLight});
  for (int i = 0; i < 100'000 && program_->side().words_done() < 1; ++i) {
    frame();
    std::this_thread::sleep_for(1ms);
  }
  ASSERT_EQ(program_->side().words_done(), 1);
  EXPECT_TRUE(state().painting.beside);
  program_->send(CancelRun{});
  settle();
  EXPECT_TRUE(state().painting.words_stopped);
  EXPECT_FALSE(state().painting.beside);
  EXPECT_EQ(program_->side().words_done(), 1);  // what there is stays
  cost(SetTheme{Theme::kDark});                 // and nothing starts by itself
  EXPECT_EQ(counts_.words, 1);
  program_->send(DrawBeside{});
  for (int i = 0; i < 100'000 && counts_.words < 2; ++i) frame();
  EXPECT_EQ(counts_.words, 2);
  EXPECT_FALSE(state().painting.words_stopped);
  program_->ui().in_sight.words = false;
  cost(SetTheme{Theme::kLight});
}

TEST_F(ProgramTest, TheNegativePromptDrawsAndRunsNothingElse) {
  start();
  EXPECT_EQ(cost(SetWorkspace{Workspace::kPainting}), (Numbers{.paint = 1}));
  ASSERT_TRUE(state().painting.run);
  PaintDocument negative = paint();
  negative.negative = "une souris";
  EXPECT_EQ(cost(SetPaint{negative}), (Numbers{.paint = 1}));
  EXPECT_EQ(state().painting.run->request.negative, "une souris");
  for (const float opacity : {0.2f, 0.4f, 0.9f})
    EXPECT_EQ(cost(SetPaintView{{.opacity = opacity}}), kNothing);
  PaintDocument patch = paint();
  patch.patch = 3;
  EXPECT_EQ(cost(SetPaint{patch}), kNothing);
  EXPECT_EQ(cost(SetWorkspace{Workspace::kText}), kNothing);
  EXPECT_EQ(cost(SetWorkspace{Workspace::kPainting}), kNothing) << "the drawing is there";
  EXPECT_EQ(cost(PaintAgain{}), (Numbers{.paint = 1}));
}

TEST_F(ProgramTest, APromptRunsTheTextAlone) {
  start();
  EXPECT_EQ(cost(SetPrompt{"un chat bleu"}), (Numbers{.text = 1}));
  EXPECT_EQ(state().run->request.prompt, "un chat bleu");
  EXPECT_EQ(cost(SetWorkspace{Workspace::kCompare}), (Numbers{.text = 1})) << "the other reading";
  ASSERT_TRUE(state().other_run);
  EXPECT_EQ(cost(SetWorkspace{Workspace::kText}), kNothing);
  EXPECT_EQ(cost(SetWorkspace{Workspace::kCompare}), kNothing);
  EXPECT_EQ(cost(SetPrompt{"un chat vert"}), (Numbers{.text = 2})) << "both readings";
}

TEST_F(ProgramTest, CaptionsAreComparedWhenTheyOrThePictureChange) {
  start();
  EXPECT_EQ(cost(SetCaptions{{"un chat", "un chien"}, 0}), (Numbers{.match = 1}));
  EXPECT_EQ(state().matches.size(), 2u);
  EXPECT_EQ(cost(SetCaptions{{"un chat", "un chien"}, 1}), kNothing);
  EXPECT_EQ(cost(SetWorkspace{Workspace::kImage}), kNothing);
  PictureView caption;
  caption.lens = PictureLens::kCaption;
  EXPECT_EQ(cost(SetPictureView{caption}), (Numbers{.maps = 1}));
  caption.opacity = 0.3f;
  EXPECT_EQ(cost(SetPictureView{caption}), kNothing);
  EXPECT_EQ(cost(OpenImage{"scene-1"}), (Numbers{.image = 1, .vision = 1, .match = 1, .maps = 1}));
  EXPECT_EQ(cost(OpenImage{"scene-1"}), (Numbers{.image = 1, .vision = 1, .match = 1, .maps = 1}))
      << "the file may have changed";
}

TEST_F(ProgramTest, AWrongPictureLeavesTheOneInSight) {
  start();
  const auto image = state().image;
  const auto vision = state().vision;
  EXPECT_EQ(cost(OpenImage{"/no/such/picture.png"}), (Numbers{.image = 1}));
  ASSERT_TRUE(state().error);
  EXPECT_TRUE(state().error->text.starts_with("/no/such/picture.png: ")) << state().error->text;
  EXPECT_EQ(state().image, image);
  EXPECT_EQ(state().vision, vision);
  EXPECT_EQ(state().doc.picture.image, "scene-2");
}

TEST_F(ProgramTest, AWrongModelLeavesTheOneInUse) {
  start();
  const auto model = state().model;
  const auto run = state().run;
  EXPECT_EQ(cost(OpenModel{"/no/such/model"}), (Numbers{.open = 1}));
  ASSERT_TRUE(state().error);
  EXPECT_EQ(state().model, model);
  EXPECT_EQ(state().run, run);
  EXPECT_EQ(program_->session().model, "");
}

TEST_F(ProgramTest, AnotherSessionIsRunAnew) {
  start();
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "program_test.json";
  program_->send(SaveSession{file});
  settle();
  EXPECT_EQ(cost(OpenSession{file}), (Numbers{.text = 1, .image = 1, .vision = 1, .match = 1}));
  EXPECT_FALSE(state().error);
  EXPECT_FALSE(state().history.can_undo());
  std::filesystem::remove(file);
}

// Work that throws, once it is told to.
template <class Request, class Answer>
void break_down(Work<Request, Answer>& work, std::atomic<bool>& now) {
  work = [inner = std::move(work), &now](const Request& request, std::stop_token stop,
                                         const Publish<Answer>& publish) {
    if (now) throw std::bad_alloc();
    return inner(request, std::move(stop), publish);
  };
}

TEST_F(ProgramTest, NoWorkEndsTheProgramAndWhatWasShownStays) {
  std::atomic<bool> broken = false;
  Works works = program_works();
  break_down(works.open, broken);
  break_down(works.text, broken);
  break_down(works.image, broken);
  break_down(works.vision, broken);
  break_down(works.match, broken);
  break_down(works.map, broken);
  break_down(works.paint, broken);
  start(std::move(works));
  program_->send(SetWorkspace{Workspace::kPainting});
  settle();
  program_->send(SetWorkspace{Workspace::kImage});
  settle();
  const auto run = state().run;
  const auto vision = state().vision;
  const auto painting = state().painting.run;
  const auto model = state().model;
  ASSERT_TRUE(run && vision && painting && model);
  broken = true;
  const auto line = [&](Command command) {
    program_->send(DismissError{});
    program_->send(std::move(command));
    settle();
    return state().error ? state().error->text : std::string();
  };
  EXPECT_EQ(line(SetPrompt{"un chat bleu"}), "prompt: memory: expected enough, got none");
  EXPECT_EQ(line(OpenImage{"scene-1"}), "picture: memory: expected enough, got none");
  EXPECT_EQ(state().doc.picture.image, "scene-2");
  EXPECT_EQ(line(SetLongSide{20}), "picture: memory: expected enough, got none");
  EXPECT_EQ(line(OpenModel{}), "model: memory: expected enough, got none");
  line(SetCaptions{{"un chat"}, 0});
  EXPECT_EQ(state().matches_problem, "captions: memory: expected enough, got none");
  PictureView caption;
  caption.lens = PictureLens::kCaption;
  line(SetPictureView{caption});
  line(SelectPictureMap{lens_choice("rollout")});
  line(SetWorkspace{Workspace::kPainting});
  EXPECT_EQ(state().painting.problem, "drawing: memory: expected enough, got none");
  EXPECT_EQ(state().run, run);
  EXPECT_EQ(state().vision, vision);
  EXPECT_EQ(state().painting.run, painting);
  EXPECT_EQ(state().model, model);
  broken = false;  // and it works again
  line(SetPrompt{"un chat vert"});
  EXPECT_EQ(state().run->request.prompt, "un chat vert");
}

// The first layers of `run`, as it tells of them while it goes on.
template <class Run>
std::shared_ptr<const Run> first_layers_of(const Run& run, int layers) {
  auto out = std::make_shared<Run>(run);
  out->whole = false;
  out->output.record = std::make_shared<const AttentionRecord>(run.output.record->first_layers(layers));
  out->output.hidden_states.reset();
  out->output.pooled.resize(0);
  out->output.embedding.resize(0);
  out->trace = single_trace(run.trace.model, run.trace.prompt, out->output.record);
  return out;
}

// A run that tells of some of its layers and then waits.
template <class Request, class Run>
void hold(Work<Request, Run>& work, std::atomic<int>& layers) {
  work = [&layers, inner = std::move(work)](
             const Request& request, std::stop_token stop,
             const Publish<Run>& publish) -> Result<std::shared_ptr<const Run>> {
    REGARD_TRY(const std::shared_ptr<const Run> whole, inner(request, stop, {}));
    for (int told = 0; layers >= 0 && !stop.stop_requested(); std::this_thread::sleep_for(1ms)) {
      if (std::exchange(told, layers) != layers && layers > 0) publish(first_layers_of(*whole, layers));
    }
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "cancelled");
    return whole;
  };
}

TEST_F(ProgramTest, APictureNotSeenBeforeShowsTheLayersThatAreThere) {
  std::atomic<int> layers = -1;
  Works works = program_works();
  hold(works.vision, layers);
  start(std::move(works));
  program_->send(SetWorkspace{Workspace::kImage});
  settle();
  program_->send(SelectPictureMap{map_choice(3, 1)});
  settle();
  const int all = state().vision->trace.shape().layers;
  ASSERT_GT(all, 3);
  layers = 1;
  program_->send(OpenImage{"scene-1"});
  const PictureViews& shown = program_->picture();
  const auto until = [&](int there) {
    for (int i = 0; i < 20000; ++i) {
      frame();
      if (shown.has_run() && !state().vision && shown.record().shape().layers == there) return true;
      std::this_thread::sleep_for(1ms);
    }
    return false;
  };
  ASSERT_TRUE(until(1));
  EXPECT_EQ(shown.choice().heads, one_head(0, 1)) << "the newest layer, until the chosen one is there";
  EXPECT_EQ(shown.shape().layers, all);
  EXPECT_EQ(shown.atlas().height, all * shown.pitch_y()) << "the grid has its size from the start";
  EXPECT_FALSE(shown.overlay().cells.empty());
  EXPECT_EQ(shown.norms().norms.size(), 0);
  EXPECT_TRUE(state().running);
  layers = 2;
  ASSERT_TRUE(until(2));
  EXPECT_EQ(shown.choice().heads, one_head(1, 1));
  PictureView norms;
  norms.lens = PictureLens::kNorms;
  program_->send(SetPictureView{norms});
  frame();
  frame();  // the command, then its views
  EXPECT_FALSE(shown.has_run()) << "these are of hidden states, which come last";
  program_->send(SetPictureView{});
  layers = -1;
  settle();
  EXPECT_TRUE(state().vision && !state().vision_so_far);
  EXPECT_EQ(shown.choice().heads, one_head(3, 1));
  EXPECT_EQ(shown.record().shape().layers, all);
}

TEST_F(ProgramTest, ADraggedWeightShowsALayerBeforeTheLastIsThere) {
  std::atomic<int> layers = -1;
  Works works = program_works();
  hold(works.text, layers);
  start(std::move(works));
  program_->send(SetPrompt{"un (chat:1.2) bleu"});
  program_->send(SelectMap{map_choice(1, 0)});
  settle();
  const TextViews& shown = program_->views();
  const Matrix before = shown.attention();
  layers = 1;
  program_->send(SetPrompt{"un (chat:1.9) bleu"});
  const auto until = [&](bool goes_on) {
    for (int i = 0; i < 20000; ++i) {
      frame();
      if (state().run_so_far && shown.run().whole != goes_on) return true;
      std::this_thread::sleep_for(1ms);
    }
    return false;
  };
  ASSERT_TRUE(until(false)) << "the chosen layer is not there";
  EXPECT_EQ(shown.attention(), before);
  layers = 2;
  ASSERT_TRUE(until(true));
  EXPECT_EQ(shown.run().request.prompt, "un (chat:1.9) bleu");
  EXPECT_EQ(shown.record().shape().layers, 2);
  const Matrix early = shown.attention();
  EXPECT_NE(early, before);
  layers = -1;
  settle();
  EXPECT_FALSE(state().run_so_far);
  EXPECT_TRUE(shown.run().whole);
  EXPECT_EQ(shown.attention(), early);
  layers = 2;  // and one that is stopped leaves nothing
  program_->send(SetPrompt{"un (chat:1.5) bleu"});
  ASSERT_TRUE(until(true));
  program_->send(CancelRun{});
  layers = -1;
  settle();
  EXPECT_FALSE(state().run_so_far);
  EXPECT_EQ(shown.run().request.prompt, "un (chat:1.9) bleu");
}

TEST_F(ProgramTest, EscapeStopsAndNothingStartsByItself) {
  std::atomic<int> calls = 0;
  Works works = program_works();
  works.text = [&calls, inner = works.text](
                   const TextRequest& request, std::stop_token stop,
                   const Publish<TextRun>& publish) -> Result<std::shared_ptr<const TextRun>> {
    ++calls;
    if (request.prompt != "endless") return inner(request, std::move(stop), publish);
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
    return fail(ErrorCode::kCancelled, "cancelled");
  };
  start(std::move(works));
  const int before = calls;
  program_->send(SetPrompt{"endless"});
  frame();
  while (calls == before) frame();
  EXPECT_TRUE(state().running);
  program_->send(CancelRun{});
  settle();
  EXPECT_FALSE(state().running);
  program_->send(SetTheme{Theme::kLight});
  settle();
  EXPECT_EQ(calls, before + 1);
  EXPECT_FALSE(state().error);
  EXPECT_NE(state().run->request.prompt, "endless");
  program_->send(SetPrompt{"un chat"});
  settle();
  EXPECT_EQ(state().run->request.prompt, "un chat");
}

TEST(Pictures, AFileComesBeforeASampleOfItsName) {
  EXPECT_EQ(picture_path("scene-1"), scenes_dir() / "scene-1.png");
  EXPECT_EQ(picture_path("scene-99"), "scene-99");
  EXPECT_EQ(picture_path("a/scene-1"), "a/scene-1");
  const std::filesystem::path here = std::filesystem::current_path();
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "program_test_pictures";
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(scenes_dir() / "scene-2.png", folder / "scene-1",
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::current_path(folder);
  EXPECT_EQ(picture_path("scene-1"), "scene-1");
  EXPECT_EQ(sample_path("scene-1"), "");
  std::filesystem::current_path(here);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace regard
