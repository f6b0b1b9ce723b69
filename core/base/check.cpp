#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace regard {

void check_failed(const char* rule, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: internal error: expected %s\n", file, line, rule);
  std::abort();
}

}  // namespace regard
