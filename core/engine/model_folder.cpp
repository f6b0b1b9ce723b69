#include "core/engine/model_folder.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "core/formats/json.h"
#include "core/formats/utf8.h"
#include "core/models/config_section.h"

namespace regard {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxReadmeBytes = 4u << 20;

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

}  // namespace

Result<void> check_model_folder(const fs::path& folder) {
  std::error_code ignored;
  if (fs::is_directory(folder, ignored)) return {};
  return fail(ErrorCode::kIo, "{}: expected a model folder or the name of an installed model, got {}",
              printable(folder.string(), 4096), fs::exists(folder, ignored) ? "a file" : "no such folder");
}

Result<fs::path> part_of_model(const fs::path& folder, const std::vector<std::string>& keys) {
  REGARD_TRY_DO(check_model_folder(folder));
  std::error_code ignored;
  if (!fs::is_regular_file(folder / "model_index.json", ignored)) return folder;
  const std::string label = index_label(folder);
  REGARD_TRY(const Json index, read_json(folder / "model_index.json"));
  if (!index.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(index));
  std::string key = keys.front();
  for (const std::string& each : keys) {
    if (!index.contains(each)) continue;
    key = each;
    break;
  }
  REGARD_TRY(auto part, part_folder(index, label, key));
  return folder / part;
}

std::string model_name(const fs::path& folder) {
  if (std::string title = title_of(folder); !title.empty()) return title;
  std::error_code failed;
  fs::path whole = fs::weakly_canonical(folder, failed);  // so that "." and "x/" have a last part
  if (failed) whole = folder;
  return whole.has_filename() ? whole.filename().string() : whole.parent_path().filename().string();
}

fs::path models_dir() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/')
    return fs::path(data) / "regard" / "models";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return fs::path(home) / ".local" / "share" / "regard" / "models";
  return {};
}

fs::path find_model(const fs::path& asked) {
  std::error_code ignored;
  const bool bare = !asked.empty() && !asked.has_parent_path() && asked != "." && asked != "..";
  if (!bare || fs::exists(asked, ignored) || models_dir().empty()) return asked;
  const fs::path installed = models_dir() / asked;
  return fs::is_directory(installed, ignored) ? installed : asked;
}

}  // namespace regard
