// `regard attend`: one prompt through the text model; its maps as numbers or as a picture.
#include "app/cli/explain.h"
#include "app/cli/options.h"
#include "app/cli/tower_trials.h"
#include "app/export/cell_json.h"
#include "app/export/maps.h"
#include "app/export/save_maps.h"
#include "app/export/text_numbers.h"

namespace regard::cli {
namespace {

struct Attend {
  Options shared;
  std::string prompt, out, toward, explain;
  TowerTrials trials;
};

/// Lenses of one number a token: bytes of the file. Of one that starts from a token, that is the token whose
/// vector stands for the sentence.
Result<std::string> numbers_of(std::shared_ptr<const TextRun> run, const MapRange& range,
                               std::string_view format, const Language& language, NonFinite& found) {
  MapQuery query = range.query;
  if (const std::string tokens = tokens_line(query); !tokens.empty())
    return fail(ErrorCode::kUnsupported, "{}: expected a map of all tokens, got {}, one number a token",
                tokens, query.lens);
  query.subject = {run->output.pooled_row};
  REGARD_TRY_DO(check_range(run->trace,
                            {.query = query, .all_layers = range.all_layers, .all_heads = range.all_heads}));
  if (range.all_layers || range.all_heads)
    return fail(ErrorCode::kShape, "{}: expected one for {}, got all",
                range.all_layers ? "--layer" : "--head", query.lens);
  REGARD_TRY(TextNumbers numbers, collect_numbers(std::move(run), query));
  return map_bytes(*exportable(std::move(numbers)), format, Strings::load(language), &found);
}

Result<int> explain(const Attend& asked, const TextRun& run, const MapRange& range) {
  REGARD_TRY_DO(check_explained_tokens(range.query));
  REGARD_TRY(const auto head, explained_head(range, run.trace.shape()));
  REGARD_TRY(const auto cell, read_cell(run.trace.prompt, asked.prompt, asked.explain));
  CellFile file{.model = run.request.model->name,
                .sequence = &run.trace.prompt,
                .cell = calculate_cell(*run.output.record, head.first, head.second, cell.first, cell.second)};
  file.word = explained_word(range.query, *run.output.record, run.trace.prompt, file.cell);
  return write(asked.out, cell_json(file));
}

Result<int> attend(const Attend& asked) {
  const Options& shared = asked.shared;
  REGARD_TRY(MapRange range, map_range(shared));
  REGARD_TRY_DO(check_toward(asked.toward, range));
  range.query.caption = asked.toward;
  if (!asked.explain.empty()) REGARD_TRY_DO(check_explain_out(asked.out));
  REGARD_TRY(const auto format, read_format(asked.out, range));
  REGARD_TRY(const auto language, read_lang(shared));
  REGARD_TRY(auto model, open_model(shared));
  TextRequest request{.model = std::move(model),
                      .prompt = asked.prompt,
                      .syntax = shared.syntax,
                      .weighting = shared.weighting,
                      .chunk = shared.chunk - 1};
  REGARD_TRY_DO(read_tower_trials(asked.trials, request));
  REGARD_TRY(auto run, run_text(request));
  REGARD_TRY_DO(check_chunk(shared.chunk, run->chunks));
  print_chunk(shared.chunk, run->chunks);
  print_warnings(run->warnings, run->tokens.size(), run->tokens_cut);
  if (!asked.explain.empty()) return explain(asked, *run, range);
  NonFinite found;
  if (find_lens(range.query.lens)->row != nullptr) {
    REGARD_TRY(const auto bytes, numbers_of(run, range, format, language, found));
    print_non_finite(asked.out, found);
    return write(asked.out, bytes);
  }
  REGARD_TRY(const auto maps, collect_maps(run, range));
  REGARD_TRY(const auto bytes, map_bytes(maps, format, language, &found));
  print_non_finite(asked.out, found);
  return write(asked.out, bytes);
}

}  // namespace

Action add_attend(CLI::App& app) {
  auto asked = std::make_shared<Attend>();
  add_prompt(app, asked->prompt);
  app.add_option(
         "--out", asked->out,
         fmt::format(
             "File to write; its ending chooses: {} (numbers), {} (a figure of one map). Without it: JSON on "
             "standard output",
             endings({FormatKind::kDescribed, FormatKind::kNumbers}), endings({FormatKind::kPicture})))
      ->type_name("FILE");
  add_map(app, asked->shared,
          {LensNeeds::kAttention, LensNeeds::kOutputs, LensNeeds::kSubject, LensNeeds::kHidden,
           LensNeeds::kGradients});
  add_tokens(app, asked->shared.maps.query);
  add_toward(app, asked->toward, "prompt");
  add_explain(app, asked->explain, "A word of the prompt, bos, eos or the number of a token from 1");
  add_model(app, asked->shared);
  add_syntax(app, asked->shared);
  add_weighting(app, asked->shared);
  add_chunk(app, asked->shared);
  add_lang(app, asked->shared);
  add_threads(app);
  add_tower_trials(app, asked->trials, kTextRun);
  app.footer(
      "Layers and heads count from 1, here, in the files and on screen. Rows are queries, columns are keys.\n"
      "start and end of a token are bytes of the prompt.\n"
      "Examples: regard attend --prompt \"a (red:1.3) cat\" --layer 1 --head 4 --out cat.svg\n"
      "          regard attend --prompt \"a red cat\" --layer 1 --head 4 --explain cat,red\n"
      "          regard attend --prompt \"a red cat\" --cut-edge cat,red --head-off 2,3,mean --out cut.svg");
  return [asked] { return attend(*asked); };
}

}  // namespace regard::cli
