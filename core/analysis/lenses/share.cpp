// What a patch reads of the words, as shares among the words: which word it listens to most.
#include "core/analysis/lens.h"

namespace regard {
namespace {

// Of each patch, its shares among the words; 0 for what is no word. [N][T], T the texts' positions
Result<Matrix> shares(const LensInput& input) {
  const Segment& image = *input.sequence.image();
  const std::vector<int> text = input.sequence.text();
  const LensTile reads{image.first, image.count, text.front(), static_cast<int>(text.size())};
  REGARD_TRY(Matrix words, mean_over_records(input, [&](const AttentionRecord& record) {
               return Result<Matrix>(heads_tile(record, input.query.heads, false, reads));
             }));
  for (std::size_t t = 0; t < text.size(); ++t) {
    if (input.sequence.positions[static_cast<std::size_t>(text[t])].word < 0)
      words.col(static_cast<Eigen::Index>(t)).setZero();
  }
  const Vector whole = words.rowwise().sum().array() + 1e-9f;
  words.array().colwise() /= whole.array();
  return words;
}

// A patch and a word in either direction: the word's share of what the patch reads of words. Every other cell
// is 0.
Result<Matrix> tile(const LensInput& input, const LensTile& tile) {
  const Segment& image = *input.sequence.image();
  for (const int position : input.query.subject) {
    if (input.sequence.is_patch(position))
      return fail(ErrorCode::kUnsupported, "share among the words: expected a word, got a patch");
  }
  REGARD_TRY(const Matrix words, shares(input));
  const int count = input.sequence.count(), first = input.sequence.text().front();
  Matrix whole = Matrix::Zero(count, count);
  whole.block(image.first, first, words.rows(), words.cols()) = words;
  whole.block(first, image.first, words.cols(), words.rows()) = words.transpose();
  return Matrix(whole.block(tile.row0, tile.col0, tile.rows, tile.cols));
}

double operations(const AttentionShape& s, bool /*whole*/) {
  return static_cast<double>(s.layers) * s.heads * s.queries * s.keys * s.head_width;
}

}  // namespace

extern const Lens share_lens = {
    .name = "share",
    .needs = LensNeeds::kWordsBesideImage,
    .is_attention = false,
    .tile = tile,
    .formula = "A[patch][word] / Σ over words A[patch][word']",
    .source = "Tang et al. 2022 (DAAM), arXiv 2210.04885, carried over to joint attention",
    .operations = operations,
};

}  // namespace regard
