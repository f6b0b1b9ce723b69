// `regard shot`: reads the options of the picture of the window; app/shot.cpp draws it.
#include "app/cli/shot.h"

#include "app/cli/start.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Shot {
  StartOptions start;
  std::string out, size = "1280x800", scale = "1", session;
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

Result<ShotOptions> read_shot(const Shot& asked) {
  ShotOptions out;
  out.out = asked.out;
  if (out.out.extension() != ".png") {
    return fail(ErrorCode::kFormat, "--out: expected a name that ends in .png, got {}", quote(asked.out));
  }
  REGARD_TRY_DO(read_size(asked.size, out));
  REGARD_TRY(const double scale, read_number("--scale", asked.scale, 0.5, 4.0));
  out.scale = static_cast<float>(scale);
  REGARD_TRY(out.start, read_start(asked.start));
  out.session = asked.session;
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
  add_start(*app, asked->start, "Prompt to show");
  return {app, [asked] {
            const Result<ShotOptions> options = read_shot(*asked);
            return options ? run_shot(*options) : bad_input("shot", options.error());
          }};
}

}  // namespace regard::cli
