#include "app/export/ledger_file.h"

#include <memory>
#include <variant>
#include <vector>

#include "core/formats/csv.h"
#include "core/formats/json.h"

namespace regard {
namespace {

const Trace& trace_of(const LedgerRun& run) {
  return std::visit([](const auto& each) -> const Trace& { return each->trace; }, run);
}

const Position* patch_of(const LedgerRun& run, const LedgerEntry& entry) {
  if (entry.patch < 0) return nullptr;
  return &trace_of(run).prompt.positions[static_cast<std::size_t>(entry.patch)];
}

Json entry_json(const LedgerRun& run, const LedgerEntry& entry) {
  Json out{{"removal", removal_name(entry.removal)}};
  if (entry.word_index >= 0) out["word"] = entry.word;
  if (const Position* patch = patch_of(run, entry)) {
    out["column"] = patch->column + 1;
    out["row"] = patch->row + 1;
  }
  if (entry.layer >= 0) {
    out["layer"] = entry.layer + 1;
    out["head"] = entry.head + 1;
  }
  out["attention"] = entry.attention;
  if (entry.effect) out["effect"] = *entry.effect;
  if (!entry.problem.empty()) out["problem"] = entry.problem;
  return out;
}

void optional_cell(CsvWriter& csv, bool there, int value) {
  if (there) {
    csv.cell(value);
  } else {
    csv.cell("");
  }
}

// What an effect is measured by.
std::string effect_measure(const LedgerRun& run) {
  return std::holds_alternative<std::shared_ptr<const PaintRun>>(run) ? "rms of pixels"
                                                                      : "1 - cosine of the embedding";
}

}  // namespace

Result<std::string> LedgerFile::json() const {
  constexpr const char* kKinds[] = {"text", "picture", "drawing"};
  Json out{{"model", trace_of(run_).model}, {"of", kKinds[run_.index()]}};
  if (const auto* text = std::get_if<std::shared_ptr<const TextRun>>(&run_))
    out["prompt"] = (*text)->request.prompt;
  if (const auto* drawing = std::get_if<std::shared_ptr<const PaintRun>>(&run_)) {
    out["prompt"] = (*drawing)->request.prompt;
    out["seed"] = (*drawing)->request.seed;
    out["steps"] = (*drawing)->steps;
  }
  out["effect"] = effect_measure(run_);
  Json& correlations = out["rank_correlation"] = Json::object();
  for (const Removal removal : {Removal::kCut, Removal::kMute, Removal::kOff}) {
    if (const auto rho = rank_correlation(ledger_, removal))
      correlations[std::string(removal_name(removal))] = *rho;
  }
  Json& entries = out["entries"] = Json::array();
  for (const LedgerEntry& entry : ledger_.entries) entries.push_back(entry_json(run_, entry));
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::string> LedgerFile::csv() const {
  CsvWriter csv;
  for (const char* name :
       {"removal", "word", "column", "row", "layer", "head", "attention", "effect", "problem"})
    csv.cell(name);
  csv.end_row();
  for (const LedgerEntry& entry : ledger_.entries) {
    const Position* patch = patch_of(run_, entry);
    csv.cell(removal_name(entry.removal));
    csv.cell(entry.word);
    optional_cell(csv, patch != nullptr, patch != nullptr ? patch->column + 1 : 0);
    optional_cell(csv, patch != nullptr, patch != nullptr ? patch->row + 1 : 0);
    optional_cell(csv, entry.layer >= 0, entry.layer + 1);
    optional_cell(csv, entry.head >= 0, entry.head + 1);
    csv.cell(entry.attention);
    if (entry.effect) {
      csv.cell(*entry.effect);
    } else {
      csv.cell("");
    }
    csv.cell(entry.problem);
    csv.end_row();
  }
  return csv.text();
}

NonFinite LedgerFile::non_finite() const {
  std::vector<float> numbers;
  for (const LedgerEntry& entry : ledger_.entries) {
    numbers.push_back(static_cast<float>(entry.attention));
    numbers.push_back(static_cast<float>(entry.effect.value_or(0.0)));
  }
  return count_non_finite(numbers);
}

}  // namespace regard
