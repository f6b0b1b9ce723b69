#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <ctime>
#include <random>
#include <thread>

#include "core/formats/json.h"
#include "core/formats/safetensors.h"
#include "tests/support/temp_folder.h"

namespace regard {
namespace {

using testing::put;
using testing::TempFolder;
using Shape = std::vector<std::uint64_t>;

std::string file_of(std::string_view header, std::string_view data = {}) {
  std::string out(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(out.data(), &length, 8);
  return out.append(header).append(data);
}

Result<Safetensors> parse(std::string_view bytes, const SafetensorsLimits& limits = {}) {
  return Safetensors::parse(std::as_bytes(std::span(bytes.data(), bytes.size())), "f", limits);
}

std::string verdict(std::string_view bytes, const SafetensorsLimits& limits = {}) {
  const Result<Safetensors> file = parse(bytes, limits);
  return file ? "accepted" : file.error().message;
}

std::string from_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0, count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<unsigned>(kDigits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  return out;
}

// 300 of the 2,036 files of tests/golden/make_safetensors_verdicts.py, with what the library said of them. A
// key that comes twice the format forbids, and the library reads.
TEST(Safetensors, TheVerdictOfTheLibrary) {
  const Json cases =
      read_json(std::filesystem::path(REGARD_TEST_DIR) / "golden/safetensors_verdicts.json").value();
  ASSERT_EQ(cases.size(), 300u);
  int opened = 0;
  for (const Json& item : cases) {
    const std::string bytes = from_base64(item["bytes"].get<std::string>());
    const bool theirs = item["opened"].get<bool>() && !item.contains("stricter");
    EXPECT_EQ(parse(bytes).has_value(), theirs) << item["name"] << ": " << verdict(bytes) << "\n" << bytes;
    opened += theirs ? 1 : 0;
  }
  EXPECT_GE(opened, 60);
}

// What huggingface/safetensors accepts and refuses in its own tests (safetensors/src/tensor.rs).
TEST(Safetensors, VectorsOfTheFormat) {
  const std::string zeros(16, '\0');
  const std::string test = R"({"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}})";
  ASSERT_EQ(test.size(), 0x3Cu);
  EXPECT_EQ(verdict(file_of(test, zeros)), "accepted");
  EXPECT_EQ(verdict(file_of(test, zeros.substr(2))), "f: data: expected 16 bytes, got 14");
  EXPECT_EQ(verdict(file_of(test, zeros + "0000")), "f: data: expected 16 bytes, got 20");
  EXPECT_EQ(verdict(file_of(R"({"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0, 4]}})", zeros)),
            "f: tensor 'test': data_offsets: expected 16 bytes for I32 [2, 2], got 4");
  const std::string scalar = R"({"test":{"dtype":"I32","shape":[],"data_offsets":[0,4]}})";
  ASSERT_EQ(scalar.size(), 56u);
  EXPECT_EQ(verdict(file_of(scalar, zeros.substr(12))), "accepted");
  EXPECT_EQ(verdict(file_of(R"({"test":{"dtype":"I32","shape":[2,0],"data_offsets":[0, 0]}})")), "accepted");
  EXPECT_EQ(verdict(file_of(
                R"({"test":{"dtype":"I32","shape":[2,18446744073709551614],"data_offsets":[0,16]}})", zeros)),
            "f: tensor 'test': shape: expected fewer than 2^64 bits, got I32 [2, 18446744073709551614]");
  EXPECT_EQ(verdict(file_of(
                R"({"test":{"dtype":"I32","shape":[2,9223372036854775807],"data_offsets":[0,16]}})", zeros)),
            "f: tensor 'test': shape: expected fewer than 2^64 bits, got I32 [2, 9223372036854775807]");
  std::string ten = "{";
  for (int i = 0; i < 10; ++i) {
    ten += fmt::format(R"({}"weight_{}":{{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})",
                       i > 0 ? "," : "", i);
  }
  EXPECT_EQ(verdict(file_of(ten + "}", zeros)),
            "f: tensor 'weight_1': data_offsets: expected to begin at 16, got 0");
  EXPECT_EQ(verdict(std::string("\x3C\0\0\0\0\xFF\xFF\xFF", 8)),
            "f: header: expected at most 100000000 bytes, got 18446742974197923900");
  EXPECT_EQ(verdict(std::string("\x3C\0\0\0\0\0\0\0", 8)), "f: header: expected 60 bytes, got 0");
  EXPECT_EQ(verdict(file_of("\xFF")), "f: byte 8: header: expected UTF-8, got '\\xFF'");
  EXPECT_EQ(verdict(file_of("{")), "f: byte 9: expected string literal, got end of input");
  EXPECT_EQ(verdict(file_of("{}\r \t\n")), "accepted");
  EXPECT_EQ(verdict(file_of("\t\n{}\r ")), "accepted");
}

// The format pads a header with spaces; the library `safetensors` refuses any other byte behind the JSON.
TEST(Safetensors, RefusesWhateverFollowsTheHeadersValue) {
  const std::string data(8, '\0');
  const std::string header = R"({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})";
  EXPECT_EQ(verdict(file_of(header + "   ", data)), "accepted");
  for (int byte = 0; byte < 256; ++byte) {
    const bool space = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
    EXPECT_EQ(verdict(file_of(header + static_cast<char>(byte), data)) == "accepted", space) << byte;
  }
  const std::string nul(5, '\0');
  EXPECT_EQ(verdict(file_of(header + nul, data)), "f: byte 69: expected end of input, got a NUL byte");
  EXPECT_EQ(verdict(file_of(header + " " + nul + header, data)),
            "f: byte 70: expected end of input, got a NUL byte");
  EXPECT_TRUE(verdict(file_of(nul + header, data)).ends_with("got a NUL byte"));
}

TEST(Safetensors, SortsByPositionWhateverTheHeaderSays) {
  const std::string bytes = file_of(
      R"({"z":{"dtype":"U8","shape":[2],"data_offsets":[3,5]},"empty":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[3,3]},)"
      R"("__metadata__":{"format":"pt","é":"à"},"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})",
      "\x01\x02\x03\x04\xFF");
  const Safetensors file = parse(bytes).value();
  ASSERT_EQ(file.tensors().size(), 3u);
  EXPECT_EQ(file.tensors()[0].name, "a");
  EXPECT_EQ(file.tensors()[1].name, "empty");
  EXPECT_EQ(file.tensors()[2].name, "z");
  EXPECT_EQ(file.tensors()[2].begin, 3u);
  EXPECT_EQ(file.tensors()[2].end, 5u);
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "pt"}, {"é", "à"}}));
  EXPECT_EQ(file.read_f32("z", Shape{2}).value(), (std::vector<float>{4, 255}));
  EXPECT_EQ(file.find("b"), nullptr);
  EXPECT_EQ(file.find("zz"), nullptr);
  EXPECT_EQ(file.find("z"), &file.tensors()[2]);
  EXPECT_EQ(file.label(), "f");
}

TEST(Safetensors, SaysWhichShapeItHas) {
  const std::string bytes =
      file_of(R"({"w":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}})", std::string(12, '\0'));
  const Safetensors file = parse(bytes).value();
  EXPECT_EQ(file.read_f32("w", Shape{3, 2}).error().message, "f: tensor 'w': expected [3, 2], got [2, 3]");
  EXPECT_EQ(file.read_f32("w", Shape{6}).error().code, ErrorCode::kShape);
  EXPECT_EQ(file.read_f32("v", Shape{6}).error().message, "f: tensor 'v': expected [6], got none");
  EXPECT_EQ(file.read_f32("w", Shape{2, 3}).value(), std::vector<float>(6));
}

TEST(Safetensors, LimitsAreTheCallers) {
  const std::string two = file_of(
      R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[1,0],"data_offsets":[0,0]}})");
  EXPECT_EQ(verdict(two), "accepted");
  EXPECT_EQ(verdict(two, {.tensors = 1}), "f: byte 61: header: expected at most 1 tensors, got more");
  EXPECT_EQ(verdict(two, {.rank = 1}),
            "f: byte 90: tensor 'b': shape: expected at most 1 dimensions, got more");
  EXPECT_EQ(verdict(two, {.header_bytes = 20}), "f: header: expected at most 20 bytes, got 107");
  EXPECT_EQ(verdict(file_of(R"({"__metadata__":{"a":"","b":""}})"), {.tensors = 1}),
            "f: byte 36: __metadata__: expected at most 1 entries, got more");
  EXPECT_EQ(verdict(std::string("\x01\xE1\xF5\x05\0\0\0\0", 8), {.header_bytes = std::uint64_t{1} << 40}),
            "f: header: expected at most 100000000 bytes, got 100000001");
}

/// One tensor of `dtype` from raw bytes, shifted to an odd address as older files have it.
std::vector<float> decoded(std::string_view dtype, std::string_view raw, std::uint64_t count) {
  const std::string bytes = file_of(
      fmt::format(
          R"({{"x":{{"dtype":"U8","shape":[1],"data_offsets":[0,1]}},"w":{{"dtype":"{}","shape":[{}],"data_offsets":[1,{}]}}}})",
          dtype, count, raw.size() + 1),
      "#" + std::string(raw));
  const Result<Safetensors> file = parse(bytes);
  EXPECT_TRUE(file) << file.error().message;
  const Result<std::vector<float>> values = file->read_f32("w", Shape{count});
  EXPECT_TRUE(values) << values.error().message;
  return values.value_or(std::vector<float>{});
}

template <class T>
std::string raw_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

TEST(Safetensors, DecodesEveryPlainNumber) {
  EXPECT_EQ(decoded("F32", raw_of<float>({1.5f, -0.0f}), 2), (std::vector<float>{1.5f, -0.0f}));
  EXPECT_EQ(decoded("F64", raw_of<double>({0.1, -1e300}), 2), (std::vector<float>{0.1f, -INFINITY}));
  EXPECT_EQ(decoded("I8", raw_of<std::int8_t>({-128, 127}), 2), (std::vector<float>{-128, 127}));
  EXPECT_EQ(decoded("U8", raw_of<std::uint8_t>({0, 255}), 2), (std::vector<float>{0, 255}));
  EXPECT_EQ(decoded("I16", raw_of<std::int16_t>({-32768, 3}), 2), (std::vector<float>{-32768, 3}));
  EXPECT_EQ(decoded("U16", raw_of<std::uint16_t>({65535}), 1), (std::vector<float>{65535}));
  EXPECT_EQ(decoded("I32", raw_of<std::int32_t>({-7}), 1), (std::vector<float>{-7}));
  EXPECT_EQ(decoded("U32", raw_of<std::uint32_t>({0x80000000u}), 1), (std::vector<float>{2147483648.0f}));
  EXPECT_EQ(decoded("I64", raw_of<std::int64_t>({-9}), 1), (std::vector<float>{-9}));
  EXPECT_EQ(decoded("U64", raw_of<std::uint64_t>({1ull << 63}), 1), (std::vector<float>{0x1p63f}));
}

TEST(Safetensors, RefusesWhatIsNoPlainNumber) {
  for (const char* dtype : {"BOOL", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"}) {
    const std::string bytes =
        file_of(fmt::format(R"({{"w":{{"dtype":"{}","shape":[1],"data_offsets":[0,1]}}}})", dtype), "0");
    const auto values = parse(bytes).value().read_f32("w", Shape{1});
    ASSERT_FALSE(values);
    EXPECT_EQ(values.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(values.error().message,
              fmt::format("f: tensor 'w': expected a float or integer type, got {}", dtype));
  }
  const std::string six = file_of(R"({"w":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}})", "000");
  EXPECT_FALSE(parse(six).value().read_f32("w", Shape{4}));
}

TEST(Safetensors, DtypeVectors) {
  const Json vectors =
      read_json(std::filesystem::path(REGARD_TEST_DIR) / "vectors/model-numerics.json").value();
  int seen = 0;
  for (const auto& [dtype, values] : vectors.at("dtype_decode").items()) {
    for (const auto& [bits, value] : values.items()) {
      const auto pattern = static_cast<std::uint16_t>(std::stoul(bits, nullptr, 16));
      const std::string raw = raw_of<std::uint16_t>({pattern}).substr(0, dtype.starts_with("F8") ? 1 : 2);
      const float got = decoded(dtype, raw, 1).at(0);
      if (value == "nan") {
        EXPECT_TRUE(std::isnan(got)) << dtype << bits;
      } else {
        EXPECT_EQ(got, value == "inf" ? INFINITY : static_cast<float>(value.get<double>())) << dtype << bits;
      }
      ++seen;
    }
  }
  EXPECT_EQ(seen, 29);
}

/// By the definition, in double.
double slow_f16(unsigned half) {
  const int exponent = static_cast<int>((half >> 10) & 31);
  const double fraction = half & 0x3FF;
  double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 31) value = fraction == 0 ? INFINITY : NAN;
  return (half & 0x8000) != 0 ? -value : value;
}

TEST(Safetensors, EveryHalf) {
  std::string raw(65536 * 2, '\0');
  for (unsigned i = 0; i < 65536; ++i) {
    const auto half = static_cast<std::uint16_t>(i);
    std::memcpy(raw.data() + 2 * i, &half, 2);
  }
  const std::vector<float> half = decoded("F16", raw, 65536);
  const std::vector<float> brain = decoded("BF16", raw, 65536);
  for (unsigned i = 0; i < 65536; ++i) {
    const auto want = static_cast<float>(slow_f16(i));
    if (std::isnan(want)) {
      EXPECT_TRUE(std::isnan(half[i])) << i;
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(half[i]), std::bit_cast<std::uint32_t>(want)) << i;
    }
    EXPECT_EQ(std::bit_cast<std::uint32_t>(brain[i]), i << 16) << i;
  }
}

TEST(Safetensors, OpensTheBuiltInModel) {
  const auto path = std::filesystem::path(REGARD_ASSETS_DIR) / "little-world/clip/model.safetensors";
  Result<Safetensors> opened = Safetensors::open(path);
  ASSERT_TRUE(opened) << opened.error().message;
  const Safetensors file = std::move(*opened);  // the mapping moves along
  EXPECT_EQ(file.label(), path.string());
  const auto values = file.read_f32("text_model.embeddings.token_embedding.weight", Shape{745, 192});
  ASSERT_TRUE(values) << values.error().message;
  EXPECT_EQ(values->size(), 745u * 192u);
  std::vector<std::thread> threads;  // const members from any thread
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      EXPECT_EQ(file.read_f32("text_model.embeddings.token_embedding.weight", Shape{745, 192}).value(),
                *values);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Safetensors, NamesWhatIsNoFile) {
  const TempFolder folder;
  EXPECT_EQ(Safetensors::open(folder / "none").error().message,
            (folder / "none").string() + ": open: expected a readable file, got 'No such file or directory'");
  EXPECT_EQ(Safetensors::open(folder.path()).error().message,
            folder.path().string() + ": open: expected a readable file, got a folder");
  EXPECT_EQ(Safetensors::open("/dev/null").error().message,
            "/dev/null: open: expected a readable file, got a device, pipe or socket");
}

TEST(Safetensors, NoticesAFileCutUnderIt) {
  const TempFolder folder;
  const std::size_t size = 1 << 20;
  put(folder / "f",
      file_of(fmt::format(R"({{"w":{{"dtype":"U8","shape":[{}],"data_offsets":[0,{}]}}}})", size, size),
              std::string(size, 'x')));
  const Safetensors file = Safetensors::open(folder / "f").value();
  ASSERT_TRUE(file.read_f32("w", Shape{size}));
  std::filesystem::resize_file(folder / "f", 100);  // reading the mapping now would end in SIGBUS
  EXPECT_EQ(file.read_f32("w", Shape{size}).error().message,
            (folder / "f").string() + ": tensor 'w': expected the file as it was opened, got a changed one");
}

TEST(Safetensors, NoPrefixAndNoFlipCrashes) {
  const std::string sound = file_of(
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[],"data_offsets":[12,16]}})",
      std::string(16, 'x'));
  ASSERT_EQ(verdict(sound), "accepted");
  for (std::size_t cut = 0; cut < sound.size(); ++cut)
    EXPECT_NE(verdict(sound.substr(0, cut)), "accepted") << cut;
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = sound;
    for (int k = 0; k <= round % 3; ++k) bytes[random() % (sound.size() - 16)] = static_cast<char>(random());
    const Result<Safetensors> file = parse(bytes);
    if (!file) continue;
    for (const TensorInfo& info : file->tensors()) (void)file->read_f32(info.name, info.shape);
  }
}

TEST(Safetensors, HostileHeadersStayCheap) {
  // 16 MiB of the smallest entries there are: refused by count, long before they fill memory.
  std::string metadata = R"({"__metadata__":{)";
  for (int i = 0; metadata.size() < (15u << 20); ++i) metadata += fmt::format("\"{:x}\":\"\",", i);
  EXPECT_NE(verdict(file_of(metadata + "\"z\":\"\"}}")).find("expected at most 100000 entries"),
            std::string::npos);
  std::string names = "{";
  for (int i = 0; names.size() < (15u << 20); ++i) {
    names += fmt::format(R"("{:x}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}},)", i);
  }
  EXPECT_NE(verdict(file_of(names + "\"z\":{}}")).find("expected at most 100000 tensors"), std::string::npos);
  EXPECT_NE(verdict(file_of("{\"a\":{\"x\":" + std::string(15u << 20, '['))).find("nested levels"),
            std::string::npos);
}

TEST(Safetensors, HalfsDecodeFast) {
  const std::uint64_t count = 32u << 20;  // 64 MiB
  const std::string bytes = file_of(
      fmt::format(R"({{"w":{{"dtype":"F16","shape":[{}],"data_offsets":[0,{}]}}}})", count, 2 * count),
      std::string(2 * count, '\x3C'));
  const Safetensors file = parse(bytes).value();
  const std::clock_t start = std::clock();  // processor time: other work on the machine does not count
  ASSERT_TRUE(file.read_f32("w", Shape{count}));
  const double elapsed_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  RecordProperty("seconds_for_64_MiB", std::to_string(elapsed_s));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(elapsed_s, 0.27);  // 250 MB in a second
#endif
}

}  // namespace
}  // namespace regard
