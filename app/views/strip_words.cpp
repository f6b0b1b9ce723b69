#include "app/views/strip_words.h"

#include <algorithm>
#include <cmath>

#include "core/prompt/weighting.h"

namespace regard {
namespace {

constexpr int kMostDecimals = 3;

// Frames by weight that have a picture: the least and the most; null without two.
std::pair<const StripFrame*, const StripFrame*> ends_of(const WeightStrip& strip) {
  const StripFrame *least = nullptr, *most = nullptr;
  for (const StripFrame& frame : strip.frames) {
    if (frame.x.empty()) continue;
    if (least == nullptr || frame.weight < least->weight) least = &frame;
    if (most == nullptr || frame.weight > most->weight) most = &frame;
  }
  if (least == most) return {nullptr, nullptr};
  return {least, most};
}

}  // namespace

std::string weight_text(const Strings& strings, double weight) {
  int decimals = 0;
  for (double ten = 1.0; decimals < kMostDecimals && std::abs(std::round(weight * ten) / ten - weight) > 1e-9;
       ten *= 10.0)
    ++decimals;
  return strings.number(weight, decimals);
}

std::string weights_text(const Strings& strings, const std::vector<double>& weights) {
  std::string out;
  for (const double weight : weights) {
    if (!out.empty()) out += " ";
    out += weight_text(strings, weight);
  }
  return out;
}

Result<std::vector<double>> weights_typed(const Strings& strings, std::string_view text) {
  std::string plain(text);
  constexpr std::string_view kMinus = "−";
  for (std::size_t at = plain.find(kMinus); at != std::string::npos; at = plain.find(kMinus))
    plain.replace(at, kMinus.size(), "-");
  const std::string_view decimal = strings("number.decimal");
  return read_strip_weights(plain, decimal.size() == 1 ? decimal.front() : '.');
}

std::string strip_label(const Strings& strings, const StripFrame& frame) {
  return strings.format("strip.at", weight_text(strings, frame.weight));
}

std::string strip_change(const Strings& strings, const StripFrame& frame) {
  return frame.change && frame.weight != 1.0 ? strings.percent(*frame.change, 1) : std::string();
}

std::string strip_area(const Strings& strings, const StripFrame& frame) {
  if (!frame.drawn) return {};
  return strings.format("strip.area", frame.drawn->area, frame.drawn->patches);
}

bool has_vividness(const WeightStrip& strip) {
  return measurable(*strip.drawing.model, strip.letters()) == Measurable::kAreaAndVividness;
}

std::string strip_scheme(const Strings& strings, const PaintRequest& drawing) {
  const std::string scheme = strings("weighting." + std::string(weighting_name(drawing.weighting)));
  if (!acts_inside(drawing.weighting)) return scheme;
  return scheme + ", " + strings("paint.place." + std::string(weight_place_name(drawing.place)));
}

std::string strip_vividness(const Strings& strings, const WeightStrip& strip, const StripFrame& frame) {
  if (!frame.drawn || !has_vividness(strip)) return {};
  return strings.format("strip.vividness",
                        frame.drawn->vividness ? strings.number(*frame.drawn->vividness, 2) : "–");
}

std::string strip_summary(const Strings& strings, const WeightStrip& strip) {
  const auto [least, most] = ends_of(strip);
  double change = 0.0;
  bool known = false;
  for (const StripFrame& frame : strip.frames) {
    if (!frame.change) continue;
    known = true;
    change = std::max(change, *frame.change);
  }
  if (least == nullptr || !known) return {};
  std::string out = strings.format("strip.summary", weight_text(strings, least->weight),
                                   weight_text(strings, most->weight), strings.percent(change, 1));
  if (least->drawn && most->drawn) {
    out += strings.format("strip.summary.area", least->drawn->area, most->drawn->area);
    if (least->drawn->vividness && most->drawn->vividness)
      out += strings.format("strip.summary.vividness", strings.number(*least->drawn->vividness, 2),
                            strings.number(*most->drawn->vividness, 2));
  }
  return out;
}

std::string strip_note(const Strings& strings, const WeightStrip& strip) {
  std::string out = strings.format("strip.note", strip_scheme(strings, strip.drawing));
  const bool area = measurable(*strip.drawing.model, strip.letters()) != Measurable::kNothing;
  out += std::string(" ") + strings(area ? "strip.note.area" : "strip.note.no_area");
  if (has_vividness(strip)) out += std::string(" ") + strings("strip.note.vividness");
  return out;
}

}  // namespace regard
