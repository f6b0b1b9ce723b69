// F2: the term under the pointer, its definition, and how it is left.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/ui/glossary.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

TEST(GlossarySheet, OpensAtTheTermUnderThePointer) {
  for (const char* language : {"en", "es", "fr"}) {
    UiRun run(first_session(language));
    run.play([&](ImGuiTestContext* ctx) {
      // Where a head's column of the calculation names softmax.
      std::vector<DrawnText> texts;
      run.program().ui().drawn_texts = &texts;
      ctx->Yield(2);
      run.program().ui().drawn_texts = nullptr;
      const auto there = std::ranges::find_if(
          texts, [](const DrawnText& text) { return text.text.find("softmax") != std::string::npos; });
      IM_CHECK_SILENT(there != texts.end());
      ctx->MouseMoveToPos(ImVec2((there->box.x + there->box.z) / 2, (there->box.y + there->box.w) / 2));
      ctx->KeyPress(ImGuiKey_F2);
      ctx->Yield(3);
      const GlossaryUi& glossary = run.program().ui().glossary;
      IM_CHECK(glossary.open);
      IM_CHECK_STR_EQ(glossary.term.c_str(), "softmax");
      ctx->KeyPress(ImGuiKey_Escape);
      ctx->Yield(2);
      IM_CHECK(!glossary.open);
      IM_CHECK(!run.state().doc.pins.empty());  // Escape closed what was on top, and only that
    });
  }
}

TEST(GlossarySheet, ATermIsFoundByTyping) {
  UiRun run;
  run.play([&](ImGuiTestContext* ctx) {
    ctx->MouseMoveToPos(ImVec2(2, 2));
    ctx->KeyPress(ImGuiKey_F2);
    ctx->Yield(3);
    ctx->KeyChars("entrop");
    ctx->Yield(3);
    IM_CHECK_STR_EQ(run.program().ui().glossary.term.c_str(), "entropy");
  });
}

}  // namespace
}  // namespace regard
