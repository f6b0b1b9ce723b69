// What a viewer would show of an animated WebP: libwebp's own reader.
#pragma once

#include <gtest/gtest.h>
#include <webp/demux.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace regard {

struct Film {
  int width = 0, height = 0;
  int loops = -1;                                 // 0: without end
  std::vector<std::vector<std::uint8_t>> frames;  // [height][width][3]
  std::vector<int> ends_ms;                       // of each frame
};

inline Film decode_film(const std::string& bytes) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  WebPAnimDecoderOptions options;
  WebPAnimDecoderOptionsInit(&options);
  options.color_mode = MODE_RGBA;
  const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(
      WebPAnimDecoderNew(&data, &options), WebPAnimDecoderDelete);
  WebPAnimInfo info{};
  Film film;
  if (!decoder || WebPAnimDecoderGetInfo(decoder.get(), &info) == 0) {
    ADD_FAILURE() << "no animated WebP";
    return film;
  }
  film.width = static_cast<int>(info.canvas_width);
  film.height = static_cast<int>(info.canvas_height);
  film.loops = static_cast<int>(info.loop_count);
  std::uint8_t* rgba = nullptr;
  for (int end = 0; WebPAnimDecoderGetNext(decoder.get(), &rgba, &end) != 0;) {
    std::vector<std::uint8_t>& rgb = film.frames.emplace_back();
    for (std::size_t i = 0; i < std::size_t{info.canvas_width} * info.canvas_height; ++i) {
      EXPECT_EQ(rgba[4 * i + 3], 255);
      rgb.insert(rgb.end(), rgba + 4 * i, rgba + 4 * i + 3);
    }
    film.ends_ms.push_back(end);
  }
  EXPECT_EQ(film.frames.size(), info.frame_count);
  return film;
}

}  // namespace regard
