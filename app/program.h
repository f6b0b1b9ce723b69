// The program without a screen of its own: state, slots, views and the panels' ImGui code, but no GL and no
// window. The window (app.h), the picture (shot.cpp) and the UI tests all drive this one.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/export/figure_job.h"
#include "app/export/grid_figure.h"
#include "app/i18n/strings.h"
#include "app/lessons/player.h"
#include "app/state/command.h"
#include "app/state/session.h"
#include "app/ui/ui.h"
#include "app/views/compare_views.h"
#include "app/views/doubled_maps.h"
#include "app/views/head_views.h"
#include "app/views/paint_views.h"
#include "app/views/pair_views.h"
#include "app/views/picture_views.h"
#include "app/views/side_views.h"
#include "app/views/text_views.h"
#include "app/works.h"
#include "core/tensor/non_finite.h"

namespace regard {

/// What the first start shows, in the language of the person.
Session first_session(const Language& language);

/// What is to be computed follows from the state (wanted.h); a slot a kind of work computes it (works.h).
/// Thread: one, the UI thread. The slots' are inside; `wake` is called on theirs when an answer is there.
class Program {
 public:
  /// @param session  what to show; session.model empty: the built-in model
  /// @param locales  the languages to choose from; outlives the program
  explicit Program(const Session& session, std::function<void()> wake = {}, Works works = program_works(),
                   const Locales& locales = Locales::shipped());

  // One frame, in this order (App::frame and the tests do the same):
  bool accept_answers();  ///< 1 of the slots; true when any
  void refresh_views();   ///< 2 only what changed is computed
  /// 3 panels; commands are collected. @param scale  pixels of a unit, `monitor` of them for the monitor
  void draw(const MapTextures& textures, const Fonts& fonts, float scale, float monitor = 1.0f);
  bool apply_commands();  ///< 4 the only place where state changes

  /// Adds a command from outside the panels: a dropped file, a test, the command line.
  void send(Command command) { commands_.push_back(std::move(command)); }
  /// A file or folder the person gave by name: a model folder, a session (.json) or a picture. Wrong ones
  /// become an error line.
  void open_path(const std::filesystem::path& path);

  /// Of many inputs at most so many, spread over the list: of those that are drawn, and of others. 0: all.
  void survey_at_most(int drawn, int read) {
    most_drawn_ = drawn;
    most_read_ = read;
  }

  /// A field or list was asked for and is not there yet: what is typed is for that.
  bool focus_asked() const;
  bool busy() const;  ///< a model is opened or a run is under way
  const AppState& state() const { return state_; }
  const TextViews& views() const { return views_; }
  const CompareViews& compare() const { return compare_; }
  const PictureViews& picture() const { return picture_; }
  const PaintViews& paint() const { return paint_; }
  const SideViews& side() const { return side_; }
  const HeadViews& heads() const { return heads_; }
  const PairViews& pair() const { return pair_; }
  const DoubledMaps& doubled() const { return doubled_; }
  const LessonPlayer& lesson() const { return player_; }
  const Strings& strings() const { return strings_; }
  UiState& ui() { return ui_; }
  const Palette& colors() const;  ///< of the theme, or a projector's while somebody presents
  Session session() const;        ///< what a session file would hold now
  /// What the next start brings back: during a lesson what was there before it.
  Session kept_session() const;
  /// Answers to lessons are read from there, and written when they change. Empty: nowhere.
  void keep_answers(const std::filesystem::path& file);

 private:
  template <class Answer>
  using Reply = Result<std::shared_ptr<const Answer>>;

  void ask();
  void ask_painting();
  void ask_drawing(PaintJob job);
  void ask_beside();
  void ask_ledger();
  void ask_thought();
  void ask_context();
  void ask_survey();
  void ask_pair();
  void ask_maps();
  void ask_before();
  const std::optional<MapAsk>& wanted_map() const;
  void open_models(const OpenRequest& request);
  void stop_runs();
  void forget_painting();
  void use(const Session& session);

  void accept_models(const Reply<OpenedModels>& reply);
  void accept_text(const Reply<TextRun>& reply);
  void accept_other(const Reply<TextRun>& reply);
  void accept_image(const Reply<OpenedImage>& reply);
  void accept_other_image(const Reply<OpenedImage>& reply);
  void accept_other_vision(const Reply<VisionRun>& reply);
  void accept_vision(const Reply<VisionRun>& reply);
  void accept_matches(const Reply<std::vector<TextMatch>>& reply);
  void accept_map(const Reply<Map>& reply);
  void accept_head_maps(const Reply<std::vector<Map>>& reply);
  void accept_regions(const Reply<Eigen::MatrixXd>& reply);
  void accept_heads(const Reply<HeadsMeasured>& reply);
  void accept_survey(const Reply<HeadSurvey>& reply);
  void accept_drawing(const Reply<Painting>& reply);
  void accept_plain(const Reply<TextRun>& reply);
  void accept_plain_vision(const Reply<VisionRun>& reply);
  void accept_other_picture(const Reply<VisionRun>& reply);
  void accept_effect(const Reply<RunEffect>& reply);
  void accept_divergence(const Reply<Divergence>& reply);
  void accept_words(const Reply<SidePictures>& reply);
  void accept_seeds(const Reply<SidePictures>& reply);
  void accept_ledger(const Reply<Ledger>& reply);
  void accept_context(const Reply<ContextChanges>& reply);
  void accept_thought(const Reply<Thought>& reply);
  bool accept_progress();
  // Lessons; program_lessons.cpp.
  void carry_out_lesson(const LessonAct& act);
  void open_lesson(const std::string& name);
  void leave_lesson();
  void show(const Session& session);
  void ask_lesson();
  void accept_lesson(const Reply<LessonNumbers>& reply);
  void ask_class();
  void accept_class(const Reply<ClassResults>& reply);
  void save_class(const SaveClass& asked);
  void list_lessons();
  void save_answers(const std::filesystem::path& file);
  void update_score();
  void show_error(const std::string& message);
  void show_note(const std::string& message);

  void carry_out(const Effects& effects);
  void open_session(const std::filesystem::path& file);
  void save_session(const std::filesystem::path& file);
  void save_seeds(const std::filesystem::path& file);
  // What leaves the program; program_export.cpp.
  Result<FigureSource> source_of(const ShownView& view) const;
  Result<FigureSource> text_source(const ShownView& view) const;
  using TwoMaps = Result<GridMaps>(const TextRun& first, const TextRun& second, const MapQuery& query,
                                   const std::vector<int>& pinned, const Strings& strings);
  FigureSource source_of_two(std::shared_ptr<const TextRun> first, std::shared_ptr<const TextRun> second,
                             MapQuery query, const std::string& name, TwoMaps* maps_of) const;
  Result<FigureSource> changed_source(const MapQuery& query) const;
  Result<FigureSource> compared_source() const;
  Result<FigureSource> picture_source(const ShownView& view) const;
  Result<FigureSource> drawn_source(const ShownView& view) const;
  Result<FigureSource> pair_source() const;
  Result<FigureSource> doubled_source(int number) const;
  Result<FigureSource> joint_source() const;
  Result<FigureSource> patches_source() const;
  Result<FigureSource> captions_source() const;
  Result<FigureSource> ledger_source() const;
  Result<FigureSource> heads_source() const;
  Result<FigureSource> strip_source() const;
  void order_figure(const FigureOrder& order);
  void ask_figures();
  void accept_preview(const Reply<FigureAnswer>& reply);
  void accept_figure(const Reply<FigureAnswer>& reply);

  AppState state_;
  TextViews views_;
  CompareViews compare_;
  PictureViews picture_;
  PaintViews paint_;
  SideViews side_;
  HeadViews heads_;
  PairViews pair_;
  DoubledMaps doubled_;
  LessonPlayer player_;
  /// What leaving a lesson brings back.
  struct BeforeLesson {
    Session session;
    History history;
  };
  std::optional<BeforeLesson> before_lesson_;
  std::filesystem::path answers_file_;
  std::shared_ptr<const std::vector<std::shared_ptr<const Lesson>>>
      lessons_;  // of the list, once it was opened
  Strings strings_;
  UiState ui_;
  std::vector<Command> commands_;
  ModelPaths paths_;  // of the models in use
  ModelPaths meant_;  // those the document is of: in use, or being opened
  bool hover_changed_ = false, sight_changed_ = false;
  std::deque<FigureJob> figure_orders_;                 // that wait for their turn
  std::shared_ptr<const FigureSource> preview_source_;  // of the sheet that is open
  int figures_ = 0;                                     // ordered so far

  Slot<OpenRequest, OpenedModels> opener_;
  Slot<TextRequest, TextRun> text_, other_, plain_;
  Slot<ImageRequest, OpenedImage> image_, other_image_;
  Slot<VisionRequest, VisionRun> vision_, plain_vision_, other_vision_;
  Slot<OtherPicture, VisionRun> other_picture_;
  Slot<EffectRequest, RunEffect> effect_;
  Slot<DivergenceRequest, Divergence> divergence_;
  Slot<MatchRequest, std::vector<TextMatch>> matcher_;
  Slot<MapAsk, Map> map_;
  Slot<MapAsk, std::vector<Map>> head_maps_;
  Slot<RegionKey, Eigen::MatrixXd> regions_;
  Slot<HeadsAsk, HeadsMeasured> measurer_;
  Slot<SurveyAsk, HeadSurvey> surveyor_;
  int most_drawn_ = 0, most_read_ = 0;  // as survey_at_most()
  Slot<PaintJob, Painting> painter_;
  std::optional<PaintJob> drafted_;  // the drawing whose draft was asked last
  bool is_draft_ = false;            // what painter_ was asked last is one
  Slot<SideList, SidePictures> words_, seeds_;
  Slot<LedgerRun, Ledger> ledger_;
  Slot<ContextRequest, ContextChanges> context_;
  Slot<FollowRequest, Thought> follow_;
  Slot<LessonAsk, LessonNumbers> lesson_;
  Slot<ClassRequest, ClassResults> class_;
  Slot<FigureJob, FigureAnswer> figure_, preview_;
};

}  // namespace regard
