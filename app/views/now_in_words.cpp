#include "app/views/now_in_words.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "app/state/paint_session.h"
#include "app/views/compare_views.h"
#include "app/views/head_plot.h"
#include "app/views/paint_names.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"
#include "core/analysis/lens.h"
#include "core/prompt/grammar.h"
#include "core/prompt/weighting.h"

namespace regard {
namespace {

// The largest of some numbers; at: -1 when there is none above 0 (NaN counts as none).
struct Most {
  int at = -1;
  float value = 0.0f;

  void offer(int index, float number) {
    if (!(number > value)) return;
    at = index;
    value = number;
  }
};

// A sentence begins with a capital letter and ends with a full stop.
std::string sentence(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  const bool ended = text.ends_with('.') || text.ends_with("…");
  return ended ? text : text + ".";
}

std::string quoted(const Strings& tr, const std::string& word) { return tr.format("now.word", word); }

std::string token_name(const Strings& tr, const Token& token) {
  if (token.is_bos) return tr("now.start");
  if (token.is_eos) return tr("now.end");
  return quoted(tr, token.shown);
}

bool is_word(const Token& token) { return !token.is_bos && !token.is_eos; }

std::string where_of(const Strings& tr, const MapChoice& choice) {
  const HeadChoice& heads = choice.heads;
  const std::string layer = !heads.set.empty() ? heads_in_words(tr, RunKind::kText, heads.set)
                            : heads.layer      ? tr.format("choice.layer", *heads.layer + 1)
                                               : std::string(tr("choice.layer.mean"));
  const std::string head =
      heads.head ? tr.format("choice.head", *heads.head + 1)
                 : std::string(tr(std::string("choice.head.").append(fusion_name(heads.fusion))));
  return layer + ", " + head;
}

// Whether the shares of a row add up: not where the largest or smallest of several heads is taken.
bool adds_up(const MapChoice& choice) {
  return choice.heads.head.has_value() || choice.heads.fusion == Fusion::kMean;
}

// One reads another, or itself, in the words of the direction.
struct Link {
  std::string who, whom;  // names of the subject and of the one that stands highest
  bool itself = false;
  bool read_by = false;  // whom reads who
  bool rollout = false;
  bool shares = true;  // rows add up to 1
  float value = 0.0f;
  std::string where;
};

std::string in_words(const Strings& tr, const Link& r) {
  const std::string value = tr.percent(static_cast<double>(r.value));
  if (r.rollout) {
    return r.itself    ? tr.format("now.rollout.self", r.who, r.whom, value)
           : r.read_by ? tr.format("now.rollout.read_by", r.who, r.whom, value)
                       : tr.format("now.rollout.reads", r.who, r.whom, value);
  }
  if (!r.shares) {
    const std::string whom = r.itself ? std::string(tr("now.itself")) : r.whom;
    return tr.format(r.read_by ? "now.largest.read_by" : "now.largest.reads", r.who, whom, value, r.where) +
           tr("now.no_sum");
  }
  if (r.itself)
    return tr.format(r.read_by ? "now.read_by.self" : "now.reads.self", r.who, r.whom, value, r.where);
  return tr.format(r.read_by ? "now.read_by" : "now.reads", r.who, r.whom, value, r.where);
}

// Lengths instead of shares: where the largest is, and how long.
std::string lengths_in_words(const Strings& tr, const std::string& lens, const Link& r) {
  const std::string whom = r.itself ? std::string(tr("now.itself")) : r.whom;
  const std::string key = "now.lens." + lens + (r.read_by ? ".by" : "");
  return tr.format(key, r.who, whom, tr.number(static_cast<double>(r.value), 3), r.where);
}

// ---------------------------------------------------------------------------------------------- text

class TextSentence {
 public:
  TextSentence(const AppState& state, const TextViews& views, const Strings& tr)
      : views_(views), tr_(tr), incoming_(state.view.incoming), following_(state.view.following) {}

  std::string of_map(int subject) const {
    if (subject >= count()) return tr_("now.text.hint");
    if (views_.shows_lengths()) return lengths(subject);
    if (subject < 0) return strongest();
    if (views_.shows_scores()) return scores(subject);
    Most most, word;
    for (const int other : views_.positions()) {
      const float value = share(subject, other);
      most.offer(other, value);
      if (!same(other, subject) && is_word(token(other))) word.offer(other, value);
    }
    if (most.at < 0) return tr_("now.nothing");
    std::string text = in_words(tr_, reading(subject, most));
    if ((same(most.at, subject) || !is_word(token(most.at))) && word.at >= 0 && word.at != most.at) {
      text += tr_.format(incoming_ ? "now.text.then_by" : "now.text.then", name(word.at),
                         tr_.percent(static_cast<double>(word.value)));
    }
    text += weights(subject, most.at);
    if (views_.renormalised()) text += tr_("now.renormalised");
    return text + (following_ && !incoming_ ? other_way(subject)
                                            : tr_(incoming_ ? "now.text.causal_by" : "now.text.causal"));
  }

  // Of one number a token: where it is furthest from 0.
  std::string of_numbers(const std::string& toward) const {
    const RowVector& numbers = views_.numbers();
    int best = -1;
    for (int at = 0; at < static_cast<int>(numbers.size()) && at < count(); ++at) {
      if (std::isfinite(numbers(at)) && (best < 0 || std::abs(numbers(at)) > std::abs(numbers(best))))
        best = at;
    }
    if (best < 0) return tr_("now.not_finite");
    const std::string lens = tr_("lens." + views_.choice().lens);
    const std::string number = tr_.number(static_cast<double>(numbers(best)), 3);
    if (find_lens(views_.choice().lens)->needs != LensNeeds::kGradients)
      return tr_.format("now.text.numbers", lens, name(best), number);
    return toward.empty() ? tr_.format("now.text.numbers.own", lens, name(best), number)
                          : tr_.format("now.text.numbers.toward", lens, name(best), number, toward);
  }

  // Of a map that is no attention: the other token that stands furthest from 0 beside the subject; of ranks,
  // the first.
  std::string of_features(int subject) const {
    if (subject < 0 || subject >= count()) return tr_("now.text.hint");
    int best = -1;
    float furthest = 0.0f;
    for (const int other : views_.positions()) {
      const float value = views_.shown()(subject, other);
      if (same(other, subject) || !std::isfinite(value)) continue;
      if (views_.shows_ranks() && views_.hidden(subject, other)) continue;
      const float distance = views_.shows_ranks() ? -value : std::abs(value);
      if (best >= 0 && distance <= furthest) continue;
      best = other;
      furthest = distance;
    }
    return best < 0 ? std::string(tr_("now.nothing")) : of_cell(subject, best);
  }

  std::string of_cell(int query, int key) const {
    if (query >= count() || key >= count()) return tr_("now.text.hint");
    const bool features = !views_.shows_shares() && !views_.shows_lengths();
    if (!features && views_.masked(query, key))
      return tr_.format(key > query ? "now.text.later" : "now.text.hidden", name(query), name(key));
    if (!views_.shows_shares() && views_.shows_ranks())
      return tr_.format("now.text.cell.value", name(query), name(key),
                        tr_.number(static_cast<double>(views_.shown()(query, key)), 0),
                        std::string(tr_("lens." + lens())) + ", " + tr_("tokens.rank"));
    if (features)
      return tr_.format("now.text.cell.value", name(query), name(key),
                        tr_.number(static_cast<double>(views_.shown()(query, key)), 3),
                        tr_("lens." + lens()));
    if (views_.shows_lengths()) {
      return tr_.format("now.text.cell.length", name(query), name(key), tr_("lens." + lens()),
                        tr_.number(static_cast<double>(views_.shown()(query, key)), 4), where());
    }
    const std::string value = tr_.percent(static_cast<double>(views_.attention()(query, key)));
    if (!shares() || views_.choice().lens != "attention")
      return tr_.format("now.text.cell.value", name(query), name(key), value, where());
    return tr_.format(query == key ? "now.text.cell.self" : "now.text.cell", name(query), name(key), value,
                      where()) +
           weights(query, key);
  }

 private:
  int count() const { return static_cast<int>(views_.run().tokens.size()); }
  const Token& token(int at) const { return views_.named(at); }
  // Of one row of the map: a token, or the tokens of a word that is one.
  bool same(int a, int b) const {
    return a == b || (views_.row_of(a) >= 0 && views_.row_of(a) == views_.row_of(b));
  }
  std::string name(int at) const { return token_name(tr_, token(at)); }
  const std::string& lens() const { return views_.choice().lens; }
  bool rollout() const { return lens() == "rollout"; }
  bool shares() const { return views_.record().rows_sum_to_one() && adds_up(views_.choice()); }
  std::string where() const {
    return rollout() ? std::string(tr_("choice.layer.rollout")) : where_of(tr_, views_.choice());
  }
  float share(int subject, int other) const {
    return incoming_ ? views_.attention()(other, subject) : views_.attention()(subject, other);
  }

  Link reading(int subject, const Most& most) const {
    return {.who = name(subject),
            .whom = name(most.at),
            .itself = same(most.at, subject),
            .read_by = incoming_,
            .rollout = rollout(),
            .shares = shares(),
            .value = most.value,
            .where = where()};
  }

  // Who reads the word most.
  std::string other_way(int subject) const {
    Most most;
    for (const int other : views_.positions()) {
      if (!same(other, subject) && is_word(token(other)))
        most.offer(other, views_.attention()(other, subject));
    }
    if (most.at < 0) return tr_("now.text.read_by_none");
    return tr_.format("now.text.read_most_by", name(most.at), tr_.percent(static_cast<double>(most.value)));
  }

  // Nothing is held: the strongest tie of two words.
  std::string strongest() const {
    Most most;
    for (const int query : views_.positions()) {
      for (const int key : views_.positions()) {
        if (query != key && is_word(token(query)) && is_word(token(key)))
          most.offer(query * count() + key, views_.attention()(query, key));
      }
    }
    if (most.at < 0) return tr_("now.text.hint");
    return tr_.format("now.text.strongest", name(most.at / count()), name(most.at % count()),
                      tr_.percent(static_cast<double>(most.value)), where());
  }

  // The longest of a row or column; of the whole map when nothing is held.
  std::string lengths(int subject) const {
    Most most;
    for (const int query : views_.positions()) {
      for (const int key : views_.positions()) {
        if (subject < 0 || same(subject, incoming_ ? key : query))
          most.offer(query * count() + key, views_.shown()(query, key));
      }
    }
    if (most.at < 0) return tr_("now.nothing");
    const int query = most.at / count(), key = most.at % count();
    const bool by = incoming_ && subject >= 0;
    return lengths_in_words(tr_, lens(),
                            {.who = name(by ? key : query),
                             .whom = name(by ? query : key),
                             .itself = query == key,
                             .read_by = by,
                             .value = most.value,
                             .where = where()});
  }

  // Scores may all be below 0.
  std::string scores(int subject) const {
    int best = -1;
    const auto score = [&](int other) {
      return incoming_ ? views_.shown()(other, subject) : views_.shown()(subject, other);
    };
    for (const int other : views_.positions()) {
      const bool readable = incoming_ ? !views_.masked(other, subject) : !views_.masked(subject, other);
      if (readable && std::isfinite(score(other)) && (best < 0 || score(other) > score(best))) best = other;
    }
    if (best < 0) return tr_("now.nothing");
    return tr_.format(incoming_ ? "now.text.scores_by" : "now.text.scores", name(subject), name(best),
                      tr_.percent(static_cast<double>(share(subject, best))), where(),
                      tr_.number(static_cast<double>(score(best)), 2)) +
           weights(subject, best) + tr_(incoming_ ? "now.text.causal_by" : "now.text.causal");
  }

  // What weights do to this map: nothing, when they act behind it.
  std::string weights(int subject, int other) const {
    if (!any_weighed(views_.run().tokens)) return {};
    const Weighting weighting = views_.run().request.weighting;
    if (weighting == Weighting::kNone) return tr_("now.weights.off");
    if (!what_moves(weighting).attention) return tr_("now.weights.after");
    for (const int at : {subject, other}) {
      if (token(at).weight != 1.0) return tr_.format("now.weighs", name(at), tr_.number(token(at).weight, 2));
    }
    return {};
  }

  const TextViews& views_;
  const Strings& tr_;
  bool incoming_, following_;
};

// The token that the sentence is about; -1: none.
int text_subject(const AppState& state, const TextViews& views, const Pointed& pointed) {
  if (pointed.token >= 0) return pointed.token;
  return state.doc.pins.empty() ? -1 : pinned_token(state.doc.pins.back(), views.run().tokens);
}

std::string text_in_words(const AppState& state, const TextViews& views, const Pointed& pointed,
                          const Strings& tr) {
  if (!state.model) return tr(state.opening ? "now.opening" : "now.no_model");
  if (state.doc.prompt.empty()) return tr("now.text.empty");
  if (!views.has_map()) return tr("now.computing");
  if (!views.current()) return tr("matrix.old");
  if (views.record().non_finite > 0) return tr("now.not_finite");
  if (views.wanted()) return tr("now.computing");
  const TextSentence words(state, views, tr);
  if (views.shows_numbers() && !views.numbers_problem().empty()) return tr(views.numbers_problem());
  if (views.shows_numbers() && !pointed.cell) return words.of_numbers(state.doc.toward);
  if (pointed.cell) return words.of_cell(pointed.cell->first, pointed.cell->second);
  if (!views.shows_shares() && (views.shows_ranks() || !views.shows_lengths()))
    return words.of_features(text_subject(state, views, pointed));
  return words.of_map(text_subject(state, views, pointed));
}

// ---------------------------------------------------------------------------------------- comparison

std::string readings_in_words(const TextRun& a, const TextRun& b, const Strings& tr) {
  const auto label = [&](const TextRun& run) {
    const std::string weighting(tr("weighting." + std::string(weighting_name(run.request.weighting))));
    if (a.request.syntax == b.request.syntax) return weighting;
    return std::string(tr("syntax." + std::string(syntax_name(run.request.syntax)))) + ", " + weighting;
  };
  return tr.format("now.compare.readings", label(a), label(b));
}

std::string comparison_in_words(const AppState& state, const TextViews& views, const CompareViews& compare,
                                const Pointed& pointed, const Strings& tr) {
  if (!state.model) return tr(state.opening ? "now.opening" : "now.no_model");
  if (state.doc.prompt.empty()) return tr("now.text.empty");
  if (!compare.ready()) return tr("compare.wait");
  const bool weights = any_weighed(compare.first().tokens) || any_weighed(compare.second().tokens);
  const auto [row, column] = pointed.compared_cell.value_or(compare.largest());
  const int count = compare.difference().width;
  const auto cell = [&](const CellImage& map) {
    return map.cells[static_cast<std::size_t>(row) * static_cast<std::size_t>(count) +
                     static_cast<std::size_t>(column)];
  };
  const bool there =
      row >= 0 && row < count && column >= 0 && column < count && has_number(cell(compare.difference()));
  const float difference = there ? cell(compare.difference()) : 0.0f;
  if (!there || std::abs(difference) <= 1e-6f) {
    if (compare.first().request.prompt != compare.second().request.prompt) return tr("compare.same");
    if (!weights) return tr("compare.no_weight");
    const bool after = !what_moves(compare.first().request.weighting).attention &&
                       !what_moves(compare.second().request.weighting).attention;
    return tr(after ? "compare.maps_still" : "compare.same");
  }
  const char* key = row == column ? (difference > 0 ? "now.compare.more.self" : "now.compare.less.self")
                                  : (difference > 0 ? "now.compare.more" : "now.compare.less");
  return tr.format(key, token_name(tr, compare.token(row)), token_name(tr, compare.token(column)),
                   tr.points(std::abs(static_cast<double>(difference))),
                   tr.percent(static_cast<double>(cell(compare.second_map()))),
                   tr.percent(static_cast<double>(cell(compare.first_map()))), where_of(tr, views.choice())) +
         readings_in_words(compare.first(), compare.second(), tr);
}

// ------------------------------------------------------------------------------------------- picture

class PictureSentence {
 public:
  PictureSentence(const AppState& state, const PictureViews& views, const Strings& tr)
      : state_(state), views_(views), tr_(tr), incoming_(state.view.incoming) {}

  std::string of_lens(bool points) const {
    const PictureView& view = state_.view.picture;
    if (view.lens == PictureLens::kNorms) return norms();
    if (view.lens == PictureLens::kCaption) return caption();
    if (view.lens == PictureLens::kCosine) return cosine();
    if (view.lens == PictureLens::kPca) return components();
    if (views_.shows_difference()) return changed();
    if (views_.choice().lens == "flow") return flow();
    if (views_.overlay_signed()) return difference();
    if (views_.shows_lengths()) return lengths();
    if (view.lens == PictureLens::kMass) return mass();
    if (!points) {
      if (const std::optional<double> share = region_share()) return regions(*share);
    }
    return reading();
  }

 private:
  std::string name(int token) const {
    if (!views_.is_patch(token)) {
      const auto names = views_.run().request.model->encoder.special_names();
      return tr_.format("now.special", names[static_cast<std::size_t>(std::max(0, token))]);
    }
    const int patch = token - views_.specials();
    return tr_.format("now.patch", patch % views_.columns() + 1, patch / views_.columns() + 1);
  }
  int patches() const { return views_.columns() * views_.rows(); }
  float shown(int patch) const { return views_.overlay().cells[static_cast<std::size_t>(patch)]; }
  bool rollout() const { return views_.choice().lens == "rollout"; }
  std::string where() const {
    return rollout() ? std::string(tr_("choice.layer.rollout")) : where_of(tr_, views_.choice());
  }
  // Several pins are shown as their mean.
  bool mean_of_pins() const {
    const std::vector<int>& pins = state_.doc.picture.pins;
    return pins.size() > 1 && state_.view.picture.fusion == PinFusion::kMean &&
           views_.subject() == pins.back();
  }
  Most largest_patch() const {
    Most most;
    for (int patch = 0; patch < patches(); ++patch) {
      if (has_number(shown(patch))) most.offer(patch + views_.specials(), shown(patch));
    }
    return most;
  }

  std::string reading() const {
    const int subject = views_.subject();
    if (views_.renormalised() && !mean_of_pins()) return renormalised();
    const RowVector& row = views_.row();
    Most most, patch;
    for (int token = 0; token < static_cast<int>(row.size()); ++token) {
      most.offer(token, row(token));
      if (token != subject && views_.is_patch(token)) patch.offer(token, row(token));
    }
    if (most.at < 0) return tr_("now.nothing");
    if (mean_of_pins()) {
      const Most shown = views_.renormalised() ? largest_patch() : most;
      if (shown.at < 0) return tr_("now.nothing");
      return tr_.format(incoming_ ? "now.picture.mean_by" : "now.picture.mean",
                        state_.doc.picture.pins.size(), name(shown.at),
                        tr_.percent(static_cast<double>(shown.value)), where()) +
             (views_.renormalised() ? tr_("now.renormalised.picture") : "");
    }
    std::string text = in_words(tr_, {.who = name(subject),
                                      .whom = name(most.at),
                                      .itself = most.at == subject,
                                      .read_by = incoming_,
                                      .rollout = rollout(),
                                      .shares = adds_up(views_.choice()),
                                      .value = most.value,
                                      .where = where()});
    if ((most.at == subject || !views_.is_patch(most.at)) && patch.at >= 0) {
      text += tr_.format(incoming_ ? "now.picture.then_by" : "now.picture.then", name(patch.at),
                         tr_.percent(static_cast<double>(patch.value)));
    }
    return text;
  }

  // Shares of what patches get, as the map shows them.
  std::string renormalised() const {
    const Most most = largest_patch();
    if (most.at < 0) return tr_("now.nothing");
    return in_words(tr_, {.who = name(views_.subject()),
                          .whom = name(most.at),
                          .itself = most.at == views_.subject(),
                          .read_by = incoming_,
                          .rollout = rollout(),
                          .shares = adds_up(views_.choice()),
                          .value = most.value,
                          .where = where()}) +
           tr_("now.renormalised.picture");
  }

  std::string lengths() const {
    const Most most = largest_patch();
    if (most.at < 0) return tr_("now.nothing");
    return lengths_in_words(tr_, views_.choice().lens,
                            {.who = name(views_.subject()),
                             .whom = name(most.at),
                             .itself = most.at == views_.subject(),
                             .read_by = incoming_,
                             .value = most.value,
                             .where = where()});
  }

  std::string mass() const {
    const auto kept = std::ranges::count_if(views_.overlay().cells, has_number);
    const std::string share = tr_.percent(static_cast<double>(state_.view.picture.mass), 0);
    if (mean_of_pins())
      return tr_.format("now.picture.mass.mean", share, state_.doc.picture.pins.size(), kept, patches(),
                        where());
    return tr_.format(incoming_ ? "now.picture.mass.read_by" : "now.picture.mass", share,
                      name(views_.subject()), kept, patches(), where());
  }

  // What the trials changed, at the patch where they changed most.
  std::string changed() const {
    int best = -1;
    for (int patch = 0; patch < patches(); ++patch) {
      if (has_number(shown(patch)) && (best < 0 || std::abs(shown(patch)) > std::abs(shown(best))))
        best = patch;
    }
    const float value = best < 0 ? 0.0f : shown(best);
    if (value == 0.0f) return tr_("edit.effect.same");
    const char* key = incoming_ ? (value > 0 ? "now.picture.trials.more_by" : "now.picture.trials.less_by")
                                : (value > 0 ? "now.picture.trials.more" : "now.picture.trials.less");
    return tr_.format(key, name(views_.subject()), name(best + views_.specials()),
                      tr_.points(std::abs(static_cast<double>(value))), where());
  }

  // The newest pin less the one before it, at the patch where they are furthest apart.
  std::string difference() const {
    int best = -1;
    for (int patch = 0; patch < patches(); ++patch) {
      if (has_number(shown(patch)) && (best < 0 || std::abs(shown(patch)) > std::abs(shown(best))))
        best = patch;
    }
    const std::vector<int>& pins = state_.doc.picture.pins;
    if (best < 0 || pins.size() < 2) return tr_("now.nothing");
    const double value = static_cast<double>(shown(best));
    const char* key = incoming_ ? (value > 0 ? "now.picture.more_by" : "now.picture.less_by")
                                : (value > 0 ? "now.picture.more" : "now.picture.less");
    return tr_.format(key, name(pins.back()), name(best + views_.specials()), tr_.points(std::abs(value)),
                      name(pins[pins.size() - 2]), where());
  }

  std::string flow() const {
    const Most most = largest_patch();
    if (most.at < 0) return tr_("now.nothing");
    return tr_.format("now.picture.flow", name(views_.subject()), name(most.at),
                      tr_.number(static_cast<double>(most.value), 4));
  }

  // The patch most like the chosen token, itself apart.
  std::string cosine() const {
    int best = -1;
    for (int patch = 0; patch < patches(); ++patch) {
      if (patch + views_.specials() == views_.subject() || !has_number(shown(patch))) continue;
      if (best < 0 || shown(patch) > shown(best)) best = patch;
    }
    if (best < 0) return tr_("now.nothing");
    return tr_.format("now.picture.cosine", name(views_.subject()), name(best + views_.specials()),
                      tr_.number(static_cast<double>(shown(best)), 3), views_.norms_layer());
  }

  std::string components() const {
    const std::vector<double>& shares = views_.explained();
    if (shares.size() < 3) return tr_("now.computing");
    return tr_.format("now.picture.pca", views_.norms_layer(), tr_.percent(shares[0]), tr_.percent(shares[1]),
                      tr_.percent(shares[2]));
  }

  std::string norms() const {
    const Vector& norms = views_.norms().norms;
    const double median = static_cast<double>(views_.norms_median());
    const double longest = static_cast<double>(norms.tail(norms.size() - views_.specials()).maxCoeff());
    if (!(median > 0.0) || !std::isfinite(longest)) return tr_("now.not_finite");
    return tr_.format("now.picture.norms", views_.norms_layer(), tr_.number(longest / median, 2),
                      views_.norm_outliers(), patches(), tr_.number(PictureViews::kOutlier, 0));
  }

  std::string caption() const {
    const PictureDocument& doc = state_.doc.picture;
    const auto at = static_cast<std::size_t>(doc.caption);
    if (at >= doc.captions.size() || at >= state_.matches.size()) return tr_("picture.no_caption");
    const Most most = largest_patch();
    const auto less = static_cast<std::size_t>(std::max(0, doc.caption_less));
    if (doc.caption_less >= 0 && less < state_.matches.size() && less < doc.captions.size() && most.at >= 0) {
      const float part = state_.matches[at].cosine - state_.matches[less].cosine;
      return tr_.format("now.picture.caption_less", doc.captions[at], doc.captions[less],
                        (part >= 0 ? "+" : "") + tr_.number(static_cast<double>(part), 3), name(most.at));
    }
    const std::string share = tr_.percent(static_cast<double>(state_.matches[at].probability));
    if (most.at < 0) return tr_.format("now.picture.caption.none", doc.captions[at], share);
    return tr_.format("now.picture.caption", doc.captions[at], share, name(most.at));
  }

  // How much A reads B in the heads in force; nothing where they are no plain mean.
  std::optional<double> region_share() const {
    const Eigen::MatrixXd& mass = views_.region_mass();
    const MapChoice& choice = views_.choice();
    if (mass.size() == 0 || !is_head_lens(choice.lens) || !adds_up(choice) || incoming_) return std::nullopt;
    const HeadChoice& heads = choice.heads;
    double sum = 0.0;
    int count = 0;
    for (int layer = 0; layer < mass.rows(); ++layer) {
      for (int head = 0; head < mass.cols(); ++head) {
        const bool left_out =
            !heads.set.empty() && std::ranges::find(heads.set, std::pair(layer, head)) == heads.set.end();
        if (left_out || (heads.layer && *heads.layer != layer) || (heads.head && *heads.head != head))
          continue;
        sum += mass(layer, head);
        ++count;
      }
    }
    return count > 0 && std::isfinite(sum) ? std::optional(sum / count) : std::nullopt;
  }
  std::string regions(double share) const {
    return tr_.format("now.picture.regions", tr_.percent(share), where(),
                      tr_.percent(views_.region_chance()));
  }

  const AppState& state_;
  const PictureViews& views_;
  const Strings& tr_;
  bool incoming_;
};

std::string picture_in_words(const AppState& state, const PictureViews& views, const Pointed& pointed,
                             const Strings& tr) {
  if (!state.vision_model) return tr(state.opening ? "now.opening" : "now.picture.no_model");
  if (!views.has_run()) return tr("now.picture.reading");
  if (!views.problem().empty()) return tr(views.problem());
  if (views.record().non_finite > 0) return tr("now.not_finite");
  return PictureSentence(state, views, tr).of_lens(pointed.patch >= 0);
}

// ------------------------------------------------------------------------------------------- drawing

class DrawingSentence {
 public:
  DrawingSentence(const AppState& state, const PaintViews& views, bool film, const Strings& tr)
      : state_(state), views_(views), names_(views, state, tr), tr_(tr), film_(film) {}

  std::string of_lens() const {
    Most most;
    for (int patch = 0; patch < views_.patches(); ++patch) {
      const float value = views_.numbers().cells[static_cast<std::size_t>(patch)];
      if (has_number(value)) most.offer(patch, value);
    }
    if (most.at < 0) return tr_("now.not_finite");
    return map(most) + weight() + running();
  }

 private:
  std::string patch(int at) const {
    return tr_.format("now.patch", at % views_.columns() + 1, at / views_.columns() + 1);
  }
  const PaintWord& word() const { return views_.words()[static_cast<std::size_t>(views_.word())]; }
  bool of_patch() const { return views_.patch() >= 0; }
  std::string subject() const {
    if (of_patch()) return patch(views_.patch());
    if (word().word < 0) return tr_(word().place.kind == PromptWord::Kind::kStart ? "now.start" : "now.end");
    return quoted(tr_, names_.word(word()));
  }
  std::string where() const {
    std::string text = names_.maps_shown() + ", " + names_.span(film_);
    if (state_.view.paint.unconditional) text += std::string(", ") + tr_("now.paint.without");
    const int pieces = of_patch() ? 1 : word().last_token - word().first_token + 1;
    if (pieces > 1)
      text += ", " + tr_.format(views_.joins_words() ? "now.paint.pieces_sum" : "now.paint.pieces", pieces);
    if (views_.renormalised()) text += tr_("now.renormalised");
    return text;
  }

  // Of what is no attention: the largest number of a patch, the subject itself apart.
  std::string numbers(const Most& most) const {
    const PaintLens lens = state_.view.paint.lens;
    const auto number = [&](const Most& of) { return tr_.number(static_cast<double>(of.value), 3); };
    if (lens == PaintLens::kPca) {
      const std::vector<double>& shares = views_.explained();
      if (shares.size() < 3) return tr_("now.computing");
      return tr_.format("now.paint.pca", where(), tr_.percent(shares[0]), tr_.percent(shares[1]),
                        tr_.percent(shares[2]));
    }
    if (lens == PaintLens::kNorms)
      return tr_.format("now.paint.norms", patch(most.at), number(most), where());
    Most other;
    for (int at = 0; at < views_.patches(); ++at) {
      const float value = views_.numbers().cells[static_cast<std::size_t>(at)];
      if (at != views_.patch() && has_number(value)) other.offer(at, value);
    }
    const char* key = lens == PaintLens::kCosine                 ? "now.paint.cosine"
                      : of_patch() && !state_.view.paint.reverse ? "now.paint.relevance.of"
                                                                 : "now.paint.relevance.from";
    return tr_.format(key, subject(), patch(other.at), number(other), where());
  }

  std::string map(const Most& most) const {
    const PaintView& view = state_.view.paint;
    if (is_of_states(view.lens) || is_gradient(view.lens)) return numbers(most);
    const std::string value = tr_.percent(static_cast<double>(most.value));
    const bool of_words = view.lens == PaintLens::kShare || view.lens == PaintLens::kOutput;
    if (of_words && !of_patch()) {
      return tr_.format(view.lens == PaintLens::kShare ? "now.paint.share" : "now.paint.output", subject(),
                        patch(most.at), value, where());
    }
    // A word is read by patches and a patch reads, unless the other way is asked for.
    const bool read_by = view.reverse == of_patch();
    if (views_.shows_lengths()) {
      return lengths_in_words(tr_, paint_lens_name(view.lens),
                              {.who = subject(),
                               .whom = patch(most.at),
                               .itself = of_patch() && most.at == views_.patch(),
                               .read_by = read_by,
                               .value = most.value,
                               .where = where()});
    }
    const bool shares = !views_.is_fused() || !views_.is_of_heads();
    if (!shares && !read_by)
      return tr_.format("now.paint.largest", subject(), patch(most.at), value, where()) + tr_("now.no_sum");
    if (view.lens != PaintLens::kRollout && !read_by) {
      return tr_.format(of_patch() ? "now.paint.patch_reads" : "now.paint.word_reads", subject(),
                        patch(most.at), value, where());
    }
    return in_words(tr_, {.who = subject(),
                          .whom = patch(most.at),
                          .itself = of_patch() && most.at == views_.patch(),
                          .read_by = read_by,
                          .rollout = view.lens == PaintLens::kRollout,
                          .shares = shares,
                          .value = most.value,
                          .where = where()});
  }

  std::string weight() const {
    if (of_patch() || word().word < 0) return {};
    const double weight = views_.text().tokens[static_cast<std::size_t>(word().first_token)].weight;
    return weight == 1.0 ? std::string() : tr_.format("now.weighs", subject(), tr_.number(weight, 2));
  }
  // What else is to be known of the drawing: trials, and whether it is done.
  std::string running() const {
    std::string text;
    const PaintRun& run = views_.run();
    const int step = run.first_step + run.drawn();
    if (!run.request.edits.empty()) text += tr_.format("now.paint.tried", run.request.edits.size());
    if (state_.painting.draft) {
      text += tr_.format("now.paint.draft", run.steps);
    } else if (state_.painting.drawing) {
      text += tr_.format("now.paint.drawing", step, run.steps);
    } else if (state_.painting.cancelled) {
      text += tr_.format("now.paint.stopped", step, run.steps);
    }
    return text;
  }

  const AppState& state_;
  const PaintViews& views_;
  PaintNames names_;
  const Strings& tr_;
  bool film_;
};

std::string drawing_in_words(const AppState& state, const PaintViews& views, bool film, const Strings& tr) {
  if (!state.painting.problem.empty()) return tr("paint.nothing");
  if (!state.paint_model) return tr(state.opening ? "now.opening" : "paint.no_model");
  if (!views.has_run()) return tr("paint.empty");
  if (!views.problem().empty()) return tr(views.problem());
  if (views.patch() < 0 && views.word() < 0) return tr("now.nothing");
  return DrawingSentence(state, views, film, tr).of_lens();
}

}  // namespace

namespace {

// The word that is followed, when what is on screen is about it.
std::optional<std::string> word_on_its_way(const AppState& state, const TextViews& text,
                                           const Pointed& pointed) {
  const Document& doc = state.doc;
  const std::optional<PromptWord>& word = doc.paint.word;
  if (!state.view.following || !word || word->kind != PromptWord::Kind::kWord) return std::nullopt;
  if (!text.has_map() || !text.current()) return std::nullopt;
  const auto& words = text.run().words;
  const auto found = std::ranges::find_if(words, [&](const Word& each) { return each.holds(word->byte); });
  if (found == words.end()) return std::nullopt;
  const auto is_pinned = [&] {
    const bool free = pointed.token < 0 && !pointed.cell && !doc.pins.empty();
    return free && doc.pins.back().kind == Pin::Kind::kText && found->holds(doc.pins.back().byte);
  };
  const bool shown = state.view.workspace == Workspace::kText ? is_pinned()
                     : state.view.workspace == Workspace::kImage
                         ? state.view.picture.lens == PictureLens::kCaption
                     : state.view.workspace == Workspace::kPainting ? doc.paint.patch < 0
                                                                    : false;
  if (!shown) return std::nullopt;
  return doc.prompt.substr(found->start, found->end - found->start);
}

std::string plain_sentence(const AppState& state, const TextViews& text, const CompareViews& compare,
                           const PictureViews& picture, const PaintViews& paint, const Pointed& pointed,
                           const Strings& tr);

}  // namespace

std::string now_in_words(const AppState& state, const TextViews& text, const CompareViews& compare,
                         const PictureViews& picture, const PaintViews& paint, const Pointed& pointed,
                         const Strings& tr) {
  std::string plain = plain_sentence(state, text, compare, picture, paint, pointed, tr);
  const std::optional<std::string> word = word_on_its_way(state, text, pointed);
  if (!word) return plain;
  const int station = state.view.workspace == Workspace::kText    ? 1
                      : state.view.workspace == Workspace::kImage ? 2
                                                                  : 3;
  return tr.format("now.follow", quoted(tr, *word), station, plain);
}

namespace {

std::string plain_sentence(const AppState& state, const TextViews& text, const CompareViews& compare,
                           const PictureViews& picture, const PaintViews& paint, const Pointed& pointed,
                           const Strings& tr) {
  switch (state.view.workspace) {
    case Workspace::kText:
      return sentence(text_in_words(state, text, pointed, tr));
    case Workspace::kCompare:
      return sentence(comparison_in_words(state, text, compare, pointed, tr));
    case Workspace::kImage:
      return sentence(picture_in_words(state, picture, pointed, tr));
    case Workspace::kPainting:
      return sentence(drawing_in_words(state, paint, pointed.film, tr));
  }
  return {};
}

}  // namespace

}  // namespace regard
