#include "app/cli/cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/start.h"
#include "app/cli/window.h"
#include "app/lessons/library.h"
#include "core/base/exception.h"
#include "core/formats/utf8.h"

#ifndef REGARD_VERSION
#define REGARD_VERSION "0"
#endif

namespace regard {
namespace {

/// What stands on the line when no command does: the window.
struct Plain {
  cli::StartOptions start;
  std::vector<std::string> paths;
  std::string lesson;
};

/// "regard attend", as far as the command is known.
std::string name_of(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? "regard" : "regard " + chosen.back()->get_name();
}

int wrong_usage(const CLI::App& app, std::string message) {
  std::ranges::replace(message, '\n', ' ');
  while (message.ends_with(' ') || message.ends_with('.')) message.pop_back();
  fmt::print(stderr, "{0}: {1}; see {0} --help\n", name_of(app), printable(message, 2000));
  return cli::kWrongUsage;
}

int bad_input(const CLI::App& app, std::string message) {
  for (char& c : message) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  fmt::print(stderr, "{}: {}\n", name_of(app), message);
  return cli::kBadInput;
}

void add_plain(CLI::App& app, Plain& plain) {
  app.add_option("PATH", plain.paths, "Opens a model folder, a picture or a session in the window")
      ->type_name("");
  app.add_option("--lesson", plain.lesson, "Lesson to begin with, by its name (regard lesson list) or file")
      ->type_name("NAME|FILE");
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
  out.lesson = plain.lesson;
  if (!out.lesson.empty()) REGARD_TRY_DO(find_lesson(out.lesson, out.start.language));
  return out;
}

bool is_command(std::string_view word) {
  return std::ranges::find(cli::kCommands, word, &cli::Command::name) != std::end(cli::kCommands);
}

/// `regard atend`: a word that is neither a command nor a file was meant as a command.
bool is_unknown_command(std::string_view word) {
  if (word.empty() || word.starts_with('-') || word.find_first_of("./") != std::string_view::npos)
    return false;
  std::error_code ignored;
  if (std::filesystem::exists(word, ignored)) return false;
  return !is_command(word);
}

/// `--prompt=` is an empty prompt: CLI11 would take the next word for it.
std::vector<std::string> with_empty_values(const CLI::App& app, int argc, char** argv) {
  const CLI::App* command = &app;
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (command == &app && is_command(word)) command = app.get_subcommand(word);
    const std::string name =
        word.starts_with("--") && word.ends_with('=') ? word.substr(0, word.size() - 1) : "";
    const CLI::Option* const option = name.empty() ? nullptr : command->get_option_no_throw(name);
    if (option == nullptr || option->get_items_expected_max() == 0) {
      words.push_back(word);
    } else {
      words.push_back(name);
      words.emplace_back();
    }
  }
  std::ranges::reverse(words);  // as CLI11 takes them
  return words;
}

/// A file or folder without a name: a script's variable that was not set, and nothing to be opened or
/// written.
Result<void> refuse_empty_names(const CLI::App& command) {
  for (const CLI::Option* const option : command.get_options()) {
    const std::string type = option->get_type_name();
    const bool names_file =
        type.find("FILE") != type.npos || type.find("DIR") != type.npos || option->get_name() == "PATH";
    if (!names_file || std::ranges::find(option->results(), "") == option->results().end()) continue;
    const char* const kind = type.find("FILE") != type.npos  ? "file"
                             : type.find("DIR") != type.npos ? "folder"
                                                             : "file or folder";
    return fail(ErrorCode::kFormat, "{}: expected the name of a {}, got ''", option->get_name(), kind);
  }
  return {};
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
  std::vector<std::pair<const CLI::App*, cli::Action>> commands;
  for (const cli::Command& command : cli::kCommands) {
    CLI::App* const added = app.add_subcommand(std::string(command.name), std::string(command.help));
    commands.emplace_back(added, command.add(*added));
  }
  if (argc > 1 && is_unknown_command(argv[1])) {
    return wrong_usage(app, fmt::format("{}: no such command or file", quote(argv[1])));
  }
  try {
    app.parse(with_empty_values(app, argc, argv));
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ValidationError& error) {
    return bad_input(app, error.what());
  } catch (const CLI::ParseError& error) {
    return wrong_usage(app, error.what());
  }
  for (const auto& [command, run] : commands) {
    if (!command->parsed()) continue;
    // Options of the window, given before a command, would be silently without effect.
    if (std::ranges::any_of(app.get_options(),
                            [](const CLI::Option* option) { return option->count() > 0; })) {
      return wrong_usage(app, "expected options and files after the command");
    }
    if (const auto named = refuse_empty_names(*command); !named) return bad_input(app, named.error().message);
    const Result<int> status = run();
    return status ? *status : bad_input(app, status.error().message);
  }
  if (const auto named = refuse_empty_names(app); !named) return bad_input(app, named.error().message);
  const Result<WindowArguments> arguments = read_plain(plain);
  return arguments ? run_window(*arguments) : bad_input(app, arguments.error().message);
}

}  // namespace

// What a library throws: ours does not. Memory and threads that the system does not give come here, too.
int cli_main(int argc, char** argv) {
  const std::string name = argc > 1 && is_command(argv[1]) ? fmt::format("regard {}", argv[1]) : "regard";
  try {
    return run(argc, argv);
  } catch (...) {
    fmt::print(stderr, "{}\n", error_of_exception(name).message);
  }
  return cli::kBadInput;
}

}  // namespace regard
