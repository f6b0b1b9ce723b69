#include "core/formats/csv.h"

#include <fmt/format.h>

#include <cmath>

namespace regard {

namespace {

// fmt: shortest that reads back, never the locale. A NaN has no sign: "-nan" is no number to many readers.
template <class Number>
std::string written(Number value) {
  return std::isnan(value) ? "nan" : fmt::format("{}", value);
}

}  // namespace

void CsvWriter::separate() {
  if (!first_in_row_) text_ += ',';
  first_in_row_ = false;
}

void CsvWriter::cell(std::string_view text) {
  separate();
  if (text.find_first_of(",\"\r\n") == text.npos) {
    text_ += text;
    return;
  }
  text_ += '"';
  for (const char c : text) {
    if (c == '"') text_ += '"';
    text_ += c;
  }
  text_ += '"';
}

void CsvWriter::cell(float value) {
  separate();
  text_ += written(value);
}

void CsvWriter::cell(double value) {
  separate();
  text_ += written(value);
}

void CsvWriter::cell(int value) {
  separate();
  text_ += fmt::format("{}", value);
}

void CsvWriter::end_row() {
  text_ += "\r\n";
  first_in_row_ = true;
}

}  // namespace regard
