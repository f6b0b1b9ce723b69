// The threads that arithmetic is shared out to. A thread that asks for work does a part of it itself, so that
// work goes on, only slower, when all others are busy. Results do not depend on how many there are: every
// number is computed by one thread, in the same order of operations as alone.
#pragma once

#include <functional>

namespace regard {

/// How many threads one caller's work is spread over, itself included. Default: one a processor. Where the
/// system starts no more threads it is as many as it starts. Not while work is going on: the command line
/// sets it once, tests set it between runs. @param count  1 (nothing is shared out) to 256
void set_threads(int count);
int threads();

/// Calls piece(begin, end) until [0, count) is covered, each index once; returns when all is done. A single
/// call for the whole range when that is not worth two calls, or there is one thread. May be nested.
/// @param grain  the fewest indices that are worth a call; grain_of()
/// @param piece  is called from several threads at once. What it throws is thrown here, when no piece runs
/// any
///   more
/// Cost: some 10 us when shared out.
void parallel_for(int count, int grain, const std::function<void(int begin, int end)>& piece);

/// How many indices are worth a call of their own: some 0.15 ms of work.
/// @param flops  of one index, at the pace of the product kernel
int grain_of(double flops);

}  // namespace regard
