// The one table of beginnings. What to do is said for each, in a person's terms.
#include "core/formats/content.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "core/formats/utf8.h"

namespace regard {
namespace {

using namespace std::string_view_literals;

/// What a file turned out to be.
struct Content {
  std::string name;               // as after "got"
  std::string advice;             // what to do; empty: nothing but another file
  Wanted is = Wanted::kAnything;  // what reader it is for, when it is one of ours
};

constexpr std::string_view kAgain = "its download or its saving did not finish; get it again";
constexpr std::string_view kUnpack = "unpack it first";
constexpr std::string_view kOther = "another file has this name";
constexpr std::string_view kWebPage =
    "a web page was saved in its place; download the file itself, not the page that shows it";
constexpr std::string_view kMayRunCode =
    "it may run code and is not read; get the model's .safetensors, or convert it with the safetensors "
    "library";

struct Start {
  std::string_view bytes, name, advice;
  Wanted is = Wanted::kAnything;
};

// The longest first where one begins another.
constexpr Start kStarts[] = {
    {"\x89PNG\r\n\x1a\n"sv, "a PNG picture", kOther, Wanted::kPicture},
    {"\xff\xd8\xff"sv, "a JPEG picture", kOther, Wanted::kPicture},
    {"GIF8"sv, "a GIF picture", ""},
    {"II*\0"sv, "a TIFF picture", ""},
    {"MM\0*"sv, "a TIFF picture", ""},
    {"\0\0\0\x0cJXL "sv, "a JPEG XL picture", ""},
    {"\0\0\0\x0cjP  "sv, "a JPEG 2000 picture", ""},
    {"8BPS"sv, "a Photoshop picture", ""},
    {"%PDF"sv, "a PDF", ""},
    {"\x7f\x45LF"sv, "a program", ""},
    {"\x1f\x8b"sv, "a gzip archive", kUnpack},
    {"BZh"sv, "a bzip2 archive", kUnpack},
    {"\xfd\x37zXZ\0"sv, "an xz archive", kUnpack},
    {"\x28\xb5\x2f\xfd"sv, "a Zstandard archive", kUnpack},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive", kUnpack},
    {"Rar!\x1a"sv, "a RAR archive", kUnpack},
    {"GGUF"sv, "a GGUF file", "it is for llama.cpp and is not read; get the model's .safetensors"},
    {"ggjt"sv, "a GGML file", "it is for llama.cpp and is not read; get the model's .safetensors"},
    {"lmgg"sv, "a GGML file", "it is for llama.cpp and is not read; get the model's .safetensors"},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file", "Keras weights are not read; get the model's .safetensors"},
    {"\x93NUMPY"sv, "a NumPy array", kOther, Wanted::kNumbers},
    {"\xff\xfe"sv, "text in UTF-16", "save it as UTF-8"},
    {"\xfe\xff"sv, "text in UTF-16", "save it as UTF-8"},
};

// What download servers answer with in place of a file; people save it under the file's name.
constexpr std::string_view kServerAnswers[] = {
    "Entry not found",  "Repository not found", "Invalid username or password",
    "Access to model ", "404: Not Found",       "404 page not found",
    "Not Found",        "Unauthorized",         "Access denied",
    "Forbidden",        "Too Many Requests",    "Internal Server Error",
};

/// A valid file of the format is never taken for something else: eight bytes of length, at most 100,000,000,
/// then JSON, before which only white space may stand.
bool may_be_weights(std::string_view head, std::uint64_t size) {
  constexpr std::uint64_t kMostHeader = 100'000'000;
  if (head.size() < 8) return false;
  std::uint64_t length = 0;
  std::memcpy(&length, head.data(), sizeof length);
  return length <= kMostHeader && (size == 8 || "{ \t\r\n"sv.find(head[8]) != std::string_view::npos);
}

bool is_text(std::string_view head, std::uint64_t size) {
  constexpr std::size_t kLongest = 4;  // bytes of a character, which may be cut at the end
  const bool plain = std::ranges::all_of(head, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t';
  });
  const std::size_t valid = utf8_valid_prefix(head);
  return plain && (valid == head.size() || (size > head.size() && valid + kLongest > head.size()));
}

std::string_view without_spaces(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at == text.npos ? std::string_view() : text.substr(at);
}

bool starts_with_word(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::ranges::equal(text.substr(0, lower.size()), lower,
                            [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

/// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md; older pointers name hawser.
std::optional<Content> lfs_pointer(std::string_view head) {
  if (!head.starts_with("version https://git-lfs.github.com/spec/") &&
      !head.starts_with("version https://hawser.github.com/spec/"))
    return std::nullopt;
  std::string size;
  if (const std::size_t at = head.find("\nsize "); at != head.npos) {
    const std::string_view rest = head.substr(at + 6);
    const std::string_view digits =
        rest.substr(0, std::min(rest.find_first_not_of("0123456789"), rest.size()));
    if (!digits.empty() && digits.size() < 20) size = fmt::format(" of {} bytes", digits);
  }
  return Content{"a Git LFS pointer",
                 fmt::format("run 'git lfs pull' in its folder, or download the file{} itself", size)};
}

std::optional<Content> zip(std::string_view head) {
  if (!head.starts_with("PK\x03\x04") && !head.starts_with("PK\x05\x06")) return std::nullopt;
  if (head.find("data.pkl") != head.npos)
    return Content{"PyTorch's pickles in a ZIP archive", std::string(kMayRunCode)};
  if (head.find(".npy") != head.npos) return Content{"a NumPy .npz archive", std::string(kUnpack)};
  return Content{"a ZIP archive", std::string(kUnpack)};
}

/// Protocol 2 to 5 begins with a mark of two bytes and an opcode; 0 with an opcode and text.
std::optional<Content> pickle(std::string_view head) {
  constexpr std::string_view kOpcodes = "}](c\x8a\x95\x8cX\x80Gq\x4b\x4a\x4e.";
  const bool marked = head.size() >= 3 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5 &&
                      kOpcodes.find(head[2]) != kOpcodes.npos;
  const bool old = head.starts_with("(dp0\n") || head.starts_with("(lp0\n") ||
                   head.starts_with("ccopy_reg\n") || head.starts_with("ccollections\n") ||
                   head.starts_with("ctorch");
  if (!marked && !old) return std::nullopt;
  return Content{"a pickle", std::string(kMayRunCode)};
}

std::optional<Content> page_or_answer(std::string_view head) {
  const std::string_view text = without_spaces(head);
  if (starts_with_word(text, "<!doctype html") || starts_with_word(text, "<html"))
    return Content{"an HTML page", std::string(kWebPage)};
  if (text.starts_with('<') && text.find("<svg") != text.npos) return Content{"an SVG drawing", ""};
  if (starts_with_word(text, "<?xml") || text.starts_with("<Error>"))
    return Content{"an XML page", std::string(kWebPage)};
  for (const std::string_view answer : kServerAnswers) {
    if (!text.starts_with(answer)) continue;
    const std::string_view line = text.substr(0, std::min(text.find_first_of("\r\n"), std::size_t{80}));
    return Content{fmt::format("a server's answer, {}", quote(line)),
                   "its download failed; get it again (some models ask to log in first)"};
  }
  return std::nullopt;
}

/// Kinds that several bytes apart tell.
std::optional<Content> spread(std::string_view head) {
  if (head.size() >= 12 && head.starts_with("RIFF")) {
    if (head.substr(8, 4) == "WEBP") return Content{"a WebP picture", std::string(kOther), Wanted::kPicture};
    return Content{"a RIFF file that is no WebP", ""};
  }
  if (head.starts_with("RIFF")) return Content{"a RIFF file that is no WebP", ""};
  if (head.starts_with("BM") && head.size() >= 10 && head.substr(6, 4) == "\0\0\0\0"sv)
    return Content{"a BMP picture", ""};
  if (head.size() >= 262 && head.substr(257, 5) == "ustar")
    return Content{"a tar archive", std::string(kUnpack)};
  if (head.size() < 12 || head.substr(4, 4) != "ftyp") return std::nullopt;
  const std::string_view brand = head.substr(8, 4);
  if (brand.starts_with("avi")) return Content{"an AVIF picture", ""};
  if (brand.starts_with("hei") || brand == "mif1") return Content{"a HEIC picture", ""};
  return Content{"a film", ""};
}

std::optional<Content> content_of(std::string_view head, std::uint64_t size) {
  if (size == 0) return Content{"an empty file", std::string(kAgain)};
  if (may_be_weights(head, size)) {
    if (size == 8) return std::nullopt;
    return Content{"safetensors weights", std::string(kOther), Wanted::kWeights};
  }
  for (const auto& known : {lfs_pointer(head), zip(head), pickle(head), page_or_answer(head), spread(head)}) {
    if (known) return known;
  }
  for (const Start& start : kStarts) {
    if (head.starts_with(start.bytes))
      return Content{std::string(start.name), std::string(start.advice), start.is};
  }
  if (size >= 16 && std::ranges::all_of(head, [](char c) { return c == '\0'; }))
    return Content{"nothing but zero bytes", std::string(kAgain)};
  return std::nullopt;
}

/// What only one reader can tell: any text is wrong for weights, right for merges.txt.
std::optional<Content> content_for(std::string_view head, std::uint64_t size, Wanted wanted) {
  auto known = content_of(head, size);
  const bool bytes_wanted =
      wanted == Wanted::kWeights || wanted == Wanted::kPicture || wanted == Wanted::kNumbers;
  if (!known && wanted == Wanted::kPicture) {
    if (head.starts_with("\x89PNG") || head.starts_with("\xff\xd8"))
      return std::nullopt;  // cut: its reader says so
    if (head.starts_with("\xff\x0a")) return Content{"a JPEG XL picture", ""};
    if (head.starts_with("\0\0\x01\0"sv)) return Content{"an icon", ""};
  }
  // A short text is a length and garbage to the readers of bytes; seven bytes are too few to say.
  if (!known && bytes_wanted && (size >= 8 || wanted == Wanted::kPicture) && is_text(head, size)) {
    const bool json = without_spaces(head).starts_with('{') || without_spaces(head).starts_with('[');
    known = Content{json && wanted != Wanted::kPicture ? "JSON text" : "text",
                    wanted == Wanted::kPicture ? "" : std::string(kOther)};
  }
  return known;
}

std::string_view name_of(Wanted wanted) {
  switch (wanted) {
    case Wanted::kWeights:
      return "safetensors weights";
    case Wanted::kJson:
      return "JSON";
    case Wanted::kText:
      return "text in UTF-8";
    case Wanted::kPicture:
      return "a PNG, JPEG or WebP picture";
    case Wanted::kNumbers:
      return "a NumPy array (.npy)";
    case Wanted::kAnything:
      break;
  }
  return "a file";
}

/// "a Git LFS pointer, not the weights"
std::string_view stands_for(Wanted wanted) {
  return wanted == Wanted::kWeights ? "the weights" : wanted == Wanted::kPicture ? "the picture" : "the file";
}

}  // namespace

Result<void> check_content(std::string_view head, std::uint64_t size, Wanted wanted, std::string_view label) {
  if (wanted == Wanted::kAnything) return {};
  const auto found = content_for(head.substr(0, kContentBytes), size, wanted);
  if (!found || found->is == wanted) return {};
  std::string got = found->name;
  if (got == "a Git LFS pointer") got += fmt::format(", not {}", stands_for(wanted));
  if (!found->advice.empty()) got += ": " + found->advice;
  return fail(ErrorCode::kFormat, "{}: expected {}, got {}", label, name_of(wanted), got);
}

std::string content_of_file(const std::filesystem::path& path) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) return {};  // a pipe must not hang
  const std::uint64_t size = std::filesystem::file_size(path, failed);
  std::array<char, kContentBytes> head;
  std::ifstream in(path, std::ios::binary);
  in.read(head.data(), head.size());
  if (failed || in.bad()) return {};
  const auto found = content_of({head.data(), static_cast<std::size_t>(in.gcount())}, size);
  if (!found) return {};
  return found->is != Wanted::kAnything || found->advice.empty() ? found->name
                                                                 : found->name + ": " + found->advice;
}

}  // namespace regard
