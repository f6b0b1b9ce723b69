// `regard tokenize`: a prompt as the model reads it.
#include "app/cli/options.h"
#include "core/engine/text_chunks.h"

namespace regard::cli {
namespace {

Result<void> tokenize(const Options& options, const std::string& text) {
  const auto syntax = read_syntax(options);
  if (!syntax) return std::unexpected(syntax.error());
  const auto chunk = read_chunk(options);
  if (!chunk) return std::unexpected(chunk.error());
  const auto model = open_model(options);
  if (!model) return std::unexpected(model.error());
  const ChunkedPrompt read = tokenize_chunks(**model, text, *syntax);
  const int chunks = static_cast<int>(read.chunks.size());
  if (auto there = check_chunk(*chunk, chunks); !there) return there;
  const PromptChunk& shown = read.chunks[static_cast<std::size_t>(*chunk - 1)];
  print_chunk(*chunk, chunks);
  print_warnings(read.warnings, shown.tokens.size(), read.tokens_cut);
  return print(tokens_json(shown.tokens, 0) + "\n");
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
  add_chunk(*app, asked->shared);
  app->footer("start and end are bytes of TEXT. The start and end tokens are listed, too.");
  return {app, [asked] {
            const Result<void> done = tokenize(asked->shared, asked->text);
            return done ? kDone : bad_input("tokenize", done.error());
          }};
}

}  // namespace regard::cli
