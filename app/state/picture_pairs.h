// Pairs of pictures worth setting beside each other. Data; the words are in assets/locale ("pair.NAME").
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "app/state/state.h"

namespace regard {

struct PairScene {
  const char* key;             // "pair.mirror": title; .tip: what is to be seen
  const char *first, *second;  // names of samples
  PicturePlace place;          // of the patch to begin with, in the first
};

std::span<const PairScene> picture_pairs();
/// By the key without "pair."; null: there is none of that name.
const PairScene* find_pair(std::string_view name);
std::string pair_name(const PairScene& scene);

}  // namespace regard
