// The painting workspace in a session file. Steps, blocks and heads are written from 1, as on screen.
#pragma once

#include <string>

#include "app/state/paint_document.h"
#include "core/formats/json.h"

namespace regard {

/// @param error  the first key that was wrong, when it was empty before
void read_paint(const Json& object, PaintDocument& paint, std::string& error);
void read_paint_view(const Json& object, PaintView& view, std::string& error);

/// As in session files: "attention", "share", "rollout", "output".
const char* paint_lens_name(PaintLens lens);

Json paint_document_json(const PaintDocument& paint);
Json paint_view_json(const PaintView& view);

}  // namespace regard
