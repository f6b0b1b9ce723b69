// The chosen head over many inputs: what its metric is as a rule, where the prompt or picture at hand lies,
// and the inputs it is strongest for.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <imgui_internal.h>

#include "app/assets.h"
#include "app/ui/actions.h"
#include "app/ui/heads_parts.h"
#include "app/ui/widgets.h"
#include "app/views/head_plot.h"

namespace regard {
namespace {

constexpr int kBins = 30, kStrongest = 5;
constexpr float kChart = 96, kExample = 22, kTickSize = 12;

// What is looked at: a head and a metric of the survey.
struct Looked {
  const HeadSurvey& survey;
  const HeadMetric& metric;
  int index = 0;  // of the metric in the survey
  int layer = 0, head = 0;
  std::optional<double> now = {};  // of the prompt or picture at hand
};

std::string number_of(const Ui& ui, const Looked& looked, double value) {
  return metric_number(ui.tr, looked.metric.unit, ui.heads.kind(), value);
}

const char* built_in_key(const Ui& ui) {
  switch (ui.heads.kind()) {
    case RunKind::kPicture:
      return "survey.builtin.pictures";
    case RunKind::kDrawing:
      return "survey.builtin.drawings";
    case RunKind::kText:
      break;
  }
  return "survey.builtin.prompts";
}

std::string inputs_words(const Ui& ui) {
  const std::string& inputs = heads_view(ui.state.view).inputs;
  if (inputs != "builtin") return std::filesystem::path(inputs).filename().string();
  return ui.tr.format(built_in_key(ui), kSurveySteps);
}

void draw_inputs_menu(Ui& ui) {
  const std::string label = inputs_words(ui);
  header_right(ui, dropdown_width(ui, label));
  if (!begin_dropdown(ui, "inputs", label)) return;
  const bool pictures = ui.heads.kind() == RunKind::kPicture;
  const bool built_in = heads_view(ui.state.view).inputs == "builtin";
  if (ImGui::MenuItem(ui.tr.format(built_in_key(ui), kSurveySteps).c_str(), nullptr, built_in))
    ui.out.emplace_back(SetInputs{"builtin"});
  if (ImGui::MenuItem(ui.tr(pictures ? "survey.own.pictures" : "survey.own.prompts"), nullptr, !built_in))
    act::open_inputs(ui);
  ImGui::EndPopup();
}

void draw_metric_menu(Ui& ui) {
  const HeadsView& view = heads_view(ui.state.view);
  const std::string label =
      std::string(ui.tr("survey.metric")) + " " + metric_name(ui.tr, view.surveyed, ui.heads.kind());
  if (!begin_dropdown(ui, "metric", label)) return;
  for (const HeadMetric* metric : survey_metrics()) {
    const auto survey = ui.heads.survey_of_kind();
    const int at = survey ? survey->find(metric) : -1;
    const bool there = at >= 0 && !survey->numbers(at, 0, 0).empty();
    const std::string name(metric->name);
    if (ImGui::MenuItem(metric_name(ui.tr, name, ui.heads.kind()).c_str(), nullptr, view.surveyed == name,
                        there))
      set_heads_view(ui, [&](HeadsView& heads) { heads.surveyed = name; });
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled))
      tooltip(ui, ui.tr("metric." + name + ".tip"));
  }
  ImGui::EndPopup();
}

// How far the list is, and what Escape left.
void draw_progress(Ui& ui) {
  const auto survey = ui.heads.survey_of_kind();
  const int done = survey ? static_cast<int>(survey->inputs.size()) : 0;
  const int asked = survey ? survey->asked : 0;
  if (!ui.heads.survey_problem().empty()) {
    text_wrapped(ui, kSmall, ui.colors.warning, ui.heads.survey_problem());
    return;
  }
  if (ui.state.survey_stopped) {
    text_sized(ui, kSmall, ui.colors.secondary, ui.tr.format("survey.stopped", done, asked));
    ImGui::SameLine(0, ui.px(10));
    WithFont font(ui.fonts.regular, kSmall);
    if (ImGui::SmallButton((std::string(ui.tr("matters.go_on")) + "##survey").c_str()))
      ui.out.emplace_back(SurveyAgain{});
    return;
  }
  if (survey == nullptr || done < asked) {
    text_sized(ui, kSmall, ui.colors.text,
               survey == nullptr ? std::string(ui.tr("survey.begins"))
                                 : ui.tr.format("survey.progress", done, asked));
  } else if (survey->listed > 0) {
    text_sized(ui, kSmall, ui.colors.text, ui.tr.format("survey.some", done, survey->listed));
  }
}

struct Histogram {
  double low = 0, high = 1;
  std::vector<int> bins = std::vector<int>(kBins, 0);
  int most = 0;
};

Histogram histogram_of(const std::vector<double>& numbers, std::optional<double> now) {
  Histogram out;
  bool first = true;
  const auto take = [&](double number) {
    if (!std::isfinite(number)) return;
    out.low = first ? number : std::min(out.low, number);
    out.high = first ? number : std::max(out.high, number);
    first = false;
  };
  std::ranges::for_each(numbers, take);
  if (now) take(*now);
  if (!(out.high > out.low)) out.high = out.low + 1e-6;
  for (const double number : numbers) {
    if (!std::isfinite(number)) continue;
    const double place = (number - out.low) / (out.high - out.low) * kBins;
    out.most = std::max(out.most, ++out.bins[static_cast<std::size_t>(std::clamp(place, 0.0, kBins - 1.0))]);
  }
  return out;
}

// How often each number occurs; the prompt or picture at hand is a line with a word.
void draw_histogram(Ui& ui, const Looked& looked, const SurveyOfHead& of_head) {
  const Histogram histogram = histogram_of(of_head.numbers, looked.now);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x - ui.px(4), height = ui.px(kChart);
  const float top = at.y + ui.px(18), bottom = top + height;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float step = width / kBins;
  for (int i = 0; i < kBins; ++i) {
    const int count = histogram.bins[static_cast<std::size_t>(i)];
    if (count == 0) continue;
    const float x = at.x + step * static_cast<float>(i);
    const float high =
        std::max(ui.px(1.5f), height * static_cast<float>(count) / static_cast<float>(histogram.most));
    draw->AddRectFilled(ImVec2(x, bottom - high), ImVec2(x + step - ui.px(1), bottom), ui.colors.neutral_bar);
  }
  draw->AddLine(ImVec2(at.x, bottom), ImVec2(at.x + width, bottom), ui.colors.secondary);
  const auto x_of = [&](double value) {
    return at.x + width * static_cast<float>((value - histogram.low) / (histogram.high - histogram.low));
  };
  const std::string low = number_of(ui, looked, histogram.low), high = number_of(ui, looked, histogram.high);
  draw_text(ui, draw, ImVec2(at.x, bottom + ui.px(3)), kTickSize, ui.colors.secondary, low);
  draw_text(ui, draw, ImVec2(at.x + width - measure(ui, kTickSize, high).x, bottom + ui.px(3)), kTickSize,
            ui.colors.secondary, high);
  if (looked.now && std::isfinite(*looked.now)) {
    const float x = std::round(x_of(*looked.now));
    draw->AddLine(ImVec2(x, top - ui.px(2)), ImVec2(x, bottom), ui.colors.text, ui.px(2));
    const std::string here =
        ui.tr(ui.heads.kind() == RunKind::kPicture ? "survey.here.picture" : "survey.here.prompt");
    const float wide = measure(ui, kTickSize, here).x;
    draw_text(ui, draw, ImVec2(std::clamp(x - wide / 2, at.x, std::max(at.x, at.x + width - wide)), at.y),
              kTickSize, ui.colors.text, here);
  }
  ImGui::Dummy(ImVec2(width, ui.px(kChart + 18 + 22)));
}

// Mean, spread, and how usual the input at hand is.
void draw_sentences(Ui& ui, const Looked& looked, const SurveyOfHead& of_head) {
  const HeadStatistics& all = of_head.statistics;
  ImGui::PushTextWrapPos(0.0f);
  text_sized(ui, kSmall, ui.colors.text,
             ui.tr.format("survey.statistics", all.n, number_of(ui, looked, all.mean),
                          number_of(ui, looked, all.sd), number_of(ui, looked, all.deciles[5])));
  const bool picture = ui.heads.kind() == RunKind::kPicture;
  if (!looked.now) {
    text_sized(ui, kSmall, ui.colors.secondary,
               ui.tr(picture ? "survey.not_here.picture" : "survey.not_here.prompt"));
  } else {
    constexpr double kUsual = 0.05;
    const double rank = rank_share(of_head.numbers, *looked.now);
    const bool usual = rank >= kUsual && rank <= 1.0 - kUsual;
    text_sized(ui, kSmall, ui.colors.text,
               ui.tr.format(picture ? "survey.rank.picture" : "survey.rank.prompt",
                            number_of(ui, looked, *looked.now), ui.tr.percent(rank, 0),
                            ui.tr(usual ? "survey.usual" : "survey.unusual")));
  }
  ImGui::PopTextWrapPos();
}

void open_input(Ui& ui, int input, const std::string& name) {
  if (ui.heads.kind() != RunKind::kPicture) {
    ui.out.emplace_back(SetPrompt{name, 0});
    return;
  }
  const bool built_in = heads_view(ui.state.view).inputs == "builtin";
  ui.out.emplace_back(OpenImage{built_in ? sheet_scene_name(input) : name});
}

// A number and its input, which a click opens.
void draw_example(Ui& ui, const Looked& looked, int input, const std::string& place, int id) {
  const std::string& name = looked.survey.inputs[static_cast<std::size_t>(input)];
  const double value =
      looked.survey.values[static_cast<std::size_t>(input)][static_cast<std::size_t>(looked.index)](
          looked.layer, looked.head);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ImGui::PushID(id);
  if (ImGui::InvisibleButton("##example", ImVec2(width, ui.px(kExample)), ImGuiButtonFlags_EnableNav))
    open_input(ui, input, name);
  ImGui::PopID();
  const bool hot = ImGui::IsItemHovered() || (ImGui::IsItemFocused() && ImGui::GetIO().NavVisible);
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip))
    tooltip(ui, (name + "\n" + ui.tr("survey.open.tip")).c_str());
  ImDrawList* draw = ImGui::GetWindowDrawList();
  if (hot) draw->AddRectFilled(at, ImVec2(at.x + width, at.y + ui.px(kExample)), ui.colors.raised, ui.px(3));
  const float y = at.y + ui.px(3), first = ui.px(46);
  const std::string number = number_of(ui, looked, value);
  const float last = measure(ui, kSmall, number).x;
  draw_text(ui, draw, ImVec2(at.x + ui.px(2), y), kSmall, ui.colors.secondary, place);
  draw_text(ui, draw, ImVec2(at.x + first, y), kSmall, ui.colors.text,
            fitted(ui,
                   ui.heads.kind() == RunKind::kPicture && name.find('/') != std::string::npos
                       ? std::filesystem::path(name).filename().string()
                       : name,
                   kSmall, std::max(ui.px(20), width - first - last - ui.px(14))));
  draw_text(ui, draw, ImVec2(at.x + width - last - ui.px(4), y), kSmall, ui.colors.secondary, number);
}

void draw_examples(Ui& ui, const Looked& looked, const SurveyOfHead& of_head) {
  const auto count = static_cast<int>(of_head.ranked.size());
  int id = 0;
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("survey.strongest"), ui.fonts.bold);
  for (int i = 0; i < std::min(kStrongest, count); ++i)
    draw_example(ui, looked, of_head.ranked[static_cast<std::size_t>(i)], ui.tr.format("survey.place", i + 1),
                 id++);
  if (count < 2 * kStrongest) return;
  ImGui::Dummy(ImVec2(0, ui.px(4)));
  text_sized(ui, kSmall, ui.colors.secondary, ui.tr("survey.deciles"), ui.fonts.bold);
  for (int decile = 9; decile >= 0; --decile) {
    const double place = (1.0 - decile / 10.0) * (count - 1);
    draw_example(ui, looked, of_head.ranked[static_cast<std::size_t>(std::lround(place))],
                 ui.tr.percent(decile / 10.0, 0), id++);
  }
}

void draw_survey(Ui& ui) {
  draw_metric_menu(ui);
  draw_progress(ui);
  const auto survey = ui.heads.survey_of_kind();
  if (survey == nullptr) return;
  const HeadSet chosen = ui.heads.chosen(ui.state);
  const HeadMetric* metric = find_head_metric(heads_view(ui.state.view).surveyed);
  ImGui::PushTextWrapPos(0.0f);
  if (chosen.empty() || metric == nullptr) {
    text_sized(ui, kBody, ui.colors.secondary, ui.tr("survey.choose"));
    ImGui::PopTextWrapPos();
    return;
  }
  const auto [layer, head] = chosen.front();
  Looked looked{
      .survey = *survey, .metric = *metric, .index = survey->find(metric), .layer = layer, .head = head};
  const SurveyOfHead& of_head = ui.heads.of_head(looked.index, layer, head);
  if (of_head.numbers.empty()) {
    text_sized(ui, kBody, ui.colors.secondary, ui.tr("survey.no_metric"));
    ImGui::PopTextWrapPos();
    return;
  }
  ImGui::PopTextWrapPos();
  const Eigen::MatrixXd* now = ui.heads.values(metric->name);
  if (now != nullptr && layer < now->rows() && head < now->cols()) looked.now = (*now)(layer, head);
  text_sized(ui, kBody, ui.colors.text,
             fitted(ui,
                    point_label(ui.tr, ui.heads.kind(), layer, head) + " · " +
                        metric_name(ui.tr, metric->name, ui.heads.kind()),
                    kBody, ImGui::GetContentRegionAvail().x),
             ui.fonts.bold);
  draw_histogram(ui, looked, of_head);
  draw_sentences(ui, looked, of_head);
  ImGui::Dummy(ImVec2(0, ui.px(4)));
  draw_examples(ui, looked, of_head);
}

}  // namespace

void draw_heads_survey_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.heads_survey"))) {
    ui.ui.in_sight.head_metrics = ui.ui.in_sight.survey = true;
    draw_inputs_menu(ui);
    under_header(ui);
    if (ImGui::BeginChild("##survey", ImVec2(0, 0))) draw_survey(ui);
    ImGui::EndChild();
  }
  end_panel();
}

}  // namespace regard
