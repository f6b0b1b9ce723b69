#include "core/engine/sequences.h"

namespace regard {

std::vector<Token> whole_words(const std::vector<Token>& tokens) {
  std::vector<Token> out;
  for (std::size_t first = 0; first < tokens.size(); first = out.size()) {
    Token whole = tokens[first];
    std::size_t last = first;
    while (whole.word >= 0 && last + 1 < tokens.size() && tokens[last + 1].word == whole.word) {
      ++last;
      whole.text += tokens[last].text;
      whole.shown += tokens[last].shown;
      whole.end = tokens[last].end;
    }
    out.insert(out.end(), last - first + 1, whole);
  }
  return out;
}

Sequence text_sequence(const std::vector<Token>& tokens, const std::vector<Word>& words) {
  Sequence out;
  for (const Token& token : tokens) {
    const bool special = token.is_bos || token.is_eos;
    out.positions.push_back({.kind = special ? Position::Kind::kSpecial : Position::Kind::kWordPiece,
                             .label = token.is_bos   ? "BOS"
                                      : token.is_eos ? "EOS"
                                                     : token.shown,
                             .spelling = token.text,
                             .id = token.id,
                             .weight = token.weight,
                             .start = token.start,
                             .end = token.end,
                             .word = token.word});
  }
  for (const Word& word : words)
    out.words.push_back(
        {.first = word.first_token, .last = word.last_token, .start = word.start, .end = word.end});
  out.segments = {{.name = "text", .first = 0, .count = out.count()}};
  return out;
}

}  // namespace regard
