// The noise a picture starts from: the same seed gives the same numbers, to the bit, on every machine.
// Counter based, so that any number can be computed alone and nothing has a state.
//
// Integers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), key = seed,
// low word first, counter = index of the block of four, low word first. Normal numbers: Box-Muller on each
// pair of words, in double, with a logarithm, sine and cosine of our own made of + - * / and sqrt, which IEEE
// 754 defines to the bit (no libm, no fused multiply-add: compiler.cmake), rounded once to float32 at the
// end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace regard {

/// Ten rounds. Thread: any. Checked against the vectors of Random123.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// Two independent normal numbers of mean 0 and variance 1 from two uniform words. The largest possible
/// is 6.764.
std::pair<double, double> box_muller(std::uint32_t radius, std::uint32_t angle);

/// Numbers 0 to count - 1 of the stream of `seed`: block b gives numbers 4b to 4b + 3.
/// Thread: any. Cost: some 30 ns a number.
std::vector<float> gaussian_noise(std::uint64_t seed, std::size_t count);

}  // namespace regard
