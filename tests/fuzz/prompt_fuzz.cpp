// Any bytes through every grammar: weights finite, bytes in order, and parse(print(parse(s))) as parse(s).
// The first byte chooses the grammar; the rest is the prompt.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "core/prompt/structure.h"
#include "tests/core/prompt/invariants.h"

namespace {

void check(regard::Syntax syntax, std::string_view prompt) {
  const std::string wrong = regard::broken_invariant(syntax, prompt);
  if (wrong.empty()) return;
  std::fprintf(stderr, "prompt_fuzz: %s: %s\nprompt:", std::string(regard::syntax_name(syntax)).c_str(),
               wrong.c_str());
  for (const char c : prompt)
    std::fprintf(stderr, " %02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
  std::fprintf(stderr, "\n%.*s\n", static_cast<int>(prompt.size()), prompt.data());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string prompt(data + 1, data + size);
  check(static_cast<regard::Syntax>(data[0] % 4), prompt);
  if (data[0] % 4 == 0) regard::schedule_a1111(prompt, 7);
  if (data[0] % 4 == 1) regard::split_and_a1111(prompt);
  if (data[0] % 4 == 3) regard::read_compel(prompt);
  return 0;
}

#ifdef REGARD_FUZZ_MAIN
namespace {

constexpr const char* kSeeds[] = {"a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
                                  "a BREAK b",
                                  "(a BREAK b:1.2)",
                                  "[a:b:0.5]",
                                  "[fe|]male",
                                  "a:1.2 AND b:0.5",
                                  "(\\(a\\):1.2)",
                                  "(a (b:1.5) c:2)",
                                  "(picking apricots+)++",
                                  "\"a b\"1.5 c",
                                  "cat.attend(++)",
                                  "(\"a b\", \"c d\").blend(1, 0.8)",
                                  "a (cat).swap(dog+, s_start=0.1) c",
                                  "withLora(x, 0.5) y",
                                  "a,,b",
                                  "x, y+, z",
                                  "(\"a, b+\", c).and(1, 2)",
                                  "\xC3\xA9t\xC3\xA9 (ch\xC3\xAAne:1.2)",
                                  "a\\\\(b",
                                  "\"a\\\"b\"-- c"};

/// A seed with a few bytes changed, or parts put together; now and then another grammar's.
std::string mutated(std::mt19937& random) {
  std::string text = random() % 2 == 0 ? regard::random_prompt(random) : kSeeds[random() % std::size(kSeeds)];
  for (unsigned n = static_cast<unsigned>(random() % 4); n > 0; --n) {
    const std::size_t at = random() % (text.size() + 1);
    switch (random() % 4) {
      case 0:
        text.insert(at, 1, static_cast<char>(random() % 256));
        break;
      case 1:
        text.erase(at, random() % 4);
        break;
      case 2:
        text.insert(at, regard::random_prompt(random).substr(0, 8));
        break;
      default:
        text.insert(at, text.substr(random() % (text.size() + 1), 6));
        break;
    }
  }
  return text;
}

}  // namespace

/// prompt_fuzz [SECONDS]: stops after REGARD_FUZZ_RUNS inputs or that time. REGARD_FUZZ_SEED chooses other
/// inputs.
int main(int argc, char** argv) {
  const char* const runs_asked = std::getenv("REGARD_FUZZ_RUNS");
  const char* const seed = std::getenv("REGARD_FUZZ_SEED");
  const long runs = runs_asked != nullptr ? std::atol(runs_asked) : 1'000'000;
  const std::chrono::seconds limit(argc > 1 ? std::atol(argv[1]) : 3600);
  std::mt19937 random(seed != nullptr ? static_cast<unsigned>(std::atol(seed)) : 1u);
  const auto begin = std::chrono::steady_clock::now();
  long run = 0;
  for (; run < runs; ++run) {
    if (run % 1024 == 0 && std::chrono::steady_clock::now() - begin > limit) break;
    std::string input(1, static_cast<char>(random() % 4));
    input += mutated(random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  std::printf("prompt_fuzz: %ld inputs in %.1f s\n", run, spent.count());
  return 0;
}
#endif
