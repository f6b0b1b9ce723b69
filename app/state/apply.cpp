#include <algorithm>
#include <iterator>
#include <utility>

#include "app/state/command.h"
#include "app/state/gallery.h"
#include "app/state/kept.h"
#include "app/state/picture_pairs.h"
#include "app/state/queries.h"
#include "core/engine/interventions.h"
#include "core/prompt/grammar.h"

namespace regard {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

// Runs `change` on the document, remembered as one undo step when it changed anything.
template <class Change>
void edit(AppState& state, int group, Change change) {
  Document before = state.doc;
  change(state.doc);
  if (before != state.doc) state.history.record(before, group);
}

// Its positions are of what is held on to or typed now.
void let_go_of_cell(AppState& state) { state.view.calculation.cell.reset(); }

void set_prompt(AppState& state, const SetPrompt& command) {
  if (command.text != state.doc.prompt) let_go_of_cell(state);
  if (command.text != state.doc.prompt) state.example.reset();
  edit(state, command.group, [&](Document& doc) {
    move_pins(doc.pins, doc.prompt, command.text);
    move_words(doc.paint, doc.prompt, command.text);
    move_words(doc.edits, doc.prompt, command.text);
    doc.prompt = command.text;
  });
}

// Rewrites the prompt around [start, end), whose bytes only move; pins move along.
template <class Write>
void rewrite(AppState& state, std::size_t start, std::size_t end, int group, Write write) {
  if (start >= end || end > state.doc.prompt.size()) return;
  edit(state, group, [&](Document& doc) {
    std::size_t start_now = start;
    std::string text = write(doc, &start_now);
    for (Pin& pin : doc.pins) {
      if (pin.kind != Pin::Kind::kText || pin.byte < start) continue;
      // Inside the word its bytes only moved; after it everything moved by the change of length.
      pin.byte = pin.byte < end ? pin.byte - start + start_now : pin.byte - doc.prompt.size() + text.size();
    }
    const auto grown =
        static_cast<std::ptrdiff_t>(text.size()) - static_cast<std::ptrdiff_t>(doc.prompt.size());
    shift_words(doc.paint, start, end, start_now, grown);
    shift_words(doc.edits, start, end, start_now, grown);
    doc.prompt = std::move(text);
  });
}

void set_word_weight(AppState& state, const SetWordWeight& c) {
  rewrite(state, c.start, c.end, c.group, [&](const Document& doc, std::size_t* start_now) {
    return with_weight(doc.syntax, doc.prompt, c.start, c.end, c.weight, start_now);
  });
}

void set_group_weight(AppState& state, const SetGroupWeight& c) {
  rewrite(state, c.start, c.end, c.group, [&](const Document& doc, std::size_t* start_now) {
    return with_group_weight(doc.syntax, doc.prompt, c.start, c.end, c.weight, c.keep, start_now);
  });
}

void open_pair_image(AppState& state, const OpenPairImage& c) {
  edit(state, 0, [&](Document& doc) {
    if (c.second) {
      if (doc.pair.image != c.image && doc.pair.from_second) doc.pair.place.reset();
      doc.pair.image = c.image;
      return;
    }
    if (doc.picture.image == c.image) return;
    forget_tokens(doc.picture);
    if (!doc.pair.from_second) doc.pair.place.reset();
    doc.picture.image = c.image;
  });
  let_go_of_cell(state);
  state.view.workspace = Workspace::kCompare;
  ++(c.second ? state.other_image_wanted : state.image_wanted);
}

void show_pair(AppState& state, const std::string& name) {
  const PairScene* scene = find_pair(name);
  if (scene == nullptr) return;
  edit(state, 0, [&](Document& doc) {
    if (doc.picture.image != scene->first) forget_tokens(doc.picture);
    doc.picture.image = scene->first;
    doc.pair.image = scene->second;
    doc.pair.from_second = false;
    doc.pair.place = scene->place;
  });
  let_go_of_cell(state);
  state.view.workspace = Workspace::kCompare;
  ++state.image_wanted;
  ++state.other_image_wanted;
}

void set_pair(AppState& state, const SetPair& c) {
  edit(state, c.group, [&](Document& doc) {
    doc.pair = c.pair;
    doc.pair.best = std::clamp(doc.pair.best, 1, kMostMatches);
    doc.pair.layer = std::max(0, doc.pair.layer);
  });
}

void set_doubled(AppState& state, const SetDoubled& c) {
  if (c.number >= kMostDoubled || state.view.workspace == Workspace::kCompare) return;
  state.view.doubled[static_cast<std::size_t>(run_kind(state.view.workspace))][c.number] = c.query;
}

void open_image(AppState& state, const OpenImage& c) {
  if (state.view.workspace == Workspace::kCompare) return open_pair_image(state, {true, c.image});
  if (state.view.workspace == Workspace::kPainting)  // there a picture is something to begin with
    return edit(state, 0, [&](Document& doc) { begin_with(doc.paint, c.image); });
  edit(state, 0, [&](Document& doc) {
    if (doc.picture.image != c.image) forget_tokens(doc.picture);
    doc.picture.image = c.image;
  });
  let_go_of_cell(state);
  state.view.workspace = Workspace::kImage;
  ++state.image_wanted;
}

void toggle_patch_pin(AppState& state, int token) {
  if (token < 0 || !state.vision || token >= state.vision->tokens()) return;
  edit(state, 0, [&](Document& doc) {
    std::vector<int>& pins = doc.picture.pins;
    if (std::erase(pins, token) > 0) return;
    if (pins.size() < kMaxPins) pins.push_back(token);
  });
  let_go_of_cell(state);
}

void set_region(AppState& state, const SetRegion& c) {
  edit(state, c.group, [&](Document& doc) {
    std::vector<int> tokens = c.tokens;
    std::ranges::sort(tokens);
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    if (state.vision) std::erase_if(tokens, [&](int t) { return t < 0 || t >= state.vision->tokens(); });
    (c.second ? doc.picture.region_b : doc.picture.region_a) = std::move(tokens);
  });
}

void set_captions(AppState& state, const SetCaptions& c) {
  edit(state, c.group, [&](Document& doc) {
    doc.picture.captions = c.captions;
    if (doc.picture.captions.size() > kMaxCaptions) doc.picture.captions.resize(kMaxCaptions);
    const int last = std::max(0, static_cast<int>(doc.picture.captions.size()) - 1);
    doc.picture.caption = std::clamp(c.caption, 0, last);
    doc.picture.caption_less = c.less <= last && c.less != doc.picture.caption ? std::max(-1, c.less) : -1;
  });
}

// From head to head, stops at the border. From a mean or a lens of all layers, the first arrow lands on a
// head.
MapChoice stepped(const MapChoice& choice, const StepMap& step, const AttentionShape& shape) {
  const auto [layer, head] = choice.heads.set.empty()
                                 ? std::pair(choice.heads.layer.value_or(0), choice.heads.head.value_or(0))
                                 : choice.heads.set.front();
  return in_lens_of(choice, map_choice(std::clamp(layer + step.layers, 0, shape.layers - 1),
                                       std::clamp(head + step.heads, 0, shape.heads - 1)));
}

// Arrow keys in the picture's workspace.
void step_picture_map(AppState& state, const StepMap& step) {
  if (!state.vision) return;
  const AttentionShape& shape = state.vision->output.record->shape();
  edit(state, 0, [&](Document& doc) { doc.picture.choice = stepped(doc.picture.choice, step, shape); });
}

// Arrow keys in the painting workspace: from one (block, head) to the next.
void step_paint_map(AppState& state, const StepMap& step) {
  if (!state.paint_model) return;
  const MmditConfig& config = state.paint_model->mmdit.config();
  edit(state, 0, [&](Document& doc) {
    const auto [block, head] = doc.paint.maps.empty() ? std::pair(0, 0) : doc.paint.maps.front();
    doc.paint.maps = {{std::clamp(block + step.layers, 0, config.layers - 1),
                       std::clamp(head + step.heads, 0, config.heads - 1)}};
  });
}

// With one head chosen, a second joins it; the last one of several stays.
HeadChoice with_toggled(HeadChoice heads, std::pair<int, int> one) {
  HeadSet set = heads.set;
  if (set.empty() && heads.layer && heads.head) set.emplace_back(*heads.layer, *heads.head);
  if (std::erase(set, one) == 0) set.push_back(one);
  if (set.empty()) return one_head(one.first, one.second);
  if (set.size() == 1) return one_head(set.front().first, set.front().second);
  std::ranges::sort(set);
  return {.fusion = heads.fusion, .set = std::move(set)};
}

void toggle_head(AppState& state, std::pair<int, int> one) {
  if (state.view.workspace == Workspace::kPainting) {
    edit(state, 0, [&](Document& doc) {
      if (std::erase(doc.paint.maps, one) == 0) doc.paint.maps.push_back(one);
      std::ranges::sort(doc.paint.maps);
    });
    return;
  }
  const bool picture = state.view.workspace == Workspace::kImage;
  edit(state, 0, [&](Document& doc) {
    MapChoice& choice = picture ? doc.picture.choice : doc.choice;
    choice = in_lens_of(
        choice, {.heads = with_toggled(is_head_lens(choice.lens) ? choice.heads : HeadChoice{}, one)});
  });
  if (!picture) state.choice_is_default = false;
}

void step_map(AppState& state, const StepMap& step) {
  if (state.view.workspace == Workspace::kPainting) return step_paint_map(state, step);
  if (state.view.workspace == Workspace::kImage) return step_picture_map(state, step);
  if (!state.run) return;
  const AttentionShape& shape = state.run->output.record->shape();
  edit(state, 0, [&](Document& doc) { doc.choice = stepped(doc.choice, step, shape); });
  state.choice_is_default = false;
}

void toggle_pin(AppState& state, const Pin& pin) {
  edit(state, 0, [&](Document& doc) {
    const auto found = std::find(doc.pins.begin(), doc.pins.end(), pin);
    if (found != doc.pins.end()) {
      doc.pins.erase(found);
    } else if (doc.pins.size() < kMaxPins) {
      doc.pins.push_back(pin);
    }
  });
  let_go_of_cell(state);
}

void clear_pins(AppState& state) {
  edit(state, 0, [&](Document& doc) {
    if (state.view.workspace == Workspace::kImage) {
      doc.picture.pins.clear();
    } else if (state.view.workspace == Workspace::kPainting) {
      doc.paint.patch = -1;
    } else {
      doc.pins.clear();
    }
  });
  state.view.following = false;
  let_go_of_cell(state);
}

// The newest pin is the word's; without room the oldest goes.
void pin_word(Document& doc, const TextRun* run, std::size_t byte) {
  const auto of_word = [&](const Pin& pin) {
    if (pin.kind != Pin::Kind::kText || run == nullptr || run->request.prompt != doc.prompt)
      return pin.kind == Pin::Kind::kText && pin.byte == byte;
    return std::ranges::any_of(run->words,
                               [&](const Word& word) { return word.holds(byte) && word.holds(pin.byte); });
  };
  std::erase_if(doc.pins, of_word);
  if (doc.pins.size() >= kMaxPins) doc.pins.erase(doc.pins.begin());
  doc.pins.push_back({Pin::Kind::kText, byte});
}

// The prompt, and the prompt without the word, among the captions; the first less the second is looked at.
void caption_word(PictureDocument& picture, const WordLeftOut& texts) {
  const auto place_of = [&](const std::string& text, int kept) {
    const auto found = std::ranges::find(picture.captions, text);
    if (found != picture.captions.end()) return static_cast<int>(found - picture.captions.begin());
    if (picture.captions.size() < kMaxCaptions) {
      picture.captions.push_back(text);
      return static_cast<int>(picture.captions.size()) - 1;
    }
    const int last = static_cast<int>(kMaxCaptions) - (kept == static_cast<int>(kMaxCaptions) - 1 ? 2 : 1);
    picture.captions[static_cast<std::size_t>(last)] = text;
    return last;
  };
  picture.caption = place_of(texts.with, -1);
  picture.caption_less = texts.without.empty() ? -1 : place_of(texts.without, picture.caption);
}

// From station to station with the word.
void follow(AppState& state, int stations) {
  constexpr Workspace kStations[] = {Workspace::kText, Workspace::kImage, Workspace::kPainting};
  const std::optional<PromptWord> word = followed_word(state);
  if (!word || !state.model) return;
  ViewOptions& view = state.view;
  const auto* const now = std::ranges::find(kStations, view.workspace);
  const int here = now == std::end(kStations) ? 0 : static_cast<int>(now - std::begin(kStations));
  const Workspace next = kStations[((here + stations) % 3 + 3) % 3];
  edit(state, 0, [&](Document& doc) {
    doc.paint.word = word;
    doc.paint.patch = -1;
    pin_word(doc, state.run.get(), word->byte);
    if (next != Workspace::kImage) return;
    if (const auto texts = leave_word_out(*state.model, doc.prompt, doc.syntax, word->byte))
      caption_word(doc.picture, *texts);
  });
  if (next == Workspace::kImage) view.picture.lens = PictureLens::kCaption;
  view.workspace = next;
  view.following = true;
  let_go_of_cell(state);
}

// The first look at the comparison: a prompt without weights is read in one way however it is read, so the
// word of the first example gets one.
void weigh_example(AppState& state) {
  constexpr double kWeight = 1.5;
  const std::optional<WordLink> example = std::exchange(state.example, std::nullopt);
  if (!example || without_weights(state.doc.syntax, state.doc.prompt) != state.doc.prompt) return;
  const std::size_t start = example->query_byte;
  const std::size_t end = std::min(state.doc.prompt.find(' ', start), state.doc.prompt.size());
  set_word_weight(state, {start, end, kWeight, 0});
}

void show_gallery_example(AppState& state, const std::string& name) {
  const GalleryExample* example = find_gallery_example(name);
  if (example == nullptr) return;
  edit(state, 0, [&](Document& doc) { doc = gallery_document(*example, doc, state.view.language); });
  state.view.workspace = example->workspace;
  state.view.incoming = state.view.scores = false;
  let_go_of_cell(state);
  state.view.paint.lens = PaintLens::kAttention;
  state.view.paint.reverse = state.view.paint.unconditional = state.view.paint.noisy = false;
  state.example.reset();
  state.choice_is_default = true;  // the head that ties the example's word most: see pick_head
}

void set_paint(AppState& state, const SetPaint& c) {
  const PaintDocument& now = state.doc.paint;
  if (now.patch != c.paint.patch || now.word != c.paint.word) let_go_of_cell(state);
  edit(state, c.group, [&](Document& doc) {
    doc.paint = c.paint;
    if (doc.paint.edits.size() > kMaxEdits) doc.paint.edits.resize(kMaxEdits);
    doc.paint.steps = std::clamp(doc.paint.steps, 0, kMostShownSteps);
  });
}

// Of the workspace in sight.
void set_edits(AppState& state, const SetEdits& c) {
  std::vector<RunEdit> edits = c.edits;
  if (edits.size() > kMaxEdits) edits.resize(kMaxEdits);
  edit(state, c.group, [&](Document& doc) {
    switch (state.view.workspace) {
      case Workspace::kPainting:
        doc.paint.edits = std::move(edits);
        break;
      case Workspace::kImage:
        doc.picture.edits = std::move(edits);
        break;
      case Workspace::kText:
      case Workspace::kCompare:
        doc.edits = std::move(edits);
        break;
    }
  });
}

FigureChoice within_bounds(FigureChoice look) {
  look.scale = std::clamp(look.scale, 0.5, 8.0);
  return look;
}

}  // namespace

void forget_tokens(PictureDocument& picture) {
  picture.pins.clear();
  picture.region_a.clear();
  picture.region_b.clear();
  std::erase_if(picture.edits, [](RunEdit& edit) { return !words_of(edit).empty(); });
}

Effects apply(AppState& state, const Command& command) {
  ViewOptions& view = state.view;
  const auto change = [&](auto what) { edit(state, 0, what); };
  Effects effects;
  std::visit(
      Overloaded{
          [&](const SetPrompt& c) { set_prompt(state, c); },
          [&](const SetWordWeight& c) { set_word_weight(state, c); },
          [&](const SetGroupWeight& c) { set_group_weight(state, c); },
          [&](const ResetWeights&) {
            set_prompt(state, {without_weights(state.doc.syntax, state.doc.prompt)});
          },
          [&](const SetSyntax& c) {
            change([&](Document& doc) {
              doc.syntax = c.syntax;
              doc.chunk_rule.reset();  // another program cuts in its own way
            });
          },
          [&](const SetWeighting& c) { change([&](Document& doc) { doc.weighting = c.weighting; }); },
          [&](const SetNormalisation& c) {
            change([&](Document& doc) { doc.normalisation = c.normalisation; });
          },
          [&](const SetChunkRule& c) { change([&](Document& doc) { doc.chunk_rule = c.rule; }); },
          [&](const SelectChunk& c) {
            change([&](Document& doc) { doc.chunk = std::max(0, c.chunk); });
            let_go_of_cell(state);
          },
          [&](const SetOther& c) { change([&](Document& doc) { doc.other = c.reading; }); },
          [&](const SetOtherPrompt& c) {
            edit(state, c.group, [&](Document& doc) { doc.other_prompt = c.prompt; });
          },
          [&](const SetOtherPicture& c) { change([&](Document& doc) { doc.picture.other = c.picture; }); },
          [&](const SetEdits& c) { set_edits(state, c); },
          [&](const SetDivergenceOrder& c) { view.by_divergence = c.on; },
          [&](const OpenImage& c) { open_image(state, c); },
          [&](const OpenPairImage& c) { open_pair_image(state, c); },
          [&](const SetPair& c) { set_pair(state, c); },
          [&](const ShowPair& c) { show_pair(state, c.name); },
          [&](const SetDoubled& c) { set_doubled(state, c); },
          [&](const SetLongSide& c) {
            change([&](Document& doc) {
              if (doc.picture.long_side == c.patches) return;
              doc.picture.long_side = std::clamp(c.patches, 0, kMostPatchesASide);
              forget_tokens(doc.picture);
            });
            let_go_of_cell(state);
          },
          [&](const TogglePatchPin& c) { toggle_patch_pin(state, c.token); },
          [&](const SelectPictureMap& c) { change([&](Document& doc) { doc.picture.choice = c.choice; }); },
          [&](const SetRegion& c) { set_region(state, c); },
          [&](const SetCaptions& c) { set_captions(state, c); },
          [&](const SetPaint& c) { set_paint(state, c); },
          [&](const SetPaintView& c) { view.paint = c.view; },
          [&](const PaintAgain&) { effects.paint_again = effects.draw_beside = true; },
          [&](const DrawBeside&) { effects.draw_beside = true; },
          [&](const SetDifference& c) { view.difference = c.on; },
          [&](const DismissKept&) { state.restored = false; },
          [&](const ResetKept&) { reset_kept(state); },
          [&](const SaveSeeds& c) { effects.save_seeds = c.file; },
          [&](const SetPictureView& c) { view.picture = c.view; },
          [&](const SelectMap& c) {
            change([&](Document& doc) { doc.choice = c.choice; });
            state.choice_is_default = false;
            if (is_length_lens(c.choice.lens)) view.scores = false;  // they are of attention
          },
          [&](const SetToward& c) {
            edit(state, c.group, [&](Document& doc) { doc.toward = c.text.substr(0, kMostTowardBytes); });
          },
          [&](const StepMap& c) { step_map(state, c); },
          [&](const TogglePin& c) { toggle_pin(state, c.pin); },
          [&](const ClearPins&) { clear_pins(state); },
          [&](const Undo&) { state.history.undo(state.doc); },
          [&](const Redo&) { state.history.redo(state.doc); },
          [&](const SetTheme& c) { view.theme = c.theme; },
          [&](const SetLanguage& c) { view.language = c.language; },
          [&](const SetColors& c) { view.colors = c.colors; },
          [&](const SetLogScale& c) { view.log_scale = c.on; },
          [&](const SetScores& c) {
            view.scores = c.on;
            if (c.on && is_length_lens(state.doc.choice.lens))
              change([&](Document& doc) { doc.choice = of_attention(doc.choice); });
          },
          [&](const SetCalculation& c) { view.calculation = c.view; },
          [&](const SetHideSpecial& c) { view.hide_special = c.on; },
          [&](const SetTokensView& c) {
            view.tokens = c.view;
            if (view.tokens.hold) view.tokens.hold = std::clamp(*view.tokens.hold, 0.01, 1.0);
          },
          [&](const SetIncoming& c) { view.incoming = c.on; },
          [&](const SetHeadsView& c) {
            view.heads[static_cast<std::size_t>(run_kind(view.workspace))] = c.view;
          },
          [&](const ToggleHead& c) { toggle_head(state, {c.layer, c.head}); },
          [&](const SetInputs& c) {
            view.heads[static_cast<std::size_t>(run_kind(view.workspace))].inputs = c.inputs.string();
          },
          [&](const SurveyAgain&) { effects.survey_again = true; },
          [&](const SetDetails& c) { view.details = c.on; },
          [&](const SetReducedMotion& c) { view.reduced_motion = c.on; },
          [&](const SetZoom& c) { view.zoom = std::clamp(c.zoom, 0.75f, 4.0f); },
          [&](const SetWorkspace& c) {
            if (view.workspace != c.workspace) let_go_of_cell(state);
            view.workspace = c.workspace;
            if (c.workspace == Workspace::kCompare) weigh_example(state);
          },
          [&](const FollowWord& c) { follow(state, c.stations); },
          [&](const SetWeightStep& c) { view.weight_step = std::clamp(c.step, 0.01f, 1.0f); },
          [&](const ShowExample& c) { show_gallery_example(state, c.name); },
          [&](const LessonAct& c) { effects.lesson = c; },
          [&](const ReadClass& c) {
            const int reading = state.classroom.reading + 1;
            state.classroom = {};
            state.classroom.folder = c.folder;
            state.classroom.reading = reading;
          },
          [&](const SaveClass& c) { effects.save_class = c; },
          [&](const OpenModel& c) { effects.open_model = c.folder; },
          [&](const OpenSession& c) { effects.open_session = c.file; },
          [&](const SaveSession& c) { effects.save_session = c.file; },
          [&](const ExportMap& c) {
            effects.figure = {FigureOrder::Way::kFile, c.file, c.view, within_bounds(c.look)};
          },
          [&](const CopyFigure& c) {
            effects.figure = {FigureOrder::Way::kFigure, {}, c.view, within_bounds(c.look)};
          },
          [&](const CopyNumbers& c) { effects.figure = {FigureOrder::Way::kNumbers, {}, c.view, {}}; },
          [&](const ShowNote& c) { state.error = Notice{c.text, true}; },
          [&](const ShowError& c) { state.error = Notice{c.text}; },
          [&](const DismissError&) { state.error.reset(); },
          [&](const CancelRun&) { effects.cancel = true; },
          [&](const SetFullScreen& c) { state.full_screen = c.on; },
          [&](const Quit&) { state.quit = true; },
      },
      command);
  return effects;
}

}  // namespace regard
