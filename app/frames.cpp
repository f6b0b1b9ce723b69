// `regard bench --frames`: the frames of the real window at the sizes of large models.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <imgui_internal.h>

#include "app/app.h"
#include "app/assets.h"
#include "app/cli/frames.h"
#include "app/ui/panels.h"
#include "app/window/offscreen.h"
#include "app/works.h"
#include "core/engine/bench.h"

namespace regard {
namespace {

constexpr int kLayers = 12, kHeads = 12, kWidth = 768, kMlp = 3072, kTokens = 512;
constexpr int kPatch = 14, kSide = 518;  // 37 x 37 patches and CLS: 1370
constexpr int kHoverSteps = 60, kChoices = 48, kMostWaits = 4000;

double resident_mb() {
  double all = 0.0, resident = 0.0;  // pages
  std::ifstream("/proc/self/statm") >> all >> resident;
  return 1e-6 * resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

FrameTimes times_of(std::vector<double> ms) {
  if (ms.empty()) return {};
  std::ranges::sort(ms);
  const auto at = [&](double share) {
    return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1))];
  };
  return {at(0.5), at(0.99), ms.back()};
}

// The program's frames, timed.
class Frames {
 public:
  Frames(App& app, Offscreen& screen) : app_(app), screen_(screen) {}

  void one() {
    const double before = thread_cpu_ms();
    app_.frame();
    whole_.push_back(thread_cpu_ms() - before);
    program_.push_back(whole_.back() - screen_.drawing_ms());
  }
  /// Until nothing is under way, a frame an answer.
  void until_calm() {
    for (int calm = 0, i = 0; calm < 4 && i < kMostWaits; ++i) {
      one();
      calm = app_.program().busy() ? 0 : calm + 1;
      if (app_.program().busy()) screen_.pause_ms(50);
    }
  }
  void forget() {
    program_.clear();
    whole_.clear();
  }
  FrameRow row(std::string what, std::string doing, int positions) {
    FrameRow out{std::move(what),    std::move(doing), positions, static_cast<int>(whole_.size()),
                 times_of(program_), times_of(whole_)};
    forget();
    return out;
  }
  App& app() { return app_; }

 private:
  App& app_;
  Offscreen& screen_;
  std::vector<double> program_, whole_;
};

// Panels that can be seen: their names and where they are, pixels.
std::vector<std::pair<std::string, ImRect>> panels_in_sight() {
  std::vector<std::pair<std::string, ImRect>> out;
  for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
    const std::string name = window->Name;
    const std::size_t key = name.find("###panel.");
    const bool part = name.find('/', key) != std::string::npos;  // a child window of a panel
    if (key == std::string::npos || part || !window->WasActive || window->Hidden) continue;
    if (window->DockIsActive && !window->DockTabIsVisible) continue;
    out.emplace_back(name.substr(key + 9), window->Rect());
  }
  return out;
}

// A zigzag over each panel.
void hover(Frames& frames, const std::string& what, int positions, FrameReport& report) {
  for (const auto& [name, box] : panels_in_sight()) {
    frames.forget();
    for (int i = 0; i < kHoverSteps; ++i) {
      const float along = static_cast<float>(i) / (kHoverSteps - 1);
      const float across = 0.15f + 0.7f * static_cast<float>(i % 5) / 4.0f;
      ImGui::GetIO().AddMousePosEvent(box.Min.x + box.GetWidth() * (0.05f + 0.9f * along),
                                      box.Min.y + box.GetHeight() * across);
      frames.one();
    }
    report.rows.push_back(frames.row(what, "hovering over " + name, positions));
  }
  ImGui::GetIO().AddMousePosEvent(-1, -1);
}

// Chooses one thing after the other; each with all its frames until it is shown.
void choose(Frames& frames, const std::function<Command(int)>& command, const std::string& what,
            const std::string& doing, int positions, FrameReport& report) {
  frames.until_calm();
  frames.forget();
  for (int i = 0; i < kChoices; ++i) {
    frames.app().program().send(command(i));
    frames.until_calm();
  }
  report.rows.push_back(frames.row(what, doing, positions));
}

MapChoice head_at(int i) { return map_choice(i % kLayers, i * 5 % kHeads); }

Result<std::shared_ptr<const TextModel>> large_text_model() {
  REGARD_TRY(auto tokenizer, ClipTokenizer::open(assets_dir() / "little-world" / "clip"));
  ClipTextConfig config = clip_l_text_config();
  config.positions = kTokens;
  config.vocab = tokenizer.vocab_size();
  config.eos_id = tokenizer.eos_id();
  TextModel model{"random weights", {}, std::move(tokenizer), random_clip_text(config, 1)};
  return std::make_shared<const TextModel>(std::move(model));
}

std::shared_ptr<const VisionModel> large_vision_model() {
  VitConfig config;
  config.layers = kLayers;
  config.heads = kHeads;
  config.width = kWidth;
  config.mlp_width = kMlp;
  config.patch = kPatch;
  config.image_width = config.image_height = kSide;
  ImageProcessor processor;
  processor.shortest_edge = processor.width = processor.height = kSide;
  processor.crop_width = processor.crop_height = kSide;
  return std::make_shared<const VisionModel>(
      VisionModel{"random weights", {}, processor, random_vit(config, 1)});
}

// So many words that the text fills the model's positions.
std::string long_prompt() {
  std::string out;
  for (int i = 0; i < kTokens - 2; ++i) out += i % 2 == 0 ? "chat " : "red ";
  return out;
}

double weights_mb(double other) {
  return 4e-6 * (kLayers * (4.0 * kWidth * kWidth + 2.0 * kWidth * kMlp) + other);
}

using Scenario = std::function<Result<void>(Frames& frames, FrameReport& report)>;

Result<void> play(const Session& session, const OpenedModels& models, const Scenario& scenario,
                  FrameReport& report) {
  REGARD_TRY(const auto screen, Offscreen::create({.size = {1280, 800}, .retained = true}));
  Works works = program_works();
  works.open = [models](const OpenRequest&, std::stop_token,
                        const Publish<OpenedModels>&) -> Result<std::shared_ptr<const OpenedModels>> {
    return std::make_shared<const OpenedModels>(models);
  };
  REGARD_TRY(const auto app, App::create(*screen, session, std::move(works)));
  report.drawn_by = screen->description();
  Frames frames(*app, *screen);
  frames.until_calm();
  if (const auto& error = app->program().state().error) return fail(ErrorCode::kIo, "{}", error->text);
  return scenario(frames, report);
}

Result<void> text_frames(Frames& frames, FrameReport& report) {
  const AppState& state = frames.app().program().state();
  if (!state.run) return fail(ErrorCode::kUnsupported, "--frames: expected a run of the text, got none");
  const auto tokens = static_cast<int>(state.run->tokens.size());
  FrameMemory memory{.what = "text",
                     .weights_mb = weights_mb(1.0 * kWidth * (kTokens + 1000)),
                     .run_mb = 1e-6 * state.run->trace.record_bytes(),
                     .before_mb = resident_mb()};
  hover(frames, "text", tokens, report);
  choose(
      frames, [](int i) -> Command { return SelectMap{head_at(i)}; }, "text", "choosing a head", tokens,
      report);
  const std::vector<Token> all = state.run->tokens;
  choose(
      frames, [&](int i) -> Command { return TogglePin{pin_of(all[static_cast<std::size_t>(1 + 7 * i)])}; },
      "text", "pinning a token", tokens, report);
  memory.after_mb = resident_mb();
  report.memory.push_back(memory);
  return {};
}

Result<void> picture_frames(Frames& frames, FrameReport& report) {
  const AppState& state = frames.app().program().state();
  if (!state.vision)
    return fail(ErrorCode::kUnsupported, "--frames: expected a run of the picture, got none");
  const int tokens = state.vision->tokens();
  FrameMemory memory{.what = "picture",
                     .weights_mb = weights_mb(1.0 * kWidth * (tokens + 3 * kPatch * kPatch)),
                     .run_mb = 1e-6 * state.vision->trace.record_bytes(),
                     .before_mb = resident_mb()};
  hover(frames, "picture", tokens, report);
  choose(
      frames, [](int i) -> Command { return SelectPictureMap{head_at(i)}; }, "picture", "choosing a head",
      tokens, report);
  choose(
      frames, [](int i) -> Command { return TogglePatchPin{1 + 23 * i}; }, "picture", "pinning a patch",
      tokens, report);
  memory.after_mb = resident_mb();
  report.memory.push_back(memory);
  return {};
}

}  // namespace

Result<FrameReport> measure_frames() {
  FrameReport report;
  Session session = first_session(kEnglish);
  session.example.reset();
  session.doc.pins.clear();
  session.first_picture = false;
  session.doc.prompt = long_prompt();
  {
    OpenedModels models;
    REGARD_TRY(models.text, large_text_model());
    session.view.workspace = Workspace::kText;
    REGARD_TRY_DO(play(session, models, text_frames, report));
  }
  OpenedModels models;
  models.vision = large_vision_model();
  session.doc.prompt = "a red cat";
  session.view.workspace = Workspace::kImage;
  REGARD_TRY_DO(play(session, models, picture_frames, report));
  return report;
}

}  // namespace regard
