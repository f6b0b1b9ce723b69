#include <memory>

#include <webp/decode.h>
#include <webp/demux.h>

#include "core/formats/image.h"

namespace regard {
namespace {

struct Deleter {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
  void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};
using Demuxer = std::unique_ptr<WebPDemuxer, Deleter>;
using Animation = std::unique_ptr<WebPAnimDecoder, Deleter>;

std::string_view status_text(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return "the file ends too early";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "a feature that libwebp does not know";
    case VP8_STATUS_OUT_OF_MEMORY:
      return "no memory left";
    default:
      return "damaged data";
  }
}

std::unexpected<Error> refused(std::string_view label, std::string_view why) {
  return fail(ErrorCode::kFormat, "{}: expected a sound WebP, got '{}'", label, why);
}

int orientation_of(const WebPData& data) {
  const Demuxer demuxer(WebPDemux(&data));
  WebPChunkIterator chunk{};
  int orientation = 1;
  if (demuxer && WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) != 0) {
    orientation = exif_orientation({reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size});
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  return orientation;
}

VP8StatusCode still(const WebPData& data, Image& image) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return VP8_STATUS_INVALID_PARAM;
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {image.rgb.data(), 3 * image.width, image.rgb.size()};
  return WebPDecode(data.bytes, data.size, &config);
}

// The first picture of an animation, on its canvas.
bool first_frame(const WebPData& data, Image& image) {
  WebPAnimDecoderOptions options;
  if (WebPAnimDecoderOptionsInit(&options) == 0) return false;
  options.color_mode = MODE_RGBA;
  const Animation animation(WebPAnimDecoderNew(&data, &options));
  WebPAnimInfo canvas;
  if (!animation || WebPAnimDecoderGetInfo(animation.get(), &canvas) == 0) return false;
  const std::size_t area = std::size_t{canvas.canvas_width} * canvas.canvas_height;
  image.frames = static_cast<int>(canvas.frame_count);
  std::uint8_t* rgba = nullptr;
  int time = 0;
  if (area != image.rgb.size() / 3 || WebPAnimDecoderGetNext(animation.get(), &rgba, &time) == 0)
    return false;
  for (std::size_t i = 0; i < area; ++i) {
    for (std::size_t c = 0; c < 3; ++c) image.rgb[3 * i + c] = rgba[4 * i + c];
  }
  return true;
}

}  // namespace

Result<Image> decode_webp(std::string_view bytes, std::string_view label, const ImageLimits& limits) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (const VP8StatusCode status = WebPGetFeatures(data, bytes.size(), &features); status != VP8_STATUS_OK)
    return refused(label, status_text(status));
  const auto width = static_cast<std::size_t>(features.width),
             height = static_cast<std::size_t>(features.height);
  REGARD_TRY_DO(check_image_size(width, height, label, limits));
  Image image{features.width, features.height, {}, "WebP"};
  image.rgb.resize(3 * width * height);
  const WebPData all{data, bytes.size()};
  if (features.has_animation != 0) {
    if (!first_frame(all, image)) return refused(label, "a first picture that is damaged or cut");
  } else if (const VP8StatusCode status = still(all, image); status != VP8_STATUS_OK) {
    return refused(label, status_text(status));
  }
  return turned(std::move(image), orientation_of(all));
}

}  // namespace regard
