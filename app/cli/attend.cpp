// `regard attend`: one prompt through the text model; its maps as numbers or as a picture.
#include "app/cli/options.h"
#include "app/export/save_maps.h"
#include "core/formats/json.h"

namespace regard::cli {
namespace {

struct Attend {
  Options shared;
  std::string prompt, out;
};

Result<void> attend(const Attend& asked) {
  const auto request = read_map(asked.shared);
  if (!request) return std::unexpected(request.error());
  const auto format = read_format(asked.out, *request);
  if (!format) return std::unexpected(format.error());
  const auto syntax = read_syntax(asked.shared);
  if (!syntax) return std::unexpected(syntax.error());
  const auto weighting = read_weighting(asked.shared);
  if (!weighting) return std::unexpected(weighting.error());
  const auto language = read_lang(asked.shared);
  if (!language) return std::unexpected(language.error());
  const auto chunk = read_chunk(asked.shared);
  if (!chunk) return std::unexpected(chunk.error());
  if (const auto threads = read_threads(asked.shared); !threads) return std::unexpected(threads.error());

  auto model = open_model(asked.shared);
  if (!model) return std::unexpected(model.error());
  auto run = run_text({.model = std::move(*model),
                       .prompt = asked.prompt,
                       .syntax = *syntax,
                       .weighting = *weighting,
                       .chunk = *chunk - 1});
  if (!run) return std::unexpected(run.error());
  if (auto there = check_chunk(*chunk, (*run)->chunks); !there) return there;
  print_chunk(*chunk, (*run)->chunks);
  print_warnings((*run)->warnings, (*run)->tokens.size(), (*run)->tokens_cut);
  const auto maps = collect_maps(*run, *request);
  if (!maps) return std::unexpected(maps.error());
  const auto bytes = map_bytes(*maps, *format, *language);
  if (!bytes) return std::unexpected(bytes.error());
  return asked.out.empty() ? print(*bytes) : write_file(asked.out, *bytes);
}

}  // namespace

Command add_attend(CLI::App& regard) {
  CLI::App* app = regard.add_subcommand("attend", "Where each token of a prompt looks: runs a text model");
  auto asked = std::make_shared<Attend>();
  app->add_option("--prompt", asked->prompt, "The text; weights as in (red:1.3)")
      ->required()
      ->type_name("TEXT");
  app->add_option(
         "--out", asked->out,
         fmt::format(
             "File to write; its ending chooses: {} (numbers), {} (a figure of one map). Without it: JSON on "
             "standard output",
             endings({FormatKind::kDescribed, FormatKind::kNumbers}), endings({FormatKind::kPicture})))
      ->type_name("FILE");
  add_map(*app, asked->shared);
  add_model(*app, asked->shared);
  add_syntax(*app, asked->shared);
  add_weighting(*app, asked->shared);
  add_chunk(*app, asked->shared);
  add_lang(*app, asked->shared);
  add_threads(*app, asked->shared);
  app->footer(
      "Layers and heads count from 1, here, in the files and on screen. Rows are queries, columns are keys.\n"
      "start and end of a token are bytes of the prompt.\n"
      "Example: regard attend --prompt \"a (red:1.3) cat\" --layer 1 --head 4 --out cat.svg");
  return {app, [asked] {
            const Result<void> done = attend(*asked);
            return done ? kDone : bad_input("attend", done.error());
          }};
}

}  // namespace regard::cli
