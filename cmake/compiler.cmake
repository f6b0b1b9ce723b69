# regard_options: what every target of ours is compiled with. Third-party code is compiled without it.
add_library(regard_options INTERFACE)
target_include_directories(regard_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(regard_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Wunused -Woverloaded-virtual
  # Fused multiply-adds chosen by the compiler would make results differ between machines.
  -ffp-contract=off)
# g++ takes members of std::expected and of Eigen's temporaries for uninitialised (12 and 14, more so with the sanitizers'
# checks in between); g++ 12 also reports overlaps and sizes in std::string that cannot happen ("text" + std::move(string):
# GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(regard_options INTERFACE -Wno-restrict -Wno-stringop-overflow)
  endif()
  target_compile_options(regard_options INTERFACE -Wno-maybe-uninitialized)
endif()
# clang reports the deprecated buffer inside libstdc++ 12's own std::stable_sort as if it were ours.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(regard_options INTERFACE -Wno-deprecated-declarations)
endif()
if(REGARD_WERROR)
  target_compile_options(regard_options INTERFACE -Werror)
endif()
if(REGARD_SANITIZE)
  add_compile_options(-fsanitize=${REGARD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${REGARD_SANITIZE})
endif()
add_compile_definitions($<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
# Hardening that costs nothing measurable; _FORTIFY_SOURCE needs optimisation and quarrels with the sanitizers.
add_compile_options(-fstack-protector-strong)
if(NOT REGARD_SANITIZE)
  add_compile_definitions($<$<CONFIG:Release>:_FORTIFY_SOURCE=3>)
endif()
add_link_options(-Wl,-z,relro,-z,now)
