// `regard shot`: reads the options of the picture of the window; app/shot.cpp draws it.
#include "app/cli/shot.h"

#include "app/cli/options.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Shot {
  Options shared;
  std::string out, size = "1280x800", scale = "1", session, lesson, page = "1", theme, prompt;
};

Result<void> read_size(const std::string& text, ShotOptions& out) {
  const std::size_t cross = text.find('x');
  const auto side = [&](std::string_view part) { return read_int("--size", part, 64, 16384); };
  if (cross != std::string::npos) {
    const auto width = side(std::string_view(text).substr(0, cross));
    const auto height = side(std::string_view(text).substr(cross + 1));
    if (width && height) {
      out.width = *width;
      out.height = *height;
      return {};
    }
  }
  return fail(ErrorCode::kFormat, "--size: expected WIDTHxHEIGHT, each from 64 to 16384 pixels, got {}",
              quote(text));
}

Result<ShotOptions> read_shot(const Shot& asked, bool has_prompt) {
  ShotOptions out;
  out.out = asked.out;
  if (out.out.extension() != ".png") {
    return fail(ErrorCode::kFormat, "--out: expected a name that ends in .png, got {}", quote(asked.out));
  }
  if (const auto size = read_size(asked.size, out); !size) return std::unexpected(size.error());
  const auto scale = read_number("--scale", asked.scale, 0.5, 4.0);
  if (!scale) return std::unexpected(scale.error());
  const auto page = read_int("--page", asked.page, 1, 10'000);
  if (!page) return std::unexpected(page.error());
  const auto language = read_lang(asked.shared);
  if (!language) return std::unexpected(language.error());
  if (!asked.theme.empty() && asked.theme != "dark" && asked.theme != "light") {
    return fail(ErrorCode::kFormat, "--theme: expected dark or light, got {}", quote(asked.theme));
  }
  out.scale = static_cast<float>(*scale);
  out.page = *page;
  out.language = *language;
  out.language_given = asked.shared.lang != "system";
  out.theme = asked.theme;
  out.session = asked.session;
  out.lesson = asked.lesson;
  out.model = asked.shared.model;
  if (has_prompt) out.prompt = asked.prompt;
  return out;
}

}  // namespace

Command add_shot(CLI::App& regard) {
  CLI::App* app = regard.add_subcommand("shot", "A picture of the window, drawn without a screen");
  auto asked = std::make_shared<Shot>();
  app->add_option("--out", asked->out, "Picture to write, .png")->required()->type_name("FILE");
  app->add_option("--size", asked->size, "Pixels of the picture (default: 1280x800)")->type_name("WxH");
  app->add_option("--scale", asked->scale, "Size of everything in it, 0.5 to 4 (default: 1)")->type_name("X");
  app->add_option("--session", asked->session, "Session to show")->type_name("FILE");
  app->add_option("--lesson", asked->lesson, "Lesson to show")->type_name("ID");
  app->add_option("--page", asked->page, "Page of the lesson, from 1 (default: 1)")->type_name("N");
  CLI::Option* prompt = app->add_option("--prompt", asked->prompt, "Prompt to show")->type_name("TEXT");
  app->add_option("--theme", asked->theme, "dark or light")->type_name("NAME");
  add_model(*app, asked->shared);
  add_lang(*app, asked->shared);
  return {app, [asked, prompt] {
            const Result<ShotOptions> options = read_shot(*asked, prompt->count() > 0);
            return options ? run_shot(*options) : bad_input("shot", options.error());
          }};
}

}  // namespace regard::cli
