// What only the screen knows: focus, hover, open windows, text half typed. Never saved, never undone.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <imgui.h>

#include "app/state/command.h"
#include "app/ui/arrangement.h"
#include "app/ui/keyboard.h"
#include "app/views/cell_cache.h"

namespace regard {

struct DialogLine;
struct FigureAnswer;
struct Panel;

/// What is under the pointer, or was moved to by arrow keys.
struct Hovered {
  int token = -1;                                    // of views.live()
  std::optional<std::pair<int, int>> cell;           // (query, key) of the run
  std::optional<std::pair<int, int>> compared_cell;  // (row, column) of the comparison
  int patch = -1;                                    // token of the picture's run
  int paint_patch = -1;                              // of the drawing
  std::optional<PairPatch> pair;                     // of two pictures side by side
  std::pair<int, std::size_t> number{-1, 0};         // of a vector drawn as bars: which, of how many
  bool operator==(const Hovered&) const = default;
};

/// What a menu of trials is about: whatever of it is set.
struct TrialTarget {
  std::optional<std::pair<int, int>> head = {};                // (layer, head)
  std::optional<std::pair<PromptWord, PromptWord>> edge = {};  // query, key
  std::optional<PromptWord> place = {};
};

/// Panels that cost much to keep up to date, and were drawn in this frame.
struct InSight {
  bool patch_matrix = false;
  bool joint = false;
  bool words = false;  // what a drawing loses without each word
  bool seeds = false;
  bool ledger = false;
  bool head_metrics = false;  // numbers of every head
  bool survey = false;        // the same over many inputs
  bool context = false;       // what weights did to the words that a drawing reads
  bool thought = false;       // a word at its three stations
  bool pair = false;          // two pictures
  std::array<bool, kMostDoubled> doubled{};
  bool operator==(const InSight&) const = default;
};

/// How large maps were drawn in the last frame, pixels; 0: they were not. A map of more cells than that is
/// drawn with fewer.
struct MapSizes {
  float matrix = 0, patch_matrix = 0, joint = 0, compared = 0;  // sides
  std::array<float, kMostDoubled> doubled{};                    // sides
  ImVec2 tile_pitch, tile_shown;  // of the heads' atlas: cells from one tile to the next, and their pixels
};

/// The text field of the prompt.
struct PromptField {
  std::string text;  // follows doc.prompt when the field is not in use
  bool active = false;
  bool focus = false;                             // asked for: gets the keyboard in the next frame
  std::pair<std::size_t, std::size_t> selection;  // bytes; equal: the cursor
  // The words whose weight a key just wrote, where in them the selection was (bytes), and where they began.
  std::string reselect;
  std::pair<std::size_t, std::size_t> reselect_at;
  std::size_t reselect_from = 0;
  bool reload = false;     // text was changed elsewhere: ImGui's copy of it follows
  bool reselects = false;  // and its selection, too
  int strip_chunk = 0;     // the chunk that the strip last brought into view
  int strip_token = -1;    // and the token; -1: none
};

/// The known words that go on from what is typed: a list under the cursor.
struct Completion {
  std::vector<std::string> words;  // empty: no list
  std::size_t start = 0, end = 0;  // bytes of the prompt that the chosen one replaces
  int chosen = 0;
  std::string closed_for;  // Escape closed it, and it stays closed for this text
};

/// What a drag over the picture encloses.
enum class RegionDrag { kNone, kRegionA, kRegionB };

struct PictureUi {
  int cursor = -1;  // patch, moved by the arrow keys while the picture has the focus
  RegionDrag drawing = RegionDrag::kNone;
  std::vector<ImVec2> lasso;          // its path so far, in patches from the grid's corner
  std::vector<std::string> captions;  // what the fields edit; follow doc.picture.captions
  int focus_caption = -1;             // asked for: its field gets the keyboard once it is there
};

/// The film of a drawing: which step it shows, counted from the first drawn.
struct Film {
  bool playing = false;
  float time = 0;  // since the step came, seconds
  int at = 0;

  int frame() const { return playing ? at : -1; }
  void start_or_stop() { *this = {.playing = !playing}; }
  /// Without motion: one step on, from the first; behind the last the film ends.
  void step(int steps);
  /// `steps`: how many are drawn. The last one stays a moment.
  void advance(float seconds, int steps);
};

struct PaintUi {
  Film film;
  int cursor = -1;               // patch, moved by the arrow keys
  std::string negative, before;  // what the fields edit; follow the document
  int timeline_from = -1;        // where a drag over the steps began
};

/// A text that was drawn, and what it may be seen in. Pixels: left, top, right, bottom.
struct DrawnText {
  const ImDrawList* list = nullptr;
  std::string text;
  ImVec4 box, clip;
  float angle = 0;  // turned counter-clockwise by it (radians) about `pivot`
  ImVec2 pivot{};
};

/// Where the panels stand (layout.cpp).
struct LayoutUi {
  Room room = Room::kWide;                             // of this frame
  std::array<Proportions, kWorkspaceCount> dragged{};  // by Workspace; kept in layout.ini
  std::array<const Panel*, kWorkspaceCount> front{};   // of those that share a place in a small window
  const Panel* maximised = nullptr;                    // null: none
  std::optional<const Panel*> maximise_next;           // of the next frame
  const Panel* focus = nullptr;                        // gets the keyboard in the next frame
  const Panel* fetch_next = nullptr;                   // is fetched once it is there
  bool dock_afresh = false;                            // as reset_layout, but closed panels stay closed
  /// What a workspace was last laid out for.
  struct LaidOut {
    ImVec2 size;
    float scale = 0, top = 0, aspect = 0;  // top: height of Place::kTop, pixels
    int measuring = 0;                     // frames in which the top may become lower
    bool fresh = false;                    // sizes are to be set in this frame
  };
  std::array<LaidOut, kWorkspaceCount> laid_out;
  /// Where the panel that is being drawn is put: left, top, width, height, pixels. Nothing: it is docked, or
  /// was dragged out.
  std::optional<ImVec4> placed;
  std::map<const Panel*, float> header_taken;         // pixels at the right of a header that hold something
  std::array<float, kWorkspaceCount> prompt_needs{};  // height that the prompt's panel would like, pixels
};

struct FileDialog {
  const DialogLine* line = nullptr;  // of file_dialog.cpp; null: none is open
  std::string path;
  bool opened = false;     // its first frame was drawn
  bool overwrite = false;  // the person was asked whether the file that is there may be replaced
};

/// As own_files has it: one name for one file, however its path was typed.
std::string own_name(const std::filesystem::path& file);

/// The sheet that exports a figure.
struct ExportSheet {
  bool open = false;
  bool opened = false;     // its first frame was drawn
  bool overwrite = false;  // the file is there, and the person was asked
  ShownView view = {};
  FigureChoice look = {};
  std::string ending = ".svg";                       // of kFormats
  std::string folder = {}, name = {};                // what the fields edit; the name without its ending
  std::shared_ptr<const FigureAnswer> preview = {};  // of what is chosen; null: it is being made
};

/// The field of a strip's weights; strip_parts.cpp.
struct StripField {
  std::string text = {};
  bool wrong = false;  // what was entered is no list of weights
};

/// What Escape closes before anything else, as the last frame left it: ImGui closes it before we hear of the
/// key.
struct InFront {
  int popups = 0;            // menus, lists, dialogs
  bool item_active = false;  // a field that is edited, a slider that is dragged
};

/// Tab on its way from one window to the next; panel_focus.cpp.
struct TabWalk {
  ImGuiID window = 0;     // where it goes on in the next frame; 0: it rests
  ImGuiID from = 0;       // behind (or before) this item of it; 0: at its beginning (or end)
  int direction = 1;      // -1: backwards
  int hops = 0;           // windows without a stop that were passed
  int patience = 0;       // frames until the window is in sight
  bool moving = false;    // it was sent on in this frame
  bool activates = true;  // a text field that is reached is typed into
};

/// The glossary; glossary.cpp.
struct GlossaryUi {
  bool open = false;
  bool asked = false;                           // in this frame: at what is under the pointer
  bool opens = false;                           // the field gets the keyboard
  bool scrolls = false;                         // to the term
  std::string term = "attention", filter = {};  // GlossaryTerm::id; what the field holds
};

/// What the lecturer does over the window; presenter.cpp.
struct PresenterUi {
  /// What ending gives back.
  struct Before {
    Theme theme = Theme::kDark;
    float zoom = 1;
    bool full_screen = false;
    const Panel* maximised = nullptr;
  };
  std::optional<Before> before = {};  // nothing: nobody presents
  bool ring = true;                   // round the pointer
  bool black = false;
  bool still = false;                // the mouse only points: no map follows it
  bool notes = false;                // in a window of their own, for whoever presents
  ImVec2 pointer{};                  // pixels; also while `still`
  std::vector<ImVec2> marks = {};    // shares of the window
  std::optional<double> since = {};  // of ImGui's time: the timer runs
  double run_s = 0;                  // what it showed when it was stopped

  bool timed() const { return since || run_s > 0; }
  double seconds(double now) const { return run_s + (since ? now - *since : 0.0); }
};

/// The window with a teacher's notes; notes.cpp.
struct NotesUi {
  ImVec2 size{};                          // pixels; 0: there is no such window
  float scale = 1;                        // pixels of a unit in it
  std::shared_ptr<ImDrawList> list = {};  // what it shows; null: nothing was drawn
};

/// The start page; start_page.cpp.
struct StartUi {
  bool open = false;
  bool opens = false;  // its first lesson gets the keyboard
};

/// The table of a class; class_table.cpp.
struct ClassUi {
  bool open = false;
  bool by_question = true;                 // a line a question, else a line an answer
  std::shared_ptr<const ClassResults> of;  // what `order` is of
  bool of_questions = true;
  std::vector<std::size_t> order;  // of its lines, as they are sorted
};

/// What a card points at, in this frame, and where that was drawn.
struct Spot {
  const Panel* panel = nullptr;
  std::optional<std::pair<int, int>> cell = {}, head = {};  // positions; (layer, head)
  int token = -1, patch = -1;                               // positions
  std::optional<ImVec4> at = {};                            // left, top, right, bottom, pixels
};

/// A lesson on the screen.
struct LessonUi {
  std::pair<const void*, std::size_t> shown{};  // lesson and card that were drawn last
  std::vector<Spot> spots;                      // by LessonCard::points
  std::vector<DrawnText> texts;                 // of this frame: lines beside rings keep clear of them
  std::map<std::string, std::string> typed;     // numbers, by question
  std::string who;
  bool focus = false;     // the card gets the keyboard
  int guess_cursor = -1;  // patch, moved by the arrow keys
};

struct UiState {
  // Hover is drawn one frame after it is found, so that every panel agrees on it.
  Hovered hovered, next_hovered;
  InSight in_sight;
  MapSizes map_sizes;
  PromptField prompt;
  Completion completion;
  StripField strip;
  PictureUi picture;
  PaintUi paint;
  FileDialog dialog;
  int plot_cursor = -1;  // of the plot of heads: layer * 4096 + head, moved by the arrow keys
  int compared_map = 0;  // where there is no room for all of a comparison: A, B or the difference
  ExportSheet sheet;
  InFront in_front;
  TabWalk tab;
  PresenterUi presenter;
  GlossaryUi glossary;
  // What a right click is about; the menu is open while `menu_of` is set.
  const Panel* menu_of = nullptr;
  bool menu_opens = false;
  ShownView menu_view;
  CellCache explained_cell;  // what the calculation goes through
  int strip_cursor = -1;     // where the arrow keys are in a vector drawn as bars
  TrialTarget menu_trial;
  std::string other_prompt;  // what the field of the comparison's other prompt edits; follows the document
  /// An activation of the other run that is picked up to be put into this one: position, layers behind it.
  std::optional<std::pair<int, int>> picked_state;
  std::optional<std::pair<int, int>> pointed_head;  // (layer, head) of the thumbnail under the pointer
  bool weight_dragged = false;                      // in this frame: the mouse holds the slider of a weight
  std::optional<PromptWord> pointed_word;           // whose tile or slider is under the pointer
  const Panel* explained = nullptr;                 // whose explanation is open
  int gesture = 0;                                  // number of the newest gesture; see command.h
  Keyboard keyboard;
  // An Escape that is still in the queue has stopped the work already: it lets go of nothing else.
  bool escape_spent = false;

  LayoutUi layout;
  std::vector<DrawnText>* drawn_texts = nullptr;  // tests: gets what the panels write in each frame
  std::set<const Panel*> closed_panels;
  std::set<std::string> own_files;  // opened or saved since the start: replaced without a question
  bool reset_layout = false;
  std::set<int> ledger_hidden;             // kinds of what was taken away (Removal) that the plot leaves out
  std::array<int, 2> pair_cursor{-1, -1};  // a patch of each of two pictures, moved by the arrow keys
  int pair_reading = 0;            // AppState::other_image_wanted when the panel of both last came into sight
  bool pair_was_in_sight = false;  // in the last frame: what Escape lets go of
  bool show_keys = false;
  bool show_about = false;
  bool show_gallery = false;
  bool show_lessons = false;
  StartUi start;
  ClassUi classroom;
  NotesUi notes;
  int screens = 1;  // that the machine has
  LessonUi lesson;
};

}  // namespace regard
