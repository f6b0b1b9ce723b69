// The command line: reads what was asked, asks the engine, writes the answer.
#pragma once

namespace regard {

/// Runs the command in argv, or opens the window when there is none.
/// @return  exit status: 0 done; 1 bad input, 2 wrong usage, 3 no display or OpenGL below 3.3, each with one
/// line on
///          stderr. Never throws.
int cli_main(int argc, char** argv);

}  // namespace regard
