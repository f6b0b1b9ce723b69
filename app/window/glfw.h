// What the window and the hidden window of Offscreen ask of GLFW in the same words.
#pragma once

#include <string>

namespace regard {

/// Whether there is anything to open a window on. GLFW is not asked: the libraries below it print on stderr
/// when there is none.
bool has_display();
/// The last error of this thread, which is cleared by reading it.
std::string last_glfw_error();
/// Sets every hint to its default, then asks for OpenGL 3.3 core.
void hint_core_33();

}  // namespace regard
