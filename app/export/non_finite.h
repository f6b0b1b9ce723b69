// What is said of a file some of whose values are no numbers. One call a writer; the counting is
// core/tensor/non_finite.h's.
#pragma once

#include <string>
#include <string_view>

#include "app/i18n/strings.h"
#include "core/tensor/non_finite.h"

namespace regard {

/// "map.npy: 3 of 144 values are not finite (NaN or infinite)"; empty when all are numbers.
std::string non_finite_line(std::string_view name, const NonFinite& found, const Strings& strings);

}  // namespace regard
