#include "core/tensor/heap.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace regard {

void keep_memory_for_runs() {
#ifdef __GLIBC__
  // The largest that glibc takes; setting them also keeps it from changing them by itself.
  constexpr int kMapped = 32 << 20, kKeptOnTop = 256 << 20, kArenas = 2;
  mallopt(M_MMAP_THRESHOLD, kMapped);
  mallopt(M_TRIM_THRESHOLD, kKeptOnTop);
  mallopt(M_ARENA_MAX, kArenas);
#endif
}

void give_memory_back() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace regard
