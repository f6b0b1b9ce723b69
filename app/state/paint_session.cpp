#include "app/state/paint_session.h"

#include <algorithm>
#include <tuple>
#include <variant>

#include "app/state/session_reader.h"

namespace regard {
namespace {

constexpr std::size_t kMaxTextBytes = 1u << 20;
constexpr int kMostIndex = 1000;  // of a block, head, step or patch side

const Names<WeightPlace> kPlaces{
    {"picture", WeightPlace::kPicture}, {"encoder", WeightPlace::kEncoder}, {"both", WeightPlace::kBoth}};
const Names<PaintLens> kLenses{{"attention", PaintLens::kAttention},
                               {"share", PaintLens::kShare},
                               {"rollout", PaintLens::kRollout},
                               {"output", PaintLens::kOutput}};

Json word_json(const PromptWord& word) {
  switch (word.kind) {
    case PromptWord::Kind::kStart:
      return "start";
    case PromptWord::Kind::kEnd:
      return "end";
    case PromptWord::Kind::kWord:
      break;
  }
  return word.byte;
}

std::optional<PromptWord> word_of(const Json& json) {
  if (json == "start") return PromptWord{PromptWord::Kind::kStart, 0};
  if (json == "end") return PromptWord{PromptWord::Kind::kEnd, 0};
  if (json.is_number_unsigned() && json.get<std::uint64_t>() < kMaxTextBytes)
    return PromptWord{PromptWord::Kind::kWord, json.get<std::size_t>()};
  return std::nullopt;
}

// [n, n], both from 1 in the file.
std::optional<std::pair<int, int>> pair_of(const Json& json) {
  const auto good = [](const Json& n) { return n.is_number_unsigned() && n >= 1 && n <= kMostIndex; };
  if (!json.is_array() || json.size() != 2 || !good(json[0]) || !good(json[1])) return std::nullopt;
  return std::pair(json[0].get<int>() - 1, json[1].get<int>() - 1);
}

Json edit_json(const PaintEdit& edit) {
  Json out = {{"kind", paint_edit_kind(edit)}};
  if (const auto* cut = std::get_if<CutWord>(&edit.what)) {
    out["word"] = word_json(cut->word);
  } else if (const auto* mute = std::get_if<MuteWord>(&edit.what)) {
    out["word"] = word_json(mute->word);
  } else if (const auto* swap = std::get_if<SwapWords>(&edit.what)) {
    out["word"] = word_json(swap->first);
    out["other"] = word_json(swap->second);
  } else if (const auto* head = std::get_if<HeadOff>(&edit.what)) {
    out["map"] = {head->block + 1, head->head + 1};
  } else if (const auto* block = std::get_if<BlockOff>(&edit.what)) {
    out["map"] = {block->block + 1, 1};
  } else if (const auto* keep = std::get_if<KeepMaps>(&edit.what)) {
    out["image"] = keep->image;
  }
  if (edit.first_step > 0 || edit.last_step < kMostPaintSteps - 1)
    out["steps"] = {edit.first_step + 1, edit.last_step + 1};
  return out;
}

std::optional<PaintEdit> edit_of(const Json& json) {
  if (!json.is_object() || !json.value("kind", Json()).is_string()) return std::nullopt;
  const std::string kind = json["kind"].get<std::string>();
  const auto word = word_of(json.value("word", Json())), other = word_of(json.value("other", Json()));
  const auto map = pair_of(json.value("map", Json()));
  PaintEdit edit;
  if (kind == "cut" && word) {
    edit.what = CutWord{*word};
  } else if (kind == "mute" && word) {
    edit.what = MuteWord{*word};
  } else if (kind == "swap" && word && other) {
    edit.what = SwapWords{*word, *other};
  } else if (kind == "head-off" && map) {
    edit.what = HeadOff{map->first, map->second};
  } else if (kind == "block-off" && map) {
    edit.what = BlockOff{map->first};
  } else if (kind == "keep-maps" && json.value("image", Json(true)).is_boolean()) {
    edit.what = KeepMaps{json.value("image", Json(true)).get<bool>()};
  } else {
    return std::nullopt;
  }
  if (const auto steps = json.find("steps"); steps != json.end()) {
    const auto span = pair_of(*steps);
    if (!span) return std::nullopt;
    std::tie(edit.first_step, edit.last_step) = *span;
  }
  return edit;
}

// Heads and steps that were chosen.
MapQuery chosen_query(const PaintDocument& paint) {
  MapQuery query{.heads = {.set = paint.maps}};
  if (paint.step_span) query.steps = StepSpan{paint.step_span->first, paint.step_span->second};
  return query;
}

// A list of at most `most`, each as `of` reads it.
template <class Of, class Out>
void read_list(Reader& reader, const char* key, std::size_t most, const char* expected, Of of, Out& out) {
  const Json* list = reader.find(key);
  if (list == nullptr) return;
  if (!list->is_array() || list->size() > most) return reader.wrong(key, expected, *list);
  out.clear();
  for (const Json& each : *list) {
    const auto read = of(each);
    if (!read) return reader.wrong(key, expected, each);
    out.push_back(*read);
  }
}

}  // namespace

std::string_view paint_edit_kind(const PaintEdit& edit) {
  constexpr std::string_view kKinds[] = {"cut", "mute", "swap", "head-off", "block-off", "keep-maps"};
  static_assert(std::size(kKinds) == std::variant_size_v<decltype(edit.what)>);
  return kKinds[edit.what.index()];
}

void read_paint(const Json& object, PaintDocument& paint, std::string& error) {
  Reader reader(object, "paint.", error);
  reader.text("negative", paint.negative, kMaxTextBytes);
  reader.seed("seed", paint.seed);
  reader.whole("steps", paint.steps, 0, kMostShownSteps);
  if (object.contains("guidance")) reader.number("guidance", paint.guidance.emplace(1.0), 0.0, 1000.0);
  reader.one_of("place", kPlaces, paint.place);
  if (object.contains("before")) reader.text("before", paint.before.emplace(), kMaxTextBytes);
  reader.text("picture", paint.picture, 4096);
  reader.count("picture_step", paint.picture_step);
  if (const Json* word = reader.find("word")) {
    paint.word = word_of(*word);
    if (!paint.word) reader.wrong("word", "\"start\", \"end\" or a byte of the prompt", *word);
  }
  reader.whole("patch", paint.patch, -1, kMostIndex * kMostIndex);
  MapQuery query = chosen_query(paint);
  reader.query(query);
  paint.maps = query.heads.set;
  paint.step_span =
      query.steps ? std::optional(std::pair(query.steps->first, query.steps->last)) : std::nullopt;
  read_list(reader, "edits", kMaxEdits,
            "at most 12 of {\"kind\": cut, mute, swap, head-off, block-off or keep-maps, ...}", edit_of,
            paint.edits);
}

void read_paint_view(const Json& object, PaintView& view, std::string& error) {
  Reader reader(object, "view.paint.", error);
  reader.one_of("lens", kLenses, view.lens);
  reader.flag("reverse", view.reverse);
  reader.flag("unconditional", view.unconditional);
  reader.flag("smooth", view.smooth);
  reader.flag("absolute", view.absolute);
  reader.flag("noisy", view.noisy);
  reader.number("opacity", view.opacity, 0.0f, 1.0f);
}

const char* paint_lens_name(PaintLens lens) { return name_of(kLenses, lens); }

Json paint_document_json(const PaintDocument& paint) {
  Json out = {{"negative", paint.negative}, {"seed", paint.seed},
              {"steps", paint.steps},       {"place", name_of(kPlaces, paint.place)},
              {"picture", paint.picture},   {"picture_step", paint.picture_step + 1},
              {"patch", paint.patch}};
  if (paint.guidance) out["guidance"] = *paint.guidance;
  if (paint.before) out["before"] = *paint.before;
  if (paint.word) out["word"] = word_json(*paint.word);
  out["maps"] = Json::array();
  out.update(query_json(chosen_query(paint)));
  Json& edits = out["edits"] = Json::array();
  for (const PaintEdit& edit : paint.edits) edits.push_back(edit_json(edit));
  return out;
}

Json paint_view_json(const PaintView& view) {
  return {{"lens", name_of(kLenses, view.lens)},
          {"reverse", view.reverse},
          {"unconditional", view.unconditional},
          {"smooth", view.smooth},
          {"absolute", view.absolute},
          {"noisy", view.noisy},
          {"opacity", view.opacity}};
}

}  // namespace regard
