// What a drawing leaves as files: one map a word over the picture, the joint tokens, the schedule, the
// attention of each step.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "app/export/text_page.h"
#include "app/i18n/strings.h"
#include "core/analysis/lens.h"
#include "core/base/result.h"
#include "core/engine/paint.h"
#include "core/formats/file_set.h"
#include "core/tensor/matrix.h"
#include "core/tensor/non_finite.h"

namespace regard {

/// The drawn picture as PNG in the model's own pixels, each `scale` by `scale` of the file's. What was asked
/// for, trials and all, stands in it as text. Errors: format (larger than 16384 pixels a side).
Result<std::string> picture_png(const PaintRun& run, int scale);

/// [{index, kind, ...}]: the patches {index, kind: "patch", column, row}, then the text {index, kind: "text",
/// token, id, word, start, end, weight}, as joint attention counts them from 0. `word` counts from 1 and is
/// null for BOS and EOS; start and end are bytes of the prompt.
std::string joint_tokens_json(const PaintRun& run, const PaintText& text);

/// {model, prompt, negative, weighting, place, seed, steps, guidance, shift, prediction, times, columns,
/// rows, layers, heads, coached, edits}: `seed` is null when the noise was given. `edits` are what was tried:
/// {kind, ..., steps: [first, last]}, with word and byte (cut, mute; the byte is null for :start and :end),
/// other and other_byte too (swap), block and head (head-off), block (block-off), or prompt and image
/// (keep-maps). A drawing that began with a picture has picture and first_step beside them. All from 1 but
/// bytes.
/// @param picture  the name of PaintRequest::picture
std::string paint_json(const PaintRun& run, std::string_view picture = {});

/// Which block maps of words begin with, from 0: the first has not yet read the words.
int first_map_layer(const PaintRun& run);

/// What each patch reads of each text token at one step, in the half with the prompt: [T][N], under a lens of
/// drawings; heads as paint_heads() has them. Of "norms", which is about no token, [1][N]; of "pca" what its
/// components are made of, the patches' vectors behind the last block: [N][D].
/// @param trace  of one step  @param context  of that step, for lenses of gradients
/// Errors: as evaluate(). Thread: any. Cost: as evaluate(); a lens without whole maps (Lens::tile) once a
/// token.
/// @param specials  renormalised: each patch's shares of what is left without BOS and EOS, whose maps are 0
Result<Matrix> word_maps(const Trace& trace, const std::string& lens, Specials specials = Specials::kShown,
                         const LensContext& context = {});

/// Adds to `files`, in `folder`, which is made when missing: NN-WORD.png for each word (its map over the
/// picture, in colours from 0 to its own largest value), maps.npy (float32 [T, rows, columns], each text
/// token's) and tokens.json.
/// Of "norms" and "pca" one picture instead, norms.png or pca.png, and maps.npy of [1 or 3, rows, columns].
/// @param made  as word_maps(), mean over the steps asked for
/// @param query  the lens they were made with; `words`: a word's is the sum of its tokens', else their mean;
/// `mass` and `rank`: of each map what the files hold (0: outside of the smallest set), not of norms and pca
/// Words' maps of a former drawing in that folder go. Errors: io.
Result<void> write_word_maps(const PaintRun& run, const Matrix& made, const MapQuery& query,
                             const std::filesystem::path& folder, const Strings& strings, FileSet& files);

/// The same maps as text: a line a word (its mean and its largest patch), then a table of patches each.
/// Expects maps that write_word_maps() has a picture a word for.
TextPage words_page(const PaintRun& run, const Matrix& maps, const MapQuery& query, const Strings& strings);

/// Adds to `files`, in `folder`: step-NNN.npy (float32 [L,H,S,S], the half with the prompt) for each step
/// that was drawn, from 1, step-NNN-negative.npy (the other half, when guidance ran it), schedule.json,
/// tokens.json and tokens-negative.json; such files of a former drawing in that folder go. Expects a run that
/// kept its records. Errors: io.
/// @param picture  as paint_json()
/// @return  of the attention that was written
Result<NonFinite> write_record(const PaintRun& run, const std::filesystem::path& folder, FileSet& files,
                               std::string_view picture = {});

}  // namespace regard
