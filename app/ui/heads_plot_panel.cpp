// Every head as a point, with a metric on each axis: a plot of two metrics, or, with the layer on x, a
// profile over the layers. A click chooses a head everywhere.
#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "app/ui/heads_parts.h"
#include "app/ui/scatter.h"
#include "app/ui/widgets.h"
#include "app/views/head_plot.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kLegendSize = 12;

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

// The colours of the layers, with the first and the last of them.
struct LayerLegend {
  std::string first, last;
  float bar = 0, width = 0;  // pixels
};

LayerLegend layer_legend(Ui& ui, int layers) {
  LayerLegend out;
  if (layers < 2) return out;
  const auto layer_words = [&](int layer) {
    const std::string label = point_label(ui.tr, ui.heads.kind(), layer, 0);
    return label.substr(0, label.find("·"));
  };
  out.first = layer_words(0);
  out.last = layer_words(layers - 1);
  out.bar = ui.px(46);
  out.width =
      measure(ui, kLegendSize, out.first).x + measure(ui, kLegendSize, out.last).x + out.bar + ui.px(10);
  return out;
}

void draw_legend(Ui& ui, const LayerLegend& legend, int layers, Colormap colors, ImVec2 at) {
  if (layers < 2) return;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, ImVec2(at.x, at.y + ui.px(1)), kLegendSize, ui.colors.secondary, legend.first);
  const float x = at.x + measure(ui, kLegendSize, legend.first).x + ui.px(5);
  const float step = legend.bar / static_cast<float>(layers);
  for (int layer = 0; layer < layers; ++layer) {
    draw->AddRectFilled(ImVec2(x + step * static_cast<float>(layer), at.y + ui.px(5)),
                        ImVec2(x + step * static_cast<float>(layer + 1), at.y + ui.px(13)),
                        imgui_color(colormap_at(colors, layer_place(layer, layers))));
  }
  draw_text(ui, draw, ImVec2(x + legend.bar + ui.px(5), at.y + ui.px(1)), kLegendSize, ui.colors.secondary,
            legend.last);
}

void draw_plot(Ui& ui, HeadPlot& heads, Colormap colors) {
  ScatterPlot& plot = heads.plot;
  const HeadSet chosen = ui.heads.chosen(ui.state);
  for (ScatterPoint& point : plot.points) {
    const std::pair<int, int> head = head_of_point(point.id);
    point.chosen = std::ranges::find(chosen, head) != chosen.end();
    point.dim = ui.heads.is_dim(ui.state.view, head.first, head.second);
  }
  const auto words = [&](int index) {
    const ScatterPoint& point = plot.points[static_cast<std::size_t>(index)];
    const auto [layer, head] = head_of_point(point.id);
    return point.label + "\n" + head_lines(ui, layer, head);
  };
  const LayerLegend legend = layer_legend(ui, heads.layers);
  const ScatterHit hit = draw_scatter(ui, "##plot", ImGui::GetContentRegionAvail(), plot, ui.ui.plot_cursor,
                                      words, legend.width);
  draw_legend(ui, legend, heads.layers, colors,
              ImVec2(hit.high.x - legend.width, hit.low.y - ui.px(kScatterHeader)));
  if (!hit.pressed) return;
  const auto [layer, head] = head_of_point(plot.points[static_cast<std::size_t>(hit.point)].id);
  choose_head(ui, layer, head, takes_more());
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
      const Colormap colors = colormap_for(ui.state.view, ColorScale{.min = 0.0f, .max = 1.0f});
      auto plot = head_plot(head_metrics(), ui.heads.all(), view.x, view.y, ui.heads.kind(), ui.tr, colors);
      if (plot && !plot->plot.points.empty()) {
        if (ImGui::BeginChild("##room", ImVec2(0, 0))) draw_plot(ui, *plot, colors);
        ImGui::EndChild();
      } else {
        text_wrapped(ui, kBody, ui.colors.secondary, ui.tr("heads_plot.no_metric"));
      }
    }
  }
  end_panel();
}

}  // namespace regard
