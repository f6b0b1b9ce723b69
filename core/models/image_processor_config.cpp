// preprocessor_config.json, old and new, OpenCLIP's preprocess_cfg and timm's pretrained_cfg to
// ImageProcessor.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "core/models/config_section.h"
#include "core/models/image_processor.h"
#include "core/models/tensor_files.h"
#include "core/models/vit_weights.h"

namespace regard {
namespace {

constexpr int kMaxSide = 16'384;  // pixels
using Triple = std::array<double, 3>;

constexpr Triple kClipMean{0.48145466, 0.4578275, 0.40821073}, kClipStd{0.26862954, 0.26130258, 0.27577711};
constexpr Triple kImageNetMean{0.485, 0.456, 0.406}, kImageNetStd{0.229, 0.224, 0.225};
constexpr Triple kHalf{0.5, 0.5, 0.5};

enum class Kind { kClip, kVit, kDeit, kBit };

// Classes of processors, and whose default each is.
struct Class {
  Kind kind;
  const char* name;
  const char* model_type;
};
constexpr Class kClasses[] = {{Kind::kClip, "CLIP", "clip"}, {Kind::kClip, "CLIP", "clip_vision_model"},
                              {Kind::kVit, "ViT", "vit"},    {Kind::kDeit, "DeiT", "deit"},
                              {Kind::kBit, "Bit", "dinov2"}, {Kind::kBit, "Bit", "dinov2_with_registers"}};

ImageProcessor defaults_of(Kind kind) {
  ImageProcessor p;
  switch (kind) {
    case Kind::kClip:
    case Kind::kBit:
      p.mean = kClipMean;
      p.std = kClipStd;
      break;
    case Kind::kVit:
      p.shortest_edge = 0;
      p.resample = Resample::kBilinear;
      p.crop = false;
      p.mean = p.std = kHalf;
      break;
    case Kind::kDeit:
      p.shortest_edge = 0;
      p.width = p.height = 256;
      p.mean = p.std = kHalf;  // though every published DeiT says ImageNet's
      break;
  }
  return p;
}

// `value` without the keys that are null: the same as absent, for the Fast processors write all of theirs.
Json without_nulls(const Json& value) {
  Json out = Json::object();
  for (const auto& [key, member] : value.items()) {
    if (!member.is_null()) out[key] = member;
  }
  return out;
}

struct Sides {
  int edge = 0;  // of the shorter side; 0: exactly width x height
  int width = 0, height = 0;
};

// A whole number, [height, width], {"height", "width"} or {"shortest_edge"} (beside which `longest_edge`
// changes nothing, as in CLIP's processor).
Result<void> get_sides(const Section& in, std::string_view key, bool number_is_edge, Sides& out) {
  const Json* value = in.find(key);
  if (value == nullptr) return {};
  Json pair;
  if (value->is_array() && value->size() == 2) pair = {{"height", (*value)[0]}, {"width", (*value)[1]}};
  if (value->is_object()) pair = without_nulls(*value);
  if (!pair.is_object()) {
    int side = 0;
    REGARD_TRY_DO(get_int(in, key, 1, kMaxSide, side));
    out = number_is_edge ? Sides{side, 0, 0} : Sides{0, side, side};
    return {};
  }
  const Section sides{&pair, fmt::format("{}{}.", in.where, key)};
  Sides found;
  if (pair.contains("shortest_edge")) {
    REGARD_TRY_DO(get_int(sides, "shortest_edge", 1, kMaxSide, found.edge));
  } else if (pair.contains("height") && pair.contains("width")) {
    REGARD_TRY_DO(get_int(sides, "height", 1, kMaxSide, found.height));
    REGARD_TRY_DO(get_int(sides, "width", 1, kMaxSide, found.width));
  } else {
    return fail(ErrorCode::kUnsupported,
                "{}{}: expected \"shortest_edge\", or \"height\" and \"width\", got {}", in.where, key,
                shown(pair));
  }
  out = found;
  return {};
}

// Three numbers, or one for all three. `positive`: what is divided by.
Result<void> get_triple(const Section& in, std::string_view key, bool positive, Triple& out) {
  const Json* value = in.find(key);
  if (value == nullptr) return {};
  Triple found{};
  for (std::size_t i = 0; i < 3; ++i) {
    const Json* number = value;
    if (value->is_array()) number = value->size() == 3 ? &(*value)[i] : nullptr;
    found[i] = number != nullptr && number->is_number() ? number->get<double>() : NAN;
    if (!(std::abs(found[i]) <= 1e6) || (positive && found[i] < 1e-6)) {
      return fail(ErrorCode::kFormat, "{}{}: expected three {}numbers, got {}", in.where, key,
                  positive ? "positive " : "", shown(*value));
    }
  }
  out = found;
  return {};
}

// Pillow's number, or the word OpenCLIP and timm write.
Result<void> get_resample(const Section& in, std::string_view key, Resample& out) {
  constexpr std::pair<std::string_view, Resample> kWords[] = {
      {"nearest", Resample::kNearest},
      {"lanczos", Resample::kLanczos},
      {"bilinear", Resample::kBilinear},
      {"bicubic", Resample::kBicubic},
      {"random", Resample::kBicubic}};  // when training
  const Json* value = in.find(key);
  if (value == nullptr) return {};
  for (const auto& [word, filter] : kWords) {
    const bool number = value->is_number_integer() && word != "random";
    if (number ? *value == static_cast<int>(filter) : *value == word) {
      out = filter;
      return {};
    }
  }
  return fail(ErrorCode::kUnsupported,
              "{}{}: expected 0 (nearest), 1 (lanczos), 2 (bilinear) or 3 (bicubic), got {}", in.where, key,
              shown(*value));
}

Result<void> get_colours(const Section& in, const char* mean, const char* deviation, ImageProcessor& p) {
  REGARD_TRY_DO(get_triple(in, mean, false, p.mean));
  return get_triple(in, deviation, true, p.std);
}

Result<void> get_scale(const Section& in, ImageProcessor& p) {
  bool rescale = true;
  REGARD_TRY_DO(get_bool(in, "do_rescale", rescale));
  REGARD_TRY_DO(get_positive(in, "rescale_factor", 1e6, p.rescale));
  if (!rescale) p.rescale = 0.0;
  return {};
}

Result<void> get_resize(const Section& in, Kind kind, ImageProcessor& p) {
  REGARD_TRY_DO(get_bool(in, "do_resize", p.resize));
  REGARD_TRY_DO(get_resample(in, "resample", p.resample));
  Sides sides{p.shortest_edge, p.width, p.height};
  REGARD_TRY_DO(get_sides(in, "size", kind == Kind::kClip || kind == Kind::kBit, sides));
  bool square = false;  // CLIP's way of asking for both sides
  REGARD_TRY_DO(get_bool(in, "use_square_size", square));
  if (square && sides.edge != 0) sides = {0, sides.edge, sides.edge};
  p.shortest_edge = sides.edge;
  if (sides.edge == 0) {
    p.width = sides.width;
    p.height = sides.height;
  }
  return {};
}

Result<void> get_crop(const Section& in, ImageProcessor& p) {
  REGARD_TRY_DO(get_bool(in, "do_center_crop", p.crop));
  Sides sides{0, p.crop_width, p.crop_height};
  REGARD_TRY_DO(get_sides(in, "crop_size", false, sides));
  if (sides.edge != 0) sides = {0, sides.edge, sides.edge};
  p.crop_width = sides.width;
  p.crop_height = sides.height;
  return {};
}

std::string text_of(const Section& in, std::string_view key) {
  const Json* value = in.find(key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

// "CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPFeatureExtractor"; without such a name the model's.
Result<Kind> kind_of(const Section& in, const Json* config, bool& fast) {
  const char* key =
      in.find("image_processor_type") != nullptr ? "image_processor_type" : "feature_extractor_type";
  if (const Json* name = in.find(key)) {
    std::string stem = text_of(in, key);
    fast = stem.ends_with("Fast");
    if (fast) stem.resize(stem.size() - 4);
    for (const Class& c : kClasses) {
      if (stem == std::string(c.name) + "ImageProcessor" || stem == std::string(c.name) + "FeatureExtractor")
        return c.kind;
    }
    return fail(ErrorCode::kUnsupported,
                "{}{}: expected the image processor of CLIP, ViT, DeiT or Bit, got {}", in.where, key,
                shown(*name));
  }
  const std::string type = config != nullptr ? text_of({config, ""}, "model_type") : "";
  for (const Class& c : kClasses) {
    if (type == c.model_type) return c.kind;
  }
  return fail(ErrorCode::kUnsupported,
              "{}image_processor_type: expected the image processor of CLIP, ViT, "
              "DeiT or Bit, got none",
              in.where);
}

Result<ImageProcessor> from_preprocessor(const Json& file, const Json* config, std::string_view label) {
  if (!file.is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(file));
  const Json known = without_nulls(file);
  const Section in{&known, fmt::format("{}: ", label)};
  bool fast = false;
  REGARD_TRY(const auto kind, kind_of(in, config, fast));
  ImageProcessor p = defaults_of(kind);
  REGARD_TRY_DO(get_resize(in, kind, p));
  if (kind != Kind::kVit || fast) {  // ViT's slow processor knows no crop
    REGARD_TRY_DO(get_crop(in, p));
  }
  REGARD_TRY_DO(get_scale(in, p));
  REGARD_TRY_DO(get_bool(in, "do_normalize", p.normalise));
  REGARD_TRY_DO(get_colours(in, "image_mean", "image_std", p));
  return p;
}

// By the shorter side to `edge`, then the middle; what torchvision makes of it.
void set_torchvision(ImageProcessor& p, int edge, const Sides& crop) {
  p.crop_to_even = true;
  p.shortest_edge = edge;
  p.crop_width = crop.width;
  p.crop_height = crop.height;
}

// Source: mlfoundations/open_clip transform.py, image_transform_v2 with is_train=False.
Result<ImageProcessor> from_open_clip(const Json& config, std::string_view label) {
  const Section root{&config, fmt::format("{}: ", label)};
  REGARD_TRY(const auto model, get_section(root, "model_cfg"));
  REGARD_TRY(const auto vision, get_section(model, "vision_cfg"));
  REGARD_TRY(const auto given, get_section(root, "preprocess_cfg"));
  const Json known = given.object != nullptr ? without_nulls(*given.object) : Json::object();
  const Section in{&known, given.where};
  ImageProcessor p = defaults_of(Kind::kClip);
  Sides size{0, 224, 224};
  REGARD_TRY_DO(get_sides(vision, "image_size", false, size));
  REGARD_TRY_DO(get_sides(in, "size", false, size));
  if (size.edge != 0) size = {0, size.edge, size.edge};
  REGARD_TRY_DO(get_resample(in, "interpolation", p.resample));
  if (p.resample != Resample::kBilinear) p.resample = Resample::kBicubic;  // it knows these two
  REGARD_TRY_DO(get_colours(in, "mean", "std", p));
  const std::string mode = in.find("resize_mode") != nullptr ? text_of(in, "resize_mode") : "shortest";
  if (mode == "squash") {
    p.shortest_edge = 0;
    p.width = size.width;
    p.height = size.height;
    p.crop = false;
  } else if (mode == "shortest" && size.width == size.height) {
    set_torchvision(p, size.width, size);
  } else {
    return fail(ErrorCode::kUnsupported,
                "{}resize_mode: expected \"squash\", or \"shortest\" with a square, got {}", in.where,
                mode == "shortest" ? fmt::format("{} x {}", size.width, size.height)
                                   : shown(*in.find("resize_mode")));
  }
  return p;
}

// Source: huggingface/pytorch-image-models timm/data/{config,transforms_factory}.py, evaluation.
Result<ImageProcessor> from_timm(const Json& config, std::string_view label) {
  const Section root{&config, fmt::format("{}: ", label)};
  REGARD_TRY(const auto nested, get_section(root, "pretrained_cfg"));
  const bool flat = nested.object == nullptr;  // older files
  const Json known = without_nulls(flat ? config : *nested.object);
  const Section in{&known, flat ? root.where : nested.where};
  ImageProcessor p;
  p.mean = kImageNetMean;
  p.std = kImageNetStd;
  Sides size{0, 224, 224};
  if (const Json* input = in.find("input_size");
      input != nullptr && input->is_array() && input->size() == 3) {
    const Json pair = {{"input_size", {(*input)[1], (*input)[2]}}};
    REGARD_TRY_DO(get_sides({&pair, in.where}, "input_size", false, size));
  }
  double part = 0.875;
  REGARD_TRY_DO(get_positive(in, "crop_pct", 1.0, part));
  REGARD_TRY_DO(get_resample(in, "interpolation", p.resample));
  REGARD_TRY_DO(get_colours(in, "mean", "std", p));
  const auto whole = [part](int side) {
    return static_cast<int>(std::min<double>(std::floor(side / part), kMaxSide));
  };
  const std::string mode = in.find("crop_mode") != nullptr ? text_of(in, "crop_mode") : "center";
  if (mode == "squash" || (mode == "center" && size.width == size.height)) {
    set_torchvision(p, mode == "squash" ? 0 : whole(size.width), size);
    p.width = whole(size.width);
    p.height = whole(size.height);
    return p;
  }
  return fail(
      ErrorCode::kUnsupported, "{}crop_mode: expected \"squash\", or \"center\" with a square, got {}",
      in.where,
      mode == "center" ? fmt::format("{} x {}", size.width, size.height) : shown(*in.find("crop_mode")));
}

// What a model's family uses when no file says: the preprocessor_config.json its authors publish, with the
// model's own side where the model takes no other.
Result<ImageProcessor> from_model(const Json& config, std::string_view label) {
  REGARD_TRY(const auto model, read_vit_config(config, label));
  const int width = model.image_width, height = model.image_height;
  if (model.family == VitFamily::kDinov2) {
    ImageProcessor p = defaults_of(Kind::kBit);
    p.shortest_edge = 256;
    p.mean = kImageNetMean;
    p.std = kImageNetStd;
    return p;
  }
  ImageProcessor p = defaults_of(model.family == VitFamily::kClip   ? Kind::kClip
                                 : model.family == VitFamily::kDeit ? Kind::kDeit
                                                                    : Kind::kVit);
  if (model.family == VitFamily::kClip) p.shortest_edge = std::max(width, height);
  if (model.family == VitFamily::kDeit) {
    p.mean = kImageNetMean;
    p.std = kImageNetStd;
  }
  p.width = model.family == VitFamily::kDeit ? width * 8 / 7 : width;  // 224 of 256, 384 of 438
  p.height = model.family == VitFamily::kDeit ? height * 8 / 7 : height;
  p.crop_width = width;
  p.crop_height = height;
  return p;
}

// Absent is no error.
Result<std::optional<Json>> read_if_there(const std::filesystem::path& path) {
  if (!is_file(path)) return std::optional<Json>();
  REGARD_TRY(auto file, read_json(path));
  return std::optional<Json>(std::move(file));
}

}  // namespace

Result<ImageProcessor> image_processor_from(const Json* preprocessor, const Json* config,
                                            std::string_view label) {
  if (preprocessor != nullptr) return from_preprocessor(*preprocessor, config, label);
  if (config == nullptr) return fail(ErrorCode::kFormat, "{}: expected an object, got none", label);
  if (!config->is_object())
    return fail(ErrorCode::kFormat, "{}: expected an object, got {}", label, shown(*config));
  if (config->contains("model_cfg") || config->contains("preprocess_cfg"))
    return from_open_clip(*config, label);
  if (config->contains("pretrained_cfg") || config->contains("architecture") ||
      config->contains("model_args"))
    return from_timm(*config, label);
  return from_model(*config, label);
}

Result<ImageProcessor> read_image_processor(const std::filesystem::path& folder) {
  REGARD_TRY(const auto config, read_if_there(folder / "config.json"));
  const Json* model = config ? &*config : nullptr;
  REGARD_TRY(const auto file, read_if_there(folder / "preprocessor_config.json"));
  if (file) return image_processor_from(&*file, model, label_of(folder / "preprocessor_config.json"));
  REGARD_TRY(const auto newer, read_if_there(folder / "processor_config.json"));
  if (newer && newer->is_object() && newer->contains("image_processor"))
    return image_processor_from(&(*newer)["image_processor"], model,
                                label_of(folder / "processor_config.json") + ": image_processor");
  REGARD_TRY(const auto open_clip, read_if_there(folder / "open_clip_config.json"));
  if (open_clip)
    return image_processor_from(nullptr, &*open_clip, label_of(folder / "open_clip_config.json"));
  if (model != nullptr) return image_processor_from(nullptr, model, label_of(folder / "config.json"));
  return fail(ErrorCode::kIo, "{}: expected preprocessor_config.json or config.json, got neither",
              label_of(folder));
}

}  // namespace regard
