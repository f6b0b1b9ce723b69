// The JSON header of a safetensors file, read straight into TensorInfo: no tree is built, so a hostile header
// costs no more memory than it has bytes. Private to core/formats.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/formats/safetensors.h"

namespace regard::safetensors_header {

struct Header {
  std::vector<TensorInfo> tensors;  // in the order of the header
  std::map<std::string, std::string> metadata;
};

/// @param json   the header's bytes, checked to be UTF-8
/// @param start  where they lie in the file, so that messages count bytes from its beginning
/// Errors: format. Thread: any. Cost: O(n log n). May throw std::bad_alloc.
Result<Header> read(std::string_view json, std::string_view label, std::size_t start,
                    const SafetensorsLimits& limits);

}  // namespace regard::safetensors_header
