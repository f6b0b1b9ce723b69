#include "core/text/clip_files.h"

#include <algorithm>

#include "core/formats/content.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"
#include "core/text/special_tokens.h"

namespace regard::clip_files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMergesFileBytes = 64u << 20;

bool is_text(const Json* value, std::string_view text) {
  return value != nullptr && value->is_string() && value->get_ref<const std::string&>() == text;
}

// One of tokenizer.json's added_tokens.
Result<AddedToken> read_added(const Json& object, std::string_view label, std::string_view where) {
  const Json* content = member(object, "content");
  const Json* id = member(object, "id");
  if (content == nullptr || !content->is_string()) {
    return fail(ErrorCode::kFormat, "{}: {}.content: expected a text, got {}", label, where,
                content == nullptr ? "none" : shown(*content));
  }
  const std::optional<std::int64_t> number = id == nullptr ? std::nullopt : id_of(*id);
  if (!number) {
    return fail(ErrorCode::kFormat, "{}: {}.id: expected an id from 0 to {}, got {}", label, where,
                kIdLimit - 1, id == nullptr ? "none" : shown(*id));
  }
  AddedToken token{.content = content->get<std::string>(), .id = static_cast<int>(*number)};
  REGARD_TRY_DO(read_flags(object, label, where, token));
  return token;
}

// Refuses what would split a text in another way than CLIP's does.
Result<void> check_is_clip(const Json& root, std::string_view label) {
  const auto other = [&label](std::string_view where, std::string_view expected, const Json* got) {
    return fail(ErrorCode::kUnsupported, "{}: {}: expected {}, got {}", label, where, expected,
                got == nullptr ? "none" : shown(*got));
  };
  const auto sequence = [](const Json* node, const char* list) -> const Json* {
    const Json* steps =
        node != nullptr && is_text(member(*node, "type"), "Sequence") ? member(*node, list) : nullptr;
    return steps != nullptr && steps->is_array() ? steps : nullptr;
  };
  const Json* normalizer = member(root, "normalizer");
  const Json* steps = sequence(normalizer, "normalizers");
  constexpr std::string_view kNormalizer = "CLIP's sequence NFC, Replace \\s+ by a space, Lowercase";
  if (steps == nullptr || steps->size() != 3) return other("normalizer", kNormalizer, normalizer);
  const Json* pattern = member((*steps)[1], "pattern");
  const bool replaces = is_text(member((*steps)[1], "type"), "Replace") && pattern != nullptr &&
                        is_text(member(*pattern, "Regex"), "\\s+") &&
                        is_text(member((*steps)[1], "content"), " ");
  if (!is_text(member((*steps)[0], "type"), "NFC") || !replaces ||
      !is_text(member((*steps)[2], "type"), "Lowercase")) {
    return other("normalizer", kNormalizer, normalizer);
  }

  const Json* splitter = member(root, "pre_tokenizer");
  steps = sequence(splitter, "pretokenizers");
  constexpr std::string_view kSplitter = "CLIP's sequence Split, ByteLevel";
  if (steps == nullptr || steps->size() != 2 || !is_text(member((*steps)[0], "type"), "Split") ||
      !is_text(member((*steps)[1], "type"), "ByteLevel")) {
    return other("pre_tokenizer", kSplitter, splitter);
  }
  constexpr std::string_view kPattern = R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
  constexpr std::string_view kSpecials =
      R"(<\|startoftext\|>|<\|endoftext\|>|)";  // cut out before; some files repeat them
  pattern = member((*steps)[0], "pattern");
  const Json* regex = pattern == nullptr ? nullptr : member(*pattern, "Regex");
  if (!is_text(regex, kPattern) && !is_text(regex, std::string(kSpecials) + std::string(kPattern))) {
    return other("pre_tokenizer.pretokenizers[0].pattern", "CLIP's pattern", regex);
  }
  const Json* inverted = member((*steps)[0], "invert");
  if (inverted == nullptr || *inverted != true || !is_text(member((*steps)[0], "behavior"), "Removed")) {
    return other("pre_tokenizer.pretokenizers[0]", "behavior Removed, inverted", &(*steps)[0]);
  }
  const Json* prefix = member((*steps)[1], "add_prefix_space");
  if (prefix == nullptr || *prefix != false) {
    return other("pre_tokenizer.pretokenizers[1].add_prefix_space", "false", prefix);
  }
  return {};
}

// The same for the options of its BPE.
Result<void> check_model(const Json& model, std::string_view label) {
  const auto other = [&label](std::string_view name, std::string_view expected, const Json* got) {
    return fail(ErrorCode::kUnsupported, "{}: model.{}: expected {}, got {}", label, name, expected,
                got == nullptr ? "none" : shown(*got));
  };
  const Json* type = member(model, "type");
  if (type != nullptr && !is_text(type, "BPE")) return other("type", "'BPE'", type);
  const Json* suffix = member(model, "end_of_word_suffix");
  if (!is_text(suffix, bpe::kEndOfWord)) return other("end_of_word_suffix", "'</w>'", suffix);
  const Json* prefix = member(model, "continuing_subword_prefix");
  if (prefix != nullptr && !prefix->is_null() && !is_text(prefix, "")) {
    return other("continuing_subword_prefix", "none", prefix);
  }
  const Json* dropout = member(model, "dropout");
  if (dropout != nullptr && !dropout->is_null() && *dropout != 0) return other("dropout", "none", dropout);
  for (const char* name : {"fuse_unk", "byte_fallback", "ignore_merges"}) {
    const Json* flag = member(model, name);
    if (flag != nullptr && !flag->is_null() && *flag != false) return other(name, "false", flag);
  }
  return {};
}

}  // namespace

Result<Vocabulary> read_tokenizer_json(const fs::path& folder) {
  const fs::path path = folder / "tokenizer.json";
  const std::string label = printable(path.string(), 4096);
  REGARD_TRY(const Json root, read_json(path));
  const Json* model = member(root, "model");
  if (model == nullptr || !model->is_object()) {
    return fail(ErrorCode::kFormat, "{}: model: expected an object, got {}", label,
                model == nullptr ? "none" : shown(*model));
  }
  REGARD_TRY_DO(check_model(*model, label));
  REGARD_TRY_DO(check_is_clip(root, label));

  Vocabulary out;
  const Json none;
  const Json* vocab = member(*model, "vocab");
  REGARD_TRY_DO(read_vocab(vocab == nullptr ? none : *vocab, label, "model.vocab", out));
  const Json* merges = member(*model, "merges");
  REGARD_TRY_DO(read_merges_json(merges == nullptr ? none : *merges, label, out));
  AddedVocabulary added(out);
  std::vector<AddedToken> listed;
  if (const Json* list = member(root, "added_tokens"); list != nullptr && !list->is_null()) {
    if (!list->is_array()) {
      return fail(ErrorCode::kFormat, "{}: added_tokens: expected an array, got {}", label, shown(*list));
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string where = fmt::format("added_tokens[{}]", i);
      REGARD_TRY(listed.emplace_back(), read_added((*list)[i], label, where));
      REGARD_TRY_DO(added.add(listed.back(), label, where));
    }
  }
  REGARD_TRY(const SideFiles files, read_side_files(folder));
  REGARD_TRY_DO(add_special_tokens(files, folder, TokenizerClass::kFast, listed, label, added, out));
  added.finish();
  if (const Json* unknown = member(*model, "unk_token"); unknown != nullptr && !unknown->is_null()) {
    const std::optional<int> id = unknown->is_string() ? out.find(unknown->get<std::string>()) : std::nullopt;
    if (!id) {
      return fail(ErrorCode::kFormat, "{}: model.unk_token: expected a token of the vocabulary, got {}",
                  label, shown(*unknown));
    }
    out.unknown = *id;
  }
  return out;
}

Result<Vocabulary> read_vocab_and_merges(const fs::path& folder) {
  const std::string vocab_label = printable((folder / "vocab.json").string(), 4096);
  REGARD_TRY(const Json vocab, read_json(folder / "vocab.json"));
  REGARD_TRY(const std::string merges, read_file(folder / "merges.txt", kMergesFileBytes, Wanted::kText));

  Vocabulary out;
  REGARD_TRY_DO(read_vocab(vocab, vocab_label, "entry", out));
  const std::string merges_label = printable((folder / "merges.txt").string(), 4096);
  REGARD_TRY_DO(read_merges_text(merges, merges_label, out));
  REGARD_TRY(const SideFiles files, read_side_files(folder));
  AddedVocabulary added(out);
  REGARD_TRY_DO(add_special_tokens(files, folder, TokenizerClass::kSlow, {}, vocab_label, added, out));
  added.finish();
  return out;
}

Result<Vocabulary> read_openai_merges(std::string_view text) {
  constexpr std::string_view kLabel = "bpe_simple_vocab_16e6.txt";
  Vocabulary out;
  const auto append = [&out](std::string token) {
    const bool fresh = out.ids.emplace(token, static_cast<int>(out.entries.size())).second;
    if (fresh) out.entries.push_back(std::move(token));
    return fresh;
  };
  std::vector<char32_t> symbols;
  for (unsigned byte = 0; byte < 256; ++byte) symbols.push_back(bpe::printable_byte(byte));
  std::ranges::sort(symbols);  // the table's own order: printable bytes first, then the shifted ones
  for (const std::string_view suffix : {std::string_view(), bpe::kEndOfWord}) {
    for (const char32_t symbol : symbols) {
      std::string token;
      append_utf8(token, symbol);
      append(token.append(suffix));
    }
  }
  const auto lines = merge_lines(text);
  out.merges.reserve(lines.size());
  for (std::size_t rank = 0; rank < lines.size(); ++rank) {
    const auto& [number, line] = lines[rank];
    const auto pair = split_merge(line);
    if (!pair) {
      return fail(ErrorCode::kFormat, "{}: line {}: expected two symbols with one space between, got {}",
                  kLabel, number, quote(line));
    }
    const std::string where = fmt::format("line {}", number);
    if (!append(pair->first + pair->second)) {
      return fail(ErrorCode::kFormat, "{}: {}: expected a new entry, got {} again", kLabel, where,
                  quote(pair->first + pair->second));
    }
    REGARD_TRY_DO(add_merge(pair->first, pair->second, rank, kLabel, where, out));
  }
  append(std::string(kBos));
  append(std::string(kEos));
  AddedVocabulary added(out);
  REGARD_TRY_DO(add_special_tokens({}, {}, TokenizerClass::kSlow, {}, kLabel, added, out));
  added.finish();
  out.pad = 0;  // clip.tokenize fills with zeros
  return out;
}

}  // namespace regard::clip_files
