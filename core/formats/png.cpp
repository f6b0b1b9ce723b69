// libpng reports errors by longjmp, which runs no destructor. So each function that calls setjmp, and each
// callback libpng calls, owns nothing that has one: what must be freed belongs to the caller, one frame up.
#include "core/formats/png.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "core/base/check.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

/// libpng's words, kept where a jump cannot lose them.
struct Message {
  std::array<char, 160> text = {};
};

[[noreturn]] void on_error(png_structp png, png_const_charp words) {
  auto* message = static_cast<Message*>(png_get_error_ptr(png));
  std::strncpy(message->text.data(), words, message->text.size() - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

struct Writer {
  png_structp png = nullptr;
  png_infop info = nullptr;
  Message message;
  std::string out;
  std::vector<png_text> texts;
  std::vector<png_const_bytep> rows;
  ~Writer() { png_destroy_write_struct(&png, &info); }
};

void append_bytes(png_structp png, png_bytep data, std::size_t size) {
  bool grown = true;
  try {
    static_cast<Writer*>(png_get_io_ptr(png))->out.append(reinterpret_cast<const char*>(data), size);
  } catch (const std::exception&) {
    grown = false;
  }
  if (!grown) png_error(png, "out of memory");
}

void flush_nothing(png_structp) {}

/// Owns nothing; see above. False: writer.message says why.
bool write_picture(Writer& writer, int width, int height, int channels) {
  if (setjmp(png_jmpbuf(writer.png)) != 0) return false;
  png_set_user_limits(writer.png, 0x7FFFFFFF, 0x7FFFFFFF);
  png_set_write_fn(writer.png, &writer, append_bytes, flush_nothing);
  png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), 8,
               channels == 4 ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_sRGB(writer.png, writer.info, PNG_sRGB_INTENT_PERCEPTUAL);
  if (!writer.texts.empty()) {
    png_set_text(writer.png, writer.info, writer.texts.data(), static_cast<int>(writer.texts.size()));
  }
  png_write_info(writer.png, writer.info);
  for (png_const_bytep row : writer.rows) png_write_row(writer.png, row);
  png_write_end(writer.png, writer.info);
  return true;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// What libpng may ask for in pieces above a megabyte: texts and profiles, never rows (16384 pixels of 8
// bytes).
constexpr std::size_t kLargePiece = std::size_t{1} << 20, kLargePieces = std::size_t{64} << 20;

struct PngReader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  Message message;
  std::string_view left;
  std::size_t large_left = kLargePieces;
  std::size_t stored_row_bytes = 0;  // as they lie in the file, before they become RGBA8
  PngImage image;
  std::vector<png_bytep> rows;
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

void take_bytes(png_structp png, png_bytep data, std::size_t size) {
  auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
  if (size > reader->left.size()) png_error(png, "the file ends too early");
  std::memcpy(data, reader->left.data(), size);
  reader->left.remove_prefix(size);
}

// libpng caps the bytes of each chunk, but neither their sum (60 packed texts of 8 MB) nor an eXIf that
// claims a gigabyte. Where it gets none it skips the chunk.
png_voidp ask_memory(png_structp png, png_alloc_size_t size) {
  auto* reader = static_cast<PngReader*>(png_get_mem_ptr(png));
  if (size > kLargePiece) {
    if (size > reader->large_left) return nullptr;
    reader->large_left -= size;
  }
  return std::malloc(size);
}

/// Up to the first pixel: sizes, and every kind of PNG turned to RGBA8. Owns nothing.
bool read_header(PngReader& reader, const PngLimits& limits, Png16 sixteen) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_set_user_limits(reader.png, static_cast<png_uint_32>(limits.side),
                      static_cast<png_uint_32>(limits.side));
  png_set_chunk_malloc_max(reader.png, 8u << 20);
  png_set_chunk_cache_max(reader.png, 64);
  png_set_read_fn(reader.png, &reader, take_bytes);
  png_read_info(reader.png, reader.info);
  reader.stored_row_bytes = png_get_rowbytes(reader.png, reader.info);
  png_set_expand(reader.png);
  if (sixteen == Png16::kRound) {
    png_set_scale_16(reader.png);
  } else {
    png_set_strip_16(reader.png);
  }
  png_set_gray_to_rgb(reader.png);
  png_set_add_alpha(reader.png, 0xFF, PNG_FILLER_AFTER);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  reader.image.width = static_cast<int>(png_get_image_width(reader.png, reader.info));
  reader.image.height = static_cast<int>(png_get_image_height(reader.png, reader.info));
  if (png_get_rowbytes(reader.png, reader.info) != static_cast<std::size_t>(reader.image.width) * 4) {
    png_error(reader.png, "rows are not RGBA");
  }
  return true;
}

/// Owns nothing.
bool read_pixels(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_read_image(reader.png, reader.rows.data());
  png_read_end(reader.png, reader.info);
  return true;
}

std::unexpected<Error> refused(const PngReader& reader, std::string_view label, std::size_t size) {
  return fail(ErrorCode::kFormat, "{}: byte {}: expected a sound PNG, got '{}'", label,
              size - reader.left.size(), printable(reader.message.text.data()));
}

void copy_texts(PngReader& reader) {
  png_textp texts = nullptr;
  int count = 0;
  png_get_text(reader.png, reader.info, &texts, &count);
  for (int i = 0; i < count; ++i) {
    const png_text& text = texts[i];
    const std::size_t size =
        text.compression >= PNG_ITXT_COMPRESSION_NONE ? text.itxt_length : text.text_length;
    if (text.text == nullptr) continue;
    reader.image.texts.push_back({text.key, std::string(text.text, size)});
  }
}

void copy_exif(PngReader& reader) {
#ifdef PNG_eXIf_SUPPORTED
  png_bytep exif = nullptr;
  png_uint_32 size = 0;
  if (png_get_eXIf_1(reader.png, reader.info, &size, &exif) != 0 && exif != nullptr)
    reader.image.exif.assign(reinterpret_cast<const char*>(exif), size);
#endif
}

}  // namespace

Result<std::string> encode_png(int width, int height, int channels, std::span<const std::uint8_t> pixels,
                               std::span<const PngText> texts) try {
  REGARD_CHECK(width >= 1 && height >= 1 && (channels == 3 || channels == 4));
  const std::size_t row_bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  REGARD_CHECK(pixels.size() == row_bytes * static_cast<std::size_t>(height));

  Writer writer;
  for (int y = 0; y < height; ++y)
    writer.rows.push_back(pixels.data() + static_cast<std::size_t>(y) * row_bytes);
  for (const PngText& text : texts) {
    png_text entry = {};
    entry.compression = is_ascii(text.value) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    entry.key = const_cast<char*>(text.key.c_str());  // libpng copies both; its struct is older than const
    entry.text = const_cast<char*>(text.value.c_str());
    writer.texts.push_back(entry);
  }
  writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer.message, on_error, on_warning);
  if (writer.png != nullptr) writer.info = png_create_info_struct(writer.png);
  if (writer.info == nullptr) return fail(ErrorCode::kIo, "PNG: expected enough memory, got none");
  if (!write_picture(writer, width, height, channels)) {
    return fail(ErrorCode::kFormat, "PNG: expected a picture libpng can write, got '{}'",
                printable(writer.message.text.data()));
  }
  return std::move(writer.out);
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "PNG: expected enough memory, got '{}'", error.what());
}

Result<PngImage> decode_png(std::string_view bytes, std::string_view label, const PngLimits& limits,
                            Png16 sixteen) try {
  constexpr std::string_view kMagic("\x89PNG\r\n\x1a\n", 8);
  if (!bytes.starts_with(kMagic)) {
    return fail(ErrorCode::kFormat, "{}: byte 0: expected the mark of a PNG, got {}", label,
                quote(bytes.substr(0, 8)));
  }
  PngReader reader;
  reader.left = bytes;
  reader.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &reader.message, on_error, on_warning, &reader,
                                        ask_memory, nullptr);
  if (reader.png != nullptr) reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) return fail(ErrorCode::kIo, "{}: expected enough memory, got none", label);
  if (!read_header(reader, limits, sixteen)) return refused(reader, label, bytes.size());

  PngImage& image = reader.image;
  const std::size_t row_bytes = static_cast<std::size_t>(image.width) * 4;
  const std::size_t size =
      row_bytes * static_cast<std::size_t>(image.height);  // sides are capped: cannot overflow
  if (size > limits.decoded_bytes) {
    return fail(ErrorCode::kFormat, "{}: size: expected at most {} bytes of pixels, got {}", label,
                limits.decoded_bytes, size);
  }
  // Deflate shrinks at most 1032 times: a small file that claims a large picture is refused before room is
  // made.
  const std::size_t stored = reader.stored_row_bytes * static_cast<std::size_t>(image.height);
  if (stored / 1040 > bytes.size()) {
    return fail(ErrorCode::kFormat, "{}: data: expected at least {} bytes for {}x{} pixels, got {}", label,
                stored / 1040, image.width, image.height, bytes.size());
  }
  image.rgba.resize(size);
  for (int y = 0; y < image.height; ++y) {
    reader.rows.push_back(image.rgba.data() + static_cast<std::size_t>(y) * row_bytes);
  }
  if (!read_pixels(reader)) return refused(reader, label, bytes.size());
  copy_texts(reader);
  copy_exif(reader);
  return std::move(image);
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: expected enough memory, got '{}'", label, error.what());
}

}  // namespace regard
