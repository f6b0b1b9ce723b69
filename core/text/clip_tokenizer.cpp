// CLIP's way from a text to ids: cut out the added tokens, normalise, split into words, byte-pair encode each
// word. Source: huggingface/tokenizers as transformers' CLIPTokenizerFast sets it up;
// tests/golden/make_tokens.py compares.
#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <utility>

#include "core/base/check.h"
#include "core/formats/utf8.h"
#include "core/text/bpe.h"
#include "core/text/clip_files.h"
#include "core/text/tokenizer.h"
#include "core/text/unicode.h"

namespace regard {
namespace {

SourceText normalize(std::span<const SourceChar> text) {
  return to_lowercase(collapse_spaces(to_nfc(SourceText(text.begin(), text.end()))));
}

/// Code points of the contraction at the front ('s 't 're 've 'm 'll 'd), 0 for none.
std::size_t contraction(std::span<const SourceChar> text) {
  if (text.size() < 2 || text[0].value != U'\'') return 0;
  const char32_t first = text[1].value;
  if (first == U's' || first == U't' || first == U'm' || first == U'd') return 2;
  if (text.size() < 3) return 0;
  const char32_t second = text[2].value;
  const bool two = (first == U'r' && second == U'e') || (first == U'v' && second == U'e') ||
                   (first == U'l' && second == U'l');
  return two ? 3 : 0;
}

/// Code points of the word at the front, 0 for whitespace. The split pattern, alternative by alternative:
/// 's|'t|'re|'ve|'m|'ll|'d | [\p{L}]+ | [\p{N}] | [^\s\p{L}\p{N}]+
std::size_t word_length(std::span<const SourceChar> text) {
  if (const std::size_t length = contraction(text); length > 0) return length;
  const char32_t first = text[0].value;
  if (is_number(first)) return 1;
  if (is_space(first)) return 0;
  std::size_t length = 1;
  if (is_letter(first)) {
    while (length < text.size() && is_letter(text[length].value)) ++length;
    return length;
  }
  const auto is_other = [](char32_t c) { return !is_space(c) && !is_letter(c) && !is_number(c); };
  while (length < text.size() && is_other(text[length].value)) ++length;
  return length;
}

}  // namespace

struct ClipTokenizer::Impl {
  clip_files::Vocabulary vocabulary;
  AddedTokenMatcher raw_tokens;         // sought in the text as given
  AddedTokenMatcher normalized_tokens;  // sought in the normalised text
  std::array<int, 256> inside = {};     // entry of a byte, -1 for none
  std::array<int, 256> at_end = {};     // entry of a byte that ends its word

  explicit Impl(clip_files::Vocabulary read);
  void encode_word(std::span<const SourceChar> word, int number, std::vector<Piece>& out) const;
  void encode_words(std::span<const SourceChar> text, int& word, std::vector<Piece>& out) const;
  void encode_normalized(std::span<const SourceChar> text, int& word, std::vector<Piece>& out) const;
  void add_piece(std::span<const SourceChar> text, int token, int& word, std::vector<Piece>& out) const;
};

ClipTokenizer::Impl::Impl(clip_files::Vocabulary read) : vocabulary(std::move(read)) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string symbol;
    append_utf8(symbol, bpe::printable_byte(byte));
    inside[byte] = vocabulary.find(symbol).value_or(vocabulary.unknown);
    at_end[byte] = vocabulary.find(symbol.append(bpe::kEndOfWord)).value_or(vocabulary.unknown);
  }
  for (std::size_t i = 0; i < vocabulary.added.size(); ++i) {
    const AddedToken& token = vocabulary.added[i];
    const SourceText spelling = decode_utf8(token.content);
    (token.normalized ? normalized_tokens : raw_tokens)
        .add(token.normalized ? normalize(spelling) : spelling, static_cast<int>(i), token);
  }
}

/// Bytes to symbols, symbols to pieces. A character cut into several pieces lends each of them all its bytes.
void ClipTokenizer::Impl::encode_word(std::span<const SourceChar> word, int number,
                                      std::vector<Piece>& out) const {
  std::vector<bpe::Symbol> symbols;
  std::string bytes;
  for (std::size_t i = 0; i < word.size(); ++i) {
    bytes.clear();
    append_utf8(bytes, word[i].value);
    for (std::size_t k = 0; k < bytes.size(); ++k) {
      const bool last = i + 1 == word.size() && k + 1 == bytes.size();
      const int id = (last ? at_end : inside)[static_cast<unsigned char>(bytes[k])];
      if (id >= 0) symbols.push_back({id, word[i].begin, word[i].end});
    }
  }
  vocabulary.merges.apply(symbols);
  for (const bpe::Symbol& symbol : symbols)
    out.push_back({symbol.id, symbol.begin, symbol.end, number, false});
}

void ClipTokenizer::Impl::encode_words(std::span<const SourceChar> text, int& word,
                                       std::vector<Piece>& out) const {
  while (!text.empty()) {
    const std::size_t length = word_length(text);
    if (length > 0) encode_word(text.first(length), word++, out);
    text = text.subspan(std::max<std::size_t>(length, 1));
  }
}

void ClipTokenizer::Impl::add_piece(std::span<const SourceChar> text, int token, int& word,
                                    std::vector<Piece>& out) const {
  const AddedToken& added = vocabulary.added[static_cast<std::size_t>(token)];
  // lstrip and rstrip take whitespace along, which belongs to no piece.
  while (!text.empty() && is_space(text.front().value) && text.size() > 1) text = text.subspan(1);
  while (text.size() > 1 && is_space(text.back().value)) text = text.first(text.size() - 1);
  out.push_back({added.id, text.front().begin, text.back().end, word++, added.special});
}

void ClipTokenizer::Impl::encode_normalized(std::span<const SourceChar> text, int& word,
                                            std::vector<Piece>& out) const {
  const SourceText normal = normalize(text);
  for (const auto& stretch : normalized_tokens.split(normal)) {
    const auto part = std::span(normal).subspan(stretch.begin, stretch.end - stretch.begin);
    if (stretch.token >= 0) {
      add_piece(part, stretch.token, word, out);
    } else {
      encode_words(part, word, out);
    }
  }
}

ClipTokenizer::ClipTokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClipTokenizer::ClipTokenizer(ClipTokenizer&&) noexcept = default;
ClipTokenizer& ClipTokenizer::operator=(ClipTokenizer&&) noexcept = default;
ClipTokenizer::~ClipTokenizer() = default;

Result<ClipTokenizer> ClipTokenizer::open(const std::filesystem::path& folder) try {
  std::error_code ignored;
  const auto there = [&](const char* name) { return std::filesystem::exists(folder / name, ignored); };
  if (!there("tokenizer.json") && !there("vocab.json")) {
    return fail(ErrorCode::kIo,
                "{}: open: expected tokenizer.json, or vocab.json and merges.txt, got neither",
                printable(folder.string(), 4096));
  }
  REGARD_TRY(clip_files::Vocabulary read, there("tokenizer.json")
                                              ? clip_files::read_tokenizer_json(folder)
                                              : clip_files::read_vocab_and_merges(folder));
  return ClipTokenizer(std::make_unique<Impl>(std::move(read)));
} catch (const std::exception& error) {
  return fail(ErrorCode::kFormat, "{}: tokenizer: expected to be readable, got '{}'", folder.string(),
              error.what());
}

Result<ClipTokenizer> ClipTokenizer::from_openai_merges(std::string_view merges_txt) try {
  REGARD_TRY(clip_files::Vocabulary read, clip_files::read_openai_merges(merges_txt));
  return ClipTokenizer(std::make_unique<Impl>(std::move(read)));
} catch (const std::exception& error) {
  return fail(ErrorCode::kFormat, "merges: expected to be readable, got '{}'", error.what());
}

std::vector<Piece> ClipTokenizer::encode(std::string_view text) const {
  std::vector<Piece> out;
  int word = 0;
  const SourceText raw = decode_utf8(text);
  for (const auto& stretch : impl_->raw_tokens.split(raw)) {
    const auto part = std::span(raw).subspan(stretch.begin, stretch.end - stretch.begin);
    if (stretch.token >= 0) {
      impl_->add_piece(part, stretch.token, word, out);
    } else {
      impl_->encode_normalized(part, word, out);
    }
  }
  return out;
}

int ClipTokenizer::bos_id() const { return impl_->vocabulary.bos; }
int ClipTokenizer::eos_id() const { return impl_->vocabulary.eos; }
int ClipTokenizer::pad_id() const { return impl_->vocabulary.pad; }
int ClipTokenizer::trained_size() const {
  const clip_files::Vocabulary& v = impl_->vocabulary;
  return std::max({v.trained, v.bos + 1, v.eos + 1});
}
int ClipTokenizer::vocab_size() const { return static_cast<int>(impl_->vocabulary.entries.size()); }

std::string_view ClipTokenizer::vocab_entry(int id) const {
  REGARD_CHECK(id >= 0 && id < vocab_size());
  return impl_->vocabulary.entries[static_cast<std::size_t>(id)];
}

}  // namespace regard
