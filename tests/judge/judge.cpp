#include "tests/judge/judge.h"

#include <algorithm>
#include <cmath>

#include "core/diffusion/noise.h"
#include "core/engine/text_run.h"
#include "tests/judge/drawing.h"

namespace regard::judge {
namespace {

constexpr std::array kTimes = {0.8, 0.6, 0.4};
constexpr double kLeastSeen = 20.0 / (48 * 48);  // of a picture, of an object whose map is judged
constexpr float kObjectCover = 0.35f;            // of a patch that belongs to an object
constexpr float kGlassCover = 0.5f;

std::vector<int> tokens_of(const std::vector<Token>& tokens, const SceneWord& word) {
  std::vector<int> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& t = tokens[i];
    if (t.end > t.start && t.start < word.end && t.end > word.start) out.push_back(static_cast<int>(i));
  }
  return out;
}

// What a word names in a rendered scene; an object with its reflection; the glass in whole patches.
Pixels named_by(const Scene& scene, const SceneWord& word, int grid) {
  Pixels out = scene.seen[static_cast<std::size_t>(word.object)];
  if (word.role == Role::kMirror) return pixels_of(patches_of(out, grid, kGlassCover), scene.side());
  if (!scene.is_mirror()) return out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = out[i] || scene.seen[1][i];
  return out;
}

// The same in a drawing.
std::optional<Pixels> drawn_by(const Segmenter& segmenter, const Reading& reading, const Scene& scene,
                               const SceneWord& word) {
  if (word.role == Role::kMirror) {
    const auto mirror = drawn_mirror(segmenter, reading, scene);
    return mirror ? std::optional(pixels_of(mirror->glass, scene.side())) : std::nullopt;
  }
  const auto patches = drawn_object(segmenter, reading, scene, word.object);
  return patches ? std::optional(pixels_of(*patches, scene.side())) : std::nullopt;
}

void measure_word(const PaintModel& model, const JointMaps& maps, Role role, std::span<const int> tokens,
                  const Pixels& where, MapFigures& out) {
  RowVector all = RowVector::Zero(maps.patches()), free = all;
  Matrix hits(maps.blocks(), maps.heads());
  for (int block = 0; block < maps.blocks(); ++block) {
    for (int head = 0; head < maps.heads(); ++head) {
      const RowVector column = maps.column(block, head, tokens);
      hits(block, head) = points_at(column, where) ? 1.0f : 0.0f;
      if (block == 0) continue;  // it has not read the words yet
      all += column;
      if (!model.is_coached(block, head)) free += column;
    }
  }
  all /= static_cast<float>((maps.blocks() - 1) * maps.heads());
  WordFigures& word = role == Role::kNoun ? out.noun : role == Role::kColour ? out.colour : out.mirror;
  word.pointing.add(points_at(all, where));
  word.free_heads.add(points_at(free, where));
  const auto overlaps = overlap(all, where);
  for (std::size_t i = 0; i < overlaps.size(); ++i) word.overlaps[i].add(overlaps[i]);
  if (role == Role::kNoun) out.noun_pointing.add(hits);
}

void measure_mirror(const JointMaps& maps, const Patches& reflection, const Patches& object,
                    MapFigures& out) {
  if (count(reflection) == 0 || count(object) == 0) return;
  const MirrorMass mass = mirror_mass(maps, reflection, object);
  out.mirror_of_all.add(mass.of_all);
  out.mirror_of_other.add(mass.of_other);
}

int grid_of(const PaintModel& model) { return model.mmdit.config().sample_side / model.mmdit.config().patch; }

Result<JointMaps> teacher_forced(const PaintModel& model, const Scene& scene, const TextRun& text) {
  JointMaps maps(grid_of(model) * grid_of(model));
  for (std::size_t k = 0; k < kTimes.size(); ++k) {
    const std::vector<float> noise = gaussian_noise(scene.seed + k, scene.picture.size());
    std::vector<float> x(noise.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>(1 - kTimes[k]) * scene.picture[i] + static_cast<float>(kTimes[k]) * noise[i];
    }
    const auto out =
        model.mmdit.run({.latent = x,
                         .height = scene.side(),
                         .width = scene.side(),
                         .text = text.given(),
                         .pooled = {},
                         .timestep = static_cast<float>(kTimes[k] * model.schedule.train_steps)});
    if (!out) return std::unexpected(out.error());
    maps.add(*out->record);
  }
  return maps;
}

void count_verdict(const Verdict& verdict, const std::string& language, std::map<std::string, Share>& into) {
  const auto add = [&](const std::string& what, bool right) {
    into[what].add(right);
    into[what + "_" + language].add(right);
  };
  for (const bool right : verdict.object) add("object", right);
  for (const bool right : verdict.binding) add("binding", right);
  if (verdict.relation) add("relation", *verdict.relation);
  if (verdict.mirror) add("mirror", *verdict.mirror);
  add("whole", verdict.whole);
}

struct Drawing {
  std::vector<float> picture;  // [3][S][S], in [-1, 1]
  JointMaps maps;              // of the half with the prompt
  std::vector<Token> tokens;
};

Result<Drawing> draw_scene(const std::shared_ptr<const PaintModel>& model, const Scene& scene,
                           const std::string& prompt, std::vector<PaintEdit> edits) {
  Drawing out{.picture = {}, .maps = JointMaps(grid_of(*model) * grid_of(*model)), .tokens = {}};
  const PaintRequest request{.model = model,
                             .prompt = prompt,
                             .negative = "",
                             .place = WeightPlace::kBoth,
                             .seed = scene.seed,
                             .keep = KeepRecords::kNone,
                             .edits = std::move(edits)};
  const auto run = run_paint(request, [&out](const PaintStep& step) { out.maps.add(*step.conditional); });
  if (!run) return std::unexpected(run.error());
  out.picture = (*run)->x.back();
  for (float& v : out.picture) v = std::clamp(v, -1.0f, 1.0f);
  out.tokens = (*run)->prompt.tokens;
  return out;
}

// A way of all_cuts(). Expects a scene whose first object has its colour named.
std::vector<PaintEdit> edits_of(const std::string& way, const Scene& scene) {
  const PromptWord noun{PromptWord::Kind::kWord, scene.word(Role::kNoun, 0)->start};
  const PromptWord colour{PromptWord::Kind::kWord, scene.word(Role::kColour, 0)->start};
  const PromptWord end{PromptWord::Kind::kEnd, 0};
  if (way == "noun") return {{CutWord{noun}}};
  if (way == "noun and colour") return {{CutWord{noun}}, {CutWord{colour}}};
  if (way == "noun, colour, end of text") return {{CutWord{noun}}, {CutWord{colour}}, {CutWord{end}}};
  if (way == "end of text") return {{CutWord{end}}};
  return {{MuteWord{noun}}, {MuteWord{colour}}};
}

double rounded(double value) { return std::round(value * 1000.0) / 1000.0; }
Json json_of(const Share& share) { return Json::array({rounded(share.mean()), share.count}); }
Json json_of(const std::map<std::string, Share>& shares) {
  Json out = Json::object();
  for (const auto& [name, share] : shares) out[name] = json_of(share);
  return out;
}
Json json_of(const HeadTable& table) {
  Json out = Json::array();
  const Matrix mean = table.mean();
  for (const auto& row : mean.rowwise()) {
    Json heads = Json::array();
    for (const float value : row) heads.push_back(rounded(double{value}));
    out.push_back(heads);
  }
  return out;
}

}  // namespace

double WordFigures::best_overlap() const {
  double best = 0.0;
  for (const Share& share : overlaps) best = std::max(best, share.mean());
  return best;
}

void HeadTable::add(const Matrix& values) {
  if (count++ == 0)
    sum = values;
  else
    sum += values;
}

Matrix HeadTable::mean() const { return count == 0 ? Matrix() : Matrix(sum / static_cast<float>(count)); }

std::vector<std::string> all_cuts() {
  return {"noun", "noun and colour", "noun, colour, end of text", "end of text", "muted in the encoder too"};
}

Result<MapFigures> Judge::maps(std::span<const Scene> scenes) const {
  MapFigures out;
  const int grid = grid_of(*model);
  for (const Scene& scene : scenes) {
    const auto text = run_text({.model = model->text, .prompt = scene.caption});
    if (!text) return std::unexpected(text.error());
    const auto maps = teacher_forced(*model, scene, **text);
    if (!maps) return std::unexpected(maps.error());
    out.text_mass.add(maps->text_mass());
    for (const SceneWord& word : scene.words) {
      const Pixels where = named_by(scene, word, grid);
      const auto pixels = static_cast<double>(where.size());
      if (static_cast<double>(std::ranges::count(where, true)) < kLeastSeen * pixels) continue;
      measure_word(*model, *maps, word.role, tokens_of((*text)->tokens, word), where, out);
    }
    if (scene.is_mirror())
      measure_mirror(*maps, patches_of(scene.seen[1], grid, kObjectCover),
                     patches_of(scene.seen[0], grid, kObjectCover), out);
  }
  return out;
}

Result<DrawnFigures> Judge::drawn(std::span<const Scene> scenes) const {
  DrawnFigures out;
  for (const Scene& scene : scenes) {
    const auto drawing = draw_scene(model, scene, scene.caption, {});
    if (!drawing) return std::unexpected(drawing.error());
    const Reading reading = segmenter.read(drawing->picture);
    count_verdict(judge_drawing(segmenter, reading, scene), scene.language, out.drawn);
    count_verdict(judge_drawing(segmenter, segmenter.read(scene.picture), scene), scene.language,
                  out.rendered);
    out.maps.text_mass.add(drawing->maps.text_mass());
    for (const SceneWord& word : scene.words) {
      const auto where = drawn_by(segmenter, reading, scene, word);
      if (!where) continue;
      measure_word(*model, drawing->maps, word.role, tokens_of(drawing->tokens, word), *where, out.maps);
    }
    if (const auto mirror = drawn_mirror(segmenter, reading, scene))
      measure_mirror(drawing->maps, mirror->reflection, mirror->object, out.maps);
  }
  return out;
}

Result<WeightFigures> Judge::weights(std::span<const Scene> scenes) const {
  WeightFigures out;
  for (const Scene& scene : scenes) {
    std::vector<std::vector<float>> pictures;
    for (const WeighedWord& word : weight_series()) {
      auto drawing = draw_scene(model, scene, weighed_prompt(scene, word), {});
      if (!drawing) return std::unexpected(drawing.error());
      pictures.push_back(std::move(drawing->picture));
    }
    const std::optional<Series> series = measure_series(segmenter, pictures, scene);
    out[scene.language].add(series);
    out["both"].add(series);
  }
  return out;
}

Result<CutFigures> Judge::cut(std::span<const Scene> scenes, std::span<const std::string> ways) const {
  CutFigures out;
  const auto has_first = [this](const Scene& scene, const Drawing& drawing) {
    const Verdict verdict = judge_drawing(segmenter, segmenter.read(drawing.picture), scene);
    return verdict.object.front() && verdict.binding.front();
  };
  for (const Scene& scene : scenes) {
    const auto whole = draw_scene(model, scene, scene.caption, {});
    if (!whole) return std::unexpected(whole.error());
    if (!has_first(scene, *whole)) continue;
    ++out.pictures;
    for (const std::string& way : ways) {
      const auto drawing = draw_scene(model, scene, scene.caption, edits_of(way, scene));
      if (!drawing) return std::unexpected(drawing.error());
      out.lost[way].add(!has_first(scene, *drawing));
    }
  }
  return out;
}

Json to_json(const MapFigures& f) {
  Json pointing = Json::object(), overlaps = Json::object();
  for (const auto& [name, word] :
       {std::pair("noun", &f.noun), std::pair("colour", &f.colour), std::pair("mirror", &f.mirror)}) {
    if (word->pointing.count == 0) continue;
    pointing[name] = json_of(word->pointing);
    pointing[std::string(name) + "_free_heads"] = json_of(word->free_heads);
    overlaps[name] = rounded(word->best_overlap());
  }
  return {{"pointing", pointing},
          {"miou_best", overlaps},
          {"noun_pointing_by_block_head", json_of(f.noun_pointing)},
          {"text_mass", rounded(f.text_mass.mean())},
          {"mirror_mass_over_chance_by_block_head", json_of(f.mirror_of_all)},
          {"mirror_mass_of_others_over_chance_by_block_head", json_of(f.mirror_of_other)},
          {"mirror_scenes", f.mirror_of_all.count}};
}

Json to_json(const DrawnFigures& f) {
  Json rendered = Json::object();
  for (const auto& [name, share] : f.rendered) {
    if (name[name.size() - 3] != '_') rendered[name] = rounded(share.mean());
  }
  return {{"drawn", json_of(f.drawn)}, {"judge_on_real_scenes", rendered}, {"maps", to_json(f.maps)}};
}

Json to_json(const CutFigures& f) {
  Json lost = Json::object();
  for (const auto& [name, share] : f.lost) lost[name] = rounded(share.mean());
  return {{"object_lost", lost}, {"pictures", f.pictures}};
}

}  // namespace regard::judge
