// Every file of tests/corpus through its opener: exactly the expected message, or accepted when it is a sound
// one.
#include <gtest/gtest.h>

#include "core/formats/json.h"
#include "core/formats/npy.h"
#include "core/formats/png.h"
#include "core/formats/safetensors.h"
#include "core/text/tokenizer.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

template <class T>
std::string message_of(const Result<T>& result) {
  return result ? "" : result.error().message;
}

std::string open_as(const std::string& kind, const fs::path& path) {
  if (kind == "safetensors") return message_of(Safetensors::open(path));
  if (kind == "json") return message_of(read_json(path));
  if (kind == "tokenizer") return message_of(ClipTokenizer::open(path));
  if (kind == "npy") return message_of(read_npy(path));
  if (kind == "png") return message_of(decode_png(read_file(path, 1 << 20).value(), path.string()));
  return "unknown kind";
}

std::string without_folder(std::string message, const fs::path& folder) {
  const std::string prefix = folder.string() + "/";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

TEST(Corpus, EveryFileGivesItsMessage) {
  const fs::path root = fs::path(REGARD_TEST_DIR) / "corpus";
  const Result<Json> expected = read_json(root / "expected.json");
  ASSERT_TRUE(expected) << expected.error().message;
  int malformed = 0;
  for (const Json& item : *expected) {
    const fs::path path = root / item.at("path").get<std::string>();
    const std::string kind = item.at("kind");
    ASSERT_TRUE(fs::exists(path)) << path;
    const std::string want = item.at("message");
    // A tokenizer's message names a file inside the folder, or the folder itself.
    const std::string got = open_as(kind, path);
    const bool names_folder = kind == "tokenizer" && !got.starts_with(path.string() + "/");
    EXPECT_EQ(without_folder(got, kind == "tokenizer" && !names_folder ? path : path.parent_path()), want)
        << path;
    EXPECT_EQ(got.find('\n'), got.npos) << path;
    malformed += want.empty() ? 0 : 1;
  }
  EXPECT_GE(malformed, 45);
}

TEST(Corpus, ListsEveryFile) {
  const fs::path root = fs::path(REGARD_TEST_DIR) / "corpus";
  const Json expected = read_json(root / "expected.json").value();
  std::size_t files = 0;
  for (const char* folder : {"safetensors", "json", "tokenizer", "slow", "npy", "png"}) {
    files += static_cast<std::size_t>(std::distance(fs::directory_iterator(root / folder), {}));
  }
  EXPECT_EQ(files, expected.size());
}

}  // namespace
}  // namespace regard
