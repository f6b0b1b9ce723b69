#include "app/export/strip_file.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "app/export/figure_parts.h"
#include "app/export/font.h"
#include "app/views/strip_words.h"
#include "core/formats/csv.h"
#include "core/formats/json.h"
#include "core/prompt/grammar.h"
#include "core/prompt/weighting.h"
#include "core/tensor/non_finite.h"

namespace regard {
namespace {

using namespace figure;

constexpr double kFrameSide = 144, kFrameGap = 12, kFrameLine = 16;

int strip_steps(const PaintRequest& drawing) {
  return drawing.steps == 0 ? drawing.model->steps : drawing.steps;
}

Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json frame_json(const StripFrame& frame) {
  Json out{{"weight", frame.weight},
           {"change", number_or_null(frame.weight == 1.0 ? std::nullopt : frame.change)},
           {"area", frame.drawn ? Json(frame.drawn->area) : Json()},
           {"patches", frame.drawn ? Json(frame.drawn->patches) : Json()},
           {"vividness", frame.drawn ? number_or_null(frame.drawn->vividness) : Json()}};
  if (!frame.problem.empty()) out["problem"] = frame.problem;
  return out;
}

std::string strip_title(const WeightStrip& strip, const Strings& strings) {
  return strings.format("strip.title", strip.letters());
}

// "Little World · attention · seed 1 · 24 steps".
std::string strip_made_by(const WeightStrip& strip, const std::string& picture, const Strings& strings) {
  const PaintRequest& drawing = strip.drawing;
  std::string out = drawing.model->name + " · " + strip_scheme(strings, drawing);
  if (drawing.noise.empty()) out += " · " + strings.format("seeds.seed", drawing.seed);
  out += " · " + strings.format("strip.steps", strip_steps(drawing));
  if (!picture.empty()) out += " · " + strings.format("paint.start", picture);
  if (!drawing.edits.empty()) out += " · " + strings.format("strip.trials", drawing.edits.size());
  return out;
}

// What stands below a frame, a line each.
std::vector<std::string> lines_below(const WeightStrip& strip, const StripFrame& frame,
                                     const Strings& strings) {
  std::vector<std::string> out;
  if (!frame.problem.empty()) return {frame.problem};
  const std::string change = strip_change(strings, frame);
  out.push_back(change.empty() ? std::string(strings("strip.plain")) : strings.format("strip.moved", change));
  for (std::string line : {strip_area(strings, frame), strip_vividness(strings, strip, frame)}) {
    if (!line.empty()) out.push_back(std::move(line));
  }
  return out;
}

class StripFigure : FigureBase {
 public:
  StripFigure(const WeightStrip& strip, const std::string& picture, const Strings& strings,
              const FigureLook& look)
      : strip_(strip), strings_(strings), inks_(look.inks()) {
    drawing_.ground = inks_.panel;
    drawing_.title = strip_title(strip, strings);
    const auto count = static_cast<double>(strip.frames.size());
    drawing_.width = std::max({kMinimalWidth, 2 * kMargin + count * (kFrameSide + kFrameGap) - kFrameGap,
                               std::ceil(bold_.width(drawing_.title, kTitleSize) + 2 * kMargin)});
    caption_ = {strip.drawing.prompt, strip_made_by(strip, picture, strings)};
    for (std::string line : {strip_summary(strings, strip), strip_note(strings, strip)}) {
      if (!line.empty()) caption_.push_back(std::move(line));
    }
  }

  Drawing draw() {
    add_text(kMargin, kMargin + kTitleSize, drawing_.title, kTitleSize, inks_.text, Anchor::kStart, true);
    constexpr double kTop = kMargin + kTitleSize + 20;
    double x = kMargin, bottom = kTop;
    for (const StripFrame& frame : strip_.frames) {
      draw_picture(frame, x, kTop);
      bottom = std::max(bottom, draw_below(frame, x, kTop + kFrameSide + 18));
      x += kFrameSide + kFrameGap;
    }
    add_caption(drawing_, bottom + 10, std::move(caption_), regular_, inks_);
    return std::move(drawing_);
  }

 private:
  void draw_picture(const StripFrame& frame, double x, double y) {
    if (frame.weight == strip_.word.weight) {  // the drawing as its prompt has it
      constexpr double kEdge = 2.5;
      add_rect(x - kEdge, y - kEdge, kFrameSide + 2 * kEdge, kFrameSide + 2 * kEdge, inks_.word);
    }
    if (frame.x.empty()) {
      add_rect(x, y, kFrameSide, kFrameSide, inks_.empty_cell);
      return;
    }
    drawing_.shapes.emplace_back(ImageShape{x, y, kFrameSide, kFrameSide, strip_.width, strip_.height, 3,
                                            picture_bytes(frame.x, strip_.height, strip_.width)});
  }

  // @return where it ends
  double draw_below(const StripFrame& frame, double x, double y) {
    add_text(x, y, strip_label(strings_, frame), 14, inks_.text, Anchor::kStart,
             frame.weight == strip_.word.weight);
    for (const std::string& line : lines_below(strip_, frame, strings_)) {
      y += kFrameLine;
      add_text(x, y, regular_.fit(line, kTextSize, kFrameSide), kTextSize, inks_.secondary);
    }
    return y;
  }

  const WeightStrip& strip_;
  const Strings& strings_;
  const ThemeColors& inks_;
  std::vector<std::string> caption_;
};

}  // namespace

Result<std::string> StripFile::json() const {
  const PaintRequest& drawing = strip_->drawing;
  Json out{{"model", drawing.model->name},
           {"prompt", drawing.prompt},
           {"negative", drawing.negative},
           {"word", std::string(strip_->letters())},
           {"byte", strip_->word.start},
           {"own_weight", strip_->word.weight},
           {"syntax", syntax_name(drawing.syntax)},
           {"weighting", weighting_name(drawing.weighting)},
           {"place", weight_place_name(drawing.place)},
           {"seed", drawing.noise.empty() ? Json(drawing.seed) : Json()},
           {"steps", strip_steps(drawing)},
           {"guidance", drawing.guidance.value_or(drawing.model->guidance)},
           {"change", "root mean square of the pixels to the frame at weight 1, 0 to 1"},
           {"area", "patches that the segmenter reads as what the word names"},
           {"vividness", "mean over those pixels of the largest less the smallest of red, green and blue"}};
  if (!picture_.empty()) out["picture"] = picture_;
  if (!drawing.edits.empty()) out["trials"] = drawing.edits.size();
  Json& frames = out["frames"] = Json::array();
  for (const StripFrame& frame : strip_->frames) frames.push_back(frame_json(frame));
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::string> StripFile::csv() const {
  CsvWriter csv;
  for (const char* name : {"word", "weight", "change", "area", "patches", "vividness", "problem"})
    csv.cell(name);
  csv.end_row();
  const auto number = [&csv](const auto& value) {
    if (value) {
      csv.cell(*value);
    } else {
      csv.cell("");
    }
  };
  for (const StripFrame& frame : strip_->frames) {
    const auto& drawn = frame.drawn;
    csv.cell(strip_->letters());
    csv.cell(frame.weight);
    number(frame.weight == 1.0 ? std::nullopt : frame.change);
    number(drawn ? std::optional(drawn->area) : std::nullopt);
    number(drawn ? std::optional(drawn->patches) : std::nullopt);
    number(drawn ? drawn->vividness : std::nullopt);
    csv.cell(frame.problem);
    csv.end_row();
  }
  return csv.text();
}

Result<NpyArray> StripFile::array() const {
  NpyArray out;
  for (const StripFrame& frame : strip_->frames) {
    if (frame.x.empty())
      return fail(ErrorCode::kUnsupported, "export: expected a picture for every weight, got none at {}",
                  frame.weight);
    out.values.insert(out.values.end(), frame.x.begin(), frame.x.end());
  }
  out.shape = {strip_->frames.size(), 3, static_cast<std::size_t>(strip_->height),
               static_cast<std::size_t>(strip_->width)};
  return out;
}

Result<Drawing> StripFile::figure(const Strings& strings, const FigureLook& look) const {
  return StripFigure(*strip_, picture_, strings, look).draw();
}

Result<TextPage> StripFile::page(const Strings& strings) const {
  TextPage page{.title = strip_title(*strip_, strings),
                .paragraphs = {strip_->drawing.prompt, strip_made_by(*strip_, picture_, strings)},
                .tables = {}};
  for (std::string line : {strip_summary(strings, *strip_), strip_note(strings, *strip_)}) {
    if (!line.empty()) page.paragraphs.push_back(std::move(line));
  }
  TextTable table{.caption = page.title, .columns = {}, .rows = {}};
  for (const char* key : {"column.weight", "column.change", "column.area", "column.vividness"})
    table.columns.emplace_back(strings(key));
  for (const StripFrame& frame : strip_->frames) {
    const auto or_dash = [](std::string text) { return text.empty() ? std::string("–") : text; };
    const bool vivid = frame.drawn && frame.drawn->vividness;
    table.rows.push_back(
        {weight_text(strings, frame.weight),
         frame.problem.empty() ? or_dash(strip_change(strings, frame)) : frame.problem,
         frame.drawn ? strings.format("strip.of", frame.drawn->area, frame.drawn->patches) : std::string("–"),
         vivid ? strings.number(*frame.drawn->vividness, 2) : std::string("–")});
  }
  page.tables.push_back(std::move(table));
  return page;
}

NonFinite StripFile::non_finite() const {
  NonFinite found;
  for (const StripFrame& frame : strip_->frames) found += count_non_finite(frame.x);
  return found;
}

}  // namespace regard
