// The results of a class in the window: the table of `regard lesson results`, sorted, saved, empty and wrong.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "app/lessons/answers.h"
#include "core/formats/json.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

class ClassTable : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "group");
    write("ada", {.who = "Ada", .lessons = {}}, true, 1);
    write("group/ben", {.who = "Ben", .lessons = {}}, false, 3);
    write("cleo", {.who = "", .lessons = {}}, false, 2);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& name, LessonAnswers answers, bool first, int tries) {
    auto& lesson = answers.lessons["what-is-attention"];
    lesson["g1"] = {.right = true, .first = true, .tries = 1, .hints = 0, .said = "chat"};
    lesson["q1"] = {.right = first, .first = first, .tries = tries, .hints = 1, .said = "=1+1"};
    std::ofstream(folder_ / (name + ".answers.json")) << answers_json(answers);
  }
  static std::vector<std::string> texts_of(UiRun& run, ImGuiTestContext* ctx) {
    std::vector<DrawnText> texts;
    run.program().ui().drawn_texts = &texts;
    ctx->Yield(2);
    run.program().ui().drawn_texts = nullptr;
    std::vector<std::string> out;
    for (const DrawnText& text : texts) out.push_back(text.text);
    return out;
  }
  static bool holds(const std::vector<std::string>& texts, const std::string& part) {
    return std::ranges::any_of(texts, [&](const std::string& text) { return text.find(part) != text.npos; });
  }
  fs::path folder_ = fs::temp_directory_path() / ("regard_class_table" + std::to_string(::getpid()));
};

TEST_F(ClassTable, OpensFromTheListOfLessonsAndAsksForAFolder) {
  UiRun run(first_session("en"), ImVec2(1280, 1000));
  run.play([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F3);
    ctx->Yield(3);
    ctx->ItemClick("//###lessons/##class");
    ctx->Yield(3);
    IM_CHECK(!run.program().ui().show_lessons);
    IM_CHECK(run.program().ui().classroom.open);
    IM_CHECK_SILENT(holds(texts_of(run, ctx), "Choose the folder of the files"));
    ctx->ItemClick("//###class/##choose");
    ctx->Yield(3);
    IM_CHECK(run.program().ui().dialog.line != nullptr);
    ctx->KeyCharsReplaceEnter((folder_ / "ada.answers.json").c_str());  // one of its files will do
    run.wait(ctx, [&] { return run.state().classroom.found != nullptr; });
    const std::vector<std::string> texts = texts_of(run, ctx);
    IM_CHECK_SILENT(holds(texts, "students: 3"));
    IM_CHECK_SILENT(holds(texts, "2 of 3 not right at the first try"));
    IM_CHECK_SILENT(holds(texts, "1 of 3 (33 %)"));
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(!run.program().ui().classroom.open);
    IM_CHECK(!run.state().doc.pins.empty());
  });
}

TEST_F(ClassTable, IsSortedByItsHeadingsAndSavedAsTheCommandWritesIt) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    run.program().ui().classroom.open = true;
    run.program().send(ReadClass{folder_});
    run.wait(ctx, [&] { return run.state().classroom.found != nullptr; });
    ctx->ItemClick("//###class/by answer");
    ctx->Yield(3);
    IM_CHECK(!run.program().ui().classroom.by_question);
    const ClassResults& results = *run.state().classroom.found;
    const std::vector<std::size_t>& order = run.program().ui().classroom.order;
    IM_CHECK_EQ(order.size(), 6u);
    ImGuiWindow* sheet = ImGui::FindWindowByName("###class");
    IM_CHECK_SILENT(sheet != nullptr);
    const ImGuiID table = sheet->GetID("##answers");
    ctx->TableClickHeader(table, "Tries");
    ctx->Yield(2);
    for (std::size_t i = 1; i < order.size(); ++i)
      IM_CHECK_GE(results.rows[order[i - 1]].answer.tries, results.rows[order[i]].answer.tries);
    IM_CHECK_STR_EQ(results.rows[order.front()].who.c_str(), "Ben");
    ctx->TableClickHeader(table, "Tries");
    ctx->Yield(2);
    for (std::size_t i = 1; i < order.size(); ++i)
      IM_CHECK_LE(results.rows[order[i - 1]].answer.tries, results.rows[order[i]].answer.tries);
    for (const bool by_question : {false, true}) {
      const fs::path file = folder_ / "out.csv";
      run.program().send(SaveClass{file, by_question});
      ctx->Yield(3);
      const auto text = read_file(file, 1u << 20);
      IM_CHECK_SILENT(text.has_value());
      IM_CHECK(*text == (by_question ? questions_csv(results) : class_csv(results)));
    }
    IM_CHECK(run.state().error && run.state().error->good);
  });
}

TEST_F(ClassTable, WhatIsWrongIsSaid) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    run.program().ui().classroom.open = true;
    run.program().send(ReadClass{folder_ / "nowhere"});
    run.wait(ctx, [&] { return !run.state().classroom.problem.empty(); });
    IM_CHECK_SILENT(holds(texts_of(run, ctx), "expected a folder"));
    std::ofstream(folder_ / "broken.answers.json") << "{";
    run.program().send(ReadClass{folder_});
    run.wait(ctx, [&] { return run.state().classroom.found != nullptr; });
    const std::vector<std::string> texts = texts_of(run, ctx);
    IM_CHECK_SILENT(holds(texts, "Left out, could not be read: 1"));
    IM_CHECK_SILENT(holds(texts, "broken.answers.json"));
    fs::remove(folder_ / "broken.answers.json");
    ctx->ItemClick("//###class/##again");
    run.wait(ctx,
             [&] { return run.state().classroom.found && run.state().classroom.found->problems.empty(); });
  });
}

TEST_F(ClassTable, NothingIsCut) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    run.program().ui().classroom.open = true;
    run.program().send(ReadClass{folder_});
    for (const char* language : {"en", "es", "fr"}) {
      run.program().send(SetLanguage{language});
      for (const ImVec2 size : {ImVec2(800, 600), ImVec2(1280, 800), ImVec2(1920, 1080)}) {
        for (const float zoom : {1.0f, 2.0f}) {
          run.resize(size);
          run.program().send(SetZoom{zoom});
          run.wait(ctx, [] { return true; }, 6);
          std::vector<DrawnText> texts;
          run.program().ui().drawn_texts = &texts;
          ctx->Yield(2);
          run.program().ui().drawn_texts = nullptr;
          const ImGuiWindow* sheet = ImGui::FindWindowByName("###class");
          IM_CHECK_SILENT(sheet != nullptr);
          const ImRect rect = sheet->Rect();
          IM_CHECK(rect.Min.x >= 0 && rect.Max.x <= size.x && rect.Min.y >= 0 && rect.Max.y <= size.y);
          for (const DrawnText& text : texts) {
            if (text.list == sheet->DrawList) {
              EXPECT_LE(text.box.z, text.clip.z + 1) << text.text << " " << language << " " << size.x;
            }
          }
        }
      }
    }
  });
}

}  // namespace
}  // namespace regard
