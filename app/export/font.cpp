#include "app/export/font.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <numbers>

#include "app/embedded.h"
#include "core/base/check.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

/// Fixed places only, as in the window: no font of a stranger is read.
constexpr const char* kFallbacks[] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
                                      "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
                                      "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf",
                                      "/usr/share/fonts/truetype/noto/NotoSansHebrew-Regular.ttf"};

struct PlacedGlyph {
  FT_Face face = nullptr;
  FT_UInt index = 0;
  double x = 0.0;  // of its origin along the line, pixels
};

char32_t drawable(const Utf8Step& step) {
  const bool control = step.value < 0x20 || (step.value >= 0x7F && step.value < 0xA0);
  return step.valid && !control ? step.value : char32_t{0xFFFD};
}

}  // namespace

struct Font::Impl {
  FT_Library library = nullptr;
  std::vector<FT_Face> faces;  // Roboto, then the fallbacks that were there
  bool fallbacks_tried = false;

  explicit Impl(bool bold) {
    REGARD_CHECK(FT_Init_FreeType(&library) == 0);
    const auto bytes = embedded_file(bold ? "fonts/Roboto-Bold.ttf" : "fonts/Roboto-Regular.ttf");
    FT_Face face = nullptr;
    REGARD_CHECK(!bytes.empty() && FT_New_Memory_Face(library, reinterpret_cast<const FT_Byte*>(bytes.data()),
                                                      static_cast<FT_Long>(bytes.size()), 0, &face) == 0);
    faces.push_back(face);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { FT_Done_FreeType(library); }  // and every face with it

  void try_fallbacks() {
    if (fallbacks_tried) return;
    fallbacks_tried = true;
    for (const char* path : kFallbacks) {
      std::error_code ignored;
      FT_Face face = nullptr;
      if (std::filesystem::is_regular_file(path, ignored) && FT_New_Face(library, path, 0, &face) == 0) {
        faces.push_back(face);
      }
    }
  }

  /// The first face that has the character; Roboto's empty box when none has.
  PlacedGlyph find(char32_t c) {
    for (std::size_t i = 0;; ++i) {
      if (i == faces.size()) {
        if (fallbacks_tried) return {faces[0], 0, 0.0};
        try_fallbacks();
        if (i == faces.size()) return {faces[0], 0, 0.0};
      }
      if (const FT_UInt index = FT_Get_Char_Index(faces[i], c); index != 0) return {faces[i], index, 0.0};
    }
  }

  /// Unhinted, so that a line is as wide at every size and angle. Returns the line's width.
  double place(std::string_view text, double size_px, std::vector<PlacedGlyph>& out) {
    double x = 0.0;
    PlacedGlyph last;
    for (std::size_t at = 0; at < text.size();) {
      const Utf8Step step = utf8_step(text, at);
      at += static_cast<std::size_t>(step.size);
      PlacedGlyph glyph = find(drawable(step));
      const auto units = static_cast<double>(glyph.face->units_per_EM);
      if (glyph.face == last.face && FT_HAS_KERNING(glyph.face)) {
        FT_Vector kern{};
        FT_Get_Kerning(glyph.face, last.index, glyph.index, FT_KERNING_UNSCALED, &kern);
        x += static_cast<double>(kern.x) * size_px / units;
      }
      glyph.x = x;
      if (FT_Load_Glyph(glyph.face, glyph.index, FT_LOAD_NO_SCALE) == 0) {
        x += static_cast<double>(glyph.face->glyph->metrics.horiAdvance) * size_px / units;
      }
      out.push_back(glyph);
      last = glyph;
    }
    return x;
  }
};

Font::Font(bool bold) : impl_(std::make_unique<Impl>(bold)) {}
Font::~Font() = default;

double Font::width(std::string_view text, double size_px) {
  std::vector<PlacedGlyph> glyphs;
  return impl_->place(text, size_px, glyphs);
}

std::string Font::fit(std::string_view text, double size_px, double width_px) {
  // No glyph we draw is narrower than a tenth of its size: what is beyond that cannot fit, however long the
  // text.
  std::string out(text.substr(0, static_cast<std::size_t>(std::max(0.0, 40.0 * width_px / size_px)) + 4));
  if (out.size() == text.size() && width(out, size_px) <= width_px) return out;
  while (!out.empty()) {
    unsigned char last = 0;
    do {  // one character: its trailing bytes, then its first
      last = static_cast<unsigned char>(out.back());
      out.pop_back();
    } while (!out.empty() && (last & 0xC0) == 0x80);
    if (width(out + "…", size_px) <= width_px) break;
  }
  return out + "…";
}

std::vector<std::string> Font::wrap(std::string_view text, double size_px, double width_px,
                                    std::size_t lines) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size() && out.size() + 1 < lines) {
    std::size_t end = at, next = at;  // the line so far, and where the one after it begins
    while (next < text.size()) {
      const std::size_t word_end = std::min(text.find(' ', next), text.size());
      if (width(text.substr(at, word_end - at), size_px) > width_px) break;
      end = word_end;
      next = word_end + 1;
    }
    if (end == at) break;  // one word wider than the line: the last line cuts it
    out.emplace_back(text.substr(at, end - at));
    at = std::min(next, text.size());
  }
  if (at < text.size()) out.push_back(fit(text.substr(at), size_px, width_px));
  return out;
}

std::vector<GlyphImage> Font::draw(std::string_view text, double size_px, double x, double y,
                                   double degrees) {
  std::vector<PlacedGlyph> glyphs;
  impl_->place(text, size_px, glyphs);
  const double angle = degrees * std::numbers::pi / 180.0;
  const double c = std::cos(angle), s = std::sin(angle);
  const auto fixed = [](double value) { return static_cast<FT_Fixed>(std::lround(value * 65536.0)); };
  const auto f26 = [](double value) { return static_cast<FT_Pos>(std::lround(value * 64.0)); };
  FT_Matrix turn{fixed(c), fixed(s), fixed(-s), fixed(c)};  // FreeType's y runs upwards

  std::vector<GlyphImage> images;
  for (const PlacedGlyph& glyph : glyphs) {
    if (FT_Set_Char_Size(glyph.face, 0, static_cast<FT_F26Dot6>(f26(size_px)), 72, 72) != 0) continue;
    if (FT_Load_Glyph(glyph.face, glyph.index, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0) continue;
    FT_GlyphSlot slot = glyph.face->glyph;
    if (slot->format != FT_GLYPH_FORMAT_OUTLINE) continue;
    FT_Outline_Transform(&slot->outline, &turn);
    FT_Outline_Translate(&slot->outline, f26(x + c * glyph.x), f26(-(y + s * glyph.x)));
    if (FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL) != 0) continue;
    const FT_Bitmap& bitmap = slot->bitmap;
    GlyphImage image{slot->bitmap_left,
                     -slot->bitmap_top,
                     static_cast<int>(bitmap.width),
                     static_cast<int>(bitmap.rows),
                     {}};
    for (unsigned row = 0; row < bitmap.rows; ++row) {
      const unsigned char* line = bitmap.buffer + static_cast<std::ptrdiff_t>(row) * bitmap.pitch;
      image.coverage.insert(image.coverage.end(), line, line + bitmap.width);
    }
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace regard
