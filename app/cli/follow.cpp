// `regard follow`: one word of a prompt in the text tower, in a picture and in the drawing.
#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "app/export/text_page.h"
#include "core/engine/follow.h"
#include "core/engine/paint.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Follow {
  Options shared;
  PictureOptions picture;
  std::string prompt, word, out;
  std::string method = "chefer";
  std::uint64_t seed = 1;
  int steps = 0;  // 0: the model's own
  bool json = false;
};

/// Any byte of the word that was named. Errors: format.
Result<std::size_t> byte_of(const TextRun& run, const std::string& asked) {
  std::vector<std::string> names;
  for (const Word& word : run.words) {
    names.push_back(run.request.prompt.substr(word.start, word.end - word.start));
    if (names.back() == asked) return word.start;
  }
  if (names.empty()) return fail(ErrorCode::kFormat, "--word: expected a prompt with words, got none");
  return fail(ErrorCode::kFormat, "--word: expected a word of the prompt ({}), got {}", list_of(names),
              quote(asked));
}

Result<std::shared_ptr<const PaintRun>> draw(const Follow& asked) {
  REGARD_TRY(const auto folder, model_folder(asked.shared));
  REGARD_TRY(auto model, open_paint_model(folder));
  if (!model->pooled_notice.empty()) fmt::print(stderr, "{}\n", model->pooled_notice);
  PaintRequest request{.model = std::move(model), .prompt = asked.prompt, .negative = ""};
  request.syntax = asked.shared.syntax;
  request.weighting = asked.shared.weighting;
  request.seed = asked.seed;
  request.steps = asked.steps;
  request.keep = KeepRecords::kConditional;
  return run_paint(request);
}

Json links_json(const std::vector<ThoughtLink>& links) {
  Json out = Json::array();
  for (const ThoughtLink& link : links) out.push_back({{"word", link.label}, {"share", link.share}});
  return out;
}

Json map_json(const ThoughtMap& map) {
  Json rows = Json::array();
  for (int row = 0; row < map.rows; ++row) {
    Json& line = rows.emplace_back(Json::array());
    for (int column = 0; column < map.columns; ++column)
      line.push_back(map.values(static_cast<Eigen::Index>(row) * map.columns + column));
  }
  return rows;
}

Json largest_json(const ThoughtMap& map) {
  return {{"column", map.largest % map.columns + 1}, {"row", map.largest / map.columns + 1}};
}

Json thought_json(const Thought& thought, const Follow& asked) {
  Json out = {{"prompt", asked.prompt}, {"word", thought.word}};
  out["text"] = {{"reads", links_json(thought.text.reads)}, {"read_by", links_json(thought.text.read_by)}};
  if (thought.picture) {
    const PictureStation& station = *thought.picture;
    Json& picture = out["picture"] = {
        {"image", asked.picture.image}, {"caption", station.texts.with}, {"cosine", station.cosine}};
    if (station.cosine_without) {
      picture["without"] = station.texts.without;
      picture["cosine_without"] = *station.cosine_without;
      picture["part"] = station.cosine - *station.cosine_without;
    }
    picture["method"] = asked.method;
    picture["largest"] = largest_json(station.map);
    picture["patches"] = map_json(station.map);
  }
  if (thought.drawing) {
    out["drawing"] = {{"seed", asked.seed},
                      {"share", thought.drawing->share},
                      {"largest", largest_json(thought.drawing->map)},
                      {"patches", map_json(thought.drawing->map)}};
  }
  return out;
}

/// The five largest, as "chat 0.412, un 0.101".
std::string strongest(std::vector<ThoughtLink> links) {
  constexpr std::size_t kShown = 5;
  std::ranges::stable_sort(links, std::ranges::greater(), &ThoughtLink::share);
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, links.size()); ++i) {
    if (!(links[i].share > 0.0f)) break;
    out += fmt::format("{}{} {:.3f}", i == 0 ? "" : ", ", links[i].label, links[i].share);
  }
  return out.empty() ? "nothing" : out;
}

std::string place(const ThoughtMap& map) {
  return fmt::format("column {}, row {}", map.largest % map.columns + 1, map.largest / map.columns + 1);
}

std::string thought_lines(const Thought& thought, const Follow& asked) {
  std::string out = fmt::format("{}\n1 text: reads {}; is read by {}\n", thought.word,
                                strongest(thought.text.reads), strongest(thought.text.read_by));
  if (thought.picture) {
    const PictureStation& station = *thought.picture;
    out += fmt::format("2 picture {}: cosine {:.4f}", asked.picture.image, station.cosine);
    if (station.cosine_without)
      out += fmt::format(", without the word {:.4f} ({:+.4f})", *station.cosine_without,
                         station.cosine - *station.cosine_without);
    out += fmt::format("; most at {}\n", place(station.map));
  } else {
    out += fmt::format("2 picture: {}\n",
                       thought.picture_problem.empty() ? "none asked for" : thought.picture_problem);
  }
  if (thought.drawing) {
    out += fmt::format("3 drawing, seed {}: {:.4f} of a patch's attention; most, {:.4f}, at {}\n", asked.seed,
                       thought.drawing->share, thought.drawing->map.values(thought.drawing->map.largest),
                       place(thought.drawing->map));
  } else {
    out += fmt::format("3 drawing: {}\n", thought.drawing_problem);
  }
  return out;
}

TextTable links_table(const char* caption, const std::vector<ThoughtLink>& links, const Strings& strings) {
  TextTable out{.caption = strings(caption),
                .columns = {strings("column.word"), strings("figure.attention")},
                .rows = {}};
  for (const ThoughtLink& link : links) {
    const std::string name =
        link.special ? strings(link.position == 0 ? "token.bos" : "token.eos") : link.label.c_str();
    out.rows.push_back({name, cell_text(strings, static_cast<double>(link.share), true)});
  }
  return out;
}

std::string place_in_words(const ThoughtMap& map, const Strings& strings) {
  return strings.format("picture.patch", map.largest % map.columns + 1, map.largest / map.columns + 1);
}

TextTable station_table(const char* workspace, const ThoughtMap& map, bool shares, const Strings& strings) {
  const std::vector<float> values(map.values.data(), map.values.data() + map.values.size());
  TextTable out = grid_table(map.columns, map.rows, values, shares, strings);
  out.caption = std::string(strings(workspace)) + " · " + out.caption;
  return out;
}

// As the panel has it.
TextPage thought_page(const Thought& thought, const Follow& asked, const Strings& strings) {
  TextPage out{.title = strings.format("page.follow", thought.word),
               .paragraphs = {asked.prompt},
               .tables = {links_table("thought.reads", thought.text.reads, strings),
                          links_table("thought.read_by", thought.text.read_by, strings)}};
  if (thought.picture) {
    const PictureStation& station = *thought.picture;
    const auto number = [&](float value) { return strings.number(static_cast<double>(value), 4); };
    out.paragraphs.push_back(station.cosine_without
                                 ? strings.format("thought.picture.part",
                                                  number(station.cosine - *station.cosine_without),
                                                  number(station.cosine), number(*station.cosine_without))
                                 : strings.format("thought.picture.only", number(station.cosine)));
    out.paragraphs.push_back(strings.format("thought.picture.most", place_in_words(station.map, strings)));
    out.tables.push_back(station_table("workspace.image", station.map, false, strings));
  }
  if (thought.drawing) {
    const ThoughtMap& map = thought.drawing->map;
    out.paragraphs.push_back(strings.format(
        "thought.drawing.share", strings.percent(static_cast<double>(thought.drawing->share)),
        strings.percent(static_cast<double>(map.values(map.largest))), place_in_words(map, strings)));
    out.tables.push_back(station_table("workspace.painting", map, true, strings));
  }
  out.paragraphs.emplace_back(strings("thought.honest"));
  return out;
}

Result<int> write_thought(const Thought& thought, const Follow& asked, const Language& language) {
  for (const std::string& problem : {thought.picture_problem, thought.drawing_problem}) {
    if (!problem.empty()) fmt::print(stderr, "{}\n", problem);
  }
  if (ending_of(asked.out) == ".html") {
    const Strings strings = Strings::load(language);
    return write(asked.out, html_of(thought_page(thought, asked, strings), strings));
  }
  return write(asked.out,
               thought_json(thought, asked).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<int> follow(const Follow& asked) {
  REGARD_TRY(const Language language, read_lang(asked.shared));
  REGARD_TRY(const MapRange range, one_map(asked.shared));
  REGARD_TRY(auto model, open_model(asked.shared));
  FollowRequest request;
  REGARD_TRY(request.text, run_text({.model = std::move(model),
                                     .prompt = asked.prompt,
                                     .syntax = asked.shared.syntax,
                                     .weighting = asked.shared.weighting}));
  print_warnings(request.text->warnings, request.text->tokens.size(), request.text->tokens_cut);
  REGARD_TRY_DO(check_range(request.text->trace, range));
  REGARD_TRY(request.byte, byte_of(*request.text, asked.word));
  request.reading = range.query;
  request.relevance = asked.method;
  if (!asked.picture.image.empty()) {
    REGARD_TRY(request.picture, run_picture(asked.picture, asked.shared));
  }
  auto drawing = draw(asked);
  if (drawing) {
    request.drawing = *drawing;
    const AttentionShape shape = request.drawing->trace.shape();
    for (int block = shape.layers > 1 ? 1 : 0; block < shape.layers; ++block) {
      for (int head = 0; head < shape.heads; ++head) request.drawn.heads.set.emplace_back(block, head);
    }
    if (range.query.specials == Specials::kRenormalised) request.drawn.specials = range.query.specials;
  }
  REGARD_TRY(Thought thought, follow_word(request));
  if (!drawing) thought.drawing_problem = drawing.error().message;
  if (!asked.out.empty()) return write_thought(thought, asked, language);
  if (!asked.json) return print(thought_lines(thought, asked));
  for (const std::string& problem : {thought.picture_problem, thought.drawing_problem}) {
    if (!problem.empty()) fmt::print(stderr, "{}\n", problem);
  }
  return print(thought_json(thought, asked).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

Action add_follow(CLI::App& app) {
  auto asked = std::make_shared<Follow>();
  add_prompt(app, asked->prompt);
  app.add_option("--word", asked->word, "The word of it that is followed")->required()->type_name("WORD");
  app.add_option("--image", asked->picture.image,
                 "The picture of the second station: a PNG, JPEG or WebP file, or scene-1 to scene-6")
      ->type_name("FILE");
  app.add_option("--method", asked->method, "Of its patches: chefer (default) or legrad")
      ->check(word_of({"chefer", "legrad"}))
      ->type_name("NAME");
  app.add_option("--seed", asked->seed, "Of the drawing's noise (default: 1)")
      ->transform(whole(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()))
      ->type_name("N");
  app.add_option("--steps", asked->steps, "Of the drawing, 1 to 1000 (default: the model's own)")
      ->transform(whole(1, kMostPaintSteps))
      ->type_name("N");
  app.add_flag("--json", asked->json, "All numbers as JSON, instead of three lines");
  app.add_option("--out", asked->out,
                 "File to write: .json, or .html, tables that can be read out. Without it: standard output")
      ->check(ends_in({".json", ".html"}))
      ->type_name("FILE");
  add_map(app, asked->shared, {LensNeeds::kAttention});
  add_tokens(app, asked->shared.maps.query, {.words = false, .hold = false, .rank = false});
  add_model(app, asked->shared);
  add_syntax(app, asked->shared);
  add_weighting(app, asked->shared);
  add_lang(app, asked->shared);
  add_threads(app);
  app.footer(
      "text: what the word reads and who reads it, words joined (rows averaged, columns summed).\n"
      "picture: CLIP's cosine of the prompt with the picture, with and without the word; the patches are "
      "those that\n"
      "speak for the difference of the two.\n"
      "drawing: what each patch reads of the word, mean over all blocks but the first, heads and steps.\n"
      "Example: regard follow --prompt \"un chat rouge\" --word rouge --image scene-1");
  return [asked] { return follow(*asked); };
}

}  // namespace regard::cli
