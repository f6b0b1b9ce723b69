// Where the parts of a model lie and what to call it: one folder, or a diffusers pipeline whose
// model_index.json names a folder a part. Source: huggingface/diffusers 0.38 pipelines/pipeline_utils.py.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace regard {

/// Whether `folder` is one: a wrong name is said before what would have to be inside. Errors: io.
Result<void> check_model_folder(const std::filesystem::path& folder);

/// The folder of a part: `folder` itself, or the one that model_index.json names under the first of `keys`
/// that it has. Errors: io, format (a name that leads out of the folder), unsupported (no such part).
Result<std::filesystem::path> part_of_model(const std::filesystem::path& folder,
                                            const std::vector<std::string>& keys);

/// "Little World" from the first line of the model card ("# Little World: ..."), else the folder's name.
std::string model_name(const std::filesystem::path& folder);

/// A model the person named: a path as it is; a bare name also among the installed models, `models_dir()` /
/// name, when nothing in the working folder is called so.
std::filesystem::path find_model(const std::filesystem::path& asked);

/// Where assets/models/get.py installs: $XDG_DATA_HOME/regard/models, else ~/.local/share/regard/models;
/// empty without a home.
std::filesystem::path models_dir();

}  // namespace regard
