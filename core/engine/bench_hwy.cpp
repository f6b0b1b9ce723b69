// What this machine can do at best: multiply-adds that wait for nothing, and reading memory that no cache
// holds.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/engine/bench_hwy.cpp"
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#include <hwy/foreach_target.h>
//
#include <algorithm>
#include <ctime>
#include <vector>

#include <hwy/highway.h>

#include "core/engine/bench.h"

HWY_BEFORE_NAMESPACE();
namespace regard::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
constexpr int kChains = 12;  // independent sums: enough to hide the latency of every core there is

// Flops done; `sink` keeps the compiler from leaving the work out.
double fma_burst(int rounds, float& sink) {
  const Floats d;
  hn::Vec<Floats> sum[kChains];
  for (int i = 0; i < kChains; ++i) sum[i] = hn::Set(d, static_cast<float>(i));
  const auto a = hn::Set(d, 0.9999f), b = hn::Set(d, 0.5f);
  for (int r = 0; r < rounds; ++r) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sum[i] = hn::MulAdd(sum[i], a, b);
  }
  for (int i = 0; i < kChains; ++i) sink += hn::GetLane(hn::SumOfLanes(d, sum[i]));
  return 2.0 * kChains * static_cast<double>(hn::Lanes(d)) * rounds;
}

float sum_of(const float* x, std::size_t count) {  // count: a multiple of 4 * Lanes
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  for (std::size_t i = 0; i < count; i += 4 * lanes) {
    s0 = hn::Add(s0, hn::LoadU(d, x + i));
    s1 = hn::Add(s1, hn::LoadU(d, x + i + lanes));
    s2 = hn::Add(s2, hn::LoadU(d, x + i + 2 * lanes));
    s3 = hn::Add(s3, hn::LoadU(d, x + i + 3 * lanes));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

std::string target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace regard::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace regard {

HWY_EXPORT(fma_burst);
HWY_EXPORT(sum_of);
HWY_EXPORT(target_name);

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

MachineLimits measure_limits() {
  MachineLimits limits;
  limits.instructions = HWY_DYNAMIC_DISPATCH(target_name)();
  volatile float kept = 0.0f;
  float sink = 0.0f;
  for (int i = 0; i < 30; ++i) {
    const double start = cpu_seconds();
    const double flops = HWY_DYNAMIC_DISPATCH(fma_burst)(500'000, sink);
    limits.fma_gflops = std::max(limits.fma_gflops, flops / (cpu_seconds() - start) * 1e-9);
  }
  const std::vector<float> buffer(std::size_t{1} << 26, 1.0f);  // 268 MB
  for (int i = 0; i < 5; ++i) {
    const double start = cpu_seconds();
    sink += HWY_DYNAMIC_DISPATCH(sum_of)(buffer.data(), buffer.size());
    const double bytes = static_cast<double>(buffer.size()) * sizeof(float);
    limits.dram_read_gb_s = std::max(limits.dram_read_gb_s, bytes / (cpu_seconds() - start) * 1e-9);
  }
  kept = sink;
  static_cast<void>(kept);
  return limits;
}

}  // namespace regard
#endif  // HWY_ONCE
