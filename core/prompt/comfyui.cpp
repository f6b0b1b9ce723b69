// Reads and prints ComfyUI's weight grammar. The original cuts a string at its outermost brackets and calls
// itself on what they hold; here the partner of each bracket is found once, and a stack stands for the calls,
// so that depth costs nothing.
#include "core/prompt/comfyui.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/prompt/python_number.h"
#include "core/prompt/warnings.h"

namespace regard {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// What stands where in the prompt: brackets that are not escaped, their partners and depths, the last colon.
struct Marks {
  explicit Marks(std::string_view prompt)
      : partner(prompt.size(), kNone),
        depth(prompt.size() + 1),
        last_colon(prompt.size() + 1, kNone),
        last_bracket(prompt.size() + 1, kNone) {
    std::vector<std::uint32_t> open;
    std::int32_t now = 0;
    for (std::uint32_t at = 0; at < prompt.size(); ++at) {
      const char c = prompt[at];
      const bool bracket = (c == '(' || c == ')') && (at == 0 || prompt[at - 1] != '\\');
      depth[at] = now;
      last_colon[at + 1] = c == ':' ? at : last_colon[at];
      last_bracket[at + 1] = bracket ? at : last_bracket[at];
      if (!bracket) continue;
      now += c == '(' ? 1 : -1;
      if (c == '(') {
        open.push_back(at);
      } else if (!open.empty()) {
        partner[open.back()] = at;
        open.pop_back();
      }
    }
    depth[prompt.size()] = now;
  }
  bool is_open(std::string_view prompt, std::size_t at) const {
    return prompt[at] == '(' && last_bracket[at + 1] == at;
  }

  std::vector<std::uint32_t> partner;  // of an opening bracket
  std::vector<std::int32_t> depth;     // brackets opened less brackets closed before a byte; may be negative
  std::vector<std::uint32_t> last_colon, last_bracket;  // before a byte
};

class ComfyReader {
 public:
  explicit ComfyReader(std::string_view prompt) : prompt_(prompt), marks_(prompt) {}

  ParsedPrompt read() {
    levels_.push_back({0, prompt_.size(), 1.0, {}});
    while (!levels_.empty()) {
      if (levels_.back().at < levels_.back().end) {
        read_piece();
      } else {
        if (levels_.back().group.close > 0) out_.groups.push_back(levels_.back().group);
        levels_.pop_back();
      }
    }
    return std::move(out_);
  }

 private:
  struct Level {
    std::size_t at = 0, end = 0;  // what is still to be read of it
    double weight = 1.0;
    WeightGroup group;
  };

  /// The next piece of the innermost level: a group, or text up to one.
  void read_piece() {
    Level& level = levels_.back();
    const std::size_t begin = level.at, end = level.end;
    if (!marks_.is_open(prompt_, begin)) {
      std::size_t at = begin;
      // A stray `)` takes the depth below; groups begin again where it is back.
      while (at < end && !(marks_.is_open(prompt_, at) && marks_.depth[at] == marks_.depth[begin])) ++at;
      level.at = at;
      add_text(begin, at, level.weight);
      return;
    }
    const std::uint32_t partner = marks_.partner[begin];
    const bool closed = partner != kNone && partner < end;
    const std::size_t close = closed ? partner + std::size_t{1} : end;
    level.at = close;
    // Without a partner it is text, unless the last byte happens to be a bracket: then the original sees a
    // group.
    if (!closed &&
        !(close - begin >= 2 && marks_.last_bracket[close] == close - 1 && prompt_[close - 1] == ')')) {
      add_text(begin, close, level.weight);
      return;
    }
    open_group(begin, close, level.weight);
  }

  void open_group(std::size_t begin, std::size_t close, double outside) {
    Level inner{begin + 1, close - 1, outside * 1.1, {begin, begin + 1, close - 1, close, 1.1, true}};
    const std::uint32_t colon = marks_.last_colon[close - 1], bracket = marks_.last_bracket[close - 1];
    // A number holds no bracket, so what follows the colon is looked at once, whatever the nesting.
    if (colon != kNone && colon > begin + 1 && (bracket == kNone || bracket < colon)) {
      if (const auto number = python::read_float(prompt_.substr(colon + 1, close - 2 - colon))) {
        inner.weight = number->value;
        inner.end = inner.group.content_end = colon;
        inner.group.factor = number->value;
        inner.group.absolute = true;
        if (number->nan) warn(out_, "warning.nan", colon + 1, close - 1);
        if (number->clamped) warn(out_, "warning.clamped", colon + 1, close - 1);
      }
    }
    if (inner.weight > python::kLargest || inner.weight < -python::kLargest) {
      inner.weight = inner.weight > 0 ? python::kLargest : -python::kLargest;
      warn(out_, "warning.clamped", begin, close);
    }
    levels_.push_back(inner);
  }

  void add_text(std::size_t begin, std::size_t end, double weight) {
    Fragment& fragment = out_.fragments.emplace_back();
    fragment.weight = weight;
    fragment.text.reserve(end - begin);
    fragment.source.reserve(end - begin + 1);
    for (std::size_t at = begin; at < end; ++at) {
      const bool escape =
          prompt_[at] == '\\' && at + 1 < end && (prompt_[at + 1] == '(' || prompt_[at + 1] == ')');
      fragment.source.push_back(static_cast<std::uint32_t>(at));
      if (escape) ++at;
      if (!escape && marks_.last_bracket[at + 1] == at) warn(out_, "warning.bracket_text", at, at + 1);
      fragment.text += prompt_[at];
    }
    fragment.source.push_back(static_cast<std::uint32_t>(end));
  }

  std::string_view prompt_;
  Marks marks_;
  std::vector<Level> levels_;
  ParsedPrompt out_;
};

}  // namespace

ParsedPrompt parse_comfyui(std::string_view prompt) {
  REGARD_CHECK(prompt.size() < std::numeric_limits<std::uint32_t>::max());
  return ComfyReader(prompt).read();
}

std::string print_comfyui(const std::vector<Fragment>& fragments) {
  std::string out;
  bool after_bare = false;  // two bare neighbours would be one
  for (const Fragment& fragment : fragments) {
    const bool bare = fragment.weight == 1.0 && !after_bare && !fragment.text.ends_with('\\');
    if (!bare) out += '(';
    for (const char c : fragment.text) {
      if (c == '(' || c == ')') out += '\\';
      out += c;
    }
    if (!bare) out += fmt::format(":{})", fragment.weight);
    after_bare = bare;
  }
  return out;
}

}  // namespace regard
