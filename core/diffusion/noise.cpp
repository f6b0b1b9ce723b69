#include "core/diffusion/noise.h"

#include <bit>
#include <cmath>
#include <numbers>

namespace regard {

namespace {

// The series below are cut where the next term is under 1e-18 of the sum.

// ln(1..) of what `frexp` leaves: 2 atanh(s) with s = (m - 1) / (m + 1), |s| < 0.172.
double log_near_one(double m) {
  const double s = (m - 1.0) / (m + 1.0), s2 = s * s;
  double sum = 0.0;
  for (int n = 23; n >= 1; n -= 2) sum = sum * s2 + 1.0 / n;
  return 2.0 * s * sum;
}

// ln(x) of a normal number x > 0.
double natural_log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xF'FFFF'FFFF'FFFF) | 0x3FF0'0000'0000'0000);  // in [1, 2)
  if (m > std::numbers::sqrt2) {
    m *= 0.5;
    ++exponent;
  }
  return exponent * std::numbers::ln2 + log_near_one(m);
}

// sin(a) and cos(a) for 0 <= a <= pi/4.
std::pair<double, double> sine_cosine(double a) {
  const double a2 = a * a;
  double sine = 1.0, cosine = 1.0;
  for (int n = 18; n >= 2; n -= 2) {
    sine = 1.0 - sine * a2 / (n * (n + 1));
    cosine = 1.0 - cosine * a2 / ((n - 1) * n);
  }
  return {a * sine, cosine};
}

// In (0, 1): never 0, whose logarithm is infinite.
double uniform(std::uint32_t word) { return (word + 0.5) * 0x1p-32; }

// cos and sin of 2 pi u, u in (0, 1): folded into the first eighth of a turn, where the series are short.
std::pair<double, double> on_circle(double u) {
  const int quarter = static_cast<int>(u * 4.0);
  double rest = u - quarter * 0.25;  // [0, 1/4) of a turn, exact
  const bool beyond = rest > 0.125;
  if (beyond) rest = 0.25 - rest;
  auto [y, x] = sine_cosine(2.0 * std::numbers::pi * rest);
  if (beyond) std::swap(x, y);
  switch (quarter) {
    case 0:
      return {x, y};
    case 1:
      return {-y, x};
    case 2:
      return {-x, -y};
    default:
      return {y, -x};
  }
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0],
                        b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

std::pair<double, double> box_muller(std::uint32_t radius, std::uint32_t angle) {
  const double r = std::sqrt(-2.0 * natural_log(uniform(radius)));
  const auto [x, y] = on_circle(uniform(angle));
  return {r * x, r * y};
}

std::vector<float> gaussian_noise(std::uint64_t seed, std::size_t count) {
  const std::array key = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  std::vector<float> out;
  out.reserve(count + 3);
  for (std::uint64_t block = 0; out.size() < count; ++block) {
    const auto words =
        philox({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0, 0}, key);
    for (const std::size_t at : {std::size_t{0}, std::size_t{2}}) {
      const auto [x, y] = box_muller(words[at], words[at + 1]);
      out.push_back(static_cast<float>(x));
      out.push_back(static_cast<float>(y));
    }
  }
  out.resize(count);
  return out;
}

}  // namespace regard
