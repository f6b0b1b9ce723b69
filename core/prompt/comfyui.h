// ComfyUI's weight grammar. Internal to core/prompt: everyone else asks grammar.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/prompt/prompt.h"

namespace regard {

/// `(x)` multiplies by 1.1, `(x:1.3)` replaces the weight outside; `\(` `\)`; nothing else is special.
/// Neighbours are never joined; an empty prompt has no fragments. A bracket that is text:
/// "warning.bracket_text". Thread: any. Cost: O(n). Source: comfyanonymous/ComfyUI comfy/sd1_clip.py
/// @00728eb, token_weights; checked against every comfyui vector of
/// prompt-weight-parse.json.
ParsedPrompt parse_comfyui(std::string_view prompt);

std::string print_comfyui(const std::vector<Fragment>& fragments);

}  // namespace regard
