#include "app/export/non_finite.h"

namespace regard {

std::string non_finite_line(std::string_view name, const NonFinite& found, const Strings& strings) {
  return found.count == 0 ? std::string() : strings.format("export.not_finite", name, found.count, found.of);
}

}  // namespace regard
