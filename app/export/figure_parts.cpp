#include "app/export/figure_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/analysis/lens.h"

namespace regard::figure {

std::string title_of(const MapQuery& query, const Strings& strings) {
  const std::string what = strings(query.scores ? "figure.scores" : "panel.matrix");
  const Lens* lens = find_lens(query.lens);
  if (lens != nullptr && !lens->by_head)  // of the mean over heads, by its definition
    return what + " · " + strings("choice.layer." + query.lens);
  const HeadChoice& heads = query.heads;
  const std::string layer = heads.layer ? strings.format("choice.layer", *heads.layer + 1)
                                        : std::string(strings("choice.layer.mean"));
  const std::string head =
      heads.head ? strings.format("choice.head", *heads.head + 1)
                 : std::string(strings("choice.head." + std::string(fusion_name(heads.fusion))));
  return what + " · " + layer + " · " + head;
}

std::string quantity(bool scores, const Strings& strings) {
  return strings(scores ? "figure.score" : "figure.attention");
}

void add_bar(Drawing& drawing, double x, double top, double height, const Range& range, std::string label) {
  constexpr int kSteps = 120;
  for (int i = 0; i < kSteps; ++i) {  // each reaches under the next, so that no seam shows
    const double y = top + height * i / kSteps;
    const Rgba fill = colormap_at(Colormap::kViridis, static_cast<float>(1.0 - (i + 0.5) / kSteps));
    drawing.shapes.emplace_back(
        RectShape{x, y, kBarWidth, std::min(2 * height / kSteps, top + height - y), fill});
  }
  const double span = range.high - range.low;
  const double rough = span / 5.0, power = std::pow(10.0, std::floor(std::log10(rough)));
  const double step = power * (rough / power > 5.0   ? 10.0
                               : rough / power > 2.0 ? 5.0
                               : rough / power > 1.0 ? 2.0
                                                     : 1.0);
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 8);
  const auto add_text = [&](double at_x, double at_y, std::string text) {
    drawing.shapes.emplace_back(
        TextShape{at_x, at_y, std::move(text), kSmallSize, false, kSecondary, Anchor::kStart, 0});
  };
  for (double k = std::ceil(range.low / step - 1e-6); k * step <= range.high + 1e-6 * span; k += 1.0) {
    const double y = top + height * (range.high - k * step) / span;
    std::string number = fmt::format("{:.{}f}", std::abs(k * step), decimals);
    if (k < 0) number = "−" + number;
    drawing.shapes.emplace_back(RectShape{x + kBarWidth, y - 0.5, 4, 1, kSecondary});
    add_text(x + kBarWidth + 8, y + kSmallSize * 0.35, std::move(number));
  }
  add_text(x, top - 12, std::move(label));
}

}  // namespace regard::figure
