// Where one number comes from: q.k, the scale, the weight, softmax, with the row it stands in.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

// The cell that is explained: under the cursor, else what the pinned or hovered token reads most.
std::optional<std::pair<int, int>> cell_in_question(const Ui& ui) {
  if (ui.ui.hovered.cell) return ui.ui.hovered.cell;
  if (!ui.views.current()) return std::nullopt;
  const int subject = subject_token(ui, ui.views.run().tokens);
  if (subject < 0) return std::nullopt;
  int other = strongest_partner(ui.views, subject, ui.state.view.incoming);
  if (other < 0) other = 0;
  return ui.state.view.incoming ? std::pair(other, subject) : std::pair(subject, other);
}

void draw_term(Ui& ui, const std::string& name, const std::string& value) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 size = measure(ui, kBody, value, ui.fonts.bold);
  draw_text(ui, draw, at, kBody, ui.colors.text, name);
  draw_text(ui, draw, ImVec2(at.x + width - size.x, at.y), kBody, ui.colors.text, value, ui.fonts.bold);
  draw->AddLine(ImVec2(at.x, at.y + ui.px(22)), ImVec2(at.x + width, at.y + ui.px(22)), ui.colors.border,
                ui.px(1));
  ImGui::Dummy(ImVec2(width, ui.px(28)));
}

void draw_calculation(Ui& ui, int query, int key) {
  const HeadChoice& choice = ui.views.choice().heads;
  const AttentionRecord& record = ui.views.record();
  if (!choice.layer || !choice.head || ui.views.choice().lens != "attention") {
    ImGui::PushTextWrapPos(0.0f);
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr("why.mean"));
    ImGui::PopTextWrapPos();
    return;
  }
  const float dot = record.query(*choice.layer, *choice.head)
                        .row(query)
                        .dot(record.key(*choice.layer, *choice.head).row(key));
  const float scaled = dot / std::sqrt(static_cast<float>(record.shape().head_width));
  const float bias = record.key_bias()[key];
  int readable = 0;
  for (int other = 0; other < record.shape().keys; ++other) readable += record.readable(query, other) ? 1 : 0;
  draw_term(ui, "q · k", ui.tr.number(dot, 3));
  draw_term(ui, "÷ √" + std::to_string(record.shape().head_width), ui.tr.number(scaled, 3));
  draw_term(ui, ui.tr.format("why.bias", ui.tr.number(std::exp(bias), 2)), ui.tr.number(bias, 3));
  const std::string result = record.readable(query, key)
                                 ? ui.tr.number(record.attention(*choice.layer, *choice.head)(query, key), 4)
                                 : "0";
  draw_term(ui, ui.tr.format("why.softmax", readable), result);
}

// One key of the row: bar, number, word. A button, so that the keyboard reaches every cell.
void draw_row_bar(Ui& ui, int query, int key, float most, bool in_question) {
  const auto& tokens = ui.views.run().tokens;
  const float value = ui.views.attention()(query, key);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, height = ui.px(22);
  ImGui::PushID(key);
  if (ImGui::InvisibleButton("##bar", ImVec2(width, height), ImGuiButtonFlags_EnableNav)) {
    ui.out.emplace_back(TogglePin{pin_of(tokens[static_cast<std::size_t>(key)])});
  }
  ImGui::PopID();
  const bool focused = ImGui::IsItemFocused() && ImGui::GetIO().NavVisible;
  if (ImGui::IsItemHovered() || focused) ui.ui.next_hovered.cell = {query, key};
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float room = width * 0.42f;
  const ImU32 pin = pin_color(ui, tokens, query);
  const ImU32 color = in_question ? (pin != 0 ? pin : ui.colors.text) : ui.colors.neutral_bar;
  const float bar = std::max(ui.px(1), room * (most > 0 && std::isfinite(value) ? value / most : 0.0f));
  draw->AddRectFilled(ImVec2(at.x, at.y + ui.px(3)), ImVec2(at.x + bar, at.y + ui.px(18)), color, ui.px(2));
  const std::string number = ui.tr.number(value, 3);
  const float x = at.x + room + ui.px(44);
  draw_text(ui, draw, ImVec2(x - measure(ui, kSmall, number).x, at.y + ui.px(4)), kSmall,
            in_question ? ui.colors.text : ui.colors.secondary, number);
  draw_text(ui, draw, ImVec2(x + ui.px(8), at.y + ui.px(4)), kSmall,
            in_question ? ui.colors.text : ui.colors.secondary,
            token_label(ui, tokens[static_cast<std::size_t>(key)]),
            in_question ? ui.fonts.bold : ui.fonts.regular);
}

void draw_row(Ui& ui, int query, int key) {
  const auto& tokens = ui.views.run().tokens;
  text_sized(ui, kSmall, ui.colors.secondary,
             ui.tr.format("why.row", token_label(ui, tokens[static_cast<std::size_t>(query)])));
  float most = 0;
  for (int other = 0; other < static_cast<int>(tokens.size()); ++other)
    most = std::max(most, ui.views.attention()(query, other));
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  const float height = ImGui::GetContentRegionAvail().y - ui.px(44);
  if (ImGui::BeginChild("##row", ImVec2(0, std::max(ui.px(30), height)))) {
    for (int other = 0; other < static_cast<int>(tokens.size()); ++other) {
      if (!ui.views.masked(query, other)) draw_row_bar(ui, query, other, most, other == key);
    }
  }
  ImGui::EndChild();
  ImGui::PopStyleVar();
}

void draw_honest_line(Ui& ui) {
  const float top = ImGui::GetWindowHeight() - ui.px(48);
  if (ImGui::GetCursorPosY() > top) return;
  ImGui::SetCursorPos(ImVec2(ui.px(14), top));
  ImGui::PushTextWrapPos(ImGui::GetWindowWidth() - ui.px(14));
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("why.honest"));
  ImGui::PopTextWrapPos();
}

}  // namespace

void draw_why_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.why"))) {
    const auto cell = ui.views.has_map() ? cell_in_question(ui) : std::nullopt;
    const int tokens = ui.views.has_map() ? static_cast<int>(ui.views.run().tokens.size()) : 0;
    if (!cell || cell->first >= tokens || cell->second >= tokens) {
      ImGui::PushTextWrapPos(0.0f);
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("why.pick"));
      ImGui::PopTextWrapPos();
    } else {
      const auto& all = ui.views.run().tokens;
      text_sized(ui, kBody, ui.colors.text,
                 token_label(ui, all[static_cast<std::size_t>(cell->first)]) + " → " +
                     token_label(ui, all[static_cast<std::size_t>(cell->second)]),
                 ui.fonts.bold);
      ImGui::Dummy(ImVec2(1, ui.px(2)));
      draw_calculation(ui, cell->first, cell->second);
      ImGui::Dummy(ImVec2(1, ui.px(2)));
      if (ImGui::GetContentRegionAvail().y >= ui.px(110)) draw_row(ui, cell->first, cell->second);
    }
    draw_honest_line(ui);
  }
  end_panel();
}

}  // namespace regard
