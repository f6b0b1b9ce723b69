// Maps of a text as the bytes of a file. Used by the command line and the window.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "app/export/formats.h"
#include "app/export/maps.h"

namespace regard {

/// @param format  as map_format() gives it. Pictures speak `language`. Expects one map for a picture.
/// Errors: format (a picture too large).
/// @param non_finite  as map_bytes() of formats.h
Result<std::string> map_bytes(const MapSet& maps, std::string_view format, Language language,
                              NonFinite* non_finite = nullptr, const FigureLook& look = {});

/// A map of a text as what the formats ask for.
std::shared_ptr<const Exportable> exportable(MapSet maps);

}  // namespace regard
