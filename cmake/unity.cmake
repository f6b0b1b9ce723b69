# Unity builds: CMake joins some files of a target into one, so that headers are read and templates instantiated once
# for all of them: a third of the processor time of a build from nothing. On in all presets but debug; `./dev lint --tidy`
# and the debug build see each file alone. What two files of a group both keep in an unnamed namespace needs two names.
set(regard_unity_files 8)
function(regard_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE ${regard_unity_files})
  # A hidden type as a member is no mistake in a source file, but g++ takes a file of a group for a header.
  if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
  endif()
endfunction()

# Entries of a table (a lens, a metric): written after one pattern, with the same names inside. Each is compiled alone.
function(regard_own_unit)
  file(GLOB files CONFIGURE_DEPENDS ${ARGN})
  set_source_files_properties(${files} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
