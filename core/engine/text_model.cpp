#include "core/engine/text_model.h"

#include <string_view>
#include <utility>

#include "core/formats/json.h"
#include "core/formats/utf8.h"
#include "core/models/clip_weights.h"

namespace regard {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxReadmeBytes = 4u << 20;

// Where the two halves of a text model lie.
struct Parts {
  fs::path encoder;
  fs::path tokenizer;
};

bool is_plain_folder_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

std::string index_label(const fs::path& folder) {
  return printable((folder / "model_index.json").string(), 4096);
}

// The folder of one entry of model_index.json: `[library, class]` in a folder of the entry's own name, as
// diffusers writes it, or `[library, class, folder]`.
Result<std::string> part_folder(const Json& index, const std::string& label, const std::string& key) {
  const auto entry = index.find(key);
  if (entry == index.end() || !entry->is_array() || entry->size() < 2 || !(*entry)[1].is_string()) {
    return fail(ErrorCode::kUnsupported, "{}: {}: expected [library, class], got {}", label, key,
                entry == index.end() ? "none" : shown(*entry));
  }
  if (entry->size() < 3 || (*entry)[2].is_null()) return key;
  const Json& folder = (*entry)[2];
  if (!folder.is_string() || !is_plain_folder_name(folder.get_ref<const std::string&>())) {
    return fail(ErrorCode::kFormat, "{}: {}: expected the name of a sub-folder, got {}", label, key,
                shown(folder));
  }
  return folder.get<std::string>();
}

Result<Parts> find_parts(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_regular_file(folder / "model_index.json", ignored)) return Parts{folder, folder};
  const std::string label = index_label(folder);
  const auto index = read_json(folder / "model_index.json");
  if (!index) return std::unexpected(index.error());
  if (!index->is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(*index));
  auto encoder = part_folder(*index, label, "text_encoder");
  if (!encoder) return std::unexpected(std::move(encoder.error()));
  auto tokenizer = part_folder(*index, label, "tokenizer");
  if (!tokenizer) return std::unexpected(std::move(tokenizer.error()));
  return Parts{folder / *encoder, folder / *tokenizer};
}

// "# Little World: the model card" as the first line of the README names the model; a card without such a
// title (those of Hugging Face begin with their metadata) does not.
std::string title_of(const fs::path& folder) {
  const auto readme = read_file(folder / "README.md", kMaxReadmeBytes);
  if (!readme) return {};
  std::string_view line(*readme);
  line = line.substr(0, line.find_first_of("\r\n"));
  const std::size_t colon = line.find(':');
  if (!line.starts_with("# ") || colon == std::string_view::npos) return {};
  line = line.substr(2, colon - 2);
  while (line.starts_with(' ')) line.remove_prefix(1);
  while (line.ends_with(' ')) line.remove_suffix(1);
  return line.size() <= 60 ? std::string(line) : std::string();
}

std::string name_of(const fs::path& folder) {
  if (std::string title = title_of(folder); !title.empty()) return title;
  std::error_code failed;
  fs::path whole = fs::weakly_canonical(folder, failed);  // so that "." and "x/" have a last part
  if (failed) whole = folder;
  return whole.has_filename() ? whole.filename().string() : whole.parent_path().filename().string();
}

}  // namespace

Result<std::shared_ptr<const TextModel>> open_text_model(const fs::path& folder) {
  const auto parts = find_parts(folder);
  if (!parts) return std::unexpected(parts.error());
  auto encoder = ClipText::open(parts->encoder);
  if (!encoder) return std::unexpected(std::move(encoder.error()));
  auto tokenizer = ClipTokenizer::open(parts->tokenizer);
  if (!tokenizer) return std::unexpected(std::move(tokenizer.error()));
  if (tokenizer->vocab_size() > encoder->config().vocab) {
    return fail(ErrorCode::kShape, "{}: vocabulary: expected at most {} entries, as the encoder has, got {}",
                printable(parts->tokenizer.string(), 4096), encoder->config().vocab, tokenizer->vocab_size());
  }
  return std::make_shared<const TextModel>(
      TextModel{name_of(folder), parts->encoder, std::move(*tokenizer), std::move(*encoder)});
}

}  // namespace regard
