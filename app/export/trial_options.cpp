#include "app/export/trial_options.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <variant>

#include <fmt/format.h>

#include "core/engine/interventions.h"

namespace regard {
namespace {

// "chat", "3,5", "cls": a place as the command line takes it.
std::string place_option(const Sequence& sequence, const PromptWord& place) {
  if (place.kind == PromptWord::Kind::kStart) return ":start";
  if (place.kind == PromptWord::Kind::kEnd) return ":end";
  const std::vector<int> positions = positions_of(sequence, place);
  if (positions.empty()) return "?";
  const Position& first = sequence.positions[static_cast<std::size_t>(positions.front())];
  if (first.kind == Position::Kind::kPatch) return fmt::format("{},{}", first.column + 1, first.row + 1);
  if (sequence.image() == nullptr && place.kind == PromptWord::Kind::kPosition)
    return std::to_string(positions.front() + 1);
  std::string out;
  for (const int position : positions) out += sequence.positions[static_cast<std::size_t>(position)].label;
  if (first.kind == Position::Kind::kSpecial)
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string option_of(const RunEdit& edit, const Sequence& sequence) {
  const InterventionKind& kind = kind_of(edit);
  const EditArguments told = arguments_of(edit);
  if (std::holds_alternative<FreezeMaps>(edit.what)) return "--freeze-from";
  std::string values;
  const auto add = [&values](const std::string& value) { values += (values.empty() ? "" : ",") + value; };
  if (told.after) add(std::to_string(*told.after));
  for (const PromptWord& word : told.words) add(place_option(sequence, word));
  if (told.block) add(std::to_string(*told.block + 1));
  if (told.head) add(std::to_string(*told.head + 1));
  if (told.mean.value_or(false)) add("mean");
  const std::string_view name = told.after ? "patch-at" : kind.also.empty() ? kind.name : kind.also;
  return fmt::format("--{} {}", name, values);
}

std::vector<std::string> options_of(std::span<const RunEdit> edits, const Sequence& sequence,
                                    const std::string& other) {
  std::vector<std::string> out;
  for (const RunEdit& edit : edits) {
    out.push_back(option_of(edit, sequence));
    if (std::holds_alternative<FreezeMaps>(edit.what)) out.back() += fmt::format(" \"{}\"", other);
  }
  const auto patches = [](const RunEdit& edit) { return std::holds_alternative<PatchState>(edit.what); };
  if (std::ranges::any_of(edits, patches)) out.push_back(fmt::format("--patch-from \"{}\"", other));
  return out;
}

}  // namespace

std::vector<std::string> trial_options(const TextRun& run) {
  const auto& from = run.request.from;
  return options_of(run.request.edits, run.trace.prompt, from ? from->request.prompt : std::string());
}

// A picture that was taken from has no name in its run.
std::vector<std::string> trial_options(const VisionRun& run) {
  return options_of(run.request.edits, run.trace.prompt, "...");
}

}  // namespace regard
