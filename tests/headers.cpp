// Carries the precompiled header of the tests; see tests/CMakeLists.txt. A program, since a header compiled
// for a library does not fit one.
int main() { return 0; }
