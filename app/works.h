// The work of the program's slots: a request in, an answer out, each on a thread of its slot. Pure but for
// the files they read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/export/figure_job.h"
#include "app/lessons/answers.h"
#include "app/lessons/lesson_numbers.h"
#include "app/slot.h"
#include "app/state/session.h"
#include "app/views/compare_views.h"
#include "app/views/head_views.h"
#include "app/wanted.h"

namespace regard {

/// What one reading of one or two folders gave. A part is null when it could not be opened or is not there.
struct OpenedModels {
  std::shared_ptr<const TextModel> text;
  std::shared_ptr<const VisionModel> vision;
  std::shared_ptr<const PaintModel> paint;
  ModelPaths from;      // where each of them was found
  std::string problem;  // of a part that ought to be there
};

struct OpenedImage {
  std::shared_ptr<const Image> image;
  std::vector<SceneObject> objects;  // of a sample
};

struct Works {
  Work<OpenRequest, OpenedModels> open;
  Work<TextRequest, TextRun> text;
  Work<ImageRequest, OpenedImage> image;
  Work<VisionRequest, VisionRun> vision;
  Work<OtherPicture, VisionRun> other_picture;
  Work<MatchRequest, std::vector<TextMatch>> match;
  Work<MapAsk, Map> map;
  Work<MapAsk, std::vector<Map>> head_maps;  // one for every head
  Work<EffectRequest, RunEffect> effect;
  Work<DivergenceRequest, Divergence> divergence;
  Work<RegionKey, Eigen::MatrixXd> regions;
  Work<HeadsAsk, HeadsMeasured> heads;
  Work<SurveyAsk, HeadSurvey> survey;  // tells what there is so far
  Work<PaintJob, Painting> paint;
  Work<SideList, SidePictures> words, seeds;  // beside it: each word left out, other noise
  Work<LedgerRun, Ledger> ledger;
  Work<ContextRequest, ContextChanges> context;
  Work<FollowRequest, Thought> follow;
  Work<LessonAsk, LessonNumbers> lesson;  // what a card asks of the runs at hand
  Work<ClassRequest, ClassResults> class_results;
  Work<FigureJob, FigureAnswer> figure;  // writes its file, or fills the clipboard
};

/// The real ones. Tests wrap them to count.
Works program_works();
/// The same, and the model of that request is being opened from now on, while a window and its driver start:
/// who asks for it first takes what came of it. Thread: any; starts one. Destruction waits for it.
Works opening_now(const OpenRequest& request, Works works = program_works());
/// What a session's models are asked for with.
OpenRequest models_of(const Session& session);

}  // namespace regard
