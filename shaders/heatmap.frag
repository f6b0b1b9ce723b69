// Colours one value a pixel. Twin of color_of() and overlay_color_of() in app/views/colormap.cpp;
// tests/app/gl compares them.
#version 330 core

uniform sampler2D u_values;  // R32F, size of the target
uniform sampler2D u_map;     // 256 x 1
uniform float u_low;         // value at the start of the map; its log10 when u_log
uniform float u_per_unit;    // places in the map per unit of value (or of its log10)
uniform bool u_log;
uniform float u_floor;       // u_log only
uniform vec4 u_flag_color;
uniform bool u_over_picture;  // as opaque as the value is far from u_nothing; else opaque
uniform float u_nothing;      // place in the map of what says nothing: 0, or 0.5 for differences

out vec4 color;

const float kMasked = -3e38;
const float kInvalid = 3e38;

void main() {
  float value = texelFetch(u_values, ivec2(gl_FragCoord.xy), 0).r;
  if (value <= kMasked) {
    color = vec4(0.0);  // empty, not zero
    return;
  }
  if (value >= kInvalid) {
    color = u_flag_color;
    return;
  }
  if (u_log) value = log2(max(value, u_floor)) * 0.30102999566;  // log10(2)
  float place = clamp((value - u_low) * u_per_unit, 0.0, 1.0);
  color = texelFetch(u_map, ivec2(min(255, int(place * 256.0)), 0), 0);
  if (u_over_picture) color.a *= abs(place - u_nothing) / max(u_nothing, 1.0 - u_nothing);
}
