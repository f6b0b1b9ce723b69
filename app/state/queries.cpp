#include "app/state/queries.h"

#include <algorithm>

#include "app/state/paint_session.h"
#include "core/analysis/lens.h"

namespace regard {
namespace {

// Words beside a picture, concepts and patches are not in a prompt's run.
bool is_of_prompts(const Lens& lens) {
  return lens.needs != LensNeeds::kWordsBesideImage && lens.needs != LensNeeds::kConcepts &&
         lens.needs != LensNeeds::kPatches;
}

}  // namespace

MapChoice within(MapChoice choice, const AttentionShape& shape) {
  choice.heads = within(choice.heads, shape);
  return choice;
}

std::vector<const Lens*> head_lenses() {
  std::vector<const Lens*> out;
  for (const Lens* lens : lenses()) {
    const bool of_any_run = lens->needs == LensNeeds::kAttention || lens->needs == LensNeeds::kOutputs;
    if (lens->by_head && lens->tile != nullptr && of_any_run) out.push_back(lens);
  }
  return out;
}

bool is_head_lens(std::string_view name) {
  return std::ranges::any_of(head_lenses(), [&](const Lens* lens) { return lens->name == name; });
}

namespace {

bool has_shares(const MapQuery& query) {
  const Lens* lens = find_lens(query.lens);
  return lens != nullptr && lens->is_attention;
}

bool adds_up(const MapQuery& query) {
  const Lens* lens = find_lens(query.lens);
  return lens != nullptr && is_additive(*lens);
}

}  // namespace

Specials specials_of(const ViewOptions& view) {
  if (!view.hide_special) return Specials::kShown;
  return view.tokens.renormalise ? Specials::kRenormalised : Specials::kHidden;
}

bool is_length_lens(std::string_view name) { return name != "attention" && is_head_lens(name); }

MapChoice in_lens_of(const MapChoice& now, MapChoice next) {
  if (next.lens == "attention" && is_length_lens(now.lens)) next.lens = now.lens;
  return next;
}

MapChoice of_attention(MapChoice choice) {
  if (is_length_lens(choice.lens)) choice.lens = "attention";
  return choice;
}

MapQuery text_query(const Document& doc, const ViewOptions& view, const AttentionShape& shape) {
  const MapChoice choice = within(doc.choice, shape);
  // One number a token is no map of all of them: those beside it stay attention's. A rollout has no scores.
  const Lens* lens = find_lens(choice.lens);
  const bool whole = lens != nullptr && is_of_prompts(*lens) && lens->tile != nullptr;
  MapQuery query{.lens = whole ? choice.lens : "attention", .heads = choice.heads};
  query.scores = view.scores && query.lens == "attention";
  query.specials = specials_of(view);
  query.rank = view.tokens.rank;
  if (view.hide_special && (query.scores || !has_shares(query))) query.specials = Specials::kHidden;
  if (query.scores || !adds_up(query)) return query;
  query.words = view.tokens.words;
  query.mass = view.tokens.hold;
  return query;
}

std::optional<MapQuery> text_numbers_query(const Document& doc, const AttentionShape& shape, int subject) {
  const MapChoice choice = within(doc.choice, shape);
  const Lens* lens = find_lens(choice.lens);
  if (lens == nullptr || !is_of_prompts(*lens) || lens->row == nullptr) return std::nullopt;
  MapQuery query{.lens = choice.lens, .subject = {subject}};
  if (lens->by_head) query.heads.layer = choice.heads.layer;
  if (lens->needs == LensNeeds::kGradients) query.caption = doc.toward;
  return query;
}

std::string_view caption_lens_name(CaptionLens lens) {
  switch (lens) {
    case CaptionLens::kChefer:
      return "chefer";
    case CaptionLens::kLeGrad:
      return "legrad";
    case CaptionLens::kAttnLrp:
      return "attnlrp";
  }
  return "chefer";
}

std::string picture_lens_name(const PictureDocument& doc, const PictureView& view) {
  switch (view.lens) {
    case PictureLens::kNorms:
      return "norms";
    case PictureLens::kCosine:
      return "cosine";
    case PictureLens::kPca:
      return "pca";
    case PictureLens::kCaption:
      return std::string(caption_lens_name(view.caption));
    case PictureLens::kMass:
      return of_attention(doc.choice).lens;
    case PictureLens::kAttention:
      break;
  }
  return doc.choice.lens;
}

MapQuery picture_row_query(const PictureDocument& doc, const ViewOptions& view, int subject,
                           const AttentionShape& shape) {
  const MapChoice choice = within(of_attention(doc.choice), shape);
  MapQuery query{.lens = choice.lens, .heads = choice.heads, .subject = {subject}};
  query.direction = view.incoming ? Direction::kReadBy : Direction::kReads;
  if (choice.lens == "flow") {  // of one position, and what reaches it
    query.direction = Direction::kReads;
    return query;
  }
  if (choice.lens == "rollout") query.discard = static_cast<double>(view.picture.discard);
  const bool together = doc.pins.size() > 1 && subject == doc.pins.back();
  if (!together || view.picture.fusion == PinFusion::kNewest) return query;
  if (view.picture.fusion == PinFusion::kMean) {
    query.subject = doc.pins;
  } else {
    query.minus = {doc.pins[doc.pins.size() - 2]};
  }
  return query;
}

MapQuery picture_query(const PictureDocument& doc, const ViewOptions& view, int subject,
                       const AttentionShape& shape) {
  MapQuery query = picture_row_query(doc, view, subject, shape);
  switch (view.picture.lens) {
    case PictureLens::kAttention:
      query.lens = doc.choice.lens;
      return with_tokens(std::move(query), {}, specials_of(view));
    case PictureLens::kMass:
      if (query.minus.empty()) query.mass = static_cast<double>(view.picture.mass);
      return with_tokens(std::move(query), {}, specials_of(view));
    case PictureLens::kNorms:
      return {.lens = "norms", .heads = {.layer = query.heads.layer}, .subject = {0}};
    case PictureLens::kCosine:
      query.lens = "cosine";
      query.heads = {.layer = query.heads.layer};
      query.direction = Direction::kReads;
      query.discard = 0.0;
      break;
    case PictureLens::kPca:
      return {.lens = "pca", .heads = {.layer = query.heads.layer}, .subject = {0}};
    case PictureLens::kCaption: {
      const auto at = static_cast<std::size_t>(doc.caption);
      MapQuery caption{.lens = std::string(caption_lens_name(view.picture.caption)), .subject = {0}};
      if (at < doc.captions.size()) caption.caption = doc.captions[at];
      const auto less = static_cast<std::size_t>(doc.caption_less);
      if (doc.caption_less >= 0 && less < doc.captions.size() && less != at && !is_blank(doc.captions[less]))
        caption.caption_less = doc.captions[less];
      return caption;
    }
  }
  return query;
}

HeadChoice picture_matrix_heads(const MapChoice& choice, const AttentionShape& shape) {
  HeadChoice heads = is_head_lens(choice.lens) ? choice.heads : HeadChoice{};
  if (!heads.layer) heads.layer = shape.layers - 1;
  return heads;
}

HeadSet paint_heads(const PaintDocument& paint, const AttentionShape& shape) {
  HeadSet heads = within({.set = paint.maps}, shape).set;
  if (!heads.empty()) return heads;
  for (int block = shape.layers > 1 ? 1 : 0; block < shape.layers; ++block) {
    for (int head = 0; head < shape.heads; ++head) heads.emplace_back(block, head);
  }
  return heads;
}

HeadChoice paint_choice(const PaintDocument& paint, const AttentionShape& shape) {
  HeadChoice heads{.set = paint_heads(paint, shape)};
  if (heads.set.size() > 1) heads.fusion = paint.fusion;
  return heads;
}

int paint_block(const PaintDocument& paint, const AttentionShape& shape) {
  const HeadSet heads = within({.set = paint.maps}, shape).set;
  int deepest = heads.empty() ? shape.layers - 1 : 0;
  for (const auto& [block, head] : heads) deepest = std::max(deepest, block);
  return deepest;
}

MapQuery paint_query(const PaintDocument& paint, const PaintView& view, std::vector<int> subject,
                     bool is_patch, StepSpan steps, const AttentionShape& shape) {
  MapQuery query{.heads = paint_choice(paint, shape),
                 .steps = steps,
                 .half = view.unconditional ? Half::kNegative : Half::kPrompt,
                 .subject = std::move(subject),
                 .over = Over::kImage};
  // A word is read by patches, a patch reads patches; `reverse` asks for the other direction.
  query.direction = view.reverse == is_patch ? Direction::kReadBy : Direction::kReads;
  query.itself = !(is_patch && !view.reverse);
  switch (view.lens) {
    case PaintLens::kAttention:
    case PaintLens::kValue:
    case PaintLens::kWritten:
      query.lens = paint_lens_name(view.lens);
      break;
    case PaintLens::kRollout:
      query.lens = "rollout";
      query.heads = {};
      break;
    case PaintLens::kShare:
    case PaintLens::kOutput:
      if (is_patch) break;  // both are about words: a patch shows what it reads
      query.lens = view.lens == PaintLens::kShare ? "share" : "output";
      query.direction = Direction::kReadBy;
      // Of the output space heads say which blocks, and no more.
      if (view.lens == PaintLens::kOutput) query.heads.fusion = Fusion::kMean;
      break;
    case PaintLens::kNorms:
    case PaintLens::kCosine:
    case PaintLens::kPca:
      query.lens = paint_lens_name(view.lens);
      query.heads = {.layer = paint_block(paint, shape)};
      query.direction = Direction::kReads;  // likeness has no direction
      query.itself = true;
      if (view.lens == PaintLens::kPca) query.subject.clear();
      break;
    case PaintLens::kAttnLrp:
    case PaintLens::kChefer:
    case PaintLens::kLeGrad:
      query.lens = paint_lens_name(view.lens);
      query.heads = {};
      query.steps = StepSpan{steps.last, steps.last};  // whose picture is seen
      if (!is_patch) query.direction = Direction::kReadBy;
      break;
  }
  return query;
}

MapQuery shares_of(MapQuery query, const ViewOptions& view) {
  query.scores = query.rank = false;  // a difference of places says nothing
  query.mass.reset();
  if (!has_shares(query)) query.lens = "attention";
  query.words = view.tokens.words;
  query.specials = specials_of(view);
  return query;
}

MapQuery with_rows(MapQuery query, const TokensView& tokens) {
  query.rank = tokens.rank;
  if (adds_up(query)) query.mass = tokens.hold;
  return query;
}

MapQuery with_tokens(MapQuery query, const TokensView& tokens, Specials specials) {
  query.words = tokens.words && adds_up(query);
  if (specials == Specials::kRenormalised && has_shares(query)) query.specials = specials;
  return query;
}

std::optional<PromptWord> followed_word(const AppState& state) {
  const Document& doc = state.doc;
  std::optional<PromptWord> pinned, chosen;
  for (const Pin& pin : doc.pins) {
    if (pin.kind == Pin::Kind::kText && pin.byte < doc.prompt.size())
      pinned = PromptWord{PromptWord::Kind::kWord, pin.byte};
  }
  if (doc.paint.word && doc.paint.word->kind == PromptWord::Kind::kWord &&
      doc.paint.word->byte < doc.prompt.size())
    chosen = doc.paint.word;
  const bool text = run_kind(state.view.workspace) == RunKind::kText;
  for (const auto& word : {text ? pinned : chosen, text ? chosen : pinned}) {
    if (word) return word;
  }
  if (!state.run || state.run->request.prompt != doc.prompt || state.run->words.empty()) return std::nullopt;
  return PromptWord{PromptWord::Kind::kWord, state.run->words.front().start};
}

const Word* word_of_strip(const AppState& state) {
  const PaintRun* run = state.painting.run.get();
  if (run == nullptr || run->request.prompt != state.doc.prompt) return nullptr;
  const std::optional<PromptWord>& chosen = state.doc.paint.word;
  const auto& words = run->prompt.words;
  const auto found = std::ranges::find_if(words, [&](const Word& word) {
    return !chosen || (chosen->kind == PromptWord::Kind::kWord && word.holds(chosen->byte));
  });
  return found == words.end() ? nullptr : &*found;
}

}  // namespace regard
