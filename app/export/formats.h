// The kinds of file that a map becomes, one a line of kFormats (formats.cpp): endings in messages and help,
// the choice by a file's name and the writing all come from there.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "app/export/drawing.h"
#include "app/export/figure_look.h"
#include "app/export/non_finite.h"
#include "app/export/text_page.h"
#include "app/i18n/strings.h"
#include "core/base/result.h"
#include "core/formats/npy.h"

namespace regard {

/// A map, or several, on the way out: what the formats ask for. What one cannot give is an error:
/// unsupported.
class Exportable {
 public:
  virtual ~Exportable() = default;
  virtual Result<std::string> json() const;
  virtual Result<std::string> csv() const;
  virtual Result<NpyArray> array() const;
  /// Expects exactly one map.
  virtual Result<Drawing> figure(const Strings& strings, const FigureLook& look) const;
  /// The same in words and tables. Default: the figure's title and caption, where it has one, and the table.
  virtual Result<TextPage> page(const Strings& strings) const;
  /// Of the numbers that go out, those that are none and that no mask explains. Default: of array().
  virtual NonFinite non_finite() const;
};

/// `Maps` goes out of a `Set` that it refers to: both in one.
template <class Maps, class Set>
std::shared_ptr<const Exportable> owning(Set set) {
  struct Owned {
    explicit Owned(Set given) : set(std::move(given)), out(set) {}
    Set set;
    Maps out;
  };
  const auto owned = std::make_shared<const Owned>(std::move(set));
  return {owned, &owned->out};
}

enum class FormatKind {
  kDescribed,  // numbers with the names of what they belong to
  kNumbers,    // numbers alone
  kPicture,    // exactly one map
};

struct Format {
  std::string_view ending;  // ".json", in lower case
  FormatKind kind;
  Result<std::string> (*write)(const Exportable& map, const Strings& strings, const FigureLook& look);
};

/// All of them, in the order messages name them.
std::span<const Format> formats();

/// The endings of these kinds: ".json, .csv or .npy" with " or " before the last.
std::string endings(std::initializer_list<FormatKind> kinds, std::string_view before_last = ", ");

inline constexpr std::initializer_list<FormatKind> kAllKinds = {FormatKind::kDescribed, FormatKind::kNumbers,
                                                                FormatKind::kPicture};

/// The ending of `path`, in lower case. Errors: format, when it is none of these kinds; the message names
/// `option`.
Result<std::string> map_format(std::string_view path, std::string_view option,
                               std::initializer_list<FormatKind> kinds = kAllKinds);

/// Whether a format shows exactly one map. @param format  as map_format() gives it
bool is_picture(std::string_view format);

/// The file's bytes; pictures speak the strings' language. Expects a format of the table, and one map for a
/// picture. Errors: what the map cannot give; format (a picture too large); memory (a picture's fonts).
/// @param non_finite  receives what the caller has to say of its values; may be null
/// @param look  of a picture; numbers are the same in every look
Result<std::string> map_bytes(const Exportable& map, std::string_view format, const Strings& strings,
                              NonFinite* non_finite = nullptr, const FigureLook& look = {});

}  // namespace regard
