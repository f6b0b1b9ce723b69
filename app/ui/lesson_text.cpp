// Text of a lesson: words set one after another, in several styles, with numbers of the run among them.
#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include <imgui_internal.h>

#include "app/lessons/player.h"
#include "app/ui/lesson_view.h"
#include "app/ui/widgets.h"

namespace regard {
namespace {

constexpr float kIndent = 22, kLineSpace = 1.16f, kBlockSpace = 0.62f, kSlant = 0.21f;

struct Piece {
  std::string text;
  bool strong = false, emphasis = false, code = false;
};
// Pieces without a gap between them: they stand on one line.
using Unbroken = std::vector<Piece>;

std::vector<Unbroken> words_to_set(const Ui& ui, const TextBlock& block) {
  std::vector<Unbroken> words;
  bool gap = true;
  const auto add = [&](std::string_view text, const TextSpan& span) {
    if (text.empty()) return;
    if (gap) words.emplace_back();
    words.back().push_back({std::string(text), span.strong, span.emphasis, span.code});
    gap = false;
  };
  for (const TextSpan& span : block.spans) {
    if (span.value) {
      add(lesson_number(ui, *span.value, span.form, span.decimals), span);
      continue;
    }
    std::string_view rest = span.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      add(rest.substr(0, end), span);
      gap = gap || end < rest.size();
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return words;
}

// Roboto has no slanted face here: its letters are sheared.
void slant(ImDrawList* draw, int from, float baseline) {
  for (int i = from; i < draw->VtxBuffer.Size; ++i) {
    ImDrawVert& vertex = draw->VtxBuffer[i];
    vertex.pos.x += (baseline - vertex.pos.y) * kSlant;
  }
}

// Sets the words of one block in lines.
class Setter {
 public:
  Setter(Ui& ui, ImVec2 at, float width, float size, ImU32 color, bool draw)
      : ui_(ui), left_(at.x), right_(at.x + width), at_(at), size_(size), color_(color), draw_(draw) {}

  void set(const std::vector<Unbroken>& words, bool strong) {
    const float space = measure(ui_, size_, " ").x;
    for (const Unbroken& word : words) {
      float width = 0;
      for (const Piece& piece : word) width += measure(ui_, size_, piece.text, font(piece, strong)).x;
      if (at_.x > left_ && at_.x + width > right_) at_ = ImVec2(left_, at_.y + line());
      for (const Piece& piece : word) put(piece, strong);
      at_.x += space;
    }
    at_ = ImVec2(left_, at_.y + line());
  }
  float y() const { return at_.y; }
  float line() const { return std::round(ui_.px(size_ * kLineOfEm * kLineSpace)); }

 private:
  ImFont* font(const Piece& piece, bool strong) const {
    return piece.strong || strong ? ui_.fonts.bold : ui_.fonts.regular;
  }
  void put(const Piece& piece, bool strong) {
    ImFont* face = font(piece, strong);
    const ImVec2 size = measure(ui_, size_, piece.text, face);
    if (draw_) {
      ImDrawList* draw = ImGui::GetWindowDrawList();
      if (piece.code)
        draw->AddRectFilled(ImVec2(at_.x - ui_.px(2), at_.y),
                            ImVec2(at_.x + size.x + ui_.px(2), at_.y + size.y), ui_.colors.raised, ui_.px(4));
      const int from = draw->VtxBuffer.Size;
      draw_text(ui_, draw, at_, size_, color_, piece.text, face);
      if (piece.emphasis) slant(draw, from, at_.y + size.y * 0.8f);
    }
    at_.x += size.x;
  }

  Ui& ui_;
  float left_, right_;
  ImVec2 at_;
  float size_;
  ImU32 color_;
  bool draw_;
};

}  // namespace

std::string lesson_number(const Ui& ui, std::size_t value, NumberForm form, int decimals) {
  if (is_covered(ui)) return "?";
  const LessonNumber* number = ui.lesson->number(value);
  if (number == nullptr) return "…";
  if (!number->number) return "—";
  switch (form) {
    case NumberForm::kPercent:
      return ui.tr.percent(*number->number);
    case NumberForm::kTimes:
      return "×" + ui.tr.number(*number->number, decimals);
    case NumberForm::kNumber:
      break;
  }
  return ui.tr.number(*number->number, decimals);
}

std::string lesson_line(const Ui& ui, const LessonText& text) {
  std::string out;
  for (const TextBlock& block : text) {
    if (!out.empty()) out += ' ';
    for (const TextSpan& span : block.spans)
      out += span.value ? lesson_number(ui, *span.value, span.form, span.decimals) : span.text;
  }
  return out;
}

float draw_lesson_text(Ui& ui, ImVec2 at, float width, const LessonText& text, float size, ImU32 color,
                       bool draw) {
  float y = at.y;
  bool first = true;
  for (const TextBlock& block : text) {
    const bool item = block.kind == TextBlock::Kind::kItem, title = block.kind == TextBlock::Kind::kTitle;
    const float gap = std::round(ui.px(size * kBlockSpace * (item ? 0.5f : 1.0f)));
    if (!first) y += gap;
    first = false;
    const float indent = ui.px(kIndent * static_cast<float>(item ? block.depth + 1 : block.depth));
    if (item && draw)
      draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + indent - ui.px(kIndent - 4), y), size,
                ui.colors.secondary, block.bullet);
    Setter setter(ui, ImVec2(at.x + indent, y), width - indent, size, color, draw);
    setter.set(words_to_set(ui, block), title);
    y = setter.y();
  }
  return y - at.y;
}

void lesson_take(Ui& ui, ImVec2 at, float height, float gap) {
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(1, height));
  ImGui::SetCursorScreenPos(ImVec2(at.x, at.y + height + ui.px(gap)));
}

void lesson_words(Ui& ui, const LessonText& text, float size, ImU32 color, float gap) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  lesson_take(ui, at, draw_lesson_text(ui, at, ImGui::GetContentRegionAvail().x, text, size, color), gap);
}

void ask_lesson(Ui& ui, LessonAct act) { ui.out.emplace_back(std::move(act)); }

}  // namespace regard
