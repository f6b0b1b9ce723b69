// `regard weigh`: the conditioning that goes to an image model, as numbers.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "app/cli/options.h"
#include "core/engine/weigh.h"
#include "core/formats/npy.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Weigh {
  Options shared;
  std::string prompt, out;
};

Result<void> check_name(const std::string& out) {
  std::string ending = std::filesystem::path(out).extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ending == ".npy") return {};
  return fail(ErrorCode::kFormat, "--out: expected a name that ends in .npy, got {}", quote(out));
}

/// A factor far from 1 rescales the whole chunk: worth a line, as nothing in the file tells.
void print_factors(const Conditioning& conditioning) {
  for (std::size_t i = 0; i < conditioning.factors.size(); ++i) {
    if (conditioning.factors[i] == 1.0) continue;
    fmt::print(stderr, "weights: chunk {} of {}: mean restored: every vector times {:.6g}\n", i + 1,
               conditioning.factors.size(), conditioning.factors[i]);
  }
}

Result<void> weigh(const Weigh& asked) {
  if (auto named = check_name(asked.out); !named) return named;
  const auto syntax = read_syntax(asked.shared);
  if (!syntax) return std::unexpected(syntax.error());
  const auto weighting = read_weighting(asked.shared);
  if (!weighting) return std::unexpected(weighting.error());
  const auto normalisation = read_normalisation(asked.shared);
  if (!normalisation) return std::unexpected(normalisation.error());
  auto model = open_model(asked.shared);
  if (!model) return std::unexpected(model.error());
  const auto done = weigh_prompt({.model = std::move(*model),
                                  .prompt = asked.prompt,
                                  .syntax = *syntax,
                                  .weighting = *weighting,
                                  .normalisation = *normalisation});
  if (!done) return std::unexpected(done.error());
  print_warnings(done->warnings, done->tokens.size(), done->tokens_cut);
  print_factors(*done);
  const Matrix& rows = done->after;
  const std::size_t shape[] = {static_cast<std::size_t>(rows.rows()), static_cast<std::size_t>(rows.cols())};
  return write_npy(asked.out, {rows.data(), static_cast<std::size_t>(rows.size())}, shape);
}

}  // namespace

Command add_weigh(CLI::App& regard) {
  CLI::App* app =
      regard.add_subcommand("weigh", "What an image model is given for a prompt: vectors, weighed, as .npy");
  auto asked = std::make_shared<Weigh>();
  app->add_option("--prompt", asked->prompt, "The text; weights as in (red:1.3)")
      ->required()
      ->type_name("TEXT");
  app->add_option("--out", asked->out, "File to write, .npy: float32 [chunks * positions, width]")
      ->required()
      ->type_name("FILE");
  add_model(*app, asked->shared);
  add_syntax(*app, asked->shared);
  add_weighting(*app, asked->shared);
  add_normalisation(*app, asked->shared);
  app->footer(
      "A long prompt is cut into chunks as the program of its grammar cuts it; each is BOS, tokens, EOS, "
      "padding.\n"
      "The vectors are the encoder's last, after its final norm. The pooled vector is weighed by no "
      "program.\n"
      "Example: regard weigh --prompt \"a (red:1.3) cat\" --weighting a1111 --out cat.npy");
  return {app, [asked] {
            const Result<void> done = weigh(*asked);
            return done ? kDone : bad_input("weigh", done.error());
          }};
}

}  // namespace regard::cli
