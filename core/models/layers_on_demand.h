// The layers of a checkpoint's files.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/base/result.h"
#include "core/models/layer_list.h"
#include "core/models/tensor_files.h"

namespace regard {

/// The layers of a checkpoint, each read when it is needed. That all their tensors are there, in their shapes
/// and of a type that can be read, is seen to now; `in` says what is wrong.
/// @param files  what `in` reads
/// @param read   one layer, counted from 0, by its tensors' names
template <class Layer>
LayerList<Layer> layers_on_demand(SharedFiles files, TensorReader& in, int count,
                                  std::function<Layer(TensorReader& in, int layer)> read) {
  in.look_only(true);
  for (int i = 0; i < count && !in.failed(); ++i) (void)read(in, i);
  in.look_only(false);
  auto reader = std::make_shared<TensorReader>(*files);
  return LayerList<Layer>(
      count, [files = std::move(files), reader, read = std::move(read)](int layer) -> Result<Layer> {
        Layer out = read(*reader, layer);
        if (reader->failed()) return std::unexpected(reader->take_error());
        return out;
      });
}

}  // namespace regard
