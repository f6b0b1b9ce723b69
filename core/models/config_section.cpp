#include "core/models/config_section.h"

#include <cstdint>
#include <utility>

#include "core/formats/utf8.h"

namespace regard {

const Json* Section::find(std::string_view key) const {
  if (object == nullptr) return nullptr;
  const auto it = object->find(std::string(key));
  return it == object->end() ? nullptr : &*it;
}

std::string shown(const Json& value) {
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace), 60);
}

Result<void> get_int(const Section& in, std::string_view key, int low, int high, int& out) {
  const Json* value = in.find(key);
  if (value == nullptr) return {};
  // A number above int64 is kept unsigned; read as unsigned it compares right.
  const bool fits = value->is_number_unsigned()
                        ? value->get<std::uint64_t>() <= static_cast<std::uint64_t>(high)
                        : value->is_number_integer() && value->get<std::int64_t>() <= high;
  if (!fits || value->get<std::int64_t>() < low) {
    return fail(ErrorCode::kFormat, "{}{}: expected a whole number from {} to {}, got {}", in.where, key, low,
                high, shown(*value));
  }
  out = value->get<int>();
  return {};
}

Result<void> get_positive(const Section& in, std::string_view key, double high, double& out) {
  const Json* value = in.find(key);
  if (value == nullptr) return {};
  const double number = value->is_number() ? value->get<double>() : 0.0;
  if (!(number > 0.0 && number <= high)) {
    return fail(ErrorCode::kFormat, "{}{}: expected a number above 0 and up to {}, got {}", in.where, key,
                high, shown(*value));
  }
  out = number;
  return {};
}

Result<void> get_bool(const Section& in, std::string_view key, bool& out) {
  const Json* value = in.find(key);
  if (value == nullptr) return {};
  if (!value->is_boolean()) {
    return fail(ErrorCode::kFormat, "{}{}: expected true or false, got {}", in.where, key, shown(*value));
  }
  out = value->get<bool>();
  return {};
}

Result<Section> get_section(const Section& in, std::string_view key) {
  const Json* value = in.find(key);
  if (value == nullptr || value->is_null()) return Section{nullptr, fmt::format("{}{}.", in.where, key)};
  if (!value->is_object()) {
    return fail(ErrorCode::kFormat, "{}{}: expected an object, got {}", in.where, key, shown(*value));
  }
  return Section{value, fmt::format("{}{}.", in.where, key)};
}

Result<void> get_activation(const Section& in, Activation& out) {
  const Json* value = in.find("hidden_act");
  if (value == nullptr) return {};
  if (*value == "quick_gelu") {
    out = Activation::kQuickGelu;
  } else if (*value == "gelu") {
    out = Activation::kGelu;
  } else {
    return fail(ErrorCode::kUnsupported, "{}hidden_act: expected \"quick_gelu\" or \"gelu\", got {}",
                in.where, shown(*value));
  }
  return {};
}

Result<void> check_heads(const Section& in, std::string_view width_key, int width, std::string_view heads_key,
                         int heads) {
  if (width % heads == 0) return {};
  return fail(ErrorCode::kFormat, "{}{}: expected a multiple of {} ({}), got {}", in.where, width_key,
              heads_key, heads, width);
}

}  // namespace regard
