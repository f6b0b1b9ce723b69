# The command line and the files it writes. Paths from app/.
set(REGARD_CLI_SOURCES
  assets.cpp
  cli/attend.cpp
  cli/bench.cpp
  cli/cli.cpp
  cli/inspect.cpp
  cli/inspect_towers.cpp
  cli/look.cpp
  cli/match.cpp
  cli/options.cpp
  cli/paint.cpp
  cli/parse.cpp
  cli/picture.cpp
  cli/shot.cpp
  cli/tokenize.cpp
  cli/weigh.cpp
  export/figure.cpp
  export/figure_parts.cpp
  export/font.cpp
  export/maps.cpp export/save_maps.cpp
  export/overlay.cpp
  export/paint_files.cpp
  export/png.cpp
  export/svg.cpp
  export/vision_maps.cpp)
