// Compel's structures as JSON, in the shape of tests/vectors/prompt-weight-structures.json.
#pragma once

#include <string>

#include "core/prompt/structure.h"

namespace regard {

/// One object a part of .and (`{and_weight, parts:[{text, weight}]}`), one for a .blend (`{blend:[{weight,
/// parts}], normalize}`), and `{repr}` for a part with a swap: the text Compel itself shows of it. Doubles
/// read back exactly. Thread: any. Cost: O(n).
std::string compel_json(const CompelPrompt& prompt);

/// 17 significant digits, always with a point or an exponent.
std::string weight_json(double weight);
std::string text_json(const std::string& text);

}  // namespace regard
