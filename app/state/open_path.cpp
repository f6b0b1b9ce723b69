#include "app/state/open_path.h"

#include <cctype>

#include "app/assets.h"

namespace regard {

Command open_command(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::string ending = path.extension().string();
  if (std::filesystem::is_directory(model_path(path), ignored)) return OpenModel{path};
  if (ending == ".json" || ending == ".JSON") return OpenSession{path};
  if (ending == ".md") return LessonAct{.name = path.string()};
  return OpenImage{path.string()};
}

std::filesystem::path path_in(std::string pasted) {
  if (pasted.starts_with("file://")) pasted.erase(0, 7);
  while (!pasted.empty() && std::isspace(static_cast<unsigned char>(pasted.back())) != 0) pasted.pop_back();
  std::error_code ignored;
  const bool there =
      !pasted.empty() && pasted.find('\n') == std::string::npos && std::filesystem::exists(pasted, ignored);
  return there ? std::filesystem::path(pasted) : std::filesystem::path();
}

}  // namespace regard
