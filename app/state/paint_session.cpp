#include "app/state/paint_session.h"

#include <algorithm>
#include <tuple>

#include "app/state/session_reader.h"
#include "core/engine/interventions.h"

namespace regard {
namespace {

constexpr std::size_t kMaxTextBytes = 1u << 20;
constexpr int kMostIndex = 1000;  // of a block, head, step or patch side

const Names<WeightPlace> kWeightPlaces{
    {"picture", WeightPlace::kPicture}, {"encoder", WeightPlace::kEncoder}, {"both", WeightPlace::kBoth}};
const Names<PaintLens> kPaintLenses{
    {"attention", PaintLens::kAttention}, {"value", PaintLens::kValue},     {"written", PaintLens::kWritten},
    {"share", PaintLens::kShare},         {"rollout", PaintLens::kRollout}, {"output", PaintLens::kOutput},
    {"norms", PaintLens::kNorms},         {"cosine", PaintLens::kCosine},   {"pca", PaintLens::kPca},
    {"attnlrp", PaintLens::kAttnLrp},     {"chefer", PaintLens::kChefer},   {"legrad", PaintLens::kLeGrad}};
const Names<PaintShow> kPaintShows{{"now", PaintShow::kNow},
                                   {"before", PaintShow::kBefore},
                                   {"difference", PaintShow::kDifference},
                                   {"wipe", PaintShow::kWipe},
                                   {"beside", PaintShow::kBeside}};

const Names<LeftOut> kLeftOut{
    {"nothing", LeftOut::kNothing}, {"word", LeftOut::kWord}, {"trials", LeftOut::kTrials}};
const Names<Series> kSeries{
    {"seeds", Series::kSeeds}, {"weightings", Series::kWeightings}, {"weights", Series::kWeights}};

Json word_json(const PromptWord& word) {
  switch (word.kind) {
    case PromptWord::Kind::kStart:
      return "start";
    case PromptWord::Kind::kEnd:
      return "end";
    case PromptWord::Kind::kPosition:
      return {{"position", word.position}};
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
  const Json position = json.is_object() ? json.value("position", Json()) : Json();
  if (position.is_number_unsigned() && position.get<std::uint64_t>() < 1'000'000)
    return place_at(position.get<int>());
  return std::nullopt;
}

// [n, n], both from 1 in the file.
std::optional<std::pair<int, int>> pair_of(const Json& json) {
  const auto good = [](const Json& n) { return n.is_number_unsigned() && n >= 1 && n <= kMostIndex; };
  if (!json.is_array() || json.size() != 2 || !good(json[0]) || !good(json[1])) return std::nullopt;
  return std::pair(json[0].get<int>() - 1, json[1].get<int>() - 1);
}

constexpr const char* kWordKeys[] = {"word", "other"};

// "cut, mute or swap": every kind of edit of such runs.
std::string kinds(unsigned runs) {
  std::vector<std::string_view> names;
  for (const InterventionKind& kind : interventions()) {
    if ((kind.runs & runs) != 0) names.push_back(kind.name);
  }
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += fmt::format("{}{}", i == 0 ? "" : i + 1 < names.size() ? ", " : " or ", names[i]);
  return out;
}

Json edit_json(const PaintEdit& edit) {
  const EditArguments told = arguments_of(edit);
  Json out = {{"kind", kind_of(edit).name}};
  for (std::size_t i = 0; i < told.words.size(); ++i) out[kWordKeys[i]] = word_json(told.words[i]);
  if (told.block) out["map"] = {*told.block + 1, told.head.value_or(0) + 1};
  if (told.mean.value_or(false)) out["mean"] = true;
  if (told.after) out["after"] = *told.after;
  if (told.from) out["from"] = *told.from;
  if (told.from_after) out["from_after"] = *told.from_after;
  if (told.image) out["image"] = *told.image;
  if (!edit.on) out["on"] = false;
  if (edit.first_step > 0 || edit.last_step < kMostPaintSteps - 1)
    out["steps"] = {edit.first_step + 1, edit.last_step + 1};
  return out;
}

std::optional<RunEdit> edit_of(const Json& json, unsigned runs) {
  if (!json.is_object() || !json.value("kind", Json()).is_string()) return std::nullopt;
  const InterventionKind* kind = find_intervention(json["kind"].get_ref<const std::string&>());
  if (kind == nullptr || (kind->runs & runs) == 0) return std::nullopt;
  EditArguments told;
  for (int i = 0; i < kind->takes.words; ++i) {
    const auto word = word_of(json.value(kWordKeys[i], Json()));
    if (!word) return std::nullopt;
    told.words.push_back(*word);
  }
  if (kind->takes.block && (!kind->takes.edge || json.contains("map"))) {
    const auto map = pair_of(json.value("map", Json()));
    if (!map) return std::nullopt;
    std::tie(told.block, told.head) = *map;
  }
  const Json image = json.value("image", Json(true));
  if (kind->takes.image && !image.is_boolean()) return std::nullopt;
  if (kind->takes.image) told.image = image.get<bool>();
  const Json mean = json.value("mean", Json(false)), on = json.value("on", Json(true)),
             after = json.value("after", Json(0u));
  if (!mean.is_boolean() || !on.is_boolean()) return std::nullopt;
  if (!after.is_number_unsigned() || after > kMostIndex) return std::nullopt;
  for (const auto& [key, into, most] :
       {std::tuple("from", &told.from, 1'000'000), std::tuple("from_after", &told.from_after, kMostIndex)}) {
    const Json value = json.value(key, Json());
    if (value.is_null()) continue;
    if (!value.is_number_unsigned() || value >= most) return std::nullopt;
    *into = value.get<int>();
  }
  told.mean = mean.get<bool>();
  told.after = after.get<int>();
  RunEdit edit{.what = kind->make(told), .on = on.get<bool>()};
  if (const auto steps = json.find("steps"); steps != json.end()) {
    const auto span = pair_of(*steps);
    if (!span) return std::nullopt;
    std::tie(edit.first_step, edit.last_step) = *span;
  }
  return edit;
}

Json seeds_json(const SeedGrid& seeds) {
  Json out = {{"first", seeds.first}, {"without", name_of(kLeftOut, seeds.without)}};
  if (seeds.series != Series::kSeeds) out["series"] = name_of(kSeries, seeds.series);
  if (seeds.without == LeftOut::kWord) out["word"] = word_json(seeds.word);
  if (seeds.weights != SeedGrid{}.weights) out["weights"] = seeds.weights;
  return out;
}

void read_strip(Reader& reader, std::vector<double>& weights) {
  const Json* list = reader.find("weights");
  if (list == nullptr) return;
  const std::string expected = fmt::format("1 to {} numbers in [{}, {}] that differ", kMostStripWeights,
                                           -kMostStripWeight, kMostStripWeight);
  if (!list->is_array() || list->empty() || list->size() > kMostStripWeights)
    return reader.wrong("weights", expected, *list);
  std::vector<double> read;
  for (const Json& each : *list) {
    const double weight = each.is_number() ? each.get<double>() : std::nan("");
    if (!(std::abs(weight) <= kMostStripWeight) || std::ranges::find(read, weight) != read.end())
      return reader.wrong("weights", expected, each);
    read.push_back(weight);
  }
  weights = std::move(read);
}

void read_seeds(const Json& object, SeedGrid& seeds, std::string& error) {
  Reader reader(object, "paint.seeds.", error);
  reader.seed("first", seeds.first);
  reader.one_of("series", kSeries, seeds.series);
  reader.one_of("without", kLeftOut, seeds.without);
  read_strip(reader, seeds.weights);
  if (seeds.without != LeftOut::kWord) return;
  const Json word = object.value("word", Json());
  const auto read = word_of(word);
  if (!read) return reader.wrong("word", "\"start\", \"end\" or a byte of the prompt", word);
  seeds.word = *read;
}

// Heads and steps that were chosen.
MapQuery chosen_query(const PaintDocument& paint) {
  MapQuery query{.heads = {.fusion = paint.fusion, .set = paint.maps}};
  if (paint.step_span) query.steps = StepSpan{paint.step_span->first, paint.step_span->second};
  return query;
}

// A list of at most `most`, each as `of` reads it.
template <class Of, class Out>
void read_list(Reader& reader, const char* key, std::size_t most, const std::string& expected, Of of,
               Out& out) {
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

void read_paint(const Json& object, PaintDocument& paint, std::string& error) {
  Reader reader(object, "paint.", error);
  reader.text("negative", paint.negative, kMaxTextBytes);
  reader.seed("seed", paint.seed);
  reader.whole("steps", paint.steps, 0, kMostShownSteps);
  if (object.contains("guidance")) reader.number("guidance", paint.guidance.emplace(1.0), 0.0, 1000.0);
  reader.one_of("place", kWeightPlaces, paint.place);
  if (object.contains("before")) reader.text("before", paint.before.emplace(), kMaxTextBytes);
  reader.text("picture", paint.picture, 4096);
  reader.count("picture_step", paint.picture_step);
  if (const Json* word = reader.find("word")) {
    paint.word = word_of(*word);
    if (!paint.word) reader.wrong("word", "\"start\", \"end\" or a byte of the prompt", *word);
  }
  reader.whole("patch", paint.patch, -1, kMostIndex * kMostIndex);
  if (const Json* seeds = reader.find("seeds")) {
    if (seeds->is_object()) {
      read_seeds(*seeds, paint.seeds, error);
    } else {
      reader.wrong("seeds", "an object", *seeds);
    }
  }
  MapQuery query = chosen_query(paint);
  reader.query(query);
  paint.maps = query.heads.set;
  paint.fusion = query.heads.fusion;
  paint.step_span =
      query.steps ? std::optional(std::pair(query.steps->first, query.steps->last)) : std::nullopt;
  read_edits(reader, kPaintRun, paint.edits);
}

void read_edits(Reader& reader, unsigned runs, std::vector<RunEdit>& edits) {
  read_list(
      reader, "edits", kMaxEdits, fmt::format("at most {} of {{\"kind\": {}, ...}}", kMaxEdits, kinds(runs)),
      [runs](const Json& json) { return edit_of(json, runs); }, edits);
}

Json edits_json(const std::vector<RunEdit>& edits) {
  Json out = Json::array();
  for (const RunEdit& edit : edits) out.push_back(edit_json(edit));
  return out;
}

void read_paint_view(const Json& object, PaintView& view, std::string& error) {
  Reader reader(object, "view.paint.", error);
  reader.one_of("lens", kPaintLenses, view.lens);
  reader.flag("reverse", view.reverse);
  reader.flag("unconditional", view.unconditional);
  reader.flag("smooth", view.smooth);
  reader.flag("absolute", view.absolute);
  reader.flag("noisy", view.noisy);
  reader.number("opacity", view.opacity, 0.0f, 1.0f);
  reader.one_of("show", kPaintShows, view.show);
  reader.number("wipe", view.wipe, 0.0f, 1.0f);
}

const char* paint_lens_name(PaintLens lens) { return name_of(kPaintLenses, lens); }

std::optional<PaintLens> paint_lens_of(std::string_view name) {
  const auto found = std::ranges::find(kPaintLenses, name, &Names<PaintLens>::value_type::first);
  if (found == kPaintLenses.end()) return std::nullopt;
  return found->second;
}

Json paint_document_json(const PaintDocument& paint) {
  Json out = {{"negative", paint.negative}, {"seed", paint.seed},
              {"steps", paint.steps},       {"place", name_of(kWeightPlaces, paint.place)},
              {"picture", paint.picture},   {"picture_step", paint.picture_step + 1},
              {"patch", paint.patch}};
  if (paint.guidance) out["guidance"] = *paint.guidance;
  if (paint.before) out["before"] = *paint.before;
  if (paint.word) out["word"] = word_json(*paint.word);
  out["seeds"] = seeds_json(paint.seeds);
  out["maps"] = Json::array();
  out.update(query_json(chosen_query(paint)));
  out["edits"] = edits_json(paint.edits);
  return out;
}

Json paint_view_json(const PaintView& view) {
  return {{"lens", name_of(kPaintLenses, view.lens)},
          {"reverse", view.reverse},
          {"unconditional", view.unconditional},
          {"smooth", view.smooth},
          {"absolute", view.absolute},
          {"noisy", view.noisy},
          {"opacity", view.opacity},
          {"show", name_of(kPaintShows, view.show)},
          {"wipe", view.wipe}};
}

}  // namespace regard
