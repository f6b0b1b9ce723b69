#include "core/analysis/drawn.h"

#include <algorithm>
#include <utility>

#include "core/analysis/fuse.h"
#include "core/analysis/gradients.h"
#include "core/base/check.h"
#include "core/tensor/backward.h"

namespace regard {
namespace {

// Of what some patches carry behind a block, the gradient of each one's own number. [count][D]
Matrix seeds(const DrawnStep& step, const Matrix& hidden, int first, int count, BackwardRule rule) {
  const Matrix by_normed = linear_backward(step.factor * step.toward.middleRows(first, count), *step.out);
  return norm_backward(hidden.middleRows(first, count), *step.tower.final_norm, step.tower.eps, by_normed,
                       rule);
}

// The same of the last block's output, of the mean of these patches' numbers: zero elsewhere. [S][D]
Matrix seed_of(const DrawnStep& step, const std::vector<int>& patches, BackwardRule rule) {
  Matrix out = Matrix::Zero(step.tower.positions(), step.tower.width());
  for (const int patch : patches)
    out.row(patch) =
        seeds(step, *step.tower.hidden.back(), patch, 1, rule) / static_cast<float>(patches.size());
  return out;
}

Result<void> check(const DrawnStep& step, DrawnSide side, const std::vector<int>& positions) {
  REGARD_CHECK(!positions.empty());
  const int most = side == DrawnSide::kOutput ? step.patches() : step.tower.positions();
  for (const int position : positions) {
    REGARD_CHECK(position >= 0 && position < step.tower.positions());
    if (position >= most)
      return fail(ErrorCode::kShape,
                  "relevance: expected a patch of the drawing, got a word: it draws nothing");
  }
  return {};
}

std::vector<int> all_patches(const DrawnStep& step) {
  std::vector<int> out;
  for (int patch = 0; patch < step.patches(); ++patch) out.push_back(patch);
  return out;
}

// Mean of some rows, or of some columns. @param of  [N][S]
RowVector mean_of(const Matrix& of, DrawnSide side, const std::vector<int>& positions) {
  RowVector out = RowVector::Zero(of.cols());
  for (const int position : positions) {
    if (side == DrawnSide::kOutput) {
      out += of.row(position);
    } else {
      out.head(of.rows()) += of.col(position).transpose();
    }
  }
  return out / static_cast<float>(positions.size());
}

}  // namespace

DrawnStep drawn_step(const Mmdit& model, const AttentionRecord& record, const Matrix& condition,
                     const Matrix& x0, float factor) {
  DrawnStep out{tower_of(model, record, condition), &model.weights().final_out, x0, factor};
  for (Eigen::Index n = 0; n < x0.rows(); ++n) {
    const float length = x0.row(n).norm();
    if (length != 0.0f) out.toward.row(n) /= length;
  }
  return out;
}

Matrix patches_of(const std::vector<float>& picture, int channels, int height, int width, int patch) {
  const int columns = width / patch, count = height / patch * columns;
  REGARD_CHECK(picture.size() == static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
                                     static_cast<std::size_t>(width));
  Matrix out(count, patch * patch * channels);
  for (int n = 0; n < count; ++n) {
    for (int i = 0; i < patch * patch * channels; ++i) {
      const int channel = i % channels, x = i / channels % patch, y = i / channels / patch;
      const int at = (channel * height + n / columns * patch + y) * width + n % columns * patch + x;
      out(n, i) = picture[static_cast<std::size_t>(at)];
    }
  }
  return out;
}

Result<RowVector> drawn_attn_lrp(const DrawnStep& step, DrawnSide side, const std::vector<int>& positions,
                                 std::stop_token stop) {
  REGARD_TRY_DO(check(step, side, positions));
  const Matrix& entered = *step.tower.hidden.front();
  if (side == DrawnSide::kOutput) {
    REGARD_TRY(const Matrix back, backward_from(step.tower, seed_of(step, positions, BackwardRule::kAttnLrp),
                                                BackwardRule::kAttnLrp, {}, std::move(stop)));
    return RowVector(entered.cwiseProduct(back).rowwise().sum().transpose());
  }
  Matrix change = Matrix::Zero(entered.rows(), entered.cols());
  for (const int position : positions)
    change.row(position) = entered.row(position) / static_cast<float>(positions.size());
  REGARD_TRY(const Matrix arrived, relevance_forward(step.tower, std::move(change), std::move(stop)));
  const Matrix read = seeds(step, *step.tower.hidden.back(), 0, step.patches(), BackwardRule::kAttnLrp);
  RowVector out = RowVector::Zero(entered.rows());
  out.head(step.patches()) = arrived.topRows(step.patches()).cwiseProduct(read).rowwise().sum().transpose();
  return out;
}

Result<RowVector> drawn_chefer(const DrawnStep& step, DrawnSide side, const std::vector<int>& positions,
                               std::stop_token stop) {
  REGARD_TRY_DO(check(step, side, positions));
  const AttentionShape& s = step.tower.record->shape();
  const std::vector<int> explained = side == DrawnSide::kOutput ? positions : all_patches(step);
  Matrix relevance = Matrix::Zero(std::ssize(explained), s.keys);  // their rows of R
  for (std::size_t i = 0; i < explained.size(); ++i)
    relevance(static_cast<Eigen::Index>(i), explained[i]) = 1.0f;
  Matrix of_layer = Matrix::Zero(s.queries, s.keys);  // mean over heads of ReLU(dA * A)
  const auto see = [&](int /*layer*/, int head, const Matrix& attention, const Matrix& gradient) {
    of_layer += gradient.cwiseProduct(attention).unaryExpr(&positive_part);
    if (head + 1 < s.heads) return;
    relevance += (relevance * of_layer).eval() / static_cast<float>(s.heads);
    of_layer.setZero();
  };
  REGARD_TRY_DO(backward_from(step.tower, seed_of(step, explained, BackwardRule::kGradient),
                              BackwardRule::kGradient, see, std::move(stop)));
  if (side == DrawnSide::kInput) return mean_of(relevance, side, positions);
  return RowVector(relevance.colwise().mean());
}

Result<RowVector> drawn_legrad(const DrawnStep& step, DrawnSide side, const std::vector<int>& positions,
                               std::stop_token stop) {
  REGARD_TRY_DO(check(step, side, positions));
  const Tower& tower = step.tower;
  REGARD_TRY_DO(check_tower(tower, nullptr));
  const AttentionShape& s = tower.record->shape();
  Matrix sum = Matrix::Zero(step.patches(), s.keys);
  for (int layer = 0; layer < s.layers; ++layer) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "superseded by a newer request");
    // A patch's number depends on its own row of this layer's attention alone: all rows go back at once.
    const Matrix top = seeds(step, *tower.hidden[static_cast<std::size_t>(layer) + 1], 0, step.patches(),
                             BackwardRule::kGradient);
    const Matrix middle = after_attention(tower, layer, 0, step.patches());
    const Matrix joined =
        heads_backward(tower, layer, 0, mlp_backward(tower, layer, 0, middle, top, BackwardRule::kGradient));
    for (int head = 0; head < s.heads; ++head) {
      Matrix found(step.patches(), s.keys);
      multiply(joined.middleCols(Eigen::Index{head} * s.head_width, s.head_width),
               pack_transposed(tower.record->value(layer, head)), nullptr, found);
      sum += found.unaryExpr(&positive_part);
    }
  }
  for (int key = 0; key < s.keys; ++key) {  // what the mask forbids has no attention to change
    if (!tower.record->readable(0, key)) sum.col(key).setZero();
  }
  return RowVector(mean_of(sum, side, positions) / static_cast<float>(s.heads));
}

}  // namespace regard
