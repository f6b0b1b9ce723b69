// How core reports what the world got wrong: a value, never an exception, never a print.
// Our own mistakes are not reported here; they end in REGARD_CHECK (check.h).
#pragma once

#include <expected>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace regard {

enum class ErrorCode {
  kIo,           // missing, unreadable, short file
  kFormat,       // bytes contradict the format
  kShape,        // a tensor or an index does not fit the model
  kUnsupported,  // valid, but not implemented here
  kCancelled,    // superseded by a newer request; never shown
  kMemory,       // the machine has not enough memory or threads
};

struct Error {
  ErrorCode code = ErrorCode::kFormat;
  std::string message;  // one line: "<file or option>: <where>: expected <x>, got <y>"
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(ErrorCode::kFormat, "{}: header: expected {}, got {}", path, x, y);`
template <class... Args>
std::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> text, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(text, std::forward<Args>(args)...)});
}

}  // namespace regard

#define REGARD_TRY_JOIN_(a, b) a##b
#define REGARD_TRY_NAME_(a, b) REGARD_TRY_JOIN_(a, b)
#define REGARD_TRY_AS_(result, target, ...)                                   \
  auto result = (__VA_ARGS__);                                                \
  if (!result.has_value()) return std::unexpected(std::move(result).error()); \
  target = *std::move(result)

/// Takes the value out of a Result, or returns its error from the function around it. Value and error are
/// moved.
///   REGARD_TRY(const Json config, read_json(path));  // declares
///   REGARD_TRY(model.config, read_config(json));     // assigns
/// `const T&` and `T&&` work too: the Result lives until the end of the block. It is more than one statement:
/// an `if` around it needs braces, and a type with a comma needs a name. One a line.
#define REGARD_TRY(target, ...) REGARD_TRY_AS_(REGARD_TRY_NAME_(regard_try_, __LINE__), target, __VA_ARGS__)

/// The same where there is no value to take: a Result<void>, or a value nobody asks for.
///   REGARD_TRY_DO(check(config));
#define REGARD_TRY_DO(...)                                        \
  do {                                                            \
    if (auto regard_try = (__VA_ARGS__); !regard_try.has_value()) \
      return std::unexpected(std::move(regard_try).error());      \
  } while (false)
