// Reads Compel's grammar: walks over the places of compel_scan.h and collects words with their weights. A
// stack of levels stands for the nesting, so that depth costs nothing.
#include "core/prompt/compel.h"

#include <algorithm>
#include <limits>

#include "core/base/check.h"
#include "core/prompt/compel_read.h"
#include "core/prompt/python_number.h"
#include "core/prompt/warnings.h"

namespace regard {
namespace compel {
namespace {

enum class Mode { kPrompt, kPhrase };

/// Of two, the later counts.
bool freedom_is_no_number(const std::vector<Option>& options) {
  bool wrong = false;
  for (const Option& option : options) {
    if (option.name == "shape_freedom") wrong = !std::holds_alternative<double>(option.value);
  }
  return wrong;
}

class Walker {
 public:
  Walker(const Text& text, const Scan& scan, Reading& out) : text_(text), scan_(scan), out_(out) {}

  /// Reads [begin, end) into `leaves`.
  void walk(const Places& places, Index begin, Index end, Mode mode, std::vector<Leaf>& leaves) {
    leaves_ = &leaves;
    levels_.push_back({&places, begin, end, mode, 1.0, {}, -1, false, kNoLeaf, false});
    run();
  }

  /// Reads one part of a list: quotes, brackets or a word.
  void walk_target(Index at, Index end, std::vector<Leaf>& leaves) {
    leaves_ = &leaves;
    if (scan_.text()[at] == '"' && !scan_.quoted_is_phrase(at)) {
      walk(scan_.inner(), at + 1, end - 1, Mode::kPrompt, leaves);
      return;
    }
    levels_.push_back({&scan_.outer(), end, end, Mode::kPhrase, 1.0, {}, -1, false, kNoLeaf, false});
    enter({Item::Kind::kPlain, end, end, 0}, at, 1.0, 1.0, levels_.back());
    run();
  }

 private:
  struct Level {
    const Places* places = nullptr;
    Index at = 0, end = 0;
    Mode mode = Mode::kPhrase;
    double weight = 1.0;
    WeightGroup group;  // close 0: none
    int swap = -1;
    bool edited = false;
    std::size_t leaf_needed = kNoLeaf;  // an empty one is added when there are not more leaves than this
    bool puts = false;                  // what a swap puts there: never nothing
  };
  static constexpr std::size_t kNoLeaf = std::numeric_limits<std::size_t>::max();

  void run() {
    while (!levels_.empty()) {
      Level& level = levels_.back();
      level.at = level.at < level.end ? level.places->skip[level.at] : level.end;
      if (level.at < level.end) {
        step(level);
        continue;
      }
      const bool nothing_put =
          level.puts && (leaves_->empty() || !leaves_->back().edited || leaves_->back().swap != level.swap);
      if (level.leaf_needed == leaves_->size() || nothing_put) {
        leaves_->push_back({level.end, level.end, level.weight, level.swap, level.edited});
      }
      if (level.group.close > 0) out_.groups.push_back(level.group);
      levels_.pop_back();
    }
  }

  void step(Level& level) {
    const Index at = level.at;
    const char c = scan_.text()[at];
    const bool stop = c == ',' || c == '.';
    if (!stop && level.places->item[at] != kNone) {
      const Item item = scan_.item_at(*level.places, at, level.end);
      const bool word = c != '(' && c != '"' && item.kind == Item::Kind::kPlain;
      if (level.mode == Mode::kPhrase || !word) {
        level.at = item.end;
        read_item(item, at, level);
        return;
      }
    }
    if (is_space(c)) {
      warn(out_.warnings, "warning.whitespace", text_.source[at], text_.source[at + 1]);
      ++level.at;
      return;
    }
    Index end = at + 1;
    while (level.mode == Mode::kPrompt && end < level.end && !is_space(scan_.text()[end])) ++end;
    level.at = end;
    leaves_->push_back({at, end, level.weight, level.swap, level.edited});
  }

  void read_item(const Item& item, Index at, const Level& level) {
    if (item.kind == Item::Kind::kLora) {
      read_lora(at, item.end);
      return;
    }
    double factor = 1.0, weight = level.weight;
    if (item.kind == Item::Kind::kAttend) {
      bool clamped = false;
      if (const auto read = scan_.weight_at(item.argument, level.end, false, clamped)) factor = read->first;
      weight *= factor;
      if (weight > python::kLargest) weight = python::kLargest, clamped = true;
      if (clamped) warn(out_.warnings, "warning.clamped", text_.source[at], text_.source[item.end]);
    }
    enter(item, at, factor, weight, level);
  }

  /// What is inside a target is read next; for a swap, what replaces it after that.
  void enter(const Item& item, Index at, double factor, double weight, Level outside) {
    const bool swap = item.kind == Item::Kind::kSwap;
    const Index target_end = item.target_end;
    int swap_index = outside.swap;
    if (swap) {
      const Index stop = outside.places->bare_list[item.argument];
      Index options_end = 0;
      std::vector<Option> options;
      if (scan_.text()[stop] == ',')
        options = scan_.options_at(*outside.places, stop + 1, outside.end, options_end);
      if (freedom_is_no_number(options))
        warn(out_.warnings, "warning.swap_freedom", text_.source[stop], text_.source[options_end]);
      if (swap_index >= 0)
        warn(out_.warnings, "warning.swap_inside", text_.source[target_end], text_.source[item.end]);
      if (swap_index < 0) {
        swap_index = static_cast<int>(out_.swaps.size());
        out_.swaps.push_back(std::move(options));
      }
      // One within another belongs to it.
      const bool puts = outside.swap < 0;
      levels_.push_back(
          {outside.places, item.argument, stop, Mode::kPhrase, weight, {}, swap_index, true, kNoLeaf, puts});
    }
    const char c = scan_.text()[at];
    const bool bracket = c == '(' || c == '"';
    WeightGroup group;
    group.open = text_.source[at];
    group.content_begin = text_.source[at + (bracket ? 1 : 0)];
    group.content_end = text_.source[target_end - (bracket ? 1 : 0)];
    group.close = text_.source[item.kind == Item::Kind::kAttend ? item.end : target_end];
    group.factor = factor;
    if (!bracket) {
      leaves_->push_back({at, target_end, weight, swap_index, outside.edited});
      if (item.kind == Item::Kind::kAttend) out_.groups.push_back(group);
      return;
    }
    const Places& places = c == '"' ? scan_.inner() : *outside.places;
    Level inside{&places, at + 1,     target_end - 1, Mode::kPhrase, weight,
                 group,   swap_index, outside.edited, kNoLeaf,       false};
    const std::string_view content = std::string_view(scan_.text()).substr(at + 1, target_end - at - 2);
    const bool empty_quotes = c == '"' && python::detail::stripped(content).empty();
    if (empty_quotes) inside.at = inside.end;
    if (empty_quotes || swap) inside.leaf_needed = leaves_->size();
    levels_.push_back(inside);
  }

  void read_lora(Index at, Index end) {
    const std::string_view all = std::string_view(scan_.text()).substr(at, end - at - 1);
    const std::size_t open = all.find('('), comma = all.find(',');
    const std::string_view name =
        python::detail::stripped(all.substr(open + 1, comma == all.npos ? comma : comma - open - 1));
    double weight = 1.0;
    if (comma != all.npos)
      weight = python::read_float(all.substr(comma + 1)).value_or(python::Number{}).value;
    out_.loras.emplace_back(std::string(name), weight);
    warn(out_.warnings, "warning.lora", text_.source[at], text_.source[end]);
  }

  const Text& text_;
  const Scan& scan_;
  Reading& out_;
  std::vector<Leaf>* leaves_ = nullptr;
  std::vector<Level> levels_;
};

/// `("a", "b").and(1, 0.5)`
struct List {
  std::vector<std::pair<Index, Index>> parts;
  std::vector<Option> options;
  Index start = 0, end = 0;
};

std::optional<List> list_at(const Scan& scan, Index at, std::initializer_list<std::string_view> names) {
  const Places& places = scan.outer();
  const std::string_view text = scan.text();
  const auto is = [&](Index i, char c) { return i < text.size() && text[i] == c; };
  List out;
  out.start = at;
  if (!is(at, '(')) return std::nullopt;
  do {
    at = places.skip[at + 1];
    Index end = scan.target(places, at);
    if (end == kNone && is(at, '"')) {
      end = scan.quote_close(at);
      if (end != kNone && text.substr(at, end - at).find_first_of("\v\f") != text.npos) end = kNone;
    }
    if (end == kNone) return std::nullopt;
    out.parts.emplace_back(at, end);
    at = places.skip[end];
  } while (is(at, ','));
  if (!is(at, ')')) return std::nullopt;
  at = places.skip[at + 1];
  const auto name =
      std::ranges::find_if(names, [&](std::string_view n) { return text.substr(at).starts_with(n); });
  if (name == names.end()) return std::nullopt;
  at = places.skip[at + static_cast<Index>(name->size())];
  if (!is(at, '(')) return std::nullopt;
  Index stop = 0;
  out.options = scan.options_at(places, at + 1, scan.size(), stop);
  stop = places.skip[stop];
  if (!is(stop, ')')) return std::nullopt;
  out.end = stop + 1;
  return out;
}

struct ListWeights {
  std::vector<double> weights;
  bool normalize = true;
  const char* refusal = nullptr;  // why Compel raises
  const char* told = nullptr;     // what else is to be said
};

ListWeights weights_of(const List& list, bool may_be_raw) {
  ListWeights out;
  std::vector<Option> options = list.options;
  if (may_be_raw && !options.empty() && options.back().name == "no_normalize") {
    out.normalize = false;
    options.pop_back();
  }
  for (const Option& option : options) {
    if (option.name.empty()) {
      out.weights.push_back(std::get<double>(option.value));
    } else if (const auto number = python::read_float(option.name)) {  // float() reads some words, "inf"
      out.weights.push_back(number->value);
      if (number->nan) out.told = "warning.nan";
      if (number->clamped) out.told = "warning.clamped";
    } else {
      out.refusal = "warning.structure_number";
      return out;
    }
  }
  if (out.weights.empty()) out.weights.assign(list.parts.size(), 1.0);
  if (out.weights.size() != list.parts.size()) out.refusal = "warning.structure";
  return out;
}

/// Reads a list into `out`. @return why Compel raises, with `out` as it was; null: it does not
const char* read_list(const Text& text, const Scan& scan, const List& list, Shape shape, Reading& out) {
  Reading read;
  read.shape = shape;
  read.loras = out.loras;
  read.warnings = out.warnings;
  const ListWeights weights = weights_of(list, shape == Shape::kBlend);
  if (weights.refusal != nullptr) return weights.refusal;
  read.normalize = weights.normalize;
  Walker walker(text, scan, read);
  double sum = 0.0;
  for (std::size_t i = 0; i < list.parts.size(); ++i) {
    Part part{weights.weights[i], {}};
    sum += part.weight;
    walker.walk_target(list.parts[i].first, list.parts[i].second, part.leaves);
    if (part.leaves.empty() && shape == Shape::kAnd) continue;  // nothing: left out
    if (part.leaves.empty()) return "warning.structure_empty";
    read.parts.push_back(std::move(part));
  }
  if (shape == Shape::kBlend && !read.swaps.empty()) return "warning.structure_swap";
  const Index start = text.source[list.start], end = text.source[list.end];
  if (weights.told != nullptr) warn(read.warnings, weights.told, start, end);
  if (shape == Shape::kBlend && read.normalize && sum == 0.0)
    warn(read.warnings, "warning.blend_zero", start, end);
  out = std::move(read);
  return nullptr;
}

/// `.and` must begin the prompt; what follows it is not read. `.blend` is the whole prompt, but for LoRAs:
/// Compel raises at anything behind it.
bool read_structure(const Text& text, const Scan& scan, Reading& out) {
  const Places& places = scan.outer();
  const auto raises = [&](const char* reason, Index start, Index end) {
    warn(out.warnings, reason, text.source[start], text.source[end]);
    return false;
  };
  Index at = places.skip[0];
  if (const auto list = list_at(scan, at, {".and", ".add"})) {
    if (const char* reason = read_list(text, scan, *list, Shape::kAnd, out))
      return raises(reason, at, list->end);
    const Index rest = places.skip[list->end];
    if (rest < scan.size())
      warn(out.warnings, "warning.after_and", text.source[rest], text.source[scan.size()]);
    return true;
  }
  std::vector<Leaf> none;
  const auto skip_loras = [&](Index from) {
    Index stop = from;
    while (stop < scan.size() && (scan.text()[stop] == 'u' || scan.text()[stop] == 'w') &&
           places.item[stop] != kNone && scan.item_at(places, stop, scan.size()).kind == Item::Kind::kLora) {
      stop = places.skip[places.item[stop]];
    }
    return stop;
  };
  const Index begin = skip_loras(at);
  const auto list = list_at(scan, begin, {".blend"});
  if (!list) return false;
  Reading read = out;
  Walker(text, scan, read).walk(places, at, begin, Mode::kPrompt, none);
  if (const char* reason = read_list(text, scan, *list, Shape::kBlend, read))
    return raises(reason, begin, list->end);
  const Index rest = places.skip[list->end], stop = skip_loras(rest);
  if (stop != scan.size()) return raises("warning.after_blend", stop, scan.size());
  Walker(text, scan, read).walk(places, rest, scan.size(), Mode::kPrompt, none);
  out = std::move(read);
  return true;
}

/// Texts without a token, weighed below 1: Compel looks for their tokens and fails.
void warn_of_empty_weights(const Text& text, const std::vector<Leaf>& leaves,
                           std::vector<PromptWarning>& warnings) {
  const auto blank = [&](const Leaf& leaf) {
    return python::detail::stripped(std::string_view(text.text).substr(leaf.begin, leaf.end - leaf.begin))
        .empty();
  };
  const auto joined = [](const Leaf& a, const Leaf& b) {
    return a.weight == b.weight && a.swap == b.swap && a.edited == b.edited;
  };
  for (std::size_t i = 0; i < leaves.size();) {
    std::size_t j = i + 1;
    while (j < leaves.size() && joined(leaves[i], leaves[j])) ++j;
    const bool empty = std::all_of(leaves.begin() + static_cast<std::ptrdiff_t>(i),
                                   leaves.begin() + static_cast<std::ptrdiff_t>(j), blank);
    if (empty && leaves[i].weight < 1.0)
      warn(warnings, "warning.empty_weight", text.source[leaves[i].begin], text.source[leaves[j - 1].end]);
    i = j;
  }
}

}  // namespace

Reading read(const Text& text, const Scan& scan) {
  Reading out;
  if (python::detail::stripped(text.text).empty()) {
    out.parts.push_back({1.0, {{scan.size(), scan.size(), 1.0, -1, false}}});
    return out;
  }
  if (!read_structure(text, scan, out)) {
    Part part;
    Walker(text, scan, out).walk(scan.outer(), 0, scan.size(), Mode::kPrompt, part.leaves);
    if (!part.leaves.empty()) out.parts.push_back(std::move(part));
  }
  for (const Part& part : out.parts) warn_of_empty_weights(text, part.leaves, out.warnings);
  if (out.parts.empty()) warn(out.warnings, "warning.no_text", 0, text.source[scan.size()]);
  return out;
}

// Compel takes the backslash away before brackets and quotes, and does so again each time it joins: of
// several backslashes, one goes each time. A leaf is looked at twice, and once more for each leaf joined
// after it.
Fragment join(const Text& text, const Leaf* first, const Leaf* last) {
  Fragment out;
  out.weight = first->weight;
  const std::size_t count = static_cast<std::size_t>(last - first);
  for (const Leaf* leaf = first; leaf != last; ++leaf) {
    const std::size_t index = static_cast<std::size_t>(leaf - first);
    const std::size_t passes = index == 0 ? count + 1 : count + 2 - index;
    if (index > 0) {
      out.text += ' ';
      out.source.push_back(text.source[(leaf - 1)->end]);
    }
    for (Index at = leaf->begin; at < leaf->end;) {
      Index stop = at;
      while (stop < leaf->end && text.text[stop] == '\\') ++stop;
      const bool escaped = stop < leaf->end && stop > at &&
                           (text.text[stop] == '(' || text.text[stop] == ')' || text.text[stop] == '"');
      const std::size_t gone = escaped ? std::min<std::size_t>(stop - at, passes) : 0;
      const Index kept = stop - static_cast<Index>(gone);
      for (; at < kept; ++at) out.text += text.text[at], out.source.push_back(text.source[at]);
      if (stop == leaf->end) break;
      out.text += text.text[stop];
      out.source.push_back(text.source[at]);
      at = stop + 1;
    }
  }
  out.source.push_back(text.source[(last - 1)->end]);
  return out;
}

std::vector<Fragment> fuse(const Text& text, const std::vector<Leaf>& leaves) {
  std::vector<Fragment> out;
  for (std::size_t i = 0; i < leaves.size();) {
    std::size_t j = i + 1;
    while (j < leaves.size() && leaves[j].weight == leaves[i].weight) ++j;
    out.push_back(join(text, leaves.data() + i, leaves.data() + j));
    i = j;
  }
  return out;
}

}  // namespace compel

ParsedPrompt parse_compel(std::string_view prompt) {
  REGARD_CHECK(prompt.size() < std::numeric_limits<std::uint32_t>::max() / 2);
  const compel::Text text(prompt);
  const compel::Scan scan(text);
  compel::Reading reading = compel::read(text, scan);
  std::vector<compel::Leaf> leaves;
  for (const compel::Part& part : reading.parts) {
    for (const compel::Leaf& leaf : part.leaves) {
      if (!leaf.edited) leaves.push_back(leaf);
    }
  }
  return {compel::fuse(text, leaves), std::move(reading.groups), std::move(reading.warnings)};
}

}  // namespace regard
