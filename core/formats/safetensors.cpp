// Every broken rule has its message:
//   "<file>: length: expected at least 8 bytes, got 3"
//   "<file>: header: expected at most 100000000 bytes, got ..."    the format's cap, then ours
//   "<file>: header: expected 60 bytes, got 12"                    the file ends inside it
//   "<file>: byte 9: header: expected UTF-8, got '\xFF'"
//   "<file>: byte 77: tensor 'a': shape: expected ..., got ..."    JSON of another form
//   (safetensors_header.h)
//   "<file>: tensor 'a': data_offsets: expected to begin at 16, got 8"   a hole, an overlap or an alias
//   "<file>: tensor 'a': data_offsets: expected an end not before 16, got 8"
//   "<file>: tensor 'a': shape: expected fewer than 2^64 bits, got [..]"
//   "<file>: tensor 'a': shape: expected whole bytes, got 12 bits"
//   "<file>: tensor 'a': data_offsets: expected 64 bytes for F32 [4, 4], got 60"
//   "<file>: data: expected 64 bytes, got 60"                      truncated, or something hangs on behind
#include "core/formats/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <exception>
#include <limits>
#include <numeric>
#include <system_error>
#include <utility>

#include "core/base/check.h"
#include "core/formats/content.h"
#include "core/formats/safetensors_header.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format is little-endian and is copied as it lies");

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kFormatHeaderBytes = 100'000'000;

int dtype_bits(Dtype dtype) {
  switch (dtype) {
    case Dtype::kBool:
    case Dtype::kU8:
    case Dtype::kI8:
    case Dtype::kF8E5M2:
    case Dtype::kF8E4M3:
    case Dtype::kF8E8M0:
    case Dtype::kF8E4M3Fnuz:
    case Dtype::kF8E5M2Fnuz:
      return 8;
    case Dtype::kI16:
    case Dtype::kU16:
    case Dtype::kF16:
    case Dtype::kBF16:
      return 16;
    case Dtype::kI32:
    case Dtype::kU32:
    case Dtype::kF32:
      return 32;
    case Dtype::kF64:
    case Dtype::kI64:
    case Dtype::kU64:
    case Dtype::kC64:
      return 64;
    case Dtype::kF4:
      return 4;
    case Dtype::kF6E2M3:
    case Dtype::kF6E3M2:
      return 6;
  }
  return 0;
}

std::string shape_text(std::span<const std::uint64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

/// A read-only mapping and the file it shows. Move-only; empty when there is nothing to map.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        opened_(other.opened_) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(opened_, other.opened_);
    return *this;
  }
  ~Mapping() {
    if (data_ != nullptr) ::munmap(data_, size_);
    if (fd_ >= 0) ::close(fd_);
  }

  static Result<Mapping> open(const std::filesystem::path& path, const std::string& label) {
    const auto failed = [&label](std::string_view got) {
      return fail(ErrorCode::kIo, "{}: open: expected a readable file, got {}", label, got);
    };
    const auto reason = [] { return quote(std::generic_category().message(errno)); };
    Mapping mapping;
    // Non-blocking: opening a pipe that nobody writes to must not hang.
    mapping.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (mapping.fd_ < 0 || ::fstat(mapping.fd_, &mapping.opened_) != 0) return failed(reason());
    if (S_ISDIR(mapping.opened_.st_mode)) return failed("a folder");
    if (!S_ISREG(mapping.opened_.st_mode)) return failed("a device, pipe or socket");
    mapping.size_ = static_cast<std::size_t>(mapping.opened_.st_size);
    if (mapping.size_ == 0) return mapping;
    void* data = ::mmap(nullptr, mapping.size_, PROT_READ, MAP_PRIVATE, mapping.fd_, 0);
    if (data == MAP_FAILED) return failed(reason());
    mapping.data_ = data;
    return mapping;
  }

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }

  /// False when the file was cut or written to since it was opened: reading on could show a mixture, or end
  /// in SIGBUS.
  bool unchanged() const {
    struct stat now{};
    if (fd_ < 0) return true;
    return ::fstat(fd_, &now) == 0 && now.st_size == opened_.st_size &&
           now.st_mtim.tv_sec == opened_.st_mtim.tv_sec && now.st_mtim.tv_nsec == opened_.st_mtim.tv_nsec;
  }

 private:
  int fd_ = -1;
  void* data_ = nullptr;
  std::size_t size_ = 0;
  struct stat opened_{};
};

/// Bytes the shape needs. The product is taken in the order of the shape, so [2^63, 2, 0] overflows as in the
/// reference.
Result<std::uint64_t> bytes_of(const TensorInfo& info, std::string_view label) {
  std::uint64_t bits = 1;
  bool fits = true;
  for (const std::uint64_t size : info.shape) fits = fits && !__builtin_mul_overflow(bits, size, &bits);
  fits = fits && !__builtin_mul_overflow(bits, static_cast<std::uint64_t>(dtype_bits(info.dtype)), &bits);
  if (!fits) {
    return fail(ErrorCode::kFormat, "{}: tensor {}: shape: expected fewer than 2^64 bits, got {} {}", label,
                quote(info.name), dtype_name(info.dtype), shape_text(info.shape));
  }
  if (bits % 8 != 0) {
    return fail(ErrorCode::kFormat, "{}: tensor {}: shape: expected whole bytes, got {} bits", label,
                quote(info.name), bits);
  }
  return bits / 8;
}

/// Rules 5 and 6: sorted by position, tensors follow each other without a hole and each is as long as its
/// shape says.
/// @return  where the last one ends
Result<std::uint64_t> check_layout(std::span<const TensorInfo> sorted, std::string_view label) {
  std::uint64_t at = 0;
  for (const TensorInfo& info : sorted) {
    if (info.begin != at) {
      return fail(ErrorCode::kFormat, "{}: tensor {}: data_offsets: expected to begin at {}, got {}", label,
                  quote(info.name), at, info.begin);
    }
    if (info.end < info.begin) {
      return fail(ErrorCode::kFormat, "{}: tensor {}: data_offsets: expected an end not before {}, got {}",
                  label, quote(info.name), info.begin, info.end);
    }
    REGARD_TRY(const std::uint64_t size, bytes_of(info, label));
    if (info.end - info.begin != size) {
      return fail(ErrorCode::kFormat, "{}: tensor {}: data_offsets: expected {} bytes for {} {}, got {}",
                  label, quote(info.name), size, dtype_name(info.dtype), shape_text(info.shape),
                  info.end - info.begin);
    }
    at = info.end;
  }
  return at;
}

/// Rules 1 to 3: how many bytes of header follow the first eight.
Result<std::uint64_t> header_length(std::span<const std::byte> bytes, std::string_view label,
                                    const SafetensorsLimits& limits) {
  if (bytes.size() < kLengthBytes) {
    return fail(ErrorCode::kFormat, "{}: length: expected at least {} bytes, got {}", label, kLengthBytes,
                bytes.size());
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  const std::uint64_t cap = std::min(limits.header_bytes, kFormatHeaderBytes);
  if (length > cap) {
    return fail(ErrorCode::kFormat, "{}: header: expected at most {} bytes, got {}", label,
                length > kFormatHeaderBytes ? kFormatHeaderBytes : cap, length);
  }
  if (length > bytes.size() - kLengthBytes) {
    return fail(ErrorCode::kFormat, "{}: header: expected {} bytes, got {}", label, length,
                bytes.size() - kLengthBytes);
  }
  return length;
}

template <class T>
T load(const std::byte* at) {  // older files are not aligned
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
void decode_as(std::span<const std::byte> in, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(load<T>(in.data() + i * sizeof(T)));
}

float from_bf16(std::uint16_t half) { return std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16); }

/// Without a branch, so that the loop over it is vectorised.
float from_f16(std::uint16_t half) {
  constexpr std::uint32_t kRebias = (127u - 15u) << 23;
  constexpr float kSmallestNormal = 0x1p-14f;
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t rest = static_cast<std::uint32_t>(half & 0x7FFFu) << 13;
  const std::uint32_t exponent = rest & 0x0F800000u;
  const std::uint32_t normal =
      rest + kRebias + (exponent == 0x0F800000u ? kRebias : 0u);  // Inf and NaN go to 255
  // A subnormal is m * 2^-24: written as 2^-14 + m * 2^-24, less 2^-14, which is exact.
  const float small = std::bit_cast<float>(rest + kRebias + (1u << 23)) - kSmallestNormal;
  return std::bit_cast<float>((exponent == 0 ? std::bit_cast<std::uint32_t>(small) : normal) | sign);
}

void decode_f16(std::span<const std::byte> in, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = from_f16(load<std::uint16_t>(in.data() + 2 * i));
}

void decode_bf16(std::span<const std::byte> in, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = from_bf16(load<std::uint16_t>(in.data() + 2 * i));
}

/// E4M3 "fn": no infinities, one NaN a sign.
float from_f8_e4m3(unsigned byte) {
  const int exponent = static_cast<int>((byte >> 3) & 15);
  const auto fraction = static_cast<float>(byte & 7);
  if ((byte & 0x7F) == 0x7F) return std::numeric_limits<float>::quiet_NaN();
  const float size = exponent == 0 ? std::ldexp(fraction, -9) : std::ldexp(8 + fraction, exponent - 10);
  return (byte & 0x80) != 0 ? -size : size;
}

/// Of the 256 values that `value_of` a byte may have.
void decode_f8(float (*value_of)(unsigned byte), std::span<const std::byte> in, std::span<float> out) {
  std::array<float, 256> table;
  for (unsigned byte = 0; byte < 256; ++byte) table[byte] = value_of(byte);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = table[std::to_integer<std::size_t>(in[i])];
}

void decode_f8_e4m3(std::span<const std::byte> in, std::span<float> out) { decode_f8(from_f8_e4m3, in, out); }

void decode_f8_e5m2(std::span<const std::byte> in, std::span<float> out) {
  // The upper half of F16.
  decode_f8([](unsigned byte) { return from_f16(static_cast<std::uint16_t>(byte << 8)); }, in, out);
}

void decode_f32(std::span<const std::byte> in, std::span<float> out) {
  if (!out.empty()) std::memcpy(out.data(), in.data(), in.size());
}

using Decoder = void (*)(std::span<const std::byte> in, std::span<float> out);

/// Null when the dtype is no plain number here.
Decoder decoder_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::kF32:
      return decode_f32;
    case Dtype::kF16:
      return decode_f16;
    case Dtype::kBF16:
      return decode_bf16;
    case Dtype::kF8E4M3:
      return decode_f8_e4m3;
    case Dtype::kF8E5M2:
      return decode_f8_e5m2;
    case Dtype::kF64:
      return decode_as<double>;
    case Dtype::kI8:
      return decode_as<std::int8_t>;
    case Dtype::kU8:
      return decode_as<std::uint8_t>;
    case Dtype::kI16:
      return decode_as<std::int16_t>;
    case Dtype::kU16:
      return decode_as<std::uint16_t>;
    case Dtype::kI32:
      return decode_as<std::int32_t>;
    case Dtype::kU32:
      return decode_as<std::uint32_t>;
    case Dtype::kI64:
      return decode_as<std::int64_t>;
    case Dtype::kU64:
      return decode_as<std::uint64_t>;
    default:
      return nullptr;
  }
}

}  // namespace

struct Safetensors::Impl {
  std::string label;
  Mapping mapping;                   // empty when parsed from bytes the caller keeps
  std::span<const std::byte> data;   // behind the header
  std::vector<TensorInfo> tensors;   // by position
  std::vector<std::uint32_t> names;  // indices into tensors, by name
  std::map<std::string, std::string> metadata;

  Result<void> read(std::span<const std::byte> bytes, const SafetensorsLimits& limits);
};

Result<void> Safetensors::Impl::read(std::span<const std::byte> bytes, const SafetensorsLimits& limits) {
  REGARD_TRY(const std::uint64_t length, header_length(bytes, label, limits));

  const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length);
  if (const std::size_t bad = utf8_valid_prefix(json); bad != json.size()) {
    return fail(ErrorCode::kFormat, "{}: byte {}: header: expected UTF-8, got {}", label, kLengthBytes + bad,
                quote(json.substr(bad, 1)));
  }
  REGARD_TRY(safetensors_header::Header header, safetensors_header::read(json, label, kLengthBytes, limits));
  tensors = std::move(header.tensors);
  metadata = std::move(header.metadata);

  std::stable_sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  REGARD_TRY(const std::uint64_t size, check_layout(tensors, label));
  data = bytes.subspan(kLengthBytes + length);
  if (size != data.size()) {
    return fail(ErrorCode::kFormat, "{}: data: expected {} bytes, got {}", label, size, data.size());
  }

  names.resize(tensors.size());
  std::iota(names.begin(), names.end(), 0u);
  std::sort(names.begin(), names.end(),
            [this](std::uint32_t a, std::uint32_t b) { return tensors[a].name < tensors[b].name; });
  return {};
}

Safetensors::Safetensors(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Safetensors::Safetensors(Safetensors&&) noexcept = default;
Safetensors& Safetensors::operator=(Safetensors&&) noexcept = default;
Safetensors::~Safetensors() = default;

Result<Safetensors> Safetensors::open(const std::filesystem::path& path,
                                      const SafetensorsLimits& limits) try {
  auto impl = std::make_unique<Impl>();
  impl->label = printable(path.string(), 4096);
  REGARD_TRY(Mapping mapping, Mapping::open(path, impl->label));
  impl->mapping = std::move(mapping);
  const auto bytes = impl->mapping.bytes();
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                              std::min(bytes.size(), kContentBytes));
  REGARD_TRY_DO(check_content(head, bytes.size(), Wanted::kWeights, impl->label));
  REGARD_TRY_DO(impl->read(bytes, limits));
  return Safetensors(std::move(impl));
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: header: expected enough memory, got '{}'", path.string(), error.what());
}

Result<Safetensors> Safetensors::parse(std::span<const std::byte> bytes, std::string label,
                                       const SafetensorsLimits& limits) try {
  auto impl = std::make_unique<Impl>();
  impl->label = std::move(label);
  REGARD_TRY_DO(impl->read(bytes, limits));
  return Safetensors(std::move(impl));
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "safetensors: header: expected enough memory, got '{}'", error.what());
}

const std::string& Safetensors::label() const { return impl_->label; }
const std::vector<TensorInfo>& Safetensors::tensors() const { return impl_->tensors; }
const std::map<std::string, std::string>& Safetensors::metadata() const { return impl_->metadata; }

const TensorInfo* Safetensors::find(std::string_view name) const {
  const auto at =
      std::lower_bound(impl_->names.begin(), impl_->names.end(), name,
                       [this](std::uint32_t i, std::string_view n) { return impl_->tensors[i].name < n; });
  if (at == impl_->names.end() || impl_->tensors[*at].name != name) return nullptr;
  return &impl_->tensors[*at];
}

Result<std::vector<float>> Safetensors::read_f32(std::string_view name,
                                                 std::span<const std::uint64_t> shape) const try {
  const TensorInfo* info = find(name);
  std::size_t count = 0;
  if (info != nullptr)
    count = (info->end - info->begin) * 8 / static_cast<std::size_t>(dtype_bits(info->dtype));
  std::vector<float> out(count);
  REGARD_TRY_DO(read_f32(name, shape, out));
  return out;
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: tensor: expected enough memory, got '{}'", label(), error.what());
}

Result<void> Safetensors::check_f32(std::string_view name, std::span<const std::uint64_t> shape) const {
  const TensorInfo* info = find(name);
  if (info == nullptr) {
    return fail(ErrorCode::kShape, "{}: tensor {}: expected {}, got none", label(), quote(name, 200),
                shape_text(shape));
  }
  if (!std::equal(shape.begin(), shape.end(), info->shape.begin(), info->shape.end())) {
    return fail(ErrorCode::kShape, "{}: tensor {}: expected {}, got {}", label(), quote(name, 200),
                shape_text(shape), shape_text(info->shape));
  }
  if (!impl_->mapping.unchanged()) {
    return fail(ErrorCode::kIo, "{}: tensor {}: expected the file as it was opened, got a changed one",
                label(), quote(name, 200));
  }
  if (decoder_of(info->dtype) == nullptr) {
    return fail(ErrorCode::kUnsupported, "{}: tensor {}: expected a float or integer type, got {}", label(),
                quote(name, 200), dtype_name(info->dtype));
  }
  return {};
}

Result<void> Safetensors::read_f32(std::string_view name, std::span<const std::uint64_t> shape,
                                   std::span<float> out) const {
  REGARD_TRY_DO(check_f32(name, shape));
  const TensorInfo& info = *find(name);
  const auto in = impl_->data.subspan(info.begin, info.end - info.begin);
  REGARD_CHECK(out.size() == in.size() * 8 / static_cast<std::size_t>(dtype_bits(info.dtype)));
  decoder_of(info.dtype)(in, out);
  return {};
}

}  // namespace regard
