// Memory for weights. A model of some 100 MB read once a pass spends a good part of the time looking up 4 KiB
// pages; whole 2 MiB pages are asked for where there is room for one. Where the system has none, nothing is
// lost.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "core/tensor/huge_page_wish.h"

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
    wish_huge_pages(at, whole);
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

/// The same, and what resize() leaves unwritten is 0. Large memory comes fresh from the system, which has
/// cleared it and does so page by page, when and by whichever thread it is first touched: filling it again
/// takes as long once more.
template <class T>
struct ZeroPageAllocator : HugePageAllocator<T> {
  using value_type = T;
  using Base = HugePageAllocator<T>;

  ZeroPageAllocator() = default;
  template <class U>
  ZeroPageAllocator(const ZeroPageAllocator<U>&) {}  // NOLINT: allocators convert silently

  T* allocate(std::size_t count) {
#if defined(__linux__)
    if (is_large(count)) {
      // A huge page more than needed: what lies before and behind whole ones is given back.
      const std::size_t bytes = rounded(count), asked = bytes + Base::kHugePage;
      if (asked < bytes) throw std::bad_alloc();
      void* const at = mmap(nullptr, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (at == MAP_FAILED) throw std::bad_alloc();
      const auto begin = reinterpret_cast<std::uintptr_t>(at);
      const std::uintptr_t first = (begin + Base::kHugePage - 1) / Base::kHugePage * Base::kHugePage;
      const std::size_t before = first - begin, behind = asked - before - bytes;
      if (before > 0) munmap(at, before);
      if (behind > 0) munmap(reinterpret_cast<void*>(first + bytes), behind);
      wish_huge_pages(reinterpret_cast<void*>(first), count * sizeof(T));
      return reinterpret_cast<T*>(first);
    }
#endif
    T* const at = Base::allocate(count);
    std::memset(static_cast<void*>(at), 0, count * sizeof(T));
    return at;
  }
  void deallocate(T* at, std::size_t count) {
#if defined(__linux__)
    if (is_large(count)) {
      munmap(static_cast<void*>(at), rounded(count));
      return;
    }
#endif
    Base::deallocate(at, count);
  }

 private:
  static bool is_large(std::size_t count) { return count >= Base::kHugePage / sizeof(T); }
  static std::size_t rounded(std::size_t count) {
    if (count > (static_cast<std::size_t>(-1) - 2 * Base::kHugePage) / sizeof(T)) throw std::bad_alloc();
    return (count * sizeof(T) + Base::kHugePage - 1) / Base::kHugePage * Base::kHugePage;
  }
};

}  // namespace regard
