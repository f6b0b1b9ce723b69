// A shared library opened while running: the program starts where it is missing.
#pragma once

#include <initializer_list>
#include <utility>

#include <dlfcn.h>

namespace regard {

/// Never unloaded: drivers leave threads and exit handlers behind that must find their code.
class Library {
 public:
  /// Opens the first that is there.
  explicit Library(std::initializer_list<const char*> names) {
    for (const char* name : names) {
      handle_ = dlopen(name, RTLD_NOW | RTLD_LOCAL);
      if (handle_ != nullptr) return;
    }
  }
  explicit operator bool() const { return handle_ != nullptr; }

  /// False when the library has no such function.
  template <class F>
  bool find(const char* name, F*& function) const {
    function = reinterpret_cast<F*>(dlsym(handle_, name));
    return function != nullptr;
  }

 private:
  void* handle_ = nullptr;
};

}  // namespace regard
