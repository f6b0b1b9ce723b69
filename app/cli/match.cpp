// `regard match`: how well each text fits the picture, by CLIP, and which patches speak for one of them.
#include <cmath>

#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "app/export/overlay.h"
#include "core/engine/match.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Match {
  Options shared;
  PictureOptions picture;
  std::vector<std::string> texts;
  std::string map, caption = "1", method = "chefer";
};

Result<TextMapMethod> read_method(const std::string& method) {
  if (method == "chefer") return TextMapMethod::kChefer;
  if (method == "legrad") return TextMapMethod::kLeGrad;
  return fail(ErrorCode::kFormat, "--method: expected chefer or legrad, got {}", quote(method));
}

constexpr std::initializer_list<FormatKind> kMapKinds = {FormatKind::kNumbers, FormatKind::kPicture};

/// An ending, or nothing.
Result<std::string> read_map_format(const std::string& path) {
  if (path.empty()) return path;
  return map_format(path, "--map", kMapKinds);
}

std::string match_json(const VisionRun& run, const std::string& image,
                       const std::vector<TextMatch>& matches) {
  const VisionModel& model = *run.request.model;
  Json out{{"model", model.name},
           {"image", image},
           {"scale", std::exp(static_cast<double>(model.encoder.logit_scale().value_or(0.0f)))}};
  Json& texts = out["texts"] = Json::array();
  for (const TextMatch& match : matches) {
    texts.push_back({{"text", match.text},
                     {"cosine", match.cosine},
                     {"logit", match.logit},
                     {"probability", match.probability}});
  }
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::string> map_file(const VisionRun& run, const Match& asked, const TextMatch& match,
                             TextMapMethod method, const std::string& format, Language language) {
  const auto map = text_map(run, match.embedding, method);
  if (!map) return std::unexpected(map.error());
  const Strings strings = Strings::load(language);
  Overlay overlay = overlay_on(run, {map->data(), map->data() + map->size()});
  overlay.title = match.text;
  overlay.label = asked.method;
  overlay.caption = {
      std::filesystem::path(asked.picture.image).filename().string() + " · " + run.request.model->name +
          fmt::format(" · cos {:.3f}", match.cosine),
      strings(method == TextMapMethod::kChefer ? "picture.caption.chefer" : "picture.caption.legrad")};
  return map_bytes(OverlayMap(std::move(overlay)), format, strings);
}

Result<void> match(const Match& asked) {
  const auto format = read_map_format(asked.map);
  if (!format) return std::unexpected(format.error());
  const auto method = read_method(asked.method);
  if (!method) return std::unexpected(method.error());
  const auto caption = read_int("--caption", asked.caption, 1, static_cast<int>(asked.texts.size()));
  if (!caption) return std::unexpected(caption.error());
  const auto language = read_lang(asked.shared);
  if (!language) return std::unexpected(language.error());
  if (const auto threads = read_threads(asked.shared); !threads) return std::unexpected(threads.error());

  const auto run = run_picture(asked.picture, asked.shared);
  if (!run) return std::unexpected(run.error());
  if ((*run)->output.embedding.size() == 0) {
    return fail(
        ErrorCode::kUnsupported,
        "--model: expected a CLIP, which compares texts with pictures, got {}, which reads pictures alone",
        (*run)->request.model->name);
  }
  const auto text = open_model(asked.shared);
  if (!text) return std::unexpected(text.error());
  const auto matches = match_texts(**run, **text, asked.texts);
  if (!matches) return std::unexpected(matches.error());
  if (!asked.map.empty()) {
    const TextMatch& chosen = (*matches)[static_cast<std::size_t>(*caption - 1)];
    const auto bytes = map_file(**run, asked, chosen, *method, *format, *language);
    if (!bytes) return std::unexpected(bytes.error());
    if (auto written = write_file(asked.map, *bytes); !written) return written;
  }
  return print(match_json(**run, asked.picture.image, *matches));
}

}  // namespace

Command add_match(CLI::App& regard) {
  CLI::App* app = regard.add_subcommand("match", "How well each text fits a picture, by CLIP: JSON");
  auto asked = std::make_shared<Match>();
  add_picture(*app, asked->picture);
  app->add_option("TEXT", asked->texts, "The texts, as they are: no grammar, no weights")
      ->required()
      ->type_name("");
  app->add_option(
         "--map", asked->map,
         fmt::format("File to write: which patches speak for a text, as {} (float32 [rows,columns]), {}",
                     endings({FormatKind::kNumbers}), endings({FormatKind::kPicture}, " or ")))
      ->type_name("FILE");
  app->add_option("--caption", asked->caption, "Which text the map is of, from 1 (default: 1)")
      ->type_name("N");
  app->add_option(
         "--method", asked->method,
         "Of the map: chefer (default; gradients through the whole tower) or legrad (within each layer)")
      ->type_name("NAME");
  add_model(*app, asked->shared);
  add_lang(*app, asked->shared);
  add_threads(*app, asked->shared);
  app->footer(
      "Texts come back in the order given. Probabilities compare these texts with each other only: softmax "
      "of the\n"
      "logits, cosine times the model's trained scale.\n"
      "Example: regard match --image scene-1 \"a red cat\" \"a grey mouse\" --map cat.png");
  return {app, [asked] {
            const Result<void> done = match(*asked);
            return done ? kDone : bad_input("match", done.error());
          }};
}

}  // namespace regard::cli
