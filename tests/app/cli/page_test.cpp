// `--out FILE.html`: every command that has a map writes it as text, too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/formats/json.h"
#include "tests/app/cli/program.h"
#include "tests/support/markup.h"

namespace regard {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Page : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  // What the command writes, in French, once it is well formed and has a table with headings.
  std::string written(std::vector<std::string> words, const std::string& option = "--out") {
    const std::string file = (folder_ / "page.html").string();
    words.insert(words.end(), {option, file, "--lang", "fr"});
    const Outcome run = run_program(words);
    EXPECT_EQ(run.status, 0) << run.err;
    const std::string html = read_file(file, 64u << 20).value_or("");
    EXPECT_EQ(markup_fault(html), "");
    for (const char* part :
         {"<html lang=\"fr\">", "<h1>", "<caption>", "<th scope=\"col\">", "<th scope=\"row\">"})
      EXPECT_THAT(html, HasSubstr(part)) << words.front();
    return html;
  }
  fs::path folder_ = fs::temp_directory_path() / ("regard_page_cli" + std::to_string(::getpid()));
};

TEST_F(Page, OfAText) {
  const std::string html = written({"attend", "--prompt", "Un chat rouge", "--layer", "3", "--head", "3"});
  EXPECT_THAT(html, HasSubstr("rouge lit chat"));
  written({"attend", "--prompt", "un <b> chat", "--layer", "all", "--head", "all"});
  written({"attend", "--prompt", "un chat", "--lens", "norms"});
}

TEST_F(Page, OfAPicture) {
  const std::string html =
      written({"look", "--image", "scene-2", "--patch", "9,10", "--layer", "4", "--head", "1"});
  EXPECT_THAT(html, HasSubstr("colonne 12"));
  written({"look", "--image", "scene-1", "--head", "all"});
}

TEST_F(Page, OfTwoRuns) {
  const std::string html = written({"compare", "--prompt", "a red cat", "--with", "a blue cat"});
  EXPECT_THAT(html, HasSubstr("points"));
  written({"compare", "--image", "scene-2", "--with-image", "scene-1", "--patch", "9,7"});
}

TEST_F(Page, OfHeadsAndWhatMatters) {
  EXPECT_THAT(written({"heads", "--prompt", "un chat rouge"}), HasSubstr("couche 1 · tête 1"));
  EXPECT_THAT(written({"ledger", "--prompt", "un chat rouge"}), HasSubstr("ce qui est ôté"));
}

TEST_F(Page, OfADrawingAndOfOneWord) {
  const std::string html =
      written({"paint", "--prompt", "un chat rouge", "--steps", "2", "--out", (folder_ / "p.png").string()},
              "--page");
  EXPECT_THAT(html, HasSubstr("«\u00a0rouge\u00a0»"));
  const std::string followed = written(
      {"follow", "--prompt", "un chat rouge", "--word", "rouge", "--image", "scene-1", "--steps", "2"});
  EXPECT_THAT(followed, HasSubstr("Un mot suivi"));
  const Outcome json = run_program({"follow", "--prompt", "un chat", "--word", "chat", "--steps", "1",
                                    "--out", (folder_ / "f.json").string()});
  EXPECT_EQ(json.status, 0) << json.err;
  EXPECT_TRUE(parse_json(read_file(folder_ / "f.json", 1u << 20).value_or(""), "f.json").has_value());
  const Outcome wrong =
      run_program({"paint", "--prompt", "a", "--steps", "1", "--out", (folder_ / "p.png").string(), "--maps",
                   folder_.string(), "--lens", "pca", "--page", "x.html"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, HasSubstr("--page: expected a lens of words, got pca"));
}

}  // namespace
}  // namespace regard
