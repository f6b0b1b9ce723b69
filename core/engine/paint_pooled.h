// The pooled text of a drawing: one vector a prompt, which reaches every patch by modulation and not by
// attention. SD3: the end token's projected state of each CLIP encoder of the pipeline, end to end.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/engine/paint_text.h"

namespace regard {

/// Fills model.pooled_by from model_index.json: `text_encoder` (open already) and `text_encoder_2`, when both
/// that are there are CLIPTextModelWithProjection and their projections are as wide together as the
/// transformer reads. Else the pooled text is zeros, and model.pooled_notice says why; not for a pipeline
/// that was trained so (Little World's). Errors: io, format, shape, unsupported: of the second encoder's
/// files.
Result<void> read_pooled_encoders(PaintModel& model);

/// The pooled text of a prompt, of its first chunk and without its weights, as in diffusers, A1111 and
/// ComfyUI. [P]; empty, which is zeros, when the pipeline has none. Words hidden in the encoder are hidden
/// here too. Errors: as run_text(). Cost: a pass of each encoder.
/// Source: huggingface/diffusers pipeline_stable_diffusion_3.py, encode_prompt; proven by tests/golden.
Result<std::vector<float>> pooled_text(const PaintRequest& request, const std::string& prompt,
                                       const HiddenWords& hidden, std::stop_token stop);

}  // namespace regard
