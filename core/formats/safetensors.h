// Reads safetensors files: maps them, checks every rule of the format before any tensor is touched, decodes
// to float32. Never trusts a number in the header; never writes. Source of the rules: huggingface/safetensors
// @24b0b28, safetensors/src/tensor.rs (order of checks kept).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace regard {

enum class Dtype {
  kBool,
  kU8,
  kI8,
  kF8E5M2,
  kF8E4M3,
  kF8E8M0,
  kF8E4M3Fnuz,
  kF8E5M2Fnuz,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kF64,
  kI64,
  kU64,
  kC64,
  kF4,
  kF6E2M3,
  kF6E3M2,
};

/// "F32", "BF16", ... as written in the file.
std::string_view dtype_name(Dtype dtype);

struct TensorInfo {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<std::uint64_t> shape;  // [] is a scalar; a zero is legal
  std::uint64_t begin = 0;           // bytes from the start of the data, half-open [begin, end)
  std::uint64_t end = 0;
};

/// What a file may claim before it is refused. Units: bytes, counts.
struct SafetensorsLimits {
  std::uint64_t header_bytes = 16u << 20;  // the format itself allows 100,000,000
  std::size_t tensors = 100'000;
  std::size_t rank = 8;
};

/// One opened file. Move-only; tensors are read from the mapping on demand.
/// Thread: const members from any thread.
class Safetensors {
 public:
  /// Maps `path` and validates the whole header.
  /// Errors: io (missing, unreadable), format (each broken rule has its own message, see safetensors.cpp).
  /// Cost: O(header); tensor data is not read.
  static Result<Safetensors> open(const std::filesystem::path& path, const SafetensorsLimits& limits = {});

  /// Same over bytes the caller keeps alive; `label` stands for the file in messages. For tests and fuzzing.
  static Result<Safetensors> parse(std::span<const std::byte> bytes, std::string label,
                                   const SafetensorsLimits& limits = {});

  Safetensors(Safetensors&&) noexcept;
  Safetensors& operator=(Safetensors&&) noexcept;
  ~Safetensors();

  const std::string& label() const;                            ///< file name used in messages
  const std::vector<TensorInfo>& tensors() const;              ///< sorted by position in the file
  const std::map<std::string, std::string>& metadata() const;  ///< `__metadata__`, empty when absent
  const TensorInfo* find(std::string_view name) const;         ///< null when absent

  /// Decodes a tensor to float32, row-major.
  /// Errors: shape (absent, or another shape than `shape`), unsupported (dtype that is no plain number here).
  /// Reads F32, F16, BF16, F64, F8_E4M3, F8_E5M2 and the integer types; a value may be NaN or Inf, as the
  /// format allows.
  Result<std::vector<float>> read_f32(std::string_view name, std::span<const std::uint64_t> shape) const;
  /// The same into memory of the caller's. @param out  as many numbers as `shape` says
  Result<void> read_f32(std::string_view name, std::span<const std::uint64_t> shape,
                        std::span<float> out) const;
  /// The errors that read_f32() would give, without reading. Cost: a look into the header.
  Result<void> check_f32(std::string_view name, std::span<const std::uint64_t> shape) const;

 private:
  struct Impl;
  explicit Safetensors(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace regard
