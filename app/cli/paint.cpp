// `regard paint`: draws a prompt with the diffusion transformer; the picture, a map a word, all attention.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include "app/cli/explain.h"
#include "app/cli/options.h"
#include "app/cli/paint_edits.h"
#include "app/export/cell_json.h"
#include "app/export/context_json.h"
#include "app/export/film.h"
#include "app/export/formats.h"
#include "app/export/paint_files.h"
#include "app/export/strip_file.h"
#include "app/i18n/strings.h"
#include "core/analysis/lens.h"
#include "core/engine/model_folder.h"
#include "core/engine/paint.h"
#include "core/engine/paint_lens.h"
#include "core/engine/paint_step.h"
#include "core/engine/weight_strip.h"
#include "core/formats/file_set.h"
#include "core/formats/npy.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Paint {
  Options shared;
  std::string prompt, negative, out, maps, page, record, noise, film;
  std::uint64_t seed = 1;
  int steps = 0;                   // 0: the model's own
  std::optional<double> guidance;  // the model's own
  WeightPlace place = kUsualWeightPlace;
  int scale = 1;
  FilmShows film_of = FilmShows::kHeading;
  int film_ms = 120;  // of each frame
  PaintTrials trials;
  std::string strip;  // WORD[:WEIGHTS]; empty: one picture
  std::string explain;
  int explain_block = 0, explain_head = 0, explain_step = 0;  // from 1; 0: not given, the last step
  bool context = false;
};

/// A film is a file that ends in .webp, or a folder: no ending, or one that is there.
bool is_film_file(const std::string& film) { return std::filesystem::path(film).extension() == ".webp"; }

std::string lens_of(const Paint& asked) {
  return asked.shared.lens.empty() ? "attention" : asked.shared.lens;
}

/// Errors: format.
Result<FilmOptions> film_options(const Paint& asked) {
  const std::filesystem::path name(asked.film);
  std::error_code ignored;
  if (name.has_extension() && !is_film_file(asked.film) && !std::filesystem::is_directory(name, ignored)) {
    return fail(ErrorCode::kFormat, "--film: expected a name that ends in .webp, or a folder, got {}",
                quote(asked.film));
  }
  FilmOptions out;
  out.shows = asked.film_of;
  out.scale = asked.scale;
  out.frame_ms = asked.film_ms;
  out.last_ms = std::max(out.last_ms, 2 * out.frame_ms);
  return out;
}

/// [C,height,width] into the request. Errors: io, format, shape, unsupported.
Result<void> read_noise(const std::string& path, PaintRequest& request) {
  REGARD_TRY(auto array, read_npy(path));
  const int channels = request.model->mmdit.config().channels;
  if (array.shape.size() != 3 || array.shape[0] != static_cast<std::size_t>(channels) ||
      array.values.empty() || array.shape[1] > 16384 || array.shape[2] > 16384) {
    std::string got;
    for (const std::size_t side : array.shape) got += (got.empty() ? "" : ", ") + std::to_string(side);
    return fail(ErrorCode::kShape, "{}: expected numbers of shape [{}, height, width], got [{}]",
                printable(path, 4096), channels, got);
  }
  request.height = static_cast<int>(array.shape[1]);
  request.width = static_cast<int>(array.shape[2]);
  request.noise = std::move(array.values);
  return {};
}

/// All but the model, the noise and the trials.
PaintRequest request_of(const Paint& asked) {
  PaintRequest out{.model = {}, .prompt = asked.prompt, .negative = asked.negative};
  out.syntax = asked.shared.syntax;
  out.weighting = asked.shared.weighting;
  out.normalisation = asked.shared.normalisation;
  out.place = asked.place;
  out.seed = asked.seed;
  out.steps = asked.steps;
  out.guidance = asked.guidance;
  out.keep = asked.record.empty() ? KeepRecords::kNone : KeepRecords::kBoth;
  return out;
}

/// One step of a drawing, as it is told.
Trace trace_of(const PaintStep& step) {
  Trace out = single_trace(step.run.trace.model, step.run.trace.prompt, step.conditional);
  out.first_step = step.step;
  if (!step.run.trace.concept_maps.empty()) out.concept_maps = {step.run.trace.concept_maps.back()};
  return out;
}

/// Adds up the words' maps while the drawing goes on, so that no step's attention has to stay.
class MapSum {
 public:
  /// @param step  from 1: of lenses of gradients this one alone; 0: the last
  MapSum(std::string lens, Specials specials, int step)
      : lens_(std::move(lens)),
        specials_(specials),
        gradients_(find_lens(lens_)->needs == LensNeeds::kGradients),
        step_(step) {}

  PaintSeen seen() {
    return [this](const PaintStep& step) {
      if (gradients_ && step.step + 1 != (step_ == 0 ? step.run.steps : step_)) return;
      LensContext context{.trials = step.run.request.edits.size()};
      if (gradients_ && context.trials == 0)
        context.drawn.push_back(
            drawn_step(step.run, step.step - step.run.first_step, Half::kPrompt, *step.conditional));
      auto map = word_maps(trace_of(step), lens_, specials_, context);
      if (sum_ && map) {
        sum_ = sum_->size() == 0 ? std::move(*map) : Matrix(*sum_ + *map);
      } else if (sum_) {
        sum_ = std::unexpected(std::move(map.error()));
      }
    };
  }
  /// Errors: those of word_maps().
  Result<Matrix> mean(int steps) const {
    if (!sum_) return sum_;
    return Matrix(*sum_ / static_cast<float>(gradients_ ? 1 : steps));
  }

 private:
  std::string lens_;
  Specials specials_;
  bool gradients_;
  int step_;
  Result<Matrix> sum_;  // as word_maps()
};

Result<void> add_film(const Paint& asked, const PaintRun& run, const FilmOptions& options, FileSet& files) {
  if (!is_film_file(asked.film)) return film_pngs(run, options, asked.film, files);
  REGARD_TRY(const auto film, film_webp(run, options));
  return files.add(asked.film, film);
}

/// The attention of one step of a drawing, kept while the others go.
class OneStep {
 public:
  explicit OneStep(int step) : step_(step) {}
  /// Told of every step; the newest stays until the one asked for has come.
  void see(const PaintStep& step) {
    if (step_ == 0 || step.step + 1 == step_) record_ = step.conditional, at_ = step.step;
  }
  const AttentionRecord* record() const { return record_.get(); }
  int at() const { return at_; }

 private:
  int step_;
  int at_ = 0;
  std::shared_ptr<const AttentionRecord> record_;
};

/// What --explain asks, checked before the drawing begins. Errors: format, shape.
Result<void> check_explain(const Paint& asked, const PaintRequest& request) {
  if (asked.explain.empty()) return {};
  if (asked.maps.empty() && asked.page.empty())
    REGARD_TRY_DO(check_explained_tokens(asked.shared.maps.query));
  if (asked.explain_block == 0 || asked.explain_head == 0)
    return fail(ErrorCode::kFormat, "--explain: expected --layer N and --head N, one head, got several");
  const MmditConfig& config = request.model->mmdit.config();
  REGARD_TRY_DO(check_heads({.layers = config.layers, .heads = config.heads},
                            one_head(asked.explain_block - 1, asked.explain_head - 1)));
  REGARD_TRY(const Sequence sequence, drawn_sequence(request));
  REGARD_TRY([[maybe_unused]] const auto cell, read_cell(sequence, request.prompt, asked.explain));
  return {};
}

/// Whether --step is one that is drawn. Errors: format, shape.
Result<void> check_step(const Paint& asked, const PaintRequest& request) {
  if (asked.explain_step == 0) return {};
  const Lens& lens = *find_lens(lens_of(asked));
  if (asked.explain.empty() && !asked.context && lens.needs != LensNeeds::kGradients)
    return fail(ErrorCode::kFormat,
                "--step: expected --explain, --context, or --lens attnlrp, chefer or legrad, got {}",
                lens.name);
  const int steps = request.steps == 0 ? request.model->steps : request.steps;
  if (asked.explain_step > request.first_step && asked.explain_step <= steps) return {};
  return fail(ErrorCode::kShape, "--step: expected {} to {}, got {}", request.first_step + 1, steps,
              asked.explain_step);
}

/// Likeness, and numbers of patches alone, have no sum over the tokens of a word and hold no share; what is
/// of patches alone has no map of a word, either. Errors: unsupported.
Result<void> check_words(const Paint& asked) {
  const Lens& lens = *find_lens(lens_of(asked));
  const MapQuery& query = asked.shared.maps.query;
  const bool of_patches = lens.name == "norms" || lens.channels != nullptr;
  const char* const option = (lens.is_signed || of_patches) && query.words  ? "--words"
                             : (lens.is_signed || of_patches) && query.mass ? "--hold"
                                                                            : nullptr;
  if (option != nullptr) {
    return fail(ErrorCode::kUnsupported, "{}: expected attention, got {}, whose numbers do not add up",
                option, lens.name);
  }
  if (query.rank && of_patches)
    return fail(ErrorCode::kUnsupported, "--rank: expected a lens that has a map a word, got {}", lens.name);
  return {};
}

/// Tables a word: of a lens that is about words.
Result<void> check_page(const Paint& asked) {
  const std::string lens = lens_of(asked);
  if (asked.page.empty() || (lens != "norms" && lens != "pca")) return {};
  return fail(ErrorCode::kUnsupported, "--page: expected a lens of words, got {}, which is of none", lens);
}

/// As JSON on standard output.
Result<void> print_explanation(const Paint& asked, const PaintRun& run, const OneStep& step) {
  REGARD_TRY(const auto cell, read_cell(run.trace.prompt, asked.prompt, asked.explain));
  CellFile file{.model = run.request.model->name,
                .sequence = &run.trace.prompt,
                .cell = calculate_cell(*step.record(), asked.explain_block - 1, asked.explain_head - 1,
                                       cell.first, cell.second),
                .step = step.at()};
  file.word = explained_word(asked.shared.maps.query, *step.record(), run.trace.prompt, file.cell);
  const int word = cell.second >= run.patches() ? cell.second : cell.first;
  if (word >= run.patches()) {
    file.context_token = word - run.patches();
    REGARD_TRY(file.context, context_changes(run, step.at() - run.first_step, *step.record()));
  }
  if (cell.first < run.patches()) file.patch = patch_step(run, step.at() - run.first_step, cell.first);
  REGARD_TRY([[maybe_unused]] const int done, print(cell_json(file)));
  return {};
}

/// What weights did to the words of that step, as JSON on standard output.
Result<void> print_context(const PaintRun& run, const OneStep& step) {
  REGARD_TRY(const ContextChanges found, context_changes(run, step.at() - run.first_step, *step.record()));
  REGARD_TRY([[maybe_unused]] const int done, print(context_json(run, found)));
  return {};
}

/// Picture, maps, film and record of one run: all of them, or none.
/// @return  of the record's attention
Result<NonFinite> write_all(const Paint& asked, const PaintRun& run, const Matrix& maps,
                            const FilmOptions& film, Language language) {
  REGARD_TRY(const auto picture, picture_png(run, film.scale));
  FileSet files;
  REGARD_TRY_DO(files.add(asked.out, picture));
  MapQuery query = asked.shared.maps.query;
  query.lens = lens_of(asked);
  if (!asked.maps.empty()) {
    REGARD_TRY_DO(write_word_maps(run, maps, query, asked.maps, Strings::load(language), files));
  }
  if (!asked.page.empty()) {
    const Strings strings = Strings::load(language);
    REGARD_TRY_DO(files.add(asked.page, html_of(words_page(run, maps, query, strings), strings)));
  }
  if (!asked.film.empty()) {
    REGARD_TRY_DO(add_film(asked, run, film, files));
  }
  NonFinite record;
  if (!asked.record.empty()) {
    REGARD_TRY(record, write_record(run, asked.record, files, asked.trials.picture.value_or("")));
  }
  REGARD_TRY_DO(files.commit());
  return record;
}

/// A line for each file or folder whose values are not all numbers: they spread to all that follows, so that
/// a picture is black.
void print_non_finite_files(const Paint& asked, const PaintRun& run, const Matrix& maps,
                            const NonFinite& record) {
  print_non_finite(asked.out, count_non_finite(run.x.back()));
  print_non_finite(asked.maps, count_non_finite({maps.data(), static_cast<std::size_t>(maps.size())}));
  if (!asked.film.empty()) {
    NonFinite film;
    for (const auto& frame : asked.film_of == FilmShows::kNoise ? run.x : run.x0)
      film += count_non_finite(frame);
    print_non_finite(asked.film, film);
  }
  print_non_finite(asked.record, record);
}

/// "chat:0,0.5,1" or "chat" alone. A word that the prompt writes with a colon is a word. Errors: format.
Result<WeightStripRequest> strip_request(const Paint& asked, const PaintRequest& request) {
  WeightStripRequest out{.drawing = request};
  std::string_view word = asked.strip;
  const std::size_t colon = word.rfind(':');
  auto found = word_of_prompt("--strip", request, word);
  if (!found && colon != std::string_view::npos && colon > 0) {
    const auto weights = read_strip_weights(word.substr(colon + 1));
    if (!weights) return fail(ErrorCode::kFormat, "--strip: {}", weights.error().message);
    out.weights = *weights;
    found = word_of_prompt("--strip", request, word.substr(0, colon));
  }
  if (!found) return std::unexpected(std::move(found.error()));
  if (found->kind != PromptWord::Kind::kWord)
    return fail(ErrorCode::kFormat, "--strip: expected a word, which has a weight, got {}",
                quote(asked.strip));
  out.byte = found->byte;
  return out;
}

/// One word's weights side by side, or their numbers.
Result<int> paint_strip(const Paint& asked, const PaintRequest& request, Language language) {
  REGARD_TRY(const std::string format, map_format(asked.out, "--out"));
  REGARD_TRY(const WeightStripRequest wanted, strip_request(asked, request));
  REGARD_TRY(auto strip, draw_weight_strip(wanted));
  FigureLook look;
  if (asked.shared.theme == "dark") look.theme = Theme::kDark;
  const StripFile file(std::make_shared<const WeightStrip>(std::move(strip)),
                       asked.trials.picture.value_or(""));
  NonFinite found;
  REGARD_TRY(const std::string bytes, map_bytes(file, format, Strings::load(language), &found, look));
  print_non_finite(asked.out, found);
  return write(asked.out, bytes);
}

/// A picture is a .png. Errors: format.
Result<void> check_out(const Paint& asked) {
  if (!asked.strip.empty() || ending_of(asked.out) == ".png") return {};
  return fail(ErrorCode::kFormat, "--out: expected a name that ends in .png, got {}", quote(asked.out));
}

Result<int> paint(const Paint& asked) {
  REGARD_TRY_DO(check_out(asked));
  REGARD_TRY(const auto film, film_options(asked));
  REGARD_TRY(const auto language, read_lang(asked.shared));
  REGARD_TRY(const auto folder, model_folder(asked.shared));
  REGARD_TRY(auto model, open_paint_model(folder));
  print_weights(model->text->folder);
  if (const auto part = part_of_model(folder, {"transformer"})) print_weights(*part);
  if (!model->pooled_notice.empty()) fmt::print(stderr, "{}\n", model->pooled_notice);
  PaintRequest request = request_of(asked);
  request.model = std::move(model);
  if (!asked.noise.empty()) {
    REGARD_TRY_DO(read_noise(asked.noise, request));
  }
  REGARD_TRY_DO(read_trials(asked.trials, request));
  if (!asked.strip.empty()) return paint_strip(asked, request, language);
  REGARD_TRY_DO(check_step(asked, request));
  REGARD_TRY_DO(check_words(asked));
  REGARD_TRY_DO(check_page(asked));
  MapSum maps(lens_of(asked), asked.shared.maps.query.specials, asked.explain_step);
  request.output_space = find_lens(lens_of(asked))->needs == LensNeeds::kConcepts;
  REGARD_TRY_DO(check_explain(asked, request));
  OneStep explained(asked.explain_step);
  const PaintSeen add_map = maps.seen();
  const PaintSeen seen = [&](const PaintStep& step) {
    if (!asked.maps.empty() || !asked.page.empty()) add_map(step);
    if (!asked.explain.empty() || asked.context) explained.see(step);
  };
  REGARD_TRY(const auto run, run_paint(request, seen));
  print_warnings(run->prompt.warnings, run->prompt.tokens.size(), run->prompt.tokens_cut);
  print_warnings(run->negative.warnings, run->negative.tokens.size(), run->negative.tokens_cut, "negative");
  if (!asked.maps.empty() && run->prompt.words.empty()) {
    fmt::print(stderr,
               "--maps: the prompt has no words: no word maps, only the start and end tokens' numbers\n");
  }
  REGARD_TRY(const Matrix means, maps.mean(run->drawn()));
  REGARD_TRY(const NonFinite record, write_all(asked, *run, means, film, language));
  print_non_finite_files(asked, *run, means, record);
  if (!asked.explain.empty()) REGARD_TRY_DO(print_explanation(asked, *run, explained));
  if (asked.context) REGARD_TRY_DO(print_context(*run, explained));
  return kDone;
}

}  // namespace

Action add_paint(CLI::App& app) {
  auto asked = std::make_shared<Paint>();
  add_prompt(app, asked->prompt);
  app.add_option("--negative", asked->negative, "What to lead away from (default: no words)")
      ->type_name("TEXT");
  CLI::Option* seed =
      app.add_option("--seed", asked->seed, "Of the noise: the same seed, the same picture (default: 1)")
          ->transform(whole(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()))
          ->type_name("N");
  app.add_option("--noise", asked->noise, "The noise itself, .npy: [channels, height, width]")
      ->type_name("FILE")
      ->excludes(seed);
  app.add_option("--steps", asked->steps, "1 to 1000 (default: the model's own)")
      ->transform(whole(1, kMostPaintSteps))
      ->type_name("N");
  app.add_option(
         "--guidance", asked->guidance,
         "How far to go beyond what the negative prompt gives, 1: not at all (default: the model's own)")
      ->transform(number(0.0, 1000.0))
      ->type_name("W");
  app.add_option("--place", asked->place,
                 "Where weights that act inside attention do so: on what the picture reads of the words "
                 "(picture), on what words read of each other (encoder), or both (default)")
      ->transform(one_of<WeightPlace>({{"picture", WeightPlace::kPicture},
                                       {"encoder", WeightPlace::kEncoder},
                                       {"both", WeightPlace::kBoth}}))
      ->type_name("WHERE");
  app.add_option("--out", asked->out,
                 "Picture to write, .png; with --strip a figure or its numbers, its ending chooses: " +
                     endings(kAllKinds))
      ->required()
      ->type_name("FILE");
  CLI::Option* strip =
      app.add_option("--strip", asked->strip,
                     "One word's weight and nothing else: a picture for each weight (default: 0,0.5,1,1.5,2) "
                     "from the same noise, with how far it is from the one at weight 1 and, where that is "
                     "known, what is drawn of the word")
          ->type_name("WORD[:W,W...]");
  app.add_option("--scale", asked->scale, "Pixels of the files for each of the model's, 1 to 64 (default: 1)")
      ->transform(whole(1, 64))
      ->type_name("N");
  CLI::Option* maps = app.add_option("--maps", asked->maps,
                                     "Folder for one map a word (.png), all maps as numbers, and the tokens")
                          ->type_name("DIR");
  app.add_option("--page", asked->page, "Each word's map as text, .html: tables that can be read out")
      ->check(ends_in({".html"}))
      ->type_name("FILE");
  add_lens(app, asked->shared,
           {LensNeeds::kAttention, LensNeeds::kOutputs, LensNeeds::kWordsBesideImage, LensNeeds::kConcepts,
            LensNeeds::kHidden, LensNeeds::kPatches, LensNeeds::kGradients})
      ->needs(maps);
  add_tokens(app, asked->shared.maps.query);
  for (const char* option : {"--words", "--special", "--hold", "--rank"}) app.get_option(option)->needs(maps);
  add_explain(
      app, asked->explain,
      "A word of the prompt, :start, :end, or a patch as column,row from 1 (5,7,cat is patch 5,7 and cat)");
  CLI::Option* explain = app.get_option("--explain");
  app.add_option("--layer", asked->explain_block, "Of --explain: the block, from 1")
      ->transform(whole(1, 1000))
      ->type_name("N")
      ->needs(explain);
  app.add_option("--head", asked->explain_head, "Of --explain: the head, from 1")
      ->transform(whole(1, 1000))
      ->type_name("N")
      ->needs(explain);
  app.add_option(
         "--step", asked->explain_step,
         "Of --explain, of --context, and of --lens attnlrp, chefer and legrad, which are of one step: that "
         "step, from 1 (default: the last)")
      ->transform(whole(1, 1000))
      ->type_name("N");
  app.add_flag("--context", asked->context,
               "What weights did to the vector of each token and word at that step, before and after each "
               "block's norm1_context, as JSON: cosine, and length with weights / without")
      ->excludes(explain);
  CLI::Option* film =
      app.add_option(
             "--film", asked->film,
             "The picture appearing, a frame a step: an animation (.webp), or a folder of step-NNN.png")
          ->type_name("FILE|DIR");
  app.add_option(
         "--film-of", asked->film_of,
         "What its frames show: the picture each step was heading for (picture, default), or where the "
         "drawing stood (noise)")
      ->transform(one_of<FilmShows>({{"picture", FilmShows::kHeading}, {"noise", FilmShows::kNoise}}))
      ->type_name("WHAT")
      ->needs(film);
  app.add_option("--film-ms", asked->film_ms, "Milliseconds of each frame, 10 to 10000 (default: 120)")
      ->transform(whole(10, 10'000))
      ->type_name("N")
      ->needs(film);
  app.add_option("--record", asked->record,
                 "Folder for the joint attention of every step, .npy: float32 [L,H,S,S], and the schedule")
      ->type_name("DIR");
  add_model(app, asked->shared);
  add_syntax(app, asked->shared);
  add_weighting(app, asked->shared);
  add_normalisation(app, asked->shared);
  add_lang(app, asked->shared);
  add_threads(app);
  add_theme(app, asked->shared);
  app.get_option("--theme")->needs(strip);
  add_trials(app, asked->trials);
  for (const char* option : {"--scale", "--maps", "--page", "--film", "--record", "--explain", "--step"})
    app.get_option(option)->excludes(strip);
  app.footer(
      "Joint attention counts the patches row by row, then the text; tokens.json in either folder lists "
      "them.\n"
      "A word's map says how much each patch looks at it: image -> text, mean over all blocks but the first, "
      "over\n"
      "heads and steps, in the half that has the prompt. --hold and --rank are of each such map: of its "
      "patches.\n"
      "Examples: regard paint --prompt \"un chat rouge\" --seed 7 --out cat.png --maps cat\n"
      "          regard paint --prompt \"un chat rouge\" --seed 7 --out other.png --cut rouge --during 1-12\n"
      "          regard paint --prompt \"un chat rouge\" --strip chat:0,0.5,1,1.5,2 --out strip.svg");
  return [asked] { return paint(*asked); };
}

}  // namespace regard::cli
