// A session file: what was typed and how it was looked at, as one readable JSON. Also the shape of the
// settings file. Never trusts a number it reads; opens no path that the person did not name.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/i18n/locales.h"
#include "app/state/state.h"
#include "core/base/result.h"

namespace regard {

struct Session {
  Document doc;
  ViewOptions view;
  std::string model;                // folder or name; empty: the built-in model
  std::string vision_model;         // the same for pictures
  std::string paint_model;          // the same for drawing
  std::string model_over;           // of the command line, never in a file: over the three, what it has
  bool has_choice = false;          // layer and head were in the file
  std::optional<WordLink> example;  // of the first start only, never in a file
  bool restored = false;            // what the last start left, never in a file: the screen says so
  bool first_picture = false;       // likewise: the mirror is shown once the model has answered
};

/// What the command line says over a session.
struct StartArguments {
  std::string model = {};                  // over the session's: what it has; empty: none
  std::optional<std::string> prompt = {};  // nothing: the session's
  Language language = kEnglish;            // --lang, else the system's
  bool language_given = false;             // --lang was given: it overrides what a session says
  std::optional<Theme> theme = {};         // nothing: the session's
  bool reduced_motion = false;             // --reduced-motion; else the session's
};

/// `session` with that. Of another prompt nothing is kept that was about the bytes of the one before.
Session started_with(Session session, const StartArguments& start);

/// Reads a session; keys that are absent keep their value in `base`.
/// @param locales  the languages it may be in
/// Errors: io; format with the key at fault ("s.json: view.zoom: expected a number in [0.75, 4], got 9").
Result<Session> read_session(const std::filesystem::path& path, const Session& base = {},
                             const Locales& locales = Locales::shipped());
Result<Session> parse_session(std::string_view json, std::string_view label, const Session& base = {},
                              const Locales& locales = Locales::shipped());

/// The session as text. Layers and heads are written from 1, as on screen.
std::string session_json(const Session& session);

}  // namespace regard
