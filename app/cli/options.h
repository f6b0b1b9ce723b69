// What the commands share: options, the values they hold, and what goes to standard output and error.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/values.h"
#include "app/export/maps.h"
#include "app/i18n/locales.h"
#include "app/state/state.h"
#include "core/analysis/lens.h"
#include "core/base/result.h"
#include "core/engine/text_run.h"
#include "core/tensor/non_finite.h"

namespace regard::cli {

/// Values of the options that commands share; checked while the command line is read (values.h).
struct Options {
  std::string model;  // empty: the built-in model
  MapRange maps;      // --layer, --head, --scores; see map_range()
  std::string lens;   // --lens; empty: attention, or what --layer names
  Syntax syntax = Syntax::kA1111;
  Weighting weighting = Weighting::kAttention;
  TokenNormalisation normalisation = TokenNormalisation::kNone;
  std::string lang = "system";  // see read_lang()
  std::string theme;            // "dark", "light", or empty: not given
  int chunk = 1;                // from 1
};

void add_prompt(CLI::App& command, std::string& prompt);
void add_model(CLI::App& command, Options& options);
/// --layer, --head, --scores, --lens. @param needs  what a run of the command has for a lens
void add_map(CLI::App& command, Options& options, std::initializer_list<LensNeeds> needs);
CLI::Option* add_lens(CLI::App& command, Options& options, std::initializer_list<LensNeeds> needs);
/// What becomes of tokens: --words, --special, --hold, --rank, as far as a command has them.
struct TokenOptions {
  bool words = true, hold = true, rank = true;
};
void add_tokens(CLI::App& command, MapQuery& query, const TokenOptions& which = {});
void add_syntax(CLI::App& command, Options& options);
void add_weighting(CLI::App& command, Options& options);
void add_normalisation(CLI::App& command, Options& options);
void add_chunk(CLI::App& command, Options& options);
void add_theme(CLI::App& command, Options& options);
void add_lang(CLI::App& command, Options& options);
void add_threads(CLI::App& command);  ///< sets them for the process
CLI::Validator syntaxes();            ///< the values of --syntax

/// --toward, of lenses that need gradients.
CLI::Option* add_toward(CLI::App& command, std::string& toward, const char* what);
/// Whether --toward stands with a lens that it says something to. Errors: format.
Result<void> check_toward(const std::string& toward, const MapRange& maps);

/// The maps asked for, --layer and --lens taken together. Errors: format (they name different lenses).
Result<MapRange> map_range(const Options& options);
/// The same of a command that takes one map. Errors: format (all layers or all heads were asked for), too.
Result<MapRange> one_map(const Options& options);

/// The ending of --out: ".json", ".csv", ...; without --out ".json". A picture shows one map, so it goes with
/// neither all layers nor all heads. Errors: format.
Result<std::string> read_format(const std::string& out, const MapRange& maps);
Result<Language> read_lang(const Options& options, const Locales& locales = Locales::shipped());
/// The chunk as asked for is there. Errors: shape.
Result<void> check_chunk(int chunk, int chunks);

/// The folder of --model (a path, or the name of an installed model), or of the built-in model. Errors: io.
Result<std::filesystem::path> model_folder(const Options& options);
/// Its text model. Errors: io, format, shape, unsupported.
Result<std::shared_ptr<const TextModel>> open_model(const Options& options);

/// One line on stderr when other weights lie beside those that are read: which are read, which are not. Once
/// a folder.
void print_weights(const std::filesystem::path& folder);

/// Warnings on stderr, in English, one a line: "prompt: bytes 3-8: not a number: read as text at 1.1".
/// @param what  what the bytes are of
void print_warnings(const std::vector<PromptWarning>& warnings, std::size_t tokens_read, int tokens_cut,
                    std::string_view what = "prompt");

/// One line on stderr when a file has values that are no numbers. @param out  empty: standard output
void print_non_finite(const std::string& out, const NonFinite& found);

/// One line on stderr when a prompt has several chunks and one is shown.
void print_chunk(int chunk, int chunks);

/// Writes all of `text` to stdout, and `bytes` to a file, or to stdout when `out` is empty. The exit status
/// of a command that has done so. Errors: io (a closed pipe, a full disk).
Result<int> print(std::string_view text);
Result<int> write(const std::string& out, std::string_view bytes);

}  // namespace regard::cli
