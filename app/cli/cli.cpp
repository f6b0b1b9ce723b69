#include "app/cli/cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>

#include "app/cli/start.h"
#include "app/cli/window.h"
#include "core/formats/utf8.h"

#ifndef REGARD_VERSION
#define REGARD_VERSION "0"
#endif

namespace regard {
namespace {

using cli::Command;

/// What stands on the line when no command does: the window.
struct Plain {
  cli::StartOptions start;
  std::vector<std::string> paths;
};

int wrong_usage(const CLI::App& app, std::string message) {
  std::ranges::replace(message, '\n', ' ');
  while (message.ends_with(' ') || message.ends_with('.')) message.pop_back();
  std::string command = "regard";
  if (const auto chosen = app.get_subcommands(); !chosen.empty()) command += " " + chosen.back()->get_name();
  fmt::print(stderr, "{0}: {1}; see {0} --help\n", command, printable(message, 2000));
  return cli::kWrongUsage;
}

void add_plain(CLI::App& app, Plain& plain) {
  app.add_option("PATH", plain.paths, "Opens a model folder, a picture or a session in the window")
      ->type_name("");
  cli::add_start(app, plain.start, "Prompt to begin with");
}

Result<WindowArguments> read_plain(const Plain& plain) {
  WindowArguments out;
  REGARD_TRY(out.start, cli::read_start(plain.start));
  for (const std::string& path : plain.paths) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      return fail(ErrorCode::kIo, "{}: expected a model folder, a picture or a session, got no such file",
                  printable(path, 4096));
    }
    out.paths.emplace_back(path);
  }
  return out;
}

/// `regard atend`: a word that is neither a command nor a file was meant as a command.
bool is_unknown_command(const std::vector<Command>& commands, std::string_view word) {
  if (word.empty() || word.starts_with('-') || word.find_first_of("./") != std::string_view::npos)
    return false;
  std::error_code ignored;
  if (std::filesystem::exists(word, ignored)) return false;
  return std::ranges::none_of(commands, [word](const Command& c) { return c.app->get_name() == word; });
}

int run(int argc, char** argv) {
  CLI::App app("Regard shows what a transformer looks at. Without a command it opens its window.", "regard");
  app.set_version_flag("--version", "regard " REGARD_VERSION, "Print the version and exit");
  app.require_subcommand(0, 1);
  app.footer(
      "Layers and heads count from 1, on the command line, in files and on screen.\n"
      "Exit status: 0 done; 1 bad input; 2 wrong usage; 3 no display or OpenGL below 3.3.");
  Plain plain;
  add_plain(app, plain);
  const std::vector<Command> commands = {cli::add_attend(app),  cli::add_parse(app), cli::add_tokenize(app),
                                         cli::add_inspect(app), cli::add_shot(app),  cli::add_bench(app),
                                         cli::add_weigh(app),   cli::add_look(app),  cli::add_match(app),
                                         cli::add_paint(app)};

  if (argc > 1 && is_unknown_command(commands, argv[1])) {
    return wrong_usage(app, fmt::format("{}: no such command or file", quote(argv[1])));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return wrong_usage(app, error.what());
  }
  for (const Command& command : commands) {
    if (!command.app->parsed()) continue;
    // Options of the window, given before a command, would be silently without effect.
    if (std::ranges::any_of(app.get_options(),
                            [](const CLI::Option* option) { return option->count() > 0; })) {
      return wrong_usage(app, "expected options and files after the command");
    }
    return command.run();
  }
  const Result<WindowArguments> arguments = read_plain(plain);
  if (arguments) return run_window(*arguments);
  fmt::print(stderr, "regard: {}\n", arguments.error().message);
  return cli::kBadInput;
}

}  // namespace

int cli_main(int argc, char** argv) try { return run(argc, argv); } catch (const std::bad_alloc&) {
  std::fputs("regard: memory: expected enough for this input, got none\n", stderr);
  return cli::kBadInput;
} catch (const std::exception& error) {  // of a library: ours does not throw
  std::fprintf(stderr, "regard: internal error: %s\n", error.what());
  return cli::kBadInput;
}

}  // namespace regard
