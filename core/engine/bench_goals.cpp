#include "core/engine/bench_goals.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <thread>
#include <utility>

#include "core/attention/attend.h"
#include "core/base/check.h"
#include "core/engine/paint.h"

namespace regard {
namespace {

struct Times {
  double least = 0, median = 0;  // milliseconds
};

double wall_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Nine times or more, for at least `seconds`. @param clock  milliseconds
Times time(const std::function<void()>& work, double seconds, double (*clock)() = thread_cpu_ms) {
  std::vector<double> times;
  const double start = clock();
  while (times.size() < 9 || clock() - start < 1e3 * seconds) {
    const double before = clock();
    work();
    times.push_back(clock() - before);
  }
  std::ranges::sort(times);
  return {times.front(), times[times.size() / 2]};
}

GoalRow at_most(std::string goal, std::string what, const Times& times, double aim) {
  return {std::move(goal), std::move(what), "ms", times.least, times.median, aim, false};
}

GoalRow share(std::string goal, std::string what, double value, double aim) {
  return {std::move(goal), std::move(what), "% of the limit", 100.0 * value, 0.0, 100.0 * aim, true};
}

// Ids of a prompt for the tower of clip_l_text_config().
std::vector<int> any_prompt(int tokens) {
  std::vector<int> ids;
  for (int i = 0; i + 1 < tokens; ++i) ids.push_back((37 * i + 1) % 999);
  ids.push_back(999);
  return ids;
}

// (i), (v): what a key press and a weight cost while the run before it is on the screen.
void add_built_in(const ClipText& model, std::span<const int> ids, std::vector<GoalRow>& out) {
  const auto run = [&] { REGARD_CHECK(model.run(ids).has_value()); };
  out.push_back(at_most("(i)", "built-in text, every map", time(run, 0.5), 0.5));
  std::vector<int> other(ids.begin(), ids.end());
  other[other.size() - 2] = other[other.size() - 3];
  const auto held = model.run(other);
  out.push_back(at_most("(i)", "the same, its last word typed", time(run, 0.5), 0.5));
}

// (ii), (iii), (v): the tower of CLIP ViT-L/14.
void add_clip(const MachineLimits& limits, bool halves, std::vector<GoalRow>& out) {
  const ClipText model = random_clip_text(clip_l_text_config(), 1, halves);
  const std::string kept = halves ? ", float16" : ", float32";
  BenchRow row;
  for (const int tokens : {12, 77}) {
    const std::vector<int> ids = any_prompt(tokens);
    row = time_clip_text("", model, ids, limits, 2.0);
    out.push_back(share(tokens == 12 ? "(ii)" : "(iii)",
                        fmt::format("CLIP ViT-L/14 text, {} tokens{}", tokens, kept),
                        row.limit_ms / row.min_ms, tokens == 12 ? 0.6 : 0.7));
  }
  const std::vector<int> ids = any_prompt(77);
  const auto shown = model.run(ids);
  const auto again = [&] { REGARD_CHECK(model.run(ids).has_value()); };
  out.push_back(at_most("(v)", "77 tokens" + kept + ", a weight behind the encoder", time(again, 0.2), 1.0));
  const int last = model.config().layers - 1;
  const auto off = [&] { REGARD_CHECK(model.run(ids, {.heads_off = {{last, 0}}}).has_value()); };
  out.push_back(share("(v)", "77 tokens" + kept + ", a head off: its layer alone",
                      row.limit_ms / model.config().layers / time(off, 0.5).least, 0.6));
}

double gflop_of(const VitConfig& c, double tokens) {
  const double d = c.width, f = c.mlp_width;
  return 1e-9 * c.layers * (2.0 * tokens * (4.0 * d * d + 2.0 * d * f) + 4.0 * tokens * tokens * d);
}

// (vi): maps of all layers, of a part of a model's layers that is soon computed.
Result<void> add_vit(std::string what, const VitConfig& config, const MachineLimits& limits,
                     std::vector<GoalRow>& out) {
  const Vit model = random_vit(config, 2);
  const std::size_t side = static_cast<std::size_t>(config.image_width);
  const std::vector<float> pixels(3 * side * side, 0.3f);
  const double tokens = config.specials() + config.rows() * config.columns();
  std::vector<double> times;
  for (int i = 0; i < 3; ++i) {
    const double before = thread_cpu_ms();
    REGARD_TRY(const VitOutput run, model.run(pixels, config.image_width, config.image_height));
    times.push_back(thread_cpu_ms() - before);
  }
  const double limit_ms = gflop_of(config, tokens) / limits.fma_gflops * 1e3;
  out.push_back(share("(vi)", std::move(what), limit_ms / *std::ranges::min_element(times), 0.7));
  return {};
}

Result<void> add_pictures(const MachineLimits& limits, std::vector<GoalRow>& out) {
  VitConfig large{.layers = 3, .heads = 16, .width = 1024, .mlp_width = 4096, .patch = 14};
  REGARD_TRY_DO(add_vit("ViT-L/14, 257 tokens, 3 of its 24 layers", large, limits, out));
  VitConfig small{.layers = 2,
                  .heads = 6,
                  .width = 384,
                  .mlp_width = 1536,
                  .image_width = 518,
                  .image_height = 518,
                  .patch = 14};
  return add_vit("DINOv2-S, 1370 tokens, 2 of its 12 layers", small, limits, out);
}

AttentionRecord random_record(int tokens, double kept_bytes) {
  AttentionRecord record({1, 1, tokens, tokens, 64}, kept_bytes);
  record.query(0, 0).setRandom();
  record.key(0, 0).setRandom();
  record.value(0, 0).setRandom();
  return record;
}

// (vii), (ix): attention that gives its maps, at once or later.
void add_attention(std::vector<GoalRow>& out) {
  Matrix passed(1370, 64);
  AttentionRecord keeps = random_record(1370, 1e12), drops = random_record(1370, 0);
  const Times with = time([&] { attend(keeps, 0, 0, passed); }, 0.3);
  const Times without = time([&] { attend(drops, 0, 0, passed); }, 0.3);
  out.push_back({"(vii)", "1370 tokens, scores and attention kept against neither", "x",
                 with.least / without.least, 0.0, 1.2, false});
  AttentionRecord large = random_record(4429, 0);
  Matrix given(4429, 64);
  attend(large, 0, 0, given);
  out.push_back(
      at_most("(ix)", "4429 tokens, a row of a head", time([&] { large.attention_row(0, 0, 7); }, 0.1), 1.0));
  out.push_back(
      at_most("(ix)", "4429 tokens, a column", time([&] { large.attention_column(0, 0, 7); }, 0.1), 1.0));
  out.push_back(
      at_most("(ix)", "4429 tokens, the whole head", time([&] { large.attention_map(0, 0); }, 0.1), 50.0));
}

// Products of one half of a step.
double gflop_of(const MmditConfig& c, double patches, double text) {
  const double d = c.width(), tokens = patches + text;
  const double text_ends = 18.0 * text * d * d;  // no output and no MLP for the text of the last block
  return 1e-9 * (c.layers * (24.0 * tokens * d * d + 4.0 * tokens * tokens * d) - text_ends);
}

// (viii): one guided picture on two threads.
Result<void> add_painting(const std::shared_ptr<const PaintModel>& model, const MachineLimits& limits,
                          std::vector<GoalRow>& out) {
  const WithThreads two(2);
  double first = 0.0, whole = 1e300, gflop = 0.0;
  for (int i = 0; i < 3; ++i) {
    const double before = wall_ms();
    double first_here = 0.0;
    const PaintSeen seen = [&](const PaintStep&) {
      if (first_here == 0.0) first_here = wall_ms() - before;
    };
    REGARD_TRY(const auto run, run_paint({.model = model,
                                          .prompt = "Un chat rouge poursuit une souris grise",
                                          .negative = {},
                                          .steps = 24},
                                         seen));
    const double took = wall_ms() - before;
    if (took < whole) {
      whole = took;
      first = first_here;
    }
    gflop = 24.0 * (gflop_of(model->mmdit.config(), run->patches(), std::ssize(run->prompt.tokens)) +
                    gflop_of(model->mmdit.config(), run->patches(), std::ssize(run->negative.tokens)));
  }
  out.push_back(share("(viii)", "a guided picture, 24 steps, all maps, 2 threads",
                      gflop / (2.0 * limits.fma_gflops) * 1e3 / whole, 0.5));
  out.push_back({"(viii)", "its first step, of the whole time", "%", 100.0 * first / whole, 0.0, 5.0, false});
  return {};
}

// (x): two threads while another one takes a processor, against one thread.
void add_contention(std::vector<GoalRow>& out) {
  ClipTextConfig config = clip_l_text_config();
  config.layers = 4;
  const ClipText model = random_clip_text(config, 1);
  const std::vector<int> ids = any_prompt(77);
  const auto run = [&] { REGARD_CHECK(model.run(ids).has_value()); };
  Times alone, shared;
  {
    const WithThreads one(1);
    alone = time(run, 1.0, wall_ms);
  }
  {
    const WithThreads two(2);
    std::atomic<bool> stop = false;
    const std::jthread busy([&stop] {
      while (!stop) {
      }
    });
    shared = time(run, 1.0, wall_ms);
    stop = true;
  }
  out.push_back({"(x)", "2 threads, a processor taken, against 1 thread", "x", shared.median / alone.median,
                 0.0, 1.4, false});
}

}  // namespace

Result<std::vector<GoalRow>> measure_goals(const ClipText& built_in, std::span<const int> ids,
                                           const std::shared_ptr<const PaintModel>& painter,
                                           const MachineLimits& limits) {
  std::vector<GoalRow> out;
  {
    const WithThreads alone(1);  // CPU time of the thread is then that of the work
    add_built_in(built_in, ids, out);
    for (const bool halves : {false, true}) add_clip(limits, halves, out);
    REGARD_TRY_DO(add_pictures(limits, out));
    add_attention(out);
  }
  if (painter != nullptr) REGARD_TRY_DO(add_painting(painter, limits, out));
  add_contention(out);
  return out;
}

}  // namespace regard
