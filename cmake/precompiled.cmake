# Precompiled headers: what nearly every file reads (Eigen, fmt, the containers) is parsed once a target instead of
# once a file.
set(regard_std_headers
  <algorithm> <array> <cmath> <cstddef> <cstdint> <expected> <filesystem> <functional> <map> <memory> <optional>
  <ranges> <set> <span> <stop_token> <string> <string_view> <utility> <variant> <vector>
  <fmt/format.h> <Eigen/Core>)

# ccache needs `-fpch-preprocess` to look through them, and the sloppiness that ./dev sets.
function(regard_precompiled_options target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
  endif()
endfunction()

function(regard_precompile target)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  regard_precompiled_options(${target})
endfunction()

# The header that another target has compiled, with the same options.
function(regard_reuse_precompiled target from)
  target_precompile_headers(${target} REUSE_FROM ${from})
  regard_precompiled_options(${target})
endfunction()
