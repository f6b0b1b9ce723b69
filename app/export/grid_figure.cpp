#include "app/export/grid_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/export/figure_parts.h"
#include "app/export/font.h"
#include "app/export/json_parts.h"
#include "core/base/check.h"
#include "core/formats/csv.h"

namespace regard {
namespace {

using namespace figure;

constexpr int kMostNamed = 64;
constexpr double kGap = 34, kLongestName = 120;

bool is_number(float value) { return kMaskedValue < value && value < kInvalidValue; }

// As it goes into a file: NaN where there is no number.
float out_of(float value) { return is_number(value) ? value : std::numeric_limits<float>::quiet_NaN(); }

class GridFigure : FigureBase {
 public:
  GridFigure(const GridMaps& maps, const Strings& strings, const FigureLook& look)
      : maps_(maps), strings_(strings), look_(look) {
    drawing_.ground = look.inks().panel;
  }

  Drawing draw() {
    lay_out();
    drawing_.title = maps_.title;
    add_text(kMargin, kMargin + kTitleSize, maps_.title, kTitleSize, look_.inks().text, Anchor::kStart, true);
    double x = left_;
    for (std::size_t i = 0; i < maps_.maps.size(); ++i) {
      draw_map(maps_.maps[i], x, i == 0);
      x += side_ + kGap;
      if (maps_.maps[i].bar) x += draw_bar(maps_.maps[i], x - kGap + 14);
    }
    drawing_.width = std::max({kMinimalWidth, std::ceil(x - kGap + kMargin),
                               std::ceil(bold_.width(maps_.title, kTitleSize) + 2 * kMargin)});
    draw_caption();
    return std::move(drawing_);
  }

 private:
  bool named() const { return maps_.count() <= kMostNamed; }

  void lay_out() {
    const int count = std::max(1, maps_.count());
    const double room = maps_.maps.size() > 1 ? 260.0 : 440.0;
    cell_ = named() ? std::clamp(std::floor(room / count), 8.0, 34.0) : room / count;
    side_ = cell_ * count;
    every_ = static_cast<int>(std::ceil(12.0 / cell_));
    double widest = 0;
    if (named()) {
      for (const std::string& name : maps_.names) {
        names_.push_back(regular_.fit(name, kSmallSize, kLongestName));
        widest = std::max(widest, bold_.width(names_.back(), kSmallSize));
      }
    }
    left_ = std::ceil(kMargin + kTextSize + 12 + widest + 8);
    top_ = std::ceil(kMargin + kTitleSize + 48 + widest + 8);
  }

  void draw_map(const GridMap& map, double x, bool with_names) {
    add_text(x, kMargin + kTitleSize + 26, map.title, 14, look_.inks().text, Anchor::kStart, true);
    add_text(x + bold_.width(map.title, 14) + (map.title.empty() ? 0 : 8), kMargin + kTitleSize + 26,
             regular_.fit(map.note, kSmallSize, side_), kSmallSize, look_.inks().secondary);
    named() ? draw_cells(map, x) : draw_picture(map, x);
    if (maps_.border) draw_border(x);
    if (named()) draw_names(x, with_names);
    if (!with_names) return;
    add_text(kMargin + kTextSize, top_ + side_ / 2, maps_.query, kTextSize, look_.inks().secondary,
             Anchor::kMiddle, false, -90);
    add_text(x + side_ / 2, top_ + side_ + 20, maps_.key, kTextSize, look_.inks().secondary, Anchor::kMiddle);
  }

  Rgba fill(const GridMap& map, float value) const {
    if (value <= kMaskedValue) return look_.inks().empty_cell;
    return value >= kInvalidValue ? kFlagColor : color_of(map.range, look_.map(map.range), value);
  }

  void draw_cells(const GridMap& map, double x) {
    const double edge = cell_ >= 10.0 ? 1.0 : 0.0;
    const int count = maps_.count();
    for (int q = 0; q < count; ++q) {
      for (int k = 0; k < count; ++k) {
        const float value = map.values[static_cast<std::size_t>(q) * static_cast<std::size_t>(count) +
                                       static_cast<std::size_t>(k)];
        drawing_.shapes.emplace_back(RectShape{x + k * cell_, top_ + q * cell_, cell_ - edge, cell_ - edge,
                                               fill(map, value), value >= kInvalidValue});
      }
    }
  }

  void draw_picture(const GridMap& map, double x) {
    ImageShape picture{x, top_, side_, side_, maps_.count(), maps_.count(), 3, {}};
    picture.pixels.reserve(3 * map.values.size());
    for (const float value : map.values) {
      const Rgba color = fill(map, value);
      picture.pixels.insert(picture.pixels.end(), {color.r, color.g, color.b});
    }
    drawing_.shapes.emplace_back(std::move(picture));
  }

  void draw_border(double x) {
    const double at = cell_ * *maps_.border;
    add_rect(x + at - 0.5, top_, 1, side_, look_.inks().text);
    add_rect(x, top_ + at - 0.5, side_, 1, look_.inks().text);
  }

  void draw_names(double x, bool rows) {
    const double middle = kSmallSize * 0.35;
    for (std::size_t i = 0; i < names_.size(); i += static_cast<std::size_t>(every_)) {
      const bool marked = look_.marks && i < maps_.marked.size() && maps_.marked[i];
      const double at = (static_cast<double>(i) + 0.5) * cell_ + middle;
      if (rows) add_text(x - 8, top_ + at, names_[i], kSmallSize, look_.inks().text, Anchor::kEnd, marked);
      add_text(x + at, top_ - 7, names_[i], kSmallSize, look_.inks().text, Anchor::kStart, marked, -90);
    }
  }

  // @return its width with the numbers
  double draw_bar(const GridMap& map, double x) {
    constexpr int kSteps = 120;
    const double height = std::clamp(side_, 120.0, 480.0), low = map.range.min, high = map.range.max;
    for (int i = 0; i < kSteps; ++i) {
      const double y = top_ + height * i / kSteps;
      const Rgba color = colormap_at(look_.map(map.range), static_cast<float>(1.0 - (i + 0.5) / kSteps));
      add_rect(x, y, kBarWidth, std::min(2 * height / kSteps, top_ + height - y), color);
    }
    for (const double t : {0.0, 0.5, 1.0}) {
      const double value = map.range.log10 ? low * std::pow(high / low, t) : low + (high - low) * t;
      std::string number = fmt::format("{:.3g}", std::abs(value));
      if (value < 0) number.insert(0, "−");
      const double y = top_ + height * (1.0 - t);
      add_rect(x + kBarWidth, y - 0.5, 4, 1, look_.inks().secondary);
      add_text(x + kBarWidth + 8, y + kSmallSize * 0.35, std::move(number), kSmallSize,
               look_.inks().secondary);
    }
    return kBarRoom;
  }

  void draw_caption() {
    const double y = top_ + std::max(side_ + 20, named() ? 120.0 : 0.0) + 12;
    std::vector<std::string> caption = maps_.caption;
    if (const std::int64_t bad = GridExport(maps_).non_finite().count; bad > 0)
      caption.push_back(strings_.format("matrix.not_finite", bad));
    add_caption(drawing_, y, std::move(caption), regular_, look_.inks());
  }

  const GridMaps& maps_;
  const Strings& strings_;
  const FigureLook& look_;
  std::vector<std::string> names_;
  double cell_ = 0, side_ = 0, left_ = 0, top_ = 0;
  int every_ = 1;
};

}  // namespace

Drawing grid_figure(const GridMaps& maps, const Strings& strings, const FigureLook& look) {
  REGARD_CHECK(!maps.maps.empty());
  for (const GridMap& map : maps.maps)
    REGARD_CHECK(map.values.size() == maps.names.size() * maps.names.size());
  return GridFigure(maps, strings, look).draw();
}

Result<std::string> GridExport::json() const {
  std::string out = fmt::format("{{\"map\":{},\n\"names\":[", json_text(maps_.title));
  for (const std::string& name : maps_.names) {
    if (&name != &maps_.names.front()) out += ",";
    out += json_text(name);
  }
  out += "],\n\"maps\":[";
  for (const GridMap& map : maps_.maps) {
    if (&map != &maps_.maps.front()) out += ",";
    out += fmt::format("\n{{\"name\":{},\"about\":{},\"values\":", json_text(map.title), json_text(map.note));
    std::vector<float> row(maps_.names.size());
    append_grid(
        maps_.count(),
        [&](int q) {
          for (std::size_t k = 0; k < row.size(); ++k)
            row[k] = out_of(map.values[static_cast<std::size_t>(q) * row.size() + k]);
          return std::span<const float>(row);
        },
        out);
    out += "}";
  }
  return out + "]}\n";
}

Result<std::string> GridExport::csv() const {
  const std::size_t count = maps_.names.size();
  CsvWriter csv;
  if (maps_.maps.size() == 1) {
    csv.cell("");
    for (const std::string& name : maps_.names) csv.cell(name);
    csv.end_row();
    for (std::size_t q = 0; q < count; ++q) {
      csv.cell(maps_.names[q]);
      for (std::size_t k = 0; k < count; ++k) csv.cell(out_of(maps_.maps.front().values[q * count + k]));
      csv.end_row();
    }
    return csv.text();
  }
  for (const char* name : {"query", "key"}) csv.cell(name);
  for (const GridMap& map : maps_.maps) csv.cell(map.title);
  csv.end_row();
  for (std::size_t i = 0; i < count * count; ++i) {
    csv.cell(maps_.names[i / count]);
    csv.cell(maps_.names[i % count]);
    for (const GridMap& map : maps_.maps) csv.cell(out_of(map.values[i]));
    csv.end_row();
  }
  return csv.text();
}

Result<NpyArray> GridExport::array() const {
  NpyArray out;
  if (maps_.maps.size() > 1) out.shape.push_back(maps_.maps.size());
  out.shape.insert(out.shape.end(), 2, maps_.names.size());
  for (const GridMap& map : maps_.maps) {
    for (const float value : map.values) out.values.push_back(out_of(value));
  }
  return out;
}

Result<TextPage> GridExport::page(const Strings& strings) const {
  TextPage page{.title = maps_.title, .paragraphs = maps_.caption, .tables = {}};
  page.paragraphs.emplace_back(strings("view.any"));
  const std::size_t count = maps_.names.size();
  for (const GridMap& map : maps_.maps) {
    TextTable table{.caption = map.title, .columns = {""}, .rows = {}};
    if (table.caption.empty()) table.caption = maps_.title;
    if (!map.note.empty()) table.caption += " · " + map.note;
    table.columns.insert(table.columns.end(), maps_.names.begin(), maps_.names.end());
    for (std::size_t q = 0; q < count; ++q) {
      std::vector<std::string>& row = table.rows.emplace_back();
      row.push_back(maps_.names[q]);
      for (std::size_t k = 0; k < count; ++k) {
        const float value = map.values[q * count + k];
        const auto number = static_cast<double>(out_of(value));
        const bool points = map.range.share && map.range.center && std::isfinite(number);
        row.push_back(value <= kMaskedValue ? "–"
                      : points              ? strings.points(number)
                                            : cell_text(strings, number, map.range.share));
      }
    }
    page.tables.push_back(std::move(table));
  }
  return page;
}

// A masked cell is no mistake.
NonFinite GridExport::non_finite() const {
  NonFinite found;
  for (const GridMap& map : maps_.maps) {
    for (const float value : map.values) {
      if (value <= kMaskedValue) continue;
      found.count += value >= kInvalidValue ? 1 : 0;
      ++found.of;
    }
  }
  return found;
}

}  // namespace regard
