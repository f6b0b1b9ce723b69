// What the commands share: options, how their values are read, and how a command fails.
// Values are read here and not by CLI11, since a wrong value is bad input (1) while a wrong option is wrong
// usage (2).
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/export/maps.h"
#include "app/i18n/locales.h"
#include "app/state/state.h"
#include "core/base/result.h"
#include "core/engine/text_run.h"

namespace regard::cli {

inline constexpr int kDone = 0;
inline constexpr int kBadInput = 1;
inline constexpr int kWrongUsage = 2;

/// One command: its options, and what to do once they are read.
struct Command {
  CLI::App* app = nullptr;
  std::function<int()> run;  // returns the exit status
};

// Each in the file of its name.
Command add_attend(CLI::App& regard);
Command add_bench(CLI::App& regard);
Command add_look(CLI::App& regard);
Command add_match(CLI::App& regard);
Command add_paint(CLI::App& regard);
Command add_parse(CLI::App& regard);
Command add_tokenize(CLI::App& regard);
Command add_inspect(CLI::App& regard);
Command add_shot(CLI::App& regard);
Command add_weigh(CLI::App& regard);

/// Texts as they were typed; read with the functions below.
struct Options {
  std::string model;
  std::string layer = "mean", head = "mean";
  bool scores = false;
  std::string syntax = "a1111", weighting = "attention", normalisation = "none", lang = "system",
              threads = "1", chunk = "1";
};

void add_model(CLI::App& command, Options& options);
void add_map(CLI::App& command, Options& options);  ///< --layer, --head, --scores
void add_syntax(CLI::App& command, Options& options);
void add_weighting(CLI::App& command, Options& options);
void add_normalisation(CLI::App& command, Options& options);
void add_chunk(CLI::App& command, Options& options);
void add_lang(CLI::App& command, Options& options);
void add_threads(CLI::App& command, Options& options);

/// Errors of all these: format or unsupported, one line that begins with the option.
Result<MapRequest> read_map(const Options& options);
/// The ending of --out: ".json", ".csv", ...; without --out ".json". A picture shows one map, so it goes with
/// neither all layers nor all heads.
Result<std::string> read_format(const std::string& out, const MapRequest& maps);
Result<Syntax> read_syntax(const Options& options);
Result<Weighting> read_weighting(const Options& options);
Result<TokenNormalisation> read_normalisation(const Options& options);
Result<Language> read_lang(const Options& options, const Locales& locales = Locales::shipped());
Result<int> read_threads(const Options& options);
Result<int> read_chunk(const Options& options);  ///< as asked for, from 1
/// The chunk as asked for is there. Errors: shape.
Result<void> check_chunk(int chunk, int chunks);
/// A whole number in [low, high]; `option` stands in the message.
Result<int> read_int(std::string_view option, std::string_view text, int low, int high);
Result<double> read_number(std::string_view option, std::string_view text, double low, double high);

/// The folder of --model (a path, or the name of an installed model), or of the built-in model. Errors: io.
Result<std::filesystem::path> model_folder(const Options& options);
/// Its text model. Errors: io, format, shape, unsupported.
Result<std::shared_ptr<const TextModel>> open_model(const Options& options);

/// Ends a command with one line on stderr: "regard <command>: <message>".
int bad_input(std::string_view command, const Error& error);

/// Warnings on stderr, in English, one a line: "prompt: bytes 3-8: not a number: read as text at 1.1".
/// @param what  what the bytes are of
void print_warnings(const std::vector<PromptWarning>& warnings, std::size_t tokens_read, int tokens_cut,
                    std::string_view what = "prompt");

/// One line on stderr when a prompt has several chunks and one is shown.
void print_chunk(int chunk, int chunks);

/// Writes all of `text` to stdout. Errors: io (a closed pipe, a full disk).
Result<void> print(std::string_view text);

}  // namespace regard::cli
