// What the gradient lenses ("attnlrp", "chefer", "legrad") need of a drawing beside its trace.
#pragma once

#include <stop_token>

#include "core/analysis/drawn.h"
#include "core/analysis/lens.h"
#include "core/engine/paint.h"

namespace regard {

/// One step and half as it was drawn, before guidance. @param drawn  counted from the first that was drawn
/// @param record  of that step and half. Expects 0 <= drawn < run.predictions.size(), and a half that is
/// there. Run and record must outlive it. Cost: two rows through a linear layer a block.
DrawnStep drawn_step(const PaintRun& run, int drawn, Half half, const AttentionRecord& record);

/// Of the steps and half that `query` asks for, where its lens is one of gradients; of any other only `stop`.
/// The run must outlive it.
LensContext lens_context(const PaintRun& run, const MapQuery& query, std::stop_token stop = {});

}  // namespace regard
