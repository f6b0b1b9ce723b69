#include "core/prompt/chunks.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"

namespace regard {
namespace {

constexpr std::size_t kNoComma = static_cast<std::size_t>(-1);
constexpr std::size_t kComfyWhole = 8;  // a group shorter than this is never cut

constexpr std::array<std::string_view, 8> kRuleNames = {
    "a1111",         "comfyui",      "comfyui-older",  "compel",
    "compel-brutal", "compel-words", "compel-phrases", "compel-sentences"};  // in the order of ChunkRule

// The tokens between two BREAKs, and where their chunks go.
struct Part {
  std::span<const ChunkToken> all;
  std::size_t begin = 0, end = 0;
  std::size_t capacity = 0;
};

void cut_a1111(const Part& part, std::size_t backtrack, std::vector<Chunk>& out) {
  std::size_t begin = part.begin;
  std::size_t after_comma = kNoComma;  // of the chunk at hand
  for (std::size_t i = part.begin; i < part.end; ++i) {
    const bool full = i - begin == part.capacity;
    if (part.all[i].entry == ",</w>") {
      after_comma = i + 1;
    } else if (full && after_comma != kNoComma && i + 1 - after_comma <= backtrack && backtrack > 0) {
      out.push_back({begin, after_comma});
      begin = after_comma;
      after_comma = kNoComma;
    }
    if (i - begin == part.capacity) {
      out.push_back({begin, i});
      begin = i;
      after_comma = kNoComma;  // also the comma at i, if it is one
    }
  }
  out.push_back({begin, part.end});
}

void cut_comfyui(const Part& part, int ChunkToken::* group, std::vector<Chunk>& out) {
  std::size_t begin = part.begin;
  std::size_t at = part.begin;
  while (at < part.end) {
    std::size_t end = at + 1;
    while (end < part.end && part.all[end].*group == part.all[at].*group) ++end;
    const bool may_cut = end - at >= kComfyWhole || end - at > part.capacity;
    while (end - begin > part.capacity) {
      const std::size_t stop = may_cut ? begin + part.capacity : at;
      out.push_back({begin, stop});
      begin = stop;
    }
    at = end;
  }
  out.push_back({begin, part.end});
}

bool ends(const ChunkToken& token, ChunkRule rule) {
  constexpr std::array<std::string_view, 4> kPhrase = {".</w>", ",</w>", ";</w>", ":</w>"};
  switch (rule) {
    case ChunkRule::kCompelSentences:
      return token.entry == ".</w>";
    case ChunkRule::kCompelPhrases:
      return std::ranges::find(kPhrase, token.entry) != kPhrase.end();
    case ChunkRule::kCompelWords:
      return token.entry.ends_with("</w>");
    default:
      return true;  // anywhere
  }
}

// Where a chunk of [begin, limit) ends: after the last token that ends what the rule asks for, or the next
// lesser.
std::size_t compel_end(const Part& part, std::size_t begin, std::size_t limit, ChunkRule rule) {
  using enum ChunkRule;
  constexpr std::array kFalling = {kCompelSentences, kCompelPhrases, kCompelWords, kCompelBrutal};
  for (auto now = std::ranges::find(kFalling, rule); now != kFalling.end(); ++now) {
    for (std::size_t i = limit; i > begin; --i) {
      if (ends(part.all[i - 1], *now)) return i;
    }
  }
  return limit;
}

void cut_compel(const Part& part, ChunkRule rule, Chunks& out) {
  std::size_t begin = part.begin;
  while (part.end - begin > part.capacity) {
    const std::size_t end = compel_end(part, begin, begin + part.capacity, rule);
    out.chunks.push_back({begin, end});
    begin = end;
    if (rule == ChunkRule::kCompel) {
      out.tokens_cut += part.end - begin;
      return;
    }
  }
  out.chunks.push_back({begin, part.end});
}

}  // namespace

std::string_view chunk_rule_name(ChunkRule rule) { return kRuleNames[static_cast<std::size_t>(rule)]; }

std::optional<ChunkRule> chunk_rule_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kRuleNames.size(); ++i) {
    if (kRuleNames[i] == name) return static_cast<ChunkRule>(i);
  }
  return std::nullopt;
}

Chunks cut_chunks(std::span<const ChunkToken> tokens, const ChunkOptions& options) {
  REGARD_CHECK(options.capacity > 0);
  Chunks out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= tokens.size(); ++i) {
    if (i < tokens.size() && !tokens[i].is_break) continue;
    const bool last = i == tokens.size();
    if (last && begin == i && !out.chunks.empty()) break;  // nothing follows the last BREAK
    const Part part{tokens, begin, i, static_cast<std::size_t>(options.capacity)};
    switch (options.rule) {
      case ChunkRule::kA1111:
        cut_a1111(part, static_cast<std::size_t>(std::max(0, options.comma_backtrack)), out.chunks);
        break;
      case ChunkRule::kComfyUI:
        cut_comfyui(part, &ChunkToken::segment, out.chunks);
        break;
      case ChunkRule::kComfyUIOlder:
        cut_comfyui(part, &ChunkToken::space_word, out.chunks);
        break;
      default:
        cut_compel(part, options.rule, out);
    }
    begin = i + 1;
  }
  return out;
}

}  // namespace regard
