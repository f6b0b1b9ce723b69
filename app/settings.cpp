#include "app/settings.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <system_error>

#include "core/formats/content.h"
#include "core/formats/file_set.h"
#include "core/formats/json.h"

namespace regard {
namespace {

constexpr std::size_t kMaxBytes = 64u << 20;

// Two whole numbers; nothing: there are none. A place beyond all screens is brought back by place_window().
std::optional<PointPx> read_pair(const Json& json, const char* key) {
  const auto pair = json.find(key);
  if (pair == json.end() || !pair->is_array() || pair->size() != 2) return std::nullopt;
  for (const Json& number : *pair) {
    if (!number.is_number_integer()) return std::nullopt;
  }
  const auto bounded = [](const Json& number) {
    return static_cast<int>(std::clamp<std::int64_t>(number.get<std::int64_t>(), -1'000'000, 1'000'000));
  };
  return PointPx{bounded((*pair)[0]), bounded((*pair)[1])};
}

void read_window(const std::string& text, Settings& settings) {
  const Result<Json> json = parse_json(text, "settings.json");
  if (!json || !json->is_object()) return;
  if (const auto size = read_pair(*json, "window"))
    settings.window = {std::clamp(size->x, kLeastWindow.width, 16384),
                       std::clamp(size->y, kLeastWindow.height, 16384)};
  settings.window_at = read_pair(*json, "window_at");
  const auto welcomed = json->find("welcomed");  // files from before the start page do not say
  settings.welcomed = welcomed == json->end() || *welcomed != false;
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
  settings.session.restored = true;
  read_window(*text, settings);
  return settings;
}

std::string settings_text(const Settings& settings) {
  Json json = Json::parse(session_json(settings.session));
  json["window"] = {settings.window.width, settings.window.height};
  if (settings.window_at) json["window_at"] = {settings.window_at->x, settings.window_at->y};
  json["welcomed"] = settings.welcomed;
  return json.dump(2) + "\n";
}

Result<void> write_settings(const std::filesystem::path& folder, const Settings& settings) {
  if (folder.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return fail(ErrorCode::kIo, "{}: expected a folder that can be made, got '{}'", folder.string(),
                error.message());
  return write_file(folder / "settings.json", settings_text(settings));
}

}  // namespace regard
