# Python helpers for configuring. Nothing is ever installed into the system's Python: what it lacks goes into a
# virtual environment in the cache.

# Sets ${out} to a Python that has pip: the one CMake found, or one in a virtual environment of ours.
function(regard_python_with_pip out)
  execute_process(COMMAND ${Python3_EXECUTABLE} -m pip --version
    RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
  if(status EQUAL 0)
    set(${out} ${Python3_EXECUTABLE} PARENT_SCOPE)
    return()
  endif()
  regard_python_venv(venv)
  set(${out} ${venv} PARENT_SCOPE)
endfunction()

# Sets ${out} to the Python of the virtual environment in the cache, made when missing.
function(regard_python_venv out)
  set(venv "${REGARD_CACHE_DIR}/python-${Python3_VERSION}")
  if(NOT EXISTS "${venv}/bin/pip")
    execute_process(COMMAND ${Python3_EXECUTABLE} -m venv --clear "${venv}"
      RESULT_VARIABLE status OUTPUT_VARIABLE log ERROR_VARIABLE log)
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "Python has neither pip nor venv: install python3-pip and python3-venv, or run ./dev, which does.")
    endif()
  endif()
  set(${out} "${venv}/bin/python" PARENT_SCOPE)
endfunction()

# The last line of a tool's output that says something: enough for a one-line error.
function(regard_last_line text out)
  string(STRIP "${text}" text)
  string(REGEX REPLACE ".*\n" "" line "${text}")
  set(${out} "${line}" PARENT_SCOPE)
endfunction()
