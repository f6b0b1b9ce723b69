// What a strip of one word's weights says in words and numbers: the same on screen, in figures and in pages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/i18n/strings.h"
#include "core/engine/weight_strip.h"

namespace regard {

/// "0.5": as many decimals as the weight has, three at most.
std::string weight_text(const Strings& strings, double weight);
/// "0 0.5 1", as a person types them: with the language's decimal sign, none of which parts them.
std::string weights_text(const Strings& strings, const std::vector<double>& weights);
/// What a person typed. Errors: format; the message is in English.
Result<std::vector<double>> weights_typed(const Strings& strings, std::string_view text);

/// "× 0.5"
std::string strip_label(const Strings& strings, const StripFrame& frame);
/// "12.3 %"; at weight 1, and while a picture is missing, empty.
std::string strip_change(const Strings& strings, const StripFrame& frame);
/// "area 12 of 144"; empty where it is not known.
std::string strip_area(const Strings& strings, const StripFrame& frame);
/// "vividness 0.42"; of a colour that nothing has "–"; empty where there is no such number.
std::string strip_vividness(const Strings& strings, const WeightStrip& strip, const StripFrame& frame);
/// Whether the word is a colour whose vividness is measured.
bool has_vividness(const WeightStrip& strip);
/// "attention, ln w, on the picture": the scheme in force and, where it acts inside attention, on what.
std::string strip_scheme(const Strings& strings, const PaintRequest& drawing);

/// "× 0 to × 2: the picture moves by up to 0.4 %, area 21 to 20": what was measured and nothing else.
std::string strip_summary(const Strings& strings, const WeightStrip& strip);
/// What was held still, and what the numbers are.
std::string strip_note(const Strings& strings, const WeightStrip& strip);

}  // namespace regard
