#include "core/engine/bench_opening.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "core/analysis/map_query.h"
#include "core/engine/model_folder.h"
#include "core/engine/text_run.h"
#include "core/engine/vision_run.h"
#include "core/models/tensor_files.h"

namespace regard {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kSide = 224;  // of the picture, pixels; any content takes as long

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// The files that a tower is read from, wherever in the folder they lie.
std::vector<fs::path> weights_of(const fs::path& folder, bool picture) {
  std::vector<fs::path> out;
  const auto part = part_of_model(folder, picture ? std::vector<std::string>{"image_encoder", "text_encoder"}
                                                  : std::vector<std::string>{"text_encoder"});
  if (!part) return out;  // opening it says why
  const auto found = find_weights(*part);
  if (!found) return out;
  for (const std::string& name : found->files) out.push_back(*part / name);
  return out;
}

double mb_of(const std::vector<fs::path>& files) {
  double bytes = 0.0;
  for (const fs::path& file : files) {
    std::error_code ignored;
    bytes += static_cast<double>(fs::file_size(file, ignored));
  }
  return 1e-6 * bytes;
}

// Asks the system to let go of what it holds of files. Without effect where it does not.
void forget(const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    ::close(fd);
  }
}

Result<std::shared_ptr<const TextRun>> run_of(std::shared_ptr<const TextModel> model, std::string_view prompt,
                                              const TellText& tell) {
  return run_text({.model = std::move(model), .prompt = std::string(prompt)}, {}, tell);
}

Result<std::shared_ptr<const VisionRun>> run_of(std::shared_ptr<const VisionModel> model, std::string_view,
                                                const TellVision& tell) {
  auto image = std::make_shared<Image>();
  image->width = image->height = kSide;
  image->rgb.assign(std::size_t{3} * kSide * kSide, 128);
  return run_vision({std::move(model), std::move(image)}, {}, tell);
}

template <class Model>
Result<OpeningRow> open_and_run(Result<std::shared_ptr<const Model>> (*open)(const fs::path&),
                                const fs::path& folder, std::string_view prompt) {
  OpeningRow row;
  const Clock::time_point begin = Clock::now();
  REGARD_TRY(auto model, open(folder));
  row.opened_ms = ms_since(begin);
  const auto show = [&](const Trace& trace) {
    if (row.first_ms > 0.0) return;
    if (evaluate(trace, {.heads = {.layer = 0}})) row.first_ms = ms_since(begin);
  };
  REGARD_TRY(const auto run,
             run_of(std::move(model), prompt, [&](const auto& so_far) { show(so_far->trace); }));
  row.whole_ms = ms_since(begin);
  show(run->trace);
  row.tokens = run->trace.shape().queries;
  row.layers = run->trace.shape().layers;
  return row;
}

}  // namespace

Result<std::vector<OpeningRow>> measure_opening(const fs::path& folder, std::string_view prompt) {
  std::vector<OpeningRow> rows;
  for (const bool picture : {false, true}) {
    const std::vector<fs::path> weights = weights_of(folder, picture);
    for (const bool from_disk : {true, false}) {
      if (from_disk) forget(weights);
      auto row = picture ? open_and_run(open_vision_model, folder, prompt)
                         : open_and_run(open_text_model, folder, prompt);
      if (!row) {
        if (picture && rows.empty()) return std::unexpected(std::move(row.error()));
        break;
      }
      row->picture = picture;
      row->from_disk = from_disk;
      row->file_mb = mb_of(weights);
      rows.push_back(*row);
    }
  }
  return rows;
}

}  // namespace regard
