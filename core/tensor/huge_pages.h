// Memory for weights. A model of some 100 MB read once a pass spends a good part of the time looking up 4 KiB
// pages; whole 2 MiB pages are asked for where there is room for one. Where the system has none, nothing is
// lost.
#pragma once

#include <cstdint>
#include <cstdlib>
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
    void* at = nullptr;
    if (posix_memalign(&at, bytes >= kHugePage ? kHugePage : kLines, bytes) != 0) throw std::bad_alloc();
    wish_huge_pages(at, bytes);  // the rest stays on small pages: no memory is wasted
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
/// takes as long once more, and calloc() does not.
template <class T>
struct ZeroPageAllocator : HugePageAllocator<T> {
  using value_type = T;
  using Base = HugePageAllocator<T>;

  ZeroPageAllocator() = default;
  template <class U>
  ZeroPageAllocator(const ZeroPageAllocator<U>&) {}  // NOLINT: allocators convert silently

  T* allocate(std::size_t count) {
    // What it begins with stands before the first whole page: the place that calloc() gave.
    constexpr std::size_t kBefore = Base::kHugePage + sizeof(void*);
    if (count > (static_cast<std::size_t>(-1) - kBefore) / sizeof(T)) throw std::bad_alloc();
    const bool large = count >= Base::kHugePage / sizeof(T);
    const std::size_t unit = large ? Base::kHugePage : Base::kLines, bytes = count * sizeof(T);
    void* const given = std::calloc(1, bytes + unit + sizeof(void*));
    if (given == nullptr) throw std::bad_alloc();
    const auto begin = reinterpret_cast<std::uintptr_t>(given) + sizeof(void*);
    void** const at = reinterpret_cast<void**>((begin + unit - 1) / unit * unit);
    at[-1] = given;
    if (large) wish_huge_pages(at, bytes);
    return reinterpret_cast<T*>(at);
  }
  void deallocate(T* at, std::size_t) { std::free(reinterpret_cast<void**>(at)[-1]); }
};

}  // namespace regard
