// A strip of one word's weights on its way out: the pictures side by side with their numbers, or the numbers.
#pragma once

#include <memory>
#include <string>

#include "app/export/formats.h"
#include "core/engine/weight_strip.h"

namespace regard {

class StripFile final : public Exportable {
 public:
  /// Expects a strip whose frames all have a picture or a problem. @param picture  what its drawing began
  /// with
  explicit StripFile(std::shared_ptr<const WeightStrip> strip, std::string picture = {})
      : strip_(std::move(strip)), picture_(std::move(picture)) {}
  /// {model, prompt, word, byte, own_weight, syntax, weighting, place, seed, steps, guidance, frames:
  /// [{weight, change, area, patches, vividness, problem}]}: `seed` is null when the noise was given,
  /// `change` at weight 1; area, patches and vividness are null where they are not known.
  Result<std::string> json() const override;
  /// word,weight,change,area,patches,vividness,problem
  Result<std::string> csv() const override;
  /// float32 [weights][3][height][width], as the model has them: in [-1, 1]. Errors: unsupported (a frame
  /// has no picture).
  Result<NpyArray> array() const override;
  /// In a row, each with its weight and its numbers below.
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override;
  Result<TextPage> page(const Strings& strings) const override;
  NonFinite non_finite() const override;

 private:
  std::shared_ptr<const WeightStrip> strip_;
  std::string picture_;
};

}  // namespace regard
