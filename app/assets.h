// Where the files beside the program lie: the built-in model, pictures, lessons.
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace regard {

/// The first of these folders that is there: $REGARD_ASSETS, <program>/../share/regard/assets (installed),
/// <program>/assets, the source tree's (a build tree).
/// Errors: io; the message lists the places. Thread: any, as long as nobody changes the environment.
Result<std::filesystem::path> find_assets();

/// The same; when there is none, the place where it ought to be, so that opening it says what is missing.
std::filesystem::path assets_dir();

}  // namespace regard
