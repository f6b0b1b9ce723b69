// What the person chose and what came of it. No ImGui, no GL, no thread: values only.
// What the person chose (doc, view, history) changes in apply() alone, in answer to a Command (command.h),
// and is replaced whole when a session is opened. What came of it (models, runs, pictures, error lines) is
// set by the program when a slot has answered.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/i18n/language.h"
#include "app/state/paint_document.h"
#include "core/analysis/map_query.h"
#include "core/engine/context_changes.h"
#include "core/engine/follow.h"
#include "core/engine/ledger.h"
#include "core/engine/match.h"
#include "core/engine/run_effect.h"
#include "core/engine/scene.h"
#include "core/engine/text_run.h"
#include "core/engine/truth.h"
#include "core/engine/vision_run.h"

namespace regard {

enum class Theme { kDark, kLight };
enum class MapColors { kViridis, kCividis, kMagma, kGrey };
/// What the window is arranged for: one prompt's maps, one prompt read in two ways, a picture's maps, a
/// picture being drawn.
enum class Workspace { kText, kCompare, kImage, kPainting };
inline constexpr Workspace kAllWorkspaces[] = {Workspace::kText, Workspace::kCompare, Workspace::kImage,
                                               Workspace::kPainting};

/// What runs of a workspace are of.
enum class RunKind { kText, kPicture, kDrawing };
RunKind run_kind(Workspace workspace);

/// How the heads of a kind of run are looked at. Metrics by their names (core/analysis/head_metric.h).
struct HeadsView {
  std::string order = {};            // heads of a layer from the largest number; empty: in their own order
  std::string shown = {};            // its number stands under each head; empty: none
  std::optional<double> least = {};  // of `shown`, in its own unit: heads with less are dimmed
  std::string x = "layer", y = "entropy";  // axes of the plot; x may be "layer"
  std::string inputs = "builtin";          // of many inputs: "builtin", a text file or a folder of pictures
  std::string surveyed = "entropy";        // the metric that is looked at over them
  bool operator==(const HeadsView&) const = default;
};
/// What each begins with, by RunKind.
std::array<HeadsView, 3> first_heads_views();

/// How a prompt is read and weighed.
struct Reading {
  Syntax syntax = Syntax::kA1111;
  Weighting weighting = Weighting::kAttention;
  bool operator==(const Reading&) const = default;
};

/// A token the person holds on to. It follows its byte while the prompt is edited.
struct Pin {
  enum class Kind { kText, kBos, kEos };
  Kind kind = Kind::kText;
  std::size_t byte = 0;  // of the prompt; any byte of the token
  bool operator==(const Pin&) const = default;
};

/// At most so many pins: one a colour of the palette.
inline constexpr std::size_t kMaxPins = 6;

inline constexpr std::size_t kMaxCaptions = 12;
inline constexpr std::size_t kMostTowardBytes = 10'000;  // of Document::toward

/// What is asked of a picture. Tokens are counted as in a VisionRun: special tokens, then patches by rows.
struct PictureDocument {
  std::string image = "scene-2";  // a file's path, or the name of a sample of assets/images/scenes
  int long_side = 0;              // patches along the longer side; 0: as the model's own processor has it
  std::vector<int> pins;          // tokens held on to, oldest first
  MapChoice choice;
  std::vector<int> region_a, region_b;  // tokens, sorted
  std::vector<std::string> captions;
  int caption = 0;             // which caption the caption lens shows
  int caption_less = -1;       // less which other one: what the first has beyond it; -1: none
  std::vector<RunEdit> edits;  // tried on the run
  /// What trials take maps and activations from: a file's path or a sample. Empty: the same picture.
  std::string other;
  bool operator==(const PictureDocument&) const = default;
};

/// A place in a picture, in shares of the width and height of its grid of patches, [0, 1]: it stays where it
/// is when a model cuts the picture into other patches.
struct PicturePlace {
  float x = 0, y = 0;
  bool operator==(const PicturePlace&) const = default;
};

/// At most so many matches are framed.
inline constexpr int kMostMatches = 20;

/// The picture beside PictureDocument's, and which patch's like is looked for in the other one.
struct PicturePair {
  std::string image = "scene-1";           // as PictureDocument::image
  int layer = 0;                           // vectors after this layer are compared, from 1; 0: the last
  int best = 5;                            // so many matches are framed, [1, kMostMatches]
  bool from_second = false;                // `place` is in the second picture
  std::optional<PicturePlace> place = {};  // of the patch held on to; nothing: the newest pinned of the first
  bool operator==(const PicturePair&) const = default;
};

/// A patch of one of both pictures, counted row by row, without special tokens.
struct PairPatch {
  bool second = false;
  int patch = 0;
  bool operator==(const PairPatch&) const = default;
};

/// Whether a caption says nothing: it is compared with nothing.
bool is_blank(std::string_view caption);

/// Lets go of pins, regions and trials on patches: tokens of one picture or model mean nothing on another.
void forget_tokens(PictureDocument& picture);

/// What lies over the picture.
enum class PictureLens {
  kAttention,  // where the chosen token looks, or who looks at it
  kMass,       // the smallest set of patches that holds a share of its row
  kNorms,      // length of each patch's vector at the chosen layer
  kCosine,     // how alike each patch's vector there and the chosen token's are
  kPca,        // first three principal components of these vectors, as colours
  kCaption,    // which patches speak for a caption
};
/// How a caption is followed back to the patches.
enum class CaptionLens { kChefer, kLeGrad, kAttnLrp };
/// What several pinned patches show together.
enum class PinFusion { kNewest, kMean, kDifference };

struct PictureView {
  PictureLens lens = PictureLens::kAttention;
  PinFusion fusion = PinFusion::kNewest;
  float opacity = 0.7f;   // of the overlay, [0, 1]
  bool absolute = false;  // colours from 0 to the largest of all heads, not of this map alone
  bool smooth = false;    // interpolated, not cells
  bool grid = true;
  float mass = 0.6f;     // of PictureLens::kMass, (0, 1]
  float discard = 0.0f;  // of the rollout: so much of each map's smallest cells counts as 0; [0, 0.95]
  CaptionLens caption = CaptionLens::kChefer;  // which points best here
  bool operator==(const PictureView&) const = default;
};

/// What undo brings back.
struct Document {
  std::string prompt;
  Syntax syntax = Syntax::kA1111;
  Weighting weighting = Weighting::kAttention;
  TokenNormalisation normalisation = TokenNormalisation::kNone;
  std::optional<ChunkRule> chunk_rule;               // empty: the rule of the grammar's program
  int chunk = 0;                                     // which chunk of the prompt is looked at
  Reading other{Syntax::kA1111, Weighting::kA1111};  // what the comparison sets beside it
  /// The prompt that the comparison sets beside it, and that trials take maps and activations from. Nothing:
  /// the same prompt.
  std::optional<std::string> other_prompt;
  std::vector<RunEdit> edits;           // tried on the run of the prompt
  MapChoice choice = map_choice(0, 0);  // which layer and head the matrix shows
  std::string toward;                   // what gradient lenses compare the prompt with; empty: with itself
  std::vector<Pin> pins;
  PictureDocument picture;
  PicturePair pair;
  PaintDocument paint;
  bool operator==(const Document&) const = default;
};

/// What the calculation of one number goes through, in this order; the first and the last two of a drawing
/// alone, kWord where the tokens of a word are one.
enum class CalculationStage { kContext, kProduct, kSoftmax, kWord, kValues, kResidual, kGuidance, kEuler };
inline constexpr CalculationStage kAllStages[] = {CalculationStage::kContext,  CalculationStage::kProduct,
                                                  CalculationStage::kSoftmax,  CalculationStage::kWord,
                                                  CalculationStage::kValues,   CalculationStage::kResidual,
                                                  CalculationStage::kGuidance, CalculationStage::kEuler};

/// What the panel of the calculation shows.
struct CalculationView {
  CalculationStage stage = CalculationStage::kSoftmax;
  bool sorted = false;  // products of dimensions by their size, else in order
  /// The cell held on to, (query, key), positions of the workspace's run from 0; nothing, or one that the run
  /// has not: what is pointed at or pinned says which.
  std::optional<std::pair<int, int>> cell = {};
  bool operator==(const CalculationView&) const = default;
};

/// What becomes of tokens in every map that has any (core/analysis/arrange.h).
struct TokensView {
  bool words = false;        // those of a word are one
  bool renormalise = false;  // with ViewOptions::hide_special: shares of what is left
  bool rank = false;         // of texts and drawings: the place in its row instead of the number
  /// Of texts and drawings: only the smallest set of each row that holds so much of it, (0, 1].
  std::optional<double> hold = {};
  bool operator==(const TokensView&) const = default;
};

/// At most so many maps of a workspace are doubled.
inline constexpr std::size_t kMostDoubled = 4;
/// Maps that stay as they are while the selection moves, each in a panel of its own, by its number from 0;
/// nothing: there is no such panel.
using DoubledViews = std::array<std::optional<MapQuery>, kMostDoubled>;

/// How it is looked at: kept between sessions, not undone.
struct ViewOptions {
  Theme theme = Theme::kDark;
  Language language = kEnglish;
  std::optional<MapColors> colors;  // empty: the theme's own (viridis on dark, cividis on light)
  bool log_scale = false;
  bool scores = false;        // before softmax instead of attention
  bool hide_special = false;  // leave out BOS and EOS
  TokensView tokens;
  bool incoming = false;  // arcs: who looks at the token, instead of where it looks
  std::array<HeadsView, 3> heads = first_heads_views();  // by RunKind
  bool details = false;         // bytes, the vocabulary's spellings and bits are told, too
  float zoom = 1.0f;            // Ctrl +/-, on top of the monitor's scale; [0.75, 4]
  bool reduced_motion = false;  // nothing moves by itself
  Workspace workspace = Workspace::kText;
  bool following = false;      // a word from the text to the picture to the drawing (FollowWord)
  bool difference = false;     // maps show what changed against "before", where there is one
  bool by_divergence = false;  // the comparison's heads stand in the order of how far apart they are
  float weight_step = 0.1f;    // Ctrl+Up and Ctrl+Down; [0.01, 1]
  CalculationView calculation;
  PictureView picture;
  PaintView paint;
  std::array<DoubledViews, 3> doubled = {};  // by RunKind
  bool operator==(const ViewOptions&) const = default;
};

/// How heads are looked at in the workspace in force.
const HeadsView& heads_view(const ViewOptions& view);

/// The colours in force.
MapColors map_colors(const ViewOptions& view);

/// Two words of the prompt, as bytes: the one that reads and the one that is read.
struct WordLink {
  std::size_t query_byte = 0;
  std::size_t key_byte = 0;
};

/// CLIP's cosine between the prompt and the picture, with its weights and without them.
struct ClipScore {
  float weighed = 0;
  float plain = 0;
  /// Without what is tried on the prompt or on the picture; nothing: nothing is.
  std::optional<float> untried = {};
};

/// One line for the person. Stays until dismissed or replaced.
struct Notice {
  std::string text;
  bool good = false;  // something was done; else something went wrong
};

/// Undo as whole documents: they are small, and a whole one cannot be half restored.
class History {
 public:
  /// Remembers `before` unless it belongs to the same gesture (`group` not 0 and equal to the last one).
  void record(const Document& before, int group);
  bool undo(Document& current);
  bool redo(Document& current);
  bool can_undo() const { return !past_.empty(); }
  bool can_redo() const { return !future_.empty(); }

 private:
  static constexpr std::size_t kDepth = 500;
  std::vector<Document> past_, future_;
  int last_group_ = 0;
};

/// What weights did to the words that the drawing in sight reads, at one step.
struct ContextState {
  std::optional<ContextRequest> of;             // what `found` is of
  std::shared_ptr<const ContextChanges> found;  // null: nothing yet
};

/// What is drawn. Runs grow while they are drawn: each of these is a snapshot, whole in itself.
struct PaintState {
  std::shared_ptr<const PaintRun> run;     // newest; null until the first step is there
  std::shared_ptr<const PaintRun> before;  // the same noise without what is tried; null: nothing is tried
  std::shared_ptr<const Segmenter::Reading> seen;  // what stands in the whole picture of `run`; null: unknown
  std::vector<std::size_t> lost_edits;             // of doc.paint.edits: their word is not in the prompt
  bool drawing = false;                            // more steps come
  bool draft = false;          // `run` has few steps, since a weight is dragged: the whole one comes
  bool cancelled = false;      // Escape: what there is stays
  std::string problem;         // why there is no picture of what was asked for
  bool beside = false;         // other drawings are under way: words left out, other seeds
  bool words_stopped = false;  // Escape: what there is of them stays
  bool seeds_stopped = false;
  ContextState context;
};

/// What is read against what matters: of the run in sight, as far as it is counted.
struct LedgerState {
  std::optional<LedgerRun> of;          // what `found` is of
  std::shared_ptr<const Ledger> found;  // null: nothing yet
  bool stopped = false;                 // Escape: what there is of it stays
};

/// The word that is followed, at its three stations.
struct ThoughtState {
  std::optional<FollowRequest> of;       // what `found` is of
  std::shared_ptr<const Thought> found;  // null: nothing yet
  std::string problem;                   // why there is none
};

struct ClassResults;  // app/lessons/answers.h

/// What a class answered, of the folder that was chosen last.
struct ClassState {
  std::filesystem::path folder;               // or a file in it; empty: none was chosen
  int reading = 0;                            // grows when it is to be read, also once more
  std::shared_ptr<const ClassResults> found;  // null: not read yet, or `problem`
  std::string problem;
};

struct AppState {
  Document doc;
  ViewOptions view;
  History history;

  std::shared_ptr<const TextModel> model;  // null until the first one is open
  std::shared_ptr<const TextRun> run;      // newest finished run; its prompt may be older than doc.prompt
  /// The first layers of the run that goes on (TextRun::whole); null: none does, or none are there yet.
  std::shared_ptr<const TextRun> run_so_far;
  std::shared_ptr<const TextRun> other_run;  // doc.other_prompt as doc.other reads it; null until needed
  /// "Before": the prompt without its weights and without what is tried; null: it has neither.
  std::shared_ptr<const TextRun> plain_run;
  std::shared_ptr<const VisionModel> vision_model;  // null until the first one is open
  std::shared_ptr<const Image> image;               // newest picture read; null until then
  std::string image_name;                           // what doc.picture.image was when it was read
  int image_wanted = 0;  // grows when the picture is to be read, also the same file: it may have changed
  int image_read = 0;    // image_wanted when it was read
  std::vector<SceneObject> objects;          // what stands where, when the picture is a sample
  std::shared_ptr<const Image> other_image;  // the same of doc.pair.image
  std::string other_image_name;
  int other_image_wanted = 0, other_image_read = 0;
  std::shared_ptr<const VisionRun> pair_vision;  // the newest finished run over it; nothing is tried on it
  bool first_picture = false;                    // nobody chose anything yet: the first run shows the mirror
  std::shared_ptr<const VisionRun> vision;       // newest finished run over a picture
  std::shared_ptr<const VisionRun> vision_so_far;  // as run_so_far
  std::shared_ptr<const VisionRun> plain_vision;   // the same without what is tried; null: nothing is
  /// Of doc.picture.other, where a trial takes from it; null until needed.
  std::shared_ptr<const VisionRun> other_vision;
  std::string other_picture;  // which picture that is
  /// What is tried on the prompt, or on the picture, does to its run; nothing until it is computed.
  std::optional<RunEffect> text_effect, vision_effect;
  std::vector<TextMatch> matches;                 // of doc.picture.captions with that picture
  std::string matches_problem;                    // why there are none
  std::optional<ClipScore> score;                 // of run with vision; nothing when they do not compare
  std::shared_ptr<const PaintModel> paint_model;  // null until the first one is open
  PaintState painting;
  LedgerState ledger;
  ThoughtState thought;
  ClassState classroom;
  bool survey_stopped = false;  // Escape: what there is of many inputs stays
  bool opening = false;         // a model is being read
  bool running = false;         // a run is under way
  std::optional<Notice> error;
  std::optional<WordLink> example;  // what the first look should show; gone once the prompt is another
  bool choice_is_default = true;    // nobody chose a head yet: the first run picks one (see pick_head)
  bool full_screen = false;         // wanted of the window, where there is one
  bool restored = false;            // the last start's choices are in force, and nobody said so yet
  bool quit = false;
};

/// The second example: the patches of a reflection as region A, those of the object it reflects as region B,
/// the middle of A pinned, and the head in which A reads B most. Changes nothing without a reflection.
void show_first_picture(AppState& state);

/// The head to begin with. With a link: where it stands out most (tie_between); else where the first pinned
/// word has its most particular link (tie_of_word); else the head that ties words most (tie_of_head).
MapChoice pick_head(const AttentionRecord& record, const std::vector<Token>& tokens,
                    const std::vector<Pin>& pins, const std::optional<WordLink>& link);

/// The token a pin means in `tokens`, -1 when it is gone.
int pinned_token(const Pin& pin, const std::vector<Token>& tokens);
Pin pin_of(const Token& token);

/// Where the bytes of a text are after one change of it: what is the same at both ends has only moved.
class PromptEdit {
 public:
  PromptEdit(const std::string& before, const std::string& after);
  /// @return false when the byte was replaced
  bool move(std::size_t& byte) const;

 private:
  std::size_t before_, after_, prefix_ = 0, suffix_ = 0;
};

/// Moves pins along with an edit from `before` to `after`; pins on replaced bytes go.
void move_pins(std::vector<Pin>& pins, const std::string& before, const std::string& after);

}  // namespace regard
