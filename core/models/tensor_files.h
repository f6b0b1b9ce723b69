// The tensors of a model folder, wherever they lie: one file or the shards an index names. Never opens a file
// outside the folder; refuses pickles.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/formats/safetensors.h"
#include "core/tensor/linear.h"
#include "core/tensor/matrix.h"
#include "core/tensor/ops.h"

namespace regard {

/// Names in the order they are looked for; those that end in .json are indexes of shards.
std::span<const char* const> hugging_face_files();
std::span<const char* const> open_clip_files();

/// A path as messages show it.
std::string label_of(const std::filesystem::path& path);
bool is_file(const std::filesystem::path& path);
/// The first of `names` that is there, as it is; null when none is.
const char* first_there(const std::filesystem::path& folder, std::span<const char* const> names);
/// "[3, 4]"
std::string shape_text(std::span<const std::uint64_t> shape);

struct TensorFiles {
  std::vector<Safetensors> files;
  std::string label;  // the single file or the index, for messages

  /// Null when no file holds it.
  const TensorInfo* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Errors: shape (absent, or another shape), unsupported (dtype).
  Result<std::vector<float>> read(const std::string& name, std::span<const std::uint64_t> shape) const;

  // Which file holds it, or null.
  const Safetensors* holder(std::string_view name) const;
};

/// Opens the first of `names` that is in the folder. Errors: io (none is there), format (a broken file, an
/// index that points elsewhere).
Result<TensorFiles> open_tensors(const std::filesystem::path& folder, std::span<const char* const> names);

/// Reads tensors into Eigen and remembers the first thing that went wrong, so that a layer reads as a list of
/// names. After an error everything read is empty.
class TensorReader {
 public:
  explicit TensorReader(const TensorFiles& files) : files_(files) {}

  bool has(const std::string& name) const { return files_.has(name); }
  /// A tensor of this shape as a matrix of `rows`; [rows][product of the rest].
  Matrix matrix(const std::string& name, std::initializer_list<int> shape, int rows);
  Matrix matrix(const std::string& name, int rows, int cols) { return matrix(name, {rows, cols}, rows); }
  RowVector vector(const std::string& name, int size);
  /// Shape [] or [1]; 0 after an error.
  float scalar(const std::string& name);
  /// name.weight and, unless told otherwise, name.bias (zeros without).
  Linear linear(const std::string& name, int in, int out, bool bias = true);
  LayerNorm norm(const std::string& name, int size);

  bool failed() const { return error_.has_value(); }
  Error& error() { return *error_; }
  /// Whether `name` was asked for, successfully or not.
  bool was_read(const std::string& name) const { return read_.contains(name); }

 private:
  std::vector<float> read(const std::string& name, std::span<const std::uint64_t> shape);

  const TensorFiles& files_;
  std::optional<Error> error_;
  std::set<std::string> read_;
};

}  // namespace regard
