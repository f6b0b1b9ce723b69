#include "app/ui/doubled.h"

#include <algorithm>
#include <string_view>

#include "app/export/figure_parts.h"
#include "app/ui/actions.h"
#include "app/ui/picture_parts.h"
#include "app/ui/widgets.h"
#include "app/views/doubled_maps.h"
#include "app/views/head_plot.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr std::string_view kDoubledKey = "panel.doubled.";

const DoubledViews& doubled_here(const Ui& ui) {
  return ui.state.view.doubled[static_cast<std::size_t>(run_kind(ui.state.view.workspace))];
}

std::optional<MapQuery> present_query(const Ui& ui) {
  switch (ui.state.view.workspace) {
    case Workspace::kText:
      if (ui.views.has_map()) return kept_query(ui.state, ui.views.query());
      break;
    case Workspace::kImage:
      if (ui.picture.has_run()) return kept_query(ui.state, ui.picture.ask(ui.state).query);
      break;
    case Workspace::kPainting:
      if (ui.paint.has_run() && ui.paint.problem().empty()) return kept_query(ui.state, ui.paint.query());
      break;
    case Workspace::kCompare:
      break;
  }
  return std::nullopt;
}

std::string short_choice(const Ui& ui, const MapQuery& query) {
  const HeadChoice& heads = query.heads;
  if (!heads.set.empty()) {
    if (heads.set.size() > 1) return ui.tr.format("doubled.heads", heads.set.size());
    return ui.tr.format("choice.layer.short", heads.set.front().first + 1) + " " +
           ui.tr.format("choice.head.short", heads.set.front().second + 1);
  }
  const std::string layer =
      heads.layer ? ui.tr.format("choice.layer.short", *heads.layer + 1) : std::string(ui.tr("choice.all"));
  return heads.head ? layer + " " + ui.tr.format("choice.head.short", *heads.head + 1) : layer;
}

std::string picture_subject(const Ui& ui, const MapQuery& query) {
  if (!query.caption.empty())
    return query.caption_less.empty() ? query.caption : query.caption + " − " + query.caption_less;
  if (query.lens == "norms" || query.subject.empty() || !ui.picture.has_run()) return {};
  const int token = query.subject.back();
  if (token >= ui.picture.run().tokens()) return "?";
  return ui.tr.format(query.direction == Direction::kReadBy ? "patch_heads.incoming" : "patch_heads.outgoing",
                      patch_label(ui, token));
}

// What is done to the map's numbers before they are drawn: " · Words as one · rank", or nothing.
std::string arranged(const Ui& ui, const MapQuery& query) {
  std::string out;
  const auto add = [&](const std::string& what) { out += " · " + what; };
  if (query.specials == Specials::kRenormalised) add(ui.tr("tokens.special.renormalise"));
  if (query.words && ui.state.view.workspace != Workspace::kPainting) add(ui.tr("tokens.words"));
  if (query.mass) add(ui.tr.format("tokens.held", ui.tr.percent(*query.mass, 0)));
  if (query.rank) add(ui.tr("tokens.rank"));
  return out;
}

}  // namespace

const Panel& doubled_panel(std::size_t number) {
  return *std::ranges::find_if(panels(), [&](const Panel& panel) { return doubled_number(panel) == number; });
}

std::size_t doubled_number(const Panel& panel) {
  const std::string_view key = panel.key;
  if (!key.starts_with(kDoubledKey)) return kMostDoubled;
  return static_cast<std::size_t>(key.back() - '1');
}

bool is_doubled(const Ui& ui, std::size_t number) {
  return ui.state.view.workspace != Workspace::kCompare && doubled_here(ui)[number].has_value();
}

std::string doubled_tab(const Ui& ui, std::size_t number) {
  const std::string name = std::to_string(number + 1);
  const std::optional<MapQuery>& query = doubled_here(ui)[number];
  return query ? name + " · " + short_choice(ui, *query) : name;
}

std::string doubled_title(const Ui& ui, std::size_t number) {
  const std::optional<MapQuery>& query = doubled_here(ui)[number];
  if (!query) return {};
  const auto joined = [](std::string first, const std::string& second) {
    return second.empty() ? first : first.empty() ? second : first + " · " + second;
  };
  if (ui.state.view.workspace == Workspace::kPainting) {
    const std::string about = paint_about_words(*query, ui.tr);
    const std::string subject =
        ui.paint.has_run() ? paint_subject_words(ui.paint.run(), *query, ui.tr) : std::string();
    return joined(subject, about) + arranged(ui, *query);
  }
  const std::string title = figure::title_of(*query, ui.tr) + arranged(ui, *query);
  return ui.state.view.workspace == Workspace::kImage ? joined(picture_subject(ui, *query), title) : title;
}

bool can_double(const Ui& ui) { return present_query(ui).has_value(); }

void pin_again(Ui& ui, std::size_t number) {
  if (const std::optional<MapQuery> query = present_query(ui)) ui.out.emplace_back(SetDoubled{number, query});
}

void close_doubled(Ui& ui, std::size_t number) { ui.out.emplace_back(SetDoubled{number, std::nullopt}); }

namespace act {

void double_view(Ui& ui) {
  const std::optional<MapQuery> query = present_query(ui);
  if (!query) return;
  const DoubledViews& there = doubled_here(ui);
  const auto free = std::ranges::find_if(there, [](const auto& view) { return !view.has_value(); });
  if (free == there.end()) {
    ui.out.emplace_back(ShowError{ui.tr.format("doubled.full", kMostDoubled)});
    return;
  }
  const auto number = static_cast<std::size_t>(free - there.begin());
  ui.out.emplace_back(SetDoubled{number, query});
  fetch_panel_soon(ui, doubled_panel(number));
}

}  // namespace act
}  // namespace regard
