// The steps of a drawing as small pictures: click one to look at it, drag over several; the film; progress.
#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

#include "app/ui/paint_parts.h"
#include "app/ui/shortcuts.h"
#include "app/ui/slider.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"

namespace regard {
namespace {

constexpr float kThumb = 46, kTimelineGap = 4, kLabel = 18, kTimelineLine = 24;

// Which steps get a picture: as many as fit, evenly, the first and the last among them.
std::vector<int> shown_steps(int steps, int room) {
  std::vector<int> out;
  const int count = std::min(steps, std::max(1, room));
  for (int i = 0; i < count; ++i)
    out.push_back(count == 1
                      ? steps - 1
                      : static_cast<int>(std::lround(static_cast<double>(i) * (steps - 1) / (count - 1))));
  return out;
}

void set_span(Ui& ui, int from, int to) {
  const int first = ui.paint.run().first_step;
  const std::pair span(first + std::min(from, to), first + std::max(from, to));
  if (ui.state.doc.paint.step_span == span) return;
  set_paint(ui, [&](PaintDocument& paint) { paint.step_span = span; }, ui.ui.gesture);
}

// A click chooses a step, a drag a span of them.
void handle_thumb(Ui& ui, int step) {
  const bool hovered = ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
  if (ImGui::IsItemActivated()) {
    ++ui.ui.gesture;
    ui.ui.paint.timeline_from = step;
    ui.ui.paint.film.playing = false;
    set_span(ui, step, step);
  } else if (hovered && ui.ui.paint.timeline_from >= 0 && ImGui::IsMouseDown(ImGuiMouseButton_Left) &&
             step != ui.ui.paint.timeline_from) {
    set_span(ui, ui.ui.paint.timeline_from, step);
  }
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("paint.timeline.tip"));
}

void draw_thumbs(Ui& ui, ImVec2 at, float width) {
  const float size = ui.px(kThumb), pitch = size + ui.px(kTimelineGap);
  const int room = static_cast<int>((width + ui.px(kTimelineGap)) / pitch);
  const std::vector<int> steps = shown_steps(ui.paint.run().drawn(), room);
  const auto [first, last] = ui.paint.span();
  const bool all = ui.ui.paint.film.frame() < 0 && !ui.state.doc.paint.step_span;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const int step = steps[i];
    const ImVec2 low(std::round(at.x + pitch * static_cast<float>(i)), at.y),
        high(low.x + size, low.y + size);
    ImGui::SetCursorScreenPos(low);
    ImGui::PushID(step);
    ImGui::InvisibleButton("##step", ImVec2(size, size), ImGuiButtonFlags_EnableNav);
    ImGui::PopID();
    handle_thumb(ui, step);
    draw_sheet_tile(ui, draw, ui.textures.film, ui.paint.film(), step, low, high);
    // A step between two pictures marks the one before it.
    const int next = i + 1 < steps.size() ? steps[i + 1] : ui.paint.run().drawn();
    const bool chosen = !all && first < next && last >= step;
    const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
    if (chosen || hot) {
      const float edge = ui.px(1.5f);
      draw->AddRect(ImVec2(low.x - edge, low.y - edge), ImVec2(high.x + edge, high.y + edge),
                    chosen ? ui.colors.accent : ui.colors.secondary, ui.px(2), ui.px(2));
    }
    const std::string number = std::to_string(ui.paint.run().first_step + step + 1);
    const ImVec2 text = measure(ui, kSmall, number, chosen ? ui.fonts.bold : ui.fonts.regular);
    draw_text(ui, draw, ImVec2((low.x + high.x - text.x) / 2, high.y + ui.px(3)), kSmall,
              chosen ? ui.colors.text : ui.colors.secondary, number,
              chosen ? ui.fonts.bold : ui.fonts.regular);
  }
  if (!ImGui::IsMouseDown(ImGuiMouseButton_Left)) ui.ui.paint.timeline_from = -1;
}

// What is going on: progress with the way out, or what it took.
// @param width  what it has room for: without it the memory is not told
std::string progress_line(Ui& ui, float width) {
  const PaintRun& run = ui.paint.run();
  const int done = run.first_step + run.drawn();
  if (ui.state.painting.draft) return ui.tr.format("paint.draft", run.steps);
  if (ui.state.painting.drawing) return ui.tr.format("paint.drawing", done, run.steps);
  if (ui.state.painting.cancelled) return ui.tr.format("paint.cancelled", done, run.steps);
  const std::string seconds = ui.tr.number(run.elapsed_ms / 1000.0, 2);
  std::string all = ui.tr.format("paint.done", seconds, ui.tr.number(ui.paint.kept_bytes() * 1e-6, 0));
  return measure(ui, kSmall, all).x <= width ? all : ui.tr.format("paint.done.short", seconds);
}

// Where there is no room for the steps' pictures: one step, as a number to slide.
void draw_step_slider(Ui& ui, float width) {
  const int first = ui.paint.run().first_step, steps = ui.paint.run().drawn();
  const int shown = first + ui.paint.span().second + 1;
  const auto number = [&](float step) { return ui.tr.format("paint.step_slider", std::lround(step)); };
  const float beside = ui.px(6) + std::max(measure(ui, kSmall, number(static_cast<float>(first + 1))).x,
                                           measure(ui, kSmall, number(static_cast<float>(first + steps))).x);
  auto step = static_cast<float>(shown);
  const Slid slid =
      slider(ui, "##step", step, static_cast<float>(first + 1), static_cast<float>(first + steps),
             width - beside, "%.0f", number, ui.tr("paint.timeline.tip"));
  if (slid.activated) ++ui.ui.gesture;
  if (!slid.moved) return;
  // An arrow key moves by less than a step: it means one.
  const bool by_key = ImGui::GetCurrentContext()->ActiveIdSource != ImGuiInputSource_Mouse &&
                      std::abs(step - static_cast<float>(shown)) < 1.0f;
  const int one = step > static_cast<float>(shown) ? 1 : -1;
  const int at =
      by_key ? std::clamp(shown + one, first + 1, first + steps) : static_cast<int>(std::lround(step));
  if (at == shown) return;
  ui.ui.paint.film.playing = false;
  set_span(ui, at - 1 - first, at - 1 - first);
}

void draw_line(Ui& ui, ImVec2 at, float width, bool slider) {
  ImGui::SetCursorScreenPos(at);
  const bool playing = ui.ui.paint.film.playing, steps = ui.state.view.reduced_motion;
  const char* icon = steps ? "\uf051  " : playing ? "\uf04c  " : "\uf04b  ";
  const std::string film = std::string(icon) + ui.tr("paint.film") + "###film";
  if (chip(ui, film.c_str(), playing, ui.tr(steps ? "paint.film.steps" : "paint.film.tip")))
    act::play_film(ui);
  ImGui::SameLine(0, ui.px(6));
  const bool all = !ui.state.doc.paint.step_span;
  if (chip(ui, ui.tr("paint.span.all"), all, ui.tr("paint.span.all.tip")) && !all)
    set_paint(ui, [](PaintDocument& paint) { paint.step_span.reset(); });
  if (ui.state.painting.cancelled) {
    ImGui::SameLine(0, ui.px(6));
    const std::string key = key_name(ui, ImGuiMod_Ctrl | ImGuiKey_R);
    if (chip(ui, ui.tr("paint.again"), false, key.c_str())) ui.out.emplace_back(PaintAgain{});
  }
  float left = ImGui::GetItemRectMax().x + ui.px(12);
  if (const float room = at.x + width - left; slider && room >= ui.px(100) && ui.paint.run().drawn() > 1) {
    ImGui::SetCursorScreenPos(ImVec2(left, at.y + ui.px(3)));
    draw_step_slider(ui, std::min(room, ui.px(150)));
    left = ImGui::GetItemRectMax().x + ui.px(12);
  }
  if (at.x + width - left < ui.px(40)) return;
  const float room = at.x + width - left;
  const std::string line = fitted(ui, progress_line(ui, room), kSmall, room);
  const ImVec2 size = measure(ui, kSmall, line);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, ImVec2(at.x + width - size.x, at.y + ui.px(6)), kSmall,
            ui.state.painting.cancelled ? ui.colors.warning : ui.colors.secondary, line);
  if (!ui.state.painting.drawing || ui.state.painting.draft) return;
  const PaintRun& run = ui.paint.run();
  const float part = static_cast<float>(run.first_step + run.drawn()) / static_cast<float>(run.steps);
  const float y = at.y + ui.px(kTimelineLine + 4);
  draw->AddRectFilled(ImVec2(left, y), ImVec2(at.x + width, y + ui.px(3)), ui.colors.track, ui.px(1.5f));
  draw->AddRectFilled(ImVec2(left, y), ImVec2(left + (at.x + width - left) * part, y + ui.px(3)),
                      ui.colors.neutral_bar, ui.px(1.5f));
}

}  // namespace

float timeline_height(const Ui& ui, bool thumbs) {
  return ui.px((thumbs ? kThumb + kLabel + 8 : 0.0f) + kTimelineLine + 6);
}

void draw_timeline(Ui& ui, ImVec2 at, float width, bool thumbs) {
  if (thumbs) draw_thumbs(ui, at, width);
  draw_line(ui, ImVec2(at.x, at.y + ui.px(thumbs ? kThumb + kLabel + 8 : 0.0f)), width, !thumbs);
}

}  // namespace regard
