#include "app/app.h"

#include <algorithm>

#include <imgui_internal.h>

namespace regard {
namespace {

// What ImGui still has to do without a new event: input it spreads over several frames, and a tooltip that
// opens after the pointer has rested for a moment.
bool imgui_has_more() {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const bool tooltip = g.HoverItemDelayId != 0 && (g.HoverItemDelayTimer < g.Style.HoverDelayShort ||
                                                   g.MouseStationaryTimer < g.Style.HoverStationaryDelay);
  return tooltip || !g.InputEventsQueue.empty();
}

}  // namespace

void ColoredImage::sync(HeatmapPass& pass, const CellImage& image, const ColorScale& scale, Colormap map) {
  if (image.width <= 0 || image.height <= 0) return;
  const bool fresh = version_ != image.version;
  if (fresh) {
    values_.upload_r32f(image.width, image.height, image.cells);
    version_ = image.version;
  }
  const std::pair wanted(scale, map);
  if (!fresh && drawn_ == wanted) return;
  pass.draw(values_, scale, map, colors_);
  drawn_ = wanted;
}

ImTextureID ColoredImage::texture() const {
  return drawn_ ? static_cast<ImTextureID>(colors_.color().id()) : ImTextureID_Invalid;
}

Result<std::unique_ptr<App>> App::create(GlContext& context, const Session& session) {
  Result<HeatmapPass> pass = HeatmapPass::create();
  if (!pass) return std::unexpected(pass.error());
  return std::unique_ptr<App>(new App(context, session, std::move(*pass)));
}

App::App(GlContext& context, const Session& session, HeatmapPass pass)
    : context_(context),
      pass_(std::move(pass)),
      fonts_(load_fonts()),
      program_(session, [&context] { context.wake(); }) {
  ImGui::GetIO().ConfigInputTextCursorBlink = false;  // a blinking cursor would draw frames for ever
}

void App::style() {
  const std::pair wanted(program_.state().view.theme, context_.content_scale() * program_.state().view.zoom);
  if (styled_ == wanted) return;
  apply_style(palette(wanted.first), wanted.second);
  styled_ = wanted;
}

void App::frame() {
  const bool answered = program_.accept_answers();  // 1 results of the workers
  program_.refresh_views();                         // 2 only those whose key changed
  const TextViews& views = program_.views();
  const Colormap map = colormap_for(program_.state().view);
  if (views.has_map()) {  // 3 upload by version
    matrix_.sync(pass_, views.matrix(), views.matrix_range(), map);
    atlas_.sync(pass_, views.atlas(), views.atlas_range(), map);
  }
  if (const CompareViews& compare = program_.compare(); compare.ready()) {
    first_.sync(pass_, compare.first_map(), compare.range(), map);
    second_.sync(pass_, compare.second_map(), compare.range(), map);
    difference_.sync(pass_, compare.difference(), compare.difference_range(), Colormap::kPuOr);
  }
  style();
  context_.begin_frame();
  program_.draw({.matrix = matrix_.texture(),
                 .atlas = atlas_.texture(),
                 .first = first_.texture(),
                 .second = second_.texture(),
                 .difference = difference_.texture()},
                fonts_, styled_->second);          // 4 panels read, emit commands
  context_.end_frame();                            // 5 ImGui draws: textures must live
  const bool changed = program_.apply_commands();  // 6 the only place where state changes
  frames_due_ = changed || answered ? kSettle : std::max(imgui_has_more() ? 1 : 0, frames_due_ - 1);
}

}  // namespace regard
