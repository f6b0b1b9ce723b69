// Every lesson, in every language, is played: each card drawn, each guess and question answered right and
// wrong, each hint opened, each exercise done; and leaving gives back what was there.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "app/lessons/library.h"
#include "app/lessons/markdown.h"
#include "app/ui/panels.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

using What = LessonAct::What;

// A lesson whose numbers are known: « Un chat rouge poursuit une souris grise », a file as a teacher has it.
std::string known_lesson() { return std::string(REGARD_TEST_DIR) + "/corpus/lessons/attention.en.md"; }

Session start_session(const Language& language) {
  Session session = first_session(language);
  session.doc.paint = {};
  session.doc.paint.steps = 2;
  return session;
}

// Plays one lesson; every fault names lesson, language and card.
class Play {
 public:
  Play(UiRun& run, ImGuiTestContext* ctx, bool rightly) : run_(run), ctx_(ctx), rightly_(rightly) {}

  void all(const std::string& name) {
    send({.name = name});
    ASSERT_TRUE(player().open()) << name << (run_.state().error ? run_.state().error->text : "");
    const std::size_t cards = player().lesson().cards.size();
    for (std::size_t card = 0; card < cards; ++card) {
      send({.what = What::kCard, .index = static_cast<int>(card)});
      EXPECT_EQ(player().card_index(), card);
      EXPECT_FALSE(run_.state().error.has_value()) << where() << run_.state().error->text;
      one_card();
    }
  }

 private:
  const LessonPlayer& player() const { return run_.program().lesson(); }
  std::string where() const {
    return player().lesson().name + "." + player().lesson().language + ", card '" + player().card().title +
           "': ";
  }
  void send(const LessonAct& act) {
    run_.program().send(act);
    run_.wait(ctx_, [] { return true; }, 6);
  }

  void one_card() {
    for (std::size_t i = 0; i < player().card().values.size(); ++i) {
      const LessonNumber* number = player().number(i);
      ASSERT_NE(number, nullptr) << where();
      EXPECT_TRUE(number->number.has_value() || !number->each.empty())
          << where() << "value " << i << " is not there";
    }
    if (const LessonGuess* guess = guess_of(player().card())) make(*guess);
    const std::vector<const LessonQuestion*> questions = questions_of(player().card());
    for (const LessonQuestion* question : questions) answer(*question);
    if (player().card().done && !rightly_ && has_show(questions)) {
      EXPECT_EQ(holds(*player().card().done, player().ground(run_.state())), std::optional(true))
          << where() << "what the hints show does not do the exercise";
    }
  }
  static bool has_show(const std::vector<const LessonQuestion*>& questions) {
    return std::ranges::any_of(questions,
                               [](const LessonQuestion* each) { return each->hint.show.has_value(); });
  }

  void make(const LessonGuess& guess) {
    ASSERT_TRUE(player().covers()) << where();
    const LessonNumber* number = player().number(guess.value);
    ASSERT_TRUE(number != nullptr && !number->each.empty()) << where() << guess.id;
    const std::vector<int> order = LessonPlayer::ranked(*number, guess.others);
    ASSERT_GT(std::ssize(order), guess.top) << where() << guess.id << ": every guess is right";
    const std::string id = guess.id;
    send({.what = What::kChoose, .name = id, .index = rightly_ ? order.front() : order.back()});
    EXPECT_FALSE(player().covers()) << where();
    EXPECT_EQ(player().progress(id).right, rightly_) << where() << id;
  }

  void answer(const LessonQuestion& question) {
    const std::string id = question.id;
    if (!rightly_) {
      wrongly(question);
      EXPECT_TRUE(player().progress(id).tried) << where() << id;
      EXPECT_FALSE(player().progress(id).right) << where() << id << ": right before anything was done";
    }
    if (!rightly_ || question.check) {
      for (int rung = 0; rung < question.hint.rungs(); ++rung) send({.what = What::kHint, .name = id});
      EXPECT_EQ(player().progress(id).hints, question.hint.rungs()) << where() << id;
    }
    truly(question);
    EXPECT_TRUE(player().progress(id).right) << where() << id;
    EXPECT_EQ(player().answers().lessons.at(player().lesson().name).at(id).first, rightly_) << where() << id;
  }

  void wrongly(const LessonQuestion& question) {
    for (int i = 0; i < std::ssize(question.choices); ++i) {
      if (!question.choices[static_cast<std::size_t>(i)].right)
        send({.what = What::kChoose, .name = question.id, .index = i});
    }
    if (question.number) type(question, 10 * question.within + 0.1);
    if (question.check) send({.what = What::kCheck, .name = question.id});
  }
  void truly(const LessonQuestion& question) {
    for (int i = 0; i < std::ssize(question.choices); ++i) {
      if (question.choices[static_cast<std::size_t>(i)].right)
        send({.what = What::kChoose, .name = question.id, .index = i});
    }
    if (question.number) type(question, 0.3 * question.within);
    if (question.check) send({.what = What::kCheck, .name = question.id});
  }
  void type(const LessonQuestion& question, double off) {
    const double value = player().number(*question.number)->number.value_or(0) + off;
    send({.what = What::kType,
          .name = question.id,
          .text = std::to_string(question.percent ? 100 * value : value)});
  }

  UiRun& run_;
  ImGuiTestContext* ctx_;
  bool rightly_;
};

class LessonsPlay : public testing::TestWithParam<std::tuple<const char*, std::string>> {};

// Side drawings, and the ledger of one, take minutes, and no lesson asks what comes of them.
Works without_side_drawings() {
  Works works = program_works();
  works.words =
      works.seeds = [](const SideList& list, const std::stop_token&,
                       const Publish<SidePictures>&) -> Result<std::shared_ptr<const SidePictures>> {
    return std::make_shared<const SidePictures>(SidePictures{
        .list = list, .pictures = std::vector<std::shared_ptr<const SidePicture>>(list.each.size())});
  };
  works.ledger = [counted = works.ledger](const LedgerRun& run, const std::stop_token& stop,
                                          const Publish<Ledger>& publish) {
    if (std::holds_alternative<std::shared_ptr<const PaintRun>>(run))
      return Result<std::shared_ptr<const Ledger>>(std::make_shared<const Ledger>());
    return counted(run, stop, publish);
  };
  return works;
}

// Its facts are about all steps of a drawing, which sanitizers make last for minutes.
[[maybe_unused]] bool draws(const Lesson& lesson) {
  return std::ranges::any_of(lesson.cards, [](const LessonCard& card) {
    return card.state && card.state->dump().find("\"painting\"") != std::string::npos;
  });
}

TEST_P(LessonsPlay, EveryCardIsDrawnAndAnsweredAndLeavingBringsBackWhatWasThere) {
  const auto& [language, name] = GetParam();
  const auto lessons = lessons_in(language);
  const auto lesson = std::ranges::find(lessons, name, [](const auto& each) { return each->name; });
  ASSERT_NE(lesson, lessons.end());
  if ((*lesson)->language != language) GTEST_SKIP() << "played in its own language";
#ifndef NDEBUG
  if (draws(**lesson)) GTEST_SKIP() << "played without sanitizers";
#endif
  for (const bool rightly : {false, true}) {
    UiRun run(start_session(language), ImVec2(1280, 800), Locales::shipped(), without_side_drawings());
    run.play([&, name = name](ImGuiTestContext* ctx) {
      run.program().send(SetPrompt{"un chien bleu"});
      run.wait(ctx);
      const std::string before = session_json(run.program().session());
      Play(run, ctx, rightly).all(name);
      run.program().send(LessonAct{.what = What::kLeave});
      run.wait(ctx);
      EXPECT_FALSE(run.program().lesson().open());
      EXPECT_EQ(session_json(run.program().session()), before) << name;
      run.program().send(Undo{});
      run.wait(ctx);
      EXPECT_NE(run.state().doc.prompt, "un chien bleu") << "the steps of before can be undone";
    });
  }
}

std::vector<std::string> lesson_names() {
  std::vector<std::string> names;
  for (const auto& lesson : lessons_in(kEnglish)) names.push_back(lesson->name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, LessonsPlay,
                         testing::Combine(testing::Values("en", "es", "fr"),
                                          testing::ValuesIn(lesson_names())),
                         [](const auto& each) {
                           std::string name = std::get<0>(each.param);
                           name.append("_").append(std::get<1>(each.param));
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });
// The n-th item of that name in the card.
void click(ImGuiTestContext* ctx, const std::string& label, int nth = 0) {
  const ImGuiWindow* card = ImGui::FindWindowByName("##lesson");
  ASSERT_NE(card, nullptr);
  ImGuiTestItemList list;
  ctx->GatherItems(&list, card->ID);
  for (int i = 0; i < list.GetSize(); ++i) {
    const ImGuiTestItemInfo* item = list.GetByIndex(i);
    if (item->Window->RootWindow != card || label != item->DebugLabel || nth-- > 0) continue;
    ctx->ItemClick(item->ID);
    return;
  }
  ADD_FAILURE() << label << " is not on the card";
}

// By mouse and keys alone, as a person does.
TEST(LessonsByHand, TheFirstLessonIsOpenedAnsweredAndLeft) {
  UiRun run(start_session(kEnglish));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F3);
    ctx->Yield(3);
    EXPECT_TRUE(run.program().ui().show_lessons);
    ctx->SetRef("###lessons");
    ctx->ItemClick("$$0/##lesson");
    run.wait(ctx, [] { return true; }, 6);
    const LessonPlayer& player = run.program().lesson();
    ASSERT_TRUE(player.open());
    ASSERT_TRUE(player.covers());
    click(ctx, "##guess", 1);
    run.wait(ctx, [] { return true; }, 6);
    EXPECT_FALSE(player.covers());
    ctx->KeyPress(ImGuiKey_PageDown);
    run.wait(ctx, [] { return true; }, 6);
    EXPECT_EQ(player.card_index(), 1u);
    ctx->KeyPress(ImGuiKey_PageUp);
    run.wait(ctx);
    EXPECT_EQ(player.card_index(), 0u);
    EXPECT_FALSE(player.covers()) << "a guess is made once";
    click(ctx, "##on");
    run.wait(ctx);
    EXPECT_EQ(player.card_index(), 1u);
    click(ctx, "##leave");
    run.wait(ctx);
    EXPECT_FALSE(player.open());
  });
}

TEST(LessonsByHand, AGuessCoversThePanelsUntilItIsMade) {
  UiRun run(start_session(kEnglish));
  std::vector<DrawnText> texts;
  run.program().ui().drawn_texts = &texts;
  const auto writes = [&](const std::string& what) {
    return std::ranges::any_of(
        texts, [&](const DrawnText& text) { return text.text.find(what) != std::string::npos; });
  };
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(LessonAct{.name = known_lesson()});
    run.wait(ctx, [] { return true; }, 8);
    EXPECT_TRUE(writes(run.program().strings()("lesson.covered")));
    EXPECT_FALSE(writes("48 %"));
    run.program().send(LessonAct{.what = What::kChoose, .name = "g1", .index = 2});
    run.wait(ctx, [] { return true; }, 8);
    EXPECT_FALSE(writes(run.program().strings()("lesson.covered")));
    EXPECT_TRUE(writes("48 %"));
  });
}

// The ring is where the cell is, and its line covers no text.
TEST(LessonsByHand, TheSpotlightFindsItsCellAndItsLineCoversNothing) {
  for (const ImVec2 size : {ImVec2(1280, 800), ImVec2(1920, 1080)}) {
    UiRun run(start_session(kEnglish), size);
    std::vector<DrawnText> texts;
    run.program().ui().drawn_texts = &texts;
    run.play([&](ImGuiTestContext* ctx) {
      run.program().send(LessonAct{.name = known_lesson()});
      run.wait(ctx);
      run.program().send(LessonAct{.what = What::kCard, .index = 1});
      run.wait(ctx, [] { return true; }, 10);
      const std::vector<Spot>& spots = run.program().ui().lesson.spots;
      ASSERT_EQ(spots.size(), 2u);
      ASSERT_TRUE(spots[0].at && spots[1].at);
      EXPECT_EQ(spots[0].cell, std::optional(std::pair(3, 2)));
      EXPECT_EQ(spots[1].token, 2);
      EXPECT_GT(spots[0].at->z - spots[0].at->x, 8);
      const ImDrawList* front = ImGui::GetForegroundDrawList();
      const std::string line = plain_text(run.program().lesson().card().points[0].say);
      for (const DrawnText& said : texts) {
        if (said.list != front || said.text != line) continue;
        for (const DrawnText& other : texts) {
          if (other.list == front || other.angle != 0) continue;
          const ImRect a(said.box.x, said.box.y, said.box.z, said.box.w),
              b(other.box.x, other.box.y, other.box.z, other.box.w),
              clip(other.clip.x, other.clip.y, other.clip.z, other.clip.w);
          if (b.Overlaps(clip)) {
            EXPECT_FALSE(a.Overlaps(b)) << other.text;
          }
        }
      }
    });
  }
}

TEST(LessonsByHand, TheLanguageMayChangeInTheMiddle) {
  UiRun run(start_session(kEnglish));
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(LessonAct{.name = "what-is-attention"});
    run.program().send(LessonAct{.what = What::kCard, .index = 2});
    run.wait(ctx);
    run.program().send(SetLanguage{"fr"});
    run.wait(ctx);
    EXPECT_EQ(run.program().lesson().lesson().language, "fr");
    EXPECT_EQ(run.program().lesson().card_index(), 2u);
  });
}

// What is saved by itself is the person's own work, not the lesson's.
TEST(LessonsByHand, TheNextStartBringsBackWhatWasThereBefore) {
  UiRun run(start_session(kEnglish));
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SetPrompt{"un chien bleu"});
    run.program().send(LessonAct{.name = "what-is-attention"});
    run.wait(ctx);
    EXPECT_NE(run.program().session().doc.prompt, "un chien bleu");
    EXPECT_EQ(run.program().kept_session().doc.prompt, "un chien bleu");
  });
}

// The panel of the word that is followed is pointed at as any other.
TEST(LessonsByHand, ACardPointsAtTheWordThatIsFollowed) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "regard-points.en.md";
  std::ofstream(file) << "---\n{\"title\": \"T\", \"about\": \"A.\"}\n---\n# One\n\nText.\n\n```point\n"
                         "{\"panel\": \"thought\", \"say\": \"three stations\"}\n```\n";
  UiRun run(start_session(kEnglish));
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(LessonAct{.name = file.string()});
    run.wait(ctx, [] { return true; }, 10);
    const std::vector<Spot>& spots = run.program().ui().lesson.spots;
    IM_CHECK_EQ(spots.size(), 1u);
    IM_CHECK_STR_EQ(spots[0].panel->key, "panel.thought");
    IM_CHECK(spots[0].at.has_value());
  });
  std::filesystem::remove(file);
}

// At every size nothing of a card sticks out, and what does not fit is scrolled to.
TEST(LessonsByHand, TheCardStaysInsideAtEverySize) {
  for (const ImVec2 size : {ImVec2(640, 480), ImVec2(800, 600), ImVec2(1280, 800), ImVec2(1920, 1080)}) {
    UiRun run(start_session("fr"), size);
    std::vector<DrawnText> texts;
    run.program().ui().drawn_texts = &texts;
    run.play([&](ImGuiTestContext* ctx) {
      run.program().send(LessonAct{.name = "what-is-attention"});
      run.wait(ctx);
      for (int card = 0; card < static_cast<int>(run.program().lesson().lesson().cards.size()); ++card) {
        run.program().send(LessonAct{.what = What::kCard, .index = card});
        run.wait(ctx, [] { return true; }, 6);
        const ImGuiWindow* window = ImGui::FindWindowByName("##lesson");
        ASSERT_NE(window, nullptr);
        for (const DrawnText& text : texts) {
          const ImGuiWindow* mine = nullptr;
          for (const ImGuiWindow* each : ImGui::GetCurrentContext()->Windows) {
            if (each->DrawList == text.list) mine = each->RootWindow;
          }
          if (mine != window) continue;
          EXPECT_GE(text.box.x, text.clip.x - 1) << text.text;
          EXPECT_LE(text.box.z, text.clip.z + 1) << text.text << " at " << size.x;
        }
      }
    });
  }
}

}  // namespace
}  // namespace regard
