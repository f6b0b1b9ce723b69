# regard_glad: OpenGL 3.3 core function pointers, generated into the build tree by python3-glad (or glad2 from PyPI).
set(glad_dir "${CMAKE_BINARY_DIR}/glad")

# Sets ${out} to a Python that has glad 2. Debian's package lives in /usr/bin/python3, which need not be the first
# python3 in PATH.
function(regard_python_with_glad out)
  foreach(candidate ${Python3_EXECUTABLE} /usr/bin/python3)
    # The import runs from an empty folder: a folder named glad beside us would satisfy it otherwise.
    execute_process(COMMAND ${candidate} -c "import glad.generator.c, glad; assert glad.__version__ >= '2'"
      WORKING_DIRECTORY "${CMAKE_BINARY_DIR}/CMakeFiles" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
    if(status EQUAL 0)
      set(${out} ${candidate} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  regard_python_venv(venv)
  execute_process(COMMAND ${venv} -m pip install --quiet --disable-pip-version-check glad2==2.0.8
    RESULT_VARIABLE status OUTPUT_VARIABLE log ERROR_VARIABLE log)
  if(NOT status EQUAL 0)
    regard_last_line("${log}" reason)
    message(FATAL_ERROR "glad 2 could not be installed from PyPI (${reason}). Install the package python3-glad instead.")
  endif()
  set(${out} ${venv} PARENT_SCOPE)
endfunction()

if(NOT EXISTS "${glad_dir}/src/gl.c")
  regard_python_with_glad(glad_python)
  # --reproducible: from the registry inside the package, not from whatever the network has today.
  execute_process(
    COMMAND ${glad_python} -m glad --quiet --reproducible --api gl:core=3.3 --extensions GL_KHR_debug
            --out-path "${glad_dir}" c
    WORKING_DIRECTORY "${CMAKE_BINARY_DIR}/CMakeFiles"
    RESULT_VARIABLE status OUTPUT_VARIABLE log ERROR_VARIABLE log)
  if(NOT status EQUAL 0)
    regard_last_line("${log}" reason)
    message(FATAL_ERROR "glad could not generate the OpenGL loader: ${reason}")
  endif()
endif()

add_library(regard_glad STATIC ${glad_dir}/src/gl.c)
target_include_directories(regard_glad SYSTEM PUBLIC ${glad_dir}/include)
