#include "app/state/kept.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "app/state/queries.h"
#include "core/prompt/grammar.h"

namespace regard {
namespace {

void add(std::vector<KeptThing>& out, const char* words, std::size_t count) {
  if (count > 0) out.push_back({words, static_cast<int>(count)});
}

void of_painting(const Document& doc, const PaintView& view, std::vector<KeptThing>& out) {
  const PaintDocument& paint = doc.paint;
  add(out, "kept.trials", paint.edits.size());
  add(out, "kept.negative", paint.negative.empty() ? 0 : 1);
  add(out, "kept.before", paint.before ? 1 : 0);
  add(out, "kept.picture", paint.picture.empty() ? 0 : 1);
  add(out, "kept.maps", paint.maps.size());
  add(out, "kept.steps", paint.step_span && paint.picture.empty() ? 1 : 0);
  const bool half = view.unconditional || view.reverse || view.lens != PaintLens::kAttention;
  add(out, "kept.lens", half ? 1 : 0);
}

void of_picture(const PictureDocument& picture, std::vector<KeptThing>& out) {
  add(out, "kept.trials", picture.edits.size());
  add(out, "kept.pins", picture.pins.size());
  add(out, "kept.regions", (picture.region_a.empty() ? 0u : 1u) + (picture.region_b.empty() ? 0u : 1u));
  add(out, "kept.captions", picture.captions.size());
}

}  // namespace

std::vector<KeptThing> kept_things(const AppState& state) {
  std::vector<KeptThing> out;
  const Document& doc = state.doc;
  const ViewOptions& view = state.view;
  switch (view.workspace) {
    case Workspace::kPainting:
      of_painting(doc, view.paint, out);
      break;
    case Workspace::kImage:
      of_picture(doc.picture, out);
      add(out, "kept.lens", is_length_lens(doc.picture.choice.lens) ? 1 : 0);
      break;
    case Workspace::kText:
    case Workspace::kCompare:
      add(out, "kept.trials", doc.edits.size());
      add(out, "kept.pins", doc.pins.size());
      add(out, "kept.lens", is_length_lens(doc.choice.lens) ? 1 : 0);
      break;
  }
  if (view.workspace != Workspace::kImage)
    add(out, "kept.weights", without_weights(doc.syntax, doc.prompt) == doc.prompt ? 0 : 1);
  add(out, "kept.scale",
      view.log_scale || view.scores || view.hide_special || view.incoming || view.tokens != TokensView{} ? 1
                                                                                                         : 0);
  add(out, "kept.difference", view.difference ? 1 : 0);
  return out;
}

void reset_kept(AppState& state) {
  const Document before = state.doc;
  Document& doc = state.doc;
  const PaintDocument& paint = before.paint;
  doc.prompt = without_weights(doc.syntax, doc.prompt);
  doc.pins.clear();
  doc.choice = of_attention(doc.choice);
  doc.picture.choice = of_attention(doc.picture.choice);
  doc.edits.clear();
  doc.picture.edits.clear();
  forget_tokens(doc.picture);
  doc.picture.captions.clear();
  doc.picture.caption_less = -1;
  PaintDocument first;
  first.seed = paint.seed;
  first.steps = paint.steps;
  first.guidance = paint.guidance;
  first.seeds = paint.seeds;
  first.word = paint.word;
  doc.paint = std::move(first);
  move_words(doc.paint, before.prompt, doc.prompt);
  if (before != doc) state.history.record(before, 0);
  ViewOptions& view = state.view;
  view.log_scale = view.scores = view.hide_special = view.incoming = view.difference = false;
  view.tokens = {};
  view.following = false;
  view.calculation.cell.reset();
  view.paint.lens = PaintLens::kAttention;
  view.paint.reverse = view.paint.unconditional = false;
  state.restored = false;
}

}  // namespace regard
