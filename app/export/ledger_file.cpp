#include "app/export/ledger_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "app/export/scatter_figure.h"
#include "app/views/ledger_plot.h"
#include "core/engine/ledger_pool.h"
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

Result<Drawing> LedgerFile::figure(const Strings& strings, const FigureLook& look) const {
  const ThemeColors& colors = look.inks();
  const ScatterPlot plot = ledger_plot(run_, ledger_, strings, colors, LedgerNumbers::kFile);
  ScatterWords words{.title = strings("ledger.figure")};
  for (const RemovalSum& sum : removal_sums(ledger_)) {
    if (sum.counted == 0) continue;
    std::string text = strings(removal_key(run_, sum.removal));
    text += strings.format("ledger.n", sum.counted);
    if (sum.rank) text += strings.format("ledger.rho", fmt::format("{:.2f}", *sum.rank));
    words.keys.push_back({removal_mark(sum.removal), colors.pins[removal_pin(sum.removal)], std::move(text)});
  }
  if (const auto* text = std::get_if<std::shared_ptr<const TextRun>>(&run_)) {
    words.caption.push_back((*text)->request.prompt);
  } else if (const auto* drawing = std::get_if<std::shared_ptr<const PaintRun>>(&run_)) {
    const PaintRequest& request = (*drawing)->request;
    words.caption.push_back(request.prompt +
                            strings.format("ledger.figure.drawing", request.seed, (*drawing)->steps));
  }
  words.caption.push_back(trace_of(run_).model);
  words.caption.emplace_back(strings("ledger.rho.tip"));
  constexpr const char* kNotes[] = {"ledger.figure.text", "ledger.figure.picture", "ledger.figure.drawn"};
  words.caption.emplace_back(strings(kNotes[run_.index()]));
  return scatter_figure(plot, words, look);
}

Result<TextPage> LedgerFile::page(const Strings& strings) const {
  REGARD_TRY(TextPage page, Exportable::page(strings));
  TextTable& table = page.tables.front();
  for (std::size_t i = 0; i < std::min(table.rows.size(), ledger_.entries.size()); ++i)
    table.rows[i].front() = strings(removal_key(run_, ledger_.entries[i].removal));
  return page;
}

NonFinite LedgerFile::non_finite() const {
  std::vector<float> numbers;
  for (const LedgerEntry& entry : ledger_.entries) {
    numbers.push_back(static_cast<float>(entry.attention));
    numbers.push_back(static_cast<float>(entry.effect.value_or(0.0)));
  }
  return count_non_finite(numbers);
}

std::string many_ledgers_json(const std::string& model, const std::string& of, const std::string& inputs,
                              const std::vector<Ledger>& ledgers) {
  const auto number = [](std::optional<double> value) {
    return value && std::isfinite(*value) ? Json(*value) : Json();
  };
  Json out{{"model", model}, {"of", of}, {"inputs", inputs}, {"prompts", ledgers.size()}};
  Json& correlations = out["correlations"] = Json::array();
  for (const PooledCorrelation& each : pooled_correlations(ledgers)) {
    correlations.push_back({{"removal", removal_name(each.removal)},
                            {"n", each.n},
                            {"pooled", number(each.pooled)},
                            {"ledgers", each.ledgers},
                            {"within", number(each.within)},
                            {"within_sd", number(each.within_sd)}});
  }
  const std::vector<MeanHead> heads = mean_heads(ledgers);
  Json list = Json::array();
  for (const MeanHead& head : heads) {
    list.push_back({{"layer", head.layer + 1},
                    {"head", head.head + 1},
                    {"n", head.n},
                    {"attention", number(head.attention)},
                    {"effect", number(head.effect)}});
  }
  out["heads"] = {
      {"n", heads.size()}, {"rank_correlation", number(rank_correlation(heads))}, {"heads", list}};
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace regard
