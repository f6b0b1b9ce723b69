#include "app/views/paint_views.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace regard {
namespace {

constexpr int kSheetColumns = 16;
constexpr int kMostRolloutTokens = 640;  // S^3 a block and step, on the UI thread
// Of the word's largest: what counts as its place. Text -> image covered both cats of five drawn mirrors
// (masks by their colour) with IoU 0.5 to 0.75 between thresholds of 0.25 and 0.35, as two islands.
constexpr float kTwinThreshold = 0.3f;
constexpr int kTwinLeast = 3;  // patches

ColorScale to(float top) { return {.min = 0.0f, .max = top > 0.0f ? top : 1.0f}; }

std::uint32_t packed(const std::vector<std::uint8_t>& rgb, std::size_t pixel) {
  return 0xFF000000u | static_cast<std::uint32_t>(rgb[3 * pixel + 2]) << 16 |
         static_cast<std::uint32_t>(rgb[3 * pixel + 1]) << 8 | rgb[3 * pixel];
}

void fill_sheet(PixelSheet& sheet, const std::vector<const std::vector<float>*>& pictures, int height,
                int width) {
  sheet.tile_width = width;
  sheet.tile_height = height;
  sheet.tiles = static_cast<int>(pictures.size());
  sheet.columns = std::clamp(sheet.tiles, 1, kSheetColumns);
  const auto stride = static_cast<std::size_t>(sheet.width());
  sheet.rgba.assign(stride * static_cast<std::size_t>(sheet.height()), 0);
  for (int i = 0; i < sheet.tiles; ++i) {
    const auto rgb = picture_bytes(*pictures[static_cast<std::size_t>(i)], height, width);
    const auto left = static_cast<std::size_t>(i % sheet.columns * width),
               top = static_cast<std::size_t>(i / sheet.columns * height);
    for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) {
      for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x)
        sheet.rgba[(top + y) * stride + left + x] = packed(rgb, y * static_cast<std::size_t>(width) + x);
    }
  }
  ++sheet.version;
}

// Values of a map into a tile of an atlas.
void place_tile(CellImage& atlas, const RowVector& map, int columns, int left, int top, float scale) {
  for (int i = 0; i < static_cast<int>(map.size()); ++i) {
    const auto at = static_cast<std::size_t>(top + i / columns) * static_cast<std::size_t>(atlas.width) +
                    static_cast<std::size_t>(left + i % columns);
    atlas.cells[at] = upload_value(map(i) * scale);
  }
}

void reset_atlas(CellImage& atlas, int width, int height) {
  atlas.width = width;
  atlas.height = height;
  atlas.cells.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), kMaskedValue);
  ++atlas.version;
}

double bytes_of(const std::vector<std::shared_ptr<const AttentionRecord>>& records) {
  double sum = 0.0;
  for (const auto& record : records) {
    const AttentionShape& s = record->shape();
    const double maps = static_cast<double>(s.layers) * s.heads;
    sum += 4.0 * maps * (s.queries + 2.0 * s.keys) * s.head_width;
    sum += record->keeps_maps() ? 8.0 * maps * s.queries * s.keys : 8.0 * maps * s.queries;
  }
  return sum;
}

HeadSet maps_in_force(const HeadSet& asked, const MmditConfig& config) {
  HeadSet maps;
  for (const auto& [block, head] : asked) {
    if (block < config.layers && head < config.heads) maps.emplace_back(block, head);
  }
  if (!maps.empty()) return maps;
  const int first = config.layers > 1 ? 1 : 0;  // the first block has not yet read the words
  for (int block = first; block < config.layers; ++block) {
    for (int head = 0; head < config.heads; ++head) maps.emplace_back(block, head);
  }
  return maps;
}

}  // namespace

const PaintViews::Records& PaintViews::records() const {
  return view_.unconditional ? run_->trace.negative_records : run_->trace.records;
}

// Mean over maps and the steps in force.
Matrix PaintViews::mean(const HeadSet& maps, const JointTile& tile) const {
  Matrix sum = Matrix::Zero(tile.rows, tile.cols);
  const Records& from = records();
  for (int step = span_.first; step <= span_.second; ++step)
    sum += joint_mean(*from[static_cast<std::size_t>(step)], maps, tile);
  return sum / static_cast<float>(span_.second - span_.first + 1);
}

void PaintViews::refresh(const AppState& state, int film_frame) {
  if (!state.painting.run) {
    run_.reset();
    return;
  }
  const bool new_run = run_ != state.painting.run;
  const bool same = !new_run && before_ == state.painting.before && asked_ == state.doc.paint &&
                    view_ == state.view.paint && film_frame_ == film_frame && log_ == state.view.log_scale;
  if (!same) {
    choose(state, film_frame);
    if (!has_run()) return;
    fill_film(view_.noisy);
    compare(state);
    measure();
    fill_words();
    fill_overlay();
    fill_heads();
    find_twin();
    joint_valid_ = false;
  }
  if (want_joint_ && !joint_valid_ && has_run() && has_maps_) fill_joint();
}

void PaintViews::choose(const AppState& state, int film_frame) {
  run_ = state.painting.run;
  asked_ = state.doc.paint;
  view_ = state.view.paint;
  film_frame_ = film_frame;
  log_ = state.view.log_scale;
  rows_of_.clear();
  rollout_span_ = {-1, -1};
  std::erase_if(rollouts_, [&](const auto& each) {
    return std::ranges::none_of(records(), [&](const auto& record) { return record.get() == each.first; });
  });
  kept_bytes_ = bytes_of(run_->trace.records) + bytes_of(run_->trace.negative_records);
  if (state.painting.before) kept_bytes_ += bytes_of(state.painting.before->trace.records);
  if (!has_run()) return;
  const int last = run_->drawn() - 1;
  span_ = {0, last};
  if (asked_.step_span) {
    span_.first = std::clamp(asked_.step_span->first - run_->first_step, 0, last);
    span_.second = std::clamp(asked_.step_span->second - run_->first_step, span_.first, last);
  }
  if (film_frame >= 0) span_ = {std::min(film_frame, last), std::min(film_frame, last)};
  has_maps_ = std::ssize(records()) > span_.second;
  maps_ = maps_in_force(asked_.maps, run_->request.model->mmdit.config());
  text_ = view_.unconditional ? &run_->negative : &run_->prompt;
  list_words();
  choose_subject(asked_);
}

void PaintViews::list_words() {
  words_.clear();
  for (int token = 0; token < static_cast<int>(text_->tokens.size()); ++token) {
    const Token& each = text_->tokens[static_cast<std::size_t>(token)];
    if (each.word >= 0 && !words_.empty() && words_.back().word == each.word) {
      words_.back().last_token = token;
      continue;
    }
    PaintWord word{.first_token = token, .last_token = token, .word = each.word, .place = {}};
    word.place = each.is_bos   ? PromptWord{PromptWord::Kind::kStart, 0}
                 : each.is_eos ? PromptWord{PromptWord::Kind::kEnd, 0}
                               : PromptWord{PromptWord::Kind::kWord, each.start};
    words_.push_back(word);
  }
}

void PaintViews::choose_subject(const PaintDocument& paint) {
  patch_ = paint.patch < patches() ? paint.patch : -1;
  word_ = -1;
  for (int i = 0; i < static_cast<int>(words_.size()); ++i) {
    const PaintWord& each = words_[static_cast<std::size_t>(i)];
    if (!paint.word) {
      if (each.word >= 0 && word_ < 0) word_ = i;
    } else if (each.place.kind == paint.word->kind) {
      if (each.word < 0 && word_ < 0) word_ = i;
      if (each.word < 0) continue;
      const Word& span = text_->words[static_cast<std::size_t>(each.word)];
      if (span.start <= paint.word->byte && paint.word->byte < span.end) word_ = i;
    }
  }
  if (word_ < 0 && !words_.empty()) word_ = 0;
}

void PaintViews::fill_film(bool noisy) {
  std::vector<const std::vector<float>*> pictures;
  for (int step = 0; step < run_->drawn(); ++step) {
    const auto i = static_cast<std::size_t>(step);
    pictures.push_back(noisy ? &run_->x[i + 1] : &run_->x0[i]);
  }
  fill_sheet(film_, pictures, run_->height, run_->width);
}

// The pictures as they are at the last step looked at, of both drawings.
void PaintViews::compare(const AppState& state) {
  before_ = state.painting.before;
  difference_.cells.clear();
  difference_.width = difference_.height = 0;
  ++difference_.version;
  if (!before_ || before_->drawn() == 0 || before_->height != run_->height || before_->width != run_->width)
    return;
  const auto step = static_cast<std::size_t>(span_.second);
  const auto before_step = std::min(step, static_cast<std::size_t>(before_->drawn() - 1));
  const auto& now = view_.noisy ? run_->x[step + 1] : run_->x0[step];
  const auto& then = view_.noisy ? before_->x[before_step + 1] : before_->x0[before_step];
  fill_sheet(before_film_, {&then}, before_->height, before_->width);
  difference_.width = run_->width;
  difference_.height = run_->height;
  const std::size_t plane = now.size() / 3;
  double sum = 0.0;
  for (std::size_t i = 0; i < plane; ++i) {
    float far = 0.0f;
    for (std::size_t c = 0; c < 3; ++c) {
      far += std::abs(std::clamp(now[c * plane + i], -1.0f, 1.0f) -
                      std::clamp(then[c * plane + i], -1.0f, 1.0f)) /
             3;
    }
    difference_.cells.push_back(upload_value(far));
    sum += static_cast<double>(far);
  }
  difference_mean_ = static_cast<float>(sum / static_cast<double>(plane));
}

float PaintViews::entropy(const RowVector& row) {
  float bits = 0.0f;
  const float sum = row.sum();
  if (!(sum > 0.0f)) return 0.0f;
  for (const float value : row) {
    if (value > 0.0f) bits -= value / sum * std::log2(value / sum);
  }
  return bits;
}

// The numbers beside the maps: always of attention as it is, whatever the lens.
void PaintViews::measure() {
  image_to_text_.resize(0, 0);
  text_mass_ = 0.0f;
  if (!has_maps_) return;
  const int tokens = static_cast<int>(text_->tokens.size());
  image_to_text_ = mean(maps_, {0, patches(), patches(), tokens});
  const float mass = image_to_text_.sum();
  text_mass_ = mass / static_cast<float>(patches());
  for (PaintWord& word : words_) {
    const int count = word.last_token - word.first_token + 1;
    const Vector column = image_to_text_.middleCols(word.first_token, count).rowwise().sum();
    word.share = mass > 0.0f ? column.sum() / mass : 0.0f;
    word.entropy = entropy(column.transpose());
  }
}

// The rollout of the steps in force, each step once.
const Matrix& PaintViews::rollout() {
  if (rollout_span_ == span_) return rollout_mean_;
  rollout_mean_.resize(0, 0);
  const Records& from = records();
  for (int step = span_.first; step <= span_.second; ++step) {
    const AttentionRecord* record = from[static_cast<std::size_t>(step)].get();
    auto found = std::ranges::find(rollouts_, record, &std::pair<const AttentionRecord*, Matrix>::first);
    if (found == rollouts_.end()) {
      rollouts_.emplace_back(record, std::move(*regard::rollout(*record)));
      found = std::prev(rollouts_.end());
    }
    rollout_mean_ = rollout_mean_.size() == 0 ? found->second : Matrix(rollout_mean_ + found->second);
  }
  rollout_mean_ /= static_cast<float>(span_.second - span_.first + 1);
  rollout_span_ = span_;
  return rollout_mean_;
}

// Every word's map as the lens shows it. [words][N]; empty with a problem.
Matrix PaintViews::word_maps() {
  const int count = static_cast<int>(words_.size()), n = patches();
  Matrix maps = Matrix::Zero(count, n);
  const auto from_tokens = [&](const Matrix& tokens) {  // [T][N]: a word's map is the mean of its tokens'
    for (int i = 0; i < count; ++i) {
      const PaintWord& word = words_[static_cast<std::size_t>(i)];
      maps.row(i) =
          tokens.middleRows(word.first_token, word.last_token - word.first_token + 1).colwise().mean();
    }
  };
  const int tokens = static_cast<int>(text_->tokens.size());
  switch (view_.lens) {
    case PaintLens::kAttention:
      if (view_.reverse) {
        from_tokens(mean(maps_, {n, tokens, 0, n}));
      } else {
        from_tokens(image_to_text_.transpose());
      }
      break;
    case PaintLens::kShare: {
      Matrix words = image_to_text_;
      for (int t = 0; t < tokens; ++t) {
        if (text_->tokens[static_cast<std::size_t>(t)].word < 0) words.col(t).setZero();
      }
      const Vector whole = words.rowwise().sum().array() + 1e-9f;
      from_tokens((words.array().colwise() / whole.array()).matrix().transpose());
      break;
    }
    case PaintLens::kRollout:
      if (n + tokens > kMostRolloutTokens) {
        problem_ = "paint.rollout.large";
        return {};
      }
      if (view_.reverse) {
        from_tokens(rollout().block(n, 0, tokens, n));
      } else {
        from_tokens(rollout().block(0, n, n, tokens).transpose());
      }
      break;
    case PaintLens::kOutput: {
      if (view_.unconditional || std::ssize(run_->trace.concept_maps) <= span_.second) {
        problem_ = "paint.output.none";
        return {};
      }
      std::vector<bool> blocks(static_cast<std::size_t>(run_->request.model->mmdit.config().layers), false);
      for (const auto& [block, head] : maps_) blocks[static_cast<std::size_t>(block)] = true;
      const float parts =
          static_cast<float>(std::ranges::count(blocks, true) * (span_.second - span_.first + 1));
      for (int step = span_.first; step <= span_.second; ++step) {
        const std::vector<Matrix>& of_step = *run_->trace.concept_maps[static_cast<std::size_t>(step)];
        for (std::size_t block = 0; block < blocks.size() && block < of_step.size(); ++block) {
          if (!blocks[block]) continue;
          for (int i = 0; i < count; ++i) {
            const int word = words_[static_cast<std::size_t>(i)].word;
            if (word >= 0 && word < of_step[block].rows()) maps.row(i) += of_step[block].row(word) / parts;
          }
        }
      }
      break;
    }
  }
  return maps;
}

void PaintViews::fill_words() {
  problem_ = has_maps_ ? "" : view_.unconditional ? "paint.no_half" : "paint.no_maps";
  maps_of_words_ = has_maps_ ? word_maps() : Matrix();
  const int count = static_cast<int>(words_.size());
  reset_atlas(word_atlas_, std::max(1, count * pitch_x()), rows());
  if (maps_of_words_.size() == 0) return;
  const float top = maps_of_words_.maxCoeff();
  for (int i = 0; i < count; ++i) {
    const RowVector map = maps_of_words_.row(i);
    words_[static_cast<std::size_t>(i)].largest = map.maxCoeff();
    const float own = view_.absolute ? top : map.maxCoeff();
    place_tile(word_atlas_, map, columns(), i * pitch_x(), 0, own > 0.0f ? 1.0f / own : 0.0f);
  }
}

// Attention of the subject by the given maps, in the direction in force. [N]
RowVector PaintViews::subject_map(const HeadSet& maps) {
  const int n = patches();
  if (patch_ >= 0) {
    return view_.reverse ? RowVector(mean(maps, {0, n, patch_, 1}).transpose())
                         : RowVector(mean(maps, {patch_, 1, 0, n}));
  }
  const PaintWord& word = words_[static_cast<std::size_t>(word_)];
  const int at = n + word.first_token, count = word.last_token - word.first_token + 1;
  return view_.reverse ? RowVector(mean(maps, {at, count, 0, n}).colwise().mean())
                       : RowVector(mean(maps, {0, n, at, count}).rowwise().mean().transpose());
}

void PaintViews::fill_overlay() {
  reset_atlas(overlay_, columns(), rows());
  overlay_range_ = to(1.0f);
  if (!problem_.empty() || word_ < 0) return;
  RowVector map;
  if (patch_ < 0) {
    map = maps_of_words_.row(word_);
  } else if (view_.lens == PaintLens::kRollout) {
    map = view_.reverse ? RowVector(rollout().block(0, patch_, patches(), 1).transpose())
                        : RowVector(rollout().block(patch_, 0, 1, patches()));
  } else {
    map = subject_map(maps_);
  }
  if (patch_ >= 0 && !view_.reverse)
    map(patch_) = 0.0f;  // itself would drown the rest; its number stands beside
  place_tile(overlay_, map, columns(), 0, 0, 1.0f);
  if (!(map.maxCoeff() > 0.0f)) problem_ = "paint.zero";  // cut, or of weight 0
  const bool all = patch_ < 0 && view_.absolute;
  overlay_range_ = to(all ? maps_of_words_.maxCoeff() : map.maxCoeff());
  if (!log_) return;
  const float floor = std::min(1e-4f, overlay_range_.max * 0.1f);
  overlay_range_ = {.min = floor, .max = overlay_range_.max, .log10 = true, .floor = floor};
}

void PaintViews::fill_heads() {
  const MmditConfig& config = run_->request.model->mmdit.config();
  reset_atlas(head_atlas_, config.layers * pitch_x(), config.heads * pitch_y());
  if (!has_maps_ || word_ < 0) return;
  std::vector<RowVector> maps;
  float top = 0.0f;
  for (int block = 0; block < config.layers; ++block) {
    for (int head = 0; head < config.heads; ++head) {
      RowVector map = subject_map({{block, head}});
      if (patch_ >= 0 && !view_.reverse) map(patch_) = 0.0f;
      top = std::max(top, map.maxCoeff());
      maps.push_back(std::move(map));
    }
  }
  for (int block = 0; block < config.layers; ++block) {
    for (int head = 0; head < config.heads; ++head) {
      const RowVector& map = maps[static_cast<std::size_t>(block * config.heads + head)];
      const float own = view_.absolute ? top : map.maxCoeff();
      place_tile(head_atlas_, map, columns(), block * pitch_x(), head * pitch_y(),
                 own > 0.0f ? 1.0f / own : 0.0f);
    }
  }
}

const RowVector& PaintViews::row_of(int token) const {
  for (const auto& [of, row] : rows_of_) {
    if (of == token) return row;
  }
  const int all = patches() + static_cast<int>(text_->tokens.size());
  rows_of_.emplace_back(token, has_maps_ ? RowVector(mean(maps_, {token, 1, 0, all})) : RowVector());
  return rows_of_.back().second;
}

void PaintViews::fill_joint() {
  const int all = patches() + static_cast<int>(text_->tokens.size());
  reset_atlas(joint_, all, all);
  const Matrix map = mean(maps_, {0, all, 0, all});
  std::ranges::transform(map.reshaped<Eigen::RowMajor>(), joint_.cells.begin(), upload_value);
  // A patch reads itself and its neighbours far more than the rest: the colours end where all but one in a
  // thousand cells lie, so that the rest is seen.
  std::vector<float> sorted = joint_.cells;
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(sorted.size()) * 0.995);
  std::ranges::nth_element(sorted, at);
  const float top = std::max(*at, 1e-6f);
  joint_range_ =
      log_ ? ColorScale{.min = 1e-4f * top, .max = top, .log10 = true, .floor = 1e-4f * top} : to(top);
  joint_valid_ = true;
}

// The other places of the selected word, seen from the patch: a word reads where it stands in the picture
// (text -> image, all blocks but the first), and those islands count on which the patch is not.
void PaintViews::find_twin() {
  twin_.reset();
  if (!has_maps_ || patch_ < 0 || word_ < 0 || words_[static_cast<std::size_t>(word_)].word < 0) return;
  const MmditConfig& config = run_->request.model->mmdit.config();
  const PaintWord& word = words_[static_cast<std::size_t>(word_)];
  const int tokens = word.last_token - word.first_token + 1;
  const RowVector map =
      mean(maps_in_force({}, config), {patches() + word.first_token, tokens, 0, patches()}).colwise().mean();
  const std::vector<int> label = islands(map, rows(), columns(), kTwinThreshold * map.maxCoeff(), kTwinLeast);
  const int own = label[static_cast<std::size_t>(patch_)];
  if (own == 0) return;
  PaintTwin twin;
  for (int patch = 0; patch < patches(); ++patch) {
    const int other = label[static_cast<std::size_t>(patch)];
    if (other != 0 && other != own) twin.patches.push_back(patch);
  }
  if (twin.patches.empty()) return;
  twin.ratio = Matrix::Zero(config.layers, config.heads);
  for (int step = span_.first; step <= span_.second; ++step)
    twin.ratio += patch_ratio(*records()[static_cast<std::size_t>(step)], patches(), patch_, twin.patches);
  twin.ratio /= static_cast<float>(span_.second - span_.first + 1);
  Eigen::Index block = 0, head = 0;
  twin.ratio.maxCoeff(&block, &head);
  twin.best = {static_cast<int>(block), static_cast<int>(head)};
  twin_ = std::move(twin);
}

}  // namespace regard
