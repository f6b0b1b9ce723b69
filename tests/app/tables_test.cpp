// The tables of the window: every entry has its words in every language, and every file its entry. (What a
// compiler can know of them is checked where they stand.)
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "app/i18n/locales.h"
#include "app/state/session.h"
#include "app/ui/panels.h"
#include "app/ui/shortcuts.h"
#include "app/ui/workspaces.h"

namespace regard {
namespace {

const std::filesystem::path kUi = std::filesystem::path(REGARD_TEST_DIR).parent_path() / "app" / "ui";

void expect_words(const char* key) {
  for (const Locales::File& file : Locales::shipped().files())
    EXPECT_TRUE(file.texts.contains(key)) << key << " in " << file.code << ".json";
}

TEST(Tables, PanelsWorkspacesAndKeysHaveWordsInEveryLanguage) {
  for (const Panel& panel : panels()) {
    expect_words(panel.key);
    if (panel.tab != nullptr) expect_words(panel.tab);
  }
  for (const WorkspaceLine& workspace : kWorkspaces) expect_words(workspace.key);
  for (const Shortcut& shortcut : shortcuts()) expect_words(shortcut.words);
}

TEST(Tables, EveryPanelFileIsInTheTable) {
  std::ifstream table(kUi / "panels.cpp");
  const std::string text{std::istreambuf_iterator<char>(table), {}};
  std::set<std::string> drawn;
  for (const auto& entry : std::filesystem::directory_iterator(kUi)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with("_panel.cpp")) continue;
    const std::string draw = "draw_" + name.substr(0, name.size() - 4);
    EXPECT_NE(text.find(", " + draw), std::string::npos) << draw << " is in no line of kPanels";
    drawn.insert(draw);
  }
  // Two panels of one file: the heads of text and those of patches; the calculation of text and of patches.
  // And all doubled views.
  EXPECT_EQ(drawn.size() + 2 + kMostDoubled - 1, panels().size());
}

TEST(Tables, EveryWorkspaceComesBackFromASession) {
  for (const Workspace workspace : kAllWorkspaces) {
    Session session;
    session.view.workspace = workspace;
    const auto read = parse_session(session_json(session), "s.json");
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(read->view.workspace, workspace);
  }
}

TEST(Tables, KeysAreNamedAsTheyStandOnThem) {
  EXPECT_EQ(chord_name({}, ImGuiMod_Ctrl | ImGuiKey_Z), "Ctrl+Z");
  EXPECT_EQ(chord_name({}, ImGuiMod_Ctrl | ImGuiKey_Equal), "Ctrl++");
  EXPECT_EQ(chord_name({}, ImGuiMod_Alt | ImGuiKey_LeftArrow), "Alt+\u2190");
  EXPECT_EQ(chord_name({}, ImGuiKey_F1), "F1");
}

}  // namespace
}  // namespace regard
