#include "app/export/formats.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <filesystem>
#include <vector>

#include "core/base/check.h"
#include "core/formats/utf8.h"

namespace regard {

// Each in a file of its own, or with what it writes.
using WriteFormat = Result<std::string>(const Exportable&, const Strings&, const FigureLook&);
WriteFormat write_json, write_csv, write_html, write_npy, write_png, write_svg, write_pdf;

namespace {

constexpr Format kFormats[] = {
    {".json", FormatKind::kDescribed, write_json},  //
    {".csv", FormatKind::kDescribed, write_csv},    //
    {".html", FormatKind::kDescribed, write_html},  //
    {".npy", FormatKind::kNumbers, write_npy},      //
    {".png", FormatKind::kPicture, write_png},      //
    {".svg", FormatKind::kPicture, write_svg},      //
    {".pdf", FormatKind::kPicture, write_pdf},
};

const Format* find_format(std::string_view ending) {
  const auto found = std::ranges::find(kFormats, ending, &Format::ending);
  return found == std::end(kFormats) ? nullptr : &*found;
}

std::unexpected<Error> lacks(std::string_view what) {
  return fail(ErrorCode::kUnsupported, "export: expected a map that has {}, got one that has none", what);
}

}  // namespace

Result<std::string> Exportable::json() const { return lacks("a description"); }
Result<std::string> Exportable::csv() const { return lacks("a table"); }
Result<NpyArray> Exportable::array() const { return lacks("numbers"); }
Result<Drawing> Exportable::figure(const Strings&, const FigureLook&) const { return lacks("a figure"); }
Result<TextPage> Exportable::page(const Strings& strings) const {
  TextPage out{.title = strings("app.title"), .paragraphs = {}, .tables = {}};
  if (const auto drawing = figure(strings, {})) {
    out.title = drawing->title;
    if (!drawing->description.empty()) out.paragraphs.push_back(drawing->description);
  }
  REGARD_TRY(const std::string table, csv());
  out.tables.push_back(table_of_csv(table, strings));
  out.tables.back().caption = out.title;
  return out;
}
NonFinite Exportable::non_finite() const {
  const auto numbers = array();
  return numbers ? count_non_finite(numbers->values) : NonFinite{};
}

Result<std::string> write_json(const Exportable& map, const Strings&, const FigureLook&) {
  return map.json();
}
Result<std::string> write_csv(const Exportable& map, const Strings&, const FigureLook&) { return map.csv(); }
Result<std::string> write_html(const Exportable& map, const Strings& strings, const FigureLook&) {
  REGARD_TRY(const TextPage page, map.page(strings));
  return html_of(page, strings);
}
Result<std::string> write_npy(const Exportable& map, const Strings&, const FigureLook&) {
  REGARD_TRY(const NpyArray array, map.array());
  return npy_bytes(array.values, array.shape);
}

std::span<const Format> formats() { return kFormats; }

std::string endings(std::initializer_list<FormatKind> kinds, std::string_view before_last) {
  std::vector<std::string_view> chosen;
  for (const Format& format : kFormats) {
    if (std::ranges::find(kinds, format.kind) != kinds.end()) chosen.push_back(format.ending);
  }
  std::string out;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (i > 0) out += i + 1 == chosen.size() ? before_last : ", ";
    out += chosen[i];
  }
  return out;
}

Result<std::string> map_format(std::string_view path, std::string_view option,
                               std::initializer_list<FormatKind> kinds) {
  std::string ending = std::filesystem::path(path).extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const Format* format = find_format(ending);
  if (format != nullptr && std::ranges::find(kinds, format->kind) != kinds.end()) return ending;
  return fail(ErrorCode::kFormat, "{}: expected a name that ends in {}, got {}", option,
              endings(kinds, " or "), quote(path));
}

bool is_picture(std::string_view format) {
  const Format* found = find_format(format);
  return found != nullptr && found->kind == FormatKind::kPicture;
}

namespace {

// Measured with pango 1.50: below 150 MiB of addresses (two threads with their heaps, the list of installed
// fonts) the libraries end the program themselves. Later figures start threads only.
constexpr std::size_t kFirstBytes = std::size_t{192} << 20, kLaterBytes = std::size_t{48} << 20;

Result<void> room_for_text() {
  static std::atomic<bool> had_room = false;
  const std::size_t bytes = had_room ? kLaterBytes : kFirstBytes;
  void* const probe = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe == MAP_FAILED)
    return fail(ErrorCode::kMemory, "figure: memory: expected {} MiB for fonts, got less", bytes >> 20);
  ::munmap(probe, bytes);
  had_room = true;
  return {};
}

}  // namespace

Result<std::string> map_bytes(const Exportable& map, std::string_view format, const Strings& strings,
                              NonFinite* non_finite, const FigureLook& look) {
  const Format* found = find_format(format);
  REGARD_CHECK(found != nullptr);
  if (non_finite != nullptr) *non_finite = map.non_finite();
  // A page takes title and caption from the figure.
  if (found->kind == FormatKind::kPicture || found->write == write_html) REGARD_TRY_DO(room_for_text());
  return found->write(map, strings, look);
}

}  // namespace regard
