// One word taken along through text, picture and drawing by one key, and the tokens of words as one.
#include <cmath>
#include <string>

#include "app/state/queries.h"
#include "app/views/now_in_words.h"
#include "core/engine/match.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

const std::string kPrompt = "un chat (rouge:1.3) poursuit une souris";
const std::size_t kRed = kPrompt.find("rouge");

Session session_of(const std::string& prompt, std::size_t byte) {
  Session session = first_session(kEnglish);
  session.doc.prompt = prompt;
  session.doc.pins = {{Pin::Kind::kText, 0}, {Pin::Kind::kText, byte}};
  session.doc.choice = map_choice(2, 2);
  session.has_choice = true;
  session.example.reset();
  return session;
}

std::string sentence(UiRun& run) {
  const Program& program = run.program();
  return now_in_words(program.state(), program.views(), program.compare(), program.picture(), program.paint(),
                      {}, program.strings());
}

TEST(Follow, OneKeyTakesTheWordRoundAndUndoBringsTheDocumentBack) {
  UiRun run(session_of(kPrompt, kRed));
  run.play([&](ImGuiTestContext* ctx) {
    const Document before = run.state().doc;
    ctx->KeyPress(ImGuiKey_F7);
    run.wait(
        ctx, [&] { return run.state().matches.size() >= 2 && run.program().picture().problem().empty(); }, 3);
    const PictureDocument& picture = run.state().doc.picture;
    IM_CHECK(run.state().view.workspace == Workspace::kImage);
    IM_CHECK(run.state().doc.prompt == kPrompt);
    IM_CHECK_STR_EQ(picture.captions[static_cast<std::size_t>(picture.caption)].c_str(),
                    "un chat rouge poursuit une souris");
    IM_CHECK_STR_EQ(picture.captions[static_cast<std::size_t>(picture.caption_less)].c_str(),
                    "un chat poursuit une souris");
    IM_CHECK(run.state().view.picture.lens == PictureLens::kCaption);
    const std::string said = sentence(run);
    EXPECT_NE(said.find("rouge”, station 2 of 3: "), said.npos) << said;
    EXPECT_NE(said.find("beyond “un chat poursuit une souris”"), said.npos) << said;
    ctx->KeyPress(ImGuiKey_F7);
    ctx->Yield(3);
    IM_CHECK(run.state().view.workspace == Workspace::kPainting);
    IM_CHECK(run.state().doc.paint.word == (PromptWord{PromptWord::Kind::kWord, kRed}));
    run.wait(ctx, [&] { return run.program().paint().has_run() && !run.state().painting.drawing; }, 3);
    EXPECT_NE(sentence(run).find("rouge”, station 3 of 3: "), std::string::npos) << sentence(run);
    ctx->KeyPress(ImGuiKey_F7);
    ctx->Yield(3);
    IM_CHECK(run.state().view.workspace == Workspace::kText);
    IM_CHECK(run.state().doc.pins.back() == (Pin{Pin::Kind::kText, kRed}));
    EXPECT_NE(sentence(run).find("rouge”, station 1 of 3: "), std::string::npos) << sentence(run);
    ctx->KeyPress(ImGuiMod_Shift | ImGuiKey_F7);
    ctx->Yield(3);
    IM_CHECK(run.state().view.workspace == Workspace::kPainting);
    run.program().send(Undo{});
    ctx->Yield(3);
    IM_CHECK(run.state().doc == before);
  });
}

TEST(Follow, ASessionKeepsWhatIsChosen) {
  UiRun run(session_of(kPrompt, kRed));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F7);
    run.program().send(SetTokensView{{.words = true, .renormalise = true, .rank = true, .hold = 0.8}});
    ctx->Yield(3);
    const Session kept = run.program().session();
    const auto read = parse_session(session_json(kept), "session", first_session(kEnglish));
    IM_CHECK(read.has_value());
    IM_CHECK(read->doc.picture == kept.doc.picture);
    IM_CHECK(read->doc.picture.caption_less >= 0);
    IM_CHECK(read->view == kept.view);
    IM_CHECK(read->view.following && read->view.tokens.hold == 0.8);
  });
}

TEST(Follow, WithoutAWordTheKeyDoesNothing) {
  UiRun run(session_of("", 0));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F7);
    ctx->Yield(3);
    IM_CHECK(run.state().view.workspace == Workspace::kText);
    IM_CHECK(!run.state().view.following);
  });
}

// Unknown words are of several tokens.
TEST(Tokens, WordsAreOneInTheMatrixAndInTheHeads) {
  UiRun run(session_of("un xylophone rouge", 3));
  run.play([&](ImGuiTestContext* ctx) {
    const TextViews& views = run.program().views();
    const int tokens = views.count();
    IM_CHECK(tokens > 5);
    const Matrix all = views.attention();
    const auto& words = views.run().words;
    ctx->KeyPress(ImGuiMod_Alt | ImGuiKey_W);
    ctx->Yield(3);
    IM_CHECK_EQ(views.count(), 5);
    IM_CHECK_EQ(views.matrix().width, 5);
    IM_CHECK_STR_EQ(views.named(words[1].last_token).shown.c_str(), "xylophone");
    float sum = 0;
    for (int q = words[1].first_token; q <= words[1].last_token; ++q) {
      for (int k = words[1].first_token; k <= words[1].last_token; ++k) sum += all(q, k);
    }
    sum /= static_cast<float>(words[1].last_token - words[1].first_token + 1);
    IM_CHECK(std::abs(views.matrix().cells[2 * 5 + 2] - sum) < 1e-5f);
    IM_CHECK(views.row_of(words[1].last_token) == 2);
    IM_CHECK_EQ(views.tile_pitch(), 6);
    run.program().send(SetHideSpecial{true});
    run.program().send(SetTokensView{{.words = true, .renormalise = true}});
    ctx->Yield(3);
    IM_CHECK_EQ(views.count(), 3);
    float row = 0;
    for (int k = 0; k < 3; ++k)
      row += has_number(views.matrix().cells[static_cast<std::size_t>(2 * 3 + k)])
                 ? views.matrix().cells[static_cast<std::size_t>(2 * 3 + k)]
                 : 0.0f;
    IM_CHECK(std::abs(row - 1.0f) < 1e-4f);
  });
}

TEST(Tokens, ThePanelShowsThreeStations) {
  UiRun run(session_of(kPrompt, kRed));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->WindowFocus("//###panel.thought");
    run.wait(ctx, [&] { return run.state().thought.found != nullptr; }, 3);
    const Thought& thought = *run.state().thought.found;
    IM_CHECK_STR_EQ(thought.word.c_str(), "rouge");
    IM_CHECK(thought.picture.has_value());
    const float part = thought.picture->cosine - *thought.picture->cosine_without;
    IM_CHECK(std::abs(part) > 1e-4f);
  });
}

}  // namespace
}  // namespace regard
