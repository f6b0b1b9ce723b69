// How the grammars report: no more than 100 warnings, then "warning.more". Internal to core/prompt.
#pragma once

#include <cstddef>

#include "core/prompt/prompt.h"

namespace regard {

inline constexpr std::size_t kWarnings = 100;

inline void warn(std::vector<PromptWarning>& warnings, const char* key, std::size_t start, std::size_t end) {
  if (warnings.size() > kWarnings) return;
  const bool last = warnings.size() == kWarnings;
  warnings.push_back({start, end, last ? "warning.more" : key});
}
inline void warn(ParsedPrompt& parsed, const char* key, std::size_t start, std::size_t end) {
  warn(parsed.warnings, key, start, end);
}

}  // namespace regard
