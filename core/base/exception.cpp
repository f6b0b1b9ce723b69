#include "core/base/exception.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <system_error>

namespace regard {
namespace {

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

Error described(std::string_view what) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return {ErrorCode::kMemory, fmt::format("{}: memory: expected enough, got none", what)};
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again) {
      return {ErrorCode::kMemory, fmt::format("{}: threads: expected one more, got none ({})", what,
                                              one_line(error.code().message()))};
    }
    return {ErrorCode::kIo,
            fmt::format("{}: expected an answer of the system, got {}", what, one_line(error.what()))};
  } catch (const std::exception& error) {
    return {ErrorCode::kUnsupported,
            fmt::format("{}: expected an answer, got an internal error: {}", what, one_line(error.what()))};
  } catch (...) {
    return {ErrorCode::kUnsupported,
            fmt::format("{}: expected an answer, got an internal error without a message", what)};
  }
}

}  // namespace

Error error_of_exception(std::string_view what) noexcept {
  try {
    return described(what);
  } catch (...) {
    return {ErrorCode::kMemory, "out of memory"};  // short enough for a string that allocates nothing
  }
}

}  // namespace regard
