// How the heap gives memory back to the system.
#pragma once

namespace regard {

/// What a run, a map or a drawing took goes back when it is let go; by itself glibc keeps up to 32 MB blocks
/// for later, in one arena a thread. Once, before any thread. Cost: a large block is mapped anew each time.
/// Nothing with another C library.
void give_memory_back();

}  // namespace regard
