// The words that the model was taught, beside the prompt: the others underlined, completion, and all of them
// in a list.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/ui/ui.h"
#include "core/engine/known_words.h"

namespace regard {

/// Words of the prompt that the model was not taught; without the one that is being typed and may yet become
/// one it knows. Empty: it knows all, or does not say what it knows.
std::vector<UnknownWord> words_not_known(const Ui& ui);
/// "Little World knows 98 words; elephant is read as e·le·p·h·an·t".
std::string unknown_line(const Ui& ui, const UnknownWord& word);

/// Keys of the list of completions, before the field sees them. @return whether a word was taken: the prompt
/// is another
bool complete_by_key(Ui& ui, ImGuiID field);
/// The list under the cursor, at `at` (the lower left of the word being typed).
void draw_completion(Ui& ui, ImVec2 at);
/// What the list holds, from the text and cursor of the field.
void find_completion(Ui& ui);

/// "words (98) ▾": opens the list of all; a click writes one at the cursor. Nothing when the model says none.
void draw_word_list(Ui& ui);
/// Pixels; 0: there is no such list.
float word_list_width(Ui& ui);

}  // namespace regard
