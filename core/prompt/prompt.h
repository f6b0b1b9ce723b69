// What a weight grammar makes of a prompt: fragments with weights, each byte traced back to where it was
// typed. A grammar reads; it never throws and never refuses. What it could not read as meant, it reports as a
// warning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace regard {

enum class Syntax {
  kA1111,
  kA1111Old,  // before it allowed whitespace around the number; also sd_embed and diffusers' lpw pipelines
  kComfyUI,
  kCompel,
};

/// A run of text under one weight.
struct Fragment {
  std::string text;  // escapes resolved
  double weight = 1.0;
  bool is_break = false;  // BREAK: a new chunk starts after it
  std::vector<std::uint32_t>
      source;  // source[i]: byte of the prompt that text[i] comes from; one entry more for the end
};

/// One bracket pair of the prompt and what it does to what it holds. Compel: also quotes, a word with its
/// signs (open == content_begin), and its number or signs lie in [content_end, close).
struct WeightGroup {
  std::size_t open = 0;           // byte of the opening bracket
  std::size_t content_begin = 0;  // [content_begin, content_end): what is inside, without brackets and number
  std::size_t content_end = 0;
  std::size_t close =
      0;                // one past the closing bracket and what belongs to it; prompt size when never closed
  double factor = 1.0;  // multiplies what is inside
  bool closed = true;
  bool absolute = false;  // ComfyUI's numbers: `factor` replaces the weight outside
};

struct PromptWarning {
  std::size_t start = 0;  // bytes of the prompt
  std::size_t end = 0;
  std::string key;  // a string of assets/locale: "warning.number", ...
};

struct ParsedPrompt {
  std::vector<Fragment> fragments;
  std::vector<WeightGroup> groups;  // in order of their closing
  std::vector<PromptWarning> warnings;
};

/// One past the bytes of the prompt that `fragment.text[i]` was typed as: an escape with its backslashes,
/// else one byte; none for a space that the grammar put there. Expects i < fragment.text.size() and the
/// prompt that the fragment was read from.
std::size_t source_end(std::string_view prompt, const Fragment& fragment, std::size_t i);

/// A1111's attention grammar: `(x)` 1.1, `[x]` 1/1.1, `(x:1.3)`, escapes, BREAK.
/// Weights are products in the order in which the brackets close, in double, so they equal the original's bit
/// for bit. Differences from the original, all on purpose:
/// - a malformed number (`(a:1.2.3)`), on which it throws, is read as text at 1.1: "warning.number";
/// - weights are finite: a number or product beyond the largest double stops there: "warning.clamped";
/// - BREAK is a break anywhere and never merges with text; inside brackets, where the original would make a
/// word of
///   it, "warning.break_inside";
/// - after 8 million multiplications (text pieces x brackets around them: never below 7,000 bytes) further
/// brackets
///   weigh nothing: "warning.depth". It keeps a hostile prompt linear.
/// A bracket never closed is closed at the end, as in the original: "warning.unclosed". No more than 100
/// warnings are kept, then "warning.more". Never throws; any bytes are accepted; prompts of 4 GiB and more
/// are our own bug. Thread: any. Cost: O(n); 1 MiB of anything within 100 ms. Source:
/// AUTOMATIC1111/stable-diffusion-webui modules/prompt_parser.py @28bd8e1, parse_prompt_attention;
/// checked against every a1111 vector of prompt-weight-parse.json.
/// @param spaces_around_number  false: the older grammar, Syntax::kA1111Old
ParsedPrompt parse_a1111(std::string_view prompt, bool spaces_around_number = true);

/// Rewrites `prompt` so that the bytes [start, end) get `weight` in all; every other byte stays as it was.
/// A group that holds exactly these bytes (whitespace around them allowed, and kept) gets a new number, or
/// goes when the weight outside is already right; several such groups become one; otherwise a new group is
/// written around them. Bytes that reach across brackets are rewritten run by run. An unmatched `)` among
/// them is escaped, as it would close the new group. Weight is rounded to 0.01; the number has at most 2
/// decimals when the weight outside is 1, else as many as the product needs. The result is read again before
/// it is returned: when it would move anything else (a group of weight 0 outside, a `BREAK` that would appear
/// or vanish), the prompt comes back as it was.
/// @param start, end  bytes of the prompt, as in Word; whitespace at either end is left out
/// @param span_start  receives where the bytes begin now; may be null
/// Thread: any. Cost: O(n) a run of text in [start, end); more than 64 runs are left as they were.
std::string with_weight_a1111(std::string_view prompt, std::size_t start, std::size_t end, double weight,
                              std::size_t* span_start = nullptr, bool spaces_around_number = true);

}  // namespace regard
