#include "app/views/compare_views.h"

#include <algorithm>
#include <cmath>

namespace regard {
namespace {

bool same_token(const Token& a, const Token& b) {
  if (a.is_bos || b.is_bos || a.is_eos || b.is_eos) return a.is_bos == b.is_bos && a.is_eos == b.is_eos;
  return a.id == b.id && a.start == b.start;
}

// Order in the prompt: start token, bytes, end token.
bool comes_before(const Token& a, const Token& b) {
  if (a.is_eos != b.is_eos) return b.is_eos;
  return a.start <= b.start;
}

float value_at(const TextRun& run, const Matrix& map, int query, int key) {
  if (query < 0 || key < 0 || !run.output.record->readable(query, key)) return kMaskedValue;
  return upload_value(map(query, key));
}

bool has_number(float value) { return value != kMaskedValue && value < kInvalidValue; }

Matrix map_of(const TextRun& run, const MapChoice& choice) {
  auto map = reduce(*run.output.record, choice);
  if (!map) map = reduce(*run.output.record, MapChoice{MapChoice::kMean, MapChoice::kMean});
  return std::move(*map);
}

}  // namespace

std::vector<AlignedToken> align_tokens(const std::vector<Token>& first, const std::vector<Token>& second) {
  std::vector<AlignedToken> out;
  std::size_t i = 0, j = 0;
  while (i < first.size() || j < second.size()) {
    const bool both = i < first.size() && j < second.size();
    if (both && same_token(first[i], second[j])) {
      out.push_back({static_cast<int>(i++), static_cast<int>(j++)});
    } else if (!both ? i < first.size() : comes_before(first[i], second[j])) {
      out.push_back({static_cast<int>(i++), -1});
    } else {
      out.push_back({-1, static_cast<int>(j++)});
    }
  }
  return out;
}

const Token& CompareViews::token(int row) const {
  const AlignedToken& at = rows_[static_cast<std::size_t>(row)];
  return at.first >= 0 ? first_->tokens[static_cast<std::size_t>(at.first)]
                       : second_->tokens[static_cast<std::size_t>(at.second)];
}

void CompareViews::refresh(const AppState& state, const TextViews& text) {
  const bool there =
      state.view.workspace == Workspace::kCompare && text.current() && state.other_run &&
      state.other_run->request.prompt == state.doc.prompt &&
      Reading{state.other_run->request.syntax, state.other_run->request.weighting} == state.doc.other &&
      state.other_run->request.chunk == state.doc.chunk;
  if (!there) {
    ready_ = false;
    return;
  }
  if (ready_ && first_ == state.run && second_ == state.other_run && choice_ == text.choice() &&
      hide_special_ == state.view.hide_special)
    return;
  first_ = state.run;
  second_ = state.other_run;
  choice_ = text.choice();
  hide_special_ = state.view.hide_special;
  ready_ = true;
  rows_ = align_tokens(first_->tokens, second_->tokens);
  if (hide_special_) {
    std::erase_if(rows_, [&](const AlignedToken& row) {
      const Token& one = row.first >= 0 ? first_->tokens[static_cast<std::size_t>(row.first)]
                                        : second_->tokens[static_cast<std::size_t>(row.second)];
      return one.is_bos || one.is_eos;
    });
  }
  fill(choice_);
  fill_outputs();
}

void CompareViews::fill(const MapChoice& choice) {
  const Matrix a = map_of(*first_, choice), b = map_of(*second_, choice);
  const int count = static_cast<int>(rows_.size());
  for (CellImage& map : maps_) {
    map.width = map.height = count;
    map.cells.resize(static_cast<std::size_t>(count) * static_cast<std::size_t>(count));
    ++map.version;
  }
  float top = 0.0f, widest = 0.0f;
  largest_ = {-1, -1};
  for (int q = 0; q < count; ++q) {
    for (int k = 0; k < count; ++k) {
      const auto cell = static_cast<std::size_t>(q * count + k);
      const AlignedToken &row = rows_[static_cast<std::size_t>(q)],
                         &column = rows_[static_cast<std::size_t>(k)];
      const float x = value_at(*first_, a, row.first, column.first);
      const float y = value_at(*second_, b, row.second, column.second);
      maps_[0].cells[cell] = x;
      maps_[1].cells[cell] = y;
      for (const float value : {x, y}) {
        if (has_number(value)) top = std::max(top, value);
      }
      const bool both = has_number(x) && has_number(y);
      maps_[2].cells[cell] = both ? y - x : kMaskedValue;
      if (both && std::abs(y - x) > widest) {
        widest = std::abs(y - x);
        largest_ = {q, k};
      }
    }
  }
  range_ = {.min = 0.0f, .max = top > 0.0f ? top : 1.0f};
  const float reach = widest > 0.0f ? widest : 1.0f;
  difference_range_ = {.min = -reach, .max = reach, .center = 0.0f};
}

void CompareViews::fill_outputs() {
  outputs_.clear();
  for (const AlignedToken& row : rows_) {
    VectorChange change{};
    if (row.first >= 0 && row.second >= 0) {
      const Matrix a = first_->given().row(row.first), b = second_->given().row(row.second);
      change = vector_changes(a, b).front();
    }
    outputs_.push_back(change);
  }
}

}  // namespace regard
