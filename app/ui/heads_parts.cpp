#include "app/ui/heads_parts.h"

#include <algorithm>
#include <cmath>

#include "app/ui/slider.h"
#include "app/ui/widgets.h"
#include "app/views/head_plot.h"

namespace regard {
namespace {

constexpr float kBar = 3, kNumberSize = 12;

struct Range {
  double low = 0, high = 0;
};

// Of the numbers under the heads; from zero where all are above it.
std::optional<Range> range_of(const Eigen::MatrixXd& numbers) {
  std::optional<Range> out;
  for (const double number : numbers.reshaped()) {
    if (!std::isfinite(number)) continue;
    if (!out) out = Range{std::min(0.0, number), number};
    out->low = std::min(out->low, number);
    out->high = std::max(out->high, number);
  }
  return out;
}

const Eigen::MatrixXd* shown_numbers(const Ui& ui) {
  return ui.heads.values(heads_view(ui.state.view).shown);
}

// As short as it is still a number: the menu says of what.
std::string short_number(const Ui& ui, MetricUnit unit, double value) {
  const bool percent = unit == MetricUnit::kShare || unit == MetricUnit::kDifference;
  if (percent) return ui.tr.number(100.0 * value, std::abs(value) < 0.0995 ? 1 : 0);
  return ui.tr.number(value, std::abs(value) < 9.95 ? 1 : 0);
}

std::string order_words(const Ui& ui) {
  const HeadsView& view = heads_view(ui.state.view);
  std::string words = std::string(ui.tr("heads.order")) + " ";
  words += view.order.empty() ? ui.tr("heads.order.number") : metric_name(ui.tr, view.order, ui.heads.kind());
  return words;
}

}  // namespace

bool takes_more() { return ImGui::GetIO().KeyCtrl || ImGui::GetIO().KeyShift; }

void choose_head(Ui& ui, int layer, int head, bool more) {
  if (more) {
    ui.out.emplace_back(ToggleHead{layer, head});
    return;
  }
  switch (ui.state.view.workspace) {
    case Workspace::kPainting: {
      PaintDocument paint = ui.state.doc.paint;
      paint.maps = {{layer, head}};
      ui.out.emplace_back(SetPaint{std::move(paint), 0});
      break;
    }
    case Workspace::kText:
    case Workspace::kCompare:
    case Workspace::kImage:
      select_map(ui, map_choice(layer, head));
      break;
  }
}

std::optional<std::string> metric_items(Ui& ui, std::string_view chosen) {
  std::optional<std::string> picked;
  for (const HeadMetric* metric : ui.heads.there()) {
    const std::string name(metric->name), key = "metric." + name;
    if (ImGui::MenuItem(ui.tr(key), nullptr, chosen == name)) picked = name;
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
      std::string text = ui.tr(key + ".tip");
      for (const std::string_view line : {metric->formula, metric->source}) {
        if (!line.empty()) text.append("\n").append(line);
      }
      tooltip(ui, text.c_str());
    }
  }
  return picked;
}

namespace {

constexpr const char* kSortSign = "\uf0dc";

void draw_heads_list(Ui& ui, const std::string& label) {
  const bool opened = begin_dropdown(ui, "order", label);
  if (!opened) {
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, order_words(ui).c_str());
    return;
  }
  const HeadsView& view = heads_view(ui.state.view);
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("heads.order.title"), ui.fonts.bold);
  ImGui::PushID("order");
  if (ImGui::MenuItem(ui.tr("heads.order.number"), nullptr, view.order.empty()))
    set_heads_view(ui, [](HeadsView& heads) { heads.order.clear(); });
  if (const auto picked = metric_items(ui, view.order))
    set_heads_view(ui, [&](HeadsView& heads) { heads.order = *picked; });
  ImGui::PopID();
  ImGui::Separator();
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("heads.shown.title"), ui.fonts.bold);
  ImGui::PushID("shown");
  const auto show = [&](const std::string& name) {
    set_heads_view(ui, [&](HeadsView& heads) {
      heads.shown = name;
      heads.least.reset();  // it was in another unit
    });
  };
  if (ImGui::MenuItem(ui.tr("heads.shown.none"), nullptr, view.shown.empty())) show("");
  if (const auto picked = metric_items(ui, view.shown)) show(*picked);
  ImGui::PopID();
  ImGui::EndPopup();
}

}  // namespace

void draw_heads_menu(Ui& ui) {
  header_right(ui, dropdown_width(ui, order_words(ui)));
  draw_heads_list(ui, order_words(ui));
}

float heads_sign_width(Ui& ui) { return dropdown_width(ui, kSortSign); }

void draw_heads_sign(Ui& ui) { draw_heads_list(ui, kSortSign); }

void draw_least_slider(Ui& ui) {
  const HeadsView& view = heads_view(ui.state.view);
  const Eigen::MatrixXd* numbers = shown_numbers(ui);
  const auto range = numbers != nullptr ? range_of(*numbers) : std::nullopt;
  if (!range || !(range->high > range->low)) return;
  const MetricUnit unit = find_head_metric(view.shown)->unit;
  const std::string words = metric_name(ui.tr, view.shown, ui.heads.kind()) + " ≥";
  const float width = ImGui::GetContentRegionAvail().x, track = std::min(ui.px(150), width * 0.4f);
  const float room = width - track - ui.px(96);
  text_sized(ui, kSmall, ui.colors.secondary, fitted(ui, words, kSmall, std::max(ui.px(20), room)));
  ImGui::SameLine(0, ui.px(8));
  auto least = static_cast<float>(std::clamp(view.least.value_or(range->low), range->low, range->high));
  const auto low = static_cast<float>(range->low), high = static_cast<float>(range->high);
  const auto number = [&](float value) {
    return metric_number(ui.tr, unit, ui.heads.kind(), static_cast<double>(value));
  };
  if (slider(ui, "##least", least, low, high, track, "%.3f", number, ui.tr("heads.least.tip")).moved) {
    set_heads_view(ui, [&](HeadsView& heads) {
      heads.least = least > low ? std::optional(static_cast<double>(least)) : std::nullopt;
    });
  }
}

float number_height(const Ui& ui) { return shown_numbers(ui) == nullptr ? 0.0f : ui.px(20); }

void draw_head_number(Ui& ui, float left, float right, float top, int layer, int head) {
  const Eigen::MatrixXd* numbers = shown_numbers(ui);
  const auto range = numbers != nullptr ? range_of(*numbers) : std::nullopt;
  if (!range || layer >= numbers->rows() || head >= numbers->cols()) return;
  const double value = (*numbers)(layer, head);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const double span = std::max(range->high - range->low, 1e-12);
  const auto x_of = [&](double number) {
    return left + (right - left) * static_cast<float>((number - range->low) / span);
  };
  const bool dim = ui.heads.is_dim(ui.state.view, layer, head);
  draw->AddRectFilled(ImVec2(left, top), ImVec2(right, top + ui.px(kBar)), ui.colors.empty_cell);
  if (std::isfinite(value)) {
    const float a = x_of(std::min(0.0, value)), b = x_of(std::max(0.0, value));
    draw->AddRectFilled(ImVec2(a, top), ImVec2(std::max(b, a + ui.px(1)), top + ui.px(kBar)),
                        dim ? ui.colors.secondary : ui.colors.text);
  }
  const std::string text = short_number(ui, find_head_metric(heads_view(ui.state.view).shown)->unit, value);
  const ImVec2 size = measure(ui, kNumberSize, text);
  if (size.x > right - left + ui.px(4)) return;
  draw_text(ui, draw, ImVec2((left + right - size.x) / 2, top + ui.px(kBar + 1)), kNumberSize,
            dim ? ui.colors.secondary : ui.colors.text, text);
}

void dim_head(Ui& ui, ImVec2 low, ImVec2 high, int layer, int head) {
  if (ui.heads.is_dim(ui.state.view, layer, head))
    ImGui::GetWindowDrawList()->AddRectFilled(low, high, with_alpha(ui.colors.panel, 0.78f));
}

std::string head_lines(const Ui& ui, int layer, int head) {
  std::string out;
  for (const HeadMetric* metric : ui.heads.there()) {
    const Eigen::MatrixXd& numbers = *ui.heads.values(metric->name);
    if (layer >= numbers.rows() || head >= numbers.cols()) continue;
    out += ui.tr.format("heads.tip.metric", metric_name(ui.tr, metric->name, ui.heads.kind()),
                        metric_number(ui.tr, metric->unit, ui.heads.kind(), numbers(layer, head))) +
           "\n";
  }
  return out;
}

bool is_ordered(const Ui& ui) { return ui.heads.values(heads_view(ui.state.view).order) != nullptr; }

HeadOrder heads_in_order(const Ui& ui, int layers, int heads) {
  HeadOrder order;
  for (int layer = 0; layer < layers; ++layer) order.push_back(ui.heads.order(ui.state.view, layer, heads));
  return order;
}

}  // namespace regard
