#include "core/engine/paint_model.h"

#include <algorithm>
#include <utility>

#include "core/engine/model_folder.h"
#include "core/engine/paint_pooled.h"
#include "core/formats/utf8.h"
#include "core/models/config_section.h"
#include "core/models/mmdit_weights.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

constexpr int kMostIndex = 1000;  // of a block or head in coached_heads

Result<void> read_indices(const Section& in, const char* key, std::vector<int>& out) {
  const Json* list = in.find(key);
  if (list == nullptr) return {};
  if (!list->is_array())
    return fail(ErrorCode::kFormat, "{}{}: expected a list, got {}", in.where, key, shown(*list));
  for (const Json& one : *list) {
    if (!one.is_number_integer() || one < 0 || one >= kMostIndex)
      return fail(ErrorCode::kFormat, "{}{}: expected numbers from 0 to {}, got {}", in.where, key,
                  kMostIndex - 1, shown(one));
    out.push_back(one.get<int>());
  }
  std::ranges::sort(out);
  return {};
}

// What the maker of a pipeline says about drawing with it; none of it is diffusers' own.
Result<void> read_advice(const fs::path& folder, PaintModel& model) {
  const fs::path path = folder / "model_index.json";
  REGARD_TRY(const auto index, read_json(path));
  const Section in{&index, fmt::format("{}: ", printable(path.string(), 4096))};
  REGARD_TRY_DO(get_int(in, "steps_default", 1, kMostPaintSteps, model.steps));
  REGARD_TRY_DO(get_positive(in, "guidance_default", 1000.0, model.guidance));
  REGARD_TRY_DO(get_bool(in, "taught_weights", model.taught_weights));
  const Json* coached = in.find("coached_heads");
  if (coached == nullptr || !coached->is_object()) return {};
  const Section heads{coached, in.where + "coached_heads: "};
  REGARD_TRY_DO(read_indices(heads, "blocks", model.coached_blocks));
  return read_indices(heads, "heads", model.coached_heads);
}

// What finds the objects in its pictures.
Result<void> read_segmenter(const fs::path& folder, PaintModel& model) {
  const fs::path path = folder / "segmenter.safetensors";
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return {};
  const MmditConfig& config = model.mmdit.config();
  REGARD_TRY(Segmenter segmenter, Segmenter::open(path));
  if (!segmenter.reads(config.sample_side) || config.sample_side / config.patch != segmenter.grid())
    return {};
  model.segmenter = std::make_shared<const Segmenter>(std::move(segmenter));
  return {};
}

// Whether the transformer fits, before its weights are read: those of any file may take gigabytes.
Result<void> check_fit(const TextModel& text, const fs::path& transformer) {
  const fs::path path = transformer / "config.json";
  const std::string label = printable(path.string(), 4096);
  REGARD_TRY(const auto json, read_json(path));
  REGARD_TRY(const auto config, read_mmdit_config(json, label));
  const int width = text.encoder.config().width;
  if (config.channels != 3 || config.out_channels != 3) {
    return fail(
        ErrorCode::kUnsupported,
        "{}: expected 3 channels, a transformer of pixels, got {}, latents, whose decoder is not run here",
        label, config.channels);
  }
  if (config.text_width != width) {
    return fail(ErrorCode::kShape,
                "{}: expected a transformer that reads text states of width {}, as {} gives, got {}", label,
                width, text.name, config.text_width);
  }
  return {};
}

}  // namespace

bool PaintModel::is_coached(int block, int head) const {
  return std::ranges::binary_search(coached_blocks, block) && std::ranges::binary_search(coached_heads, head);
}

Result<std::shared_ptr<const PaintModel>> open_paint_model(const fs::path& folder,
                                                           std::shared_ptr<const TextModel> text) {
  REGARD_TRY_DO(check_model_folder(folder));
  std::error_code ignored;
  if (!fs::is_regular_file(folder / "model_index.json", ignored)) {
    return fail(ErrorCode::kUnsupported,
                "{}: expected a model that draws: a folder with model_index.json, got none",
                printable(folder.string(), 4096));
  }
  REGARD_TRY(const auto transformer, part_of_model(folder, {"transformer"}));
  REGARD_TRY(const auto scheduler, part_of_model(folder, {"scheduler"}));
  if (text == nullptr) {
    REGARD_TRY(text, open_text_model(folder));
  }
  REGARD_TRY_DO(check_fit(*text, transformer));
  REGARD_TRY(auto mmdit, Mmdit::open(transformer));
  REGARD_TRY(const auto schedule, open_schedule(scheduler));
  auto model = std::make_shared<PaintModel>(
      PaintModel{model_name(folder), folder, std::move(text), std::move(mmdit), schedule, 28, 7.0, {}, {}});
  REGARD_TRY_DO(read_advice(folder, *model));
  REGARD_TRY_DO(read_segmenter(folder, *model));
  REGARD_TRY_DO(read_pooled_encoders(*model));
  return model;
}

}  // namespace regard
