#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>

#include "core/formats/npy.h"
#include "tests/support/temp_folder.h"

namespace regard {
namespace {

using testing::TempFolder;

template <class T>
std::string file_of(const std::string& type, const std::string& shape, const std::vector<T>& values,
                    char version = 1) {
  const std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  std::string out("\x93NUMPY");
  out += version;
  out += '\0';
  out += static_cast<char>(header.size());
  out.append(version == 1 ? 1 : 3, '\0');
  out += header;
  out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return out;
}

TEST(Npy, BytesAsNumpyWritesThem) {
  const std::vector<float> values = {1, -2, 0.5f, 4, 5, 6};
  const std::vector<std::size_t> shape = {2, 3};
  const std::string bytes = npy_bytes(values, shape);
  ASSERT_EQ(bytes.size(), 128u + 24u);
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(bytes.substr(10, 60), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } ");
  EXPECT_EQ(bytes[127], '\n');
  EXPECT_EQ(std::memcmp(bytes.data() + 128, values.data(), 24), 0);
}

TEST(Npy, EveryRankReadsBack) {
  const TempFolder folder;
  const std::vector<std::vector<std::size_t>> shapes = {{},     {1},       {6},       {0},
                                                        {2, 3}, {1, 6, 1}, {3, 0, 2}, {1, 1, 2, 3}};
  for (const auto& shape : shapes) {
    std::size_t count = 1;
    for (const std::size_t size : shape) count *= size;
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = 0.1f * static_cast<float>(i) - 1;
    ASSERT_TRUE(write_npy(folder / "a.npy", values, shape));
    const Result<NpyArray> back = read_npy(folder / "a.npy");
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->shape, shape);
    EXPECT_EQ(back->values, values);
  }
  std::vector<std::size_t> deep(32, 1);
  EXPECT_EQ(parse_npy(npy_bytes(std::vector<float>{7}, deep), "x").value().shape, deep);
}

TEST(Npy, OtherTypesBecomeFloats) {
  EXPECT_EQ(parse_npy(file_of<double>("<f8", "(2,)", {0.1, 1e300}), "x").value().values,
            (std::vector<float>{0.1f, std::numeric_limits<float>::infinity()}));
  EXPECT_EQ(parse_npy(file_of<std::int32_t>("<i4", "(2, 1)", {-3, 1 << 24}), "x").value().values,
            (std::vector<float>{-3, 16777216}));
  EXPECT_EQ(parse_npy(file_of<std::int64_t>("<i8", "()", {-5}), "x").value().values,
            (std::vector<float>{-5}));
}

TEST(Npy, LaterVersionsHaveALongerLength) {
  for (const char version : {2, 3}) {
    const Result<NpyArray> array = parse_npy(file_of<float>("<f4", "(1,)", {2}, version), "x");
    ASSERT_TRUE(array) << array.error().message;
    EXPECT_EQ(array->values, std::vector<float>{2});
  }
}

TEST(Npy, NoPrefixAndNoFlipCrashes) {
  const std::string sound = file_of<float>("<f4", "(2, 2)", {1, 2, 3, 4});
  for (std::size_t cut = 0; cut < sound.size(); ++cut)
    EXPECT_FALSE(parse_npy(sound.substr(0, cut), "x")) << cut;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = sound;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      (void)parse_npy(bytes, "x");
    }
  }
}

TEST(Npy, BoundsWhatItReads) {
  EXPECT_EQ(parse_npy(file_of<float>("<f4", "(1, 1, 1)", {1}), "x", {.rank = 2}).error().message,
            "x: byte 67: header: expected at most 2 dimensions, got '1), }\\x0A'");
  const TempFolder folder;
  testing::put(folder / "a.npy", "12345");
  EXPECT_EQ(read_npy(folder / "a.npy", {.bytes = 4}).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace regard
