// The causal ledger of the workspace in force: what is read on one axis, what matters on the other, and the
// same as a table that can be sorted. Words, patches and heads, each taken away once.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <imgui_internal.h>

#include "app/ui/actions.h"
#include "app/ui/paint_parts.h"
#include "app/ui/scatter.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/ledger_plot.h"
#include "app/views/picture_views.h"
#include "core/engine/ledger.h"

namespace regard {
namespace {

constexpr float kLegendLine = 20, kHeaderSize = 12;

bool is_drawing(const Ui& ui) { return ui.state.view.workspace == Workspace::kPainting; }

// The kind of run is that of the workspace: its ledger is on its way when another one was just left.
bool is_of_workspace(const Ui& ui) {
  switch (ui.state.view.workspace) {
    case Workspace::kText:
      return std::holds_alternative<std::shared_ptr<const TextRun>>(*ui.state.ledger.of);
    case Workspace::kImage:
      return std::holds_alternative<std::shared_ptr<const VisionRun>>(*ui.state.ledger.of);
    case Workspace::kPainting:
      return std::holds_alternative<std::shared_ptr<const PaintRun>>(*ui.state.ledger.of);
    case Workspace::kCompare:
      break;
  }
  return false;
}

// @param most  the largest of all: two digits of it are told
std::string effect_text(const Ui& ui, double effect, double most) {
  if (is_drawing(ui)) return ui.tr.percent(effect, 1);
  const double digits = most > 0.0 ? std::ceil(-std::log10(most)) + 2.0 : 2.0;
  return ui.tr.number(effect, static_cast<int>(std::clamp(digits, 2.0, 9.0)));
}

double largest_effect(const Ledger& ledger) {
  double most = 0.0;
  for (const LedgerEntry& entry : ledger.entries) most = std::max(most, entry.effect.value_or(0.0));
  return most;
}

std::string name_of(const Ui& ui, const LedgerEntry& entry) {
  return ledger_name(ui.tr, *ui.state.ledger.of, entry);
}

std::string key_of(const Ui& ui, Removal removal) { return removal_key(*ui.state.ledger.of, removal); }

// What was taken away becomes what is looked at.
void look_at(Ui& ui, const LedgerEntry& entry) {
  const LedgerRun& of = *ui.state.ledger.of;
  if (const auto* text = std::get_if<std::shared_ptr<const TextRun>>(&of)) {
    if (entry.layer >= 0) {
      select_map(ui, map_choice(entry.layer, entry.head));
    } else {
      const Word& word = (*text)->words[static_cast<std::size_t>(entry.word_index)];
      ui.out.emplace_back(TogglePin{pin_of((*text)->tokens[static_cast<std::size_t>(word.first_token)])});
    }
  } else if (std::holds_alternative<std::shared_ptr<const VisionRun>>(of)) {
    if (entry.layer >= 0) {
      select_map(ui, map_choice(entry.layer, entry.head));
    } else {
      ui.out.emplace_back(TogglePatchPin{entry.patch});
    }
  } else {
    const auto& run = std::get<std::shared_ptr<const PaintRun>>(of);
    set_paint(ui, [&](PaintDocument& paint) {
      if (entry.layer >= 0) {
        paint.maps = {{entry.layer, entry.head}};
      } else {
        paint.patch = -1;
        paint.word = PromptWord{PromptWord::Kind::kWord,
                                run->prompt.words[static_cast<std::size_t>(entry.word_index)].start};
      }
    });
  }
}

bool is_looked_at(const Ui& ui, const LedgerEntry& entry) {
  const Document& doc = ui.state.doc;
  const MapChoice* choice = nullptr;
  switch (ui.state.view.workspace) {
    case Workspace::kText: {
      choice = &doc.choice;
      if (entry.word_index < 0) break;
      const auto& run = std::get<std::shared_ptr<const TextRun>>(*ui.state.ledger.of);
      const Word& word = run->words[static_cast<std::size_t>(entry.word_index)];
      return std::ranges::any_of(
          doc.pins, [&](const Pin& pin) { return pin.kind == Pin::Kind::kText && word.holds(pin.byte); });
    }
    case Workspace::kImage:
      choice = &doc.picture.choice;
      if (entry.patch >= 0) return std::ranges::find(doc.picture.pins, entry.patch) != doc.picture.pins.end();
      break;
    default: {
      if (entry.layer >= 0) return doc.paint.maps == HeadSet{{entry.layer, entry.head}};
      const auto& run = std::get<std::shared_ptr<const PaintRun>>(*ui.state.ledger.of);
      const Word& word = run->prompt.words[static_cast<std::size_t>(entry.word_index)];
      return doc.paint.patch < 0 && doc.paint.word && doc.paint.word->kind == PromptWord::Kind::kWord &&
             word.holds(doc.paint.word->byte);
    }
  }
  return is_head_lens(choice->lens) && choice->heads == one_head(entry.layer, entry.head);
}

// Marks, their names, and how far order by one number is order by the other. A click leaves a kind out.
void draw_legend(Ui& ui, const Ledger& ledger) {
  for (const RemovalSum& sum : removal_sums(ledger)) {
    const Removal removal = sum.removal;
    std::string text = ui.tr(key_of(ui, removal));
    if (sum.rank) text += ui.tr.format("ledger.rho", ui.tr.number(*sum.rank, 2));
    const float width = ui.px(20) + measure(ui, kSmall, text).x;
    same_line_if_fits(ui, width);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::PushID(static_cast<int>(removal));
    const int id = static_cast<int>(removal);
    std::set<int>& hidden = ui.ui.ledger_hidden;
    if (ImGui::InvisibleButton("##kind", ImVec2(width, ui.px(kLegendLine)), ImGuiButtonFlags_EnableNav) &&
        hidden.erase(id) == 0)
      hidden.insert(id);
    ImGui::PopID();
    const float strength = hidden.contains(id) ? 0.35f : 1.0f;
    draw_mark(ImGui::GetWindowDrawList(), removal_mark(removal), ImVec2(at.x + ui.px(6), at.y + ui.px(9)),
              ui.px(5), with_alpha(ui.colors.pins[removal_pin(removal)], strength));
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + ui.px(16), at.y + ui.px(1)), kSmall,
              hidden.contains(id) ? ui.colors.secondary : ui.colors.text, text);
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
      std::string tip = ui.tr(key_of(ui, removal) + ".tip");
      tip.append("\n").append(ui.tr("ledger.rho.tip")).append("\n").append(ui.tr("ledger.hide.tip"));
      tooltip(ui, tip.c_str());
    }
  }
}

std::string entry_tip(const Ui& ui, const LedgerEntry& entry, double most) {
  std::string tip = name_of(ui, entry);
  tip.append(" – ").append(ui.tr(key_of(ui, entry.removal))).append("\n");
  tip += ui.tr.format("ledger.tip", ui.tr.percent(entry.attention, 2),
                      entry.effect ? effect_text(ui, *entry.effect, most) : std::string("–"));
  if (!entry.problem.empty()) tip.append("\n").append(entry.problem);
  return tip;
}

void draw_plot(Ui& ui, const Ledger& ledger, ImVec2 size) {
  ScatterPlot plot = ledger_plot(*ui.state.ledger.of, ledger, ui.tr, theme_colors(ui.state.view.theme),
                                 LedgerNumbers::kScreen);
  const auto entry_at = [&](const ScatterPoint& point) -> const LedgerEntry& {
    return ledger.entries[entry_of_point(point.id)];
  };
  std::erase_if(plot.points, [&](const ScatterPoint& point) {
    return ui.ui.ledger_hidden.contains(static_cast<int>(entry_at(point).removal));
  });
  for (ScatterPoint& point : plot.points) point.chosen = is_looked_at(ui, entry_at(point));
  const auto words = [&](int index) {
    return entry_tip(ui, entry_at(plot.points[static_cast<std::size_t>(index)]), largest_effect(ledger));
  };
  const ScatterHit hit = draw_scatter(ui, "##plot", size, plot, ui.ui.plot_cursor, words);
  if (hit.pressed) look_at(ui, entry_at(plot.points[static_cast<std::size_t>(hit.point)]));
}

// Of the column that the person chose; as they stand when none is.
std::vector<std::size_t> sorted(const Ui& ui, const Ledger& ledger) {
  std::vector<std::size_t> order(ledger.entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
  if (specs == nullptr || specs->SpecsCount == 0) return order;
  const ImGuiTableColumnSortSpecs& by = specs->Specs[0];
  std::vector<std::string> names;
  if (by.ColumnIndex == 0) {
    for (const LedgerEntry& entry : ledger.entries) names.push_back(name_of(ui, entry));
  }
  const auto number = [&](const LedgerEntry& entry) {
    switch (by.ColumnIndex) {
      case 1:
        return static_cast<double>(entry.removal);
      case 2:
        return entry.attention;
      default:
        return entry.effect.value_or(-1.0);
    }
  };
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    if (by.SortDirection == ImGuiSortDirection_Descending) std::swap(a, b);
    if (by.ColumnIndex == 0) return names[a] < names[b];
    return number(ledger.entries[a]) < number(ledger.entries[b]);
  });
  return order;
}

void right_aligned(Ui& ui, const std::string& text, ImU32 color) {
  const float room = ImGui::GetContentRegionAvail().x - measure(ui, kSmall, text).x;
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + std::max(0.0f, room));
  text_sized(ui, kSmall, color, text);
}

void draw_row(Ui& ui, const LedgerEntry& entry, int id, double most) {
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  ImGui::PushID(id);
  {
    WithFont font(ui.fonts.regular, kSmall);
    if (ImGui::Selectable((name_of(ui, entry) + "##entry").c_str(), is_looked_at(ui, entry),
                          ImGuiSelectableFlags_SpanAllColumns))
      look_at(ui, entry);
  }
  ImGui::PopID();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, entry_tip(ui, entry, most).c_str());
  ImGui::TableNextColumn();
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr(key_of(ui, entry.removal)));
  ImGui::TableNextColumn();
  right_aligned(ui, ui.tr.percent(entry.attention, 2), ui.colors.text);
  ImGui::TableNextColumn();
  const bool waits = !entry.effect && entry.problem.empty();
  right_aligned(ui, entry.effect ? effect_text(ui, *entry.effect, most) : waits ? "…" : "–", ui.colors.text);
}

// Of the table's columns: what they hold, without padding. Pixels.
struct ColumnWidths {
  float what = 0, how = 0, read = 0, matters = 0;
};

// What the arrow of a sorted column takes; as ImGui has it.
float arrow_width(const Ui& ui) {
  return std::trunc(ui.px(kHeaderSize * kLineOfEm) * 0.65f + ImGui::GetStyle().FramePadding.x);
}

ColumnWidths widths_of(Ui& ui, const Ledger& ledger) {
  const auto column = [&](const char* header, const std::string& text) {
    return std::max(measure(ui, kHeaderSize, ui.tr(header)).x + arrow_width(ui), measure(ui, kSmall, text).x);
  };
  const double most = largest_effect(ledger);
  ColumnWidths widths{.read = column("ledger.column.read", ui.tr.percent(1.0, 2)),
                      .matters = column("ledger.column.matters", effect_text(ui, most, most))};
  for (const LedgerEntry& entry : ledger.entries) {
    widths.what = std::max(widths.what, column("ledger.what", name_of(ui, entry)));
    widths.how = std::max(widths.how, column("ledger.how", ui.tr(key_of(ui, entry.removal))));
  }
  return widths;
}

// With its padding and the bar that scrolls it.
float table_width(const ColumnWidths& widths) {
  const ImGuiStyle& style = ImGui::GetStyle();
  return widths.what + widths.how + widths.read + widths.matters + 8 * style.CellPadding.x +
         style.ScrollbarSize;
}

// Over numbers it ends where they do; the arrow of the order stands behind it.
void draw_header(const Ui& ui, int column) {
  const char* name = ImGui::TableGetColumnName(column);
  if (column >= 2) {
    const bool is_sorted = (ImGui::TableGetColumnFlags(column) & ImGuiTableColumnFlags_IsSorted) != 0;
    const float taken = ImGui::CalcTextSize(name).x + (is_sorted ? arrow_width(ui) : 0.0f);
    const float room = ImGui::GetContentRegionAvail().x - taken;
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + std::max(0.0f, room));
  }
  ImGui::TableHeader(name);
}

void draw_headers(Ui& ui) {
  const WithFont font(ui.fonts.regular, kHeaderSize);
  ImGui::PushStyleColor(ImGuiCol_TableHeaderBg, ui.colors.raised);
  ImGui::PushStyleColor(ImGuiCol_Text, ui.colors.secondary);
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  for (int column = 0; column < 4; ++column) {
    if (!ImGui::TableSetColumnIndex(column)) continue;
    draw_header(ui, column);
  }
  ImGui::PopStyleColor(2);
}

// Numbers are whole; where room is short, names give way.
void set_up_columns(Ui& ui, const ColumnWidths& widths) {
  constexpr ImGuiTableColumnFlags kNumber =
      ImGuiTableColumnFlags_PreferSortDescending | ImGuiTableColumnFlags_WidthFixed;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn(ui.tr("ledger.what"), 0, widths.what);
  ImGui::TableSetupColumn(ui.tr("ledger.how"), 0, widths.how);
  ImGui::TableSetupColumn(ui.tr("ledger.column.read"), kNumber, widths.read);
  ImGui::TableSetupColumn(ui.tr("ledger.column.matters"), kNumber, widths.matters);
}

void draw_table(Ui& ui, const Ledger& ledger, const ColumnWidths& widths, ImVec2 size) {
  constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_Sortable |
                                     ImGuiTableFlags_SortTristate | ImGuiTableFlags_RowBg |
                                     ImGuiTableFlags_SizingStretchProp;
  if (!ImGui::BeginTable("##ledger", 4, kFlags, size)) return;
  set_up_columns(ui, widths);
  draw_headers(ui);
  const double most = largest_effect(ledger);
  const std::vector<std::size_t> order = sorted(ui, ledger);
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(order.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const std::size_t at = order[static_cast<std::size_t>(i)];
      draw_row(ui, ledger.entries[at], static_cast<int>(at), most);
    }
  }
  ImGui::EndTable();
}

// How far it is, or what it does not say.
void draw_state(Ui& ui, const Ledger& ledger) {
  const int done = ledger.done(), all = static_cast<int>(ledger.entries.size());
  if (ui.state.ledger.stopped) {
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr.format("seeds.stopped", done, all));
    ImGui::SameLine(0, ui.px(10));
    WithFont font(ui.fonts.regular, kSmall);
    if (ImGui::SmallButton((std::string(ui.tr("matters.go_on")) + "##ledger").c_str()))
      ui.out.emplace_back(DrawBeside{});
  } else if (done < all) {
    text_sized(ui, kSmall, ui.colors.text, ui.tr.format("ledger.progress", done, all));
  } else {
    text_sized(ui, kSmall, ui.colors.secondary,
               fitted(ui, ui.tr("ledger.note"), kSmall, ImGui::GetContentRegionAvail().x));
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("ledger.note.tip"));
  }
}

void draw_ledger(Ui& ui, const Ledger& ledger) {
  draw_legend(ui, ledger);
  const ImVec2 room(ImGui::GetContentRegionAvail().x, ImGui::GetContentRegionAvail().y - ui.px(26));
  const float gap = ui.px(10);
  const ColumnWidths widths = widths_of(ui, ledger);
  if (room.x > 1.4f * room.y) {
    const float both = room.x - gap;
    const float width = std::floor(std::clamp(both - table_width(widths), 0.44f * both, 0.56f * both));
    draw_plot(ui, ledger, ImVec2(width, std::max(ui.px(80), room.y)));
    ImGui::SameLine(0, gap);
    draw_table(ui, ledger, widths, ImVec2(both - width, std::max(ui.px(80), room.y)));
  } else {
    const float height = std::floor(std::min(room.x * 0.75f, room.y * 0.58f));
    draw_plot(ui, ledger, ImVec2(room.x, std::max(ui.px(80), height)));
    draw_table(ui, ledger, widths, ImVec2(room.x, std::max(ui.px(60), room.y - height - gap)));
  }
  draw_state(ui, ledger);
}

}  // namespace

void draw_ledger_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.ledger"))) {
    ui.ui.in_sight.ledger = true;
    const LedgerState& state = ui.state.ledger;
    if (state.of && state.found && is_of_workspace(ui)) {
      draw_ledger(ui, *state.found);
    } else {
      text_wrapped(ui, kBody, ui.colors.secondary, ui.tr("ledger.empty"));
    }
  }
  end_panel();
}

}  // namespace regard
