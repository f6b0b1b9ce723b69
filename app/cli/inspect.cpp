// `regard inspect`: what a file or folder is, and whether it is sound. Reads the way the engine reads, so
// that what it calls sound can be opened.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "app/assets.h"
#include "app/cli/inspect_towers.h"
#include "app/cli/options.h"
#include "app/lessons/lesson_file.h"
#include "core/engine/model_folder.h"
#include "core/formats/content.h"
#include "core/formats/json.h"
#include "core/formats/safetensors.h"
#include "core/formats/utf8.h"
#include "core/models/clip_weights.h"
#include "core/models/families.h"
#include "core/models/tensor_files.h"
#include "core/text/tokenizer.h"

namespace regard::cli {
namespace {

namespace fs = std::filesystem;

struct Inspect {
  std::string path;
  bool shallow = false;  // without reading every number
};

bool there(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::uint64_t count_values(const TensorInfo& tensor) {
  std::uint64_t count = 1;  // cannot overflow: the reader held the product against the file's size
  for (const std::uint64_t side : tensor.shape) count *= side;
  return count;
}

bool is_float(Dtype dtype) {
  return dtype == Dtype::kF16 || dtype == Dtype::kBF16 || dtype == Dtype::kF32 || dtype == Dtype::kF64;
}

/// NaN and infinities among the numbers. Errors: io, unsupported.
Result<std::uint64_t> non_finite_of(const Safetensors& file) {
  std::uint64_t count = 0;
  for (const TensorInfo& tensor : file.tensors()) {
    if (!is_float(tensor.dtype)) continue;
    REGARD_TRY(const auto values, file.read_f32(tensor.name, tensor.shape));
    count +=
        static_cast<std::uint64_t>(std::ranges::count_if(values, [](float v) { return !std::isfinite(v); }));
  }
  return count;
}

struct Totals {
  std::uint64_t tensors = 0, parameters = 0, bytes = 0, non_finite = 0;
  std::map<std::string, std::uint64_t> dtypes;

  Result<void> add(const Safetensors& file, bool shallow) {
    for (const TensorInfo& tensor : file.tensors()) {
      ++tensors;
      parameters += count_values(tensor);
      bytes += tensor.end - tensor.begin;
      ++dtypes[std::string(dtype_name(tensor.dtype))];
    }
    if (shallow) return {};
    REGARD_TRY(const auto bad, non_finite_of(file));
    non_finite += bad;
    return {};
  }

  void write(Json& out, bool shallow) const {
    out["tensors"] = tensors;
    out["parameters"] = parameters;
    out["bytes"] = bytes;
    out["dtypes"] = dtypes;
    if (!shallow) out["non_finite"] = non_finite;
  }
};

Result<Json> inspect_safetensors(const fs::path& path, bool shallow) {
  REGARD_TRY(const auto file, Safetensors::open(path));
  Totals totals;
  REGARD_TRY_DO(totals.add(file, shallow));
  Json out{{"kind", "safetensors"}, {"architecture", architecture_of(file)}, {"file", path.string()}};
  totals.write(out, shallow);
  out["metadata"] = file.metadata();
  Json& list = out["list"] = Json::array();
  for (const TensorInfo& tensor : file.tensors()) {
    list.push_back({{"name", tensor.name}, {"dtype", dtype_name(tensor.dtype)}, {"shape", tensor.shape}});
  }
  return out;
}

/// The double that prints as the float does: 1e-05, not 9.999999747378752e-06.
double shortest(float value) {
  const std::string text = fmt::format("{}", value);
  double out = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

Json config_json(const ClipTextConfig& c) {
  return {{"layers", c.layers},
          {"heads", c.heads},
          {"width", c.width},
          {"mlp_width", c.mlp_width},
          {"vocab", c.vocab},
          {"positions", c.positions},
          {"projection", c.projection},
          {"eos_id", c.eos_id},
          {"activation", c.activation == Activation::kQuickGelu ? "quick_gelu" : "gelu"},
          {"layer_norm_eps", shortest(c.layer_norm_eps)}};
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The weights of a folder as they are read: which files, what lies unread beside them, their sums. Errors:
/// as Safetensors; format when the index of shards does not tell the truth.
Result<void> add_weights(const fs::path& folder, bool shallow, Json& out) {
  REGARD_TRY(const WeightFiles found, find_weights(folder));
  Totals totals;
  std::vector<Safetensors> files;
  for (const std::string& name : found.files) {
    REGARD_TRY(auto file, Safetensors::open(folder / name));
    REGARD_TRY_DO(totals.add(file, shallow));
    files.push_back(std::move(file));
  }
  if (found.index) {
    REGARD_TRY_DO(check_index(*found.index, files));
    out["index"] = found.used;
  }
  if (!files.empty()) out["files"] = found.files;  // none: a scheduler, nothing but a configuration
  if (!found.unread.empty()) out["unread"] = found.unread;
  if (!files.empty()) totals.write(out, shallow);
  return {};
}

Json tokenizer_json(const ClipTokenizer& tokenizer) {
  return {{"vocab", tokenizer.vocab_size()},
          {"bos", tokenizer.bos_id()},
          {"eos", tokenizer.eos_id()},
          {"pad", tokenizer.pad_id()}};
}

Result<Json> inspect_tokenizer(const fs::path& folder, const fs::path& shown) {
  REGARD_TRY(const auto tokenizer, ClipTokenizer::open(folder));
  Json out{{"kind", "tokenizer"}, {"architecture", "CLIP byte-level BPE"}, {"file", shown.string()}};
  out["config"] = tokenizer_json(tokenizer);
  return out;
}

/// A config.json, and whatever else is one JSON object.
Result<Json> inspect_config(const fs::path& path) {
  REGARD_TRY(const auto config, read_json(path));
  if (!config.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got an array or a value", path.string());
  const std::string type = text_of(config, "model_type"), class_name = text_of(config, "_class_name");
  if (type.empty() && class_name.empty() && config.contains("model"))
    return inspect_tokenizer(path.has_parent_path() ? path.parent_path() : ".", path);
  Json out{{"kind", "config"}, {"architecture", type.empty() ? class_name : type}, {"file", path.string()}};
  if (find_family(TowerKind::kText, type) != nullptr) {
    REGARD_TRY(const auto read, read_clip_config(config, path.filename().string()));
    out["config"] = config_json(read);
  } else if (path.filename() == "open_clip_config.json") {
    REGARD_TRY(const auto read, read_open_clip_config(config, path.filename().string()));
    out["architecture"] = "open_clip";
    out["config"] = config_json(read);
  } else if (type.empty() && class_name.empty()) {
    return fail(ErrorCode::kUnsupported, "{}: expected model_type or _class_name, got neither",
                path.string());
  } else {
    out["config"] = config;
  }
  return out;
}

/// A lesson, NAME.LANG.md. Errors: as read_lesson().
Result<Json> inspect_lesson(const fs::path& path) {
  REGARD_TRY(const Lesson lesson, read_lesson(path));
  Json out{{"kind", "lesson"},      {"file", path.string()}, {"language", lesson.language},
           {"title", lesson.title}, {"about", lesson.about}, {"minutes", lesson.minutes}};
  Json& cards = out["list"] = Json::array();
  for (const LessonCard& card : lesson.cards) {
    Json ids = Json::array();
    if (const LessonGuess* guess = guess_of(card)) ids.push_back(guess->id);
    for (const LessonQuestion* question : questions_of(card)) ids.push_back(question->id);
    cards.push_back(
        {{"card", card.title}, {"line", card.line}, {"asks", ids}, {"numbers", card.values.size()}});
  }
  return out;
}

/// A folder that open_text_model() opens. Errors: all of its.
Result<Json> inspect_clip(const fs::path& folder, bool shallow) {
  REGARD_TRY(const auto model, open_text_model(folder));
  Json out{{"kind", "clip"}, {"architecture", "CLIP text encoder"}, {"file", folder.string()}};
  out["name"] = model->name;
  REGARD_TRY_DO(add_weights(model->folder, shallow, out));
  out["config"] = config_json(model->encoder.config());
  out["tokenizer"] = tokenizer_json(model->tokenizer);
  return out;
}

/// Which towers can be run, beside what is said already; not with --shallow, which reads no numbers.
Result<void> add_towers(const fs::path& folder, bool shallow, Json& out) {
  if (shallow) return {};
  REGARD_TRY(auto towers, inspect_towers(folder));
  out["towers"] = std::move(towers);
  return {};
}

/// A CLIP with both towers or one. Without its text tower, or without the tokenizer that this needs, the
/// image tower can still be run.
Result<Json> inspect_clip_folder(const fs::path& folder, bool shallow) {
  REGARD_TRY(const auto signs, find_towers(folder));
  auto out = inspect_clip(folder, shallow);
  if (!out) {
    const bool reads_text = there(folder / "tokenizer.json") || there(folder / "vocab.json");
    if (!signs.vision || (signs.text && reads_text)) return out;
    Json image{{"kind", "clip"}, {"architecture", "CLIP image encoder"}, {"file", folder.string()}};
    image["name"] = model_name(folder);
    REGARD_TRY_DO(add_weights(folder, shallow, image));
    if (signs.text) image["tokenizer"] = {{"not_run", out.error().message}};
    out = std::move(image);
  }
  REGARD_TRY_DO(add_towers(folder, shallow, *out));
  return out;
}

/// Weights without a configuration of Hugging Face's kind: timm, or the authors' own names.
Result<Json> inspect_plain_weights(const fs::path& folder, bool shallow) {
  Json out{{"kind", "model"}, {"architecture", "unknown"}, {"file", folder.string()}};
  if (there(folder / "config.json")) {
    REGARD_TRY(auto config, read_json(folder / "config.json"));
    out["architecture"] = text_of(config, "architecture");  // timm's
    out["config"] = std::move(config);
  }
  REGARD_TRY_DO(add_weights(folder, shallow, out));
  if (out["architecture"] == "unknown" || out["architecture"] == "") {
    REGARD_TRY(const auto file, Safetensors::open(folder / out["files"].front().get<std::string>()));
    out["architecture"] = architecture_of(file);
  }
  REGARD_TRY_DO(add_towers(folder, shallow, out));
  return out;
}

bool has_weights(const fs::path& folder) {
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    if (entry.path().extension() == ".safetensors" && there(entry.path())) return true;
  }
  return false;
}

/// Whether config.json says of what kind the model is, as Hugging Face's and diffusers' do.
bool names_its_kind(const fs::path& config) {
  const auto json = read_json(config);
  if (!json || !json->is_object()) return true;  // inspect_config() says what is wrong with it
  return !text_of(*json, "model_type").empty() || !text_of(*json, "_class_name").empty();
}

/// A pipeline folder: what model_index.json lists, the weights of each part read, the text encoder opened.
/// One that is of a kind not run here is not the folder's fault: it is said beside it.
Result<Json> inspect_diffusers(const fs::path& folder, bool shallow) {
  REGARD_TRY(const auto index, read_json(folder / "model_index.json"));
  if (!index.is_object())
    return fail(ErrorCode::kFormat, "model_index.json: expected an object, got something else");
  Json out{{"kind", "diffusers"}, {"architecture", text_of(index, "_class_name")}, {"file", folder.string()}};
  Json parts = Json::object();
  for (const auto& [name, entry] : index.items()) {
    if (!entry.is_array() || entry.size() < 2 || !entry[1].is_string()) continue;
    const std::string part = entry.size() > 2 && entry[2].is_string() ? entry[2].get<std::string>() : name;
    if (part.empty() || part == ".." || part.find_first_of("/\\") != std::string::npos) continue;
    const std::string class_name = entry[1].get<std::string>();
    Json described{{"class", class_name}, {"folder", part}};
    const bool has_weights =
        class_name.find("Tokenizer") == std::string::npos;  // it may share a folder with some
    if (has_weights) {
      REGARD_TRY_DO(add_weights(folder / part, shallow, described));
      REGARD_TRY_DO(add_towers(folder / part, shallow, described));
      if (described.contains("towers") && described["towers"].empty()) described.erase("towers");
    }
    parts[name] = std::move(described);
  }
  for (const char* sum : {"tensors", "parameters", "bytes"}) {
    std::uint64_t total = 0;
    for (const Json& part : parts) total += part.value(sum, std::uint64_t{0});
    out[sum] = total;
  }
  if (!shallow) {
    Json& towers = out["towers"] = Json::object();  // which part holds each; the sizes stand there
    for (const auto& [name, part] : parts.items()) {
      if (!part.contains("towers")) continue;
      for (const auto& [tower, sizes] : part["towers"].items()) {
        if (!sizes.contains("not_run") && !towers.contains(tower)) towers[tower] = name;
      }
    }
  }
  out["parts"] = std::move(parts);
  auto text = inspect_clip(folder, shallow);
  if (text) {
    out["text"] = std::move(*text);
  } else if (text.error().code == ErrorCode::kUnsupported) {
    out["text"] = {{"not_run", text.error().message}};
  } else {
    return text;
  }
  return out;
}

Result<Json> inspect_folder(const fs::path& folder, bool shallow) {
  if (there(folder / "model_index.json")) return inspect_diffusers(folder, shallow);
  const bool tokenizer = there(folder / "tokenizer.json") || there(folder / "vocab.json");
  if (there(folder / "open_clip_config.json")) return inspect_clip_folder(folder, shallow);
  const bool config_there = there(folder / "config.json");
  if (has_weights(folder) && (!config_there || !names_its_kind(folder / "config.json")))
    return inspect_plain_weights(folder, shallow);
  if (config_there) {
    auto config = inspect_config(folder / "config.json");
    if (!config) return config;
    const std::string type = (*config)["architecture"].get<std::string>();
    if (find_family(TowerKind::kText, type) != nullptr) return inspect_clip_folder(folder, shallow);
    (*config)["kind"] = "model";  // `towers` says whether it is run; its files can be looked at in any case
    (*config)["file"] = folder.string();
    REGARD_TRY_DO(add_weights(folder, shallow, *config));
    REGARD_TRY_DO(add_towers(folder, shallow, *config));
    return config;
  }
  if (tokenizer) return inspect_tokenizer(folder, folder);
  return fail(ErrorCode::kUnsupported,
              "{}: expected model_index.json, config.json, open_clip_config.json, tokenizer.json or "
              "vocab.json inside, "
              "got none of them",
              printable(folder.string(), 4096));
}

Result<Json> inspect(const Inspect& asked) {
  const fs::path path = asked.path.empty() ? fs::path() : model_path(asked.path);
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  if (status.type() == fs::file_type::not_found || failed) {
    return fail(ErrorCode::kIo, "{}: open: expected a file or a folder, got '{}'",
                printable(asked.path, 4096), failed ? failed.message() : "No such file or directory");
  }
  if (fs::is_directory(status)) return inspect_folder(path, asked.shallow);
  if (path.filename() == "vocab.json" || path.filename() == "merges.txt") {
    return inspect_tokenizer(path.has_parent_path() ? path.parent_path() : ".", path);
  }
  const std::string extension = path.extension().string(), content = content_of_file(path);
  if (extension == ".json") return inspect_config(path);
  if (extension == ".md") return inspect_lesson(path);
  if (extension == ".safetensors" || content == "safetensors weights")
    return inspect_safetensors(path, asked.shallow);
  std::string got = content;
  if (!fs::is_regular_file(status)) {
    got = "a device, pipe or socket";
  } else if (got.empty()) {
    got = extension.empty() ? "a file without an ending" : quote(extension);
  }
  return fail(ErrorCode::kUnsupported,
              "{}: expected a .safetensors or .json file, a lesson (.md) or a folder, got {}",
              printable(asked.path, 4096), got);
}

/// Lists one entry a line: a file of a thousand tensors stays readable.
std::string dump(Json& out) {
  Json list = Json::array();
  if (out.contains("list")) list = std::move(out["list"]);
  out.erase("list");
  std::string text = out.dump(1, ' ', false, Json::error_handler_t::replace);
  if (list.empty()) return text + "\n";
  text.erase(text.rfind('\n'));
  text += ",\n \"list\": [";
  for (std::size_t i = 0; i < list.size(); ++i) {
    text += (i == 0 ? "\n  " : ",\n  ") + list[i].dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return text + "\n ]\n}\n";
}

}  // namespace

Action add_inspect(CLI::App& app) {
  auto asked = std::make_shared<Inspect>();
  app.add_option(
         "PATH", asked->path,
         "A .safetensors file, a model folder or the name of an installed model, a tokenizer folder, a "
         "config.json or a lesson (.md)")
      ->required()
      ->type_name("");
  app.add_flag("--shallow", asked->shallow,
               "Do not read the numbers: no count of NaN and infinities, no tower opened");
  app.footer("What is wrong is one line on standard error, with exit status 1.");
  return [asked]() -> Result<int> {
    REGARD_TRY(Json found, inspect(*asked));
    return print(dump(found));
  };
}

}  // namespace regard::cli
