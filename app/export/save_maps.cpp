#include "app/export/save_maps.h"

#include <cmath>
#include <utility>

#include "app/export/figure.h"
#include "app/export/figure_parts.h"
#include "app/state/queries.h"
#include "core/analysis/lens.h"

namespace regard {
namespace {

// Of the attention of one token to another; what stands before the mask, or is made by gradients, is not.
bool maps_are_shares(const MapQuery& query) {
  return !query.scores && !query.rank && !is_length_lens(query.lens) &&
         find_lens(query.lens)->needs != LensNeeds::kGradients;
}

std::string page_name(const Token& token, const Strings& strings) {
  return token.is_bos ? strings("token.bos") : token.is_eos ? strings("token.eos") : token.shown;
}

// Which cells a row cannot read, as the figure leaves them empty.
bool is_unreadable(const MapSet& set, Eigen::Index t, Eigen::Index s) {
  if (set.positions.empty()) {
    return find_lens(set.range.query.lens)->is_masked &&
           !set.run->output.record->readable(static_cast<int>(t), static_cast<int>(s));
  }
  return !set.hidden.empty() && set.hidden[static_cast<std::size_t>(t * set.maps.front().cols() + s)] != 0;
}

// Rows read, columns are read; and the sentence of the largest cell off the special tokens.
TextPage page_of_one(const MapSet& set, const Strings& strings) {
  const Matrix& map = set.maps.front();
  const bool shares = maps_are_shares(set.range.query);
  std::vector<std::string> names;
  const std::vector<Token> tokens = tokens_of(set);
  for (const Token& token : tokens) names.push_back(page_name(token, strings));
  TextTable table{.caption = strings("view.any"), .columns = {""}, .rows = {}};
  table.columns.insert(table.columns.end(), names.begin(), names.end());
  std::pair<Eigen::Index, Eigen::Index> largest{-1, -1};
  for (Eigen::Index t = 0; t < map.rows(); ++t) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(names[static_cast<std::size_t>(t)]);
    for (Eigen::Index s = 0; s < map.cols(); ++s) {
      const bool hidden = is_unreadable(set, t, s);
      row.push_back(hidden ? "–" : cell_text(strings, static_cast<double>(map(t, s)), shares));
      const Token &reads = tokens[static_cast<std::size_t>(t)], &read = tokens[static_cast<std::size_t>(s)];
      const bool special = reads.is_bos || reads.is_eos || read.is_bos || read.is_eos;
      if (hidden || special || t == s || !std::isfinite(map(t, s))) continue;
      if (largest.first < 0 || map(t, s) > map(largest.first, largest.second)) largest = {t, s};
    }
  }
  TextPage page{.title = figure::title_of(set.range.query, strings), .paragraphs = {}, .tables = {}};
  page.paragraphs.push_back(set.run->request.prompt);
  if (largest.first >= 0) {
    page.paragraphs.push_back(
        strings.format("page.largest", names[static_cast<std::size_t>(largest.first)],
                       names[static_cast<std::size_t>(largest.second)],
                       cell_text(strings, static_cast<double>(map(largest.first, largest.second)), shares)));
  }
  page.paragraphs.emplace_back(strings("page.hidden"));
  page.paragraphs.push_back(set.run->request.model->name);
  page.tables.push_back(std::move(table));
  return page;
}

class TextMaps final : public Exportable {
 public:
  explicit TextMaps(const MapSet& maps) : maps_(maps) {}
  Result<std::string> json() const override { return maps_json(maps_); }
  Result<std::string> csv() const override { return maps_csv(maps_); }
  Result<NpyArray> array() const override { return maps_array(maps_); }
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override {
    return attention_figure(maps_, strings, look);
  }
  Result<TextPage> page(const Strings& strings) const override {
    if (maps_.maps.size() == 1) return page_of_one(maps_, strings);
    TextPage page{.title = strings("page.all_maps"),
                  .paragraphs = {maps_.run->request.prompt, maps_.run->request.model->name},
                  .tables = {table_of_csv(maps_csv(maps_), strings)}};
    page.tables.front().caption = strings("page.cells");
    return page;
  }
  NonFinite non_finite() const override { return non_finite_in(maps_); }

 private:
  const MapSet& maps_;
};

}  // namespace

std::shared_ptr<const Exportable> exportable(MapSet maps) { return owning<TextMaps>(std::move(maps)); }

Result<std::string> map_bytes(const MapSet& maps, std::string_view format, Language language,
                              NonFinite* non_finite, const FigureLook& look) {
  return map_bytes(TextMaps(maps), format, Strings::load(language), non_finite, look);
}

}  // namespace regard
