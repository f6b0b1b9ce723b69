#include "app/heap.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace regard {

void give_memory_back() {
#ifdef __GLIBC__
  // Setting them also keeps glibc from raising them by itself.
  constexpr int kMapped = 256 << 10, kKeptOnTop = 8 << 20, kArenas = 2;
  mallopt(M_MMAP_THRESHOLD, kMapped);
  mallopt(M_TRIM_THRESHOLD, kKeptOnTop);
  mallopt(M_ARENA_MAX, kArenas);
#endif
}

}  // namespace regard
