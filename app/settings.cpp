#include "app/settings.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "core/formats/content.h"
#include "core/formats/file_set.h"
#include "core/formats/json.h"

namespace regard {
namespace {

constexpr std::size_t kMaxBytes = 64u << 20;

void read_window(const std::string& text, SizePx& window) {
  const Result<Json> json = parse_json(text, "settings.json");
  if (!json || !json->is_object()) return;
  const auto size = json->find("window");
  if (size == json->end() || !size->is_array() || size->size() != 2) return;
  for (const Json& side : *size) {
    if (!side.is_number_integer()) return;
  }
  window.width = std::clamp((*size)[0].get<int>(), 320, 16384);
  window.height = std::clamp((*size)[1].get<int>(), 240, 16384);
}

}  // namespace

std::filesystem::path settings_folder() {
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && *config != '\0') {
    return std::filesystem::path(config) / "regard";
  }
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? std::filesystem::path(home) / ".config" / "regard"
                                          : std::filesystem::path();
}

Settings read_settings(const std::filesystem::path& folder, const Session& first) {
  Settings settings;
  settings.session = first;
  std::error_code ignored;
  const std::filesystem::path file = folder / "settings.json";
  if (folder.empty() || !std::filesystem::exists(file, ignored)) return settings;
  settings.found = true;
  remove_leftovers(folder);  // of a run that was killed while it saved
  const Result<std::string> text = read_file(file, kMaxBytes, Wanted::kJson);
  const Result<Session> session =
      text ? parse_session(*text, file.string(), first) : Result<Session>(std::unexpected(text.error()));
  if (!session) {
    settings.problem = session.error().message;
    std::filesystem::rename(file, folder / "settings.json.broken", ignored);
    return settings;
  }
  settings.session = *session;
  read_window(*text, settings.window);
  return settings;
}

Result<void> write_settings(const std::filesystem::path& folder, const Settings& settings) {
  if (folder.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return fail(ErrorCode::kIo, "{}: expected a folder that can be made, got '{}'", folder.string(),
                error.message());
  Json json = Json::parse(session_json(settings.session));
  json["window"] = {settings.window.width, settings.window.height};
  return write_file(folder / "settings.json", json.dump(2) + "\n");
}

}  // namespace regard
