#include <gtest/gtest.h>

#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

std::string error_of(std::string_view text, const JsonLimits& limits = {}) {
  const Result<Json> json = parse_json(text, "config.json", limits);
  return json ? "accepted" : json.error().message;
}

TEST(Json, KeepsValuesAndOrder) {
  const Json json =
      parse_json(R"( {"z": [1, -2, 2.5, true, null, "é\u00e9"], "a": {"b": {}}, "m": []} )", "x").value();
  EXPECT_EQ(json.dump(), R"({"z":[1,-2,2.5,true,null,"éé"],"a":{"b":{}},"m":[]})");
  EXPECT_TRUE(json["z"][0].is_number_unsigned());
  EXPECT_TRUE(json["z"][1].is_number_integer());
  EXPECT_EQ(json["a"]["b"].size(), 0u);
  EXPECT_EQ(parse_json("18446744073709551615", "x").value().get<std::uint64_t>(), 18446744073709551615u);
  EXPECT_EQ(parse_json("\xEF\xBB\xBF{}", "x").value().dump(), "{}");
}

TEST(Json, SameTreeAsTheLibrary) {
  for (const char* name : {"tokenizer.json", "config.json", "vocab.json", "special_tokens_map.json"}) {
    const std::string text =
        read_file(std::filesystem::path(REGARD_ASSETS_DIR) / "little-world/clip" / name, 1 << 24).value();
    EXPECT_EQ(parse_json(text, name).value(), Json::parse(text)) << name;
  }
}

TEST(Json, NamesTheByte) {
  EXPECT_EQ(error_of("{\"a\": 1 \"b\"}"), "config.json: byte 10: expected '}', got string literal");
  EXPECT_EQ(error_of(""), "config.json: byte 0: expected '[', '{', or a literal, got end of input");
  EXPECT_EQ(error_of("[1, 2"), "config.json: byte 5: expected ']', got end of input");
}

// The value is all of the text: only spaces, tabs and line ends may follow, and no byte ends it early.
TEST(Json, RefusesWhateverFollowsTheValue) {
  const auto text = [](std::string_view before, std::string_view after) {
    return std::string(before).append(after);
  };
  constexpr std::string_view kNul("\0", 1);
  EXPECT_EQ(error_of(text("{}", " \t\r\n")), "accepted");
  for (const std::string_view value : {"{}", "[1]", "17", "2.5e3", "null", "\"a\"", "{\"a\": 1}\n"}) {
    for (const std::string_view rest : {std::string_view(""), std::string_view("{\"b\": 2}"), kNul}) {
      EXPECT_EQ(error_of(text(value, text(kNul, rest))),
                fmt::format("config.json: byte {}: expected end of input, got a NUL byte", value.size()))
          << value << "|" << rest;
    }
    for (int byte = 0; byte < 256; ++byte) {
      const std::string rest = {' ', static_cast<char>(byte)};
      const bool space = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
      EXPECT_EQ(error_of(text(value, rest)) == "accepted", space) << value << " " << byte;
    }
  }
  // Before the end of the value a NUL is no end of the text either.
  EXPECT_EQ(error_of(text("[1,", kNul)).substr(0, 19), "config.json: byte 3");
  EXPECT_TRUE(error_of(text("[1,", kNul)).ends_with("got a NUL byte")) << error_of(text("[1,", kNul));
  EXPECT_EQ(error_of(kNul), "config.json: byte 0: expected '[', '{', or a literal, got a NUL byte");
  EXPECT_NE(error_of(text("\"a", text(kNul, "\""))), "accepted");
}

TEST(Json, RefusesKeysThatComeTwice) {
  EXPECT_EQ(error_of(R"({"a":1,"b":2,"a":3})"),
            "config.json: byte 13: expected each key once, got 'a' again");
  EXPECT_EQ(error_of(R"([{"\\\"":1,"\\\"":3}])"),
            "config.json: byte 11: expected each key once, got '\\\"' again");
  EXPECT_EQ(error_of(R"({"a":{"a":1},"b":{"a":1}})"), "accepted");
}

TEST(Json, BoundsDepth) {
  EXPECT_EQ(error_of("[[[]]]", {.depth = 3}), "accepted");
  EXPECT_EQ(error_of("[[[]]]", {.depth = 2}),
            "config.json: byte 2: expected at most 2 nested levels, got more");
  EXPECT_EQ(error_of("[[],[],{\"a\":[]}]", {.depth = 3}), "accepted");
  EXPECT_EQ(error_of(std::string(1'000'000, '[')),
            "config.json: byte 64: expected at most 64 nested levels, got more");
}

TEST(Json, BoundsBytesAndMemory) {
  EXPECT_EQ(error_of("[1,2]", {.bytes = 4}), "config.json: size: expected at most 4 bytes, got 5");
  // 24 MB of text that would be 640 MB of tree.
  std::string text = "[";
  for (int i = 0; i < 6'000'000; ++i) text += "[1],";
  const std::string message = error_of(text + "[]]");
  EXPECT_NE(message.find("bytes in memory, got more"), message.npos) << message;
  // What the lexer would keep to itself.
  const std::string long_text((6 << 20) + 4096, 'a');
  EXPECT_EQ(error_of("{\"a\": \"" + long_text + "\"}"), "accepted") << "exactly as long as it may be";
  EXPECT_EQ(error_of("{\"a\": \"" + long_text + "a\"}"),
            "config.json: byte 6: expected no text of more than 6295552 bytes, no number or gap of more than "
            "1048576, got one");
  EXPECT_EQ(error_of("[" + std::string(2 << 20, '1') + "]").substr(0, 36),
            "config.json: byte 1: expected no tex");
  EXPECT_EQ(error_of("[1, " + std::string(2 << 20, ' ') + "]").substr(0, 36),
            "config.json: byte 1: expected no tex");
  EXPECT_EQ(error_of("[\"" + long_text.substr(0, 1 << 19) + "\", \"" + long_text.substr(0, 1 << 19) + "\"]"),
            "accepted");
}

TEST(Json, ReadsAWideObjectInTime) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += fmt::format("\"token{}\":{},", i, i);
  text += "\"last\":0}";
  EXPECT_EQ(parse_json(text, "x").value().size(), 200'001u);  // quadratic would take minutes
}

TEST(Json, NamesTheFile) {
  EXPECT_EQ(read_json("/nowhere/config.json").error().message,
            "/nowhere/config.json: open: expected a readable file, got 'No such file or directory'");
  EXPECT_EQ(read_json("/nowhere/config.json").error().code, ErrorCode::kIo);
  EXPECT_EQ(parse_json("x", "l").error().code, ErrorCode::kFormat);
}

TEST(Utf8, FindsTheFirstBadByte) {
  EXPECT_EQ(utf8_valid_prefix("aé日😀\xF4\x8F\xBF\xBF"), 14u);
  const std::string_view bad[] = {"\x80",         "\xC0\x80",         "\xC1\xBF",         "\xE0\x9F\xBF",
                                  "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                                  "\xC3",         "\xE2\x82",         "\xF0\x9F\x98",     "\xFF",
                                  "\xC3(",        "\xE2\x82("};
  for (const std::string_view bytes : bad) {
    EXPECT_EQ(utf8_valid_prefix(std::string("ok").append(bytes)), 2u) << printable(bytes);
  }
  EXPECT_EQ(utf8_valid_prefix("\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80"), 10u);
}

TEST(Utf8, PrintableFitsOneLine) {
  EXPECT_EQ(printable("é\n\x7F\xC2\x85\xE2\x80\xA8\xFFz"), "é\\x0A\\x7F\\xC2\\x85\\xE2\\x80\\xA8\\xFFz");
  EXPECT_EQ(printable("ééé", 5), "éé...");
  EXPECT_EQ(quote(std::string(100, 'a')).size(), 85u);
}

}  // namespace
}  // namespace regard
