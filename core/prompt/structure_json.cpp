#include "core/prompt/structure_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/formats/json.h"

namespace regard {
namespace {

/// Python's repr of a float, for weights as they occur.
std::string python_number(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string fragment_repr(const Fragment& f) {
  return "Fragment:'" + f.text + "'@" + python_number(f.weight);
}

std::string list_repr(const std::vector<Fragment>& fragments) {
  std::string out = "[";
  for (const Fragment& f : fragments) out += (out.size() > 1 ? ", " : "") + fragment_repr(f);
  return out + "]";
}

std::string piece_repr(const CompelPiece& piece) {
  if (const Fragment* f = std::get_if<Fragment>(&piece)) return fragment_repr(*f);
  const CompelSwap& swap = std::get<CompelSwap>(piece);
  std::string options;
  for (const auto& [name, value] : swap.options) {
    const double* number = std::get_if<double>(&value);
    options +=
        fmt::format("{}'{}': {}", options.empty() ? "" : ", ", name,
                    number != nullptr ? python_number(*number) : "'" + std::get<std::string>(value) + "'");
  }
  // Without the last bracket: Compel leaves it out.
  return "CrossAttentionControlSubstitute:(" + list_repr(swap.original) + "->" + list_repr(swap.edited) +
         " ({" + options + "})";
}

std::string parts_json(const CompelPart& part) {
  std::string out = "[";
  for (const CompelPiece& piece : part.pieces) {
    const Fragment* f = std::get_if<Fragment>(&piece);
    if (f == nullptr) continue;
    out += fmt::format("{}{{\"text\":{},\"weight\":{}}}", out.size() > 1 ? "," : "", text_json(f->text),
                       weight_json(f->weight));
  }
  return out + "]";
}

std::string part_json(const CompelPart& part) {
  const bool swaps = std::ranges::any_of(
      part.pieces, [](const CompelPiece& p) { return std::holds_alternative<CompelSwap>(p); });
  if (!swaps)
    return fmt::format("{{\"and_weight\":{},\"parts\":{}}}", weight_json(part.weight), parts_json(part));
  std::string repr = "FlattenedPrompt:[";
  for (std::size_t i = 0; i < part.pieces.size(); ++i)
    repr += (i > 0 ? ", " : "") + piece_repr(part.pieces[i]);
  return "{\"repr\":" + text_json(repr + "]") + "}";
}

}  // namespace

std::string weight_json(double weight) {
  std::string text = fmt::format("{:.17g}", weight);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string text_json(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string compel_json(const CompelPrompt& prompt) {
  std::string out = "[";
  const char* separator = "\n ";
  if (prompt.kind == CompelPrompt::Kind::kBlend) {
    out += "\n {\"blend\":[";
    for (std::size_t i = 0; i < prompt.parts.size(); ++i) {
      const CompelPart& part = prompt.parts[i];
      out += fmt::format("{}{{\"weight\":{},\"parts\":{}}}", i > 0 ? "," : "", weight_json(part.weight),
                         parts_json(part));
    }
    return out + fmt::format("],\"normalize\":{}}}]\n", prompt.normalize);
  }
  for (const CompelPart& part : prompt.parts) {
    out += separator + part_json(part);
    separator = ",\n ";
  }
  return out + "]\n";
}

}  // namespace regard
