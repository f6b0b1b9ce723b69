// What every workspace looks like in windows of many sizes: nothing is cut off, nothing lies on something
// else, and what the workspace is for is large. Two recorders: what the panels write through draw_text() and
// text_sized() (UiState::drawn_texts), each with what it may be seen in; and the items that ImGui's test
// engine gathers, window by window. Not covered: what is typed into fields that scroll, what ImGui writes
// itself in menus, and what a texture shows.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "app/i18n/locales.h"
#include "app/ui/arrangement.h"
#include "app/ui/panels.h"
#include "app/ui/workspaces.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

struct Screen {
  ImVec2 size;
  float monitor = 1;
};
constexpr Screen kScreens[] = {{ImVec2(640, 480)},      {ImVec2(800, 600)},     {ImVec2(1024, 768)},
                               {ImVec2(1280, 800)},     {ImVec2(1920, 1080)},   {ImVec2(2560, 1440)},
                               {ImVec2(2560, 1440), 2}, {ImVec2(2560, 1440), 3}};

std::string name_of(const Screen& screen) {
  return std::to_string(static_cast<int>(screen.size.x)) + "x" +
         std::to_string(static_cast<int>(screen.size.y)) + "@" +
         std::to_string(static_cast<int>(screen.monitor));
}

Session session_for_screens() {
  Session session = first_session(kEnglish);
  session.doc.paint = {};
  session.doc.paint.steps = 2;
  return session;
}

bool ready(const Program& program) {
  switch (program.state().view.workspace) {
    case Workspace::kText:
      return program.views().current();
    case Workspace::kCompare:
      return program.compare().ready();
    case Workspace::kImage:
      return program.picture().has_run();
    case Workspace::kPainting:
      return program.paint().has_run();
  }
  return true;
}

void wait(UiRun& run, ImGuiTestContext* ctx) {
  run.wait(ctx, [&run] { return ready(run.program()); }, 10);  // the layout measures, then rests
}

ImRect clip_of(const DrawnText& text) { return {text.clip.x, text.clip.y, text.clip.z, text.clip.w}; }
ImRect box_of(const DrawnText& text) { return {text.box.x, text.box.y, text.box.z, text.box.w}; }

// Where its ink is, with a little less all round: turned about its pivot.
std::array<ImVec2, 4> corners_of(const DrawnText& text, float less_x, float less_y) {
  const ImRect box(text.box.x + less_x, text.box.y + less_y, text.box.z - less_x, text.box.w - less_y);
  std::array<ImVec2, 4> corners{box.GetTL(), box.GetTR(), box.GetBR(), box.GetBL()};
  const float c = std::cos(text.angle), s = std::sin(text.angle);
  for (ImVec2& corner : corners) {
    const ImVec2 d(corner.x - text.pivot.x, corner.y - text.pivot.y);
    if (text.angle != 0) corner = ImVec2(text.pivot.x + c * d.x + s * d.y, text.pivot.y - s * d.x + c * d.y);
  }
  return corners;
}

// The upright box around it.
ImRect extent_of(const DrawnText& text) {
  const std::array<ImVec2, 4> corners = corners_of(text, 0, 0);
  ImRect out(corners[0], corners[0]);
  for (const ImVec2& corner : corners) out.Add(corner);
  return out;
}

// Two turned boxes overlap unless a side of one of them separates them.
bool separated(const std::array<ImVec2, 4>& a, const std::array<ImVec2, 4>& b) {
  for (std::size_t i = 0; i < 4; ++i) {
    const ImVec2 from = a[i], to = a[(i + 1) % 4], normal(from.y - to.y, to.x - from.x);
    const auto place = [&](const ImVec2& p) { return normal.x * (p.x - from.x) + normal.y * (p.y - from.y); };
    if (std::ranges::all_of(b, [&](const ImVec2& p) { return place(p) <= 0; })) return true;
  }
  return false;
}

bool turned_overlap(const DrawnText& a, const DrawnText& b, float scale) {
  const auto p = corners_of(a, scale, 2.5f * scale), q = corners_of(b, scale, 2.5f * scale);
  return !separated(p, q) && !separated(q, p);
}

const ImGuiWindow* window_of(const ImDrawList* list) {
  for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
    if (window->DrawList == list) return window;
  }
  return nullptr;
}

// What is scrolled to is cut where the scrolling part ends.
bool scrolls(const ImGuiWindow* window, int axis) {
  for (; window != nullptr;
       window = (window->Flags & ImGuiWindowFlags_ChildWindow) != 0 ? window->ParentWindow : nullptr) {
    if (window->ScrollMax[axis] > 0 && (window->Flags & ImGuiWindowFlags_NoScrollbar) == 0) return true;
  }
  return false;
}

bool covers(const ImRect& a, const ImRect& b, float slack_x, float slack_y) {
  return std::min(a.Max.x, b.Max.x) - std::max(a.Min.x, b.Min.x) > slack_x &&
         std::min(a.Max.y, b.Max.y) - std::max(a.Min.y, b.Min.y) > slack_y;
}

// Every fault of a screen, a line each.
class Faults {
 public:
  explicit Faults(std::string where) : where_(std::move(where)) {}
  void add(const std::string& what) { lines_ += where_ + ": " + what + "\n"; }
  const std::string& lines() const { return lines_; }

 private:
  std::string where_, lines_;
};

std::string shown(const ImRect& r) {
  return "[" + std::to_string(static_cast<int>(r.Min.x)) + "," + std::to_string(static_cast<int>(r.Min.y)) +
         " " + std::to_string(static_cast<int>(r.GetWidth())) + "x" +
         std::to_string(static_cast<int>(r.GetHeight())) + "]";
}

void check_texts(const std::vector<DrawnText>& texts, float scale, Faults& faults) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const ImRect box = extent_of(texts[i]), clip = clip_of(texts[i]);
    const ImGuiWindow* window = window_of(texts[i].list);
    if (!box.Overlaps(clip)) continue;  // scrolled away
    const bool cut_x = box.Min.x < clip.Min.x - scale || box.Max.x > clip.Max.x + scale;
    const bool cut_y = box.Min.y < clip.Min.y - 3 * scale || box.Max.y > clip.Max.y + 3 * scale;
    if ((cut_x && !scrolls(window, 0)) || (cut_y && !scrolls(window, 1)))
      faults.add("text is cut: '" + texts[i].text + "' " + shown(box) + " in " + shown(clip) + " of " +
                 (window != nullptr ? window->Name : "?"));
    for (std::size_t j = 0; j < i; ++j) {
      // The leading of a line is no ink.
      if (texts[j].list != texts[i].list || !covers(box, extent_of(texts[j]), 2 * scale, 5 * scale)) continue;
      if (!extent_of(texts[j]).Overlaps(clip_of(texts[j]))) continue;
      const bool turned = texts[i].angle != 0 || texts[j].angle != 0;
      if (turned && !turned_overlap(texts[i], texts[j], scale)) continue;
      faults.add("text on text: '" + texts[j].text + "' " + shown(box_of(texts[j])) + " and '" +
                 texts[i].text + "' " + shown(box));
    }
  }
}

// Items that lie on another on purpose: a panel's handle is under what its header holds, the line between two
// pictures is on them.
bool lies_on_purpose(const ImGuiTestItemInfo& item) {
  const std::string label = item.DebugLabel;
  return label.find("##handle") != std::string::npos || label.find("##wipe") != std::string::npos;
}

void check_items(ImGuiTestContext* ctx, float scale, Faults& faults) {
  std::vector<ImGuiWindow*> windows;
  std::size_t seen_items = 0;
  for (ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
    if (window->WasActive && !window->Hidden && window->Name[0] != 'D') windows.push_back(window);
  }
  for (ImGuiWindow* window : windows) {
    ImGuiTestItemList list;
    ctx->GatherItems(&list, window->ID);
    std::vector<ImGuiTestItemInfo> items;
    for (int i = 0; i < list.GetSize(); ++i) {
      const ImGuiTestItemInfo* item = list.GetByIndex(i);
      if (item->Window != window || item->RectClipped.GetArea() < 1 || lies_on_purpose(*item)) continue;
      if (item->ID == window->MoveId || item->ID == window->ID) continue;
      items.push_back(*item);
    }
    seen_items += items.size();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const ImRect full = items[i].RectFull, seen = items[i].RectClipped;
      const bool cut_x = full.GetWidth() - seen.GetWidth() > scale,
                 cut_y = full.GetHeight() - seen.GetHeight() > scale;
      if ((cut_x && !scrolls(window, 0)) || (cut_y && !scrolls(window, 1)))
        faults.add(std::string("item is cut: ") + items[i].DebugLabel + " " + shown(full) + " to " +
                   shown(seen) + " of " + window->Name);
      for (std::size_t j = 0; j < i; ++j) {
        if (!covers(seen, items[j].RectClipped, scale, scale)) continue;
        faults.add(std::string("item on item: ") + items[j].DebugLabel + " " + shown(items[j].RectFull) +
                   " and " + items[i].DebugLabel + " " + shown(full) + " of " + window->Name);
      }
    }
  }
  if (seen_items < 12) faults.add("only " + std::to_string(seen_items) + " items were gathered");
}

// "Each word###panel.paint_words@" is panel.paint_words; ".painting" may stand behind it.
bool is_window_of(const ImGuiWindow& window, const Panel& panel, Workspace workspace) {
  const std::string name = window.Name;
  const std::size_t at = name.find("###");
  if (at == std::string::npos || !window.WasActive || window.Hidden) return false;
  std::string key = name.substr(at + 3);
  if (key.ends_with('@')) key.pop_back();
  return key == panel.key || key == panel.key + std::string(line_of(workspace).dock).substr(4);
}

// Panels stand side by side and inside the window.
void check_panels(const Program& program, ImVec2 size, Faults& faults) {
  const Workspace workspace = program.state().view.workspace;
  std::vector<const ImGuiWindow*> seen;
  for (const Panel& panel : panels()) {
    if (!panel.in.contains(workspace)) continue;
    for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
      if (!is_window_of(*window, panel, workspace)) continue;
      const ImRect rect = window->Rect();
      if (rect.Min.x < -1 || rect.Min.y < -1 || rect.Max.x > size.x + 1 || rect.Max.y > size.y + 1)
        faults.add(std::string("panel beyond the window: ") + window->Name + " " + shown(rect));
      ImGuiWindow *hit = nullptr, *under = nullptr;
      ImGui::FindHoveredWindowEx(rect.GetCenter(), false, &hit, &under);
      if (hit == nullptr || hit->RootWindow != window)
        faults.add(std::string("the mouse does not reach ") + window->Name + " but " +
                   (hit != nullptr ? hit->Name : "nothing"));
      for (const ImGuiWindow* other : seen) {
        if (covers(rect, other->Rect(), 1, 1))
          faults.add(std::string("panel on panel: ") + other->Name + " and " + window->Name);
      }
      seen.push_back(window);
    }
  }
  if (seen.size() < 2) faults.add("only " + std::to_string(seen.size()) + " panels");
}

// The largest item of that label in any window, and its share of the window's height.
float height_share(const char* path, const char* small_path, ImGuiTestContext* ctx, float height) {
  for (const char* each : {path, small_path}) {
    const ImGuiTestItemInfo item = ctx->ItemInfo(each, ImGuiTestOpFlags_NoError);
    if (item.ID != 0) return item.RectFull.GetHeight() / height;
  }
  return 0;
}

void check_stage(const Program& program, ImGuiTestContext* ctx, const Screen& screen, Faults& faults) {
  const float height = screen.size.y;
  float share = 1, least = 0.45f;
  switch (program.state().view.workspace) {
    case Workspace::kImage:
      share = height_share("//###panel.picture/##picture", "//###panel.picture@/##picture", ctx, height);
      break;
    case Workspace::kPainting:
      share = height_share("//###panel.paint/##drawing", "//###panel.paint@/##drawing", ctx, height);
      break;
    case Workspace::kText:
      share = height_share("//###panel.matrix/##cells", "//###panel.matrix@/##cells", ctx, height);
      least = 0.28f;
      break;
    case Workspace::kCompare:
      share = height_share("//###panel.compare/##first_map", "//###panel.compare@/##first_map", ctx, height);
      least = 0.2f;
      break;
  }
  if (share < least)
    faults.add("what the workspace shows takes " + std::to_string(static_cast<int>(100 * share)) +
               " % of the window's height");
}

class Screens : public ::testing::TestWithParam<Workspace> {};

TEST_P(Screens, NothingIsCutOrCoveredAndTheStageIsLarge) {
  std::vector<DrawnText> texts;
  UiRun run(session_for_screens());
  std::string all;
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SetWorkspace{GetParam()});
    ctx->MouseMoveToPos(ImVec2(2, 2));
    run.program().ui().drawn_texts = &texts;
    for (const Locales::File& file : Locales::shipped().files()) {
      const Language& language = file.code;
      for (const Theme theme : {Theme::kDark, Theme::kLight}) {
        run.program().send(SetLanguage{language});
        run.program().send(SetTheme{theme});
        for (const Screen& screen : kScreens) {
          run.resize(screen.size, screen.monitor);
          wait(run, ctx);
          Faults faults(name_of(screen) + " " + language + (theme == Theme::kDark ? " dark" : " light"));
          check_texts(texts, run.scale(), faults);
          check_panels(run.program(), screen.size, faults);
          check_stage(run.program(), ctx, screen, faults);
          if (theme == Theme::kDark) check_items(ctx, run.scale(), faults);  // themes have the same items
          all += faults.lines();
        }
      }
    }
    run.program().ui().drawn_texts = nullptr;
  });
  EXPECT_EQ(all, "");
}

INSTANTIATE_TEST_SUITE_P(All, Screens, ::testing::ValuesIn(kAllWorkspaces));

// A panel that is behind a tab at first, or there only when it was asked for, brought to the front.
class ScreensOfPanels : public ::testing::TestWithParam<std::pair<Workspace, const char*>> {};

TEST_P(ScreensOfPanels, NothingIsCutOrCovered) {
  const auto& [workspace, key] = GetParam();
  std::vector<DrawnText> texts;
  UiRun run(session_for_screens());
  std::string all;
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SetWorkspace{workspace});
    ctx->MouseMoveToPos(ImVec2(2, 2));
    wait(run, ctx);
    if (workspace != Workspace::kCompare) ctx->KeyPress(ImGuiKey_V | ImGuiMod_Alt);
    run.program().ui().drawn_texts = &texts;
    for (const Locales::File& file : Locales::shipped().files()) {
      const Language& language = file.code;
      run.program().send(SetLanguage{language});
      for (const Screen& screen : kScreens) {
        run.resize(screen.size, screen.monitor);
        run.program().ui().layout.fetch_next = &*std::ranges::find(
            panels(), std::string_view(key), [](const Panel& panel) { return std::string_view(panel.key); });
        wait(run, ctx);
        wait(run, ctx);
        Faults faults(name_of(screen) + " " + language);
        check_texts(texts, run.scale(), faults);
        check_panels(run.program(), screen.size, faults);
        check_items(ctx, run.scale(), faults);
        all += faults.lines();
      }
    }
    run.program().ui().drawn_texts = nullptr;
  });
  EXPECT_EQ(all, "");
}

INSTANTIATE_TEST_SUITE_P(All, ScreensOfPanels,
                         ::testing::Values(std::pair(Workspace::kCompare, "panel.picture_pair"),
                                           std::pair(Workspace::kText, "panel.doubled.1"),
                                           std::pair(Workspace::kImage, "panel.doubled.1"),
                                           std::pair(Workspace::kPainting, "panel.doubled.1")));

ImRect rect_of(ImGuiTestContext* ctx, const char* window) {
  const ImGuiWindow* found = ctx->WindowInfo(window, ImGuiTestOpFlags_NoError).Window;
  return found != nullptr && found->WasActive ? found->Rect() : ImRect();
}

TEST(Layout, ShrinkingAndEnlargingGivesBackTheSame) {
  for (const Workspace workspace : kAllWorkspaces) {
    UiRun run(session_for_screens());
    run.play([&](ImGuiTestContext* ctx) {
      run.program().send(SetWorkspace{workspace});
      wait(run, ctx);
      std::vector<std::pair<std::string, ImRect>> before;
      for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
        if (window->WasActive && std::string(window->Name).find("###panel") != std::string::npos &&
            std::string(window->Name).find('/') == std::string::npos)
          before.emplace_back(window->Name, window->Rect());
      }
      for (const ImVec2 size : {ImVec2(1100, 700), ImVec2(800, 600), ImVec2(640, 480), ImVec2(1920, 1080)}) {
        run.resize(size);
        ctx->Yield(10);
      }
      run.resize(ImVec2(1280, 800));
      ctx->Yield(12);
      for (const auto& [name, rect] : before) {
        const ImRect now = rect_of(ctx, ("//" + name).c_str());
        IM_CHECK_LE(std::abs(now.Min.x - rect.Min.x) + std::abs(now.Min.y - rect.Min.y), 2.0f);
        IM_CHECK_LE(std::abs(now.Max.x - rect.Max.x) + std::abs(now.Max.y - rect.Max.y), 2.0f);
      }
    });
  }
}

TEST(Layout, ALineThatWasDraggedKeepsItsShare) {
  UiRun run(session_for_screens());
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SetWorkspace{Workspace::kImage});
    wait(run, ctx);
    const ImRect main = rect_of(ctx, "//###panel.picture");
    ctx->MouseMoveToPos(ImVec2(main.Max.x + 6, main.GetCenter().y));
    ctx->SleepNoSkip(0.1f, 0.02f);
    ctx->MouseDown(ImGuiMouseButton_Left);
    ctx->MouseMoveToPos(ImVec2(main.Max.x - 94, main.GetCenter().y));
    ctx->MouseUp(ImGuiMouseButton_Left);
    ctx->Yield(4);
    const float dragged = rect_of(ctx, "//###panel.picture").GetWidth();
    IM_CHECK_LE(std::abs(dragged - (main.GetWidth() - 100)), 4.0f);
    run.resize(ImVec2(1600, 1000));
    ctx->Yield(12);
    const float room = 1600 - 24 * run.scale() - 12 * run.scale();
    IM_CHECK_LE(std::abs(rect_of(ctx, "//###panel.picture").GetWidth() - dragged / (1280 - 36) * room), 4.0f);
    run.resize(ImVec2(1280, 800));
    ctx->Yield(12);
    IM_CHECK_LE(std::abs(rect_of(ctx, "//###panel.picture").GetWidth() - dragged), 2.0f);
    run.program().ui().reset_layout = true;
    ctx->Yield(8);
    IM_CHECK_LE(std::abs(rect_of(ctx, "//###panel.picture").GetWidth() - main.GetWidth()), 2.0f);
  });
}

TEST(Layout, OneKeyEnlargesThePanelInUseAndBringsItBack) {
  UiRun run(session_for_screens());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    const ImRect heads = rect_of(ctx, "//###panel.heads");
    ctx->WindowFocus("//###panel.heads");
    ctx->KeyPress(ImGuiKey_F10);
    ctx->Yield(4);
    const ImRect large = rect_of(ctx, "//###panel.heads@");
    IM_CHECK_GT(large.GetWidth(), 1280.0f - 40);
    IM_CHECK_GT(large.GetHeight(), 690.0f);
    IM_CHECK(rect_of(ctx, "//###panel.matrix").GetArea() < 1);
    ctx->KeyPress(ImGuiKey_F10);
    ctx->Yield(6);
    const ImRect back = rect_of(ctx, "//###panel.heads");
    IM_CHECK_LE(std::abs(back.Min.x - heads.Min.x) + std::abs(back.Max.x - heads.Max.x), 2.0f);
    IM_CHECK(rect_of(ctx, "//###panel.matrix").GetArea() > 1);
  });
}

TEST(Layout, F11AsksForTheWholeScreen) {
  UiRun run(session_for_screens());
  run.play([&](ImGuiTestContext* ctx) {
    IM_CHECK(!run.state().full_screen);
    ctx->KeyPress(ImGuiKey_F11);
    ctx->Yield(2);
    IM_CHECK(run.state().full_screen);
    ctx->KeyPress(ImGuiKey_F11);
    ctx->Yield(2);
    IM_CHECK(!run.state().full_screen);
  });
}

TEST(Layout, APanelThatWasDraggedOutIsClosedAndFetchedBack) {
  UiRun run(session_for_screens());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    const ImRect home = rect_of(ctx, "//###panel.heads");
    ImGui::DockBuilderDockWindow(ctx->WindowInfo("//###panel.heads").Window->Name, 0);  // as a drag ends
    ctx->Yield(3);
    IM_CHECK(ctx->WindowInfo("//###panel.heads").Window->DockNode == nullptr);
    ctx->ItemClick("//###panel.heads/##close");
    ctx->Yield(3);
    IM_CHECK(rect_of(ctx, "//###panel.heads").GetArea() < 1);
    ctx->SetRef("##MainMenuBar");
    ctx->MenuClick(("View/Panels/" + std::string(run.program().strings()("panel.heads"))).c_str());
    ctx->Yield(12);
    const ImRect back = rect_of(ctx, "//###panel.heads");
    IM_CHECK_LE(std::abs(back.Min.x - home.Min.x) + std::abs(back.GetHeight() - home.GetHeight()), 4.0f);
  });
}

TEST(Layout, TypeFollowsTheScreen) {
  EXPECT_FLOAT_EQ(kSmall * type_factor(ImVec2(800, 600)), 13.0f);
  EXPECT_FLOAT_EQ(kSmall * type_factor(ImVec2(1280, 800)), 13.0f);
  EXPECT_FLOAT_EQ(kSmall * type_factor(ImVec2(1280, 720)), 13.0f);
  EXPECT_FLOAT_EQ(kSmall * type_factor(ImVec2(1920, 1080)), 16.0f);
  EXPECT_FLOAT_EQ(kSmall * type_factor(ImVec2(2560, 1440)), 18.0f);
  EXPECT_FLOAT_EQ(kSmall * type_factor(ImVec2(8000, 200)), 13.0f);
}

TEST(Layout, HeadsOfAPaintingAreLargeAndTheirStarsBesideThem) {
  std::vector<DrawnText> texts;
  UiRun run(session_for_screens());
  run.play([&](ImGuiTestContext* ctx) {
    run.program().ui().drawn_texts = &texts;
    run.program().send(SetWorkspace{Workspace::kPainting});
    wait(run, ctx);
    ImRect thumb;
    int stars = 0;
    for (int block = 0; block < 6; ++block) {
      for (int head = 0; head < 3; ++head) {
        const std::string item =
            "//###panel.paint_heads/**/$$" + std::to_string(block * 4096 + head) + "/##head";
        thumb = ctx->ItemInfo(item.c_str()).RectFull;
        IM_CHECK_GE(thumb.GetWidth(), 56.0f);
        for (const DrawnText& text : texts) {
          if (text.text != "★") continue;
          ++stars;
          IM_CHECK(!covers(box_of(text), thumb, 0, 0));
        }
      }
    }
    IM_CHECK_GT(stars, 0);
    run.program().ui().drawn_texts = nullptr;
  });
}

TEST(Layout, ATrialIsWipedOverThePictureAtItsSize) {
  UiRun run(session_for_screens());
  run.play([&](ImGuiTestContext* ctx) {
    run.program().send(SetWorkspace{Workspace::kPainting});
    wait(run, ctx);
    IM_CHECK(!ctx->ItemExists("//###panel.paint/###paint.show.wipe"));
    PaintDocument paint = run.state().doc.paint;
    paint.edits.push_back({.what = MuteWord{{PromptWord::Kind::kWord, 3}}});
    run.program().send(SetPaint{paint, 0});
    wait(run, ctx);
    IM_CHECK_GT(run.program().paint().difference().width, 0);
    ctx->ItemClick("//###panel.paint/###paint.show.wipe");
    ctx->Yield(3);
    IM_CHECK(run.state().view.paint.show == PaintShow::kWipe);
    const ImRect picture = ctx->ItemInfo("//###panel.paint/##drawing").RectFull;
    const ImRect line = ctx->ItemInfo("//###panel.paint/##wipe").RectFull;
    IM_CHECK_GE(picture.GetHeight(), 0.45f * 800);
    IM_CHECK_EQ(line.GetHeight(), picture.GetHeight());
    ctx->MouseMoveToPos(line.GetCenter());
    ctx->MouseDown(ImGuiMouseButton_Left);
    ctx->MouseMoveToPos(ImVec2(picture.Min.x + 0.25f * picture.GetWidth(), line.GetCenter().y));
    ctx->MouseUp(ImGuiMouseButton_Left);
    ctx->Yield(3);
    IM_CHECK_LE(std::abs(run.state().view.paint.wipe - 0.25f), 0.02f);
    IM_CHECK_EQ(run.state().doc.paint.patch, -1);  // no patch was held on to
    for (const char* show : {"before", "difference", "beside", "now"}) {
      ctx->ItemClick(("//###panel.paint/###paint.show." + std::string(show)).c_str());
      ctx->Yield(3);
      IM_CHECK(ctx->ItemExists("//###panel.paint/##drawing"));
    }
  });
}

}  // namespace
}  // namespace regard
