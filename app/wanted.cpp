#include "app/wanted.h"

#include <algorithm>
#include <variant>

#include "app/state/queries.h"
#include "core/engine/interventions.h"
#include "core/engine/paint_edits.h"
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

// Whether the drawing that is compared with has the words whose activation is taken.
bool is_in_both(const PaintEdit& edit, const ChunkedPrompt& here, const ChunkedPrompt& there) {
  const EditArguments told = arguments_of(edit);
  if (!told.after || told.from || told.words.front().kind == PromptWord::Kind::kPosition) return true;
  const auto tokens_of_all = [](const ChunkedPrompt& prompt) {
    std::vector<Token> out;
    for (const PromptChunk& chunk : prompt.chunks)
      out.insert(out.end(), chunk.tokens.begin(), chunk.tokens.end());
    return out;
  };
  const std::vector<int> counterpart = counterpart_tokens(tokens_of_all(there), tokens_of_all(here));
  const PromptWord& place = told.words.front();
  std::size_t at = 0;
  for (const PromptChunk& chunk : here.chunks) {
    for (const Token& token : chunk.tokens) {
      const bool is_it =
          place.kind == PromptWord::Kind::kStart ? token.is_bos
          : place.kind == PromptWord::Kind::kEnd
              ? token.is_eos
              : token.word >= 0 && chunk.words[static_cast<std::size_t>(token.word)].holds(place.byte);
      if (is_it && counterpart[at] < 0) return false;
      ++at;
    }
  }
  return true;
}

// Those at work whose places and heads are there.
std::vector<RunEdit> working_edits(const std::vector<RunEdit>& edits, const Sequence& sequence, int layers,
                                   int heads) {
  std::vector<RunEdit> out;
  for (const RunEdit& edit : edits) {
    const auto found = [&](const PromptWord& word) { return !positions_of(sequence, word).empty(); };
    if (edit.on && finds_parts(edit, layers, heads) && std::ranges::all_of(arguments_of(edit).words, found))
      out.push_back(edit);
  }
  return out;
}

// doc.other_prompt as doc.other reads it.
TextRequest other_side(const AppState& state) {
  TextRequest request = request_for(state, state.doc.other);
  if (state.doc.other_prompt) request.prompt = *state.doc.other_prompt;
  return request;
}

bool takes_from_other(const std::vector<RunEdit>& edits) {
  return std::ranges::any_of(edits, [](const RunEdit& edit) { return edit.on && kind_of(edit).reads_kept; });
}

// Whether the other run has what an edit takes from it.
bool takes_something(const RunEdit& edit, const Sequence& other, const Sequence& sequence) {
  if (!std::holds_alternative<PatchState>(edit.what)) return true;
  if (const auto from = arguments_of(edit).from) return *from < other.count();
  const std::vector<int> counterpart = counterpart_positions(other, sequence);
  return std::ranges::all_of(
      positions_of(sequence, std::get<PatchState>(edit.what).place),
      [&](int position) { return counterpart[static_cast<std::size_t>(position)] >= 0; });
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

// The prompt of the drawing that is compared with.
std::string prompt_before(const AppState& state) {
  return state.doc.paint.before.value_or(without_weights(state.doc.syntax, state.doc.prompt));
}

// The same noise without what is tried; nothing when nothing is.
std::optional<PaintRequest> compared_drawing(const AppState& state, const PaintRequest& drawing) {
  const Document& doc = state.doc;
  const std::string plain = without_weights(doc.syntax, doc.prompt);
  const std::string before = prompt_before(state);
  if (drawing.edits.empty() && plain == doc.prompt && before == doc.prompt) return std::nullopt;
  PaintRequest compared = drawing;
  compared.edits.clear();
  compared.prompt = before;
  compared.keep = KeepRecords::kConditional;
  compared.output_space = false;
  return compared;
}

// The drawing in sight is at its end.
bool is_whole(const PaintState& painting) {
  return painting.run && !painting.drawing && !painting.cancelled && painting.problem.empty() &&
         painting.run->drawn() == painting.run->steps - painting.run->first_step;
}

// What side drawings vary: the drawing in sight, when it is drawn to its end.
std::optional<SideDrawing> finished_drawing(const AppState& state) {
  if (!is_whole(state.painting)) return std::nullopt;
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
  if (state.view.workspace != Workspace::kText || !state.run) return std::nullopt;
  TextRequest request = state.run->request;  // beside what is shown, not beside what is typed
  if (acts_inside(doc.weighting)) request.prompt = without_weights(request.syntax, request.prompt);
  if (request.prompt == state.run->request.prompt && request.edits.empty()) return std::nullopt;
  request.edits.clear();
  request.from.reset();
  return request;
}

std::optional<TextRequest> text_request(const AppState& state) {
  if (!state.model || (state.opening && !state.run)) return std::nullopt;
  TextRequest request = request_for(state, {state.doc.syntax, state.doc.weighting});
  if (!state.doc.edits.empty()) {
    const auto sequence = sequence_of(request);
    const ClipTextConfig& config = state.model->encoder.config();
    if (sequence) request.edits = working_edits(state.doc.edits, *sequence, config.layers, config.heads);
    if (reads_other_run(request.edits)) {
      if (!state.other_run || state.other_run->request != other_side(state))
        return std::nullopt;  // comes first
      request.from = state.other_run;
      std::erase_if(request.edits, [&](const RunEdit& edit) {
        return !takes_something(edit, request.from->trace.prompt, *sequence);
      });
    }
  }
  if (state.run && state.run->request == request) return std::nullopt;
  return request;
}

std::optional<TextRequest> other_request(const AppState& state) {
  const bool named = state.view.workspace == Workspace::kText && state.doc.other_prompt.has_value();
  const bool wanted =
      named || state.view.workspace == Workspace::kCompare || takes_from_other(state.doc.edits);
  if (!wanted || !state.model || (state.opening && !state.run)) return std::nullopt;
  TextRequest request = other_side(state);
  if (state.other_run && state.other_run->request == request) return std::nullopt;
  return request;
}

std::optional<ImageRequest> image_request(const AppState& state) {
  const bool there =
      state.image && state.image_name == state.doc.picture.image && state.image_read == state.image_wanted;
  if (there) return std::nullopt;
  return ImageRequest{state.doc.picture.image, state.image_wanted};
}

std::optional<OtherPicture> other_picture_request(const AppState& state) {
  const PictureDocument& doc = state.doc.picture;
  const bool named = state.view.workspace == Workspace::kImage && !doc.other.empty();
  if (!state.vision_model || (!named && !takes_from_other(doc.edits))) return std::nullopt;
  OtherPicture asked{state.vision_model, doc.other.empty() ? doc.image : doc.other, doc.long_side};
  const auto& there = state.other_vision;
  if (there && there->request.model == asked.model && there->request.long_side == asked.long_side &&
      state.other_picture == asked.picture)
    return std::nullopt;
  return asked;
}

std::optional<VisionRequest> vision_request(const AppState& state) {
  if (!state.vision_model || !state.image || image_request(state)) return std::nullopt;
  if (state.opening && !state.vision) return std::nullopt;
  VisionRequest request{state.vision_model, state.image, state.doc.picture.long_side};
  if (!state.doc.picture.edits.empty()) {
    const auto sequence = sequence_of(request);
    const VitConfig& config = state.vision_model->encoder.config();
    if (sequence)
      request.edits = working_edits(state.doc.picture.edits, *sequence, config.layers, config.heads);
    if (reads_other_run(request.edits)) {
      if (other_picture_request(state)) return std::nullopt;  // comes first
      request.from = state.other_vision;
      std::erase_if(request.edits, [&](const RunEdit& edit) {
        return !takes_something(edit, request.from->trace.prompt, *sequence);
      });
    }
  }
  if (state.vision && state.vision->request == request) return std::nullopt;
  return request;
}

std::optional<ImageRequest> other_image_request(const AppState& state) {
  const bool there = state.other_image && state.other_image_name == state.doc.pair.image &&
                     state.other_image_read == state.other_image_wanted;
  if (there) return std::nullopt;
  return ImageRequest{state.doc.pair.image, state.other_image_wanted};
}

std::optional<VisionRequest> other_vision_request(const AppState& state) {
  if (!state.vision_model || !state.other_image || other_image_request(state)) return std::nullopt;
  if (state.opening && !state.pair_vision) return std::nullopt;
  VisionRequest request{state.vision_model, state.other_image, state.doc.picture.long_side};
  if (state.pair_vision && state.pair_vision->request == request) return std::nullopt;
  return request;
}

std::optional<VisionRequest> plain_vision_request(const AppState& state) {
  if (!state.vision || state.vision->request.edits.empty()) return std::nullopt;
  VisionRequest request = state.vision->request;
  request.edits.clear();
  request.from.reset();
  return request;
}

std::optional<EffectRequest> effect_request(const AppState& state) {
  if (state.view.workspace == Workspace::kImage) {
    const auto& plain = state.plain_vision;
    const std::optional<VisionRequest> before = plain_vision_request(state);
    if (!before || !plain || plain->request != *before) return std::nullopt;
    return EffectRequest{.text = {}, .text_before = {}, .vision = state.vision, .vision_before = plain};
  }
  if (state.view.workspace != Workspace::kText || !state.run || state.run->request.edits.empty())
    return std::nullopt;
  const std::optional<TextRequest> before = plain_request(state);
  if (!before || !state.plain_run || state.plain_run->request != *before) return std::nullopt;
  return EffectRequest{.text = state.run, .text_before = state.plain_run, .vision = {}, .vision_before = {}};
}

std::optional<DivergenceRequest> divergence_request(const AppState& state) {
  if (state.view.workspace != Workspace::kCompare || !state.run || !state.other_run) return std::nullopt;
  if (text_request(state) || other_request(state)) return std::nullopt;  // newer ones come
  return DivergenceRequest{state.run, state.other_run};
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
  ChunkedPrompt prompt, before;
  if (!paint.edits.empty()) {
    prompt = tokenize_chunks(*request.model->text, state.doc.prompt, state.doc.syntax);
    before = tokenize_chunks(*request.model->text, prompt_before(state), state.doc.syntax);
  }
  for (std::size_t i = 0; i < paint.edits.size(); ++i) {
    const PaintEdit& edit = paint.edits[i];
    const MmditConfig& config = request.model->mmdit.config();
    if (finds_parts(edit, config.layers, config.heads) && finds_words(edit, prompt) &&
        is_in_both(edit, prompt, before)) {
      if (edit.on) request.edits.push_back(edit);
    } else {
      out.lost_edits.push_back(i);
    }
  }
  out.job.before = compared_drawing(state, request);
  return out;
}

std::optional<PaintJob> draft_of(const PaintJob& job) {
  if (job.request.steps <= kDraftSteps || !job.request.edits.empty() || !job.picture.empty())
    return std::nullopt;
  PaintJob out = job;
  out.request.steps = kDraftSteps;
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

// The word with each weight; one at 1 that is not asked for is drawn last, to compare with.
void add_weights(const std::vector<double>& weights, const Word& word, SideList& list) {
  const auto add = [&](double weight, bool shown) {
    Variation each{.seed = list.base.request.seed,
                   .word = {PromptWord::Kind::kWord, word.start},
                   .weight = weight,
                   .shown = shown};
    auto drawing = weighed_drawing(list.base.request, word, weight);
    if (drawing) {
      each.reworded = Reworded{.prompt = std::move(drawing->prompt), .edits = std::move(drawing->edits)};
    } else {
      each.reworded.emplace();
      each.problem = std::move(drawing.error().message);
    }
    list.each.push_back(std::move(each));
  };
  for (const double weight : weights) add(weight, true);
  if (std::ranges::find(weights, 1.0) == weights.end()) add(1.0, false);
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
      if (const Word* word = word_of_strip(state)) add_weights(state.doc.paint.seeds.weights, *word, list);
      break;
  }
  return list;
}

std::optional<FollowRequest> wanted_thought(const AppState& state) {
  const std::optional<PromptWord> word = followed_word(state);
  if (!word || !state.run || state.run->request.prompt != state.doc.prompt) return std::nullopt;
  const AttentionShape& shape = state.run->output.record->shape();
  const MapQuery query = shares_of(text_query(state.doc, state.view, shape), state.view);
  FollowRequest out{.text = state.run, .byte = word->byte};
  out.reading = {.lens = query.lens, .heads = query.heads};
  out.reading.specials = query.specials;
  out.picture = state.vision;
  out.relevance = caption_lens_name(
      state.view.picture.caption == CaptionLens::kLeGrad ? CaptionLens::kLeGrad : CaptionLens::kChefer);
  if (!is_whole(state.painting)) return out;
  out.drawing = state.painting.run;
  const MmditConfig& config = state.painting.run->request.model->mmdit.config();
  out.drawn.heads.set = paint_heads(state.doc.paint, {.layers = config.layers, .heads = config.heads});
  if (query.specials == Specials::kRenormalised) out.drawn.specials = query.specials;
  return out;
}

std::optional<ContextRequest> wanted_context(const AppState& state, int drawn) {
  const PaintState& painting = state.painting;
  if (!painting.run || painting.drawing || !is_weighed(*painting.run)) return std::nullopt;
  if (drawn < 0 || drawn >= std::ssize(painting.run->trace.records) || drawn >= painting.run->drawn())
    return std::nullopt;
  return ContextRequest{painting.run, drawn};
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
      if (is_whole(state.painting)) return state.painting.run;
      break;
    case Workspace::kCompare:
      break;
  }
  return std::nullopt;
}

}  // namespace regard
