// The painting workspace in a session file. Steps, blocks and heads are written from 1, as on screen.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/state/paint_document.h"
#include "core/formats/json.h"

namespace regard {

class Reader;

/// @param error  the first key that was wrong, when it was empty before
void read_paint(const Json& object, PaintDocument& paint, std::string& error);
void read_paint_view(const Json& object, PaintView& view, std::string& error);

/// As in session files: "attention", "share", "rollout", "output".
const char* paint_lens_name(PaintLens lens);
/// The inverse. Nothing: a drawing has no such lens.
std::optional<PaintLens> paint_lens_of(std::string_view name);

/// What is tried, under the key "edits". @param runs  of RunKinds (interventions.h): those that an edit must
/// exist for. Heads count from 1, positions and `after` from 0.
void read_edits(Reader& reader, unsigned runs, std::vector<RunEdit>& edits);
Json edits_json(const std::vector<RunEdit>& edits);

Json paint_document_json(const PaintDocument& paint);
Json paint_view_json(const PaintView& view);

}  // namespace regard
