// What is on screen, in one sentence: true for every selection, its numbers those of the map. Templates are
// in assets/locale ("now."). Pure functions of the state and the views; nothing is computed that is not
// shown.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "app/i18n/strings.h"
#include "app/state/state.h"

namespace regard {

class CompareViews;
class PaintViews;
class PictureViews;
class TextViews;

/// What the pointer is on, beside what the state says.
struct Pointed {
  int token = -1;                                      // of the text
  std::optional<std::pair<int, int>> cell{};           // (query, key) of the text's map
  std::optional<std::pair<int, int>> compared_cell{};  // (row, column) of the comparison
  int patch = -1;                                      // token of the picture's run
  bool film = false;                                   // a film chose the step of the drawing
};

/// The sentence of the workspace in force. Expects views that are up to date. Cost: O(T), without a word held
/// O(T*T). Thread: that of the views.
std::string now_in_words(const AppState& state, const TextViews& text, const CompareViews& compare,
                         const PictureViews& picture, const PaintViews& paint, const Pointed& pointed,
                         const Strings& tr);

}  // namespace regard
