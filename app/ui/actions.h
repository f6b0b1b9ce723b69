// What a key or a menu can do, each once: both call the same function.
#pragma once

namespace regard {

struct AppState;
struct Ui;
struct UiState;
using Action = void (*)(Ui&);

namespace act {

void undo(Ui& ui);
void redo(Ui& ui);
void reset_weights(Ui& ui);
void clear_pins(Ui& ui);
void edit_prompt(Ui& ui);
void quit(Ui& ui);

// Of the map in force, in any workspace.
void mean_of_heads(Ui& ui);
void most_of_heads(Ui& ui);
void mean_of_all(Ui& ui);
void rollout(Ui& ui);
void toggle_log(Ui& ui);
void toggle_scores(Ui& ui);
void toggle_special(Ui& ui);
void toggle_words(Ui& ui);  ///< the tokens of a word as one
void toggle_incoming(Ui& ui);
void toggle_difference(Ui& ui);
void weight_up(Ui& ui);
void weight_down(Ui& ui);

// The chosen word goes along to the next, or back to the last, of text, picture and drawing.
void follow_word(Ui& ui);
void follow_word_back(Ui& ui);

void play_film(Ui& ui);
void paint_again(Ui& ui);
void new_seed(Ui& ui);    ///< the die: another noise
void save_seeds(Ui& ui);  ///< opens a dialog

void larger(Ui& ui);
void smaller(Ui& ui);
void actual_size(Ui& ui);
void other_theme(Ui& ui);
void next_language(Ui& ui);
void toggle_full_screen(Ui& ui);
void maximise(Ui& ui);  ///< the panel that has the keyboard, or back
void toggle_keys(Ui& ui);
void toggle_gallery(Ui& ui);
void toggle_lessons(Ui& ui);
void toggle_start(Ui& ui);   ///< the start page; start_page.cpp
void open_class(Ui& ui);     ///< the table of a class; class_table.cpp
void choose_class(Ui& ui);   ///< opens a dialog
void save_class(Ui& ui);     ///< opens a dialog
void toggle_motion(Ui& ui);  ///< reduced or not
void next_card(Ui& ui);      ///< of the lesson that is played
void previous_card(Ui& ui);
void toggle_details(Ui& ui);
void let_go(Ui& ui);  ///< Escape: of one thing at a time, what is in front first
void next_panel(Ui& ui);
void previous_panel(Ui& ui);
void next_stage(Ui& ui);  ///< of the calculation, whose panel comes into sight
void previous_stage(Ui& ui);
void next_token(Ui& ui);  ///< of a word whose calculation is followed
void previous_token(Ui& ui);
// Trials on what is under the pointer, else chosen; trials.cpp. Once more takes them back.
void double_view(Ui& ui);  ///< the map in force, in a panel of its own that stays; doubled.cpp
void head_off(Ui& ui);
void mask_place(Ui& ui);
void cut_edge(Ui& ui);
void open_view_menu(Ui& ui);  ///< the menu of a right click, for the panel that has the keyboard

// Open a dialog; file_dialog.cpp.
void open_image(Ui& ui);
void open_inputs(Ui& ui);  ///< of many inputs
void open_first_of_pair(Ui& ui);
void open_second_of_pair(Ui& ui);
void open_session(Ui& ui);
void save_session(Ui& ui);
void export_map(Ui& ui);
void open_model(Ui& ui);
void paste_path(Ui& ui);  ///< opens the picture, session or model folder that the clipboard names

}  // namespace act

/// Whether Escape closes something that lies in front of the work, which goes on then.
bool in_front_of_work(const UiState& screen, const AppState& state);

}  // namespace regard
