// The parser of lessons: what it reads, and that every fault has its line.
#include "app/lessons/lesson_file.h"

#include <gtest/gtest.h>

#include <string>

#include "app/embedded.h"
#include "app/lessons/lesson_state.h"
#include "app/lessons/library.h"
#include "app/lessons/markdown.h"

namespace regard {
namespace {

const std::string kHead = "---\n{\"title\": \"T\", \"about\": \"A.\"}\n---\n";

Result<Lesson> parse(const std::string& text) { return parse_lesson(text, "l.md", "l", kEnglish); }

std::string fault(const std::string& text) {
  const auto lesson = parse(text);
  return lesson ? "read" : lesson.error().message;
}

std::string block(const std::string& name, const std::string& json) {
  return kHead + "# Card\ntext\n```" + name + "\n" + json + "\n```\n";
}

TEST(LessonFile, ReadsTextNumbersAndBlocks) {
  const auto lesson =
      parse(kHead +
            "# One\n\nA *word* reads **much**: {{rouge -> chat | layer 3, head 2 | percent}}.\n\n- first\n- "
            "second, `code`\n\n1. one\n\n"
            "```formula\nA = B\n```\n```note\nfor me\n```\n# Two\n\n{{weight chat | number 2}}\n");
  ASSERT_TRUE(lesson.has_value()) << lesson.error().message;
  EXPECT_EQ(lesson->title, "T");
  ASSERT_EQ(lesson->cards.size(), 2u);
  const LessonCard& card = lesson->cards[0];
  EXPECT_EQ(card.line, 4);
  EXPECT_EQ(card.note, "for me");
  ASSERT_EQ(card.blocks.size(), 2u);
  const auto& text = std::get<LessonText>(card.blocks[0]);
  ASSERT_EQ(text.size(), 4u);
  EXPECT_EQ(plain_text({text[0]}), "A word reads much: ….");
  EXPECT_TRUE(text[0].spans[1].emphasis);
  EXPECT_EQ(text[1].bullet, "•");
  EXPECT_EQ(text[3].bullet, "1.");
  ASSERT_EQ(card.values.size(), 1u);
  EXPECT_EQ(card.values[0].map.heads, one_head(2, 1));
  EXPECT_EQ(card.values[0].query.name, "rouge");
  EXPECT_EQ(lesson->cards[1].values[0].what, LessonValue::What::kWeight);
}

TEST(LessonFile, ReadsWhatIsAsked) {
  const auto lesson = parse(kHead +
                            "# One\n```guess\n{\"id\": \"g\", \"ask\": \"?\", \"answer\": {\"query\": "
                            "\"rouge\"}, \"top\": 2}\n```\n" +
                            "```question\n{\"id\": \"q\", \"ask\": \"?\", \"check\": {\"all\": [{\"weight\": "
                            "\"chat#2\", \"at_least\": 1.3}, {\"not\": "
                            "{\"prompt_has\": \"x\"}}]}, \"right\": \"r\", \"wrong\": "
                            "\"w\"}\n```\n```hint\n{\"nudge\": \"n\", \"show\": {\"prompt\": "
                            "\"a b\", \"pins\": [\"b\"]}}\n```\n```done\n{\"answered\": "
                            "\"q\"}\n```\n```point\n{\"panel\": \"matrix\", \"cell\": [\"a\", "
                            "\"b\"], \"say\": \"s\"}\n```\n");
  ASSERT_TRUE(lesson.has_value()) << lesson.error().message;
  const LessonCard& card = lesson->cards[0];
  ASSERT_NE(guess_of(card), nullptr);
  EXPECT_EQ(guess_of(card)->top, 2);
  EXPECT_EQ(card.values[guess_of(card)->value].key.kind, LessonPlace::Kind::kNothing);
  ASSERT_EQ(questions_of(card).size(), 1u);
  const LessonQuestion& question = *questions_of(card)[0];
  EXPECT_EQ(question.hint.rungs(), 2);
  EXPECT_EQ(question.check->parts.size(), 2u);
  EXPECT_EQ(card.values[question.check->parts[0].values[0]].query.which, 2);
  EXPECT_EQ(card.points[0].panel, "panel.matrix");
  EXPECT_EQ(ids_of(*lesson), (std::vector<std::string>{"g", "q"}));
}

TEST(LessonFile, PointsAtTheWordThatIsFollowedAndAsksForTheMirror) {
  const auto lesson = parse(
      kHead +
      "# a\nb {{painting: object reflection -> object mirrored | layer 2, head 3 | percent}}\n```point\n"
      "{\"panel\": \"thought\", \"say\": \"s\"}\n```\n");
  ASSERT_TRUE(lesson.has_value()) << lesson.error().message;
  EXPECT_EQ(lesson->cards[0].points[0].panel, "panel.thought");
  ASSERT_EQ(lesson->cards[0].values.size(), 1u);
  EXPECT_EQ(lesson->cards[0].values[0].query.kind, LessonPlace::Kind::kObject);
  EXPECT_EQ(lesson->cards[0].values[0].key.name, "mirrored");
}

TEST(LessonFile, EveryFaultHasItsLineAndSaysWhatWasExpected) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "l.md:1: front matter: expected --- behind it, got the end of the file"},
      {"hello\n", "l.md:1: front matter: expected ---, got 'hello'"},
      {"---\n{\"title\": \"T\"}\n---\n# a\nb\n", "l.md:2: front matter.about: expected text, got none"},
      {"---\n{\"title\": 3, \"about\": \"A\"}\n---\n# a\nb\n",
       "l.md:2: front matter.title: expected text, got 3"},
      {"---\n{\"title\": \"T\", \"about\": \"A\",\n \"autor\": 1}\n---\n",
       "l.md:3: front matter.autor: expected one of the keys title, about, order, minutes, got an unknown "
       "one"},
      {kHead, "l.md:1: cards: expected at least one line that begins with #, got none"},
      {kHead + "text\n", "l.md:4: card: expected a line that begins with # before it, got none"},
      {kHead + "# a\n", "l.md:4: card: expected some text, got none"},
      {kHead + "# a\nb\n```note\nx\n", "l.md:6: note: expected ``` behind it, got the end of the file"},
      {kHead + "# a\nb\n```\nx\n```\n", "l.md:6: block: expected its name behind ```, got none"},
      {block("state", "{\"prompt\": \"a\",\n \"promt\": \"b\"}"),
       "l.md:8: promt: expected a key of a session, got an unknown one"},
      {block("state", "{\"view\": {\"theme\": \"dark\"}}"),
       "l.md:7: view.theme: expected a key that is not the learner's own choice, got it"},
      {block("state", "{\"paint_model\": \"/home\"}"),
       "l.md:7: paint_model: expected \"\" or the name of a checkpoint of assets/checkpoints, got '/home'"},
      {block("state", "{\"paint_model\": 5}"),
       "l.md:7: paint_model: expected \"\" or the name of a checkpoint of assets/checkpoints, got number"},
      {block("state", "{\"model\": \"\"}"),
       "l.md:7: model: expected a key of a session that a lesson may set, got it"},
      {block("state", "{\"prompt\": \"a b\", \"pins\": [\"c\"]}"),
       "l.md:7: state: expected a word of the prompt, got 'c'"},
      {block("state", "{\"view\": {\n\"workspace\": \"txt\"}}"),
       "l.md:8: state: view.workspace: expected text or compare or image or painting, got \"txt\""},
      {block("guess", "{\"id\": \"a b\", \"ask\": \"?\"}"),
       "l.md:7: guess.id: expected letters, digits and -, got 'a b'"},
      {block("guess", "{\"id\": \"a\", \"ask\": \"?\"}"),
       "l.md:7: guess.answer: expected a value with a side left open, got none"},
      {block("question", "{\"id\": \"a\", \"ask\": \"?\"}"),
       "l.md:7: question: expected one of choices, check and number, got none"},
      {block("question",
             "{\"id\": \"a\", \"ask\": \"?\",\n\"choices\": [{\"text\": \"a\", \"reply\": \"b\"}, {\"text\": "
             "\"a\", \"reply\": "
             "\"b\"}]}"),
       "l.md:8: question.choices: expected exactly one that is right, got 0"},
      {block("hint", "{\"nudge\": \"n\"}"),
       "l.md:7: hint: expected a question before it on the card, got none, or one that has a hint"},
      {block("done", "{\"answered\": \"zz\"}"),
       "l.md:7: answered: expected the id of a question or guess, got 'zz'"},
      {block("done", "{\"value\": {\"query\": \"a\", \"key\": \"b\", \"lens\": \"x\"}, \"at_least\": 1}"),
       "l.md:7: done.lens: expected the name of a lens, got \"x\""},
      {block("point", "{\"panel\": \"matrx\", \"say\": \"s\"}"),
       "l.md:7: point.panel: expected one of prompt, matrix, heads, effect, why, compare, picture, "
       "patch_numbers, regions, captions, patch_matrix, patch_heads, paint, paint_words, paint_heads, "
       "paint_numbers, paint_joint, paint_edits, paint_seeds, truth, ledger, heads_plot, heads_survey, "
       "thought, "
       "calculation, got 'matrx'"},
      {block("state", "{\"pins\": \"a\"}"), "l.md:7: pins: expected a list, such as [\"rouge\"], got \"a\""},
      {block("question",
             "{\"id\": \"a\", \"ask\": \"?\", \"right\": \"r\", \"wrong\": \"w\",\n\"check\": {\"value\": "
             "{\"query\": \"a\", \"key\": \"b\"}, \"at_least\": 30}}"),
       "l.md:8: question.check.at_least: expected a share from 0 to 1 (30 % is 0.3), got 30"},
      {block("question",
             "{\"id\": \"a\", \"ask\": \"?\", \"right\": \"r\", \"wrong\": \"w\",\n\"number\": {\"query\": "
             "\"a\", \"key\": \"b\"}, \"within\": 2}"),
       "l.md:8: question.within: expected a part of 1 (two points of a percentage are 0.02), got 2"},
      {block("guess", "{\"id\": \"a\"\n\"ask\": \"?\"}"),
       "l.md:8: guess: expected '}', got string literal (a comma is missing before it?)"},
      {block("guess", "{\"id\": \u201ca\u201d}"),
       "l.md:7: guess: expected JSON, got invalid literal (quotes of JSON are straight: \")"},
      {kHead + "#Make\nb\n", "l.md:4: card: expected # and a space, got '#Make'"},
      {kHead + "# a\n```guess\n{}\n```point\n{}\n```\n",
       "l.md:7: guess: expected ``` before it, got none: the block of line 5 goes on"},
      {kHead + "# a\n```guess\n{}\n# b\nc\n",
       "l.md:7: guess: expected ``` before it, got none: the block of line 5 goes on"},
      {kHead + "# a\n```state\n{\"prompt\": \"a bird\"}\n```\n```guess\n{\"id\": \"a\", \"ask\": "
               "\"?\",\n\"answer\": "
               "{\"query\": \"brid\"}}\n```\n",
       "l.md:10: guess.answer: expected a word of the prompt 'a bird', got 'brid'"},
      {block("guess", "{\"id\": 1"), "l.md:7: guess: expected '}', got end of input"},
      {kHead + "# a\nb\n\nc [d](e)\n", "l.md:7: text: expected paragraphs, lists and emphasis, got a link"},
      {kHead + "# a\n{{rouge chat | | percent}}\n",
       "l.md:5: text: expected QUERY -> KEY | layer L, head H, lens NAME | percent, number or times, got "
       "'rouge chat | | "
       "percent'"},
      {kHead + "# a\n\xff\n", "l.md:5: text: expected UTF-8, got byte FF"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(fault(text), message) << text;
}

TEST(LessonFile, IdsAreEachOnce) {
  const std::string guess =
      "```guess\n{\"id\": \"g\", \"ask\": \"?\", \"answer\": {\"query\": \"a\"}}\n```\n";
  EXPECT_EQ(fault(kHead + "# a\n" + guess + "# b\n" + guess),
            "l.md:10: guess.id: expected an id of its own, got 'g'");
}

// Cut anywhere, or with a byte changed: a lesson or one line, and never more.
TEST(LessonFile, TruncatedAndChangedFilesAreALessonOrOneLine) {
  const auto bytes = embedded_file("lessons/what-is-attention.fr.md");
  ASSERT_FALSE(bytes.empty());
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  ASSERT_TRUE(parse(text).has_value()) << fault(text);
  for (std::size_t size = 0; size < text.size(); size += 31) {
    const std::string message = fault(text.substr(0, size));
    EXPECT_TRUE(message == "read" || message.starts_with("l.md:")) << size << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
  unsigned random = 7;
  for (int i = 0; i < 250; ++i) {
    random = random * 1664525u + 1013904223u;
    std::string changed = text;
    changed[(random >> 8) % changed.size()] = static_cast<char>(random >> 3);
    const std::string message = fault(changed);
    EXPECT_TRUE(message == "read" || message.starts_with("l.md:")) << message;
  }
}

TEST(LessonFile, ShippedLessonsAndTemplatesAreReadInEveryLanguage) {
  int files = 0;
  for (const std::string_view name : embedded_names()) {
    if (!name.starts_with("lessons/") && !name.starts_with("lesson-template")) continue;
    const auto bytes = embedded_file(name);
    const auto lesson =
        parse_lesson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name, "x", kEnglish);
    EXPECT_TRUE(lesson.has_value()) << lesson.error().message;
    ++files;
  }
  EXPECT_GE(files, 4);
}

// A learner may change the language in the middle of a lesson.
TEST(LessonFile, ALessonIsTheSameInEveryLanguage) {
  for (const auto& english : lessons_in(kEnglish)) {
    const auto french = find_lesson(english->name, "fr");
    ASSERT_TRUE(french.has_value());
    EXPECT_EQ(english->cards.size(), (*french)->cards.size()) << english->name;
    EXPECT_EQ(ids_of(*english), ids_of(**french)) << english->name;
    EXPECT_EQ((*french)->language, "fr") << english->name;
  }
}

TEST(LessonState, WordsBecomeBytesOfThePrompt) {
  EXPECT_EQ(byte_of_word("un chat, un chaton", "un"), 0u);
  EXPECT_EQ(byte_of_word("un chat, un chaton", "un#2"), 9u);
  EXPECT_EQ(byte_of_word("un (chat:1.2)", "chat"), 4u);
  EXPECT_EQ(byte_of_word("un chaton", "chat"), std::nullopt);
  EXPECT_EQ(byte_of_word("été", "t"), std::nullopt);
  const Json part = Json::parse(
      R"({"prompt": "un chat rouge", "pins": ["rouge", "eos"], "paint": {"word": "chat"}, "edits": [{"kind": "mute", "word": "chat"}]})");
  EXPECT_FALSE(check_lesson_state(part, Session{}).has_value());
  const auto session = with_lesson_state(part, Session{});
  ASSERT_TRUE(session.has_value()) << session.error().message;
  ASSERT_EQ(session->doc.pins.size(), 2u);
  EXPECT_EQ(session->doc.pins[0].byte, 8u);
  EXPECT_EQ(session->doc.paint.word->byte, 3u);
  ASSERT_EQ(session->doc.edits.size(), 1u);
  // Of another prompt, words that are gone are left out.
  const auto other = with_lesson_state(Json::parse(R"({"pins": ["rouge", "un"]})"), [] {
    Session now;
    now.doc.prompt = "un chien";
    return now;
  }());
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->doc.pins.size(), 1u);
}

}  // namespace
}  // namespace regard
