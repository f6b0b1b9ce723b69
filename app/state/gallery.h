// The gallery: prompts worth looking at, each with what to look at in it. Pure data and functions; the words
// are in assets/locale ("gallery.NAME" and what belongs to it), the pictures in assets/gallery (made by
// assets/gallery/make_gallery.py).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "app/state/state.h"

namespace regard {

/// What is tried on the words that an example is about.
enum class GalleryTrial { kNothing, kCut, kMute };

struct GalleryExample {
  // "gallery.mirror": title; .tip: what is to be seen; .prompt; .word: what it is about; .before: the prompt
  // that the drawing is compared with, when that is another.
  const char* key;
  const char* picture;  // file of assets/gallery, without .png; null: a scene of the comparison alone
  Workspace workspace;
  std::uint64_t seed = 1;                       // of a drawing
  GalleryTrial trial = GalleryTrial::kNothing;  // on .word
  bool has_before = false;
  Reading first = {Syntax::kA1111, Weighting::kAttention};  // of the prompt
  Reading other = {Syntax::kA1111, Weighting::kA1111};      // of the comparison
  int patch = -1;                                           // held; -1: the map of .word
  HeadSet maps = {};                                        // of a drawing; empty: the default ones
};

std::span<const GalleryExample> gallery();
/// Prompts worth comparing, each with both readings: "scene.NAME" and what belongs to it.
std::span<const GalleryExample> compare_scenes();
/// Of both, by the key without "gallery." or "scene."; null: there is none of that name.
const GalleryExample* find_gallery_example(std::string_view name);
std::string gallery_name(const GalleryExample& example);

/// `doc` with the example in it, in a language: prompt, pins, trials and what is looked at. What it does not
/// speak of (the picture of the image workspace) stays.
Document gallery_document(const GalleryExample& example, const Document& doc, const Language& language);

}  // namespace regard
