// What people get in place of the file they asked for: every kind, at every reader, by its own sentence.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "core/formats/content.h"
#include "core/formats/image.h"
#include "core/formats/json.h"
#include "core/formats/npy.h"
#include "core/formats/safetensors.h"
#include "tests/support/temp_folder.h"

namespace regard {
namespace {

using namespace std::string_literals;
using testing::put;
using testing::TempFolder;

struct Kind {
  std::string bytes, name, advice;  // what the message must say
};

std::string zip_of(std::string_view member) {
  std::string out = "PK\x03\x04\x00\x00\x08\x08\x00\x00"s + std::string(20, '\0');
  return out.append(member).append(200, '\x01');
}

std::vector<Kind> kinds() {
  const std::string tar =
      "weights/model"s + std::string(244, '\0') + "ustar\0"s + "00" + std::string(300, '\0');
  return {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 605157884\n",
       "a Git LFS pointer, not the ",
       "run 'git lfs pull' in its folder, or download the file of 605157884 bytes itself"},
      {"version https://hawser.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "a Git LFS pointer, not the ",
       "download the file of 12 bytes itself"},
      {"<!DOCTYPE html>\n<html><head>", "an HTML page",
       "download the file itself, not the page that shows it"},
      {"\n \t<HTML lang=en>", "an HTML page", "download the file itself"},
      {"\xef\xbb\xbf<!doctype HTML>", "an HTML page", "download the file itself"},
      {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>", "an XML page", "download the file itself"},
      {"Entry not found", "a server's answer, 'Entry not found'", "get it again"},
      {"Invalid username or password.", "a server's answer", "some models ask to log in first"},
      {zip_of("archive/data.pkl"), "PyTorch's pickles in a ZIP archive", "may run code and is not read"},
      {zip_of("model.safetensors"), "a ZIP archive", "unpack it first"},
      {zip_of("arr_0.npy"), "a NumPy .npz archive", "unpack it first"},
      {"\x80\x02}q\x00"s + std::string(40, 'X'), "a pickle", "may run code and is not read"},
      {"\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\x02M", "a pickle", "get the model's .safetensors"},
      {"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}"s, "a pickle",
       "convert it with the safetensors library"},
      {"(dp0\nS'a'\np1\n", "a pickle", "may run code"},
      {"GGUF\x03\x00\x00\x00\x10\x00\x00\x00"s, "a GGUF file", "for llama.cpp and is not read"},
      {"", "an empty file", "did not finish; get it again"},
      {std::string(4096, '\0'), "nothing but zero bytes", "get it again"},
      {"\x1f\x8b\x08\x08\x12\x34\x56\x78\x00\x03weights"s, "a gzip archive", "unpack it first"},
      {"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xcd"s, "a gzip archive", "unpack it first"},
      {"\xfd\x37zXZ\x00\x00\x04"s, "an xz archive", "unpack it first"},
      {"7z\xbc\xaf\x27\x1c\x00\x04"s, "a 7z archive", "unpack it first"},
      {tar, "a tar archive", "unpack it first"},
      {"\x89HDF\r\n\x1a\n\x00\x00"s, "an HDF5 file", "Keras weights are not read"},
  };
}

// What a reader says of `bytes` in a file of a name that promises what it reads.
struct Opener {
  const char* name;
  std::string expected;
  std::function<std::string(const std::filesystem::path&)> open;
};

std::vector<Opener> openers() {
  const auto message = [](const auto& result) { return result ? ""s : result.error().message; };
  return {{"model.safetensors", "safetensors weights",
           [=](const auto& path) { return message(Safetensors::open(path)); }},
          {"config.json", "JSON", [=](const auto& path) { return message(read_json(path)); }},
          {"merges.txt", "text in UTF-8",
           [=](const auto& path) { return message(read_file(path, 1 << 20, Wanted::kText)); }},
          {"photo.png", "a PNG, JPEG or WebP picture",
           [=](const auto& path) { return message(read_image(path)); }},
          {"noise.npy", "a NumPy array (.npy)", [=](const auto& path) { return message(read_npy(path)); }}};
}

TEST(Content, EachKindHasItsSentenceAtEachReader) {
  TempFolder folder;
  int seen = 0;
  for (const Opener& opener : openers()) {
    for (const Kind& kind : kinds()) {
      const auto path = folder / opener.name;
      put(path, kind.bytes);
      const std::string said = opener.open(path);
      EXPECT_TRUE(said.starts_with(path.string() + ": expected " + opener.expected + ", got " + kind.name))
          << said << "\n"
          << kind.name;
      EXPECT_NE(said.find(kind.advice), said.npos) << said << "\n" << kind.advice;
      EXPECT_EQ(said.find('\n'), said.npos) << said;
      ++seen;
    }
  }
  EXPECT_EQ(seen, 120);
}

TEST(Content, WholeSentences) {
  TempFolder folder;
  put(folder / "a.safetensors", kinds()[0].bytes);
  EXPECT_EQ(
      Safetensors::open(folder / "a.safetensors").error().message,
      (folder / "a.safetensors").string() +
          ": expected safetensors weights, got a Git LFS pointer, not the weights: run 'git lfs pull' in its "
          "folder, or download the file of 605157884 bytes itself");
  put(folder / "b.json", "<!DOCTYPE html>");
  EXPECT_EQ(read_json(folder / "b.json").error().message,
            (folder / "b.json").string() +
                ": expected JSON, got an HTML page: a web page was saved in its place; download the file "
                "itself, not "
                "the page that shows it");
}

// One of ours under another's name.
TEST(Content, OurOwnKindsAtTheWrongReader) {
  TempFolder folder;
  const std::string png = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s,
                    array = npy_bytes(std::vector<float>{1.0f}, std::vector<std::size_t>{1});
  const std::string weights = "\x02\0\0\0\0\0\0\0{}"s, json = R"({"weight_map": {}})";
  const auto said = [&](const char* name, const std::string& bytes) {
    const auto path = folder / name;
    put(path, bytes);
    for (const Opener& opener : openers()) {
      if (std::string_view(opener.name) != name) continue;
      const std::string message = opener.open(path);
      return message.empty() ? message : message.substr(path.string().size() + 2);
    }
    return ""s;
  };
  const std::string other = ": another file has this name";
  EXPECT_EQ(said("model.safetensors", png), "expected safetensors weights, got a PNG picture" + other);
  EXPECT_EQ(said("model.safetensors", array), "expected safetensors weights, got a NumPy array" + other);
  EXPECT_EQ(said("model.safetensors", json), "expected safetensors weights, got JSON text" + other);
  EXPECT_EQ(said("model.safetensors", "hello world"), "expected safetensors weights, got text" + other);
  EXPECT_EQ(said("config.json", weights), "expected JSON, got safetensors weights" + other);
  EXPECT_EQ(said("config.json", png), "expected JSON, got a PNG picture" + other);
  EXPECT_EQ(said("config.json", "\xff\xfe{\0}\0"s), "expected JSON, got text in UTF-16: save it as UTF-8");
  EXPECT_EQ(said("merges.txt", "\xff\xd8\xff\xe0"), "expected text in UTF-8, got a JPEG picture" + other);
  EXPECT_EQ(said("photo.png", weights),
            "expected a PNG, JPEG or WebP picture, got safetensors weights" + other);
  EXPECT_EQ(said("noise.npy", png), "expected a NumPy array (.npy), got a PNG picture" + other);
  EXPECT_EQ(said("model.safetensors", weights), "");
  EXPECT_EQ(said("config.json", json), "");
  EXPECT_EQ(said("noise.npy", array), "");
}

// The size is a limit of what is read, not the first thing to say about a pickle.
TEST(Content, IsLookedAtBeforeTheSize) {
  TempFolder folder;
  put(folder / "vocab.json", "\x80\x02}q\0"s + std::string(4096, 'X'));
  JsonLimits limits;
  limits.bytes = 100;
  EXPECT_NE(read_json(folder / "vocab.json", limits).error().message.find("got a pickle"), std::string::npos);
  put(folder / "vocab.json", "{}" + std::string(4096, ' '));
  EXPECT_NE(read_json(folder / "vocab.json", limits).error().message.find("size: expected at most 100 bytes"),
            std::string::npos);
}

// A header as long as some other format's first bytes read as a number is still a header.
TEST(Content, NoSoundFileIsTakenForSomethingElse) {
  TempFolder folder;
  for (const std::string& start : {"\x1f\x8b"s, "\x1f\x8b\x08"s, "\xff\xfe"s, "\xfe\xff"s, "BM"s, "BZh"s,
                                   "\x80\x02"s, "\x80\x02}"s, "(d"s, "{}"s, "<h"s, "No"s, "PK"s}) {
    std::uint64_t length = 0;
    std::memcpy(&length, start.data(), start.size());
    for (const std::string& header : {"{}"s, " {}"s, "\n{}"s}) {
      std::string bytes(8, '\0');
      std::memcpy(bytes.data(), &length, 8);
      bytes += header + std::string(length - header.size(), ' ');
      put(folder / "a.safetensors", bytes);
      const auto opened = Safetensors::open(folder / "a.safetensors");
      EXPECT_TRUE(opened.has_value()) << opened.error().message;
    }
  }
  put(folder / "a.json", R"({"prompt": "<svg <!DOCTYPE html> GGUF"})");
  EXPECT_TRUE(read_json(folder / "a.json").has_value());
  put(folder / "a.txt", "#version: 0.2\n< /\n< svg</w>\n");
  EXPECT_TRUE(read_file(folder / "a.txt", 100, Wanted::kText).has_value());
}

}  // namespace
}  // namespace regard
