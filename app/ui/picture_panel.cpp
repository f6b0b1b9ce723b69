// The picture with its patches: point at one to see where it looks, click to hold it; special tokens are
// buttons beside it, never drawn as patches.
#include <algorithm>
#include <cmath>
#include <variant>

#include <imgui_internal.h>

#include "app/state/queries.h"
#include "app/ui/lens_menu.h"
#include "app/ui/lesson_view.h"
#include "app/ui/paint_parts.h"
#include "app/ui/picture_parts.h"
#include "app/ui/slider.h"
#include "app/ui/ui.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"
#include "core/analysis/lens.h"

namespace regard {
namespace {

constexpr float kSpecialWidth = 62, kSpecialRow = 28, kBarRoom = 40, kLine = 24;
constexpr int kSizes[] = {0, 16, 24, 37, 48, 64};

std::string image_label(const Ui& ui) {
  return ui.state.image_name.empty() ? ui.tr("file.open_image") : picture_name(ui, ui.state.image_name);
}

void draw_image_list(Ui& ui, const std::string& text) {
  if (!begin_dropdown(ui, "image", text)) return;
  if (const auto sample = picture_items(ui, ui.state.image_name)) ui.out.emplace_back(OpenImage{*sample});
  ImGui::EndPopup();
}

std::string size_label(const Ui& ui, int patches) {
  return patches == 0 ? std::string(ui.tr("picture.size.own")) : ui.tr.format("picture.size", patches);
}

void draw_size_list(Ui& ui, const std::string& text) {
  if (!begin_dropdown(ui, "size", text)) return;
  for (const int patches : kSizes) {
    if (ImGui::MenuItem(size_label(ui, patches).c_str(), nullptr, ui.state.doc.picture.long_side == patches))
      ui.out.emplace_back(SetLongSide{patches});
    if (ImGui::IsItemHovered())
      tooltip(ui, ui.tr(patches == 0 ? "picture.size.own.tip" : "picture.size.tip"));
  }
  ImGui::EndPopup();
}

void draw_header(Ui& ui) {
  const std::string image = image_label(ui), size = size_label(ui, ui.state.doc.picture.long_side);
  const float gap = ui.px(16);
  header_right(ui, dropdown_width(ui, image) + gap + dropdown_width(ui, size));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  draw_image_list(ui, image);
  ImGui::SetCursorScreenPos(ImVec2(at.x + dropdown_width(ui, image) + gap, at.y));
  draw_size_list(ui, size);
}

// The smallest set that holds a share of the row is a way to look at attention, no lens of its own.
std::string lens_in_force(const Ui& ui) {
  if (ui.state.view.picture.lens == PictureLens::kMass) return ui.tr("lens.mass");
  return lens_label(ui, picture_lens_name(ui.state.doc.picture, ui.state.view.picture));
}

void choose_lens(Ui& ui, const std::string& name) {
  PictureView view = ui.state.view.picture;
  const MapChoice& choice = ui.state.doc.picture.choice;
  view.lens = PictureLens::kAttention;
  if (name == "norms") {
    view.lens = PictureLens::kNorms;
  } else if (name == "cosine") {
    view.lens = PictureLens::kCosine;
  } else if (name == "pca") {
    view.lens = PictureLens::kPca;
  }
  for (const CaptionLens lens : {CaptionLens::kChefer, CaptionLens::kLeGrad, CaptionLens::kAttnLrp}) {
    if (name != caption_lens_name(lens)) continue;
    view.lens = PictureLens::kCaption;
    view.caption = lens;
  }
  ui.out.emplace_back(SetPictureView{view});
  if (view.lens != PictureLens::kAttention || choice.lens == name) return;
  const Lens* lens = find_lens(name);
  const MapChoice next{.heads = choice.heads, .lens = name};
  ui.out.emplace_back(SelectPictureMap{lens != nullptr && lens->by_head ? next : lens_choice(name)});
}

void draw_picture_lenses(Ui& ui) {
  PictureView view = ui.state.view.picture;
  if (!begin_dropdown(ui, "lens", lens_in_force(ui))) return;
  const bool mass = view.lens == PictureLens::kMass;
  const std::string current = mass ? "" : picture_lens_name(ui.state.doc.picture, view);
  if (const auto name = lens_items(ui, ui.picture.run().trace, current)) choose_lens(ui, *name);
  ImGui::Separator();
  if (ImGui::MenuItem(ui.tr("lens.mass"), nullptr, mass)) {
    view.lens = PictureLens::kMass;
    ui.out.emplace_back(SetPictureView{view});
  }
  if (ImGui::IsItemHovered()) tooltip(ui, ui.tr("lens.mass.tip"));
  ImGui::Separator();
  for (const auto& [fusion, key] :
       {std::pair(PinFusion::kNewest, "fusion.newest"), std::pair(PinFusion::kMean, "fusion.mean"),
        std::pair(PinFusion::kDifference, "fusion.difference")}) {
    if (ImGui::MenuItem(ui.tr(key), nullptr, view.fusion == fusion)) {
      view.fusion = fusion;
      ui.out.emplace_back(SetPictureView{view});
    }
  }
  ImGui::EndPopup();
}

// A slider of the row of controls, in percent. @param share  in [0, 1]
bool percent_slider(Ui& ui, const char* id, float& share, float low, float high, const char* tip) {
  const auto number = [&ui](float percent) { return ui.tr.percent(static_cast<double>(percent) / 100, 0); };
  float percent = 100.0f * share;
  const bool moved = slider(ui, id, percent, low, high, ui.px(72), "%.0f", number, tip).moved;
  if (moved) share = percent / 100.0f;
  return moved;
}

void draw_controls(Ui& ui) {
  PictureView view = ui.state.view.picture;
  bool changed = false;
  const float gap = ui.px(14);
  draw_picture_lenses(ui);
  ImGui::SameLine(0, gap);
  changed |= percent_slider(ui, "##opacity", view.opacity, 0, 100, ui.tr("picture.opacity.tip"));
  if (view.lens == PictureLens::kMass) {
    ImGui::SameLine(0, gap);
    changed |= percent_slider(ui, "##mass", view.mass, 1, 100, ui.tr("picture.mass.tip"));
  }
  if (ui.picture.choice().lens == "rollout") {
    ImGui::SameLine(0, gap);
    changed |= percent_slider(ui, "##discard", view.discard, 0, 95, ui.tr("picture.discard.tip"));
  }
  const auto flag = [&](const char* key, bool& on) {
    const float width = toggle_width(ui, ui.tr(key));
    const float right = ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - ui.px(14);
    if (ImGui::GetItemRectMax().x + gap + width < right) ImGui::SameLine(0, gap);
    if (!toggle(ui, ui.tr(key), on, ui.tr(std::string(key) + ".tip"))) return;
    on = !on;
    changed = true;
  };
  flag("picture.absolute", view.absolute);
  flag("picture.smooth", view.smooth);
  flag("picture.grid", view.grid);
  if (changed) ui.out.emplace_back(SetPictureView{view});
  bool incoming = ui.state.view.incoming;
  const float width = toggle_width(ui, ui.tr("arcs.incoming"));
  if (ImGui::GetItemRectMax().x + gap + width < ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - ui.px(14))
    ImGui::SameLine(0, gap);
  if (toggle(ui, ui.tr("arcs.incoming"), incoming, ui.tr("picture.incoming.tip")))
    ui.out.emplace_back(SetIncoming{!incoming});
}

// Where the special tokens' buttons stand.
struct SpecialsAt {
  ImVec2 low{}, size{}, step{};  // of the first button; from one to the next
  bool rows = false;             // one above the other, the share below the name; else in a line, beside it
};

void draw_special_text(Ui& ui, ImDrawList* draw, const SpecialsAt& at, ImVec2 low, const std::string& name,
                       const std::string& share, bool bold, bool bright) {
  ImFont* font = bold ? ui.fonts.bold : ui.fonts.regular;
  const ImU32 color = bright ? ui.colors.text : ui.colors.secondary;
  const ImVec2 size = measure(ui, kSmall, name, font), wide = measure(ui, 12, share);
  const bool under = at.rows && at.size.y >= ui.px(34);
  const float y = under ? low.y + ui.px(3) : low.y + (at.size.y - size.y) / 2;
  const float line = at.rows ? size.x : size.x + ui.px(6) + wide.x;
  const float x = low.x + (at.size.x - line) / 2;
  draw_text(ui, draw, ImVec2(x, y), kSmall, color, name, font);
  if (!at.rows) draw_text(ui, draw, ImVec2(x + line - wide.x, y + ui.px(1)), 12, ui.colors.secondary, share);
  if (under)
    draw_text(ui, draw, ImVec2(low.x + (at.size.x - wide.x) / 2, low.y + ui.px(19)), 12, ui.colors.secondary,
              share);
}

// The buttons of CLS, DIST and registers, with the share of the row that goes to each.
void draw_specials(Ui& ui, const SpecialsAt& at) {
  const auto names = ui.picture.run().request.model->encoder.special_names();
  const RowShares& shares = ui.picture.shares();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ImVec2 low(at.low.x + at.step.x * static_cast<float>(i),
                     at.low.y + at.step.y * static_cast<float>(i)),
        high(low.x + at.size.x, low.y + at.size.y);
    ImGui::SetCursorScreenPos(low);
    ImGui::PushID(static_cast<int>(i));
    if (ImGui::InvisibleButton("##special", at.size, ImGuiButtonFlags_EnableNav))
      ui.out.emplace_back(TogglePatchPin{static_cast<int>(i)});
    ImGui::PopID();
    const bool focused = ImGui::IsItemFocused() && ImGui::GetIO().NavVisible;
    if (ImGui::IsItemHovered() || focused) ui.ui.next_hovered.patch = static_cast<int>(i);
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("picture.special.tip"));
    const ImU32 pin = patch_pin_color(ui, static_cast<int>(i));
    const bool subject = ui.picture.subject() == static_cast<int>(i);
    draw->AddRectFilled(low, high, ui.colors.raised, ui.px(6));
    draw->AddRect(low, high,
                  pin != 0  ? pin
                  : subject ? ui.colors.text
                            : ui.colors.border,
                  ui.px(6), ui.px(pin != 0 || subject ? 2.0f : 1.2f));
    const std::string share = i < shares.specials.size()
                                  ? ui.tr.percent(static_cast<double>(shares.specials[i]), 1)
                                  : std::string();
    draw_special_text(ui, draw, at, low, names[i], share, subject, subject || pin != 0);
  }
}

// Picture, special tokens, colour bar and line of words in the panel, the picture as large as they let it be.
struct PictureLayout {
  PatchGrid grid;
  SpecialsAt specials;
  ImVec2 bar;      // upper left
  float line = 0;  // its y
};

// The special tokens beside the picture while that does not make it smaller, else in a line above it.
PictureLayout lay_out_picture(const Ui& ui, ImVec2 at, ImVec2 high) {
  const auto count = static_cast<float>(ui.picture.run().request.model->encoder.special_names().size());
  PictureLayout layout;
  layout.line = high.y - ui.px(kLine - 4);
  const auto try_place = [&](bool rows) {
    const ImVec2 low(at.x + (rows ? ui.px(kSpecialWidth) : 0.0f), at.y + (rows ? 0.0f : ui.px(kSpecialRow)));
    return place_picture(ui.picture.run(), low,
                         ImVec2(high.x - low.x, layout.line - ui.px(kBarRoom + 4) - low.y));
  };
  const auto area = [](const PatchGrid& grid) {
    return (grid.image_high.x - grid.image_low.x) * (grid.image_high.y - grid.image_low.y);
  };
  const PatchGrid beside = try_place(true), below = try_place(false);
  const bool rows = count > 0 && area(beside) >= area(below);
  layout.grid = rows ? beside : below;
  layout.specials = {.low = rows ? ImVec2(layout.grid.image_low.x - ui.px(kSpecialWidth), at.y) : at,
                     .rows = rows};
  if (rows) {
    const float step = std::min(ui.px(44), (layout.line - at.y) / std::max(1.0f, count));
    layout.specials.size = ImVec2(ui.px(kSpecialWidth - 10), std::max(ui.px(18), step - ui.px(6)));
    layout.specials.step = ImVec2(0, step);
  } else {
    const float step = std::min(ui.px(110), (high.x - at.x) / std::max(1.0f, count));
    layout.specials.size = ImVec2(std::max(1.0f, step - ui.px(6)), ui.px(kSpecialRow - 4));
    layout.specials.step = ImVec2(step, 0);
  }
  layout.bar = ImVec2(layout.grid.image_low.x, layout.grid.image_high.y + ui.px(8));
  return layout;
}

void draw_overlay(Ui& ui, ImDrawList* draw, const PatchGrid& grid) {
  if (!ui.picture.problem().empty()) return;
  draw_map_over(draw, grid, ui.textures.overlay, ui.state.view.picture.opacity, ui.state.view.picture.smooth);
}

bool picture_colours(const Ui& ui) { return ui.picture.problem().empty() && !ui.picture.colours().empty(); }

void draw_colours(Ui& ui, ImDrawList* draw, const PatchGrid& grid) {
  const std::vector<Rgba>& colours = ui.picture.colours();
  for (int i = 0; i < static_cast<int>(colours.size()); ++i) {
    const auto [low, high] = grid.patch(grid.specials + i);
    const Rgba& c = colours[static_cast<std::size_t>(i)];
    draw->AddRectFilled(low, high, with_alpha(IM_COL32(c.r, c.g, c.b, 255), ui.state.view.picture.opacity));
  }
}

void frame_patch(Ui& ui, ImDrawList* draw, const PatchGrid& grid, int token, ImU32 color) {
  const auto [low, high] = grid.patch(token);
  frame_cell(ui, draw, low, high, color);
}

// The border of a set of patches: the edges with a patch outside the set on the other side. Its letter stands
// in the first of them.
void outline_region(Ui& ui, ImDrawList* draw, const PatchGrid& grid, const std::vector<int>& region,
                    const char* letter, ImU32 color) {
  const auto has = [&](int column, int row) {
    if (column < 0 || row < 0 || column >= grid.columns || row >= grid.rows) return false;
    return std::ranges::binary_search(region, grid.specials + row * grid.columns + column);
  };
  const auto edge = [&](ImVec2 from, ImVec2 to, bool halo) {
    draw->AddLine(from, to, halo ? ui.colors.panel : color, ui.px(halo ? 4.5f : 2.5f));
  };
  const auto edges = [&](int token, bool halo) {
    const int column = (token - grid.specials) % grid.columns, row = (token - grid.specials) / grid.columns;
    const auto [low, high] = grid.patch(token);
    if (!has(column - 1, row)) edge(low, ImVec2(low.x, high.y), halo);
    if (!has(column + 1, row)) edge(ImVec2(high.x, low.y), high, halo);
    if (!has(column, row - 1)) edge(low, ImVec2(high.x, low.y), halo);
    if (!has(column, row + 1)) edge(ImVec2(low.x, high.y), high, halo);
  };
  for (const bool halo : {true, false}) {
    for (const int token : region) {
      if (token >= grid.specials && token < grid.specials + grid.columns * grid.rows) edges(token, halo);
    }
  }
  const auto first = std::ranges::find_if(region, [&](int token) {
    return token >= grid.specials && token < grid.specials + grid.columns * grid.rows;
  });
  if (first != region.end()) mark_label(ui, draw, grid.patch(*first).first, letter, color);
}

void line_with_halo(Ui& ui, ImDrawList* draw, ImVec2 from, ImVec2 to, ImU32 color) {
  draw->AddLine(from, to, ui.colors.panel, ui.px(4));
  draw->AddLine(from, to, color, ui.px(2));
}

// What is tried on patches: crossed out where nobody reads them, a line where one does not read another.
void draw_tried_patches(Ui& ui, ImDrawList* draw, const PatchGrid& grid) {
  const auto is_there = [&](const PromptWord& place) {
    return place.position >= grid.specials && place.position < grid.specials + grid.columns * grid.rows;
  };
  const auto middle = [&](const PromptWord& place) {
    const auto [low, high] = grid.patch(place.position);
    return ImVec2((low.x + high.x) / 2, (low.y + high.y) / 2);
  };
  for (const RunEdit& edit : ui.state.doc.picture.edits) {
    if (!edit.on) continue;
    if (const auto* mask = std::get_if<MuteWord>(&edit.what); mask != nullptr && is_there(mask->word)) {
      const auto [low, high] = grid.patch(mask->word.position);
      line_with_halo(ui, draw, low, high, ui.colors.warning);
      line_with_halo(ui, draw, ImVec2(low.x, high.y), ImVec2(high.x, low.y), ui.colors.warning);
    }
    const auto* cut = std::get_if<CutReading>(&edit.what);
    if (cut != nullptr && is_there(cut->query) && is_there(cut->key))
      line_with_halo(ui, draw, middle(cut->query), middle(cut->key), ui.colors.warning);
  }
}

void draw_marks(Ui& ui, ImDrawList* draw, const PatchGrid& grid) {
  const PictureDocument& doc = ui.state.doc.picture;
  outline_region(ui, draw, grid, doc.region_a, "A", region_color(ui, false));
  outline_region(ui, draw, grid, doc.region_b, "B", region_color(ui, true));
  for (std::size_t i = 0; i < doc.pins.size(); ++i) {
    if (doc.pins[i] < grid.specials) continue;
    frame_patch(ui, draw, grid, doc.pins[i], ui.colors.pins[i]);
    const char number[2] = {static_cast<char>('1' + i), '\0'};
    ImVec2 at = grid.patch(doc.pins[i]).first;
    // Above a small patch, which it would cover.
    if (grid.cell.y < ui.px(26)) at.y = std::max(grid.low.y, at.y - ui.px(kSmall * kLineOfEm));
    mark_label(ui, draw, at, number, ui.colors.pins[i]);
  }
  if (const auto held = held_cell(ui)) {
    if (held->first >= grid.specials) frame_patch(ui, draw, grid, held->first, ui.colors.text);
    if (held->second >= grid.specials) frame_patch(ui, draw, grid, held->second, ui.colors.accent);
  }
  draw_tried_patches(ui, draw, grid);
  if (const int hovered = ui.ui.hovered.patch; hovered >= grid.specials)
    frame_patch(ui, draw, grid, hovered, ui.colors.text);
}

void move_cursor(Ui& ui, const PatchGrid& grid, ImGuiID id) {
  int cell = ui.ui.picture.cursor - grid.specials;
  if (!move_over_cells(grid.columns, grid.rows, cell, id)) return;
  ui.ui.next_hovered.patch = ui.ui.picture.cursor = grid.specials + cell;
}

void patch_tooltip(Ui& ui, int token) {
  if (!ImGui::BeginTooltip()) return;
  text_sized(ui, kBody, ui.colors.text, patch_label(ui, token), ui.fonts.bold);
  const CellImage& overlay = ui.picture.overlay();
  const float value = overlay.cells[static_cast<std::size_t>(token - ui.picture.specials())];
  const std::string number =
      value == kMaskedValue ? "–" : map_number(ui, ui.picture.overlay_range(), number_of_cell(value), 5);
  text_sized(ui, kBody, ui.colors.secondary,
             lens_in_force(ui) + "   " + (ui.picture.colours().empty() ? "" : "1: ") + number);
  ImGui::EndTooltip();
}

void handle_pointer(Ui& ui, const PatchGrid& grid) {
  ImGui::SetCursorScreenPos(grid.low);
  const ImVec2 size(std::max(1.0f, grid.high().x - grid.low.x), std::max(1.0f, grid.high().y - grid.low.y));
  const bool clicked = ImGui::InvisibleButton("##picture", size, ImGuiButtonFlags_EnableNav);
  const ImGuiID id = ImGui::GetItemID();
  const bool hovered = ImGui::IsItemHovered(ImGuiHoveredFlags_NoNavOverride), active = ImGui::IsItemActive();
  if (ui.ui.picture.drawing != RegionDrag::kNone) {
    draw_region(ui, grid, active, ImGui::IsItemDeactivated());
    return;
  }
  move_cursor(ui, grid, id);
  const int cursor = ui.ui.next_hovered.patch;
  if (hovered) {
    const int token = grid.token_at(ImGui::GetMousePos());
    ui.ui.next_hovered.patch = token;
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) patch_tooltip(ui, token);
    if (clicked) ui.out.emplace_back(TogglePatchPin{token});
  } else if (clicked && cursor >= 0) {
    ui.out.emplace_back(TogglePatchPin{cursor});
  }
}

// Of the map in view; the run's own when a lens has none.
std::int64_t not_finite(const Ui& ui) {
  const std::vector<float>& cells = ui.picture.overlay().cells;
  const auto hatched = std::ranges::count(cells, kInvalidValue);
  return hatched > 0 ? hatched : ui.picture.run().output.record->non_finite;
}

// What is shown stands in the sentence at the top; here, what can be done, or how it was computed.
std::string reading_line(const Ui& ui) {
  const PictureViews& picture = ui.picture;
  if (!picture.problem().empty() && !has_now_in_words(ui)) return ui.tr(picture.problem());
  if (ui.state.view.picture.lens == PictureLens::kCaption)
    return ui.tr(std::string("picture.caption.").append(caption_lens_name(ui.state.view.picture.caption)));
  if (ui.state.view.picture.lens == PictureLens::kPca) return ui.tr("picture.pca.line");
  if (picture.choice().lens == "flow") return ui.tr("picture.flow.line");
  return ui.tr("picture.hint");
}

void draw_picture(Ui& ui) {
  const ImVec2 window = ImGui::GetWindowPos(), window_size = ImGui::GetWindowSize();
  const ImVec2 at(window.x + ui.px(14), ImGui::GetCursorScreenPos().y + ui.px(4));
  const ImVec2 high(window.x + window_size.x - ui.px(14), window.y + window_size.y - ui.px(10));
  if (high.x - at.x < ui.px(80) || high.y - at.y < ui.px(kSpecialRow + kBarRoom + kLine + 40)) return;
  const PictureLayout layout = lay_out_picture(ui, at, high);
  const PatchGrid& grid = layout.grid;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_specials(ui, layout.specials);
  draw_photo(ui, draw, grid, ui.textures.photo);
  if (picture_colours(ui)) {
    draw_colours(ui, draw, grid);
  } else {
    draw_overlay(ui, draw, grid);
  }
  draw_patch_lines(ui, draw, grid);
  draw_marks(ui, draw, grid);
  handle_pointer(ui, grid);
  spot_patches(ui, [&](int position) -> std::optional<ImVec4> {
    const auto [low, corner] = grid.patch(position);
    return ImVec4(low.x, low.y, corner.x, corner.y);
  });
  if (picture_colours(ui)) {
    draw_components(ui, draw, layout.bar, grid.image_high.x - grid.image_low.x, ui.picture.explained());
  } else if (ui.picture.problem().empty()) {
    draw_flat_bar(ui, draw, layout.bar, grid.image_high.x - grid.image_low.x, ui.picture.overlay_range(),
                  colormap_for(ui.state.view, ui.picture.overlay_range()), "", ui.state.view.picture.opacity);
  }
  const std::int64_t bad = not_finite(ui);
  const std::string line = bad > 0 ? ui.tr.format("matrix.not_finite", bad) : reading_line(ui);
  draw_text(ui, draw, ImVec2(at.x, layout.line), kSmall, bad > 0 ? ui.colors.error : ui.colors.text,
            fitted(ui, line, kSmall, window_size.x - ui.px(28)));
}

}  // namespace

void draw_picture_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.picture"))) {
    draw_header(ui);
    under_header(ui);
    if (ui.picture.has_run()) {
      draw_controls(ui);
      draw_picture(ui);
    } else {
      text_sized(ui, kBody, ui.colors.secondary, ui.tr("picture.empty"));
    }
  }
  end_panel();
}

}  // namespace regard
