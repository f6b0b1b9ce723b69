#include "core/models/tensor_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <numeric>
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
constexpr std::array kDiffusersFiles = {
    "diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.safetensors.index.fp16.json", "diffusion_pytorch_model.fp16.safetensors"};

// A name inside the folder and nothing else: an index must not make us open /etc/passwd or ../x.
bool is_plain_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

Result<TensorFiles> open_shards(const fs::path& folder, const char* index_name) {
  REGARD_TRY(ShardIndex index, read_shard_index(folder, index_name));
  TensorFiles out{{}, index.label, std::nullopt};
  for (const std::string& name : index.shards) {
    REGARD_TRY(auto file, Safetensors::open(folder / name));
    out.files.push_back(std::move(file));
  }
  out.index = std::move(index);
  return out;
}

/// Files that people take for weights, whether or not they are read here.
bool is_weights_name(const fs::path& name) {
  constexpr std::array<std::string_view, 11> kEndings = {
      ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".h5", ".onnx", ".msgpack", ".npz", ".pickle"};
  const std::string text = name.string();
  return std::ranges::find(kEndings, name.extension().string()) != kEndings.end() ||
         (text.ends_with(".json") && text.find(".index.") != text.npos);
}

/// The lists of names in the order in which a folder of this kind is looked through.
std::vector<std::span<const char* const>> names_for(const fs::path& folder) {
  const bool hugging_face = is_file(folder / "config.json") || !is_file(folder / "open_clip_config.json");
  if (first_there(folder, kDiffusersFiles) != nullptr) return {kDiffusersFiles};
  if (hugging_face && first_there(folder, kHuggingFaceFiles) != nullptr) return {kHuggingFaceFiles};
  return {kOpenClipFiles, kHuggingFaceFiles};
}

}  // namespace

std::span<const char* const> hugging_face_files() { return kHuggingFaceFiles; }
std::span<const char* const> open_clip_files() { return kOpenClipFiles; }
std::span<const char* const> diffusers_files() { return kDiffusersFiles; }

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

Result<ShardIndex> read_shard_index(const fs::path& folder, const char* index_name) {
  ShardIndex out;
  out.label = label_of(folder / index_name);
  REGARD_TRY(const auto index, read_json(folder / index_name));
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object()) {
    return fail(ErrorCode::kFormat, "{}: weight_map: expected an object of tensor to file, got {}", out.label,
                map == index.end() ? "none" : shown(*map));
  }
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !is_plain_file_name(file.get_ref<const std::string&>())) {
      return fail(ErrorCode::kFormat, "{}: {}: expected the name of a file in the same folder, got {}",
                  out.label, shown(Json(tensor)), shown(file));
    }
    names.insert(out.file_of[tensor] = file.get<std::string>());
    if (names.size() > kMaxShards) {
      return fail(ErrorCode::kFormat, "{}: weight_map: expected at most {} files, got more", out.label,
                  kMaxShards);
    }
  }
  if (names.empty()) return fail(ErrorCode::kFormat, "{}: weight_map: expected tensors, got none", out.label);
  std::size_t missing = 0;
  std::string first;
  for (const std::string& name : names) {
    if (is_file(folder / name)) continue;
    if (missing++ == 0) first = name;
  }
  if (missing > 0) {
    const std::string more =
        missing > 1 ? fmt::format(" (and {} more of {})", missing - 1, names.size()) : "";
    return fail(ErrorCode::kIo, "{}: {}{}: named by the index, not in the folder: the download is incomplete",
                out.label, printable(first, 200), more);
  }
  out.shards.assign(names.begin(), names.end());
  if (const auto metadata = index.find("metadata"); metadata != index.end() && metadata->is_object()) {
    const auto total = metadata->find("total_size");
    if (total != metadata->end() && total->is_number()) out.total_bytes = total->get<double>();
  }
  return out;
}

Result<WeightFiles> find_weights(const fs::path& folder) {
  WeightFiles out;
  for (const auto names : names_for(folder)) {
    const char* const found = first_there(folder, names);
    if (found == nullptr) continue;
    out.used = found;
    break;
  }
  if (out.used.ends_with(".json")) {
    REGARD_TRY(out.index, read_shard_index(folder, out.used.c_str()));
    out.files = out.index->shards;
  } else if (!out.used.empty()) {
    out.files = {out.used};
  }
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    if (name == out.used || !is_weights_name(name) || std::ranges::find(out.files, name) != out.files.end())
      continue;
    const bool read = out.used.empty() && name.ends_with(".safetensors") && is_file(entry.path());
    (read ? out.files : out.unread).push_back(name);
  }
  std::ranges::sort(out.files);
  std::ranges::sort(out.unread);
  return out;
}

const Safetensors* TensorFiles::holder(std::string_view name) const {
  if (index && !index->file_of.contains(name)) return nullptr;
  const auto last = std::find_if(files.rbegin(), files.rend(),
                                 [&](const Safetensors& f) { return f.find(name) != nullptr; });
  return last == files.rend() ? nullptr : &*last;
}

const TensorInfo* TensorFiles::find(std::string_view name) const {
  const Safetensors* file = holder(name);
  return file == nullptr ? nullptr : file->find(name);
}

Result<const Safetensors*> TensorFiles::file_with(const std::string& name,
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
  return file;
}

Result<std::vector<float>> TensorFiles::read(const std::string& name,
                                             std::span<const std::uint64_t> shape) const {
  REGARD_TRY(const Safetensors* const file, file_with(name, shape));
  return file->read_f32(name, shape);
}

Result<void> TensorFiles::read(const std::string& name, std::span<const std::uint64_t> shape,
                               std::span<float> out) const {
  REGARD_TRY(const Safetensors* const file, file_with(name, shape));
  return file->read_f32(name, shape, out);
}

Result<void> TensorFiles::check(const std::string& name, std::span<const std::uint64_t> shape) const {
  REGARD_TRY(const Safetensors* const file, file_with(name, shape));
  return file->check_f32(name, shape);
}

Result<void> check_index(const ShardIndex& index, std::span<const Safetensors> files) {
  std::map<std::string_view, std::vector<std::string>> lies_in;  // tensor to the files that hold it
  std::uint64_t bytes = 0;
  for (const Safetensors& file : files) {
    const std::string name = fs::path(file.label()).filename().string();
    for (const TensorInfo& tensor : file.tensors()) {
      bytes += tensor.end - tensor.begin;
      lies_in[tensor.name].push_back(name);
      if (index.file_of.contains(tensor.name)) continue;
      return fail(ErrorCode::kFormat, "{}: weight_map: expected tensor {} of {}, got none: it is not read",
                  index.label, quote(tensor.name, 200), quote(name, 200));
    }
  }
  for (const auto& [tensor, file] : index.file_of) {
    const auto found = lies_in.find(tensor);
    const std::string got = found == lies_in.end() ? "no file that holds it"
                                                   : fmt::format("{}", fmt::join(found->second, " and "));
    if (got == file) continue;
    return fail(ErrorCode::kFormat, "{}: weight_map: tensor {}: expected it in {} alone, got {}{}",
                index.label, quote(tensor, 200), printable(file, 200), printable(got, 400),
                found != lies_in.end() && found->second.size() > 1 ? " (the last is read)" : "");
  }
  if (index.total_bytes && *index.total_bytes != static_cast<double>(bytes)) {
    return fail(ErrorCode::kFormat,
                "{}: metadata.total_size: expected {}, the bytes of all tensors, got {:.17g}", index.label,
                bytes, *index.total_bytes);
  }
  return {};
}

Result<TensorFiles> open_tensors(const fs::path& folder, std::span<const char* const> names) {
  const char* name = first_there(folder, names);
  if (name == nullptr) {
    const bool pickle =
        is_file(folder / "pytorch_model.bin") || is_file(folder / "open_clip_pytorch_model.bin");
    const auto weights = std::ranges::find_if(
        names, [](const char* one) { return !std::string_view(one).ends_with(".json"); });
    return fail(ErrorCode::kIo, "{}: expected {}, got {}", label_of(folder), *weights,
                pickle ? "only a .bin file, which may run code and is not read" : "no such file");
  }
  if (std::string_view(name).ends_with(".json")) return open_shards(folder, name);
  REGARD_TRY(auto file, Safetensors::open(folder / name));
  TensorFiles out{{}, file.label(), std::nullopt};
  out.files.push_back(std::move(file));
  return out;
}

bool TensorReader::look(const std::string& name, std::span<const std::uint64_t> shape) {
  if (failed()) return true;
  read_.insert(name);
  if (!looks_only_) return false;
  if (auto right = files_.check(name, shape); !right) error_ = std::move(right.error());
  return true;
}

std::vector<float> TensorReader::read(const std::string& name, std::span<const std::uint64_t> shape) {
  if (look(name, shape)) return {};
  auto values = files_.read(name, shape);
  if (values) return std::move(*values);
  error_ = std::move(values.error());
  return {};
}

bool TensorReader::read(const std::string& name, std::span<const std::uint64_t> shape, std::span<float> out) {
  if (look(name, shape)) return false;
  if (auto done = files_.read(name, shape, out); !done) error_ = std::move(done.error());
  return !failed();
}

Matrix TensorReader::matrix(const std::string& name, std::initializer_list<int> shape, int rows) {
  std::vector<std::uint64_t> wanted;
  for (const int n : shape) wanted.push_back(static_cast<std::uint64_t>(n));
  const TensorInfo* info = files_.find(name);
  if (looks_only_ || info == nullptr ||
      info->shape != wanted) {  // its shape says how much memory: not before it is right
    read(name, wanted);
    return {};
  }
  const auto count = std::accumulate(wanted.begin(), wanted.end(), std::uint64_t{1}, std::multiplies<>());
  Matrix out(rows, static_cast<Eigen::Index>(count) / rows);
  return read(name, wanted, {out.data(), count}) ? out : Matrix();
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
  const std::uint64_t shape[] = {static_cast<std::uint64_t>(out), static_cast<std::uint64_t>(in)};
  Linear layer;
  const std::string weight = name + ".weight";
  const TensorInfo* info = files_.find(weight);
  if (looks_only_ || info == nullptr || !std::ranges::equal(info->shape, shape)) {
    read(weight, shape);
  } else {
    plain_.resize(std::max<std::size_t>(plain_.size(), shape[0] * shape[1]));
    if (read(weight, shape, std::span(plain_).first(shape[0] * shape[1])))
      layer.packed = narrowed(pack_transposed(ConstMatrixMap(plain_.data(), out, in)));
  }
  layer.bias = bias ? vector(name + ".bias", out) : RowVector(RowVector::Zero(out));
  return layer;
}

LayerNorm TensorReader::norm(const std::string& name, int size) {
  RowVector gain = vector(name + ".weight", size);
  return {std::move(gain), vector(name + ".bias", size)};
}

}  // namespace regard
