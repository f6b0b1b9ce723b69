// What the heap holds on to between runs, and when it lets go.
#pragma once

namespace regard {

/// Memory that a run lets go of is kept for the next: mapped anew each time, and cleared by the system page
/// by page, it takes longer than what is computed in it. Once, before any thread. Nothing with another C
/// library.
void keep_memory_for_runs();

/// What is kept and not used goes back to the system: when nothing has been computed for a while. Thread:
/// any; whoever allocates meanwhile waits. Cost: milliseconds for some 100 MB.
void give_memory_back();

}  // namespace regard
