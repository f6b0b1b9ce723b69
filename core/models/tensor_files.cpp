#include "core/models/tensor_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <system_error>
#include <utility>

#include "core/formats/json.h"
#include "core/formats/utf8.h"
#include "core/models/config_section.h"

namespace regard {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxShards = 512;

constexpr std::array kHuggingFaceFiles = {"model.safetensors", "model.safetensors.index.json",
                                          "model.fp16.safetensors", "model.safetensors.index.fp16.json"};
constexpr std::array kOpenClipFiles = {"open_clip_model.safetensors", "model.safetensors"};

// A name inside the folder and nothing else: an index must not make us open /etc/passwd or ../x.
bool is_plain_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

Result<TensorFiles> open_shards(const fs::path& folder, const char* index_name) {
  const std::string label = label_of(folder / index_name);
  REGARD_TRY(auto index, read_json(folder / index_name));
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object()) {
    return fail(ErrorCode::kFormat, "{}: weight_map: expected an object of tensor to file", label);
  }
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !is_plain_file_name(file.get_ref<const std::string&>())) {
      return fail(ErrorCode::kFormat, "{}: {}: expected the name of a file in the same folder, got {}", label,
                  shown(Json(tensor)), shown(file));
    }
    names.insert(file.get<std::string>());
    if (names.size() > kMaxShards) {
      return fail(ErrorCode::kFormat, "{}: weight_map: expected at most {} files, got more", label,
                  kMaxShards);
    }
  }
  TensorFiles out{{}, label};
  for (const std::string& name : names) {
    REGARD_TRY(auto file, Safetensors::open(folder / name));
    out.files.push_back(std::move(file));
  }
  return out;
}

}  // namespace

std::span<const char* const> hugging_face_files() { return kHuggingFaceFiles; }
std::span<const char* const> open_clip_files() { return kOpenClipFiles; }

std::string label_of(const fs::path& path) { return printable(path.string(), 4096); }

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

const char* first_there(const fs::path& folder, std::span<const char* const> names) {
  const auto it = std::ranges::find_if(names, [&](const char* name) { return is_file(folder / name); });
  return it == names.end() ? nullptr : *it;
}

std::string shape_text(std::span<const std::uint64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

const Safetensors* TensorFiles::holder(std::string_view name) const {
  const auto it = std::ranges::find_if(files, [&](const Safetensors& f) { return f.find(name) != nullptr; });
  return it == files.end() ? nullptr : &*it;
}

const TensorInfo* TensorFiles::find(std::string_view name) const {
  const Safetensors* file = holder(name);
  return file == nullptr ? nullptr : file->find(name);
}

Result<std::vector<float>> TensorFiles::read(const std::string& name,
                                             std::span<const std::uint64_t> shape) const {
  const Safetensors* file = holder(name);
  if (file == nullptr) {
    return fail(ErrorCode::kShape, "{}: {}: expected shape {}, got no such tensor", label, name,
                shape_text(shape));
  }
  const TensorInfo& info = *file->find(name);
  if (!std::ranges::equal(info.shape, shape)) {
    return fail(ErrorCode::kShape, "{}: {}: expected shape {}, got {}", file->label(), name,
                shape_text(shape), shape_text(info.shape));
  }
  return file->read_f32(name, shape);
}

Result<TensorFiles> open_tensors(const fs::path& folder, std::span<const char* const> names) {
  const char* name = first_there(folder, names);
  if (name == nullptr) {
    const bool pickle =
        is_file(folder / "pytorch_model.bin") || is_file(folder / "open_clip_pytorch_model.bin");
    return fail(ErrorCode::kIo, "{}: expected {}, got {}", label_of(folder), names[0],
                pickle ? "only a .bin file, which may run code and is not read" : "no such file");
  }
  if (std::string_view(name).ends_with(".json")) return open_shards(folder, name);
  REGARD_TRY(auto file, Safetensors::open(folder / name));
  TensorFiles out{{}, file.label()};
  out.files.push_back(std::move(file));
  return out;
}

std::vector<float> TensorReader::read(const std::string& name, std::span<const std::uint64_t> shape) {
  if (failed()) return {};
  read_.insert(name);
  auto values = files_.read(name, shape);
  if (values) return std::move(*values);
  error_ = std::move(values.error());
  return {};
}

Matrix TensorReader::matrix(const std::string& name, std::initializer_list<int> shape, int rows) {
  std::vector<std::uint64_t> wanted;
  for (const int n : shape) wanted.push_back(static_cast<std::uint64_t>(n));
  const std::vector<float> values = read(name, wanted);
  if (values.empty()) return {};
  return ConstMatrixMap(values.data(), rows, std::ssize(values) / rows);
}

RowVector TensorReader::vector(const std::string& name, int size) {
  const std::uint64_t shape[] = {static_cast<std::uint64_t>(size)};
  const std::vector<float> values = read(name, shape);
  if (values.empty()) return {};
  return Eigen::Map<const RowVector>(values.data(), size);
}

float TensorReader::scalar(const std::string& name) {
  const TensorInfo* info = files_.find(name);
  const std::uint64_t one[] = {1};
  const bool boxed = info != nullptr && info->shape.size() == 1;
  const std::vector<float> values = boxed ? read(name, one) : read(name, {});
  return values.empty() ? 0.0f : values.front();
}

Linear TensorReader::linear(const std::string& name, int in, int out, bool bias) {
  Matrix weight = matrix(name + ".weight", out, in);
  return {std::move(weight), bias ? vector(name + ".bias", out) : RowVector(RowVector::Zero(out)), {}};
}

LayerNorm TensorReader::norm(const std::string& name, int size) {
  RowVector gain = vector(name + ".weight", size);
  return {std::move(gain), vector(name + ".bias", size)};
}

}  // namespace regard
