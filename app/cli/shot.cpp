// `regard shot`: reads the options of the picture of the window; app/shot.cpp draws it.
#include "app/cli/shot.h"

#include <tuple>

#include "app/cli/options.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Shot {
  Options shared;
  std::string out, size = "1280x800", session, lesson, prompt;
  double scale = 1.0;
  int page = 1;
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

Result<ShotOptions> read_shot(const Shot& asked, bool has_prompt) {
  ShotOptions out;
  out.out = asked.out;
  REGARD_TRY_DO(read_size(asked.size, out));
  REGARD_TRY(const auto language, read_lang(asked.shared));
  out.scale = static_cast<float>(asked.scale);
  out.page = asked.page;
  out.language = language;
  out.language_given = asked.shared.lang != "system";
  out.theme = asked.shared.theme;
  out.session = asked.session;
  out.lesson = asked.lesson;
  out.model = asked.shared.model;
  if (has_prompt) out.prompt = asked.prompt;
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
  app.add_option("--lesson", asked->lesson, "Lesson to show")->type_name("ID");
  app.add_option("--page", asked->page, "Page of the lesson, from 1 (default: 1)")
      ->transform(whole(1, 10'000))
      ->type_name("N");
  CLI::Option* prompt = app.add_option("--prompt", asked->prompt, "Prompt to show")->type_name("TEXT");
  add_theme(app, asked->shared);
  add_model(app, asked->shared);
  add_lang(app, asked->shared);
  return [asked, prompt]() -> Result<int> {
    REGARD_TRY(const ShotOptions options, read_shot(*asked, prompt->count() > 0));
    return run_shot(options);
  };
}

}  // namespace regard::cli
