// Which words and patches a drawing's patch comes from at a step, by the way back through the diffusion
// transformer: AttnLRP, Chefer and LeGrad. What is explained is the picture the step heads for, x_0, of one
// half before guidance: of a patch n the number s_n = <x_0(n), u_n>, u_n its own direction held as it is, so
// that s_n is the length of the patch's colours. Of a transformer that predicts a velocity, x_0 is x - t v,
// and what comes to it from x without the transformer is not counted. Time and pooled text act through gains,
// shifts and gates, which are held as they were: what words do through them is not counted either.
#pragma once

#include <stop_token>
#include <vector>

#include "core/analysis/tower.h"
#include "core/base/result.h"
#include "core/tensor/linear.h"
#include "core/tensor/matrix.h"

namespace regard {

/// One step of a drawing, one half. Not owned: model and record must outlive it.
struct DrawnStep {
  Tower tower;                  // patches, then the text
  const Linear* out = nullptr;  // [W][D], W numbers a patch: row by row, column, channel
  Matrix toward;                // [N][W] the directions u; 0 of a patch whose colours are all 0
  float factor = 1;             // of x_0 by what is predicted: 1, of a velocity -t

  int patches() const { return static_cast<int>(toward.rows()); }  ///< N
};

/// @param x0  [N][W] the picture that is explained, by patches
DrawnStep drawn_step(const Mmdit& model, const AttentionRecord& record, const Matrix& condition,
                     const Matrix& x0, float factor);

/// A picture as patches, row by row, column, channel. @param picture  [C][height][width]  @return [N][p*p*C]
Matrix patches_of(const std::vector<float>& picture, int channels, int height, int width, int patch);

/// Of what a lens is asked.
enum class DrawnSide {
  kOutput,  // of these patches: where they come from; the number is the mean of theirs
  kInput,  // of these positions: how far each patch comes from them, their mean; the numbers are the patches'
};

/// [S]; of kInput 0 but for the patches. Positions count patches, then the text.
/// Errors: shape (a word among the outputs), as check_tower(), cancelled. Thread: any.
/// Cost: about two passes of the transformer, and a copy of its weights.

/// What entered the first block times what comes back to it, summed over the width; signed, in units of s.
/// Source: Achtibat et al. 2024, arXiv 2402.05602; checked against torch autograd under the same rules
/// (tests/golden/make_drawn_lenses.py). Of kInput by the rules' transposed way forward.
Result<RowVector> drawn_attn_lrp(const DrawnStep& step, DrawnSide side, const std::vector<int>& positions,
                                 std::stop_token stop = {});
/// R = R + mean over heads of ReLU(dA * A) R; of kInput s is the mean over all patches. Source: Chefer, Gur
/// and Wolf 2021, arXiv 2103.15679, eq. 5 and 6.
Result<RowVector> drawn_chefer(const DrawnStep& step, DrawnSide side, const std::vector<int>& positions,
                               std::stop_token stop = {});
/// Sum over blocks, mean over heads, of ReLU(d s_l / d A_l), s_l the same number of what block l gives, read
/// by the final norm and projection. Source: Bousselham et al. 2024, arXiv 2404.03214, eq. 3 to 7.
Result<RowVector> drawn_legrad(const DrawnStep& step, DrawnSide side, const std::vector<int>& positions,
                               std::stop_token stop = {});

}  // namespace regard
