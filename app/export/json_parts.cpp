#include "app/export/json_parts.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "core/formats/json.h"

namespace regard {

std::string json_text(std::string_view text) {
  return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_choice(const std::string& name) {
  return name.find_first_not_of("0123456789") == std::string::npos ? name : '"' + name + '"';
}

void append_row(std::span<const float> row, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) out += ',';
    if (std::isfinite(row[i])) {  // JSON has no infinity
      fmt::format_to(std::back_inserter(out), "{}", row[i]);
    } else {
      out += "null";
    }
  }
  out += ']';
}

void append_grid(int rows, const std::function<std::span<const float>(int)>& row, std::string& out) {
  if (rows == 0) out += '[';
  for (int i = 0; i < rows; ++i) {
    out += i == 0 ? "[\n " : ",\n ";
    append_row(row(i), out);
  }
  out += ']';
}

void append_nested(int layers, bool all_layers, int heads, bool all_heads,
                   const std::function<void(std::size_t)>& append, std::string& out) {
  if (all_layers) out += '[';
  for (int l = 0; l < layers; ++l) {
    if (l > 0) out += ",\n";
    if (all_heads) out += '[';
    for (int h = 0; h < heads; ++h) {
      if (h > 0) out += ",\n";
      append(static_cast<std::size_t>(l) * static_cast<std::size_t>(heads) + static_cast<std::size_t>(h));
    }
    if (all_heads) out += ']';
  }
  if (all_layers) out += ']';
}

}  // namespace regard
