// `regard weigh`: the conditioning that goes to an image model, as numbers.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/cli/options.h"
#include "core/engine/weigh.h"
#include "core/formats/npy.h"

namespace regard::cli {
namespace {

struct Weigh {
  Options shared;
  std::string prompt, out;
};

/// A factor far from 1 rescales a whole chunk: worth a line, as nothing in the file tells.
void print_factors(const Conditioning& conditioning) {
  std::vector<double> moved;
  for (const double factor : conditioning.factors) {
    if (factor != 1.0) moved.push_back(factor);
  }
  if (moved.empty()) return;
  const std::size_t chunks = conditioning.factors.size();
  const std::string which =
      chunks == 1 ? "chunk 1 of 1" : fmt::format("{} of {} chunks", moved.size(), chunks);
  const auto [least, most] = std::ranges::minmax(moved);
  const std::string by =
      least == most ? fmt::format("{:.6g}", least) : fmt::format("{:.6g} to {:.6g}", least, most);
  fmt::print(stderr, "weights: {}: mean restored: every vector times {}\n", which, by);
}

Result<int> weigh(const Weigh& asked) {
  REGARD_TRY(auto model, open_model(asked.shared));
  REGARD_TRY(const auto done, weigh_prompt({.model = std::move(model),
                                            .prompt = asked.prompt,
                                            .syntax = asked.shared.syntax,
                                            .weighting = asked.shared.weighting,
                                            .normalisation = asked.shared.normalisation}));
  print_warnings(done.warnings, done.tokens.size(), done.tokens_cut);
  print_factors(done);
  const Matrix& rows = done.after;
  print_non_finite(asked.out, count_non_finite({rows.data(), static_cast<std::size_t>(rows.size())}));
  const std::size_t shape[] = {static_cast<std::size_t>(rows.rows()), static_cast<std::size_t>(rows.cols())};
  return write(asked.out, npy_bytes({rows.data(), static_cast<std::size_t>(rows.size())}, shape));
}

}  // namespace

Action add_weigh(CLI::App& app) {
  auto asked = std::make_shared<Weigh>();
  add_prompt(app, asked->prompt);
  app.add_option("--out", asked->out, "File to write, .npy: float32 [chunks * positions, width]")
      ->check(ends_in({".npy"}))
      ->required()
      ->type_name("FILE");
  add_model(app, asked->shared);
  add_syntax(app, asked->shared);
  add_weighting(app, asked->shared);
  add_normalisation(app, asked->shared);
  app.footer(
      "A long prompt is cut into chunks as the program of its grammar cuts it; each is BOS, tokens, EOS, "
      "padding.\n"
      "The vectors are the encoder's last, after its final norm. The pooled vector is weighed by no "
      "program.\n"
      "Example: regard weigh --prompt \"a (red:1.3) cat\" --weighting a1111 --out cat.npy");
  return [asked] { return weigh(*asked); };
}

}  // namespace regard::cli
