// One number a token on the way out: JSON, CSV, npy, and a figure of bars.
#pragma once

#include <memory>
#include <string>

#include "app/export/formats.h"
#include "core/analysis/map_query.h"
#include "core/engine/text_run.h"
#include "core/tensor/matrix.h"

namespace regard {

struct TextNumbers {
  std::shared_ptr<const TextRun> run;
  MapQuery query;          // whose lens gives one number a token
  RowVector values;        // [T]
  bool is_signed = false;  // 0 is the middle
};

/// The numbers that `query` names of a prompt. Errors: as evaluate(), and of embed_text() for its caption.
/// Thread: any. Cost: as evaluate(), and a pass of the tower for a caption.
Result<TextNumbers> collect_numbers(std::shared_ptr<const TextRun> run, const MapQuery& query,
                                    std::stop_token stop = {});

/// {model, tokens, lens, layer, toward, numbers}: `numbers` one a token; "layer" of a lens of one layer,
/// "toward" what a prompt is compared with.
std::string numbers_json(const TextNumbers& numbers);
/// A line a token: position, token, text, and the lens' own column.
std::string numbers_csv(const TextNumbers& numbers);

std::shared_ptr<const Exportable> exportable(TextNumbers numbers);

}  // namespace regard
