#include "app/works.h"

#include <algorithm>
#include <filesystem>
#include <future>
#include <iterator>
#include <system_error>

#include "app/assets.h"
#include "app/clipboard.h"
#include "core/formats/json.h"

namespace regard {
namespace {

// Bound to Publish, which only a drawing has a use for.
template <class Request, class Answer>
Work<Request, Answer> without_progress(Result<std::shared_ptr<const Answer>> (*work)(const Request&,
                                                                                     std::stop_token)) {
  return [work](const Request& request, std::stop_token stop, const Publish<Answer>&) {
    return work(request, std::move(stop));
  };
}

// The same for work that answers with a value.
template <class Request, class Answer>
Work<Request, Answer> without_progress(Result<Answer> (*work)(const Request&, std::stop_token)) {
  return [work](const Request& request, std::stop_token stop,
                const Publish<Answer>&) -> Result<std::shared_ptr<const Answer>> {
    REGARD_TRY(Answer answer, work(request, std::move(stop)));
    return std::make_shared<const Answer>(std::move(answer));
  };
}

// Of a run that tells of its layers.
template <class Request, class Run>
Work<Request, Run> told_by_layers(Result<std::shared_ptr<const Run>> (*run)(
    const Request&, std::stop_token, const std::function<void(std::shared_ptr<const Run>)>&)) {
  return [run](const Request& request, std::stop_token stop, const Publish<Run>& publish) {
    return run(request, std::move(stop), publish);
  };
}

// What `out` has not, each part from its own folder. A text model without a picture tower is no mistake.
OpenedModels open_each(const ModelPaths& paths, OpenedModels out) {
  const auto take = [&out](auto& part, std::string& from, const std::string& path, const auto& found,
                           bool must) {
    if (found) {
      part = *found;
      from = path;
    } else if (must && out.problem.empty()) {
      out.problem = found.error().message;
    }
  };
  if (!out.text) take(out.text, out.from.text, paths.text, open_text_model(model_path(paths.text)), true);
  if (!out.vision) {
    const bool own = paths.text != paths.vision;
    take(out.vision, out.from.vision, paths.vision, open_vision_model(model_path(paths.vision)), own);
  }
  if (!out.paint) {
    auto text = out.from.text == paths.paint ? out.text : nullptr;
    take(out.paint, out.from.paint, paths.paint, open_paint_model(model_path(paths.paint), std::move(text)),
         true);
  }
  return out;
}

// A folder the person chose: whatever it has.
OpenedModels open_whatever_is_there(const std::string& path) {
  const std::filesystem::path folder = model_path(path);
  OpenedModels out{.text = {}, .vision = {}, .paint = {}, .from = {path, path, path}, .problem = {}};
  auto text = open_text_model(folder);
  auto vision = open_vision_model(folder);
  if (text) out.text = *text;
  if (vision) out.vision = *vision;
  auto paint = open_paint_model(folder, out.text);
  if (paint) out.paint = *paint;
  if (!text && !vision) {
    // Of several messages the one that knows the model; "unsupported" says it is another kind.
    const bool other_kind = text.error().code == ErrorCode::kUnsupported;
    out.problem = other_kind ? vision.error().message : text.error().message;
  }
  std::error_code ignored;
  const bool pipeline = std::filesystem::exists(folder / "model_index.json", ignored);
  if (pipeline && !paint) out.problem = paint.error().message;
  return out;
}

Result<OpenedModels> open_models(const OpenRequest& request, std::stop_token) {
  OpenedModels out;
  if (!request.over.empty()) out = open_whatever_is_there(request.over);
  const bool only_over = !request.paths && !request.over.empty();
  return only_over ? out : open_each(request.paths.value_or(ModelPaths{}), std::move(out));
}

Result<OpenedImage> open_image(const ImageRequest& request, std::stop_token) {
  if (const auto scene = sheet_scene(request.name)) {
    REGARD_TRY(const SceneSheet sheet, read_scene_sheet(surveys_dir()));
    if (*scene < static_cast<int>(sheet.captions.size())) {
      SurveyPicture picture = scene_of(sheet, *scene);
      return OpenedImage{std::move(picture.image), std::move(picture.objects)};
    }
  }
  REGARD_TRY(Image image, read_image(picture_path(request.name)));
  OpenedImage out{std::make_shared<const Image>(std::move(image)), {}};
  if (!sample_path(request.name).empty()) out.objects = scene_objects(scenes_dir(), request.name);
  return out;
}

Result<std::shared_ptr<const VisionRun>> run_other_picture(const OtherPicture& asked, std::stop_token stop) {
  REGARD_TRY(OpenedImage opened, open_image({asked.picture}, stop));
  return run_vision({asked.model, std::move(opened.image), asked.long_side}, std::move(stop));
}

Result<std::vector<TextMatch>> match(const MatchRequest& request, std::stop_token stop) {
  // Of a caption that says nothing there is no score, and it takes no share from the others.
  std::vector<std::string> texts;
  std::ranges::remove_copy_if(request.captions, std::back_inserter(texts), is_blank);
  REGARD_TRY(std::vector<TextMatch> scored,
             match_texts(*request.picture, *request.text, texts, std::move(stop)));
  std::vector<TextMatch> all;
  auto next = scored.begin();
  for (const std::string& caption : request.captions)
    all.push_back(is_blank(caption) ? TextMatch{.text = caption, .embedding = {}} : std::move(*next++));
  return all;
}

Result<std::shared_ptr<const Map>> map(const MapAsk& ask, std::stop_token stop) {
  return evaluate_ask(ask, std::move(stop));
}

Result<std::vector<Map>> head_maps(const MapAsk& ask, std::stop_token stop) {
  return evaluate_heads(*ask.trace, ask.query, std::move(stop));
}

Result<ContextChanges> context(const ContextRequest& ask, std::stop_token stop) {
  return context_changes(ask, std::move(stop));
}

Result<RunEffect> effect(const EffectRequest& ask, std::stop_token stop) {
  if (ask.vision)
    return effect_of(ask.vision_before->trace, ask.vision->trace, vector_of(ask.vision_before->output),
                     vector_of(ask.vision->output), std::move(stop));
  return effect_of(ask.text_before->trace, ask.text->trace, vector_of(ask.text_before->output),
                   vector_of(ask.text->output), std::move(stop));
}

Result<Divergence> divergence(const DivergenceRequest& ask, std::stop_token stop) {
  return diverge(ask.first->trace, ask.second->trace, aligned_runs(*ask.first, *ask.second), Half::kPrompt,
                 std::move(stop));
}

Result<Eigen::MatrixXd> regions(const RegionKey& key, std::stop_token) { return region_mass(key); }

Result<std::shared_ptr<const Ledger>> ledger(const LedgerRun& run, std::stop_token stop,
                                             const Publish<Ledger>& publish) {
  const auto seen = [&](const Ledger& so_far) { publish(std::make_shared<const Ledger>(so_far)); };
  REGARD_TRY(Ledger found, run_ledger(run, seen, std::move(stop)));
  return std::make_shared<const Ledger>(std::move(found));
}

Result<HeadsMeasured> heads(const HeadsAsk& ask, std::stop_token stop) {
  return measure_ask(ask, std::move(stop));
}

// Told now and then: a copy of what there is grows with it.
Result<std::shared_ptr<const HeadSurvey>> survey(const SurveyAsk& ask, std::stop_token stop,
                                                 const Publish<HeadSurvey>& publish) {
  constexpr std::size_t kEvery = 20;
  REGARD_TRY(SurveyInputs inputs, survey_inputs(ask, surveys_dir()));
  const auto seen = [&](const HeadSurvey& so_far) {
    if (so_far.inputs.size() % kEvery != 1) return;
    HeadSurvey told = so_far;
    told.listed = inputs.listed;
    publish(std::make_shared<const HeadSurvey>(std::move(told)));
  };
  REGARD_TRY(HeadSurvey done,
             run_survey(std::move(inputs.names), survey_metrics(), inputs.measure, seen, std::move(stop)));
  done.listed = inputs.listed;
  return std::make_shared<const HeadSurvey>(std::move(done));
}

// Without a program that takes pictures the clipboard's becomes a file.
Result<std::filesystem::path> copy_or_write(const FigureJob& job, const std::string& bytes) {
  if (copy_png(bytes)) return std::filesystem::path();
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (error) return fail(ErrorCode::kIo, "clipboard: {}", error.message());
  const std::filesystem::path file = folder / (job.source->name + job.ending);
  REGARD_TRY_DO(write_file(file, bytes));
  return file;
}

Result<ClassResults> class_results(const ClassRequest& request, std::stop_token) {
  std::error_code ignored;
  return read_class(std::filesystem::is_regular_file(request.folder, ignored) ? request.folder.parent_path()
                                                                              : request.folder);
}

Result<FigureAnswer> figure(const FigureJob& job, std::stop_token stop) {
  REGARD_TRY(FigureAnswer answer, make_figure(job, std::move(stop)));
  if (job.use == FigureUse::kFile) {
    REGARD_TRY_DO(write_file(job.file, answer.bytes));
    answer.place = job.file;
  } else if (job.use == FigureUse::kFigure) {
    REGARD_TRY(answer.place, copy_or_write(job, answer.bytes));
  }
  if (job.use != FigureUse::kNumbers) answer.bytes.clear();
  return answer;
}

}  // namespace

Works program_works() {
  return {.open = without_progress<OpenRequest, OpenedModels>(open_models),
          .text = told_by_layers<TextRequest, TextRun>(run_text),
          .image = without_progress<ImageRequest, OpenedImage>(open_image),
          .vision = told_by_layers<VisionRequest, VisionRun>(run_vision),
          .other_picture = without_progress<OtherPicture, VisionRun>(run_other_picture),
          .match = without_progress<MatchRequest, std::vector<TextMatch>>(match),
          .map = without_progress<MapAsk, Map>(map),
          .head_maps = without_progress<MapAsk, std::vector<Map>>(head_maps),
          .effect = without_progress<EffectRequest, RunEffect>(effect),
          .divergence = without_progress<DivergenceRequest, Divergence>(divergence),
          .regions = without_progress<RegionKey, Eigen::MatrixXd>(regions),
          .heads = without_progress<HeadsAsk, HeadsMeasured>(heads),
          .survey = survey,
          .paint = painter(),
          .words = side_painter(),
          .seeds = side_painter(),
          .ledger = ledger,
          .context = without_progress<ContextRequest, ContextChanges>(context),
          .follow = without_progress<FollowRequest, Thought>(follow_word),
          .lesson = without_progress<LessonAsk, LessonNumbers>(compute_lesson_numbers),
          .class_results = without_progress<ClassRequest, ClassResults>(class_results),
          .figure = without_progress<FigureJob, FigureAnswer>(figure)};
}

OpenRequest models_of(const Session& session) {
  return {.paths = ModelPaths{session.model, session.vision_model, session.paint_model},
          .over = session.model_over};
}

Works opening_now(const OpenRequest& request, Works works) {
  using Opened = Result<std::shared_ptr<const OpenedModels>>;
  std::future<Opened> begun;
  try {
    begun = std::async(std::launch::async, [open = works.open, request] { return open(request, {}, {}); });
  } catch (const std::system_error&) {  // no thread to be had: opened when it is asked for
    return works;
  }
  works.open = [open = works.open, request, begun = std::make_shared<std::future<Opened>>(std::move(begun))](
                   const OpenRequest& asked, std::stop_token stop, const Publish<OpenedModels>& publish) {
    if (begun->valid() && asked == request)
      return begun->get();  // once; the files may have changed by the next
    return open(asked, std::move(stop), publish);
  };
  return works;
}

}  // namespace regard
