// The clipboard for pictures: GLFW's takes text alone. A program of the desktop that is there does it.
#pragma once

#include <string_view>

#include "core/base/result.h"

namespace regard {

/// Puts a PNG on the clipboard with wl-copy (under Wayland) or xclip (under X11).
/// Errors: unsupported (neither is installed, or there is no display), io. Thread: any. Cost: some ms; never
/// waits for another program longer than two seconds.
Result<void> copy_png(std::string_view png);

}  // namespace regard
