// Untrusted JSON to a tree. Depth, duplicates and memory are watched while the text is read, not after.
#include "core/formats/json.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <numeric>
#include <optional>
#include <vector>

#include "core/formats/content.h"
#include "core/formats/json_sax.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

// A refused file may cost at most twice its size and 64 MiB; the lexer and the text itself need their share
// of that.
constexpr std::size_t kTreeBytes = 40u << 20;

/// The lexer keeps what it has read since the last text or number began, so that stretch is bounded too. A
/// text may be a prompt of 1 MiB, each byte of it written as \u0001.
constexpr std::size_t kStretchBytes = 1u << 20;
// A prompt of 1 MiB, each byte escaped, and somewhat more: the reader of the prompt can then say how long it
// is.
constexpr std::size_t kTextBytes = (6u << 20) + 4096;

/// Where a text of more than kTextBytes between its quotes, or a number or gap of more than kStretchBytes,
/// begins; npos when there is none.
std::size_t long_stretch(std::string_view text) {
  const auto in_number = [](char c) { return (c >= '0' && c <= '9') || c == '-'; };
  std::size_t start = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_text) {
      if (c == '"') {
        in_text = false;
        start = at;
      } else if (at - start > kTextBytes) {
        return start;
      }
      if (c == '\\') ++at;
      continue;
    } else if (c == '"') {
      in_text = true;
      start = at;
    } else if (in_number(c) && !in_number(text[at > 0 ? at - 1 : 0])) {
      start = at;
    }
    if (!in_text && at - start > kStretchBytes) return start;
  }
  return text.npos;
}

class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, const JsonLimits& limits, const std::size_t& taken)
      : text_(text), limits_(limits), taken_(taken), budget_(text.size() + kTreeBytes) {}

  // The names and signatures below are nlohmann's SAX interface.
  bool null() { return add(nullptr, 0); }
  bool boolean(bool value) { return add(value, 0); }
  bool number_integer(Json::number_integer_t value) { return add(value, 0); }
  bool number_unsigned(Json::number_unsigned_t value) { return add(value, 0); }
  bool number_float(Json::number_float_t value, const std::string&) { return add(value, 0); }
  bool string(std::string& value) {
    const std::size_t cost = sizeof(std::string) + kBlock + heap_of(value);
    return add(std::move(value), cost);
  }
  bool binary(Json::binary_t&) { return refuse(taken_, "expected text, got binary"); }

  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  bool key(std::string& name) {
    Level& level = open_.back();
    const std::size_t cost = 2 * sizeof(Json::object_t::value_type) + sizeof(std::size_t) + heap_of(name);
    if (!pay(cost)) return false;
    level.key_offsets.push_back(string_start(text_, taken_));
    // ordered_map looks for the key on every insertion, which is quadratic; duplicates are found at the end
    // instead.
    level.container->get_ref<Json::object_t&>().push_back({std::move(name), nullptr});
    return true;
  }
  bool end_object() {
    const Level& level = open_.back();
    const auto members = level.container->get_ref<const Json::object_t&>().cbegin();
    std::vector<std::uint32_t> order(level.key_offsets.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [members](std::uint32_t a, std::uint32_t b) {
      const int sign = members[a].first.compare(members[b].first);
      return sign != 0 ? sign < 0 : a < b;
    });
    std::optional<std::uint32_t> again;
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (members[order[i - 1]].first == members[order[i]].first) {
        again = std::min(again.value_or(order[i]), order[i]);
      }
    }
    if (again) {
      return refuse(level.key_offsets[*again],
                    fmt::format("expected each key once, got {} again", quote(members[*again].first)));
    }
    open_.pop_back();
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) {
    const std::size_t offset = syntax_offset(text_, position);
    return refuse(offset, syntax_message(error.what(), text_, offset));
  }
  bool unread(std::size_t offset) { return refuse(offset, std::string(kUnreadMessage)); }

  std::size_t error_offset() const { return error_offset_; }
  const std::string& error() const { return error_; }
  Json& root() { return root_; }

 private:
  struct Level {
    Json* container;
    std::vector<std::size_t> key_offsets;
  };

  static constexpr std::size_t kBlock = 16;  // what malloc adds to a block
  static std::size_t heap_of(const std::string& text) { return text.size() > 15 ? text.size() + kBlock : 0; }

  bool refuse(std::size_t offset, std::string message) {
    error_offset_ = offset;
    error_ = std::move(message);
    return false;
  }
  bool pay(std::size_t cost, std::size_t for_a_moment = 0) {
    spent_ += cost;
    if (spent_ + for_a_moment <= budget_) return true;
    return refuse(taken_,
                  fmt::format("expected a document of at most {} bytes in memory, got more", budget_));
  }
  /// What one more element costs a vector: nothing, or twice its room, with old and new both there for a
  /// moment.
  template <class Vector>
  bool pay_growth(const Vector& elements) {
    if (elements.size() < elements.capacity()) return true;
    const std::size_t room = elements.capacity() * sizeof(typename Vector::value_type);
    return pay(room == 0 ? sizeof(typename Vector::value_type) + kBlock : room, 2 * room);
  }
  /// The value's place: the root, the next element, or the member whose key was just read.
  Json* place(Json&& value) {
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back().container;
    if (parent.is_object()) return &(parent.get_ref<Json::object_t&>().back().second = std::move(value));
    auto& elements = parent.get_ref<Json::array_t&>();
    elements.push_back(std::move(value));
    return &elements.back();
  }
  bool pay_place() {
    const Json* parent = open_.empty() ? nullptr : open_.back().container;
    return parent == nullptr || !parent->is_array() || pay_growth(parent->get_ref<const Json::array_t&>());
  }
  bool add(Json value, std::size_t heap) {
    if (!pay(heap) || !pay_place()) return false;
    place(std::move(value));
    return true;
  }
  bool open(Json container) {
    if (open_.size() >= static_cast<std::size_t>(std::max(limits_.depth, 0))) {
      return refuse(taken_ - 1, fmt::format("expected at most {} nested levels, got more", limits_.depth));
    }
    if (!pay(sizeof(Json::array_t) + kBlock) || !pay_place()) return false;
    open_.push_back({place(std::move(container)), {}});
    return true;
  }

  std::string_view text_;
  const JsonLimits& limits_;
  const std::size_t& taken_;
  std::size_t budget_;
  std::size_t spent_ = 0;
  Json root_;
  std::vector<Level> open_;
  std::size_t error_offset_ = 0;
  std::string error_;
};

}  // namespace

std::size_t string_start(std::string_view text, std::size_t taken) {
  std::size_t at = taken >= 2 ? taken - 2 : 0;  // taken - 1 is the closing quote
  for (;; --at) {
    if (text[at] == '"') {
      std::size_t slashes = 0;
      while (slashes < at && text[at - 1 - slashes] == '\\') ++slashes;
      if (slashes % 2 == 0) return at;  // inside a string every quote is escaped: this one opens it
    }
    if (at == 0) return 0;
  }
}

std::size_t number_start(std::string_view text, std::size_t taken) {
  constexpr std::string_view kNumber = "0123456789+-.eE";
  std::size_t end =
      taken;  // the lexer knows a number's end by the byte behind it, unless the text ends there
  if (end > 0 && kNumber.find(text[end - 1]) == kNumber.npos) --end;
  while (end > 0 && kNumber.find(text[end - 1]) != kNumber.npos) --end;
  return end;
}

std::string syntax_message(std::string_view what, std::string_view text, std::size_t offset) {
  const std::string_view end = offset < text.size() && text[offset] == '\0' ? "a NUL byte" : "end of input";
  // nlohmann-json 3.11.3 has words of its own for an empty text; ours are those of 3.11.2.
  if (what.find("attempting to parse an empty input") != what.npos) {
    return fmt::format("expected '[', '{{', or a literal, got {}", end);
  }
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value -
  // invalid literal; last read: 'nul'; expected ']'"
  for (const std::string_view before : {" - ", "] "}) {
    if (const std::size_t at = what.find(before); at != what.npos) {
      what.remove_prefix(at + before.size());
      break;
    }
  }
  constexpr std::string_view kBefore = "; expected ";
  constexpr std::string_view kUnexpected = "unexpected ";
  std::string_view expected = "JSON";
  if (const std::size_t at = what.rfind(kBefore); at != what.npos) {
    expected = what.substr(at + kBefore.size());
    what = what.substr(0, at);
  }
  what = what.substr(0, what.find("; last read: "));  // the message has the byte instead
  if (what.starts_with(kUnexpected)) what.remove_prefix(kUnexpected.size());
  if (what == "end of input") what = end;
  return fmt::format("expected {}, got {}", printable(expected), printable(what, 160));
}

std::size_t syntax_offset(std::string_view text, std::size_t position) {
  return std::min(text.size(), position == 0 ? 0 : position - 1);
}

Result<Json> parse_json(std::string_view text, std::string_view label, const JsonLimits& limits) try {
  if (text.size() > limits.bytes) {
    return fail(ErrorCode::kFormat, "{}: size: expected at most {} bytes, got {}", label, limits.bytes,
                text.size());
  }
  if (const std::size_t at = long_stretch(text); at != text.npos) {
    return fail(
        ErrorCode::kFormat,
        "{}: byte {}: expected no text of more than {} bytes, no number or gap of more than {}, got one",
        label, at, kTextBytes, kStretchBytes);
  }
  std::size_t taken = 0;
  TreeBuilder builder(text, limits, taken);
  if (!run_sax(text, builder, taken)) {
    return fail(ErrorCode::kFormat, "{}: byte {}: {}", label, builder.error_offset(), builder.error());
  }
  return std::move(builder.root());
} catch (const std::exception& error) {
  return fail(ErrorCode::kFormat, "{}: JSON: expected to be readable, got '{}'", label, error.what());
}

Result<Json> read_json(const std::filesystem::path& path, const JsonLimits& limits) try {
  REGARD_TRY(const std::string text, read_file(path, limits.bytes, Wanted::kJson));
  return parse_json(text, printable(path.string(), 4096), limits);
} catch (const std::exception& error) {
  return fail(ErrorCode::kFormat, "{}: JSON: expected to be readable, got '{}'", path.string(), error.what());
}

}  // namespace regard
