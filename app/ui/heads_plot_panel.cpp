// Every head as a point, with a metric on each axis: a plot of two metrics, or, with the layer on x, a
// profile over the layers. A click chooses a head everywhere.
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <imgui_internal.h>

#include "app/ui/heads_parts.h"
#include "app/ui/widgets.h"
#include "app/views/head_plot.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kDot = 4.5f, kLabelSize = 12, kReach = 14, kUnder = 40, kAbove = 20;
constexpr std::size_t kMostLabels = 40;
constexpr int kHeadsALayer = 4096;

int id_of(const PlotPoint& point) { return point.layer * kHeadsALayer + point.head; }

// Where the points lie, pixels.
struct Canvas {
  ImVec2 low, size;
  const HeadPlot& plot;
  ImVec2 at(double x, double y) const {
    return {low.x + size.x * static_cast<float>(plot.x.place(x)),
            low.y + size.y * static_cast<float>(1.0 - plot.y.place(y))};
  }
  ImVec2 at(const PlotPoint& point) const { return at(point.x, point.y); }
};

void axis_choice(Ui& ui, const char* id, const char* words, const std::string& chosen, bool with_layer,
                 const std::function<void(const std::string&)>& set) {
  const std::string label = std::string(words) + " " + metric_name(ui.tr, chosen, ui.heads.kind());
  same_line_if_fits(ui, dropdown_width(ui, label));
  if (!begin_dropdown(ui, id, label)) return;
  if (with_layer &&
      ImGui::MenuItem(metric_name(ui.tr, kLayerAxis, ui.heads.kind()).c_str(), nullptr, chosen == kLayerAxis))
    set(std::string(kLayerAxis));
  if (const auto picked = metric_items(ui, chosen)) set(*picked);
  ImGui::EndPopup();
}

void draw_axis_choices(Ui& ui) {
  const HeadsView& view = heads_view(ui.state.view);
  ImGui::Dummy(ImVec2(0, 0));
  axis_choice(ui, "y", ui.tr("heads_plot.y"), view.y, false, [&](const std::string& name) {
    set_heads_view(ui, [&](HeadsView& heads) { heads.y = name; });
  });
  axis_choice(ui, "x", ui.tr("heads_plot.x"), view.x, true, [&](const std::string& name) {
    set_heads_view(ui, [&](HeadsView& heads) { heads.x = name; });
  });
}

ImU32 layer_color(const Ui& ui, int layer, int layers) {
  const ColorScale places{.min = 0.0f, .max = 1.0f};
  return imgui_color(colormap_at(colormap_for(ui.state.view, places), layer_place(layer, layers)));
}

// Lines and numbers of the axes. Numbers that would touch are left out.
void draw_axes(Ui& ui, ImDrawList* draw, const Canvas& canvas) {
  const HeadPlot& plot = canvas.plot;
  const ImVec2 high(canvas.low.x + canvas.size.x, canvas.low.y + canvas.size.y);
  const ImU32 line = with_alpha(ui.colors.border, 0.7f);
  float last = -1e9f;
  for (const PlotAxis::Tick& tick : plot.x.ticks) {
    const float x = std::round(canvas.at(tick.value, plot.y.low).x);
    draw->AddLine(ImVec2(x, canvas.low.y), ImVec2(x, high.y), line);
    const float width = measure(ui, kLabelSize, tick.text).x;
    if (x - width / 2 < last + ui.px(6) || x + width / 2 > high.x + ui.px(10)) continue;
    draw_text(ui, draw, ImVec2(x - width / 2, high.y + ui.px(4)), kLabelSize, ui.colors.secondary, tick.text);
    last = x + width / 2;
  }
  last = 1e9f;
  for (const PlotAxis::Tick& tick : plot.y.ticks) {
    const float y = std::round(canvas.at(plot.x.low, tick.value).y);
    draw->AddLine(ImVec2(canvas.low.x, y), ImVec2(high.x, y), line);
    const ImVec2 size = measure(ui, kLabelSize, tick.text);
    if (y > last - size.y) continue;
    draw_text(ui, draw, ImVec2(canvas.low.x - size.x - ui.px(6), y - size.y / 2), kLabelSize,
              ui.colors.secondary, tick.text);
    last = y;
  }
  draw->AddLine(ImVec2(canvas.low.x, canvas.low.y), ImVec2(canvas.low.x, high.y), ui.colors.secondary);
  draw->AddLine(ImVec2(canvas.low.x, high.y), high, ui.colors.secondary);
}

// What the axes are; the colours of the layers at the right.
void draw_axis_words(Ui& ui, ImDrawList* draw, const Canvas& canvas, float left) {
  const HeadPlot& plot = canvas.plot;
  const float right = canvas.low.x + canvas.size.x, bottom = canvas.low.y + canvas.size.y;
  const std::string x_words = fitted(ui, plot.x.words + " →", kSmall, canvas.size.x);
  draw_text(ui, draw, ImVec2(right - measure(ui, kSmall, x_words).x, bottom + ui.px(20)), kSmall,
            ui.colors.text, x_words);
  const std::string first = point_label(ui.tr, ui.heads.kind(), 0, 0),
                    last = point_label(ui.tr, ui.heads.kind(), plot.layers - 1, 0);
  const auto layer_words = [](const std::string& label) { return label.substr(0, label.find("·")); };
  const std::string from = layer_words(first), to = layer_words(last);
  const float bar = ui.px(46),
              legend = measure(ui, kLabelSize, from).x + measure(ui, kLabelSize, to).x + bar + ui.px(10);
  const float top = canvas.low.y - ui.px(kAbove);
  draw_text(ui, draw, ImVec2(left, top), kSmall, ui.colors.text,
            fitted(ui, "↑ " + plot.y.words, kSmall, right - left - legend - ui.px(8)));
  if (plot.layers < 2) return;
  float x = right - legend;
  draw_text(ui, draw, ImVec2(x, top + ui.px(1)), kLabelSize, ui.colors.secondary, from);
  x += measure(ui, kLabelSize, from).x + ui.px(5);
  for (int layer = 0; layer < plot.layers; ++layer) {
    const float step = bar / static_cast<float>(plot.layers);
    draw->AddRectFilled(ImVec2(x + step * static_cast<float>(layer), top + ui.px(5)),
                        ImVec2(x + step * static_cast<float>(layer + 1), top + ui.px(13)),
                        layer_color(ui, layer, plot.layers));
  }
  draw_text(ui, draw, ImVec2(x + bar + ui.px(5), top + ui.px(1)), kLabelSize, ui.colors.secondary, to);
}

// The mean of each layer's heads.
void draw_means(Ui& ui, ImDrawList* draw, const Canvas& canvas) {
  const HeadPlot& plot = canvas.plot;
  for (std::size_t layer = 0; layer + 1 < plot.means.size(); ++layer) {
    const double x = static_cast<double>(layer) + 1.0;
    if (std::isfinite(plot.means[layer]) && std::isfinite(plot.means[layer + 1]))
      draw->AddLine(canvas.at(x, plot.means[layer]), canvas.at(x + 1.0, plot.means[layer + 1]),
                    ui.colors.secondary, ui.px(1.5f));
  }
}

// Labels beside their points where there is room: those that matter most first.
class Labels {
 public:
  Labels(Ui& ui, const Canvas& canvas) : ui_(ui), canvas_(canvas) {
    for (const PlotPoint& point : canvas.plot.points) {
      const ImVec2 at = canvas.at(point);
      taken_.emplace_back(at.x - ui.px(kDot), at.y - ui.px(kDot), at.x + ui.px(kDot), at.y + ui.px(kDot));
    }
  }

  void draw(ImDrawList* draw, const PlotPoint& point, bool strong) {
    ImFont* font = strong ? ui_.fonts.bold : ui_.fonts.regular;
    const std::string label = point_label(ui_.tr, ui_.heads.kind(), point.layer, point.head);
    const ImVec2 size = measure(ui_, kLabelSize, label, font), at = canvas_.at(point);
    const float off = ui_.px(kDot + 3);
    const ImVec2 places[] = {{at.x + off, at.y - size.y / 2},
                             {at.x - off - size.x, at.y - size.y / 2},
                             {at.x - size.x / 2, at.y - off - size.y},
                             {at.x - size.x / 2, at.y + off}};
    for (const ImVec2& low : places) {
      const ImRect box(low, ImVec2(low.x + size.x, low.y + size.y));
      const ImRect inside(canvas_.low,
                          ImVec2(canvas_.low.x + canvas_.size.x, canvas_.low.y + canvas_.size.y));
      if (!inside.Contains(box) ||
          std::ranges::any_of(taken_, [&](const ImRect& other) { return other.Overlaps(box); }))
        continue;
      taken_.push_back(box);
      draw_text(ui_, draw, low, kLabelSize, strong ? ui_.colors.text : ui_.colors.secondary, label, font);
      return;
    }
  }

 private:
  Ui& ui_;
  const Canvas& canvas_;
  std::vector<ImRect> taken_;
};

// The point nearest to the pointer, within reach; -1: none.
int point_under_pointer(const Ui& ui, const Canvas& canvas) {
  const ImVec2 mouse = ImGui::GetMousePos();
  int best = -1;
  float nearest = ui.px(kReach);
  for (std::size_t i = 0; i < canvas.plot.points.size(); ++i) {
    const ImVec2 at = canvas.at(canvas.plot.points[i]);
    const float away = std::hypot(at.x - mouse.x, at.y - mouse.y);
    if (away >= nearest) continue;
    nearest = away;
    best = static_cast<int>(i);
  }
  return best;
}

// Arrow keys: to the next point along an axis. @return the point the keys are at; -1: the plot has not the
// keyboard
int point_of_keys(Ui& ui, const HeadPlot& plot, ImGuiID id) {
  if (!ImGui::IsItemFocused() || !ImGui::GetIO().NavVisible || plot.points.empty()) return -1;
  const auto is_cursor = [&](const PlotPoint& point) { return id_of(point) == ui.ui.plot_cursor; };
  auto found = std::ranges::find_if(plot.points, is_cursor);
  auto now = found == plot.points.end() ? 0 : static_cast<int>(found - plot.points.begin());
  const struct {
    ImGuiKey key;
    bool along_x;
    int step;
  } moves[] = {{ImGuiKey_LeftArrow, true, -1},
               {ImGuiKey_RightArrow, true, 1},
               {ImGuiKey_UpArrow, false, 1},
               {ImGuiKey_DownArrow, false, -1}};
  for (const auto& move : moves) {
    if (ImGui::IsKeyPressed(move.key, ImGuiInputFlags_Repeat, id)) {
      std::vector<int> order;
      for (int i = 0; i < static_cast<int>(plot.points.size()); ++i) order.push_back(i);
      std::ranges::stable_sort(order, {}, [&](int i) {
        const PlotPoint& point = plot.points[static_cast<std::size_t>(i)];
        return move.along_x ? std::pair(point.x, point.y) : std::pair(point.y, point.x);
      });
      const auto at = std::ranges::find(order, now) - order.begin() + move.step;
      now = order[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(at, 0, std::ssize(order) - 1))];
    }
    ImGui::SetKeyOwner(move.key, id);
  }
  ui.ui.plot_cursor = id_of(plot.points[static_cast<std::size_t>(now)]);
  return now;
}

void draw_points(Ui& ui, ImDrawList* draw, const Canvas& canvas, int hot) {
  const HeadPlot& plot = canvas.plot;
  const HeadSet chosen = ui.heads.chosen(ui.state);
  const auto is_chosen = [&](const PlotPoint& point) {
    return std::ranges::find(chosen, std::pair(point.layer, point.head)) != chosen.end();
  };
  Labels labels(ui, canvas);
  const bool all = plot.points.size() <= kMostLabels;
  for (const bool strong : {true, false}) {
    for (std::size_t i = 0; i < plot.points.size(); ++i) {
      const PlotPoint& point = plot.points[i];
      const bool named = is_chosen(point) || static_cast<int>(i) == hot;
      if (named == strong && (named || all)) labels.draw(draw, point, strong);
    }
  }
  for (std::size_t i = 0; i < plot.points.size(); ++i) {
    const PlotPoint& point = plot.points[i];
    const ImVec2 at = canvas.at(point);
    const bool dim = ui.heads.is_dim(ui.state.view, point.layer, point.head);
    const ImU32 color = layer_color(ui, point.layer, plot.layers);
    draw->AddCircleFilled(at, ui.px(kDot), dim ? with_alpha(color, 0.3f) : color);
    if (is_chosen(point)) draw->AddCircle(at, ui.px(kDot + 3), ui.colors.accent, 0, ui.px(2.5f));
    if (static_cast<int>(i) == hot) draw->AddCircle(at, ui.px(kDot + 3), ui.colors.text, 0, ui.px(1.2f));
  }
}

void draw_plot(Ui& ui, const HeadPlot& plot) {
  const ImVec2 at = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
  float numbers = 0;
  for (const PlotAxis::Tick& tick : plot.y.ticks)
    numbers = std::max(numbers, measure(ui, kLabelSize, tick.text).x);
  const float left = numbers + ui.px(8);
  const Canvas canvas{ImVec2(std::round(at.x + left), std::round(at.y + ui.px(kAbove + 2))),
                      ImVec2(std::max(ui.px(60), room.x - left - ui.px(14)),
                             std::max(ui.px(60), room.y - ui.px(kAbove + kUnder + 4))),
                      plot};
  ImGui::SetCursorScreenPos(canvas.low);
  const bool pressed = ImGui::InvisibleButton("##plot", canvas.size, ImGuiButtonFlags_EnableNav);
  const ImGuiID id = ImGui::GetItemID();
  const bool under = ImGui::IsItemHovered() && !ImGui::GetIO().NavVisible;
  const int keys = point_of_keys(ui, plot, id);
  const int hot = keys >= 0 ? keys : under ? point_under_pointer(ui, canvas) : -1;
  if (pressed && hot >= 0) {
    const PlotPoint& point = plot.points[static_cast<std::size_t>(hot)];
    choose_head(ui, point.layer, point.head, takes_more());
  }
  if (under && hot >= 0) {
    const PlotPoint& point = plot.points[static_cast<std::size_t>(hot)];
    tooltip(ui, (point_label(ui.tr, ui.heads.kind(), point.layer, point.head) + "\n" +
                 head_lines(ui, point.layer, point.head))
                    .c_str());
  }
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_axes(ui, draw, canvas);
  draw_means(ui, draw, canvas);
  draw_points(ui, draw, canvas, hot);
  draw_axis_words(ui, draw, canvas, at.x);
  if (keys >= 0)
    draw->AddRect(canvas.low, ImVec2(canvas.low.x + canvas.size.x, canvas.low.y + canvas.size.y),
                  ui.colors.secondary);
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(room.x, canvas.size.y + ui.px(kAbove + kUnder)));
}

}  // namespace

void draw_heads_plot_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.heads_plot"))) {
    ui.ui.in_sight.head_metrics = true;
    if (ui.heads.all().empty()) {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("heads_plot.empty"));
    } else {
      const HeadsView& view = heads_view(ui.state.view);
      draw_axis_choices(ui);
      const auto plot = head_plot(head_metrics(), ui.heads.all(), view.x, view.y, ui.heads.kind(), ui.tr);
      if (plot && !plot->points.empty()) {
        if (ImGui::BeginChild("##room", ImVec2(0, 0))) draw_plot(ui, *plot);
        ImGui::EndChild();
      } else {
        ImGui::PushTextWrapPos(0.0f);
        text_sized(ui, kBody, ui.colors.secondary, ui.tr("heads_plot.no_metric"));
        ImGui::PopTextWrapPos();
      }
    }
  }
  end_panel();
}

}  // namespace regard
