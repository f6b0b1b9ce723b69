// Text of figures, measured and drawn by pango: the program's own Roboto, and for scripts it lacks the fonts
// that the distribution installed. Shaped: Arabic is joined, marks stand on their letters. Knows nothing of
// attention.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct _cairo;  // cairo_t, without its header

namespace regard {

/// `text` without what no font draws: bytes that are not UTF-8 and control characters become U+FFFD. Thread:
/// any.
std::string drawable(std::string_view text);

/// One face of the figures' font. Sizes and widths are in points, or any other unit a page is drawn in.
/// Thread: one at a time; two Fonts may work at once.
class Font {
 public:
  explicit Font(bool bold);
  ~Font();
  Font(const Font&) = delete;
  Font& operator=(const Font&) = delete;

  /// Width of a line of `size`, without kerning: what SVG viewers that do not kern need, too.
  double width(std::string_view text, double size);
  /// `text`, cut with "…" where it is wider than `width`. A letter goes with the marks on it.
  std::string fit(std::string_view text, double size, double width);
  /// `text` broken at spaces into at most `lines` lines no wider than `width`; what is left over ends in "…".
  std::vector<std::string> wrap(std::string_view text, double size, double width, std::size_t lines);

  /// Draws one line with the page's colour and transformation. The `anchor`, 0 (start) to 1 (end) of its
  /// width, lies at the page's current point, on the baseline.
  void draw(_cairo* page, std::string_view text, double size, double anchor);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace regard
