// The weight grammars behind one interface: read, write one weight back, take all weights away, print.
// What each grammar means stands with its reader: prompt.h (A1111), comfyui.h, compel.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/prompt/prompt.h"

namespace regard {

/// Reads `prompt` as the program of that name would. Never throws; malformed text is read as the original
/// reads it, with a warning at its bytes; where the original fails, as text. Weights are finite: a number or
/// product beyond the largest double stops there ("warning.clamped"), nan is read as 1 ("warning.nan"). A
/// number that was meant as a weight and became text is told with the reason ("warning.number_...",
/// number_text.h). Thread: any. Cost: O(n), 1 MiB of anything within 100 ms. Source: parse_a1111 (prompt.h),
/// parse_comfyui, parse_compel.
ParsedPrompt parse_prompt(Syntax syntax, std::string_view prompt);

/// Whether the warning says that Compel itself raises, and makes nothing of the whole prompt.
bool compel_refuses(const PromptWarning& warning);

/// Rewrites `prompt` so that the bytes [start, end) get `weight` in all, in the grammar's own notation; other
/// bytes stay as they were. The result is read again before it is returned: when it would move anything else,
/// the prompt comes back as it was. See with_weight_a1111 for the rules, which are the same for all. Special
/// to
/// - ComfyUI: a bracket that is text, as in ":)", keeps groups from being read; it gets a backslash when
///   nothing else works;
/// - Compel: no negative weights (the prompt comes back as it was); bare brackets, which weigh 1, are left
/// alone.
/// @param span_start  receives where the bytes begin now; may be null
/// Thread: any. Cost: O(n) a run of text in [start, end), 64 runs at most.
std::string with_weight(Syntax syntax, std::string_view prompt, std::size_t start, std::size_t end,
                        double weight, std::size_t* span_start = nullptr);

/// Gives the group around the bytes [start, end) another weight: only its own brackets and number change,
/// what stands inside stays byte for byte, inner groups with it. Several groups around exactly these bytes
/// become one.
/// @param start, end  the group's content without outer whitespace
/// @param weight  of text directly in the group, outer groups included, as with_weight() counts it
/// @param keep  false: a group that weighs nothing goes; true: it stays, with a number
/// Bytes that no group holds are weighed by with_weight(). The prompt comes back as it was when anything else
/// would move. Thread: any. Cost: O(n).
std::string with_group_weight(Syntax syntax, std::string_view prompt, std::size_t start, std::size_t end,
                              double weight, bool keep, std::size_t* span_start = nullptr);

/// What text directly in `group` weighs, outer groups included. Expects a group of `parsed`. Cost: O(groups).
double weight_in_group(const ParsedPrompt& parsed, const WeightGroup& group);

/// `prompt` without what gives weights in its grammar: brackets, signs and numbers of groups; other bytes
/// stay. Thread: any. Cost: O(n).
std::string without_weights(Syntax syntax, std::string_view prompt);

/// A prompt that parses to these fragments (text, weight and breaks; not the bytes they came from). Expects
/// fragments that parse_prompt returned for that syntax; others are written as well as the grammar can.
/// Compel only: a word that no quoting can carry (`(a+` alone) is closed by a vertical tab, at which Compel's
/// own parser gives up and ours goes on. Thread: any. Cost: O(n).
std::string print_prompt(Syntax syntax, const std::vector<Fragment>& fragments);

/// "a1111", "a1111-old", "comfyui", "compel".
std::string_view syntax_name(Syntax syntax);
std::optional<Syntax> syntax_from_name(std::string_view name);

}  // namespace regard
