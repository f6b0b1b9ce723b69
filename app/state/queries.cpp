#include "app/state/queries.h"

#include <algorithm>

namespace regard {

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

// Lengths of vectors are no shares of anything.
bool has_shares(const MapQuery& query) { return query.lens == "attention" || query.lens == "rollout"; }

}  // namespace

Specials specials_of(const ViewOptions& view) {
  if (!view.hide_special) return Specials::kShown;
  return view.tokens.renormalise ? Specials::kRenormalised : Specials::kHidden;
}

MapQuery text_query(const Document& doc, const ViewOptions& view, const AttentionShape& shape) {
  const MapChoice choice = within(doc.choice, shape);
  // Attention flow starts from one position: no map of all of them. A rollout has no scores.
  const bool whole = choice.lens == "attention" || choice.lens == "rollout";
  MapQuery query{.lens = whole ? choice.lens : "attention", .heads = choice.heads};
  query.scores = view.scores && query.lens == "attention";
  if (query.lens == "attention" && !query.scores) query.lens = view.head_lens;
  query.specials = specials_of(view);
  query.rank = view.tokens.rank;
  if (query.scores) {  // do not add up
    if (view.hide_special) query.specials = Specials::kHidden;
    return query;
  }
  if (view.hide_special && !has_shares(query)) query.specials = Specials::kHidden;
  query.words = view.tokens.words;
  query.mass = view.tokens.hold;
  return query;
}

MapQuery picture_row_query(const PictureDocument& doc, const ViewOptions& view, int subject,
                           const AttentionShape& shape) {
  const MapChoice choice = within(doc.choice, shape);
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
      if (query.lens == "attention") query.lens = view.head_lens;
      return with_tokens(std::move(query), {}, specials_of(view));
    case PictureLens::kMass:
      if (query.minus.empty()) query.mass = static_cast<double>(view.picture.mass);
      return with_tokens(std::move(query), {}, specials_of(view));
    case PictureLens::kNorms:
      return {.lens = "norms", .heads = {.layer = query.heads.layer}, .subject = {0}};
    case PictureLens::kCaption: {
      const auto at = static_cast<std::size_t>(doc.caption);
      MapQuery caption{.lens = view.picture.chefer ? "chefer" : "legrad", .subject = {0}};
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
  HeadChoice heads = choice.lens == "attention" ? choice.heads : HeadChoice{};
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

MapQuery paint_query(const PaintDocument& paint, const PaintView& view, std::vector<int> subject,
                     bool is_patch, StepSpan steps, const AttentionShape& shape, std::string_view head_lens) {
  MapQuery query{.heads = {.set = paint_heads(paint, shape)},
                 .steps = steps,
                 .half = view.unconditional ? Half::kNegative : Half::kPrompt,
                 .subject = std::move(subject),
                 .over = Over::kImage};
  // A word is read by patches, a patch reads patches; `reverse` asks for the other direction.
  query.direction = view.reverse == is_patch ? Direction::kReadBy : Direction::kReads;
  query.itself = !(is_patch && !view.reverse);
  switch (view.lens) {
    case PaintLens::kAttention:
      query.lens = head_lens;
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
      break;
  }
  return query;
}

MapQuery with_tokens(MapQuery query, const TokensView& tokens, Specials specials) {
  query.words = tokens.words;
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
