// `regard parse`: what a weight grammar makes of a text.
#include <fmt/format.h>

#include <cstdio>

#include "app/cli/options.h"
#include "core/formats/json.h"

namespace regard::cli {
namespace {

/// 17 significant digits, so that the double reads back exactly and looks as other tools print it.
std::string weight_text(double weight) {
  std::string text = fmt::format("{:.17g}", weight);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string fragments_json(const ParsedPrompt& parsed) {
  std::string out = "[";
  for (const Fragment& fragment : parsed.fragments) {
    out += out.size() == 1 ? "\n" : ",\n";
    out += fmt::format(R"( {{"text":{},"weight":{}}})",
                       Json(fragment.text).dump(-1, ' ', false, Json::error_handler_t::replace),
                       weight_text(fragment.weight));
  }
  return out + "]\n";
}

Result<void> parse(const Options& options, const std::string& text) {
  const auto syntax = read_syntax(options);
  if (!syntax) return std::unexpected(syntax.error());
  const ParsedPrompt parsed = parse_a1111(text);
  print_warnings(parsed.warnings, 0, 0);
  return print(fragments_json(parsed));
}

}  // namespace

Command add_parse(CLI::App& regard) {
  CLI::App* app = regard.add_subcommand("parse", "What the weights of a prompt mean: JSON of {text, weight}");
  struct Asked {
    Options shared;
    std::string text;
  };
  auto asked = std::make_shared<Asked>();
  app->add_option("TEXT", asked->text, "The prompt")->required()->type_name("");
  add_syntax(*app, asked->shared);
  app->footer("BREAK is listed as the original lists it: weight -1, multiplied by the brackets around it.");
  return {app, [asked] {
            const Result<void> done = parse(asked->shared, asked->text);
            return done ? kDone : bad_input("parse", done.error());
          }};
}

}  // namespace regard::cli
