#include "app/views/head_views.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "app/state/queries.h"
#include "app/views/map_cache.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "core/engine/metric_input.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

// Tokens that the run has.
std::vector<int> within(std::vector<int> tokens, int count) {
  std::erase_if(tokens, [count](int token) { return token >= count; });
  return tokens;
}

HeadsAsk picture_ask(const AppState& state) {
  const bool sample = state.doc.picture.image == state.image_name;
  MetricInput input = metric_input(*state.vision, sample ? state.objects : std::vector<SceneObject>());
  HeadsAsk ask{.trace = trace_of(state.vision)};
  ask.reflection = std::move(input.reflection);
  ask.object = std::move(input.object);
  ask.from = within(state.doc.picture.region_a, state.vision->tokens());
  ask.to = within(state.doc.picture.region_b, state.vision->tokens());
  return ask;
}

}  // namespace

Result<HeadsMeasured> measure_ask(const HeadsAsk& ask, std::stop_token stop) {
  MetricInput input{
      .trace = *ask.trace, .half = ask.half, .steps = ask.steps, .from = ask.from, .to = ask.to};
  input.pairs = ask.pairs;
  input.reflection = ask.reflection;
  input.object = ask.object;
  REGARD_TRY(auto values, measure_what_it_has(head_metrics(), input, std::move(stop)));
  return HeadsMeasured{ask, std::move(values)};
}

std::optional<SurveyAsk> wanted_survey(const AppState& state) {
  const RunKind kind = run_kind(state.view.workspace);
  SurveyAsk ask{.kind = kind, .inputs = heads_view(state.view).inputs};
  if (kind == RunKind::kText && state.model) {
    ask.text = TextRequest{.model = state.model,
                           .prompt = {},
                           .syntax = state.doc.syntax,
                           .weighting = state.doc.weighting,
                           .normalisation = state.doc.normalisation};
    return ask;
  }
  if (kind == RunKind::kPicture && state.vision_model) {
    ask.picture =
        VisionRequest{.model = state.vision_model, .image = {}, .long_side = state.doc.picture.long_side};
    return ask;
  }
  if (kind == RunKind::kDrawing && state.paint_model) {
    ask.drawing = PaintRequest{.model = state.paint_model,
                               .prompt = {},
                               .negative = {},
                               .syntax = state.doc.syntax,
                               .weighting = state.doc.weighting,
                               .normalisation = state.doc.normalisation,
                               .place = state.doc.paint.place,
                               .steps = kSurveySteps,
                               .keep = KeepRecords::kConditional};
    return ask;
  }
  return std::nullopt;
}

std::vector<const HeadMetric*> survey_metrics() {
  std::vector<const HeadMetric*> out;
  for (const HeadMetric* metric : head_metrics()) {
    if (metric->needs != MetricNeeds::kTwoRegions) out.push_back(metric);
  }
  return out;
}

namespace {

// So many of them, at equal distances from the first on.
void take_some(SurveyInputs& inputs, int most) {
  const int all = static_cast<int>(inputs.names.size());
  if (most <= 0 || most >= all) return;
  std::vector<int> taken;
  std::vector<std::string> names;
  for (int i = 0; i < most; ++i) {
    taken.push_back(static_cast<int>(std::int64_t{i} * all / most));
    names.push_back(std::move(inputs.names[static_cast<std::size_t>(taken.back())]));
  }
  inputs.names = std::move(names);
  inputs.measure = [measure = std::move(inputs.measure), taken](int index, std::stop_token stop) {
    return measure(taken[static_cast<std::size_t>(index)], std::move(stop));
  };
  inputs.listed = all;
}

Result<SurveyInputs> listed_inputs(const SurveyAsk& ask, const std::filesystem::path& built_in) {
  const bool own = ask.inputs != "builtin";
  SurveyInputs out;
  if (ask.text) {
    REGARD_TRY(out.names, read_prompts(own ? std::filesystem::path(ask.inputs) : built_in / "captions.txt"));
    out.measure = measure_prompts(*ask.text, out.names, survey_metrics());
    return out;
  }
  if (ask.drawing) {
    REGARD_TRY(out.names, read_prompts(own ? std::filesystem::path(ask.inputs) : built_in / "captions.txt"));
    out.measure = measure_drawings(*ask.drawing, out.names, survey_metrics());
    return out;
  }
  if (!own) {
    REGARD_TRY(auto sheet, read_scene_sheet(built_in));
    out.names = sheet.captions;
    const auto read = [sheet = std::move(sheet)](int index) -> Result<SurveyPicture> {
      return scene_of(sheet, index);
    };
    out.measure = measure_pictures(*ask.picture, read, survey_metrics());
    return out;
  }
  std::filesystem::path folder = ask.inputs;  // or a picture in it
  std::error_code ignored;
  if (std::filesystem::is_regular_file(folder, ignored)) folder = folder.parent_path();
  REGARD_TRY(const auto files, list_pictures(folder));
  for (const auto& file : files) out.names.push_back(file.string());
  const auto read = [files](int index) -> Result<SurveyPicture> {
    REGARD_TRY(Image image, read_image(files[static_cast<std::size_t>(index)]));
    return SurveyPicture{std::make_shared<const Image>(std::move(image))};
  };
  out.measure = measure_pictures(*ask.picture, read, survey_metrics());
  return out;
}

}  // namespace

Result<SurveyInputs> survey_inputs(const SurveyAsk& ask, const std::filesystem::path& built_in) {
  REGARD_TRY(SurveyInputs out, listed_inputs(ask, built_in));
  take_some(out, ask.most);
  return out;
}

HeadsAsk HeadViews::ask_of_text(const std::shared_ptr<const TextRun>& run) {
  if (pairs_run_ != run) {
    pairs_run_ = run;
    pairs_ = metric_input(*run).pairs;
  }
  return {.trace = trace_of(run), .pairs = pairs_};
}

HeadsAsk HeadViews::ask_of_drawing(const std::shared_ptr<const PaintRun>& run,
                                   const std::shared_ptr<const Segmenter::Reading>& seen) {
  if (pairs_run_ != run || pairs_seen_ != seen) {
    pairs_run_ = run;
    pairs_seen_ = seen;
    MetricInput input = metric_input(*run, seen.get());
    pairs_ = std::move(input.pairs);
    reflection_ = std::move(input.reflection);
    object_ = std::move(input.object);
  }
  return {.trace = trace_of(run), .pairs = pairs_, .reflection = reflection_, .object = object_};
}

void HeadViews::refresh(const AppState& state, const PictureViews& picture, const PaintViews& paint,
                        bool in_sight) {
  kind_ = run_kind(state.view.workspace);
  std::optional<HeadsAsk> ask;
  if (kind_ == RunKind::kText && state.run) ask = ask_of_text(state.run);
  if (kind_ == RunKind::kPicture && picture.has_run() && state.vision) ask = picture_ask(state);
  // Of a drawing once it is drawn: a step more is another run. Words of the negative prompt have no pairs.
  if (kind_ == RunKind::kDrawing && state.painting.run && !state.painting.drawing && paint.has_run() &&
      paint.has_maps()) {
    ask = ask_of_drawing(state.painting.run, state.painting.seen);
    const int first = state.painting.run->first_step;
    ask->steps = StepSpan{first + paint.span().first, first + paint.span().second};
    if (state.view.paint.unconditional) {
      ask->half = Half::kNegative;
      ask->pairs.clear();
    }
  }
  if (kind_ == RunKind::kPicture || !ask) {  // a run that is gone is let go
    pairs_run_.reset();
    pairs_seen_.reset();
  }
  // What was measured keeps its run alive: large ones are let go with their run, any with its model.
  const auto is_of = [](const std::shared_ptr<const HeadsMeasured>& one, const Trace* trace) {
    return !one || one->ask.trace.get() == trace;
  };
  if (!is_of(measured_[1], state.vision ? &state.vision->trace : nullptr)) measured_[1].reset();
  if (!is_of(measured_[2], state.painting.run ? &state.painting.run->trace : nullptr)) measured_[2].reset();
  auto& kept = measured_[at()];
  if (kept && ask && kept->ask.trace->shape(kept->ask.half) != ask->trace->shape(ask->half)) {
    const AttentionShape before = kept->ask.trace->shape(kept->ask.half), now = ask->trace->shape(ask->half);
    if (before.layers != now.layers || before.heads != now.heads) kept.reset();
  }
  const bool there = kept && ask && kept->ask == *ask;
  wanted_.reset();
  if (!there && in_sight) wanted_ = std::move(ask);
}

const std::vector<Eigen::MatrixXd>& HeadViews::all() const {
  static const std::vector<Eigen::MatrixXd> none;
  return measured_[at()] ? measured_[at()]->values : none;
}

const Eigen::MatrixXd* HeadViews::values(std::string_view metric) const {
  const auto metrics = head_metrics();
  for (std::size_t i = 0; i < all().size(); ++i) {
    if (metrics[i]->name == metric) return all()[i].size() > 0 ? &all()[i] : nullptr;
  }
  return nullptr;
}

std::vector<const HeadMetric*> HeadViews::there() const {
  std::vector<const HeadMetric*> out;
  for (std::size_t i = 0; i < all().size(); ++i) {
    const HeadMetric* metric = head_metrics()[i];
    if (values(metric->name) != nullptr) out.push_back(metric);
  }
  return out;
}

std::vector<int> HeadViews::order(const ViewOptions& view, int layer, int heads) const {
  std::vector<int> out(static_cast<std::size_t>(heads));
  std::iota(out.begin(), out.end(), 0);
  const Eigen::MatrixXd* numbers = values(heads_view(view).order);
  if (numbers == nullptr || layer >= numbers->rows() || heads != numbers->cols()) return out;
  std::ranges::stable_sort(out, std::greater{}, [&](int head) {
    const double number = (*numbers)(layer, head);
    return std::isnan(number) ? -1e30 : number;  // no order without a number
  });
  return out;
}

bool HeadViews::is_dim(const ViewOptions& view, int layer, int head) const {
  const HeadsView& heads = heads_view(view);
  const Eigen::MatrixXd* numbers = heads.least ? values(heads.shown) : nullptr;
  if (numbers == nullptr || layer >= numbers->rows() || head >= numbers->cols()) return false;
  return (*numbers)(layer, head) < *heads.least;
}

const SurveyOfHead& HeadViews::of_head(int metric, int layer, int head) const {
  const auto survey = survey_of_kind();
  if (of_head_.survey == survey && of_head_.metric == metric && of_head_.layer == layer &&
      of_head_.head == head)
    return of_head_;
  of_head_ = {.survey = survey, .metric = metric, .layer = layer, .head = head};
  if (!survey || metric < 0 || layer >= survey->layers || head >= survey->heads) return of_head_;
  of_head_.numbers = survey->numbers(metric, layer, head);
  of_head_.ranked = survey->ranked(metric, layer, head);
  of_head_.statistics = statistics_of(of_head_.numbers);
  return of_head_;
}

std::shared_ptr<const HeadSurvey> HeadViews::survey_of_kind() const {
  return survey_ask_.kind == kind_ ? survey_ : nullptr;
}

void HeadViews::accept_survey(const SurveyAsk& ask, std::shared_ptr<const HeadSurvey> survey) {
  survey_ask_ = ask;
  survey_ = std::move(survey);
}

HeadSet HeadViews::chosen(const AppState& state) const {
  if (kind_ == RunKind::kDrawing) return state.doc.paint.maps;
  const MapChoice& choice = kind_ == RunKind::kPicture ? state.doc.picture.choice : state.doc.choice;
  if (!is_head_lens(choice.lens)) return {};
  if (!choice.heads.set.empty()) return choice.heads.set;
  if (!choice.heads.layer || !choice.heads.head) return {};
  return {{*choice.heads.layer, *choice.heads.head}};
}

std::string HeadViews::input(const AppState& state) const {
  switch (kind_) {
    case RunKind::kText:
      return state.run ? state.run->request.prompt : std::string();
    case RunKind::kPicture:
      return std::filesystem::path(state.image_name).filename().string();
    case RunKind::kDrawing:
      return state.painting.run ? state.painting.run->request.prompt : std::string();
  }
  return {};
}

std::string HeadViews::model(const AppState& state) const {
  switch (kind_) {
    case RunKind::kText:
      return state.run ? state.run->request.model->name : std::string();
    case RunKind::kPicture:
      return state.vision ? state.vision->request.model->name : std::string();
    case RunKind::kDrawing:
      return state.painting.run ? state.painting.run->request.model->name : std::string();
  }
  return {};
}

}  // namespace regard
