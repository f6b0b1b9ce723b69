#include "app/export/binding_file.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/formats/csv.h"
#include "core/formats/json.h"

namespace regard {
namespace {

constexpr const char* kMeasure =
    "binding accuracy: share of scenes with two things of different colours whose picture is closer (cosine "
    "of "
    "the embeddings) to the caption than to the caption with the colours exchanged, 0 to 1; binding_cost: "
    "accuracy of the whole model less accuracy without the head, -1 to 1; low and high: 95 % (Wilson; Bonett "
    "and Price); margin: mean of (cosine to the caption less cosine to the twin), with the head less without";

Json json_number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

// "fr", "en", ...: in the order of the cases; then "", which is all.
std::vector<std::string> languages_of(const BindingStudy& study) {
  std::vector<std::string> out;
  for (const std::string& language : study.languages) {
    if (std::ranges::find(out, language) == out.end()) out.push_back(language);
  }
  out.emplace_back();
  return out;
}

std::string language_name(const std::string& language) { return language.empty() ? "all" : language; }

const char* removal_of(const WithoutHead& off) { return off.mean ? "mean" : "zero"; }

}  // namespace

Result<std::string> BindingFile::json() const {
  Json out{{"model", model_},
           {"tower", study_.tower == ClipTower::kText ? "text" : "picture"},
           {"measure", kMeasure},
           {"chance", 0.5}};
  Json& whole = out["whole"] = Json::array();
  const std::vector<std::string> languages = languages_of(study_);
  for (const std::string& language : languages) {
    const Accuracy of = accuracy_of(study_, study_.whole, language);
    whole.push_back({{"language", language_name(language)},
                     {"n", of.n},
                     {"right", of.right},
                     {"accuracy", json_number(of.share)},
                     {"low", json_number(of.low)},
                     {"high", json_number(of.high)}});
  }
  Json& heads = out["heads"] = Json::array();
  for (const BindingStudy::Removal& each : study_.removals) {
    for (const std::string& language : languages) {
      const BindingCost cost = cost_of(study_, each.margins, language);
      heads.push_back({{"layer", each.off.layer + 1},
                       {"head", each.off.head + 1},
                       {"removal", removal_of(each.off)},
                       {"language", language_name(language)},
                       {"n", cost.n},
                       {"lost", cost.lost},
                       {"won", cost.won},
                       {"binding_cost", json_number(cost.cost)},
                       {"low", json_number(cost.low)},
                       {"high", json_number(cost.high)},
                       {"margin", json_number(cost.margin)}});
    }
  }
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::string> BindingFile::csv() const {
  CsvWriter csv;
  for (const char* name :
       {"layer", "head", "removal", "language", "n", "lost", "won", "binding_cost", "low", "high", "margin"})
    csv.cell(name);
  csv.end_row();
  for (const BindingStudy::Removal& each : study_.removals) {
    for (const std::string& language : languages_of(study_)) {
      const BindingCost cost = cost_of(study_, each.margins, language);
      for (const int count : {each.off.layer + 1, each.off.head + 1}) csv.cell(count);
      csv.cell(removal_of(each.off));
      csv.cell(language_name(language));
      for (const int count : {cost.n, cost.lost, cost.won}) csv.cell(count);
      for (const double value : {cost.cost, cost.low, cost.high, cost.margin}) csv.cell(value);
      csv.end_row();
    }
  }
  return csv.text();
}

Result<TextPage> BindingFile::page(const Strings& strings) const {
  REGARD_TRY(const std::string table, csv());
  TextPage page{.title = strings("page.binding"),
                .paragraphs = {strings("page.binding.note"), model_},
                .tables = {table_of_csv(table, strings)}};
  page.tables.front().caption = page.title;
  return page;
}

NonFinite BindingFile::non_finite() const {
  std::vector<float> numbers;
  for (const double margin : study_.whole) numbers.push_back(static_cast<float>(margin));
  for (const BindingStudy::Removal& each : study_.removals) {
    for (const double margin : each.margins) numbers.push_back(static_cast<float>(margin));
  }
  return count_non_finite(numbers);
}

}  // namespace regard
