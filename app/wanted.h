// What the state wants computed: pure functions from what the person chose to the requests of the slots.
// Nothing is wanted that is there already. A request holds everything its answer depends on.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/painter.h"
#include "app/state/state.h"
#include "app/views/picture_views.h"

namespace regard {

/// Models as they were asked for: a folder or the name of an installed one; empty: the built-in model.
struct ModelPaths {
  std::string text, vision, paint;
  bool operator==(const ModelPaths&) const = default;
};

struct OpenRequest {
  std::optional<ModelPaths> paths;  // nothing: what `over` has not stays as it is
  /// A folder over them: whatever it has is opened, and what it has not is no mistake. Empty: none.
  std::string over = {};
  bool operator==(const OpenRequest&) const = default;
};

struct ImageRequest {
  std::string name;  // a file's path or a sample's name
  int reading = 0;   // AppState::image_wanted: the file may have changed since the last one
  bool operator==(const ImageRequest&) const = default;
};

struct ClassRequest {
  std::filesystem::path folder;  // of files of answers, or one of them
  int reading = 0;               // ClassState::reading: files may have changed
  bool operator==(const ClassRequest&) const = default;
};

struct MatchRequest {
  std::shared_ptr<const VisionRun> picture;
  std::shared_ptr<const TextModel> text;
  std::vector<std::string> captions;
  bool operator==(const MatchRequest&) const = default;
};

/// The prompt as it is read now. Nothing while the run is there, or a session waits for its model.
std::optional<TextRequest> text_request(const AppState& state);
/// doc.other_prompt as doc.other reads it, in the comparison workspace, beside a text when it is told, or
/// when a trial takes from it.
std::optional<TextRequest> other_request(const AppState& state);
/// "Before" of what is shown: the same prompt without what is tried and, where the scheme acts inside
/// attention, without its weights. Also when it was run. Nothing: nothing is tried, and the maps would be the
/// same.
std::optional<TextRequest> plain_request(const AppState& state);

/// Nothing while the picture is there.
std::optional<ImageRequest> image_request(const AppState& state);
/// The picture that trials take from, to be read and run.
struct OtherPicture {
  std::shared_ptr<const VisionModel> model;
  std::string picture;  // a file's path or a sample's name
  int long_side = 0;    // as VisionRequest's
  bool operator==(const OtherPicture&) const = default;
};
/// doc.picture.other, beside a picture when it is told, or when a trial takes from it. Nothing while its run
/// is there.
std::optional<OtherPicture> other_picture_request(const AppState& state);

/// The same of the second of two pictures side by side. For a panel in sight.
std::optional<ImageRequest> other_image_request(const AppState& state);
/// As vision_request(): as many patches along the longer side; nothing is tried on it.
std::optional<VisionRequest> other_vision_request(const AppState& state);
/// Nothing while the run is there, or the picture or a session's model is not.
std::optional<VisionRequest> vision_request(const AppState& state);
/// The same picture without what is tried. Also when it was run. Nothing: nothing is tried.
std::optional<VisionRequest> plain_vision_request(const AppState& state);

/// What is tried, against the run without it: of text or of vision.
struct EffectRequest {
  std::shared_ptr<const TextRun> text, text_before;
  std::shared_ptr<const VisionRun> vision, vision_before;
  bool operator==(const EffectRequest&) const = default;
};
/// Also when it was computed. Nothing: nothing is tried in the workspace in sight, or a run is not there yet.
std::optional<EffectRequest> effect_request(const AppState& state);

/// Both sides of the comparison.
struct DivergenceRequest {
  std::shared_ptr<const TextRun> first, second;
  bool operator==(const DivergenceRequest&) const = default;
};
/// Also when it was computed. Nothing: they are not compared, or one is not there yet.
std::optional<DivergenceRequest> divergence_request(const AppState& state);

/// The captions, with the run that is there. Also when they were compared: the state does not say.
std::optional<MatchRequest> match_request(const AppState& state);
struct WantedPainting {
  PaintJob job;
  std::vector<std::size_t> lost_edits;  // of doc.paint.edits, left out: what they are about is not there
};
/// The drawing, in the painting workspace. Also when it is drawn. Cost: a reading of the prompt.
std::optional<WantedPainting> wanted_painting(const AppState& state);

/// The same drawing in few steps, for a picture that follows a hand; what it is compared with stays whole.
/// Nothing: it has few steps already, or they are counted (trials, a picture to begin with).
std::optional<PaintJob> draft_of(const PaintJob& job);

/// The drawing in sight again and again, each time without one of its words: the one whose map is shown
/// first. Nothing: it is not drawn to its end, or words of the negative prompt are looked at.
std::optional<SideList> wanted_words(const AppState& state);
/// The series of doc.paint.seeds. Nothing: the drawing in sight is not at its end.
std::optional<SideList> wanted_seeds(const AppState& state);

/// What weights did to the context of the drawing in sight. Nothing: it is still being drawn, or no weight is
/// at work. @param drawn  the step looked at, counted from the first that was drawn
std::optional<ContextRequest> wanted_context(const AppState& state, int drawn);

/// The word that is followed, with the picture and the drawing that are there. Nothing: no word, or the
/// prompt is still being read.
std::optional<FollowRequest> wanted_thought(const AppState& state);

/// What the ledger of the workspace in force is of. Nothing: no whole run is there.
std::optional<LedgerRun> wanted_ledger(const AppState& state);

}  // namespace regard
