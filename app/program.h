// The program without a screen of its own: state, workers, views and the panels' ImGui code, but no GL and no
// window. The window (app.h), the picture (shot.cpp) and the UI tests all drive this one.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/i18n/strings.h"
#include "app/painter.h"
#include "app/state/command.h"
#include "app/state/session.h"
#include "app/ui/ui.h"
#include "app/views/compare_views.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"
#include "core/engine/latest_worker.h"

namespace regard {

/// What the first start shows, in the language of the person.
Session first_session(const Language& language);

/// Thread: one, the UI thread. Workers are inside; `wake` is called on theirs when an answer is there.
class Program {
 public:
  /// @param session  what to show; session.model empty: the built-in model
  /// @param locales  the languages to choose from; outlives the program
  explicit Program(const Session& session, std::function<void()> wake = {},
                   const Locales& locales = Locales::shipped());

  // One frame, in this order (App::frame and the tests do the same):
  bool accept_answers();  ///< 1 results of the workers; true when any
  void refresh_views();   ///< 2 only what changed is computed
  void draw(const MapTextures& textures, const Fonts& fonts,
            float scale);  ///< 3 panels; commands are collected
  bool apply_commands();   ///< 4 the only place where state changes

  /// Adds a command from outside the panels: a dropped file, a test, the command line.
  void send(Command command) { commands_.push_back(std::move(command)); }
  /// A file or folder the person gave by name: a model folder, a session (.json) or a picture. Wrong ones
  /// become an error line.
  void open_path(const std::filesystem::path& path);

  bool busy() const;  ///< a model is opened or a run is under way
  const AppState& state() const { return state_; }
  const TextViews& views() const { return views_; }
  const CompareViews& compare() const { return compare_; }
  const PictureViews& picture() const { return picture_; }
  const PaintViews& paint() const { return paint_; }
  const Strings& strings() const { return strings_; }
  UiState& ui() { return ui_; }
  Session session() const;  ///< what a session file would hold now

 private:
  // What one reading of one or two folders gave.
  struct Opened {
    std::shared_ptr<const TextModel> text;
    std::shared_ptr<const VisionModel> vision;
    std::shared_ptr<const PaintModel> paint;
    std::string text_path, vision_path, paint_path;  // as asked for; empty: built-in
    std::string error;
  };
  struct ReadImage {
    std::shared_ptr<const Image> image;
    std::vector<SceneObject> objects;
    std::string name, error;
  };
  struct VisionAnswer {
    std::shared_ptr<const VisionRun> run;
    std::string error;
  };
  struct MatchAnswer {
    std::shared_ptr<const VisionRun> run;
    std::vector<TextMatch> matches;
    std::string problem;
  };
  struct Answer {
    std::shared_ptr<const TextRun> run;
    std::string error;
  };

  TextRequest request(const Reading& reading) const;
  static void submit(LatestWorker<Answer>& worker, const TextRequest& request);
  void start_opening(const Session& session);
  void start_opening_either(const std::filesystem::path& folder);
  void start_reading_image();
  void start_vision_run();
  void start_match();
  void start_slow_map();
  void start_region_mass();
  void start_run();
  void start_other_run();
  void accept_model(const Opened& opened);
  void accept_run(const Answer& answer);
  void accept_image(const ReadImage& read);
  void accept_vision_run(const VisionAnswer& answer);
  void accept_matches(const MatchAnswer& answer);
  void update_score();
  PaintJob wanted_paint();
  void update_painting();
  void cancel_painting();
  void forget_painting();
  bool accept_painting();
  void accept_other_run(const Answer& answer);
  void carry_out(const Effects& effects);
  void open_session(const std::filesystem::path& file);
  void save_session(const std::filesystem::path& file);
  void export_map(const std::filesystem::path& file);
  Result<std::string> text_map_bytes(const std::string& format) const;
  Result<std::string> picture_map_bytes(const std::string& format) const;
  Result<std::string> drawn_map_bytes(const std::string& format) const;
  void use(const Session& session);

  AppState state_;
  TextViews views_;
  CompareViews compare_;
  PictureViews picture_;
  PaintViews paint_;
  Strings strings_;
  UiState ui_;
  std::vector<Command> commands_;
  std::string model_path_, vision_path_, paint_path_;  // as asked for; empty: built-in
  std::function<void()> wake_;
  std::shared_ptr<PaintMemory> paint_memory_ = std::make_shared<PaintMemory>();  // of painter_'s thread
  std::shared_ptr<PaintFeed> feed_;    // of the newest job; null once that was cancelled
  std::optional<PaintJob> paint_job_;  // what is drawn, or being drawn
  std::optional<SlowMapKey> slow_asked_;
  std::optional<RegionKey> regions_asked_;
  bool hover_changed_ = false;
  LatestWorker<Opened> opener_;
  LatestWorker<Answer> runner_, other_runner_;
  LatestWorker<ReadImage> image_reader_;
  LatestWorker<VisionAnswer> vision_runner_;
  LatestWorker<MatchAnswer> matcher_;
  LatestWorker<SlowMap> slow_mapper_;
  LatestWorker<RegionMass> region_worker_;
  LatestWorker<PaintAnswer> painter_;
};

/// A sample of assets/images/scenes by its name, else a file.
std::filesystem::path sample_or_file(const std::string& image);

}  // namespace regard
