// Maps as pages of text: well formed, escaped, with the language, scopes and numbers as on screen.
#include "app/export/text_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "app/export/save_maps.h"
#include "core/formats/csv.h"
#include "tests/support/markup.h"

namespace regard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MapSet maps_of(const std::string& prompt, const MapRange& range) {
  static const auto model = open_text_model(REGARD_ASSETS_DIR "/little-world");
  const auto run = run_text({*model, prompt});
  EXPECT_TRUE(run.has_value());
  auto maps = collect_maps(*run, range);
  EXPECT_TRUE(maps.has_value());
  return std::move(*maps);
}

TEST(TextPage, NothingInItIsTakenForMarkup) {
  const Strings strings = Strings::load("fr");
  const std::string bad = "<b>&\"'\x01</table>";
  const TextPage page{.title = bad,
                      .paragraphs = {bad},
                      .tables = {{.caption = bad, .columns = {"", bad}, .rows = {{bad, bad}}}}};
  const std::string html = html_of(page, strings);
  EXPECT_EQ(markup_fault(html), "") << html;
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  EXPECT_THAT(html, Not(HasSubstr("\x01")));
  EXPECT_THAT(html, HasSubstr("<html lang=\"fr\">"));
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;&amp;&quot;' &lt;/table&gt;"));
  EXPECT_NE(markup_fault("<!DOCTYPE html>\n<p><b></p></b>"), "");
  EXPECT_NE(markup_fault("<!DOCTYPE html>\n<p>a & b</p>"), "");
}

TEST(TextPage, AMapIsATableWithScopesAndPercent) {
  for (const char* language : {"en", "es", "fr"}) {
    const Strings strings = Strings::load(language);
    const MapSet maps = maps_of("un chat rouge", {.query = {.heads = one_head(2, 2)}});
    const auto html = map_bytes(maps, ".html", language);
    ASSERT_TRUE(html.has_value());
    EXPECT_EQ(markup_fault(*html), "");
    EXPECT_THAT(*html, HasSubstr("<html lang=\"" + std::string(language) + "\">"));
    EXPECT_THAT(*html, HasSubstr("<caption>" + std::string(strings("view.any")) + "</caption>"));
    EXPECT_THAT(*html, HasSubstr("<th scope=\"col\">rouge</th>"));
    // The row of rouge: what it reads, in percent, and a dash for what it cannot.
    std::string row = "<tr><th scope=\"row\">rouge</th>";
    for (int s = 0; s < 5; ++s)
      row +=
          "<td>" + (s <= 3 ? strings.percent(static_cast<double>(maps.maps.front()(3, s))) : "–") + "</td>";
    EXPECT_THAT(*html, HasSubstr(row));
    // The largest of two words that are not the same one, in a sentence.
    EXPECT_THAT(*html,
                HasSubstr(strings.format("page.largest", "rouge", "chat",
                                         strings.percent(static_cast<double>(maps.maps.front()(3, 2))))));
  }
}

TEST(TextPage, SeveralMapsAreOneTable) {
  const auto html =
      map_bytes(maps_of("un chat", {.query = {}, .all_layers = true, .all_heads = true}), ".html", "en");
  ASSERT_TRUE(html.has_value());
  EXPECT_EQ(markup_fault(*html), "");
  std::size_t rows = 0;
  for (std::size_t at = html->find("<th scope=\"row\">"); at != html->npos;
       at = html->find("<th scope=\"row\">", at + 1))
    ++rows;
  EXPECT_EQ(rows, 4u * 4 * 4 * 4);  // layers, heads, queries, keys
}

TEST(TextPage, NumbersAreThoseOfTheScreen) {
  const Strings french = Strings::load("fr");
  EXPECT_EQ(cell_text(french, 0.5312, true), french.percent(0.5312));
  EXPECT_EQ(cell_text(french, 0.5312, false), "0,5312");
  EXPECT_EQ(cell_text(french, -0.5, true), "\u22120,5000");  // no share: a relevance
  EXPECT_EQ(cell_text(french, 0.0000312, false), "0,000031");
  EXPECT_EQ(cell_text(french, NAN, true), "NaN");
  EXPECT_EQ(cell_text(french, 0, true), french.percent(0));
}

TEST(TextPage, ATableIsReadBackFromItsValues) {
  CsvWriter csv;
  for (const char* name : {"layer", "token", "attention", "unheard_of"}) csv.cell(name);
  csv.end_row();
  csv.cell(3);
  csv.cell("a \"b\", c");
  csv.cell(0.25);
  csv.cell("");
  csv.end_row();
  const Strings french = Strings::load("fr");
  const TextTable table = table_of_csv(csv.text(), french);
  EXPECT_EQ(table.columns, (std::vector<std::string>{"couche", "jeton", "attention", "unheard_of"}));
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0], (std::vector<std::string>{"3", "a \"b\", c", french.percent(0.25), ""}));
  const TextTable grid = grid_table(2, 1, {0.5f, 0.25f}, true, french);
  EXPECT_EQ(grid.columns.size(), 3u);
  EXPECT_EQ(grid.rows[0][2], french.percent(0.25));
}

TEST(TextPage, AHeadOfItHasSoManyLines) {
  const TextPage page{
      .title = "t", .paragraphs = {"p"}, .tables = {{"c", {"", "a"}, {{"1", "2"}, {"3", "4"}}}}};
  EXPECT_EQ(lines_of(page, 9), "t\np\nc\n\ta\n1\t2\n3\t4\n");
  EXPECT_EQ(lines_of(page, 3), "t\np\nc\n…\n");
}

}  // namespace
}  // namespace regard
