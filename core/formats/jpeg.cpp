// libjpeg reports errors by longjmp, which runs no destructor. So the function that calls setjmp, and each
// callback, owns nothing that has one: what must be freed belongs to the caller, one frame up.
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <jerror.h>
#include <jpeglib.h>

#include "core/formats/image.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

// A progressive picture has about ten scans; each goes over all its pixels, and thousands would take hours.
constexpr int kMostScans = 500;
constexpr double kMostScannedPixels = 4e9;

struct JpegReader {
  jpeg_decompress_struct info = {};
  jpeg_error_mgr errors = {};
  jpeg_progress_mgr progress = {};
  std::jmp_buf jump = {};
  char message[JMSG_LENGTH_MAX] = {};
  bool created = false;
  Image image;
  std::vector<JSAMPLE> row;  // as libjpeg gives it
  ~JpegReader() {
    if (created) jpeg_destroy_decompress(&info);
  }
};

JpegReader& reader_of(j_common_ptr info) { return *static_cast<JpegReader*>(info->client_data); }

[[noreturn]] void on_error(j_common_ptr info) {
  JpegReader& reader = reader_of(info);
  info->err->format_message(info, reader.message);
  std::longjmp(reader.jump, 1);
}

// A warning leaves grey where data is missing; that is no correct picture.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  const int code = info->err->msg_code;
  if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE) on_error(info);
}

void on_progress(j_common_ptr info) {
  const auto* picture = reinterpret_cast<j_decompress_ptr>(info);
  const int scans = picture->input_scan_number;
  const double pixels = static_cast<double>(picture->image_width) * picture->image_height;
  if (scans <= kMostScans && scans * pixels <= kMostScannedPixels) return;
  std::strncpy(reader_of(info).message, "too many scans", JMSG_LENGTH_MAX - 1);
  std::longjmp(reader_of(info).jump, 1);
}

/// Owns nothing; see above. False: reader.message says why.
bool read_header(JpegReader& reader, std::string_view bytes) {
  reader.info.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = on_error;
  reader.errors.emit_message = on_message;
  reader.info.client_data = &reader;
  if (setjmp(reader.jump) != 0) return false;
  jpeg_create_decompress(&reader.info);
  reader.created = true;
  reader.progress.progress_monitor = on_progress;
  reader.info.progress = &reader.progress;
  jpeg_mem_src(&reader.info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_save_markers(&reader.info, JPEG_APP0 + 1, 0xFFFF);  // EXIF
  jpeg_read_header(&reader.info, TRUE);
  reader.info.out_color_space = reader.info.num_components == 4 ? JCS_CMYK : JCS_RGB;
  return true;
}

// Pillow's cmyk2rgb, over Adobe's inverted inks.
void from_cmyk(const JSAMPLE* inks, std::uint8_t* rgb) {
  const int white = inks[3];  // 255 - K
  for (int i = 0; i < 3; ++i) {
    const int ink = 255 - inks[i], product = ink * white + 128;
    const int value = white - (((product >> 8) + product) >> 8);
    rgb[i] = static_cast<std::uint8_t>(value < 0 ? 0 : value);
  }
}

/// Owns nothing.
bool read_rows(JpegReader& reader) {
  if (setjmp(reader.jump) != 0) return false;
  jpeg_start_decompress(&reader.info);
  const std::size_t width = reader.info.output_width;
  while (reader.info.output_scanline < reader.info.output_height) {
    std::uint8_t* out = reader.image.rgb.data() + 3 * width * reader.info.output_scanline;
    JSAMPROW row = reader.row.data();
    jpeg_read_scanlines(&reader.info, &row, 1);
    if (reader.info.output_components == 4) {
      for (std::size_t x = 0; x < width; ++x) from_cmyk(row + 4 * x, out + 3 * x);
    } else {
      std::memcpy(out, row, 3 * width);
    }
  }
  jpeg_finish_decompress(&reader.info);
  return true;
}

std::unexpected<Error> refused(const JpegReader& reader, std::string_view label) {
  return fail(ErrorCode::kFormat, "{}: expected a sound JPEG, got '{}'", label, printable(reader.message));
}

int orientation_of(const JpegReader& reader) {
  for (jpeg_saved_marker_ptr marker = reader.info.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.starts_with("Exif")) return exif_orientation(data);
  }
  return 1;
}

}  // namespace

Result<Image> decode_jpeg(std::string_view bytes, std::string_view label, const ImageLimits& limits) {
  JpegReader reader;
  if (!read_header(reader, bytes)) return refused(reader, label);
  const std::size_t width = reader.info.image_width, height = reader.info.image_height;
  REGARD_TRY_DO(check_image_size(width, height, label, limits));
  // Every block of 8 x 8 pixels takes a bit at least, of the component sampled most: a small file that claims
  // a large picture is refused before room is made. Not so with arithmetic coding.
  const std::size_t least = (width / 8) * (height / 8) / 32;
  if (reader.info.arith_code == 0 && bytes.size() < least) {
    return fail(ErrorCode::kFormat, "{}: data: expected at least {} bytes for {}x{} pixels, got {}", label,
                least, width, height, bytes.size());
  }
  reader.image = {static_cast<int>(width), static_cast<int>(height), {}, "JPEG"};
  reader.image.rgb.resize(3 * width * height);
  reader.row.resize(4 * width);
  const int orientation = orientation_of(reader);  // now: libjpeg frees the markers with the last row
  if (!read_rows(reader)) return refused(reader, label);
  return turned(std::move(reader.image), orientation);
}

}  // namespace regard
