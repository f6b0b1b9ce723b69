// What each head is worth for binding, on its way out: a line for each removal and language.
#pragma once

#include <string>

#include "app/export/formats.h"
#include "core/engine/binding.h"

namespace regard {

/// Refers to the study, which must outlive it. Layers and heads from 1; language "all": of every language.
class BindingFile final : public Exportable {
 public:
  BindingFile(std::string model, const BindingStudy& study) : model_(std::move(model)), study_(study) {}
  /// {"model", "tower", "measure", "chance", "whole": [{language, n, right, accuracy, low, high}], "heads":
  /// [{layer, head, removal, language, n, lost, won, binding_cost, low, high, margin}]}
  Result<std::string> json() const override;
  /// layer,head,removal,language,n,lost,won,binding_cost,low,high,margin
  Result<std::string> csv() const override;
  Result<TextPage> page(const Strings& strings) const override;
  NonFinite non_finite() const override;

 private:
  std::string model_;
  const BindingStudy& study_;
};

}  // namespace regard
