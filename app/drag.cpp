// `regard bench --drag`: how long a dragged weight takes to be seen.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <imgui_internal.h>

#include "app/app.h"
#include "app/assets.h"
#include "app/cli/frames.h"
#include "app/window/offscreen.h"
#include "app/works.h"
#include "core/engine/bench.h"

namespace regard {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kMouse{8};  // 125 reports a second
constexpr int kWordIndex = 2, kCalmFrames = 8, kMostCalmFrames = 4000;
constexpr int kMoreWords = 68;  // behind the seven of the first example, BOS and EOS: 77 tokens
constexpr float kSweep_px = 6;

double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

// The prompt whose maps the frame shows, weights and all.
std::string_view prompt_shown(const Program& program) {
  const AppState& state = program.state();
  if (state.view.workspace == Workspace::kPainting)
    return state.painting.run ? std::string_view(state.painting.run->request.prompt) : "";
  return program.views().has_map() ? std::string_view(program.views().run().request.prompt) : "";
}

// Events whose weights are not shown yet, and how long the others took.
class Latencies {
 public:
  void asked(Clock::time_point when, const std::string& prompt) {
    if (std::exchange(last_, prompt) == prompt) return;  // the mouse moved, the weight did not
    waiting_.emplace_back(when, prompt);
    ++events_;
  }
  /// @return  whether the frame shows what had not been shown
  bool shown(std::string_view prompt, Clock::time_point when) {
    const auto at = std::ranges::find(waiting_.rbegin(), waiting_.rend(), prompt,
                                      [](const auto& one) { return std::string_view(one.second); });
    if (at == waiting_.rend()) return false;
    for (auto one = waiting_.begin(); one != at.base(); ++one) ms_.push_back(ms_between(one->first, when));
    waiting_.erase(waiting_.begin(), at.base());
    return true;
  }
  bool waits() const { return !waiting_.empty(); }
  void fill(DragRow& row) {
    row.events = events_;
    if (ms_.empty()) return;
    std::ranges::sort(ms_);
    const auto at = [&](double share) {
      return ms_[static_cast<std::size_t>(share * static_cast<double>(ms_.size() - 1))];
    };
    row.p50 = at(0.5), row.p99 = at(0.99), row.most = ms_.back();
  }

 private:
  std::vector<std::pair<Clock::time_point, std::string>> waiting_;
  std::vector<double> ms_;
  std::string last_;
  int events_ = 0;
};

void until_calm(App& app, Offscreen& screen) {
  for (int calm = 0, i = 0; calm < kCalmFrames && i < kMostCalmFrames; ++i) {
    app.frame();
    calm = app.program().busy() ? 0 : calm + 1;
    if (app.program().busy()) screen.pause_ms(50);
  }
}

// Where the slider of a word of the prompt can be taken, pixels; nothing when it is not in sight.
std::optional<ImRect> find_slider(App& app, int word) {
  const auto is_strip = [](const ImGuiWindow* window) {
    return std::string_view(window->Name).find("##strip") != std::string_view::npos && window->WasActive;
  };
  const auto& windows = ImGui::GetCurrentContext()->Windows;
  const auto strip = std::ranges::find_if(windows, is_strip);
  if (strip == windows.end()) return std::nullopt;
  const int pushed = word + 100000;  // as token_strip.cpp names it
  const ImGuiID slider = ImHashStr("##weight", 0, ImHashData(&pushed, sizeof pushed, (*strip)->ID));
  std::optional<ImRect> found;
  const ImRect box = (*strip)->Rect();
  for (float y = box.Max.y - 1; y > box.Min.y && !found; y -= kSweep_px) {
    for (float x = box.Min.x; x < box.Max.x; x += kSweep_px) {
      ImGui::GetIO().AddMousePosEvent(x, y);
      app.frame();
      if (ImGui::GetHoveredID() != slider) continue;
      if (!found) found = ImRect(x, y, x, y);
      found->Max.x = x;
    }
  }
  return found;
}

Result<DragRow> drag(App& app, Offscreen& screen, std::string what, std::chrono::milliseconds length) {
  const std::optional<ImRect> slider = find_slider(app, kWordIndex);
  if (!slider)
    return fail(ErrorCode::kUnsupported, "--drag: {}: expected a slider under the word, found none", what);
  const auto& words = app.program().views().prompt().chunks.front().words;
  const std::string& prompt = app.program().state().doc.prompt;
  const std::size_t from = words[kWordIndex].start, to = words[kWordIndex].end;
  DragRow row{.what = std::move(what), .word = prompt.substr(from, to - from)};
  ImGuiIO& io = ImGui::GetIO();
  io.AddMousePosEvent(slider->Min.x, slider->Min.y);
  io.AddMouseButtonEvent(ImGuiMouseButton_Left, true);
  until_calm(app, screen);
  Latencies latencies;
  const Clock::time_point start = Clock::now();
  Clock::time_point next = start;
  const double width = std::max(1.0f, slider->GetWidth());
  for (int event = 0;
       Clock::now() < start + length || (latencies.waits() && Clock::now() < start + 3 * length);) {
    std::optional<Clock::time_point> moved;
    if (const Clock::time_point now = Clock::now(); now >= next && now < start + length) {
      const double along = std::fmod(event++, 2 * width);  // to and fro, a pixel an event
      io.AddMousePosEvent(slider->Min.x + static_cast<float>(std::min(along, 2 * width - along)),
                          slider->Min.y);
      moved = now - (now - start) % kMouse;  // the last report; those during a longer frame are one event
      next = *moved + kMouse;
      app.touch();
    }
    if (screen.take_had_event()) app.touch();
    if (!app.frame_due()) {
      const auto rest = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
      screen.pause_ms(static_cast<int>(std::clamp<long>(rest, 0, 20)));
      app.touch();
      continue;
    }
    app.frame();
    ++row.frames;
    const AppState& state = app.program().state();
    if (moved) latencies.asked(*moved, state.doc.prompt);
    row.shown += latencies.shown(prompt_shown(app.program()), app.uploaded_at());
  }
  io.AddMouseButtonEvent(ImGuiMouseButton_Left, false);
  until_calm(app, screen);
  latencies.fill(row);
  return row;
}

struct Dragged {
  Workspace workspace;
  std::string what;
  Works works;
  std::string more = {};          // behind the first example
  std::optional<int> layer = {};  // from 0, that is looked at; nothing: the program's choice
};

Result<DragRow> drag_in(Dragged dragged, std::chrono::milliseconds length, std::string& drawn_by) {
  Session session = first_session(kEnglish);
  session.view.workspace = dragged.workspace;
  session.doc.prompt += dragged.more;
  REGARD_TRY(const auto screen, Offscreen::create({.size = {1280, 800}, .retained = true}));
  REGARD_TRY(const auto app, App::create(*screen, session, std::move(dragged.works)));
  drawn_by = screen->description();
  until_calm(*app, *screen);
  if (const auto& error = app->program().state().error) return fail(ErrorCode::kIo, "{}", error->text);
  if (dragged.layer) app->program().send(SelectMap{map_choice(dragged.layer, 0)});
  return drag(*app, *screen, std::move(dragged.what), length);
}

// The first example's words, cut by the built-in tokenizer, in a tower of CLIP ViT-L/14's size.
Result<Works> with_large_text() {
  REGARD_TRY(auto tokenizer, ClipTokenizer::open(assets_dir() / "little-world" / "clip"));
  ClipTextConfig config = clip_l_text_config();
  config.vocab = tokenizer.vocab_size();
  config.eos_id = tokenizer.eos_id();
  OpenedModels models;
  models.text = std::make_shared<const TextModel>(
      TextModel{"random weights", {}, std::move(tokenizer), random_clip_text(config, 1)});
  Works works = program_works();
  works.open = [models](const OpenRequest&, std::stop_token,
                        const Publish<OpenedModels>&) -> Result<std::shared_ptr<const OpenedModels>> {
    return std::make_shared<const OpenedModels>(models);
  };
  return works;
}

}  // namespace

Result<DragReport> measure_drag(double share) {
  const auto seconds = [share](double whole) {
    return std::chrono::milliseconds(std::lround(1e3 * share * whole));
  };
  DragReport report;
  const auto add = [&](Dragged dragged, double length) -> Result<void> {
    REGARD_TRY(DragRow row, drag_in(std::move(dragged), seconds(length), report.drawn_by));
    report.rows.push_back(std::move(row));
    return {};
  };
  REGARD_TRY_DO(add({Workspace::kText, "text, built-in model", program_works()}, 6));
  REGARD_TRY(const Works large, with_large_text());
  REGARD_TRY_DO(add({Workspace::kText, "text, CLIP ViT-L/14's size", large}, 6));
  std::string more;
  while (std::ranges::count(more, ' ') < kMoreWords) more += " et un chien noir";
  REGARD_TRY_DO(add({Workspace::kText, "the same, 77 tokens, layer 4", large, more, 3}, 6));
  REGARD_TRY_DO(add({Workspace::kPainting, "a drawing in drafts", program_works()}, 10));
  return report;
}

}  // namespace regard
