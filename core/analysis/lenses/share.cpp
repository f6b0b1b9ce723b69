// What a patch reads of the words, as shares among the words: which word it listens to most.
#include "core/analysis/lens.h"

namespace regard {
namespace {

Result<RowVector> row(const LensInput& input) {
  const Segment& image = *input.sequence.image();
  const std::vector<int> text = input.sequence.text();
  const LensTile reads{image.first, image.count, text.front(), static_cast<int>(text.size())};
  auto words = mean_over_records(input, [&](const AttentionRecord& record) {
    return Result<Matrix>(heads_tile(record, input.query.heads, false, reads));
  });
  if (!words) return std::unexpected(words.error());
  for (std::size_t t = 0; t < text.size(); ++t) {
    if (input.sequence.positions[static_cast<std::size_t>(text[t])].word < 0)
      words->col(static_cast<Eigen::Index>(t)).setZero();
  }
  const Vector whole = words->rowwise().sum().array() + 1e-9f;
  RowVector out = RowVector::Zero(input.sequence.count());
  Matrix subject(image.count, static_cast<Eigen::Index>(input.query.subject.size()));
  for (std::size_t i = 0; i < input.query.subject.size(); ++i) {
    const int token = input.query.subject[i] - text.front();
    if (token < 0 || token >= words->cols())
      return fail(ErrorCode::kUnsupported, "share among the words: expected a word, got a patch");
    subject.col(static_cast<Eigen::Index>(i)) = words->col(token).array() / whole.array();
  }
  out.segment(image.first, image.count) = subject.transpose().colwise().mean();
  return out;
}

double operations(const AttentionShape& s, bool /*whole*/) {
  return static_cast<double>(s.layers) * s.heads * s.queries * s.keys * s.head_width;
}

}  // namespace

extern const Lens share_lens = {
    .name = "share",
    .needs = LensNeeds::kWordsBesideImage,
    .is_attention = false,
    .row = row,
    .formula = "A[patch][word] / Σ over words A[patch][word']",
    .source = "Tang et al. 2022 (DAAM), arXiv 2210.04885, carried over to joint attention",
    .operations = operations,
};

}  // namespace regard
