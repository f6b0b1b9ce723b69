// `regard compare`: two prompts, readings, models or pictures: how far apart each head reads, and what one
// map has more than the other.
#include <algorithm>
#include <optional>
#include <utility>

#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "app/export/compared_runs.h"
#include "app/export/patch_pair.h"
#include "app/export/vision_maps.h"
#include "app/views/compare_views.h"
#include "core/analysis/arrange.h"
#include "core/formats/utf8.h"
#include "core/prompt/grammar.h"

namespace regard::cli {
namespace {

struct Compare {
  Options shared;
  std::string prompt, out, sort = "divergence";
  std::optional<std::string> with, with_model, with_image;
  std::optional<Syntax> with_syntax;
  std::optional<Weighting> with_weighting;
  PictureOptions picture;
  std::string patch, with_patch;  // "COLUMN,ROW" from 1, or empty
  int top = 5;
};

RunInWords words_of(const TextRun& run) {
  return {.model = run.request.model->name,
          .prompt = run.request.prompt,
          .syntax = std::string(syntax_name(run.request.syntax)),
          .weighting = std::string(weighting_name(run.request.weighting)),
          .image = {}};
}

/// One side. Errors: as of `attend`. @param what  of the prompt, in messages
Result<std::shared_ptr<const TextRun>> run_side(const TextRequest& request, const Compare& asked,
                                                std::string_view what) {
  REGARD_TRY(auto run, run_text(request));
  REGARD_TRY_DO(check_chunk(asked.shared.chunk, run->chunks));
  print_warnings(run->warnings, run->tokens.size(), run->tokens_cut, what);
  return run;
}

/// Errors: shape. Runs of different models may have other heads.
Result<void> check_heads_match(const AttentionShape& first, const AttentionShape& second) {
  if (first.layers == second.layers && first.heads == second.heads) return {};
  return fail(ErrorCode::kShape, "--with-model: expected a model of {} layers of {} heads, got {} of {}",
              first.layers, first.heads, second.layers, second.heads);
}

/// "3,5", or "3, 5" as the window writes it.
std::optional<std::string> read_place(std::string_view text) {
  std::string place(text);
  if (const std::size_t space = place.find(", "); space != place.npos) place.erase(space + 1, 1);
  return two_numbers(place, ',') ? std::optional(place) : std::nullopt;
}

Result<ComparedRuns> compare_texts(const Compare& asked, const MapRange& range) {
  if (!asked.with && !asked.with_syntax && !asked.with_weighting && !asked.with_model) {
    return fail(
        ErrorCode::kFormat,
        "--with: expected --with, --with-syntax, --with-weighting or --with-model beside --prompt, got none");
  }
  REGARD_TRY(auto model, open_model(asked.shared));
  const TextRequest first{.model = std::move(model),
                          .prompt = asked.prompt,
                          .syntax = asked.shared.syntax,
                          .weighting = asked.shared.weighting,
                          .chunk = asked.shared.chunk - 1};
  TextRequest second = first;
  second.prompt = asked.with.value_or(second.prompt);
  second.syntax = asked.with_syntax.value_or(second.syntax);
  second.weighting = asked.with_weighting.value_or(second.weighting);
  if (asked.with_model) {
    Options other = asked.shared;
    other.model = *asked.with_model;
    REGARD_TRY(second.model, open_model(other));
  }
  ComparedRuns out;
  REGARD_TRY(out.first, run_side(first, asked, "first"));
  REGARD_TRY(out.second, run_side(second, asked, "second"));
  out.first_words = words_of(*out.first);
  out.second_words = words_of(*out.second);
  REGARD_TRY_DO(check_heads_match(out.first->trace.shape(), out.second->trace.shape()));
  REGARD_TRY_DO(check_range(out.first->trace, range));
  const std::vector<AlignedPosition> aligned = aligned_runs(*out.first, *out.second);
  for (const AlignedPosition& at : aligned) {
    const bool of_first = at.first >= 0;
    const Token& token = (of_first ? *out.first : *out.second)
                             .tokens[static_cast<std::size_t>(of_first ? at.first : at.second)];
    out.names.push_back(token.readable());
  }
  REGARD_TRY(out.map, compare(out.first->trace, out.second->trace, range.query, aligned));
  REGARD_TRY(out.divergence, diverge(out.first->trace, out.second->trace, aligned));
  return out;
}

Result<ComparedRuns> compare_pictures(const Compare& asked) {
  if (!asked.with_image)
    return fail(ErrorCode::kFormat, "--with-image: expected another picture beside --image, got none");
  REGARD_TRY(const auto first, run_picture(asked.picture, asked.shared));
  PictureOptions other = asked.picture;
  other.image = *asked.with_image;
  Options shared = asked.shared;
  if (asked.with_model) shared.model = *asked.with_model;
  REGARD_TRY(const auto second, run_picture(other, shared));
  ComparedRuns out;
  out.first_words.model = first->request.model->name;
  out.first_words.image = asked.picture.image;
  out.second_words.model = second->request.model->name;
  out.second_words.image = other.image;
  REGARD_TRY_DO(check_heads_match(first->trace.shape(), second->trace.shape()));
  const std::vector<AlignedPosition> aligned = align_words(first->trace.prompt, second->trace.prompt);
  for (const AlignedPosition& at : aligned)
    out.names.push_back(at.first >= 0 ? vision_token_name(*first, at.first)
                                      : vision_token_name(*second, at.second));
  REGARD_TRY(out.divergence, diverge(first->trace, second->trace, aligned));
  return out;
}

// Of `run`, counted row by row. Errors: shape.
Result<int> patch_of(const VisionRun& run, const std::string& place, std::string_view option) {
  const auto [column, row] = *two_numbers(place, ',');
  const VitOutput& grid = run.output;
  if (column <= grid.columns && row <= grid.rows) return (row - 1) * grid.columns + column - 1;
  return fail(ErrorCode::kShape, "{}: expected 1,1 to {},{}, the patches of this picture, got {},{}", option,
              grid.columns, grid.rows, column, row);
}

// A patch of one picture and those of the other that are most like it. Errors: as of `look`; format.
Result<int> match_patches(const Compare& asked) {
  if (!asked.with_image)
    return fail(ErrorCode::kFormat, "--with-image: expected another picture beside --image, got none");
  REGARD_TRY(const MapRange range, map_range(asked.shared));
  const MapQuery& query = range.query;
  if (range.all_layers || range.all_heads || query.lens != "attention" || query.heads.head || query.scores ||
      is_arranged(query))
    return fail(ErrorCode::kFormat, "--patch: expected --layer N alone: vectors are compared, not maps");
  REGARD_TRY(const auto format, read_format(asked.out, range));
  REGARD_TRY(const auto language, read_lang(asked.shared));
  PatchPair pair{.first_image = asked.picture.image, .second_image = *asked.with_image};
  REGARD_TRY(pair.first, run_picture(asked.picture, asked.shared));
  PictureOptions other = asked.picture;
  other.image = *asked.with_image;
  Options shared = asked.shared;
  if (asked.with_model) shared.model = *asked.with_model;
  REGARD_TRY(pair.second, run_picture(other, shared));
  pair.from_second = !asked.with_patch.empty();
  REGARD_TRY(pair.patch, pair.from_second ? patch_of(*pair.second, asked.with_patch, "--with-patch")
                                          : patch_of(*pair.first, asked.patch, "--patch"));
  const int last = std::min(pair.first->trace.shape().layers, pair.second->trace.shape().layers);
  pair.layer = query.heads.layer ? *query.heads.layer + 1 : last;
  REGARD_TRY(pair.found, match_patch(pair.from(), pair.patch, pair.to(), pair.layer, asked.top));
  NonFinite found;
  REGARD_TRY(const auto bytes,
             map_bytes(PatchPairExport(std::move(pair)), format, Strings::load(language), &found));
  print_non_finite(asked.out, found);
  return write(asked.out, bytes);
}

Result<int> compare_runs_asked(const Compare& asked) {
  if (!asked.patch.empty() || !asked.with_patch.empty()) return match_patches(asked);
  REGARD_TRY(const MapRange range, one_map(asked.shared));
  REGARD_TRY(const auto format, read_format(asked.out, range));
  REGARD_TRY(const auto language, read_lang(asked.shared));
  const bool pictures = !asked.picture.image.empty();
  REGARD_TRY(ComparedRuns runs, pictures ? compare_pictures(asked) : compare_texts(asked, range));
  runs.query = range.query;
  runs.by_number = asked.sort == "number";
  NonFinite found;
  REGARD_TRY(const auto bytes,
             map_bytes(ComparedRunsExport(std::move(runs)), format, Strings::load(language), &found));
  print_non_finite(asked.out, found);
  return write(asked.out, bytes);
}

}  // namespace

Action add_compare(CLI::App& app) {
  auto asked = std::make_shared<Compare>();
  CLI::Option* prompt =
      app.add_option("--prompt", asked->prompt, "The first text; weights as in (red:1.3)")->type_name("TEXT");
  CLI::Option* image = app.add_option("--image", asked->picture.image,
                                      "Or the first picture: a PNG, JPEG or WebP file, or scene-1 to scene-6")
                           ->type_name("FILE")
                           ->excludes(prompt);
  app.add_option("--with", asked->with, "The second text (default: the same)")
      ->type_name("TEXT")
      ->needs(prompt);
  app.add_option("--with-weighting", asked->with_weighting, "What a weight does in the second")
      ->transform(one_of(kAllWeightings, weighting_name))
      ->type_name("NAME")
      ->needs(prompt);
  app.add_option("--with-syntax", asked->with_syntax, "The second's grammar")
      ->transform(syntaxes())
      ->type_name("NAME")
      ->needs(prompt);
  app.add_option("--with-model", asked->with_model, "The second's model, of as many layers and heads")
      ->type_name("DIR");
  app.add_option("--with-image", asked->with_image, "The second picture")->type_name("FILE")->needs(image);
  CLI::Option* patch =
      app.add_option(
             "--patch", asked->patch,
             "Of two pictures: this patch of the first, and those of the second whose vectors are most "
             "like its own after --layer N (default: the last)")
          ->transform(reads("COLUMN,ROW, both from 1", read_place))
          ->type_name("COL,ROW")
          ->needs(image);
  app.add_option("--with-patch", asked->with_patch, "The other way round: a patch of the second picture")
      ->transform(reads("COLUMN,ROW, both from 1", read_place))
      ->type_name("COL,ROW")
      ->needs(image)
      ->excludes(patch);
  app.add_option("--top", asked->top, "How many of the most like it (default 5)")
      ->transform(whole(1, kMostMatches))
      ->type_name("K")
      ->needs(image);
  app.add_option("--size", asked->picture.size, "Patches along the longer side of both pictures")
      ->transform(whole(1, kMostPatchesASide))
      ->type_name("N")
      ->needs(image);
  app.add_option("--sort", asked->sort, "Heads by how far apart they are (divergence, default), or by number")
      ->check(word_of({"divergence", "number"}))
      ->type_name("ORDER");
  app.add_option(
         "--out", asked->out,
         fmt::format("File to write; its ending chooses: {} (how far apart every head is), {} (a figure of "
                     "one map of both texts and their difference). Without it: JSON on standard output",
                     endings({FormatKind::kDescribed, FormatKind::kNumbers}),
                     endings({FormatKind::kPicture})))
      ->type_name("FILE");
  add_map(app, asked->shared, {LensNeeds::kAttention});
  add_tokens(app, asked->shared.maps.query, {.hold = false, .rank = false});
  add_model(app, asked->shared);
  add_syntax(app, asked->shared);
  add_weighting(app, asked->shared);
  add_chunk(app, asked->shared);
  add_lang(app, asked->shared);
  add_threads(app);
  app.footer(
      "bits: Jensen-Shannon divergence of what the two runs read, from 0 (the same) to 1 (nothing in "
      "common), a "
      "row\n"
      "for each token that both have, and their mean. Words of two texts are aligned by their letters, in "
      "order;\n"
      "what only one of them reads counts as read by it alone. Layers and heads count from 1.\n"
      "Examples: regard compare --prompt \"a red cat\" --with \"a blue cat\" --out heads.csv\n"
      "          regard compare --prompt \"a (red:1.5) cat\" --with-weighting none --layer 2 --head 3 --out "
      "both.svg\n"
      "          regard compare --image scene-2 --with-image scene-1 --patch 9,7 --top 3 --out alike.png");
  return [asked]() -> Result<int> {
    if (asked->prompt.empty() && asked->picture.image.empty())
      return fail(ErrorCode::kFormat, "--prompt: expected a text, or a picture by --image, got none");
    return compare_runs_asked(*asked);
  };
}

}  // namespace regard::cli
