#include <fmt/format.h>

#include <cstdint>

#include "app/export/drawing.h"
#include "app/export/font.h"
#include "app/export/formats.h"
#include "core/base/check.h"
#include "core/formats/png.h"

namespace regard {
namespace {

/// Text for XML 1.0, which forbids control characters even when escaped.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : drawable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// A hundredth of a point is finer than any screen or printer.
std::string number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string color(const Rgba& c) { return fmt::format("#{:02x}{:02x}{:02x}", c.r, c.g, c.b); }

void append(const RectShape& rect, std::string& out) {
  fmt::format_to(std::back_inserter(out), R"(<rect x="{}" y="{}" width="{}" height="{}" fill="{}")",
                 number(rect.x), number(rect.y), number(rect.width), number(rect.height),
                 rect.hatched ? "url(#hatch)" : color(rect.fill));
  out += "/>\n";
}

void append(const PolygonShape& polygon, std::string& out) {
  out += R"(<polygon points=")";
  for (const auto& [x, y] : polygon.corners)
    fmt::format_to(std::back_inserter(out), "{}{},{}", out.back() == '"' ? "" : " ", number(x), number(y));
  fmt::format_to(std::back_inserter(out), R"(" fill="{}"/>)", color(polygon.fill));
  out += '\n';
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t three = 0;
    for (std::size_t i = at; i < at + 3; ++i)
      three = three << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i)
      out += at + i <= bytes.size() ? kDigits[three >> (18 - 6 * i) & 63u] : '=';
  }
  return out;
}

/// Readers of SVG 1.1 look at the attribute, browsers at the last value of the style that they know.
void append(const ImageShape& asked, std::string& out) {
  const ImageShape image = magnified(asked);
  const Result<std::string> png = encode_png(image.columns, image.rows, image.channels, image.pixels);
  REGARD_CHECK(png.has_value());
  fmt::format_to(std::back_inserter(out),
                 R"(<image xmlns:xlink="http://www.w3.org/1999/xlink" x="{}" y="{}" width="{}" height="{}" )"
                 R"(preserveAspectRatio="none" image-rendering="optimizeSpeed" )"
                 R"(style="image-rendering:crisp-edges;image-rendering:pixelated" )"
                 R"(xlink:href="data:image/png;base64,{}"/>)",
                 number(image.x), number(image.y), number(image.width), number(image.height), base64(*png));
  out += '\n';
}

void append(const TextShape& text, std::string& out) {
  const char* const anchors[] = {"start", "middle", "end"};
  fmt::format_to(std::back_inserter(out), R"(<text x="{}" y="{}" font-size="{}" fill="{}")", number(text.x),
                 number(text.y), number(text.size), color(text.color));
  if (text.bold) out += R"( font-weight="bold")";
  if (text.anchor != Anchor::kStart) {
    fmt::format_to(std::back_inserter(out), R"( text-anchor="{}")", anchors[static_cast<int>(text.anchor)]);
  }
  if (text.degrees != 0.0) {
    fmt::format_to(std::back_inserter(out), R"-( transform="rotate({} {} {})")-", number(text.degrees),
                   number(text.x), number(text.y));
  }
  fmt::format_to(std::back_inserter(out), R"( xml:space="preserve">{}</text>)", xml(text.text));
  out += '\n';
}

/// The hatch takes the colour of the first hatched cell: there is one such colour.
void append_hatch(const Drawing& drawing, std::string& out) {
  for (const auto& shape : drawing.shapes) {
    const auto* rect = std::get_if<RectShape>(&shape);
    if (rect == nullptr || !rect->hatched) continue;
    fmt::format_to(
        std::back_inserter(out),
        R"(<defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" )"
        R"-(patternTransform="rotate(45)"><rect width="1.5" height="4" fill="{}"/></pattern></defs>)-",
        color(rect->fill));
    out += '\n';
    return;
  }
}

}  // namespace

std::string to_svg(const Drawing& drawing) {
  const std::string width = number(drawing.width), height = number(drawing.height);
  std::string out = R"(<?xml version="1.0" encoding="UTF-8"?>)";
  out += '\n';
  fmt::format_to(
      std::back_inserter(out),
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" )"
      R"(font-family="Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif">)",
      width, height);
  fmt::format_to(std::back_inserter(out), "\n<title>{}</title>\n<desc>{}</desc>\n", xml(drawing.title),
                 xml(drawing.description));
  append_hatch(drawing, out);
  fmt::format_to(std::back_inserter(out), R"(<rect width="{}" height="{}" fill="{}"/>)", width, height,
                 color(drawing.ground));
  out += '\n';
  for (const auto& shape : drawing.shapes) {
    std::visit([&out](const auto& one) { append(one, out); }, shape);
  }
  return out + "</svg>\n";
}

Result<std::string> write_svg(const Exportable& map, const Strings& strings, const FigureLook& look) {
  REGARD_TRY(const Drawing figure, map.figure(strings, look));
  return to_svg(figure);
}

}  // namespace regard
