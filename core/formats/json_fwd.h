// The name of a JSON value, for headers that pass one on and look at none: json.h costs 25,000 lines.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace regard {

using Json = nlohmann::ordered_json;  // members keep the order of the file

}  // namespace regard
