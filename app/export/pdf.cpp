#include <cairo-pdf.h>

#include "app/export/drawing.h"
#include "app/export/font.h"
#include "app/export/formats.h"
#include "app/export/page.h"

namespace regard {
namespace {

constexpr double kMaxPdfSide = 14400;  // points: what the format allows

cairo_status_t append(void* out, const unsigned char* bytes, unsigned size) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

Result<std::string> to_pdf(const Drawing& drawing) {
  if (!(drawing.width > 0 && drawing.height > 0 && drawing.width <= kMaxPdfSide &&
        drawing.height <= kMaxPdfSide)) {
    return fail(ErrorCode::kFormat, "picture: expected up to {:.0f} points a side, got {:.0f}x{:.0f}",
                kMaxPdfSide, drawing.width, drawing.height);
  }
  std::string out;
  const Surface surface(cairo_pdf_surface_create_for_stream(append, &out, drawing.width, drawing.height));
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE, drawable(drawing.title).c_str());
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_SUBJECT,
                                 drawable(drawing.description).c_str());
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATOR, "Regard");
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE,
                                 nullptr);  // same bytes each day
  REGARD_TRY_DO(paint_page(drawing, surface.get(), 1.0, Edges::kExact));
  cairo_surface_finish(surface.get());
  if (const cairo_status_t status = cairo_surface_status(surface.get()); status != CAIRO_STATUS_SUCCESS) {
    return fail(ErrorCode::kUnsupported, "picture: expected a PDF that can be written, got '{}'",
                cairo_status_to_string(status));
  }
  return out;
}

Result<std::string> write_pdf(const Exportable& map, const Strings& strings, const FigureLook& look) {
  REGARD_TRY(const Drawing figure, map.figure(strings, look));
  return to_pdf(figure);
}

}  // namespace regard
