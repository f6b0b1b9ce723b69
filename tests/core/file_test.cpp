#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "core/formats/json.h"
#include "tests/core/temp_folder.h"

namespace regard {
namespace {

using testing::get;
using testing::put;
using testing::TempFolder;

TEST(ReadFile, GivesAllBytes) {
  const TempFolder folder;
  const std::string bytes("a\0b\r\n\xFF", 6);
  put(folder / "f", bytes);
  EXPECT_EQ(read_file(folder / "f", 6).value(), bytes);
  put(folder / "empty", "");
  EXPECT_EQ(read_file(folder / "empty", 0).value(), "");
}

TEST(ReadFile, ReadsFilesThatClaimNoSize) {
  const auto status = read_file("/proc/self/status", 1 << 20);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_NE(status->find("Pid:"), status->npos);
  EXPECT_EQ(status->find('\0'), status->npos);
  const auto capped = read_file("/proc/self/status", 10);
  ASSERT_FALSE(capped);
  EXPECT_EQ(capped.error().message, "/proc/self/status: size: expected at most 10 bytes, got more");
}

TEST(ReadFile, RefusesWithTheReason) {
  const TempFolder folder;
  const auto path = [&](const char* name) { return (folder / name).string(); };
  put(folder / "seven", "1234567");
  const auto large = read_file(folder / "seven", 6);
  EXPECT_EQ(large.error().message, path("seven") + ": size: expected at most 6 bytes, got 7");
  EXPECT_EQ(large.error().code, ErrorCode::kIo);
  EXPECT_EQ(read_file(folder / "none", 6).error().message,
            path("none") + ": open: expected a readable file, got 'No such file or directory'");
  EXPECT_EQ(read_file(folder.path(), 6).error().message,
            folder.path().string() + ": open: expected a file, got a folder");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_file(folder / "pipe", 6).error().message,
            path("pipe") + ": open: expected a file, got a device, pipe or socket");
}

TEST(ReadFile, ShowsOddNamesOnOneLine) {
  const TempFolder folder;
  const std::string message = read_file(folder / "a\nb\xFF", 6).error().message;
  EXPECT_NE(message.find("a\\x0Ab\\xFF: open:"), message.npos) << message;
}

TEST(WriteFile, ReplacesAndKeepsMode) {
  const TempFolder folder;
  ASSERT_TRUE(write_file(folder / "f", "one"));
  EXPECT_EQ(get(folder / "f"), "one");
  ASSERT_EQ(::chmod((folder / "f").c_str(), 0640), 0);
  ASSERT_TRUE(write_file(folder / "f", std::string_view("t\0o", 3)));
  EXPECT_EQ(get(folder / "f"), std::string("t\0o", 3));
  struct stat info{};
  ASSERT_EQ(::stat((folder / "f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777u, 0640u);
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(WriteFile, WritesThroughALink) {
  const TempFolder folder;
  put(folder / "real", "old");
  std::filesystem::create_symlink("real", folder / "link");
  ASSERT_TRUE(write_file(folder / "link", "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(get(folder / "real"), "new");
  std::filesystem::create_symlink("loop", folder / "loop");
  EXPECT_FALSE(write_file(folder / "loop", "new"));
}

TEST(WriteFile, TakesALongName) {
  const TempFolder folder;
  const std::string name(255, 'n');
  ASSERT_TRUE(write_file(folder / name, "x"));
  EXPECT_EQ(get(folder / name), "x");
}

TEST(WriteFile, LeavesTheOldFileWhenTheNewOneDoesNotFit) {
  const TempFolder folder;
  put(folder / "f", "old");
  // A limit on file size stands in for a full disk.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{1000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = write_file(folder / "f", std::string(5000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            (folder / "f").string() + ": write: expected 5000 bytes on disk, got 'File too large'");
  EXPECT_EQ(get(folder / "f"), "old");
  EXPECT_EQ(folder.entries(), 1u) << "the temporary file is left";
}

TEST(WriteFile, RefusesFoldersAndFullDevices) {
  const TempFolder folder;
  EXPECT_EQ(write_file(folder.path(), "x").error().message,
            folder.path().string() + ": write: expected a file, got a folder");
  EXPECT_EQ(
      write_file(folder / "no/where", "x").error().message,
      (folder / "no/where").string() + ": write: expected 1 bytes on disk, got 'No such file or directory'");
  if (::access("/dev/full", W_OK) == 0) {
    EXPECT_EQ(write_file("/dev/full", "x").error().message,
              "/dev/full: write: expected 1 bytes on disk, got 'No space left on device'");
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/full")) << "the device was replaced";
  }
  EXPECT_EQ(folder.entries(), 0u);
}

}  // namespace
}  // namespace regard
