// The causal ledger on screen: counted while it is looked at, and once; a row becomes what is looked at.
#include <string>

#include "app/views/ledger_plot.h"
#include "core/engine/ledger.h"
#include "tests/app/ui/ui_run.h"

namespace regard {
namespace {

void wait(UiRun& run, ImGuiTestContext* ctx) {
  run.wait(ctx, [] { return true; }, 3);
}

Session red_cat() {
  Session session = first_session(kEnglish);
  session.doc.prompt = "a red cat";
  session.doc.pins.clear();
  session.example.reset();
  return session;
}

TEST(LedgerPanel, IsCountedOnceLookedAtAndARowIsChosen) {
  UiRun run(red_cat());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    IM_CHECK(run.state().ledger.found == nullptr);  // out of sight
    ctx->WindowFocus("//###panel.ledger");
    wait(run, ctx);
    const LedgerState& ledger = run.state().ledger;
    IM_CHECK(ledger.found != nullptr);
    IM_CHECK_EQ(ledger.found->done(), static_cast<int>(ledger.found->entries.size()));
    const auto* found = ledger.found.get();
    ctx->Yield(5);
    IM_CHECK(ledger.found.get() == found);  // not once more
    ctx->ItemClick("//###panel.ledger/**/$$5/cat##entry");
    wait(run, ctx);
    IM_CHECK_EQ(run.state().doc.pins.size(), 1u);
    run.program().send(SetPrompt{"a blue cat", 0});
    wait(run, ctx);
    IM_CHECK(ledger.found != nullptr && ledger.found.get() != found);
    IM_CHECK_STR_EQ(ledger.found->entries[1].word.c_str(), "blue");
  });
}

TEST(LedgerPanel, ThePlotIsUsedByKeyboardAlone) {
  UiRun run(red_cat());
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    ctx->WindowFocus("//###panel.ledger");
    wait(run, ctx);
    IM_CHECK(run.state().ledger.found != nullptr);
    ctx->NavMoveTo(ctx->GetID("##plot", ctx->WindowInfo("//###panel.ledger").ID));
    ctx->KeyPress(ImGuiKey_UpArrow);
    const int first = run.program().ui().plot_cursor;
    ctx->KeyPress(ImGuiKey_UpArrow);
    const int cursor = run.program().ui().plot_cursor;
    IM_CHECK_NE(cursor, first);
    const LedgerEntry& entry = run.state().ledger.found->entries[entry_of_point(cursor)];
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    if (entry.layer >= 0) {
      IM_CHECK(run.state().doc.choice == map_choice(entry.layer, entry.head));
    } else {
      IM_CHECK_EQ(run.state().doc.pins.size(), 1u);
    }
  });
}

TEST(LedgerPanel, ADrawingsHeadsAndWordsAreTakenAwayAndEscapeStops) {
  UiRun run(painting_session(2));
  run.play([&](ImGuiTestContext* ctx) {
    wait(run, ctx);
    ctx->WindowFocus("//###panel.ledger.painting");
    const LedgerState& ledger = run.state().ledger;
    for (int i = 0; i < 10'000 && ledger.found == nullptr; ++i) ctx->Yield();
    IM_CHECK(ledger.found != nullptr);
    const int all = static_cast<int>(ledger.found->entries.size());
    run.program().send(CancelRun{});
    wait(run, ctx);
    IM_CHECK(ledger.stopped);
    IM_CHECK(ledger.found->done() < all);
    run.program().send(DrawBeside{});
    wait(run, ctx);
    IM_CHECK_EQ(ledger.found->done(), all);
    IM_CHECK(*run.state().ledger.found->entries.back().effect > 0.0);
  });
}

}  // namespace
}  // namespace regard
