#include "app/cli/start.h"

#include <CLI/CLI.hpp>

namespace regard::cli {

void add_start(CLI::App& command, StartOptions& options, const std::string& prompt_help) {
  options.prompt_option = command.add_option("--prompt", options.prompt, prompt_help)->type_name("TEXT");
  add_theme(command, options.shared);
  command.add_flag("--reduced-motion", options.reduced_motion,
                   "Nothing moves by itself; kept, as in the View menu");
  add_model(command, options.shared);
  add_lang(command, options.shared);
}

Result<StartArguments> read_start(const StartOptions& options) {
  StartArguments out;
  REGARD_TRY(out.language, read_lang(options.shared));
  out.language_given = options.shared.lang != "system";
  if (!options.shared.theme.empty())
    out.theme = options.shared.theme == "light" ? Theme::kLight : Theme::kDark;
  out.reduced_motion = options.reduced_motion;
  out.model = options.shared.model;
  if (options.prompt_option->count() > 0) out.prompt = options.prompt;
  return out;
}

}  // namespace regard::cli
