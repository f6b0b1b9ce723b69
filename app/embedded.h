// The files inside the program: fonts, strings, shaders. Listed in app/CMakeLists.txt.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace regard {

/// @param name  as listed in app/CMakeLists.txt, e.g. "fonts/Roboto-Regular.ttf", "locale/fr.json"
/// @return      the bytes, which live as long as the program; empty when there is no such file
/// Thread: any.
std::span<const std::byte> embedded_file(std::string_view name);

/// The names of all of them.
std::vector<std::string_view> embedded_names();

}  // namespace regard
