#include "core/prompt/structure.h"

#include <algorithm>
#include <cmath>

#include "core/prompt/compel_read.h"
#include "core/prompt/python_number.h"
#include "core/prompt/warnings.h"

namespace regard {
namespace {

std::vector<std::pair<std::string, std::variant<std::string, double>>> swap_options(
    const std::vector<compel::Option>& written) {
  std::vector<std::pair<std::string, std::variant<std::string, double>>> out{
      {"s_start", 0.0}, {"s_end", 0.0}, {"t_start", 0.2}, {"t_end", 1.0}};
  const auto set = [&](const std::string& name, const std::variant<std::string, double>& value) {
    const auto found = std::ranges::find(out, name, [](const auto& option) { return option.first; });
    if (found != out.end()) {
      found->second = value;
    } else {
      out.emplace_back(name, value);
    }
  };
  for (const compel::Option& option : written) {
    const double* freedom = std::get_if<double>(&option.value);
    if (option.name != "shape_freedom" || freedom == nullptr || *freedom < 0.0) continue;
    set("s_end", 1.0 - std::pow(*freedom, 1.0 / 3.0));
  }
  for (const compel::Option& option : written) {
    if (!option.name.empty() && option.name != "shape_freedom") set(option.name, option.value);
  }
  return out;
}

CompelSwap make_swap(const compel::Text& text, const compel::Leaf* first, const compel::Leaf* last,
                     const std::vector<compel::Option>& options) {
  std::vector<compel::Leaf> original, edited;
  for (const compel::Leaf* leaf = first; leaf != last; ++leaf)
    (leaf->edited ? edited : original).push_back(*leaf);
  return {compel::fuse(text, original), compel::fuse(text, edited), swap_options(options)};
}

bool is_text_without(std::string_view text, std::size_t at, std::size_t size) {
  const bool starts = at == 0 || !python::is_word(python::character_before(text, at).code);
  const std::size_t after = at + size;
  const bool ends = after == text.size() || !python::is_word(python::character_at(text, after).code);
  return starts && ends;
}

std::size_t stripped_end(std::string_view text, std::size_t begin, std::size_t end) {
  while (end > begin) {
    const python::Character c = python::character_before(text.substr(begin), end - begin);
    if (!python::is_space(c.code)) break;
    end -= c.size;
  }
  return end;
}

/// `[+-]?(\d+\.?|\d*\.\d+)` over all of `text`, after whitespace.
std::optional<python::Number> and_weight(std::string_view text) {
  if (text.find_first_of("eE_nN") != text.npos) return std::nullopt;  // float() takes more than the pattern
  return python::read_float(text);
}

WeightedText read_and_part(std::string_view prompt, std::size_t begin, std::size_t end,
                           std::vector<PromptWarning>& warnings) {
  const std::size_t stop = stripped_end(prompt, begin, end);
  const std::string_view part = prompt.substr(begin, stop - begin);
  WeightedText out{std::string(part), 1.0, begin};
  const std::size_t colon = part.rfind(':');
  if (colon == part.npos) return out;
  const auto number = and_weight(part.substr(colon + 1));
  if (!number) return out;
  if (number->clamped) warn(warnings, "warning.clamped", begin + colon + 1, stop);
  out.text = part.substr(0, stripped_end(part, 0, colon));
  out.weight = number->value;
  return out;
}

}  // namespace

WeightedTexts split_and_a1111(std::string_view prompt) {
  constexpr std::string_view kAnd = "AND";
  WeightedTexts out;
  std::size_t begin = 0;
  for (std::size_t at = 0; (at = prompt.find(kAnd, at)) != prompt.npos; at += kAnd.size()) {
    if (!is_text_without(prompt, at, kAnd.size())) continue;
    out.texts.push_back(read_and_part(prompt, begin, at, out.warnings));
    begin = at + kAnd.size();
  }
  out.texts.push_back(read_and_part(prompt, begin, prompt.size(), out.warnings));
  return out;
}

CompelPrompt read_compel(std::string_view prompt) {
  const compel::Text text(prompt);
  const compel::Scan scan(text);
  compel::Reading reading = compel::read(text, scan);
  CompelPrompt out;
  out.kind = reading.shape == compel::Shape::kBlend ? CompelPrompt::Kind::kBlend : CompelPrompt::Kind::kAnd;
  out.normalize = reading.normalize;
  out.loras = std::move(reading.loras);
  out.warnings = std::move(reading.warnings);
  for (const compel::Part& part : reading.parts) {
    CompelPart& made = out.parts.emplace_back();
    made.weight = part.weight;
    const compel::Leaf* const end = part.leaves.data() + part.leaves.size();
    for (const compel::Leaf* leaf = part.leaves.data(); leaf != end;) {
      const compel::Leaf* stop = leaf + 1;
      while (stop != end && stop->swap == leaf->swap && (leaf->swap >= 0 || stop->weight == leaf->weight))
        ++stop;
      if (leaf->swap >= 0) {
        made.pieces.push_back(
            make_swap(text, leaf, stop, reading.swaps[static_cast<std::size_t>(leaf->swap)]));
      } else {
        made.pieces.push_back(compel::join(text, leaf, stop));
      }
      leaf = stop;
    }
  }
  return out;
}

}  // namespace regard
