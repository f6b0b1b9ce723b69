// Compel's weight grammar. Internal to core/prompt: everyone else asks grammar.h or structure.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/prompt/prompt.h"

namespace regard {

/// `word+`, `(a b)1.3`, `"a b"--`, `a.attend(+)`; several prompts (.and, .blend) are read one after another,
/// a swap as what it replaces: structure.h keeps what they mean. Whitespace becomes one space, and neighbours
/// of equal weight are joined by one. Where Compel raises, when it parses or when it makes the conditioning,
/// this reads on and says why (compel_refuses() knows these): a vertical tab or form feed is a space
/// ("warning.whitespace"); a list is text when its weights are too few or many ("warning.structure"), no
/// numbers ("..._number"), when a part of a blend is empty ("..._empty") or swaps ("..._swap"), or something
/// follows the blend ("warning.after_blend"); a swap inside a swap is part of it ("warning.swap_inside"); a
/// shape_freedom that is no number is left out ("warning.swap_freedom"), and so is an empty text weighed
/// below 1 ("warning.empty_weight"); nothing at all is the empty prompt ("warning.no_text"). Compel itself
/// ignores what follows an .and: "warning.after_and". `withLora(name)` is left out: "warning.lora". Thread:
/// any. Cost: O(n). Source: damian0815/compel src/compel/prompt_parser.py @c60b9fb, parse_conjunction;
/// checked against every compel vector of prompt-weight-parse.json and, on random texts, against
/// compel 2.5.1.
ParsedPrompt parse_compel(std::string_view prompt);

std::string print_compel(const std::vector<Fragment>& fragments);

/// Fewest digits that read back exactly, without exponent.
std::string fixed_number(double value);

}  // namespace regard
