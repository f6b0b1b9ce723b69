// What the stages of the calculation share: which number is explained, of whatever run, and how one step of
// it is written.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/ui/ui.h"
#include "core/analysis/arrange.h"
#include "core/engine/paint.h"

namespace regard {

struct PaintWord;

struct Explained {
  std::shared_ptr<const AttentionRecord> record = {};
  std::optional<std::pair<int, int>> head = {};  // nothing: several are shown at once
  int query = 0, key = 0;
  /// The words whose number the map shows, of which query and key are a token each; one position where tokens
  /// stand apart.
  PositionGroup queries = {}, keys = {};
  const Sequence* sequence = nullptr;  // of the run's positions
  std::function<std::string(int position)> label = {};
  std::function<const Word*(int key)> word = {};  // whose weight acts on the key; null: none
  std::function<std::optional<float>(int key)> before = {};
  std::function<void(int layer, int head)> show_head = {};
  std::string where = {};  // "layer 3, head 3"
  bool hovers = false;     // a row of the list is a cell of the matrix
  ImU32 color = 0;         // of the explained key
  // Of a drawing, whose guidance and steps can be followed at a patch:
  std::shared_ptr<const PaintRun> drawing = {};
  int drawn_step = 0;  // counted from the first that was drawn
  int patch = -1;      // -1: none is chosen

  bool is_word() const { return queries.first != queries.last || keys.first != keys.last; }
};

/// What the panel explains now: the cell under the pointer, the one held on to, else what the choice in force
/// reads most. Nothing: there is none.
std::optional<Explained> explained(Ui& ui);

/// Holds on to another key of the same row, so that every stage and view shows it.
void choose_key(Ui& ui, const Explained& cell, int key);
/// The cell that is held on to and that the run in sight has; nothing: none.
std::optional<std::pair<int, int>> held_cell(const Ui& ui);

/// Whether a token of the strip is the query or the key of that cell.
bool is_of_held_cell(const Ui& ui, int token);

/// The stage in force: those of a drawing alone are in no other workspace.
CalculationStage stage_in_force(const Ui& ui);
std::vector<CalculationStage> stages_of(const Ui& ui);
/// The next stage (`by` 1) or the one before (-1), and the panel into sight when it is closed or behind a
/// tab.
void step_stage(Ui& ui, int by);

/// That stage, and the panel into sight likewise.
void show_stage(Ui& ui, CalculationStage stage);

/// Of a word's cell: holds on to the next pair of its tokens (`by` 1) or the one before (-1), around the end.
void step_token(Ui& ui, int by);

/// One step of the calculation: what is done, and the number that comes of it. Pointing shows all its digits.
void draw_term(Ui& ui, const std::string& name, const std::string& value, const std::string& exact,
               bool result = false);
/// The same of a number; nine decimals under the pointer.
void draw_number_term(Ui& ui, const std::string& name, double value, int decimals, bool result = false);

/// A name, a bar and its number in one line of a list; the chosen one stands out.
struct BarRow {
  std::string name, number;
  float part = 0.0f;  // of the longest bar, 0 to 1
  bool chosen = false;
  float names = 0.0f, digits = 0.0f;  // pixels that name and number take
};
/// @param at  its upper left corner; the width is the room there is
void draw_bar_row(Ui& ui, const Explained& cell, ImVec2 at, const BarRow& row);

/// The vector of a word with and without weights, before and after the norm of each block.
void draw_context_stage(Ui& ui, const Explained& cell);
/// Of a word with a weight, in a line: what is left of it behind the first block's norm, and the way to the
/// stage. Nothing of any other word.
void draw_context_note(Ui& ui, const PaintWord& word);
/// From q.k to the share of the key, and the row it is in.
void draw_softmax_stage(Ui& ui, const Explained& cell);
/// q and k, their products, the sum.
void draw_product_stage(Ui& ui, const Explained& cell);
/// How the tokens' numbers become that of a word's cell.
void draw_word_stage(Ui& ui, const Explained& cell);
/// Above every stage of a word's cell: its tokens, to choose a pair, and its number.
void draw_word_head(Ui& ui, const Explained& cell);
/// v, weighted by attention, and what the head passes on.
void draw_values_stage(Ui& ui, const Explained& cell);
/// The output projection, and what is added to the residual stream.
void draw_residual_stage(Ui& ui, const Explained& cell);
/// With the prompt, without it, and what guidance makes of both.
void draw_guidance_stage(Ui& ui, const Explained& cell);
/// One step from noise towards the picture.
void draw_euler_stage(Ui& ui, const Explained& cell);

}  // namespace regard
