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
