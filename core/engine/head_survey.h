// Metrics of every head over many prompts or pictures: what a head does as a rule, and how usual one input
// is.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/analysis/head_metric.h"
#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/engine/scene.h"
#include "core/engine/text_run.h"
#include "core/engine/vision_run.h"

namespace regard {

/// Read only once made. Thread: const members from any.
struct HeadSurvey {
  std::vector<const HeadMetric*> metrics = {};
  std::vector<std::string> inputs = {};  // those that are done: prompts, or the names of pictures
  int asked = 0;                         // how many there will be
  int listed = 0;  // how many the list has from which those were taken; 0: all of them were
  int layers = 0, heads = 0;
  /// [inputs] of [metrics] of [L][H]; empty where the input has not what the metric needs.
  std::vector<std::vector<Eigen::MatrixXd>> values = {};

  /// The numbers of one head, of the inputs that have the metric. @param metric  index into `metrics`
  std::vector<double> numbers(int metric, int layer, int head) const;
  /// Those inputs, from the largest number to the smallest; of equals the earlier first. What is no number
  /// comes last.
  std::vector<int> ranked(int metric, int layer, int head) const;
  /// Index into `metrics`; -1: it is not there.
  int find(const HeadMetric* metric) const;
};

struct HeadStatistics {
  int n = 0;
  double mean = 0, sd = 0;  // sd of a sample: over n - 1; 0 of one
  /// From the smallest through the median to the largest, between two numbers by their line (as numpy's
  /// default). NaN without a number.
  std::array<double, 11> deciles{};
};
/// Of numbers that are all finite; of others everything but n is NaN. Cost: O(n log n).
HeadStatistics statistics_of(std::vector<double> numbers);
/// The share of `numbers` that is smaller than `value`, those equal to it by half. NaN without any.
double rank_share(std::span<const double> numbers, double value);

/// The metrics of input `index`. An empty matrix for each that it has not.
using MeasureInput = std::function<Result<std::vector<Eigen::MatrixXd>>(int index, std::stop_token stop)>;
/// What there is after each input, on the caller's thread.
using SurveySeen = std::function<void(const HeadSurvey& so_far)>;

/// One input after the other. Errors: those of `measure` with the input's name before them, cancelled.
/// Thread: any. Cost: one run an input.
Result<HeadSurvey> run_survey(std::vector<std::string> inputs, std::vector<const HeadMetric*> metrics,
                              const MeasureInput& measure, const SurveySeen& seen = {},
                              std::stop_token stop = {});

/// A picture of a survey; with what stands in it, when that is known.
struct SurveyPicture {
  std::shared_ptr<const Image> image;
  std::vector<SceneObject> objects = {};
};

/// Prompts, each as `request` has it but for its words.
MeasureInput measure_prompts(TextRequest request, std::vector<std::string> prompts,
                             std::vector<const HeadMetric*> metrics);
/// Pictures, each read when its turn comes.
MeasureInput measure_pictures(VisionRequest request, std::function<Result<SurveyPicture>(int index)> read,
                              std::vector<const HeadMetric*> metrics);
/// Drawings, each as `request` has it but for its prompt.
MeasureInput measure_drawings(PaintRequest request, std::vector<std::string> prompts,
                              std::vector<const HeadMetric*> metrics);

/// Scenes of Little World in one picture, `columns` a row (assets/surveys).
struct SceneSheet {
  Image pictures, objects;  // objects: 0 ground, 1 the first thing, 2 the second or its reflection
  int columns = 0, side = 0;
  std::vector<std::string> captions;                 // one a scene
  std::vector<std::vector<SceneObject>> objects_in;  // without masks; a reflection is the second one
};
/// scenes.png, scenes_objects.png and scenes.json of a folder. Errors: io, format.
Result<SceneSheet> read_scene_sheet(const std::filesystem::path& folder);
/// A scene, with what stands in it. Expects 0 <= index < captions.size().
SurveyPicture scene_of(const SceneSheet& sheet, int index);

/// The lines of a text file, without those that say nothing. Errors: io, format (not UTF-8, no line, more
/// than 100 000 lines or 16 MiB).
Result<std::vector<std::string>> read_prompts(const std::filesystem::path& file);
/// The pictures of a folder (.png, .jpg, .jpeg, .webp), by name. Errors: io, format (none there).
Result<std::vector<std::filesystem::path>> list_pictures(const std::filesystem::path& folder);

}  // namespace regard
