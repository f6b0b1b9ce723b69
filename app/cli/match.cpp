// `regard match`: how well each text fits the picture, by CLIP, and which patches speak for one of them.
#include <cmath>

#include "app/cli/options.h"
#include "app/cli/picture.h"
#include "app/export/overlay.h"
#include "core/engine/follow.h"
#include "core/engine/match.h"
#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard::cli {
namespace {

struct Match {
  Options shared;
  PictureOptions picture;
  std::vector<std::string> texts;
  std::string map, method = "chefer";
  int caption = 1;  // which text the map is of, from 1
  int less = 0;     // less which other, from 1; 0: none
};

double scale_of(const VisionRun& run) {
  return std::exp(static_cast<double>(run.request.model->encoder.logit_scale().value_or(0.0f)));
}

/// Of the numbers that match_json() writes, those that it writes as null.
NonFinite non_finite_in(const VisionRun& run, const std::vector<TextMatch>& matches) {
  std::vector<float> numbers{std::isfinite(scale_of(run)) ? 1.0f : NAN};
  for (const TextMatch& match : matches)
    numbers.insert(numbers.end(), {match.cosine, match.logit, static_cast<float>(match.probability)});
  return count_non_finite(numbers);
}

std::string match_json(const VisionRun& run, const std::string& image, const std::vector<TextMatch>& matches,
                       const NonFinite& found) {
  const VisionModel& model = *run.request.model;
  Json out{{"model", model.name}, {"image", image}, {"scale", scale_of(run)}};
  Json& texts = out["texts"] = Json::array();
  for (const TextMatch& match : matches) {
    texts.push_back({{"text", match.text},
                     {"cosine", match.cosine},
                     {"logit", match.logit},
                     {"probability", match.probability}});
    if (match.tokens_cut > 0) {
      texts.back()["tokens_cut"] = match.tokens_cut;
      texts.back()["cut_start"] = match.cut_start;
    }
  }
  if (found.count > 0) out["non_finite"] = found.count;
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Two texts that differ behind the cut score the same: said of each that was cut.
void print_cuts(const std::vector<TextMatch>& matches) {
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const TextMatch& match = matches[i];
    if (match.tokens_cut == 0) continue;
    print_warnings({{match.cut_start, match.text.size(), "warning.cut"}},
                   static_cast<std::size_t>(match.tokens_read), match.tokens_cut,
                   fmt::format("text {} of {}", i + 1, matches.size()));
  }
}

Result<std::string> map_file(const VisionRun& run, const Match& asked, const TextMatch& match,
                             const TextMatch* less, Language language) {
  const std::string format = ending_of(asked.map);
  MapQuery query{.lens = asked.method, .subject = {0}, .over = Over::kImage, .caption = match.text};
  if (less != nullptr) query.caption_less = less->text;
  const RowVector text =
      less == nullptr ? match.embedding : embedding_beyond(match.embedding, less->embedding);
  REGARD_TRY(const Map map, evaluate(run.trace, query, lens_context(run, text)));
  const Strings strings = Strings::load(language);
  Overlay overlay = overlay_on(run, {map.values.data(), map.values.data() + map.values.size()});
  overlay.title = less == nullptr ? match.text : match.text + " − " + less->text;
  overlay.label = asked.method;
  overlay.caption = {std::filesystem::path(asked.picture.image).filename().string() + " · " +
                         run.request.model->name + fmt::format(" · cos {:.3f}", match.cosine),
                     strings("picture.caption." + asked.method)};
  NonFinite found;
  auto bytes = map_bytes(OverlayMap(std::move(overlay)), format, strings, &found);
  print_non_finite(asked.map, found);
  return bytes;
}

Result<int> match(const Match& asked) {
  REGARD_TRY(const auto language, read_lang(asked.shared));
  REGARD_TRY(const auto run, run_picture(asked.picture, asked.shared));
  if (run->output.embedding.size() == 0) {
    return fail(
        ErrorCode::kUnsupported,
        "--model: expected a CLIP, which compares texts with pictures, got {}, which reads pictures alone",
        run->request.model->name);
  }
  REGARD_TRY(const auto text, open_model(asked.shared));
  REGARD_TRY(const auto matches, match_texts(*run, *text, asked.texts));
  if (!asked.map.empty()) {
    const TextMatch& chosen = matches[static_cast<std::size_t>(asked.caption - 1)];
    const TextMatch* less = asked.less > 0 ? &matches[static_cast<std::size_t>(asked.less - 1)] : nullptr;
    if (less != nullptr && less->text == chosen.text)
      return fail(ErrorCode::kFormat, "--less: expected another text than --caption, got the same");
    REGARD_TRY(const auto bytes, map_file(*run, asked, chosen, less, language));
    REGARD_TRY_DO(write_file(asked.map, bytes));
  }
  print_cuts(matches);
  const NonFinite found = non_finite_in(*run, matches);
  print_non_finite("", found);
  return print(match_json(*run, asked.picture.image, matches, found));
}

}  // namespace

Action add_match(CLI::App& app) {
  auto asked = std::make_shared<Match>();
  add_picture(app, asked->picture);
  app.add_option("TEXT", asked->texts, "The texts, as they are: no grammar, no weights")
      ->required()
      ->type_name("");
  app.add_option(
         "--map", asked->map,
         fmt::format("File to write: which patches speak for a text, as {} (float32 [rows,columns]), {}",
                     endings({FormatKind::kNumbers}), endings({FormatKind::kPicture}, " or ")))
      ->check(ends_in({".npy", ".png", ".svg", ".pdf"}))
      ->type_name("FILE");
  app.add_option("--caption", asked->caption, "Which text the map is of, from 1 (default: 1)")
      // The texts are read before it.
      ->transform(CLI::Validator(
          [asked](std::string& text) {
            return whole(1, std::max(1, static_cast<int>(asked->texts.size())))(text);
          },
          ""))
      ->type_name("N");
  app.add_option(
         "--less", asked->less,
         "Which text is taken away from it, from 1: what speaks for the words that only the first has")
      ->transform(CLI::Validator(
          [asked](std::string& text) {
            return whole(1, std::max(1, static_cast<int>(asked->texts.size())))(text);
          },
          ""))
      ->type_name("N");
  app.add_option("--method", asked->method,
                 "Of the map: chefer (default; gradients through the whole tower), legrad (within each "
                 "layer) or attnlrp "
                 "(relevance with its sign)")
      ->check(word_of({"chefer", "legrad", "attnlrp"}))
      ->type_name("NAME");
  add_model(app, asked->shared);
  add_lang(app, asked->shared);
  add_threads(app);
  app.footer(
      "Texts come back in the order given. Probabilities compare these texts with each other only: softmax "
      "of the\n"
      "logits, cosine times the model's trained scale.\n"
      "A text that is too long is cut, as CLIP cuts it; that is said, and tokens_cut counts what was left "
      "out.\n"
      "Example: regard match --image scene-1 \"a red cat\" \"a grey mouse\" --map cat.png");
  return [asked] { return match(*asked); };
}

}  // namespace regard::cli
