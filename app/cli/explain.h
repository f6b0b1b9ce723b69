// --explain QUERY,KEY: one cell of one head, every step of its calculation as JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/cli/options.h"
#include "core/analysis/contribution.h"
#include "core/analysis/word_cell.h"
#include "core/attention/trace.h"
#include "core/base/result.h"

namespace regard::cli {

/// @param places  how a query or key is written, for the help
void add_explain(CLI::App& command, std::string& cell, std::string_view places);

/// The two positions that `text` names, each a word of the prompt (its last token), a special ("bos", "eos",
/// "cls", ":start", ":end"), a patch as column,row from 1, or, where there are no patches, the number of a
/// token from 1. Errors: format (one line that begins with --explain and lists what there is).
Result<std::pair<int, int>> read_cell(const Sequence& sequence, std::string_view prompt,
                                      std::string_view text);

/// The one head that --layer and --head name. Errors: format (they name several, or none), shape (it is not
/// there), unsupported (scores, another lens).
Result<std::pair<int, int>> explained_head(const MapRange& range, const AttentionShape& shape);

/// Errors: unsupported (an option about the rest of a row: --hold, --rank; --special without --words).
Result<void> check_explained_tokens(const MapQuery& query);
/// With --words: the cell of the two words that the pair is of. Nothing without.
std::optional<WordCell> explained_word(const MapQuery& query, const AttentionRecord& record,
                                       const Sequence& sequence, const CellCalculation& cell);

/// Errors: format (--out is no .json file).
Result<void> check_explain_out(const std::string& out);

}  // namespace regard::cli
