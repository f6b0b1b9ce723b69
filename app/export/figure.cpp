#include "app/export/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "app/export/figure_parts.h"
#include "app/export/font.h"
#include "app/export/trial_options.h"
#include "core/analysis/arrange.h"
#include "core/analysis/lens.h"
#include "core/base/check.h"

namespace regard {
namespace {

using namespace figure;

constexpr double kLongestLabel = 150;

/// Where everything goes. Points.
struct Layout {
  int tokens = 0;
  double cell = 0;
  int label_every = 1;
  double label_size = kTextSize;
  bool labels_upright = false;  // the columns' labels: turned by 90 degrees, else by 45
  double left = 0, top = 0;     // of the matrix
  double side = 0;              // of the matrix
  double bar_left = 0;
  double width = 0;
};

class Figure : FigureBase {
 public:
  Figure(const MapSet& set, const Strings& strings, const FigureLook& look)
      : set_(set), map_(set.maps.front()), strings_(strings), look_(look), inks_(look.inks()) {}

  Drawing draw() {
    drawing_.ground = inks_.panel;
    range_ = range();
    make_labels();
    lay_out();
    draw_title();
    draw_cells();
    draw_pins();
    draw_labels();
    draw_bar();
    draw_caption();
    drawing_.width = layout_.width;
    return std::move(drawing_);
  }

 private:
  struct Label {
    std::string row, column;
    Rgba color;
  };

  bool readable(int t, int s) const {
    if (set_.positions.empty()) return !lens().is_masked || set_.run->output.record->readable(t, s);
    return set_.hidden.empty() || set_.hidden[static_cast<std::size_t>(t * map_.cols() + s)] == 0;
  }
  // The row that shows a token; -1: none.
  int row_of(int token) const {
    if (set_.positions.empty()) return token;
    return group_at(set_.run->trace.prompt, set_.positions, set_.range.query.words, token);
  }
  const Lens& lens() const { return *find_lens(set_.range.query.lens); }

  ColorScale range() const {
    float low = HUGE_VALF, high = -HUGE_VALF;
    for (int t = 0; t < map_.rows(); ++t) {
      for (int s = 0; s < map_.cols(); ++s) {
        if (!std::isfinite(map_(t, s))) continue;
        low = std::min(low, map_(t, s));
        high = std::max(high, map_(t, s));
      }
    }
    if (lens().is_signed) {
      const float reach = low > high ? 0.0f : std::max(std::abs(low), std::abs(high));
      return {.min = reach > 0.0f ? -reach : -1.0f, .max = reach > 0.0f ? reach : 1.0f, .center = 0.0f};
    }
    if (!set_.range.query.scores || low > high) low = 0.0f;
    if (set_.range.query.rank) return {.min = std::max(2.0f, high), .max = 1.0f};
    return {.min = low, .max = high > low ? high : low + 1.0f};
  }

  void make_labels() {
    const bool weighs = acts_inside(set_.run->request.weighting);
    for (const Token& token : tokens_of(set_)) {
      std::string name = token.is_bos   ? strings_("token.bos")
                         : token.is_eos ? strings_("token.eos")
                                        : token.shown;
      name = regular_.fit(name, kTextSize, kLongestLabel);
      Label label{name, name, token.is_bos || token.is_eos ? inks_.secondary : inks_.text};
      if (weighs && token.weight != 1.0)
        label.column += fmt::format(" ×{:.4g}", std::round(token.weight * 100) / 100);
      labels_.push_back(std::move(label));
    }
  }

  void lay_out() {
    layout_.tokens = static_cast<int>(map_.rows());
    const double tokens = std::max(1, layout_.tokens);
    layout_.cell = std::clamp(std::floor(440.0 / tokens), 12.0, 40.0);
    if (layout_.cell * tokens > 3000.0) layout_.cell = std::max(1.0, std::floor(3000.0 / tokens));
    layout_.label_every = static_cast<int>(std::ceil(12.0 / layout_.cell));
    layout_.label_size = layout_.cell >= 15.0 ? kTextSize : 10.0;
    layout_.labels_upright = layout_.cell < 20.0;
    layout_.side = layout_.cell * layout_.tokens;

    double widest = 0.0, above = 0.0,
           beyond = 0.0;  // row labels; column labels over and to the right of the matrix
    for (int i = 0; i < layout_.tokens; i += layout_.label_every) {
      const Label& label = labels_[static_cast<std::size_t>(i)];
      widest = std::max(widest, regular_.width(label.row, layout_.label_size));
      const double length = regular_.width(label.column, layout_.label_size);
      const double reach = layout_.labels_upright ? length : (length + layout_.label_size) * std::sqrt(0.5);
      above = std::max(above, reach);
      if (!layout_.labels_upright) beyond = std::max(beyond, (i + 0.5) * layout_.cell + reach - layout_.side);
    }
    layout_.left = std::ceil(kMargin + kTextSize + 12 + widest + 8);
    layout_.top = std::ceil(kMargin + kTitleSize + 18 + above + 8);
    layout_.bar_left = std::ceil(layout_.left + layout_.side + std::max(28.0, beyond + 14));
    layout_.width = std::max({layout_.bar_left + kBarRoom + kMargin, kMinimalWidth,
                              std::ceil(bold_.width(title(), kTitleSize) + 2 * kMargin)});
  }

  std::string title() const { return title_of(set_.range.query, strings_); }

  void draw_title() {
    drawing_.title = title();
    add_text(kMargin, kMargin + kTitleSize, drawing_.title, kTitleSize, inks_.text, Anchor::kStart, true);
  }

  void draw_cells() {
    const double gap = layout_.cell >= 10.0 ? 1.0 : 0.0;
    const bool numbers = layout_.cell >= 34.0;
    for (int t = 0; t < layout_.tokens; ++t) {
      for (int s = 0; s < map_.cols(); ++s) {
        const double x = layout_.left + s * layout_.cell, y = layout_.top + t * layout_.cell;
        const double side = layout_.cell - gap;
        const float value = map_(t, s);
        const bool flagged = !std::isfinite(value) && readable(t, s);
        not_numbers_ += flagged;
        if (!readable(t, s) || flagged) {
          add_rect(x, y, side, side, inks_.empty_cell);
          if (flagged) drawing_.shapes.emplace_back(RectShape{x, y, side, side, kFlagColor, true});
          continue;
        }
        const Rgba fill = color_of(range_, look_.map(range_), value);
        add_rect(x, y, side, side, fill);
        if (numbers) draw_number(x + side / 2, y + side / 2, value, fill);
      }
    }
  }

  // A frame around the row of what is held on to, its letter before the name.
  void draw_pins() {
    constexpr double kThick = 1.5;
    if (!look_.marks) return;
    for (const FigurePin& pin : set_.pins) {
      const int row = pin.position < 0 ? -1 : row_of(pin.position);
      if (row < 0 || row >= layout_.tokens) continue;
      const double x = layout_.left - 1, y = layout_.top + row * layout_.cell - 1;
      const double width = layout_.side + 1, height = layout_.cell + 1;
      const Rgba color = look_.inks().pins.at(pin.number);
      for (const RectShape& edge :
           {RectShape{x, y, width, kThick, color}, RectShape{x, y + height - kThick, width, kThick, color},
            RectShape{x, y, kThick, height, color}, RectShape{x + width - kThick, y, kThick, height, color}})
        drawing_.shapes.emplace_back(edge);
      add_text(kMargin + kTextSize + 6, y + height / 2 + kSmallSize * 0.35,
               std::string(1, static_cast<char>('A' + pin.number)), kSmallSize, color, Anchor::kStart, 0,
               true);
    }
  }

  void draw_number(double x, double y, float value, const Rgba& fill) {
    std::string text = fmt::format("{:.{}f}", value,
                                   set_.range.query.rank     ? 0
                                   : set_.range.query.scores ? 1
                                                             : 2);
    if (text.find_first_not_of("-0.") == std::string::npos && text[0] == '-') text.erase(0, 1);
    if (text[0] == '-') text.replace(0, 1, "−");
    add_text(x, y + 3.8, std::move(text), 10.5, ink_on(fill), Anchor::kMiddle);
  }

  void draw_labels() {
    const double size = layout_.label_size, middle = size * 0.35;  // half of what a digit is high
    for (int i = 0; i < layout_.tokens; i += layout_.label_every) {
      const Label& label = labels_[static_cast<std::size_t>(i)];
      const double at = (i + 0.5) * layout_.cell - 0.5;
      add_text(layout_.left - 8, layout_.top + at + middle, label.row, size, label.color, Anchor::kEnd);
      const double x = layout_.left + at + (layout_.labels_upright ? middle : middle * 0.7);
      add_text(x, layout_.top - 7, label.column, size, label.color, Anchor::kStart, false,
               layout_.labels_upright ? -90 : -45);
    }
    const double center = layout_.side / 2;
    add_text(kMargin + kTextSize, layout_.top + center, strings_("figure.query"), kTextSize, inks_.secondary,
             Anchor::kMiddle, false, -90);
    add_text(layout_.left + center, layout_.top + layout_.side + 20, strings_("figure.key"), kTextSize,
             inks_.secondary, Anchor::kMiddle);
  }

  void draw_bar() {
    add_bar(drawing_, layout_.bar_left, layout_.top, layout_.side,
            {range_, quantity(set_.range.query, strings_)}, look_);
  }

  void draw_caption() {
    const TextRun& run = *set_.run;
    const double width = layout_.width - 2 * kMargin;
    double y = layout_.top + layout_.side + 20 + 12;
    const auto add_lines = [&](const std::string& text, const Rgba& color, std::size_t lines) {
      for (std::string& line : regular_.wrap(text, kTextSize, width, lines)) {
        y += 17;
        add_text(kMargin, y, std::move(line), kTextSize, color);
      }
    };
    std::string prompt = strings_.format("figure.quote", run.request.prompt);
    std::ranges::replace_if(prompt, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    if (!run.request.prompt.empty()) add_lines(prompt, inks_.text, 3);
    std::string about = run.request.model->name + " · " + strings_.format("status.tokens", run.tokens.size());
    if (any_weighed(run.tokens)) {
      about += fmt::format(" · {} {}", strings_("prompt.weighting"),
                           strings_(fmt::format("weighting.{}", weighting_name(run.request.weighting))));
    }
    add_lines(about, inks_.secondary, 2);
    if (const std::string tokens = tokens_line(set_.range.query); !tokens.empty())
      add_lines(tokens, inks_.secondary, 2);
    if (const std::string trials = trials_line(run); !trials.empty()) {
      add_lines(trials, inks_.text, 3);
      about += " · " + trials;
    }
    if (not_numbers_ > 0) add_lines(strings_.format("matrix.not_finite", not_numbers_), inks_.text, 2);
    drawing_.description = prompt + " · " + about;
    drawing_.height = std::ceil(y + kMargin);
  }

  const MapSet& set_;
  const Matrix& map_;
  const Strings& strings_;
  const FigureLook& look_;
  const ThemeColors& inks_;
  ColorScale range_;
  Layout layout_;
  std::vector<Label> labels_;
  int not_numbers_ = 0;
};

}  // namespace

Drawing attention_figure(const MapSet& set, const Strings& strings, const FigureLook& look) {
  REGARD_CHECK(set.maps.size() == 1);
  return Figure(set, strings, look).draw();
}

}  // namespace regard
