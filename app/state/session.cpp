#include "app/state/session.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "app/state/paint_session.h"
#include "app/state/queries.h"
#include "app/state/session_reader.h"
#include "core/analysis/head_metric.h"
#include "core/engine/interventions.h"
#include "core/formats/content.h"
#include "core/prompt/grammar.h"

namespace regard {
namespace {

constexpr std::size_t kMaxSessionBytes = 64u << 20;
constexpr std::size_t kMaxPromptBytes = 1u << 20;
constexpr const char* kSyntaxNames = "a1111, a1111-old, comfyui or compel";
constexpr const char* kWeightingNames = "the name of a weighting, such as attention or a1111";

const Names<Theme> kThemes{{"dark", Theme::kDark}, {"light", Theme::kLight}};
const Names<MapColors> kColors{{"viridis", MapColors::kViridis},
                               {"cividis", MapColors::kCividis},
                               {"magma", MapColors::kMagma},
                               {"grey", MapColors::kGrey}};
const Names<const char*> kOrders{{"number", ""}, {"ties", "ties"}};  // of files before view.heads
constexpr const char* kRunKinds[] = {"text", "picture", "drawing"};  // by RunKind

const Names<Workspace> kWorkspaces{{"text", Workspace::kText},
                                   {"compare", Workspace::kCompare},
                                   {"image", Workspace::kImage},
                                   {"painting", Workspace::kPainting}};
const Names<PictureLens> kLenses{
    {"attention", PictureLens::kAttention}, {"mass", PictureLens::kMass}, {"norms", PictureLens::kNorms},
    {"cosine", PictureLens::kCosine},       {"pca", PictureLens::kPca},   {"caption", PictureLens::kCaption}};
const Names<CaptionLens> kCaptionLenses{
    {"chefer", CaptionLens::kChefer}, {"legrad", CaptionLens::kLeGrad}, {"attnlrp", CaptionLens::kAttnLrp}};
const Names<PinFusion> kFusions{
    {"newest", PinFusion::kNewest}, {"mean", PinFusion::kMean}, {"difference", PinFusion::kDifference}};

void read_language(Reader& reader, Language& language, const Locales& locales) {
  const Json* value = reader.find("language");
  if (value == nullptr) return;
  if (!value->is_string() || locales.find(value->get_ref<const std::string&>()) == nullptr)
    return reader.wrong("language", locales.codes(" or "), *value);
  language = value->get<std::string>();
}

void read_pins(Reader& reader, std::vector<Pin>& pins, std::size_t prompt_bytes) {
  const Json* list = reader.find("pins");
  if (list == nullptr) return;
  pins.clear();
  const auto bad = [&](const Json& got) {
    reader.wrong("pins", "at most 6 of \"bos\", \"eos\" or a byte of the prompt", got);
  };
  if (!list->is_array() || list->size() > kMaxPins) return bad(*list);
  for (const Json& pin : *list) {
    if (pin == "bos") {
      pins.push_back({Pin::Kind::kBos, 0});
    } else if (pin == "eos") {
      pins.push_back({Pin::Kind::kEos, 0});
    } else if (pin.is_number_unsigned() && pin.get<std::uint64_t>() < prompt_bytes) {
      pins.push_back({Pin::Kind::kText, pin.get<std::size_t>()});
    } else {
      return bad(pin);
    }
  }
}

// {"layer": 3, "head": "mean"}, whatever they are.
Json choice_json(const MapChoice& choice) {
  Json out = {{"layer", "mean"}, {"head", "mean"}};
  out.update(query_json({.lens = choice.lens, .heads = choice.heads}));
  return out;
}

// The object under `key` of `root`, or null: absent, or no object (then an error).
const Json* object_at(Reader& root, const char* key) {
  const Json* value = root.find(key);
  if (value == nullptr || value->is_object()) return value;
  root.wrong(key, "an object", *value);
  return nullptr;
}

void read_picture(const Json& object, PictureDocument& picture, std::string& error) {
  constexpr std::size_t kMostTokens = 200'000, kMostCaptionBytes = 10'000;
  Reader reader(object, "picture.", error);
  reader.text("image", picture.image, 4096);
  reader.whole("long_side", picture.long_side, 0, kMostPatchesASide);
  reader.tokens("pins", picture.pins, kMaxPins);
  reader.tokens("region_a", picture.region_a, kMostTokens);
  reader.tokens("region_b", picture.region_b, kMostTokens);
  reader.map_choice(picture.choice);
  reader.texts("captions", picture.captions, kMaxCaptions, kMostCaptionBytes);
  reader.whole("caption", picture.caption, 0, static_cast<int>(kMaxCaptions) - 1);
  picture.caption_less = -1;
  if (object.contains("caption_less"))
    reader.whole("caption_less", picture.caption_less, 0, static_cast<int>(kMaxCaptions) - 1);
  read_edits(reader, kVisionRun, picture.edits);
  reader.text("other", picture.other, 4096);
}

const Names<CalculationStage> kStages{
    {"context", CalculationStage::kContext},   {"product", CalculationStage::kProduct},
    {"word", CalculationStage::kWord},         {"softmax", CalculationStage::kSoftmax},
    {"values", CalculationStage::kValues},     {"residual", CalculationStage::kResidual},
    {"guidance", CalculationStage::kGuidance}, {"euler", CalculationStage::kEuler}};

void read_calculation(const Json& object, CalculationView& view, std::string& error) {
  Reader reader(object, "view.calculation.", error);
  reader.one_of("stage", kStages, view.stage);
  reader.flag("sorted", view.sorted);
  std::vector<int> cell;
  reader.tokens("cell", cell, 2);
  if (cell.size() == 2) view.cell = {cell[0], cell[1]};
}

Json calculation_json(const CalculationView& view) {
  Json out = {{"stage", name_of(kStages, view.stage)}, {"sorted", view.sorted}};
  if (view.cell) out["cell"] = {view.cell->first, view.cell->second};
  return out;
}

void read_picture_view(const Json& object, PictureView& view, std::string& error) {
  Reader reader(object, "view.picture.", error);
  reader.one_of("lens", kLenses, view.lens);
  reader.one_of("fusion", kFusions, view.fusion);
  reader.number("opacity", view.opacity, 0.0f, 1.0f);
  reader.flag("absolute", view.absolute);
  reader.flag("smooth", view.smooth);
  reader.flag("grid", view.grid);
  reader.number("mass", view.mass, 0.01f, 1.0f);
  reader.number("discard", view.discard, 0.0f, 0.95f);
  if (reader.find("chefer") != nullptr) {  // of programs that know two lenses alone
    bool chefer = true;
    reader.flag("chefer", chefer);
    view.caption = chefer ? CaptionLens::kChefer : CaptionLens::kLeGrad;
  }
  reader.one_of("caption_lens", kCaptionLenses, view.caption);
}

Json picture_json(const PictureDocument& picture) {
  Json out = {{"image", picture.image},
              {"long_side", picture.long_side},
              {"pins", picture.pins},
              {"region_a", picture.region_a},
              {"region_b", picture.region_b}};
  out.update(choice_json(picture.choice));
  out["captions"] = picture.captions;
  out["caption"] = picture.caption;
  if (picture.caption_less >= 0) out["caption_less"] = picture.caption_less;
  out["edits"] = edits_json(picture.edits);
  if (!picture.other.empty()) out["other"] = picture.other;
  return out;
}

Json picture_view_json(const PictureView& view) {
  return {{"lens", name_of(kLenses, view.lens)},
          {"fusion", name_of(kFusions, view.fusion)},
          {"opacity", view.opacity},
          {"absolute", view.absolute},
          {"smooth", view.smooth},
          {"grid", view.grid},
          {"mass", view.mass},
          {"discard", view.discard},
          {"chefer", view.caption != CaptionLens::kLeGrad},
          {"caption_lens", name_of(kCaptionLenses, view.caption)}};
}

void read_pair(const Json& object, PicturePair& pair, std::string& error) {
  Reader reader(object, "pair.", error);
  reader.text("image", pair.image, 4096);
  reader.whole("layer", pair.layer, 0, 1000);
  reader.whole("best", pair.best, 1, kMostMatches);
  reader.flag("from_second", pair.from_second);
  pair.place.reset();
  const Json* place = reader.find("place");
  if (place == nullptr) return;
  const auto is_share = [](const Json& number) {
    return number.is_number() && number.get<double>() >= 0.0 && number.get<double>() <= 1.0;
  };
  if (!place->is_array() || place->size() != 2 || !std::ranges::all_of(*place, is_share))
    return reader.wrong("place", "two shares from 0 to 1: of the width and the height", *place);
  pair.place = PicturePlace{place->at(0).get<float>(), place->at(1).get<float>()};
}

Json pair_json(const PicturePair& pair) {
  Json out = {
      {"image", pair.image}, {"layer", pair.layer}, {"best", pair.best}, {"from_second", pair.from_second}};
  if (pair.place) out["place"] = {pair.place->x, pair.place->y};
  return out;
}

// {"text": {"1": {"layer": 3, "head": 2}}}: only those that are there, each by its number.
void read_doubled(const Json& object, std::array<DoubledViews, 3>& doubled, std::string& error) {
  Reader all(object, "view.doubled.", error);
  for (std::size_t i = 0; i < doubled.size(); ++i) {
    doubled[i] = {};
    const Json* kind = object_at(all, kRunKinds[i]);
    if (kind == nullptr) continue;
    Reader numbers(*kind, fmt::format("view.doubled.{}.", kRunKinds[i]), error);
    for (std::size_t n = 0; n < kMostDoubled; ++n) {
      const std::string name = std::to_string(n + 1);
      const Json* one = object_at(numbers, name.c_str());
      if (one == nullptr) continue;
      Reader reader(*one, fmt::format("view.doubled.{}.{}.", kRunKinds[i], name), error);
      reader.query(doubled[i][n].emplace());
    }
  }
}

Json doubled_json(const std::array<DoubledViews, 3>& doubled) {
  Json out = Json::object();
  for (std::size_t i = 0; i < doubled.size(); ++i) {
    for (std::size_t n = 0; n < kMostDoubled; ++n) {
      if (doubled[i][n]) out[kRunKinds[i]][std::to_string(n + 1)] = query_json(*doubled[i][n]);
    }
  }
  return out;
}

void read_tokens_view(const Json& object, TokensView& view, std::string& error) {
  Reader reader(object, "view.tokens.", error);
  reader.flag("words", view.words);
  reader.flag("renormalise", view.renormalise);
  reader.flag("rank", view.rank);
  view.hold.reset();
  if (object.contains("hold")) reader.number("hold", view.hold.emplace(1.0), 0.01, 1.0);
}

Json tokens_view_json(const TokensView& view) {
  Json out = {{"words", view.words}, {"renormalise", view.renormalise}, {"rank", view.rank}};
  if (view.hold) out["hold"] = *view.hold;
  return out;
}

// The name of a metric, or what stands for none.
void read_metric(Reader& reader, const char* key, std::string_view other, std::string& out) {
  std::string name = out;
  reader.text(key, name, 64);
  if (name == other || find_head_metric(name) != nullptr) {
    out = name;
  } else {
    reader.wrong(key, "the name of a metric", Json(name));
  }
}

void read_heads_views(const Json& object, std::array<HeadsView, 3>& views, std::string& error) {
  Reader all(object, "view.heads.", error);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const Json* one = object_at(all, kRunKinds[i]);
    if (one == nullptr) continue;
    Reader reader(*one, fmt::format("view.heads.{}.", kRunKinds[i]), error);
    HeadsView& view = views[i];
    read_metric(reader, "order", "", view.order);
    read_metric(reader, "shown", "", view.shown);
    view.least.reset();
    if (one->contains("least")) reader.number("least", view.least.emplace(0.0), -1e6, 1e6);
    read_metric(reader, "x", "layer", view.x);
    read_metric(reader, "y", "entropy", view.y);
    reader.text("inputs", view.inputs, 4096);
    read_metric(reader, "surveyed", "entropy", view.surveyed);
  }
}

Json heads_views_json(const std::array<HeadsView, 3>& views) {
  Json out = Json::object();
  for (std::size_t i = 0; i < views.size(); ++i) {
    const HeadsView& view = views[i];
    Json& one =
        out[kRunKinds[i]] = {{"order", view.order}, {"shown", view.shown},   {"x", view.x},
                             {"y", view.y},         {"inputs", view.inputs}, {"surveyed", view.surveyed}};
    if (view.least) one["least"] = *view.least;
  }
  return out;
}

Result<void> check_version(const Json& json, std::string_view label) {
  if (!json.is_object()) {
    return fail(ErrorCode::kFormat, "{}: expected a session, an object with regard_session, got {}", label,
                json.type_name());
  }
  const auto version = json.find("regard_session");
  if (version == json.end())
    return fail(ErrorCode::kFormat, "{}: regard_session: expected 1, got none (not a session file)", label);
  if (*version == 1) return {};
  return fail(ErrorCode::kFormat,
              "{}: regard_session: expected 1, got {} (a session file of another version)", label,
              shown_value(*version));
}

}  // namespace

Result<Session> parse_session(std::string_view json, std::string_view label, const Session& base,
                              const Locales& locales) {
  JsonLimits limits;
  limits.bytes = kMaxSessionBytes;
  Result<Json> parsed = parse_json(json, label, limits);
  if (!parsed) return std::unexpected(parsed.error());
  REGARD_TRY_DO(check_version(*parsed, label));
  Session session = base;
  session.example.reset();
  session.restored = false;
  std::string error;
  Reader root(*parsed, "", error);
  root.text("prompt", session.doc.prompt, kMaxPromptBytes);
  root.text("model", session.model, 4096);
  root.text("vision_model", session.vision_model, 4096);
  root.text("paint_model", session.paint_model, 4096);
  if (const Json* picture = object_at(root, "picture")) {
    session.first_picture = false;
    read_picture(*picture, session.doc.picture, error);
  }
  if (const Json* pair = object_at(root, "pair")) read_pair(*pair, session.doc.pair, error);
  if (const Json* paint = object_at(root, "paint")) read_paint(*paint, session.doc.paint, error);
  root.named("syntax", syntax_from_name, kSyntaxNames, session.doc.syntax);
  root.named("weighting", weighting_from_name, kWeightingNames, session.doc.weighting);
  root.named("normalisation", normalisation_from_name, "none, mean, length or length+mean",
             session.doc.normalisation);
  root.optional_named("chunk_rule", chunk_rule_from_name, "the name of a rule, such as a1111 or compel-words",
                      session.doc.chunk_rule);
  root.count("chunk", session.doc.chunk);
  if (const Json* other = object_at(root, "other")) {
    Reader reading(*other, "other.", error);
    reading.named("syntax", syntax_from_name, kSyntaxNames, session.doc.other.syntax);
    reading.named("weighting", weighting_from_name, kWeightingNames, session.doc.other.weighting);
    session.doc.other_prompt.reset();
    if (other->contains("prompt"))
      reading.text("prompt", session.doc.other_prompt.emplace(), kMaxPromptBytes);
  }
  session.has_choice = root.map_choice(session.doc.choice) || session.has_choice;
  root.text("toward", session.doc.toward, kMostTowardBytes);
  read_pins(root, session.doc.pins, session.doc.prompt.size());
  read_edits(root, kTextRun, session.doc.edits);
  if (const Json* view_json = object_at(root, "view")) {
    Reader view(*view_json, "view.", error);
    view.one_of("theme", kThemes, session.view.theme);
    read_language(view, session.view.language, locales);
    view.one_of("colors", kColors, session.view.colors);
    view.one_of("order", kOrders, session.view.heads.front().order);
    if (const Json* heads = object_at(view, "heads")) read_heads_views(*heads, session.view.heads, error);
    view.flag("log", session.view.log_scale);
    view.flag("scores", session.view.scores);
    view.flag("hide_special", session.view.hide_special);
    if (const Json* tokens = object_at(view, "tokens")) read_tokens_view(*tokens, session.view.tokens, error);
    view.flag("following", session.view.following);
    view.flag("incoming", session.view.incoming);
    view.flag("details", session.view.details);
    view.flag("reduced_motion", session.view.reduced_motion);
    view.flag("difference", session.view.difference);
    view.flag("by_divergence", session.view.by_divergence);
    view.number("zoom", session.view.zoom, 0.75f, 4.0f);
    view.one_of("workspace", kWorkspaces, session.view.workspace);
    view.number("weight_step", session.view.weight_step, 0.01f, 1.0f);
    if (const Json* calculation = object_at(view, "calculation"))
      read_calculation(*calculation, session.view.calculation, error);
    if (const Json* picture = object_at(view, "picture"))
      read_picture_view(*picture, session.view.picture, error);
    if (const Json* paint = object_at(view, "paint")) read_paint_view(*paint, session.view.paint, error);
    if (const Json* doubled = object_at(view, "doubled")) read_doubled(*doubled, session.view.doubled, error);
  }
  if (!error.empty()) return fail(ErrorCode::kFormat, "{}: {}", label, error);
  return session;
}

Session started_with(Session session, const StartArguments& start) {
  if (start.language_given) session.view.language = start.language;
  if (start.theme) session.view.theme = *start.theme;
  if (start.reduced_motion) session.view.reduced_motion = true;
  session.model_over = start.model;
  if (!start.prompt) return session;
  move_words(session.doc.paint, session.doc.prompt, *start.prompt);
  move_words(session.doc.edits, session.doc.prompt, *start.prompt);
  session.doc.prompt = *start.prompt;
  session.doc.pins.clear();
  session.example.reset();
  return session;
}

Result<Session> read_session(const std::filesystem::path& path, const Session& base, const Locales& locales) {
  Result<std::string> text = read_file(path, kMaxSessionBytes, Wanted::kJson);
  if (!text) return std::unexpected(text.error());
  return parse_session(*text, path.string(), base, locales);
}

std::string session_json(const Session& session) {
  const Document& doc = session.doc;
  const ViewOptions& view = session.view;
  Json pins = Json::array();
  for (const Pin& pin : doc.pins) {
    pins.push_back(pin.kind == Pin::Kind::kBos   ? Json("bos")
                   : pin.kind == Pin::Kind::kEos ? Json("eos")
                                                 : Json(pin.byte));
  }
  Json json = {{"regard_session", 1},
               {"prompt", doc.prompt},
               {"model", session.model},
               {"vision_model", session.vision_model},
               {"paint_model", session.paint_model},
               {"syntax", std::string(syntax_name(doc.syntax))},
               {"weighting", std::string(weighting_name(doc.weighting))}};
  json["normalisation"] = std::string(normalisation_name(doc.normalisation));
  if (doc.chunk_rule) json["chunk_rule"] = std::string(chunk_rule_name(*doc.chunk_rule));
  json["chunk"] = doc.chunk + 1;
  json["other"] = {{"syntax", std::string(syntax_name(doc.other.syntax))},
                   {"weighting", std::string(weighting_name(doc.other.weighting))}};
  if (doc.other_prompt) json["other"]["prompt"] = *doc.other_prompt;
  json["edits"] = edits_json(doc.edits);
  if (session.has_choice) json.update(choice_json(doc.choice));
  if (!doc.toward.empty()) json["toward"] = doc.toward;
  json["pins"] = pins;
  json["picture"] = picture_json(doc.picture);
  json["pair"] = pair_json(doc.pair);
  json["paint"] = paint_document_json(doc.paint);
  json["view"] = {{"theme", name_of(kThemes, view.theme)},
                  {"language", view.language},
                  {"heads", heads_views_json(view.heads)},
                  {"log", view.log_scale},
                  {"scores", view.scores},
                  {"hide_special", view.hide_special},
                  {"tokens", tokens_view_json(view.tokens)},
                  {"following", view.following},
                  {"incoming", view.incoming},
                  {"details", view.details},
                  {"reduced_motion", view.reduced_motion},
                  {"difference", view.difference},
                  {"by_divergence", view.by_divergence},
                  {"zoom", view.zoom},
                  {"workspace", name_of(kWorkspaces, view.workspace)},
                  {"weight_step", view.weight_step},
                  {"calculation", calculation_json(view.calculation)},
                  {"picture", picture_view_json(view.picture)},
                  {"paint", paint_view_json(view.paint)}};
  json["view"]["doubled"] = doubled_json(view.doubled);
  if (view.colors) json["view"]["colors"] = name_of(kColors, *view.colors);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace regard
