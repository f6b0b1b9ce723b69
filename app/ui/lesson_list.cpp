// The lessons there are: what each is about, how long it takes, what of it was answered.
#include <algorithm>
#include <cmath>
#include <string>

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/lessons/player.h"
#include "app/ui/actions.h"
#include "app/ui/lesson_view.h"
#include "app/ui/sheet_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kListWidth = 620, kRowPad = 12, kNameWidth = 220;

// "8 min · 3 of 5 right"
std::string facts_of(const Ui& ui, const Lesson& lesson) {
  std::string out = ui.tr.format("lesson.cards", lesson.cards.size());
  if (lesson.minutes > 0) out = ui.tr.format("lesson.minutes", lesson.minutes) + " · " + out;
  const std::vector<std::string> ids = ids_of(lesson);
  const auto answers = ui.lesson->answers().lessons.find(answers_name(lesson));
  if (ids.empty() || answers == ui.lesson->answers().lessons.end()) return out;
  const auto right = std::ranges::count_if(ids, [&](const std::string& id) {
    const auto found = answers->second.find(id);
    return found != answers->second.end() && found->second.right;
  });
  return out + " · " + ui.tr.format("lesson.right", right, ids.size());
}

void draw_lesson_row(Ui& ui, int index, const Lesson& lesson) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, pad = ui.px(kRowPad);
  const LessonText about{{.spans = {{.text = lesson.about}}}};
  const float lines = draw_lesson_text(ui, at, width - 2 * pad, about, kBody, 0, false);
  const float height = ui.px(28 + 22) + lines + pad;
  ImGui::PushID(index);
  if (ImGui::InvisibleButton("##lesson", ImVec2(std::max(1.0f, width), height), ImGuiButtonFlags_EnableNav)) {
    ui.out.emplace_back(LessonAct{.name = lesson.name});
    ui.ui.show_lessons = false;
  }
  ImGui::PopID();
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 high(at.x + width, at.y + height);
  draw->AddRectFilled(at, high, ui.colors.panel, ui.px(6));
  draw->AddRect(at, high, hot ? ui.colors.accent : ui.colors.border, ui.px(6), ui.px(hot ? 2.0f : 1.2f));
  draw_text(ui, draw, ImVec2(at.x + pad, at.y + ui.px(8)), 17, ui.colors.text,
            fitted(ui, std::to_string(index + 1) + ".  " + lesson.title, 17, width - 2 * pad), ui.fonts.bold);
  draw_lesson_text(ui, ImVec2(at.x + pad, at.y + ui.px(31)), width - 2 * pad, about, kBody, ui.colors.text);
  draw_text(ui, draw, ImVec2(at.x + pad, at.y + ui.px(33) + lines), kSmall, ui.colors.secondary,
            fitted(ui, facts_of(ui, lesson), kSmall, width - 2 * pad));
  ImGui::SetCursorScreenPos(ImVec2(at.x, high.y + ui.px(8)));
}

// Who answers, for a class, and where the answers go.
void draw_who(Ui& ui) {
  ImGui::Dummy(ImVec2(1, ui.px(2)));
  text_sized(ui, kBody, ui.colors.text, ui.tr("lesson.who"));
  same_line_if_fits(ui, ui.px(kNameWidth));
  ImGui::SetNextItemWidth(std::min(ui.px(kNameWidth), ImGui::GetContentRegionAvail().x));
  std::string& who = ui.ui.lesson.who;
  if (ImGui::InputText("##who", &who))
    ui.out.emplace_back(LessonAct{.what = LessonAct::What::kWho, .text = who});
  note_field(ui, who);
  text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("lesson.answers"));
}

}  // namespace

void draw_lesson_list(Ui& ui) {
  if (!ui.ui.show_lessons || ui.lesson == nullptr) return;
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImVec2 most(viewport->Size.x - ui.px(40), viewport->Size.y - ui.px(40));
  const float wanted = ui.px(216 + 108 * static_cast<float>(std::max<std::size_t>(1, ui.lessons.size())));
  ImGui::SetNextWindowPos(viewport->GetCenter(), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(std::min(ui.px(kListWidth), most.x), std::min(wanted, most.y)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, std::max(1.0f, ui.px(1)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(18), ui.px(12)));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.colors.raised);
  ImGui::PushStyleColor(ImGuiCol_TitleBgActive, ui.colors.raised);
  ImGui::PushStyleColor(ImGuiCol_TitleBg, ui.colors.raised);
  const std::string title = std::string(ui.tr("lesson.title")) + "###lessons";
  if (ImGui::Begin(title.c_str(), &ui.ui.show_lessons,
                   ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoCollapse |
                       ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoResize |
                       ImGuiWindowFlags_NoMove)) {
    if (ui.lessons.empty()) text_sized(ui, kBody, ui.colors.secondary, ui.tr("lesson.none"));
    int index = 0;
    for (const auto& lesson : ui.lessons) draw_lesson_row(ui, index++, *lesson);
    draw_who(ui);
    ImGui::Dummy(ImVec2(1, ui.px(2)));
    if (sheet_button(ui, "##class", ui.tr("help.class"), true)) act::open_class(ui);
  }
  ImGui::End();
  ImGui::PopStyleColor(3);
  ImGui::PopStyleVar(2);
}

}  // namespace regard
