#include "app/export/figure_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/state/queries.h"
#include "app/views/head_plot.h"
#include "core/analysis/lens.h"

namespace regard::figure {

std::string title_of(const MapQuery& query, const Strings& strings) {
  const std::string what = is_length_lens(query.lens)
                               ? strings("lens." + query.lens)
                               : strings(query.scores ? "figure.scores" : "panel.matrix");
  const Lens* lens = find_lens(query.lens);
  if (lens != nullptr && lens->needs == LensNeeds::kGradients)  // no attention: what comes back through it
    return strings("choice.layer." + query.lens);
  if (lens != nullptr && !lens->by_head)  // of the mean over heads, by its definition
    return what + " · " + strings("choice.layer." + query.lens);
  const HeadChoice& heads = query.heads;
  const std::string layer = !heads.set.empty() ? heads_in_words(strings, RunKind::kText, heads.set)
                            : heads.layer      ? strings.format("choice.layer", *heads.layer + 1)
                                               : std::string(strings("choice.layer.mean"));
  const std::string head =
      heads.head ? strings.format("choice.head", *heads.head + 1)
                 : std::string(strings("choice.head." + std::string(fusion_name(heads.fusion))));
  if (lens != nullptr &&
      (lens->needs == LensNeeds::kHidden || lens->needs == LensNeeds::kPatches))  // no heads
    return std::string(strings("lens." + query.lens)) + " · " +
           (heads.layer ? layer : std::string(strings("lens.last_layer")));
  return what + " · " + layer + " · " + head;
}

std::string quantity(const MapQuery& query, const Strings& strings) {
  if (query.rank) return strings("tokens.rank");
  if (is_length_lens(query.lens)) return strings("lens." + query.lens);
  return strings(query.scores ? "figure.score" : "figure.attention");
}

void FigureBase::add_text(double x, double y, std::string text, double size, const Rgba& color, Anchor anchor,
                          bool bold, double degrees) {
  drawing_.shapes.emplace_back(TextShape{x, y, std::move(text), size, bold, color, anchor, degrees});
}

void FigureBase::add_rect(double x, double y, double width, double height, const Rgba& fill) {
  drawing_.shapes.emplace_back(RectShape{x, y, width, height, fill});
}

namespace {

// A number beside the bar: three digits of what the bar spans.
std::string tick(double value, double span) {
  if (span < 0) return fmt::format("{:.0f}", value);  // ranks
  const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(span) + 1e-9)), 0, 8);
  std::string number = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool zero = number.find_first_not_of("0.") == std::string::npos;
  return value < 0 && !zero ? "−" + number : number;
}

// Colours of the bar, each a little under the next, so that no seam shows; over squares of grey where the map
// is clear.
void add_colors(Drawing& drawing, double x, double top, double height, const Bar& bar,
                const FigureLook& look) {
  constexpr int kSteps = 128;
  const Colormap map = look.map(bar.range);
  const int columns = bar.opacity ? 2 : 1;
  const double width = kBarWidth / columns;
  for (int i = 0; i < kSteps; ++i) {
    const double y = top + height * i / kSteps;
    const int square = static_cast<int>(height * i / kSteps / width);
    const float place = static_cast<float>(1.0 - (i + 0.5) / kSteps);
    for (int column = 0; column < columns; ++column) {
      drawing.shapes.emplace_back(
          RectShape{x + column * width, y, width, std::min(2 * height / kSteps, top + height - y),
                    bar_color(bar.range, map, place, bar.opacity, kBarGrounds[(square + column) % 2])});
    }
  }
}

}  // namespace

void add_bar(Drawing& drawing, double x, double top, double height, const Bar& bar, const FigureLook& look) {
  add_colors(drawing, x, top, height, bar, look);
  const Rgba& ink = look.inks().secondary;
  const auto add_text = [&](double at_x, double at_y, std::string text) {
    drawing.shapes.emplace_back(
        TextShape{at_x, at_y, std::move(text), kSmallSize, false, ink, Anchor::kStart, 0});
  };
  const double low = bar.range.min, high = bar.range.max;
  for (const double share : {0.0, 0.5, 1.0}) {
    const double y = top + height * (1.0 - share);
    drawing.shapes.emplace_back(RectShape{x + kBarWidth, y - 0.5, 4, 1, ink});
    add_text(x + kBarWidth + 8, y + kSmallSize * 0.35, tick(low + (high - low) * share, high - low));
  }
  add_text(x, top - 12, bar.label);
}

void add_caption(Drawing& drawing, double y, std::vector<std::string> paragraphs, Font& font,
                 const ThemeColors& inks) {
  for (std::string& paragraph : paragraphs) {
    std::ranges::replace_if(paragraph, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    drawing.description += (drawing.description.empty() ? "" : " · ") + paragraph;
    const Rgba& ink = &paragraph == &paragraphs.front() ? inks.text : inks.secondary;
    for (std::string& line : font.wrap(paragraph, kTextSize, drawing.width - 2 * kMargin, 3)) {
      y += 17;
      drawing.shapes.emplace_back(
          TextShape{kMargin, y, std::move(line), kTextSize, false, ink, Anchor::kStart, 0});
    }
  }
  drawing.height = std::ceil(y + kMargin);
}

}  // namespace regard::figure
