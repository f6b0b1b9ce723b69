// One word at its three stations, side by side: what it reads in the text, its part of the likeness of prompt
// and picture with the patches that speak for it, and what the drawing's patches read of it.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <imgui_internal.h>

#include "app/ui/actions.h"
#include "app/ui/picture_parts.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/ui/workspaces.h"
#include "app/views/cells.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/text_views.h"

namespace regard {
namespace {

constexpr float kBesideEachOther = 190, kMapSide = 170, kStationGap = 14;
constexpr std::size_t kLinks = 5;
constexpr float kMapOpacity = 0.75f;
constexpr Workspace kStations[] = {Workspace::kText, Workspace::kImage, Workspace::kPainting};

void wrapped(Ui& ui, ImU32 color, const std::string& text) { text_wrapped(ui, kSmall, color, text); }

// "2 Image": a click takes the word there. The one where the person is stands in bold.
void station_title(Ui& ui, int station) {
  const Workspace there = kStations[station];
  const auto* const now = std::ranges::find(kStations, ui.state.view.workspace);
  const int here = static_cast<int>(now - std::begin(kStations));
  const std::string title = std::to_string(station + 1) + "  " + ui.tr(line_of(there).key);
  const bool is_here = here == station;
  const ImVec2 at = ImGui::GetCursorScreenPos(),
               size = measure(ui, kBody, title, is_here ? ui.fonts.bold : nullptr);
  ImGui::PushID(station);
  if (ImGui::InvisibleButton("##station", ImVec2(size.x, ui.px(22)), ImGuiButtonFlags_EnableNav) && !is_here)
    ui.out.emplace_back(FollowWord{station - here});
  ImGui::PopID();
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (!is_here && ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("thought.go"));
  draw_text(ui, ImGui::GetWindowDrawList(), at, kBody,
            is_here ? ui.colors.text
            : hot   ? ui.colors.accent
                    : ui.colors.secondary,
            title, is_here ? ui.fonts.bold : nullptr);
}

std::string name_of(const Ui& ui, const ThoughtLink& link) {
  if (!link.special) return link.label;
  return ui.tr(link.position == 0 ? "token.bos" : "token.eos");
}

// @param most  the share of a full bar
void draw_links(Ui& ui, const char* title, std::vector<ThoughtLink> links, float most) {
  wrapped(ui, ui.colors.secondary, ui.tr(title));
  std::ranges::stable_sort(links, std::ranges::greater(), &ThoughtLink::share);
  links.resize(std::min(links.size(), kLinks));
  std::erase_if(links, [](const ThoughtLink& link) { return !(link.share > 0.0f); });
  if (links.empty()) wrapped(ui, ui.colors.text, ui.tr("thought.nobody"));
  for (const ThoughtLink& link : links)
    draw_share_bar(ui, name_of(ui, link), link.share, most, ui.colors.word);
}

// Both lists on one scale.
void text_station(Ui& ui, const Thought& thought) {
  float most = 0.0f;
  for (const auto* links : {&thought.text.reads, &thought.text.read_by}) {
    for (const ThoughtLink& link : *links) most = std::max(most, link.share);
  }
  draw_links(ui, "thought.reads", thought.text.reads, most);
  ImGui::Dummy(ImVec2(0, ui.px(4)));
  draw_links(ui, "thought.read_by", thought.text.read_by, most);
}

// The patches over what lies below, the largest framed. @param corners  of a patch, pixels
void draw_patches(Ui& ui, const ThoughtMap& map,
                  const std::function<std::pair<ImVec2, ImVec2>(int)>& corners) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ColorScale scale = scale_to(largest_number(map.values));
  const Colormap colors = colormap_for(ui.state.view, scale);
  for (int patch = 0; patch < static_cast<int>(map.values.size()); ++patch) {
    const auto [low, high] = corners(patch);
    const Rgba color = overlay_color_of(scale, colors, upload_value(map.values(patch)), kMapOpacity);
    draw->AddRectFilled(low, high, imgui_color(color));
  }
  const auto [low, high] = corners(map.largest);
  frame_cell(ui, draw, low, high, ui.colors.text);
}

// On a square of its own, where what lies below is not at hand.
void draw_grid(Ui& ui, const ThoughtMap& map, ImVec2 at, float side) {
  const float cell = side / static_cast<float>(std::max(map.columns, map.rows));
  ImGui::GetWindowDrawList()->AddRectFilled(
      at, ImVec2(at.x + cell * static_cast<float>(map.columns), at.y + cell * static_cast<float>(map.rows)),
      ui.colors.empty_cell);
  draw_patches(ui, map, [&](int patch) {
    const ImVec2 low(at.x + cell * static_cast<float>(patch % map.columns),
                     at.y + cell * static_cast<float>(patch / map.columns));
    return std::pair(low, ImVec2(low.x + cell, low.y + cell));
  });
}

float map_side(Ui& ui) { return std::min(ui.px(kMapSide), ImGui::GetContentRegionAvail().x); }

std::string place_of(Ui& ui, const ThoughtMap& map) {
  return ui.tr.format("picture.patch", map.largest % map.columns + 1, map.largest / map.columns + 1);
}

void picture_map(Ui& ui, const ThoughtMap& map) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float side = map_side(ui);
  const bool at_hand = ui.picture.has_run() && &ui.picture.run() == ui.state.thought.of->picture.get() &&
                       ui.picture.columns() == map.columns && ui.picture.rows() == map.rows;
  if (at_hand) {
    const PatchGrid grid = place_picture(ui.picture.run(), at, ImVec2(side, side));
    if (ui.textures.photo != ImTextureID_Invalid)
      ImGui::GetWindowDrawList()->AddImage(ui.textures.photo, grid.image_low, grid.image_high);
    draw_patches(ui, map, [&](int patch) { return grid.patch(grid.specials + patch); });
  } else {
    draw_grid(ui, map, at, side);
  }
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(side, side));
}

void picture_station(Ui& ui, const Thought& thought) {
  if (!thought.picture) {
    return wrapped(ui, ui.colors.secondary,
                   thought.picture_problem.empty() ? std::string(ui.tr("thought.picture.none"))
                                                   : thought.picture_problem);
  }
  const PictureStation& station = *thought.picture;
  picture_map(ui, station.map);
  const std::string cosine = ui.tr.number(station.cosine, 3);
  if (station.cosine_without) {
    const float part = station.cosine - *station.cosine_without;
    std::string signed_part(part >= 0 ? "+" : "");
    signed_part.append(ui.tr.number(part, 3));
    wrapped(
        ui, ui.colors.text,
        ui.tr.format("thought.picture.part", signed_part, cosine, ui.tr.number(*station.cosine_without, 3)));
  } else {
    wrapped(ui, ui.colors.text, ui.tr.format("thought.picture.only", cosine));
  }
  wrapped(ui, ui.colors.secondary, ui.tr.format("thought.picture.most", place_of(ui, station.map)));
}

// The last picture of the film under the patches, where it is at hand.
void drawing_map(Ui& ui, const ThoughtMap& map) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float side = map_side(ui);
  const PixelSheet& film = ui.paint.film();
  const bool at_hand = ui.textures.film != ImTextureID_Invalid && ui.paint.has_run() && film.tiles > 0 &&
                       &ui.paint.run() == ui.state.thought.of->drawing.get();
  if (at_hand) {
    const int tile = film.tiles - 1;
    const float left = static_cast<float>(tile % film.columns * film.tile_width),
                top = static_cast<float>(tile / film.columns * film.tile_height),
                width = static_cast<float>(film.width()), height = static_cast<float>(film.height());
    const float cell = side / static_cast<float>(std::max(map.columns, map.rows));
    ImGui::GetWindowDrawList()->AddImage(
        ui.textures.film, at,
        ImVec2(at.x + cell * static_cast<float>(map.columns), at.y + cell * static_cast<float>(map.rows)),
        ImVec2(left / width, top / height),
        ImVec2((left + static_cast<float>(film.tile_width)) / width,
               (top + static_cast<float>(film.tile_height)) / height));
    draw_patches(ui, map, [&](int patch) {
      const ImVec2 low(at.x + cell * static_cast<float>(patch % map.columns),
                       at.y + cell * static_cast<float>(patch / map.columns));
      return std::pair(low, ImVec2(low.x + cell, low.y + cell));
    });
  } else {
    draw_grid(ui, map, at, side);
  }
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(side, side));
}

void drawing_station(Ui& ui, const Thought& thought) {
  if (!thought.drawing) {
    const bool elsewhere = ui.state.thought.of->drawing != nullptr;  // of another prompt
    return wrapped(ui, ui.colors.secondary,
                   ui.tr(elsewhere ? "thought.drawing.other" : "thought.drawing.none"));
  }
  const DrawingStation& station = *thought.drawing;
  drawing_map(ui, station.map);
  const float most = station.map.values(station.map.largest);
  wrapped(ui, ui.colors.text,
          ui.tr.format("thought.drawing.share", ui.tr.percent(static_cast<double>(station.share)),
                       ui.tr.percent(static_cast<double>(most)), place_of(ui, station.map)));
}

void draw_station(Ui& ui, int station, const Thought& thought) {
  station_title(ui, station);
  if (station == 0) text_station(ui, thought);
  if (station == 1) picture_station(ui, thought);
  if (station == 2) drawing_station(ui, thought);
}

void draw_thought(Ui& ui, const Thought& thought) {
  if (ImGui::BeginChild("##stations")) {
    text_sized(ui, kBody, ui.colors.text, ui.tr.format("now.word", thought.word), ui.fonts.bold);
    const float room = ImGui::GetContentRegionAvail().x;
    const bool beside = room >= 3 * ui.px(kBesideEachOther);
    const float width = (room - 2 * ui.px(kStationGap)) / 3;
    for (int station = 0; station < 3; ++station) {
      if (!beside) {
        ImGui::Dummy(ImVec2(0, ui.px(6)));
        draw_station(ui, station, thought);
        continue;
      }
      if (station > 0) ImGui::SameLine(0, ui.px(kStationGap));
      ImGui::PushID(station);
      if (ImGui::BeginChild("##one", ImVec2(width, 0), ImGuiChildFlags_AutoResizeY))
        draw_station(ui, station, thought);
      ImGui::EndChild();
      ImGui::PopID();
    }
    ImGui::Dummy(ImVec2(0, ui.px(6)));
    wrapped(ui, ui.colors.secondary, ui.tr("thought.honest"));
  }
  ImGui::EndChild();
}

}  // namespace

void draw_thought_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.thought"))) {
    ui.ui.in_sight.thought = true;
    under_header(ui);
    const ThoughtState& state = ui.state.thought;
    if (state.of && state.found) {
      draw_thought(ui, *state.found);
    } else if (!state.problem.empty()) {
      wrapped(ui, ui.colors.warning, state.problem);
    } else {
      wrapped(ui, ui.colors.secondary, ui.tr(state.of ? "now.computing" : "thought.empty"));
    }
  }
  end_panel();
}

}  // namespace regard
