// Sessions that earlier versions wrote (tests/corpus/session) still open, and still name the same map.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "app/settings.h"
#include "app/state/queries.h"
#include "app/state/session.h"
#include "core/analysis/query_json.h"
#include "core/formats/json.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(REGARD_TEST_DIR) / "corpus" / "session";

// Of the built-in model: text, picture, drawing.
constexpr AttentionShape kText{.layers = 4, .heads = 4, .queries = 77, .keys = 77, .head_width = 32};
constexpr AttentionShape kPicture{.layers = 5, .heads = 4, .queries = 145, .keys = 145, .head_width = 32};
constexpr AttentionShape kPainting{.layers = 6, .heads = 4, .queries = 160, .keys = 160, .head_width = 32};

// The map of the session's workspace, as JSON.
std::string map_of(const Session& session) {
  constexpr int kWord = 146;
  const Document& doc = session.doc;
  const int pin = doc.picture.pins.empty() ? 0 : doc.picture.pins.back();
  const auto [first, last] = doc.paint.step_span.value_or(std::pair(0, 1));
  const int patch = doc.paint.patch;
  switch (session.view.workspace) {
    case Workspace::kText:
    case Workspace::kCompare:
      return query_json(text_query(doc, session.view, kText)).dump();
    case Workspace::kImage:
      return query_json(picture_query(doc.picture, session.view, pin, kPicture)).dump();
    case Workspace::kPainting: {
      MapQuery query = paint_query(doc.paint, session.view.paint, {patch >= 0 ? patch : kWord}, patch >= 0,
                                   {first, last}, kPainting);
      if (doc.paint.maps.empty()) query.heads = {};  // all but the first block's: not of the file
      return query_json(query).dump();
    }
  }
  return "";
}

// What each file's map was when it was written; of a drawing, its word is position 146.
const std::map<std::string, std::string> kMaps = {
    {"text-one-head.json", R"({"layer":3,"head":2,"scores":true})"},
    {"text-max-over-heads.json", R"({"layer":4,"head":"max","special":"hide"})"},
    {"text-min-of-all-layers.json", R"({"head":"min"})"},
    {"text-rollout-second-chunk.json", R"({"layer":"rollout"})"},
    {"compare.json", R"({"layer":2,"head":3})"},
    {"picture-mean-of-pins.json", R"({"layer":2,"subject":[20,30]})"},
    {"picture-difference-read-by.json", R"({"layer":5,"head":4,"subject":[90],"minus":[7],"incoming":true})"},
    {"picture-rollout-discard.json", R"({"layer":"rollout","subject":[40],"discard":0.25})"},
    {"picture-flow.json", R"({"layer":"flow","subject":[40]})"},
    {"picture-mass.json", R"({"layer":3,"head":"max","subject":[0],"mass":0.5})"},
    {"picture-norms.json", R"({"lens":"norms","layer":1,"subject":[0]})"},
    {"picture-caption-legrad.json", R"({"layer":"legrad","subject":[0],"compared_with":"un poisson vert"})"},
    {"painting-share.json",
     R"({"lens":"share","maps":[[2,3],[4,2]],"span":[1,2],"subject":[146],"incoming":true,"over":"image"})"},
    {"painting-patch-reverse.json", R"({"span":[1,2],"subject":[77],"incoming":true,"over":"image"})"},
    {"painting-rollout-negative.json",
     R"({"layer":"rollout","span":[1,2],"half":"negative","subject":[146],"incoming":true,"over":"image"})"},
    {"painting-output-from-picture.json",
     R"({"lens":"output","span":[1,2],"subject":[146],"incoming":true,"over":"image"})"},
};

TEST(KeptSessions, EachOpensAndNamesItsMap) {
  std::set<std::string> seen;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    seen.insert(name);
    const auto session = read_session(entry.path());
    ASSERT_TRUE(session.has_value()) << session.error().message;
    if (const auto expected = kMaps.find(name); expected != kMaps.end()) {
      EXPECT_EQ(map_of(*session), expected->second) << name;
    }
  }
  for (const auto& [name, query] : kMaps) EXPECT_TRUE(seen.contains(name)) << name;
}

// Whatever it held, it is there again when the same is written now.
TEST(KeptSessions, EachIsWrittenAsItWas) {
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const auto session = read_session(entry.path());
    ASSERT_TRUE(session.has_value()) << session.error().message;
    const Json before = read_json(entry.path()).value().flatten();
    const Json now = Json::parse(session_json(*session)).flatten();
    // Keys may be added; those of before keep their value.
    for (const auto& [key, value] : before.items()) {
      if (key == "/window/0" || key == "/window/1") continue;
      if (key == "/view/order") {  // now one of the numbers of heads in text; "number" is none
        EXPECT_EQ(session->view.heads.front().order, value == "ties" ? "ties" : "") << entry.path();
        continue;
      }
      ASSERT_TRUE(now.contains(key)) << entry.path() << " " << key;
      EXPECT_EQ(now.at(key), value) << entry.path() << " " << key;
    }
  }
}

TEST(KeptSessions, SettingsOpenToo) {
  const fs::path folder = fs::path(::testing::TempDir()) / "kept_settings";
  fs::create_directories(folder);
  fs::copy_file(kFolder / "settings.json", folder / "settings.json", fs::copy_options::overwrite_existing);
  const Settings settings = read_settings(folder, {});
  EXPECT_TRUE(settings.found);
  EXPECT_EQ(settings.problem, "");
  EXPECT_EQ(settings.session.doc.prompt, "Un chat rouge poursuit une souris grise");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace regard
