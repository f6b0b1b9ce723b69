#include "core/engine/bench.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <utility>

#include "core/base/check.h"
#include "core/engine/paint.h"
#include "core/tensor/threads.h"

namespace regard {

namespace {

constexpr double kCacheMb = 32.0;  // weights below this are taken to stay in a cache between passes

// Numbers in [-spread, spread). Not for statistics: only the time matters, and that no value is special.
class Noise {
 public:
  explicit Noise(unsigned seed, bool halves = false) : state_(seed * 2654435761u + 12345u), halves_(halves) {}
  void fill(float* values, Eigen::Index count, float spread) {
    for (Eigen::Index i = 0; i < count; ++i) {
      state_ = state_ * 1664525u + 1013904223u;
      values[i] = spread * (static_cast<float>(state_ >> 8) * (2.0f / 16777216.0f) - 1.0f);
    }
  }
  Matrix matrix(int rows, int cols, float spread) {
    Matrix m(rows, cols);
    fill(m.data(), m.size(), spread);
    return m;
  }
  Linear linear(int in, int out) {
    Linear layer{matrix(out, in, 1.0f / std::sqrt(static_cast<float>(in))), RowVector(out), {}};
    if (halves_) layer.weight = layer.weight.cast<Eigen::half>().cast<float>().eval();
    fill(layer.bias.data(), out, 0.02f);
    prepare(layer);  // at once, so that only one layer is ever held twice
    return layer;
  }
  static LayerNorm norm(int width) { return {RowVector::Ones(width), RowVector::Zero(width)}; }

 private:
  std::uint32_t state_;
  bool halves_;  // weights are float16 numbers
};

// Products of one pass over T tokens: four D x D, two D x F, and q k^T and attention v of every head.
double gflop_of(const ClipTextConfig& c, double tokens) {
  const double d = c.width, f = c.mlp_width;
  return 1e-9 * c.layers * (2.0 * tokens * (4.0 * d * d + 2.0 * d * f) + 4.0 * tokens * tokens * d);
}

double weight_mb_of(const ClipTextWeights& weights) {
  double bytes = 0.0;
  for (int i = 0; i < weights.layers.size(); ++i) {
    const ClipTextLayer& layer = weights.layers.at(i);
    for (const Linear* part :
         {&layer.query, &layer.key, &layer.value, &layer.out, &layer.mlp_in, &layer.mlp_out}) {
      const PackedMatrix& b = part->packed;
      bytes += (b.kind == PackedMatrix::Kind::kF32 ? 4.0 : 2.0) * b.in * b.out;
    }
  }
  return 1e-6 * bytes;
}

double resident_bytes() {
  double all = 0.0, resident = 0.0;  // pages; 0 where there is no /proc
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

double thread_cpu_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e3 * static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_nsec);
}

Vit random_vit(const VitConfig& config, unsigned seed) {
  Noise noise(seed);
  VitWeights weights;
  const int d = config.width;
  weights.patch = noise.linear(config.channels * config.patch * config.patch, d);
  weights.specials = noise.matrix(config.specials(), d, 0.5f);
  weights.positions = noise.matrix(config.rows() * config.columns(), d, 0.5f);
  for (int i = 0; i < config.layers; ++i) {
    VitLayer layer{Noise::norm(d), Noise::norm(d), {}, {}, {}, {}, {}, {}, {}, {}};
    for (Linear* part : {&layer.query, &layer.key, &layer.value, &layer.out}) *part = noise.linear(d, d);
    layer.mlp_in = noise.linear(d, config.mlp_width);
    layer.mlp_out = noise.linear(config.mlp_width, d);
    weights.layers.push_back(std::move(layer));
  }
  weights.final_norm = Noise::norm(d);
  return {config, std::move(weights)};
}

ClipText random_clip_text(const ClipTextConfig& config, unsigned seed, bool halves) {
  Noise noise(seed, halves);
  ClipTextWeights weights;
  weights.token_embedding = noise.matrix(config.vocab, config.width, 1.0f);
  weights.position_embedding = noise.matrix(config.positions, config.width, 0.1f);
  for (int i = 0; i < config.layers; ++i) {
    ClipTextLayer layer{Noise::norm(config.width), Noise::norm(config.width), {}, {}, {}, {}, {}, {}};
    for (Linear* part : {&layer.query, &layer.key, &layer.value, &layer.out}) {
      *part = noise.linear(config.width, config.width);
    }
    layer.mlp_in = noise.linear(config.width, config.mlp_width);
    layer.mlp_out = noise.linear(config.mlp_width, config.width);
    weights.layers.push_back(std::move(layer));
  }
  weights.final_norm = Noise::norm(config.width);
  return ClipText(config, std::move(weights));
}

ClipTextConfig clip_l_text_config() {
  ClipTextConfig config;
  config.layers = 12;
  config.heads = 12;
  config.width = 768;
  config.mlp_width = 3072;
  config.vocab = 1000;
  config.positions = 77;
  config.projection = 0;
  config.eos_id = 999;
  return config;
}

BenchRow time_clip_text(std::string name, const ClipText& model, std::span<const int> ids,
                        const MachineLimits& limits, double seconds) {
  std::vector<double> times;
  const double start = thread_cpu_ms();
  while (times.size() < 9 || thread_cpu_ms() - start < 1e3 * seconds) {
    const double before = thread_cpu_ms();
    const auto out = model.run(ids);
    times.push_back(thread_cpu_ms() - before);
    REGARD_CHECK(out.has_value());
  }
  std::ranges::sort(times);
  BenchRow row;
  row.name = std::move(name);
  row.tokens = static_cast<int>(ids.size());
  row.min_ms = times.front();
  row.median_ms = times[times.size() / 2];
  row.gflop = gflop_of(model.config(), static_cast<double>(ids.size()));
  row.gflops = row.gflop / row.min_ms * 1e3;
  row.share_of_fma = row.gflops / limits.fma_gflops;
  row.weight_mb = weight_mb_of(model.weights());
  row.limit_ms = row.gflop / limits.fma_gflops * 1e3;
  if (row.weight_mb > kCacheMb) row.limit_ms = std::max(row.limit_ms, row.weight_mb / limits.dram_read_gb_s);
  return row;
}

Result<PictureRow> time_picture(const std::shared_ptr<const PaintModel>& model, std::string_view prompt,
                                int times) {
  PictureRow row{.name = "a guided picture, 24 steps, all maps kept", .steps = 24, .threads = 2};
  const WithThreads two(row.threads);  // as its peer in tests/bench
  std::vector<double> elapsed;
  for (int i = 0; i < times; ++i) {
    const double before = resident_bytes();
    REGARD_TRY(
        const auto run,
        run_paint({.model = model, .prompt = std::string(prompt), .negative = {}, .steps = row.steps}));
    elapsed.push_back(run->elapsed_ms);
    if (i > 0) continue;
    row.resident_mb = 1e-6 * (resident_bytes() - before);
    row.kept_mb = 1e-6 * run->trace.record_bytes();
  }
  std::ranges::sort(elapsed);
  row.min_ms = elapsed.front();
  row.median_ms = elapsed[elapsed.size() / 2];
  return row;
}

BenchReport run_bench(const ClipText& built_in, std::span<const int> ids) {
  const WithThreads alone(1);  // CPU time of the thread is then that of the work
  BenchReport report;
  report.limits = measure_limits();
  report.rows.push_back(time_clip_text("built-in model", built_in, ids, report.limits));
  const ClipText large = random_clip_text(clip_l_text_config(), 1);
  std::vector<int> prompt(77);
  for (int i = 0; i < 77; ++i) prompt[static_cast<std::size_t>(i)] = (37 * i + 1) % 999;
  for (const std::size_t tokens : {std::size_t{12}, std::size_t{77}}) {
    prompt[tokens - 1] = large.config().eos_id;
    report.rows.push_back(time_clip_text("random CLIP ViT-L/14 text tower", large,
                                         std::span(prompt).first(tokens), report.limits, 3.0));
  }
  return report;
}

}  // namespace regard
