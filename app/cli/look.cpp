// `regard look`: one picture through a vision model; where a patch or a special token looks, as numbers or
// over the picture.
#include <algorithm>
#include <cctype>

#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "app/export/formats.h"
#include "app/export/vision_maps.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Look {
  Options shared;
  PictureOptions picture;
  std::string patch, token = "cls", out;
  bool incoming = false;
};

struct Place {
  int column = 0, row = 0;  // from 1; 0: no patch was asked for
};

/// "3,5": column and row.
Result<Place> read_patch(const std::string& text) {
  if (text.empty()) return Place{};
  const std::size_t comma = text.find(',');
  const auto side = [&](std::string_view part) { return read_int("--patch", part, 1, 1'000'000); };
  if (comma != std::string::npos) {
    std::size_t second = comma + 1;
    if (second < text.size() && text[second] == ' ') ++second;  // "3, 5", as the window writes it
    const auto column = side(std::string_view(text).substr(0, comma));
    const auto row = side(std::string_view(text).substr(second));
    if (column && row) return Place{*column, *row};
  }
  return fail(ErrorCode::kFormat, "--patch: expected COLUMN,ROW, both from 1, got {}", quote(text));
}

Result<int> query_of(const VisionRun& run, const Place& place, std::string token) {
  const VitOutput& grid = run.output;
  if (place.column > 0) {
    if (place.column <= grid.columns && place.row <= grid.rows)
      return run.token_of(place.column - 1, place.row - 1);
    return fail(ErrorCode::kShape, "--patch: expected 1,1 to {},{}, the patches of this picture, got {},{}",
                grid.columns, grid.rows, place.column, place.row);
  }
  std::ranges::transform(token, token.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string names;
  for (int i = 0; i < grid.specials; ++i) {
    if (vision_token_name(run, i) == token) return i;
    names += (i == 0 ? "" : i + 1 == grid.specials ? " or " : ", ") + vision_token_name(run, i);
  }
  return fail(ErrorCode::kShape, "--token: expected {}, got {}", names, quote(token));
}

Result<void> look(const Look& asked) {
  const auto request = read_map(asked.shared);
  if (!request) return std::unexpected(request.error());
  const auto format = read_format(asked.out, *request);
  if (!format) return std::unexpected(format.error());
  const auto place = read_patch(asked.patch);
  if (!place) return std::unexpected(place.error());
  const auto language = read_lang(asked.shared);
  if (!language) return std::unexpected(language.error());
  if (const auto threads = read_threads(asked.shared); !threads) return std::unexpected(threads.error());

  auto run = run_picture(asked.picture, asked.shared);
  if (!run) return std::unexpected(run.error());
  const auto query = query_of(**run, *place, asked.token);
  if (!query) return std::unexpected(query.error());
  const auto maps = collect_vision_maps(*run, {.map = *request, .query = *query, .incoming = asked.incoming},
                                        asked.picture.image);
  if (!maps) return std::unexpected(maps.error());
  const auto bytes = vision_map_bytes(*maps, *format, Strings::load(*language));
  if (!bytes) return std::unexpected(bytes.error());
  return asked.out.empty() ? print(*bytes) : write_file(asked.out, *bytes);
}

}  // namespace

Command add_look(CLI::App& regard) {
  CLI::App* app = regard.add_subcommand("look", "Where each patch of a picture looks: runs a vision model");
  auto asked = std::make_shared<Look>();
  add_picture(*app, asked->picture);
  CLI::Option* patch =
      app->add_option("--patch", asked->patch, "The patch in question, from 1,1 at the upper left")
          ->type_name("COL,ROW");
  app->add_option("--token", asked->token,
                  "Or a token that is no patch: cls (default), dist, reg1, reg2, ... as the model has them")
      ->type_name("NAME")
      ->excludes(patch);
  app->add_flag("--incoming", asked->incoming, "Who looks at it, instead of where it looks");
  app->add_option(
         "--out", asked->out,
         fmt::format(
             "File to write; its ending chooses: {} (numbers), {} (the map over the picture). Without "
             "it: JSON on standard output",
             endings({FormatKind::kDescribed, FormatKind::kNumbers}), endings({FormatKind::kPicture})))
      ->type_name("FILE");
  add_map(*app, asked->shared);
  add_model(*app, asked->shared);
  add_lang(*app, asked->shared);
  add_threads(*app, asked->shared);
  app->footer(
      "Layers, heads, columns and rows count from 1. The map is of the picture as the model saw it: its "
      "processor\n"
      "may have cut the edges (seen in the JSON); --size shows all of it. With --layer all --head all, .npy "
      "holds\n"
      "the whole maps, float32 [L,H,T,S]: special tokens first, then patches row by row.\n"
      "Example: regard look --image scene-1 --patch 3,5 --layer 4 --head 2 --out cat.png");
  return {app, [asked] {
            const Result<void> done = look(*asked);
            return done ? kDone : bad_input("look", done.error());
          }};
}

}  // namespace regard::cli
