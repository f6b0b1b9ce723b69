// Where the files beside the program lie: the built-in model, pictures.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace regard {

/// The first of these folders that is there: $REGARD_ASSETS, <program>/../share/regard/assets (installed),
/// <program>/assets, the source tree's (a build tree).
/// Errors: io; the message lists the places. Thread: any, as long as nobody changes the environment.
Result<std::filesystem::path> find_assets();

/// The same; when there is none, the place where it ought to be, so that opening it says what is missing.
std::filesystem::path assets_dir();

/// The folder of the sample pictures, with what stands in them.
std::filesystem::path scenes_dir();
/// The file of the sample that `asked` names ("scene-1"). Empty: there is no such sample, or something here
/// is called so.
std::filesystem::path sample_path(const std::string& asked);
/// The folder of the inputs that many heads are asked about, and the name of a scene of its sheet
/// ("little-world-17"); nothing: `asked` is none. Counted from 0.
std::filesystem::path surveys_dir();
std::string sheet_scene_name(int index);
std::optional<int> sheet_scene(const std::string& asked);

/// What a model's name means everywhere: a folder, an installed model, one that is shipped (the checkpoints
/// of a training, for lessons); empty: the built-in model. A name of none is a folder that is not there.
std::filesystem::path model_path(const std::filesystem::path& asked);
/// The folder of a checkpoint that is shipped under that name; empty: none is.
std::filesystem::path checkpoint_path(const std::string& name);

/// What a picture's name means everywhere, on the command line, in the window and in sessions: a file of that
/// name, else a sample.
std::filesystem::path picture_path(const std::string& asked);

}  // namespace regard
