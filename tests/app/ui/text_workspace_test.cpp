// What a person does on the first screen, done by the test engine's mouse and keyboard.
#include <chrono>
#include <filesystem>
#include <thread>

#include "core/formats/json.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

constexpr const char* kPromptPanel = "//###panel.prompt";

ImGuiID strip(ImGuiTestContext* ctx) { return ctx->WindowInfo("//###panel.prompt/##strip").ID; }

Session english(const char* prompt) {
  Session session = first_session(kEnglish);
  session.doc.prompt = prompt;
  session.doc.pins.clear();
  session.example.reset();
  return session;
}

void type_into_prompt(ImGuiTestContext* ctx, const char* text) {
  ctx->SetRef(kPromptPanel);
  ctx->ItemClick("##prompt");
  ctx->KeyCharsReplace(text);
}

// By its header, as a person would, onto the lower target of another panel.
void drag_panel_below(ImGuiTestContext* ctx, ImGuiWindow* panel, ImGuiWindow* target) {
  ctx->MouseMoveToPos(ImVec2(panel->Pos.x + 24, panel->Pos.y + 16));  // its name
  ctx->MouseDown(ImGuiMouseButton_Left);
  ctx->MouseLiftDragThreshold();
  ctx->MouseMoveToPos(ImVec2(panel->Pos.x + 100, panel->Pos.y + 60));
  ctx->Yield(3);
  ctx->MouseMoveToPos(target->Rect().GetCenter());
  ctx->Yield(3);
  ImVec2 drop;
  IM_CHECK_SILENT(ImGui::DockContextCalcDropPosForDocking(target, target->DockNode, panel, panel->DockNode,
                                                          ImGuiDir_Down, false, &drop));
  ctx->MouseMoveToPos(drop);
  ctx->Yield(3);
  ctx->MouseUp(ImGuiMouseButton_Left);
  ctx->Yield(3);
}

TEST(TextWorkspace, OpensWithTheExampleTyped) {
  UiRun run;
  run.settle();
  EXPECT_EQ(run.state().doc.prompt, "Un chat rouge poursuit une souris grise");
  ASSERT_TRUE(run.program().views().current());
  EXPECT_EQ(run.program().views().run().tokens.size(), 9u);
  // The head it opens with ties the pinned colour to its own animal.
  const auto& tokens = run.program().views().run().tokens;
  const Matrix& map = run.program().views().attention();
  const int red = pinned_token(run.state().doc.pins.front(), tokens);
  ASSERT_EQ(red, 3);
  int best = 0;
  for (int key = 0; key < 9; ++key) best = map(red, key) > map(red, best) ? key : best;
  EXPECT_EQ(tokens[static_cast<std::size_t>(best)].shown, "chat");
}

TEST(TextWorkspace, TypingMakesTokensAndAMap) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    type_into_prompt(ctx, "a blue dog");
    run.wait_for_run(ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a blue dog");
    IM_CHECK_EQ(run.program().views().run().tokens.size(), 5u);
    IM_CHECK_EQ(run.program().views().matrix().width, 5);
  });
}

TEST(TextWorkspace, TypingAWeightMovesTheSliderAndTheMap) {
  // In the first layer nothing but the weight itself has changed: there a heavier key is read more, always.
  Session session = english("a red cat");
  session.doc.choice = map_choice(0, 1);
  session.has_choice = true;
  UiRun run(session);
  run.play([&](ImGuiTestContext* ctx) {
    const Matrix before = run.program().views().attention();
    type_into_prompt(ctx, "a (red:1.5) cat");
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.program().views().live().words[1].weight, 1.5);
    IM_CHECK_GT(run.program().views().attention()(3, 2), before(3, 2));
    IM_CHECK_LT(std::abs(run.program().views().attention().row(3).sum() - 1.0f), 1e-5f);
  });
}

TEST(TextWorkspace, DraggingASliderRewritesTheWordAndOneUndoRestoresIt) {
  UiRun run(english("un chat rouge, l\u2019\u00e9t\u00e9 \\(ici\\)"));
  const std::string before = run.state().doc.prompt;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef(strip(ctx));
    ctx->ItemDragWithDelta("$$100002/##weight", ImVec2(20, 0));
    run.wait_for_run(ctx);
    const double weight = run.program().views().live().words[2].weight;
    IM_CHECK_GT(weight, 1.05);
    IM_CHECK(run.state().doc.prompt.starts_with("un chat (rouge:1."));
    IM_CHECK(run.state().doc.prompt.ends_with(", l\u2019\u00e9t\u00e9 \\(ici\\)"));
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    run.wait_for_run(ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), before.c_str());
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Y);
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.program().views().live().words[2].weight, weight);
  });
}

TEST(TextWorkspace, DoubleClickOnASliderResetsTheWord) {
  UiRun run(english("a (red:1.35) cat"));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef(strip(ctx));
    ctx->ItemDoubleClick("$$100001/##weight");
    run.wait_for_run(ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a red cat");
  });
}

TEST(TextWorkspace, ArrowKeysStepTheSliderInFocus) {
  UiRun run(english("a red cat"));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef(strip(ctx));
    ctx->NavMoveTo("$$100001/##weight");
    ctx->KeyPress(ImGuiKey_RightArrow);
    ctx->KeyPress(ImGuiKey_RightArrow);
    run.wait_for_run(ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a (red:1.1) cat");
    ctx->KeyPress(ImGuiKey_LeftArrow);
    run.wait_for_run(ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a (red:1.05) cat");
  });
}

TEST(TextWorkspace, ANegativeWeightIsRefusedWithANote) {
  UiRun run(english("a (red:-1) cat"));
  run.settle();
  ASSERT_EQ(run.program().views().warnings().size(), 1u);
  EXPECT_EQ(run.program().views().warnings()[0].key, "warning.negative");
  const Matrix& map = run.program().views().attention();
  EXPECT_TRUE(map.allFinite());
  EXPECT_NEAR(map.row(3).sum(), 1.0f, 1e-5f);
}

TEST(TextWorkspace, ClickPinsSeveralTokensAndASecondClickLetsGo) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef(strip(ctx));
    ctx->ItemClick("$$6/##tile");
    ctx->ItemClick("$$0/##tile");
    IM_CHECK_EQ(run.state().doc.pins.size(), 3u);  // rouge, souris, BOS
    ctx->ItemClick("$$3/##tile");
    IM_CHECK_EQ(run.state().doc.pins.size(), 2u);
    IM_CHECK_EQ(pinned_token(run.state().doc.pins[0], run.program().views().live().tokens), 6);
  });
}

TEST(TextWorkspace, PinsStayOnTheirWordWhileThePromptIsEdited) {
  UiRun run(english("a red cat"));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef(strip(ctx));
    ctx->ItemClick("$$3/##tile");  // cat
    ctx->ItemDragWithDelta("$$100001/##weight", ImVec2(20, 0));
    run.wait_for_run(ctx);
    const auto& tokens = run.program().views().live().tokens;
    const int cat = pinned_token(run.state().doc.pins.front(), tokens);
    IM_CHECK_STR_EQ(tokens[static_cast<std::size_t>(cat)].shown.c_str(), "cat");
  });
}

TEST(TextWorkspace, HoverMarksTheTokenEverywhere) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef(strip(ctx));
    ctx->MouseMove("$$5/##tile");
    ctx->Yield(2);
    IM_CHECK_EQ(run.program().ui().hovered.token, 5);
  });
}

// Whether a tooltip is open after the pointer has rested on an item.
bool rests_in_tooltip(ImGuiTestContext* ctx, ImGuiTestRef item) {
  ctx->MouseMove(item);
  ctx->SleepNoSkip(1.0f, 1.0f / 60.0f);
  for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
    if ((window->Flags & ImGuiWindowFlags_Tooltip) != 0 && window->Active) return true;
  }
  return false;
}

TEST(TextWorkspace, EverythingSaysWhatItIsWhenThePointerRestsOnIt) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef(strip(ctx));
    IM_CHECK(rests_in_tooltip(ctx, "$$0/##tile"));
    IM_CHECK(rests_in_tooltip(ctx, "$$2/##tile"));
    IM_CHECK(rests_in_tooltip(ctx, "$$100001/##weight"));
    ctx->SetRef("//###panel.matrix");
    for (const char* item : {"log", "scores", "start\\/end", "##cells", "##colors"})
      IM_CHECK(rests_in_tooltip(ctx, item));
    ctx->SetRef("//###panel.heads");
    for (const char* item : {"###mean", "###max", "###all", "###rollout"})
      IM_CHECK(rests_in_tooltip(ctx, item));
    ctx->SetRef(ctx->WindowInfo("//###panel.heads/##thumbs").ID);
    IM_CHECK(rests_in_tooltip(ctx, ctx->GetID("$$1/##head")));
  });
}

TEST(TextWorkspace, MenusAndListsOpen) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef("##MainMenuBar");
    ctx->MenuClick("View/Colours/Magma");
    IM_CHECK(run.state().view.colors == MapColors::kMagma);
    ctx->MenuClick("View/Theme/Light");
    IM_CHECK(run.state().view.theme == Theme::kLight);
    ctx->MenuClick("File/Save session…");
    ctx->Yield(3);
    IM_CHECK(ctx->WindowInfo("//###dialog").Window != nullptr);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(run.program().ui().dialog.line == nullptr);
    ctx->SetRef("//##status");
    ctx->ItemClick("language/##open");
    ctx->ItemClick("//$FOCUSED/Français");
    ctx->Yield(2);
    IM_CHECK(run.state().view.language == "fr");
  });
}

TEST(TextWorkspace, AnotherGrammarReadsTheSameBytesOtherwise) {
  UiRun run(english("a red++ (cat:1.5)"));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef(kPromptPanel);
    ctx->ItemClick("reading/syntax/##open");
    ctx->ItemClick("//$FOCUSED/Compel");
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.state().doc.syntax, Syntax::kCompel);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a red++ (cat:1.5)");
    IM_CHECK_LT(std::abs(run.program().views().live().words[1].weight - 1.21), 1e-9);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.state().doc.syntax, Syntax::kA1111);
  });
}

TEST(TextWorkspace, ASliderWritesBackInTheGrammarInUseAndUndoRestoresTheBytes) {
  for (const auto& [syntax, prompt] :
       {std::pair(Syntax::kA1111, "l\u2019\u00e9t\u00e9 ((chat)) \\(rouge\\) gris"),
        std::pair(Syntax::kComfyUI, "l\u2019\u00e9t\u00e9 ((chat:1.2)) \\(rouge\\) gris"),
        std::pair(Syntax::kCompel, "l\u2019\u00e9t\u00e9 (chat+)1.2 \\(rouge\\) gris")}) {
    Session session = english(prompt);
    session.doc.syntax = syntax;
    UiRun run(session);
    run.play([&](ImGuiTestContext* ctx) {
      const int last = static_cast<int>(run.program().views().live().words.size()) - 1;
      ctx->SetRef(strip(ctx));
      ctx->ItemDragWithDelta(("$$" + std::to_string(100000 + last) + "/##weight").c_str(), ImVec2(15, 0));
      run.wait_for_run(ctx);
      IM_CHECK_GT(run.program().views().live().words.back().weight, 1.05);
      IM_CHECK(
          run.state().doc.prompt.starts_with(std::string(prompt).substr(0, std::string(prompt).size() - 4)));
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
      run.wait_for_run(ctx);
      IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), prompt);
    });
  }
}

TEST(TextWorkspace, ASchemeAfterTheEncoderLeavesItsMapsAlone) {
  Session session = english("a (red:1.5) cat");
  session.doc.choice = map_choice(0, 1);
  session.has_choice = true;
  session.doc.weighting = Weighting::kNone;
  UiRun run(session);
  run.play([&](ImGuiTestContext* ctx) {
    const Matrix before = run.program().views().attention();
    run.program().send(SetWeighting{Weighting::kA1111});
    run.wait_for_run(ctx);
    IM_CHECK_LT((run.program().views().attention() - before).cwiseAbs().maxCoeff(), 1e-6f);
    IM_CHECK_EQ(run.program().views().run().changes.size(), run.program().views().run().tokens.size());
    ctx->SetRef("//###panel.effect");
    run.program().send(SetWeighting{Weighting::kPromptToPrompt});
    run.wait_for_run(ctx);
    IM_CHECK_GT(run.program().views().attention().row(3).sum(),
                1.0f);  // not renormalised, as its authors have it
  });
}

TEST(TextWorkspace, TheMapInForceIsExported) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "regard_ui_export";
  std::filesystem::create_directories(folder);
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    for (const char* name : {"map.svg", "map.png", "map.csv", "map.npy", "map.json"}) {
      run.program().send(ExportMap{folder / name});
      run.wait_for_run(ctx);
      IM_CHECK_GT(std::filesystem::file_size(folder / name), 100u);
    }
    IM_CHECK(run.state().error && run.state().error->good);  // it says where the file is
    run.program().send(ExportMap{folder / "map.gif"});
    ctx->Yield(2);
    IM_CHECK(run.state().error && !run.state().error->good);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_E);
    ctx->Yield(3);
    IM_CHECK(ctx->WindowInfo("//###export").Window != nullptr);
  });
  std::filesystem::remove_all(folder);
}

TEST(TextWorkspace, CtrlQQuits) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Q);
    ctx->Yield(2);
    IM_CHECK(run.state().quit);
  });
}

TEST(TextWorkspace, AThumbnailOrTheArrowKeysChooseTheHead) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    const ImGuiID thumbs = ctx->WindowInfo("//###panel.heads/##thumbs").ID;
    ctx->SetRef(thumbs);
    ctx->ItemClick(ctx->GetID(("$$" + std::to_string(1 * 4096 + 2) + "/##head").c_str()));
    IM_CHECK(run.state().doc.choice == map_choice(1, 2));
    ctx->KeyPress(ImGuiMod_Alt | ImGuiKey_DownArrow);
    ctx->KeyPress(ImGuiMod_Alt | ImGuiKey_LeftArrow);
    IM_CHECK(run.state().doc.choice == map_choice(2, 1));
    ctx->SetRef("//###panel.heads");
    ctx->ItemClick("###max");
    IM_CHECK(run.state().doc.choice == map_choice(2, std::nullopt, Fusion::kMax));
    ctx->ItemClick("###rollout");
    IM_CHECK(run.state().doc.choice == lens_choice("rollout"));
    ctx->Yield(2);
    IM_CHECK_LT(std::abs(run.program().views().attention().row(4).sum() - 1.0f), 1e-4f);
  });
}

TEST(TextWorkspace, ALensIsChosenFromItsListAndUndone) {
  UiRun run(english("a red cat and a blue dog"));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef("//###panel.matrix");
    ctx->ItemClick("lens/##open");
    ctx->Yield(2);
    ctx->SetRef("//$FOCUSED");
    ctx->ItemClick("AttnLRP");
    run.wait(ctx);
    IM_CHECK_STR_EQ(run.state().doc.choice.lens.c_str(), "attnlrp");
    IM_CHECK(run.program().views().shows_numbers());
    IM_CHECK_EQ(run.program().views().numbers().size(), 9);
    ctx->SetRef(ctx->WindowInfo("//###panel.matrix/##numbers").ID);
    ctx->ItemClick("$$3/##number");  // a row is its token: a click pins it
    ctx->Yield(2);
    IM_CHECK_EQ(run.state().doc.pins.size(), 1u);
    run.program().send(SetToward{"a blue cat", 0});
    ctx->Yield(4);
    IM_CHECK_STR_EQ(run.state().doc.toward.c_str(), "a blue cat");
    run.program().send(Undo{});
    run.program().send(Undo{});
    run.program().send(Undo{});
    ctx->Yield(4);
    IM_CHECK_STR_EQ(run.state().doc.choice.lens.c_str(), "attention");
    IM_CHECK(!run.program().views().shows_numbers());
  });
}

TEST(TextWorkspace, HidingStartAndEndShrinksTheMatrixAndChangesNoNumber) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    const float before = run.program().views().shown()(3, 2);
    ctx->SetRef("//###panel.matrix");
    ctx->ItemClick("start\\/end");
    ctx->Yield(2);
    IM_CHECK(run.state().view.hide_special);
    IM_CHECK_EQ(run.program().views().matrix().width, 7);
    IM_CHECK_EQ(run.program().views().matrix().cells[2 * 7 + 1], before);
    ctx->ItemClick("scores");
    ctx->Yield(2);
    IM_CHECK(run.program().views().shows_scores());
    ctx->ItemClick("log");
    IM_CHECK(run.state().view.log_scale);
  });
}

TEST(TextWorkspace, TheMatrixTellsTheCellUnderThePointer) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef("//###panel.matrix");
    const ImRect cells = ctx->ItemInfo("##cells").RectFull;
    const float cell = cells.GetWidth() / 9;
    ctx->MouseMoveToPos(ImVec2(cells.Min.x + 2.5f * cell, cells.Min.y + 3.5f * cell));
    ctx->Yield(2);
    IM_CHECK(run.program().ui().hovered.cell == std::pair(3, 2));
  });
}

TEST(TextWorkspace, TheLanguageChangesEveryWordAtOnce) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_G);
    ctx->Yield(2);
    IM_CHECK(run.state().view.language == "es");
    IM_CHECK_STR_EQ(run.program().strings()("menu.file"), "Archivo");
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_G);
    ctx->Yield(2);
    IM_CHECK(run.state().view.language == "fr");
    IM_CHECK_STR_EQ(run.program().strings()("menu.file"), "Fichier");
    IM_CHECK(ctx->WindowInfo(kPromptPanel).Window != nullptr);
    IM_CHECK(std::string(ctx->WindowInfo(kPromptPanel).Window->Name).starts_with("Invite"));
    IM_CHECK_STR_EQ(run.program().strings().number(0.449, 3).c_str(), "0,449");
  });
}

TEST(TextWorkspace, OneLocaleFileMoreIsInTheMenu) {
  Locales locales = Locales::shipped();
  ASSERT_TRUE(locales.add("it", R"({"language.name": "Italiano", "menu.file": "Documento"})"));
  UiRun run(first_session(kEnglish), ImVec2(1280, 800), locales);
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef("##MainMenuBar");
    ctx->MenuClick("View/Language/Italiano");
    ctx->Yield(2);
    IM_CHECK(run.state().view.language == "it");
    IM_CHECK_STR_EQ(run.program().strings()("menu.file"), "Documento");
    IM_CHECK_STR_EQ(run.program().strings()("menu.edit"), "Edit");
  });
}

TEST(TextWorkspace, PanelsCanBeDockedElsewhereAndTheLayoutComesBack) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ImGuiWindow* heads = ctx->WindowInfo("//###panel.heads").Window;
    ImGuiWindow* matrix = ctx->WindowInfo("//###panel.matrix").Window;
    IM_CHECK_SILENT(heads != nullptr && matrix != nullptr);
    drag_panel_below(ctx, heads, matrix);
    IM_CHECK_GT(heads->Pos.y, matrix->Pos.y + 50.0f);
    run.program().ui().reset_layout = true;
    ctx->Yield(3);
    IM_CHECK_LT(std::abs(heads->Pos.y - matrix->Pos.y), 1.0f);
    IM_CHECK_GT(heads->Pos.x, matrix->Pos.x);
  });
}

TEST(TextWorkspace, TheNextStartFindsThePanelsWhereTheyWere) {
  std::string layout;
  ImVec2 place;
  {
    UiRun run;
    run.play([&](ImGuiTestContext* ctx) {
      ImGuiWindow* heads = ctx->WindowInfo("//###panel.heads").Window;
      const ImVec2 at_first = heads->Pos;
      drag_panel_below(ctx, heads, ctx->WindowInfo("//###panel.matrix").Window);
      place = heads->Pos;
      IM_CHECK_GT(place.y, at_first.y + 50.0f);
    });
    layout = ImGui::SaveIniSettingsToMemory();
  }
  UiRun run;
  ImGui::LoadIniSettingsFromMemory(layout.c_str(), layout.size());
  run.play([&](ImGuiTestContext* ctx) {
    const ImVec2 now = ctx->WindowInfo("//###panel.heads").Window->Pos;
    IM_CHECK_LT(std::abs(now.x - place.x) + std::abs(now.y - place.y), 1.0f);
  });
}

TEST(TextWorkspace, AWrongFolderIsOneLineAndChangesNothingElse) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    const Document before = run.state().doc;
    const auto model = run.state().model;
    run.program().send(OpenModel{"/nonexistent/model"});
    ctx->Yield(2);
    for (int i = 0; i < 10'000 && run.program().busy(); ++i) ctx->Yield();
    ctx->Yield(2);
    IM_CHECK_SILENT(run.state().error.has_value());
    IM_CHECK(run.state().error->text.find("/nonexistent/model") != std::string::npos);
    IM_CHECK(run.state().error->text.find('\n') == std::string::npos);
    IM_CHECK(run.state().doc == before);
    IM_CHECK(run.state().model == model);
    ctx->KeyPress(ImGuiKey_Escape);
    IM_CHECK(!run.state().error.has_value());
  });
}

TEST(TextWorkspace, AnEmptyPromptStillHasItsStartAndEnd) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    type_into_prompt(ctx, "");
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_A);
    ctx->KeyPress(ImGuiKey_Delete);
    run.wait_for_run(ctx);
    IM_CHECK(run.state().doc.prompt.empty());
    IM_CHECK_EQ(run.program().views().run().tokens.size(), 2u);
  });
}

TEST(TextWorkspace, F1ListsTheKeysAndEscapeClosesIt) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F1);
    ctx->Yield(2);
    IM_CHECK(ctx->WindowInfo("//###keys").Window != nullptr);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(!run.program().ui().show_keys);
  });
}

TEST(TextWorkspace, AWindowOfAnySizeIsDrawnWithoutHarm) {
  for (const ImVec2 size :
       {ImVec2(1, 1), ImVec2(64, 48), ImVec2(320, 240), ImVec2(8000, 200), ImVec2(300, 4000)}) {
    UiRun run(first_session("fr"), size);
    run.settle();
    EXPECT_TRUE(run.program().views().current());
  }
}

TEST(TextWorkspace, AModelThatDoesNotOpenIsNotKeptInTheSession) {
  UiRun run;
  run.settle();
  Session other = run.program().session();
  other.model = "/no/such/model";
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "regard_ui_bad_model.json";
  ASSERT_TRUE(write_file(file, session_json(other)).has_value());
  run.program().send(OpenSession{file});
  run.settle();
  EXPECT_TRUE(run.state().error.has_value());
  EXPECT_TRUE(run.program().views().current());
  EXPECT_EQ(run.program().session().model, "");
  std::filesystem::remove(file);
}

TEST(TextWorkspace, CtrlUpStepsTheSelectionAndKeepsIt) {
  UiRun run(english("a red cat"));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef(kPromptPanel);
    ctx->ItemClick("##prompt");
    ctx->KeyPress(ImGuiKey_Home);
    for (int i = 0; i < 2; ++i) ctx->KeyPress(ImGuiKey_RightArrow);
    for (int i = 0; i < 3; ++i) ctx->KeyPress(ImGuiMod_Shift | ImGuiKey_RightArrow);
    ctx->Yield(2);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_UpArrow);
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a (red:1.1) cat");
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_UpArrow);
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a (red:1.2) cat");
    run.program().send(SetWeightStep{0.5f});
    ctx->Yield(2);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_DownArrow);
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a (red:0.7) cat");
    for (int i = 0; i < 3; ++i) run.program().send(Undo{});
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a red cat");
  });
}

TEST(TextWorkspace, CtrlDownWithoutASelectionStepsTheWordAtTheCursorOrThePinnedOne) {
  UiRun run(english("a red cat"));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->SetRef(kPromptPanel);
    ctx->ItemClick("##prompt");
    ctx->KeyPress(ImGuiKey_End);
    ctx->Yield(2);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_DownArrow);
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a red (cat:0.9)");
    run.wait_for_run(ctx);
    ctx->KeyPress(ImGuiKey_Escape);  // lets go of the field, and of nothing that was written
    ctx->MouseMoveToPos(ImVec2(5, 795));
    run.program().send(TogglePin{{Pin::Kind::kText, 2}});
    run.wait_for_run(ctx);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_UpArrow);
    ctx->Yield(2);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a (red:1.1) (cat:0.9)");
  });
}

// However the cursor came where it is: the word there is meant, not one that was selected before.
TEST(TextWorkspace, CtrlUpStepsTheWordOfTheCursorAfterItMoved) {
  struct Case {
    std::vector<ImGuiKeyChord> keys;
    const char* prompt;
  };
  const Case cases[] = {
      {{ImGuiKey_End}, "aa bb (cc:1.1)"},
      {{ImGuiKey_Home}, "(aa:1.1) bb cc"},
      {{ImGuiKey_End, ImGuiKey_Home}, "(aa:1.1) bb cc"},
      {{ImGuiKey_Home, ImGuiMod_Shift | ImGuiKey_RightArrow, ImGuiKey_End}, "aa bb (cc:1.1)"},
      {{ImGuiKey_End, ImGuiMod_Shift | ImGuiKey_LeftArrow, ImGuiKey_Home}, "(aa:1.1) bb cc"},
      {{ImGuiKey_Home, ImGuiMod_Ctrl | ImGuiKey_RightArrow, ImGuiKey_RightArrow}, "aa (bb:1.1) cc"},
      {{ImGuiMod_Ctrl | ImGuiKey_A, ImGuiKey_RightArrow}, "aa bb (cc:1.1)"},
      {{ImGuiMod_Ctrl | ImGuiKey_A, ImGuiKey_LeftArrow}, "(aa:1.1) bb cc"},
  };
  for (const Case& each : cases) {
    UiRun run(english("aa bb cc"));
    run.play([&](ImGuiTestContext* ctx) {
      ctx->SetRef(kPromptPanel);
      ctx->ItemClick("##prompt");
      for (const ImGuiKeyChord key : each.keys) ctx->KeyPress(key);
      ctx->Yield(2);
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_UpArrow);
      ctx->Yield(2);
      IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), each.prompt);
    });
  }
}

// Straight after the key, from the prompt's field as from anywhere.
TEST(TextWorkspace, EnterTakesTheNameThatADialogProposes) {
  const auto folder = std::filesystem::temp_directory_path() / "regard_enter";
  const auto before = std::filesystem::current_path();
  for (const bool typing : {false, true}) {
    for (const auto& [key, file] :
         {std::pair(ImGuiKey_S, "regard-session.json"), std::pair(ImGuiKey_E, "a-red-cat")}) {
      std::filesystem::remove_all(folder);
      std::filesystem::create_directories(folder);
      std::filesystem::current_path(folder);
      UiRun run(english("a red cat"));
      run.play([&](ImGuiTestContext* ctx) {
        if (typing) {
          ctx->SetRef(kPromptPanel);
          ctx->ItemClick("##prompt");
        }
        ctx->KeyPress(ImGuiMod_Ctrl | key);
        ctx->Yield(3);
        ctx->KeyPress(ImGuiKey_Enter);
        run.wait_for_run(ctx);
        IM_CHECK(run.program().ui().dialog.line == nullptr && !run.program().ui().sheet.open);
        // The name proposed, whole for a session, its beginning for a figure of the head that was picked.
        const auto named = [&](const auto& entry) {
          return entry.path().filename().string().starts_with(file);
        };
        IM_CHECK(std::ranges::any_of(std::filesystem::directory_iterator(folder), named));
      });
      std::filesystem::current_path(before);
    }
  }
  std::filesystem::remove_all(folder);
}

TEST(TextWorkspace, AGroupHasASliderOfItsOwn) {
  UiRun run(english("a (red (big:1.2) cat:1.3) runs"));
  run.play([&](ImGuiTestContext* ctx) {
    const auto group = [&] { return run.program().views().live().groups.at(0); };
    IM_CHECK_EQ(run.program().views().live().groups.size(), 1u);
    ctx->SetRef(strip(ctx));
    ctx->ItemDragWithDelta("$$201003/##weight", ImVec2(-25, 0));
    run.wait_for_run(ctx);
    IM_CHECK_LT(group().weight, 1.3);
    const std::string& prompt = run.state().doc.prompt;
    IM_CHECK(prompt.starts_with("a (red (big:1.2) cat:"));
    IM_CHECK(prompt.ends_with(") runs"));
    run.program().send(Undo{});
    run.wait_for_run(ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a (red (big:1.2) cat:1.3) runs");
    ctx->ItemDoubleClick("$$201003/##weight");
    run.wait_for_run(ctx);
    IM_CHECK_STR_EQ(run.state().doc.prompt.c_str(), "a red (big:1.2) cat runs");
  });
}

TEST(TextWorkspace, ALongPromptIsDrawnInChunks) {
  std::string prompt;
  for (int i = 0; i < 40; ++i) prompt += "cat ";
  UiRun run(english(prompt.c_str()));
  run.play([&](ImGuiTestContext* ctx) {
    IM_CHECK_EQ(run.program().views().prompt().chunks.size(), 2u);
    const std::size_t first = run.program().views().run().tokens.size();
    ctx->SetRef(strip(ctx));
    ctx->ItemClick("$$2/$$3/##quiet");  // a token of the second chunk
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.state().doc.chunk, 1);
    IM_CHECK_EQ(run.program().views().chunk(), 1);
    IM_CHECK_LT(run.program().views().run().tokens.size(), first);
    IM_CHECK(run.program().views().current());
    // A weight of this chunk is written where it stands in the whole prompt.
    ctx->ItemDragWithDelta("$$100000/##weight", ImVec2(15, 0));
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.state().doc.prompt.find('('), run.program().views().live().words[0].start - 1);
    run.program().send(SetPrompt{"a cat"});  // there is one chunk only now
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.program().views().chunk(), 0);
    IM_CHECK_EQ(run.program().views().run().tokens.size(), 4u);
  });
}

TEST(CompareWorkspace, OpensByKeyAndShowsBothReadings) {
  UiRun run(english("a (red:1.5) cat"));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_2);
    run.wait_for_run(ctx);
    IM_CHECK(run.state().view.workspace == Workspace::kCompare);
    IM_CHECK(run.program().compare().ready());
    ctx->SetRef("//###panel.compare");
    ctx->ItemClick("second/weighting/##open");
    ctx->SetRef("//$FOCUSED");
    ctx->ItemClick("ComfyUI");
    run.wait_for_run(ctx);
    IM_CHECK(run.state().doc.other.weighting == Weighting::kComfyUI);
    IM_CHECK(run.program().compare().ready());
    IM_CHECK(run.program().compare().second().request.weighting == Weighting::kComfyUI);
    // The prompt is edited here as in the text workspace.
    ctx->SetRef("//###panel.prompt.compare");
    ctx->ItemClick("##prompt");
    ctx->KeyCharsReplace("a (blue:1.4) dog");
    run.wait_for_run(ctx);
    IM_CHECK_EQ(run.program().compare().rows().size(), 5u);
    ctx->MouseMove("//###panel.compare/##difference_map");
    ctx->Yield(3);
    IM_CHECK(run.program().ui().hovered.compared_cell.has_value());
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_1);
    ctx->Yield(3);
    IM_CHECK(run.state().view.workspace == Workspace::kText);
    IM_CHECK(ctx->WindowInfo("//###panel.matrix").Window->WasActive);
  });
}

}  // namespace
}  // namespace regard
