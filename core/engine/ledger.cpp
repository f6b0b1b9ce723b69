#include "core/engine/ledger.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/analysis/map_query.h"
#include "core/engine/paint_picture.h"
#include "core/engine/run_effect.h"
#include "core/tensor/cosine.h"

namespace regard {
namespace {

std::vector<int> positions_between(int first, int last) {
  std::vector<int> out(static_cast<std::size_t>(last - first + 1));
  std::iota(out.begin(), out.end(), first);
  return out;
}

// What `readers` read of `keys`, mean over the readers and over what `heads` names. Errors: of evaluate().
Result<double> share_read(const Trace& trace, const HeadChoice& heads, const std::vector<int>& keys,
                          const std::vector<int>& readers) {
  if (keys.empty() || readers.empty()) return 0.0;
  REGARD_TRY(const Map map,
             evaluate(trace, {.heads = heads, .subject = keys, .direction = Direction::kReadBy}));
  double sum = 0.0;
  for (std::size_t column = 0; column < map.columns.size(); ++column) {
    if (std::ranges::find(readers, map.columns[column]) != readers.end())
      sum += static_cast<double>(map.values(0, static_cast<Eigen::Index>(column)));
  }
  return sum * static_cast<double>(keys.size()) / static_cast<double>(readers.size());
}

// Words of a text or of a drawing's prompt, behind `first` positions of something else.
Result<void> add_words(const std::vector<Word>& words, const std::vector<Token>& tokens, int first,
                       const Trace& trace, const std::vector<int>& readers, Removal removal, Ledger& out) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    LedgerEntry entry{.removal = removal, .word_index = static_cast<int>(i)};
    for (int t = words[i].first_token; t <= words[i].last_token; ++t)
      entry.word += tokens[static_cast<std::size_t>(t)].readable();
    const auto keys = positions_between(first + words[i].first_token, first + words[i].last_token);
    REGARD_TRY(entry.attention, share_read(trace, {}, keys, readers));
    out.entries.push_back(std::move(entry));
  }
  return {};
}

Result<void> add_heads(const Trace& trace, const std::vector<int>& keys, const std::vector<int>& readers,
                       Ledger& out) {
  const AttentionShape shape = trace.shape();
  for (int layer = 0; layer < shape.layers; ++layer) {
    for (int head = 0; head < shape.heads; ++head) {
      LedgerEntry entry{.removal = Removal::kOff, .layer = layer, .head = head};
      REGARD_TRY(entry.attention, share_read(trace, one_head(layer, head), keys, readers));
      out.entries.push_back(std::move(entry));
    }
  }
  return {};
}

// Positions of the prompt's own words.
std::vector<int> word_positions(const Trace& trace) {
  std::vector<int> out;
  for (int i = 0; i < trace.prompt.count(); ++i) {
    if (trace.prompt.positions[static_cast<std::size_t>(i)].word >= 0) out.push_back(i);
  }
  return out;
}

// One kind of run: what is taken away of it, and how far the answer moves then.
struct TextLedger {
  std::shared_ptr<const TextRun> run;

  Result<Ledger> entries() const {
    Ledger out;
    std::vector<int> ids;
    for (const Token& token : run->tokens) ids.push_back(token.id);
    const std::vector<int> end{pooled_position(ids, run->request.model->encoder.config().eos_id)};
    for (const Removal removal : {Removal::kCut, Removal::kMute}) {
      REGARD_TRY_DO(add_words(run->words, run->tokens, 0, run->trace, end, removal, out));
    }
    REGARD_TRY_DO(add_heads(run->trace, word_positions(run->trace), end, out));
    return out;
  }

  Result<double> effect(const LedgerEntry& entry, std::stop_token stop) const {
    TextRequest request = run->request;
    if (!acts_inside(request.weighting)) request.weighting = Weighting::kNone;  // moves no sentence vector
    request.edits.push_back(edit_of(entry, run->words));
    REGARD_TRY(const auto without, run_text(request, std::move(stop)));
    return 1.0 - cosine(vector_of(run->output), vector_of(without->output));
  }

  static RunEdit edit_of(const LedgerEntry& entry, const std::vector<Word>& words) {
    if (entry.removal == Removal::kOff) return {.what = HeadOff{entry.layer, entry.head}};
    const PromptWord place{PromptWord::Kind::kWord, words[static_cast<std::size_t>(entry.word_index)].start};
    if (entry.removal == Removal::kMute) return {.what = MuteWord{place}};
    return {.what = CutReading{.query = {PromptWord::Kind::kEnd}, .key = place}};
  }
};

struct PictureLedger {
  std::shared_ptr<const VisionRun> run;

  Result<Ledger> entries() const {
    Ledger out;
    const std::vector<int> cls{0}, patches = run->trace.prompt.patches();
    for (const int patch : patches) {
      LedgerEntry entry{.removal = Removal::kMute, .patch = patch};
      REGARD_TRY(entry.attention, share_read(run->trace, {}, {patch}, cls));
      out.entries.push_back(std::move(entry));
    }
    REGARD_TRY_DO(add_heads(run->trace, patches, cls, out));
    return out;
  }

  Result<double> effect(const LedgerEntry& entry, std::stop_token stop) const {
    VisionRequest request = run->request;
    RunEdit edit{.what = HeadOff{entry.layer, entry.head}};
    if (entry.patch >= 0) edit.what = MuteWord{place_at(entry.patch)};
    request.edits.push_back(edit);
    REGARD_TRY(const auto without, run_vision(request, std::move(stop)));
    return 1.0 - cosine(vector_of(run->output), vector_of(without->output));
  }
};

struct DrawingLedger {
  std::shared_ptr<const PaintRun> run;

  Result<Ledger> entries() const {
    Ledger out;
    const std::vector<int> patches = run->trace.prompt.patches();
    for (const Removal removal : {Removal::kCut, Removal::kMute}) {
      REGARD_TRY_DO(add_words(run->prompt.words, run->prompt.tokens, run->patches(), run->trace, patches,
                              removal, out));
    }
    REGARD_TRY_DO(add_heads(run->trace, word_positions(run->trace), patches, out));
    return out;
  }

  Result<double> effect(const LedgerEntry& entry, std::stop_token stop) const {
    PaintRequest request = run->request;
    request.keep = KeepRecords::kNone;
    request.output_space = false;
    PaintEdit edit;
    if (entry.removal == Removal::kOff) {
      edit.what = HeadOff{entry.layer, entry.head};
    } else {
      const Word& word = run->prompt.words[static_cast<std::size_t>(entry.word_index)];
      const PromptWord place{PromptWord::Kind::kWord, word.start};
      if (entry.removal == Removal::kCut) {
        edit.what = CutWord{place};
      } else {
        edit.what = MuteWord{place};
      }
    }
    request.edits.push_back(edit);
    REGARD_TRY(const auto without, run_paint(request, {}, std::move(stop)));
    return picture_rms(without->x.back(), run->x.back());
  }
};

template <class Kind>
Result<Ledger> fill(const Kind& kind, const LedgerSeen& seen, std::stop_token stop) {
  REGARD_TRY(Ledger ledger, kind.entries());
  if (seen) seen(ledger);
  for (LedgerEntry& entry : ledger.entries) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "cancelled");
    const Result<double> effect = kind.effect(entry, stop);
    if (effect) {
      entry.effect = *effect;
    } else if (effect.error().code == ErrorCode::kCancelled) {
      return std::unexpected(effect.error());
    } else {
      entry.problem = effect.error().message;
      std::ranges::replace(entry.problem, '\n', ' ');
    }
    if (seen) seen(ledger);
  }
  return ledger;
}

// 1 for the smallest; those alike share the mean of their ranks.
Eigen::VectorXd ranks(const std::vector<double>& values) {
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  Eigen::VectorXd out(std::ssize(values));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto [first, last] = std::ranges::equal_range(sorted, values[i]);
    const auto below = static_cast<double>(first - sorted.begin());
    out(static_cast<Eigen::Index>(i)) = below + (static_cast<double>(last - first) + 1.0) / 2.0;
  }
  return out;
}

}  // namespace

std::string_view removal_name(Removal removal) {
  switch (removal) {
    case Removal::kCut:
      return "cut";
    case Removal::kMute:
      return "mute";
    case Removal::kOff:
      break;
  }
  return "off";
}

int Ledger::done() const {
  return static_cast<int>(std::ranges::count_if(
      entries, [](const LedgerEntry& entry) { return entry.effect || !entry.problem.empty(); }));
}

Result<Ledger> run_ledger(const LedgerRun& run, const LedgerSeen& seen, std::stop_token stop) {
  if (const auto* text = std::get_if<std::shared_ptr<const TextRun>>(&run))
    return fill(TextLedger{*text}, seen, std::move(stop));
  if (const auto* picture = std::get_if<std::shared_ptr<const VisionRun>>(&run))
    return fill(PictureLedger{*picture}, seen, std::move(stop));
  return fill(DrawingLedger{std::get<std::shared_ptr<const PaintRun>>(run)}, seen, std::move(stop));
}

std::optional<double> rank_correlation(const Ledger& ledger, Removal removal) {
  std::vector<double> attention, effect;
  for (const LedgerEntry& entry : ledger.entries) {
    if (entry.removal != removal || !entry.effect || !std::isfinite(*entry.effect)) continue;
    attention.push_back(entry.attention);
    effect.push_back(*entry.effect);
  }
  if (attention.size() < 3) return std::nullopt;
  Eigen::VectorXd a = ranks(attention), b = ranks(effect);
  a.array() -= a.mean();
  b.array() -= b.mean();
  const double spread = a.norm() * b.norm();
  if (spread == 0.0) return std::nullopt;
  return a.dot(b) / spread;
}

}  // namespace regard
