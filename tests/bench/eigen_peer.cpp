// What plain Eigen needs for the same forward passes as `regard bench`: nothing packed, nothing fused, every
// attention map kept. Its own code on purpose: none of core/.
// usage: eigen_peer SECONDS NAME TOKENS LAYERS HEADS WIDTH MLP [NAME ...]   JSON as `regard bench --json`'s
//        rows; CPU time of this one thread. Weights are random: no value makes a product slower.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

double cpu_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e3 * static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_nsec);
}

struct Shape {
  int tokens, layers, heads, width, mlp;
};

struct Linear {
  Matrix weight;  // [out][in]
  Eigen::RowVectorXf bias;
  Linear(int in, int out)
      : weight(Matrix::Random(out, in) / std::sqrt(static_cast<float>(in))),
        bias(0.02f * Eigen::RowVectorXf::Random(out)) {}
  Matrix operator()(const Matrix& x) const {
    Matrix y(x.rows(), weight.rows());
    y.noalias() = x * weight.transpose();
    y.rowwise() += bias;
    return y;
  }
};

struct Layer {
  Linear query, key, value, out, up, down;
  Layer(int width, int mlp)
      : query(width, width),
        key(width, width),
        value(width, width),
        out(width, width),
        up(width, mlp),
        down(mlp, width) {}
};

Matrix normed(const Matrix& x) {
  const Matrix centred = x.colwise() - x.rowwise().mean();
  const Eigen::VectorXf scale = (centred.array().square().rowwise().mean() + 1e-5f).rsqrt().matrix();
  return scale.asDiagonal() * centred;
}

// softmax of every row over the keys up to its own, in three passes
void softmax_causal(Matrix& scores) {
  for (Eigen::Index i = 0; i < scores.rows(); ++i) {
    auto row = scores.row(i).head(i + 1).array();
    row = (row - row.maxCoeff()).exp();
    row /= row.sum();
    scores.row(i).tail(scores.cols() - i - 1).setZero();
  }
}

// @param maps  [layers * heads] of [T][T], kept
Matrix forward(const std::vector<Layer>& layers, Matrix x, int heads, std::vector<Matrix>& maps) {
  const Eigen::Index width = x.cols() / heads;
  const float scale = 1.0f / std::sqrt(static_cast<float>(width));
  maps.clear();
  for (const Layer& layer : layers) {
    const Matrix y = normed(x), q = layer.query(y), k = layer.key(y), v = layer.value(y);
    Matrix mixed(x.rows(), x.cols());
    for (int h = 0; h < heads; ++h) {
      Matrix a(x.rows(), x.rows());
      a.noalias() = scale * q.middleCols(h * width, width) * k.middleCols(h * width, width).transpose();
      softmax_causal(a);
      mixed.middleCols(h * width, width).noalias() = a * v.middleCols(h * width, width);
      maps.push_back(std::move(a));
    }
    x += layer.out(mixed);
    Matrix z = layer.up(normed(x));
    z = z.array() / (1.0f + (-1.702f * z.array()).exp());  // quick GELU
    x += layer.down(z);
  }
  return normed(x);
}

void time_row(const char* name, const Shape& s, double seconds, bool first) {
  std::vector<Layer> layers;
  for (int i = 0; i < s.layers; ++i) layers.emplace_back(s.width, s.mlp);
  const Matrix x = Matrix::Random(s.tokens, s.width);
  std::vector<Matrix> maps;
  std::vector<double> times;
  float sum = 0;
  for (const double start = cpu_ms(); times.size() < 9 || cpu_ms() - start < 1e3 * seconds;) {
    const double before = cpu_ms();
    sum += forward(layers, x, s.heads, maps)(0, 0);
    times.push_back(cpu_ms() - before);
  }
  std::sort(times.begin(), times.end());
  std::printf("%s {\"name\": \"%s\", \"tokens\": %d, \"min_ms\": %.6f, \"median_ms\": %.6f, \"sum\": %g}",
              first ? "" : ",\n", name, s.tokens, times.front(), times[times.size() / 2],
              static_cast<double>(sum));
}

}  // namespace

int main(int count, char** words) {
  if (count < 8 || (count - 2) % 6 != 0) {
    std::fprintf(stderr, "usage: eigen_peer SECONDS NAME TOKENS LAYERS HEADS WIDTH MLP [NAME ...]\n");
    return 2;
  }
  std::printf("{\"peer\": \"Eigen %d.%d.%d\", \"rows\": [", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION,
              EIGEN_MINOR_VERSION);
  for (int i = 2; i < count; i += 6) {
    const auto number = [&](int k) { return std::atoi(words[i + k]); };
    time_row(words[i], {number(1), number(2), number(3), number(4), number(5)}, std::atof(words[1]), i == 2);
  }
  std::printf("]}\n");
}
