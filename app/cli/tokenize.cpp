// `regard tokenize`: a prompt as the model reads it.
#include "app/cli/options.h"
#include "core/engine/text_chunks.h"

namespace regard::cli {
namespace {

Result<int> tokenize(const Options& options, const std::string& text) {
  REGARD_TRY(const auto model, open_model(options));
  const ChunkedPrompt read = tokenize_chunks(*model, text, options.syntax);
  const int chunks = static_cast<int>(read.chunks.size());
  REGARD_TRY_DO(check_chunk(options.chunk, chunks));
  const PromptChunk& shown = read.chunks[static_cast<std::size_t>(options.chunk - 1)];
  print_chunk(options.chunk, chunks);
  print_warnings(read.warnings, shown.tokens.size(), read.tokens_cut);
  return print(tokens_json(shown.tokens, 0) + "\n");
}

}  // namespace

Action add_tokenize(CLI::App& app) {
  struct Asked {
    Options shared;
    std::string text;
  };
  auto asked = std::make_shared<Asked>();
  app.add_option("TEXT", asked->text, "The prompt; weights as in (red:1.3)")->required()->type_name("");
  add_model(app, asked->shared);
  add_syntax(app, asked->shared);
  add_chunk(app, asked->shared);
  app.footer("start and end are bytes of TEXT. The start and end tokens are listed, too.");
  return [asked] { return tokenize(asked->shared, asked->text); };
}

}  // namespace regard::cli
