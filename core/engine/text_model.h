// A text model ready to be asked: tokenizer, encoder, and what to call it. Opens a folder whatever its
// layout.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/engine/known_words.h"
#include "core/models/clip_text.h"
#include "core/text/tokenizer.h"

namespace regard {

struct TextModel {
  std::string name;              // "Little World", else the folder's name
  std::filesystem::path folder;  // the folder that holds config.json
  ClipTokenizer tokenizer;
  ClipText encoder;
  std::shared_ptr<const KnownWords> words = {};  // that it was taught; null: its folder does not say

  /// What fills a chunk up behind its EOS, for every grammar and scheme: what the program that reads such a
  /// folder takes. OpenCLIP: 0. Else the tokenizer's pad_token: EOS in SD 1, "!" (0) in SD 2.
  int pad_id() const { return encoder.config().pad_id >= 0 ? encoder.config().pad_id : tokenizer.pad_id(); }
};

/// Opens `folder` (a CLIP folder, or a diffusers pipeline whose model_index.json names one).
/// Errors: io, format, shape, unsupported; the message names the file and what is wrong with it.
/// Cost: reads the tokenizer and the embeddings; each layer is read when a run first needs it (layer_list.h).
/// Thread: any.
Result<std::shared_ptr<const TextModel>> open_text_model(const std::filesystem::path& folder);

}  // namespace regard
