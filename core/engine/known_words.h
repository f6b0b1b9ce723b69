// The words that a model was taught, when its folder says them (words.json): a model of a small world reads
// any other word as pieces that never meant anything.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace regard {

struct ChunkedPrompt;

struct KnownWords {
  struct Group {
    std::string language;            // "fr"
    std::string kind;                // "things", "colours"
    std::vector<std::string> words;  // lower case, in the order of the file
    /// What each names, whatever the language: "cat" of "chat". [words], or empty: the file does not say.
    std::vector<std::string> means = {};
  };
  std::vector<Group> groups;
  std::vector<std::string> all;  // sorted, each once

  /// @param word  as it is typed: case does not matter
  bool has(std::string_view word) const;
  /// What a word of this kind of group names; empty: nothing, or the file does not say.
  std::string_view meaning_of(std::string_view word, std::string_view kind) const;
  /// The groups that have the word, in the order of the file.
  std::vector<const Group*> groups_of(std::string_view word) const;
  /// Words that begin with `start` and are longer, those of `language` first, at most `most`.
  std::vector<std::string> beginning_with(std::string_view start, std::string_view language,
                                          std::size_t most) const;
};

/// words.json of the first of `folders` that has one; null when none has. Errors: io, format (the message
/// names the file and the key). Thread: any.
Result<std::shared_ptr<const KnownWords>> read_known_words(const std::vector<std::filesystem::path>& folders);

/// {"regard_words": 1, "groups": [{"language": "fr", "kind": "things", "words": ["chat"], "means":
/// ["cat"]}]}; "means" may be left out
Result<KnownWords> parse_known_words(std::string_view json, std::string_view label);

/// A word of a prompt that the model was not taught.
struct UnknownWord {
  std::size_t start = 0, end = 0;  // bytes of the prompt
  std::string text;                // as it is typed
  std::string pieces;              // "e·le·p·h·an·t": the tokens it is read as
  bool operator==(const UnknownWord&) const = default;
};

/// In the order of the prompt, each place once; without punctuation. Cost: O(prompt).
std::vector<UnknownWord> unknown_words(const KnownWords& known, std::string_view prompt,
                                       const ChunkedPrompt& tokens);

/// The letters before `at`, back to what is no letter: what a completion replaces. [start, at) of the text.
std::size_t start_of_word(std::string_view text, std::size_t at);

}  // namespace regard
