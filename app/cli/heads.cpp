// `regard heads`: metrics of every head for a prompt, a picture or a drawing, and over many of them.
#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>

#include "app/assets.h"
#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "app/export/binding_file.h"
#include "app/export/heads_export.h"
#include "core/engine/binding.h"
#include "core/engine/metric_input.h"
#include "core/engine/truth.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

constexpr const char* kBuiltIn = "builtin";

struct Heads {
  Options shared;
  std::optional<std::string> prompt, paint, image;
  std::string inputs, metric, ablate, out;
  int size = 0;   // patches along the longer side; 0: as the model's own processor has it
  int steps = 0;  // 0: the model's own
  std::uint64_t seed = 1;
};

// What the inputs are. Without a prompt, picture or drawing the list says: a folder has pictures.
RunKind kind_of(const Heads& asked) {
  if (asked.paint) return RunKind::kDrawing;
  if (asked.image) return RunKind::kPicture;
  std::error_code ignored;
  const bool folder = !asked.prompt && std::filesystem::is_directory(asked.inputs, ignored);
  return folder ? RunKind::kPicture : RunKind::kText;
}

// Of two regions there is nothing to ask here.
std::vector<const HeadMetric*> metrics_asked(const Heads& asked) {
  std::vector<const HeadMetric*> out;
  for (const HeadMetric* metric : head_metrics()) {
    if (metric->needs == MetricNeeds::kTwoRegions) continue;
    const std::string list = "," + asked.metric + ",";
    if (asked.metric.empty() || list.find("," + std::string(metric->name) + ",") != std::string::npos)
      out.push_back(metric);
  }
  return out;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const HeadMetric* metric : head_metrics()) {
    if (metric->needs != MetricNeeds::kTwoRegions) names.emplace_back(metric->name);
  }
  return names;
}

// "entropy,sink": names with commas between them.
CLI::Validator metric_list() {
  const std::vector<std::string> names = metric_names();
  return reads("names with commas between them, of " + list_of(names), [names](std::string_view text) {
    std::size_t start = 0;
    while (start <= text.size()) {
      const std::size_t end = std::min(text.find(',', start), text.size());
      if (std::ranges::find(names, text.substr(start, end - start)) == names.end())
        return std::optional<std::string>();
      start = end + 1;
    }
    return std::optional(std::string(text));
  });
}

TextRequest text_request(const Heads& asked, std::shared_ptr<const TextModel> model) {
  return {.model = std::move(model),
          .prompt = asked.prompt.value_or(""),
          .syntax = asked.shared.syntax,
          .weighting = asked.shared.weighting};
}

// The metrics of the one input that was asked about, if any; what a run of its kind does not have is left
// out, and refused when it was named.
Result<void> measure_one(const Heads& asked, const MetricInput& input, HeadsTable& table) {
  if (!asked.metric.empty()) {
    for (const HeadMetric* metric : table.metrics) {
      if (!has_metric(*metric, input) && asked.inputs.empty()) {
        return fail(ErrorCode::kUnsupported, "--metric: expected one that this run has, got {}",
                    metric->name);
      }
    }
  }
  REGARD_TRY(table.values, measure_what_it_has(table.metrics, input));
  return {};
}

Result<MeasureInput> survey_texts(const Heads& asked, std::shared_ptr<const TextModel> model,
                                  const HeadsTable& table, std::vector<std::string>& inputs) {
  const std::filesystem::path file =
      asked.inputs == kBuiltIn ? surveys_dir() / "captions.txt" : std::filesystem::path(asked.inputs);
  REGARD_TRY(inputs, read_prompts(file));
  return measure_prompts(text_request(asked, std::move(model)), inputs, table.metrics);
}

Result<void> add_survey(std::vector<std::string> inputs, const MeasureInput& measure, const Heads& asked,
                        HeadsTable& table) {
  REGARD_TRY(auto survey, run_survey(std::move(inputs), table.metrics, measure));
  table.survey = std::make_shared<const HeadSurvey>(std::move(survey));
  table.survey_of = asked.inputs;
  return {};
}

Result<void> text_heads(const Heads& asked, HeadsTable& table) {
  REGARD_TRY(const auto model, open_model(asked.shared));
  table.model = model->name;
  if (asked.prompt) {
    REGARD_TRY(const auto run, run_text(text_request(asked, model)));
    print_warnings(run->warnings, run->tokens.size(), run->tokens_cut);
    REGARD_TRY_DO(measure_one(asked, metric_input(*run), table));
  }
  if (asked.inputs.empty()) return {};
  std::vector<std::string> inputs;
  REGARD_TRY(const auto measure, survey_texts(asked, model, table, inputs));
  return add_survey(std::move(inputs), measure, asked, table);
}

Result<void> picture_survey(const Heads& asked, VisionRequest request, HeadsTable& table) {
  std::vector<std::string> names;
  if (asked.inputs == kBuiltIn) {
    REGARD_TRY(auto sheet, read_scene_sheet(surveys_dir()));
    names = sheet.captions;
    const auto read = [sheet = std::move(sheet)](int index) -> Result<SurveyPicture> {
      return scene_of(sheet, index);
    };
    return add_survey(std::move(names), measure_pictures(std::move(request), read, table.metrics), asked,
                      table);
  }
  REGARD_TRY(const auto files, list_pictures(asked.inputs));
  for (const auto& file : files) names.push_back(file.filename().string());
  const auto read = [files](int index) -> Result<SurveyPicture> {
    REGARD_TRY(Image image, read_image(files[static_cast<std::size_t>(index)]));
    return SurveyPicture{std::make_shared<const Image>(std::move(image))};
  };
  return add_survey(std::move(names), measure_pictures(std::move(request), read, table.metrics), asked,
                    table);
}

Result<void> picture_heads(const Heads& asked, HeadsTable& table) {
  VisionRequest request{.model = {}, .image = {}, .long_side = asked.size};
  if (asked.image) {
    REGARD_TRY(const auto run, run_picture({.image = *asked.image, .size = asked.size}, asked.shared));
    std::vector<SceneObject> objects;
    if (!sample_path(*asked.image).empty()) objects = scene_objects(scenes_dir(), *asked.image);
    REGARD_TRY_DO(measure_one(asked, metric_input(*run, objects), table));
    request.model = run->request.model;
  } else {
    REGARD_TRY(const auto folder, model_folder(asked.shared));
    REGARD_TRY(request.model, open_vision_model(folder));
    print_weights(request.model->folder);
  }
  table.model = request.model->name;
  return asked.inputs.empty() ? Result<void>() : picture_survey(asked, std::move(request), table);
}

Result<void> drawing_heads(const Heads& asked, HeadsTable& table) {
  REGARD_TRY(const auto folder, model_folder(asked.shared));
  PaintRequest request;
  REGARD_TRY(request.model, open_paint_model(folder));
  print_weights(request.model->text->folder);
  request.syntax = asked.shared.syntax;
  request.weighting = asked.shared.weighting;
  request.seed = asked.seed;
  request.steps = asked.steps;
  request.keep = KeepRecords::kConditional;
  request.prompt = asked.paint.value_or("");
  table.model = request.model->name;
  REGARD_TRY(const auto run, run_paint(request));
  print_warnings(run->prompt.warnings, run->prompt.tokens.size(), run->prompt.tokens_cut);
  const auto seen = seen_in(*run);
  REGARD_TRY_DO(measure_one(asked, metric_input(*run, seen.get()), table));
  if (asked.inputs.empty()) return {};
  const std::filesystem::path file =
      asked.inputs == kBuiltIn ? surveys_dir() / "captions.txt" : std::filesystem::path(asked.inputs);
  REGARD_TRY(auto prompts, read_prompts(file));
  const MeasureInput measure = measure_drawings(std::move(request), prompts, table.metrics);
  return add_survey(std::move(prompts), measure, asked, table);
}

// Metrics that nothing has are left out, unless they were named.
Result<void> drop_absent(const Heads& asked, HeadsTable& table) {
  for (std::size_t i = 0; i < table.metrics.size();) {
    const bool one = i < table.values.size() && table.values[i].size() > 0;
    const int at = table.survey ? table.survey->find(table.metrics[i]) : -1;
    const bool many = at >= 0 && !table.survey->numbers(at, 0, 0).empty();
    if (one || many) {
      ++i;
      continue;
    }
    if (!asked.metric.empty())
      return fail(ErrorCode::kUnsupported, "--metric: expected one that these inputs have, got {}",
                  table.metrics[i]->name);
    table.metrics.erase(table.metrics.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < table.values.size()) table.values.erase(table.values.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return {};
}

// What each head of a tower is worth for binding. A line on stderr now and then: it takes a while.
Result<int> ablate(const Heads& asked, const std::string& format) {
  constexpr int kEvery = 8;
  REGARD_TRY(const auto cases, read_binding_cases(surveys_dir()));
  REGARD_TRY(const auto text, open_model(asked.shared));
  REGARD_TRY(const auto folder, model_folder(asked.shared));
  REGARD_TRY(const auto vision, open_vision_model(folder));
  const auto seen = [](int done, int all) {
    if (done % kEvery == 0) fmt::print(stderr, "heads: {} of {} removed\n", done, all);
  };
  const ClipTower tower = asked.ablate == "text" ? ClipTower::kText : ClipTower::kPicture;
  REGARD_TRY(const BindingStudy study, study_binding(text, vision, cases, tower, seen));
  const BindingFile file(text->name, study);
  print_non_finite(asked.out, file.non_finite());
  REGARD_TRY(const Language language, read_lang(asked.shared));
  REGARD_TRY(const std::string bytes, map_bytes(file, format, Strings::load(language)));
  return write(asked.out, bytes);
}

Result<int> heads(const Heads& asked) {
  const std::string format = asked.out.empty() ? ".json" : ending_of(asked.out);
  if (!asked.ablate.empty()) return ablate(asked, format);
  if (!asked.prompt && !asked.image && !asked.paint && asked.inputs.empty()) {
    return fail(ErrorCode::kFormat,
                "--prompt: expected it, --image, --paint or --inputs: something to measure, got none");
  }
  if (asked.size > 0 && kind_of(asked) != RunKind::kPicture)
    return fail(ErrorCode::kFormat,
                "--size: expected --image, or --inputs with pictures, beside it, got neither");
  HeadsTable table{.input = asked.prompt.value_or(asked.image.value_or(asked.paint.value_or(""))),
                   .kind = kind_of(asked),
                   .metrics = metrics_asked(asked)};
  switch (table.kind) {
    case RunKind::kText:
      REGARD_TRY_DO(text_heads(asked, table));
      break;
    case RunKind::kPicture:
      REGARD_TRY_DO(picture_heads(asked, table));
      break;
    case RunKind::kDrawing:
      REGARD_TRY_DO(drawing_heads(asked, table));
      break;
  }
  REGARD_TRY_DO(drop_absent(asked, table));
  const HeadsExport out(std::move(table));
  NonFinite found;
  REGARD_TRY(const Language language, read_lang(asked.shared));
  REGARD_TRY(const auto bytes, map_bytes(out, format, Strings::load(language), &found));
  print_non_finite(asked.out, found);
  return write(asked.out, bytes);
}

}  // namespace

Action add_heads(CLI::App& app) {
  auto asked = std::make_shared<Heads>();
  CLI::Option* prompt =
      app.add_option("--prompt", asked->prompt, "Heads of the text model for this text")->type_name("TEXT");
  CLI::Option* image =
      app.add_option(
             "--image", asked->image,
             "Heads of the vision model for this picture: a PNG, JPEG or WebP file, or scene-1 to scene-6")
          ->type_name("FILE")
          ->excludes(prompt);
  CLI::Option* paint =
      app.add_option("--paint", asked->paint,
                     "Heads of the diffusion transformer, mean over the steps of drawing this text")
          ->type_name("TEXT")
          ->excludes(prompt)
          ->excludes(image);
  CLI::Option* inputs =
      app.add_option(
             "--inputs", asked->inputs,
             "Many inputs: a text file with a prompt a line, a folder of pictures, or builtin (500 captions, "
             "with --image 200 scenes): n, mean, spread and deciles of each head")
          ->type_name("FILE|DIR");
  CLI::Option* metric =
      app.add_option("--metric", asked->metric,
                     fmt::format("Which: {} (default: all that the run has)", list_of(metric_names())))
          ->transform(metric_list())
          ->type_name("NAMES");
  app.add_option("--ablate", asked->ablate,
                 "What removing each head of a tower (text or picture) costs in binding accuracy, over those "
                 "built-in captions that have two colours; takes up to a minute or two")
      ->check(word_of({"text", "picture"}))
      ->type_name("TOWER")
      ->excludes(prompt)
      ->excludes(image)
      ->excludes(paint)
      ->excludes(inputs)
      ->excludes(metric);
  app.add_option("--out", asked->out,
                 "File to write: .json, .csv or .html. Without it: JSON on standard output")
      ->check(ends_in({".json", ".csv", ".html"}))
      ->type_name("FILE");
  app.add_option("--size", asked->size,
                 fmt::format("With pictures: patches along the longer side, 1 to {}", kMostPatchesASide))
      ->transform(whole(1, kMostPatchesASide))
      ->type_name("N");
  app.add_option("--seed", asked->seed, "With --paint: of the noise (default: 1)")
      ->transform(whole(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()))
      ->type_name("N")
      ->needs(paint);
  app.add_option("--steps", asked->steps, "With --paint: 1 to 1000 (default: the model's own)")
      ->transform(whole(1, kMostPaintSteps))
      ->type_name("N")
      ->needs(paint);
  add_model(app, asked->shared);
  add_syntax(app, asked->shared);
  add_weighting(app, asked->shared);
  add_lang(app, asked->shared);
  add_threads(app);
  app.footer(
      "Layers and heads count from 1. Each metric's formula stands in the JSON. With --inputs, rank is the "
      "share\n"
      "of the inputs whose number is smaller than that of the prompt, picture or drawing.\n"
      "Examples: regard heads --prompt \"un chat rouge poursuit une souris grise\" --metric "
      "own-adjective,previous\n"
      "          regard heads --inputs builtin --out heads.csv\n"
      "          regard heads --ablate text --out binding.csv");
  return [asked] { return heads(*asked); };
}

}  // namespace regard::cli
