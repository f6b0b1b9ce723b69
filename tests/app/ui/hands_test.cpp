// What hands do in every workspace: Escape, Tab and F6, the right click, the export sheet, the clipboard.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "app/export/figure_job.h"
#include "app/ui/brush.h"
#include "app/ui/fallback_fonts.h"
#include "app/ui/panel_focus.h"
#include "app/ui/panels.h"
#include "app/ui/shortcuts.h"
#include "app/ui/view_menu.h"
#include "core/formats/json.h"
#include "core/formats/npy.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

Session hands_session(Workspace workspace, const Language& language = kEnglish) {
  Session session = first_session(language);
  session.view.workspace = workspace;
  session.doc.paint.steps = 1;
  return session;
}

void rest(UiRun& run, ImGuiTestContext* ctx) { run.wait(ctx); }

// An empty folder of the test's own.
std::filesystem::path fresh_folder(const std::string& name) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / (name + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

std::string text_of(const std::filesystem::path& file) { return read_file(file, 1u << 24).value_or(""); }

ImGuiWindow* window_named(const Panel& panel, Workspace workspace) {
  for (ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
    const std::string name = window->Name, id = std::string("###") + panel.key;
    const std::size_t at = name.find(id);
    if (at == std::string::npos || !window->WasActive) continue;
    const std::string rest = name.substr(at + id.size());
    if (rest.empty() || (rest.front() == '.' && workspace != Workspace::kText)) return window;
  }
  return nullptr;
}

// A place of a panel that is no text field: below its header, at its left edge.
ImVec2 quiet_place(const ImGuiWindow* window) {
  return {window->Pos.x + window->Size.x - 8, window->Pos.y + window->Size.y - 8};
}

TEST(Hands, EscapeClosesWhatIsOnTopAndOnlyThat) {
  UiRun run(hands_session(Workspace::kText));
  run.play([&](ImGuiTestContext* ctx) {
    const std::size_t pins = run.state().doc.pins.size();
    IM_CHECK_GT(pins, 0u);
    const auto popups = [] { return ImGui::GetCurrentContext()->OpenPopupStack.Size; };
    ctx->SetRef("##MainMenuBar");
    ctx->ItemClick("##MenuBar/File");
    ctx->Yield(2);
    IM_CHECK_GT(popups(), 0);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK_EQ(popups(), 0);
    IM_CHECK_EQ(run.state().doc.pins.size(), pins);  // a menu was closed, nothing else
    ctx->SetRef("//##status");
    ctx->ItemClick("language/##open");
    ctx->Yield(2);
    IM_CHECK_GT(popups(), 0);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK_EQ(popups(), 0);
    IM_CHECK_EQ(run.state().doc.pins.size(), pins);
    // A list in a dialog, then the dialog.
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_E);
    rest(run, ctx);
    IM_CHECK(run.program().ui().sheet.opened);
    ctx->SetRef("//###export");
    const ImGuiID choices = ctx->WindowInfo("//###export/##choices").ID;
    ctx->SetRef(choices);
    ctx->ItemClick("folders/##open");
    ctx->Yield(2);
    IM_CHECK_EQ(popups(), 2);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK_EQ(popups(), 1);
    IM_CHECK(run.program().ui().sheet.open);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK_EQ(popups(), 0);
    IM_CHECK(!run.program().ui().sheet.open);
    IM_CHECK_EQ(run.state().doc.pins.size(), pins);
    // A slider that is dragged.
    const ImGuiTestItemInfo slider = ctx->ItemInfo(
        (std::string("//###panel.prompt/##strip/") + "$$100000/##weight").c_str(), ImGuiTestOpFlags_NoError);
    if (slider.ID != 0) {
      ctx->MouseMoveToPos(slider.RectFull.GetCenter());
      ctx->MouseDown(ImGuiMouseButton_Left);
      ctx->Yield(2);
      ctx->KeyPress(ImGuiKey_Escape);
      ctx->MouseUp(ImGuiMouseButton_Left);
      ctx->Yield(2);
      IM_CHECK_EQ(run.state().doc.pins.size(), pins);
    }
    // With nothing in front, the pins.
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(run.state().doc.pins.empty());
  });
}

class HandsIn : public ::testing::TestWithParam<Workspace> {};

TEST_P(HandsIn, TabReachesEveryPanelInSightAndBack) {
  UiRun run(hands_session(GetParam()));
  run.play([&](ImGuiTestContext* ctx) {
    rest(run, ctx);
    std::set<std::string> wanted;
    for (const Panel& panel : panels()) {
      if (!panel.in.contains(GetParam())) continue;
      const ImGuiWindow* window = window_named(panel, GetParam());
      if (in_sight(window)) wanted.insert(window->Name);
    }
    IM_CHECK_GT(wanted.size(), 1u);
    for (const ImGuiKeyChord chord : {ImGuiKeyChord(ImGuiKey_Tab), ImGuiMod_Shift | ImGuiKey_Tab}) {
      std::set<std::string> reached;
      for (int i = 0; i < 300 && reached.size() < wanted.size(); ++i) {
        ctx->KeyPress(chord);
        ctx->Yield(3);
        const ImGuiContext& g = *ImGui::GetCurrentContext();
        if (g.NavWindow != nullptr && wanted.contains(g.NavWindow->RootWindow->Name))
          reached.insert(g.NavWindow->RootWindow->Name);
      }
      for (const std::string& name : wanted) EXPECT_TRUE(reached.contains(name)) << name << " is not reached";
    }
  });
}

TEST_P(HandsIn, F6GoesFromPanelToPanelWithARing) {
  UiRun run(hands_session(GetParam()));
  run.play([&](ImGuiTestContext* ctx) {
    rest(run, ctx);
    std::vector<std::string> there, back;
    int panels_here = 0;
    for (const Panel& panel : panels())
      panels_here += panel.in.contains(GetParam()) && panel.own == nullptr ? 1 : 0;
    const auto focused = [] { return ImGui::GetCurrentContext()->NavWindow->RootWindow; };
    for (int i = 0; i < panels_here + 1; ++i) {  // and the status line
      ctx->KeyPress(ImGuiKey_F6);
      ctx->Yield(6);
      there.push_back(focused()->Name);
      EXPECT_TRUE(has_keyboard(focused())) << there.back();
      EXPECT_TRUE(in_sight(focused())) << there.back();
    }
    EXPECT_EQ(std::set<std::string>(there.begin(), there.end()).size(), there.size()) << "one is met twice";
    for (int i = 0; i < panels_here; ++i) {
      ctx->KeyPress(ImGuiMod_Shift | ImGuiKey_F6);
      ctx->Yield(6);
      back.insert(back.begin(), focused()->Name);
    }
    there.pop_back();
    EXPECT_EQ(there, back);
  });
}

TEST_P(HandsIn, EveryViewHasTheMenuOfARightClick) {
  UiRun run(hands_session(GetParam()));
  run.play([&](ImGuiTestContext* ctx) {
    rest(run, ctx);
    for (const Panel& panel : panels()) {
      if (!panel.in.contains(GetParam()) || panel.own != nullptr) continue;
      ImGuiWindow* window = window_named(panel, GetParam());
      IM_CHECK_SILENT(window != nullptr);
      ctx->WindowFocus(window->ID);
      ctx->Yield(4);
      ctx->MouseMoveToPos(quiet_place(window));
      ctx->MouseClick(ImGuiMouseButton_Right);
      ctx->Yield(3);
      EXPECT_EQ(run.program().ui().menu_of, &panel) << panel.key;
      const Strings& tr = run.program().strings();
      const ImGuiContext& g = *ImGui::GetCurrentContext();
      ASSERT_GT(g.OpenPopupStack.Size, 0) << panel.key;
      ctx->SetRef(g.OpenPopupStack.back().Window->ID);
      for (const char* item : {"view.copy_figure", "view.copy_numbers", "file.export_map"})
        EXPECT_TRUE(ctx->ItemExists(tr(item))) << panel.key << ": " << item;
      ctx->ItemClick(tr("view.explain"));
      ctx->Yield(2);
      EXPECT_EQ(run.program().ui().explained, &panel);
      EXPECT_NE(std::string(tr(std::string(panel.key) + ".tip")), std::string(panel.key) + ".tip")
          << "no explanation";
      ctx->KeyPress(ImGuiKey_Escape);
      ctx->Yield(2);
      EXPECT_EQ(run.program().ui().explained, nullptr);
    }
  });
}

// The numbers of the map in sight, and a figure that becomes a file when no program takes it.
TEST_P(HandsIn, NumbersAndFiguresAreCopied) {
  const std::filesystem::path folder = fresh_folder("regard_copy");
  ::setenv("TMPDIR", folder.c_str(), 1);
  ::setenv("PATH", folder.c_str(), 1);
  UiRun run(hands_session(GetParam()));
  run.play([&](ImGuiTestContext* ctx) {
    rest(run, ctx);
    run.program().send(CopyNumbers{});
    rest(run, ctx);
    const std::string numbers = ImGui::GetClipboardText();
    EXPECT_NE(numbers.find('\t'), std::string::npos) << numbers;
    EXPECT_NE(numbers.find('\n'), std::string::npos);
    EXPECT_TRUE(run.state().error && run.state().error->good);
    run.program().send(CopyFigure{});
    rest(run, ctx);
    EXPECT_TRUE(run.state().error && run.state().error->good) << run.state().error->text;
    int pictures = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      EXPECT_NE(run.state().error->text.find(file.path().string()), std::string::npos)
          << run.state().error->text;
      pictures += file.path().extension() == ".png" ? 1 : 0;
    }
    EXPECT_EQ(pictures, 1);
    // With one that does: it gets a PNG.
    std::ofstream(folder / "xclip") << "#!/bin/sh\n/bin/cat > " << (folder / "taken").string() << "\n";
    std::filesystem::permissions(folder / "xclip", std::filesystem::perms::owner_all);
    ::setenv("DISPLAY", ":0", 1);
    ::unsetenv("WAYLAND_DISPLAY");
    run.program().send(CopyFigure{});
    rest(run, ctx);
    EXPECT_EQ(text_of(folder / "taken").substr(1, 3), "PNG");
  });
  ::unsetenv("TMPDIR");
  std::filesystem::remove_all(folder);
}

TEST_P(HandsIn, TheSheetShowsTheFigureAndNeverOverwritesUnasked) {
  const std::filesystem::path folder = fresh_folder("regard_sheet");
  UiRun run(hands_session(GetParam(), "fr"));
  run.play([&](ImGuiTestContext* ctx) {
    rest(run, ctx);
    run.program().ui().sheet.folder = folder.string();
    const auto open = [&] {
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_E);
      rest(run, ctx);
      ctx->SetRef(ctx->WindowInfo("//###export/##choices").ID);
    };
    open();
    const ExportSheet& sheet = run.program().ui().sheet;
    IM_CHECK_SILENT(sheet.opened);
    IM_CHECK_SILENT(sheet.preview != nullptr);
    EXPECT_TRUE(sheet.preview->problem.empty()) << sheet.preview->problem;
    EXPECT_GT(sheet.preview->columns, 100);
    const auto light = sheet.preview->rgba;
    const std::string name = sheet.name;
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find_first_of("/ \"'<>|:*?"), std::string::npos) << name;
    ctx->ItemClick(run.program().strings()("theme.dark.menu"));
    rest(run, ctx);
    IM_CHECK_SILENT(sheet.preview != nullptr);
    EXPECT_NE(sheet.preview->rgba, light) << "the preview follows the ground";
    ctx->ItemClick("###save");
    rest(run, ctx);
    const std::filesystem::path file = folder / (name + ".svg");
    EXPECT_FALSE(sheet.open);
    EXPECT_TRUE(std::filesystem::exists(file)) << file;
    IM_CHECK_SILENT(run.state().error.has_value());
    EXPECT_TRUE(run.state().error->good);
    EXPECT_NE(run.state().error->text.find(file.string()), std::string::npos) << "it says where";
    EXPECT_NE(run.state().error->text.find("Enregistr"), std::string::npos) << "in the language in use";
    EXPECT_NE(text_of(file).find("#1a1d22"), std::string::npos) << "the ground of the file is dark";
    // Once more: it asks.
    ASSERT_TRUE(write_file(file, "mine").has_value());
    open();
    ctx->ItemClick("###save");
    rest(run, ctx);
    EXPECT_TRUE(sheet.open && sheet.overwrite);
    EXPECT_EQ(text_of(file), "mine");
    ctx->ItemClick("###cancel");
    rest(run, ctx);
    EXPECT_EQ(text_of(file), "mine");
    open();
    ctx->ItemClick("###save");
    rest(run, ctx);
    ctx->ItemClick("###save");
    rest(run, ctx);
    EXPECT_NE(text_of(file), "mine");
  });
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(All, HandsIn, ::testing::ValuesIn(kAllWorkspaces));

// Another file is replaced only when the person has said so; one's own without a question.
TEST(Hands, SavingASessionAsksBeforeItReplacesAnotherFile) {
  const std::filesystem::path folder = fresh_folder("regard_sessions");
  const std::filesystem::path file = folder / "a.json";
  UiRun run(hands_session(Workspace::kText));
  run.play([&](ImGuiTestContext* ctx) {
    ASSERT_TRUE(write_file(file, "mine"));
    FileDialog& dialog = run.program().ui().dialog;
    const auto type = [&](const std::filesystem::path& path) {
      ctx->SetRef("//###dialog");
      ctx->ItemClick("##path");
      ctx->KeyCharsReplaceEnter(path.c_str());
      rest(run, ctx);
    };
    const auto save_as = [&](const std::filesystem::path& path) {
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_S);
      ctx->Yield(2);
      type(path);
    };
    save_as(file);
    EXPECT_TRUE(dialog.line != nullptr && dialog.overwrite);
    EXPECT_EQ(text_of(file), "mine");
    type(folder / "b.json");  // nothing is there: no question
    EXPECT_TRUE(dialog.line == nullptr && std::filesystem::exists(folder / "b.json"));
    EXPECT_EQ(text_of(file), "mine");
    save_as(file);
    EXPECT_TRUE(dialog.line != nullptr && dialog.overwrite);
    ctx->ItemClick("###dialog.save");
    rest(run, ctx);
    EXPECT_TRUE(dialog.line == nullptr);
    const std::string first = text_of(file);
    EXPECT_NE(first, "mine");
    run.program().send(SetDetails{true});
    rest(run, ctx);
    save_as(file);  // saved before
    EXPECT_TRUE(dialog.line == nullptr);
    EXPECT_NE(text_of(file), first);
    EXPECT_FALSE(run.state().error.has_value());
  });
  std::filesystem::remove_all(folder);
}

TEST(Hands, AFileThatWasOpenedIsSavedAgainWithoutAQuestion) {
  const std::filesystem::path folder = fresh_folder("regard_opened");
  const std::filesystem::path file = folder / "a.json";
  UiRun run(hands_session(Workspace::kText));
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SaveSession{file});
    rest(run, ctx);
    run.program().ui().own_files.clear();
    run.program().send(OpenSession{folder / "." / "a.json"});
    rest(run, ctx);
    EXPECT_TRUE(run.program().ui().own_files.contains(own_name(file)));
  });
  std::filesystem::remove_all(folder);
}

TEST(Hands, DifferenceIsGreyWhereThereIsNothingBefore) {
  UiRun run(hands_session(Workspace::kImage));
  run.play([&](ImGuiTestContext* ctx) {
    rest(run, ctx);
    const std::string menu = run.program().strings()("menu.view"),
                      item = std::string("//$FOCUSED/") + run.program().strings()("view.difference");
    const auto is_grey = [&] {
      ctx->SetRef("##MainMenuBar");
      ctx->MenuClick(menu.c_str());
      ctx->Yield(2);
      const bool grey = (ctx->ItemInfo(item.c_str()).ItemFlags & ImGuiItemFlags_Disabled) != 0;
      ctx->KeyPress(ImGuiKey_Escape);
      ctx->Yield(2);
      return grey;
    };
    IM_CHECK(is_grey());
    run.program().send(SetWorkspace{Workspace::kText});
    rest(run, ctx);
    IM_CHECK(is_grey());
    run.program().send(SetPrompt{"a (red:1.4) cat"});
    run.wait_for_run(ctx);
    rest(run, ctx);
    IM_CHECK(!is_grey());
  });
}

TEST(Hands, ComparisonsLeaveWithBothSidesAndTheDifference) {
  const std::filesystem::path folder = fresh_folder("regard_compared");
  UiRun run(hands_session(Workspace::kCompare));
  run.play([&](ImGuiTestContext* ctx) {
    rest(run, ctx);
    IM_CHECK_SILENT(run.program().compare().ready());
    for (const char* name : {"both.npy", "both.csv", "both.json", "both.svg"})
      run.program().send(ExportMap{folder / name});
    rest(run, ctx);
  });
  const auto array = read_npy(folder / "both.npy");
  ASSERT_TRUE(array.has_value()) << array.error().message;
  const std::size_t tokens = run.state().run->tokens.size(), cells = tokens * tokens;
  ASSERT_EQ(array->shape, (std::vector<std::size_t>{3, tokens, tokens}));
  int numbers = 0;
  for (std::size_t i = 0; i < cells; ++i) {
    const float a = array->values[i], b = array->values[cells + i], difference = array->values[2 * cells + i];
    if (std::isnan(difference)) continue;
    EXPECT_FLOAT_EQ(difference, b - a);
    ++numbers;
  }
  EXPECT_GT(numbers, 20);
  EXPECT_EQ(text_of(folder / "both.csv").substr(0, 23), "query,key,A,B,B − A\r\n");
  EXPECT_NE(text_of(folder / "both.json").find("\"name\":\"A\""), std::string::npos);
  for (const char* side : {">A<", ">B<", ">B − A<"})
    EXPECT_NE(text_of(folder / "both.svg").find(side), std::string::npos) << side;
  std::filesystem::remove_all(folder);
}

// Every panel's own map, not only the one in force.
TEST(Hands, MapsOfAllByAllLeaveToo) {
  const std::filesystem::path folder = fresh_folder("regard_all_by_all");
  UiRun run(hands_session(Workspace::kPainting));
  run.play([&](ImGuiTestContext* ctx) {
    rest(run, ctx);
    for (const Panel& panel : panels()) {
      if (std::string_view(panel.key) == "panel.paint_joint")
        ctx->WindowFocus(window_named(panel, Workspace::kPainting)->ID);
    }
    ctx->Yield(6);
    const ShownView joint{.map = ShownView::Map::kJoint};
    run.program().send(ExportMap{folder / "joint.npy", joint});
    run.program().send(ExportMap{folder / "joint.svg", joint});
    run.program().send(ExportMap{folder / "head.npy", ShownView{.head = std::pair(1, 2)}});
    rest(run, ctx);
  });
  EXPECT_FALSE(run.state().error && !run.state().error->good) << run.state().error->text;
  const auto all = static_cast<std::size_t>(run.program().paint().joint().width);
  ASSERT_GT(all, 100u);
  const auto array = read_npy(folder / "joint.npy");
  ASSERT_TRUE(array.has_value());
  EXPECT_EQ(array->shape, (std::vector<std::size_t>{all, all}));
  EXPECT_GT(std::filesystem::file_size(folder / "joint.svg"), 1000u);
  const auto head = read_npy(folder / "head.npy");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->values.size(), static_cast<std::size_t>(run.program().paint().patches()));
  EXPECT_NE(head->values, run.program().paint().overlay().cells);
  std::filesystem::remove_all(folder);
}

TEST(Hands, ACaptionThatWasAddedIsTypedIntoAndAnEmptyOneScoresNothing) {
  UiRun run(hands_session(Workspace::kImage));
  run.play([&](ImGuiTestContext* ctx) {
    rest(run, ctx);
    run.program().send(SetCaptions{{"a cat"}, 0, 0});
    rest(run, ctx);
    ctx->SetRef(ctx->WindowInfo("//###panel.captions/##list").ID);
    ctx->ItemClick("###add");
    rest(run, ctx);
    IM_CHECK_EQ(run.state().doc.picture.captions.size(), 2u);
    IM_CHECK_EQ(run.state().matches.size(), 2u);
    EXPECT_DOUBLE_EQ(run.state().matches[0].probability, 1.0) << "the empty one takes nothing away";
    EXPECT_EQ(run.state().matches[1].tokens_read, 0);
    ctx->KeyChars("a dog");
    rest(run, ctx);
    EXPECT_EQ(run.state().doc.picture.captions[1], "a dog") << "typed without a click";
    EXPECT_LT(run.state().matches[0].probability, 1.0);
  });
}

TEST(Hands, F1ListsEveryKeyAndScrollsWhenItDoesNotFit) {
  UiRun run(hands_session(Workspace::kText, "fr"), ImVec2(620, 460));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F1);
    ctx->Yield(3);
    const ImGuiWindow* window = ctx->WindowInfo("//###keys").Window;
    IM_CHECK_SILENT(window != nullptr);
    EXPECT_GE(window->Pos.y, 0);
    EXPECT_LE(window->Pos.y + window->Size.y, 460);
    EXPECT_LE(window->Pos.x + window->Size.x, 620);
    EXPECT_GT(window->ScrollMax.y, 0) << "there is more than fits";
    for (const Shortcut& line : shortcuts()) {
      const std::string words = run.program().strings()(line.words);
      EXPECT_NE(words, line.words) << "no words";
    }
  });
}

TEST(Brush, NoCellOnTheWayIsSkipped) {
  const CellGrid grid{ImVec2(100, 50), 20, ImVec2(25, 25), 6, 4};
  const auto cells = cells_between(grid, ImVec2(110, 60), ImVec2(235, 60));
  ASSERT_EQ(cells.size(), 6u);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(cells[static_cast<std::size_t>(i)], std::pair(i, 0));
  EXPECT_EQ(cells_between(grid, ImVec2(110, 60), ImVec2(110, 60)).size(), 1u);
  EXPECT_EQ(cells_between(grid, ImVec2(110, 0), ImVec2(110, 400)).size(), 4u);
  EXPECT_TRUE(cells_between(grid, ImVec2(0, 0), ImVec2(20, 400)).empty());
}

// One jump of the pointer from the first head to the last of a row, as a slow frame sees it.
TEST(Hands, BrushingOverHeadsSkipsNone) {
  UiRun run(hands_session(Workspace::kPainting));
  run.play([&](ImGuiTestContext* ctx) {
    rest(run, ctx);
    const ImGuiID thumbs = ctx->WindowInfo("//###panel.paint_heads/##thumbs").ID;
    ctx->SetRef(thumbs);
    const MmditConfig& config = run.program().paint().run().request.model->mmdit.config();
    const auto at = [&](int block) {
      return ctx->ItemInfo(("$$" + std::to_string(block * 4096) + "/##head").c_str()).RectFull.GetCenter();
    };
    const ImVec2 from = at(0), to = at(config.layers - 1);
    ctx->MouseMoveToPos(from);
    ctx->MouseDown(ImGuiMouseButton_Left);
    ctx->MouseTeleportToPos(to);
    ctx->Yield(2);
    ctx->MouseUp(ImGuiMouseButton_Left);
    ctx->Yield(2);
    EXPECT_EQ(run.state().doc.paint.maps.size(), static_cast<std::size_t>(config.layers));
  });
}

TEST(Hands, UnclosedBracketsStackNoSliders) {
  for (const char* prompt : {"((((rouge", "((((rouge un (chat (rouge (sur", "un (chat (rouge (lit"}) {
    Session session = hands_session(Workspace::kText);
    session.doc.prompt = prompt;
    session.doc.pins.clear();
    UiRun run(session);
    run.settle();
    for (const PromptChunk& chunk : run.program().views().prompt().chunks) {
      std::set<std::pair<int, int>> places;
      for (const WordGroup& group : chunk.groups) {
        for (int word = group.first_word; word <= group.last_word; ++word)
          EXPECT_TRUE(places.insert({group.depth, word}).second)
              << prompt << ": two sliders of row " << group.depth << " under word " << word;
        // An inner bracket weighs no less than the one around it.
        EXPECT_GT(group.weight, 1.0);
      }
    }
  }
}

TEST(Fonts, ALetterThatIsMissingNamesItsPackage) {
  EXPECT_STREQ(package_of(U'猫'), "fonts-noto-cjk");
  EXPECT_STREQ(package_of(U'고'), "fonts-noto-cjk");
  EXPECT_STREQ(package_of(U'\U0001F600'), "fonts-symbola");
  EXPECT_STREQ(package_of(U'ก'), "fonts-noto-core");
  EXPECT_EQ(package_of(U'\U00012000'), nullptr);
  UiRun run(hands_session(Workspace::kText));
  run.settle();
  ImFont* font = ImGui::GetIO().Fonts->Fonts[0];
  EXPECT_EQ(missing_letter(font, "un chat rouge, été “œuvre”").letter, 0u);
  EXPECT_EQ(missing_letter(font, "\U00012000").letter, U'\U00012000');
  EXPECT_EQ(missing_letter(font, "a\u200Db\uFE0F").letter, 0u) << "joins have no picture";
}

}  // namespace
}  // namespace regard
