// What a path means that a person gave by name: dropped, pasted, typed, or given on the command line.
#pragma once

#include <filesystem>
#include <string>

#include "app/state/command.h"

namespace regard {

/// A folder (or the name of an installed model) is a model, a .json a session, an .md a lesson, anything else
/// a picture. Whether it is a good one is seen when it is opened. Looks at the disk.
Command open_command(const std::filesystem::path& path);

/// The file or folder that pasted text names, also as file://; empty when it names none that is there.
std::filesystem::path path_in(std::string pasted);

}  // namespace regard
