#include "core/prompt/compel_scan.h"

#include <algorithm>
#include <cmath>

#include "core/prompt/python_number.h"

namespace regard::compel {

bool is_skipped(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_space(char c) { return is_skipped(c) || c == '\v' || c == '\f'; }
bool is_syntax(char c) {
  return c == '(' || c == ')' || c == '"' || c == ',' || c == '.' || c == '+' || c == '-' || c == '=';
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_keyword(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

}  // namespace

Text::Text(std::string_view prompt) {
  text.reserve(prompt.size() + prompt.size() / 8);
  source.reserve(prompt.size() + prompt.size() / 8 + 1);
  const auto put = [&](char c, std::size_t from) {
    text += c;
    source.push_back(static_cast<Index>(from));
  };
  for (std::size_t at = 0; at < prompt.size();) {
    put(prompt[at], at);
    const bool comma = prompt[at++] == ',';
    if (!comma || at == prompt.size()) continue;
    const python::Character next = python::character_at(prompt, at);
    if (python::is_space(next.code)) continue;
    put(' ', at);
    // What follows is done with, also when it is a comma.
    for (const std::size_t end = at + next.size; at < end; ++at) put(prompt[at], at);
  }
  source.push_back(static_cast<Index>(prompt.size()));
}

Places::Places(std::size_t size)
    : skip(size + 1),
      word(size + 1, kNone),
      item(size + 1, kNone),
      list(size + 1),
      bare_list(size + 1),
      op(size + 1, Operator::kNothing) {}

Scan::Scan(const Text& text) : text_(text.text), outer_(text.text.size()), inner_(0) {
  run_.resize(text_.size() + 1);
  for (std::size_t at = text_.size(); at-- > 0;) {
    const bool goes_on = at + 1 < text_.size() && text_[at + 1] == text_[at];
    run_[at] = goes_on ? run_[at + 1] : static_cast<Index>(at + 1);
  }
  find_quotes();
  answer(outer_, 0, size(), true);
}

// Quotes close at the next quote on the line that is not escaped; without one, at the last that is.
void Scan::find_quotes() {
  if (text_.find('"') == std::string::npos) return;
  close_.assign(text_.size(), kNone);
  inner_ = Places(text_.size());
  Index bare = kNone, last_escaped = kNone;
  for (Index at = size(); at-- > 0;) {
    if (text_[at] == '\n' || text_[at] == '\r') bare = last_escaped = kNone;
    if (text_[at] != '"') continue;
    if (at > 0 && text_[at - 1] == '\\') {
      if (last_escaped == kNone) last_escaped = at;
      continue;
    }
    const Index closing = bare != kNone ? bare : last_escaped;
    if (closing != kNone) {
      close_[at] = closing + 1;
      answer(inner_, at + 1, closing, false);
    }
    bare = at;
  }
}

// Arrays are shared by all quotes: what they hold does not overlap, but for the end of one that is the begin
// of none.
void Scan::answer(Places& places, Index begin, Index end, bool outer) {
  places.skip[end] = places.list[end] = places.bare_list[end] = end;
  places.word[end] = places.item[end] = kNone;
  for (Index at = end; at-- > begin;) answer_place(places, at, end, outer);
}

void Scan::answer_place(Places& places, Index at, Index end, bool outer) {
  const char c = text_[at];
  if (is_skipped(c)) {
    places.skip[at] = places.skip[at + 1];
    places.list[at] = places.list[at + 1];
    places.bare_list[at] = places.bare_list[at + 1];
    return;
  }
  places.skip[at] = at;
  const Index piece = piece_end(at, end);
  if (piece != kNone)
    places.word[at] = piece < end && places.word[piece] != kNone ? places.word[piece] : piece;
  places.list[at] = places.bare_list[at] = at;
  if (c == '.') places.item[at] = operator_end(places, at, end);
  if (c == ',' || c == '.') {
    places.list[at] = places.list[at + 1];
    return;
  }
  if (c == '"' && !outer) return;
  const Index item = item_end(places, at, end);
  places.item[at] = item;
  if (item == kNone) return;
  places.list[at] = places.list[item];
  places.bare_list[at] = places.bare_list[item];
}

Index Scan::piece_end(Index at, Index end) const {
  const char c = text_[at];
  if (c == '\\' && at + 1 < end && is_syntax(text_[at + 1])) return at + 2;
  if (c == '+' || c == '-') {
    const bool inside = at + 1 < end && !is_skipped(text_[at + 1]) && !is_syntax(text_[at + 1]);
    return inside ? at + 1 : kNone;
  }
  return is_space(c) || is_syntax(c) ? kNone : at + 1;
}

Index Scan::quote_close(Index at) const { return close_.empty() ? kNone : close_[at]; }

bool Scan::quoted_is_phrase(Index at) const {
  const Index close = quote_close(at);
  if (close == kNone) return false;
  // Nothing but whitespace of any script is an empty phrase, which the list below may not stop at the end of.
  if (python::detail::stripped(std::string_view(text_).substr(at + 1, close - at - 2)).empty()) return true;
  return inner_.list[at + 1] == close - 1;
}

Index Scan::target(const Places& places, Index at) const {
  if (at >= size()) return kNone;
  if (text_[at] == '"') return &places == &outer_ && quoted_is_phrase(at) ? quote_close(at) : kNone;
  if (text_[at] != '(') return places.word[at];
  const Index close = places.list[at + 1];
  return close < size() && text_[close] == ')' ? close + 1 : kNone;
}

Index Scan::number_end(Index at, Index end) const {
  const std::string_view upto = std::string_view(text_).substr(0, end);
  if (const auto real = python::read_real(upto, at)) return static_cast<Index>(real->end);
  Index stop = at;
  while (stop < end && is_digit(text_[stop])) ++stop;
  return stop > at ? stop : kNone;
}

std::optional<std::pair<double, Index>> Scan::weight_at(Index at, Index end, bool signs_only,
                                                        bool& clamped) const {
  if (at >= end) return std::nullopt;
  if (text_[at] == '+' || text_[at] == '-') {
    const Index stop = std::min(run_[at], end);
    double factor = std::pow(text_[at] == '+' ? 1.1 : 0.9, static_cast<double>(stop - at));
    clamped = std::isinf(factor);
    return std::pair{clamped ? python::kLargest : factor, stop};
  }
  if (signs_only) return std::nullopt;
  const Index stop = number_end(at, end);
  if (stop == kNone) return std::nullopt;
  const auto number = python::read_float(std::string_view(text_).substr(at, stop - at));
  if (!number) return std::nullopt;
  clamped = number->clamped;
  return std::pair{number->value, stop};
}

// keyword=number, keyword=keyword, number or keyword
Index Scan::option_end(const Places& places, Index at, Index end, Option* out) const {
  const auto number_at = [&](Index from, double* value) -> Index {
    const bool sign = from < end && (text_[from] == '+' || text_[from] == '-');
    Index stop = from < end ? number_end(from + (sign ? 1 : 0), end) : kNone;
    if (stop == kNone) return kNone;
    const std::string_view digits = std::string_view(text_).substr(from, stop - from);
    if (sign && text_[from] == '+' && digits.find('.') == digits.npos)
      return kNone;  // "+1" is no number, "+1." is
    if (value != nullptr) *value = python::read_float(digits).value_or(python::Number{}).value;
    return stop;
  };
  Index keyword = at;
  while (keyword < end && is_keyword(text_[keyword])) ++keyword;
  const auto text = [&](Index from, Index to) { return text_.substr(from, to - from); };
  if (keyword > at && keyword <= end) {
    const Index equals = places.skip[keyword];
    if (equals < end && text_[equals] == '=') {
      const Index value = places.skip[equals + 1];
      double number = 0.0;
      if (const Index stop = number_at(value, &number); stop != kNone) {
        if (out != nullptr) *out = {text(at, keyword), number, true};
        return stop;
      }
      Index word = value;
      while (word < end && is_keyword(text_[word])) ++word;
      if (word > value) {
        if (out != nullptr) *out = {text(at, keyword), text(value, word), true};
        return word;
      }
    }
  }
  double number = 0.0;
  if (const Index stop = number_at(at, &number); stop != kNone) {
    if (out != nullptr) *out = {"", number, false};
    return stop;
  }
  if (keyword == at) return kNone;
  if (out != nullptr) *out = {text(at, keyword), std::string(), false};
  return keyword;
}

std::vector<Option> Scan::options_at(const Places& places, Index at, Index end, Index& stop) const {
  std::vector<Option> out;
  Option option;
  Index next = option_end(places, places.skip[at], end, &option);
  stop = at;
  while (next != kNone) {
    out.push_back(option);
    stop = next;
    const Index comma = places.skip[next];
    if (comma >= end || text_[comma] != ',') break;
    next = option_end(places, places.skip[comma + 1], end, &option);
  }
  return out;
}

Index Scan::lora_end(const Places& places, Index at, Index end) const {
  const std::size_t trigger = starts(at, end, "useLora") ? 7 : starts(at, end, "withLora") ? 8 : 0;
  if (trigger == 0) return kNone;
  Index stop = places.skip[at + trigger];
  if (stop >= end || text_[stop] != '(') return kNone;
  const Index name = places.skip[stop + 1];
  Index name_end = name;
  while (name_end < end && is_keyword(text_[name_end])) ++name_end;
  if (name_end == name) return kNone;
  stop = places.skip[name_end];
  if (stop < end && text_[stop] == ',') {
    Index number = places.skip[stop + 1];
    const bool minus = number < end && text_[number] == '-', plus = number < end && text_[number] == '+';
    const Index after = number < end ? number_end(number + (minus || plus ? 1 : 0), end) : kNone;
    const bool integer = after != kNone && text_.find('.', number) >= after;
    if (after != kNone && !(plus && integer)) stop = places.skip[after];
  }
  return stop < end && text_[stop] == ')' ? stop + 1 : kNone;
}

// ".attend(++)", ".swap(dog, s_start=0.1)"; at the period
Index Scan::operator_end(Places& places, Index at, Index end) const {
  const bool attend = starts(at, end, ".attend"), swap = starts(at, end, ".swap");
  if (!attend && !swap) return kNone;
  const Index open = places.skip[at + (attend ? 7 : 5)];
  if (open >= end || text_[open] != '(') return kNone;
  Index stop = 0;
  if (attend) {
    bool clamped = false;
    const auto weight = weight_at(places.skip[open + 1], end, false, clamped);
    if (!weight) return kNone;
    stop = places.skip[weight->second];
  } else {
    stop = places.bare_list[open + 1];
    if (stop < end && text_[stop] == ',') {
      Index options_end = 0;
      options_at(places, stop + 1, end, options_end);
      stop = places.skip[options_end];
    }
  }
  if (stop >= end || text_[stop] != ')') return kNone;
  places.op[at] = attend ? Operator::kAttend : Operator::kSwap;
  return stop + 1;
}

Index Scan::item_end(const Places& places, Index at, Index end) const {
  if (text_[at] == 'u' || text_[at] == 'w') {
    if (const Index lora = lora_end(places, at, end); lora != kNone) return lora;
  }
  const Index target_end = target(places, at);
  if (target_end == kNone) return kNone;
  return item_at(places, at, end).end;
}

Item Scan::item_at(const Places& places, Index at, Index end) const {
  if (text_[at] == 'u' || text_[at] == 'w') {
    if (const Index lora = lora_end(places, at, end); lora != kNone)
      return {Item::Kind::kLora, lora, lora, 0};
  }
  const Index stop = target(places, at);
  const Index dot = places.skip[stop];
  if (dot < end && text_[dot] == '.' && places.op[dot] != Operator::kNothing) {
    const bool attend = places.op[dot] == Operator::kAttend;
    const Index open = places.skip[dot + (attend ? 7 : 5)];
    return {attend ? Item::Kind::kAttend : Item::Kind::kSwap, places.item[dot], stop, places.skip[open + 1]};
  }
  // The factor is not asked for here: only where it ends.
  const bool word = text_[at] != '"' && text_[at] != '(';
  const bool sign = stop < end && (text_[stop] == '+' || text_[stop] == '-');
  const Index weight = sign ? std::min(run_[stop], end) : word || stop >= end ? kNone : number_end(stop, end);
  if (weight != kNone) return {Item::Kind::kAttend, weight, stop, stop};
  return {Item::Kind::kPlain, stop, stop, 0};
}

}  // namespace regard::compel
