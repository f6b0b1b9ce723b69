#include "core/engine/paint_pooled.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "core/engine/model_folder.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProjects = "CLIPTextModelWithProjection";

// The class of an entry `[library, class]`; empty when there is none, or when it is null, as diffusers writes
// an encoder that was left out.
std::string class_of(const Json& index, const char* key) {
  const auto entry = index.find(key);
  const bool named =
      entry != index.end() && entry->is_array() && entry->size() >= 2 && (*entry)[1].is_string();
  return named ? (*entry)[1].get<std::string>() : std::string();
}

Result<std::shared_ptr<const TextModel>> open_second(const fs::path& folder) {
  REGARD_TRY(const auto encoder_folder, part_of_model(folder, {"text_encoder_2"}));
  REGARD_TRY(const auto tokenizer_folder, part_of_model(folder, {"tokenizer_2"}));
  REGARD_TRY(auto encoder, ClipText::open(encoder_folder));
  REGARD_TRY(auto tokenizer, ClipTokenizer::open(tokenizer_folder));
  if (tokenizer.vocab_size() > encoder.config().vocab) {
    return fail(ErrorCode::kShape, "{}: vocabulary: expected at most {} entries, as the encoder has, got {}",
                printable(tokenizer_folder.string(), 4096), encoder.config().vocab, tokenizer.vocab_size());
  }
  return std::make_shared<const TextModel>(TextModel{encoder_folder.filename().string(), encoder_folder,
                                                     std::move(tokenizer), std::move(encoder)});
}

}  // namespace

Result<void> read_pooled_encoders(PaintModel& model) {
  const fs::path path = model.folder / "model_index.json";
  REGARD_TRY(const Json index, read_json(path));
  // Trained without: its transformer has never seen another pooled text than zeros.
  if (index.value("_class_name", Json()) == "LittleWorldPipeline") return {};
  const std::string first = class_of(index, "text_encoder"), second = class_of(index, "text_encoder_2");
  const int wanted = model.mmdit.config().pooled_width;
  const auto zeros = [&](const std::string& why) {
    model.pooled_notice = fmt::format("{}: pooled text: zeros: {}", printable(path.string(), 4096), why);
  };
  for (const auto& [key, name] : {std::pair("text_encoder", &first), {"text_encoder_2", &second}}) {
    if (*name == kProjects || (name == &second && name->empty())) continue;
    zeros(fmt::format("expected {} to be a {}, got {}", key, kProjects, quote(*name)));
    return {};
  }
  std::vector<std::shared_ptr<const TextModel>> encoders{model.text};
  if (!second.empty()) {
    REGARD_TRY(encoders.emplace_back(), open_second(model.folder));
  }
  int width = 0;
  for (const auto& encoder : encoders) width += encoder->encoder.config().projection;
  if (width != wanted) {
    zeros(fmt::format("expected encoders that project to {} numbers together, got {}", wanted, width));
    return {};
  }
  model.pooled_by = std::move(encoders);
  return {};
}

Result<std::vector<float>> pooled_text(const PaintRequest& request, const std::string& prompt,
                                       const HiddenWords& hidden, std::stop_token stop) {
  std::vector<float> out;
  for (const auto& encoder : request.model->pooled_by) {
    REGARD_TRY(const auto run, run_text({.model = encoder,
                                         .prompt = prompt,
                                         .syntax = request.syntax,
                                         .weighting = Weighting::kNone,
                                         .hidden_words = hidden.bytes,
                                         .hidden_end = hidden.end},
                                        stop));
    const RowVector& vector = run->output.embedding;
    out.insert(out.end(), vector.data(), vector.data() + vector.size());
  }
  return out;
}

}  // namespace regard
