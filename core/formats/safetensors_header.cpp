#include "core/formats/safetensors_header.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>

#include "core/formats/json_sax.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

constexpr auto kDtypes = std::to_array<std::pair<std::string_view, Dtype>>({
    {"BOOL", Dtype::kBool},
    {"U8", Dtype::kU8},
    {"I8", Dtype::kI8},
    {"F8_E5M2", Dtype::kF8E5M2},
    {"F8_E4M3", Dtype::kF8E4M3},
    {"F8_E8M0", Dtype::kF8E8M0},
    {"F8_E4M3FNUZ", Dtype::kF8E4M3Fnuz},
    {"F8_E5M2FNUZ", Dtype::kF8E5M2Fnuz},
    {"I16", Dtype::kI16},
    {"U16", Dtype::kU16},
    {"F16", Dtype::kF16},
    {"BF16", Dtype::kBF16},
    {"I32", Dtype::kI32},
    {"U32", Dtype::kU32},
    {"F32", Dtype::kF32},
    {"F64", Dtype::kF64},
    {"I64", Dtype::kI64},
    {"U64", Dtype::kU64},
    {"C64", Dtype::kC64},
    {"F4", Dtype::kF4},
    {"F6_E2M3", Dtype::kF6E2M3},
    {"F6_E3M2", Dtype::kF6E3M2},
});

}  // namespace

std::string_view dtype_name(Dtype dtype) {
  for (const auto& [name, value] : kDtypes) {
    if (value == dtype) return name;
  }
  return "?";
}

namespace safetensors_header {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDepth = 64;  // only ignored extra keys can nest deeper than 3
constexpr std::string_view kMetadataKey = "__metadata__";

// nlohmann SAX handler. `state_` is what the grammar of the format expects next.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const SafetensorsLimits& limits, const std::size_t& taken)
      : text_(text), limits_(limits), taken_(taken) {}

  bool null() {
    if (state_ == State::kMetadataValue) {  // "__metadata__": null means none
      state_ = State::kTop;
      return true;
    }
    return scalar("null", taken_ - 4);
  }
  bool boolean(bool value) { return value ? scalar("true", taken_ - 4) : scalar("false", taken_ - 5); }
  bool number_integer(Json::number_integer_t value) {
    return scalar(fmt::format("{}", value), number_start(text_, taken_));
  }
  bool number_float(Json::number_float_t, const std::string& spelled) {
    return scalar(printable(spelled), number_start(text_, taken_));
  }
  bool number_unsigned(Json::number_unsigned_t value);
  bool string(std::string& value);
  bool binary(Json::binary_t&) { return scalar("binary", here()); }
  bool key(std::string& name);
  bool start_object(std::size_t);
  bool end_object();
  bool start_array(std::size_t);
  bool end_array();

  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) {
    const std::size_t offset = syntax_offset(text_, position);
    return refuse(offset, syntax_message(error.what(), text_, offset));
  }
  bool unread(std::size_t offset) { return refuse(offset, std::string(kUnreadMessage)); }

  // After the last byte: keys that came twice. False when there is one.
  bool unique_names();

  std::size_t error_offset() const { return error_offset_; }
  const std::string& error() const { return error_; }
  Header take() { return std::move(header_); }

 private:
  enum class State {
    kStart,          // before the outer {
    kTop,            // a tensor's name or __metadata__
    kMetadataValue,  // { or null
    kMetadata,       // a key
    kMetadataText,   // its value
    kTensorValue,    // {
    kTensor,         // a key
    kDtype,
    kShapeValue,  // [
    kShape,
    kOffsetsValue,  // [
    kOffsets,
    kIgnored,  // the value of an unknown key of a tensor, any depth
  };

  bool refuse(std::size_t offset, std::string message) {
    error_offset_ = offset;
    error_ = std::move(message);
    return false;
  }
  std::size_t here() const { return taken_ > 0 ? taken_ - 1 : 0; }
  TensorInfo& tensor() { return header_.tensors.back(); }
  std::string expected() const;
  std::string where() const;
  bool scalar(std::string_view got, std::size_t offset);
  bool end_tensor();
  bool deeper() {
    if (++ignored_depth_ + 2 <= kDepth) return true;
    return refuse(here(), fmt::format("expected at most {} nested levels, got more", kDepth));
  }

  std::string_view text_;
  const SafetensorsLimits& limits_;
  const std::size_t& taken_;
  State state_ = State::kStart;
  int ignored_depth_ = 0;
  bool has_metadata_ = false;
  bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false;  // of the tensor being read
  int offsets_read_ = 0;
  std::string metadata_key_;
  std::vector<std::size_t> name_offsets_;
  Header header_;
  std::size_t error_offset_ = 0;
  std::string error_;
};

std::string HeaderReader::expected() const {
  switch (state_) {
    case State::kStart:
      return "a JSON object";
    case State::kMetadataValue:
      return "an object of texts";
    case State::kMetadataText:
      return "a text";
    case State::kTensorValue:
      return "an object with dtype, shape and data_offsets";
    case State::kDtype:
      return "a text";
    case State::kShapeValue:
      return "an array of sizes";
    case State::kShape:
      return "an integer from 0 to 2^64-1";
    case State::kOffsetsValue:
      return "an array [begin, end]";
    case State::kOffsets:
      return "an integer from 0 to 2^64-1";
    default:
      return "a key";
  }
}

std::string HeaderReader::where() const {
  const auto of_tensor = [this](std::string_view key) {
    return fmt::format("tensor {}: {}", quote(header_.tensors.back().name), key);
  };
  switch (state_) {
    case State::kMetadataValue:
      return std::string(kMetadataKey);
    case State::kMetadataText:
      return fmt::format("{} {}", kMetadataKey, quote(metadata_key_));
    case State::kTensorValue:
      return fmt::format("tensor {}", quote(header_.tensors.back().name));
    case State::kDtype:
      return of_tensor("dtype");
    case State::kShapeValue:
    case State::kShape:
      return of_tensor("shape");
    case State::kOffsetsValue:
    case State::kOffsets:
      return of_tensor("data_offsets");
    default:
      return "header";
  }
}

// Any scalar that has no place here, or one inside a value nobody reads.
bool HeaderReader::scalar(std::string_view got, std::size_t offset) {
  if (state_ == State::kIgnored) {
    if (ignored_depth_ == 0) state_ = State::kTensor;
    return true;
  }
  return refuse(offset, fmt::format("{}: expected {}, got {}", where(), expected(), got));
}

bool HeaderReader::number_unsigned(Json::number_unsigned_t value) {
  if (state_ == State::kShape) {
    if (tensor().shape.size() >= limits_.rank) {
      return refuse(number_start(text_, taken_),
                    fmt::format("{}: expected at most {} dimensions, got more", where(), limits_.rank));
    }
    tensor().shape.push_back(value);
    return true;
  }
  if (state_ == State::kOffsets) {
    if (offsets_read_ == 2)
      return refuse(number_start(text_, taken_), fmt::format("{}: expected 2 numbers, got more", where()));
    (offsets_read_++ == 0 ? tensor().begin : tensor().end) = value;
    return true;
  }
  return scalar(fmt::format("{}", value), number_start(text_, taken_));
}

bool HeaderReader::string(std::string& value) {
  if (state_ == State::kDtype) {
    const auto found =
        std::find_if(kDtypes.begin(), kDtypes.end(), [&](const auto& d) { return d.first == value; });
    if (found == kDtypes.end()) {
      return refuse(string_start(text_, taken_),
                    fmt::format("{}: expected a dtype of the format, got {}", where(), quote(value)));
    }
    tensor().dtype = found->second;
    state_ = State::kTensor;
    return true;
  }
  if (state_ == State::kMetadataText) {
    if (header_.metadata.size() >= limits_.tensors) {
      return refuse(string_start(text_, taken_),
                    fmt::format("{}: expected at most {} entries, got more", kMetadataKey, limits_.tensors));
    }
    const auto [at, fresh] = header_.metadata.emplace(metadata_key_, std::move(value));
    if (!fresh) {
      return refuse(string_start(text_, taken_),
                    fmt::format("{}: expected each key once, got {} again", kMetadataKey, quote(at->first)));
    }
    state_ = State::kMetadata;
    return true;
  }
  return scalar(state_ == State::kIgnored ? std::string() : quote(value), string_start(text_, taken_));
}

bool HeaderReader::key(std::string& name) {
  const auto once = [&](bool& seen, State next) {
    if (seen) {
      return refuse(
          string_start(text_, taken_),
          fmt::format("tensor {}: expected each key once, got {} again", quote(tensor().name), quote(name)));
    }
    seen = true;
    state_ = next;
    return true;
  };
  switch (state_) {
    case State::kTop:
      if (name == kMetadataKey) {
        if (std::exchange(has_metadata_, true)) {
          return refuse(string_start(text_, taken_),
                        fmt::format("header: expected each key once, got '{}' again", kMetadataKey));
        }
        state_ = State::kMetadataValue;
        return true;
      }
      if (header_.tensors.size() >= limits_.tensors) {
        return refuse(string_start(text_, taken_),
                      fmt::format("header: expected at most {} tensors, got more", limits_.tensors));
      }
      name_offsets_.push_back(string_start(text_, taken_));
      header_.tensors.emplace_back().name = std::move(name);
      has_dtype_ = has_shape_ = has_offsets_ = false;
      state_ = State::kTensorValue;
      return true;
    case State::kMetadata:
      metadata_key_ = std::move(name);
      state_ = State::kMetadataText;
      return true;
    case State::kTensor:
      if (name == "dtype") return once(has_dtype_, State::kDtype);
      if (name == "shape") return once(has_shape_, State::kShapeValue);
      if (name == "data_offsets") return once(has_offsets_, State::kOffsetsValue);
      state_ = State::kIgnored;
      ignored_depth_ = 0;
      return true;
    default:
      return true;  // inside an ignored value
  }
}

bool HeaderReader::start_object(std::size_t) {
  switch (state_) {
    case State::kStart:
      state_ = State::kTop;
      return true;
    case State::kMetadataValue:
      state_ = State::kMetadata;
      return true;
    case State::kTensorValue:
      state_ = State::kTensor;
      return true;
    case State::kIgnored:
      return deeper();
    default:
      return scalar("an object", here());
  }
}

bool HeaderReader::end_object() {
  switch (state_) {
    case State::kMetadata:
      state_ = State::kTop;
      return true;
    case State::kTensor:
      return end_tensor();
    case State::kIgnored:
      if (--ignored_depth_ == 0) state_ = State::kTensor;
      return true;
    default:
      return true;  // the outer }
  }
}

bool HeaderReader::end_tensor() {
  const auto missing = [this](std::string_view name) {
    return refuse(here(), fmt::format("tensor {}: expected '{}', got none", quote(tensor().name), name));
  };
  if (!has_dtype_) return missing("dtype");
  if (!has_shape_) return missing("shape");
  if (!has_offsets_) return missing("data_offsets");
  tensor().shape.shrink_to_fit();
  state_ = State::kTop;
  return true;
}

bool HeaderReader::start_array(std::size_t) {
  switch (state_) {
    case State::kShapeValue:
      state_ = State::kShape;
      return true;
    case State::kOffsetsValue:
      offsets_read_ = 0;
      state_ = State::kOffsets;
      return true;
    case State::kIgnored:
      return deeper();
    default:
      return scalar("an array", here());
  }
}

bool HeaderReader::end_array() {
  if (state_ == State::kIgnored) {
    if (--ignored_depth_ == 0) state_ = State::kTensor;
    return true;
  }
  if (state_ == State::kOffsets && offsets_read_ != 2) {
    return refuse(here(), fmt::format("{}: expected 2 numbers, got {}", where(), offsets_read_));
  }
  state_ = State::kTensor;
  return true;
}

bool HeaderReader::unique_names() {
  const std::vector<TensorInfo>& tensors = header_.tensors;
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&tensors](std::uint32_t a, std::uint32_t b) {
    const int sign = tensors[a].name.compare(tensors[b].name);
    return sign != 0 ? sign < 0 : a < b;
  });
  std::optional<std::uint32_t> again;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (tensors[order[i - 1]].name == tensors[order[i]].name)
      again = std::min(again.value_or(order[i]), order[i]);
  }
  if (!again) return true;
  return refuse(name_offsets_[*again],
                fmt::format("header: expected each key once, got {} again", quote(tensors[*again].name)));
}

}  // namespace

Result<Header> read(std::string_view json, std::string_view label, std::size_t start,
                    const SafetensorsLimits& limits) {
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  // nlohmann skips a byte order mark, which the format does not allow.
  if (first != json.npos && json[first] == '\xEF') {
    return fail(ErrorCode::kFormat, "{}: byte {}: header: expected a JSON object, got {}", label,
                start + first, quote(json.substr(first, 3)));
  }
  std::size_t taken = 0;
  HeaderReader reader(json, limits, taken);
  if (!run_sax(json, reader, taken) || !reader.unique_names()) {
    return fail(ErrorCode::kFormat, "{}: byte {}: {}", label, start + reader.error_offset(), reader.error());
  }
  return reader.take();
}

}  // namespace safetensors_header
}  // namespace regard
