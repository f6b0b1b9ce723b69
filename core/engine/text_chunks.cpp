#include "core/engine/text_chunks.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/base/check.h"
#include "core/prompt/grammar.h"
#include "core/prompt/python_text.h"

namespace regard {
namespace {

// What cut_chunks() needs to know of tokens[1..n-1) of a whole prompt, BREAKs between them.
struct ToCut {
  std::vector<ChunkToken> items;
  std::vector<std::size_t> token_of;  // items[i] is tokens[token_of[i]]
};

ToCut to_cut(const TextModel& model, std::string_view prompt, const TokenizedPrompt& read) {
  ToCut out;
  std::size_t next_break = 0;
  int space_word = 0;
  const auto add_breaks = [&](std::size_t token) {
    for (; next_break < read.breaks.size() && read.breaks[next_break] == token; ++next_break) {
      out.items.push_back({.entry = {}, .is_break = true});
      out.token_of.push_back(token);
    }
  };
  for (std::size_t t = 1; t + 1 < read.tokens.size(); ++t) {
    add_breaks(t);
    const Token& token = read.tokens[t];
    const Token& last = read.tokens[t - 1];
    if (token.fragment != last.fragment) {
      ++space_word;
    } else if (last.end < token.start) {
      const std::string_view between = prompt.substr(last.end, token.start - last.end);
      if (between.find_first_of(" \n") != std::string_view::npos) ++space_word;
    }
    out.items.push_back({.entry = model.tokenizer.vocab_entry(token.id),
                         .segment = token.fragment,
                         .space_word = space_word});
    out.token_of.push_back(t);
  }
  add_breaks(read.tokens.size() - 1);
  return out;
}

Token mark(const TextModel& model, bool is_bos, std::size_t byte) {
  Token token;
  token.id = is_bos ? model.tokenizer.bos_id() : model.tokenizer.eos_id();
  token.text = model.tokenizer.vocab_entry(token.id);
  token.start = token.end = byte;
  token.is_bos = is_bos;
  token.is_eos = !is_bos;
  return token;
}

// BOS, the chunk's tokens, EOS; words counted anew.
PromptChunk lay_out(const TextModel& model, std::size_t prompt_bytes, const TokenizedPrompt& read,
                    const ToCut& cut, const Chunk& chunk) {
  const auto byte = [&](std::size_t item) {
    return item < cut.token_of.size() ? read.tokens[cut.token_of[item]].start : prompt_bytes;
  };
  PromptChunk out;
  out.tokens.push_back(mark(model, true, byte(chunk.begin)));
  int word_of_prompt = -1;
  for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
    Token token = read.tokens[cut.token_of[i]];
    const int index = static_cast<int>(out.tokens.size());
    if (out.words.empty() || token.word != word_of_prompt) {
      word_of_prompt = token.word;
      const Word& word = read.words[static_cast<std::size_t>(token.word)];
      out.words.push_back({index, index, word.start, word.end, word.weight});
    }
    out.words.back().last_token = index;
    token.word = static_cast<int>(out.words.size()) - 1;
    out.tokens.push_back(std::move(token));
  }
  const std::size_t end = chunk.end > chunk.begin ? out.tokens.back().end : byte(chunk.begin);
  out.tokens.push_back(mark(model, false, end));
  return out;
}

// The groups that hold two words of the chunk or more.
std::vector<WordGroup> groups_of(std::string_view prompt, const ParsedPrompt& parsed,
                                 const std::vector<Word>& words) {
  constexpr std::size_t kMostGroups = 64, kMostRead = 2000;
  std::vector<WordGroup> out;
  if (words.size() < 2 || parsed.groups.size() > kMostRead) return out;
  // Inner ones first: brackets that nobody closed end together and come in the order they were opened.
  std::vector<WeightGroup> groups = parsed.groups;
  std::ranges::stable_sort(groups, {}, [](const WeightGroup& group) {
    return std::pair(group.content_end - group.content_begin, ~group.content_begin);
  });
  for (const WeightGroup& group : groups) {
    const auto begins_before = [](const Word& word, std::size_t byte) { return word.start < byte; };
    const auto first = std::lower_bound(words.begin(), words.end(), group.content_begin, begins_before);
    const auto last = std::lower_bound(words.begin(), words.end(), group.content_end, begins_before);
    if (last - first < 2) continue;
    WordGroup one{.first_word = static_cast<int>(first - words.begin()),
                  .last_word = static_cast<int>(last - words.begin()) - 1};
    const auto same = std::ranges::find_if(out, [&](const WordGroup& other) {
      return other.first_word == one.first_word && other.last_word == one.last_word;
    });
    if (same != out.end() || out.size() >= kMostGroups) continue;  // the inner one says what its text weighs
    one.start = python::skip_spaces(prompt, group.content_begin);
    one.end = python::skip_spaces_back(prompt, group.content_end, one.start);
    one.weight = weight_in_group(parsed, group);
    for (const WordGroup& inner : out) {
      if (inner.first_word >= one.first_word && inner.last_word <= one.last_word)
        one.depth = std::max(one.depth, inner.depth + 1);
    }
    out.push_back(one);
  }
  std::ranges::stable_sort(out, {}, [](const WordGroup& g) { return std::pair(g.depth, g.first_word); });
  return out;
}

}  // namespace

ChunkRule chunk_rule_of(Syntax syntax) {
  switch (syntax) {
    case Syntax::kComfyUI:
      return ChunkRule::kComfyUI;
    case Syntax::kCompel:
      return ChunkRule::kCompel;
    case Syntax::kA1111:
    case Syntax::kA1111Old:
      break;
  }
  return ChunkRule::kA1111;
}

ChunkedPrompt tokenize_chunks(const TextModel& model, std::string_view prompt, Syntax syntax,
                              std::optional<ChunkRule> rule, int comma_backtrack) {
  REGARD_CHECK(model.encoder.config().positions >= 3);
  TokenizedPrompt read = tokenize_whole_prompt(model, prompt, syntax);
  const ToCut cut = to_cut(model, prompt, read);
  const ChunkOptions options{.rule = rule.value_or(chunk_rule_of(syntax)),
                             .capacity = model.encoder.config().positions - 2,
                             .comma_backtrack = comma_backtrack};
  ChunkedPrompt out;
  out.parts = std::move(read.parts);
  out.warnings = std::move(read.warnings);
  std::size_t begin = 0;  // of the part's items
  for (std::size_t i = 0; i < out.parts.parts.size(); ++i) {
    std::size_t end = begin;
    const bool last = i + 1 == out.parts.parts.size();
    while (end < cut.items.size() && (last || cut.token_of[end] < read.part_ends[i])) ++end;
    const Chunks chunks = cut_chunks(std::span(cut.items).subspan(begin, end - begin), options);
    out.parts.parts[i].first_chunk = static_cast<int>(out.chunks.size());
    out.parts.parts[i].chunks = static_cast<int>(chunks.chunks.size());
    for (const Chunk& chunk : chunks.chunks)
      out.chunks.push_back(
          lay_out(model, prompt.size(), read, cut, {begin + chunk.begin, begin + chunk.end}));
    if (chunks.tokens_cut > 0) {
      const std::size_t first = begin + chunks.chunks.front().end;
      out.warnings.push_back(
          {read.tokens[cut.token_of[first]].start, read.tokens[cut.token_of[end - 1]].end, "warning.cut"});
    }
    out.tokens_cut += static_cast<int>(chunks.tokens_cut);
    begin = end;
  }
  for (PromptChunk& chunk : out.chunks) chunk.groups = groups_of(prompt, read.parsed, chunk.words);
  out.parsed = std::move(read.parsed);
  return out;
}

}  // namespace regard
