// What people run into: files that are not what their names say, sessions that lack something, machines with
// little memory, indexes that lie. Each is one line and exit status 1, and nothing of what was there is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/app/cli/program.h"

namespace regard {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

const std::string kGolden = REGARD_TEST_DIR "/golden";

void put(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void expect_line(const Outcome& outcome, const std::string& part) {
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(part));
}

Outcome shot(const Folder& folder, const json& session, const std::string& size = "320x200") {
  put(folder / "session.json", session.dump());
  return run_program({"shot", "--size", size, "--out", (folder / "shot.png").string(), "--session",
                      (folder / "session.json").string()});
}

json session(const char* workspace, json more) {
  more["regard_session"] = 1;
  more["view"] = {{"workspace", workspace}};
  return more;
}

// --- sessions ---

TEST(CliFaults, ASessionThatLacksSomethingIsALine) {
  const Folder folder;
  fs::create_directory(folder / "empty");
  put(folder / "page.png", "<!DOCTYPE html><html>");
  const std::string empty = (folder / "empty").string(), page = (folder / "page.png").string();
  expect_line(shot(folder, session("image", {{"picture", {{"image", "/nonexistent/x.png"}}}})),
              "/nonexistent/x.png");
  expect_line(shot(folder, session("image", {{"picture", {{"image", page}}}})), "got an HTML page");
  expect_line(shot(folder, session("image", {{"vision_model", "/nonexistent"}})), "/nonexistent: expected");
  expect_line(shot(folder, session("image", {{"vision_model", empty}})), empty + ": expected");
  expect_line(shot(folder, session("painting", {{"paint_model", "/nonexistent"}})), "/nonexistent");
  expect_line(shot(folder, session("painting", {{"paint_model", empty}})), empty);
  expect_line(shot(folder, session("text", {{"model", "/nonexistent"}})), "/nonexistent: expected");
  EXPECT_FALSE(fs::exists(folder / "shot.png"));
  expect_line(shot(folder, {{"regard_session", 2}}), "regard_session: expected 1, got 2");
  put(folder / "session.json", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
  expect_line(run_program({"shot", "--out", (folder / "shot.png").string(), "--session",
                           (folder / "session.json").string()}),
              "got a Git LFS pointer, not the file: run 'git lfs pull'");
}

// --- names that are not there ---

TEST(CliFaults, EmptyNamesAndValues) {
  const Folder folder;
  const std::string out = (folder / "x.json").string();
  const Outcome empty = run_program({"attend", "--prompt=", "--out", out});
  EXPECT_EQ(empty.status, 0) << empty.err;
  EXPECT_EQ(json::parse(slurp(out))["tokens"].size(), 2u);
  EXPECT_THAT(run_program({"paint", "--prompt="}).err, HasSubstr("--out is required"));
  EXPECT_THAT(run_program({"attend", "--prompt=", "--head="}).err, HasSubstr("--head: expected"));
  expect_line(run_program({"attend", "--prompt", "a", "--out", ""}),
              "--out: expected the name of a file, got ''");
  expect_line(run_program({"attend", "--prompt", "a", "--out="}),
              "--out: expected the name of a file, got ''");
  expect_line(run_program({"attend", "--prompt", "a", "--model", ""}),
              "--model: expected the name of a folder, got ''");
  expect_line(run_program({"shot", "--out", out + ".png", "--session", ""}),
              "--session: expected the name of a file, got ''");
  expect_line(run_program({"inspect", ""}), "PATH: expected the name of a");
}

// What is asked for is not there: said before what would have to be inside.
TEST(CliFaults, AModelThatIsNotThere) {
  const Folder folder;
  put(folder / "file", "x");
  const std::string none = (folder / "none").string(), file = (folder / "file").string(),
                    out = (folder / "x").string();
  const std::string what = ": expected a model folder or the name of an installed model, got ";
  const std::vector<std::string> commands[] = {{"attend", "--prompt", "a"},
                                               {"tokenize", "a"},
                                               {"weigh", "--prompt", "a", "--out", out + ".npy"},
                                               {"look", "--image", "scene-1"},
                                               {"match", "--image", "scene-1", "a"},
                                               {"paint", "--prompt", "a", "--out", out + ".png"},
                                               {"bench"},
                                               {"shot", "--out", out + ".png"}};
  const std::pair<std::string, std::string> models[] = {{none, "no such folder"}, {file, "a file"}};
  for (const std::vector<std::string>& words : commands) {
    for (const auto& [model, got] : models) {
      std::vector<std::string> all = words;
      all.insert(all.end(), {"--model", model});
      expect_line(run_program(all), model + what + got);
    }
  }
}

TEST(CliFaults, WhatIsMeasuredInTheWindowHasItsOwnModel) {
  for (const std::string option : {"--drag", "--frames"})
    expect_line(run_program({"bench", option, "--model", "x"}),
                "--model: expected none beside " + option + ", which has its own, got 'x'");
}

// By content, not by ending.
TEST(CliFaults, InspectSaysWhatAFileIs) {
  const Folder folder;
  const auto inspect = [&](const char* name, std::string_view bytes) {
    put(folder / name, bytes);
    return run_program({"inspect", (folder / name).string()});
  };
  using namespace std::string_view_literals;
  expect_line(inspect("m.gguf", "GGUF\3\0\0\0"sv), "got a GGUF file: it is for llama.cpp and is not read");
  expect_line(inspect("m.bin", "\x80\x02}q\0."sv), "got a pickle: it may run code and is not read");
  expect_line(inspect("m", ""), "got an empty file");
  expect_line(inspect("m.txt", "plain"), "got '.txt'");
  expect_line(run_program({"inspect", "/dev/null"}), "got a device, pipe or socket");
  EXPECT_EQ(json::parse(inspect("weights.bin", "\2\0\0\0\0\0\0\0{}"sv).out)["kind"], "safetensors");
}

// --- little memory, few threads ---

// The program under a limit of the shell; a copy that any user can run, since root has no limit of threads.
Outcome limited(const Folder& folder, const std::string& ulimit, const std::string& command,
                bool as_nobody = false) {
  const fs::path copy = folder / "regard";
  if (!fs::exists(copy)) fs::copy_file(REGARD_PROGRAM, copy);
  fs::permissions(folder.path(), fs::perms::all);
  const std::string err = (folder / "err").string();
  const std::string user = as_nobody ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
  // The sanitizers look for leaks with a thread of their own, and a graphics driver leaves some.
  const std::string line = "export ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\"; cd " +
                           folder.path().string() + " && " + user + "timeout 60 bash -c 'ulimit " + ulimit +
                           "; exec ./regard " + command + "' >/dev/null 2>" + err;
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, "", slurp(err)};
}

TEST(CliFaults, UnderLittleMemoryShotSaysWhatWasShort) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "needs terabytes of addresses";
#endif
  const Folder folder;
  for (const char* kilobytes :
       {"150000", "200000", "250000", "300000", "400000", "500000", "600000", "700000", "800000"}) {
    const Outcome outcome = limited(folder, std::string("-v ") + kilobytes, "shot --out x.png --prompt chat");
    expect_line(outcome, "memory: expected at least ");
    EXPECT_THAT(outcome.err, HasSubstr("(ulimit -v)")) << kilobytes;
    EXPECT_FALSE(fs::exists(folder / "x.png"));
  }
  const Outcome large = limited(folder, "-v 2000000", "shot --size 16384x16384 --out x.png");
  expect_line(large, "a picture of 16384x16384 pixels, got ");
}

// Pango and fontconfig end a program that has no room for their threads and lists.
TEST(CliFaults, UnderLittleMemoryFiguresAreRefusedOrWhole) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "needs terabytes of addresses";
#endif
  const Folder folder;
  int refused = 0;
  for (const char* kilobytes :
       {"90000", "110000", "130000", "150000", "190000", "230000", "300000", "600000"}) {
    for (const char* command : {"attend --prompt \"un 日本 عربي\" --layer 1 --head 1 --out x.png",
                                "attend --prompt \"un 日本 عربي\" --layer 1 --head 1 --out x.pdf",
                                "paint --prompt \"日本 chat\" --steps 4 --out x.png --maps maps"}) {
      const Outcome outcome = limited(folder, std::string("-v ") + kilobytes, command);
      if (outcome.status == 0) continue;
      // Of memory; or of the file for which there was none.
      expect_line(outcome, outcome.err.find("memory: ") != std::string::npos ? "memory: expected "
                                                                             : "expected enough memory");
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
  const Outcome enough = limited(folder, "-v 2000000", "attend --prompt chat --layer 1 --head 1 --out x.png");
  EXPECT_EQ(enough.status, 0) << enough.err;
}

TEST(CliFaults, WithoutThreadsShotSaysSo) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs another user";
  const Folder folder;
  for (const char* threads : {"1", "2", "3", "4"}) {
    const Outcome outcome =
        limited(folder, std::string("-u ") + threads, "shot --out x.png --prompt chat", true);
    if (outcome.err.find("setpriv") != std::string::npos) GTEST_SKIP() << outcome.err;
    expect_line(outcome, "threads: expected at least ");
  }
}

// --- indexes ---

class Index : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto& entry : fs::directory_iterator(kGolden + "/vision/clip_vision"))
      fs::copy(entry.path(), folder_.path());
    index_ = json::parse(slurp(at_ / "model.safetensors.index.json"));
  }
  Outcome inspect() {
    put(at_ / "model.safetensors.index.json", index_.dump());
    return run_program({"inspect", at_.string()});
  }
  Folder folder_;
  fs::path at_ = folder_.path();
  json index_;
};

TEST_F(Index, SaysWhatIsReadAndWhatLiesBesideIt) {
  put(at_ / "pytorch_model.bin", "PK");
  put(at_ / "other.safetensors", "not even weights");  // unread: nothing is said of it
  const json found = json::parse(inspect().out);
  EXPECT_EQ(found["index"], "model.safetensors.index.json");
  EXPECT_EQ(found["files"].size(), 3u);
  EXPECT_EQ(found["unread"], (json{"other.safetensors", "pytorch_model.bin"}));
}

// What runs the model says it, too; without anything beside the weights nothing.
TEST_F(Index, ACommandSaysWhichWeightsItReads) {
  const std::vector<std::string> look = {"look", "--image", kGolden + "/photos/chelsea.jpg", "--model",
                                         at_.string()};
  const Outcome alone = run_program(look);
  EXPECT_EQ(alone.status, 0) << alone.err;
  EXPECT_EQ(alone.err, "");
  put(at_ / "pytorch_model.bin", "PK");
  const Outcome beside = run_program(look);
  EXPECT_EQ(beside.status, 0);
  EXPECT_EQ(beside.err, (at_ / "model.safetensors.index.json").string() +
                            ": read; pytorch_model.bin beside it: not read\n");
  EXPECT_EQ(beside.out, alone.out);
}

TEST_F(Index, AStraySingleFileIsTheOneThatCounts) {
  fs::copy_file(at_ / "model-00001-of-00003.safetensors", at_ / "model.safetensors");
  const Outcome outcome = run_program({"inspect", at_.string(), "--shallow"});
  const json found = json::parse(outcome.out);
  EXPECT_EQ(found["files"], json{"model.safetensors"});
  EXPECT_EQ(found["unread"].size(), 4u);
  EXPECT_EQ(found["tensors"],
            json::parse(run_program({"inspect", (at_ / "model.safetensors").string()}).out)["tensors"]);
  EXPECT_FALSE(found.contains("index"));
}

TEST_F(Index, EachLieIsALine) {
  const json sound = index_;
  const std::string first = index_["weight_map"].begin().key();
  index_["weight_map"]["x"] = "model-00004-of-00004.safetensors";
  expect_line(
      inspect(),
      "model-00004-of-00004.safetensors: named by the index, not in the folder: the download is incomplete");
  index_ = sound;
  index_["metadata"]["total_size"] = 17;
  expect_line(inspect(), "metadata.total_size: expected ");
  index_ = sound;
  index_["weight_map"].erase(first);
  expect_line(inspect(), "got none: it is not read");
  index_ = sound;
  index_["weight_map"]["x"] = "model-00001-of-00003.safetensors";
  expect_line(inspect(), "got no file that holds it");
  index_ = sound;
  fs::resize_file(at_ / "model-00002-of-00003.safetensors",
                  fs::file_size(at_ / "model-00002-of-00003.safetensors") - 4);
  expect_line(inspect(), "model-00002-of-00003.safetensors: data: expected ");
  put(at_ / "model-00002-of-00003.safetensors", "version https://git-lfs.github.com/spec/v1\nsize 9\n");
  expect_line(inspect(), "got a Git LFS pointer, not the weights");
  put(at_ / "model.safetensors.index.json", "<html>");
  expect_line(run_program({"inspect", at_.string()}), "got an HTML page");
}

// --- files that belong together ---

TEST(CliFaults, AFailingPaintTouchesNothing) {
  const Folder folder;
  put(folder / "cat.png", "old");
  const auto paint = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {
        "paint", "--prompt", "un chat", "--steps", "1", "--out", (folder / "cat.png").string()};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  };
  const std::string maps = (folder / "maps").string(), film = (folder / "film.webp").string();
  put(folder / "film.webp", "old film");
  expect_line(paint({"--film", film, "--maps", "/proc/maps-of-mine"}), "/proc/maps-of-mine");
  expect_line(paint({"--maps", maps, "--film", film, "--record", "/proc/of-mine"}), "/proc/of-mine");
  expect_line(paint({"--maps", maps, "--film", "/nowhere/at/all.webp"}), "/nowhere/at/all.webp");
  EXPECT_EQ(slurp(folder / "cat.png"), "old");
  EXPECT_EQ(slurp(folder / "film.webp"), "old film");
  EXPECT_FALSE(fs::exists(folder / "maps"));
  EXPECT_EQ(paint({"--maps", maps, "--film", film}).status, 0);
  EXPECT_NE(slurp(folder / "cat.png"), "old");
  EXPECT_NE(slurp(folder / "film.webp"), "old film");
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    EXPECT_FALSE(entry.path().filename().string().starts_with(".regard-")) << entry.path();
}

}  // namespace
}  // namespace regard
