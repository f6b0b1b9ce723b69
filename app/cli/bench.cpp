// `regard bench`: how fast it is here, each time beside the limit that this machine showed in the same run.
#include "core/engine/bench.h"

#include <fmt/format.h>

#include "app/cli/frames.h"
#include "app/cli/options.h"
#include "core/engine/bench_goals.h"
#include "core/engine/bench_opening.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"
#include "core/tensor/heap.h"

namespace regard::cli {
namespace {

constexpr std::string_view kPrompt = "Un chat rouge poursuit une souris grise";

Json report_json(const BenchReport& report) {
  const MachineLimits& limits = report.limits;
  Json out{{"limits",
            {{"instructions", limits.instructions},
             {"fma_gflops", limits.fma_gflops},
             {"dram_read_gb_s", limits.dram_read_gb_s}}}};
  Json& rows = out["rows"] = Json::array();
  for (const BenchRow& row : report.rows) {
    rows.push_back({{"name", row.name},
                    {"tokens", row.tokens},
                    {"min_ms", row.min_ms},
                    {"median_ms", row.median_ms},
                    {"gflop", row.gflop},
                    {"gflops", row.gflops},
                    {"share_of_fma", row.share_of_fma},
                    {"weight_mb", row.weight_mb},
                    {"limit_ms", row.limit_ms}});
  }
  Json& pictures = out["pictures"] = Json::array();
  for (const PictureRow& row : report.pictures) {
    pictures.push_back({{"name", row.name},
                        {"steps", row.steps},
                        {"threads", row.threads},
                        {"min_wall_ms", row.min_ms},
                        {"median_wall_ms", row.median_ms},
                        {"kept_mb", row.kept_mb},
                        {"resident_mb", row.resident_mb}});
  }
  return out;
}

std::string report_text(const BenchReport& report) {
  const MachineLimits& limits = report.limits;
  std::string out =
      fmt::format("One thread here, {}: {:.1f} GFLOP/s multiply-add, {:.1f} GB/s from memory.\n\n",
                  limits.instructions, limits.fma_gflops, limits.dram_read_gb_s);
  out += fmt::format("{:<32} {:>6} {:>10} {:>10} {:>10} {:>9} {:>8}\n", "one forward pass, all maps kept",
                     "tokens", "min ms", "median ms", "limit ms", "GFLOP/s", "of peak");
  for (const BenchRow& row : report.rows) {
    out +=
        fmt::format("{:<32} {:>6} {:>10.3f} {:>10.3f} {:>10.3f} {:>9.1f} {:>7.0f}%\n", row.name, row.tokens,
                    row.min_ms, row.median_ms, row.limit_ms, row.gflops, 100.0 * row.share_of_fma);
  }
  out += "\nTimes are CPU time of the thread. Limit: arithmetic at the peak, or reading the weights once.\n";
  for (const PictureRow& row : report.pictures) {
    out += fmt::format(
        "\n{}: min {:.0f} ms, median {:.0f} ms of wall time on {} threads;\n"
        "{:.0f} MB of q, k, v and maps held, {:.0f} MB more resident with the picture held.\n",
        row.name, row.min_ms, row.median_ms, row.threads, row.kept_mb, row.resident_mb);
  }
  return out;
}

Json goals_json(const std::vector<GoalRow>& goals) {
  Json out = Json::array();
  for (const GoalRow& row : goals) {
    out.push_back({{"goal", row.goal},
                   {"what", row.what},
                   {"value", row.value},
                   {"median", row.median},
                   {"unit", row.unit},
                   {"aim", row.aim},
                   {"at_least", row.at_least},
                   {"met", row.met()}});
  }
  return out;
}

std::string goals_text(const std::vector<GoalRow>& goals) {
  std::string out = fmt::format("\n{:<7} {:<56} {:>9} {:>9} {:>11}\n", "goal", "", "here", "median", "aim");
  for (const GoalRow& row : goals) {
    const std::string aim = fmt::format("{} {:g}", row.at_least ? ">=" : "<=", row.aim);
    const std::string median = row.median > 0.0 ? fmt::format("{:.3f}", row.median) : "";
    out += fmt::format("{:<7} {:<56} {:>9.3f} {:>9} {:>11} {:<14} {}\n", row.goal, row.what, row.value,
                       median, aim, row.unit, row.met() ? "met" : "missed");
  }
  return out + "Ratios to other programs: tests/bench.\n";
}

Json frames_json(const FrameReport& report) {
  Json out{{"drawn_by", report.drawn_by}, {"weights", "random"}};
  Json& rows = out["frames"] = Json::array();
  for (const FrameRow& row : report.rows) {
    rows.push_back(
        {{"what", row.what},
         {"positions", row.positions},
         {"doing", row.doing},
         {"frames", row.frames},
         {"program_ms", {{"p50", row.program.p50}, {"p99", row.program.p99}, {"max", row.program.most}}},
         {"whole_ms", {{"p50", row.whole.p50}, {"p99", row.whole.p99}, {"max", row.whole.most}}}});
  }
  Json& memory = out["memory"] = Json::array();
  for (const FrameMemory& row : report.memory)
    memory.push_back({{"what", row.what},
                      {"weights_mb", row.weights_mb},
                      {"run_mb", row.run_mb},
                      {"resident_before_mb", row.before_mb},
                      {"resident_after_mb", row.after_mb}});
  return out;
}

std::string frames_text(const FrameReport& report) {
  std::string out = fmt::format(
      "CPU milliseconds a frame of the thread that draws, random weights, 12 layers x 12 heads, 1280x800.\n"
      "program: answers, views, textures, panels; whole: with drawing, here by {}.\n"
      "60 frames a second leave 16.7 ms.\n\n{:<10} {:<28} {:>7} {:>10} {:>10} {:>10} {:>10} {:>10}\n",
      report.drawn_by, "", "", "frames", "program", "p99", "most", "whole p50", "p99");
  for (const FrameRow& row : report.rows) {
    out += fmt::format("{:<10} {:<28} {:>7} {:>10.2f} {:>10.2f} {:>10.2f} {:>10.2f} {:>10.2f}\n", row.what,
                       row.doing, row.frames, row.program.p50, row.program.p99, row.program.most,
                       row.whole.p50, row.whole.p99);
  }
  for (const FrameMemory& row : report.memory) {
    out += fmt::format(
        "\n{}: {:.0f} MB of weights, {:.0f} MB of q, k, v, maps and hidden states of the run; resident "
        "{:.0f} MB "
        "before the\nfirst frame asked for anything, {:.0f} MB after the last.\n",
        row.what, row.weights_mb, row.run_mb, row.before_mb, row.after_mb);
  }
  return out;
}

Json drag_json(const DragReport& report) {
  Json out{{"drawn_by", report.drawn_by}};
  Json& rows = out["drags"] = Json::array();
  for (const DragRow& row : report.rows)
    rows.push_back({{"what", row.what},
                    {"word", row.word},
                    {"events", row.events},
                    {"frames", row.frames},
                    {"shown", row.shown},
                    {"event_to_texture_ms", {{"p50", row.p50}, {"p99", row.p99}, {"max", row.most}}}});
  return out;
}

std::string drag_text(const DragReport& report) {
  std::string out = fmt::format(
      "Milliseconds of wall time from a move of the mouse to the frame whose textures show its weight or a\n"
      "later one; a report of the mouse in 8 ms, 1280x800, drawn by {}.\n\n",
      report.drawn_by);
  out += fmt::format("{:<30} {:>8} {:>8} {:>8} {:>10} {:>10} {:>10}\n", "dragging a weight", "weights",
                     "frames", "shown", "p50", "p99", "most");
  for (const DragRow& row : report.rows)
    out += fmt::format("{:<30} {:>8} {:>8} {:>8} {:>10.2f} {:>10.2f} {:>10.2f}\n", row.what, row.events,
                       row.frames, row.shown, row.p50, row.p99, row.most);
  return out;
}

Json opening_json(const std::vector<OpeningRow>& rows) {
  Json out = Json::array();
  for (const OpeningRow& row : rows)
    out.push_back({{"what", row.picture ? "picture" : "text"},
                   {"from_disk", row.from_disk},
                   {"file_mb", row.file_mb},
                   {"tokens", row.tokens},
                   {"layers", row.layers},
                   {"opened_ms", row.opened_ms},
                   {"first_map_ms", row.first_ms},
                   {"whole_ms", row.whole_ms}});
  return {{"openings", out}};
}

std::string opening_text(const std::vector<OpeningRow>& rows) {
  std::string out = fmt::format(
      "Milliseconds of wall time; files of {:.0f} MB. From disk: the system was asked to let go of them.\n\n"
      "{:<22} {:>7} {:>7} {:>10} {:>10} {:>12}\n",
      rows.front().file_mb, "", "tokens", "layers", "opened", "first map", "all layers");
  for (const OpeningRow& row : rows)
    out += fmt::format(
        "{:<22} {:>7} {:>7} {:>10.0f} {:>10.0f} {:>12.0f}\n",
        fmt::format("{}, from {}", row.picture ? "picture" : "text", row.from_disk ? "disk" : "memory"),
        row.tokens, row.layers, row.opened_ms, row.first_ms, row.whole_ms);
  return out;
}

Result<int> bench_opening(const Options& options, bool json) {
  REGARD_TRY(const auto folder, model_folder(options));
  REGARD_TRY(const auto rows, measure_opening(folder, kPrompt));
  return print(json ? opening_json(rows).dump(1) + "\n" : opening_text(rows));
}

Result<int> bench(const Options& options, bool json, bool passes) {
  REGARD_TRY(const auto model, open_model(options));
  std::vector<int> ids;
  for (const Token& token : tokenize_whole_prompt(*model, kPrompt, Syntax::kA1111).tokens)
    ids.push_back(token.id);
  if (passes) {
    const BenchReport report = run_bench(model->encoder, ids);
    return print(json ? report_json(report).dump(1) + "\n" : report_text(report));
  }
  // The picture first: memory that was freed would be used again and not be counted.
  std::vector<PictureRow> pictures;
  REGARD_TRY(const auto folder, model_folder(options));
  const auto painter = open_paint_model(folder, model);
  if (painter) {  // a model that only reads draws no picture
    REGARD_TRY(auto picture, time_picture(*painter, kPrompt));
    pictures.push_back(std::move(picture));
  }
  BenchReport report = run_bench(model->encoder, ids);
  report.pictures = std::move(pictures);
  REGARD_TRY(const auto goals,
             measure_goals(model->encoder, ids, painter ? *painter : nullptr, report.limits));
  if (!json) return print(report_text(report) + goals_text(goals));
  Json out = report_json(report);
  out["goals"] = goals_json(goals);
  return print(out.dump(1) + "\n");
}

}  // namespace

Action add_bench(CLI::App& app) {
  struct Asked {
    Options shared;
    bool json = false, passes = false, frames = false, drag = false, opening = false;
  };
  auto asked = std::make_shared<Asked>();
  app.add_flag("--json", asked->json, "JSON instead of a table");
  app.add_flag("--passes", asked->passes, "Only the forward passes of texts; ten seconds");
  app.add_flag("--frames", asked->frames,
               "Instead: CPU time of the window's frames at 512 tokens and at 1370 patches, each 12 layers x "
               "12 heads, "
               "with random weights; a minute or two and 1.5 GB")
      ->excludes("--passes");
  app.add_flag("--drag", asked->drag,
               "Instead: a weight is dragged in the window, and how long its maps take to be on the card; "
               "half a minute")
      ->excludes("--frames")
      ->excludes("--passes");
  app.add_flag("--opening", asked->opening,
               "Instead: how long a folder takes to its first map and to all, from disk and from memory")
      ->excludes("--drag")
      ->excludes("--frames")
      ->excludes("--passes");
  add_model(app, asked->shared);
  app.footer("Takes about a minute and 700 MB.");
  return [asked]() -> Result<int> {
    keep_memory_for_runs();  // as the window does
    if (asked->opening) return bench_opening(asked->shared, asked->json);
    if (!asked->frames && !asked->drag) return bench(asked->shared, asked->json, asked->passes);
    if (!asked->shared.model.empty())
      return fail(ErrorCode::kFormat, "--model: expected none beside {}, which has its own, got {}",
                  asked->drag ? "--drag" : "--frames", quote(asked->shared.model));
    if (asked->drag) {
      REGARD_TRY(const DragReport report, measure_drag());
      return print(asked->json ? drag_json(report).dump(1) + "\n" : drag_text(report));
    }
    REGARD_TRY(const FrameReport report, measure_frames());
    return print(asked->json ? frames_json(report).dump(1) + "\n" : frames_text(report));
  };
}

}  // namespace regard::cli
