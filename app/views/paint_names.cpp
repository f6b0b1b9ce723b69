#include "app/views/paint_names.h"

#include <algorithm>

#include "app/state/paint_session.h"

namespace regard {

HeadSet all_heads(const PaintViews& paint) {
  const MmditConfig& config = paint.run().request.model->mmdit.config();
  HeadSet maps;
  for (int block = 0; block < config.layers; ++block) {
    for (int head = 0; head < config.heads; ++head) maps.emplace_back(block, head);
  }
  return maps;
}

HeadSet heads_where(const PaintViews& paint, bool coached) {
  HeadSet maps = all_heads(paint);
  std::erase_if(maps, [&](const auto& map) { return paint.is_coached(map.first, map.second) != coached; });
  return maps;
}

std::string PaintNames::word(const PaintWord& word) const {
  std::string label;
  for (int index = word.first_token; index <= word.last_token; ++index) {
    const Token& token = paint_.text().tokens[static_cast<std::size_t>(index)];
    label += token.is_bos ? tr_("token.bos") : token.is_eos ? tr_("token.eos") : token.shown;
  }
  return label;
}

std::string PaintNames::patch(int patch) const {
  return tr_.format("picture.patch", patch % paint_.columns() + 1, patch / paint_.columns() + 1);
}

// What a map of no attention says of its subject has words of its own.
std::string PaintNames::of_lens(const char* attention) const {
  const PaintLens lens = state_.view.paint.lens;
  if (lens == PaintLens::kCosine) return "paint.cosine.with";
  if (!is_gradient(lens)) return attention;
  return paint_.patch() >= 0 && !state_.view.paint.reverse ? "paint.relevance.of" : "paint.relevance.from";
}

std::string PaintNames::direction() const {
  const PaintView& view = state_.view.paint;
  if (has_no_subject(view.lens))
    return tr_(std::string(view.lens == PaintLens::kPca ? "lens.pca" : "lens.norms"));
  if (paint_.patch() >= 0)
    return tr_.format(of_lens(view.reverse ? "paint.to_patch" : "paint.from_patch"), patch(paint_.patch()));
  if (paint_.word() < 0) return {};
  return tr_.format(
      of_lens(view.reverse && !is_of_words(view.lens) ? "paint.word_to_image" : "paint.image_to_word"),
      word(paint_.words()[static_cast<std::size_t>(paint_.word())]));
}

std::string PaintNames::maps() const {
  const PaintLens lens = state_.view.paint.lens;
  if (is_of_states(lens)) return tr_.format("paint.behind_block", paint_.block() + 1);
  if (is_gradient(lens)) return tr_(std::string("lens.").append(paint_lens_name(lens)));
  if (!paint_.is_fused()) return mean_of_maps();
  const HeadSet& asked = state_.doc.paint.maps;
  const int blocks = paint_.run().request.model->mmdit.config().layers;
  const std::string heads = asked.empty() ? tr_.format("paint.maps.default", std::min(2, blocks), blocks)
                            : asked == all_heads(paint_)          ? std::string(tr_("paint.fused.all"))
                            : asked == heads_where(paint_, false) ? std::string(tr_("paint.fused.free"))
                            : asked == heads_where(paint_, true)
                                ? std::string(tr_("paint.fused.coached"))
                                : tr_.format("paint.fused.some", asked.size());
  const Fusion fusion = paint_.fusion();
  return tr_.format(fusion == Fusion::kMax   ? "paint.fused.max"
                    : fusion == Fusion::kMin ? "paint.fused.min"
                                             : "paint.fused.product",
                    heads);
}

std::string PaintNames::maps_shown() const {
  const PaintLens lens = state_.view.paint.lens;
  return paint_.is_of_heads() || is_of_states(lens) || is_gradient(lens) ? maps() : mean_of_maps();
}

std::string PaintNames::rows() const {
  std::string out;
  if (paint_.held()) out += ", " + tr_.format("tokens.held", tr_.percent(*paint_.held(), 0));
  if (paint_.shows_ranks()) out += std::string(", ") + tr_("tokens.rank");
  return out;
}

std::string PaintNames::mean_of_maps() const {
  const HeadSet& asked = state_.doc.paint.maps;
  const int blocks = paint_.run().request.model->mmdit.config().layers;
  if (asked.empty()) return tr_.format("paint.maps.default", std::min(2, blocks), blocks);
  if (asked.size() == 1)
    return tr_.format("paint.block_head", asked.front().first + 1, asked.front().second + 1);
  if (asked == all_heads(paint_)) return tr_("paint.maps.all");
  if (asked == heads_where(paint_, false)) return tr_("paint.maps.free");
  if (asked == heads_where(paint_, true)) return tr_("paint.maps.coached");
  return tr_.format("paint.maps.some", asked.size());
}

std::string PaintNames::span(bool film) const {
  const auto [first, last] = paint_.span();
  if (is_gradient(state_.view.paint.lens))
    return tr_.format("paint.span.one", paint_.run().first_step + last + 1);
  const int from = paint_.run().first_step;
  if (!film && !state_.doc.paint.step_span) return tr_("paint.span.all");
  if (first == last) return tr_.format("paint.span.one", from + first + 1);
  return tr_.format("paint.span.some", from + first + 1, from + last + 1);
}

}  // namespace regard
