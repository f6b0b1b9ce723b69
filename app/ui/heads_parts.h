// What the panels of heads share in all workspaces: which metric sorts, marks and places heads, and how a
// head is chosen.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/ui/ui.h"
#include "app/views/head_views.h"

namespace regard {

/// Sends how heads are looked at with one change.
template <class Change>
void set_heads_view(Ui& ui, Change change) {
  HeadsView view = heads_view(ui.state.view);
  change(view);
  ui.out.emplace_back(SetHeadsView{std::move(view)});
}

/// Shows one head alone; with `more` it joins the others, or leaves them.
void choose_head(Ui& ui, int layer, int head, bool more);
/// Ctrl or Shift is down: a head joins the others.
bool takes_more();

/// Items of an open menu: every metric of the run, with its explanation. @return the one that was chosen
std::optional<std::string> metric_items(Ui& ui, std::string_view chosen);

/// At the right of a panel's header: what sorts heads, and whose number stands under each.
void draw_heads_menu(Ui& ui);
/// The same where the cursor is, as a sign alone, and how wide that is, pixels.
void draw_heads_sign(Ui& ui);
float heads_sign_width(Ui& ui);
/// A line with the slider below which heads are dimmed; nothing unless a number is shown.
void draw_least_slider(Ui& ui);

/// Room under a thumbnail for its bar and number, pixels; 0 unless a number is shown.
float number_height(const Ui& ui);
/// The bar, from the smallest to the largest number of all heads, and the number where there is room for it.
/// Pixels: from `left` to `right` below `top`.
void draw_head_number(Ui& ui, float left, float right, float top, int layer, int head);
/// Less of what lies in the rectangle is seen when the head is below the slider.
void dim_head(Ui& ui, ImVec2 low, ImVec2 high, int layer, int head);

/// Heads of each layer from left to right. [L][H]
using HeadOrder = std::vector<std::vector<int>>;
HeadOrder heads_in_order(const Ui& ui, int layers, int heads);
/// They stand in the order of a metric, each with its own name.
bool is_ordered(const Ui& ui);

/// Lines of a tooltip, each with its end: every metric of a head.
std::string head_lines(const Ui& ui, int layer, int head);

}  // namespace regard
