// Numbers that were meant as weights and are read as text. Internal to core/prompt.
#pragma once

#include <string_view>

#include "core/prompt/prompt.h"

namespace regard {

/// Adds a warning for each number of `prompt` that stands where a weight stands in some grammar, and that
/// `syntax` read as text, whole or in part; with the reason: "warning.number_comma" `(a:1,35)`,
/// "warning.number_form" `(a:1e3)` in A1111, "warning.number_square" `[a:1.2]`, "warning.number_colon"
/// `(a:1.2)` in Compel, "warning.number_after" `(a)1.3` elsewhere, `(a):1.3` anywhere,
/// "warning.number_bracket" `a:1.2)`, `(a:1.2`, "warning.number_another" `(a:1.2:1.3)`, "warning.number_rest"
/// `(a)1.2.3` in Compel, "warning.number_attend" `a.attend(-1)`. In Compel, an operator that became text,
/// too: "warning.operator_text". What a warning of `parsed` already holds is not told again. Expects what the
/// grammar made of that prompt. Thread: any. Cost: O(n).
void warn_of_numbers_read_as_text(Syntax syntax, std::string_view prompt, ParsedPrompt& parsed);

}  // namespace regard
