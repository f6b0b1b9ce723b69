// Reduced motion: nothing moves by itself.
#include <gtest/gtest.h>

#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

TEST(ReducedMotion, TheFilmGoesOnByItsKeyAlone) {
  UiRun run(painting_session(4));
  run.play([&](ImGuiTestContext* ctx) {
    run.wait(ctx, [&] { return run.program().paint().has_run() && !run.state().painting.drawing; });
    const Film& film = run.program().ui().paint.film;
    run.program().send(SetReducedMotion{true});
    ctx->Yield(2);
    for (int step = 0; step < 4; ++step) {
      ctx->KeyPress(ImGuiKey_Space);
      ctx->Yield(30);  // half a second
      IM_CHECK(film.playing);
      IM_CHECK_EQ(film.frame(), step);
    }
    ctx->KeyPress(ImGuiKey_Space);
    ctx->Yield(2);
    IM_CHECK_EQ(film.frame(), -1);  // behind the last: all of them again
    run.program().send(SetReducedMotion{false});
    ctx->KeyPress(ImGuiKey_Space);
    ctx->Yield(30);
    IM_CHECK_GT(film.at, 0);
  });
}

TEST(ReducedMotion, IsTheLearnersOwnAndComesBack) {
  Session session = first_session(kEnglish);
  session.view.reduced_motion = true;
  const auto read = parse_session(session_json(session), "s.json");
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->view.reduced_motion);
  EXPECT_FALSE(parse_session(session_json(first_session(kEnglish)), "s.json")->view.reduced_motion);
  EXPECT_TRUE(started_with(first_session(kEnglish), {.reduced_motion = true}).view.reduced_motion);
  EXPECT_TRUE(started_with(session, {}).view.reduced_motion);
  UiRun run(session);
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(LessonAct{.name = "what-is-attention"});
    run.wait(ctx);
    IM_CHECK(run.state().view.reduced_motion);
    run.program().send(LessonAct{.what = LessonAct::What::kLeave});
    run.wait(ctx);
    IM_CHECK(run.state().view.reduced_motion);
    ctx->SetRef("##MainMenuBar");
    ctx->MenuClick("View/Reduced motion");
    ctx->Yield(2);
    IM_CHECK(!run.state().view.reduced_motion);
  });
}

}  // namespace
}  // namespace regard
