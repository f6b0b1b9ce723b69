#include "app/lessons/markdown.h"

#include <algorithm>
#include <string>
#include <vector>

#include <md4c.h>

#include "core/formats/utf8.h"

namespace regard {
namespace {

// What md4c tells of, block by block, until the first thing that a lesson does not have.
class Builder {
 public:
  Builder(std::string_view text, std::string_view label, int line)
      : text_(text), label_(label), line_(line) {}

  int enter_block(MD_BLOCKTYPE type, const void* detail) {
    switch (type) {
      case MD_BLOCK_DOC:
        return 0;
      case MD_BLOCK_UL:
        lists_.push_back(0);
        return 0;
      case MD_BLOCK_OL:
        lists_.push_back(static_cast<int>(static_cast<const MD_BLOCK_OL_DETAIL*>(detail)->start));
        return 0;
      case MD_BLOCK_LI: {
        const int depth = static_cast<int>(lists_.size()) - 1;
        int& number = lists_.back();
        std::string bullet = number > 0 ? std::to_string(number++) + "." : "•";
        blocks_.push_back({TextBlock::Kind::kItem, depth, std::move(bullet), {}});
        return 0;
      }
      case MD_BLOCK_H:
        blocks_.push_back({TextBlock::Kind::kTitle, 0, {}, {}});
        return 0;
      case MD_BLOCK_P:
        // The first paragraph of an item is the item.
        if (lists_.empty() || blocks_.empty() || blocks_.back().kind != TextBlock::Kind::kItem ||
            !blocks_.back().spans.empty())
          blocks_.push_back({TextBlock::Kind::kParagraph, static_cast<int>(lists_.size()), {}, {}});
        return 0;
      case MD_BLOCK_QUOTE:
        return refuse("a quotation");
      case MD_BLOCK_HR:
        return refuse("a rule");
      case MD_BLOCK_CODE:
        return refuse("indented code");
      case MD_BLOCK_HTML:
        return refuse("HTML");
      default:
        return refuse("a table");
    }
  }
  int leave_block(MD_BLOCKTYPE type) {
    if (type == MD_BLOCK_UL || type == MD_BLOCK_OL) lists_.pop_back();
    return 0;
  }
  int enter_span(MD_SPANTYPE type) { return span(type, 1); }
  int leave_span(MD_SPANTYPE type) { return span(type, -1); }

  int text(MD_TEXTTYPE type, const MD_CHAR* chars, MD_SIZE size) {
    if (!refused_.empty()) {
      at_ = offset(chars);
      return 1;
    }
    if (blocks_.empty()) return 0;
    std::string words(chars, size);
    if (type == MD_TEXT_NULLCHAR) words = "\uFFFD";
    if (type == MD_TEXT_SOFTBR || type == MD_TEXT_BR) words = " ";
    if (type == MD_TEXT_ENTITY) words = entity(words);
    std::vector<TextSpan>& spans = blocks_.back().spans;
    const TextSpan style{.strong = strong_ > 0, .emphasis = emphasis_ > 0, .code = code_ > 0};
    if (!spans.empty() && spans.back().strong == style.strong && spans.back().emphasis == style.emphasis &&
        spans.back().code == style.code) {
      spans.back().text += words;
    } else {
      spans.push_back(style);
      spans.back().text = std::move(words);
    }
    last_ = std::max(last_, offset(chars));
    return 0;
  }

  /// Of the file.
  int line() const {
    const std::size_t at = std::min(std::max(at_, last_), text_.size());
    return line_ + static_cast<int>(std::ranges::count(text_.substr(0, at), '\n'));
  }
  const std::string& refused() const { return refused_; }
  std::string_view label() const { return label_; }
  LessonText& blocks() { return blocks_; }

 private:
  int refuse(const char* what) {
    if (refused_.empty()) refused_ = what;
    return 0;  // md4c goes on to its text, which says the line
  }
  int span(MD_SPANTYPE type, int by) {
    switch (type) {
      case MD_SPAN_EM:
        emphasis_ += by;
        return 0;
      case MD_SPAN_STRONG:
        strong_ += by;
        return 0;
      case MD_SPAN_CODE:
        code_ += by;
        return 0;
      case MD_SPAN_A:
        return refuse("a link");
      case MD_SPAN_IMG:
        return refuse("a picture");
      default:
        return refuse("a style that lessons do not have");
    }
  }
  static std::string entity(const std::string& name) {
    if (name == "&amp;") return "&";
    if (name == "&lt;") return "<";
    if (name == "&gt;") return ">";
    if (name == "&nbsp;") return "\u00A0";
    return name;
  }
  // Some of md4c's texts are its own.
  std::size_t offset(const MD_CHAR* chars) const {
    const bool ours = chars >= text_.data() && chars <= text_.data() + text_.size();
    return ours ? static_cast<std::size_t>(chars - text_.data()) : 0;
  }

  std::string_view text_, label_;
  int line_;
  LessonText blocks_;
  std::vector<int> lists_;  // the next number of each list that is open; 0: it has bullets
  int strong_ = 0, emphasis_ = 0, code_ = 0;
  std::size_t last_ = 0, at_ = 0;  // bytes of the text: the last that was read, the one at fault
  std::string refused_;
};

Builder& builder(void* data) { return *static_cast<Builder*>(data); }

// "a {{x}} b" becomes three spans.
Result<std::vector<TextSpan>> with_numbers(const std::vector<TextSpan>& spans, const ReadNumber& number) {
  std::vector<TextSpan> out;
  for (const TextSpan& span : spans) {
    std::string_view rest = span.text;
    while (!rest.empty()) {
      const std::size_t open = span.code ? rest.npos : rest.find("{{");
      if (open == rest.npos) break;
      const std::size_t close = rest.find("}}", open);
      if (close == rest.npos) return fail(ErrorCode::kFormat, "expected }}}} behind {{{{, got none");
      TextSpan before = span;
      before.text = rest.substr(0, open);
      if (open > 0) out.push_back(before);
      REGARD_TRY(TextSpan value, number(rest.substr(open + 2, close - open - 2)));
      value.strong = true;
      out.push_back(std::move(value));
      rest.remove_prefix(close + 2);
    }
    TextSpan last = span;
    last.text = rest;
    if (!rest.empty()) out.push_back(std::move(last));
  }
  return out;
}

}  // namespace

Result<LessonText> read_lesson_text(std::string_view text, std::string_view label, int line,
                                    const ReadNumber& number) {
  Builder build(text, label, line);
  MD_PARSER parser{};
  parser.flags = MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS | MD_FLAG_COLLAPSEWHITESPACE;
  parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* data) {
    return builder(data).enter_block(type, detail);
  };
  parser.leave_block = [](MD_BLOCKTYPE type, void*, void* data) { return builder(data).leave_block(type); };
  parser.enter_span = [](MD_SPANTYPE type, void*, void* data) { return builder(data).enter_span(type); };
  parser.leave_span = [](MD_SPANTYPE type, void*, void* data) { return builder(data).leave_span(type); };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* chars, MD_SIZE size, void* data) {
    return builder(data).text(type, chars, size);
  };
  const int failed = md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &parser, &build);
  if (!build.refused().empty())
    return fail(ErrorCode::kFormat, "{}:{}: text: expected paragraphs, lists and emphasis, got {}", label,
                build.line(), build.refused());
  if (failed != 0)
    return fail(ErrorCode::kFormat, "{}:{}: text: expected Markdown, got what cannot be read", label, line);
  for (TextBlock& block : build.blocks()) {
    Result<std::vector<TextSpan>> spans = with_numbers(block.spans, number);
    if (!spans) return fail(ErrorCode::kFormat, "{}:{}: text: {}", label, line, spans.error().message);
    block.spans = *std::move(spans);
  }
  return std::move(build.blocks());
}

std::string plain_text(const LessonText& text) {
  std::string out;
  for (const TextBlock& block : text) {
    if (!out.empty()) out += ' ';
    for (const TextSpan& span : block.spans) out += span.value ? std::string("…") : span.text;
  }
  return out;
}

}  // namespace regard
