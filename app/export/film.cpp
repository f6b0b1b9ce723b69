#include "app/export/film.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include "core/base/check.h"
#include "core/formats/png.h"
#include "core/formats/resize.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxPngSide = 16384;
constexpr int kLosslessLevel = 6;  // of libwebp's 0 (fast) to 9 (small): its own default

struct Deleter {
  void operator()(WebPAnimEncoder* encoder) const { WebPAnimEncoderDelete(encoder); }
};
using Encoder = std::unique_ptr<WebPAnimEncoder, Deleter>;

// What libwebp reads a frame from; frees its own copy.
class Frame {
 public:
  // @param rgb  [height][width][3]
  Frame(const std::vector<std::uint8_t>& rgb, int width, int height) {
    sound_ = WebPPictureInit(&picture_) != 0;
    if (!sound_) return;
    picture_.use_argb = 1;
    picture_.width = width;
    picture_.height = height;
    sound_ = WebPPictureImportRGB(&picture_, rgb.data(), 3 * width) != 0;
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  ~Frame() { WebPPictureFree(&picture_); }
  WebPPicture* get() { return sound_ ? &picture_ : nullptr; }

 private:
  WebPPicture picture_{};
  bool sound_ = false;
};

// The bytes of an assembled animation.
class Assembled {
 public:
  Assembled() { WebPDataInit(&data_); }
  Assembled(const Assembled&) = delete;
  Assembled& operator=(const Assembled&) = delete;
  ~Assembled() { WebPDataClear(&data_); }
  WebPData* get() { return &data_; }
  std::string bytes() const { return {reinterpret_cast<const char*>(data_.bytes), data_.size}; }

 private:
  WebPData data_;
};

Result<void> check_size(const PaintRun& run, int scale, int most) {
  REGARD_CHECK(run.drawn() > 0 && scale >= 1);
  const int side = std::max(run.width, run.height);
  if (side <= most / scale) return {};
  return fail(ErrorCode::kFormat, "--scale: expected 1 to {} for a film of {} x {} pixels, got {}",
              most / side, run.width, run.height, scale);
}

// [height * scale][width * scale][3]
std::vector<std::uint8_t> frame_bytes(const PaintRun& run, const FilmOptions& options, int step) {
  const auto at = static_cast<std::size_t>(step);
  const auto& values = options.shows == FilmShows::kHeading ? run.x0[at] : run.x[at + 1];
  std::vector<std::uint8_t> rgb = picture_bytes(values, run.height, run.width);
  if (options.scale == 1) return rgb;
  return resize_rgb(rgb, run.width, run.height, run.width * options.scale, run.height * options.scale,
                    Resample::kNearest);
}

std::unexpected<Error> refused(std::string_view why) {
  return fail(ErrorCode::kFormat, "film: expected pictures that libwebp can join, got '{}'", why);
}

Encoder new_encoder(int width, int height) {
  WebPAnimEncoderOptions settings;
  if (WebPAnimEncoderOptionsInit(&settings) == 0) return {};
  settings.anim_params.loop_count = 0;  // without end
  return Encoder(WebPAnimEncoderNew(width, height, &settings));
}

/// "step-003.png"
bool is_frame(std::string_view name) {
  constexpr std::string_view kBefore = "step-", kAfter = ".png";
  if (!name.starts_with(kBefore) || !name.ends_with(kAfter) || name.size() == kBefore.size() + kAfter.size())
    return false;
  name = name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size());
  return name.find_first_not_of("0123456789") == name.npos;
}

}  // namespace

Result<std::string> film_webp(const PaintRun& run, const FilmOptions& options) {
  REGARD_CHECK(options.frame_ms >= 1 && options.frame_ms <= 60'000);
  REGARD_CHECK(options.last_ms >= 1 && options.last_ms <= 60'000);
  REGARD_TRY_DO(check_size(run, options.scale, WEBP_MAX_DIMENSION));
  const int width = run.width * options.scale, height = run.height * options.scale, steps = run.drawn();
  const Encoder encoder = new_encoder(width, height);
  WebPConfig config;
  if (!encoder || WebPConfigInit(&config) == 0 || WebPConfigLosslessPreset(&config, kLosslessLevel) == 0)
    return refused("a libwebp of another version than its headers");
  for (int step = 0; step < steps; ++step) {
    Frame frame(frame_bytes(run, options, step), width, height);
    if (frame.get() == nullptr) return refused("no memory left");
    if (WebPAnimEncoderAdd(encoder.get(), frame.get(), step * options.frame_ms, &config) == 0)
      return refused(WebPAnimEncoderGetError(encoder.get()));
  }
  // The end of the last frame: a time without a picture.
  const int end = (steps - 1) * options.frame_ms + options.last_ms;
  Assembled film;
  if (WebPAnimEncoderAdd(encoder.get(), nullptr, end, nullptr) == 0 ||
      WebPAnimEncoderAssemble(encoder.get(), film.get()) == 0)
    return refused(WebPAnimEncoderGetError(encoder.get()));
  return film.bytes();
}

Result<void> film_pngs(const PaintRun& run, const FilmOptions& options, const fs::path& folder,
                       FileSet& files) {
  REGARD_TRY_DO(check_size(run, options.scale, kMaxPngSide));
  REGARD_TRY_DO(files.make_folder(folder));
  files.replace_former(folder, is_frame);
  for (int step = 0; step < run.drawn(); ++step) {
    REGARD_TRY(const std::string bytes, encode_png(run.width * options.scale, run.height * options.scale, 3,
                                                   frame_bytes(run, options, step)));
    const fs::path path = folder / fmt::format("step-{:03}.png", run.first_step + step + 1);
    REGARD_TRY_DO(files.add(path, bytes));
  }
  return {};
}

}  // namespace regard
