// Which tokens are matched whole, whatever file names them: tokenizer.json, tokenizer_config.json,
// special_tokens_map.json, added_tokens.json. Private to core/text.
// Source: huggingface/transformers 4.57 tokenization_utils_base.py (_from_pretrained),
// tokenization_utils_fast.py (PreTrainedTokenizerFast.__init__); huggingface/tokenizers 0.22
// added_vocabulary.rs (add_tokens). tests/golden/make_special_tokens.py compares.
// One slip of the original is not followed: a role whose token is the last of special_tokens_map.json's
// additional ones, beside an added_tokens.json, gets that file's last token instead.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/formats/json.h"
#include "core/text/clip_vocabulary.h"

namespace regard::clip_files {

/// Flags of a token object; absent ones keep what `token` has.
Result<void> read_flags(const Json& object, std::string_view label, std::string_view where,
                        AddedToken& token);

/// Gathers added tokens as the library does: a token that is added again keeps its place in the order it is
/// sought in, and how it is normalised, but takes over the new flags.
class AddedVocabulary {
 public:
  /// @param out  gets their ids and entries; kept
  explicit AddedVocabulary(Vocabulary& out) : out_(out) {
    out_.trained = static_cast<int>(out.entries.size());
  }

  /// Adds `token`; an id of -1 asks for the vocabulary's, or the next. Errors: format (a token too long, an
  /// id that is another's or far away).
  Result<void> add(AddedToken token, std::string_view label, std::string_view where);

  bool has(const std::string& content) const { return ids_.contains(content); }
  /// As it was added last; null when it was not.
  const AddedToken* find(const std::string& content) const;
  /// Expects to be called once, at the end: fills Vocabulary::added.
  void finish();

 private:
  Vocabulary& out_;
  std::unordered_map<std::string, int> ids_;    // of the added ones
  std::unordered_map<int, AddedToken> latest_;  // as added last
  std::vector<AddedToken> special_, other_;     // as added first, in order
  std::unordered_set<std::string> special_names_;
};

/// special_tokens_map.json and tokenizer_config.json, read when there.
struct SideFiles {
  Json special_map;
  Json config;
  std::string special_map_label;
  std::string config_label;
};
Result<SideFiles> read_side_files(const std::filesystem::path& folder);

/// Which class reads the folder: the fast one a tokenizer.json, the slow one vocab.json. The latter's own
/// BOS, EOS and unknown token are found in any case, too.
enum class TokenizerClass { kFast, kSlow };

/// What the side files add to `added`, and the roles: Vocabulary::bos, eos, pad (EOS when none is named) and,
/// of the slow class, unknown. @param label  stands for the class's own defaults in messages
/// @param listed  tokenizer.json's added tokens
/// Errors: format.
Result<void> add_special_tokens(const SideFiles& files, const std::filesystem::path& folder,
                                TokenizerClass kind, const std::vector<AddedToken>& listed,
                                std::string_view label, AddedVocabulary& added, Vocabulary& out);

}  // namespace regard::clip_files
