// A CLIP folder taken apart and put together again, broken in one place: for the tests of the loader.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "core/formats/json.h"
#include "core/formats/safetensors.h"
#include "tests/support/golden.h"

namespace regard::test {

/// A folder of this test alone, gone when the test ends.
class TempFolder {
 public:
  TempFolder() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = fmt::format("regard_{}_{}_{}", ::getpid(), info->test_suite_name(), info->name());
    for (char& c : name) c = c == '/' ? '_' : c;
    path_ = std::filesystem::temp_directory_path() / name;
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

struct Stored {
  std::vector<std::uint64_t> shape;
  std::vector<float> values;
};
using Tensors = std::map<std::string, Stored>;

inline Tensors load(const std::filesystem::path& path) {
  const auto file = Safetensors::open(path);
  EXPECT_TRUE(file);
  Tensors out;
  for (const TensorInfo& t : file->tensors())
    out[t.name] = {t.shape, file->read_f32(t.name, t.shape).value()};
  return out;
}

inline void save(const std::filesystem::path& path, const Tensors& tensors,
                 const std::map<std::string, std::string>& metadata = {}) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::string data;
  for (const auto& [name, t] : tensors) {
    const std::size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(t.values.data()), t.values.size() * sizeof(float));
    header[name] = {{"dtype", "F32"}, {"shape", t.shape}, {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  std::uint64_t size = text.size();
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof size);
  write(path, bytes + text + data);
}

inline Json load_json(const std::filesystem::path& path) { return read_json(path).value(); }

}  // namespace regard::test
