#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "core/formats/file_set.h"
#include "core/formats/json.h"
#include "tests/support/temp_folder.h"

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
  EXPECT_EQ(write_file(folder / "no/where", "x").error().message,
            (folder / "no/where").string() + ": write: expected the folder " + (folder / "no").string() +
                ", got none");
  if (::access("/dev/full", W_OK) == 0) {
    EXPECT_EQ(write_file("/dev/full", "x").error().message,
              "/dev/full: write: expected 1 bytes on disk, got 'No space left on device'");
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/full")) << "the device was replaced";
  }
  EXPECT_EQ(folder.entries(), 0u);
}

// A process that is no more: its number is free for a while.
pid_t finished_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

void make_older(const std::filesystem::path& path, std::chrono::seconds age) {
  std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - age);
}

TEST(FileSet, AllFilesAreNewOrAllAreAsTheyWere) {
  const TempFolder folder;
  put(folder / "a", "old a");
  {
    FileSet files;
    ASSERT_TRUE(files.add(folder / "a", "new a"));
    ASSERT_TRUE(files.make_folder(folder / "maps/deep"));
    ASSERT_TRUE(files.add(folder / "maps/deep/b", "new b"));
    EXPECT_EQ(get(folder / "a"), "old a") << "before the end nothing is touched";
    EXPECT_FALSE(std::filesystem::exists(folder / "maps/deep/b"));
    ASSERT_TRUE(files.commit());
  }
  EXPECT_EQ(get(folder / "a"), "new a");
  EXPECT_EQ(get(folder / "maps/deep/b"), "new b");
  EXPECT_EQ(folder.entries(), 2u);
}

// Three ways for a later file to fail: it is a folder, its folder is not there, the disk is full.
TEST(FileSet, WhatFailsLateLeavesNothing) {
  const auto tried = [](const TempFolder& folder, const std::filesystem::path& last, std::size_t size) {
    put(folder / "a", "old");
    FileSet files;
    EXPECT_TRUE(files.add(folder / "a", "new"));
    EXPECT_TRUE(files.make_folder(folder / "maps"));
    EXPECT_TRUE(files.add(folder / "maps/b", "new"));
    const auto added = files.add(last, std::string(size, 'x'));
    EXPECT_FALSE(added);
    return added ? std::string() : added.error().message;
  };
  const auto check = [](const TempFolder& folder) {
    EXPECT_EQ(get(folder / "a"), "old");
    EXPECT_FALSE(std::filesystem::exists(folder / "maps"));
  };
  const TempFolder one, two, three;
  std::filesystem::create_directory(one / "there");
  EXPECT_EQ(tried(one, one / "there", 1),
            (one / "there").string() + ": write: expected a file, got a folder");
  check(one);
  EXPECT_EQ(tried(two, two / "no/c", 1),
            (two / "no/c").string() + ": write: expected the folder " + (two / "no").string() + ", got none");
  check(two);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{1000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = tried(three, three / "c", 5000);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, (three / "c").string() + ": write: expected 5000 bytes on disk, got 'File too large'");
  check(three);
  EXPECT_EQ(three.entries(), 1u);
}

// Killed in the middle: the old files are as they were, and the next start takes away what lies about.
TEST(FileSet, AKilledRunLeavesTheOldFilesAndLeftoversThatGo) {
  const TempFolder folder;
  put(folder / "a", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    FileSet files;
    (void)files.add(folder / "a", "new");
    (void)files.add(folder / "b", "new");
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(get(folder / "a"), "old");
  EXPECT_FALSE(std::filesystem::exists(folder / "b"));
  EXPECT_EQ(folder.entries(), 3u);
  EXPECT_EQ(remove_leftovers(folder.path()), 0) << "not old yet";
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    make_older(entry.path(), std::chrono::minutes(2));
  ASSERT_TRUE(write_file(folder / "c", "new"));
  EXPECT_EQ(folder.entries(), 2u) << "a and c";
}

TEST(FileSet, OnlyOurOldFilesAreLeftovers) {
  const TempFolder folder;
  const std::string gone = std::to_string(finished_process()), parent = std::to_string(::getppid()),
                    mine = std::to_string(::getpid());
  const std::string keep[] = {".regard-" + mine + "-0.tmp",
                              ".regard-" + parent + "-0.tmp",
                              ".regard-" + gone + ".tmp",
                              ".regard-x-1.tmp",
                              ".regard-" + gone + "-.tmp",
                              "regard-" + gone + "-1.tmp",
                              ".regard-" + gone + "-1.png",
                              ".regard--1.tmp",
                              ".regard-.tmp"};
  for (const std::string& name : keep) {
    put(folder / name, "x");
    make_older(folder / name, std::chrono::minutes(10));
  }
  std::filesystem::create_directory(folder / (".regard-" + gone + "-7.tmp"));
  make_older(folder / (".regard-" + gone + "-7.tmp"), std::chrono::minutes(10));
  put(folder / (".regard-" + gone + "-8.tmp"), "fresh");
  EXPECT_EQ(remove_leftovers(folder.path()), 0);
  EXPECT_EQ(folder.entries(), std::size(keep) + 2);
  put(folder / (".regard-" + gone + "-9.tmp"), "old");
  make_older(folder / (".regard-" + gone + "-9.tmp"), std::chrono::minutes(2));
  make_older(folder / keep[1], std::chrono::hours(25));  // another program has that number by now
  EXPECT_EQ(remove_leftovers(folder.path()), 2);
  EXPECT_EQ(remove_leftovers(folder / "none"), 0);
}

// Ctrl+C in the middle of the renames ends the program when they are done.
TEST(FileSet, ASignalWaitsForTheEnd) {
  const TempFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    FileSet files;
    for (int i = 0; i < 100; ++i) (void)files.add(folder / std::to_string(i), "new");
    const pid_t self = ::getpid();
    std::thread killer([self] { ::kill(self, SIGTERM); });
    killer.detach();
    (void)files.commit();
    ::pause();
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  std::size_t there = 0, temporary = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    (entry.path().filename().string().starts_with(".regard-") ? temporary : there) += 1;
  EXPECT_TRUE((there == 100 && temporary == 0) || (there == 0 && temporary == 100))
      << there << ", " << temporary;
}

}  // namespace
}  // namespace regard
