// The Markdown of a lesson's text: paragraphs, lists, smaller titles, emphasis and numbers of the run.
#pragma once

#include <functional>
#include <string_view>

#include "app/lessons/lesson.h"
#include "core/base/result.h"

namespace regard {

/// What stands between {{ and }}, as a span that shows it. Errors: any, without a place.
using ReadNumber = std::function<Result<TextSpan>(std::string_view inside)>;

/// @param line  of the first line of `text` in its file
/// Errors: format, "<label>:<line>: text: expected ..., got ...". Cost: O(text).
Result<LessonText> read_lesson_text(std::string_view text, std::string_view label, int line,
                                    const ReadNumber& number);

/// Letters without their style, numbers as "…": for lists and files.
std::string plain_text(const LessonText& text);

}  // namespace regard
