#include "core/engine/metric_input.h"

#include <algorithm>

#include "core/engine/truth.h"

namespace regard {
namespace {

// The languages in which a word is of a kind.
std::vector<std::string> languages_of(const KnownWords& known, std::string_view word, std::string_view kind) {
  std::vector<std::string> out;
  for (const KnownWords::Group* group : known.groups_of(word)) {
    if (group->kind == kind) out.push_back(group->language);
  }
  return out;
}

bool share_one(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(a, [&](const std::string& one) { return std::ranges::find(b, one) != b.end(); });
}

}  // namespace

std::vector<NounAdjective> noun_adjective_pairs(const KnownWords& known, std::string_view prompt,
                                                const Sequence& sequence) {
  std::vector<NounAdjective> out;
  const auto languages = [&](const WordSpan& word, std::string_view kind) {
    if (word.start >= word.end || word.end > prompt.size()) return std::vector<std::string>();
    return languages_of(known, prompt.substr(word.start, word.end - word.start), kind);
  };
  for (std::size_t i = 0; i + 1 < sequence.words.size(); ++i) {
    const WordSpan &first = sequence.words[i], &second = sequence.words[i + 1];
    const bool noun_first = share_one(languages(first, "things"), languages(second, "colours")),
               noun_last = share_one(languages(first, "colours"), languages(second, "things"));
    if (!noun_first && !noun_last) continue;
    out.push_back(noun_first ? NounAdjective{first, second} : NounAdjective{second, first});
    ++i;
  }
  return out;
}

MetricInput metric_input(const TextRun& run) {
  MetricInput out{.trace = run.trace};
  if (run.request.model->words)
    out.pairs = noun_adjective_pairs(*run.request.model->words, run.request.prompt, run.trace.prompt);
  return out;
}

MetricInput metric_input(const VisionRun& run, const std::vector<SceneObject>& objects) {
  MetricInput out{.trace = run.trace};
  for (const SceneObject& object : objects) {
    if (object.reflection_of < 0 || object.reflection_of >= static_cast<int>(objects.size())) continue;
    out.reflection = tokens_of(object, run);
    out.object = tokens_of(objects[static_cast<std::size_t>(object.reflection_of)], run);
    break;
  }
  return out;
}

MetricInput metric_input(const PaintRun& run, const Segmenter::Reading* seen) {
  MetricInput out{.trace = run.trace};
  const auto& words = run.request.model->text->words;
  if (words) out.pairs = noun_adjective_pairs(*words, run.request.prompt, run.trace.prompt);
  const auto& segmenter = run.request.model->segmenter;
  if (seen == nullptr || segmenter == nullptr) return out;
  const MirrorPatches mirror = mirror_in(run, *segmenter, *seen);
  const std::vector<int> positions = run.trace.prompt.patches();
  for (const int patch : mirror.reflection)
    out.reflection.push_back(positions[static_cast<std::size_t>(patch)]);
  for (const int patch : mirror.object) out.object.push_back(positions[static_cast<std::size_t>(patch)]);
  return out;
}

}  // namespace regard
