#include "app/wanted.h"

#include <algorithm>
#include <variant>

#include "app/state/queries.h"
#include "core/engine/interventions.h"
#include "core/engine/text_chunks.h"
#include "core/prompt/grammar.h"

namespace regard {
namespace {

TextRequest request_for(const AppState& state, const Reading& reading) {
  const Document& doc = state.doc;
  const bool same_program = reading.syntax == doc.syntax;
  return {.model = state.model,
          .prompt = doc.prompt,
          .syntax = reading.syntax,
          .weighting = reading.weighting,
          .normalisation = doc.normalisation,
          .rule = same_program ? doc.chunk_rule : std::nullopt,
          .chunk = doc.chunk};
}

// Whether every word an edit is about is in the prompt as it is read now.
bool finds_words(const PaintEdit& edit, const ChunkedPrompt& prompt) {
  const auto found = [&](const PromptWord& asked) {
    if (asked.kind != PromptWord::Kind::kWord) return true;
    return std::ranges::any_of(prompt.chunks, [&](const PromptChunk& chunk) {
      return std::ranges::any_of(chunk.words, [&](const Word& word) { return word.holds(asked.byte); });
    });
  };
  return std::ranges::all_of(arguments_of(edit).words, found);
}

bool finds_parts(const PaintEdit& edit, const MmditConfig& config) {
  const EditArguments told = arguments_of(edit);
  return told.block.value_or(0) < config.layers && told.head.value_or(0) < config.heads;
}

// The drawing without what is tried on it, from noise.
PaintRequest plain_drawing(const AppState& state) {
  const Document& doc = state.doc;
  const PaintDocument& paint = doc.paint;
  PaintRequest request;
  request.model = state.paint_model;
  request.prompt = doc.prompt;
  request.negative = paint.negative;
  request.syntax = doc.syntax;
  request.weighting = doc.weighting;
  request.normalisation = doc.normalisation;
  request.place = paint.place;
  request.seed = paint.seed;
  request.steps = paint.steps == 0 ? std::min(request.model->steps, kMostShownSteps) : paint.steps;
  request.guidance = paint.guidance;
  request.output_space = true;
  return request;
}

// The same noise without what is tried; nothing when nothing is.
std::optional<PaintRequest> compared_drawing(const AppState& state, const PaintRequest& drawing) {
  const Document& doc = state.doc;
  const std::string plain = without_weights(doc.syntax, doc.prompt);
  const std::string before = doc.paint.before.value_or(plain);
  if (drawing.edits.empty() && plain == doc.prompt && before == doc.prompt) return std::nullopt;
  PaintRequest compared = drawing;
  compared.edits.clear();
  compared.prompt = before;
  compared.keep = KeepRecords::kConditional;
  compared.output_space = false;
  return compared;
}

// What side drawings vary: the drawing in sight, when it is drawn to its end.
std::optional<SideDrawing> finished_drawing(const AppState& state) {
  const PaintState& painting = state.painting;
  const bool whole = painting.run && !painting.drawing && !painting.cancelled && painting.problem.empty() &&
                     painting.run->drawn() == painting.run->steps - painting.run->first_step;
  if (!whole) return std::nullopt;
  std::optional<WantedPainting> wanted = wanted_painting(state);
  if (!wanted) return std::nullopt;
  return SideDrawing{std::move(wanted->job.request), std::move(wanted->job.before),
                     std::move(wanted->job.picture)};
}

// A word that a trial already mutes in every step has nothing more to lose.
bool is_muted(const PaintRequest& request, const Word& word) {
  return std::ranges::any_of(request.edits, [&](const PaintEdit& edit) {
    const auto* mute = std::get_if<MuteWord>(&edit.what);
    return mute != nullptr && mute->word.kind == PromptWord::Kind::kWord && word.holds(mute->word.byte) &&
           edit.first_step <= request.first_step && edit.last_step >= request.steps - 1;
  });
}

}  // namespace

std::optional<TextRequest> plain_request(const AppState& state) {
  const Document& doc = state.doc;
  if (state.view.workspace != Workspace::kText || !state.run || !acts_inside(doc.weighting))
    return std::nullopt;
  TextRequest request = state.run->request;  // beside what is shown, not beside what is typed
  std::string plain = without_weights(request.syntax, request.prompt);
  if (plain == request.prompt) return std::nullopt;
  request.prompt = std::move(plain);
  return request;
}

std::optional<TextRequest> text_request(const AppState& state) {
  if (!state.model || (state.opening && !state.run)) return std::nullopt;
  TextRequest request = request_for(state, {state.doc.syntax, state.doc.weighting});
  if (state.run && state.run->request == request) return std::nullopt;
  return request;
}

std::optional<TextRequest> other_request(const AppState& state) {
  if (state.view.workspace != Workspace::kCompare || !state.model || (state.opening && !state.run))
    return std::nullopt;
  TextRequest request = request_for(state, state.doc.other);
  if (state.other_run && state.other_run->request == request) return std::nullopt;
  return request;
}

std::optional<ImageRequest> image_request(const AppState& state) {
  const bool there =
      state.image && state.image_name == state.doc.picture.image && state.image_read == state.image_wanted;
  if (there) return std::nullopt;
  return ImageRequest{state.doc.picture.image, state.image_wanted};
}

std::optional<VisionRequest> vision_request(const AppState& state) {
  if (!state.vision_model || !state.image || image_request(state)) return std::nullopt;
  if (state.opening && !state.vision) return std::nullopt;
  VisionRequest request{state.vision_model, state.image, state.doc.picture.long_side};
  if (state.vision && state.vision->request == request) return std::nullopt;
  return request;
}

std::optional<MatchRequest> match_request(const AppState& state) {
  if (!state.vision || !state.model || state.doc.picture.captions.empty()) return std::nullopt;
  return MatchRequest{state.vision, state.model, state.doc.picture.captions};
}

std::optional<WantedPainting> wanted_painting(const AppState& state) {
  if (state.view.workspace != Workspace::kPainting || !state.paint_model) return std::nullopt;
  if (state.opening && !state.painting.run) return std::nullopt;
  const PaintDocument& paint = state.doc.paint;
  WantedPainting out{.job = {.request = plain_drawing(state), .before = {}, .picture = {}}, .lost_edits = {}};
  PaintRequest& request = out.job.request;
  if (!paint.picture.empty()) {
    out.job.picture = paint.picture;
    request.first_step = std::clamp(paint.picture_step, 0, request.steps - 1);
  }
  ChunkedPrompt prompt;
  if (!paint.edits.empty())
    prompt = tokenize_chunks(*request.model->text, state.doc.prompt, state.doc.syntax);
  for (std::size_t i = 0; i < paint.edits.size(); ++i) {
    const PaintEdit& edit = paint.edits[i];
    if (finds_parts(edit, request.model->mmdit.config()) && finds_words(edit, prompt)) {
      request.edits.push_back(edit);
    } else {
      out.lost_edits.push_back(i);
    }
  }
  out.job.before = compared_drawing(state, request);
  return out;
}

std::optional<SideList> wanted_words(const AppState& state) {
  if (state.view.paint.unconditional) return std::nullopt;
  std::optional<SideDrawing> base = finished_drawing(state);
  if (!base) return std::nullopt;
  SideList list{.base = std::move(*base), .each = {}};
  const PaintDocument& paint = state.doc.paint;
  const std::uint64_t seed = paint.seed;
  const auto add = [&](const PromptWord& word, bool first) {
    const Variation each{.seed = seed, .without = LeftOut::kWord, .word = word};
    if (std::ranges::find(list.each, each) != list.each.end()) return;
    list.each.insert(first ? list.each.begin() : list.each.end(), each);
  };
  for (const Word& word : state.painting.run->prompt.words) {
    const bool shown =
        paint.word && paint.word->kind == PromptWord::Kind::kWord && word.holds(paint.word->byte);
    if (!is_muted(list.base.request, word)) add({PromptWord::Kind::kWord, word.start}, shown);
  }
  add({PromptWord::Kind::kEnd, 0}, false);
  return list;
}

namespace {

void add_seeds(const SeedGrid& grid, SideList& list) {
  const bool twice = grid.without == LeftOut::kWord || (grid.without == LeftOut::kTrials && list.base.before);
  for (int i = 0; i < kSeedsShown; ++i) {
    const std::uint64_t seed = grid.first + static_cast<std::uint64_t>(i);
    list.each.push_back({.seed = seed});
    if (twice) list.each.push_back({.seed = seed, .without = grid.without, .word = grid.word});
  }
}

// First none: what the others are compared with.
void add_weightings(SideList& list) {
  const std::uint64_t seed = list.base.request.seed;
  list.each.push_back({.seed = seed, .weighting = Weighting::kNone});
  for (const Weighting each : kAllWeightings) {
    if (each != Weighting::kNone) list.each.push_back({.seed = seed, .weighting = each});
  }
}

// The word with each weight; what is tried follows its bytes.
void add_weights(const Document& doc, const Word& word, SideList& list) {
  for (const double weight : kWeightsShown) {
    std::size_t start = word.start;
    Reworded to{.prompt = with_weight(doc.syntax, doc.prompt, word.start, word.end, weight, &start),
                .edits = {}};
    PaintDocument moved = doc.paint;
    moved.edits = list.base.request.edits;
    shift_words(
        moved, word.start, word.end, start,
        static_cast<std::ptrdiff_t>(to.prompt.size()) - static_cast<std::ptrdiff_t>(doc.prompt.size()));
    to.edits = std::move(moved.edits);
    list.each.push_back({.seed = list.base.request.seed, .reworded = std::move(to), .weight = weight});
  }
}

}  // namespace

std::optional<SideList> wanted_seeds(const AppState& state) {
  std::optional<SideDrawing> base = finished_drawing(state);
  if (!base) return std::nullopt;
  SideList list{.base = std::move(*base), .each = {}};
  switch (state.doc.paint.seeds.series) {
    case Series::kSeeds:
      add_seeds(state.doc.paint.seeds, list);
      break;
    case Series::kWeightings:
      add_weightings(list);
      break;
    case Series::kWeights:
      if (const Word* word = word_of_strip(state)) add_weights(state.doc, *word, list);
      break;
  }
  return list;
}

std::optional<LedgerRun> wanted_ledger(const AppState& state) {
  switch (state.view.workspace) {
    case Workspace::kText:
      if (state.run && !state.running) return state.run;
      break;
    case Workspace::kImage:
      if (state.vision && !state.running) return state.vision;
      break;
    case Workspace::kPainting:
      if (finished_drawing(state)) return state.painting.run;
      break;
    case Workspace::kCompare:
      break;
  }
  return std::nullopt;
}

}  // namespace regard
