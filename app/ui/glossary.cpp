#include "app/ui/glossary.h"

#include <algorithm>
#include <utility>

#include <imgui.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/i18n/glossary.h"
#include "app/ui/widgets.h"
#include "core/text/find_word.h"

namespace regard {
namespace {

constexpr float kSheet = 760, kTermList = 220, kTall = 430;  // units

// What is read under the pointer: the smallest text there, so that a word in a panel comes before its line.
const DrawnText* under_pointer(const std::vector<DrawnText>& texts, ImVec2 at) {
  const DrawnText* best = nullptr;
  const auto area = [](const ImVec4& box) { return (box.z - box.x) * (box.w - box.y); };
  for (const DrawnText& text : texts) {
    const ImVec4& box = text.box;
    if (text.angle != 0 || at.x < box.x || at.x > box.z || at.y < box.y || at.y > box.w) continue;
    if (best == nullptr || area(box) < area(best->box)) best = &text;
  }
  return best;
}

const GlossaryTerm* term_of(const Ui& ui, const std::vector<GlossaryTerm>& terms, const std::string& text) {
  // A text that is about a term need not name it.
  for (const GlossaryTerm& term : terms) {
    if (std::ranges::any_of(term.keys, [&](const std::string& key) {
          const auto found = ui.tr.all().find(key);
          return found != ui.tr.all().end() && found->second == text;
        }))
      return &term;
  }
  return term_in(terms, text);
}

bool is_found(const GlossaryTerm& term, const std::string& filter) {
  if (filter.empty()) return true;
  const std::u32string wanted = folded_case(filter);
  return std::ranges::any_of(
      term.names, [&](const std::string& name) { return folded_case(name).find(wanted) != wanted.npos; });
}

void draw_term(Ui& ui, const GlossaryTerm& term) {
  ImGui::PushTextWrapPos(0.0f);
  text_sized(ui, 20, ui.colors.text, term.names.front(), ui.fonts.bold);
  ImGui::Spacing();
  text_sized(ui, 16, ui.colors.text, term.definition);
  if (!term.formula.empty()) {
    ImGui::Spacing();
    text_sized(ui, 16, ui.colors.text, term.formula, ui.fonts.bold);
  }
  if (!term.not_shown.empty()) {
    ImGui::Spacing();
    text_sized(ui, kBody, ui.colors.warning, ui.tr.format("glossary.not", term.not_shown));
  }
  ImGui::Spacing();
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr.format("glossary.source", term.source));
  ImGui::PopTextWrapPos();
}

void draw_terms(Ui& ui, const std::vector<GlossaryTerm>& terms, std::vector<const GlossaryTerm*>& found) {
  GlossaryUi& screen = ui.ui.glossary;
  ImGui::SetNextItemWidth(-1);
  if (std::exchange(screen.opens, false)) ImGui::SetKeyboardFocusHere();
  ImGui::InputTextWithHint("##filter", ui.tr("glossary.filter"), &screen.filter);
  for (const GlossaryTerm& term : terms) {
    if (is_found(term, screen.filter)) found.push_back(&term);
  }
  std::ranges::sort(found, {}, [](const GlossaryTerm* term) { return term->names.front(); });
  if (found.size() == 1) screen.term = found.front()->id;
  ImGui::BeginChild("##list");
  for (const GlossaryTerm* term : found) {
    const bool chosen = term->id == screen.term;
    if (chosen && std::exchange(screen.scrolls, false)) ImGui::SetScrollHereY();
    if (ImGui::Selectable((term->names.front() + "##" + term->id).c_str(), chosen)) screen.term = term->id;
  }
  if (found.empty()) text_sized(ui, kSmall, ui.colors.secondary, ui.tr("glossary.none"));
  ImGui::EndChild();
}

}  // namespace

void look_up(Ui& ui) {
  GlossaryUi& screen = ui.ui.glossary;
  if (!std::exchange(screen.asked, false)) return;
  const std::vector<DrawnText>& texts =
      ui.ui.drawn_texts != nullptr ? *ui.ui.drawn_texts : ui.ui.lesson.texts;
  const std::vector<GlossaryTerm>& terms = glossary(ui.tr.language());
  const DrawnText* text = under_pointer(texts, ImGui::GetIO().MousePos);
  const GlossaryTerm* term = text != nullptr ? term_of(ui, terms, text->text) : nullptr;
  screen.open = screen.opens = screen.scrolls = true;
  screen.filter.clear();
  if (term != nullptr) screen.term = term->id;
}

void draw_glossary(Ui& ui) {
  GlossaryUi& screen = ui.ui.glossary;
  if (!screen.open) return;
  const std::vector<GlossaryTerm>& terms = glossary(ui.tr.language());
  if (std::ranges::find(terms, screen.term, &GlossaryTerm::id) == terms.end()) screen.term = "attention";
  const std::string title = std::string(ui.tr("glossary.title")).append("###glossary");
  if (begin_sheet(ui, title.c_str(), &screen.open, kSheet)) {
    const float height = std::min(ui.px(kTall), ImGui::GetMainViewport()->Size.y - ui.px(120));
    std::vector<const GlossaryTerm*> found;
    ImGui::BeginChild("##terms", ImVec2(ui.px(kTermList), height));
    draw_terms(ui, terms, found);
    ImGui::EndChild();
    ImGui::SameLine(0, ui.px(20));
    ImGui::BeginChild("##term", ImVec2(0, height));
    const auto term = std::ranges::find(terms, screen.term, &GlossaryTerm::id);
    if (term != terms.end()) draw_term(ui, *term);
    ImGui::EndChild();
  }
  ImGui::End();
}

namespace act {

void open_glossary(Ui& ui) {
  GlossaryUi& screen = ui.ui.glossary;
  if (screen.open) {
    screen.open = false;
  } else {
    screen.asked = true;
  }
}

}  // namespace act
}  // namespace regard
