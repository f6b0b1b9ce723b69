// Text meets picture: captions, how well CLIP finds that each fits, and the one whose patches are shown.
#include <algorithm>
#include <string>

#include <imgui_internal.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/state/queries.h"
#include "app/ui/ui.h"
#include "app/ui/widgets.h"
#include "app/views/picture_views.h"

namespace regard {
namespace {

constexpr float kRow = 50;

void emit(Ui& ui, std::vector<std::string> captions, int caption, int group) {
  ui.out.emplace_back(SetCaptions{std::move(captions), caption, group});
}

// Whether the map in sight is of another caption less this one.
bool is_less(const Ui& ui, int index) {
  return ui.state.view.picture.lens == PictureLens::kCaption && ui.state.doc.picture.caption_less == index;
}

// The round button: shows the patches that speak for this caption.
void draw_choice(Ui& ui, int index, ImVec2 at) {
  const bool chosen =
      ui.state.view.picture.lens == PictureLens::kCaption && ui.state.doc.picture.caption == index;
  ImGui::SetCursorScreenPos(at);
  if (ImGui::InvisibleButton("##show", ImVec2(ui.px(20), ui.px(22)), ImGuiButtonFlags_EnableNav)) {
    PictureView view = ui.state.view.picture;
    view.lens = chosen ? PictureLens::kAttention : PictureLens::kCaption;
    ui.out.emplace_back(SetPictureView{view});
    emit(ui, ui.state.doc.picture.captions, index, 0);
  }
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("captions.show.tip"));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 middle(at.x + ui.px(9), at.y + ui.px(11));
  draw->AddCircle(middle, ui.px(7),
                  chosen ? ui.colors.accent
                  : hot  ? ui.colors.text
                         : ui.colors.secondary,
                  0, ui.px(1.5f));
  if (chosen) draw->AddCircleFilled(middle, ui.px(4), ui.colors.accent);
  if (is_less(ui, index))  // taken away from the chosen one
    draw->AddRectFilled(ImVec2(middle.x - ui.px(4), middle.y - ui.px(1)),
                        ImVec2(middle.x + ui.px(4), middle.y + ui.px(1)), ui.colors.accent);
}

void draw_bar(Ui& ui, const TextMatch& match, ImVec2 at, float width) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float share = static_cast<float>(match.probability);
  draw->AddRectFilled(at, ImVec2(at.x + width, at.y + ui.px(6)), ui.colors.track, ui.px(3));
  draw->AddRectFilled(at, ImVec2(at.x + std::max(ui.px(2), width * share), at.y + ui.px(6)), ui.colors.word,
                      ui.px(3));
  const std::string text = ui.tr.format("captions.score", ui.tr.number(100.0 * match.probability, 1),
                                        ui.tr.number(match.cosine, 3));
  draw_text(ui, draw, ImVec2(at.x, at.y + ui.px(8)), 12, ui.colors.secondary, text);
  if (match.tokens_cut == 0) return;
  const std::string cut = ui.tr.format("tokens.cut", ui.tr.tokens(match.tokens_cut));
  const ImVec2 beside(at.x + measure(ui, 12, text).x + ui.px(10), at.y + ui.px(8));
  draw_text(ui, draw, beside, 12, ui.colors.warning, cut);
  ImGui::SetCursorScreenPos(beside);
  ImGui::InvisibleButton("##cut", measure(ui, 12, cut));
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip))
    tooltip(ui, ui.tr.format("warning.cut", match.tokens_read, match.tokens_cut).c_str());
}

// At the right of its score: how much nearer the chosen caption is.
void draw_difference(Ui& ui, int index, ImVec2 at, float width) {
  const auto chosen = static_cast<std::size_t>(ui.state.doc.picture.caption);
  if (chosen >= ui.state.matches.size()) return;
  const float part =
      ui.state.matches[chosen].cosine - ui.state.matches[static_cast<std::size_t>(index)].cosine;
  const std::string text =
      ui.tr.format("captions.less", std::string(part >= 0 ? "+" : "").append(ui.tr.number(part, 3)));
  const float size = measure(ui, 12, text).x;
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + width - size, at.y), 12, ui.colors.text, text);
}

void draw_caption(Ui& ui, int index) {
  std::vector<std::string>& texts = ui.ui.picture.captions;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImGui::PushID(index);
  draw_choice(ui, index, at);
  ImGui::SetCursorScreenPos(ImVec2(at.x + ui.px(24), at.y));
  const float field = std::max(ui.px(40), width - ui.px(24 + 26));
  {
    WithFont font(ui.fonts.regular, kBody);
    ImGui::SetNextItemWidth(field);
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(6), ui.px(3)));
    if (ui.ui.picture.focus_caption == index) {  // one that was just added is typed into
      ImGui::SetKeyboardFocusHere();
      ui.ui.picture.focus_caption = -1;
    }
    if (ImGui::InputText("##caption", &texts[static_cast<std::size_t>(index)])) {
      std::vector<std::string> captions = ui.state.doc.picture.captions;
      captions[static_cast<std::size_t>(index)] = texts[static_cast<std::size_t>(index)];
      emit(ui, std::move(captions), ui.state.doc.picture.caption, ui.ui.gesture);
    }
    ImGui::PopStyleVar();
    if (ImGui::IsItemActivated()) ++ui.ui.gesture;
  }
  ImGui::SetCursorScreenPos(ImVec2(at.x + width - ui.px(20), at.y + ui.px(1)));
  if (ImGui::InvisibleButton("##remove", ImVec2(ui.px(18), ui.px(20)), ImGuiButtonFlags_EnableNav)) {
    std::vector<std::string> captions = ui.state.doc.picture.captions;
    captions.erase(captions.begin() + index);
    emit(ui, std::move(captions),
         std::max(0, ui.state.doc.picture.caption - (index <= ui.state.doc.picture.caption ? 1 : 0)), 0);
  }
  draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(at.x + width - ui.px(16), at.y + ui.px(2)), kBody,
            ImGui::IsItemHovered() ? ui.colors.text : ui.colors.secondary, "×");
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) tooltip(ui, ui.tr("captions.remove"));
  const auto& matches = ui.state.matches;
  const bool scored = static_cast<std::size_t>(index) < matches.size() &&
                      !is_blank(matches[static_cast<std::size_t>(index)].text);
  if (scored)
    draw_bar(ui, matches[static_cast<std::size_t>(index)], ImVec2(at.x + ui.px(24), at.y + ui.px(25)), field);
  if (scored && is_less(ui, index))
    draw_difference(ui, index, ImVec2(at.x + ui.px(24), at.y + ui.px(33)), field);
  ImGui::PopID();
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(width, ui.px(kRow)));
}

void draw_method(Ui& ui) {
  PictureView view = ui.state.view.picture;
  const std::string label = ui.tr("lens." + std::string(caption_lens_name(view.caption)));
  header_right(ui, dropdown_width(ui, label));
  if (!begin_dropdown(ui, "method", label)) return;
  for (const auto& [lens, tip] : {std::pair(CaptionLens::kLeGrad, "captions.legrad.tip"),
                                  std::pair(CaptionLens::kChefer, "captions.chefer.tip"),
                                  std::pair(CaptionLens::kAttnLrp, "captions.attnlrp.tip")}) {
    const std::string name = ui.tr("lens." + std::string(caption_lens_name(lens)));
    if (ImGui::MenuItem(name.c_str(), nullptr, view.caption == lens)) {
      view.caption = lens;
      ui.out.emplace_back(SetPictureView{view});
    }
    if (ImGui::IsItemHovered()) tooltip(ui, ui.tr(tip));
  }
  ImGui::EndPopup();
}

void draw_captions(Ui& ui) {
  const auto& captions = ui.state.doc.picture.captions;
  if (ui.ui.picture.captions != captions) ui.ui.picture.captions = captions;
  if (ImGui::BeginChild("##list", ImVec2(0, 0))) {
    ImGui::PushTextWrapPos(0.0f);
    if (!ui.state.matches_problem.empty())
      text_sized(ui, kSmall, ui.colors.warning, ui.state.matches_problem);
    if (captions.empty()) text_sized(ui, kSmall, ui.colors.secondary, ui.tr("captions.empty"));
    for (int i = 0; i < static_cast<int>(captions.size()); ++i) draw_caption(ui, i);
    if (captions.size() < kMaxCaptions) {
      WithFont font(ui.fonts.regular, kSmall);
      ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(ui.px(8), ui.px(5)));
      if (ImGui::Button((std::string(ui.tr("captions.add")) + "###add").c_str())) {
        std::vector<std::string> more = captions;
        more.emplace_back();
        ui.ui.picture.focus_caption = static_cast<int>(captions.size());
        emit(ui, std::move(more), ui.state.doc.picture.caption, 0);
      }
      ImGui::PopStyleVar();
    }
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr("captions.honest"));
    ImGui::PopTextWrapPos();
  }
  ImGui::EndChild();
}

}  // namespace

void draw_captions_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.captions"))) {
    draw_method(ui);
    under_header(ui);
    draw_captions(ui);
  }
  end_panel();
}

}  // namespace regard
