// A language is the code of its file in assets/locale: "en", "fr".
#pragma once

#include <string>

namespace regard {

using Language = std::string;

/// What is missing in a language is said in this one.
inline constexpr const char* kEnglish = "en";

}  // namespace regard
