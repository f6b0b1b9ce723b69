#include "core/engine/binding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/engine/match.h"
#include "core/engine/text_run.h"
#include "core/engine/vision_run.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

constexpr double kZ = 1.959963984540054;  // of 95 %

struct CaseVectors {
  RowVector caption, twin, picture;
};

double margin_of(const CaseVectors& vectors) {
  return static_cast<double>(cosine_of(vectors.picture, vectors.caption)) -
         static_cast<double>(cosine_of(vectors.picture, vectors.twin));
}

std::vector<RunEdit> edits_of(const std::optional<WithoutHead>& off) {
  if (!off) return {};
  return {RunEdit{.what = HeadOff{off->layer, off->head, off->mean}}};
}

// Both towers over the cases, with a head off in one of them.
class Towers {
 public:
  Towers(std::shared_ptr<const TextModel> text, std::shared_ptr<const VisionModel> vision)
      : text_(std::move(text)), vision_(std::move(vision)) {}

  Result<RowVector> text(const std::string& words, const std::optional<WithoutHead>& off,
                         std::stop_token stop) const {
    REGARD_TRY(
        const auto run,
        run_text({.model = text_, .prompt = words, .weighting = Weighting::kNone, .edits = edits_of(off)},
                 std::move(stop)));
    return checked(run->output.embedding, text_->name);
  }

  Result<RowVector> picture(const BindingCase& one, const std::optional<WithoutHead>& off,
                            std::stop_token stop) const {
    REGARD_TRY(const auto run,
               run_vision({.model = vision_, .image = one.picture, .edits = edits_of(off)}, std::move(stop)));
    return checked(run->output.embedding, vision_->name);
  }

 private:
  static Result<RowVector> checked(const RowVector& embedding, const std::string& model) {
    if (embedding.size() > 0) return embedding;
    return fail(ErrorCode::kUnsupported,
                "{}: expected a CLIP, which compares texts with pictures, got another model", model);
  }

  std::shared_ptr<const TextModel> text_;
  std::shared_ptr<const VisionModel> vision_;
};

Result<void> fill(const Towers& towers, std::span<const BindingCase> cases, ClipTower tower,
                  const std::optional<WithoutHead>& off, std::vector<CaseVectors>& vectors,
                  const std::stop_token& stop) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (tower == ClipTower::kText) {
      REGARD_TRY(vectors[i].caption, towers.text(cases[i].caption, off, stop));
      REGARD_TRY(vectors[i].twin, towers.text(cases[i].twin, off, stop));
    } else {
      REGARD_TRY(vectors[i].picture, towers.picture(cases[i], off, stop));
    }
  }
  return {};
}

BindingMargins margins_of(const std::vector<CaseVectors>& vectors) {
  BindingMargins out;
  for (const CaseVectors& each : vectors) out.push_back(margin_of(each));
  return out;
}

std::vector<WithoutHead> heads_of(int layers, int heads) {
  std::vector<WithoutHead> out;
  for (const bool mean : {false, true}) {
    for (int layer = 0; layer < layers; ++layer) {
      for (int head = 0; head < heads; ++head) out.push_back({layer, head, mean});
    }
  }
  return out;
}

bool counts(const BindingStudy& study, std::size_t i, std::string_view language) {
  return language.empty() || study.languages[i] == language;
}

Image tile_of(const Image& sheet, int index, int columns, int side) {
  Image out{.width = side, .height = side, .rgb = {}, .kind = sheet.kind};
  for (int y = 0; y < side; ++y) {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(index / columns) * side + y;
    const std::ptrdiff_t start =
        3 * (row * sheet.width + static_cast<std::ptrdiff_t>(index % columns) * side);
    out.rgb.insert(out.rgb.end(), sheet.rgb.begin() + start,
                   sheet.rgb.begin() + start + std::ptrdiff_t{3} * side);
  }
  return out;
}

}  // namespace

Result<std::vector<BindingCase>> read_binding_cases(const std::filesystem::path& folder) {
  constexpr int kColumns = 20;
  REGARD_TRY(const Json told, read_json(folder / "bindings.json"));
  REGARD_TRY(const Image sheet, read_image(folder / "bindings.png"));
  const std::string name = printable((folder / "bindings.json").string(), 4096);
  const int side = sheet.width / kColumns;
  if (!told.is_array() || told.empty()) return fail(ErrorCode::kFormat, "{}: expected a list of cases", name);
  if (side == 0 || sheet.height / side < (std::ssize(told) + kColumns - 1) / kColumns)
    return fail(ErrorCode::kFormat, "{}: expected {} scenes in bindings.png, got fewer", name, told.size());
  std::vector<BindingCase> out;
  for (const Json& one : told) {
    BindingCase each;
    for (const auto& [key, text] : {std::pair("caption", &each.caption), std::pair("twin", &each.twin),
                                    std::pair("lang", &each.language)}) {
      const auto found = one.find(key);
      if (!one.is_object() || found == one.end() || !found->is_string())
        return fail(ErrorCode::kFormat, "{}: case {}: {}: expected a text", name, out.size() + 1, key);
      *text = found->get<std::string>();
    }
    each.picture =
        std::make_shared<const Image>(tile_of(sheet, static_cast<int>(out.size()), kColumns, side));
    out.push_back(std::move(each));
  }
  return out;
}

Result<BindingStudy> study_binding(const std::shared_ptr<const TextModel>& text,
                                   const std::shared_ptr<const VisionModel>& vision,
                                   std::span<const BindingCase> cases, ClipTower tower,
                                   const std::function<void(int done, int all)>& seen, std::stop_token stop) {
  const Towers towers(text, vision);
  BindingStudy out{.tower = tower, .languages = {}, .whole = {}, .removals = {}};
  std::vector<CaseVectors> vectors(cases.size());
  REGARD_TRY_DO(fill(towers, cases, ClipTower::kText, {}, vectors, stop));
  REGARD_TRY_DO(fill(towers, cases, ClipTower::kPicture, {}, vectors, stop));
  if (!cases.empty() && vectors.front().caption.size() != vectors.front().picture.size()) {
    return fail(ErrorCode::kUnsupported,
                "{} and {}: expected towers that were trained together, got embeddings of {} and {} numbers",
                text->name, vision->name, vectors.front().caption.size(), vectors.front().picture.size());
  }
  for (const BindingCase& one : cases) out.languages.push_back(one.language);
  out.whole = margins_of(vectors);
  const bool of_text = tower == ClipTower::kText;
  const auto list = of_text ? heads_of(text->encoder.config().layers, text->encoder.config().heads)
                            : heads_of(vision->encoder.config().layers, vision->encoder.config().heads);
  for (const WithoutHead& off : list) {
    std::vector<CaseVectors> without = vectors;
    REGARD_TRY_DO(fill(towers, cases, tower, off, without, stop));
    out.removals.push_back({off, margins_of(without)});
    if (seen) seen(static_cast<int>(out.removals.size()), static_cast<int>(list.size()));
  }
  return out;
}

Accuracy accuracy_of(const BindingStudy& study, const BindingMargins& margins, std::string_view language) {
  Accuracy out;
  for (std::size_t i = 0; i < margins.size(); ++i) {
    if (!counts(study, i, language)) continue;
    ++out.n;
    out.right += margins[i] > 0.0 ? 1 : 0;
  }
  if (out.n == 0) {
    out.share = out.low = out.high = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  const double n = out.n, share = out.right / n, z2 = kZ * kZ;
  const double middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kZ / (1 + z2 / n) * std::sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  out.share = share;
  out.low = std::max(0.0, middle - half);
  out.high = std::min(1.0, middle + half);
  return out;
}

BindingCost cost_of(const BindingStudy& study, const BindingMargins& without, std::string_view language) {
  BindingCost out;
  for (std::size_t i = 0; i < without.size(); ++i) {
    if (!counts(study, i, language)) continue;
    const bool with_head = study.whole[i] > 0.0, without_head = without[i] > 0.0;
    ++out.n;
    out.lost += with_head && !without_head ? 1 : 0;
    out.won += !with_head && without_head ? 1 : 0;
    out.margin += study.whole[i] - without[i];
  }
  if (out.n == 0) {
    out.cost = out.low = out.high = out.margin = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  out.margin /= out.n;
  out.cost = static_cast<double>(out.lost - out.won) / out.n;
  // Their interval adds a case to each of the two counts that differ: it has a width without any, too.
  const double n = out.n + 2.0, lost = (out.lost + 1.0) / n, won = (out.won + 1.0) / n,
               difference = lost - won;
  const double half = kZ * std::sqrt((lost + won - difference * difference) / n);
  out.low = std::max(-1.0, difference - half);
  out.high = std::min(1.0, difference + half);
  return out;
}

}  // namespace regard
