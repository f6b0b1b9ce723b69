#include "app/export/context_json.h"

#include <fmt/format.h>

#include <functional>
#include <iterator>
#include <vector>

#include "app/export/json_parts.h"
#include "core/prompt/weighting.h"

namespace regard {
namespace {

std::string number_list(const std::vector<VectorChange>& changes,
                        const std::function<double(const VectorChange&)>& of) {
  std::vector<float> values;
  for (const VectorChange& change : changes) values.push_back(static_cast<float>(of(change)));
  std::string out;
  append_row(values, out);
  return out;
}

std::string place_json(const ContextPlace& place) {
  return fmt::format("{{\"tokens\":{},\n\"words\":{}}}", changes_json(place.tokens),
                     changes_json(place.words));
}

std::string tokens_json(const PaintText& text) {
  std::string out;
  for (std::size_t t = 0; t < text.tokens.size(); ++t) {
    const Token& token = text.tokens[t];
    fmt::format_to(std::back_inserter(out), "{}{{\"token\":{},\"name\":{},\"weight\":{}}}",
                   t == 0 ? "" : ",\n", t, json_text(token.readable()), token.weight);
  }
  return out;
}

std::string words_json(const PaintRun& run) {
  std::string out;
  for (const Word& word : run.prompt.words) {
    fmt::format_to(std::back_inserter(out), "{}{{\"name\":{},\"first\":{},\"last\":{},\"weight\":{}}}",
                   out.empty() ? "" : ",\n",
                   json_text(run.request.prompt.substr(word.start, word.end - word.start)), word.first_token,
                   word.last_token, word.weight);
  }
  return out;
}

}  // namespace

std::string changes_json(const std::vector<VectorChange>& changes) {
  return fmt::format("{{\"cosine\":{},\"length\":{},\"moved\":{}}}",
                     number_list(changes, [](const VectorChange& change) { return change.cosine; }),
                     number_list(changes, &length_ratio), number_list(changes, &moved));
}

std::string context_json(const PaintRun& run, const ContextChanges& changes) {
  const PaintRequest& request = run.request;
  std::string out = fmt::format("{{\"model\":{},\n\"weighting\":{},\n", json_text(request.model->name),
                                json_text(weighting_name(request.weighting)));
  if (acts_inside(request.weighting))
    fmt::format_to(std::back_inserter(out), "\"place\":\"{}\",\n", weight_place_name(request.place));
  fmt::format_to(std::back_inserter(out),
                 "\"step\":{},\n\"tokens\":[{}],\n\"words\":[{}],\n\"encoder\":{},\n"
                 "\"context_embedder\":{},\n\"blocks\":[",
                 changes.step + 1, tokens_json(run.prompt), words_json(run), place_json(changes.encoder),
                 place_json(changes.embedded));
  for (std::size_t layer = 0; layer < changes.before.size(); ++layer) {
    fmt::format_to(std::back_inserter(out), "{}{{\"block\":{},\n\"before\":{},\n\"after\":{}}}",
                   layer == 0 ? "" : ",\n", layer + 1, place_json(changes.before[layer]),
                   place_json(changes.after[layer]));
  }
  return out + "]}\n";
}

}  // namespace regard
