#include "app/views/compare_views.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/engine/sequences.h"

namespace regard {
namespace {

void fill_cells(CellImage& image, const Matrix& values, const std::vector<char>& hidden,
                const std::vector<int>& shown) {
  const int count = static_cast<int>(shown.size());
  reset_cells(image, count, count);
  for (int q = 0; q < count; ++q) {
    for (int k = 0; k < count; ++k) {
      const int row = shown[static_cast<std::size_t>(q)], column = shown[static_cast<std::size_t>(k)];
      if (hidden[static_cast<std::size_t>(row) * static_cast<std::size_t>(values.cols()) +
                 static_cast<std::size_t>(column)])
        continue;
      image.cells[static_cast<std::size_t>(q) * shown.size() + static_cast<std::size_t>(k)] =
          upload_value(values(row, column));
    }
  }
}

}  // namespace

Result<MapDifference> compare_runs(const TextRun& first, const TextRun& second, const MapQuery& query) {
  return compare(first.trace, second.trace, query, aligned_runs(first, second));
}

// One prompt's tokens are told by their bytes, which are the same; of two prompts, words are.
std::vector<AlignedPosition> aligned_runs(const TextRun& first, const TextRun& second) {
  const bool one = first.request.prompt == second.request.prompt;
  return one ? align(first.trace.prompt, second.trace.prompt)
             : align_words(first.trace.prompt, second.trace.prompt);
}

void CompareViews::accept(std::shared_ptr<const TextRun> first, std::shared_ptr<const TextRun> second,
                          std::shared_ptr<const Divergence> divergence) {
  divergence_first_ = std::move(first);
  divergence_second_ = std::move(second);
  divergence_ = std::move(divergence);
}

const Token& CompareViews::token(int row) const {
  const AlignedPosition& at = rows_[static_cast<std::size_t>(row)];
  return at.first >= 0 ? first_names_[static_cast<std::size_t>(at.first)]
                       : second_names_[static_cast<std::size_t>(at.second)];
}

void CompareViews::refresh(const AppState& state, const TextViews& text) {
  const bool there =
      state.view.workspace == Workspace::kCompare && text.current() && state.other_run &&
      state.other_run->request.prompt == state.doc.other_prompt.value_or(state.doc.prompt) &&
      Reading{state.other_run->request.syntax, state.other_run->request.weighting} == state.doc.other &&
      state.other_run->request.chunk == state.doc.chunk;
  if (!there) {
    ready_ = false;
    return;
  }
  const MapQuery query = shares_of(text.query(), state.view);
  if (ready_ && first_ == state.run && second_ == state.other_run && query_ == query &&
      hide_special_ == state.view.hide_special)
    return;
  first_ = state.run;
  second_ = state.other_run;
  query_ = query;
  hide_special_ = state.view.hide_special;
  first_names_ = query_.words ? whole_words(first_->tokens) : first_->tokens;
  second_names_ = query_.words ? whole_words(second_->tokens) : second_->tokens;
  auto both = compare_runs(*first_, *second_, query_);
  ready_ = both.has_value();
  if (!ready_) return;
  fill(*both);
  fill_outputs();
}

void CompareViews::fill(const MapDifference& both) {
  std::vector<int> shown;
  rows_.clear();
  for (int i = 0; i < static_cast<int>(both.rows.size()); ++i) {
    rows_.push_back(both.rows[static_cast<std::size_t>(i)]);
    const Token& one = token(static_cast<int>(rows_.size()) - 1);
    if (hide_special_ && (one.is_bos || one.is_eos)) {
      rows_.pop_back();
    } else {
      shown.push_back(i);
    }
  }
  std::vector<char> either = both.first_hidden;
  for (std::size_t i = 0; i < either.size(); ++i) either[i] = either[i] != 0 || both.second_hidden[i] != 0;
  fill_cells(maps_[0], both.first, both.first_hidden, shown);
  fill_cells(maps_[1], both.second, both.second_hidden, shown);
  fill_cells(maps_[2], both.difference, either, shown);
  range_ = share_scale_to(std::max(largest_cell(maps_[0]), largest_cell(maps_[1])));
  largest_ = {-1, -1};
  float widest = 0.0f;
  const int count = maps_[2].width;
  for (int i = 0; i < count * count; ++i) {
    const float value = maps_[2].cells[static_cast<std::size_t>(i)];
    if (!has_number(value) || !(std::abs(value) > widest)) continue;
    widest = std::abs(value);
    largest_ = {i / count, i % count};
  }
  difference_range_ = signed_scale(widest);
  difference_range_.share = true;
}

void CompareViews::fill_outputs() {
  outputs_.clear();
  for (const AlignedPosition& row : rows_) {
    VectorChange change{};
    if (row.first >= 0 && row.second >= 0) {
      const Matrix a = first_->given().row(row.first), b = second_->given().row(row.second);
      change = vector_changes(a, b).front();
    }
    outputs_.push_back(change);
  }
}

}  // namespace regard
