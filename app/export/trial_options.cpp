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

// "=1,4": where an activation comes from, when it is not its own place and layer.
std::string source_option(const RunEdit& edit, const Sequence& sequence, const Sequence& there) {
  const EditArguments told = arguments_of(edit);
  if (!told.from && !told.from_after) return {};
  const std::vector<int> here = positions_of(sequence, told.words.front());
  int from = told.from.value_or(-1);
  if (from < 0 && !here.empty())
    from = counterpart_positions(there, sequence)[static_cast<std::size_t>(here.front())];
  return fmt::format("={},{}", told.from_after.value_or(*told.after), place_option(there, place_at(from)));
}

std::string option_of(const RunEdit& edit, const Sequence& sequence, const Sequence* there) {
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
  if (there != nullptr) values += source_option(edit, sequence, *there);
  const std::string_view name = told.after ? "patch-at" : kind.also.empty() ? kind.name : kind.also;
  return fmt::format("--{} {}", name, values);
}

std::vector<std::string> options_of(std::span<const RunEdit> edits, const Sequence& sequence,
                                    const std::string& other, const Sequence* there) {
  std::vector<std::string> out;
  for (const RunEdit& edit : edits) {
    out.push_back(option_of(edit, sequence, there));
    if (std::holds_alternative<FreezeMaps>(edit.what)) out.back() += fmt::format(" \"{}\"", other);
  }
  const auto patches = [](const RunEdit& edit) { return std::holds_alternative<PatchState>(edit.what); };
  if (std::ranges::any_of(edits, patches)) out.push_back(fmt::format("--patch-from \"{}\"", other));
  return out;
}

}  // namespace

std::vector<std::string> trial_options(const TextRun& run) {
  const auto& from = run.request.from;
  return options_of(run.request.edits, run.trace.prompt, from ? from->request.prompt : std::string(),
                    from ? &from->trace.prompt : nullptr);
}

// A picture that was taken from has no name in its run.
std::vector<std::string> trial_options(const VisionRun& run) {
  const auto& from = run.request.from;
  return options_of(run.request.edits, run.trace.prompt, "...", from ? &from->trace.prompt : nullptr);
}

}  // namespace regard
