// `regard ledger`: what is read against what matters: every word, patch and head taken away once.
#include <limits>
#include <optional>

#include "app/assets.h"
#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "app/export/ledger_file.h"
#include "core/engine/head_survey.h"
#include "core/engine/ledger.h"
#include "core/engine/paint.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

constexpr const char* kBuiltInTexts = "builtin";

struct LedgerOptions {
  Options shared;
  PictureOptions picture;
  std::string prompt, paint, out, inputs;
  std::optional<std::uint64_t> seed;  // nothing: 1
  int steps = 0;                      // 0: the model's own
  bool as_drawings = false;
};

Result<LedgerRun> text_run(const LedgerOptions& asked) {
  REGARD_TRY(auto model, open_model(asked.shared));
  REGARD_TRY(auto run, run_text({.model = std::move(model),
                                 .prompt = asked.prompt,
                                 .syntax = asked.shared.syntax,
                                 .weighting = asked.shared.weighting}));
  print_chunk(1, run->chunks);
  print_warnings(run->warnings, run->tokens.size(), run->tokens_cut);
  return run;
}

Result<LedgerRun> drawing_run(const LedgerOptions& asked) {
  REGARD_TRY(const auto folder, model_folder(asked.shared));
  REGARD_TRY(auto model, open_paint_model(folder));
  print_weights(model->text->folder);
  if (!model->pooled_notice.empty()) fmt::print(stderr, "{}\n", model->pooled_notice);
  PaintRequest request{.model = std::move(model), .prompt = asked.paint, .negative = ""};
  request.syntax = asked.shared.syntax;
  request.weighting = asked.shared.weighting;
  request.seed = asked.seed.value_or(1);
  request.steps = asked.steps;
  request.keep = KeepRecords::kConditional;
  REGARD_TRY(auto run, run_paint(request));
  print_warnings(run->prompt.warnings, run->prompt.tokens.size(), run->prompt.tokens_cut);
  return run;
}

Result<LedgerRun> run_of(const LedgerOptions& asked) {
  if (!asked.paint.empty()) return drawing_run(asked);
  if (!asked.picture.image.empty()) return run_picture(asked.picture, asked.shared);
  return text_run(asked);
}

// One prompt of many: read as a text, or drawn.
Result<Ledger> ledger_of(const LedgerOptions& asked, const std::string& prompt,
                         const std::shared_ptr<const TextModel>& text,
                         const std::shared_ptr<const PaintModel>& painter) {
  if (painter == nullptr) {
    REGARD_TRY(const auto run, run_text({.model = text,
                                         .prompt = prompt,
                                         .syntax = asked.shared.syntax,
                                         .weighting = asked.shared.weighting}));
    return run_ledger(run);
  }
  PaintRequest request{.model = painter, .prompt = prompt, .negative = ""};
  request.syntax = asked.shared.syntax;
  request.weighting = asked.shared.weighting;
  request.seed = asked.seed.value_or(1);
  request.steps = asked.steps;
  request.keep = KeepRecords::kConditional;
  REGARD_TRY(const auto run, run_paint(request));
  return run_ledger(run);
}

// Correlations over many prompts, as JSON.
Result<int> many_ledgers(const LedgerOptions& asked) {
  const std::filesystem::path file =
      asked.inputs == kBuiltInTexts ? surveys_dir() / "captions.txt" : std::filesystem::path(asked.inputs);
  REGARD_TRY(const auto prompts, read_prompts(file));
  REGARD_TRY(const auto folder, model_folder(asked.shared));
  std::shared_ptr<const TextModel> text;
  std::shared_ptr<const PaintModel> painter;
  if (asked.as_drawings) {
    REGARD_TRY(painter, open_paint_model(folder));
  } else {
    REGARD_TRY(text, open_model(asked.shared));
  }
  std::vector<Ledger> ledgers;
  for (const std::string& prompt : prompts) {
    REGARD_TRY(Ledger one, ledger_of(asked, prompt, text, painter));
    ledgers.push_back(std::move(one));
    if (ledgers.size() % 50 == 0)
      fmt::print(stderr, "ledger: {} of {} prompts\n", ledgers.size(), prompts.size());
  }
  return write(asked.out, many_ledgers_json(painter ? painter->name : text->name,
                                            painter ? "drawings" : "texts", asked.inputs, ledgers));
}

/// What is of drawings stands with drawings. Errors: format.
Result<void> check_drawn(const LedgerOptions& asked) {
  if (asked.as_drawings && asked.inputs.empty())
    return fail(ErrorCode::kFormat, "--as-drawings: expected --inputs beside it, got none");
  if (asked.as_drawings || !asked.paint.empty()) return {};
  const char* const option = asked.seed ? "--seed" : asked.steps != 0 ? "--steps" : nullptr;
  if (option == nullptr) return {};
  return fail(ErrorCode::kFormat,
              "{}: expected --paint, or --inputs with --as-drawings, beside it, got neither", option);
}

Result<int> ledger(const LedgerOptions& asked) {
  REGARD_TRY_DO(check_drawn(asked));
  const std::string format = asked.out.empty() ? ".json" : ending_of(asked.out);
  if (!asked.inputs.empty()) {
    if (format != ".json")
      return fail(ErrorCode::kFormat, "--out: expected a name that ends in .json with --inputs, got {}",
                  quote(asked.out));
    return many_ledgers(asked);
  }
  REGARD_TRY(const auto language, read_lang(asked.shared));
  REGARD_TRY(const LedgerRun run, run_of(asked));
  REGARD_TRY(const Ledger found, run_ledger(run));
  for (const LedgerEntry& entry : found.entries) {
    if (entry.problem.empty()) continue;
    fmt::print(stderr, "{} {}: {}\n", removal_name(entry.removal), entry.word, entry.problem);
  }
  const LedgerFile file(run, found);
  FigureLook look;
  if (asked.shared.theme == "dark") look.theme = Theme::kDark;
  NonFinite not_finite;
  REGARD_TRY(const std::string bytes, map_bytes(file, format, Strings::load(language), &not_finite, look));
  print_non_finite(asked.out, not_finite);
  return write(asked.out, bytes);
}

}  // namespace

Action add_ledger(CLI::App& app) {
  auto asked = std::make_shared<LedgerOptions>();
  CLI::Option_group* what = app.add_option_group("What is taken apart, one of");
  what->add_option("--prompt", asked->prompt, "A text, as the text model reads it; weights as in (red:1.3)")
      ->type_name("TEXT");
  what->add_option("--paint", asked->paint, "A text, as the diffusion transformer draws it")
      ->type_name("TEXT");
  what->add_option("--image", asked->picture.image,
                   "A picture, as the vision model reads it: a PNG, JPEG or WebP file, or scene-1 to scene-6")
      ->type_name("FILE");
  what->add_option(
          "--inputs", asked->inputs,
          "Many texts: a file with a prompt a line, or builtin (500 captions): correlations over all")
      ->type_name("FILE");
  what->require_option(1);
  app.add_flag("--as-drawings", asked->as_drawings,
               "With --inputs: each is drawn; slow, some 30 drawings a prompt");
  app.add_option("--seed", asked->seed, "Of a drawing's noise (default: 1)")
      ->transform(whole(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()))
      ->type_name("N");
  app.add_option("--steps", asked->steps, "Of a drawing, 1 to 1000 (default: the model's own)")
      ->transform(whole(1, kMostPaintSteps))
      ->type_name("N");
  app.add_option("--out", asked->out,
                 "File to write: .json, .csv or .html, or the plot of attention against effect as .svg, .png "
                 "or .pdf. "
                 "Without it: JSON on standard output")
      ->check(ends_in({".json", ".csv", ".html", ".svg", ".png", ".pdf"}))
      ->type_name("FILE");
  add_model(app, asked->shared);
  add_syntax(app, asked->shared);
  add_weighting(app, asked->shared);
  add_lang(app, asked->shared);
  add_theme(app, asked->shared);
  add_threads(app);
  app.footer(
      "attention: share of what the readers (a drawing's patches, a text's end token, a picture's CLS) read "
      "of "
      "it,\n"
      "mean over layers, heads and steps. effect: how far the answer moves without it; of a drawing from the "
      "same\n"
      "noise the root mean square of the pixels' distance (0 to 1), else 1 - cosine of the embedding.\n"
      "cut: a word that no patch reads; mute: that nothing reads; off: a head that gives nothing.\n"
      "Examples: regard ledger --paint \"un chat rouge\" --out ledger.csv\n"
      "          regard ledger --prompt \"un chat rouge\" --lang fr --theme dark --out ledger.svg");
  return [asked] { return ledger(*asked); };
}

}  // namespace regard::cli
