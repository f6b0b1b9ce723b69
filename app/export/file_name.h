// What a file of a figure is called: made from words, and safe on every disk.
#pragma once

#include <string>
#include <string_view>

namespace regard {

/// `text` in lower case with everything but letters and digits of any script as "-", one for several, none at
/// an end; cut at a letter so that it has at most `most_bytes`. Empty when nothing is left.
std::string safe_name(std::string_view text, std::size_t most_bytes = 48);

/// "un-chat-rouge-layer-3-head-2": safe_name() of each part that says something, "-" between them; "figure"
/// without one.
std::string figure_name(std::string_view about, std::string_view map);

}  // namespace regard
