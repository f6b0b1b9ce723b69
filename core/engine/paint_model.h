// A model that draws, ready to be asked: text encoder, diffusion transformer, schedule, and what its maker
// advises. Opens a diffusers pipeline folder.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/diffusion/schedule.h"
#include "core/engine/run_edit.h"
#include "core/engine/text_model.h"
#include "core/models/mmdit.h"
#include "core/models/segmenter.h"

namespace regard {

struct PaintModel {
  std::string name;              // "Little World", else the folder's name
  std::filesystem::path folder;  // the one that holds model_index.json
  std::shared_ptr<const TextModel> text;
  Mmdit mmdit;
  Schedule schedule;
  // Of model_index.json's steps_default and guidance_default; else what diffusers' SD3 pipeline takes.
  int steps = 28;
  double guidance = 7.0;
  /// Of its coached_heads: the heads that were taught where words are (the rest were left free), each of
  /// these heads in each of these blocks; from 0, ascending, empty when the file names none.
  std::vector<int> coached_blocks, coached_heads;
  /// Of its taught_weights: in training a noun's weight was how large its object is, a colour's how vivid.
  bool taught_weights = false;

  /// Finds the objects in its pictures, when its folder has one (segmenter.safetensors) that reads pictures
  /// of the model's size in as many patches as the transformer has; null: none.
  std::shared_ptr<const Segmenter> segmenter = {};

  /// The encoders whose projected end token makes the pooled text, end to end; none: it is zeros.
  std::vector<std::shared_ptr<const TextModel>> pooled_by = {};
  /// Why it is zeros where the transformer may have been trained with another; a line for the person, who is
  /// told before it draws. Empty: nothing to say.
  std::string pooled_notice = {};

  bool is_coached(int block, int head) const;
};

/// Opens a pipeline whose model_index.json names text_encoder, transformer and scheduler.
/// @param text  its text encoder when that is open already; null: opened here
/// Errors: io, format, shape (a text encoder of another width than the transformer reads), unsupported (a
/// part that is missing or of another kind; a transformer of latents, which need a decoder that is not run
/// here). Cost: reads every weight. Thread: any.
Result<std::shared_ptr<const PaintModel>> open_paint_model(const std::filesystem::path& folder,
                                                           std::shared_ptr<const TextModel> text = {});

}  // namespace regard
