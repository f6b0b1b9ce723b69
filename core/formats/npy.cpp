#include "core/formats/npy.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>

#include "core/base/check.h"
#include "core/formats/content.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they lie");

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr std::size_t kAlignment = 64;

struct Header {
  std::string type;
  bool fortran = false;
  std::vector<std::size_t> shape;
};

/// Reads the Python literal of the header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class NpyHeaderReader {
 public:
  NpyHeaderReader(std::string_view text, std::size_t start, std::string_view label, const NpyLimits& limits)
      : text_(text), start_(start), label_(label), limits_(limits) {}

  Result<Header> read() {
    Header header;
    bool has_type = false, has_order = false, has_shape = false;
    if (!take('{')) return refuse("'{'");
    while (!take('}')) {
      const std::optional<std::string_view> key = text();
      if (!key) return refuse("a key in quotes, or '}'");
      if (!take(':')) return refuse("':'");
      if (*key == "descr" && !std::exchange(has_type, true)) {
        const std::optional<std::string_view> type = text();
        if (!type) return refuse("a type in quotes");
        header.type = *type;
      } else if (*key == "fortran_order" && !std::exchange(has_order, true)) {
        header.fortran = word("True");
        if (!header.fortran && !word("False")) return refuse("True or False");
      } else if (*key == "shape" && !std::exchange(has_shape, true)) {
        REGARD_TRY_DO(read_shape(header.shape));
      } else {
        return refuse("descr, fortran_order and shape, once each");
      }
      if (!take(',') && peek() != '}') return refuse("',' or '}'");
    }
    if (peek() != '\0') return refuse("nothing behind the header");
    if (!has_type || !has_order || !has_shape) return refuse("descr, fortran_order and shape");
    return header;
  }

 private:
  Result<void> read_shape(std::vector<std::size_t>& shape) {
    if (!take('(')) return refuse("a shape in parentheses");
    while (!take(')')) {
      if (shape.size() == limits_.rank) return refuse(fmt::format("at most {} dimensions", limits_.rank));
      const std::optional<std::size_t> size = number();
      if (!size) return refuse("a size below 2^63, or ')'");
      shape.push_back(*size);
      if (!take(',') && peek() != ')') return refuse("',' or ')'");
    }
    return {};
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (at_ >= text_.size() || peek() != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) {
    skip_space();
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }
  std::optional<std::string_view> text() {
    const char quote_mark = peek();
    if (quote_mark != '\'' && quote_mark != '"') return std::nullopt;
    const std::size_t end = text_.find(quote_mark, at_ + 1);
    if (end == text_.npos) return std::nullopt;
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }
  std::optional<std::size_t> number() {
    skip_space();
    const std::size_t first = at_;
    std::uint64_t value = 0;
    bool fits = true;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
      fits = fits && !__builtin_mul_overflow(value, 10u, &value) &&
             !__builtin_add_overflow(value, digit, &value);
    }
    if (at_ > first && fits && value >> 63 == 0) return value;
    at_ = first;
    return std::nullopt;
  }
  std::unexpected<Error> refuse(std::string_view expected) {
    skip_space();
    const bool end = at_ >= text_.size();
    return fail(ErrorCode::kFormat, "{}: byte {}: header: expected {}, got {}", label_, start_ + at_,
                expected, end ? "its end" : quote(text_.substr(at_, 12)));
  }

  std::string_view text_;
  std::size_t start_;
  std::string_view label_;
  const NpyLimits& limits_;
  std::size_t at_ = 0;
};

template <class T>
void convert(std::string_view in, std::vector<float>& out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, in.data() + i * sizeof(T), sizeof(T));
    out[i] = static_cast<float>(value);
  }
}

/// Bytes of one value, 0 for a type we do not read.
std::size_t value_bytes(std::string_view type) {
  if (type == "<f4" || type == "<i4") return 4;
  if (type == "<f8" || type == "<i8") return 8;
  return 0;
}

/// Magic, version and length of the header: where it starts and ends.
Result<std::pair<std::size_t, std::size_t>> header_span(std::string_view bytes, std::string_view label) {
  if (!bytes.starts_with(kMagic)) {
    return fail(ErrorCode::kFormat, "{}: byte 0: magic: expected '\\x93NUMPY', got {}", label,
                quote(bytes.substr(0, kMagic.size())));
  }
  if (bytes.size() < 8)
    return fail(ErrorCode::kFormat, "{}: version: expected 2 bytes, got {}", label, bytes.size() - 6);
  const int major = static_cast<unsigned char>(bytes[6]);
  if (major < 1 || major > 3) {
    return fail(ErrorCode::kFormat, "{}: byte 6: version: expected 1, 2 or 3, got {}", label, major);
  }
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t start = 8 + length_bytes;
  if (bytes.size() < start) {
    return fail(ErrorCode::kFormat, "{}: header length: expected {} bytes, got {}", label, length_bytes,
                bytes.size() - 8);
  }
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 8, length_bytes);
  if (length > bytes.size() - start) {
    return fail(ErrorCode::kFormat, "{}: header: expected {} bytes, got {}", label, length,
                bytes.size() - start);
  }
  return std::pair(start, start + length);
}

/// Values the shape asks for; the bytes behind the header must be exactly theirs.
Result<std::size_t> count_values(const Header& header, std::size_t data_bytes, std::string_view label) {
  const std::string shape = fmt::format("({})", fmt::join(header.shape, ", "));
  std::size_t count = 1;
  bool fits = true;
  for (const std::size_t size : header.shape) fits = fits && !__builtin_mul_overflow(count, size, &count);
  std::size_t bytes = 0;
  fits = fits && !__builtin_mul_overflow(count, value_bytes(header.type), &bytes);
  if (!fits) {
    return fail(ErrorCode::kFormat, "{}: shape: expected fewer than 2^64 bytes, got {} {}", label,
                header.type, shape);
  }
  if (bytes != data_bytes) {
    return fail(ErrorCode::kFormat, "{}: data: expected {} bytes for {} {}, got {}", label, bytes,
                header.type, shape, data_bytes);
  }
  return count;
}

}  // namespace

std::string npy_bytes(std::span<const float> values, std::span<const std::size_t> shape) {
  REGARD_CHECK(shape.size() <= NpyLimits{}.rank);
  std::size_t count = 1;
  for (const std::size_t size : shape) count *= size;
  REGARD_CHECK(count == values.size());

  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  constexpr std::size_t kBefore = 10;  // magic, version, length
  const std::size_t unpadded = kBefore + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';

  std::string out(kMagic);
  out += '\x01';
  out += '\x00';
  out += static_cast<char>(header.size() & 0xFF);
  out += static_cast<char>(header.size() >> 8);
  out += header;
  const std::size_t start = out.size();
  out.resize(start + values.size_bytes());
  if (!values.empty()) std::memcpy(out.data() + start, values.data(), values.size_bytes());
  return out;
}

Result<void> write_npy(const std::filesystem::path& path, std::span<const float> values,
                       std::span<const std::size_t> shape) try {
  return write_file(path, npy_bytes(values, shape));
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: write: expected enough memory, got '{}'", path.string(), error.what());
}

Result<NpyArray> parse_npy(std::string_view bytes, std::string_view label, const NpyLimits& limits) try {
  REGARD_TRY(const auto span, header_span(bytes, label));
  const auto [start, end] = span;
  REGARD_TRY(const Header header,
             NpyHeaderReader(bytes.substr(start, end - start), start, label, limits).read());
  if (value_bytes(header.type) == 0) {
    return fail(ErrorCode::kUnsupported, "{}: descr: expected <f4, <f8, <i4 or <i8, got {}", label,
                quote(header.type));
  }
  if (header.fortran && header.shape.size() > 1) {
    return fail(ErrorCode::kUnsupported, "{}: fortran_order: expected False, got True", label);
  }
  const std::string_view data = bytes.substr(end);
  REGARD_TRY(const std::size_t count, count_values(header, data.size(), label));

  NpyArray out{header.shape, std::vector<float>(count)};
  if (header.type == "<f4") convert<float>(data, out.values);
  if (header.type == "<f8") convert<double>(data, out.values);
  if (header.type == "<i4") convert<std::int32_t>(data, out.values);
  if (header.type == "<i8") convert<std::int64_t>(data, out.values);
  return out;
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: data: expected enough memory, got '{}'", label, error.what());
}

Result<NpyArray> read_npy(const std::filesystem::path& path, const NpyLimits& limits) try {
  REGARD_TRY(const std::string bytes, read_file(path, limits.bytes, Wanted::kNumbers));
  return parse_npy(bytes, printable(path.string(), 4096), limits);
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: read: expected enough memory, got '{}'", path.string(), error.what());
}

}  // namespace regard
