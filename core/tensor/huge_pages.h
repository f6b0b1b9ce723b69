// Memory for weights. A model of some 100 MB read once a pass spends a good part of the time looking up 4 KiB
// pages; whole 2 MiB pages are asked for where there is room for one. Where the system has none, nothing is
// lost.
#pragma once

#include <cstdlib>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace regard {

template <class T>
struct HugePageAllocator {
  using value_type = T;
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  static constexpr std::size_t kLines = 128;  // two cache lines, which processors like to fetch together

  HugePageAllocator() = default;
  template <class U>
  HugePageAllocator(const HugePageAllocator<U>&) {}  // NOLINT: allocators convert silently

  T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_alloc();
    const std::size_t bytes = count * sizeof(T);
    const std::size_t whole =
        bytes / kHugePage * kHugePage;  // the rest stays on small pages: no memory is wasted
    void* at = nullptr;
    if (posix_memalign(&at, whole > 0 ? kHugePage : kLines, bytes) != 0) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    if (whole > 0) madvise(at, whole, MADV_HUGEPAGE);  // a wish, not a need
#endif
    return static_cast<T*>(at);
  }
  void deallocate(T* at, std::size_t) { std::free(at); }
  /// resize() leaves new elements unwritten: who asks for a large matrix is about to fill it.
  template <class U>
  void construct(U* at) {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Args>
  void construct(U* at, Args&&... args) {
    ::new (static_cast<void*>(at)) U(std::forward<Args>(args)...);
  }
  bool operator==(const HugePageAllocator&) const { return true; }
};

}  // namespace regard
