// The first three principal components of what the patches carry behind a layer.
#include "core/analysis/pca.h"

#include <algorithm>

#include "core/analysis/lens.h"

namespace regard {
namespace {

// Of several steps the components of their mean vectors.
Result<LensChannels> channels(const LensInput& input) {
  REGARD_TRY(const Matrix hidden,
             mean_over_records(input, [&](const AttentionRecord& record) -> Result<Matrix> {
               REGARD_TRY(const Matrix* of_step, hidden_of(input, record));
               return *of_step;
             }));
  const Segment& image = *input.sequence.image();
  const int first = image.first + image.count - image.rows * image.columns;  // patches stand last in it
  const int count = image.rows * image.columns;
  const PrincipalComponents found = principal_components(hidden.middleRows(first, count));
  LensChannels out{Matrix::Zero(kShownComponents, hidden.rows()), {found.shares.begin(), found.shares.end()}};
  out.values.middleCols(first, count) = found.coordinates;
  return out;
}

// Of the smaller of patches and width; a map's shape does not say how wide vectors are: some 768 at most.
double operations(const AttentionShape& s, bool /*whole*/) {
  const double least = std::min(768.0, static_cast<double>(s.keys));
  return 2.0 * s.keys * 768.0 * least + 12.0 * least * least * least;
}

}  // namespace

extern const Lens pca_lens = {
    .name = "pca",
    .needs = LensNeeds::kPatches,
    .is_attention = false,
    .is_signed = true,
    .is_masked = false,
    .channels = channels,
    .formula = "⟨x_i − x̄, u_c⟩, u_c the c-th eigenvector of Σ (x_i − x̄)(x_i − x̄)ᵀ",
    .source = "Oquab et al. 2023 (DINOv2), arXiv 2304.07193, section 7.5",
    .operations = operations,
};

}  // namespace regard
