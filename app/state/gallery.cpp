#include "app/state/gallery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "app/i18n/strings.h"

namespace regard {
namespace {

// Seeds whose drawings show it at first sight: looked at.
const std::vector<GalleryExample>& examples() {
  static const std::vector<GalleryExample> all{
      {.key = "gallery.bound", .picture = "bound", .workspace = Workspace::kText},
      {.key = "gallery.weight", .picture = "weight", .workspace = Workspace::kCompare},
      {.key = "gallery.grammar",
       .picture = "grammar",
       .workspace = Workspace::kCompare,
       .other = {Syntax::kComfyUI, Weighting::kAttention}},
      {.key = "gallery.mirror", .picture = "mirror", .workspace = Workspace::kPainting, .seed = 8},
      {.key = "gallery.rider", .picture = "rider", .workspace = Workspace::kPainting, .seed = 8},
      {.key = "gallery.swapped",
       .picture = "swapped",
       .workspace = Workspace::kPainting,
       .seed = 8,
       .has_before = true},
      {.key = "gallery.faint", .picture = "faint", .workspace = Workspace::kPainting, .seed = 8},
      {.key = "gallery.cut",
       .picture = "cut",
       .workspace = Workspace::kPainting,
       .seed = 8,
       .trial = GalleryTrial::kCut},
      {.key = "gallery.mute",
       .picture = "mute",
       .workspace = Workspace::kPainting,
       .seed = 4,
       .trial = GalleryTrial::kMute},
  };
  return all;
}

constexpr Reading kIgnored{Syntax::kA1111, Weighting::kNone},
    kOnScores{Syntax::kA1111, Weighting::kAttention};

GalleryExample scene(const char* key, Reading first, Reading other) {
  return {.key = key, .picture = nullptr, .workspace = Workspace::kCompare, .first = first, .other = other};
}

const std::vector<GalleryExample>& scenes() {
  static const std::vector<GalleryExample> all{
      scene("scene.up", kIgnored, kOnScores),
      scene("scene.down", kIgnored, kOnScores),
      scene("scene.programs", {Syntax::kA1111, Weighting::kA1111}, {Syntax::kComfyUI, Weighting::kComfyUI}),
      scene("scene.nested", kOnScores, {Syntax::kComfyUI, Weighting::kAttention}),
      scene("scene.signs", kOnScores, {Syntax::kCompel, Weighting::kAttention}),
      scene("scene.negative", kIgnored, {Syntax::kA1111, Weighting::kA1111}),
  };
  return all;
}

std::vector<PaintEdit> edits_of(GalleryTrial trial, const PromptWord& word) {
  switch (trial) {
    case GalleryTrial::kNothing:
      break;
    case GalleryTrial::kCut:
      return {{.what = CutWord{word}}};
    case GalleryTrial::kMute:
      return {{.what = MuteWord{word}}};
  }
  return {};
}

}  // namespace

std::span<const GalleryExample> gallery() { return examples(); }
std::span<const GalleryExample> compare_scenes() { return scenes(); }

std::string gallery_name(const GalleryExample& example) {
  const std::string_view key = example.key;
  return std::string(key.substr(key.find('.') + 1));
}

const GalleryExample* find_gallery_example(std::string_view name) {
  for (const std::vector<GalleryExample>* all : {&examples(), &scenes()}) {
    const auto found = std::ranges::find(*all, name, gallery_name);
    if (found != all->end()) return &*found;
  }
  return nullptr;
}

Document gallery_document(const GalleryExample& example, const Document& doc, const Language& language) {
  const Strings tr = Strings::load(language);
  const auto text = [&](const char* what) { return std::string(tr(std::string(example.key) + what)); };
  Document out = doc;
  out.prompt = text(".prompt");
  const std::size_t at = out.prompt.find(text(".word"));
  const PromptWord word{PromptWord::Kind::kWord, at == std::string::npos ? 0 : at};
  out.syntax = example.first.syntax;
  out.weighting = example.first.weighting;
  out.normalisation = TokenNormalisation::kNone;
  out.chunk_rule.reset();
  out.chunk = 0;
  out.other = example.other;
  out.other_prompt.reset();
  out.edits.clear();
  out.pins = {{Pin::Kind::kText, word.byte}};
  out.paint = {};
  out.paint.seed = example.seed;
  out.paint.edits = edits_of(example.trial, word);
  out.paint.word = word;
  out.paint.patch = example.patch;
  out.paint.maps = example.maps;
  if (example.has_before) out.paint.before = text(".before");
  return out;
}

}  // namespace regard
