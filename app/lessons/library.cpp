#include "app/lessons/library.h"

#include <algorithm>
#include <map>

#include "app/embedded.h"
#include "app/lessons/lesson_file.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

constexpr std::string_view kLessonFolder = "lessons/", kLessonEnding = ".md";

std::string_view embedded_text(std::string_view file) {
  const auto bytes = embedded_file(file);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// By name, the languages of each.
std::map<std::string, std::vector<Language>> names() {
  std::map<std::string, std::vector<Language>> out;
  for (const std::string_view file : embedded_names()) {
    if (!file.starts_with(kLessonFolder) || !file.ends_with(kLessonEnding)) continue;
    const auto [name, language] = lesson_file_name(std::string(file.substr(kLessonFolder.size())));
    out[name].push_back(language);
  }
  return out;
}

Language best(const std::vector<Language>& there, const Language& wanted) {
  for (const Language& each : {wanted, Language(kEnglish)}) {
    if (std::ranges::find(there, each) != there.end()) return each;
  }
  return there.front();
}

Result<Lesson> read(const std::string& name, const Language& language) {
  const std::string file = std::string(kLessonFolder) + name + "." + language + std::string(kLessonEnding);
  return parse_lesson(embedded_text(file), file, name, language);
}

}  // namespace

std::vector<std::shared_ptr<const Lesson>> lessons_in(const Language& language) {
  std::vector<std::shared_ptr<const Lesson>> out;
  for (const auto& [name, languages] : names()) {
    Result<Lesson> lesson = read(name, best(languages, language));
    if (lesson) out.push_back(std::make_shared<const Lesson>(*std::move(lesson)));
  }
  std::ranges::stable_sort(out, {},
                           [](const auto& lesson) { return lesson->order == 0 ? 1001 : lesson->order; });
  return out;
}

Result<std::shared_ptr<const Lesson>> find_lesson(std::string_view name, const Language& language) {
  if (name.ends_with(kLessonEnding)) {
    REGARD_TRY(Lesson lesson, read_lesson(std::filesystem::path(name)));
    return std::make_shared<const Lesson>(std::move(lesson));
  }
  const auto all = names();
  const auto found = all.find(std::string(name));
  if (found == all.end()) {
    std::string list;
    for (const auto& [each, languages] : all) list += (list.empty() ? "" : ", ") + each;
    return fail(ErrorCode::kFormat, "--lesson: expected one of {}, or a file that ends in .md, got {}", list,
                quote(name));
  }
  REGARD_TRY(Lesson lesson, read(found->first, best(found->second, language)));
  return std::make_shared<const Lesson>(std::move(lesson));
}

std::string lesson_template(const Language& language) {
  const std::string_view text = embedded_text("lesson-template." + language + ".md");
  return std::string(text.empty() ? embedded_text("lesson-template.en.md") : text);
}

}  // namespace regard
