// From what the person chose to the MapQuery that names it: one place for window, figure and file. Pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/state/state.h"
#include "core/analysis/lens.h"
#include "core/analysis/map_query.h"

namespace regard {

/// The choice within what the model has; heads and lens as they are shown.
MapChoice within(MapChoice choice, const AttentionShape& shape);

/// The lenses that give a map for every head, and that a choice of heads fuses: attention, and what else the
/// table has of them. In the order of menus.
std::vector<const Lens*> head_lenses();
bool is_head_lens(std::string_view name);
/// Those of them whose cells are lengths, no shares of attention.
bool is_length_lens(std::string_view name);
/// `next` looked at with the lens of `now`, where that gives lengths of heads: another head says the same of
/// a cell.
MapChoice in_lens_of(const MapChoice& now, MapChoice next);
/// The choice whose attention the lens of lengths is of; of any other lens, itself.
MapChoice of_attention(MapChoice choice);

/// What becomes of special positions in the maps of a workspace.
Specials specials_of(const ViewOptions& view);

/// The map of the text workspace, every token by every token.
MapQuery text_query(const Document& doc, const ViewOptions& view, const AttentionShape& shape);

/// The shares of attention of a map of the text workspace, by which two runs are compared.
MapQuery shares_of(MapQuery query, const ViewOptions& view);

/// What the prompt is looked at with when its lens gives one number a token; nothing: a map of all tokens.
/// @param subject  the token that a lens of one starts from
std::optional<MapQuery> text_numbers_query(const Document& doc, const AttentionShape& shape, int subject);

/// "chefer", "legrad", "attnlrp".
std::string_view caption_lens_name(CaptionLens lens);
/// The lens in lenses() that lies over the picture; of PictureLens::kMass, attention or what joins the
/// layers.
std::string picture_lens_name(const PictureDocument& doc, const PictureView& view);

/// Of a picture: what `subject` reads, or who reads it, over all positions; several pins together as the view
/// asks. Shares also where lengths lie over the picture.
MapQuery picture_row_query(const PictureDocument& doc, const ViewOptions& view, int subject,
                           const AttentionShape& shape);
/// What lies over the picture; a lens of no subject (norms, a caption) has none.
MapQuery picture_query(const PictureDocument& doc, const ViewOptions& view, int subject,
                       const AttentionShape& shape);
/// The heads of the view of all patches: one layer, since a mean over layers of a long sequence takes
/// seconds.
HeadChoice picture_matrix_heads(const MapChoice& choice, const AttentionShape& shape);

/// The heads in force over a drawing: those chosen, else all but those of the first block, which has not yet
/// read the words.
HeadSet paint_heads(const PaintDocument& paint, const AttentionShape& shape);
/// The same with how they become one map; of one head alone there is nothing to fuse.
HeadChoice paint_choice(const PaintDocument& paint, const AttentionShape& shape);
/// The block whose vectors are looked at: the deepest of those heads that were chosen, else the last.
int paint_block(const PaintDocument& paint, const AttentionShape& shape);
/// A map over the drawing, of a word's positions or of a patch. @param steps  absolute
MapQuery paint_query(const PaintDocument& paint, const PaintView& view, std::vector<int> subject,
                     bool is_patch, StepSpan steps, const AttentionShape& shape);
/// The same query with ranks, and with the smallest set that holds a share where numbers add up.
MapQuery with_rows(MapQuery query, const TokensView& tokens);

/// The same query as specials and words are looked at: of what has rows that add up.
MapQuery with_tokens(MapQuery query, const TokensView& tokens, Specials specials);

/// The word that FollowWord takes along: the one chosen where the person is, else one chosen elsewhere, else
/// the first of the prompt. Nothing: the prompt has none.
std::optional<PromptWord> followed_word(const AppState& state);

/// The word of Series::kWeights: the one that is looked at, else the first. Null: BOS, EOS or a patch is
/// looked at, or the prompt is another than that of the drawing.
const Word* word_of_strip(const AppState& state);

}  // namespace regard
