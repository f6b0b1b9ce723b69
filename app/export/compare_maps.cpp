#include "app/export/compare_maps.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/export/figure_parts.h"
#include "app/export/maps.h"
#include "app/export/trial_options.h"
#include "app/state/queries.h"
#include "app/views/cells.h"
#include "app/views/compare_views.h"
#include "core/engine/sequences.h"
#include "core/prompt/grammar.h"

namespace regard {
namespace {

std::string reading_of(const TextRun& run, const Strings& strings) {
  return strings("syntax." + std::string(syntax_name(run.request.syntax))) + std::string(" · ") +
         strings("weighting." + std::string(weighting_name(run.request.weighting)));
}

std::string name_of(const MapDifference& both, std::size_t row, const std::vector<Token>& first,
                    const std::vector<Token>& second, const Strings& strings) {
  const AlignedPosition& at = both.rows[row];
  const Token& token =
      at.first >= 0 ? first[static_cast<std::size_t>(at.first)] : second[static_cast<std::size_t>(at.second)];
  if (token.is_bos) return strings("token.bos");
  return token.is_eos ? strings("token.eos") : token.shown;
}

// @param hidden  cells that are empty
std::vector<float> cells_of(const Matrix& values, const std::vector<char>& hidden) {
  std::vector<float> cells;
  for (Eigen::Index q = 0; q < values.rows(); ++q) {
    for (Eigen::Index k = 0; k < values.cols(); ++k)
      cells.push_back(hidden[cells.size()] != 0 ? kMaskedValue : upload_value(values(q, k)));
  }
  return cells;
}

float largest_of(const std::vector<float>& cells) {
  float most = 0;
  for (const float cell : cells) {
    if (has_number(cell)) most = std::max(most, std::abs(cell));
  }
  return most;
}

GridMaps grid_of(const MapDifference& both, const TextRun& first, const TextRun& second,
                 const MapQuery& query, const std::vector<int>& pinned, const Strings& strings) {
  GridMaps out;
  out.title = figure::title_of(query, strings);
  out.query = strings("figure.query");
  out.key = strings("figure.key");
  const std::vector<Token> a_names = query.words ? whole_words(first.tokens) : first.tokens;
  const std::vector<Token> b_names = query.words ? whole_words(second.tokens) : second.tokens;
  for (std::size_t row = 0; row < both.rows.size(); ++row) {
    out.names.push_back(name_of(both, row, a_names, b_names, strings));
    const int token = both.rows[row].first;
    out.marked.push_back(token >= 0 && std::ranges::find(pinned, token) != pinned.end());
  }
  std::vector<char> either = both.first_hidden;
  for (std::size_t i = 0; i < either.size(); ++i) either[i] = either[i] != 0 || both.second_hidden[i] != 0;
  GridMap a{.title = "A", .note = reading_of(first, strings), .bar = false},
      b{.title = "B", .note = reading_of(second, strings)},
      difference{.title = "B − A", .note = strings("compare.difference")};
  a.values = cells_of(both.first, both.first_hidden);
  b.values = cells_of(both.second, both.second_hidden);
  difference.values = cells_of(both.difference, either);
  a.range = b.range = scale_to(std::max(largest_of(a.values), largest_of(b.values)));
  difference.range = signed_scale(largest_of(difference.values));
  // As text they stand as on screen; the figure keeps fractions.
  a.range.share = b.range.share = difference.range.share =
      !query.scores && !query.rank && !is_length_lens(query.lens);
  out.maps = {std::move(a), std::move(b), std::move(difference)};
  if (!first.request.prompt.empty() && first.request.prompt != second.request.prompt)
    out.caption.push_back("A " + strings.format("figure.quote", first.request.prompt));
  if (!second.request.prompt.empty())
    out.caption.push_back((out.caption.empty() ? "" : "B ") +
                          strings.format("figure.quote", second.request.prompt));
  if (std::string tokens = tokens_line(query); !tokens.empty()) out.caption.push_back(std::move(tokens));
  if (std::string trials = trials_line(second); !trials.empty()) out.caption.push_back(std::move(trials));
  out.caption.push_back(first.request.model->name);
  return out;
}

}  // namespace

Result<GridMaps> compared_maps(const TextRun& first, const TextRun& second, const MapQuery& query,
                               const std::vector<int>& pinned, const Strings& strings) {
  REGARD_TRY(const MapDifference both, compare_runs(first, second, query));
  return grid_of(both, first, second, query, pinned, strings);
}

Result<GridMaps> changed_maps(const TextRun& before, const TextRun& now, const MapQuery& query,
                              const std::vector<int>& pinned, const Strings& strings) {
  std::vector<AlignedPosition> tokens(now.tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i].second = static_cast<int>(i);
    const bool same = i < before.tokens.size() && before.tokens[i].id == now.tokens[i].id;
    tokens[i].first = same ? static_cast<int>(i) : -1;
  }
  REGARD_TRY(const MapDifference both, compare(before.trace, now.trace, query, std::move(tokens)));
  GridMaps out = grid_of(both, before, now, query, pinned, strings);
  const char* titles[] = {"paint.show.before", "paint.show.now", "paint.show.difference"};
  for (std::size_t i = 0; i < out.maps.size(); ++i) out.maps[i].title = strings(titles[i]);
  out.maps.back().note = strings(now.request.edits.empty() ? "difference.note" : "difference.note.trials");
  return out;
}

}  // namespace regard
