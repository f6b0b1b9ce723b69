// How numbers and texts stand in the JSON of maps: floats by the shortest digits that read back as the same,
// what is no number as null.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace regard {

/// A JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
std::string json_text(std::string_view text);

/// "2" as 2, "mean" as "mean" in quotes: a layer or head as maps.h names them.
std::string json_choice(const std::string& name);

/// [0.5,null,...]
void append_row(std::span<const float> row, std::string& out);

/// `rows` rows, one a line. @param row  the values of row i, from 0
void append_grid(int rows, const std::function<std::span<const float>(int)>& row, std::string& out);

/// What `append` writes for each of [layers][heads], in one list more for layers and one for heads where
/// there may be several. @param append  index of layer x heads + head
void append_nested(int layers, bool all_layers, int heads, bool all_heads,
                   const std::function<void(std::size_t)>& append, std::string& out);

}  // namespace regard
