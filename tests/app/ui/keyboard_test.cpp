// Shortcuts on the keyboards of the world: what the layouts of X (xkeyboard-config) type without Shift.
#include "app/ui/keyboard.h"

#include <cctype>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/ui/shortcuts.h"

namespace regard {
namespace {

// A key each, row by row as on a US keyboard; "~": a dead key, which types nothing. The last is beside the
// left Shift.
struct Layout {
  const char* name;
  const char* rows;
};
constexpr Layout kLayouts[] = {
    {"qwerty",
     "` 1 2 3 4 5 6 7 8 9 0 - =  q w e r t y u i o p [ ] \\  a s d f g h j k l ; '  z x c v b n m , . / <"},
    {"azerty",
     "² & é \" ' ( - è _ ç à ) =  a z e r t y u i o p ~ $ *  q s d f g h j k l m ù  w x c v b n , ; : ! <"},
    {"belgian",
     "² & é \" ' ( § è ! ç à ) -  a z e r t y u i o p ~ $ µ  q s d f g h j k l m ù  w x c v b n , ; : = <"},
    {"bepo",
     "$ \" « » ( ) @ + - / * = %  b é p o è ~ v d l j z w ç  a u i e , c t s r n m  à y x . k ’ q g h f ê"},
    {"qwertz",
     "~ 1 2 3 4 5 6 7 8 9 0 ß ~  q w e r t z u i o p ü + #  a s d f g h j k l ö ä  y x c v b n m , . - <"},
    {"czech",
     "; + ě š č ř ž ý á í é = ~  q w e r t z u i o p ú ) ~  a s d f g h j k l ů §  y x c v b n m , . - \\"},
    {"russian",
     "ё 1 2 3 4 5 6 7 8 9 0 - =  й ц у к е н г ш щ з х ъ \\  ф ы в а п р о л д ж э  я ч с м и т ь б ю . /"},
};

std::vector<ImGuiKey> places_by_row() {
  std::vector<ImGuiKey> places = {ImGuiKey_GraveAccent};
  for (const char c : std::string("1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./")) {
    const std::map<char, ImGuiKey> signs = {{'-', ImGuiKey_Minus},       {'=', ImGuiKey_Equal},
                                            {'[', ImGuiKey_LeftBracket}, {']', ImGuiKey_RightBracket},
                                            {'\\', ImGuiKey_Backslash},  {';', ImGuiKey_Semicolon},
                                            {'\'', ImGuiKey_Apostrophe}, {',', ImGuiKey_Comma},
                                            {'.', ImGuiKey_Period},      {'/', ImGuiKey_Slash}};
    if (std::isdigit(c) != 0) {
      places.push_back(static_cast<ImGuiKey>(ImGuiKey_0 + (c - '0')));
    } else if (std::isalpha(c) != 0) {
      places.push_back(static_cast<ImGuiKey>(ImGuiKey_A + (c - 'a')));
    } else {
      places.push_back(signs.at(c));
    }
  }
  places.push_back(ImGuiKey_Oem102);
  return places;
}

std::map<ImGuiKey, std::string> texts_of(const Layout& layout) {
  std::map<ImGuiKey, std::string> texts;
  std::istringstream words(layout.rows);
  for (const ImGuiKey place : places_by_row()) {
    std::string text;
    EXPECT_TRUE(words >> text) << layout.name;
    texts[place] = text == "~" ? "" : text;
  }
  return texts;
}

Keyboard keyboard_of(const Layout& layout) {
  const auto texts = texts_of(layout);
  return Keyboard([&](ImGuiKey place) { return texts.at(place); });
}

class KeyboardTest : public ::testing::TestWithParam<Layout> {
 protected:
  void SetUp() override { ImGui::CreateContext(); }
  void TearDown() override { ImGui::DestroyContext(); }
};

TEST_P(KeyboardTest, DigitsAreAskedByPlace) {
  const Keyboard keyboard = keyboard_of(GetParam());
  for (int digit = 0; digit < 10; ++digit) {
    const auto key = static_cast<ImGuiKey>(ImGuiKey_0 + digit);
    EXPECT_EQ(keyboard.meant(key), key) << digit;
    EXPECT_EQ(chord_name(keyboard, ImGuiMod_Ctrl | key), "Ctrl+" + std::to_string(digit));
  }
}

TEST_P(KeyboardTest, LettersAreAskedByLetter) {
  const Keyboard keyboard = keyboard_of(GetParam());
  const auto texts = texts_of(GetParam());
  for (const auto& [place, text] : texts) {
    if (text.size() != 1 || std::isalpha(static_cast<unsigned char>(text[0])) == 0) continue;
    const auto letter = static_cast<ImGuiKey>(ImGuiKey_A + (text[0] - 'a'));
    EXPECT_EQ(keyboard.meant(place), letter) << text;
    EXPECT_EQ(keyboard.shown(letter), std::string(1, static_cast<char>(std::toupper(text[0]))));
  }
}

TEST_P(KeyboardTest, NoTwoKeysMeanTheSameAndTheZoomHasBothOfItsOwn) {
  const Keyboard keyboard = keyboard_of(GetParam());
  std::map<ImGuiKey, int> times;
  for (const ImGuiKey place : Keyboard::places()) ++times[keyboard.meant(place)];
  times.erase(ImGuiKey_None);
  for (const auto& [key, count] : times) EXPECT_EQ(count, 1) << ImGui::GetKeyName(key);
  EXPECT_EQ(times[ImGuiKey_Minus], 1);
  EXPECT_EQ(times[ImGuiKey_Equal], 1);
  for (int letter = 0; letter < 26; ++letter) EXPECT_EQ(times[static_cast<ImGuiKey>(ImGuiKey_A + letter)], 1);
}

INSTANTIATE_TEST_SUITE_P(Layouts, KeyboardTest, ::testing::ValuesIn(kLayouts),
                         [](const auto& each) { return each.param.name; });

TEST(Keyboard, KeysAreShownAsTheyAreTyped) {
  ImGui::CreateContext();
  const auto shown = [](int layout, ImGuiKey key) { return keyboard_of(kLayouts[layout]).shown(key); };
  EXPECT_EQ(shown(0, ImGuiKey_Equal), "+");
  EXPECT_EQ(shown(1, ImGuiKey_Equal), "+") << "AZERTY has it above =, as a US keyboard";
  EXPECT_EQ(shown(1, ImGuiKey_Minus), ")") << "- is in its digit row";
  EXPECT_EQ(shown(3, ImGuiKey_Equal), "=");
  EXPECT_EQ(shown(3, ImGuiKey_Minus), "%");
  EXPECT_EQ(shown(4, ImGuiKey_Equal), "+");
  EXPECT_EQ(shown(4, ImGuiKey_Minus), "-");
  EXPECT_EQ(shown(6, ImGuiKey_Q), "Й");
  EXPECT_EQ(Keyboard().shown(ImGuiKey_Equal), "+");
  EXPECT_EQ(Keyboard().shown(ImGuiKey_Q), "Q");
  ImGui::DestroyContext();
}

}  // namespace
}  // namespace regard
