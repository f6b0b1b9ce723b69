#include "app/ui/marks.h"

#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

#include "app/state/kept.h"
#include "app/ui/trials.h"
#include "app/ui/widgets.h"
#include "app/views/text_views.h"
#include "core/engine/interventions.h"

namespace regard {
namespace {

constexpr const char* kScissors = "\uf0c4";
constexpr const char* kMuted = "\uf6a9";
constexpr const char* kSwapped = "\uf0ec";
constexpr const char* kOff = "\uf011";
constexpr const char* kTaken = "\uf0c5";

// Whether two places are the same word of the prompt as it is typed now.
bool same_word(const Ui& ui, const PromptWord& a, const PromptWord& b) {
  if (a.kind != b.kind || a.kind != PromptWord::Kind::kWord) return a.kind == b.kind;
  return std::ranges::any_of(ui.views.prompt().chunks, [&](const PromptChunk& chunk) {
    return std::ranges::any_of(chunk.words,
                               [&](const Word& word) { return word.holds(a.byte) && word.holds(b.byte); });
  });
}

// Adds a trial to what stands on a tile: the strongest sign is the one that is seen.
void add(const Ui& ui, const RunEdit& edit, const char* sign, bool struck, std::optional<TrialMark>& mark) {
  if (!mark) {
    mark = {sign, edit_label(ui, edit), struck};
    return;
  }
  if (struck && !mark->struck) mark->sign = sign;
  mark->struck = mark->struck || struck;
  mark->words.append("\n").append(edit_label(ui, edit));
}

}  // namespace

void draw_ghost(Ui& ui, ImDrawList* draw, ImVec2 at, float width, float height, float before, float now) {
  if (!std::isfinite(before) || !std::isfinite(now) || std::abs(before - now) * width < ui.px(1)) return;
  const float x = std::round(at.x + width * std::clamp(before, 0.0f, 1.0f));
  const float end = at.x + width * std::clamp(now, 0.0f, 1.0f), middle = std::round(at.y + height / 2);
  draw->AddLine(ImVec2(std::min(x, end), middle), ImVec2(std::max(x, end), middle),
                with_alpha(ui.colors.text, 0.45f), std::max(1.0f, ui.px(1)));
  const float half = std::max(1.0f, ui.px(1));
  draw->AddRectFilled(ImVec2(x - 2 * half, at.y), ImVec2(x + 2 * half, at.y + height), ui.colors.panel);
  draw->AddRectFilled(ImVec2(x - half, at.y), ImVec2(x + half, at.y + height), ui.colors.text);
}

std::optional<TrialMark> trial_on(const Ui& ui, const PromptWord& place) {
  std::optional<TrialMark> mark;
  const Workspace workspace = ui.state.view.workspace;
  if (workspace == Workspace::kImage) return mark;  // its tiles are patches
  if (workspace == Workspace::kPainting && ui.state.view.paint.unconditional) return mark;
  for (const RunEdit& edit : trials_of(ui.state)) {
    if (!edit.on) continue;
    for (const PromptWord& word : arguments_of(edit).words) {
      if (!same_word(ui, word, place)) continue;
      const bool muted = std::holds_alternative<MuteWord>(edit.what),
                 cut = std::holds_alternative<CutWord>(edit.what);
      const bool edge = std::holds_alternative<CutReading>(edit.what),
                 taken = std::holds_alternative<PatchState>(edit.what);
      add(ui, edit, muted ? kMuted : cut || edge ? kScissors : taken ? kTaken : kSwapped, muted || cut, mark);
      break;
    }
  }
  return mark;
}

std::optional<TrialMark> trial_on(const Ui& ui, int block, int head) {
  std::optional<TrialMark> mark;
  for (const RunEdit& edit : trials_of(ui.state)) {
    if (!edit.on) continue;
    const auto* one = std::get_if<HeadOff>(&edit.what);
    const auto* whole = std::get_if<BlockOff>(&edit.what);
    if ((one != nullptr && one->block == block && one->head == head) ||
        (whole != nullptr && whole->block == block))
      add(ui, edit, kOff, true, mark);
  }
  return mark;
}

void draw_trial_sign(Ui& ui, ImDrawList* draw, ImVec2 right, const TrialMark& mark) {
  const ImVec2 size = measure(ui, 11, mark.sign);
  const ImVec2 low(right.x - size.x - ui.px(8), right.y), high(right.x, right.y + ui.px(17));
  draw->AddRectFilled(low, high, ui.colors.panel, ui.px(4));
  draw->AddRect(low, high, ui.colors.warning, ui.px(4), std::max(1.0f, ui.px(1)));
  draw_text(ui, draw, ImVec2(low.x + ui.px(4), low.y + ui.px(2)), 11, ui.colors.warning, mark.sign);
}

void draw_trial_mark(Ui& ui, ImDrawList* draw, ImVec2 low, ImVec2 high, const TrialMark& mark) {
  if (mark.struck) {
    draw->AddRectFilled(low, high, with_alpha(ui.colors.panel, 0.55f), ui.px(6));
    const float y = std::round((low.y + high.y) / 2);
    draw->AddLine(ImVec2(low.x + ui.px(4), y), ImVec2(high.x - ui.px(4), y), ui.colors.warning,
                  std::max(1.0f, ui.px(2)));
  }
  draw_trial_sign(ui, draw, ImVec2(high.x - ui.px(3), low.y + ui.px(3)), mark);
}

float draw_kept_line(Ui& ui, float most_px) {
  if (!ui.state.restored) return 0.0f;
  const std::vector<KeptThing> things = kept_things(ui.state);
  if (things.empty()) return 0.0f;
  std::string list;
  for (const KeptThing& thing : things) {
    if (!list.empty()) list += ", ";
    list += ui.tr.format(thing.words, thing.count);
  }
  const float left = ImGui::GetCursorScreenPos().x;
  const std::string reset = std::string(ui.tr("kept.reset")) + "###kept_reset";
  const float buttons = measure(ui, kSmall, ui.tr("kept.reset")).x + ui.px(60);
  text_sized(ui, kSmall, ui.colors.warning,
             fitted(ui, ui.tr.format("kept.line", list), kSmall, std::max(ui.px(40), most_px - buttons)));
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip))
    tooltip(ui, ui.tr.format("kept.line", list).append("\n").append(ui.tr("kept.tip")).c_str());
  ImGui::SameLine(0, ui.px(10));
  WithFont font(ui.fonts.regular, kSmall);
  ImGui::PushStyleColor(ImGuiCol_Text, ui.colors.accent);
  if (ImGui::SmallButton(reset.c_str())) ui.out.emplace_back(ResetKept{});
  ImGui::PopStyleColor();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("kept.reset.tip"));
  ImGui::SameLine(0, ui.px(4));
  ImGui::PushStyleColor(ImGuiCol_Button, IM_COL32_BLACK_TRANS);
  if (ImGui::SmallButton("\uf00d##kept")) ui.out.emplace_back(DismissKept{});
  ImGui::PopStyleColor();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("kept.dismiss"));
  return ImGui::GetItemRectMax().x - left;
}

}  // namespace regard
