#include "core/engine/follow.h"

#include <algorithm>
#include <utility>

#include "core/analysis/arrange.h"
#include "core/engine/interventions.h"
#include "core/engine/match.h"
#include "core/prompt/grammar.h"

namespace regard {
namespace {

PromptWord word_at(std::size_t byte) { return {PromptWord::Kind::kWord, byte}; }

ThoughtMap over_patches(RowVector values, int rows, int columns) {
  ThoughtMap out{.rows = rows, .columns = columns, .values = std::move(values)};
  Eigen::Index largest = 0;
  out.values.maxCoeff(&largest);
  out.largest = static_cast<int>(largest);
  return out;
}

Result<std::vector<ThoughtLink>> links(const TextRun& run, MapQuery query, Direction direction) {
  query.direction = direction;
  REGARD_TRY(const Map map, evaluate(run.trace, query));
  const Sequence& sequence = run.trace.prompt;
  std::vector<ThoughtLink> out;
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    const int first = map.columns[i];
    const Position& position = sequence.positions[static_cast<std::size_t>(first)];
    out.push_back({.label = label_of(sequence, {first, last_of_word(sequence, first)}),
                   .position = first,
                   .special = position.kind == Position::Kind::kSpecial,
                   .share = map.values(0, static_cast<Eigen::Index>(i))});
  }
  return out;
}

Result<TextStation> in_text(const FollowRequest& request) {
  const TextRun& run = *request.text;
  MapQuery query{.lens = request.reading.lens, .heads = request.reading.heads};
  query.subject = positions_of(run.trace.prompt, word_at(request.byte));
  query.specials = request.reading.specials;
  query.words = true;
  if (query.subject.empty()) {
    return fail(ErrorCode::kShape, "word: expected one of chunk {} of the prompt, got byte {}", run.chunk + 1,
                request.byte);
  }
  TextStation out;
  REGARD_TRY(out.reads, links(run, query, Direction::kReads));
  REGARD_TRY(out.read_by, links(run, query, Direction::kReadBy));
  return out;
}

Result<PictureStation> in_picture(const FollowRequest& request, const WordLeftOut& texts,
                                  std::stop_token stop) {
  const VisionRun& picture = *request.picture;
  std::vector<std::string> asked = {texts.with};
  if (!texts.without.empty()) asked.push_back(texts.without);
  REGARD_TRY(const auto matches, match_texts(picture, *request.text->request.model, asked, stop));
  PictureStation out{.texts = texts, .cosine = matches.front().cosine};
  RowVector direction = matches.front().embedding;
  if (matches.size() > 1) {
    out.cosine_without = matches.back().cosine;
    direction = embedding_beyond(direction, matches.back().embedding);
  }
  MapQuery query{.lens = request.relevance, .subject = {0}, .over = Over::kImage, .caption = texts.with};
  query.caption_less = texts.without;
  REGARD_TRY(const Map map, evaluate(picture.trace, query, lens_context(picture, direction, stop)));
  out.map = over_patches(map.values.row(0), picture.output.rows, picture.output.columns);
  return out;
}

Result<DrawingStation> in_drawing(const FollowRequest& request) {
  const PaintRun& run = *request.drawing;
  if (run.request.prompt != request.text->request.prompt)
    return fail(ErrorCode::kUnsupported, "drawing: expected one of this prompt, got one of another");
  MapQuery query{.heads = request.drawn.heads,
                 .steps = request.drawn.steps,
                 .subject = positions_of(run.trace.prompt, word_at(request.byte)),
                 .direction = Direction::kReadBy,
                 .over = Over::kImage};
  query.specials = request.drawn.specials;
  query.words = true;
  if (query.subject.empty())
    return fail(ErrorCode::kShape, "drawing: expected one that reads the word, got one without it");
  REGARD_TRY(const Map map, evaluate(run.trace, query));
  return DrawingStation{.share = map.values.row(0).mean(),
                        .map = over_patches(map.values.row(0), run.rows, run.columns)};
}

// A station, or why there is none of it.
template <class Station>
void take(Result<Station> found, std::optional<Station>& station, std::string& problem) {
  if (found) {
    station = std::move(*found);
  } else {
    problem = found.error().message;
  }
}

}  // namespace

Result<WordLeftOut> leave_word_out(const TextModel& model, std::string_view prompt, Syntax syntax,
                                   std::size_t byte) {
  const std::vector<Word> words = tokenize_whole_prompt(model, prompt, syntax).words;
  const auto word = std::ranges::find_if(words, [&](const Word& each) { return each.holds(byte); });
  if (word == words.end())
    return fail(ErrorCode::kShape, "word: expected a byte of a word of the prompt, got {}", byte);
  WordLeftOut out{.word = std::string(prompt.substr(word->start, word->end - word->start)),
                  .with = without_weights(syntax, prompt)};
  const std::vector<Word> plain = tokenize_whole_prompt(model, out.with, syntax).words;
  if (plain.size() != words.size()) {
    return fail(ErrorCode::kShape, "prompt: expected the same {} words without its weights, got {}",
                words.size(), plain.size());
  }
  const Word& left_out = plain[static_cast<std::size_t>(word - words.begin())];
  std::size_t start = left_out.start, end = left_out.end;
  if (start > 0 && out.with[start - 1] == ' ') {
    --start;
  } else if (end < out.with.size() && out.with[end] == ' ') {
    ++end;
  }
  if (words.size() > 1) out.without = out.with.substr(0, start) + out.with.substr(end);
  return out;
}

RowVector embedding_beyond(const RowVector& text, const RowVector& less) {
  return RowVector(text / text.norm() - less / less.norm());
}

Result<Thought> follow_word(const FollowRequest& request, std::stop_token stop) {
  const TextRequest& asked = request.text->request;
  REGARD_TRY(const WordLeftOut texts, leave_word_out(*asked.model, asked.prompt, asked.syntax, request.byte));
  Thought out{.word = texts.word};
  REGARD_TRY(out.text, in_text(request));
  if (request.picture) take(in_picture(request, texts, stop), out.picture, out.picture_problem);
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "follow: cancelled");
  if (request.drawing) take(in_drawing(request), out.drawing, out.drawing_problem);
  return out;
}

}  // namespace regard
