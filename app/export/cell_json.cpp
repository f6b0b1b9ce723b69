#include "app/export/cell_json.h"

#include <fmt/format.h>

#include <iterator>
#include <span>
#include <vector>

#include "app/export/context_json.h"
#include "app/export/json_parts.h"

namespace regard {
namespace {

// "name":value, a line each.
class Lines {
 public:
  void text(const char* name, std::string_view value) { add(name, json_text(value)); }
  void number(const char* name, float value) {
    std::string out;
    append_row({&value, 1}, out);
    add(name, out.substr(1, out.size() - 2));
  }
  void whole(const char* name, int value) { add(name, std::to_string(value)); }
  void flag(const char* name, bool value) { add(name, value ? "true" : "false"); }
  void row(const char* name, const RowVector& values) {
    if (values.size() > 0)
      row(name, std::span<const float>(values.data(), static_cast<std::size_t>(values.size())));
  }
  void row(const char* name, std::span<const float> values) {
    std::string out;
    append_row(values, out);
    add(name, out);
  }
  void object(const char* name, const Lines& inner) { add(name, inner.closed("")); }
  void json(const char* name, const std::string& value) { add(name, value); }
  std::string closed(const char* end) const { return "{" + text_ + "}" + end; }

 private:
  void add(const char* name, const std::string& value) {
    fmt::format_to(std::back_inserter(text_), "{}\"{}\":{}", text_.empty() ? "" : ",\n", name, value);
  }
  std::string text_;
};

Lines position_lines(const Sequence& sequence, int at) {
  Lines out;
  out.whole("position", at);
  out.text("name", position_name(sequence.positions[static_cast<std::size_t>(at)]));
  return out;
}

std::string tokens_json(const Sequence& sequence, const PositionGroup& group) {
  std::string out;
  for (int at = group.first; at <= group.last; ++at)
    out += (out.empty() ? "" : ",") + position_lines(sequence, at).closed("");
  return "[" + out + "]";
}

// How the numbers of the tokens become that of the word; the stages are those of one pair of them.
Lines word_lines(const Sequence& sequence, const WordCell& word) {
  std::string shares;
  for (Eigen::Index i = 0; i < word.shares.rows(); ++i) {
    if (i > 0) shares += ',';
    append_row({&word.shares(i, 0), static_cast<std::size_t>(word.shares.cols())}, shares);
  }
  Lines out;
  out.json("queries", tokens_json(sequence, word.queries));
  out.json("keys", tokens_json(sequence, word.keys));
  out.json("shares", "[" + shares + "]");
  if ((word.left.array() != 1.0f).any())
    out.row("left", std::span<const float>(word.left.data(), static_cast<std::size_t>(word.left.size())));
  out.row("sums", std::span<const float>(word.sums.data(), static_cast<std::size_t>(word.sums.size())));
  out.number("attention", word.value);
  return out;
}

Lines shape_lines(const CellCalculation& cell) {
  Lines out;
  out.whole("head_width", static_cast<int>(cell.q.size()));
  out.whole("keys", static_cast<int>(cell.attention.size()));
  if (cell.written.size() > 0) out.whole("width", static_cast<int>(cell.written.size()));
  return out;
}

Lines length_lines(const CellCalculation& cell) {
  Lines out;
  out.number("v", cell.value.norm());
  out.number("weighted", cell.weighted.norm());
  out.number("output", cell.passed.norm());
  if (cell.written.size() == 0) return out;
  out.number("key_written", cell.key_written.norm());
  out.number("written", cell.written.norm());
  out.number("added", cell.added.norm());
  if (cell.stream.size() > 0) out.number("stream", cell.stream.norm());
  return out;
}

Lines cosine_lines(const CellCalculation& cell) {
  Lines out;
  out.number("key_written_with_written", cosine_between(cell.key_written, cell.written));
  out.number("written_with_added", cosine_between(cell.written, cell.added));
  if (cell.stream.size() > 0) out.number("written_with_stream", cosine_between(cell.written, cell.stream));
  return out;
}

Lines guidance_lines(const PatchStep& step) {
  Lines out;
  out.text("predicts", step.kind == Prediction::kSample ? "x0" : "velocity");
  out.number("guidance", step.guidance);
  out.row("with", step.with_prompt);
  if (!step.without_prompt.empty()) {
    out.row("without", step.without_prompt);
    out.row("difference", step.difference);
  }
  out.row("guided", step.guided);
  return out;
}

Lines euler_lines(const PatchStep& step) {
  Lines out;
  out.number("time", step.time);
  out.number("next_time", step.next_time);
  out.row("x", step.x);
  out.row("velocity", step.velocity);
  out.row("x0", step.x0);
  out.row("next", step.next);
  return out;
}

// Of one token: with weights against without, at each place; of the blocks a list.
Lines context_lines(const CellFile& file) {
  const auto token = static_cast<std::size_t>(file.context_token);
  const auto in_blocks = [&](const std::vector<ContextPlace>& places) {
    std::vector<VectorChange> out;
    for (const ContextPlace& place : places) out.push_back(place.tokens[token]);
    return changes_json(out);
  };
  Lines out;
  out.whole("token", file.context_token);
  out.json("encoder", changes_json({file.context->encoder.tokens[token]}));
  out.json("context_embedder", changes_json({file.context->embedded.tokens[token]}));
  out.json("before", in_blocks(file.context->before));
  out.json("after", in_blocks(file.context->after));
  return out;
}

}  // namespace

std::string position_name(const Position& position) {
  if (position.kind == Position::Kind::kPatch)
    return fmt::format("{},{}", position.column + 1, position.row + 1);
  return position.label;
}

std::string cell_json(const CellFile& file) {
  const CellCalculation& cell = file.cell;
  Lines out;
  out.text("model", file.model);
  out.whole("layer", cell.layer + 1);
  out.whole("head", cell.head + 1);
  if (file.step) out.whole("step", *file.step + 1);
  out.object("query", position_lines(*file.sequence, cell.query));
  out.object("key", position_lines(*file.sequence, cell.key));
  if (file.word) out.object("word", word_lines(*file.sequence, *file.word));
  out.object("shapes", shape_lines(cell));
  out.row("q", cell.q);
  out.row("k", cell.k);
  out.row("products", cell.products);
  out.number("dot", cell.dot);
  out.number("scaled", cell.scaled);
  out.number("bias", cell.bias);
  out.flag("readable", cell.readable);
  out.number("score", cell.score());
  out.row("scores", cell.scores);
  if (cell.factor != 1.0f) out.number("factor", cell.factor);
  out.number("attention", cell.share());
  out.row("row", cell.attention);
  if (cell.is_off) out.flag("head_off", true);
  if (cell.is_mean) {
    out.flag("head_mean", true);
    out.row("mean_row", cell.mean_row);
    out.row("own_output", cell.own);
  }
  out.row("v", cell.value);
  out.row("weighted", cell.weighted);
  out.row("output", cell.passed);
  out.row("key_written", cell.key_written);
  out.row("written", cell.written);
  out.row("bias_written", cell.bias_written);
  out.row("added", cell.added);
  out.row("stream", cell.stream);
  out.object("lengths", length_lines(cell));
  if (cell.written.size() > 0) out.object("cosines", cosine_lines(cell));
  if (file.patch) {
    out.object("guidance", guidance_lines(*file.patch));
    out.object("euler", euler_lines(*file.patch));
  }
  if (file.context) out.object("context", context_lines(file));
  return out.closed("\n");
}

}  // namespace regard
