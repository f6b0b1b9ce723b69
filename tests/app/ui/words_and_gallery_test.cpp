// Words that the model was taught, completion, the list of them; the gallery; what the comparison opens on.
#include "app/state/gallery.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

constexpr const char* kPromptPanel = "//###panel.prompt";

Session french(const char* prompt) {
  Session session = first_session("fr");
  session.doc.prompt = prompt;
  session.doc.pins = {{Pin::Kind::kText, 0}};
  session.example.reset();
  return session;
}

void type_at_end(ImGuiTestContext* ctx, const char* text) {
  ctx->SetRef(kPromptPanel);
  ctx->ItemClick("##prompt");
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_End);
  ctx->KeyChars(text);
  ctx->Yield(2);
}

TEST(KnownWordsUi, TabTakesTheCompletion) {
  UiRun run(french("un chat "));
  run.play([&](ImGuiTestContext* ctx) {
    type_at_end(ctx, "rou");
    IM_CHECK_EQ(run.program().ui().completion.words.size(), 1u);
    ctx->KeyPress(ImGuiKey_Tab);
    ctx->Yield(3);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "un chat rouge");
    IM_CHECK(run.program().ui().completion.words.empty());
    IM_CHECK(run.program().ui().prompt.active);
    ctx->KeyChars(" et");
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "un chat rouge et");
  });
}

TEST(KnownWordsUi, ArrowsChooseAndEnterTakes) {
  UiRun run(french("un "));
  run.play([&](ImGuiTestContext* ctx) {
    type_at_end(ctx, "ch");  // chat, chien, cheval, chases
    const std::vector<std::string> words = run.program().ui().completion.words;
    IM_CHECK_GE(words.size(), 3u);
    ctx->KeyPress(ImGuiKey_DownArrow);
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), ("un " + words[1]).c_str());
    ctx->KeyChars(" et");  // the cursor stands behind it
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), ("un " + words[1] + " et").c_str());
  });
}

TEST(KnownWordsUi, AClickTakes) {
  UiRun run(french("un "));
  run.play([&](ImGuiTestContext* ctx) {
    type_at_end(ctx, "rou");
    const ImGuiWindow* list = ImGui::FindWindowByName("##completion");
    IM_CHECK(list != nullptr);
    ctx->MouseMoveToPos(ImVec2(list->Pos.x + 20, list->Pos.y + 10));
    ctx->MouseClick();
    ctx->Yield(3);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "un rouge");
  });
}

TEST(KnownWordsUi, EscapeClosesTheListAndNothingElse) {
  UiRun run(french("un chat "));
  run.play([&](ImGuiTestContext* ctx) {
    type_at_end(ctx, "rou");
    IM_CHECK(!run.program().ui().completion.words.empty());
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(3);
    IM_CHECK(run.program().ui().completion.words.empty());
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "un chat rou");
    IM_CHECK(run.program().ui().prompt.active);
    IM_CHECK_EQ(run.state().doc.pins.size(), 1u);
  });
}

TEST(KnownWordsUi, AWordFromTheListIsWrittenAtTheCursor) {
  UiRun run(french("un chat"));
  run.play([&](ImGuiTestContext* ctx) {
    type_at_end(ctx, "");
    ctx->SetRef(kPromptPanel);
    ctx->ItemClick("words/##open");
    ctx->Yield(2);
    ctx->ItemClick("**/frcoloursbleu/bleu");
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "un chat bleu");
    ctx->ItemClick("**/frrelationset/et");
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "un chat bleu et");
  });
}

TEST(GalleryUi, EveryExampleShowsWhatItSays) {
  for (const GalleryExample& example : gallery()) {
    const Document doc = gallery_document(example, {}, "fr");
    EXPECT_FALSE(doc.prompt.empty());
    ASSERT_EQ(doc.pins.size(), 1u);
    EXPECT_LT(doc.pins.front().byte, doc.prompt.size());
    EXPECT_EQ(doc.paint.edits.empty(), example.trial == GalleryTrial::kNothing) << example.key;
    EXPECT_EQ(find_gallery_example(gallery_name(example)), &example);
  }
  EXPECT_EQ(find_gallery_example("nothing"), nullptr);
}

TEST(GalleryUi, AKeyOpensItAClickShowsOneAndUndoBringsBack) {
  UiRun run(french("un chat"));
  run.play([&](ImGuiTestContext* ctx) {
    const Document before = run.state().doc;
    ctx->KeyPress(ImGuiKey_F4);
    ctx->Yield(2);
    IM_CHECK(run.program().ui().show_gallery);
    ctx->SetRef("//###gallery");
    ctx->ItemClick("$$0/##card");
    run.wait_for_run(ctx);
    IM_CHECK(!run.program().ui().show_gallery);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "un chat rouge poursuit une souris grise");
    IM_CHECK(run.state().view.workspace == Workspace::kText);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    ctx->Yield(2);
    IM_CHECK(run.state().doc.prompt == before.prompt && run.state().doc.pins == before.pins);
  });
}

TEST(GalleryUi, EscapeClosesItAndKeepsThePins) {
  UiRun run(french("un chat"));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F4);
    ctx->Yield(2);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(!run.program().ui().show_gallery);
    IM_CHECK_EQ(run.state().doc.pins.size(), 1u);
  });
}

TEST(CompareUi, OpensOnAWeightAndCanBeUndone) {
  UiRun run(first_session("fr"));
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SetWorkspace{Workspace::kCompare});
    run.wait_for_run(ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "Un chat (rouge:1.5) poursuit une souris grise");
    IM_CHECK(run.program().compare().ready());
    IM_CHECK_GT(run.program().compare().difference_range().max, 0.01f);
    run.program().send(Undo{});
    run.program().send(SetWorkspace{Workspace::kText});
    run.program().send(SetWorkspace{Workspace::kCompare});
    run.wait_for_run(ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "Un chat rouge poursuit une souris grise");
  });
}

TEST(CompareUi, ASceneIsChosenFromAListAndShowsWhatItSays) {
  UiRun run(first_session("fr"));
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SetWorkspace{Workspace::kCompare});
    run.wait_for_run(ctx);
    for (const GalleryExample& scene : compare_scenes()) {
      const std::string title = run.program().strings()(scene.key);
      ctx->ItemClick("//###panel.compare/scenes/##open");
      ctx->Yield(2);
      ctx->ItemClick(("//$FOCUSED/" + title).c_str());
      run.wait(ctx, [&] { return run.program().compare().ready(); });
      const Document& doc = run.state().doc;
      IM_CHECK(doc == gallery_document(scene, doc, "fr"));
      IM_CHECK(run.state().view.workspace == Workspace::kCompare);
      const CompareViews& compare = run.program().compare();
      double moved = 0;  // what the two readings differ in, of the maps or of the vectors
      for (const float value : compare.difference().cells)
        moved = std::max(moved, has_number(value) ? std::abs(static_cast<double>(value)) : 0.0);
      const bool same_tokens = compare.first().tokens.size() == compare.second().tokens.size();
      for (const VectorChange& change : compare.outputs())
        moved = std::max({moved, std::abs(change.length_after - change.length_before), 1 - change.cosine});
      IM_CHECK(moved > 0.01 || !same_tokens);
    }
    const Document last = run.state().doc;
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    ctx->Yield(2);
    IM_CHECK(run.state().doc != last);
  });
}

TEST(ImageUi, OpensOnCaptionsToCompare) {
  UiRun run(first_session("fr"));
  run.settle();
  EXPECT_EQ(run.state().doc.picture.captions.size(), 3u);
  ASSERT_EQ(run.state().matches.size(), 3u);
  EXPECT_GT(run.state().matches[0].probability, run.state().matches[1].probability)
      << "the right one fits best";
}

TEST(Details, AreSaidOnDemandAndKept) {
  UiRun run(french("un chat"));
  run.play([&](ImGuiTestContext* ctx) {
    IM_CHECK(!run.state().view.details);
    run.program().send(SetDetails{true});
    ctx->Yield(2);
    IM_CHECK(run.state().view.details);
    const Result<Session> read = parse_session(session_json(run.program().session()), "s.json");
    IM_CHECK(read.has_value() && read->view.details);
  });
}

}  // namespace
}  // namespace regard
