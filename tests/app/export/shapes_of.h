// The shapes of one kind in a drawing.
#pragma once

#include <variant>
#include <vector>

#include "app/export/drawing.h"

namespace regard {

template <class Shape>
std::vector<Shape> shapes_of(const Drawing& drawing) {
  std::vector<Shape> out;
  for (const auto& shape : drawing.shapes) {
    if (const auto* one = std::get_if<Shape>(&shape)) out.push_back(*one);
  }
  return out;
}

}  // namespace regard
