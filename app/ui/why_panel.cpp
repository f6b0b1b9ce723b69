// Where one number comes from, as a calculation that can be followed to the end, a stage at a time: q.k,
// softmax, values, residual stream; of a drawing also guidance and one Euler step.
#include <algorithm>
#include <functional>

#include "app/ui/paint_parts.h"
#include "app/ui/panel_focus.h"
#include "app/ui/panels.h"
#include "app/ui/picture_parts.h"
#include "app/ui/ui.h"
#include "app/ui/why_parts.h"
#include "app/ui/widgets.h"
#include "app/views/paint_views.h"
#include "app/views/picture_views.h"
#include "app/views/softmax_row.h"
#include "app/views/text_views.h"
#include "core/analysis/word_cell.h"

namespace regard {

void draw_why_panel(Ui& ui);

namespace {

std::string head_name(const Ui& ui, int layer, int head) {
  return ui.tr.format("why.head", layer + 1, head + 1);
}

// The cell under the cursor, the one held on to, else what the pinned or hovered token reads most.
std::optional<std::pair<int, int>> text_cell(const Ui& ui) {
  const int tokens = static_cast<int>(ui.views.run().tokens.size());
  if (const auto& cell = ui.ui.hovered.cell)
    return cell->first < tokens && cell->second < tokens ? cell : std::nullopt;
  if (!ui.views.current()) return std::nullopt;
  if (const auto held = held_cell(ui); held && ui.ui.hovered.token < 0) return held;
  const int subject = subject_token(ui, ui.views.run().tokens);
  if (subject < 0 || subject >= tokens) return std::nullopt;
  const int other = std::max(0, strongest_partner(ui.views, subject, ui.state.view.incoming));
  return ui.state.view.incoming ? std::pair(other, subject) : std::pair(subject, other);
}

// With tokens of words as one: the words of the cell.
void take_words(const Ui& ui, Explained& out) {
  out.queries = {out.query, out.query};
  out.keys = {out.key, out.key};
  if (!ui.state.view.tokens.words) return;
  out.queries = word_around(*out.sequence, out.query);
  out.keys = word_around(*out.sequence, out.key);
}

std::optional<Explained> of_text(Ui& ui) {
  if (!ui.views.has_map()) return std::nullopt;
  const auto cell = text_cell(ui);
  if (!cell) return std::nullopt;
  Explained out{.record = ui.views.run().output.record};
  std::tie(out.query, out.key) = *cell;
  out.sequence = &ui.views.run().trace.prompt;
  take_words(ui, out);
  const MapChoice& choice = ui.views.choice();
  const auto& tokens = ui.views.run().tokens;
  if (choice.heads.layer && choice.heads.head && is_head_lens(choice.lens))
    out.head = {*choice.heads.layer, *choice.heads.head};
  out.label = [&](int position) { return token_label(ui, tokens[static_cast<std::size_t>(position)]); };
  out.word = [&](int key) -> const Word* {
    const int word = tokens[static_cast<std::size_t>(key)].word;
    const auto& words = ui.views.live().words;
    return ui.views.current() && word >= 0 && word < std::ssize(words)
               ? &words[static_cast<std::size_t>(word)]
               : nullptr;
  };
  out.before = [&ui, query = out.query](int key) { return ui.views.before(query, key); };
  out.show_head = [&ui](int layer, int head) { select_map(ui, map_choice(layer, head)); };
  if (out.head) out.where = head_name(ui, out.head->first, out.head->second);
  out.hovers = true;
  const ImU32 pin = pin_color(ui, tokens, out.query);
  out.color = pin != 0 ? pin : ui.colors.text;
  return out;
}

// What the chosen patch reads most, itself apart; or who reads it most.
std::optional<Explained> of_picture(Ui& ui) {
  if (!ui.picture.has_run()) return std::nullopt;
  const int subject = ui.picture.subject();
  const RowVector& row = ui.picture.row();
  if (subject < 0 || subject >= ui.picture.record().shape().queries || row.size() == 0) return std::nullopt;
  int other = subject == 0 ? 1 : 0;
  for (int k = 0; k < static_cast<int>(row.size()); ++k) {
    if (k != subject && row(k) > row(other)) other = k;
  }
  const bool incoming = ui.state.view.incoming;
  Explained out{.record = ui.picture.run().output.record,
                .query = incoming ? other : subject,
                .key = incoming ? subject : other};
  if (const auto held = held_cell(ui); held && ui.ui.hovered.patch < 0) std::tie(out.query, out.key) = *held;
  out.sequence = &ui.picture.run().trace.prompt;
  out.queries = {out.query, out.query};
  out.keys = {out.key, out.key};
  const MapChoice& choice = ui.picture.choice();
  if (choice.heads.layer && choice.heads.head && is_head_lens(choice.lens))
    out.head = {*choice.heads.layer, *choice.heads.head};
  out.label = [&ui](int position) { return patch_label(ui, position); };
  out.word = [](int) -> const Word* { return nullptr; };
  out.before = [](int) { return std::optional<float>(); };
  out.show_head = [&ui](int layer, int head) { select_map(ui, map_choice(layer, head)); };
  if (out.head) out.where = head_name(ui, out.head->first, out.head->second);
  out.color = ui.colors.text;
  return out;
}

const Word* word_at(const Ui& ui, std::size_t byte) {
  for (const PromptChunk& chunk : ui.views.prompt().chunks) {
    for (const Word& word : chunk.words) {
      if (word.holds(byte)) return &word;
    }
  }
  return nullptr;
}

// The patch under the pointer or held, and the word whose map is shown; else what that word reads.
std::optional<Explained> of_painting(Ui& ui) {
  if (!ui.paint.has_run() || !ui.paint.has_maps() || ui.paint.word() < 0) return std::nullopt;
  const Half half = ui.state.view.paint.unconditional ? Half::kNegative : Half::kPrompt;
  const int step = ui.paint.span().second, patches = ui.paint.patches();
  Explained out{.record = ui.paint.run().trace.records_of(half)[static_cast<std::size_t>(step)]};
  const int hovered = ui.ui.hovered.paint_patch;
  const int patch = hovered >= 0 && hovered < patches ? hovered : ui.paint.patch();
  const int word = patches + ui.paint.words()[static_cast<std::size_t>(ui.paint.word())].last_token;
  out.query = patch >= 0 ? patch : word;
  out.key = word;
  if (const auto held = held_cell(ui); held && hovered < 0) std::tie(out.query, out.key) = *held;
  out.sequence = &ui.paint.run().trace.sequence(half);
  take_words(ui, out);
  out.drawing = ui.state.painting.run;
  out.drawn_step = step;
  out.patch = out.query < patches ? out.query : out.key < patches ? out.key : -1;
  if (ui.paint.maps().size() == 1) out.head = ui.paint.maps().front();
  out.label = [&ui, patches](int position) {
    if (position < patches) return paint_patch_label(ui, position);
    return token_label(ui, ui.paint.text().tokens[static_cast<std::size_t>(position - patches)]);
  };
  out.word = [&ui, patches](int key) -> const Word* {
    if (key < patches || ui.state.view.paint.unconditional) return nullptr;
    const Token& token = ui.paint.text().tokens[static_cast<std::size_t>(key - patches)];
    return token.is_bos || token.is_eos ? nullptr : word_at(ui, token.start);
  };
  out.before = [](int) { return std::optional<float>(); };  // of all heads and steps, elsewhere
  out.show_head = [&ui](int block, int head) {
    set_paint(ui, [&](PaintDocument& paint) { paint.maps = {{block, head}}; });
  };
  if (out.head) {
    out.where = block_head_label(ui, out.head->first, out.head->second) + " · " +
                ui.tr.format("why.step", ui.paint.run().first_step + step + 1);
  }
  out.color = ui.colors.pins[0];
  return out;
}

}  // namespace

std::optional<Explained> explained(Ui& ui) {
  switch (ui.state.view.workspace) {
    case Workspace::kImage:
      return of_picture(ui);
    case Workspace::kPainting:
      return of_painting(ui);
    case Workspace::kText:
    case Workspace::kCompare:
      break;
  }
  return of_text(ui);
}

void choose_key(Ui& ui, const Explained& cell, int key) {
  CalculationView view = ui.state.view.calculation;
  view.cell = {cell.query, key};
  ui.out.emplace_back(SetCalculation{view});
}

std::optional<std::pair<int, int>> held_cell(const Ui& ui) {
  const auto& cell = ui.state.view.calculation.cell;
  AttentionShape shape;
  switch (ui.state.view.workspace) {
    case Workspace::kImage:
      if (ui.picture.has_run()) shape = ui.picture.record().shape();
      break;
    case Workspace::kPainting:
      if (ui.paint.has_run() && ui.paint.has_maps())
        shape =
            ui.paint.run().trace.shape(ui.state.view.paint.unconditional ? Half::kNegative : Half::kPrompt);
      break;
    case Workspace::kText:
      if (ui.views.has_map() && ui.views.current()) shape = ui.views.record().shape();
      break;
    case Workspace::kCompare:
      break;
  }
  return cell && cell->first < shape.queries && cell->second < shape.keys ? cell : std::nullopt;
}

bool is_of_held_cell(const Ui& ui, int token) {
  const auto held = held_cell(ui);
  if (!held || ui.state.view.workspace == Workspace::kImage) return false;
  const int at = token + (ui.state.view.workspace == Workspace::kPainting ? ui.paint.patches() : 0);
  return held->first == at || held->second == at;
}

std::vector<CalculationStage> stages_of(const Ui& ui) {
  std::vector<CalculationStage> out(std::begin(kAllStages), std::end(kAllStages));
  if (ui.state.view.workspace == Workspace::kImage || !ui.state.view.tokens.words)
    std::erase(out, CalculationStage::kWord);
  if (ui.state.view.workspace == Workspace::kPainting) return out;
  std::erase(out, CalculationStage::kContext);
  std::erase(out, CalculationStage::kGuidance);
  std::erase(out, CalculationStage::kEuler);
  return out;
}

CalculationStage stage_in_force(const Ui& ui) {
  const std::vector<CalculationStage> stages = stages_of(ui);
  const CalculationStage stage = ui.state.view.calculation.stage;
  return std::ranges::find(stages, stage) != stages.end() ? stage : CalculationStage::kSoftmax;
}

void step_stage(Ui& ui, int by) {
  const std::vector<CalculationStage> stages = stages_of(ui);
  const auto now = std::ranges::find(stages, stage_in_force(ui)) - stages.begin();
  show_stage(
      ui, stages[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(now + by, 0, std::ssize(stages) - 1))]);
}

void show_stage(Ui& ui, CalculationStage stage) {
  CalculationView view = ui.state.view.calculation;
  view.stage = stage;
  ui.out.emplace_back(SetCalculation{view});
  for (const Panel& panel : panels()) {
    if (panel.draw != draw_why_panel || !panel.in.contains(ui.state.view.workspace)) continue;
    if (!in_sight(window_of(ui, panel))) fetch_panel(ui, panel);
  }
}

namespace {

// A mean has no calculation of its own: the head that gives this cell most has one.
void draw_choose_head(Ui& ui, const Explained& cell) {
  text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.mean"));
  const auto [layer, head] = strongest_head(*cell.record, cell.query, cell.key);
  const bool painting = ui.state.view.workspace == Workspace::kPainting;
  const std::string name = painting ? block_head_label(ui, layer, head) : head_name(ui, layer, head);
  if (chip(ui, (ui.tr.format("why.show_head", name) + "###show_head").c_str(), false,
           ui.tr("why.show_head.tip")))
    cell.show_head(layer, head);
}

const char* stage_key(CalculationStage stage) {
  switch (stage) {
    case CalculationStage::kContext:
      return "why.stage.context";
    case CalculationStage::kProduct:
      return "why.stage.product";
    case CalculationStage::kSoftmax:
      return "why.stage.softmax";
    case CalculationStage::kWord:
      return "why.stage.word";
    case CalculationStage::kValues:
      return "why.stage.values";
    case CalculationStage::kResidual:
      return "why.stage.residual";
    case CalculationStage::kGuidance:
      return "why.stage.guidance";
    case CalculationStage::kEuler:
      return "why.stage.euler";
  }
  return "why.stage.softmax";
}

// The stages in their order, the one in force in the accent.
void draw_stages(Ui& ui) {
  const CalculationStage now = stage_in_force(ui);
  bool first = true;
  for (const CalculationStage stage : stages_of(ui)) {
    const std::string key = stage_key(stage), label = std::string(ui.tr(key)) + "###" + key;
    if (!first) same_line_if_fits(ui, chip_width(ui, ui.tr(key)));
    first = false;
    if (!chip(ui, label.c_str(), stage == now, ui.tr(key + ".tip"))) continue;
    CalculationView view = ui.state.view.calculation;
    view.stage = stage;
    ui.out.emplace_back(SetCalculation{view});
  }
}

// The whole of it as one formula, the part in force brighter than the rest.
void draw_chain(Ui& ui) {
  static constexpr std::pair<const char*, CalculationStage> kParts[] = {
      {"softmax(", CalculationStage::kSoftmax},
      {"q · k", CalculationStage::kProduct},
      {" ÷ √E + ln w)", CalculationStage::kSoftmax},
      {" · V", CalculationStage::kValues},
      {" · W_O", CalculationStage::kResidual}};
  const CalculationStage now = stage_in_force(ui);
  float whole = 0;
  for (const auto& [text, stage] : kParts)
    whole += measure(ui, kSmall, text, stage == now ? ui.fonts.bold : ui.fonts.regular).x;
  if (whole > ImGui::GetContentRegionAvail().x) return;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  float x = at.x;
  for (const auto& [text, stage] : kParts) {
    ImFont* font = stage == now ? ui.fonts.bold : ui.fonts.regular;
    draw_text(ui, ImGui::GetWindowDrawList(), ImVec2(x, at.y), kSmall,
              stage == now ? ui.colors.text : ui.colors.secondary, text, font);
    x += measure(ui, kSmall, text, font).x;
  }
  ImGui::Dummy(ImVec2(std::min(x - at.x, ImGui::GetContentRegionAvail().x), ui.px(kSmall * kLineOfEm)));
}

void draw_stage(Ui& ui, const Explained& cell) {
  switch (stage_in_force(ui)) {
    case CalculationStage::kContext:
      return draw_context_stage(ui, cell);
    case CalculationStage::kProduct:
      return draw_product_stage(ui, cell);
    case CalculationStage::kSoftmax:
      return draw_softmax_stage(ui, cell);
    case CalculationStage::kWord:
      return draw_word_stage(ui, cell);
    case CalculationStage::kValues:
      return draw_values_stage(ui, cell);
    case CalculationStage::kResidual:
      return draw_residual_stage(ui, cell);
    case CalculationStage::kGuidance:
      return draw_guidance_stage(ui, cell);
    case CalculationStage::kEuler:
      return draw_euler_stage(ui, cell);
  }
}

// Of a patch or a word, and a step, whatever the heads.
bool is_of_drawing(CalculationStage stage) {
  return stage == CalculationStage::kContext || stage == CalculationStage::kGuidance ||
         stage == CalculationStage::kEuler;
}

// A word, or the one position.
std::string side_name(const Explained& cell, const PositionGroup& side) {
  return side.first == side.last ? cell.label(side.first) : label_of(*cell.sequence, side);
}

// The cell; where vectors of one word are followed, that word.
std::string title_of(const Ui& ui, const Explained& cell) {
  const int word = cell.key == cell.patch ? cell.query : cell.key;
  if (stage_in_force(ui) == CalculationStage::kContext && !cell.sequence->is_patch(word))
    return side_name(cell, word_around(*cell.sequence, word));
  return side_name(cell, cell.queries) + " → " + side_name(cell, cell.keys);
}

void draw_machine(Ui& ui, const Explained& cell) {
  const float width = ImGui::GetContentRegionAvail().x;
  const std::string title = title_of(ui, cell);
  text_sized(ui, kBody, ui.colors.text, fitted(ui, title, kBody, width), ui.fonts.bold);
  const bool of_drawing = is_of_drawing(stage_in_force(ui));
  if (!cell.head && !of_drawing) {
    if (cell.is_word()) draw_word_head(ui, cell);
    draw_stages(ui);
    return draw_choose_head(ui, cell);
  }
  const std::string where =
      of_drawing ? ui.tr.format("why.step", cell.drawing->first_step + cell.drawn_step + 1) : cell.where;
  const float wide = measure(ui, kSmall, where).x;
  if (measure(ui, kBody, title, ui.fonts.bold).x + wide + ui.px(12) < width)
    ImGui::SameLine(ImGui::GetCursorPosX() + width - wide);
  text_sized(ui, kSmall, ui.colors.secondary, where);
  if (cell.is_word() && !of_drawing) draw_word_head(ui, cell);
  draw_stages(ui);
  if (!of_drawing) draw_chain(ui);
  draw_stage(ui, cell);
}

void draw_honest_line(Ui& ui) { text_wrapped(ui, kSmall, ui.colors.secondary, ui.tr("why.honest")); }

}  // namespace

void draw_why_panel(Ui& ui) {
  if (begin_panel(ui, ui.tr("panel.why"))) {
    if (ImGui::BeginChild("##row", ImVec2(0, 0))) {
      if (const auto cell = explained(ui)) {
        draw_machine(ui, *cell);
      } else {
        ImGui::PushTextWrapPos(0.0f);
        const bool painting = ui.state.view.workspace == Workspace::kPainting;
        text_sized(ui, kBody, ui.colors.secondary, ui.tr(painting ? "why.pick.patch" : "why.pick"));
        ImGui::PopTextWrapPos();
      }
      draw_honest_line(ui);
    }
    ImGui::EndChild();
  }
  end_panel();
}

}  // namespace regard
