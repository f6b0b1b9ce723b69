#include "core/analysis/pca.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Eigenvalues>

namespace regard {
namespace {

// The coordinate of largest magnitude is positive; the first of several, which differ by rounding alone.
void settle_sign(Eigen::VectorXd& coordinates) {
  const double most = coordinates.cwiseAbs().maxCoeff() * (1.0 - 1e-9);
  const auto found = std::ranges::find_if(coordinates, [&](double value) { return std::abs(value) >= most; });
  if (found != coordinates.end() && *found < 0.0) coordinates = -coordinates;
}

}  // namespace

PrincipalComponents principal_components(ConstMatrixRef x) {
  PrincipalComponents out{Matrix::Zero(kShownComponents, x.rows()), {}};
  if (!x.allFinite()) {
    out.coordinates.setConstant(std::numeric_limits<float>::quiet_NaN());
    out.shares.fill(std::numeric_limits<double>::quiet_NaN());
    return out;
  }
  Eigen::MatrixXd centred = x.cast<double>();
  centred.rowwise() -= centred.colwise().mean().eval();
  const double whole = centred.squaredNorm();
  if (whole == 0.0) return out;  // all alike
  const bool by_width = centred.cols() <= centred.rows();
  const Eigen::MatrixXd square = by_width ? Eigen::MatrixXd(centred.transpose() * centred)
                                          : Eigen::MatrixXd(centred * centred.transpose());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solved(square);  // eigenvalues ascending
  const Eigen::Index count = std::min<Eigen::Index>(kShownComponents, square.rows());
  for (Eigen::Index c = 0; c < count; ++c) {
    const Eigen::Index at = square.rows() - 1 - c;
    const double value = std::max(0.0, solved.eigenvalues()(at));
    Eigen::VectorXd coordinates = by_width
                                      ? Eigen::VectorXd(centred * solved.eigenvectors().col(at))
                                      : Eigen::VectorXd(std::sqrt(value) * solved.eigenvectors().col(at));
    settle_sign(coordinates);
    out.coordinates.row(c) = coordinates.transpose().cast<float>();
    out.shares[static_cast<std::size_t>(c)] = value / whole;
  }
  return out;
}

}  // namespace regard
