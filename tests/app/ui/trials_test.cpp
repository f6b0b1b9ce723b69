// What is tried on a text or a picture in the window: by menu, key and list; what it changes stands as
// numbers.
#include <algorithm>
#include <string>

#include "app/ui/panels.h"
#include "app/ui/trials.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

const PromptWord kChat{PromptWord::Kind::kWord, 3}, kRouge{PromptWord::Kind::kWord, 8};

Session text_session(std::vector<RunEdit> edits = {}) {
  Session session = first_session(kEnglish);
  session.doc.prompt = "un chat rouge";
  session.doc.pins = {{Pin::Kind::kText, 8}};
  session.doc.edits = std::move(edits);
  return session;
}

Session picture_session(std::vector<RunEdit> edits = {}) {
  Session session = first_session(kEnglish);
  session.view.workspace = Workspace::kImage;
  session.doc.picture.edits = std::move(edits);
  return session;
}

void show_panel(ImGuiTestContext* ctx, const char* workspace) {
  ctx->WindowFocus((std::string("//###panel.paint_edits") + workspace).c_str());
  ctx->Yield(3);
}

TEST(Trials, AMaskedWordIsRunAndItsEffectStands) {
  UiRun run(text_session({{.what = MuteWord{kChat}}}));
  run.settle();
  ASSERT_TRUE(run.state().plain_run);
  EXPECT_TRUE(run.state().plain_run->request.edits.empty());
  EXPECT_EQ(run.program().views().record().attention(0, 0)(3, 2), 0.0f);
  ASSERT_TRUE(run.state().text_effect);
  EXPECT_LT(run.state().text_effect->cosine, 0.9999f);
  EXPECT_GT(std::abs(run.state().text_effect->change), 0.01f);
  ASSERT_TRUE(run.state().score);
  EXPECT_TRUE(run.state().score->untried);
  EXPECT_TRUE(run.program().views().has_before());
  run.program().send(SetDifference{true});
  run.settle();
  EXPECT_TRUE(run.program().views().shows_difference());
  EXPECT_LT(run.program().views().matrix_range().min, 0.0f);
}

TEST(Trials, TheListSwitchesAndForgets) {
  UiRun run(text_session({{.what = MuteWord{kChat}}, {.what = HeadOff{1, 2}}}));
  run.play([&](ImGuiTestContext* ctx) {
    show_panel(ctx, "");
    ctx->ItemClick("//###panel.paint_edits/**/$$0/##on");
    run.wait_for_run(ctx);
    IM_CHECK(!run.state().doc.edits[0].on);
    IM_CHECK_EQ(run.state().run->request.edits.size(), 1u);
    ctx->ItemClick("//###panel.paint_edits/**/$$1/##remove");
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.state().doc.edits.size(), 1u);
    IM_CHECK(run.state().run->request.edits.empty());
    IM_CHECK(!run.state().text_effect);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.state().run->request.edits.size(), 2u);
  });
}

TEST(Trials, KeysTryWhatIsChosen) {
  UiRun run(text_session());
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SelectMap{map_choice(1, 2)});
    ctx->Yield(3);
    ctx->KeyPress(ImGuiMod_Alt | ImGuiKey_O);
    ctx->Yield(2);
    IM_CHECK_EQ(run.state().doc.edits.size(), 1u);
    IM_CHECK(run.state().doc.edits[0].what == RunEdit::What(HeadOff{1, 2}));
    ctx->KeyPress(ImGuiMod_Alt | ImGuiKey_K);  // the pinned word
    ctx->Yield(2);
    IM_CHECK_EQ(run.state().doc.edits.size(), 2u);
    IM_CHECK(run.state().doc.edits[1].what == RunEdit::What(MuteWord{kRouge}));
    ctx->KeyPress(ImGuiMod_Alt | ImGuiKey_O);
    ctx->KeyPress(ImGuiMod_Alt | ImGuiKey_K);
    ctx->Yield(2);
    IM_CHECK(run.state().doc.edits.empty());
  });
}

TEST(Trials, ARightClickOnAThumbnailSwitchesItsHeadOff) {
  UiRun run(text_session());
  run.play([&](ImGuiTestContext* ctx) {
    const int head = 4096 + 2;
    ctx->MouseMove(("//###panel.heads/**/$$" + std::to_string(head) + "/##head").c_str());
    ctx->MouseClick(ImGuiMouseButton_Right);
    ctx->Yield(2);
    ctx->ItemClick("//$FOCUSED/switch this head off");
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.state().doc.edits.size(), 1u);
    IM_CHECK(run.state().doc.edits[0].what == RunEdit::What(HeadOff{1, 2}));
  });
}

TEST(Trials, TakesFromTheOtherPrompt) {
  Session session = text_session({{.what = PatchState{kChat, 2}}, {.what = FreezeMaps{}, .on = false}});
  session.doc.other_prompt = "un chien rouge";
  UiRun run(session);
  run.settle();
  ASSERT_TRUE(run.state().other_run);
  EXPECT_EQ(run.state().other_run->request.prompt, "un chien rouge");
  ASSERT_EQ(run.state().run->request.edits.size(), 1u);
  EXPECT_EQ((*run.state().run->output.hidden_states)[2].row(2),
            (*run.state().other_run->output.hidden_states)[2].row(2));
  EXPECT_TRUE(run.state().text_effect);
  run.play([&](ImGuiTestContext* ctx) { show_panel(ctx, ""); });  // draws what it can reach
  EXPECT_FALSE(run.state().error);
}

TEST(Trials, AWordThatGoesTakesItsTrialsAlong) {
  UiRun run(text_session({{.what = MuteWord{kChat}}, {.what = HeadOff{0, 0}}}));
  run.settle();
  run.program().send(SetPrompt{"un rouge"});
  run.settle();
  ASSERT_EQ(run.state().doc.edits.size(), 1u);
  EXPECT_EQ(run.state().run->request.edits.size(), 1u);
  run.program().send(SetPrompt{"deux chats (un chat rouge)"});
  run.settle();
  EXPECT_FALSE(run.state().error);
}

TEST(Trials, OnAPictureToo) {
  const int patch = 1 + 4 * 12 + 3;
  UiRun run(picture_session({{.what = MuteWord{place_at(patch)}}}));
  run.settle();
  ASSERT_TRUE(run.state().vision && run.state().plain_vision);
  EXPECT_EQ(run.program().picture().record().attention_map(1, 1).col(patch).maxCoeff(), 0.0f);
  ASSERT_TRUE(run.state().vision_effect);
  EXPECT_LT(run.state().vision_effect->cosine, 1.0f);
  EXPECT_TRUE(run.program().picture().has_before());
  run.program().send(SetDifference{true});
  run.settle();
  EXPECT_TRUE(run.program().picture().overlay_signed());
  EXPECT_LT(run.program().picture().atlas_range().min, 0.0f);
  run.play([&](ImGuiTestContext* ctx) {
    show_panel(ctx, ".image");
    ctx->KeyPress(ImGuiMod_Alt | ImGuiKey_O);
    ctx->Yield(2);
    IM_CHECK_EQ(run.state().doc.picture.edits.size(), 2u);
  });
  run.program().send(OpenImage{"scene-3"});
  run.settle();
  EXPECT_EQ(run.state().doc.picture.edits.size(), 1u) << "a patch of another picture means nothing";
}

TEST(Trials, APictureTakesFromAnother) {
  const int patch = 1 + 4 * 12 + 3;
  Session session =
      picture_session({{.what = PatchState{place_at(patch), 2}}, {.what = FreezeMaps{}, .on = false}});
  session.doc.picture.other = "scene-3";
  UiRun run(session);
  run.settle();
  ASSERT_TRUE(run.state().other_vision && run.state().vision);
  EXPECT_EQ(run.state().other_picture, "scene-3");
  ASSERT_EQ(run.state().vision->request.edits.size(), 1u);
  EXPECT_EQ((*run.state().vision->output.hidden_states)[2].row(patch),
            (*run.state().other_vision->output.hidden_states)[2].row(patch));
  EXPECT_TRUE(run.state().vision_effect);
  run.play([&](ImGuiTestContext* ctx) {
    show_panel(ctx, ".image");  // draws what it can reach
    ctx->ItemClick("//###panel.paint_edits.image/other/##open");
    ctx->ItemClick("//$FOCUSED/this picture");
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.picture.other.c_str(), "");
  });
  run.settle();
  EXPECT_EQ(run.state().vision->output.embedding, run.state().plain_vision->output.embedding)
      << "from the picture itself nothing changes";
  run.program().send(SetOtherPicture{"/nowhere.png"});
  run.settle();
  EXPECT_TRUE(run.state().error && !run.state().error->good);
  EXPECT_EQ(run.state().doc.picture.other, session.doc.picture.image) << "the one before stays";
}

// By mouse a drag, by keyboard Enter there and Enter here; from the same place and layer, or from elsewhere.
TEST(Trials, ACellOfTheOtherRunIsPutIntoThisOne) {
  Session session = text_session();
  session.doc.other_prompt = "un chien rouge";
  UiRun run(session);
  run.play([&](ImGuiTestContext* ctx) {
    show_panel(ctx, "");
    const auto cell = [](const char* side, int layer, int place) {
      return "//###panel.paint_edits/**/" + std::string(side) + "/$$" +
             std::to_string(layer * 100'000 + place) + "/##cell";
    };
    ctx->ItemDragAndDrop(cell("there", 2, 2).c_str(), cell("here", 2, 2).c_str());
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.state().doc.edits.size(), 1u);
    IM_CHECK(run.state().doc.edits[0].what == RunEdit::What(PatchState{kChat, 2}));
    ctx->NavMoveTo(cell("there", 1, 3).c_str());
    ctx->NavActivate();
    ctx->Yield(2);
    IM_CHECK(run.program().ui().picked_state == std::pair(3, 1));
    ctx->NavMoveTo(cell("here", 2, 3).c_str());
    ctx->NavActivate();
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.state().doc.edits.size(), 2u);
    IM_CHECK(run.state().doc.edits[1].what ==
             RunEdit::What(PatchState{.place = kRouge, .after = 2, .from_after = 1}));
    IM_CHECK(!run.program().ui().picked_state);
  });
  EXPECT_EQ((*run.state().run->output.hidden_states)[2].row(3),
            (*run.state().other_run->output.hidden_states)[1].row(3));
}

TEST(Trials, ADrawingTakesFromTheOneBefore) {
  Session session = first_session(kEnglish);
  session.view.workspace = Workspace::kPainting;
  session.doc.prompt = "un chat rouge";
  session.doc.paint.before = "un chien rouge";
  session.doc.paint.steps = 2;
  session.doc.paint.edits = {{.what = PatchState{kChat, 2}}};
  UiRun run(session);
  run.settle();
  const PaintState& painting = run.state().painting;
  ASSERT_TRUE(painting.run && painting.before) << painting.problem;
  const auto& now = *painting.run->trace.records[1]->stream(2);
  const auto& there = *painting.before->trace.records[1]->stream(2);
  const int cat = painting.run->patches() + 2;
  EXPECT_EQ(now.row(cat), there.row(cat));
  EXPECT_NE(now.row(cat + 1), there.row(cat + 1));
  run.program().send(SetEdits{{{.what = FreezeMaps{}}}, 0});
  run.settle();
  EXPECT_TRUE(painting.problem.empty()) << painting.problem;
  EXPECT_NEAR(painting.run->trace.records[1]->attention(3, 1)(cat, 5),
              painting.before->trace.records[1]->attention(3, 1)(cat, 5), 1e-6f);
  // A word that is not there: the trial waits, and the rest is drawn.
  PaintDocument paint = run.state().doc.paint;
  paint.edits = {{.what = PatchState{kRouge, 2}}};
  paint.before = "un chien";
  run.program().send(SetPaint{paint, 0});
  run.settle();
  EXPECT_EQ(painting.lost_edits.size(), 1u);
  EXPECT_TRUE(painting.problem.empty()) << painting.problem;
}

TEST(Trials, SessionsKeepThem) {
  Session session = text_session({{.what = CutReading{kRouge, kChat, 1, 2}},
                                  {.what = HeadOff{1, 2, true}, .on = false},
                                  {.what = PatchState{kChat, 3}},
                                  {.what = PatchState{kRouge, 1, 2, 0}}});
  session.doc.other_prompt = "un chien";
  session.doc.picture.other = "scene-3";
  session.doc.paint.edits = {{.what = FreezeMaps{}}, {.what = PatchState{place_at(7), 2}, .last_step = 4}};
  session.doc.picture.edits = {{.what = CutReading{place_at(0), place_at(7)}}, {.what = BlockOff{2}}};
  session.view.by_divergence = true;
  const auto read = parse_session(session_json(session), "s.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->doc.edits, session.doc.edits);
  EXPECT_EQ(read->doc.picture.edits, session.doc.picture.edits);
  EXPECT_EQ(read->doc.other_prompt, session.doc.other_prompt);
  EXPECT_EQ(read->doc.picture.other, "scene-3");
  EXPECT_EQ(read->doc.paint.edits, session.doc.paint.edits);
  EXPECT_TRUE(read->view.by_divergence);
  const auto bad = parse_session(R"({"regard_session":1,"edits":[{"kind":"cut","word":3}]})", "s.json");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message.substr(0, 70),
            "s.json: edits: expected at most 12 of {\"kind\": mute, head-off, block-o");
}

TEST(CompareWorkspace, TwoPromptsAndHowFarApart) {
  Session session = text_session();
  session.view.workspace = Workspace::kCompare;
  session.doc.other_prompt = "un chien rouge";
  UiRun run(session);
  run.settle();
  ASSERT_TRUE(run.program().compare().ready());
  EXPECT_EQ(run.program().compare().rows().size(), 6u);
  const Divergence* divergence = run.program().compare().divergence();
  ASSERT_NE(divergence, nullptr);
  EXPECT_GT(divergence->by_head.maxCoeff(), 0.0);
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SetDivergenceOrder{true});
    ctx->Yield(2);
    ctx->ItemClick("//###panel.compare/choice/##open");
    ctx->Yield(2);
    const auto [layer, head] = run.program().compare().divergence()->order().front();
    ctx->ItemClick(
        ("//$FOCUSED/layer " + std::to_string(layer + 1) + " · head " + std::to_string(head + 1)).c_str());
    ctx->Yield(3);
    IM_CHECK(run.state().doc.choice == map_choice(layer, head));
  });
  run.program().send(SetOtherPrompt{std::nullopt});
  run.settle();
  EXPECT_TRUE(run.program().compare().ready());
  EXPECT_EQ(run.program().compare().rows().size(), 5u);
}

}  // namespace
}  // namespace regard
