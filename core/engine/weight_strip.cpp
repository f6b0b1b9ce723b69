#include "core/engine/weight_strip.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/engine/interventions.h"
#include "core/engine/paint_picture.h"
#include "core/engine/text_chunks.h"
#include "core/engine/truth.h"
#include "core/formats/utf8.h"
#include "core/prompt/grammar.h"

namespace regard {
namespace {

// Colours of Little World that are all grey: how far they are from it says nothing about them.
constexpr std::array<std::string_view, 3> kWithoutHue{"grey", "black", "white"};

std::unexpected<Error> not_weights(std::string_view got) {
  return fail(ErrorCode::kFormat, "expected 1 to {} numbers from {} to {}, got {}", kMostStripWeights,
              -kMostStripWeight, kMostStripWeight, quote(got));
}

std::optional<double> strip_number(std::string token, char decimal) {
  if (decimal != '.') std::ranges::replace(token, decimal, '.');
  double value = 0.0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  return std::abs(value) <= kMostStripWeight ? std::optional(value) : std::nullopt;
}

// Largest less smallest of red, green and blue, each in [0, 1]. @param pixel  row by row
double chroma_at(std::span<const float> x, std::size_t pixel) {
  const std::size_t plane = x.size() / 3;
  std::array<double, 3> rgb{};
  for (std::size_t c = 0; c < 3; ++c)
    rgb[c] = (std::clamp(static_cast<double>(x[c * plane + pixel]), -1.0, 1.0) + 1.0) / 2.0;
  return std::ranges::max(rgb) - std::ranges::min(rgb);
}

// Mean over the pixels of the patches in `mask`. @param patch  pixels a side
double mean_chroma(std::span<const float> x, int height, int width, int patch,
                   const std::vector<bool>& mask) {
  double sum = 0.0;
  std::int64_t pixels = 0;
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      if (!mask[static_cast<std::size_t>(row / patch * (width / patch) + column / patch)]) continue;
      sum += chroma_at(x, static_cast<std::size_t>(row) * static_cast<std::size_t>(width) +
                              static_cast<std::size_t>(column));
      ++pixels;
    }
  }
  return sum / static_cast<double>(pixels);
}

// Errors: shape.
Result<void> check_strip_weights(const std::vector<double>& weights) {
  if (weights.empty() || weights.size() > kMostStripWeights)
    return fail(ErrorCode::kShape, "strip: expected 1 to {} weights, got {}", kMostStripWeights,
                weights.size());
  for (const double weight : weights) {
    if (!(std::abs(weight) <= kMostStripWeight))
      return fail(ErrorCode::kShape, "strip: expected weights from {} to {}, got {}", -kMostStripWeight,
                  kMostStripWeight, weight);
  }
  return {};
}

}  // namespace

Result<std::vector<double>> read_strip_weights(std::string_view text, char decimal) {
  std::vector<double> out;
  std::string token;
  std::size_t count = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    const bool parts = c == ' ' || c == '\t' || c == ';' || (c == ',' && decimal != ',');
    if (!parts) {
      token += c;
      continue;
    }
    if (token.empty()) continue;
    const auto value = strip_number(token, decimal);
    if (!value) return not_weights(token);
    if (++count > kMostStripWeights) return not_weights(text);
    if (std::ranges::find(out, *value) == out.end()) out.push_back(*value);
    token.clear();
  }
  if (out.empty()) return not_weights(text);
  return out;
}

Measurable measurable(const PaintModel& model, std::string_view word) {
  const auto& known = model.text->words;
  if (model.segmenter == nullptr || known == nullptr) return Measurable::kNothing;
  if (model.segmenter->kind(known->meaning_of(word, "things")) > 0) return Measurable::kArea;
  const std::string_view colour = known->meaning_of(word, "colours");
  if (model.segmenter->colour(colour) == 0) return Measurable::kNothing;
  const bool has_hue = std::ranges::find(kWithoutHue, colour) == kWithoutHue.end();
  return has_hue ? Measurable::kAreaAndVividness : Measurable::kArea;
}

std::optional<WordDrawn> measure_word(const PaintModel& model, std::string_view word,
                                      const Segmenter::Reading& seen, std::span<const float> x, int height,
                                      int width) {
  const int patch = model.mmdit.config().patch;
  const auto patches = static_cast<std::size_t>(height / patch) * static_cast<std::size_t>(width / patch);
  const Measurable what = measurable(model, word);
  if (what == Measurable::kNothing || seen.kind.size() != patches) return std::nullopt;
  const auto mask = named_patches(*model.text->words, *model.segmenter, seen, word);
  if (!mask) return std::nullopt;
  WordDrawn out{.area = static_cast<int>(std::ranges::count(*mask, true)),
                .patches = static_cast<int>(patches)};
  if (what == Measurable::kAreaAndVividness && out.area > 0)
    out.vividness = mean_chroma(x, height, width, patch, *mask);
  return out;
}

std::optional<Word> word_at(const PaintRequest& drawing, std::size_t byte) {
  const ChunkedPrompt read = tokenize_chunks(*drawing.model->text, drawing.prompt, drawing.syntax);
  for (const PromptChunk& chunk : read.chunks) {
    const auto found = std::ranges::find_if(chunk.words, [&](const Word& word) { return word.holds(byte); });
    if (found != chunk.words.end()) return *found;
  }
  return std::nullopt;
}

int WeightStrip::done() const {
  return static_cast<int>(std::ranges::count_if(
      frames, [](const StripFrame& frame) { return !frame.x.empty() || !frame.problem.empty(); }));
}

Result<PaintRequest> weighed_drawing(const PaintRequest& drawing, const Word& word, double weight) {
  if (weight == word.weight) return drawing;
  PaintRequest out = drawing;
  std::size_t start = word.start;
  out.prompt = with_weight(drawing.syntax, drawing.prompt, word.start, word.end, weight, &start);
  if (out.prompt == drawing.prompt) {
    return fail(ErrorCode::kUnsupported, "strip: expected a weight that {} can write at {}, got {}",
                syntax_name(drawing.syntax),
                quote(std::string_view(drawing.prompt).substr(word.start, word.end - word.start)), weight);
  }
  shift_words(
      out.edits, word.start, word.end, start,
      static_cast<std::ptrdiff_t>(out.prompt.size()) - static_cast<std::ptrdiff_t>(drawing.prompt.size()));
  return out;
}

void measure_strip(WeightStrip& strip) {
  const std::string word(strip.letters());
  for (StripFrame& frame : strip.frames) {
    frame.change.reset();
    frame.drawn.reset();
    if (frame.x.empty()) continue;
    if (frame.x.size() == strip.plain.size()) frame.change = picture_rms(frame.x, strip.plain);
    if (frame.seen != nullptr)
      frame.drawn = measure_word(*strip.drawing.model, word, *frame.seen, frame.x, strip.height, strip.width);
  }
}

Result<WeightStrip> draw_weight_strip(const WeightStripRequest& request, const StripSeen& seen,
                                      std::stop_token stop) {
  REGARD_TRY_DO(check_strip_weights(request.weights));
  const std::optional<Word> word = word_at(request.drawing, request.byte);
  if (!word)
    return fail(ErrorCode::kShape, "strip: expected a word of the prompt, got byte {}, where none stands",
                request.byte);
  WeightStrip out{.drawing = request.drawing, .word = *word};
  out.drawing.keep = KeepRecords::kNone;
  out.drawing.output_space = false;
  std::vector<PaintRequest> todo;
  for (const double weight : request.weights) {
    REGARD_TRY(PaintRequest each, weighed_drawing(out.drawing, out.word, weight));
    todo.push_back(std::move(each));
    out.frames.push_back({.weight = weight});
  }
  const bool has_plain = std::ranges::find(request.weights, 1.0) != request.weights.end();
  if (!has_plain) {
    REGARD_TRY(PaintRequest plain, weighed_drawing(out.drawing, out.word, 1.0));
    todo.push_back(std::move(plain));
  }
  for (std::size_t i = 0; i < todo.size(); ++i) {
    REGARD_TRY(const auto run, run_paint(todo[i], {}, stop));
    out.height = run->height;
    out.width = run->width;
    const bool is_plain = i < out.frames.size() ? out.frames[i].weight == 1.0 : true;
    if (is_plain) out.plain = run->x.back();
    if (i < out.frames.size()) {
      out.frames[i].x = run->x.back();
      out.frames[i].seen = seen_in(*run);
    }
    measure_strip(out);
    if (seen) seen(out);
  }
  return out;
}

}  // namespace regard
