#include "app/export/paint_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "app/export/maps.h"
#include "app/export/overlay.h"
#include "app/state/paint_session.h"
#include "app/state/queries.h"
#include "core/analysis/arrange.h"
#include "core/analysis/lens.h"
#include "core/analysis/pca.h"
#include "core/base/check.h"
#include "core/engine/interventions.h"
#include "core/formats/file_set.h"
#include "core/formats/json.h"
#include "core/formats/npy.h"
#include "core/formats/png.h"
#include "core/formats/resize.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxSide = 16384;
constexpr std::size_t kLongestName = 80;  // bytes of a word in a file's name

std::string dumped(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// A word as part of a file's name on any system: what a path or a shell would take amiss becomes '_'.
std::string file_name_of(std::string_view word) {
  constexpr std::string_view kOdd = "/\\:*?\"<>|'`$&;%.";
  std::string out;
  for (std::size_t at = 0; at < word.size();) {
    const Utf8Step step = utf8_step(word, at);
    const bool odd =
        !step.valid || step.value <= 0x20 || (step.value >= 0x7F && step.value < 0xA0) ||
        (step.value < 0x80 && kOdd.find(static_cast<char>(step.value)) != std::string_view::npos);
    const std::string_view part = odd ? "_" : word.substr(at, static_cast<std::size_t>(step.size));
    if (out.size() + part.size() > kLongestName) break;
    out += part;
    at += static_cast<std::size_t>(step.size);
  }
  return out.empty() ? "_" : out;
}

std::string_view word_text(const PaintRun& run, const Word& word) {
  return std::string_view(run.request.prompt).substr(word.start, word.end - word.start);
}

/// As the command line names it.
std::string_view word_text(const PaintRun& run, const PromptWord& word) {
  if (word.kind == PromptWord::Kind::kStart) return ":start";
  if (word.kind == PromptWord::Kind::kEnd) return ":end";
  if (word.kind == PromptWord::Kind::kPosition) return {};  // has no letters: see place_text()
  const auto found =
      std::ranges::find_if(run.prompt.words, [&](const Word& one) { return one.holds(word.byte); });
  return found == run.prompt.words.end() ? "" : word_text(run, *found);
}

/// The same; of a patch its column and row.
std::string place_text(const PaintRun& run, const PromptWord& word) {
  if (word.kind != PromptWord::Kind::kPosition || !run.trace.prompt.is_patch(word.position))
    return std::string(word_text(run, word));
  const Position& patch = run.trace.prompt.positions[static_cast<std::size_t>(word.position)];
  return fmt::format("{},{}", patch.column + 1, patch.row + 1);
}

/// The steps of the drawing that an edit is of, from 1.
std::pair<int, int> steps_of(const PaintRun& run, const PaintEdit& edit) {
  return {edit.first_step + 1, std::min(edit.last_step + 1, run.steps)};
}

Json edit_json(const PaintRun& run, const PaintEdit& edit) {
  Json out = {{"kind", kind_of(edit).name}};
  const auto add = [&](const char* name, const char* byte, const PromptWord& word) {
    out[name] = place_text(run, word);
    out[byte] = word.kind == PromptWord::Kind::kWord ? Json(word.byte) : Json();
  };
  const EditArguments told = arguments_of(edit);
  if (!told.words.empty()) add("word", "byte", told.words[0]);
  if (told.words.size() > 1) add("other", "other_byte", told.words[1]);
  if (told.block) out["block"] = *told.block + 1;
  if (told.head) out["head"] = *told.head + 1;
  if (told.mean.value_or(false)) out["mean"] = true;
  if (told.after) out["after"] = *told.after;
  if (told.from) out["from"] = *told.from;
  if (told.from_after) out["from_after"] = *told.from_after;
  if (kind_of(edit).reads_kept)
    out["prompt"] = run.request.kept ? Json(run.request.kept->request.prompt) : Json();
  if (told.image) out["image"] = *told.image;
  const auto [first, last] = steps_of(run, edit);
  out["steps"] = {first, last};
  return out;
}

/// "swap chat rouge, steps 1 to 12".
std::string edit_text(const PaintRun& run, const PaintEdit& edit) {
  const Json json = edit_json(run, edit);
  std::string out;
  for (const auto& [key, value] : json.items()) {
    if (key.ends_with("byte") || key == "steps" || key == "image" || key == "after") continue;
    if (!out.empty()) out += ' ';
    out += value.is_string() ? value.get<std::string>() : value.dump();
  }
  if (!arguments_of(edit).image.value_or(true)) out += " (of words alone)";
  if (const auto after = arguments_of(edit).after) out += fmt::format(", after block {}", *after);
  const auto [first, last] = steps_of(run, edit);
  return first == 1 && last == run.steps ? out : fmt::format("{}, steps {} to {}", out, first, last);
}

/// Of each map the smallest set that holds a share, and ranks, as the query asks; 0 is what is left out.
Matrix with_rows_of(const MapQuery& query, Matrix maps) {
  Map all{.query = query, .values = std::move(maps), .rows = {}, .columns = {}, .hidden = {}};
  all.columns.resize(static_cast<std::size_t>(all.values.cols()));
  hold_and_rank(all);
  return std::move(all.values);
}

/// Colours run to the largest of the word's own map, so that weak words are seen; the caption says how strong
/// the strongest word is.
Overlay word_overlay(const PaintRun& run, const Word& word, const RowVector& map, const MapQuery& query,
                     double strongest, const Strings& strings) {
  const std::string_view lens = query.lens;
  const PaintModel& model = *run.request.model;
  Overlay out = overlay_on(run, run.x.back(), {map.data(), map.data() + map.size()});
  out.title = std::string(word_text(run, word));
  const bool plain = lens == "attention";
  const std::string own = std::string("paint.lens.").append(lens);
  const std::string lens_name =
      strings(strings.all().contains(own) ? own : std::string("lens.").append(lens));
  out.label = plain ? strings("figure.attention") : lens_name;
  if (query.rank) {
    out.label = strings("tokens.rank");
    out.range = rank_range(out.values);
  }
  out.caption = {
      run.request.prompt,
      model.name + " · " +
          (plain ? strings.format("figure.word_map", first_map_layer(run) + 1, model.mmdit.config().layers,
                                  run.drawn())
                 : lens_name),
      colours_text(out, strings) + strings.format("figure.strongest_word", fmt::format("{:.3g}", strongest))};
  if (query.mass || query.rank) out.caption.push_back(tokens_line({.mass = query.mass, .rank = query.rank}));
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// "03-chat.png"
bool is_word_map(std::string_view name) {
  return name.size() > 7 && all_digits(name.substr(0, 2)) && name[2] == '-' && name.ends_with(".png");
}

/// "step-003.npy", "step-003-negative.npy", "tokens-negative.json"
bool is_step_file(std::string_view name) {
  if (name == "tokens-negative.json") return true;
  for (const std::string_view end : {"-negative.npy", ".npy"}) {
    if (name.starts_with("step-") && name.ends_with(end) &&
        all_digits(name.substr(5, name.size() - std::min(name.size(), 5 + end.size()))))
      return true;
  }
  return false;
}

// Only where maps were written before: a folder of a person's own pictures is left alone.
bool holds_maps(const fs::path& folder) {
  std::error_code failed;
  return fs::exists(folder / "maps.npy", failed) && fs::exists(folder / "tokens.json", failed);
}

/// A step's attention as a file, and a map at a time: [L,H,S,S].
Result<NonFinite> write_step(const AttentionRecord& record, const fs::path& path, FileSet& files) {
  const NpyArray maps = whole_record(record, false);
  REGARD_TRY_DO(files.add(path, npy_bytes(maps.values, maps.shape)));
  return count_non_finite(maps.values);
}

}  // namespace

Result<std::string> picture_png(const PaintRun& run, int scale) {
  if (std::max(run.width, run.height) > kMaxSide / scale) {
    return fail(ErrorCode::kFormat, "--scale: expected 1 to {} for a picture of {} x {} pixels, got {}",
                kMaxSide / std::max(run.width, run.height), run.width, run.height, scale);
  }
  std::vector<std::uint8_t> rgb = picture_bytes(run.x.back(), run.height, run.width);
  const int width = run.width * scale, height = run.height * scale;
  if (scale > 1) rgb = resize_rgb(rgb, run.width, run.height, width, height, Resample::kNearest);
  const PaintRequest& asked = run.request;
  std::string how =
      fmt::format("{} · {} steps · guidance {:.6g}", asked.model->name, run.steps, run.guidance);
  if (asked.noise.empty()) how += fmt::format(" · seed {}", asked.seed);
  if (!asked.negative.empty()) how += " · negative: " + asked.negative;
  if (!asked.picture.empty()) how += fmt::format(" · from a picture, at step {}", run.first_step + 1);
  for (const PaintEdit& edit : asked.edits) how += " · " + edit_text(run, edit);
  const PngText texts[] = {{"Title", asked.prompt}, {"Description", how}, {"Software", "Regard"}};
  return encode_png(width, height, 3, rgb, texts);
}

std::string joint_tokens_json(const PaintRun& run, const PaintText& text) {
  Json list = Json::array();
  for (int patch = 0; patch < run.patches(); ++patch) {
    list.push_back({{"index", patch},
                    {"kind", "patch"},
                    {"column", patch % run.columns + 1},
                    {"row", patch / run.columns + 1}});
  }
  for (std::size_t i = 0; i < text.tokens.size(); ++i) {
    const Token& token = text.tokens[i];
    list.push_back({{"index", run.patches() + static_cast<int>(i)},
                    {"kind", "text"},
                    {"token", token.text},
                    {"text", token.readable()},
                    {"id", token.id},
                    {"word", token.word < 0 ? Json() : Json(token.word + 1)},
                    {"start", token.start},
                    {"end", token.end},
                    {"weight", token.weight}});
  }
  std::string out = "[";
  for (std::size_t i = 0; i < list.size(); ++i)
    out += (i == 0 ? "\n" : ",\n") + list[i].dump(-1, ' ', false, Json::error_handler_t::replace);
  return out + "\n]\n";
}

std::string paint_json(const PaintRun& run, std::string_view picture) {
  const PaintRequest& asked = run.request;
  const PaintModel& model = *asked.model;
  Json coached = Json::array();  // [block, head], from 1
  for (const int block : model.coached_blocks) {
    for (const int head : model.coached_heads) coached.push_back({block + 1, head + 1});
  }
  Json edits = Json::array();
  for (const PaintEdit& edit : asked.edits) edits.push_back(edit_json(run, edit));
  Json out = {{"model", model.name},
              {"prompt", asked.prompt},
              {"negative", asked.negative},
              {"weighting", weighting_name(asked.weighting)},
              {"place", weight_place_name(asked.place)},
              {"seed", asked.noise.empty() ? Json(asked.seed) : Json()},
              {"steps", run.steps},
              {"guidance", run.guidance},
              {"shift", model.schedule.shift},
              {"prediction", model.schedule.prediction == Prediction::kSample ? "sample" : "velocity"},
              {"times", run.times},
              {"columns", run.columns},
              {"rows", run.rows},
              {"layers", model.mmdit.config().layers},
              {"heads", model.mmdit.config().heads},
              {"coached", coached},
              {"edits", edits}};
  if (run.prompt.tokens_cut > 0) out["tokens_cut"] = run.prompt.tokens_cut;
  if (run.negative.tokens_cut > 0) out["negative_tokens_cut"] = run.negative.tokens_cut;
  if (!asked.picture.empty()) {
    out["picture"] = picture;
    out["first_step"] = run.first_step + 1;
  }
  return dumped(out);
}

int first_map_layer(const PaintRun& run) { return std::min(1, run.request.model->mmdit.config().layers - 1); }

Result<Matrix> word_maps(const Trace& trace, const std::string& lens, Specials specials,
                         const LensContext& context) {
  const Segment* image = trace.prompt.image();
  REGARD_CHECK(image != nullptr && find_lens(lens) != nullptr);
  if (find_lens(lens)->channels != nullptr) {
    if (specials == Specials::kRenormalised)
      return fail(ErrorCode::kUnsupported,
                  "--special: expected show or hide, got renormalise: numbers of {} do not add up", lens);
    const AttentionRecord& record = *trace.records.front();
    const Matrix* states = record.stream(record.shape().layers);
    REGARD_CHECK(states != nullptr);
    return Matrix(states->middleRows(image->first, image->count));
  }
  MapQuery query{.lens = lens, .over = Over::kText};
  if (specials == Specials::kRenormalised) query.specials = specials;
  if (find_lens(lens)->by_head) query.heads.set = paint_heads({}, trace.shape());
  if (find_lens(lens)->tile != nullptr) {
    REGARD_TRY(const Map map, evaluate(trace, query));
    Matrix out = Matrix::Zero(std::ssize(trace.prompt.text()), image->count);
    const int first = trace.prompt.text().front();
    for (std::size_t i = 0; i < map.columns.size(); ++i)
      out.row(map.columns[i] - first) =
          map.values.col(static_cast<Eigen::Index>(i)).segment(image->first, image->count).transpose();
    return out;
  }
  query.direction = Direction::kReadBy;
  query.over = Over::kImage;
  std::vector<int> text = trace.prompt.text();
  if (lens == "norms") text.resize(1);
  Matrix out(std::ssize(text), image->count);
  for (Eigen::Index token = 0; token < out.rows(); ++token) {
    query.subject = {text[static_cast<std::size_t>(token)]};
    REGARD_TRY(const Map map, evaluate(trace, query, context));
    out.row(token) = map.values.row(0);
  }
  return out;
}

namespace {

// One picture of what is about no word.
Result<void> write_patch_map(const PaintRun& run, const Matrix& made, std::string_view lens,
                             const fs::path& folder, const Strings& strings, FileSet& files) {
  REGARD_TRY_DO(files.make_folder(folder));
  if (holds_maps(folder)) files.replace_former(folder, is_word_map);
  const int blocks = run.request.model->mmdit.config().layers;
  Matrix maps = made;  // [channels][N]
  std::vector<double> shares;
  if (lens == "pca") {
    PrincipalComponents found = principal_components(made);
    maps = std::move(found.coordinates);
    shares.assign(found.shares.begin(), found.shares.end());
  }
  Overlay figure = overlay_on(run, run.x.back(), {maps.data(), maps.data() + maps.cols()});
  figure.title = figure.label = strings(std::string("lens.").append(lens));
  figure.caption = {run.request.prompt,
                    run.request.model->name + " · " + strings.format("paint.behind_block", blocks)};
  if (shares.empty()) {
    figure.caption.push_back(colours_text(figure, strings));
  } else {
    figure.colours = component_colours(maps);
    figure.caption.push_back(strings.format("picture.pca.figure", strings.percent(shares[0]),
                                            strings.percent(shares[1]), strings.percent(shares[2])));
  }
  REGARD_TRY(const std::string bytes, map_bytes(OverlayMap(std::move(figure)), ".png", strings));
  REGARD_TRY_DO(files.add(folder / (std::string(lens) + ".png"), bytes));
  const std::size_t shape[] = {static_cast<std::size_t>(maps.rows()), static_cast<std::size_t>(run.rows),
                               static_cast<std::size_t>(run.columns)};
  REGARD_TRY_DO(files.add(
      folder / "maps.npy",
      npy_bytes(std::span<const float>(maps.data(), static_cast<std::size_t>(maps.size())), shape)));
  return files.add(folder / "tokens.json", joint_tokens_json(run, run.prompt));
}

// A row a word, of its tokens' mean or sum: [words][N].
Matrix rows_of_words(const PaintRun& run, const Matrix& maps, bool joined) {
  Matrix words(std::ssize(run.prompt.words), run.patches());
  for (Eigen::Index i = 0; i < words.rows(); ++i) {
    const Word& word = run.prompt.words[static_cast<std::size_t>(i)];
    const auto pieces = maps.middleRows(word.first_token, word.last_token - word.first_token + 1).colwise();
    words.row(i) = joined ? RowVector(pieces.sum()) : RowVector(pieces.mean());
  }
  return words;
}

}  // namespace

TextPage words_page(const PaintRun& run, const Matrix& maps, const MapQuery& query, const Strings& strings) {
  const std::string_view lens = query.lens;
  REGARD_CHECK(maps.rows() == std::ssize(run.prompt.tokens) && maps.cols() == run.patches());
  const bool shares = lens == "attention" || lens == "share";
  TextPage page{.title = strings("page.words"),
                .paragraphs = {run.request.prompt,
                               run.request.model->name + " · " + strings(std::string("lens.").append(lens))},
                .tables = {}};
  TextTable all{.caption = strings("page.words.caption"),
                .columns = {strings("column.word"), strings("column.mean"), strings("page.largest_patch"),
                            strings("page.place")},
                .rows = {}};
  const Matrix words = rows_of_words(run, maps, query.words), shown = with_rows_of(query, words);
  for (Eigen::Index i = 0; i < words.rows(); ++i) {
    const std::string name(word_text(run, run.prompt.words[static_cast<std::size_t>(i)]));
    const RowVector row = words.row(i);
    Eigen::Index most = 0;
    row.maxCoeff(&most);
    const auto at = static_cast<int>(most);
    all.rows.push_back({name, cell_text(strings, static_cast<double>(row.mean()), shares),
                        cell_text(strings, static_cast<double>(row(most)), shares),
                        strings.format("picture.patch", at % run.columns + 1, at / run.columns + 1)});
    const RowVector cells = shown.row(i);
    TextTable table = grid_table(run.columns, run.rows, {cells.data(), cells.data() + cells.size()},
                                 shares && !query.rank, strings);
    table.caption = strings.format("figure.quote", name) + " · " + table.caption;
    page.tables.push_back(std::move(table));
  }
  page.tables.insert(page.tables.begin(), std::move(all));
  return page;
}

Result<void> write_word_maps(const PaintRun& run, const Matrix& made, const MapQuery& query,
                             const fs::path& folder, const Strings& strings, FileSet& files) {
  const std::string_view lens = query.lens;
  if (lens == "norms" || lens == "pca") return write_patch_map(run, made, lens, folder, strings, files);
  REGARD_CHECK(made.rows() == std::ssize(run.prompt.tokens) && made.cols() == run.patches());
  REGARD_TRY_DO(files.make_folder(folder));
  if (holds_maps(folder)) files.replace_former(folder, is_word_map);
  Matrix words = rows_of_words(run, made, query.words);
  const double strongest = overlay_range({words.data(), words.data() + words.size()}, MapZero::kNothing).max;
  words = with_rows_of(query, std::move(words));
  for (Eigen::Index i = 0; i < words.rows(); ++i) {
    const Word& word = run.prompt.words[static_cast<std::size_t>(i)];
    const OverlayMap map(word_overlay(run, word, words.row(i), query, strongest, strings));
    REGARD_TRY(const std::string bytes, map_bytes(map, ".png", strings));
    const std::string name = fmt::format("{:02}-{}.png", i + 1, file_name_of(word_text(run, word)));
    REGARD_TRY_DO(files.add(folder / name, bytes));
  }
  const Matrix maps = with_rows_of(query, made);
  const std::size_t shape[] = {static_cast<std::size_t>(maps.rows()), static_cast<std::size_t>(run.rows),
                               static_cast<std::size_t>(run.columns)};
  const std::span values(maps.data(), static_cast<std::size_t>(maps.size()));
  REGARD_TRY_DO(files.add(folder / "maps.npy", npy_bytes(values, shape)));
  return files.add(folder / "tokens.json", joint_tokens_json(run, run.prompt));
}

Result<NonFinite> write_record(const PaintRun& run, const fs::path& folder, FileSet& files,
                               std::string_view picture) {
  NonFinite found;
  const auto number = [&run](std::size_t step) {
    return static_cast<std::size_t>(run.first_step) + step + 1;
  };
  REGARD_TRY_DO(files.make_folder(folder));
  std::error_code failed;
  if (fs::exists(folder / "schedule.json", failed)) files.replace_former(folder, is_step_file);
  for (std::size_t step = 0; step < run.trace.records.size(); ++step) {
    const fs::path path = folder / fmt::format("step-{:03}.npy", number(step));
    REGARD_TRY(const NonFinite here, write_step(*run.trace.records[step], path, files));
    found += here;
  }
  for (std::size_t step = 0; step < run.trace.negative_records.size(); ++step) {
    const fs::path path = folder / fmt::format("step-{:03}-negative.npy", number(step));
    REGARD_TRY(const NonFinite here, write_step(*run.trace.negative_records[step], path, files));
    found += here;
  }
  REGARD_TRY_DO(files.add(folder / "schedule.json", paint_json(run, picture)));
  if (!run.trace.negative_records.empty()) {
    const std::string tokens = joint_tokens_json(run, run.negative);
    REGARD_TRY_DO(files.add(folder / "tokens-negative.json", tokens));
  }
  REGARD_TRY_DO(files.add(folder / "tokens.json", joint_tokens_json(run, run.prompt)));
  return found;
}

}  // namespace regard
