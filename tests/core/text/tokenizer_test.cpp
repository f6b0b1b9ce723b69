#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <random>
#include <thread>

#include "core/formats/json.h"
#include "core/text/bpe.h"
#include "core/text/tokenizer.h"
#include "tests/support/temp_folder.h"

namespace regard {
namespace {

using ::testing::ElementsAre;
using testing::put;
using testing::TempFolder;
namespace fs = std::filesystem;
using Spans = std::vector<std::pair<std::size_t, std::size_t>>;

const fs::path kClip = fs::path(REGARD_ASSETS_DIR) / "little-world/clip";

const ClipTokenizer& little_world() {
  static const ClipTokenizer tokenizer = ClipTokenizer::open(kClip).value();
  return tokenizer;
}

std::vector<int> ids(const ClipTokenizer& tokenizer, std::string_view text) {
  std::vector<int> out;
  for (const Piece& piece : tokenizer.encode(text)) out.push_back(piece.id);
  return out;
}

Spans spans(const ClipTokenizer& tokenizer, std::string_view text) {
  Spans out;
  for (const Piece& piece : tokenizer.encode(text)) out.emplace_back(piece.start, piece.end);
  return out;
}

/// What holds for any text: ids in range, spans inside the text and never going back, words counted without a
/// gap.
void check_laws(const ClipTokenizer& tokenizer, std::string_view text) {
  Piece last{.word = -1};
  for (const Piece& piece : tokenizer.encode(text)) {
    ASSERT_TRUE(piece.id >= 0 && piece.id < tokenizer.vocab_size());
    ASSERT_LT(piece.start, piece.end);
    ASSERT_LE(piece.end, text.size());
    ASSERT_GE(piece.start, last.start);
    ASSERT_GE(piece.end, last.end);
    ASSERT_TRUE(piece.word == last.word || piece.word == last.word + 1);
    last = piece;
  }
}

void check_golden(const ClipTokenizer& tokenizer) {
  const Json golden = read_json(fs::path(REGARD_TEST_DIR) / "golden/tokens_little_world.json").value();
  std::size_t with_spans = 0;
  for (const Json& item : golden.at("items")) {
    const auto text = item.at("text").get<std::string>();
    EXPECT_EQ(ids(tokenizer, text), item.at("ids").get<std::vector<int>>())
        << item.at("text").dump(-1, ' ', true);
    check_laws(tokenizer, text);
    if (!item.contains("spans")) continue;
    EXPECT_EQ(spans(tokenizer, text), item.at("spans").get<Spans>()) << item.at("text").dump(-1, ' ', true);
    ++with_spans;
  }
  EXPECT_GE(golden.at("items").size(), 150u);
  EXPECT_GE(with_spans, 150u);
}

TEST(ClipTokenizer, GoldenFromTokenizerJson) { check_golden(little_world()); }

TEST(ClipTokenizer, GoldenFromVocabAndMerges) {
  const TempFolder folder;
  fs::copy_file(kClip / "vocab.json", folder / "vocab.json");
  fs::copy_file(kClip / "merges.txt", folder / "merges.txt");
  const Result<ClipTokenizer> tokenizer = ClipTokenizer::open(folder.path());
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  check_golden(*tokenizer);
  EXPECT_EQ(tokenizer->vocab_size(), little_world().vocab_size());
  EXPECT_EQ(tokenizer->eos_id(), 744);
}

TEST(ClipTokenizer, KnowsItsVocabulary) {
  EXPECT_EQ(little_world().bos_id(), 743);
  EXPECT_EQ(little_world().eos_id(), 744);
  EXPECT_EQ(little_world().vocab_size(), 745);
  EXPECT_EQ(little_world().vocab_entry(592), "poursuit</w>");
  EXPECT_EQ(little_world().vocab_entry(0), "!");
  EXPECT_EQ(little_world().vocab_entry(744), "<|endoftext|>");
}

// By hand: what Hugging Face's offsets leave out (see make_tokens.py).
TEST(ClipTokenizer, SpansCoverCombiningMarks) {
  EXPECT_EQ(spans(little_world(), "a e\u0301"), (Spans{{0, 1}, {2, 5}, {2, 5}}));  // é is two byte symbols
  EXPECT_EQ(spans(little_world(), "\u00e9"), (Spans{{0, 2}, {0, 2}}));
  EXPECT_EQ(spans(little_world(), "I\u0307"),
            (Spans{{0, 3}, {0, 3}, {0, 3}}));  // İ, lowercased to i and a dot
  for (const Piece& piece : little_world().encode("<|endoftext|>\u0338"))
    EXPECT_FALSE(piece.special);  // NFC: ≯
  EXPECT_EQ(spans(little_world(), " <|ENDOFTEXT|>\u3000un"), (Spans{{1, 14}, {17, 19}}));
}

TEST(ClipTokenizer, WordsAndSpecials) {
  const std::vector<Piece> pieces = little_world().encode("d'Éloïse <|endoftext|>!");
  std::vector<int> words;
  for (const Piece& piece : pieces) words.push_back(piece.word);
  EXPECT_EQ(words.front(), 0);
  EXPECT_EQ(words.back(), 4);  // d ' éloïse special !
  EXPECT_TRUE(pieces[pieces.size() - 2].special);
  EXPECT_EQ(pieces[pieces.size() - 2].id, 744);
  EXPECT_FALSE(pieces.back().special);
}

TEST(ClipTokenizer, AnyBytesAreAText) {
  EXPECT_EQ(ids(little_world(),
                "un\xFF"
                "chat"),
            ids(little_world(), "un\uFFFDchat"));
  EXPECT_EQ(spans(little_world(),
                  "un\xFF"
                  "chat"),
            (Spans{{0, 2}, {2, 3}, {2, 3}, {2, 3}, {3, 7}}));
  std::mt19937 random(11);
  const std::string_view seeds[] = {"e\u0301", "İ",    "'s", "<|endoftext|>", "\u3000", "日", "chat",
                                    "\xFF",    "\xC3", " ",  "\u0323",        "\u1161"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (unsigned k = random() % 12; k > 0; --k) {
      if (random() % 3 == 0) {
        text += static_cast<char>(random());
      } else {
        text += seeds[random() % std::size(seeds)];
      }
    }
    ASSERT_NO_FATAL_FAILURE(check_laws(little_world(), text)) << ::testing::PrintToString(text);
  }
}

TEST(ClipTokenizer, OneMebibyteInTime) {
  const std::size_t size = 1u << 20;
  std::string mixed;
  while (mixed.size() < size) mixed += "Un chat poursuit l'été; İ e\u0301 42 ";
  std::string marks = "a";
  while (marks.size() < size) marks += marks.size() % 4 < 2 ? "\u0301" : "\u0323";
  std::string word;
  while (word.size() < size) word += "chatrougedevantmiroir";
  for (const std::string& text :
       {std::string(size, 'a'), std::string(size, '<'), std::string(size, '!'), word, mixed, marks}) {
    const std::clock_t start = std::clock();  // processor time: other work does not count
    const std::vector<Piece> pieces = little_world().encode(text);
    const double elapsed_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    EXPECT_FALSE(pieces.empty());
    RecordProperty("seconds", std::to_string(elapsed_s));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(elapsed_s, 2.0) << text.substr(0, 20);
#endif
  }
}

TEST(ClipTokenizer, SharedByThreads) {
  const std::vector<int> want = ids(little_world(), "un chat rouge, zèbre 2023");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&want] {
      for (int k = 0; k < 200; ++k) ASSERT_EQ(ids(little_world(), "un chat rouge, zèbre 2023"), want);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// Merges as the paper has them: find the lowest rank in the whole word, join its leftmost pair, begin again.
std::vector<int> slow_bpe(std::vector<int> word,
                          const std::map<std::pair<int, int>, std::pair<int, int>>& merges) {
  for (;;) {
    std::size_t best = word.size();
    int best_rank = 1 << 30;
    for (std::size_t i = 0; i + 1 < word.size(); ++i) {
      const auto at = merges.find({word[i], word[i + 1]});
      if (at != merges.end() && at->second.first < best_rank) {
        best = i;
        best_rank = at->second.first;
      }
    }
    if (best == word.size()) return word;
    word[best] = merges.at({word[best], word[best + 1]}).second;
    word.erase(word.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

TEST(Bpe, SameAsTheSlowTwin) {
  std::mt19937 random(3);
  for (int round = 0; round < 400; ++round) {
    // Random merges over 4 letters and what they make, also orders no training would give.
    std::map<std::pair<int, int>, std::pair<int, int>> table;
    bpe::Merges merges;
    const int count = 1 + static_cast<int>(random() % 20);
    for (int rank = 0; rank < count; ++rank) {
      const std::pair pair(static_cast<int>(random() % 8), static_cast<int>(random() % 8));
      const int joined = 4 + static_cast<int>(random() % 8);
      if (!table.emplace(pair, std::pair(rank, joined)).second) continue;
      merges.add(pair.first, pair.second, rank, joined);
    }
    std::vector<int> word(random() % 40);
    std::vector<bpe::Symbol> symbols;
    for (std::size_t i = 0; i < word.size(); ++i) {
      word[i] = static_cast<int>(random() % 4);
      symbols.push_back({word[i], i, i + 1});
    }
    merges.apply(symbols);
    std::vector<int> got;
    std::size_t at = 0;
    for (const bpe::Symbol& symbol : symbols) {
      got.push_back(symbol.id);
      EXPECT_EQ(symbol.begin, at);
      at = symbol.end;
    }
    EXPECT_EQ(at, word.size());
    EXPECT_EQ(got, slow_bpe(word, table)) << round;
  }
}

TEST(Bpe, ByteTable) {
  EXPECT_EQ(bpe::printable_byte('!'), U'!');
  EXPECT_EQ(bpe::printable_byte(0), 0x100u);
  EXPECT_EQ(bpe::printable_byte(32), 0x120u);
  EXPECT_EQ(bpe::printable_byte(127), 0x121u);
  EXPECT_EQ(bpe::printable_byte(173), 0x143u);
  EXPECT_EQ(bpe::printable_byte(255), 255u);
}

/// The corpus' sound tokenizer with its added tokens replaced.
ClipTokenizer with_added(const TempFolder& folder, const std::string& added) {
  Json root = read_json(fs::path(REGARD_TEST_DIR) / "corpus/tokenizer/valid/tokenizer.json").value();
  for (const Json& token : Json::parse(added)) root["added_tokens"].push_back(token);
  put(folder / "tokenizer.json", root.dump());
  Result<ClipTokenizer> tokenizer = ClipTokenizer::open(folder.path());
  EXPECT_TRUE(tokenizer) << tokenizer.error().message;
  return std::move(*tokenizer);
}

TEST(AddedTokens, RawOnesAreFoundBeforeNormalisation) {
  const TempFolder folder;
  const ClipTokenizer t = with_added(
      folder,
      R"([{"id":7,"content":"<Cat>","normalized":false},{"id":8,"content":"<Cat>s","normalized":false}])");
  EXPECT_THAT(ids(t, "a<Cat>b"), ElementsAre(2, 7, 3));
  EXPECT_THAT(ids(t, "<Cat>sa"), ElementsAre(8, 2));  // the longest of those that start together
  EXPECT_EQ(t.encode("<cat>")[0].id, 6);              // not in another case: unknown symbols
  EXPECT_EQ(spans(t, "a <Cat>"), (Spans{{0, 1}, {2, 7}}));
  EXPECT_EQ(t.vocab_size(), 9);
  EXPECT_EQ(t.vocab_entry(8), "<Cat>s");
  EXPECT_FALSE(t.encode("<Cat>")[0].special);
}

TEST(AddedTokens, NormalisedOnesInAnyCase) {
  const TempFolder folder;
  const ClipTokenizer t = with_added(folder, R"([{"id":7,"content":"É!","normalized":true}])");
  EXPECT_THAT(ids(t, "e\u0301!a"), ElementsAre(7, 2));
  EXPECT_EQ(spans(t, "E\u0301!a"), (Spans{{0, 4}, {4, 5}}));
}

TEST(AddedTokens, StripAndSingleWord) {
  const TempFolder folder;
  const ClipTokenizer t = with_added(
      folder,
      R"([{"id":7,"content":"#l","lstrip":true},{"id":8,"content":"#r","rstrip":true},{"id":9,"content":"#w","single_word":true}])");
  EXPECT_EQ(spans(t, "a \t#l a"),
            (Spans{{0, 1}, {3, 5}, {6, 7}}));  // the spaces are taken, but belong to no piece
  EXPECT_EQ(spans(t, "#r  a"), (Spans{{0, 2}, {4, 5}}));
  EXPECT_THAT(ids(t, "a #w a"), ElementsAre(2, 9, 2));
  EXPECT_EQ(ids(t, "a#w").size(), 3u);  // a, and the two symbols apart
  EXPECT_NE(ids(t, "#wa")[0], 9);
}

TEST(ClipTokenizer, TakesItsEndsFromTheFiles) {
  const TempFolder folder;
  const Json vocab = {{"a</w>", 0}, {"<s>", 1}, {"</s>", 2}, {"?", 3}};
  put(folder / "vocab.json", vocab.dump());
  put(folder / "merges.txt", "#version: 0.2\n");
  put(folder / "tokenizer_config.json", R"({"bos_token":"<s>","eos_token":"?","unk_token":"?"})");
  put(folder / "special_tokens_map.json", R"({"eos_token":{"content":"</s>","normalized":false}})");
  const Result<ClipTokenizer> t = ClipTokenizer::open(folder.path());
  ASSERT_TRUE(t) << t.error().message;
  EXPECT_EQ(t->bos_id(), 1);  // special_tokens_map.json says nothing: tokenizer_config.json
  EXPECT_EQ(t->eos_id(), 2);  // both say: the map
  EXPECT_THAT(ids(*t, "a</s><S></S>b"),
              ElementsAre(0, 2, 1, 3, 3, 3, 3, 3));  // </s> is raw: not in another case
}

/// A folder with Little World's tokenizer and the side files of a case; null: not written.
void write_case(const TempFolder& folder, bool slow, const Json& side) {
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt"}) {
    const bool is_fast = std::string_view(name) == "tokenizer.json";
    if (is_fast != slow) fs::copy_file(kClip / name, folder / name);
  }
  for (const auto& [name, content] : side.items()) {
    if (!content.is_null()) put(folder / name, content.dump());
  }
}

// Padding and special tokens that only the files beside tokenizer.json name.
TEST(SpecialTokens, GoldenFromTransformers) {
  const Json golden = read_json(fs::path(REGARD_TEST_DIR) / "golden/special_tokens.json").value();
  EXPECT_GE(golden.at("cases").size(), 90u);
  for (const Json& item : golden.at("cases")) {
    const TempFolder folder;
    const std::string name = item.at("name");
    write_case(folder, item.at("slow"), item.at("side"));
    const Result<ClipTokenizer> t = ClipTokenizer::open(folder.path());
    ASSERT_TRUE(t) << name << ": " << t.error().message;
    EXPECT_EQ(t->pad_id(), item.at("pad").is_null() ? t->eos_id() : item.at("pad").get<int>()) << name;
    EXPECT_EQ(t->trained_size(), 745) << name;
    if (!item.at("padded").is_null()) {
      std::vector<int> padded = ids(*t, "un chat");
      padded.insert(padded.begin(), t->bos_id());
      padded.push_back(t->eos_id());
      padded.resize(8, t->pad_id());
      EXPECT_EQ(padded, item.at("padded").get<std::vector<int>>()) << name;
    }
    for (const Json& text : item.at("items")) {
      EXPECT_EQ(ids(*t, text.at("text").get<std::string>()), text.at("ids").get<std::vector<int>>())
          << name << ": " << text.at("text");
      check_laws(*t, text.at("text").get<std::string>());
    }
  }
}

TEST(SpecialTokens, PadOfOpenAisListIsZero) {
  EXPECT_EQ(ClipTokenizer::from_openai_merges("#version: 0.2\n").value().pad_id(), 0);
}

TEST(SpecialTokens, WrongOnesAreNamed) {
  const auto error_of = [](const char* name, const std::string& content) {
    const TempFolder folder;
    fs::copy_file(kClip / "tokenizer.json", folder / "tokenizer.json");
    put(folder / name, content);
    const Result<ClipTokenizer> t = ClipTokenizer::open(folder.path());
    return t ? "accepted" : t.error().message.substr(folder.path().string().size() + 1);
  };
  EXPECT_EQ(error_of("tokenizer_config.json", R"({"pad_token": 3})"),
            "tokenizer_config.json: pad_token: expected a text or an object with content, got 3");
  EXPECT_EQ(
      error_of("special_tokens_map.json", R"({"additional_special_tokens": [["a"]]})"),
      "special_tokens_map.json: additional_special_tokens[0]: expected a text or an object with content, "
      "got an array of 1");
  EXPECT_EQ(error_of("tokenizer_config.json", R"({"additional_special_tokens": "a"})"),
            "tokenizer_config.json: additional_special_tokens: expected a list of tokens, got 'a'");
  EXPECT_EQ(error_of("tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "a"}}})"),
            "tokenizer_config.json: added_tokens_decoder: expected ids from 0 to 16777215, got 'x'");
  EXPECT_EQ(error_of("tokenizer_config.json", R"({"added_tokens_decoder": {"745": {"content": 1}}})"),
            "tokenizer_config.json: added_tokens_decoder.745.content: expected a text, got 1");
  EXPECT_EQ(error_of("tokenizer_config.json", R"({"mask_token": {"content": "a", "lstrip": 1}})"),
            "tokenizer_config.json: mask_token.lstrip: expected true or false, got 1");
}

TEST(ClipTokenizer, MergesBeyondTheReferenceAreIgnored) {
  std::string merges = "#version: 0.2\n";
  for (int i = 1; i < 48894; ++i) merges += "a b</w>\n";  // the same rank over and over: the last one counts
  merges += "b a</w>\nno such merge\n";                   // lines 48895 and 48896 of the file
  const TempFolder folder;
  put(folder / "vocab.json",
      R"({"a":0,"b":1,"a</w>":2,"b</w>":3,"ab</w>":4,"ba</w>":7,"<|startoftext|>":5,"<|endoftext|>":6})");
  put(folder / "merges.txt", merges);
  const Result<ClipTokenizer> t = ClipTokenizer::open(folder.path());
  ASSERT_TRUE(t) << t.error().message;
  EXPECT_THAT(ids(*t, "ab ba"), ElementsAre(4, 7));
}

TEST(ClipTokenizer, OpenAiMergesMakeTheirVocabulary) {
  const Result<ClipTokenizer> t =
      ClipTokenizer::from_openai_merges("\"bpe_simple_vocab_16e6.txt#version: 0.2\ni n\nt h\nth e</w>\n");
  ASSERT_TRUE(t) << t.error().message;
  EXPECT_EQ(t->vocab_size(), 512 + 3 + 2);
  EXPECT_EQ(t->bos_id(), 515);
  EXPECT_EQ(t->eos_id(), 516);
  EXPECT_EQ(t->vocab_entry(0), "!");
  EXPECT_EQ(t->vocab_entry(188), "Ā");
  EXPECT_EQ(t->vocab_entry(256), "!</w>");
  EXPECT_THAT(ids(*t, "The in<|endoftext|>"), ElementsAre(514, 72, 333, 516));
  EXPECT_EQ(ClipTokenizer::from_openai_merges("#version\na b\na b\n").error().message,
            "bpe_simple_vocab_16e6.txt: line 3: expected a new entry, got 'ab' again");
  EXPECT_EQ(ClipTokenizer::from_openai_merges("#version\nab c\n").error().message,
            "bpe_simple_vocab_16e6.txt: line 2: expected 'ab' in the vocabulary, got none");
}

TEST(ClipTokenizer, VectorsOfTheOpenAiVocabulary) {
  const char* path = std::getenv("REGARD_OPENAI_BPE");
  if (path == nullptr || *path == '\0') {
    GTEST_SKIP() << "REGARD_OPENAI_BPE names no file; tests/golden/fetch_openai_bpe.sh OUT.txt fetches it";
  }
  const Result<std::string> merges = read_file(path, 16u << 20);
  ASSERT_TRUE(merges) << merges.error().message;
  const Result<ClipTokenizer> t = ClipTokenizer::from_openai_merges(*merges);
  ASSERT_TRUE(t) << t.error().message;
  EXPECT_EQ(t->vocab_size(), 49408);
  EXPECT_EQ(t->bos_id(), 49406);
  EXPECT_EQ(t->eos_id(), 49407);
  const Json vectors = read_json(fs::path(REGARD_TEST_DIR) / "vectors/tokenizers.json").value();
  const Json& items = vectors.at("clip_openai_bpe").at("items");
  EXPECT_EQ(items.size(), 26u);
  for (const Json& item : items) {
    const auto text = item.at("text").get<std::string>();
    EXPECT_EQ(ids(*t, text), item.at("ids").get<std::vector<int>>()) << text;
    std::vector<std::string> tokens;
    for (const Piece& piece : t->encode(text)) tokens.emplace_back(t->vocab_entry(piece.id));
    EXPECT_EQ(tokens, item.at("tokens").get<std::vector<std::string>>()) << text;
  }
}

}  // namespace
}  // namespace regard
