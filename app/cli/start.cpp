#include "app/cli/start.h"

#include "core/formats/utf8.h"

namespace regard::cli {

void add_start(CLI::App& command, StartOptions& options, const std::string& prompt_help) {
  options.prompt_option = command.add_option("--prompt", options.prompt, prompt_help)->type_name("TEXT");
  command.add_option("--theme", options.theme, "dark or light")->type_name("NAME");
  add_model(command, options.shared);
  add_lang(command, options.shared);
}

Result<StartArguments> read_start(const StartOptions& options) {
  StartArguments out;
  REGARD_TRY(out.language, read_lang(options.shared));
  out.language_given = options.shared.lang != "system";
  if (options.theme == "dark") {
    out.theme = Theme::kDark;
  } else if (options.theme == "light") {
    out.theme = Theme::kLight;
  } else if (!options.theme.empty()) {
    return fail(ErrorCode::kFormat, "--theme: expected dark or light, got {}", quote(options.theme));
  }
  out.model = options.shared.model;
  if (options.prompt_option->count() > 0) out.prompt = options.prompt;
  return out;
}

}  // namespace regard::cli
