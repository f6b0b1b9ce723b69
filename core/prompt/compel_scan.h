// Where Compel's phrases end. Its grammar tries one alternative after another at each place (a parsing
// expression grammar); here every place is answered once, from the right to the left, since an answer only
// needs those to its right. Internal to core/prompt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace regard::compel {

using Index = std::uint32_t;
inline constexpr Index kNone = 0xFFFFFFFF;

/// A prompt as the grammar sees it: a space follows each comma. `source[i]`: byte of the prompt that text[i]
/// comes from, one entry more for the end; a space put there has the place of what follows it.
struct Text {
  explicit Text(std::string_view prompt);
  std::string text;
  std::vector<Index> source;
};

enum class Operator : std::uint8_t { kNothing, kAttend, kSwap };

/// The answers for one stretch of text that stands alone: the whole, or what quotes hold.
struct Places {
  explicit Places(std::size_t size);
  std::vector<Index> skip;  // next byte that is not whitespace
  std::vector<Index> word;  // end of the word that begins here
  std::vector<Index> item;  // end of the item that begins here (at a '.': of the operator that begins here)
  std::vector<Index> list;  // where a list of items, commas and periods stops
  std::vector<Index> bare_list;  // where a list of items stops
  std::vector<Operator> op;      // of the operator at a '.'
};

struct Option {
  std::string name;
  std::variant<std::string, double> value;
  bool has_value = false;
};

/// A target and what is done to it.
struct Item {
  enum class Kind : std::uint8_t { kLora, kSwap, kAttend, kPlain } kind = Kind::kPlain;
  Index end = 0;
  Index target_end = 0;
  Index argument = 0;  // where the argument of the operator begins
};

class Scan {
 public:
  explicit Scan(const Text& text);

  const std::string& text() const { return text_; }
  Index size() const { return static_cast<Index>(text_.size()); }
  /// Answers for the whole, and for what quotes hold.
  const Places& outer() const { return outer_; }
  const Places& inner() const { return inner_; }

  /// End of the quotes that open at `at`, whatever they hold; kNone.
  Index quote_close(Index at) const;
  /// End of a target (quotes, brackets, a word) at `at`; kNone.
  Index target(const Places& places, Index at) const;
  /// The item at `at`, in detail. Expects item[at] != kNone.
  Item item_at(const Places& places, Index at, Index end) const;
  /// Signs or a number at `at`: their factor and end. `signs_only` after a word.
  std::optional<std::pair<double, Index>> weight_at(Index at, Index end, bool signs_only,
                                                    bool& clamped) const;
  /// "0.5, s_start=0.1, no_normalize" from `at`; `stop` is where it stopped.
  std::vector<Option> options_at(const Places& places, Index at, Index end, Index& stop) const;
  /// Whether what the quotes at `at` hold reads as a phrase.
  bool quoted_is_phrase(Index at) const;

 private:
  void find_quotes();
  void answer(Places& places, Index begin, Index end, bool outer);
  void answer_place(Places& places, Index at, Index end, bool outer);
  Index piece_end(Index at, Index end) const;
  Index lora_end(const Places& places, Index at, Index end) const;
  Index operator_end(Places& places, Index at, Index end) const;
  Index item_end(const Places& places, Index at, Index end) const;
  Index number_end(Index at, Index end) const;
  Index option_end(const Places& places, Index at, Index end, Option* out) const;
  bool starts(Index at, Index end, std::string_view with) const {
    return end - at >= with.size() && std::string_view(text_).substr(at, with.size()) == with;
  }

  const std::string& text_;
  std::vector<Index> close_;  // of each quote that opens: one past the closing one; empty without quotes
  std::vector<Index> run_;    // end of the run of one byte, for signs
  Places outer_, inner_;
};

bool is_space(char c);    // what ends a word: Python's string.whitespace
bool is_skipped(char c);  // what the grammar skips
bool is_syntax(char c);

}  // namespace regard::compel
