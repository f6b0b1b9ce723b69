// What is made of an exception where it must go no further: at a slot's root and at that of a command.
#pragma once

#include <string_view>

#include "core/base/result.h"

namespace regard {

/// The exception being handled as one line, "drawing: memory: expected enough, got none": memory, a thread
/// that cannot start, anything of a library. Only inside a catch block. Does not throw: with no memory left
/// for the line, a shorter one.
/// @param what  what was at work
Error error_of_exception(std::string_view what) noexcept;

}  // namespace regard
