// The two stages that only a drawing has: guidance, and one Euler step, at one patch. Its numbers as pictures
// of the patch, as bars, and one of them written out.
#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "app/ui/vector_strip.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "core/engine/paint_step.h"

namespace regard {
namespace {

constexpr float kPicture = 52;

ImU32 pixel_color(const PatchStep& s, const std::vector<float>& values, int pixel) {
  const int plane = s.side * s.side;
  const auto byte = [&](int channel) {
    const float value = values[static_cast<std::size_t>(std::min(channel, s.channels - 1) * plane + pixel)];
    return static_cast<int>(std::lround(std::clamp(127.5f * (value + 1.0f), 0.0f, 255.0f)));
  };
  if (std::ranges::any_of(values, [](float value) { return !std::isfinite(value); })) return IM_COL32_BLACK;
  return IM_COL32(byte(0), byte(1), byte(2), 255);
}

// A patch's pixels; -1 is dark, 1 is bright, 0 grey. @param side  pixels of the screen
void draw_patch(Ui& ui, const PatchStep& s, const std::vector<float>& values, ImVec2 at, float side) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float cell = side / static_cast<float>(s.side);
  for (int pixel = 0; pixel < s.side * s.side; ++pixel) {
    const ImVec2 low(at.x + cell * static_cast<float>(pixel % s.side),
                     at.y + cell * static_cast<float>(pixel / s.side));
    draw->AddRectFilled(low, ImVec2(low.x + cell + 0.5f, low.y + cell + 0.5f), pixel_color(s, values, pixel));
  }
  draw->AddRect(at, ImVec2(at.x + side, at.y + side), ui.colors.border);
}

struct Term {
  const char* sign;  // before it: "", "−", "=", "+ 3 ×"
  const char* name;  // below it
  const std::vector<float>* values;
};

// A line of an equation whose terms are pictures, each with its name below.
void draw_equation(Ui& ui, const PatchStep& s, const std::vector<Term>& terms) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, column = width / static_cast<float>(terms.size());
  float signs = 0;
  for (const Term& term : terms) signs = std::max(signs, measure(ui, kBody, term.sign).x + ui.px(8));
  const float side = std::max(ui.px(16), std::min(ui.px(kPicture), column - signs));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const Term& term = terms[i];
    const float left = at.x + column * static_cast<float>(i);
    const ImVec2 sign = measure(ui, kBody, term.sign);
    draw_text(ui, draw, ImVec2(left + (signs - sign.x) / 2, at.y + (side - sign.y) / 2), kBody,
              ui.colors.text, term.sign);
    draw_patch(ui, s, *term.values, ImVec2(left + signs, at.y), side);
    const std::string name = fitted(ui, ui.tr(term.name), 12, column - ui.px(6));
    const ImVec2 size = measure(ui, 12, name);
    const float x = std::max(left, left + signs + (side - size.x) / 2);
    draw_text(ui, draw, ImVec2(std::min(x, left + column - size.x), at.y + side + ui.px(3)), 12,
              ui.colors.secondary, name);
  }
  ImGui::Dummy(ImVec2(width, side + ui.px(22)));
}

// "red, row 2, column 3" of a number of the patch.
std::string number_name(const Ui& ui, const PatchStep& s, int index) {
  constexpr std::array kColors = {"why.red", "why.green", "why.blue"};
  const int plane = s.side * s.side, channel = index / plane;
  const std::string color = channel < 3 && s.channels == 3
                                ? std::string(ui.tr(kColors[static_cast<std::size_t>(channel)]))
                                : ui.tr.format("why.channel", channel + 1);
  return ui.tr.format("why.number", color, index % plane / s.side + 1, index % s.side + 1);
}

using Named = std::pair<const char*, const std::vector<float>*>;

std::string tip_of(const Ui& ui, const PatchStep& s, const std::vector<Named>& vectors, int index) {
  std::string out = number_name(ui, s, index);
  for (const auto& [name, values] : vectors)
    out += fmt::format("\n{} = {}", name, ui.tr.number((*values)[static_cast<std::size_t>(index)], 9));
  return out;
}

void draw_strips(Ui& ui, const PatchStep& s, const std::vector<Named>& vectors, float reach) {
  for (const auto& [name, values] : vectors) {
    draw_strip(ui,
               {.name = name,
                .shape = fmt::format("[{}×{}×{}]", s.channels, s.side, s.side),
                .values = *values,
                .reach = reach,
                .color = ui.colors.neutral_bar},
               [&](int index) { return tip_of(ui, s, vectors, index); });
  }
}

// The number pointed at, else the one that `most` says most of.
int chosen_number(const Ui& ui, const std::vector<float>& most) {
  const int pointed = pointed_number(ui, most.size());
  if (pointed >= 0) return pointed;
  const auto found = std::ranges::max_element(most, {}, [](float value) { return std::abs(value); });
  return static_cast<int>(found - most.begin());
}

std::optional<PatchStep> step_of(Ui& ui, const Explained& cell) {
  if (cell.drawing == nullptr || cell.patch < 0 || cell.drawn_step >= cell.drawing->drawn() ||
      cell.drawn_step >= std::ssize(cell.drawing->predictions)) {
    text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.pick.patch_only"));
    return std::nullopt;
  }
  return patch_step(*cell.drawing, cell.drawn_step, cell.patch);
}

void draw_what_is_predicted(Ui& ui, const PatchStep& s) {
  text_wrapped(ui, kSmall, ui.colors.secondary,
               ui.tr(s.kind == Prediction::kSample ? "why.predicts.picture" : "why.predicts.velocity"));
}

}  // namespace

void draw_guidance_stage(Ui& ui, const Explained& cell) {
  const auto s = step_of(ui, cell);
  if (!s) return;
  const auto number = [&](float value) { return ui.tr.number(value, 3); };
  const auto inside = [&](float value) {
    return value < 0.0f ? fmt::format("({})", number(value)) : number(value);
  };
  text_wrapped(ui, kSmall, ui.colors.text,
               ui.tr.format("why.guidance.formula", ui.tr.number(s->guidance, 2)));
  draw_what_is_predicted(ui, *s);
  if (s->without_prompt.empty())
    return text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.no_guidance"));
  const std::string times = fmt::format("+ {} ×", ui.tr.number(s->guidance, 1));
  draw_equation(ui, *s,
                {{"", "why.with", &s->with_prompt},
                 {"−", "why.without", &s->without_prompt},
                 {"=", "why.difference", &s->difference}});
  draw_equation(ui, *s,
                {{"", "why.without", &s->without_prompt},
                 {times.c_str(), "why.difference", &s->difference},
                 {"=", "why.guided", &s->guided}});
  const std::vector<Named> vectors = {{ui.tr("why.with"), &s->with_prompt},
                                      {ui.tr("why.without"), &s->without_prompt},
                                      {ui.tr("why.difference"), &s->difference},
                                      {ui.tr("why.guided"), &s->guided}};
  draw_strips(ui, *s, vectors, reach_of({s->with_prompt, s->without_prompt, s->difference, s->guided}));
  const int at = chosen_number(ui, s->difference);
  const auto i = static_cast<std::size_t>(at);
  text_sized(ui, kSmall, ui.colors.text, number_name(ui, *s, at), ui.fonts.bold);
  draw_number_term(ui, ui.tr("why.with"), static_cast<double>(s->with_prompt[i]), 3);
  draw_number_term(ui, std::string("− ") + ui.tr("why.without"), static_cast<double>(s->without_prompt[i]),
                   3);
  draw_number_term(ui, std::string("= ") + ui.tr("why.difference"), static_cast<double>(s->difference[i]), 3);
  draw_term(ui, ui.tr("why.guided"),
            fmt::format("{} {} {} = {}", number(s->without_prompt[i]), times, inside(s->difference[i]),
                        number(s->guided[i])),
            ui.tr.number(s->guided[i], 9), true);
}

void draw_euler_stage(Ui& ui, const Explained& cell) {
  const auto s = step_of(ui, cell);
  if (!s) return;
  const auto number = [&](float value) { return ui.tr.number(value, 3); };
  const auto inside = [&](float value) {
    return value < 0.0f ? fmt::format("({})", number(value)) : number(value);
  };
  text_wrapped(ui, kSmall, ui.colors.text, "v = (x − x₀) ÷ t      x′ = x + (t′ − t) v");
  text_wrapped(ui, kSmall, ui.colors.secondary,
               ui.tr.format("why.times", number(s->time), number(s->next_time)));
  draw_equation(ui, *s, {{"", "why.x", &s->x}, {"→", "why.x_next", &s->next}, {"…", "why.x0", &s->x0}});
  draw_strips(ui, *s, {{ui.tr("why.x"), &s->x}, {ui.tr("why.x0"), &s->x0}, {ui.tr("why.x_next"), &s->next}},
              reach_of({s->x, s->x0, s->next}));
  draw_strips(ui, *s, {{ui.tr("why.velocity"), &s->velocity}}, 0.0f);
  const int at = chosen_number(ui, s->velocity);
  const auto i = static_cast<std::size_t>(at);
  text_sized(ui, kSmall, ui.colors.text, number_name(ui, *s, at), ui.fonts.bold);
  draw_number_term(ui, ui.tr("why.x"), static_cast<double>(s->x[i]), 3);
  draw_number_term(ui, ui.tr("why.x0"), static_cast<double>(s->x0[i]), 3);
  draw_term(ui, "v",
            fmt::format("({} − {}) ÷ {} = {}", number(s->x[i]), inside(s->x0[i]), number(s->time),
                        number(s->velocity[i])),
            ui.tr.number(s->velocity[i], 9));
  draw_term(ui, ui.tr("why.x_next"),
            fmt::format("{} + {} × {} = {}", number(s->x[i]), inside(s->next_time - s->time),
                        inside(s->velocity[i]), number(s->next[i])),
            ui.tr.number(s->next[i], 9), true);
}

}  // namespace regard
