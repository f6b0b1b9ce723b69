# Dear ImGui (docking), ImPlot, the test engine and the fonts, from one source archive whose hash is checked each
# time. An installed `imgui` package is not an alternative: none carries the fonts, the test engine, or our GL loader.
set(REGARD_IMGUI_ARCHIVE "" CACHE FILEPATH "imgui_bundle-1.93.0.tar.gz, when already at hand")
set(REGARD_IMGUI_DIR "" CACHE PATH "The same archive, already unpacked (its hash is then not checked)")

set(regard_imgui_name imgui_bundle-1.93.0)
set(regard_imgui_sha256 10ad1dab8258a6787b4f07bb926b08d0efc648a7906242568c8dd778c5e719bf)

# Stops unless the file is the archive we know.
function(regard_check_imgui_archive archive)
  file(SHA256 "${archive}" hash)
  if(NOT hash STREQUAL regard_imgui_sha256)
    message(FATAL_ERROR "${archive}: expected SHA-256 ${regard_imgui_sha256}, got ${hash}; remove the file to fetch it again.")
  endif()
endfunction()

# Fetches the archive into the cache. pip also prepares its metadata (a few seconds); there is no way to ask it not to.
function(regard_fetch_imgui_archive archive)
  regard_python_with_pip(python)
  set(incoming "${REGARD_CACHE_DIR}/incoming")
  message(STATUS "Fetching ${regard_imgui_name}.tar.gz (54 MB) into ${REGARD_CACHE_DIR}")
  execute_process(
    COMMAND ${python} -m pip download --quiet --disable-pip-version-check --no-deps --no-binary imgui-bundle
            imgui-bundle==1.93.0 -d "${incoming}"
    RESULT_VARIABLE status OUTPUT_VARIABLE log ERROR_VARIABLE log)
  if(NOT status EQUAL 0 OR NOT EXISTS "${incoming}/${regard_imgui_name}.tar.gz")
    regard_last_line("${log}" reason)
    file(WRITE "${CMAKE_BINARY_DIR}/fetch-imgui.log" "${log}")
    message(FATAL_ERROR "Dear ImGui could not be fetched from PyPI (${reason}; more in ${CMAKE_BINARY_DIR}/fetch-imgui.log). "
      "Without network, pass -DREGARD_IMGUI_ARCHIVE=/path/to/${regard_imgui_name}.tar.gz")
  endif()
  file(RENAME "${incoming}/${regard_imgui_name}.tar.gz" "${archive}")
  file(REMOVE_RECURSE "${incoming}")
endfunction()

# Unpacks the few folders we use. Renamed into place at the end: a half-unpacked folder is never taken for a whole one.
function(regard_unpack_imgui archive destination)
  if(EXISTS "${destination}")
    return()
  endif()
  set(partial "${destination}.partial")
  file(REMOVE_RECURSE "${partial}")
  file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${partial}" PATTERNS
    ${regard_imgui_name}/external/imgui/imgui/*.h
    ${regard_imgui_name}/external/imgui/imgui/*.cpp
    ${regard_imgui_name}/external/imgui/imgui/LICENSE.txt
    ${regard_imgui_name}/external/implot/implot/*
    ${regard_imgui_name}/external/imgui_test_engine/imgui_test_engine/imgui_test_engine/*
    ${regard_imgui_name}/external/hello_imgui/hello_imgui/hello_imgui_assets/fonts/LICENSE-FontAwesome.txt
    ${regard_imgui_name}/bindings/imgui_bundle/assets/fonts/*)
  file(RENAME "${partial}/${regard_imgui_name}" "${destination}")
  file(REMOVE_RECURSE "${partial}")
endfunction()

function(regard_find_imgui out)
  if(REGARD_IMGUI_DIR)
    set(${out} "${REGARD_IMGUI_DIR}" PARENT_SCOPE)
    return()
  endif()
  file(MAKE_DIRECTORY "${REGARD_CACHE_DIR}")
  # Two build trees configured at once must not unpack into each other.
  file(LOCK "${REGARD_CACHE_DIR}/lock" GUARD FUNCTION TIMEOUT 600)
  set(archive "${REGARD_IMGUI_ARCHIVE}")
  if(NOT archive)
    set(archive "${REGARD_CACHE_DIR}/${regard_imgui_name}.tar.gz")
    if(NOT EXISTS "${archive}")
      regard_fetch_imgui_archive("${archive}")
    endif()
  endif()
  regard_check_imgui_archive("${archive}")
  string(SUBSTRING ${regard_imgui_sha256} 0 8 short_hash)
  set(destination "${REGARD_CACHE_DIR}/${regard_imgui_name}-${short_hash}")
  regard_unpack_imgui("${archive}" "${destination}")
  set(${out} "${destination}" PARENT_SCOPE)
endfunction()

regard_find_imgui(regard_imgui_root)
set(imgui_dir "${regard_imgui_root}/external/imgui/imgui")
set(implot_dir "${regard_imgui_root}/external/implot/implot")
set(imgui_te_dir "${regard_imgui_root}/external/imgui_test_engine/imgui_test_engine")
set(regard_font_dir "${regard_imgui_root}/bindings/imgui_bundle/assets/fonts")
if(NOT EXISTS "${imgui_dir}/imgui.h")
  message(FATAL_ERROR "${regard_imgui_root}: expected external/imgui/imgui/imgui.h of ${regard_imgui_name}, found none.")
endif()

# What every user of the headers must agree on. 32-bit characters: emoji and rare scripts in prompts must not be cut.
add_library(regard_imgui_headers INTERFACE)
target_include_directories(regard_imgui_headers SYSTEM INTERFACE
  ${imgui_dir} ${imgui_dir}/backends ${imgui_dir}/misc/cpp ${implot_dir})
target_compile_definitions(regard_imgui_headers INTERFACE
  IMGUI_USE_WCHAR32 IMGUI_ENABLE_FREETYPE IMGUI_DISABLE_OBSOLETE_FUNCTIONS)

set(imgui_sources
  ${imgui_dir}/imgui.cpp ${imgui_dir}/imgui_demo.cpp ${imgui_dir}/imgui_draw.cpp ${imgui_dir}/imgui_tables.cpp
  ${imgui_dir}/imgui_widgets.cpp ${imgui_dir}/imgui_stacklayout.cpp
  ${imgui_dir}/misc/freetype/imgui_freetype.cpp ${imgui_dir}/misc/cpp/imgui_stdlib.cpp
  ${imgui_dir}/backends/imgui_impl_glfw.cpp ${imgui_dir}/backends/imgui_impl_opengl3.cpp)
# The GL backend calls GL through our glad, so that there is one loader in the program.
set_source_files_properties(${imgui_dir}/backends/imgui_impl_opengl3.cpp PROPERTIES
  COMPILE_OPTIONS "-include;glad/gl.h" COMPILE_DEFINITIONS IMGUI_IMPL_OPENGL_LOADER_CUSTOM)

function(regard_add_imgui name)
  add_library(${name} STATIC EXCLUDE_FROM_ALL ${imgui_sources} ${ARGN})
  target_link_libraries(${name} PUBLIC regard_imgui_headers PRIVATE regard_glad glfw Freetype::Freetype ${CMAKE_DL_LIBS})
  # Not ours: its files are not written to be joined, and the sanitizers look for faults of ours.
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  if(REGARD_SANITIZE)
    target_compile_options(${name} PRIVATE -fno-sanitize=all)
  endif()
endfunction()

regard_add_imgui(regard_imgui)

# The same ImGui with the test engine's hooks: for the UI tests only. The hooks change no type, so that objects
# compiled without them link against it.
set(imgui_te_sources capture_tool te_context te_coroutine te_engine te_exporters te_perftool te_ui te_utils)
list(TRANSFORM imgui_te_sources REPLACE "(.+)" "${imgui_te_dir}/imgui_test_engine/imgui_\\1.cpp")
regard_add_imgui(regard_imgui_te ${imgui_te_sources})
target_include_directories(regard_imgui_te SYSTEM PUBLIC ${imgui_te_dir} ${imgui_te_dir}/imgui_test_engine)
target_compile_definitions(regard_imgui_te PUBLIC IMGUI_ENABLE_TEST_ENGINE
  IMGUI_TEST_ENGINE_ENABLE_COROUTINE_STDTHREAD_IMPL=1 IMGUI_TEST_ENGINE_ENABLE_STD_FUNCTION=1
  IMGUI_TEST_ENGINE_ENABLE_CAPTURE=0 IMGUI_TEST_ENGINE_ENABLE_IMPLOT=0)
target_link_libraries(regard_imgui_te PUBLIC Threads::Threads)

# Built only by a target that links it.
add_library(regard_implot STATIC EXCLUDE_FROM_ALL ${implot_dir}/implot.cpp ${implot_dir}/implot_items.cpp)
target_link_libraries(regard_implot PUBLIC regard_imgui_headers)
