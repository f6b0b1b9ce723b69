// What a map says as text: a page with headings, sentences and tables, for who cannot see it or has it read
// out. Numbers stand as on screen: shares in percent, decimals as the language has them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/i18n/strings.h"

namespace regard {

struct TextTable {
  std::string caption;                         // what its rows and columns are
  std::vector<std::string> columns;            // headings; the first stands over the rows' names
  std::vector<std::vector<std::string>> rows;  // as many cells each; the first is its name
};

struct TextPage {
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<TextTable> tables;
};

/// A page of HTML that is well-formed XML, too: lang, a heading, a paragraph each, tables with a caption and
/// scopes of headings. Nothing in it is taken for markup. Thread: any. Cost: O(bytes).
std::string html_of(const TextPage& page, const Strings& strings);

/// The same as lines without markup, cells with tabs between them; at most so many lines.
std::string lines_of(const TextPage& page, std::size_t most);

/// The number of a cell: a share of attention in percent, else four decimals; of very small ones two digits.
std::string cell_text(const Strings& strings, double value, bool share);

/// A table of one number a patch, rows and columns counted from 1. @param values  [rows][columns]
TextTable grid_table(int columns, int rows, const std::vector<float>& values, bool share,
                     const Strings& strings);

/// A table made of comma-separated values (CsvWriter's): headings in the language, numbers as on screen.
/// What stands under "attention" is a share.
TextTable table_of_csv(std::string_view csv, const Strings& strings);

}  // namespace regard
