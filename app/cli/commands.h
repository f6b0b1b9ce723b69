// The table of commands: the program's list of them, its help and the tests are made from it.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string_view>

#include "core/base/result.h"

namespace regard::cli {

inline constexpr int kDone = 0;
inline constexpr int kBadInput = 1;
inline constexpr int kWrongUsage = 2;

/// What a command does once its options are read. Returns the exit status; an error is bad input.
using Action = std::function<Result<int>()>;

// Each in the file of its name: adds its options, which are read before the action runs.
Action add_attend(CLI::App& app);
Action add_look(CLI::App& app);
Action add_paint(CLI::App& app);
Action add_compare(CLI::App& app);
Action add_match(CLI::App& app);
Action add_heads(CLI::App& app);
Action add_ledger(CLI::App& app);
Action add_follow(CLI::App& app);
Action add_parse(CLI::App& app);
Action add_tokenize(CLI::App& app);
Action add_weigh(CLI::App& app);
Action add_lesson(CLI::App& app);
Action add_inspect(CLI::App& app);
Action add_shot(CLI::App& app);
Action add_bench(CLI::App& app);

struct Command {
  std::string_view name, help;
  Action (*add)(CLI::App& app);
};

inline constexpr Command kCommands[] = {
    {"attend", "Where each token of a prompt looks: runs a text model", add_attend},
    {"look", "Where each patch of a picture looks: runs a vision model", add_look},
    {"paint", "Draws a prompt with the diffusion transformer", add_paint},
    {"compare", "How far apart two prompts, readings, models or pictures read", add_compare},
    {"match", "How well each text fits a picture, by CLIP: JSON", add_match},
    {"heads", "What each head does, in numbers: for one input or many", add_heads},
    {"ledger", "What is read against what matters: every word, patch and head taken away once", add_ledger},
    {"follow", "One word of a prompt in the text, in a picture and in the drawing", add_follow},
    {"parse", "What the weights of a prompt mean: JSON of {text, weight}", add_parse},
    {"tokenize", "The tokens of a prompt: JSON of {id, token, start, end, weight}", add_tokenize},
    {"weigh", "What an image model is given for a prompt: vectors, weighed, as .npy", add_weigh},
    {"lesson", "Lessons: a list, a template for a new one, the table of what a class answered", add_lesson},
    {"inspect", "What a file or model folder is, and whether it is sound: JSON", add_inspect},
    {"shot", "A picture of the window, drawn without a screen", add_shot},
    {"bench", "Times itself on this machine, beside the measured limit", add_bench},
};

}  // namespace regard::cli
