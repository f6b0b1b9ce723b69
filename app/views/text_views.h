// What the text workspace shows, reduced from the state and kept until something it depends on changes.
// Computes; draws nothing, uploads nothing. UI thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/state/queries.h"
#include "app/state/state.h"
#include "app/views/cells.h"
#include "app/views/colormap.h"
#include "app/views/map_cache.h"
#include "core/engine/text_chunks.h"

namespace regard {

class TextViews {
 public:
  /// Brings every view up to date with `state`. Cost: nothing when nothing changed; else O(L*H*T*S).
  void refresh(const AppState& state);

  /// What is typed now, in chunks, even when the model has not answered yet. At least one chunk once a model
  /// is open.
  const ChunkedPrompt& prompt() const { return prompt_; }
  /// The chunk that is looked at: its tokens and words.
  int chunk() const { return chunk_; }
  const PromptChunk& live() const {
    return prompt_.chunks.empty() ? nothing_ : prompt_.chunks[static_cast<std::size_t>(chunk_)];
  }

  /// What the grammar and, once the model has answered, the weighting had to say of the prompt.
  const std::vector<PromptWarning>& warnings() const { return current() ? run_->warnings : prompt_.warnings; }

  bool has_map() const { return run_ != nullptr; }
  /// The answer belongs to what is typed now: its tokens are the live ones.
  bool current() const {
    return run_ != nullptr && run_->request.prompt == live_prompt_ && run_->request.syntax == live_syntax_ &&
           run_->request.rule == live_rule_ && run_->chunk == chunk_;
  }
  /// While a weight is dragged: a run that goes on, where its first layers have the map that is looked at.
  const TextRun& run() const { return *run_; }
  /// Of the layers that are there.
  const AttentionRecord& record() const { return *run_->output.record; }
  /// Of the whole run.
  AttentionShape shape() const;
  /// "Before": the same prompt without its weights was run, too, and weights change what is read.
  bool has_before() const { return before_run_ != nullptr; }
  /// What the chosen map was there, of the run's tokens; nothing: no counterpart, or still being computed.
  std::optional<float> before(int query, int key) const;
  /// Maps show what changed against it, around 0.
  bool shows_difference() const { return has_before() && view_.difference; }

  /// What a worker should compute for what is shown.
  const std::optional<MapAsk>& wanted() const { return cache_.wanted(); }
  void accept(const MapAsk& ask, Result<std::shared_ptr<const Map>> map) {
    cache_.accept(ask, std::move(map));
    stale_ = true;
  }
  /// The map that is shown, as it would be exported; of a lens with one number a token, the attention beside
  /// it.
  const MapQuery& query() const { return query_; }

  /// The lens in force gives one number a token; query() and the maps are then attention's.
  bool shows_numbers() const { return numbers_query_.has_value(); }
  /// As it would be exported. Expects shows_numbers().
  MapAsk numbers_ask() const;
  /// [T]; empty: being computed, or numbers_problem() says why there are none.
  const RowVector& numbers() const { return numbers_; }
  const ColorScale& numbers_range() const { return numbers_range_; }
  const std::string& numbers_problem() const { return numbers_problem_; }

  /// The layer and head in force, within what the model has.
  const MapChoice& choice() const { return choice_; }
  /// The chosen map, always attention, and what the matrix shows; each token has the numbers of its word
  /// where words are one. [T][S]
  const Matrix& attention() const { return attention_; }
  const Matrix& shown() const { return shown_.values; }
  bool shows_scores() const { return scores_; }
  /// False of a lens of other numbers than shares of attention: its matrix is not what arcs and bars show.
  bool shows_shares() const { return shows_shares_; }
  /// The matrix shows lengths, of what is read or of what it writes, instead of shares.
  bool shows_lengths() const { return is_length_lens(query_.lens); }
  bool masked(int query, int key) const { return !record().readable(query, key); }

  /// What the rows and columns of the matrix stand for: the first token of each word that is one, or a token.
  const std::vector<int>& positions() const { return positions_; }
  int count() const { return static_cast<int>(positions_.size()); }
  /// The row that a token stands in; -1: in none.
  int row_of(int token) const;
  /// What a token is called: with words as one its whole word.
  const Token& named(int token) const { return names_[static_cast<std::size_t>(token)]; }
  /// A cell without a number.
  bool hidden(int query, int key) const { return shown_.is_hidden(query, key); }
  /// A cell that the mask allows and that is not of the smallest set that is shown.
  bool left_out(int query, int key) const { return hidden(query, key) && !masked(query, key); }
  /// Shares of what is left when special positions are gone.
  bool renormalised() const { return query_.specials == Specials::kRenormalised; }
  bool shows_ranks() const { return query_.rank; }

  const CellImage& matrix() const { return matrix_; }  ///< [count][count]
  const ColorScale& matrix_range() const { return matrix_range_; }

  /// All heads of the newest whole run in one image: tile (layer, head) starts at (head, layer) *
  /// tile_pitch().
  const CellImage& atlas() const { return atlas_; }
  const ColorScale& atlas_range() const { return atlas_range_; }
  int tile_pitch() const { return count() + 1; }

 private:
  void refresh_live(const AppState& state);
  void evaluate_maps(const AppState& state);
  void evaluate_numbers(const AppState& state);
  void fill_matrix();
  void fill_atlas();
  void choose_before(const AppState& state);
  Map minus_before(const Map& now, const Map* before) const;
  float cell(const Map& map, int query, int key) const;
  void choose_positions();
  // In the run's tokens, whatever rows the map has.
  Map of_tokens(const Map& map) const;
  Map of_tokens(const Map& map, const TextRun& run) const;

  std::shared_ptr<const TextModel> model_;
  std::string live_prompt_;
  Syntax live_syntax_ = Syntax::kA1111;
  std::optional<ChunkRule> live_rule_;
  bool live_valid_ = false;
  ChunkedPrompt prompt_;
  PromptChunk nothing_;
  int chunk_ = 0;

  std::shared_ptr<const TextRun> run_, before_run_;
  std::vector<int> counterpart_;  // of each token in before_run_, -1: none. [T]
  Matrix before_;                 // the chosen map of before_run_, in its tokens; empty without one
  MapCache cache_;
  ViewOptions view_;
  MapChoice choice_, asked_choice_;
  MapQuery query_;
  std::optional<MapQuery> numbers_query_;
  RowVector numbers_;
  ColorScale numbers_range_;
  std::string numbers_problem_, asked_toward_;
  std::vector<Pin> asked_pins_;
  bool scores_ = false, stale_ = false, shows_shares_ = true;
  int layers_ = 0, heads_ = 0;
  std::vector<int> positions_;
  std::vector<Token> names_;  // [T]
  Matrix attention_;
  Map shown_;
  CellImage matrix_, atlas_;
  ColorScale matrix_range_, atlas_range_;
};

/// The colour map in force: the chosen one, starting at paper on a light ground.
Colormap colormap_for(const ViewOptions& view);
/// The same for a scale: a centred one has the map of differences, whose middle is the panel's colour.
Colormap colormap_for(const ViewOptions& view, const ColorScale& scale);

}  // namespace regard
