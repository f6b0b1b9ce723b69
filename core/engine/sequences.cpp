#include "core/engine/sequences.h"

namespace regard {

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
