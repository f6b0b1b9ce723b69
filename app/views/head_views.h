// Numbers of every head of the run in sight, and of the same heads over many inputs: what a slot measures,
// and how panels ask for it. UI thread, but for measure_ask() and survey_inputs().
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "app/state/state.h"
#include "core/engine/head_survey.h"

namespace regard {

class PaintViews;
class PictureViews;

/// What is measured: a MetricInput that keeps its run alive.
struct HeadsAsk {
  std::shared_ptr<const Trace> trace;
  Half half = Half::kPrompt;
  std::optional<StepSpan> steps = {};
  std::vector<NounAdjective> pairs = {};
  std::vector<int> reflection = {}, object = {}, from = {}, to = {};
  bool operator==(const HeadsAsk&) const = default;
};
struct HeadsMeasured {
  HeadsAsk ask;
  std::vector<Eigen::MatrixXd> values;  // [head_metrics()] of [L][H]; empty where the run has it not
};
/// Errors: as measure_heads(). Thread: any.
Result<HeadsMeasured> measure_ask(const HeadsAsk& ask, std::stop_token stop);

/// The steps that each drawing of a survey takes, from one noise.
inline constexpr int kSurveySteps = 8;
/// Many inputs of the workspace in force. `text`, `picture` or `drawing`: how each is run.
struct SurveyAsk {
  RunKind kind = RunKind::kText;
  std::optional<TextRequest> text = {};
  std::optional<VisionRequest> picture = {};
  std::optional<PaintRequest> drawing = {};
  std::string inputs = {};  // HeadsView::inputs
  int most = 0;             // so many of them, spread over the list; 0: all
  bool operator==(const SurveyAsk&) const = default;
};
/// Nothing: the workspace has none, or no model.
std::optional<SurveyAsk> wanted_survey(const AppState& state);
/// What a survey is over: every metric but those of two regions.
std::vector<const HeadMetric*> survey_metrics();
struct SurveyInputs {
  std::vector<std::string> names;
  MeasureInput measure;
  int listed = 0;  // as HeadSurvey::listed
};
/// @param built_in  folder of the inputs that come with the program
/// Errors: io, format. Thread: any.
Result<SurveyInputs> survey_inputs(const SurveyAsk& ask, const std::filesystem::path& built_in);

/// One metric of one head over the many inputs.
struct SurveyOfHead {
  std::shared_ptr<const HeadSurvey> survey = {};
  int metric = -1, layer = -1, head = -1;
  std::vector<double> numbers = {};  // of the inputs that have the metric
  std::vector<int> ranked = {};      // those inputs, the largest number first
  HeadStatistics statistics = {};
};

class HeadViews {
 public:
  /// @param in_sight  a panel shows numbers of heads. Cost: nothing to speak of; the slot measures.
  void refresh(const AppState& state, const PictureViews& picture, const PaintViews& paint, bool in_sight);
  /// What a slot should measure; also when it has.
  const std::optional<HeadsAsk>& wanted() const { return wanted_; }
  void accept(std::shared_ptr<const HeadsMeasured> measured) { measured_[at()] = std::move(measured); }

  RunKind kind() const { return kind_; }
  /// A metric of every head of the run in sight, or of the one before it while it is measured. Null: the run
  /// has it not, or nothing is measured yet.
  const Eigen::MatrixXd* values(std::string_view metric) const;
  /// Of head_metrics(); empty before anything is measured.
  const std::vector<Eigen::MatrixXd>& all() const;
  /// The metrics there are, in the order of the table.
  std::vector<const HeadMetric*> there() const;
  /// Heads of a layer as HeadsView::order has them: of equals, and without numbers, in their own order.
  std::vector<int> order(const ViewOptions& view, int layer, int heads) const;
  /// HeadsView::shown of a head is below HeadsView::least.
  bool is_dim(const ViewOptions& view, int layer, int head) const;

  /// What there is of the many inputs of this kind; null: nothing.
  std::shared_ptr<const HeadSurvey> survey_of_kind() const;
  /// Kept until another is asked for. Cost: O(n log n) then.
  const SurveyOfHead& of_head(int metric, int layer, int head) const;
  void accept_survey(const SurveyAsk& ask, std::shared_ptr<const HeadSurvey> survey);
  void forget_survey() {
    survey_.reset();
    survey_problem_.clear();
  }
  /// Why there is none, in one line; empty: there is no reason.
  const std::string& survey_problem() const { return survey_problem_; }
  void refuse_survey(std::string problem) { survey_problem_ = std::move(problem); }

  /// Heads in force in the workspace.
  HeadSet chosen(const AppState& state) const;
  /// What the run is of, and its model, in words.
  std::string input(const AppState& state) const;
  std::string model(const AppState& state) const;

 private:
  HeadsAsk ask_of_text(const std::shared_ptr<const TextRun>& run);
  HeadsAsk ask_of_drawing(const std::shared_ptr<const PaintRun>& run,
                          const std::shared_ptr<const Segmenter::Reading>& seen);
  std::size_t at() const { return static_cast<std::size_t>(kind_); }

  RunKind kind_ = RunKind::kText;
  std::optional<HeadsAsk> wanted_;
  std::array<std::shared_ptr<const HeadsMeasured>, 3> measured_;  // by RunKind
  // Of the newest text or drawing, found once: a frame reads no words.
  std::shared_ptr<const void> pairs_run_, pairs_seen_;
  std::vector<NounAdjective> pairs_;
  std::vector<int> reflection_, object_;
  std::string survey_problem_;
  SurveyAsk survey_ask_;
  std::shared_ptr<const HeadSurvey> survey_;
  mutable SurveyOfHead of_head_;
};

}  // namespace regard
