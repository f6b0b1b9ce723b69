#include "app/export/font.h"

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include <fmt/format.h>

#include "app/embedded.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

template <auto Free>
struct Freed {
  void operator()(auto* one) const { Free(one); }
};
template <class T>
using Object = std::unique_ptr<T, Freed<g_object_unref>>;
using Description = std::unique_ptr<PangoFontDescription, Freed<pango_font_description_free>>;
using Attributes = std::unique_ptr<PangoAttrList, Freed<pango_attr_list_unref>>;
using Config = std::unique_ptr<FcConfig, Freed<FcConfigDestroy>>;

/// The fonts after Roboto, in the order they are asked. Others that are installed come after these.
constexpr const char* kFamilies =
    "Roboto, Noto Sans Arabic, Noto Sans Hebrew, Noto Sans Devanagari, DejaVu Sans, Noto Sans CJK SC";

/// What the distribution installed, and its own index of it. A person's own fonts and settings are left out,
/// so that a figure looks the same for everybody on a machine.
constexpr const char* kInstalled =
    R"(<?xml version="1.0"?><fontconfig><dir>/usr/share/fonts</dir><cachedir>/var/cache/fontconfig</cachedir>)"
    R"(</fontconfig>)";

/// Bytes as a file with a name that lies in memory alone and goes with the program.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::byte> bytes) : file_(memfd_create("regard-font", MFD_CLOEXEC)) {
    while (file_ >= 0 && !bytes.empty()) {
      const ssize_t written = write(file_, bytes.data(), bytes.size());
      if (written <= 0) return;
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (file_ >= 0) close(file_);
  }
  std::string path() const { return fmt::format("/proc/self/fd/{}", file_); }

 private:
  int file_;
};

/// Roboto alone, or with all that is installed. Where Roboto's file cannot be had (no /proc), installed fonts
/// stand in.
Config make_config(std::span<const MemoryFile> own, bool installed) {
  Config config(FcConfigCreate());
  if (installed) {
    FcConfigParseAndLoadFromMemory(config.get(), reinterpret_cast<const FcChar8*>(kInstalled), FcFalse);
    FcConfigBuildFonts(config.get());
  }
  for (const MemoryFile& file : own)
    FcConfigAppFontAddFile(config.get(), reinterpret_cast<const FcChar8*>(file.path().c_str()));
  return config;
}

/// Read once and kept: fonts are opened by name for as long as something is drawn with them.
struct FontFiles {
  std::array<MemoryFile, 2> files{MemoryFile(embedded_file("fonts/Roboto-Regular.ttf")),
                                  MemoryFile(embedded_file("fonts/Roboto-Bold.ttf"))};
  Config own = make_config(files, false);

  /// Whether Roboto has all of `text`.
  bool draws(std::string_view text) const {
    const FcFontSet* fonts = FcConfigGetFonts(own.get(), FcSetApplication);
    FcCharSet* has = nullptr;
    if (fonts == nullptr || fonts->nfont == 0 ||
        FcPatternGetCharSet(fonts->fonts[0], FC_CHARSET, 0, &has) != FcResultMatch)
      return false;
    for (std::size_t at = 0; at < text.size();) {
      const Utf8Step step = utf8_step(text, at);
      if (!FcCharSetHasChar(has, step.value)) return false;
      at += static_cast<std::size_t>(step.size);
    }
    return true;
  }
};

const FontFiles& font_files() {
  static const FontFiles files;
  return files;
}

FcConfig* installed_fonts() {
  static const Config config = make_config(font_files().files, true);
  return config.get();
}

/// Shapes of letters as they are at every size and angle: no hinting, no rounding to pixels.
Object<PangoContext> make_context(FcConfig* config) {
  const Object<PangoFontMap> map(pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT));
  pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(map.get()), config);
  pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map.get()), 72.0);
  Object<PangoContext> context(pango_font_map_create_context(map.get()));
  const std::unique_ptr<cairo_font_options_t, Freed<cairo_font_options_destroy>> options(
      cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context.get(), options.get());
  pango_context_set_round_glyph_positions(context.get(), FALSE);
  pango_context_set_language(context.get(), pango_language_from_string("en"));  // not the machine's
  return context;
}

/// Where each letter of `text` ends, marks and all: offsets of bytes, the last is text.size(). Expects UTF-8.
std::vector<std::size_t> letter_ends(const std::string& text) {
  const auto characters = static_cast<std::size_t>(g_utf8_strlen(text.data(), std::ssize(text)));
  std::vector<PangoLogAttr> attributes(characters + 1);
  pango_get_log_attrs(text.data(), static_cast<int>(text.size()), -1, pango_language_from_string("en"),
                      attributes.data(), static_cast<int>(attributes.size()));
  std::vector<std::size_t> ends;
  std::size_t at = 0;
  for (std::size_t i = 1; i <= characters; ++i) {
    at += static_cast<std::size_t>(utf8_step(text, at).size);
    if (attributes[i].is_cursor_position) ends.push_back(at);
  }
  return ends;
}

/// Few glyphs are narrower than a tenth of their size: a text of more bytes does not fit, and is not
/// measured.
std::size_t most_bytes(double size, double width) {
  return static_cast<std::size_t>(std::max(0.0, 40.0 * width / size)) + 4;
}

}  // namespace

std::string drawable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    const auto size = static_cast<std::size_t>(step.size);
    const bool control = step.value < 0x20 || (step.value >= 0x7F && step.value < 0xA0) ||
                         step.value == 0xFFFE || step.value == 0xFFFF;
    out += step.valid && !control ? text.substr(at, size) : "\uFFFD";
    at += size;
  }
  return out;
}

struct Font::Impl {
  explicit Impl(bool bold)
      : description(pango_font_description_from_string(kFamilies)),
        plain(pango_attr_list_new()),
        own(make_context(font_files().own.get())) {
    if (bold) pango_font_description_set_weight(description.get(), PANGO_WEIGHT_BOLD);
    pango_attr_list_insert(plain.get(), pango_attr_font_features_new("kern=0"));
  }

  /// One line, not yet drawn. `text` may be anything.
  Object<PangoLayout> line(std::string_view text, double size) {
    const std::string sound = drawable(text);
    Object<PangoLayout> layout(pango_layout_new(context_for(sound)));
    pango_font_description_set_absolute_size(description.get(), size * PANGO_SCALE);
    pango_layout_set_font_description(layout.get(), description.get());
    pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
    pango_layout_set_auto_dir(layout.get(), FALSE);  // quotes around Arabic stay where SVG has them
    pango_layout_set_text(layout.get(), sound.data(), static_cast<int>(sound.size()));
    return layout;
  }

  double width(std::string_view text, double size) {
    const Object<PangoLayout> layout = line(text, size);
    pango_layout_set_attributes(layout.get(), plain.get());
    return width(layout.get());
  }

  bool fits(std::string_view text, double size, double most) {
    return text.size() <= most_bytes(size, most) && width(text, size) <= most;
  }

  static double width(PangoLayout* layout) {
    PangoRectangle logical;
    pango_layout_line_get_extents(pango_layout_get_line_readonly(layout, 0), nullptr, &logical);
    return static_cast<double>(logical.width) / PANGO_SCALE;
  }

  Description description;
  Attributes plain;

 private:
  PangoContext* context_for(std::string_view text) {
    if (font_files().draws(text)) return own.get();
    if (!all) all = make_context(installed_fonts());
    return all.get();
  }

  Object<PangoContext> own,
      all;  // `all` is made when a text needs it: reading the installed fonts takes its time
};

Font::Font(bool bold) : impl_(std::make_unique<Impl>(bold)) {}
Font::~Font() = default;

double Font::width(std::string_view text, double size) { return impl_->width(text, size); }

std::string Font::fit(std::string_view text, double size, double width) {
  if (impl_->fits(text, size, width)) return std::string(text);
  std::string out = drawable(text.substr(0, most_bytes(size, width)));
  std::vector<std::size_t> ends = letter_ends(out);
  while (!ends.empty()) {
    ends.pop_back();
    out.resize(ends.empty() ? 0 : ends.back());
    if (impl_->fits(out + "…", size, width)) break;
  }
  return out + "…";
}

std::vector<std::string> Font::wrap(std::string_view text, double size, double width, std::size_t lines) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size() && out.size() + 1 < lines) {
    std::size_t end = at, next = at;  // the line so far, and where the one after it begins
    while (next < text.size()) {
      const std::size_t word_end = std::min(text.find(' ', next), text.size());
      if (!impl_->fits(text.substr(at, word_end - at), size, width)) break;
      end = word_end;
      next = word_end + 1;
    }
    if (end == at) break;  // one word wider than the line: the last line cuts it
    out.emplace_back(text.substr(at, end - at));
    at = std::min(next, text.size());
  }
  if (at < text.size()) out.push_back(fit(text.substr(at), size, width));
  return out;
}

void Font::draw(_cairo* page, std::string_view text, double size, double anchor) {
  const Object<PangoLayout> layout = impl_->line(text, size);
  cairo_rel_move_to(page, -anchor * Impl::width(layout.get()), 0.0);
  pango_cairo_show_layout_line(page, pango_layout_get_line_readonly(layout.get(), 0));
}

}  // namespace regard
