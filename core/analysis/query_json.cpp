#include "core/analysis/query_json.h"

#include <algorithm>
#include <cmath>

#include "core/analysis/lens.h"

namespace regard {
namespace {

constexpr int kMostIndex = 1000;          // of a block, a head or a step
constexpr std::size_t kMostHeads = 1000;  // of a set
constexpr std::size_t kMostPositions = 200'000;
constexpr std::size_t kMostCaptionBytes = 10'000;

// [n, n], both from 1 in the file.
std::optional<std::pair<int, int>> pair_of(const Json& json) {
  const auto good = [](const Json& n) { return n.is_number_unsigned() && n >= 1 && n <= kMostIndex; };
  if (!json.is_array() || json.size() != 2 || !good(json[0]) || !good(json[1])) return std::nullopt;
  return std::pair(json[0].get<int>() - 1, json[1].get<int>() - 1);
}

// Each reads one key's value. False: it is wrong.

bool read_place(std::string_view key, const Json& json, MapQuery& query) {
  const std::string text = json.is_string()            ? json.get<std::string>()
                           : json.is_number_unsigned() ? std::to_string(json.get<std::uint64_t>())
                                                       : "";
  if (key == "head") return read_head(text, query.heads);
  MapChoice choice{.heads = query.heads, .lens = query.lens};
  if (!read_choice("layer", text, choice)) return false;
  query.heads = choice.heads;
  const Lens* before = find_lens(query.lens);
  if (choice.lens != "attention" || before == nullptr || !before->by_head) query.lens = choice.lens;
  return true;
}

bool read_lens(const Json& json, MapQuery& query) {
  if (!json.is_string() || find_lens(json.get_ref<const std::string&>()) == nullptr) return false;
  query.lens = json.get<std::string>();
  return true;
}

bool read_set(const Json& json, MapQuery& query) {
  if (!json.is_array() || json.size() > kMostHeads) return false;
  query.heads.set.clear();
  for (const Json& each : json) {
    const auto pair = pair_of(each);
    if (!pair) return false;
    query.heads.set.push_back(*pair);
  }
  std::ranges::sort(query.heads.set);
  return true;
}

bool read_span(const Json& json, MapQuery& query) {
  const auto span = pair_of(json);
  if (!span || span->first > span->second) return false;
  query.steps = StepSpan{span->first, span->second};
  return true;
}

bool read_positions(const Json& json, std::vector<int>& out) {
  const auto good = [](const Json& n) { return n.is_number_unsigned() && n < 1'000'000; };
  if (!json.is_array() || json.size() > kMostPositions || !std::ranges::all_of(json, good)) return false;
  out = json.get<std::vector<int>>();
  return true;
}

bool read_flag(const Json& json, bool& out) {
  if (!json.is_boolean()) return false;
  out = json.get<bool>();
  return true;
}

bool read_share(const Json& json, double least, double most, double& out) {
  out = json.is_number() ? json.get<double>() : std::nan("");
  return out >= least && out <= most;
}

bool read_half(const Json& json, MapQuery& query) {
  query.half = json == "negative" ? Half::kNegative : Half::kPrompt;
  return json == "negative" || json == "prompt";
}

bool read_over(const Json& json, MapQuery& query) {
  query.over = json == "image" ? Over::kImage : json == "text" ? Over::kText : Over::kAll;
  return query.over != Over::kAll || json == "all";
}

bool read_direction(const Json& json, MapQuery& query) {
  bool incoming = false;
  if (!read_flag(json, incoming)) return false;
  query.direction = incoming ? Direction::kReadBy : Direction::kReads;
  return true;
}

bool read_mass(const Json& json, MapQuery& query) {
  return read_share(json, 1e-6, 1.0, query.mass.emplace(1.0));
}

bool read_caption(const Json& json, std::string& caption) {
  if (!json.is_string() || json.get_ref<const std::string&>().size() > kMostCaptionBytes) return false;
  caption = json.get<std::string>();
  return true;
}

bool read_specials(const Json& json, MapQuery& query) {
  const auto specials = specials_from_name(json.is_string() ? json.get_ref<const std::string&>() : "");
  query.specials = specials.value_or(Specials::kShown);
  return specials.has_value();
}

// Of a list of pairs, the first that is none.
const Json& culprit(std::string_view key, const Json& json) {
  if (key != "maps" || !json.is_array() || json.size() > kMostHeads) return json;
  const auto found = std::ranges::find_if(json, [](const Json& each) { return !pair_of(each); });
  return found == json.end() ? json : *found;
}

struct Key {
  const char* name;
  const char* expected;
  bool (*read)(const Json& json, MapQuery& query);
};

// In the order they are read in: a layer may name a lens.
constexpr Key kKeys[] = {
    {"lens", "the name of a lens", read_lens},
    {"layer", "a number from 1, or a word such as \"mean\"",
     [](const Json& json, MapQuery& query) { return read_place("layer", json, query); }},
    {"head", "a number from 1, or a word such as \"mean\"",
     [](const Json& json, MapQuery& query) { return read_place("head", json, query); }},
    {"maps", "pairs of a block and a head, from 1", read_set},
    {"span", "the first and the last step, from 1", read_span},
    {"half", "prompt or negative", read_half},
    {"scores", "true or false",
     [](const Json& json, MapQuery& query) { return read_flag(json, query.scores); }},
    {"subject", "positions, each a number from 0",
     [](const Json& json, MapQuery& query) { return read_positions(json, query.subject); }},
    {"minus", "positions, each a number from 0",
     [](const Json& json, MapQuery& query) { return read_positions(json, query.minus); }},
    {"incoming", "true or false", read_direction},
    {"over", "all, image or text", read_over},
    {"itself", "true or false",
     [](const Json& json, MapQuery& query) { return read_flag(json, query.itself); }},
    {"mass", "a number above 0, at most 1", read_mass},
    {"discard", "a number in [0, 0.999]",
     [](const Json& json, MapQuery& query) { return read_share(json, 0.0, 0.999, query.discard); }},
    {"compared_with", "text of at most 10000 bytes",
     [](const Json& json, MapQuery& query) { return read_caption(json, query.caption); }},
    {"compared_less", "text of at most 10000 bytes",
     [](const Json& json, MapQuery& query) { return read_caption(json, query.caption_less); }},
    {"special", "show, hide or renormalise", read_specials},
    {"words", "true or false",
     [](const Json& json, MapQuery& query) { return read_flag(json, query.words); }},
    {"rank", "true or false", [](const Json& json, MapQuery& query) { return read_flag(json, query.rank); }},
};

}  // namespace

Json query_json(const MapQuery& query) {
  Json out = Json::object();
  const Lens* lens = find_lens(query.lens);
  const bool joins_layers = lens != nullptr && !lens->by_head;
  if (!joins_layers && query.lens != "attention") out["lens"] = query.lens;
  if (joins_layers) out["layer"] = query.lens;
  if (!joins_layers && query.heads.layer) out["layer"] = *query.heads.layer + 1;
  if (query.heads.head) out["head"] = *query.heads.head + 1;
  if (!query.heads.head && query.heads.fusion != Fusion::kMean)
    out["head"] = std::string(fusion_name(query.heads.fusion));
  for (const auto& [layer, head] : query.heads.set) out["maps"].push_back({layer + 1, head + 1});
  if (query.steps) out["span"] = {query.steps->first + 1, query.steps->last + 1};
  if (query.half == Half::kNegative) out["half"] = "negative";
  if (query.scores) out["scores"] = true;
  if (!query.subject.empty()) out["subject"] = query.subject;
  if (!query.minus.empty()) out["minus"] = query.minus;
  if (query.direction == Direction::kReadBy) out["incoming"] = true;
  if (query.over != Over::kAll) out["over"] = query.over == Over::kImage ? "image" : "text";
  if (!query.itself) out["itself"] = false;
  if (query.mass) out["mass"] = *query.mass;
  if (query.discard != 0.0) out["discard"] = query.discard;
  if (!query.caption.empty()) out["compared_with"] = query.caption;
  if (!query.caption_less.empty()) out["compared_less"] = query.caption_less;
  if (query.specials != Specials::kShown) out["special"] = std::string(specials_name(query.specials));
  if (query.words) out["words"] = true;
  if (query.rank) out["rank"] = true;
  return out;
}

std::optional<QueryFault> read_query(const Json& object, MapQuery& query) {
  for (const Key& key : kKeys) {
    const auto found = object.find(key.name);
    if (found != object.end() && !key.read(*found, query))
      return QueryFault{key.name, key.expected, culprit(key.name, *found)};
  }
  return std::nullopt;
}

}  // namespace regard
