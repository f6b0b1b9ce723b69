#include "app/state/paint_document.h"

#include <algorithm>

#include "app/state/state.h"
#include "core/engine/interventions.h"

namespace regard {
namespace {

// Calls keep(byte) on every word of an edit; false when one of them is gone.
template <class Keep>
bool keep_words(PaintEdit& edit, Keep keep) {
  const auto one = [&](PromptWord& word) { return word.kind != PromptWord::Kind::kWord || keep(word.byte); };
  return std::ranges::all_of(words_of(edit), [&](PromptWord* word) { return one(*word); });
}

template <class Keep>
void keep_all(PaintDocument& paint, Keep keep) {
  std::erase_if(paint.edits, [&](PaintEdit& edit) { return !keep_words(edit, keep); });
  if (paint.word && paint.word->kind == PromptWord::Kind::kWord && !keep(paint.word->byte))
    paint.word.reset();
  SeedGrid& seeds = paint.seeds;
  if (seeds.without == LeftOut::kWord && seeds.word.kind == PromptWord::Kind::kWord && !keep(seeds.word.byte))
    leave_out_nothing(seeds);
}

}  // namespace

void leave_out_nothing(SeedGrid& seeds) {
  seeds.without = LeftOut::kNothing;
  seeds.word = {};
}

void begin_with(PaintDocument& paint, const std::string& picture) {
  paint.picture = picture;
  paint.step_span.reset();
  if (!picture.empty()) paint.step_span = std::pair(paint.picture_step, paint.picture_step);
}

void move_words(PaintDocument& paint, const std::string& before, const std::string& after) {
  const PromptEdit edit(before, after);
  keep_all(paint, [&](std::size_t& byte) { return edit.move(byte); });
}

void move_words(std::vector<RunEdit>& edits, const std::string& before, const std::string& after) {
  const PromptEdit edit(before, after);
  std::erase_if(edits, [&](RunEdit& each) {
    return !keep_words(each, [&](std::size_t& byte) { return edit.move(byte); });
  });
}

void shift_words(PaintDocument& paint, std::size_t start, std::size_t end, std::size_t start_now,
                 std::ptrdiff_t grown) {
  keep_all(paint, [&](std::size_t& byte) {
    shift_byte(byte, start, end, start_now, grown);
    return true;
  });
}

}  // namespace regard
