// Writes comma-separated values as RFC 4180 has them. Does not read them; knows nothing of what a column
// means.
#pragma once

#include <string>
#include <string_view>

namespace regard {

/// Builds one table in memory, cell by cell. Lines end in CR LF; a cell with a comma, a quote or a line break
/// is quoted. Numbers are as short as they can be and still read back exactly, with '.' whatever the locale;
/// nan, inf and -inf are spelled so. Texts are taken as they are: UTF-8 in, UTF-8 out. Thread: one writer,
/// one thread. Cost: O(bytes).
class CsvWriter {
 public:
  void cell(std::string_view text);
  void cell(const char* text) { cell(std::string_view(text)); }
  void cell(float value);
  void cell(double value);
  void cell(int value);

  /// Ends the line. A line without a cell is an empty line.
  void end_row();

  const std::string& text() const { return text_; }

 private:
  void separate();

  std::string text_;
  bool first_in_row_ = true;
};

}  // namespace regard
