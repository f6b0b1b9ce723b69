// One word through three transformers: each number against what the engines say one by one.
#include "core/engine/follow.h"

#include <gtest/gtest.h>

#include "core/analysis/chefer.h"
#include "core/engine/match.h"
#include "core/engine/vision_model.h"
#include "core/formats/image.h"
#include "tests/support/built_in.h"

namespace regard::test {
namespace {

const std::string kPrompt = "un chat (rouge:1.3) poursuit une souris";
const std::size_t kByte = kPrompt.find("rouge") + 2;

std::shared_ptr<const TextRun> text_run() {
  return run_text({.model = built_in_text_model(), .prompt = kPrompt}).value();
}

std::shared_ptr<const VisionRun> picture_run() {
  const auto model = open_vision_model(REGARD_ASSETS_DIR "/little-world").value();
  auto image =
      std::make_shared<const Image>(read_image(REGARD_ASSETS_DIR "/images/scenes/scene-1.png").value());
  return run_vision({.model = model, .image = std::move(image)}).value();
}

TEST(Follow, AWordIsLeftOutOfThePlainPrompt) {
  const TextModel& model = *built_in_text_model();
  const WordLeftOut middle = leave_word_out(model, kPrompt, Syntax::kA1111, kByte).value();
  EXPECT_EQ(middle.word, "rouge");
  EXPECT_EQ(middle.with, "un chat rouge poursuit une souris");
  EXPECT_EQ(middle.without, "un chat poursuit une souris");
  EXPECT_EQ(leave_word_out(model, "un chat", Syntax::kA1111, 0).value().without, "chat");
  EXPECT_EQ(leave_word_out(model, "chat", Syntax::kA1111, 1).value().without, "");
  EXPECT_FALSE(leave_word_out(model, "un chat", Syntax::kA1111, 2));
  EXPECT_FALSE(leave_word_out(model, "", Syntax::kA1111, 0));
}

TEST(Follow, TheTextIsItsRowAndColumn) {
  const auto run = text_run();
  FollowRequest request{.text = run, .byte = kByte, .reading = {.heads = one_head(1, 2)}};
  const Thought thought = follow_word(request).value();
  EXPECT_EQ(thought.word, "rouge");
  EXPECT_FALSE(thought.picture || thought.drawing);
  const Word& word = run->words[2];
  const auto map = run->output.record->attention(1, 2);
  ASSERT_EQ(thought.text.reads.size(), run->words.size() + 2);
  EXPECT_TRUE(thought.text.reads.front().special && thought.text.reads.back().special);
  for (std::size_t i = 0; i < run->words.size(); ++i) {
    const Word& other = run->words[i];
    float reads = 0, read_by = 0;
    for (int a = word.first_token; a <= word.last_token; ++a) {
      for (int b = other.first_token; b <= other.last_token; ++b) {
        reads += map(a, b) / static_cast<float>(word.last_token - word.first_token + 1);
        read_by += map(b, a) / static_cast<float>(other.last_token - other.first_token + 1);
      }
    }
    EXPECT_NEAR(thought.text.reads[i + 1].share, reads, 1e-6f);
    EXPECT_NEAR(thought.text.read_by[i + 1].share, read_by, 1e-6f);
    EXPECT_EQ(thought.text.reads[i + 1].position, other.first_token);
  }
}

TEST(Follow, ThePicturesPartIsTheDifferenceOfTwoCosines) {
  const auto picture = picture_run();
  FollowRequest request{.text = text_run(), .byte = kByte};
  request.picture = picture;
  const Thought thought = follow_word(request).value();
  ASSERT_TRUE(thought.picture.has_value()) << thought.picture_problem;
  const TextModel& model = *built_in_text_model();
  const RowVector with = embed_text(model, "un chat rouge poursuit une souris").value();
  const RowVector without = embed_text(model, "un chat poursuit une souris").value();
  const RowVector& image = picture->output.embedding;
  EXPECT_NEAR(thought.picture->cosine, cosine_of(with, image), 1e-6f);
  EXPECT_NEAR(*thought.picture->cosine_without, cosine_of(without, image), 1e-6f);
  // What the patches are of: along this direction the picture has just that difference.
  const RowVector beyond = embedding_beyond(with, without);
  EXPECT_NEAR(cosine_of(beyond, image) * beyond.norm(),
              thought.picture->cosine - *thought.picture->cosine_without, 1e-5f);
  const RowVector patches = chefer(picture->request.model->encoder, picture->output, beyond).value();
  EXPECT_EQ(thought.picture->map.values, patches);
  Eigen::Index largest = 0;
  patches.maxCoeff(&largest);
  EXPECT_EQ(thought.picture->map.largest, largest);
}

TEST(Follow, TheDrawingIsWhatPatchesReadOfTheWord) {
  PaintRequest asked{.model = built_in_paint_model(), .prompt = kPrompt, .negative = ""};
  asked.steps = 2;
  asked.keep = KeepRecords::kConditional;
  const auto drawing = run_paint(asked).value();
  FollowRequest request{.text = text_run(), .byte = kByte};
  request.drawing = drawing;
  request.drawn.heads.set = {{1, 0}, {2, 1}};
  const Thought thought = follow_word(request).value();
  ASSERT_TRUE(thought.drawing.has_value()) << thought.drawing_problem;
  const auto word =
      std::ranges::find_if(drawing->prompt.words, [](const Word& each) { return each.holds(kByte); });
  for (int patch = 0; patch < drawing->patches(); ++patch) {
    double sum = 0;
    for (const auto& record : drawing->trace.records) {
      for (const auto& [block, head] : request.drawn.heads.set) {
        for (int token = word->first_token; token <= word->last_token; ++token)
          sum += static_cast<double>(record->attention(block, head)(patch, drawing->patches() + token)) / 4;
      }
    }
    EXPECT_NEAR(thought.drawing->map.values(patch), sum, 1e-6);
  }
  // Another prompt's drawing says nothing of this one.
  FollowRequest other = request;
  other.text = run_text({.model = built_in_text_model(), .prompt = "un chat"}).value();
  other.byte = 0;
  const Thought without = follow_word(other).value();
  EXPECT_FALSE(without.drawing.has_value());
  EXPECT_EQ(without.drawing_problem, "drawing: expected one of this prompt, got one of another");
}

TEST(Follow, AByteOfNoWordIsRefused) { EXPECT_FALSE(follow_word({.text = text_run(), .byte = 2})); }

}  // namespace
}  // namespace regard::test
