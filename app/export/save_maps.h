// Maps as the bytes of a file, whose name's ending chooses what they become. Used by the command line and the
// window.
#pragma once

#include <string>
#include <string_view>

#include "app/export/maps.h"
#include "app/state/state.h"

namespace regard {

/// ".json", ".csv", ".npy", ".png" or ".svg", in lower case.
/// Errors: format, when `path` ends otherwise; the message names `option`.
Result<std::string> map_format(std::string_view path, std::string_view option);

/// Whether a format shows exactly one map.
bool is_picture(std::string_view format);

/// The file's bytes. Pictures speak `language`. Expects one map for a picture. Errors: format (a picture too
/// large).
Result<std::string> map_bytes(const MapSet& maps, std::string_view format, Language language);

}  // namespace regard
