# The command line and the files it writes. Paths from app/.
set(REGARD_CLI_SOURCES
  assets.cpp
  cli/attend.cpp
  cli/bench.cpp
  cli/cli.cpp
  cli/inspect.cpp
  cli/options.cpp
  cli/parse.cpp
  cli/shot.cpp
  cli/tokenize.cpp
  cli/weigh.cpp
  export/figure.cpp
  export/font.cpp
  export/maps.cpp export/save_maps.cpp
  export/png.cpp
  export/svg.cpp)
