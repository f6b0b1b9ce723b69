// The program's first promise: in the prompt it opens with, the maps of the built-in model show which colour
// belongs to whom. Only inequalities are asked, since the weights will be trained further; the numbers are
// printed.
#include <iostream>

#include "core/engine/text_model.h"
#include "tests/support/golden.h"

namespace regard::test {
namespace {

class Promise : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_text_model(REGARD_ASSETS_DIR "/little-world");
    ASSERT_TRUE(opened) << opened.error().message;
    model_ = *opened;
  }

  void run(std::string_view prompt) {
    prompt_ = prompt;
    pieces_ = model_->tokenizer.encode(prompt);
    std::vector<int> ids = {model_->tokenizer.bos_id()};
    for (const Piece& piece : pieces_) ids.push_back(piece.id);
    ids.push_back(model_->tokenizer.eos_id());
    auto out = model_->encoder.run(ids);
    ASSERT_TRUE(out) << out.error().message;
    record_ = out->record;
  }

  // Position of a word in the sequence; BOS is 0.
  int at(std::string_view word) const {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (std::string_view(prompt_).substr(pieces_[i].start, pieces_[i].end - pieces_[i].start) == word) {
        return static_cast<int>(i) + 1;
      }
    }
    ADD_FAILURE() << word << " is not one token of " << prompt_;
    return 0;
  }

  // The head in which `from` reads `to` most, among those where `to` is what `from` reads most (itself
  // included).
  struct Best {
    int layer = -1, head = -1;
    float value = 0;
  };
  Best strongest(int from, int to) const {
    Best best;
    for (int layer = 0; layer < record_->shape().layers; ++layer) {
      for (int head = 0; head < record_->shape().heads; ++head) {
        const auto map = record_->attention(layer, head);
        Eigen::Index most = 0;
        map.row(from).maxCoeff(&most);
        if (most == to && map(from, to) > best.value) best = {layer, head, map(from, to)};
      }
    }
    return best;
  }

  void say(std::string_view from, std::string_view to, const Best& best) const {
    std::cout << "  " << from << " -> " << to << ": " << best.value << " (layer " << best.layer + 1
              << ", head " << best.head + 1 << ", counted from 1)\n";
  }

  std::shared_ptr<const TextModel> model_;
  std::shared_ptr<const AttentionRecord> record_;
  std::string prompt_;
  std::vector<Piece> pieces_;
};

TEST_F(Promise, FrenchAdjectiveReadsItsNoun) {
  run("Un chat rouge poursuit une souris grise");
  const Best red = strongest(at("rouge"), at("chat"));
  const Best grey = strongest(at("grise"), at("souris"));
  ASSERT_GE(red.layer, 0) << "no head in which rouge reads chat most";
  ASSERT_GE(grey.layer, 0) << "no head in which grise reads souris most";
  say("rouge", "chat", red);
  say("grise", "souris", grey);
  const float other = record_->attention(grey.layer, grey.head)(at("grise"), at("chat"));
  std::cout << "  grise -> chat in that head: " << other << "\n";
  EXPECT_GT(grey.value, other);
}

TEST_F(Promise, EnglishNounReadsItsAdjective) {
  run("a red cat chases a grey mouse");
  const Best cat = strongest(at("cat"), at("red"));
  const Best mouse = strongest(at("mouse"), at("grey"));
  ASSERT_GE(cat.layer, 0) << "no head in which cat reads red most";
  ASSERT_GE(mouse.layer, 0) << "no head in which mouse reads grey most";
  say("cat", "red", cat);
  say("mouse", "grey", mouse);
  EXPECT_GT(mouse.value, record_->attention(mouse.layer, mouse.head)(at("mouse"), at("red")));
  // The head the model card names: layer 1, head 4, counted from 1.
  const auto card = record_->attention(0, 3);
  std::cout << "  layer 1, head 4: mouse -> grey " << card(at("mouse"), at("grey")) << ", mouse -> red "
            << card(at("mouse"), at("red")) << ", cat -> red " << card(at("cat"), at("red")) << "\n";
  EXPECT_GT(card(at("mouse"), at("grey")), card(at("mouse"), at("red")));
}

}  // namespace
}  // namespace regard::test
