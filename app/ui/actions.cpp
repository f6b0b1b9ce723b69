#include "app/ui/actions.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <random>
#include <utility>

#include <imgui_internal.h>

#include "app/lessons/player.h"
#include "app/state/open_path.h"
#include "app/ui/paint_parts.h"
#include "app/ui/panel_focus.h"
#include "app/ui/presenter.h"
#include "app/ui/ui.h"
#include "app/ui/weight_slider.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"

namespace regard::act {
namespace {

// The layer that is shown, or the first when several are.
int layer_in_force(const Ui& ui) {
  const bool picture = ui.state.view.workspace == Workspace::kImage;
  if (picture ? !ui.picture.has_run() : !ui.views.has_map()) return 0;
  return (picture ? ui.picture.choice() : ui.views.choice()).heads.layer.value_or(0);
}

}  // namespace

void undo(Ui& ui) { ui.out.emplace_back(Undo{}); }
void redo(Ui& ui) { ui.out.emplace_back(Redo{}); }
void reset_weights(Ui& ui) { ui.out.emplace_back(ResetWeights{}); }
void clear_pins(Ui& ui) { ui.out.emplace_back(ClearPins{}); }
void edit_prompt(Ui& ui) { ui.ui.prompt.focus = true; }
void quit(Ui& ui) { ui.out.emplace_back(Quit{}); }

void mean_of_heads(Ui& ui) { select_map(ui, map_choice(layer_in_force(ui), std::nullopt)); }
void most_of_heads(Ui& ui) { select_map(ui, map_choice(layer_in_force(ui), std::nullopt, Fusion::kMax)); }
void mean_of_all(Ui& ui) { select_map(ui, {}); }
void rollout(Ui& ui) { select_map(ui, lens_choice("rollout")); }
void toggle_log(Ui& ui) { ui.out.emplace_back(SetLogScale{!ui.state.view.log_scale}); }
void toggle_scores(Ui& ui) { ui.out.emplace_back(SetScores{!ui.state.view.scores}); }
void toggle_special(Ui& ui) { ui.out.emplace_back(SetHideSpecial{!ui.state.view.hide_special}); }
void toggle_words(Ui& ui) {
  TokensView tokens = ui.state.view.tokens;
  tokens.words = !tokens.words;
  ui.out.emplace_back(SetTokensView{tokens});
}
void follow_word(Ui& ui) { ui.out.emplace_back(FollowWord{1}); }
void follow_word_back(Ui& ui) { ui.out.emplace_back(FollowWord{-1}); }
void toggle_incoming(Ui& ui) { ui.out.emplace_back(SetIncoming{!ui.state.view.incoming}); }
void toggle_difference(Ui& ui) { ui.out.emplace_back(SetDifference{!ui.state.view.difference}); }
void weight_up(Ui& ui) { step_weight(ui, 1); }
void weight_down(Ui& ui) { step_weight(ui, -1); }

void play_film(Ui& ui) {
  Film& film = ui.ui.paint.film;
  if (ui.state.view.reduced_motion) {
    film.step(ui.paint.has_run() ? ui.paint.run().drawn() : 0);
  } else {
    film.start_or_stop();
  }
}
void toggle_motion(Ui& ui) {
  ui.ui.paint.film = {};
  ui.out.emplace_back(SetReducedMotion{!ui.state.view.reduced_motion});
}
void paint_again(Ui& ui) { ui.out.emplace_back(PaintAgain{}); }
void new_seed(Ui& ui) {
  constexpr std::uint64_t kMost = 9999;  // short enough to be read out and typed again
  std::uint64_t seed = 1 + std::random_device{}() % kMost;
  if (seed == ui.state.doc.paint.seed) seed = 1 + seed % kMost;
  set_paint(ui, [&](PaintDocument& paint) { paint.seed = seed; });
}

void larger(Ui& ui) { ui.out.emplace_back(SetZoom{ui.state.view.zoom * 1.1f}); }
void smaller(Ui& ui) { ui.out.emplace_back(SetZoom{ui.state.view.zoom / 1.1f}); }
void actual_size(Ui& ui) { ui.out.emplace_back(SetZoom{1.0f}); }
void other_theme(Ui& ui) {
  ui.out.emplace_back(SetTheme{ui.state.view.theme == Theme::kDark ? Theme::kLight : Theme::kDark});
}
void next_language(Ui& ui) {
  ui.out.emplace_back(SetLanguage{ui.tr.locales().after(ui.state.view.language)});
}
void toggle_full_screen(Ui& ui) { ui.out.emplace_back(SetFullScreen{!ui.state.full_screen}); }
void maximise(Ui& ui) { maximise_panel(ui); }
void toggle_keys(Ui& ui) { ui.ui.show_keys = !ui.ui.show_keys; }
void toggle_gallery(Ui& ui) { ui.ui.show_gallery = !ui.ui.show_gallery; }
void toggle_lessons(Ui& ui) { ui.ui.show_lessons = !ui.ui.show_lessons; }

namespace {
void step_card(Ui& ui, int by) {
  const int card = static_cast<int>(ui.lesson->card_index()) + by;
  if (card >= 0 && card < std::ssize(ui.lesson->lesson().cards))
    ui.out.emplace_back(LessonAct{.what = LessonAct::What::kCard, .index = card});
}
}  // namespace

void next_card(Ui& ui) { step_card(ui, 1); }
void previous_card(Ui& ui) { step_card(ui, -1); }
void toggle_details(Ui& ui) { ui.out.emplace_back(SetDetails{!ui.state.view.details}); }

void paste_path(Ui& ui) {
  const char* clipboard = ImGui::GetClipboardText();
  const std::filesystem::path path = path_in(clipboard != nullptr ? clipboard : "");
  if (!path.empty()) ui.out.push_back(open_command(path));
}

void next_panel(Ui& ui) { step_panel(ui, 1); }
void previous_panel(Ui& ui) { step_panel(ui, -1); }
void next_stage(Ui& ui) { step_stage(ui, 1); }
void previous_stage(Ui& ui) { step_stage(ui, -1); }
void next_token(Ui& ui) { step_token(ui, 1); }
void previous_token(Ui& ui) { step_token(ui, -1); }

namespace {

// A menu or list that ImGui left open: the keyboard was in a part of it. Dialogs close themselves.
void close_popup(Ui& ui) {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const bool left_open = g.OpenPopupStack.Size == ui.ui.in_front.popups && !ui.ui.in_front.item_active;
  const ImGuiWindow* window = left_open ? g.OpenPopupStack.back().Window : nullptr;
  if (window != nullptr && (window->Flags & ImGuiWindowFlags_Modal) == 0)
    ImGui::ClosePopupToLevel(g.OpenPopupStack.Size - 1, true);
}

bool is_pinned(const Ui& ui) {
  if (ui.ui.pair_was_in_sight) return ui.state.doc.pair.place.has_value();
  switch (ui.state.view.workspace) {
    case Workspace::kImage:
      return !ui.state.doc.picture.pins.empty();
    case Workspace::kPainting:
      return ui.state.doc.paint.patch >= 0;
    default:
      return !ui.state.doc.pins.empty();
  }
}

// Of two pictures side by side the patch, else what the workspace holds on to.
void let_go_of_pins(Ui& ui) {
  if (!ui.ui.pair_was_in_sight) {
    ui.out.emplace_back(ClearPins{});
    return;
  }
  PicturePair pair = ui.state.doc.pair;
  pair.place.reset();
  ui.out.emplace_back(SetPair{pair, 0});
}

// What Escape meets, what is in front first: the first that is there is let go of, and nothing else.
struct Held {
  bool (*is_there)(const Ui& ui);
  void (*let_go)(Ui& ui);
};
constexpr Held kHeld[] = {
    {[](const Ui& ui) { return ui.ui.in_front.popups > 0; }, close_popup},
    {[](const Ui& ui) { return ui.ui.dialog.line != nullptr || ui.ui.sheet.open; }, [](Ui&) {}},
    {[](const Ui& ui) { return !ui.ui.completion.words.empty(); },
     [](Ui&) {}},  // it closes the list of words
    {[](const Ui& ui) { return ui.ui.start.open; }, [](Ui& ui) { ui.ui.start.open = false; }},
    {[](const Ui& ui) { return ui.ui.classroom.open; }, [](Ui& ui) { ui.ui.classroom.open = false; }},
    {[](const Ui& ui) { return ui.ui.show_gallery; }, [](Ui& ui) { ui.ui.show_gallery = false; }},
    {[](const Ui& ui) { return ui.ui.glossary.open; }, [](Ui& ui) { ui.ui.glossary.open = false; }},
    {[](const Ui& ui) { return ui.ui.show_lessons; }, [](Ui& ui) { ui.ui.show_lessons = false; }},
    {[](const Ui& ui) { return ui.ui.show_keys || ui.ui.show_about || ui.ui.explained != nullptr; },
     [](Ui& ui) {
       ui.ui.show_keys = ui.ui.show_about = false;
       ui.ui.explained = nullptr;
     }},
    {[](const Ui& ui) { return ui.state.error && !ui.state.error->good; },
     [](Ui& ui) { ui.out.emplace_back(DismissError{}); }},
    {[](const Ui& ui) { return ui.ui.presenter.black; }, black_screen},
    {[](const Ui& ui) { return ui.ui.presenter.before.has_value(); }, present},        // and back
    {[](const Ui& ui) { return ui.ui.layout.maximised != nullptr; }, maximise_panel},  // and back
    {[](const Ui& ui) { return ui.state.running || ui.state.painting.drawing || ui.state.painting.beside; },
     [](Ui& ui) { ui.out.emplace_back(CancelRun{}); }},
    {[](const Ui& ui) { return ui.ui.escape_spent; }, [](Ui&) {}},  // it has stopped the work
    {[](const Ui& ui) { return ui.ui.paint.film.playing; }, [](Ui& ui) { ui.ui.paint.film.playing = false; }},
    {[](const Ui& ui) { return ui.ui.picture.drawing != RegionDrag::kNone; },
     [](Ui& ui) {
       ui.ui.picture.drawing = RegionDrag::kNone;
       ui.ui.picture.lasso.clear();
     }},
    // A field or slider in use has let go by itself.
    {[](const Ui& ui) {
       return ui.ui.prompt.active || ui.ui.in_front.item_active || ImGui::IsAnyItemActive();
     },
     [](Ui&) {}},
    {[](const Ui& ui) { return ui.state.error.has_value(); },
     [](Ui& ui) { ui.out.emplace_back(DismissError{}); }},
    {is_pinned, let_go_of_pins},
};

}  // namespace

void let_go(Ui& ui) {
  const auto* const first = std::ranges::find_if(kHeld, [&](const Held& held) { return held.is_there(ui); });
  if (first != std::end(kHeld)) first->let_go(ui);
  ui.ui.escape_spent = false;
}

}  // namespace regard::act

namespace regard {

bool in_front_of_work(const UiState& screen, const AppState& state) {
  return screen.in_front.popups > 0 || screen.dialog.line != nullptr || screen.sheet.open ||
         screen.start.open || screen.classroom.open || screen.show_keys || screen.show_gallery ||
         screen.glossary.open || screen.show_lessons || !screen.completion.words.empty() ||
         screen.show_about || screen.explained != nullptr || screen.layout.maximised != nullptr ||
         (state.error && !state.error->good);
}

}  // namespace regard
