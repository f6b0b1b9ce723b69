// `regard shot`: reads the options of the picture of the window; app/shot.cpp draws it.
#include "app/cli/shot.h"

#include "app/cli/options.h"
#include "app/cli/start.h"
#include "app/lessons/library.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Shot {
  StartOptions start;
  std::string out, size = "1280x800", session, panel, lesson;
  int card = 1, inputs = 0;
  double scale = 1.0;
  bool present = false, start_page = false, notes = false;
};

Result<void> read_size(const std::string& text, ShotOptions& out) {
  constexpr int kLeast = 64, kMost = 16384;
  const auto side = [](int pixels) { return pixels >= kLeast && pixels <= kMost; };
  if (const auto sides = two_numbers(text, 'x'); sides && side(sides->first) && side(sides->second)) {
    std::tie(out.width, out.height) = *sides;
    return {};
  }
  return fail(ErrorCode::kFormat, "--size: expected WIDTHxHEIGHT, each from 64 to 16384 pixels, got {}",
              quote(text));
}

Result<ShotOptions> read_shot(const Shot& asked) {
  ShotOptions out;
  out.out = asked.out;
  REGARD_TRY_DO(read_size(asked.size, out));
  out.scale = static_cast<float>(asked.scale);
  REGARD_TRY(out.start, read_start(asked.start));
  out.session = asked.session;
  out.panel = asked.panel;
  out.lesson = asked.lesson;
  out.present = asked.present || asked.notes;
  out.start_page = asked.start_page;
  out.notes = asked.notes;
  out.inputs = asked.inputs;
  out.card = asked.card - 1;
  if (asked.lesson.empty()) {
    if (asked.card != 1) return fail(ErrorCode::kFormat, "--card: expected --lesson beside it, got none");
    return out;
  }
  REGARD_TRY(const auto lesson, find_lesson(asked.lesson, out.start.language));
  const int cards = static_cast<int>(lesson->cards.size());
  if (asked.card > cards)
    return fail(ErrorCode::kFormat, "--card: expected a card of {}, 1 to {}, got {}", asked.lesson, cards,
                asked.card);
  return out;
}

}  // namespace

Action add_shot(CLI::App& app) {
  auto asked = std::make_shared<Shot>();
  app.add_option("--out", asked->out, "Picture to write, .png")
      ->check(ends_in({".png"}))
      ->required()
      ->type_name("FILE");
  app.add_option("--size", asked->size, "Pixels of the picture (default: 1280x800)")->type_name("WxH");
  app.add_option("--scale", asked->scale, "Size of everything in it, 0.5 to 4 (default: 1)")
      ->transform(number(0.5, 4.0))
      ->type_name("X");
  app.add_option("--session", asked->session, "Session to show")->type_name("FILE");
  app.add_option("--panel", asked->panel,
                 "Panel to bring to the front; a wrong name lists those of the workspace")
      ->type_name("NAME");
  app.add_option(
         "--inputs", asked->inputs,
         "Of a panel over many inputs (heads_survey): how many are read, spread over the list (default: "
         "12 where each has to be drawn, else all)")
      ->transform(whole(1, 100'000))
      ->type_name("N");
  app.add_option("--lesson", asked->lesson, "Lesson to show, by its name (regard lesson list) or file")
      ->type_name("NAME|FILE");
  app.add_option("--card", asked->card, "Card of the lesson, from 1 (default: 1)")
      ->transform(whole(1, 1000))
      ->type_name("N");
  app.add_flag("--present", asked->present,
               "As presented (F5): one panel alone, in type and colours for a projector");
  app.add_flag(
      "--notes", asked->notes,
      "The window beside the presented one: the teacher's note of the card, the next card, the timer");
  app.add_flag("--start", asked->start_page, "With the start page over it (F8)");
  add_start(app, asked->start, "Prompt to show");
  return [asked]() -> Result<int> {
    REGARD_TRY(const ShotOptions options, read_shot(*asked));
    return run_shot(options);
  };
}

}  // namespace regard::cli
