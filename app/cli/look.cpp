// `regard look`: one picture through a vision model; where a patch or a special token looks, as numbers or
// over the picture.
#include <algorithm>
#include <cctype>

#include "app/cli/explain.h"
#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "app/cli/tower_trials.h"
#include "app/export/cell_json.h"
#include "app/export/formats.h"
#include "app/export/vision_maps.h"
#include "core/engine/match.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Look {
  Options shared;
  PictureOptions picture;
  std::string explain;
  std::string patch, token = "cls", out;  // patch: "COLUMN,ROW" from 1, or empty: the token
  std::string toward;
  bool incoming = false;
  TowerTrials trials;
};

/// "3,5", or "3, 5" as the window writes it; nothing at all: no patch.
std::optional<std::string> read_patch(std::string_view text) {
  std::string place(text);
  if (const std::size_t space = place.find(", "); space != place.npos) place.erase(space + 1, 1);
  return place.empty() || two_numbers(place, ',') ? std::optional(place) : std::nullopt;
}

/// The position that was asked for. Errors: shape.
Result<int> position_of(const VisionRun& run, const Look& asked) {
  const VitOutput& grid = run.output;
  if (!asked.patch.empty()) {
    const auto [column, row] = *two_numbers(asked.patch, ',');
    if (column <= grid.columns && row <= grid.rows) return run.token_of(column - 1, row - 1);
    return fail(ErrorCode::kShape, "--patch: expected 1,1 to {},{}, the patches of this picture, got {},{}",
                grid.columns, grid.rows, column, row);
  }
  std::string token = asked.token;
  std::ranges::transform(token, token.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::vector<std::string> names;
  for (int i = 0; i < grid.specials; ++i) {
    names.push_back(vision_token_name(run, i));
    if (names.back() == token) return i;
  }
  return fail(ErrorCode::kShape, "--token: expected {}, got {}", list_of(names), quote(token));
}

Result<int> explain(const Look& asked, const VisionRun& run, const MapRange& range) {
  REGARD_TRY_DO(check_explained_tokens(range.query));
  REGARD_TRY(const auto head, explained_head(range, run.trace.shape()));
  REGARD_TRY(const auto cell, read_cell(run.trace.prompt, "", asked.explain));
  const CellFile file{
      .model = run.request.model->name,
      .sequence = &run.trace.prompt,
      .cell = calculate_cell(*run.output.record, head.first, head.second, cell.first, cell.second)};
  return write(asked.out, cell_json(file));
}

Result<int> look(const Look& asked) {
  REGARD_TRY(MapRange range, map_range(asked.shared));
  if (!asked.explain.empty()) REGARD_TRY_DO(check_explain_out(asked.out));
  REGARD_TRY(const auto format, read_format(asked.out, range));
  REGARD_TRY(const auto language, read_lang(asked.shared));
  REGARD_TRY_DO(check_toward(asked.toward, range));
  REGARD_TRY(auto run, run_picture(asked.picture, asked.shared, &asked.trials));
  if (!asked.explain.empty()) return explain(asked, *run, range);
  RowVector target;
  if (!asked.toward.empty()) {
    REGARD_TRY(const auto text, open_model(asked.shared));
    REGARD_TRY(target, embed_text(*text, asked.toward));
    range.query.caption = asked.toward;
  }
  REGARD_TRY(const int position, position_of(*run, asked));
  range.query.subject = {position};
  range.query.direction = asked.incoming ? Direction::kReadBy : Direction::kReads;
  REGARD_TRY(const auto maps, collect_vision_maps(run, range, asked.picture.image, target));
  NonFinite found;
  REGARD_TRY(const auto bytes, vision_map_bytes(maps, format, Strings::load(language), &found));
  print_non_finite(asked.out, found);
  return write(asked.out, bytes);
}

}  // namespace

Action add_look(CLI::App& app) {
  auto asked = std::make_shared<Look>();
  add_picture(app, asked->picture);
  add_explain(app, asked->explain,
              "A patch as column,row from 1 (3,5,4,2 is patch 3,5 and patch 4,2), or cls");
  CLI::Option* patch = app.add_option("--patch", asked->patch,
                                      "The patch whose attention is asked, from 1,1 at the upper left")
                           ->transform(reads("COLUMN,ROW, both from 1", read_patch))
                           ->type_name("COL,ROW");
  app.add_option("--token", asked->token,
                 "Or a token that is no patch: cls (default), dist, reg1, reg2, ... as the model has them")
      ->type_name("NAME")
      ->excludes(patch);
  app.add_flag("--incoming", asked->incoming, "Who looks at it, instead of where it looks");
  app.add_option(
         "--out", asked->out,
         fmt::format(
             "File to write; its ending chooses: {} (numbers), {} (the map over the picture). Without "
             "it: JSON on standard output",
             endings({FormatKind::kDescribed, FormatKind::kNumbers}), endings({FormatKind::kPicture})))
      ->type_name("FILE");
  add_map(app, asked->shared,
          {LensNeeds::kAttention, LensNeeds::kOutputs, LensNeeds::kSubject, LensNeeds::kHidden,
           LensNeeds::kPatches, LensNeeds::kGradients});
  add_tokens(app, asked->shared.maps.query, {.words = false});
  add_toward(app, asked->toward, "picture");
  add_model(app, asked->shared);
  add_lang(app, asked->shared);
  add_threads(app);
  add_tower_trials(app, asked->trials, kVisionRun);
  app.footer(
      "Layers, heads, columns and rows count from 1. The map is of the picture as the model saw it: its "
      "processor\n"
      "may have cut the edges (seen in the JSON); --size shows all of it. With --layer all --head all, .npy "
      "holds\n"
      "the whole maps, float32 [L,H,T,S]: special tokens first (none with --special hide or renormalise), "
      "then\n"
      "patches row by row.\n"
      "Example: regard look --image scene-1 --patch 3,5 --layer 4 --head 2 --out cat.png");
  return [asked] { return look(*asked); };
}

}  // namespace regard::cli
