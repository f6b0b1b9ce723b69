// The teacher's notes: what stands in their window, that all of it fits, and that the class does not see it.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/ui/notes.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

// What the window of the notes shows, and what the presented one does.
struct Shown {
  std::vector<DrawnText> notes, presented;
};

Shown shown(UiRun& run, ImGuiTestContext* ctx) {
  std::vector<DrawnText> texts;
  run.program().ui().drawn_texts = &texts;
  ctx->Yield(2);
  run.program().ui().drawn_texts = nullptr;
  Shown out;
  for (const DrawnText& text : texts)
    (text.list == run.program().ui().notes.list.get() ? out.notes : out.presented).push_back(text);
  return out;
}

std::string joined(const std::vector<DrawnText>& texts) {
  std::string out;
  for (const DrawnText& text : texts) out += text.text + " ";
  return out;
}

TEST(Notes, HoldTheCardsNoteTheNextCardAndTheTimer) {
  for (const char* language : {"en", "fr"}) {
    UiRun run(first_session(language));
    run.play([&](ImGuiTestContext* ctx) {
      run.program().send(LessonAct{.name = "what-is-attention"});
      run.wait(ctx);
      ctx->KeyPress(ImGuiKey_F5);
      ctx->Yield(6);
      IM_CHECK(shown(run, ctx).notes.empty());  // one screen: the class would read them
      NotesUi& notes = run.program().ui().notes;
      const Lesson& lesson = run.program().lesson().lesson();
      for (const ImVec2 size : {ImVec2(480, 320), ImVec2(1280, 800)}) {
        notes.size = size;
        for (std::size_t card = 0; card < lesson.cards.size(); ++card) {
          run.program().send(LessonAct{.what = LessonAct::What::kCard, .index = static_cast<int>(card)});
          run.wait(ctx);
          const Shown now = shown(run, ctx);
          const std::string text = joined(now.notes);
          EXPECT_NE(text.find("0:00"), std::string::npos);
          if (size.x > 1000) {
            EXPECT_NE(text.find(lesson.cards[card].title), std::string::npos) << text;
            if (card + 1 < lesson.cards.size()) {
              EXPECT_NE(text.find(lesson.cards[card + 1].title), std::string::npos) << text;
            }
          }
          // Every word of the note, in order, whatever the lines are.
          std::string words = lesson.cards[card].note, found;
          std::erase_if(words, [](char c) { return c == ' ' || c == '\n'; });
          for (const DrawnText& each : now.notes) found += each.text;
          std::erase_if(found, [](char c) { return c == ' '; });
          EXPECT_NE(found.find(words), std::string::npos) << found;
          for (const DrawnText& each : now.notes) {
            EXPECT_LE(each.box.z, size.x) << each.text;
            EXPECT_LE(each.box.w, size.y + 2) << each.text;
          }
          // Not a line of it in the window that is projected.
          if (!words.empty()) {
            EXPECT_EQ(joined(now.presented).find(lesson.cards[card].note.substr(0, 24)), std::string::npos);
          }
        }
      }
      ctx->KeyPress(ImGuiKey_Escape);
      ctx->Yield(3);
      IM_CHECK(notes.list == nullptr);
    });
  }
}

TEST(Notes, AKeyShowsAndHidesThemAndEndingPutsThemAway) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    PresenterUi& presenter = run.program().ui().presenter;
    ctx->KeyPress(ImGuiKey_N);
    ctx->Yield(2);
    IM_CHECK(!presenter.notes);  // nobody presents
    ctx->KeyPress(ImGuiKey_F5);
    ctx->Yield(4);
    IM_CHECK(!presenter.notes);
    ctx->KeyPress(ImGuiKey_N);
    ctx->Yield(2);
    IM_CHECK(presenter.notes);
    run.program().ui().notes.size = ImVec2(900, 600);
    const std::string text = joined(shown(run, ctx).notes);
    IM_CHECK_SILENT(text.find("No lesson is being played") != std::string::npos);
    ctx->KeyPress(ImGuiKey_F5);
    ctx->Yield(3);
    IM_CHECK(!presenter.notes);
    run.program().ui().screens = 2;
    ctx->KeyPress(ImGuiKey_F5);
    ctx->Yield(3);
    IM_CHECK(presenter.notes);  // another screen is there for them
  });
}

}  // namespace
}  // namespace regard
