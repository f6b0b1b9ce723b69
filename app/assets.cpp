#include "app/assets.h"

#include <cstdlib>
#include <string>
#include <vector>

namespace regard {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> candidates() {
  std::vector<fs::path> places;
  const char* chosen = std::getenv("REGARD_ASSETS");
  if (chosen != nullptr && *chosen != '\0') places.emplace_back(chosen);
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    places.push_back((program.parent_path() / ".." / "share" / "regard" / "assets").lexically_normal());
    places.push_back(program.parent_path() / "assets");
  }
#ifdef REGARD_SOURCE_ASSETS
  places.emplace_back(REGARD_SOURCE_ASSETS);
#endif
  return places;
}

}  // namespace

Result<fs::path> find_assets() {
  std::string looked_at;
  for (const fs::path& place : candidates()) {
    std::error_code ignored;
    if (fs::is_directory(place, ignored)) return place;
    looked_at += (looked_at.empty() ? "" : ", ") + place.string();
  }
  return fail(ErrorCode::kIo, "assets: expected a folder in one of {}, got none; REGARD_ASSETS can name it",
              looked_at);
}

fs::path assets_dir() {
  if (const Result<fs::path> found = find_assets()) return *found;
  const std::vector<fs::path> places = candidates();
  return places.empty() ? fs::path("assets") : places.front();
}

}  // namespace regard
