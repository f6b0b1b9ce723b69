#include "app/views/side_views.h"

#include <algorithm>
#include <functional>
#include <variant>

#include "core/engine/interventions.h"
#include "core/engine/paint_picture.h"

namespace regard {

SideDrawing drawing_of(const SideDrawing& base, const Variation& each) {
  SideDrawing out = base;
  if (each.without == LeftOut::kTrials && base.before) out.request = *base.before;
  if (each.weighting) out.request.weighting = *each.weighting;
  if (each.reworded) {
    out.request.prompt = each.reworded->prompt;
    out.request.edits = each.reworded->edits;
  }
  if (each.without == LeftOut::kWord) out.request.edits.push_back({.what = MuteWord{each.word}});
  out.request.seed = each.seed;
  out.request.keep = KeepRecords::kNone;
  out.request.output_space = false;
  const bool keeps =
      std::ranges::any_of(out.request.edits, [](const PaintEdit& edit) { return kind_of(edit).reads_kept; });
  if (!keeps) out.before.reset();
  if (out.before) out.before->seed = each.seed;
  return out;
}

int reference_of(const SideList& list, std::size_t each) {
  const Variation& asked = list.each[each];
  const auto is_it = [&](const Variation& other) {
    if (asked.weighting) return other.weighting == Weighting::kNone;
    if (asked.reworded) return other.weight == 1.0;
    return other.seed == asked.seed && other.without == LeftOut::kNothing;
  };
  const auto found = std::ranges::find_if(list.each, is_it);
  const auto at = found - list.each.begin();
  const bool itself = found == list.each.end() || at == static_cast<std::ptrdiff_t>(each);
  return itself ? -1 : static_cast<int>(at);
}

bool same_drawings(const SideList& a, const SideList& b) {
  return a.base == b.base && a.each.size() == b.each.size() && std::ranges::is_permutation(a.each, b.each);
}

int SidePictures::done() const {
  return static_cast<int>(std::ranges::count_if(pictures, [](const auto& each) { return each != nullptr; }));
}

void SideViews::accept_words(std::shared_ptr<const SidePictures> pictures) {
  words_ = std::move(pictures);
  words_old_ = false;
}

void SideViews::accept_seeds(std::shared_ptr<const SidePictures> pictures) {
  seeds_ = std::move(pictures);
  seeds_old_ = false;
}

void SideViews::forget() { *this = {}; }

void SideViews::refresh(const AppState& state) {
  if (measured_ != words_) measure_words(state);
  if (sheet_of_ != seeds_) {
    fill_sheet();
    fill_strip();
  }
  read_encoder(state);
}

// The text encoder reads backwards only: what a word has read is among the words before it.
void SideViews::read_encoder(const AppState& state) {
  const PaintRun* drawing = state.painting.run.get();
  const bool same = drawing != nullptr && state.run &&
                    drawing->request.model->text == state.run->request.model &&
                    drawing->request.prompt == state.run->request.prompt &&
                    drawing->request.syntax == state.run->request.syntax &&
                    state.run->output.record->causal() && !state.view.paint.unconditional;
  if (!same) {
    encoded_.reset();
    return;
  }
  const auto hides = [](const PaintEdit& edit) { return kind_of(edit).hides_in_encoder; };
  encoder_exact_ =
      std::ranges::none_of(drawing->request.edits, hides) &&
      std::ranges::all_of(state.run->tokens, [](const Token& token) { return token.weight == 1.0; });
  if (encoded_ == state.run) return;
  const Result<Map> mean = evaluate(state.run->trace, MapQuery{});
  encoded_ = mean ? state.run : nullptr;
  if (mean) encoder_ = mean->values;
}

std::optional<ReadBefore> SideViews::read_before(const PromptWord& place) const {
  if (!encoded_ || place.kind == PromptWord::Kind::kStart) return std::nullopt;
  const auto& tokens = encoded_->tokens;
  int row = -1;  // the word's last token: it has read the rest of it
  for (int i = 0; i < static_cast<int>(tokens.size()); ++i) {
    const Token& token = tokens[static_cast<std::size_t>(i)];
    const bool here =
        place.kind == PromptWord::Kind::kEnd
            ? token.is_eos
            : token.word >= 0 && encoded_->words[static_cast<std::size_t>(token.word)].holds(place.byte);
    if (here) row = i;
  }
  if (row < 0 || row >= encoder_.rows()) return std::nullopt;
  ReadBefore out{.words = {}, .exact = encoder_exact_};
  for (const Word& word : encoded_->words) {
    if (word.last_token >= row || word.holds(place.byte)) continue;
    out.words.emplace_back(
        word.start,
        encoder_.row(row).segment(word.first_token, word.last_token - word.first_token + 1).sum());
  }
  std::ranges::stable_sort(out.words, std::greater{}, [](const auto& each) { return each.second; });
  return out;
}

void SideViews::measure_words(const AppState& state) {
  measured_ = words_;
  const PaintRun* run = state.painting.run.get();
  effects_.clear();
  largest_ = 0;
  if (!words_ || run == nullptr) return;
  for (const auto& picture : words_->pictures) {
    std::optional<WordEffect>& effect = effects_.emplace_back();
    if (!picture) continue;
    effect.emplace();
    effect->problem = picture->problem;
    if (picture->problem.empty() && picture->x.size() == run->x.back().size())
      effect->rms = static_cast<float>(picture_rms(picture->x, run->x.back()));
    largest_ = std::max(largest_, effect->rms);
  }
}

const WordEffect* SideViews::without(const PromptWord& place, const PaintText& text) const {
  if (!measured_) return nullptr;
  const auto same = [&](const PromptWord& word) {
    if (word.kind != place.kind || place.kind != PromptWord::Kind::kWord) return word.kind == place.kind;
    return std::ranges::any_of(
        text.words, [&](const Word& each) { return each.holds(word.byte) && each.holds(place.byte); });
  };
  for (std::size_t i = 0; i < effects_.size(); ++i) {
    if (same(measured_->list.each[i].word)) return effects_[i] ? &*effects_[i] : nullptr;
  }
  return nullptr;
}

void SideViews::fill_sheet() {
  sheet_of_ = seeds_;
  sheet_.tiles = 0;
  sheet_.rgba.clear();
  ++sheet_.version;
  if (!seeds_) return;
  const auto first =
      std::ranges::find_if(seeds_->pictures, [](const auto& each) { return each && !each->x.empty(); });
  if (first == seeds_->pictures.end()) return;
  sheet_.tile_width = (*first)->width;
  sheet_.tile_height = (*first)->height;
  sheet_.tiles = static_cast<int>(seeds_->pictures.size());
  sheet_.columns = std::min(sheet_.tiles, kSeedsShown);
  sheet_.rgba.assign(static_cast<std::size_t>(sheet_.width()) * static_cast<std::size_t>(sheet_.height()), 0);
  for (int i = 0; i < sheet_.tiles; ++i) {
    const auto& picture = seeds_->pictures[static_cast<std::size_t>(i)];
    if (!picture || picture->width != sheet_.tile_width || picture->height != sheet_.tile_height) continue;
    place_picture(sheet_, i, picture->x);
  }
}

// Of what is asked; the word's bytes are those of the drawing in sight.
void SideViews::fill_strip() {
  strip_.reset();
  if (!seeds_ || seeds_->list.each.empty() || !seeds_->list.each.front().reworded) return;
  const std::size_t byte = seeds_->list.each.front().word.byte;
  const PaintRequest& drawing = seeds_->list.base.request;
  const std::optional<Word> word = word_at(drawing, byte);
  if (!word) return;
  WeightStrip strip{.drawing = drawing, .word = *word};
  for (std::size_t i = 0; i < seeds_->list.each.size(); ++i) {
    const Variation& each = seeds_->list.each[i];
    StripFrame frame{.weight = each.weight};
    if (const SidePicture* picture = seeds_->pictures[i].get()) {
      frame.x = picture->x;
      frame.problem = picture->problem;
      frame.seen = picture->seen;
      if (!picture->x.empty()) {
        strip.height = picture->height;
        strip.width = picture->width;
      }
    }
    if (each.weight == 1.0) strip.plain = frame.x;
    if (each.shown) strip.frames.push_back(std::move(frame));
  }
  measure_strip(strip);
  strip_ = std::make_shared<const WeightStrip>(std::move(strip));
}

std::optional<float> SideViews::change(std::size_t each) const {
  if (!seeds_) return std::nullopt;
  const int reference = reference_of(seeds_->list, each);
  if (reference < 0) return std::nullopt;
  const SidePicture* now = seeds_->pictures[each].get();
  const SidePicture* then = seeds_->pictures[static_cast<std::size_t>(reference)].get();
  if (now == nullptr || then == nullptr || then->x.empty() || then->x.size() != now->x.size())
    return std::nullopt;
  return static_cast<float>(picture_rms(now->x, then->x));
}

}  // namespace regard
