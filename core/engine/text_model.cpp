#include "core/engine/text_model.h"

#include <utility>

#include "core/engine/model_folder.h"
#include "core/formats/utf8.h"

namespace regard {

namespace fs = std::filesystem;

Result<std::shared_ptr<const TextModel>> open_text_model(const fs::path& folder) {
  REGARD_TRY(const auto encoder_folder, part_of_model(folder, {"text_encoder"}));
  REGARD_TRY(const auto tokenizer_folder, part_of_model(folder, {"tokenizer"}));
  REGARD_TRY(auto encoder, ClipText::open(encoder_folder));
  REGARD_TRY(auto tokenizer, ClipTokenizer::open(tokenizer_folder));
  if (tokenizer.trained_size() > encoder.config().vocab) {
    return fail(ErrorCode::kShape, "{}: vocabulary: expected at most {} entries, as the encoder has, got {}",
                printable(tokenizer_folder.string(), 4096), encoder.config().vocab, tokenizer.trained_size());
  }
  REGARD_TRY(auto words, read_known_words({folder, encoder_folder}));
  return std::make_shared<const TextModel>(TextModel{model_name(folder), encoder_folder, std::move(tokenizer),
                                                     std::move(encoder), std::move(words)});
}

}  // namespace regard
