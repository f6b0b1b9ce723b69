#include "app/ui/notes.h"

#include <algorithm>
#include <string>
#include <vector>

#include <imgui_internal.h>

#include "app/lessons/player.h"
#include "app/ui/lesson_view.h"
#include "app/ui/presenter.h"
#include "app/ui/shortcuts.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kNoteType = 24, kLeastNote = 13, kHeadType = 28, kSideType = 16, kNotesMargin = 24;  // units

// Text note_lines to a width, at paragraphs and between words.
std::vector<std::string> note_lines(Ui& ui, const std::string& text, float type, float width) {
  std::vector<std::string> out;
  const float size = ui.px(type * kLineOfEm);
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const char *at = text.data() + from, *stop = text.data() + end;
    if (at == stop) out.emplace_back();
    while (at < stop) {
      const char* next =
          ImFontCalcWordWrapPositionEx(ui.fonts.regular, size, at, stop, width, ImDrawTextFlags_None);
      next = std::max(next, at + 1);
      out.emplace_back(at, next);
      for (at = next; at < stop && *at == ' ';) ++at;
    }
    from = end + 1;
  }
  return out;
}

// Draws down a column: each line below the last.
class NotesColumn {
 public:
  NotesColumn(Ui& ui, ImDrawList* draw, ImVec2 at, float width)
      : ui_(ui), draw_(draw), at_(at), width_(width) {}

  static float line(const Ui& ui, float type) { return ui.px(type * kLineOfEm * 1.12f); }

  void one(float type, ImU32 color, const std::string& text, ImFont* font = nullptr) {
    draw_text(ui_, draw_, at_, type, color, fitted(ui_, text, type, width_), font);
    at_.y += line(ui_, type);
  }
  void all(float type, ImU32 color, const std::string& text) {
    for (const std::string& each : note_lines(ui_, text, type, width_)) {
      draw_text(ui_, draw_, at_, type, color, each);
      at_.y += line(ui_, type);
    }
  }
  void rule() {
    at_.y += ui_.px(8);
    draw_->AddLine(at_, ImVec2(at_.x + width_, at_.y), ui_.colors.border, std::max(1.0f, ui_.px(1)));
    at_.y += ui_.px(10);
  }
  float y() const { return at_.y; }

 private:
  Ui& ui_;
  ImDrawList* draw_;
  ImVec2 at_;
  float width_;
};

// As large as it fits into that height.
float note_type(Ui& ui, const std::string& note, float width, float height) {
  float type = kNoteType;
  while (type > kLeastNote &&
         NotesColumn::line(ui, type) * static_cast<float>(note_lines(ui, note, type, width).size()) > height)
    --type;
  return type;
}

// Below the note: what comes next, and the keys.
float draw_notes_foot(Ui& ui, ImDrawList* draw, float left, float width, float bottom) {
  const bool plays = in_lesson(ui);
  const float height =
      ui.px(18) + NotesColumn::line(ui, kSideType) * (plays ? 1.0f : 0.0f) + NotesColumn::line(ui, kSmall);
  NotesColumn foot(ui, draw, ImVec2(left, bottom - height), width);
  foot.rule();
  if (plays) {
    const auto& cards = ui.lesson->lesson().cards;
    const std::size_t next = ui.lesson->card_index() + 1;
    foot.one(kSideType, ui.colors.text,
             next < cards.size() ? ui.tr.format("notes.next", cards[next].title) : ui.tr("notes.last"),
             ui.fonts.bold);
  }
  const auto key = [&](ImGuiKey each) { return key_name(ui, each); };
  foot.one(kSmall, ui.colors.secondary,
           ui.tr.format("notes.keys", key(ImGuiKey_PageUp), key(ImGuiKey_PageDown), key(ImGuiKey_T),
                        key(ImGuiKey_B), key(ImGuiKey_N)));
  return bottom - height;
}

// The lesson and the card at the left, the timer at the right. @return where what is below begins
float draw_notes_head(Ui& ui, ImDrawList* draw, float left, float width, float top) {
  const PresenterUi& presenter = ui.ui.presenter;
  const std::string time = presenter_time(presenter);
  const ImU32 ink = presenter.since ? ui.colors.text : ui.colors.secondary;
  const ImVec2 size = measure(ui, kHeadType + 6, time, ui.fonts.bold);
  draw_text(ui, draw, ImVec2(left + width - size.x, top), kHeadType + 6, ink, time, ui.fonts.bold);
  NotesColumn head(ui, draw, ImVec2(left, top), width - size.x - ui.px(16));
  if (in_lesson(ui)) {
    const Lesson& lesson = ui.lesson->lesson();
    head.one(
        kSideType, ui.colors.secondary,
        lesson.title + " · " + ui.tr.format("lesson.card", ui.lesson->card_index() + 1, lesson.cards.size()));
    head.one(kHeadType, ui.colors.text, ui.lesson->card().title, ui.fonts.bold);
  } else {
    head.one(kHeadType, ui.colors.text, ui.tr("notes.title"), ui.fonts.bold);
  }
  NotesColumn below(ui, draw, ImVec2(left, std::max(head.y(), top + size.y)), width);
  below.rule();
  return below.y();
}

std::string note_of_card(const Ui& ui) {
  if (!in_lesson(ui)) return ui.tr("notes.no_lesson");
  const std::string& note = ui.lesson->card().note;
  return note.empty() ? std::string(ui.tr("notes.none")) : note;
}

void draw_notes_sheet(Ui& ui, ImDrawList* list, ImVec2 size) {
  list->AddRectFilled(ImVec2(0, 0), size, ui.colors.panel);
  const float margin = std::min(ui.px(kNotesMargin), size.x / 16), width = size.x - 2 * margin;
  if (width < ui.px(60)) return;
  const float top = draw_notes_head(ui, list, margin, width, margin);
  const float bottom = draw_notes_foot(ui, list, margin, width, size.y - margin / 2);
  const std::string note = note_of_card(ui);
  const bool said = in_lesson(ui) && !ui.lesson->card().note.empty();
  NotesColumn column(ui, list, ImVec2(margin, top), width);
  list->PushClipRect(ImVec2(0, top), ImVec2(size.x, bottom), true);
  column.all(note_type(ui, note, width, bottom - top), said ? ui.colors.text : ui.colors.secondary, note);
  list->PopClipRect();
}

}  // namespace

void draw_notes(Ui& ui) {
  NotesUi& notes = ui.ui.notes;
  if (notes.size.x < 1 || notes.size.y < 1 || !ui.ui.presenter.before) {
    notes.list.reset();
    return;
  }
  if (!notes.list) notes.list = std::make_shared<ImDrawList>(ImGui::GetDrawListSharedData());
  ImDrawList* list = notes.list.get();
  list->_ResetForNewFrame();
  list->PushTexture(ImGui::GetIO().Fonts->TexRef);
  list->PushClipRect(ImVec2(0, 0), notes.size);
  // On the person's own screen: in the desk's colours, in type for its size.
  Ui own{ui.state, ui.views, ui.compare, ui.picture,  ui.paint, ui.side,
         ui.heads, ui.pair,  ui.doubled, ui.textures, ui.tr,    palette(ui.ui.presenter.before->theme),
         ui.fonts, ui.ui,    ui.out,     notes.scale};
  own.lesson = ui.lesson;
  draw_notes_sheet(own, list, notes.size);
  list->PopClipRect();
  list->PopTexture();
}

namespace act {
void toggle_notes(Ui& ui) { ui.ui.presenter.notes = !ui.ui.presenter.notes; }
}  // namespace act

}  // namespace regard
