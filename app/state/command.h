// Everything a person can ask for, as values: panels emit them, apply() carries them out, tests and lessons
// replay them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/state/state.h"

namespace regard {

// `group`: commands of one gesture (a drag, a burst of typing) share a number and are undone together; 0
// stands alone.
struct SetPrompt {
  std::string text;
  int group = 0;
};
struct SetWordWeight {
  std::size_t start = 0, end = 0;
  double weight = 1.0;
  int group = 0;
};  // bytes of doc.prompt
struct SetGroupWeight {
  std::size_t start = 0, end = 0;
  double weight = 1.0;
  bool keep = true;  // a group that weighs nothing stays: the drag goes on
  int group = 0;
};  // the content of a WordGroup
struct ResetWeights {};  // every bracket and number of the grammar goes, every other byte stays
struct SetSyntax {
  Syntax syntax;
};  // the prompt's bytes stay; another grammar reads them
struct SetWeighting {
  Weighting weighting;
};
struct SetNormalisation {
  TokenNormalisation normalisation;
};
struct SetChunkRule {
  std::optional<ChunkRule> rule;
};
struct SelectChunk {
  int chunk = 0;
};
struct SetOtherPrompt {
  std::optional<std::string> prompt;  // nothing: the same prompt
  int group = 0;
};
/// The picture that trials on a picture take from: a file's path or a sample. Empty: the same picture.
struct SetOtherPicture {
  std::string picture;
};
/// What is tried on the run of the workspace in sight, whole; more than kMaxEdits are cut.
struct SetEdits {
  std::vector<RunEdit> edits;
  int group = 0;
};
struct SetDivergenceOrder {
  bool on;
};
struct SetOther {
  Reading reading;
};  // what the comparison sets beside the prompt as it is read now
struct SelectMap {
  MapChoice choice;
};
struct StepMap {
  int layers = 0, heads = 0;
};  // arrow keys: from head to head, stops at the border
struct SetToward {
  std::string text;
  int group = 0;
};  // what gradient lenses compare the prompt with
struct TogglePin {
  Pin pin;
};
struct ClearPins {};
struct Undo {};
struct Redo {};

struct SetTheme {
  Theme theme;
};
struct SetLanguage {
  Language language;
};
struct SetColors {
  MapColors colors;
};
struct SetLogScale {
  bool on;
};
struct SetScores {
  bool on;
};
struct SetCalculation {
  CalculationView view;
};
struct SetHideSpecial {
  bool on;
};
struct SetTokensView {
  TokensView view;
};
struct SetIncoming {
  bool on;
};
struct SetDifference {
  bool on;
};
struct SetHeadsView {
  HeadsView view;
};  // of the workspace in force
struct ToggleHead {
  int layer = 0, head = 0;
};  // one head more, or one less, of several that are looked at together
struct SetInputs {
  std::filesystem::path inputs;
};  // the many inputs of the workspace in force: a text file, or a folder of pictures or a picture in it
struct SurveyAgain {};  // goes on with the many inputs that Escape stopped
struct SetDetails {
  bool on;
};
struct SetReducedMotion {
  bool on;
};
struct SetZoom {
  float zoom;
};
/// One of the doubled maps of the workspace in force: there, another map, or gone. Beyond kMostDoubled, and
/// where two readings are compared, it does nothing.
struct SetDoubled {
  std::size_t number = 0;         // from 0
  std::optional<MapQuery> query;  // nothing: closed
};

struct SetWorkspace {
  Workspace workspace;
};
/// Takes the chosen word along to the next of text, picture and drawing, round and round; a document that is
/// changed for it (captions, the pin) is one undo step. Nothing without a word.
struct FollowWord {
  int stations = 1;  // -1: back
};
struct SetWeightStep {
  float step;
};

// Of a picture.
struct OpenImage {
  std::string image;
};  // a path or the name of a sample
/// One of the two pictures side by side; the comparison comes into sight.
struct OpenPairImage {
  bool second = false;
  std::string image;  // as OpenImage
};
struct SetPair {
  PicturePair pair;
  int group = 0;
};
/// One of picture_pairs() (picture_pairs.h): both pictures, and a patch to begin with.
struct ShowPair {
  std::string name;
};
struct SetLongSide {
  int patches = 0;
};
struct TogglePatchPin {
  int token = 0;
};
struct SelectPictureMap {
  MapChoice choice;
};
struct SetRegion {
  bool second = false;  // B instead of A
  std::vector<int> tokens;
  int group = 0;
};
struct SetCaptions {
  std::vector<std::string> captions;
  int caption = 0;
  int group = 0;
  int less = -1;  // PictureDocument::caption_less
};
struct SetPictureView {
  PictureView view;
};

/// What is drawn or looked at in the painting workspace, whole: small, and one undo step a gesture.
struct SetPaint {
  PaintDocument paint;
  int group = 0;
};
struct SetPaintView {
  PaintView view;
};
struct PaintAgain {};   // the same once more, after Escape
struct DrawBeside {};   // goes on with the drawings beside it that Escape stopped
struct DismissKept {};  // the line that says what is kept from the last start
struct ResetKept {};    // all that this line names, as on a first start; one undo step
struct SaveSeeds {
  std::filesystem::path file;
};  // the grid of seeds as a picture, .png

/// One of the gallery (gallery.h), in the language in force.
struct ShowExample {
  std::string name;
};

/// What is done in a lesson, or with lessons.
struct LessonAct {
  enum class What {
    kOpen,    // `name`: of one of ours, or a file of one's own
    kCard,    // to card `index`
    kSetUp,   // the card as it began
    kLeave,   // what was there before comes back
    kChoose,  // of the question or guess `name`: the choice or place `index`
    kType,    // `text` is the number that is asked for
    kCheck,   // the run at hand is held against the question
    kHint,    // the next rung
    kWho      // `text`: what the learner is called in the file of answers
  };
  What what = What::kOpen;
  std::string name = {};
  int index = 0;
  std::string text = {};
};

/// The table of a class: of every *.answers.json in that folder (or the folder of that file).
struct ReadClass {
  std::filesystem::path folder;
};
struct SaveClass {
  std::filesystem::path file;
  bool by_question = false;  // a line a question, else a line an answer
};  // as CSV, what `regard lesson results` writes

struct OpenModel {
  std::filesystem::path folder;
};  // empty: the built-in one
struct OpenSession {
  std::filesystem::path file;
};
struct SaveSession {
  std::filesystem::path file;
};
/// One of the maps in sight, as it leaves the program.
struct ShownView {
  enum class Map {
    kInForce,   // of the workspace; where two readings are compared: both, and their difference
    kJoint,     // of a drawing: every patch and word by every other
    kPatches,   // of a picture: every patch by every other
    kCaptions,  // numbers alone: what each caption scores
    kLedger,    // numbers alone: what is read against what matters
    kHeads,     // every head as a point, and its metrics; with many inputs, over those
    kStrip,     // of a drawing: one word at several weights, with what they move
    kPair,      // of two pictures: the patches of one that are most like a patch of the other
    kDoubled    // ViewOptions::doubled, the one of number `doubled`
  };
  Map map = Map::kInForce;
  int doubled = 0;                               // from 0
  std::optional<std::pair<int, int>> head = {};  // (layer, head) instead of those in force; (block, head)
  bool operator==(const ShownView&) const = default;
};
/// How its figure looks.
struct FigureChoice {
  Theme paper = Theme::kLight;
  double scale = 2.0;  // pixels a point of formats made of pixels; [0.5, 8]
  bool pins = true;    // what is held on to is marked
  bool operator==(const FigureChoice&) const = default;
};
struct ExportMap {
  std::filesystem::path file;  // its ending chooses the format; what is there is replaced
  ShownView view = {};
  FigureChoice look = {};
};
struct CopyFigure {
  ShownView view = {};
  FigureChoice look = {};
};  // to the clipboard, as a PNG
struct CopyNumbers {
  ShownView view = {};
};  // to the clipboard, as lines of cells with tabs between them
struct ShowNote {
  std::string text;
};  // good news, where errors stand
struct ShowError {
  std::string text;
};
struct DismissError {};
struct CancelRun {};
/// The window fills the screen, or is one of several again.
struct SetFullScreen {
  bool on;
};
struct Quit {};

using Command =
    std::variant<SetPaint, SetPaintView, OpenPairImage, SetPair, ShowPair, SetDoubled, PaintAgain, DrawBeside,
                 SetDifference, DismissKept, ResetKept, SaveSeeds, OpenImage, SetLongSide, TogglePatchPin,
                 SelectPictureMap, SetRegion, SetCaptions, SetPictureView, SetPrompt, SetWordWeight,
                 SetGroupWeight, ResetWeights, SetSyntax, SetWeighting, SetNormalisation, SetChunkRule,
                 SelectChunk, SetOther, SetOtherPrompt, SetOtherPicture, SetEdits, SetDivergenceOrder,
                 SelectMap, StepMap, SetToward, TogglePin, ClearPins, Undo, Redo, SetTheme, SetLanguage,
                 SetColors, SetLogScale, SetScores, SetCalculation, SetHideSpecial, SetTokensView,
                 SetIncoming, SetHeadsView, ToggleHead, SetInputs, SurveyAgain, SetDetails, SetReducedMotion,
                 SetZoom, SetWorkspace, FollowWord, SetWeightStep, ShowExample, LessonAct, ReadClass,
                 SaveClass, OpenModel, OpenSession, SaveSession, ExportMap, CopyFigure, CopyNumbers, ShowNote,
                 ShowError, DismissError, CancelRun, SetFullScreen, Quit>;

/// A figure that was asked for, and where it goes.
struct FigureOrder {
  enum class Way { kFile, kFigure, kNumbers };  // kFigure, kNumbers: to the clipboard
  Way way = Way::kFile;
  std::filesystem::path file = {};
  ShownView view = {};
  FigureChoice look = {};
};

/// What apply() leaves to the program: acts, which do not follow from the state. What has to be computed does
/// (app/wanted.h).
struct Effects {
  bool cancel = false;                                   // stop what runs
  bool paint_again = false;                              // draw, even when nothing was changed
  bool draw_beside = false;                              // go on with other seeds and words left out
  bool survey_again = false;                             // go on with many inputs
  std::optional<std::filesystem::path> open_model = {};  // an empty path is the built-in one
  std::filesystem::path open_session = {};               // empty: nothing asked
  std::filesystem::path save_session = {};
  std::filesystem::path save_seeds = {};
  std::optional<FigureOrder> figure = {};
  std::optional<LessonAct> lesson = {};
  std::optional<SaveClass> save_class = {};
};

/// Carries out one command. Never fails: a command that no longer fits (a pin beyond the prompt) does
/// nothing. Thread: the one that owns `state`. Cost: O(prompt).
Effects apply(AppState& state, const Command& command);

}  // namespace regard
