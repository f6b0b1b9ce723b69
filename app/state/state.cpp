#include "app/state/state.h"

#include <algorithm>
#include <utility>

#include "core/analysis/head_metric.h"
#include "core/analysis/ties.h"

namespace regard {

RunKind run_kind(Workspace workspace) {
  switch (workspace) {
    case Workspace::kImage:
      return RunKind::kPicture;
    case Workspace::kPainting:
      return RunKind::kDrawing;
    case Workspace::kText:
    case Workspace::kCompare:
      break;
  }
  return RunKind::kText;
}

std::array<HeadsView, 3> first_heads_views() {
  return {HeadsView{.x = "previous", .y = "ties", .surveyed = "own-adjective"},
          HeadsView{.x = "distance", .y = "entropy", .surveyed = "distance"},
          HeadsView{.x = "text-share", .y = "distance", .surveyed = "text-share"}};
}

const HeadsView& heads_view(const ViewOptions& view) {
  return view.heads[static_cast<std::size_t>(run_kind(view.workspace))];
}

MapColors map_colors(const ViewOptions& view) {
  return view.colors.value_or(view.theme == Theme::kDark ? MapColors::kViridis : MapColors::kCividis);
}

bool is_blank(std::string_view caption) {
  return caption.find_first_not_of(" \t\n\r") == std::string_view::npos;
}

void History::record(const Document& before, int group) {
  const bool same_gesture = group != 0 && group == last_group_ && !past_.empty();
  last_group_ = group;
  future_.clear();
  if (same_gesture) return;
  past_.push_back(before);
  if (past_.size() > kDepth) past_.erase(past_.begin());
}

bool History::undo(Document& current) {
  if (past_.empty()) return false;
  last_group_ = 0;
  future_.push_back(std::exchange(current, std::move(past_.back())));
  past_.pop_back();
  return true;
}

bool History::redo(Document& current) {
  if (future_.empty()) return false;
  last_group_ = 0;
  past_.push_back(std::exchange(current, std::move(future_.back())));
  future_.pop_back();
  return true;
}

void show_first_picture(AppState& state) {
  PictureDocument& picture = state.doc.picture;
  const auto mirrored = std::ranges::find_if(
      state.objects, [](const SceneObject& object) { return object.reflection_of >= 0; });
  if (mirrored == state.objects.end() || mirrored->reflection_of >= static_cast<int>(state.objects.size()))
    return;
  picture.region_a = tokens_of(*mirrored, *state.vision);
  picture.region_b =
      tokens_of(state.objects[static_cast<std::size_t>(mirrored->reflection_of)], *state.vision);
  if (picture.region_a.empty() || picture.region_b.empty()) return;
  picture.pins = {picture.region_a[picture.region_a.size() / 2]};
  const auto mass =
      measure_heads(*find_head_metric("region"),
                    {.trace = state.vision->trace, .from = picture.region_a, .to = picture.region_b});
  if (!mass) return;
  const auto [layer, head] = largest_head(*mass);
  picture.choice = map_choice(layer, head);
}

MapChoice pick_head(const AttentionRecord& record, const std::vector<Token>& tokens,
                    const std::vector<Pin>& pins, const std::optional<WordLink>& link) {
  const int pinned = pins.empty() ? -1 : pinned_token(pins.front(), tokens);
  const int query = link ? pinned_token({Pin::Kind::kText, link->query_byte}, tokens) : -1;
  const int key = link ? pinned_token({Pin::Kind::kText, link->key_byte}, tokens) : -1;
  const auto measure = [&](int layer, int head) {
    if (query > 0 && key > 0) return tie_between(record, layer, head, query, key);
    if (pinned > 0 && pinned < record.shape().queries - 1) return tie_of_word(record, layer, head, pinned);
    return tie_of_head(record, layer, head);
  };
  MapChoice best = map_choice(0, 0);
  float most = -2.0f;
  for (int layer = 0; layer < record.shape().layers; ++layer) {
    for (int head = 0; head < record.shape().heads; ++head) {
      const float tied = measure(layer, head);
      if (tied > most) {
        most = tied;
        best = map_choice(layer, head);
      }
    }
  }
  return best;
}

int pinned_token(const Pin& pin, const std::vector<Token>& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    const bool hit = pin.kind == Pin::Kind::kBos ? token.is_bos
                     : pin.kind == Pin::Kind::kEos
                         ? token.is_eos
                         : !token.is_bos && !token.is_eos && token.start <= pin.byte && pin.byte < token.end;
    if (hit) return static_cast<int>(i);
  }
  return -1;
}

Pin pin_of(const Token& token) {
  if (token.is_bos) return {Pin::Kind::kBos, 0};
  if (token.is_eos) return {Pin::Kind::kEos, 0};
  return {Pin::Kind::kText, token.start};
}

PromptEdit::PromptEdit(const std::string& before, const std::string& after)
    : before_(before.size()), after_(after.size()) {
  const std::size_t shorter = std::min(before_, after_);
  while (prefix_ < shorter && before[prefix_] == after[prefix_]) ++prefix_;
  while (suffix_ < shorter - prefix_ && before[before_ - 1 - suffix_] == after[after_ - 1 - suffix_])
    ++suffix_;
}

bool PromptEdit::move(std::size_t& byte) const {
  if (byte < prefix_) return true;
  if (byte < before_ - suffix_) return false;
  byte = byte - before_ + after_;
  return true;
}

void move_pins(std::vector<Pin>& pins, const std::string& before, const std::string& after) {
  const PromptEdit edit(before, after);
  std::erase_if(pins, [&](Pin& pin) { return pin.kind == Pin::Kind::kText && !edit.move(pin.byte); });
}

}  // namespace regard
