// What a class answered, as a table: a line a question, the one most failed first, or a line an answer.
#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include <imgui_internal.h>

#include "app/lessons/answers.h"
#include "app/lessons/lesson.h"
#include "app/lessons/markdown.h"
#include "app/ui/actions.h"
#include "app/ui/lesson_view.h"
#include "app/ui/sheet_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kClassWidth = 1080, kClassType = 16, kClassLine = 28, kLowestTable = 200, kAroundTable = 270;
constexpr std::size_t kMostProblems = 3;

using ClassRow = ClassResults::Row;
using ClassQuestion = ClassResults::Question;

const Lesson* lesson_named(const Ui& ui, const std::string& name) {
  const auto found =
      std::ranges::find_if(ui.lessons, [&](const auto& lesson) { return answers_name(*lesson) == name; });
  return found != ui.lessons.end() ? found->get() : nullptr;
}

// Its title, where the lesson is one of ours; a file of a teacher's own has its name.
std::string lesson_title(const Ui& ui, const std::string& name) {
  const Lesson* lesson = lesson_named(ui, name);
  return lesson != nullptr ? lesson->title : name;
}

// What was asked; its id where the lesson is not at hand.
std::string question_words(const Ui& ui, const std::string& lesson_name, const std::string& id) {
  const Lesson* lesson = lesson_named(ui, lesson_name);
  if (lesson == nullptr) return id;
  for (const LessonCard& card : lesson->cards) {
    if (const LessonGuess* guess = guess_of(card); guess != nullptr && guess->id == id)
      return plain_text(guess->ask);
    for (const LessonQuestion* question : questions_of(card)) {
      if (question->id == id) return plain_text(question->ask);
    }
  }
  return id;
}

// One column of a table of `Line`s.
template <class Line>
struct ClassColumn {
  const char* words;
  float weight;  // of the width; below 0: so many units
  std::function<std::string(const Ui& ui, const Line& line)> text;
  std::function<bool(const Line& a, const Line& b)> less;
  bool tells = false;  // the whole text in a tooltip
};

std::string yes_or_no(const Ui& ui, bool yes) { return ui.tr(yes ? "class.yes" : "class.no"); }

// "3 of 4 (75 %)"
std::string part_of(const Ui& ui, int part, int whole) {
  const std::string share = whole > 0 ? ui.tr.percent(static_cast<double>(part) / whole, 0) : "–";
  return ui.tr.format("class.part", part, whole, share);
}

double share_of(int part, int whole) { return static_cast<double>(part) / std::max(1, whole); }

std::vector<ClassColumn<ClassQuestion>> question_columns() {
  return {{"class.lesson", 2, [](const Ui& ui, const ClassQuestion& q) { return lesson_title(ui, q.lesson); },
           [](const ClassQuestion& a, const ClassQuestion& b) { return a.lesson < b.lesson; }, true},
          {"class.question", 4,
           [](const Ui& ui, const ClassQuestion& q) { return question_words(ui, q.lesson, q.question); },
           [](const ClassQuestion& a, const ClassQuestion& b) {
             return std::tie(a.lesson, a.question) < std::tie(b.lesson, b.question);
           },
           true},
          {"class.first", -140,
           [](const Ui& ui, const ClassQuestion& q) { return part_of(ui, q.first, q.learners); },
           [](const ClassQuestion& a, const ClassQuestion& b) {
             return share_of(a.first, a.learners) < share_of(b.first, b.learners);
           }},
          {"class.right", -140,
           [](const Ui& ui, const ClassQuestion& q) { return part_of(ui, q.right, q.learners); },
           [](const ClassQuestion& a, const ClassQuestion& b) {
             return share_of(a.right, a.learners) < share_of(b.right, b.learners);
           }},
          {"class.hints", -90, [](const Ui&, const ClassQuestion& q) { return std::to_string(q.hints); },
           [](const ClassQuestion& a, const ClassQuestion& b) { return a.hints < b.hints; }}};
}

std::vector<ClassColumn<ClassRow>> answer_columns() {
  return {
      {"class.who", 1.4f, [](const Ui&, const ClassRow& row) { return row.who; },
       [](const ClassRow& a, const ClassRow& b) { return a.who < b.who; }, true},
      {"class.lesson", 1.6f, [](const Ui& ui, const ClassRow& row) { return lesson_title(ui, row.lesson); },
       [](const ClassRow& a, const ClassRow& b) { return a.lesson < b.lesson; }, true},
      {"class.question", 2.4f,
       [](const Ui& ui, const ClassRow& row) { return question_words(ui, row.lesson, row.question); },
       [](const ClassRow& a, const ClassRow& b) {
         return std::tie(a.lesson, a.question) < std::tie(b.lesson, b.question);
       },
       true},
      {"class.first", -110, [](const Ui& ui, const ClassRow& row) { return yes_or_no(ui, row.answer.first); },
       [](const ClassRow& a, const ClassRow& b) { return a.answer.first < b.answer.first; }},
      {"class.right", -110, [](const Ui& ui, const ClassRow& row) { return yes_or_no(ui, row.answer.right); },
       [](const ClassRow& a, const ClassRow& b) { return a.answer.right < b.answer.right; }},
      {"class.tries", -80, [](const Ui&, const ClassRow& row) { return std::to_string(row.answer.tries); },
       [](const ClassRow& a, const ClassRow& b) { return a.answer.tries < b.answer.tries; }},
      {"class.hints", -80, [](const Ui&, const ClassRow& row) { return std::to_string(row.answer.hints); },
       [](const ClassRow& a, const ClassRow& b) { return a.answer.hints < b.answer.hints; }},
      {"class.said", 1.6f, [](const Ui&, const ClassRow& row) { return row.answer.said; },
       [](const ClassRow& a, const ClassRow& b) { return a.answer.said < b.answer.said; }, true}};
}

// Sorted anew when a heading was clicked, or other lines are there.
template <class Line>
void sort_lines(ClassUi& screen, const std::vector<Line>& lines,
                const std::vector<ClassColumn<Line>>& columns) {
  ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
  const bool other = screen.order.size() != lines.size() || specs == nullptr || specs->SpecsDirty;
  if (!other) return;
  screen.order.resize(lines.size());
  std::iota(screen.order.begin(), screen.order.end(), std::size_t{0});
  if (specs == nullptr) return;
  specs->SpecsDirty = false;
  if (specs->SpecsCount == 0) return;  // as they are: what was most failed first
  const auto& column = columns[static_cast<std::size_t>(specs->Specs[0].ColumnIndex)];
  const bool up = specs->Specs[0].SortDirection == ImGuiSortDirection_Ascending;
  std::ranges::stable_sort(screen.order, [&](std::size_t a, std::size_t b) {
    return up ? column.less(lines[a], lines[b]) : column.less(lines[b], lines[a]);
  });
}

template <class Line>
void draw_class_line(Ui& ui, const Line& line, const std::vector<ClassColumn<Line>>& columns) {
  ImGui::TableNextRow(0, ui.px(kClassLine));
  for (const ClassColumn<Line>& column : columns) {
    ImGui::TableNextColumn();
    const std::string text = column.text(ui, line);
    const std::string shown = fitted(ui, text, kClassType, ImGui::GetContentRegionAvail().x);
    text_sized(ui, kClassType, ui.colors.text, shown);
    if (column.tells && shown != text && ImGui::IsItemHovered()) tooltip(ui, text.c_str());
  }
}

template <class Line>
void draw_class_lines(Ui& ui, const char* id, const std::vector<Line>& lines,
                      const std::vector<ClassColumn<Line>>& columns, float height) {
  const WithFont type(ui.fonts.regular, kClassType);
  constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_Sortable | ImGuiTableFlags_SortTristate |
                                     ImGuiTableFlags_RowBg | ImGuiTableFlags_ScrollY |
                                     ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_Resizable |
                                     ImGuiTableFlags_NoSavedSettings;
  if (!ImGui::BeginTable(id, static_cast<int>(columns.size()), kFlags, ImVec2(0, height))) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const ClassColumn<Line>& column : columns) {
    const bool fixed = column.weight < 0;
    ImGui::TableSetupColumn(ui.tr(column.words),
                            (fixed ? ImGuiTableColumnFlags_WidthFixed : ImGuiTableColumnFlags_WidthStretch) |
                                ImGuiTableColumnFlags_PreferSortDescending,
                            fixed ? ui.px(-column.weight) : column.weight);
  }
  ImGui::TableHeadersRow();
  sort_lines(ui.ui.classroom, lines, columns);
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(ui.ui.classroom.order.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i)
      draw_class_line(ui, lines[ui.ui.classroom.order[static_cast<std::size_t>(i)]], columns);
  }
  ImGui::EndTable();
}

// The question most failed, in a sentence.
void draw_most_failed(Ui& ui, const ClassResults& results) {
  const ClassQuestion& most = results.questions.front();
  const std::string words = question_words(ui, most.lesson, most.question);
  const std::string text = most.first < most.learners
                               ? ui.tr.format("class.most", lesson_title(ui, most.lesson), words,
                                              most.learners - most.first, most.learners)
                               : ui.tr("class.none_failed");
  text_wrapped(ui, 18, ui.colors.text, text, ui.fonts.bold);
  std::vector<std::string> who;
  for (const ClassRow& row : results.rows) who.push_back(row.who);
  std::ranges::sort(who);
  const auto learners = std::unique(who.begin(), who.end()) - who.begin();
  text_wrapped(ui, kBody, ui.colors.secondary,
               ui.tr.format("class.counts", learners, results.questions.size(), results.rows.size()));
}

void draw_problems(Ui& ui, const ClassResults& results) {
  if (results.problems.empty()) return;
  text_wrapped(ui, kBody, ui.colors.warning, ui.tr.format("class.left_out", results.problems.size()));
  for (std::size_t i = 0; i < std::min(kMostProblems, results.problems.size()); ++i)
    text_wrapped(ui, kSmall, ui.colors.secondary, results.problems[i]);
}

void draw_ways(Ui& ui) {
  ClassUi& screen = ui.ui.classroom;
  for (const bool by_question : {true, false}) {
    if (!by_question) ImGui::SameLine(0, ui.px(6));
    const char* words = by_question ? "class.by_question" : "class.by_answer";
    if (chip(ui, ui.tr(words), screen.by_question == by_question, ui.tr(std::string(words) + ".tip")) &&
        screen.by_question != by_question) {
      screen.by_question = by_question;
      screen.order.clear();
    }
  }
}

void draw_results(Ui& ui, const ClassResults& results) {
  ClassUi& screen = ui.ui.classroom;
  if (screen.of != ui.state.classroom.found) {
    screen.of = ui.state.classroom.found;
    screen.order.clear();
  }
  if (results.questions.empty())
    return text_wrapped(ui, kClassType, ui.colors.text, ui.tr("class.no_answers"));
  draw_most_failed(ui, results);
  draw_problems(ui, results);
  ImGui::Dummy(ImVec2(1, ui.px(4)));
  draw_ways(ui);
  const float height =
      std::max(ui.px(kLowestTable), ImGui::GetMainViewport()->Size.y - ui.px(40 + kAroundTable));
  if (screen.by_question) {
    draw_class_lines(ui, "##questions", results.questions, question_columns(),
                     std::min(height, ui.px(kClassLine * static_cast<float>(results.questions.size() + 2))));
  } else {
    draw_class_lines(ui, "##answers", results.rows, answer_columns(),
                     std::min(height, ui.px(kClassLine * static_cast<float>(results.rows.size() + 2))));
  }
}

}  // namespace

void draw_class_table(Ui& ui) {
  if (!ui.ui.classroom.open) return;
  const ClassState& state = ui.state.classroom;
  const std::string title = std::string(ui.tr("class.title")) + "###class";
  if (begin_sheet(ui, title.c_str(), &ui.ui.classroom.open, kClassWidth)) {
    if (state.folder.empty()) {
      text_wrapped(ui, kClassType, ui.colors.text, ui.tr("class.empty"));
    } else {
      text_wrapped(ui, kBody, ui.colors.secondary, ui.tr.format("class.folder", state.folder.string()));
      if (!state.problem.empty()) {
        text_wrapped(ui, kClassType, ui.colors.warning, state.problem);
        text_wrapped(ui, kBody, ui.colors.text, ui.tr("class.empty"));
      } else if (state.found) {
        draw_results(ui, *state.found);
      } else {
        text_wrapped(ui, kClassType, ui.colors.secondary, ui.tr("class.reading"));
      }
    }
    ImGui::Dummy(ImVec2(1, ui.px(4)));
    if (sheet_button(ui, "##choose", ui.tr(state.folder.empty() ? "class.choose" : "class.choose_other"),
                     true))
      act::choose_class(ui);
    if (state.found && !state.found->rows.empty()) {
      if (sheet_button(ui, "##again", ui.tr("class.again"), false))
        ui.out.emplace_back(ReadClass{state.folder});
      if (sheet_button(ui, "##save", ui.tr("class.save"), false)) act::save_class(ui);
    }
  }
  ImGui::End();
}

namespace act {

void open_class(Ui& ui) {
  ui.ui.show_lessons = false;
  ui.ui.classroom.open = true;
}

}  // namespace act
}  // namespace regard
