// REGARD_CHECK guards against our own bugs, in every build. What a file or a person can get wrong is a Result
// instead.
#pragma once

namespace regard {

/// Writes the broken rule to stderr and aborts. Thread: any.
[[noreturn]] void check_failed(const char* rule, const char* file, int line);

}  // namespace regard

#define REGARD_CHECK(rule) ((rule) ? void(0) : ::regard::check_failed(#rule, __FILE__, __LINE__))
