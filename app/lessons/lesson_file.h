// Reads a lesson: JSON front matter, cards that begin with "# ", Markdown between fenced blocks, each of
// which is JSON, a formula or a note. docs/lessons.md is the teacher's guide to it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "app/lessons/lesson.h"
#include "core/base/result.h"

namespace regard {

/// @param label  stands for the file in messages   @param name  as Lesson::name
/// Errors: format, "<label>:<line>: <where>: expected <x>, got <y>". Never trusts what it reads. Thread: any.
Result<Lesson> parse_lesson(std::string_view text, std::string_view label, std::string name,
                            Language language);

/// A file of one's own: "NAME.LANG.md", the language English where the name has none. Errors: io; as above.
Result<Lesson> read_lesson(const std::filesystem::path& file);

/// "what-is-attention.fr.md" -> its name and language; English where there is none.
std::pair<std::string, Language> lesson_file_name(const std::filesystem::path& file);

}  // namespace regard
