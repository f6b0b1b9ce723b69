// Glyphs without a window: the program's Roboto, and for scripts it lacks what the distribution has. By
// FreeType.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace regard {

/// Coverage of one glyph, 0 to 255. [height][width], row 0 on top.
struct GlyphImage {
  int left = 0, top = 0;  // pixel of its upper left corner, from the origin of the page
  int width = 0, height = 0;
  std::vector<std::uint8_t> coverage;
};

/// Thread: one at a time.
class Font {
 public:
  explicit Font(bool bold);
  ~Font();
  Font(const Font&) = delete;
  Font& operator=(const Font&) = delete;

  /// Width in pixels of a line of `size_px`.
  double width(std::string_view text, double size_px);
  /// `text`, cut with "…" where it is wider than `width_px`.
  std::string fit(std::string_view text, double size_px, double width_px);
  /// `text` broken at spaces into at most `lines` lines no wider than `width_px`; what is left over ends in
  /// "…".
  std::vector<std::string> wrap(std::string_view text, double size_px, double width_px, std::size_t lines);

  /// The line's glyphs, turned clockwise by `degrees` about its start, which lies at pixel (x, y) on the
  /// baseline.
  std::vector<GlyphImage> draw(std::string_view text, double size_px, double x, double y, double degrees);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace regard
