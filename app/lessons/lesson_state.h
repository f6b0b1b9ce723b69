// The part of a session that a card, or a hint, sets. Words of the prompt may stand where a session has its
// bytes: "pins": ["rouge"], "paint": {"word": "rouge"}, "edits": [{"kind": "mute", "word": "rouge"}].
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/state/session.h"
#include "core/base/result.h"
#include "core/formats/json.h"

namespace regard {

/// What a lesson begins from: a first start's choices, in the person's language, theme and size.
Session lesson_base(const ViewOptions& view);

/// `now` with what `part` names. A word that is not in the prompt at hand is left out.
/// Errors: format (never of a part that check_lesson_state() let pass on the state it was checked with).
Result<Session> with_lesson_state(const Json& part, const Session& now);

/// A wrong key of a part, to be found in its file.
struct LessonFault {
  std::string key, message;
};
/// The first thing that is wrong with a part set over `now`: a key that sessions have not, or that is the
/// learner's own (theme, language, zoom), a word that the prompt has not, a value that is none.
std::optional<LessonFault> check_lesson_state(const Json& part, const Session& now);

/// The byte of a word in a prompt: "rouge", "rouge#2" the second of them; nothing: it is not there.
std::optional<std::size_t> byte_of_word(std::string_view prompt, std::string_view word);

}  // namespace regard
