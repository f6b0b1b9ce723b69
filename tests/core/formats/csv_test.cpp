#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <locale>

#include "core/formats/csv.h"

namespace regard {
namespace {

TEST(Csv, QuotesWhatNeedsIt) {
  CsvWriter csv;
  for (const char* text : {"plain", "", "a,b", "say \"hi\"", "two\nlines", "cr\r", "é ' ;"}) csv.cell(text);
  csv.end_row();
  EXPECT_EQ(csv.text(), "plain,,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"cr\r\",é ' ;\r\n");
}

TEST(Csv, NumbersReadBackExactly) {
  CsvWriter csv;
  csv.cell(0.1f);
  csv.cell(0.1);
  csv.cell(1.0f / 3.0f);
  csv.cell(std::numeric_limits<float>::denorm_min());
  csv.cell(1e30f);
  csv.cell(-7);
  csv.cell(std::nan(""));
  csv.cell(-std::nanf(""));  // without its sign
  csv.cell(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(csv.text(), "0.1,0.1,0.33333334,1e-45,1e+30,-7,nan,nan,-inf");
}

struct DecimalComma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return ' '; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Csv, PointWhateverTheLocale) {
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new DecimalComma));
  for (const char* name : {"fr_FR.UTF-8", "de_DE.UTF-8"})
    std::setlocale(LC_NUMERIC, name);  // when one is installed
  CsvWriter csv;
  csv.cell(1.5f);
  csv.cell(1234567.5);
  std::setlocale(LC_NUMERIC, "C");
  std::locale::global(before);
  EXPECT_EQ(csv.text(), "1.5,1234567.5");
}

}  // namespace
}  // namespace regard
