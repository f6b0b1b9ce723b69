// The tensors of a model folder, wherever they lie: one file or the shards an index names. Never opens a file
// outside the folder; refuses pickles.
#pragma once

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
/// Of a part of a diffusers pipeline. Diffusers looks for the index first, transformers for the single file.
std::span<const char* const> diffusers_files();

/// A path as messages show it.
std::string label_of(const std::filesystem::path& path);
bool is_file(const std::filesystem::path& path);
/// The first of `names` that is there, as it is; null when none is.
const char* first_there(const std::filesystem::path& folder, std::span<const char* const> names);
/// "[3, 4]"
std::string shape_text(std::span<const std::uint64_t> shape);

/// An index of shards: the JSON file of tensor to file. Source: transformers 4.57 utils/hub.py,
/// get_checkpoint_shard_files().
struct ShardIndex {
  std::string label;
  std::map<std::string, std::string, std::less<>> file_of;  // tensor to shard, as the index says
  std::vector<std::string> shards;                          // sorted, each once
  std::optional<double> total_bytes;                        // metadata.total_size
};

/// Errors: io, format (no map; a name that leads out of the folder), io (a shard that is not in the folder).
Result<ShardIndex> read_shard_index(const std::filesystem::path& folder, const char* name);

/// Which files of a folder the weights are read from, and what lies beside them that is not read.
struct WeightFiles {
  std::string used;                 // the single file or the index; empty: none that has a known name
  std::vector<std::string> files;   // to open, sorted: one, or the shards; without `used`, every .safetensors
  std::vector<std::string> unread;  // weights and indexes of any kind beside them, sorted
  std::optional<ShardIndex> index;
};

/// Errors: as read_shard_index().
Result<WeightFiles> find_weights(const std::filesystem::path& folder);

/// One tensor may stand in several files: as transformers loads them one after the other, the last counts;
/// one that the index does not list is not read.
struct TensorFiles {
  std::vector<Safetensors> files;     // in the order in which they are read
  std::string label;                  // the single file or the index, for messages
  std::optional<ShardIndex> index{};  // none: a single file

  /// Null when no file holds it.
  const TensorInfo* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Errors: shape (absent, or another shape), unsupported (dtype).
  Result<std::vector<float>> read(const std::string& name, std::span<const std::uint64_t> shape) const;
  /// The same into memory of the caller's. @param out  as many numbers as `shape` says
  Result<void> read(const std::string& name, std::span<const std::uint64_t> shape,
                    std::span<float> out) const;
  /// The errors that read() would give, without reading.
  Result<void> check(const std::string& name, std::span<const std::uint64_t> shape) const;

  // Which file holds it, or null.
  const Safetensors* holder(std::string_view name) const;
  // The same, or the error of a tensor that is absent or has another shape.
  Result<const Safetensors*> file_with(const std::string& name, std::span<const std::uint64_t> shape) const;
};

/// Held by whatever still reads of them.
using SharedFiles = std::shared_ptr<const TensorFiles>;

/// Whether the index tells the truth about its shards, which reading them does not ask: each tensor in the
/// file named for it and in no other, none without an entry, the total size that of the tensors.
/// @param files  the shards, as open_tensors() gives them with `index`
/// Errors: format, the first thing that is not so.
Result<void> check_index(const ShardIndex& index, std::span<const Safetensors> files);

/// Opens the first of `names` that is in the folder. Errors: io (none is there), format (a broken file, an
/// index that points elsewhere).
Result<TensorFiles> open_tensors(const std::filesystem::path& folder, std::span<const char* const> names);

/// Reads tensors into Eigen and remembers the first thing that went wrong, so that a layer reads as a list of
/// names. After an error, or while it only looks, everything it gives is empty.
class TensorReader {
 public:
  explicit TensorReader(const TensorFiles& files) : files_(files) {}

  /// From now on nothing is read: names, shapes and types are looked at, and everything given is empty.
  void look_only(bool only) { looks_only_ = only; }

  bool has(const std::string& name) const { return files_.has(name); }
  /// A tensor of this shape as a matrix of `rows`; [rows][product of the rest].
  Matrix matrix(const std::string& name, std::initializer_list<int> shape, int rows);
  Matrix matrix(const std::string& name, int rows, int cols) { return matrix(name, {rows, cols}, rows); }
  RowVector vector(const std::string& name, int size);
  /// Shape [] or [1]; 0 after an error.
  float scalar(const std::string& name);
  /// name.weight and, unless told otherwise, name.bias (zeros without); packed at once, so that weights are
  /// never held twice.
  Linear linear(const std::string& name, int in, int out, bool bias = true);
  LayerNorm norm(const std::string& name, int size);

  bool failed() const { return error_.has_value(); }
  Error& error() { return *error_; }
  /// The error; what is asked for after it is read again.
  Error take_error() { return *std::exchange(error_, std::nullopt); }
  /// Whether `name` was asked for, successfully or not.
  bool was_read(const std::string& name) const { return read_.contains(name); }

 private:
  /// Notes the name. True: there is nothing to read, after an error or because it only looks.
  bool look(const std::string& name, std::span<const std::uint64_t> shape);
  std::vector<float> read(const std::string& name, std::span<const std::uint64_t> shape);
  /// False after an error or when nothing is read; `out` is then left as it is.
  bool read(const std::string& name, std::span<const std::uint64_t> shape, std::span<float> out);

  const TensorFiles& files_;
  std::vector<float> plain_;  // of linear(), one after the other: fresh memory costs more than reading it
  std::optional<Error> error_;
  bool looks_only_ = false;
  std::set<std::string> read_;
};

}  // namespace regard
