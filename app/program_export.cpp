// What leaves the window as a figure or as numbers: the map of a view as a source, and the two slots that
// make it a preview, a file, or what the clipboard holds.
#include <algorithm>
#include <vector>

#include <imgui.h>

#include "app/export/compare_maps.h"
#include "app/export/figure_parts.h"
#include "app/export/file_name.h"
#include "app/export/heads_export.h"
#include "app/export/ledger_file.h"
#include "app/export/paint_map.h"
#include "app/export/patch_pair.h"
#include "app/export/save_maps.h"
#include "app/export/strip_file.h"
#include "app/export/text_numbers.h"
#include "app/export/vision_maps.h"
#include "app/program.h"
#include "app/state/paint_session.h"
#include "app/views/paint_names.h"
#include "core/formats/csv.h"
#include "core/formats/json.h"
#include "core/formats/png.h"

namespace regard {
namespace {

using Made = Result<std::shared_ptr<const Exportable>>;

// On the ground that was chosen, with the colours of the window.
FigureLook look_of(const FigureChoice& choice, const ViewOptions& view) {
  return {.theme = choice.paper, .colors = map_colors(view), .marks = choice.pins, .scale = choice.scale};
}

// "layer-2-head-3": the words of the figure's title but for the first.
std::string choice_name(const MapQuery& query, const Strings& strings) {
  const std::string title = figure::title_of(query, strings);
  const std::size_t at = title.find(" · ");
  return at == std::string::npos ? title : title.substr(at);
}

// A table alone.
class NumbersAlone final : public Exportable {
 public:
  explicit NumbersAlone(std::string csv) : csv_(std::move(csv)) {}
  Result<std::string> csv() const override { return csv_; }
  Result<TextPage> page(const Strings& strings) const override {
    TextPage page{
        .title = strings("page.captions"), .paragraphs = {}, .tables = {table_of_csv(csv_, strings)}};
    page.tables.front().caption = page.title;
    return page;
  }

 private:
  std::string csv_;
};

FigureSource source_of_grid(std::string name, GridMaps maps) {
  auto shared = std::make_shared<const GridExport>(std::move(maps));
  return {std::move(name), [shared](std::stop_token) -> Made { return shared; }};
}

}  // namespace

Result<FigureSource> Program::source_of(const ShownView& view) const {
  switch (view.map) {
    case ShownView::Map::kJoint:
      return joint_source();
    case ShownView::Map::kPatches:
      return patches_source();
    case ShownView::Map::kCaptions:
      return captions_source();
    case ShownView::Map::kLedger:
      return ledger_source();
    case ShownView::Map::kHeads:
      return heads_source();
    case ShownView::Map::kStrip:
      return strip_source();
    case ShownView::Map::kPair:
      return pair_source();
    case ShownView::Map::kDoubled:
      return doubled_source(view.doubled);
    case ShownView::Map::kInForce:
      break;
  }
  switch (state_.view.workspace) {
    case Workspace::kImage:
      return picture_source(view);
    case Workspace::kPainting:
      return drawn_source(view);
    case Workspace::kCompare:
      if (compare_.ready()) return compared_source();
      break;
    default:
      break;
  }
  return text_source(view);
}

namespace {

std::unexpected<Error> nothing_there() {
  return fail(ErrorCode::kUnsupported, "export: expected a map in sight, got none");
}

// As a file has it: what the window leaves empty is 0.
std::vector<float> filled(const CellImage& cells) {
  std::vector<float> out = cells.cells;
  std::ranges::replace(out, kMaskedValue, 0.0f);
  return out;
}

}  // namespace

Result<FigureSource> Program::text_source(const ShownView& view) const {
  if (!views_.has_map()) return nothing_there();
  if (views_.shows_numbers() && !view.head) {
    const MapQuery query = views_.numbers_ask().query;
    const auto make = [run = state_.run, query](std::stop_token stop) -> Made {
      REGARD_TRY(TextNumbers numbers, collect_numbers(run, query, std::move(stop)));
      return exportable(std::move(numbers));
    };
    return FigureSource{figure_name(state_.run->request.prompt, choice_name(query, strings_)), make};
  }
  MapQuery query = views_.query();
  if (view.head) {
    query.lens = "attention";
    query.heads = one_head(view.head->first, view.head->second);
  }
  if (views_.shows_difference()) return changed_source(query);
  std::vector<FigurePin> pins;
  for (std::size_t i = 0; i < state_.doc.pins.size(); ++i) {
    const int token = pinned_token(state_.doc.pins[i], state_.run->tokens);
    if (token >= 0) pins.push_back({token, i});
  }
  const auto make = [run = state_.run, query, pins](std::stop_token) -> Made {
    REGARD_TRY(MapSet maps, collect_maps(run, {query}));
    maps.pins = pins;
    return exportable(std::move(maps));
  };
  return FigureSource{figure_name(state_.run->request.prompt, choice_name(query, strings_)), make};
}

// Two runs' maps of a query and what one has more: `maps_of` is compared_maps() or changed_maps().
FigureSource Program::source_of_two(std::shared_ptr<const TextRun> first,
                                    std::shared_ptr<const TextRun> second, MapQuery query,
                                    const std::string& name, TwoMaps* maps_of) const {
  std::vector<int> pins;
  for (const Pin& pin : state_.doc.pins) pins.push_back(pinned_token(pin, first->tokens));
  const auto make = [first, second, query, pins, maps_of,
                     language = state_.view.language](std::stop_token) -> Made {
    REGARD_TRY(GridMaps maps, maps_of(*first, *second, query, pins, Strings::load(language)));
    return std::make_shared<const GridExport>(std::move(maps));
  };
  return {figure_name(state_.run->request.prompt, name), make};
}

// The map without weights, with them, and what changed, as the matrix shows it.
Result<FigureSource> Program::changed_source(const MapQuery& query) const {
  return source_of_two(state_.plain_run, state_.run, query,
                       choice_name(query, strings_) + " " + strings_("paint.show.difference"), changed_maps);
}

Result<FigureSource> Program::compared_source() const {
  const MapQuery query = shares_of(views_.query(), state_.view);
  const std::string name = std::string(strings_("panel.compare")) + choice_name(query, strings_);
  return source_of_two(state_.run, state_.other_run, query, name, compared_maps);
}

// The map over the picture as the window shows it: of every lens, direction and pins; of another head, its
// attention.
Result<FigureSource> Program::picture_source(const ShownView& view) const {
  if (!picture_.has_run() || !state_.vision) return nothing_there();
  MapAsk ask = picture_.ask(state_);
  if (view.head) {
    const Direction direction = state_.view.incoming ? Direction::kReadBy : Direction::kReads;
    ask.query = {.heads = {.layer = view.head->first, .head = view.head->second},
                 .subject = {picture_.subject()},
                 .direction = direction};
  }
  const std::shared_ptr<const VisionRun> before = picture_.shows_difference() ? state_.plain_vision : nullptr;
  const auto make = [run = state_.vision, before, image = state_.image_name, ask,
                     opacity = state_.view.picture.opacity, smooth = state_.view.picture.smooth,
                     doc = state_.doc.picture](std::stop_token stop) -> Made {
    REGARD_TRY(const auto map, evaluate_ask(ask, stop));
    VisionMapSet set = shown_vision_map(run, image, *map);
    if (before) {
      MapAsk plain = ask;
      plain.trace = trace_of(before);
      if (plain.picture) plain.picture = before;
      REGARD_TRY(const auto was, evaluate_ask(plain, stop));
      set.rows.front() -= rows_over_positions(*was, run->tokens()).front();
      set.changed = true;
    }
    set.opacity = opacity;
    set.smooth = smooth;
    set.pins = doc.pins;
    set.region_a = doc.region_a;
    set.region_b = doc.region_b;
    return exportable(std::move(set));
  };
  const std::string about = std::filesystem::path(state_.image_name).stem().string();
  return FigureSource{figure_name(about, choice_name(ask.query, strings_)), make};
}

// The map over the drawing as the window shows it.
Result<FigureSource> Program::drawn_source(const ShownView& view) const {
  if (!paint_.has_run()) return nothing_there();
  if (!paint_.problem().empty()) {
    return fail(ErrorCode::kUnsupported, "export: expected a map over the drawing, got none: {}",
                strings_(paint_.problem()));
  }
  const PaintNames names(paint_, state_, strings_);
  PaintMap map{.run = state_.painting.run,
               .values = filled(paint_.overlay()),
               .span = paint_.span(),
               .maps = paint_.maps(),
               .fusion = paint_.is_of_heads() ? paint_.fusion() : Fusion::kMean,
               .lens = paint_lens_name(state_.view.paint.lens),
               .half = state_.view.paint.unconditional ? "negative" : "prompt",
               .hold = paint_.held(),
               .rank = paint_.shows_ranks(),
               .title = names.direction(),
               .about = names.maps_shown() + ", " + names.span() + names.rows(),
               .opacity = state_.view.paint.opacity,
               .smooth = state_.view.paint.smooth};
  if (paint_.shows_difference()) map.title += std::string(" · ") + strings_("difference.label");
  std::string heads = names.maps_shown();
  std::optional<MapAsk> other, before;
  if (view.head) {
    MapQuery query = paint_.heads_query();
    query.heads = {.set = {*view.head}};
    map.lens = query.lens;
    if (const auto asked = paint_.shows_difference() ? paint_.before_query(query) : std::nullopt)
      before = MapAsk{.trace = trace_of(state_.painting.before), .query = *asked};
    other = MapAsk{.trace = trace_of(state_.painting.run), .query = std::move(query)};
    map.maps = {*view.head};
    map.fusion = Fusion::kMean;
    heads = strings_.format("paint.block_head", view.head->first + 1, view.head->second + 1);
    map.hold.reset();  // of the map over the picture alone
    map.rank = false;
    map.about = heads + ", " + names.span();
  }
  if (paint_.patch() >= 0)
    map.framed = {paint_.patch() % paint_.columns(), paint_.patch() / paint_.columns()};
  const auto make = [map, other, before](std::stop_token stop) -> Made {
    PaintMap shown = map;
    Eigen::Map<RowVector> row(shown.values.data(), std::ssize(shown.values));
    if (other) {
      REGARD_TRY(const auto now, evaluate_ask(*other, stop));
      row = now->values.row(0);
    }
    if (before) {
      REGARD_TRY(const auto values, evaluate_ask(*before, stop));
      row -= values->values.row(0);
    }
    return exportable(std::move(shown));
  };
  return FigureSource{figure_name(state_.painting.run->request.prompt, map.title + " " + heads), make};
}

// Both pictures, the patch and those most like it.
Result<FigureSource> Program::pair_source() const {
  if (!pair_.ready() || pair_.matches() == nullptr) return nothing_there();
  const PairPatch& subject = pair_.subject();
  PatchPair pair{.first = pair_.shared_run(false),
                 .second = pair_.shared_run(true),
                 .first_image = state_.image_name,
                 .second_image = state_.other_image_name,
                 .from_second = subject.second,
                 .patch = subject.patch,
                 .layer = pair_.layer(),
                 .found = *pair_.matches(),
                 .opacity = state_.view.picture.opacity,
                 .smooth = state_.view.picture.smooth};
  const std::string about = std::filesystem::path(state_.image_name).stem().string() + " " +
                            std::filesystem::path(state_.other_image_name).stem().string();
  auto shared = std::make_shared<const PatchPairExport>(std::move(pair));
  return FigureSource{figure_name(about, strings_("panel.picture_pair")),
                      [shared](std::stop_token) -> Made { return shared; }};
}

// A map that was doubled, as the one in force would go out.
Result<FigureSource> Program::doubled_source(int number) const {
  const std::optional<MapAsk> ask = doubled_.ask(state_, static_cast<std::size_t>(number));
  if (!ask) return nothing_there();
  const std::string name = choice_name(ask->query, strings_);
  if (state_.view.workspace == Workspace::kText) {
    const auto make = [run = state_.run, query = ask->query](std::stop_token) -> Made {
      REGARD_TRY(MapSet maps, collect_maps(run, {query}));
      return exportable(std::move(maps));
    };
    return FigureSource{figure_name(state_.run->request.prompt, name), make};
  }
  if (state_.view.workspace == Workspace::kImage) {
    const auto make = [run = state_.vision, image = state_.image_name, ask = *ask,
                       opacity = state_.view.picture.opacity,
                       smooth = state_.view.picture.smooth](std::stop_token stop) -> Made {
      REGARD_TRY(const auto map, evaluate_ask(ask, stop));
      VisionMapSet set = shown_vision_map(run, image, *map);
      set.opacity = opacity;
      set.smooth = smooth;
      return exportable(std::move(set));
    };
    return FigureSource{figure_name(std::filesystem::path(state_.image_name).stem().string(), name), make};
  }
  const PaintRun& run = *state_.painting.run;
  const auto step = [&](int absolute) { return std::clamp(absolute - run.first_step, 0, run.drawn() - 1); };
  const std::optional<StepSpan>& steps = ask->query.steps;
  PaintMap map{
      .run = state_.painting.run,
      .values = filled(doubled_.cells(static_cast<std::size_t>(number))),
      .span = steps ? std::pair(step(steps->first), step(steps->last)) : std::pair(0, run.drawn() - 1),
      .maps = ask->query.heads.set,
      .lens = ask->query.lens,
      .half = ask->query.half == Half::kNegative ? "negative" : "prompt",
      .hold = ask->query.mass,
      .rank = ask->query.rank,
      .title = paint_subject_words(run, ask->query, strings_),
      .about = paint_about_words(ask->query, strings_),
      .opacity = state_.view.paint.opacity,
      .smooth = state_.view.paint.smooth};
  return FigureSource{figure_name(run.request.prompt, map.title),
                      [map](std::stop_token) -> Made { return exportable(PaintMap(map)); }};
}

// Every patch and word of a drawing by every other, as its panel shows it.
Result<FigureSource> Program::joint_source() const {
  if (!paint_.has_run() || paint_.joint().width == 0) return nothing_there();
  const PaintNames names(paint_, state_, strings_);
  GridMaps maps{
      .title = std::string(strings_("panel.paint_joint")),
      .caption = {state_.painting.run->request.prompt,
                  state_.painting.run->request.model->name + " · " + names.maps() + ", " + names.span()},
      .border = paint_.patches(),
      .query = strings_("figure.query"),
      .key = strings_("figure.key")};
  if (paint_.shows_difference()) maps.title += std::string(" · ") + strings_("difference.label");
  for (int patch = 0; patch < paint_.patches(); ++patch) maps.names.push_back(names.patch(patch));
  for (const Token& token : paint_.text().tokens) maps.names.push_back(token.readable());
  maps.maps.push_back(
      {.note = strings_("paint.joint.note"), .values = paint_.joint().cells, .range = paint_.joint_range()});
  std::string name = figure_name(state_.painting.run->request.prompt, maps.title);
  return source_of_grid(std::move(name), std::move(maps));
}

// Every patch of a picture by every other, in the order of its panel.
Result<FigureSource> Program::patches_source() const {
  if (!picture_.has_run() || picture_.matrix().width == 0) return nothing_there();
  const std::string about = std::filesystem::path(state_.image_name).stem().string();
  GridMaps maps{.title = strings_("panel.patch_matrix"),
                .caption = {about, state_.vision->request.model->name},
                .query = strings_("figure.query"),
                .key = strings_("figure.key")};
  for (const int token : picture_.order()) maps.names.push_back(vision_token_name(*state_.vision, token));
  maps.maps.push_back({.values = picture_.matrix().cells, .range = picture_.matrix_range()});
  std::string name = figure_name(about, maps.title);
  return source_of_grid(std::move(name), std::move(maps));
}

// What each caption scores; those that say nothing are left out.
Result<FigureSource> Program::captions_source() const {
  CsvWriter csv;
  for (const char* name : {"caption", "probability", "cosine"}) csv.cell(name);
  csv.end_row();
  for (const TextMatch& match : state_.matches) {
    if (is_blank(match.text)) continue;
    csv.cell(match.text);
    csv.cell(match.probability);
    csv.cell(match.cosine);
    csv.end_row();
  }
  auto table = std::make_shared<const NumbersAlone>(csv.text());
  return FigureSource{"captions", [table](std::stop_token) -> Made { return table; }};
}

Result<FigureSource> Program::ledger_source() const {
  if (!state_.ledger.of || !state_.ledger.found) return nothing_there();
  struct Owned {
    LedgerRun run;
    std::shared_ptr<const Ledger> ledger;
    LedgerFile file{run, *ledger};
  };
  const auto owned = std::make_shared<const Owned>(*state_.ledger.of, state_.ledger.found);
  return FigureSource{"ledger", [owned](std::stop_token) -> Made {
                        return std::shared_ptr<const Exportable>(owned, &owned->file);
                      }};
}

// One word at several weights, once all are drawn.
Result<FigureSource> Program::strip_source() const {
  const auto strip = side_.strip();
  if (strip == nullptr || !strip->complete()) return nothing_there();
  const std::string picture = side_.seeds()->list.base.picture;
  auto shared = std::make_shared<const StripFile>(strip, picture);
  return FigureSource{figure_name(strip->drawing.prompt, strip->letters()),
                      [shared](std::stop_token) -> Made { return shared; }};
}

// The metrics of every head, and the plot of two of them.
Result<FigureSource> Program::heads_source() const {
  if (heads_.all().empty()) return nothing_there();
  const HeadsView& view = heads_view(state_.view);
  HeadsTable table{.model = heads_.model(state_),
                   .input = heads_.input(state_),
                   .kind = heads_.kind(),
                   .survey = heads_.survey_of_kind(),
                   .survey_of = view.inputs,
                   .x = view.x,
                   .y = view.y,
                   .chosen = heads_.chosen(state_)};
  for (const HeadMetric* metric : head_metrics()) {
    const Eigen::MatrixXd* values = heads_.values(metric->name);
    if (values == nullptr) continue;
    table.metrics.push_back(metric);
    table.values.push_back(*values);
  }
  std::string name = figure_name(table.input, strings_("panel.heads_plot"));
  auto shared = std::make_shared<const HeadsExport>(std::move(table));
  return FigureSource{std::move(name), [shared](std::stop_token) -> Made { return shared; }};
}

// A file or the clipboard: each is made, one after the other.
void Program::order_figure(const FigureOrder& order) {
  FigureJob job{.look = look_of(order.look, state_.view),
                .language = state_.view.language,
                .file = order.file,
                .number = ++figures_};
  switch (order.way) {
    case FigureOrder::Way::kFile: {
      const auto ending = map_format(order.file.string(), order.file.filename().string());
      if (!ending) return show_error(ending.error().message);
      job.use = FigureUse::kFile;
      job.ending = *ending;
      break;
    }
    case FigureOrder::Way::kFigure:
      job.use = FigureUse::kFigure;
      job.ending = ".png";
      break;
    case FigureOrder::Way::kNumbers:
      job.use = FigureUse::kNumbers;
      job.ending = ".csv";
      break;
  }
  auto source = source_of(order.view);
  if (!source) return show_error(source.error().message);
  job.source = std::make_shared<const FigureSource>(std::move(*source));
  figure_orders_.push_back(std::move(job));
  ask_figures();
}

void Program::ask_figures() {
  if (!figure_.busy() && !figure_orders_.empty()) {
    figure_.want(std::move(figure_orders_.front()));
    figure_orders_.pop_front();
  }
  ExportSheet& sheet = ui_.sheet;
  if (!sheet.open) {
    preview_.forget();
    sheet.preview.reset();
    preview_source_.reset();
    return;
  }
  if (!preview_source_) {
    auto source = source_of(sheet.view);
    if (!source) {
      sheet = {.look = sheet.look, .ending = sheet.ending, .folder = sheet.folder};
      return show_error(source.error().message);
    }
    preview_source_ = std::make_shared<const FigureSource>(std::move(*source));
    sheet.name = preview_source_->name;
  }
  FigureLook look = look_of(sheet.look, state_.view);
  look.scale = 2.0;  // what is seen is as large as its room
  if (preview_.want(FigureJob{
          .source = preview_source_, .ending = sheet.ending, .look = look, .language = state_.view.language}))
    sheet.preview.reset();
}

void Program::accept_preview(const Reply<FigureAnswer>& reply) {
  ui_.sheet.preview =
      reply ? *reply : std::make_shared<const FigureAnswer>(FigureAnswer{.problem = reply.error().message});
}

// Says what came of it, and where it is.
void Program::accept_figure(const Reply<FigureAnswer>& reply) {
  if (!reply) return show_error(reply.error().message);
  const FigureAnswer& answer = **reply;
  const FigureJob& job = *figure_.asked();
  if (job.use == FigureUse::kNumbers) {
    if (ImGui::GetCurrentContext() != nullptr) ImGui::SetClipboardText(answer.bytes.c_str());
    return show_note(strings_("note.numbers"));
  }
  const std::string name = answer.place.empty() ? job.ending : answer.place.filename().string();
  if (answer.found.count > 0) return show_error(non_finite_line(name, answer.found, strings_));
  if (answer.place.empty()) return show_note(strings_("note.figure"));
  show_note(strings_.format(job.use == FigureUse::kFile ? "note.saved" : "note.no_clipboard",
                            answer.place.string()));
}

// The series in a line, and below each seed without what is left out; each pixel several wide, so that it is
// seen.
void Program::save_seeds(const std::filesystem::path& file) {
  const SidePictures* seeds = side_.seeds();
  const PixelSheet& sheet = side_.seeds_sheet();
  if (seeds == nullptr || sheet.tiles == 0) return;
  constexpr int kGap = 4, kLeastSide = 192;
  const int times = std::max(1, kLeastSide / std::max(1, sheet.tile_width));
  const int width = sheet.tile_width * times, height = sheet.tile_height * times;
  // Of seeds perhaps two each, which follow each other.
  const bool twice = state_.doc.paint.seeds.series == Series::kSeeds && sheet.tiles == 2 * kSeedsShown;
  const int rows = twice ? 2 : 1, columns = sheet.tiles / rows;
  const int all_width = columns * (width + kGap) - kGap, all_height = rows * (height + kGap) - kGap;
  std::vector<std::uint8_t> rgba(
      4 * static_cast<std::size_t>(all_width) * static_cast<std::size_t>(all_height), 255);
  for (int tile = 0; tile < rows * columns; ++tile) {
    const int column = tile / rows, row = tile % rows;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int from_x = tile % sheet.columns * sheet.tile_width + x / times,
                  from_y = tile / sheet.columns * sheet.tile_height + y / times;
        const std::uint32_t pixel =
            sheet.rgba[static_cast<std::size_t>(from_y) * static_cast<std::size_t>(sheet.width()) +
                       static_cast<std::size_t>(from_x)];
        const std::size_t at = 4 * static_cast<std::size_t>((row * (height + kGap) + y) * all_width +
                                                            column * (width + kGap) + x);
        for (std::size_t c = 0; c < 3; ++c) rgba[at + c] = static_cast<std::uint8_t>(pixel >> (8 * c));
      }
    }
  }
  const auto save = [&]() -> Result<void> {
    REGARD_TRY(const std::string png, encode_png(all_width, all_height, 4, rgba));
    return write_file(file, png);
  };
  if (const Result<void> done = save(); done) {
    ui_.own_files.insert(own_name(file));
  } else {
    show_error(done.error().message);
  }
}

}  // namespace regard
