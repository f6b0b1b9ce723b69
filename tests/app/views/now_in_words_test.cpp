// The sentence that says what is on screen: in every state it names the cell that the map has, with the map's
// number, and is grammatical.
#include "app/views/now_in_words.h"

#include <gtest/gtest.h>

#include <regex>

#include "app/assets.h"
#include "app/views/compare_views.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"
#include "core/engine/match.h"

namespace regard {
namespace {

const Strings& strings(const std::string& language) {
  static const Strings english = Strings::load(kEnglish), french = Strings::load("fr"),
                       spanish = Strings::load("es");
  return language == "fr" ? french : language == "es" ? spanish : english;
}

// A sentence with one full stop at its end; in French elision and the spaces of its punctuation, in Spanish
// no article after "de" or "a" that they run together with.
void expect_grammar(const std::string& text, const std::string& language) {
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
  EXPECT_EQ(text.find(".."), std::string::npos) << text;
  EXPECT_EQ(text.find("  "), std::string::npos) << text;
  EXPECT_EQ(text.find('\''), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(".") || text.ends_with("…")) << text;
  EXPECT_FALSE(text.front() >= 'a' && text.front() <= 'z') << text;
  if (language == "es") {
    EXPECT_FALSE(std::regex_search(text, std::regex("(^| )(de|a) el "))) << text;
  }
  if (language != "fr") return;
  static const std::regex elision("(^| |\xa0)(de|que|ne|se|le|la|je) ([aeiouy]|é|è|ê|à)"),
      contraction("(^| )(de|à) les? "), plain_space(" [:;!?%]| »|« ");
  EXPECT_FALSE(std::regex_search(text, elision)) << text;
  EXPECT_FALSE(std::regex_search(text, contraction)) << text;
  EXPECT_FALSE(std::regex_search(text, plain_space)) << text;
}

class NowInWords : public ::testing::Test {
 protected:
  std::string say(const AppState& state, const Pointed& pointed = {}, const std::string& language = "en") {
    const std::string text =
        now_in_words(state, text_, compare_, picture_, paint_, pointed, strings(language));
    expect_grammar(text, language);
    return text;
  }
  std::string in_each(const AppState& state, const Pointed& pointed = {}) {
    say(state, pointed, "fr");
    say(state, pointed, "es");
    return say(state, pointed);
  }

  TextViews text_;
  CompareViews compare_;
  PictureViews picture_;
  PaintViews paint_;
};

// ---------------------------------------------------------------------------------------------- text

class TextNow : public NowInWords {
 protected:
  static AppState read(const std::string& prompt, Weighting weighting = Weighting::kAttention) {
    static const auto model = *open_text_model(assets_dir() / "little-world");
    AppState state;
    state.model = model;
    state.doc.prompt = prompt;
    state.doc.weighting = weighting;
    state.run = *run_text({.model = model, .prompt = prompt, .weighting = weighting});
    return state;
  }
  void show(const AppState& state) {
    for (int asked = 0; asked < 10; ++asked) {
      text_.refresh(state);
      if (!text_.wanted()) return;
      const MapAsk ask = *text_.wanted();
      text_.accept(ask, evaluate_ask(ask));
    }
  }
  std::string name(int at) const {
    const Token& token = text_.run().tokens[static_cast<std::size_t>(at)];
    return token.is_bos ? "start token" : token.is_eos ? "end token" : "“" + token.shown + "”";
  }
  // The token that stands highest in what is read of, or by, another.
  int highest(int subject, bool incoming) const {
    const Matrix& map = text_.attention();
    int best = 0;
    for (int i = 0; i < static_cast<int>(map.cols()); ++i) {
      const auto value = [&](int other) { return incoming ? map(other, subject) : map(subject, other); };
      best = value(i) > value(best) ? i : best;
    }
    return best;
  }
};

// The issue's own case: a word that reads itself most was said to read another.
TEST_F(TextNow, AWordThatReadsItselfIsSaidToReadItself) {
  AppState state = read("un bleu");
  int found = 0;
  for (int layer = 0; layer < 4; ++layer) {
    for (int head = 0; head < 4; ++head) {
      state.doc.choice = map_choice(layer, head);
      show(state);
      if (highest(2, false) != 2) continue;
      ++found;
      const std::string text = in_each(state, {.token = 2});
      EXPECT_TRUE(text.starts_with("“bleu” reads itself most here: ")) << text;
      EXPECT_NE(text.find(strings("en").percent(static_cast<double>(text_.attention()(2, 2)))),
                std::string::npos)
          << text;
    }
  }
  EXPECT_GT(found, 0);
}

TEST_F(TextNow, SaysWhatTheMapHasInEveryState) {
  const MapChoice choices[] = {map_choice(0, 2),
                               map_choice(2, 1),
                               map_choice(1, std::nullopt),
                               MapChoice{},
                               map_choice(3, std::nullopt, Fusion::kMax),
                               map_choice(3, std::nullopt, Fusion::kMin),
                               lens_choice("rollout")};
  for (const char* prompt : {"un chat rouge poursuit une souris grise", "bleu", "un (chat:0) rouge",
                             "a (red:1.5) cat", "un elephant et un zèbre"}) {
    for (const Weighting weighting :
         {Weighting::kAttention, Weighting::kPromptToPrompt, Weighting::kA1111, Weighting::kNone}) {
      AppState state = read(prompt, weighting);
      for (const MapChoice& choice : choices) {
        state.doc.choice = choice;
        show(state);
        const int tokens = static_cast<int>(text_.run().tokens.size());
        in_each(state);
        for (const bool incoming : {false, true}) {
          state.view.incoming = incoming;
          for (int subject = 0; subject < tokens; ++subject) {
            const std::string text = in_each(state, {.token = subject});
            const int best = highest(subject, incoming);
            const float value =
                incoming ? text_.attention()(best, subject) : text_.attention()(subject, best);
            if (value == 0.0f) continue;
            EXPECT_NE(text.find(strings("en").percent(static_cast<double>(value))), std::string::npos)
                << text;
            const bool itself = best == subject;
            EXPECT_EQ(text.find("itself most") != std::string::npos ||
                          text.find("by itself") != std::string::npos ||
                          text.find("itself stands") != std::string::npos,
                      itself)
                << text;
            std::string lower = text;
            lower.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(lower.front())));
            if (!itself) {
              EXPECT_NE(lower.find(name(best)), std::string::npos) << text;
            }
          }
        }
        state.view.incoming = false;
        for (int key = 0; key < tokens; ++key) in_each(state, {.cell = std::pair(tokens - 1, key)});
      }
    }
  }
}

TEST_F(TextNow, SaysWhereTheWeightsAct) {
  AppState state = read("a (red:1.5) cat");
  state.doc.choice = map_choice(0, 3);
  show(state);
  EXPECT_NE(in_each(state, {.token = 2}).find("“red” weighs 1.50"), std::string::npos);
  state = read("a (red:1.5) cat", Weighting::kA1111);
  show(state);
  EXPECT_NE(in_each(state, {.token = 2}).find("the weights act behind the encoder"), std::string::npos);
  state = read("a (red:1.5) cat", Weighting::kNone);
  show(state);
  EXPECT_NE(in_each(state, {.token = 2}).find("the weights are not used"), std::string::npos);
}

TEST_F(TextNow, ScoresAreToldAsScores) {
  AppState state = read("un chat rouge");
  state.doc.choice = map_choice(0, 2);
  state.view.scores = true;
  show(state);
  for (int subject = 0; subject < 5; ++subject) {
    const std::string text = in_each(state, {.token = subject});
    int best = 0;
    for (int key = 0; key <= subject; ++key)
      best = text_.shown()(subject, key) > text_.shown()(subject, best) ? key : best;
    EXPECT_NE(text.find(strings("en").number(static_cast<double>(text_.shown()(subject, best)), 2)),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("before softmax"), std::string::npos) << text;
  }
  EXPECT_NE(in_each(state, {.cell = std::pair(1, 3)}).find("cannot read"), std::string::npos);
}

TEST_F(TextNow, WithoutAMapItSaysWhy) {
  AppState state;
  EXPECT_NE(in_each(state).find("No text model"), std::string::npos);
  state.opening = true;
  EXPECT_EQ(in_each(state), "The model is being opened…");
  state = read("un chat");
  state.doc.prompt.clear();
  show(state);
  EXPECT_TRUE(in_each(state).starts_with("Type a sentence"));
  state = read("un chat");
  state.doc.prompt = "un chien";
  show(state);
  EXPECT_EQ(in_each(state), strings("en")("matrix.old"));
}

TEST_F(TextNow, TheComparisonTellsTheCellThatDiffersMost) {
  AppState state = read("un chat (rouge:1.5) poursuit une souris grise");
  state.view.workspace = Workspace::kCompare;
  state.doc.choice = map_choice(0, 2);
  state.other_run =
      *run_text({.model = state.model, .prompt = state.doc.prompt, .weighting = Weighting::kA1111});
  show(state);
  compare_.refresh(state, text_);
  ASSERT_TRUE(compare_.ready());
  const auto [row, column] = compare_.largest();
  const auto at = static_cast<std::size_t>(row * compare_.difference().width + column);
  const std::string text = in_each(state);
  for (const CellImage* map : {&compare_.first_map(), &compare_.second_map()})
    EXPECT_NE(text.find(strings("en").percent(static_cast<double>(map->cells[at]))), std::string::npos)
        << text;
  const float difference = compare_.difference().cells[at];
  EXPECT_NE(text.find(strings("en").points(std::abs(static_cast<double>(difference)))), std::string::npos)
      << text;
  EXPECT_NE(text.find(difference > 0 ? " more in B" : " less in B"), std::string::npos) << text;
  in_each(state, {.compared_cell = std::pair(0, 0)});
  in_each(state, {.compared_cell = std::pair(1, 5)});

  AppState plain = read("un chat rouge");
  plain.view.workspace = Workspace::kCompare;
  plain.other_run =
      *run_text({.model = plain.model, .prompt = plain.doc.prompt, .weighting = Weighting::kA1111});
  show(plain);
  compare_.refresh(plain, text_);
  EXPECT_EQ(in_each(plain), strings("en")("compare.no_weight"));
  plain.other_run.reset();
  compare_.refresh(plain, text_);
  EXPECT_EQ(in_each(plain), "Computing both readings…");
}

// ------------------------------------------------------------------------------------------- picture

class PictureNow : public NowInWords {
 protected:
  static AppState looked() {
    static const auto model = *open_vision_model(assets_dir() / "little-world");
    static const auto image = std::make_shared<const Image>(*read_image(scenes_dir() / "scene-2.png"));
    static const auto run = *run_vision({.model = model, .image = image});
    AppState state;
    state.view.workspace = Workspace::kImage;
    state.vision_model = model;
    state.image = image;
    state.vision = run;
    return state;
  }
  void show(const AppState& state, int hovered = -1) {
    for (int asked = 0; asked < 10; ++asked) {
      picture_.refresh(state, hovered);
      if (!picture_.wanted()) return;
      const MapAsk ask = *picture_.wanted();
      picture_.accept(ask, evaluate_ask(ask));
    }
  }
};

TEST_F(PictureNow, SaysWhatTheMapHasInEveryState) {
  AppState state = looked();
  int selves = 0;
  for (const MapChoice& choice : {map_choice(0, 0), map_choice(4, 3), MapChoice{},
                                  map_choice(2, std::nullopt, Fusion::kMax), lens_choice("rollout")}) {
    for (const bool incoming : {false, true}) {
      for (const int token : {0, 1, 70, 144}) {
        state.doc.picture.choice = choice;
        state.view.incoming = incoming;
        show(state, token);
        const std::string text = in_each(state, {.patch = token});
        const RowVector& row = picture_.row();
        int best = 0;
        for (int i = 0; i < static_cast<int>(row.size()); ++i) best = row(i) > row(best) ? i : best;
        EXPECT_NE(text.find(strings("en").percent(static_cast<double>(row(best)))), std::string::npos)
            << text;
        EXPECT_EQ(text.find("itself") != std::string::npos, best == token) << text;
        selves += best == token ? 1 : 0;
      }
    }
  }
  EXPECT_GT(selves, 0) << "a patch that reads itself most is among them";
}

TEST_F(PictureNow, LensesPinsAndRegionsHaveTheirOwnWords) {
  AppState state = looked();
  state.doc.picture.choice = map_choice(1, 2);
  state.doc.picture.pins = {30, 70};
  for (const PinFusion fusion : {PinFusion::kNewest, PinFusion::kMean, PinFusion::kDifference}) {
    for (const PictureLens lens : {PictureLens::kAttention, PictureLens::kMass, PictureLens::kNorms}) {
      for (const bool incoming : {false, true}) {
        state.view.picture.fusion = fusion;
        state.view.picture.lens = lens;
        state.view.incoming = incoming;
        show(state);
        in_each(state);
      }
    }
  }
  state.view.incoming = false;
  state.view.picture = {};
  state.doc.picture.choice = lens_choice("flow");
  state.doc.picture.choice.lens = "flow";
  show(state);
  in_each(state);

  state.doc.picture.choice = map_choice(1, 2);
  state.doc.picture.region_a = {40, 41, 52};
  state.doc.picture.region_b = {46, 47};
  show(state);
  ASSERT_GT(picture_.region_mass().size(), 0);
  const std::string regions = in_each(state);
  EXPECT_TRUE(
      regions.starts_with("Region A gives region B " + strings("en").percent(picture_.region_mass()(1, 2))))
      << regions;
  state.doc.picture.choice = map_choice(1, std::nullopt);
  show(state);
  EXPECT_NE(in_each(state).find(strings("en").percent(picture_.region_mass().row(1).mean())),
            std::string::npos);
  EXPECT_FALSE(in_each(state, {.patch = 70}).starts_with("Region A")) << "what is pointed at goes before";

  state.view.picture.lens = PictureLens::kCaption;
  show(state);
  EXPECT_NE(in_each(state).find("caption"), std::string::npos);
  const auto text = *open_text_model(assets_dir() / "little-world");
  state.doc.picture.captions = {"un chat bleu", "une maison"};
  state.matches = match_texts(*state.vision, *text, state.doc.picture.captions).value();
  picture_.invalidate();
  show(state);
  const std::string caption = in_each(state);
  EXPECT_NE(caption.find("“un chat bleu” " +
                         strings("en").percent(static_cast<double>(state.matches[0].probability))),
            std::string::npos)
      << caption;

  AppState none;
  none.view.workspace = Workspace::kImage;
  in_each(none);
  none.opening = true;
  in_each(none);
}

// ------------------------------------------------------------------------------------------- drawing

class DrawingNow : public NowInWords {
 protected:
  static AppState drawn() {
    static const auto run = [] {
      PaintRequest request;
      request.model = *open_paint_model(assets_dir() / "little-world");
      request.prompt = "un chat (rouge:1.5) et un elephant";
      request.steps = 2;
      request.keep = KeepRecords::kBoth;
      request.output_space = true;
      return *run_paint(request);
    }();
    AppState state;
    state.view.workspace = Workspace::kPainting;
    state.doc.prompt = run->request.prompt;
    state.painting.run = run;
    state.paint_model = run->request.model;
    return state;
  }
  void show(const AppState& state) {
    for (int asked = 0; asked < 40; ++asked) {
      paint_.refresh(state, -1);
      if (!paint_.wanted()) return;
      const MapAsk ask = *paint_.wanted();
      paint_.accept(ask, evaluate_ask(ask));
    }
  }
};

TEST_F(DrawingNow, SaysWhatTheMapHasInEveryState) {
  AppState state = drawn();
  for (const PaintLens lens :
       {PaintLens::kAttention, PaintLens::kShare, PaintLens::kRollout, PaintLens::kOutput}) {
    for (const HeadSet& heads : {HeadSet{}, HeadSet{{2, 1}}}) {
      for (const int patch : {-1, 77}) {
        for (const bool reverse : {false, true}) {
          for (const bool negative : {false, true}) {
            for (const std::size_t byte : {3u, 9u, 26u}) {
              state.doc.paint.maps = heads;
              state.doc.paint.patch = patch;
              state.doc.paint.word = PromptWord{PromptWord::Kind::kWord, byte};
              state.view.paint.lens = lens;
              state.view.paint.reverse = reverse;
              state.view.paint.unconditional = negative;
              show(state);
              const std::string text = in_each(state);
              if (!paint_.problem().empty()) continue;
              const auto& cells = paint_.overlay().cells;
              const float most = *std::ranges::max_element(cells);
              EXPECT_NE(text.find(strings("en").percent(static_cast<double>(most))), std::string::npos)
                  << text;
              const auto at = static_cast<int>(std::ranges::find(cells, most) - cells.begin());
              const std::string patch_name = "atch " + std::to_string(at % paint_.columns() + 1) + ", " +
                                             std::to_string(at / paint_.columns() + 1);
              EXPECT_NE(text.find(at == patch ? "itself" : patch_name), std::string::npos) << text;
            }
          }
        }
      }
    }
  }
}

TEST_F(DrawingNow, TellsOfTrialsStepsAndWhatIsMissing) {
  AppState state = drawn();
  state.doc.paint.word = PromptWord{PromptWord::Kind::kWord, 9};
  show(state);
  EXPECT_NE(in_each(state).find("“rouge” weighs 1.50"), std::string::npos);
  state.painting.drawing = true;
  EXPECT_NE(in_each(state).find("being drawn, step 2 of 2"), std::string::npos);
  state.painting.drawing = false;
  state.painting.cancelled = true;
  EXPECT_NE(in_each(state).find("stopped after step 2 of 2"), std::string::npos);

  AppState none;
  none.view.workspace = Workspace::kPainting;
  in_each(none);
  none.opening = true;
  in_each(none);
  none.painting.problem = "no";
  EXPECT_EQ(in_each(none), "Nothing is drawn.");
}

// The output space's numbers stand beside its maps, not attention's.
TEST_F(DrawingNow, TheOutputSpaceHasItsOwnNumbers) {
  AppState state = drawn();
  state.doc.paint.word = PromptWord{PromptWord::Kind::kWord, 9};
  show(state);
  const float attention = paint_.words()[3].share;
  EXPECT_FALSE(paint_.lens_shares(40));
  state.view.paint.lens = PaintLens::kOutput;
  show(state);
  const auto all = paint_.lens_shares(-1), one = paint_.lens_shares(40);
  ASSERT_TRUE(all && one);
  EXPECT_NEAR(all->sum(), 1.0f, 1e-4f);
  EXPECT_NEAR(one->sum(), 1.0f, 1e-4f);
  EXPECT_NE(paint_.words()[3].share, attention);
  const auto word = static_cast<std::size_t>(paint_.word());
  EXPECT_NEAR(paint_.words()[word].share, (*all)(paint_.word()), 1e-4f);
  EXPECT_EQ((*one)(paint_.word()), paint_.overlay().cells[40]);
}

}  // namespace
}  // namespace regard
