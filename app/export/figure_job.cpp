#include "app/export/figure_job.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/formats/png.h"

namespace regard {
namespace {

constexpr double kPreviewSide = 900;                               // pixels, at most
constexpr std::size_t kMostClipboardBytes = std::size_t{8} << 20;  // more makes other programs wait
constexpr std::size_t kHeadLines = 14, kHeadBytes = 2400;

// The first lines of a text, each no longer than can be shown.
std::string head_of(std::string_view text) {
  constexpr std::size_t kLine = 110;
  std::string head;
  for (std::size_t line = 0; line < kHeadLines && !text.empty() && head.size() < kHeadBytes; ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::size_t length = std::min(end, kLine);
    while (length > 0 && length < end && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    std::string_view shown = text.substr(0, length);
    while (shown.ends_with('\r')) shown.remove_suffix(1);
    head.append(shown).append(length < end && text[length] != '\r' ? "…\n" : "\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!text.empty()) head += "…";
  return head;
}

Result<void> add_preview(const Exportable& map, const FigureLook& look, const Strings& strings,
                         FigureAnswer& answer) {
  REGARD_TRY(const Drawing drawing, map.figure(strings, look));
  answer.width = drawing.width;
  answer.height = drawing.height;
  const double scale = std::min(2.0, kPreviewSide / std::max({drawing.width, drawing.height, 1.0}));
  REGARD_TRY(const std::string png, to_png(drawing, scale));
  REGARD_TRY(const PngImage image, decode_png(png, "preview"));
  answer.columns = image.width;
  answer.rows = image.height;
  answer.rgba.resize(image.rgba.size() / 4);
  std::memcpy(answer.rgba.data(), image.rgba.data(), answer.rgba.size() * 4);
  return {};
}

Result<FigureAnswer> preview(const FigureJob& job, const Exportable& map, const Strings& strings) {
  FigureAnswer answer;
  answer.found = map.non_finite();
  if (is_picture(job.ending)) {
    REGARD_TRY_DO(add_preview(map, job.look, strings, answer));
    return answer;
  }
  if (job.ending == ".html") {
    REGARD_TRY(const TextPage page, map.page(strings));
    answer.head = head_of(lines_of(page, kHeadLines + 1));
    return answer;
  }
  REGARD_TRY(const std::string bytes, map_bytes(map, job.ending, strings));
  if (job.ending == ".json" || job.ending == ".csv") {
    answer.head = head_of(bytes);
  } else if (const auto array = map.array()) {
    answer.head = "float32 [";
    for (std::size_t i = 0; i < array->shape.size(); ++i) {
      if (i > 0) answer.head += ", ";
      answer.head += std::to_string(array->shape[i]);
    }
    answer.head += "]";
  }
  return answer;
}

}  // namespace

std::string tabs_of(std::string_view csv) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const char c = csv[i];
    if (c == '"') {
      if (quoted && i + 1 < csv.size() && csv[i + 1] == '"') {
        out += '"';
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (c == '\r' && !quoted) {
      continue;
    } else if (c == ',' && !quoted) {
      out += '\t';
    } else {
      const bool breaks = c == '\t' || ((c == '\n' || c == '\r') && quoted);
      out += breaks ? ' ' : c;
    }
  }
  return out;
}

Result<FigureAnswer> make_figure(const FigureJob& job, std::stop_token stop) {
  REGARD_TRY(const auto made, job.source->make(stop));
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "figure: replaced by a newer one");
  const Exportable& map = *made;
  const Strings strings = Strings::load(job.language);
  if (job.use == FigureUse::kPreview) return preview(job, map, strings);
  FigureAnswer answer;
  if (job.use == FigureUse::kNumbers) {
    REGARD_TRY(const std::string csv, map.csv());
    answer.bytes = tabs_of(csv);
    if (answer.bytes.size() > kMostClipboardBytes)
      return fail(ErrorCode::kFormat,
                  "clipboard: expected at most {} MiB of numbers, got {} MiB: export them to a file",
                  kMostClipboardBytes >> 20, answer.bytes.size() >> 20);
    return answer;
  }
  REGARD_TRY(answer.bytes, map_bytes(map, job.ending, strings, &answer.found, job.look));
  return answer;
}

}  // namespace regard
