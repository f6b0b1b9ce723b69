#include "app/export/text_page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "app/views/colormap.h"

namespace regard {
namespace {

// Readable as it comes, and in the reader's own colours.
constexpr std::string_view kPageStyle =
    "body{font:1.05rem/1.5 sans-serif;max-width:80rem;margin:1.5rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1.5rem 0}"
    "caption{text-align:left;font-weight:bold;padding:.3rem 0}"
    "th,td{border:1px solid;padding:.25rem .6rem;text-align:right}"
    "th[scope=row]{text-align:left}";

// What XML has no sign for at all: controls, but for tabs and ends of lines.
bool is_control_sign(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7F;
}

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += is_control_sign(c) ? ' ' : c;
    }
  }
  return out;
}

void append_html_table(const TextTable& table, std::string& out) {
  out += "<table>\n<caption>" + html_text(table.caption) + "</caption>\n<thead><tr>";
  for (const std::string& heading : table.columns)
    out += heading.empty() ? std::string("<td></td>") : "<th scope=\"col\">" + html_text(heading) + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      out += (i == 0 ? "<th scope=\"row\">" : "<td>") + html_text(row[i]) + (i == 0 ? "</th>" : "</td>");
    out += "</tr>\n";
  }
  out += "</tbody>\n</table>\n";
}

// Of files; what has no line here stands as it is.
constexpr std::pair<std::string_view, const char*> kTableHeadings[] = {
    {"layer", "column.layer"},
    {"head", "column.head"},
    {"query", "column.query"},
    {"key", "column.key"},
    {"query_token", "column.query_token"},
    {"key_token", "column.key_token"},
    {"query_text", "column.query_text"},
    {"key_text", "column.key_text"},
    {"attention", "figure.attention"},
    {"score", "figure.score"},
    {"token", "column.token"},
    {"text", "column.text"},
    {"position", "column.position"},
    {"column", "column.column"},
    {"row", "column.row"},
    {"value", "column.value"},
    {"cosine", "column.cosine"},
    {"rank", "column.rank"},
    {"removal", "column.removal"},
    {"word", "column.word"},
    {"effect", "column.effect"},
    {"problem", "column.problem"},
    {"metric", "column.metric"},
    {"n", "column.n"},
    {"mean", "column.mean"},
    {"sd", "column.sd"},
    {"bits", "column.bits"},
    {"language", "column.language"},
    {"lost", "column.lost"},
    {"won", "column.won"},
    {"binding_cost", "column.binding_cost"},
    {"low", "column.low"},
    {"high", "column.high"},
    {"margin", "column.margin"},
    {"caption", "column.caption"},
    {"probability", "column.probability"}};

std::string table_heading(const std::string& name, const Strings& strings) {
  const auto* const found =
      std::ranges::find(kTableHeadings, name, &std::pair<std::string_view, const char*>::first);
  return found != std::end(kTableHeadings) ? strings(found->second) : name;
}

// Lines of cells, as RFC 4180 has them.
std::vector<std::vector<std::string>> cells_of_csv(std::string_view csv) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string cell;
  bool quoted = false;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const char c = csv[i];
    if (quoted) {
      if (c != '"') {
        cell += c;
      } else if (i + 1 < csv.size() && csv[i + 1] == '"') {
        cell += csv[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      row.push_back(std::exchange(cell, {}));
    } else if (c == '\n') {
      row.push_back(std::exchange(cell, {}));
      rows.push_back(std::exchange(row, {}));
    } else if (c != '\r') {
      cell += c;
    }
  }
  return rows;
}

std::optional<double> number_of_cell(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return !text.empty() && read.ec == std::errc{} && read.ptr == end ? std::optional(value) : std::nullopt;
}

bool is_whole_number(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::string html_of(const TextPage& page, const Strings& strings) {
  const std::string title = html_text(page.title);
  std::string out = "<!DOCTYPE html>\n<html lang=\"" + html_text(strings.language()) +
                    "\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                    "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>" +
                    title + "</title>\n<style>" + std::string(kPageStyle) +
                    "</style>\n</head>\n<body>\n<main>\n<h1>" + title + "</h1>\n";
  for (const std::string& paragraph : page.paragraphs) out += "<p>" + html_text(paragraph) + "</p>\n";
  for (const TextTable& table : page.tables) append_html_table(table, out);
  return out + "</main>\n</body>\n</html>\n";
}

std::string lines_of(const TextPage& page, std::size_t most) {
  std::vector<std::string> lines = {page.title};
  lines.insert(lines.end(), page.paragraphs.begin(), page.paragraphs.end());
  const auto add = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (const std::string& cell : cells) line += (&cell == &cells.front() ? "" : "\t") + cell;
    lines.push_back(std::move(line));
  };
  for (const TextTable& table : page.tables) {
    lines.push_back(table.caption);
    add(table.columns);
    for (const auto& row : table.rows) {
      if (lines.size() > most) break;
      add(row);
    }
  }
  std::string out;
  for (std::size_t i = 0; i < std::min(most, lines.size()); ++i) out += lines[i] + "\n";
  return lines.size() > most ? out + "…\n" : out;
}

std::string cell_text(const Strings& strings, double value, bool share) {
  if (share && std::isfinite(value) && value >= 0) return strings.percent(value);
  const double size = std::abs(value);
  if (!(size > 0) || size >= 0.001 || !std::isfinite(value)) return strings.number(value, 4);
  return strings.number(value, std::min(12, 1 - static_cast<int>(std::floor(std::log10(size)))));
}

TextTable grid_table(int columns, int rows, const std::vector<float>& values, bool share,
                     const Strings& strings) {
  TextTable out{.caption = strings("page.patches"), .columns = {""}, .rows = {}};
  for (int column = 0; column < columns; ++column)
    out.columns.push_back(strings.format("page.column", column + 1));
  for (int row = 0; row < rows; ++row) {
    std::vector<std::string>& line = out.rows.emplace_back();
    line.push_back(strings.format("page.row", row + 1));
    for (int column = 0; column < columns; ++column) {
      const auto at = static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                      static_cast<std::size_t>(column);
      line.push_back(cell_text(strings, static_cast<double>(values[at]), share));
    }
  }
  return out;
}

TextTable table_of_csv(std::string_view csv, const Strings& strings) {
  TextTable out;
  std::vector<std::vector<std::string>> rows = cells_of_csv(csv);
  if (rows.empty()) return out;
  std::vector<bool> shares;
  for (const std::string& name : rows.front()) {
    out.columns.push_back(table_heading(name, strings));
    shares.push_back(name == "attention" || name == "probability");
  }
  rows.erase(rows.begin());
  for (std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool share = i < shares.size() && shares[i];
      if (is_whole_number(row[i]) && !share) continue;
      if (const auto value = number_of_cell(row[i])) row[i] = cell_text(strings, *value, share);
    }
  }
  out.rows = std::move(rows);
  return out;
}

}  // namespace regard
