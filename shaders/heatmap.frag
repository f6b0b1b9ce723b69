// Colours one value a pixel, or the most telling of several. Twin of color_of() and overlay_color_of() in app/views/colormap.cpp;
// tests/app/gl compares them.
#version 330 core

uniform sampler2D u_values;  // R32F
uniform sampler2D u_map;     // 256 x 1
uniform float u_low;         // value at the start of the map; its log10 when u_log
uniform float u_per_unit;    // places in the map per unit of value (or of its log10)
uniform bool u_log;
uniform float u_floor;       // u_log only
uniform vec4 u_flag_color;
uniform bool u_over_picture;  // as opaque as the value is far from u_nothing; else opaque
uniform float u_nothing;      // place in the map of what says nothing: 0, or 0.5 for differences
uniform ivec2 u_part;         // so many cells are drawn with
uniform ivec2 u_shown;        // so many pixels; the same: a pixel a cell

out vec4 color;

const float kMasked = -3e38;
const float kInvalid = 3e38;

// Not yet within the map: [0, 1] is its length.
float place_of(float value) {
  if (u_log) value = log2(max(value, u_floor)) * 0.30102999566;  // log10(2)
  return (value - u_low) * u_per_unit;
}

float weight_of(float value) {
  if (value <= kMasked) return -1.0;
  return value >= kInvalid ? kInvalid : abs(place_of(value) - u_nothing);
}

// Of the cells under this pixel the one farthest from what says nothing: no thin line is lost.
float shown_value() {
  ivec2 at = ivec2(gl_FragCoord.xy), last = textureSize(u_values, 0) - 1;
  ivec2 corner = at / u_shown * u_part, inside = at % u_shown;
  ivec2 from = corner + inside * u_part / u_shown;
  ivec2 to = min(last, corner + ((inside + 1) * u_part - 1) / u_shown);
  float value = texelFetch(u_values, min(from, last), 0).r, most = weight_of(value);
  for (int y = from.y; y <= to.y; ++y) {
    for (int x = from.x; x <= to.x; ++x) {
      float other = texelFetch(u_values, ivec2(x, y), 0).r, weight = weight_of(other);
      if (weight > most) {
        value = other;
        most = weight;
      }
    }
  }
  return value;
}

void main() {
  float value = shown_value();
  if (value <= kMasked) {
    color = vec4(0.0);  // empty, not zero
    return;
  }
  if (value >= kInvalid) {
    color = u_flag_color;
    return;
  }
  float place = clamp(place_of(value), 0.0, 1.0);
  color = texelFetch(u_map, ivec2(min(255, int(place * 256.0)), 0), 0);
  if (u_over_picture) color.a *= abs(place - u_nothing) / max(u_nothing, 1.0 - u_nothing);
}
