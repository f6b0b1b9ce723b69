// `regard tokenize`: a prompt as the model reads it.
#include "app/cli/options.h"

namespace regard::cli {
namespace {

Result<void> tokenize(const Options& options, const std::string& text) {
  const auto syntax = read_syntax(options);
  if (!syntax) return std::unexpected(syntax.error());
  const auto model = open_model(options);
  if (!model) return std::unexpected(model.error());
  const TokenizedPrompt read = tokenize_prompt(**model, text, *syntax);
  print_warnings(read.warnings, read.tokens.size(), read.tokens_cut);
  return print(tokens_json(read.tokens, 0) + "\n");
}

}  // namespace

Command add_tokenize(CLI::App& regard) {
  CLI::App* app =
      regard.add_subcommand("tokenize", "The tokens of a prompt: JSON of {id, token, start, end, weight}");
  struct Asked {
    Options shared;
    std::string text;
  };
  auto asked = std::make_shared<Asked>();
  app->add_option("TEXT", asked->text, "The prompt; weights as in (red:1.3)")->required()->type_name("");
  add_model(*app, asked->shared);
  add_syntax(*app, asked->shared);
  app->footer("start and end are bytes of TEXT. The start and end tokens are listed, too.");
  return {app, [asked] {
            const Result<void> done = tokenize(asked->shared, asked->text);
            return done ? kDone : bad_input("tokenize", done.error());
          }};
}

}  // namespace regard::cli
