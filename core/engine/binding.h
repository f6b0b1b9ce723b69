// Binding accuracy: does CLIP know which colour belongs to which thing? And what each head is worth for it.
//
// A case is a scene of Little World with two things of different colours. It is right when the picture's
// embedding is closer (cosine) to that of the caption than to that of its twin, the same caption with the two
// colours exchanged. Accuracy: the share of cases that are right, in [0, 1]; chance is 0.5, since both texts
// name the same things and colours. What a head costs: accuracy of the whole model less accuracy without the
// head, in [-1, 1], above 0 when binding is worse without it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/text_model.h"
#include "core/engine/vision_model.h"
#include "core/formats/image.h"

namespace regard {

struct BindingCase {
  std::string caption, twin, language;  // language: "fr"
  std::shared_ptr<const Image> picture;
};

/// bindings.json and bindings.png of a folder (assets/surveys): of the 500 captions those with two things of
/// different colours. Errors: io, format.
Result<std::vector<BindingCase>> read_binding_cases(const std::filesystem::path& folder);

enum class ClipTower { kText, kPicture };

/// How far each case is right: cosine to the caption less cosine to the twin, in [-2, 2]; right above 0.
using BindingMargins = std::vector<double>;

/// A head that is switched off, as HeadOff has it: zero, or its mean over the rows.
struct WithoutHead {
  int layer = 0, head = 0;
  bool mean = false;
};

struct BindingStudy {
  ClipTower tower = ClipTower::kText;  // whose heads are switched off
  std::vector<std::string> languages;  // [cases]
  BindingMargins whole;                // [cases]
  struct Removal {
    WithoutHead off;
    BindingMargins margins;  // [cases]
  };
  std::vector<Removal> removals;  // by mean, layer, head
};

/// @param seen  is told after each removal how many are done, of how many; on the caller's thread
/// Errors: unsupported (towers that were not trained together), cancelled, those of a run. Thread: any. Cost:
/// of the built-in model's text tower, 190 cases and 32 removals, 12 000 passes (some 10 s on one core).
Result<BindingStudy> study_binding(const std::shared_ptr<const TextModel>& text,
                                   const std::shared_ptr<const VisionModel>& vision,
                                   std::span<const BindingCase> cases, ClipTower tower,
                                   const std::function<void(int done, int all)>& seen = {},
                                   std::stop_token stop = {});

/// A share of n cases, with its 95 % interval (Wilson's score interval).
struct Accuracy {
  int n = 0, right = 0;
  double share = 0, low = 0, high = 0;
};
/// Of the cases of a language; empty: of all. NaN without a case.
Accuracy accuracy_of(const BindingStudy& study, const BindingMargins& margins, std::string_view language);

/// What a removal costs, of the same cases with and without.
struct BindingCost {
  int n = 0;
  int lost = 0, won = 0;               // right with the head alone; right without it alone
  double cost = 0, low = 0, high = 0;  // (lost - won) / n and its 95 % interval (Bonett and Price 2012)
  double margin = 0;                   // mean of the margin with the head less that without
};
BindingCost cost_of(const BindingStudy& study, const BindingMargins& without, std::string_view language);

}  // namespace regard
