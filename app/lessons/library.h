// The lessons there are: the files of assets/lessons, embedded when built, "NAME.LANG.md" each. A file added
// there appears.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/lessons/lesson.h"
#include "core/base/result.h"

namespace regard {

/// In the order of their numbers, each in `language`, else in English, else in whatever it is written in.
/// A broken file of ours is left out (a test reads them all). Cost: reads all of them.
std::vector<std::shared_ptr<const Lesson>> lessons_in(const Language& language);

/// One by its name, or a file of one's own by its path (it ends in .md).
/// Errors: format (no such lesson: the names there are); as read_lesson().
Result<std::shared_ptr<const Lesson>> find_lesson(std::string_view name, const Language& language);

/// The text of a lesson to begin with, in a language that the program has words in; it reads without a fault.
std::string lesson_template(const Language& language);

}  // namespace regard
