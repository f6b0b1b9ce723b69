#include "app/export/text_numbers.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "app/export/figure_parts.h"
#include "app/export/font.h"
#include "app/export/json_parts.h"
#include "app/export/maps.h"
#include "app/views/cells.h"
#include "core/analysis/lens.h"
#include "core/engine/match.h"
#include "core/formats/csv.h"

namespace regard {
namespace {

using namespace figure;

bool has_layer(const MapQuery& query) { return find_lens(query.lens)->by_head; }

class NumbersFigure : FigureBase {
 public:
  NumbersFigure(const TextNumbers& numbers, const Strings& strings, const FigureLook& look)
      : numbers_(numbers), strings_(strings), look_(look), inks_(look.inks()) {}

  Drawing draw() {
    const std::string title = title_of(numbers_.query, strings_);
    drawing_.ground = inks_.panel;
    drawing_.title = title;
    range_ = range();
    const auto& tokens = numbers_.run->tokens;
    double names = 0;
    for (const Token& token : tokens) names = std::max(names, regular_.width(name_of(token), kTextSize));
    left_ = kMargin + names + 12;
    drawing_.width = std::max({left_ + kBars + 70 + kMargin, kMinimalWidth,
                               std::ceil(bold_.width(title, kTitleSize) + 2 * kMargin)});
    add_text(kMargin, kMargin + kTitleSize, title, kTitleSize, inks_.text, Anchor::kStart, true);
    double y = kMargin + kTitleSize + 20;
    for (std::size_t i = 0; i < tokens.size(); ++i, y += kLine)
      add_row(y, tokens[i], numbers_.values(static_cast<Eigen::Index>(i)));
    add_caption(drawing_, y + 12, caption(), regular_, inks_);
    return std::move(drawing_);
  }

 private:
  static constexpr double kLine = 22, kBars = 300;

  std::string name_of(const Token& token) {
    const std::string name = token.is_bos   ? strings_("token.bos")
                             : token.is_eos ? strings_("token.eos")
                                            : token.shown;
    return regular_.fit(name, kTextSize, 150);
  }

  ColorScale range() const {
    float reach = 0.0f;
    for (const float value : numbers_.values)
      reach = std::max(reach, std::isfinite(value) ? std::abs(value) : 0.0f);
    return numbers_.is_signed ? signed_scale(reach) : scale_to(reach);
  }

  void add_row(double y, const Token& token, float value) {
    const double text = y + kLine / 2 + kTextSize / 3;
    add_text(left_ - 12, text, name_of(token), kTextSize, inks_.text, Anchor::kEnd);
    const double zero = left_ + (range_.center ? kBars / 2 : 0.0);
    if (std::isfinite(value)) {
      const double end = left_ + kBars * static_cast<double>(color_scale_at(range_, value));
      add_rect(std::min(zero, end), y + 3, std::abs(end - zero), kLine - 6,
               color_of(range_, look_.map(range_), value));
    }
    add_rect(zero - 0.5, y, 1, kLine, inks_.secondary);
    add_text(left_ + kBars + 8, text, strings_.number(static_cast<double>(value), 4), kTextSize, inks_.text);
  }

  std::vector<std::string> caption() const {
    std::vector<std::string> out = {numbers_.run->request.prompt, numbers_.run->request.model->name};
    if (!numbers_.query.caption.empty())
      out.push_back(std::string(strings_("lens.toward")) + " " + numbers_.query.caption);
    out.emplace_back(strings_("lens.one_number"));
    out.emplace_back(find_lens(numbers_.query.lens)->formula);
    return out;
  }

  const TextNumbers& numbers_;
  const Strings& strings_;
  const FigureLook& look_;
  const ThemeColors& inks_;
  ColorScale range_;
  double left_ = 0;
};

class NumbersOut final : public Exportable {
 public:
  explicit NumbersOut(const TextNumbers& numbers) : numbers_(numbers) {}
  Result<std::string> json() const override { return numbers_json(numbers_); }
  Result<std::string> csv() const override { return numbers_csv(numbers_); }
  Result<NpyArray> array() const override {
    return NpyArray{.shape = {static_cast<std::size_t>(numbers_.values.size())},
                    .values = {numbers_.values.begin(), numbers_.values.end()}};
  }
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override {
    return NumbersFigure(numbers_, strings, look).draw();
  }

 private:
  const TextNumbers& numbers_;
};

}  // namespace

Result<TextNumbers> collect_numbers(std::shared_ptr<const TextRun> run, const MapQuery& query,
                                    std::stop_token stop) {
  RowVector target;
  if (!query.caption.empty()) {
    REGARD_TRY(target, embed_text(*run->request.model, query.caption, stop));
  }
  REGARD_TRY(const Map map, evaluate(run->trace, query, lens_context(*run, target, std::move(stop))));
  return TextNumbers{std::move(run), query, map.values.row(0), map.is_signed};
}

std::string numbers_json(const TextNumbers& numbers) {
  const MapQuery& query = numbers.query;
  std::string out = fmt::format("{{\"model\":{},\n\"tokens\":{},\n\"lens\":{},",
                                json_text(numbers.run->request.model->name),
                                tokens_json(numbers.run->tokens, 0), json_text(query.lens));
  if (has_layer(query)) out += fmt::format("\"layer\":{},", json_choice(layer_name(query.heads)));
  if (!query.caption.empty()) out += fmt::format("\"toward\":{},", json_text(query.caption));
  out += "\n\"numbers\":";
  append_row({numbers.values.data(), static_cast<std::size_t>(numbers.values.size())}, out);
  return out + "}\n";
}

std::string numbers_csv(const TextNumbers& numbers) {
  CsvWriter csv;
  for (const char* name : {"position", "token", "text"}) csv.cell(name);
  csv.cell(numbers.query.lens);
  csv.end_row();
  for (std::size_t i = 0; i < numbers.run->tokens.size(); ++i) {
    const Token& token = numbers.run->tokens[i];
    csv.cell(static_cast<int>(i));
    csv.cell(token.text);
    csv.cell(token.readable());
    csv.cell(numbers.values(static_cast<Eigen::Index>(i)));
    csv.end_row();
  }
  return csv.text();
}

std::shared_ptr<const Exportable> exportable(TextNumbers numbers) {
  return owning<NumbersOut>(std::move(numbers));
}

}  // namespace regard
