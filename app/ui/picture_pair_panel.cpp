// Two pictures side by side: point at a patch of one, and the patches of the other whose vectors are most
// like its own are framed, both ways.
#include <algorithm>
#include <cmath>
#include <string>

#include <imgui_internal.h>

#include "app/state/picture_pairs.h"
#include "app/ui/paint_parts.h"
#include "app/ui/picture_parts.h"
#include "app/ui/widgets.h"
#include "app/views/pair_views.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kPairName = 28, kPairBar = 40, kPairLine = 24, kList = 210, kLeastBeside = 200, kPairRow = 24;
// A cell, units: from here on numbers have their full size, and in smaller ones than kLeastMarked only the
// best has its own.
constexpr float kFullMark = 18, kLeastMarked = 12;
constexpr int kCounts[] = {1, 3, 5, 10, 20};

const char* letter(bool second) { return second ? "B" : "A"; }

void set_pair(Ui& ui, const auto& change) {
  PicturePair pair = ui.state.doc.pair;
  change(pair);
  ui.out.emplace_back(SetPair{pair, 0});
}

std::string patch_name(const Ui& ui, const PairPatch& at) {
  const int columns = ui.pair.run(at.second).output.columns;
  return std::string(letter(at.second)) + " · " +
         ui.tr.format("picture.patch", at.patch % columns + 1, at.patch / columns + 1);
}

// ---- header -----------------------------------------------------------------------------------------------

const PairScene* pair_in_force(const Ui& ui) {
  const Document& doc = ui.state.doc;
  const auto found = std::ranges::find_if(picture_pairs(), [&](const PairScene& scene) {
    return doc.picture.image == scene.first && doc.pair.image == scene.second;
  });
  return found == picture_pairs().end() ? nullptr : &*found;
}

void draw_scene_list(Ui& ui, const std::string& text) {
  if (!begin_dropdown(ui, "scenes", text)) return;
  const PairScene* shown = pair_in_force(ui);
  for (const PairScene& scene : picture_pairs()) {
    if (ImGui::MenuItem(ui.tr(scene.key), nullptr, &scene == shown))
      ui.out.emplace_back(ShowPair{pair_name(scene)});
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip))
      tooltip(ui, ui.tr(std::string(scene.key) + ".tip"));
  }
  ImGui::EndPopup();
}

std::string layer_label(const Ui& ui, int layer) {
  return layer == 0 ? std::string(ui.tr("pair.layer.last")) : ui.tr.format("pair.layer", layer);
}

void draw_layer_list(Ui& ui, const std::string& text) {
  if (!begin_dropdown(ui, "layer", text)) return;
  const int layers = ui.pair.ready() ? ui.pair.layers() : 0;
  for (int layer = 0; layer <= layers; ++layer) {
    if (ImGui::MenuItem(layer_label(ui, layer).c_str(), nullptr, ui.state.doc.pair.layer == layer))
      set_pair(ui, [&](PicturePair& pair) { pair.layer = layer; });
  }
  ImGui::EndPopup();
}

void draw_count_list(Ui& ui, const std::string& text) {
  if (!begin_dropdown(ui, "count", text)) return;
  for (const int count : kCounts) {
    if (ImGui::MenuItem(ui.tr.format("pair.best", count).c_str(), nullptr, ui.state.doc.pair.best == count))
      set_pair(ui, [&](PicturePair& pair) { pair.best = count; });
  }
  ImGui::EndPopup();
}

void draw_pair_header(Ui& ui) {
  const PairScene* scene = pair_in_force(ui);
  const std::string layer = layer_label(ui, ui.state.doc.pair.layer),
                    count = ui.tr.format("pair.best", ui.state.doc.pair.best);
  const float gap = ui.px(16), lists = dropdown_width(ui, layer) + gap + dropdown_width(ui, count);
  const float room = ImGui::GetWindowWidth() - ui.px(28) - lists - 2 * gap - ui.px(110);
  const std::string scenes =
      fitted(ui, ui.tr(scene != nullptr ? scene->key : "pair.scenes"), kSmall, std::max(room, ui.px(24)));
  header_right(ui, dropdown_width(ui, scenes) + gap + lists);
  ImVec2 at = ImGui::GetCursorScreenPos();
  draw_scene_list(ui, scenes);
  at.x += dropdown_width(ui, scenes) + gap;
  ImGui::SetCursorScreenPos(at);
  draw_layer_list(ui, layer);
  at.x += dropdown_width(ui, layer) + gap;
  ImGui::SetCursorScreenPos(at);
  draw_count_list(ui, count);
}

// ---- pictures ---------------------------------------------------------------------------------------------

struct PairSide {
  bool second = false;
  PatchGrid grid;
};

// Its letter and its name, which is the list of pictures.
void draw_name(Ui& ui, bool second, ImVec2 at, float width) {
  const std::string& image = second ? ui.state.doc.pair.image : ui.state.doc.picture.image;
  const float left = measure(ui, 18, "B", ui.fonts.bold).x + ui.px(10);
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x, at.y), 18, ui.colors.text, letter(second),
            ui.fonts.bold);
  const std::string name =
      fitted(ui, picture_name(ui, image), kSmall, std::max(1.0f, width - left - ui.px(18)));
  ImGui::SetCursorScreenPos(ImVec2(at.x + left, at.y + ui.px(1)));
  if (!begin_dropdown(ui, second ? "second" : "first", name)) return;
  if (const auto sample =
          picture_items(ui, image, second ? act::open_second_of_pair : act::open_first_of_pair))
    ui.out.emplace_back(OpenPairImage{second, *sample});
  ImGui::EndPopup();
}

void frame(Ui& ui, ImDrawList* draw, const PatchGrid& grid, int patch, ImU32 color) {
  const auto [low, high] = grid.patch(grid.specials + patch);
  frame_cell(ui, draw, low, high, color);
}

// From the last to the first, so that the best lies on top.
void draw_matches(Ui& ui, ImDrawList* draw, const PatchGrid& grid, const PatchMatches& matches) {
  const float cell = std::min(grid.cell.x, grid.cell.y) / ui.px(1);
  const bool fits = cell >= kLeastMarked;
  const float type = fits ? kSmall * std::min(1.0f, cell / kFullMark) : kSmall;
  for (std::size_t rank = matches.best.size(); rank-- > 0;) {
    const int patch = matches.best[rank].patch;
    const ImU32 color = rank == 0 ? ui.colors.regions[1] : ui.colors.text;
    frame(ui, draw, grid, patch, color);
    if (!fits && rank > 0) continue;
    ImVec2 at = grid.patch(grid.specials + patch).first;
    if (!fits) at.y = std::max(grid.low.y, at.y - ui.px(kSmall * kLineOfEm));
    mark_label(ui, draw, at, std::to_string(rank + 1).c_str(), color, type);
  }
}

void patch_tooltip(Ui& ui, const PairPatch& at) {
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip) || !ImGui::BeginTooltip()) return;
  text_sized(ui, kBody, ui.colors.text, patch_name(ui, at), ui.fonts.bold);
  const PatchMatches* matches = ui.pair.matches();
  if (matches != nullptr && !matches->best.empty() && ui.pair.subject() == at) {
    const PatchMatches::Match& best = matches->best.front();
    text_sized(ui, kBody, ui.colors.secondary,
               ui.tr.format("pair.tip", patch_name(ui, {!at.second, best.patch}),
                            ui.tr.number(static_cast<double>(best.cosine), 3)));
  }
  ImGui::EndTooltip();
}

// A click holds on to a patch, and lets go of it again.
void choose(Ui& ui, const PairPatch& at) {
  set_pair(ui, [&](PicturePair& pair) {
    const bool again = ui.pair.holds(at);
    pair.place = again ? std::nullopt : std::optional(place_of(ui.pair.run(at.second), at.patch));
    pair.from_second = !again && at.second;
  });
}

void handle_pointer(Ui& ui, const PairSide& side) {
  const PatchGrid& grid = side.grid;
  ImGui::SetCursorScreenPos(grid.low);
  const ImVec2 size(std::max(1.0f, grid.high().x - grid.low.x), std::max(1.0f, grid.high().y - grid.low.y));
  const bool clicked = ImGui::InvisibleButton(side.second ? "##second_picture" : "##first_picture", size,
                                              ImGuiButtonFlags_EnableNav);
  const bool hovered = ImGui::IsItemHovered(ImGuiHoveredFlags_NoNavOverride);
  int& cursor = ui.ui.pair_cursor[side.second ? 1 : 0];
  const bool by_key = move_over_cells(grid.columns, grid.rows, cursor, ImGui::GetItemID());
  if (by_key) ui.ui.next_hovered.pair = PairPatch{side.second, cursor};
  if (hovered) {
    const PairPatch at{side.second, grid.token_at(ImGui::GetMousePos()) - grid.specials};
    ui.ui.next_hovered.pair = at;
    patch_tooltip(ui, at);
    if (clicked) choose(ui, at);
  } else if (clicked && by_key) {
    choose(ui, {side.second, cursor});
  }
}

void draw_side(Ui& ui, const PairSide& side) {
  const PatchGrid& grid = side.grid;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const PictureView& view = ui.state.view.picture;
  const PairPatch& subject = ui.pair.subject();
  const PatchMatches* matches = ui.pair.matches();
  const bool other = subject.second != side.second;  // the map is over it
  draw_photo(ui, draw, grid, side.second ? ui.textures.other_photo : ui.textures.photo);
  if (other && matches != nullptr)
    draw_map_over(draw, grid, ui.textures.pair_overlay, view.opacity, view.smooth);
  draw_patch_lines(ui, draw, grid);
  if (other && matches != nullptr) draw_matches(ui, draw, grid, *matches);
  if (!other && subject.patch < grid.columns * grid.rows)
    frame(ui, draw, grid, subject.patch, ui.colors.accent);
  handle_pointer(ui, side);
  if (!other || matches == nullptr) return;
  draw_flat_bar(ui, draw, ImVec2(grid.image_low.x, grid.image_high.y + ui.px(8)),
                grid.image_high.x - grid.image_low.x, ui.pair.range(),
                colormap_for(ui.state.view, ui.pair.range()), "", view.opacity);
}

// ---- numbers ----------------------------------------------------------------------------------------------

void draw_row(Ui& ui, const std::string& name, const std::string& number, bool strong) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImFont* font = strong ? ui.fonts.bold : ui.fonts.regular;
  const ImVec2 size = measure(ui, kSmall, number, font);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw_text(ui, draw, at, kSmall, strong ? ui.colors.text : ui.colors.secondary,
            fitted(ui, name, kSmall, width - size.x - ui.px(8)), font);
  draw_text(ui, draw, ImVec2(at.x + width - size.x, at.y), kSmall, ui.colors.text, number, font);
  ImGui::Dummy(ImVec2(width, ui.px(kPairRow - 4)));
}

// On two lines where one is too short: "patch 9, 10" stays whole.
std::string list_title(Ui& ui) {
  const std::string name = patch_name(ui, ui.pair.subject()), line = ui.tr.format("pair.list", name);
  const bool fits = measure(ui, kBody, line, ui.fonts.bold).x <= ImGui::GetContentRegionAvail().x;
  return fits ? line : ui.tr.format("pair.list", "\n" + name);
}

// "↔": its own best match is the patch that was asked for.
void draw_list(Ui& ui, ImVec2 at, ImVec2 room) {
  ImGui::SetCursorScreenPos(at);
  if (ImGui::BeginChild("##matches", room)) {
    const PatchMatches& matches = *ui.pair.matches();
    const PairPatch& subject = ui.pair.subject();
    ImGui::PushTextWrapPos(0.0f);
    text_sized(ui, kBody, ui.colors.text, list_title(ui), ui.fonts.bold);
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr.format("pair.list.note", ui.pair.layer()));
    ImGui::PopTextWrapPos();
    ImGui::Dummy(ImVec2(0, ui.px(4)));
    int mutual = 0;
    for (std::size_t rank = 0; rank < matches.best.size(); ++rank) {
      const PatchMatches::Match& match = matches.best[rank];
      const bool back = matches.back[rank].patch == subject.patch;
      mutual += back ? 1 : 0;
      draw_row(ui,
               std::to_string(rank + 1) + "   " + patch_name(ui, {!subject.second, match.patch}) +
                   (back ? "   ↔" : ""),
               ui.tr.number(static_cast<double>(match.cosine), 3), rank == 0);
    }
    draw_row(ui, ui.tr("pair.mean"), ui.tr.number(matches.mean, 3), false);
    ImGui::Dummy(ImVec2(0, ui.px(4)));
    ImGui::PushTextWrapPos(0.0f);
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr(mutual > 0 ? "pair.mutual" : "pair.not_mutual"));
    if (!ui.state.doc.picture.edits.empty()) text_sized(ui, kSmall, ui.colors.warning, ui.tr("pair.trials"));
    ImGui::PopTextWrapPos();
  }
  ImGui::EndChild();
}

std::string pair_line(const Ui& ui) {
  const PatchMatches* matches = ui.pair.matches();
  if (matches == nullptr || matches->best.empty()) return ui.tr("pair.hint");
  return ui.tr.format("pair.line", ui.tr.number(static_cast<double>(matches->best.front().cosine), 3),
                      ui.tr.number(matches->mean, 3), ui.pair.layer());
}

void draw_pair(Ui& ui) {
  const ImVec2 window = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
  const ImVec2 at(window.x + ui.px(14), ImGui::GetCursorScreenPos().y);
  const ImVec2 room(size.x - ui.px(28), window.y + size.y - ui.px(10) - at.y);
  const float gap = ui.px(16);
  const bool listed = room.x - ui.px(kList) - 2 * gap >= 2 * ui.px(kLeastBeside);
  const float beside = listed ? ui.px(kList) + gap : 0.0f;
  const float width = (room.x - beside - gap) / 2, line = listed ? 0.0f : ui.px(kPairLine);
  const float height = room.y - ui.px(kPairName + kPairBar) - line;
  const bool fits = width >= ui.px(60) && height >= ui.px(60);
  for (const bool second : {false, true}) {
    const ImVec2 low(at.x + (second ? width + gap : 0.0f), at.y);
    draw_name(ui, second, low, width);
    if (!ui.pair.ready() || !fits) continue;
    const PatchGrid grid =
        place_picture(ui.pair.run(second), ImVec2(low.x, low.y + ui.px(kPairName)), ImVec2(width, height));
    draw_side(ui, {second, grid});
  }
  if (!ui.pair.ready()) {
    ImGui::SetCursorScreenPos(ImVec2(at.x, at.y + ui.px(kPairName + 8)));
    text_sized(ui, kBody, ui.colors.secondary, ui.tr(ui.state.vision_model ? "pair.wait" : "picture.empty"));
    return;
  }
  if (!ui.pair.problem().empty()) {
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x, at.y + room.y - ui.px(kPairLine - 6)), kSmall,
              ui.colors.error, fitted(ui, ui.pair.problem(), kSmall, room.x));
  } else if (listed && ui.pair.matches() != nullptr) {
    draw_list(ui, ImVec2(at.x + 2 * width + 2 * gap, at.y), ImVec2(ui.px(kList), room.y));
  } else {
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x, at.y + room.y - ui.px(kPairLine - 6)), kSmall,
              ui.colors.text, fitted(ui, pair_line(ui), kSmall, room.x));
  }
}

// A picture that was opened, dropped or pasted for it brings the panel to the front.
void come_to_front(Ui& ui) {
  int& seen = ui.ui.pair_reading;
  if (seen != ui.state.other_image_wanted) fetch_panel(ui, *ui.panel);
  seen = ui.state.other_image_wanted;
}

}  // namespace

void draw_picture_pair_panel(Ui& ui) {
  const bool visible = begin_panel(ui, ui.tr("panel.picture_pair"));
  come_to_front(ui);
  if (visible) {
    ui.ui.in_sight.pair = true;
    draw_pair_header(ui);
    under_header(ui);
    draw_pair(ui);
  }
  end_panel();
}

}  // namespace regard
