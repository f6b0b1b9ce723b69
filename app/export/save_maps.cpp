#include "app/export/save_maps.h"

#include <utility>

#include "app/export/figure.h"

namespace regard {
namespace {

class TextMaps final : public Exportable {
 public:
  explicit TextMaps(const MapSet& maps) : maps_(maps) {}
  Result<std::string> json() const override { return maps_json(maps_); }
  Result<std::string> csv() const override { return maps_csv(maps_); }
  Result<NpyArray> array() const override { return maps_array(maps_); }
  Result<Drawing> figure(const Strings& strings, const FigureLook& look) const override {
    return attention_figure(maps_, strings, look);
  }
  NonFinite non_finite() const override { return non_finite_in(maps_); }

 private:
  const MapSet& maps_;
};

}  // namespace

std::shared_ptr<const Exportable> exportable(MapSet maps) { return owning<TextMaps>(std::move(maps)); }

Result<std::string> map_bytes(const MapSet& maps, std::string_view format, Language language,
                              NonFinite* non_finite, const FigureLook& look) {
  return map_bytes(TextMaps(maps), format, Strings::load(language), non_finite, look);
}

}  // namespace regard
