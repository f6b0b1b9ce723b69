// What edits do to a drawing: against the trainer's own model (make_paint_edits.py); how words are found and
// paired; and what is refused, word for word.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/engine/paint.h"
#include "core/engine/paint_edits.h"
#include "core/engine/paint_text.h"
#include "tests/support/built_in.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const PaintSizes kSizes = built_in_sizes();
const int kSide = kSizes.side, kPatches = kSizes.patches, kBlocks = kSizes.blocks, kHeads = kSizes.heads;
const std::size_t kNumbers = kSizes.numbers;
constexpr float kPicture = 1e-4f, kMap = 1e-4f;

const std::shared_ptr<const PaintModel>& model() { return test::built_in_paint_model(); }

const Golden& golden() {
  static const Golden file("paint_edits.safetensors");
  return file;
}

// The request of every drawing in the golden file.
PaintRequest request(const char* prompt = "prompt") {
  static const std::vector<float> noise = [] {
    const std::vector<float> x = Golden("reference_paint_0.safetensors").values("x");
    return std::vector<float>(x.begin(), x.begin() + kNumbers);
  }();
  PaintRequest out{.model = model(), .prompt = golden().text(prompt), .negative = ""};
  out.noise = noise;
  out.height = out.width = kSide;
  out.steps = std::stoi(golden().text("steps"));
  return out;
}

std::shared_ptr<const PaintRun> paint(const PaintRequest& asked) {
  auto run = run_paint(asked);
  if (!run) ADD_FAILURE() << run.error().message;
  return run.value();
}

std::string refusal(const PaintRequest& asked) {
  const auto run = run_paint(asked);
  return run ? "painted" : run.error().message;
}

PromptWord word(const std::string& text, const char* prompt = "prompt") {
  const std::size_t byte = golden().text(prompt).find(text);
  EXPECT_NE(byte, std::string::npos) << text;
  return {PromptWord::Kind::kWord, byte + 1};  // any byte of it
}

const PromptWord kStart{PromptWord::Kind::kStart}, kEnd{PromptWord::Kind::kEnd};

// @param seen  how far from the drawing without an edit it is at least
void expect_drawing(const std::string& name, const PaintRequest& asked, const Golden& file = golden(),
                    float seen = 0.1f) {
  const auto run = paint(asked);
  const std::vector<float> expected = file.values(name), plain = golden().values("plain");
  ASSERT_EQ(expected.size(), kNumbers);
  const ConstMatrixMap got(run->x.back().data(), 1, std::ssize(run->x.back()));
  report(name, max_difference(got, expected.data()), kPicture);
  if (name != "plain") {
    EXPECT_GT(max_difference(got, plain.data()), seen) << "the edit is seen";
  }
}

void expect_edited(const std::string& name, std::vector<PaintEdit> edits, const char* prompt = "prompt") {
  PaintRequest asked = request(prompt);
  asked.edits = std::move(edits);
  expect_drawing(name, asked);
}

TEST(PaintEditsGolden, Nothing) { expect_edited("plain", {}); }

TEST(PaintEditsGolden, CutWords) {
  expect_edited("cut", {{CutWord{word("souris")}}});
  expect_edited("cut_end", {{CutWord{kEnd}}});
}

TEST(PaintEditsGolden, CuttingTwiceIsCutting) {
  expect_edited("cut",
                {{CutWord{word("souris")}}, {CutWord{word("ouris")}}, {CutWord{word("grise")}, 6, 99}});
}

TEST(PaintEditsGolden, MutedWords) { expect_edited("muted", {{MuteWord{word("souris")}}}); }

TEST(PaintEditsGolden, MutedTwiceAndCut) {
  expect_edited("muted", {{MuteWord{word("souris")}}, {MuteWord{word("ris gr")}}, {CutWord{word("souris")}}});
}

TEST(PaintEditsGolden, WordsMutedForSpansOfSteps) {
  expect_edited("muted_spans", {{MuteWord{word("grise")}, 0, 2}, {MuteWord{word("chat")}, 2, 3}});
}

TEST(PaintEditsGolden, SwappedWords) {
  expect_edited("swapped", {{SwapWords{word("rouge"), word("grise")}}});
  expect_edited("swapped", {{SwapWords{word("rouge"), word("grise")}},
                            {SwapWords{word("grise"), word("rouge")}},
                            {SwapWords{word("chat"), word("chat")}}});
  expect_edited("swapped_unequal",
                {{SwapWords{word("grand", "longer"), word("petite", "longer")}},
                 {SwapWords{kStart, word("chat", "longer")}}},
                "longer");
}

TEST(PaintEditsGolden, HeadsAndBlocksOff) {
  expect_edited("heads_off", {{HeadOff{2, 0}}, {HeadOff{4, 1}}, {HeadOff{2, 0}}});
  expect_edited("block_off", {{BlockOff{3}}, {BlockOff{3}}});
  expect_edited("last_block_off", {{BlockOff{5}}});
}

TEST(PaintEditsGolden, KeptMaps) {
  const auto other = paint(request("other"));
  PaintRequest asked = request();
  asked.kept = other;
  asked.edits = {{KeepMaps{.image = true}, 0, 2}};
  expect_drawing("kept_image", asked);
  asked.edits = {{KeepMaps{.image = false}, 0, 2}};
  expect_drawing("kept_words", asked);
  asked = request("longer");
  asked.kept = paint(request());
  expect_drawing("kept_refine", [&] {
    asked.edits = {{KeepMaps{.image = false}, 0, 2}};
    return asked;
  }());
}

// What is taken from another drawing, against the trainer's own model.
TEST(PaintEditsGolden, Taken) {
  const Golden taken("paint_taken.safetensors");
  PaintRequest asked = request();
  asked.kept = paint(request("other"));
  constexpr float kSeen = 0.01f;
  asked.edits = {{FreezeMaps{}, 0, 2}};
  expect_drawing("frozen", asked, taken, kSeen);
  asked.edits = {{PatchState{word("chat"), 2}, 1, 3}, {PatchState{place_at(77), 4}, 1, 3}};
  expect_drawing("patched", asked, taken, kSeen);
}

TEST(PaintEditsGolden, FromAPicture) {
  PaintRequest asked = request("other");
  asked.picture = golden().values("plain");
  asked.first_step = 2;
  expect_drawing("from_picture", asked);
  std::vector<int> steps;
  const auto run = run_paint(asked, [&steps](const PaintStep& step) {
    steps.push_back(step.step);
    EXPECT_EQ(step.time, step.run.times[static_cast<std::size_t>(step.step)]);
  });
  ASSERT_TRUE(run);
  EXPECT_THAT(steps, ElementsAre(2, 3, 4, 5));
  EXPECT_EQ((*run)->first_step, 2);
  EXPECT_EQ((*run)->drawn(), 4);
  EXPECT_EQ((*run)->x.size(), 5u);
  EXPECT_EQ((*run)->times.size(), 7u);
  EXPECT_EQ((*run)->trace.records.size(), 4u);
}

TEST(PaintEditsGolden, OutputSpace) {
  PaintRequest asked = request();
  const auto plain = paint(asked);
  asked.output_space = true;
  const auto run = paint(asked);
  EXPECT_EQ(run->x, plain->x) << "nobody reads the concepts";
  EXPECT_TRUE(plain->trace.concept_maps.empty());
  ASSERT_EQ(run->trace.concept_maps.size(), 6u);
  for (const int step : {1, 4}) {
    const std::vector<float> expected = golden().values("concepts_" + std::to_string(step));
    const std::vector<Matrix>& maps = *run->trace.concept_maps[static_cast<std::size_t>(step)];
    ASSERT_EQ(maps.size(), static_cast<std::size_t>(kBlocks));
    float worst = 0;
    for (std::size_t block = 0; block < maps.size(); ++block) {
      ASSERT_EQ(maps[block].rows(), 7);
      ASSERT_EQ(maps[block].cols(), kPatches);
      worst = std::max(worst, max_difference(maps[block], expected.data() + block * 7 * kPatches));
    }
    report("concepts of step " + std::to_string(step + 1), worst, kMap);
  }
  asked.prompt = "";
  EXPECT_TRUE(paint(asked)->trace.concept_maps.empty()) << "no words, no concepts";
}

// ------------------------------------------------------------------ what a step holds

TEST(PaintEdits, TheRecordHoldsWhatWasUsed) {
  PaintRequest asked = request();
  asked.steps = 1;
  const auto plain = paint(asked);
  asked.edits = {{SwapWords{word("rouge"), word("grise")}}, {CutWord{word("souris")}}};
  const auto run = paint(asked);
  const auto& words = run->prompt.words;
  const int red = kPatches + words[2].first_token, mouse = kPatches + words[5].first_token,
            grey = kPatches + words[6].first_token;
  const auto was = plain->trace.records[0]->attention(0, 1), is = run->trace.records[0]->attention(0, 1);
  EXPECT_EQ(is.col(mouse).head(kPatches).maxCoeff(), 0.0f);
  for (int n = 0; n < kPatches; ++n) {
    // The first block reads the same in both but for the cut: its row is scaled, then two columns trade.
    const float left = 1.0f - was(n, mouse);
    EXPECT_NEAR(is(n, red), was(n, grey) / left, 1e-6f);
    EXPECT_NEAR(is(n, grey), was(n, red) / left, 1e-6f);
    EXPECT_NEAR(is.row(n).sum(), 1.0f, 1e-5f);
  }
  EXPECT_EQ(is.bottomRows(9), was.bottomRows(9)) << "what words read of each other in the first block";
  EXPECT_EQ(run->trace.negative_records[0]->attention(5, 2),
            plain->trace.negative_records[0]->attention(5, 2));
}

TEST(PaintEdits, WordsThatAreHiddenStayHiddenUnderKeptMaps) {
  PaintRequest asked = request();
  asked.steps = 1;
  asked.kept = paint(asked);
  asked.edits = {{KeepMaps{}}, {CutWord{word("souris")}}};
  const auto run = paint(asked);
  const int mouse = kPatches + run->prompt.words[5].first_token;
  for (int map = 0; map < kBlocks * kHeads; ++map) {
    const auto attention = run->trace.records[0]->attention(map / kHeads, map % kHeads);
    EXPECT_EQ(attention.col(mouse).head(kPatches).maxCoeff(), 0.0f);
  }
}

TEST(PaintEdits, KeptMapsOfTheSameDrawingChangeNothing) {
  PaintRequest asked = request();
  asked.steps = 2;
  const auto plain = paint(asked);
  asked.kept = plain;
  asked.edits = {{KeepMaps{}}};
  const auto run = paint(asked);
  report("kept from itself",
         max_difference(ConstMatrixMap(run->x.back().data(), 1, kNumbers), plain->x.back().data()), 1e-5f);
}

// Whatever is taken from the drawing itself is there already: not a bit changes.
TEST(PaintEdits, WhatIsTakenFromTheSameDrawingChangesNoBit) {
  PaintRequest asked = request();
  asked.steps = 2;
  const auto plain = paint(asked);
  asked.kept = plain;
  asked.edits = {{FreezeMaps{}}};
  EXPECT_EQ(paint(asked)->x, plain->x);
  asked.edits.clear();
  for (int after = 0; after <= kBlocks; ++after) {
    asked.edits.push_back({PatchState{place_at(3 * after), after}});
    asked.edits.push_back({PatchState{word("souris"), after}});
    asked.edits.push_back({PatchState{kEnd, after}});
  }
  EXPECT_EQ(paint(asked)->x, plain->x);
}

// Against the transformer asked by hand: the other drawing's states are kept, put in by position, and what
// comes out is what the drawing's step said.
TEST(PaintEdits, APatchedStepIsThatOfTheTransformerAskedByHand) {
  PaintRequest asked = request();
  asked.steps = 2;
  PaintRequest other = request("other");
  other.steps = 2;
  asked.kept = paint(other);
  const int after = 3;
  asked.edits = {{PatchState{word("chat"), after}, 0, 0}, {PatchState{place_at(77), after}, 0, 0}};
  const auto run = paint(asked);
  const auto plain = [&] {
    PaintRequest untouched = asked;
    untouched.edits.clear();
    return paint(untouched);
  }();
  const auto ask = [&](const PaintRun& drawing, const Intervention& change) {
    MmditInput in{.latent = drawing.x.front(),
                  .height = kSide,
                  .width = kSide,
                  .text = drawing.prompt.states,
                  .pooled = drawing.prompt.pooled,
                  .timestep = drawing.times.front() * static_cast<float>(model()->schedule.train_steps)};
    in.keep_states = true;
    auto out = model()->mmdit.run(in, change);
    if (!out) ADD_FAILURE() << out.error().message;
    return std::move(out.value());
  };
  const MmditOutput there = ask(*asked.kept, {});
  Intervention by_hand;
  std::vector<int> positions = tokens_of(run->prompt, word("chat"));
  for (int& position : positions) position += kPatches;  // words of as many tokens at the same places
  positions.push_back(77);
  for (const int position : positions)
    by_hand.patches.push_back({after, position, there.hidden_states[after].row(position)});
  EXPECT_EQ(run->predictions[0].with_prompt, ask(*run, by_hand).predicted);
  EXPECT_EQ(run->predictions[0].without_prompt, plain->predictions[0].without_prompt)
      << "the half without the prompt is left alone";
  EXPECT_NE(run->predictions[0].with_prompt, plain->predictions[0].with_prompt);
  const AttentionRecord& record = *run->trace.records[0];
  EXPECT_EQ(record.attention(after - 1, 0), plain->trace.records[0]->attention(after - 1, 0));
  EXPECT_NE(record.attention(after, 0), plain->trace.records[0]->attention(after, 0));
  EXPECT_EQ(record.stream(after)->row(77), asked.kept->trace.records[0]->stream(after)->row(77));
  // From another place and layer of the other drawing.
  asked.edits = {{PatchState{.place = place_at(5), .after = after, .from = 77, .from_after = 1}, 0, 0}};
  EXPECT_EQ(paint(asked)->trace.records[0]->stream(after)->row(5),
            asked.kept->trace.records[0]->stream(1)->row(77));
}

// Rows of patches and of words alike, step by step; without the prompt nothing is frozen.
TEST(PaintEdits, AFrozenDrawingReadsAsTheOtherDid) {
  PaintRequest asked = request();
  asked.steps = 2;
  PaintRequest other = request("other");
  other.steps = 2;
  asked.kept = paint(other);
  asked.edits = {{FreezeMaps{}, 1, 1}};
  const auto run = paint(asked);
  const int tokens = run->trace.prompt.count();
  for (int map = 0; map < kBlocks * kHeads; ++map) {
    const auto now = run->trace.records[1]->attention(map / kHeads, map % kHeads),
               there = asked.kept->trace.records[1]->attention(map / kHeads, map % kHeads);
    for (const int row : {0, 77, kPatches + 1, tokens - 1}) {
      for (int key = 0; key < tokens; ++key) ASSERT_NEAR(now(row, key), there(row, key), 1e-6f);
    }
  }
  EXPECT_NE(run->trace.records[0]->attention(2, 1), asked.kept->trace.records[0]->attention(2, 1));
}

TEST(PaintEdits, MuteUnderEveryWeighting) {
  for (const Weighting weighting : kAllWeightings) {
    PaintRequest asked = request();
    asked.steps = 1;
    asked.prompt = "un (chat:0.5) rouge";
    asked.weighting = weighting;
    const auto plain = paint(asked);
    asked.edits = {{MuteWord{{PromptWord::Kind::kWord, 14}}}};
    const auto run = run_paint(asked);
    const bool again = weighting == Weighting::kCompel || weighting == Weighting::kComfyPlusPlus ||
                       weighting == Weighting::kDownWeight;
    ASSERT_EQ(run.has_value(), !again) << weighting_name(weighting);
    if (again) {
      EXPECT_EQ(run.error().code, ErrorCode::kUnsupported);
      EXPECT_THAT(run.error().message, HasSubstr("expected a weighting that encodes the prompt once"));
      asked.prompt = "un chat rouge";
      asked.edits = {{MuteWord{{PromptWord::Kind::kWord, 8}}}};
      EXPECT_EQ(refusal(asked), "painted") << "nothing is weighed";
      continue;
    }
    EXPECT_NE((*run)->x.back(), plain->x.back()) << weighting_name(weighting);
    EXPECT_EQ((*run)->prompt.states, plain->prompt.states) << "the run shows the prompt as it stands";
  }
}

TEST(PaintEdits, HiddenWordsOfTheEncoderAreReadByNoOtherWord) {
  TextRequest asked{.model = model()->text, .prompt = "un chat rouge", .hidden_words = {4}};
  for (const Weighting weighting : {Weighting::kAttention, Weighting::kNone, Weighting::kScale}) {
    asked.weighting = weighting;
    const auto run = run_text(asked);
    ASSERT_TRUE(run);
    const AttentionRecord& record = *(*run)->output.record;
    for (int map = 0; map < record.shape().layers * record.shape().heads; ++map) {
      const auto attention = record.attention(map / record.shape().heads, map % record.shape().heads);
      EXPECT_EQ(attention.col(2).maxCoeff(), 0.0f);
      EXPECT_GT(attention(4, 3), 0.0f);
    }
    for (const VectorChange& change : (*run)->changes)
      EXPECT_EQ(change.length_before, change.length_after) << "no weight is at work";
  }
  TextRequest end{.model = model()->text, .prompt = "un chat rouge", .hidden_end = true};
  const auto run = run_text(end);
  ASSERT_TRUE(run);
  EXPECT_EQ((*run)->output.record->attention(0, 0)(4, 4), 0.0f);
  EXPECT_GT((*run)->output.record->attention(0, 0)(4, 3), 0.0f);
}

TEST(PaintEdits, A1111MeansAreOfTheMutedChunk) {
  // With every weight 1 A1111 changes nothing, hidden words or not.
  TextRequest asked{.model = model()->text, .prompt = "un chat rouge", .weighting = Weighting::kA1111};
  asked.hidden_words = {4};
  const auto weighed = run_text(asked);
  asked.weighting = Weighting::kNone;
  const auto plain = run_text(asked);
  ASSERT_TRUE(weighed && plain);
  report("a1111", max_difference((*weighed)->given(), (*plain)->output.last_hidden.data()), 1e-5f);
}

TEST(PaintEdits, StepsBeyondTheirSpanAreLeftAlone) {
  PaintRequest asked = request();
  asked.steps = 2;
  const auto plain = paint(asked);
  asked.edits = {{BlockOff{2}, 1, 1}, {MuteWord{word("chat")}, 5, 9}, {KeepMaps{}, 2, 9}};
  const auto run = paint(asked);
  EXPECT_EQ(run->x[1], plain->x[1]);
  EXPECT_NE(run->x[2], plain->x[2]);
}

// ------------------------------------------------------------------ finding and pairing words

PaintText read(const std::string& prompt) {
  auto text = read_paint_text({.model = model(), .prompt = "", .negative = ""}, prompt);
  if (!text) ADD_FAILURE() << text.error().message;
  return text.value();
}

TEST(PaintEdits, FindsWords) {
  const PaintText text = read("un chat BREAK (un zyxwv:1.5)");
  EXPECT_THAT(tokens_of(text, kStart), ElementsAre(0, 4));
  EXPECT_THAT(tokens_of(text, kEnd), ElementsAre(3, static_cast<int>(text.tokens.size()) - 1));
  EXPECT_THAT(tokens_of(text, {PromptWord::Kind::kWord, 3}), ElementsAre(2));
  EXPECT_THAT(tokens_of(text, {PromptWord::Kind::kWord, 6}), ElementsAre(2));
  EXPECT_THAT(tokens_of(text, {PromptWord::Kind::kWord, 2}), ElementsAre()) << "the space between";
  EXPECT_THAT(tokens_of(text, {PromptWord::Kind::kWord, 99}), ElementsAre());
  const Word& last = text.words.back();
  ASSERT_GT(last.last_token, last.first_token);
  std::vector<int> all;
  for (int t = last.first_token; t <= last.last_token; ++t) all.push_back(t);
  EXPECT_EQ(tokens_of(text, {PromptWord::Kind::kWord, last.end - 1}), all);
}

// Tokens by id; 0 is BOS, 9 is EOS.
std::vector<Token> tokens(const std::vector<int>& ids) {
  std::vector<Token> out;
  for (const int id : ids) {
    Token& token = out.emplace_back();
    token.id = id;
    token.is_bos = id == 0;
    token.is_eos = id == 9;
  }
  return out;
}

std::vector<int> paired(const std::vector<int>& from, const std::vector<int>& to) {
  return counterpart_tokens(tokens(from), tokens(to));
}

TEST(PaintEdits, PairsTokens) {
  EXPECT_THAT(paired({0, 1, 2, 9}, {0, 1, 2, 9}), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(paired({0, 1, 2, 9}, {0, 1, 3, 9}), ElementsAre(0, 1, 2, 3)) << "one for one";
  EXPECT_THAT(paired({0, 1, 2, 3, 9}, {0, 4, 5, 3, 9}), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(paired({0, 1, 3, 9}, {0, 1, 2, 3, 9}), ElementsAre(0, 1, -1, 2, 3)) << "a word more";
  EXPECT_THAT(paired({0, 1, 2, 3, 9}, {0, 1, 3, 9}), ElementsAre(0, 1, 3, 4)) << "a word less";
  EXPECT_THAT(paired({0, 1, 9}, {0, 2, 3, 9}), ElementsAre(0, -1, -1, 2)) << "one word for two tokens";
  EXPECT_THAT(paired({0, 9}, {0, 1, 9}), ElementsAre(0, -1, 1));
  EXPECT_THAT(paired({0, 1, 9}, {0, 9}), ElementsAre(0, 2));
  EXPECT_THAT(paired({0, 1, 9, 0, 2, 9}, {0, 1, 9}), ElementsAre(0, 1, 5)) << "a chunk more; ends pair";
  EXPECT_THAT(paired({0, 5, 1, 2, 3, 9}, {0, 1, 2, 3, 5, 9}), ElementsAre(0, 2, 3, 4, -1, 5)) << "longest";
}

TEST(PaintEdits, WordsAloneAreMeansOfTheirTokens) {
  const PaintText text = read("zyxwv chat");
  const auto both = encode_words(*model()->text, text);
  ASSERT_TRUE(both);
  ASSERT_EQ(both->rows(), 2);
  const PaintText alone = read("zyxwv");
  const Eigen::Index inner = alone.states.rows() - 2;
  const RowVector mean = alone.states.middleRows(1, inner).colwise().mean();
  report("mean", max_difference(both->row(0), mean.data()), 1e-6f);
  EXPECT_EQ(encode_words(*model()->text, read(""))->rows(), 0);
}

// ------------------------------------------------------------------ refusals

std::string out_of_range(const std::string& got) {
  return fmt::format("edit 2: expected block 0 to {} and head 0 to {}, got {}", kBlocks - 1, kHeads - 1, got);
}

TEST(PaintEdits, RefusesWordForWord) {
  PaintRequest asked = request();
  const auto refused = [&asked](const PaintEdit& edit) {
    asked.edits = {{BlockOff{0}}, edit};
    return refusal(asked);
  };
  EXPECT_EQ(refused({CutWord{{PromptWord::Kind::kWord, 2}}}),
            "edit 2: expected a byte of a word of the prompt, got 2");
  EXPECT_EQ(refused({SwapWords{kStart, {PromptWord::Kind::kWord, 99}}}),
            "edit 2: expected a byte of a word of the prompt, got 99");
  EXPECT_EQ(refused({MuteWord{kStart}}), "edit 2: expected a word or the end to mute, got the start");
  EXPECT_EQ(refused({HeadOff{kBlocks, 0}}), out_of_range(fmt::format("block {}, head 0", kBlocks)));
  EXPECT_EQ(refused({HeadOff{0, kHeads}}), out_of_range(fmt::format("block 0, head {}", kHeads)));
  EXPECT_EQ(refused({BlockOff{-1}}), out_of_range("block -1, head 0"));
  EXPECT_EQ(refused({KeepMaps{}}), "edit 2: expected a drawing to keep the maps of, got none");
  PaintRequest small = request();
  small.noise.clear();
  small.height = kSide - 2 * kSizes.patch;
  small.steps = 3;
  asked.kept = paint(small);
  EXPECT_EQ(refused({KeepMaps{}}),
            fmt::format("edit 2: expected kept maps of {0} x {0} patches, got {0} x {1}", kSizes.grid,
                        kSizes.grid - 2));
  small.height = kSide;
  asked.kept = paint(small);
  EXPECT_EQ(refused({KeepMaps{}}), "edit 2: expected kept maps of steps 0 to 5, got 0 to 2");
  EXPECT_EQ(refused({KeepMaps{}, 1, 2}), "painted");
  EXPECT_EQ(refused({FreezeMaps{}}), "edit 2: expected kept maps of steps 0 to 5, got 0 to 2");
  EXPECT_EQ(refused({PatchState{kEnd, 2}}), "edit 2: expected activations of steps 0 to 5, got 0 to 2");
  EXPECT_EQ(refused({PatchState{kEnd, kBlocks + 1}, 0, 1}),
            out_of_range(fmt::format("block {}, head 0", kBlocks + 1)));
  EXPECT_EQ(refused({PatchState{place_at(9999), 2}, 0, 1}),
            fmt::format("edit 2: expected a position from 0 to {}, got 9999",
                        asked.kept->trace.prompt.count() - 1));
  EXPECT_EQ(refused({PatchState{.place = kEnd, .after = 2, .from = 9999}, 0, 1}),
            fmt::format("edit 2: expected a position of the other run from 0 to {}, got 9999",
                        asked.kept->trace.prompt.count() - 1));
  asked.kept.reset();
  EXPECT_EQ(refused({PatchState{kEnd, 2}}), "edit 2: expected a drawing to take activations from, got none");
  PaintRequest few = request();
  few.prompt = "un chien";
  asked.kept = paint(few);
  EXPECT_THAT(refused({PatchState{word("souris"), 2}}),
              HasSubstr("edit 2: expected a place that the other drawing has too, got position"));
}

TEST(PaintEdits, RefusesAPictureOrAStepThatDoesNotFit) {
  PaintRequest asked = request();
  asked.first_step = 1;
  EXPECT_EQ(refusal(asked), "first step: expected 0 without a picture, got 1");
  asked.picture.assign(kNumbers, 0.0f);
  asked.first_step = 6;
  EXPECT_EQ(refusal(asked), "first step: expected 0 to 5, got 6");
  asked.first_step = -1;
  EXPECT_EQ(refusal(asked), "first step: expected 0 to 5, got -1");
  asked.first_step = 5;
  EXPECT_EQ(refusal(asked), "painted");
  asked.picture.pop_back();
  EXPECT_EQ(refusal(asked), fmt::format("picture: expected {0} numbers, 3 x {1} x {1}, got {2}", kNumbers,
                                        kSide, kNumbers - 1));
  asked.picture.assign(kNumbers, std::numeric_limits<float>::infinity());
  EXPECT_EQ(refusal(asked), "picture: expected finite numbers, got NaN or an infinity");
}

}  // namespace
}  // namespace regard::test
