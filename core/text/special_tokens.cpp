#include "core/text/special_tokens.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <tuple>

#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard::clip_files {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kAddedTokenBytes = 512;

// The roles a file may give to a token, in the order in which transformers adds them.
constexpr std::array kRoles = {"bos_token", "eos_token", "unk_token", "sep_token",
                               "pad_token", "cls_token", "mask_token"};
constexpr std::string_view kAdditional = "additional_special_tokens";
constexpr std::string_view kExtra =
    "extra_special_tokens";  // newer: names of the model's own roles, or a list

// An optional file beside the tokenizer: null when it is not there.
Result<Json> read_optional(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return Json();
  Result<Json> json = read_json(path);
  if (json && !json->is_object()) {
    return fail(ErrorCode::kFormat, "{}: top: expected an object, got {}", printable(path.string(), 4096),
                shown(*json));
  }
  return json;
}

// A token with a role. One that was named by its text alone is not added when it is there already.
struct RoleToken {
  AddedToken token;
  bool text_only = false;
  std::string label, where;  // for messages
};

bool same(const AddedToken& a, const AddedToken& b) {
  const auto all = [](const AddedToken& t) {
    return std::tie(t.content, t.single_word, t.lstrip, t.rstrip, t.normalized, t.special);
  };
  return all(a) == all(b);
}

// A text, or an object with content and flags; an empty text stands for none, as in the original.
Result<RoleToken> read_role(const Json& value, const std::string& label, std::string where) {
  const Json* content = value.is_object() ? member(value, "content") : &value;
  if (content == nullptr || !content->is_string()) {
    return fail(ErrorCode::kFormat, "{}: {}: expected a text or an object with content, got {}", label, where,
                shown(value));
  }
  RoleToken out{.token = {.content = content->get<std::string>(), .special = true},
                .text_only = value.is_string(),
                .label = label,
                .where = std::move(where)};
  REGARD_TRY_DO(read_flags(value, label, out.where, out.token));
  out.token.special = true;
  return out;
}

// {"49406": {"content": ...}, ...}, by number.
Result<std::vector<AddedToken>> read_decoder(const Json& decoder, const std::string& label) {
  if (!decoder.is_object()) {
    return fail(ErrorCode::kFormat, "{}: added_tokens_decoder: expected an object, got {}", label,
                shown(decoder));
  }
  std::map<int, AddedToken> sorted;
  for (const auto& [number, value] : decoder.get_ref<const Json::object_t&>()) {
    const std::string where = fmt::format("added_tokens_decoder.{}", printable(number));
    int id = -1;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), id);
    if (error != std::errc() || end != number.data() + number.size() || id < 0 || id >= kIdLimit) {
      return fail(ErrorCode::kFormat, "{}: added_tokens_decoder: expected ids from 0 to {}, got {}", label,
                  kIdLimit - 1, quote(number));
    }
    const Json* content = member(value, "content");
    if (content == nullptr || !content->is_string()) {
      return fail(ErrorCode::kFormat, "{}: {}.content: expected a text, got {}", label, where,
                  content == nullptr ? "none" : shown(*content));
    }
    AddedToken token{.content = content->get<std::string>(), .id = id};
    const Json* special = member(value, "special");
    token.normalized = special == nullptr || *special != true;  // what the library assumes of a special one
    REGARD_TRY_DO(read_flags(value, label, where, token));
    sorted[id] = std::move(token);
  }
  std::vector<AddedToken> out;
  for (auto& [id, token] : sorted) out.push_back(std::move(token));
  return out;
}

// added_tokens.json: {"token": id}, as older fine-tunings left it; by id, so that they extend the vocabulary
// one by one.
Result<std::vector<AddedToken>> read_older_added(const fs::path& path,
                                                 const std::unordered_set<std::string>& special) {
  const std::string label = printable(path.string(), 4096);
  REGARD_TRY(const Json added, read_optional(path));
  std::vector<AddedToken> out;
  if (added.is_null()) return out;
  for (const auto& [content, value] : added.get_ref<const Json::object_t&>()) {
    const std::optional<std::int64_t> id = id_of(value);
    if (!id) {
      return fail(ErrorCode::kFormat, "{}: {}: expected an id from 0 to {}, got {}", label, quote(content),
                  kIdLimit - 1, shown(value));
    }
    const bool is_special = special.contains(content);
    out.push_back(
        {.content = content, .id = static_cast<int>(*id), .normalized = !is_special, .special = is_special});
  }
  std::ranges::stable_sort(out, {}, &AddedToken::id);
  return out;
}

// The roles as the files give them, and what the class says where they are silent.
class Roles {
 public:
  Roles(const SideFiles& files, TokenizerClass kind, std::string_view label)
      : files_(files), kind_(kind), label_(label) {}

  Result<void> read() {
    for (const char* role : kRoles) {
      REGARD_TRY_DO(read_one(role));
    }
    REGARD_TRY_DO(
        read_list(member(files_.config, kAdditional), files_.config_label, kAdditional, additional_));
    REGARD_TRY_DO(read_list(map_member(kAdditional), files_.special_map_label, kAdditional, additional_));
    REGARD_TRY_DO(read_list(member(files_.config, kExtra), files_.config_label, kExtra, extra_));
    return {};
  }

  /// Flags that a file gives to the token of a role, wherever it says them.
  void take_flags(const std::vector<AddedToken>& known) {
    for (auto& [name, token] : roles_) {
      if (!stated_.contains(name)) continue;  // the class's own
      const auto at = std::ranges::find(known, token.token.content, &AddedToken::content);
      if (at == known.end()) continue;
      token.token = *at;
      token.text_only = false;
    }
  }

  const RoleToken* find(const char* role) const {
    const auto at = std::ranges::find(roles_, role, &std::pair<std::string, RoleToken>::first);
    return at == roles_.end() ? nullptr : &at->second;
  }
  /// In order, each text once; but a text that the list of additional ones has twice stays twice there.
  std::vector<RoleToken> all() const {
    std::vector<RoleToken> out;
    std::unordered_set<std::string> seen;
    for (const auto& [name, token] : roles_) {
      if (seen.insert(token.token.content).second) out.push_back(token);
    }
    for (const RoleToken& token : additional_) {
      if (!seen.contains(token.token.content)) out.push_back(token);
    }
    for (const RoleToken& token : additional_) seen.insert(token.token.content);
    for (const RoleToken& token : extra_) {
      if (seen.insert(token.token.content).second) out.push_back(token);
    }
    return out;
  }
  std::unordered_set<std::string> names() const {
    std::unordered_set<std::string> out;
    for (const RoleToken& token : all()) out.insert(token.token.content);
    return out;
  }
  /// The older form: special_tokens_map.json counts, and before tokenizer_config.json.
  bool older() const { return member(files_.config, "added_tokens_decoder") == nullptr; }

 private:
  const Json* map_member(std::string_view name) const {
    return older() ? member(files_.special_map, name) : nullptr;
  }

  Result<void> read_one(const char* role) {
    const Json* value = map_member(role);
    const std::string* from = &files_.special_map_label;
    if (value == nullptr) {
      value = member(files_.config, role);
      from = &files_.config_label;
    }
    const bool is_pad = std::string_view(role) == "pad_token";
    if (value == nullptr || value->is_null()) {
      const bool no_padding = is_pad && value != nullptr;
      if ((own_of_slow(role) || is_pad) && !no_padding) add_default(role);
      return {};
    }
    REGARD_TRY(RoleToken token, read_role(*value, *from, role));
    if (token.token.content.empty()) return {};
    if (token.text_only && kind_ == TokenizerClass::kSlow && own_of_slow(role)) as_slow(token);
    stated_.insert(role);
    roles_.emplace_back(role, std::move(token));
    return {};
  }

  void add_default(const char* role) {
    RoleToken token{.token = {.content = std::string(std::string_view(role) == "bos_token" ? kBos : kEos),
                              .special = true},
                    .text_only = true,
                    .label = label_,
                    .where = role};
    if (kind_ == TokenizerClass::kSlow && own_of_slow(role)) as_slow(token);
    roles_.emplace_back(role, std::move(token));
  }

  // CLIPTokenizer makes tokens of these three texts itself, found in any case.
  static bool own_of_slow(std::string_view role) {
    return role == "bos_token" || role == "eos_token" || role == "unk_token";
  }
  static void as_slow(RoleToken& token) {
    token.token.normalized = true;
    token.text_only = false;
  }

  // Of two files the second adds what the first has not.
  static Result<void> read_list(const Json* list, const std::string& label, std::string_view name,
                                std::vector<RoleToken>& out) {
    if (list == nullptr || list->is_null()) return {};
    if (!list->is_array() && !(list->is_object() && name == kExtra)) {
      return fail(ErrorCode::kFormat, "{}: {}: expected a list of tokens, got {}", label, name, shown(*list));
    }
    std::size_t index = 0;
    for (const Json& value : *list) {
      REGARD_TRY(RoleToken token, read_role(value, label, fmt::format("{}[{}]", name, index++)));
      const bool there = std::ranges::any_of(out, [&token](const RoleToken& other) {
        return other.text_only == token.text_only && same(other.token, token.token);
      });
      if (!token.token.content.empty() && !there) out.push_back(std::move(token));
    }
    return {};
  }

  const SideFiles& files_;
  TokenizerClass kind_;
  std::string label_;
  std::vector<std::pair<std::string, RoleToken>> roles_;
  std::vector<RoleToken> additional_, extra_;
  std::unordered_set<std::string> stated_;
};

// A token that opens or closes every text must be one the model has learnt.
Result<int> end_of_text(const Roles& roles, const char* role, std::string_view usual, std::string_view label,
                        const Vocabulary& out) {
  const RoleToken* token = roles.find(role);
  const std::string content = token != nullptr ? token->token.content : std::string(usual);
  if (const std::optional<int> id = out.find(content)) return *id;
  return fail(ErrorCode::kFormat, "{}: {}: expected {} in the vocabulary, got none",
              token != nullptr ? token->label : std::string(label), role, quote(content));
}

}  // namespace

Result<void> read_flags(const Json& object, std::string_view label, std::string_view where,
                        AddedToken& token) {
  const std::pair<const char*, bool*> flags[] = {{"single_word", &token.single_word},
                                                 {"lstrip", &token.lstrip},
                                                 {"rstrip", &token.rstrip},
                                                 {"normalized", &token.normalized},
                                                 {"special", &token.special}};
  for (const auto& [name, flag] : flags) {
    const Json* value = member(object, name);
    if (value == nullptr) continue;
    if (!value->is_boolean()) {
      return fail(ErrorCode::kFormat, "{}: {}.{}: expected true or false, got {}", label, where, name,
                  shown(*value));
    }
    *flag = value->get<bool>();
  }
  return {};
}

const AddedToken* AddedVocabulary::find(const std::string& content) const {
  const auto at = ids_.find(content);
  return at == ids_.end() ? nullptr : &latest_.at(at->second);
}

Result<void> AddedVocabulary::add(AddedToken token, std::string_view label, std::string_view where) {
  if (token.content.empty() || token.content.size() > kAddedTokenBytes) {
    return fail(ErrorCode::kFormat, "{}: {}: expected a token of 1 to {} bytes, got {}", label, where,
                kAddedTokenBytes, token.content.size());
  }
  const std::optional<int> known = out_.find(token.content);
  if (token.id < 0) token.id = known.value_or(static_cast<int>(out_.entries.size()));
  if (known && *known != token.id) {
    return fail(ErrorCode::kFormat, "{}: {}: expected id {} for {} as in the vocabulary, got {}", label,
                where, *known, quote(token.content), token.id);
  }
  const auto at = static_cast<std::size_t>(token.id);
  if (at >= out_.entries.size() + 4096) {
    return fail(ErrorCode::kFormat, "{}: {}: expected an id near the {} of the vocabulary, got {}", label,
                where, out_.entries.size(), token.id);
  }
  if (at >= out_.entries.size()) out_.entries.resize(at + 1);
  if (!known && !out_.entries[at].empty()) {
    return fail(ErrorCode::kFormat, "{}: {}: expected an id of its own for {}, got {} as {} has", label,
                where, quote(token.content), token.id, quote(out_.entries[at]));
  }
  out_.entries[at] = token.content;
  out_.ids.emplace(token.content, token.id);
  if (const AddedToken* there = find(token.content); there != nullptr && same(*there, token)) return {};
  ids_[token.content] = token.id;
  latest_[token.id] = token;
  if (token.special && special_names_.insert(token.content).second) {
    special_.push_back(std::move(token));
  } else if (!special_names_.contains(token.content)) {
    other_.push_back(std::move(token));
  }
  return {};
}

void AddedVocabulary::finish() {
  out_.added.clear();
  for (const std::vector<AddedToken>* list : {&special_, &other_}) {
    for (AddedToken token : *list) {
      const AddedToken& latest = latest_.at(token.id);
      token.single_word = latest.single_word;
      token.lstrip = latest.lstrip;
      token.rstrip = latest.rstrip;
      token.special = special_names_.contains(token.content);
      out_.added.push_back(std::move(token));
    }
  }
}

Result<SideFiles> read_side_files(const fs::path& folder) {
  SideFiles files;
  const auto read = [&folder](const char* name, Json& into, std::string& label) -> Result<void> {
    label = printable((folder / name).string(), 4096);
    REGARD_TRY(Json json, read_optional(folder / name));
    into = std::move(json);
    return {};
  };
  REGARD_TRY_DO(read("special_tokens_map.json", files.special_map, files.special_map_label));
  REGARD_TRY_DO(read("tokenizer_config.json", files.config, files.config_label));
  return files;
}

Result<void> add_special_tokens(const SideFiles& files, const fs::path& folder, TokenizerClass kind,
                                const std::vector<AddedToken>& listed, std::string_view label,
                                AddedVocabulary& added, Vocabulary& out) {
  Roles roles(files, kind, label);
  REGARD_TRY_DO(roles.read());
  std::vector<AddedToken> stated;
  std::string stated_label = files.config_label;
  if (!roles.older()) {
    REGARD_TRY(stated, read_decoder(*member(files.config, "added_tokens_decoder"), files.config_label));
    roles.take_flags(stated);
  } else {
    stated_label = printable((folder / "added_tokens.json").string(), 4096);
    REGARD_TRY(stated, read_older_added(folder / "added_tokens.json", roles.names()));
    std::erase_if(stated, [&listed](const AddedToken& token) {  // tokenizer.json has the last word on an id
      return std::ranges::find(listed, token.id, &AddedToken::id) != listed.end();
    });
    roles.take_flags(listed);
  }
  const std::unordered_set<std::string> special = roles.names();

  std::vector<AddedToken> to_add;  // chosen before any is added, as the original does
  for (AddedToken token : stated) {
    const AddedToken* there = added.find(token.content);
    if (there != nullptr && same(*there, token)) continue;
    token.special = token.special || special.contains(token.content);
    // The vocabulary knows its tokens' ids better; a new token has the one that is stated, if it is free.
    const bool taken = static_cast<std::size_t>(token.id) < out.entries.size() &&
                       !out.entries[static_cast<std::size_t>(token.id)].empty();
    const bool strict = roles.older() && kind == TokenizerClass::kSlow;
    if (!strict && (taken || out.find(token.content))) token.id = -1;
    to_add.push_back(std::move(token));
  }
  const std::size_t stated_count = to_add.size();
  std::vector<RoleToken> more;
  for (RoleToken& role : roles.all()) {
    const auto in_list = std::ranges::find(to_add, role.token.content, &AddedToken::content);
    const bool there = added.has(role.token.content) || in_list != to_add.end();
    if (role.text_only ? there : in_list != to_add.end() && same(*in_list, role.token)) continue;
    role.token.special = true;
    role.token.id = -1;
    more.push_back(std::move(role));
  }
  for (std::size_t i = 0; i < stated_count; ++i) {
    const std::string where = quote(to_add[i].content);
    REGARD_TRY_DO(added.add(to_add[i], stated_label, where));
  }
  REGARD_TRY(out.bos, end_of_text(roles, "bos_token", kBos, label, out));
  REGARD_TRY(out.eos, end_of_text(roles, "eos_token", kEos, label, out));
  for (RoleToken& role : more) {
    REGARD_TRY_DO(added.add(std::move(role.token), role.label, role.where));
  }
  const RoleToken* pad = roles.find("pad_token");
  out.pad = pad != nullptr ? out.ids.at(pad->token.content) : out.eos;
  if (kind == TokenizerClass::kSlow) {
    const RoleToken* unknown = roles.find("unk_token");
    out.unknown = unknown != nullptr ? out.ids.at(unknown->token.content) : out.eos;
  }
  return {};
}

}  // namespace regard::clip_files
