#include "app/app.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include <imgui_internal.h>

#include "app/ui/actions.h"
#include "app/ui/layout_file.h"
#include "app/ui/presenter.h"
#include "app/views/gallery_pictures.h"
#include "app/window/input_order.h"

namespace regard {
namespace {

// Of maps that are each divided by their own largest.
constexpr ColorScale kOwnScale{.min = 0.0f, .max = 1.0f};

// However much was typed while the last frame was drawn: it is handled before the next one, unless that takes
// longer than this.
constexpr std::chrono::milliseconds kInputTime(100);

// Frames in a row in which nothing of the input is handled, at most.
constexpr int kMostHeld = 8;

// What ImGui still has to do without a new event: input it spreads over several frames, and a tooltip that
// opens after the pointer has rested for a moment.
bool imgui_has_more() {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  const bool tooltip = g.HoverItemDelayId != 0 && (g.HoverItemDelayTimer < g.Style.HoverDelayShort ||
                                                   g.MouseStationaryTimer < g.Style.HoverStationaryDelay);
  return tooltip || input_waits();
}

// A picture is larger than a texture only on old cards: then its neighbours are left out.
void upload_photo(const std::shared_ptr<const Image>& read, Texture& texture,
                  std::shared_ptr<const Image>& shown) {
  if (!read || shown == read) return;
  const Image& image = *read;
  const int step =
      std::max(1, (std::max(image.width, image.height) + max_texture_size_px() - 1) / max_texture_size_px());
  const int width = image.width / step, height = image.height / step;
  std::vector<std::uint32_t> texels;
  texels.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const std::uint8_t* rgb =
          &image.rgb[3 * (static_cast<std::size_t>(y * step) * static_cast<std::size_t>(image.width) +
                          static_cast<std::size_t>(x * step))];
      texels.push_back(0xFF000000u | static_cast<std::uint32_t>(rgb[2]) << 16 |
                       static_cast<std::uint32_t>(rgb[1]) << 8 | rgb[0]);
    }
  }
  texture.upload_rgba8(width, height, texels);
  texture.set_filter(Filter::kLinear);
  shown = read;
}

}  // namespace

void ColoredImage::sync(HeatmapPass& pass, const CellImage& image, const ColorScale& scale, Colormap map,
                        Under under, bool smooth, const Shrink& shrink) {
  if (image.width <= 0 || image.height <= 0) return;
  const bool fresh = version_ != image.version || smooth_ != smooth;
  if (fresh) {
    const CellImage parts = smooth ? smoothed(image) : CellImage{};
    const CellImage& shown = smooth ? parts : image;
    values_.upload_r32f(shown.width, shown.height, shown.cells);
    version_ = image.version;
    smooth_ = smooth;
  }
  const std::tuple wanted(scale, map, shrink);
  if (!fresh && drawn_ == wanted) return;
  drawn_.reset();  // without memory on the card there is no picture, and the next change tries again
  if (pass.draw(values_, scale, map, colors_, under, shrink)) drawn_ = wanted;
}

ImTextureID ColoredImage::texture() const {
  return drawn_ ? static_cast<ImTextureID>(colors_.color().imgui_id()) : ImTextureID_Invalid;
}

Result<std::unique_ptr<App>> App::create(GlContext& context, const Session& session, Works works) {
  Result<HeatmapPass> pass = HeatmapPass::create();
  if (!pass) return std::unexpected(pass.error());
  return std::unique_ptr<App>(new App(context, session, std::move(works), std::move(*pass)));
}

App::App(GlContext& context, const Session& session, Works works, HeatmapPass pass)
    : context_(context),
      pass_(std::move(pass)),
      fonts_(load_fonts()),
      program_(session, [&context] { context.wake(); }, std::move(works)) {
  ImGui::GetIO().ConfigInputTextCursorBlink = false;  // a blinking cursor would draw frames for ever
  keep_layout_in_settings(program_.ui().layout);
  read_keyboard();
  // The layout may have changed since the last press.
  context_.on_key_press([this](ImGuiKey place) { return read_keyboard().meant(place); });
}

App::~App() { context_.on_key_press({}); }

const Keyboard& App::read_keyboard() {
  return program_.ui().keyboard = Keyboard([this](ImGuiKey place) { return context_.key_text(place); });
}

void App::style() {
  const ImVec2 size = ImGui::GetIO().DisplaySize;  // of the last frame: there is one more when it changes
  const float monitor = context_.content_scale();
  const float screen = type_factor(ImVec2(size.x / monitor, size.y / monitor));
  const std::pair wanted(&program_.colors(), monitor * screen * program_.state().view.zoom);
  if (styled_ == wanted) return;
  apply_style(*wanted.first, wanted.second);
  styled_ = wanted;
}

// A square map drawn `side` pixels large.
Shrink shrink_square(const CellImage& image, float side) {
  return shrink_to(static_cast<float>(image.width), static_cast<float>(image.height), side, side);
}

// A picture as it was read, once.
void App::sync_picture(Colormap map) {
  const AppState& state = program_.state();
  upload_photo(state.image, photo_, photo_shown_);
  const PictureViews& picture = program_.picture();
  if (!picture.has_run() || state.view.workspace != Workspace::kImage) return;
  overlay_.sync(pass_, picture.overlay(), picture.overlay_range(),
                colormap_for(state.view, picture.overlay_range()), Under::kPicture,
                state.view.picture.smooth);
  const MapSizes& sizes = program_.ui().map_sizes;
  patch_atlas_.sync(
      pass_, picture.atlas(), picture.atlas_range(), colormap_for(state.view, picture.atlas_range()),
      Under::kNothing, false,
      shrink_to(sizes.tile_pitch.x, sizes.tile_pitch.y, sizes.tile_shown.x, sizes.tile_shown.y));
  patch_matrix_.sync(pass_, picture.matrix(), picture.matrix_range(), map, Under::kNothing, false,
                     shrink_square(picture.matrix(), sizes.patch_matrix));
}

// The second of two pictures, and the map over one of them.
void App::sync_pair() {
  if (!program_.ui().in_sight.pair) return;
  const AppState& state = program_.state();
  upload_photo(state.other_image, other_photo_, other_photo_shown_);
  const PairViews& pair = program_.pair();
  if (!pair.ready() || pair.matches() == nullptr) return;
  pair_overlay_.sync(pass_, pair.overlay(), pair.range(), colormap_for(state.view, pair.range()),
                     Under::kPicture, state.view.picture.smooth);
}

// Maps that were doubled and are in sight. Each keeps its kind of ground as long as the workspace stays.
void App::sync_doubled() {
  const ViewOptions& view = program_.state().view;
  const DoubledMaps& doubled = program_.doubled();
  const bool text = view.workspace == Workspace::kText;
  const bool smooth =
      !text && (view.workspace == Workspace::kPainting ? view.paint.smooth : view.picture.smooth);
  if (std::exchange(doubled_on_text_, text) != text) doubled_ = {};
  for (std::size_t number = 0; number < kMostDoubled; ++number) {
    if (!program_.ui().in_sight.doubled[number]) continue;
    doubled_[number].sync(
        pass_, doubled.cells(number), doubled.range(number), colormap_for(view, doubled.range(number)),
        text ? Under::kNothing : Under::kPicture, smooth,
        text ? shrink_square(doubled.cells(number), program_.ui().map_sizes.doubled[number]) : Shrink{});
  }
}

// The pictures of a drawing and their maps.
void App::sync_painting(Colormap map) {
  const PaintViews& paint = program_.paint();
  const ViewOptions& view = program_.state().view;
  if (!paint.has_run() || view.workspace != Workspace::kPainting) return;
  const auto upload = [](const PixelSheet& sheet, Texture& texture, std::uint64_t& version) {
    if (sheet.tiles == 0 || version == sheet.version) return;
    texture.upload_rgba8(sheet.width(), sheet.height(), sheet.rgba);
    version = sheet.version;
  };
  upload(paint.film(), film_, film_version_);
  upload(paint.before_film(), film_before_, film_before_version_);
  upload(program_.side().seeds_sheet(), seeds_, seeds_version_);
  const ColorScale tiles = paint.tile_range(), words = paint.word_range();
  const bool smooth = view.paint.smooth;
  paint_overlay_.sync(pass_, paint.overlay(), paint.overlay_range(),
                      colormap_for(view, paint.overlay_range()), Under::kPicture, smooth);
  paint_words_.sync(pass_, paint.word_atlas(), words, colormap_for(view, words), Under::kPicture, smooth);
  paint_heads_.sync(pass_, paint.head_atlas(), tiles, colormap_for(view, tiles), Under::kPicture, smooth);
  paint_joint_.sync(pass_, paint.joint(), paint.joint_range(), colormap_for(view, paint.joint_range()),
                    Under::kNothing, false, shrink_square(paint.joint(), program_.ui().map_sizes.joint));
  // Where nothing differs the panel is seen.
  paint_difference_.sync(pass_, paint.difference(), kOwnScale, map, Under::kPicture);
}

// Of the export sheet.
void App::sync_preview() {
  const std::shared_ptr<const FigureAnswer>& preview = program_.ui().sheet.preview;
  if (!preview || preview == preview_shown_ || preview->rgba.empty()) return;
  preview_.upload_rgba8(preview->columns, preview->rows, preview->rgba);
  preview_.set_filter(Filter::kLinear);
  preview_shown_ = preview;
}

// What the panels draw with: the views, and their colours on the GPU.
// @return  whether a slot has answered
bool App::prepare() {
  const bool answered = program_.accept_answers();  // 1 answers of the slots
  program_.refresh_views();                         // 2 only those whose key changed
  const TextViews& views = program_.views();
  const Colormap map = colormap_for(program_.state().view);
  const MapSizes& sizes = program_.ui().map_sizes;
  if (views.has_map()) {  // 3 upload by version
    const ViewOptions& view = program_.state().view;
    matrix_.sync(pass_, views.matrix(), views.matrix_range(), colormap_for(view, views.matrix_range()),
                 Under::kNothing, false, shrink_square(views.matrix(), sizes.matrix));
    atlas_.sync(pass_, views.atlas(), views.atlas_range(), colormap_for(view, views.atlas_range()),
                Under::kNothing, false,
                shrink_to(sizes.tile_pitch.x, sizes.tile_pitch.y, sizes.tile_shown.x, sizes.tile_shown.y));
  }
  if (const CompareViews& compare = program_.compare(); compare.ready()) {
    const Shrink shrink = shrink_square(compare.first_map(), sizes.compared);
    first_.sync(pass_, compare.first_map(), compare.range(), map, Under::kNothing, false, shrink);
    second_.sync(pass_, compare.second_map(), compare.range(), map, Under::kNothing, false, shrink);
    difference_.sync(pass_, compare.difference(), compare.difference_range(),
                     colormap_for(program_.state().view, compare.difference_range()), Under::kNothing, false,
                     shrink);
  }
  sync_picture(map);
  sync_painting(map);
  sync_pair();
  sync_doubled();
  if (program_.ui().show_gallery && gallery_.id() == 0) {
    const PixelSheet& sheet = gallery_sheet();
    if (sheet.tiles > 0) gallery_.upload_rgba8(sheet.width(), sheet.height(), sheet.rgba);
  }
  sync_preview();
  uploaded_at_ = std::chrono::steady_clock::now();
  style();
  return answered;
}

std::array<ImTextureID, kMostDoubled> App::doubled_textures() const {
  std::array<ImTextureID, kMostDoubled> out{};
  for (std::size_t number = 0; number < kMostDoubled; ++number) out[number] = doubled_[number].texture();
  return out;
}

void App::draw() {
  const auto id_of = [](const Texture& texture) {
    return texture.id() != 0 ? static_cast<ImTextureID>(texture.imgui_id()) : ImTextureID_Invalid;
  };
  program_.draw({.matrix = matrix_.texture(),
                 .atlas = atlas_.texture(),
                 .first = first_.texture(),
                 .second = second_.texture(),
                 .difference = difference_.texture(),
                 .photo = id_of(photo_),
                 .overlay = overlay_.texture(),
                 .patch_atlas = patch_atlas_.texture(),
                 .patch_matrix = patch_matrix_.texture(),
                 .film = id_of(film_),
                 .film_before = id_of(film_before_),
                 .paint_difference = paint_difference_.texture(),
                 .seeds = id_of(seeds_),
                 .paint_overlay = paint_overlay_.texture(),
                 .paint_words = paint_words_.texture(),
                 .paint_heads = paint_heads_.texture(),
                 .paint_joint = paint_joint_.texture(),
                 .other_photo = id_of(other_photo_),
                 .pair_overlay = pair_overlay_.texture(),
                 .doubled = doubled_textures(),
                 .gallery = id_of(gallery_),
                 .figure = id_of(preview_)},
                fonts_, styled_->second, context_.content_scale());
}

// Escape behind other input in the queue: the work it would stop must not go on until its turn comes.
void App::stop_work_for_escape() {
  const AppState& state = program_.state();
  UiState& ui = program_.ui();
  const bool works = state.running || state.painting.drawing || state.painting.beside;
  if (ui.escape_spent || in_front_of_work(ui, state) || !works || !escape_waits()) return;
  ui.escape_spent = true;
  program_.send(CancelRun{});
  program_.apply_commands();
}

// While the maps hold still the mouse is the lecturer's alone: it moves the ring, and a click leaves one.
void App::point_only() {
  PresenterUi& presenter = program_.ui().presenter;
  if (!presenter.before || !presenter.still) return;
  const MouseInput mouse = take_mouse();
  if (mouse.at) presenter.pointer = *mouse.at;
  if (mouse.clicked) mark_pointer(presenter);
}

// The window of the notes comes and goes with what is wanted; the person may close it, too.
void App::place_notes() {
  UiState& screen = program_.ui();
  screen.screens = context_.screens();
  PresenterUi& presenter = screen.presenter;
  if (presenter.notes && screen.notes.size.x > 0 && !context_.second()) presenter.notes = false;
  const bool wanted = presenter.before.has_value() && presenter.notes;
  context_.show_second(wanted);
  const auto second = wanted ? context_.second() : std::nullopt;
  if (!second) {
    screen.notes.size = {};
    return;
  }
  screen.notes.size = ImVec2(static_cast<float>(second->size.width), static_cast<float>(second->size.height));
  const float monitor = second->content_scale;
  screen.notes.scale =
      monitor * type_factor(ImVec2(screen.notes.size.x / monitor, screen.notes.size.y / monitor));
}

void App::show_notes() {
  const NotesUi& notes = program_.ui().notes;
  if (!notes.list) return;
  ImDrawData frame;
  frame.Valid = true;
  frame.DisplaySize = notes.size;
  frame.FramebufferScale = ImVec2(1, 1);
  frame.Textures = &ImGui::GetPlatformIO().Textures;
  frame.AddDrawList(notes.list.get());
  context_.draw_second(frame);
}

void App::frame() {
  stop_work_for_escape();
  const auto start = std::chrono::steady_clock::now();
  bool answered = false, changed = false, last = false;
  int held = 0;
  while (!last) {
    answered |= prepare();  // 1 answers of the slots, 2 views, 3 textures
    {
      // What is typed after a key or click that opens a field or list is for that: it waits until it is open.
      const bool opening = held < kMostHeld && input_waits() && (focus_moves() || program_.focus_asked());
      held = opening ? held + 1 : 0;
      std::optional<HoldBack> all;
      if (opening) all.emplace(HoldBack::What::kAll);
      point_only();
      place_notes();
      context_.begin_frame();
    }
    draw();  // 4 panels read, emit commands
    // ImGui takes one press of a key a frame: those that wait get theirs without being shown.
    last = !input_waits() || std::chrono::steady_clock::now() - start > kInputTime;
    ImGui::EndFrame();
    // 5 the only place where state changes. What is asked is worked on while the picture is drawn and shown.
    changed |= program_.apply_commands();
  }
  context_.end_frame();  // 6 ImGui draws: textures must live
  show_notes();
  frames_due_ = changed || answered ? kSettle : std::max(imgui_has_more() ? 1 : 0, frames_due_ - 1);
}

}  // namespace regard
