#include "core/engine/head_survey.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

#include "core/engine/metric_input.h"
#include "core/engine/truth.h"
#include "core/formats/content.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

std::size_t at(int index) { return static_cast<std::size_t>(index); }

// Of sorted numbers, as numpy.quantile has it.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - static_cast<double>(below));
}

bool says_nothing(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

int HeadSurvey::find(const HeadMetric* metric) const {
  const auto found = std::ranges::find(metrics, metric);
  return found == metrics.end() ? -1 : static_cast<int>(found - metrics.begin());
}

std::vector<double> HeadSurvey::numbers(int metric, int layer, int head) const {
  std::vector<double> out;
  for (const auto& input : values) {
    if (input[at(metric)].size() > 0) out.push_back(input[at(metric)](layer, head));
  }
  return out;
}

std::vector<int> HeadSurvey::ranked(int metric, int layer, int head) const {
  std::vector<int> out;
  for (int i = 0; i < static_cast<int>(values.size()); ++i) {
    if (values[at(i)][at(metric)].size() > 0) out.push_back(i);
  }
  const auto number = [&](int input) {
    const double value = values[at(input)][at(metric)](layer, head);
    return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
  };
  std::ranges::stable_sort(out, std::greater{}, number);
  return out;
}

HeadStatistics statistics_of(std::vector<double> numbers) {
  HeadStatistics out{.n = static_cast<int>(numbers.size())};
  const bool finite = std::ranges::all_of(numbers, [](double one) { return std::isfinite(one); });
  if (numbers.empty() || !finite) {
    out.mean = out.sd = kNoNumber;
    out.deciles.fill(kNoNumber);
    return out;
  }
  std::ranges::sort(numbers);
  for (const double one : numbers) out.mean += one;
  out.mean /= out.n;
  for (const double one : numbers) out.sd += (one - out.mean) * (one - out.mean);
  out.sd = out.n > 1 ? std::sqrt(out.sd / (out.n - 1)) : 0.0;
  for (std::size_t i = 0; i < out.deciles.size(); ++i)
    out.deciles[i] = quantile(numbers, static_cast<double>(i) / 10.0);
  return out;
}

double rank_share(std::span<const double> numbers, double value) {
  double below = 0.0;
  for (const double one : numbers) below += one < value ? 1.0 : one == value ? 0.5 : 0.0;
  return numbers.empty() || std::isnan(value) ? kNoNumber : below / static_cast<double>(numbers.size());
}

Result<HeadSurvey> run_survey(std::vector<std::string> inputs, std::vector<const HeadMetric*> metrics,
                              const MeasureInput& measure, const SurveySeen& seen, std::stop_token stop) {
  HeadSurvey out{.metrics = std::move(metrics), .inputs = {}, .asked = static_cast<int>(inputs.size())};
  for (int i = 0; i < out.asked; ++i) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "heads: stopped");
    auto measured = measure(i, stop);
    if (!measured) {
      if (measured.error().code == ErrorCode::kCancelled) return std::unexpected(measured.error());
      return fail(measured.error().code, "input {} ({}): {}", i + 1, printable(inputs[at(i)], 200),
                  measured.error().message);
    }
    for (const Eigen::MatrixXd& each : *measured) {
      if (each.size() == 0) continue;
      out.layers = static_cast<int>(each.rows());
      out.heads = static_cast<int>(each.cols());
    }
    out.inputs.push_back(std::move(inputs[at(i)]));
    out.values.push_back(std::move(*measured));
    if (seen) seen(out);
  }
  return out;
}

MeasureInput measure_prompts(TextRequest request, std::vector<std::string> prompts,
                             std::vector<const HeadMetric*> metrics) {
  return [request = std::move(request), prompts = std::move(prompts), metrics = std::move(metrics)](
             int index, std::stop_token stop) -> Result<std::vector<Eigen::MatrixXd>> {
    TextRequest one = request;
    one.prompt = prompts[at(index)];
    REGARD_TRY(const auto run, run_text(one, stop));
    return measure_what_it_has(metrics, metric_input(*run), stop);
  };
}

MeasureInput measure_pictures(VisionRequest request, std::function<Result<SurveyPicture>(int index)> read,
                              std::vector<const HeadMetric*> metrics) {
  return [request = std::move(request), read = std::move(read), metrics = std::move(metrics)](
             int index, std::stop_token stop) -> Result<std::vector<Eigen::MatrixXd>> {
    REGARD_TRY(const SurveyPicture picture, read(index));
    VisionRequest one = request;
    one.image = picture.image;
    REGARD_TRY(const auto run, run_vision(one, stop));
    return measure_what_it_has(metrics, metric_input(*run, picture.objects), stop);
  };
}

MeasureInput measure_drawings(PaintRequest request, std::vector<std::string> prompts,
                              std::vector<const HeadMetric*> metrics) {
  return [request = std::move(request), prompts = std::move(prompts), metrics = std::move(metrics)](
             int index, std::stop_token stop) -> Result<std::vector<Eigen::MatrixXd>> {
    PaintRequest one = request;
    one.prompt = prompts[at(index)];
    one.keep = KeepRecords::kConditional;
    REGARD_TRY(const auto run, run_paint(one, {}, stop));
    const auto seen = seen_in(*run);
    return measure_what_it_has(metrics, metric_input(*run, seen.get()), stop);
  };
}

Result<std::vector<std::string>> read_prompts(const std::filesystem::path& file) {
  constexpr std::size_t kMostBytes = std::size_t{16} << 20, kMostLines = 100'000;
  const std::string name = printable(file.string(), 4096);
  REGARD_TRY(const std::string text, read_file(file, kMostBytes, Wanted::kText));
  if (const std::size_t valid = utf8_valid_prefix(text); valid < text.size())
    return fail(ErrorCode::kFormat, "{}: byte {}: expected UTF-8, got another encoding", name, valid);
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    std::string line = text.substr(start, end - start);
    if (line.ends_with('\r')) line.pop_back();
    if (!says_nothing(line)) lines.push_back(std::move(line));
    start = end + 1;
  }
  if (lines.empty()) return fail(ErrorCode::kFormat, "{}: expected a prompt a line, got none", name);
  if (lines.size() > kMostLines)
    return fail(ErrorCode::kFormat, "{}: expected at most {} prompts, got {}", name, kMostLines,
                lines.size());
  return lines;
}

Result<std::vector<std::filesystem::path>> list_pictures(const std::filesystem::path& folder) {
  const std::string name = printable(folder.string(), 4096);
  std::vector<std::filesystem::path> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::string ending = it->path().extension().string();
    std::ranges::transform(ending, ending.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool picture = ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".webp";
    std::error_code ignored;
    if (picture && it->is_regular_file(ignored)) out.push_back(it->path());
  }
  if (error) return fail(ErrorCode::kIo, "{}: {}", name, error.message());
  if (out.empty())
    return fail(ErrorCode::kFormat, "{}: expected a folder with pictures (.png, .jpg or .webp), got none",
                name);
  std::ranges::sort(out);
  return out;
}

Result<SceneSheet> read_scene_sheet(const std::filesystem::path& folder) {
  constexpr int kColumns = 20;
  SceneSheet out;
  REGARD_TRY(const Json told, read_json(folder / "scenes.json"));
  REGARD_TRY(out.pictures, read_image(folder / "scenes.png"));
  REGARD_TRY(out.objects, read_image(folder / "scenes_objects.png"));
  const std::string name = printable((folder / "scenes.json").string(), 4096);
  if (!told.is_array() || told.empty() ||
      !std::ranges::all_of(told, [](const Json& one) { return one.is_object(); }))
    return fail(ErrorCode::kFormat, "{}: expected a list of scenes", name);
  out.columns = kColumns;
  out.side = out.pictures.width / kColumns;
  const auto rows = (std::ssize(told) + kColumns - 1) / kColumns;
  if (out.objects.width != out.pictures.width || out.objects.height != out.pictures.height ||
      out.pictures.height < rows * out.side || out.side == 0)
    return fail(ErrorCode::kFormat, "{}: expected {} scenes in scenes.png, got fewer", name, told.size());
  for (const Json& one : told) {
    const auto text = [&](const char* key) {
      const auto found = one.find(key);
      return found != one.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    out.captions.push_back(text("caption"));
    std::vector<SceneObject>& things = out.objects_in.emplace_back();
    const auto objects = one.find("objects");
    for (const Json& object : objects != one.end() && objects->is_array() ? *objects : Json::array()) {
      if (object.is_object() && things.size() < 2) things.push_back(scene_object_of(object));
    }
    if (things.size() == 2 && text("relation") == "mirror") things[1].reflection_of = 0;
  }
  return out;
}

namespace {

// A scene of a sheet. @param as  what becomes of a channel
template <class As>
Image cut_scene(const Image& sheet, int columns, int side, int index, As as) {
  Image out{.width = side, .height = side, .rgb = {}, .kind = sheet.kind};
  const int left = index % columns * side, top = index / columns * side;
  out.rgb.reserve(3 * at(side) * at(side));
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < 3 * side; ++x)
      out.rgb.push_back(as(sheet.rgb[3 * (at(top + y) * at(sheet.width) + at(left)) + at(x)]));
  }
  return out;
}

}  // namespace

SurveyPicture scene_of(const SceneSheet& sheet, int index) {
  const auto same = [](std::uint8_t value) { return value; };
  SurveyPicture out{.image = std::make_shared<const Image>(
                        cut_scene(sheet.pictures, sheet.columns, sheet.side, index, same))};
  for (SceneObject object : sheet.objects_in[at(index)]) {
    const auto label = static_cast<std::uint8_t>(out.objects.size() + 1);
    object.mask = cut_scene(sheet.objects, sheet.columns, sheet.side, index, [label](std::uint8_t value) {
      return static_cast<std::uint8_t>(value == label ? 255 : 0);
    });
    out.objects.push_back(std::move(object));
  }
  return out;
}

}  // namespace regard
