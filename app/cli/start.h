// What the window and the picture of it begin with: the options of both.
#pragma once

#include <string>

#include "app/cli/options.h"
#include "app/state/session.h"

namespace regard::cli {

struct StartOptions {
  Options shared;  // --model, --lang, --theme
  std::string prompt;
  bool reduced_motion = false;
  CLI::Option* prompt_option = nullptr;
};

/// --prompt, --theme, --reduced-motion, --model, --lang. @param prompt_help  of --prompt
void add_start(CLI::App& command, StartOptions& options, const std::string& prompt_help);

/// Errors: format, one line that begins with the option.
Result<StartArguments> read_start(const StartOptions& options);

}  // namespace regard::cli
