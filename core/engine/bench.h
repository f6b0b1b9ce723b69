// The program times itself: each figure beside the limit this machine showed in the same run.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/paint_model.h"
#include "core/models/clip_text.h"
#include "core/models/vit.h"
#include "core/tensor/threads.h"

namespace regard {

/// What one thread of this machine can do. Times are CPU time of the thread, so a busy neighbour costs less.
struct MachineLimits {
  std::string instructions;   // what Highway chose: "AVX3", "AVX2", "SSE4", "NEON", ...
  double fma_gflops = 0;      // float32 multiply-add peak, 2 flops each
  double dram_read_gb_s = 0;  // 1e9 bytes a second, over a buffer far larger than the caches
};

struct BenchRow {
  std::string name;
  int tokens = 0;
  double min_ms = 0, median_ms = 0;  // CPU time of one forward pass that keeps every map
  double gflop = 0;                  // arithmetic of that pass: products only
  double gflops = 0;                 // at min_ms
  double share_of_fma = 0;           // gflops / MachineLimits::fma_gflops, in [0, 1]
  double weight_mb = 0;              // what a pass reads of weights, 1e6 bytes
  /// The least a pass can take: arithmetic at the FMA peak, or reading the weights once when no cache holds
  /// them.
  double limit_ms = 0;
};

/// A guided picture of the built-in model, every map of both halves of every step kept until the end.
struct PictureRow {
  std::string name;
  int steps = 0, threads = 0;
  double min_ms = 0, median_ms = 0;  // wall time, words to picture: the halves of a step run side by side
  double kept_mb = 0;      // 1e6 bytes of q, k, v, scores and attention that the run holds: computed
  double resident_mb = 0;  // 1e6 bytes that the first picture, still held, added to resident memory
};

struct BenchReport {
  MachineLimits limits;
  std::vector<BenchRow> rows;
  std::vector<PictureRow> pictures;  // empty when nothing that draws was given
};

/// So many threads while it lives.
class WithThreads {
 public:
  explicit WithThreads(int count) { set_threads(count); }
  ~WithThreads() { set_threads(before_); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int before_ = threads();
};

/// Runs for about half a second. Thread: any; uses this one only.
MachineLimits measure_limits();

/// CPU time of the calling thread, milliseconds.
double thread_cpu_ms();

/// A vision transformer with random weights of a plausible size. @param seed  any
Vit random_vit(const VitConfig& config, unsigned seed);

/// A CLIP text tower with random weights of a plausible size. @param seed  any
/// @param halves  rounded to float16, as a checkpoint in half precision has them
ClipText random_clip_text(const ClipTextConfig& config, unsigned seed, bool halves = false);

/// CLIP ViT-L/14's text tower but for the vocabulary: 12 layers, 12 heads, 768, 3072; 1,000 entries, since
/// the table is only looked up in. 340 MB.
ClipTextConfig clip_l_text_config();

/// Repeats one forward pass for at least `seconds` and 9 times. @param ids  the prompt, valid for the model
BenchRow time_clip_text(std::string name, const ClipText& model, std::span<const int> ids,
                        const MachineLimits& limits, double seconds = 1.0);

/// Draws `prompt` in 24 steps, `times` times over. Errors: shape (a model that refuses). Thread: any; two at
/// work.
Result<PictureRow> time_picture(const std::shared_ptr<const PaintModel>& model, std::string_view prompt,
                                int times = 5);

/// The text towers of `regard bench`: the built-in model at `ids`, a random CLIP-L text tower at 12 and at 77
/// tokens. Cost: about 10 s and 700 MB. Thread: any; uses this one only.
BenchReport run_bench(const ClipText& built_in, std::span<const int> ids);

}  // namespace regard
