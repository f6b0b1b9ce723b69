// `regard parse`: what a weight grammar makes of a text.
#include <fmt/format.h>

#include <algorithm>

#include "app/cli/options.h"
#include "app/i18n/strings.h"
#include "core/formats/utf8.h"
#include "core/prompt/grammar.h"
#include "core/prompt/structure_json.h"

namespace regard::cli {
namespace {

constexpr std::string_view kAnd = "a1111-and";  // no grammar of weights: prompts between AND

struct Asked {
  std::string text, syntax = "a1111";
  std::optional<int> steps;  // those of a schedule
  bool structure = false;
  bool warnings = false;  // in the JSON, too
};

/// What was read, as JSON that ends its last line, and what is to be said of it.
Result<int> print_read(const Asked& asked, std::string json, const std::vector<PromptWarning>& warnings) {
  print_warnings(warnings, 0, 0);
  if (!asked.warnings) return print(json);
  const Strings strings = Strings::load(kEnglish);
  std::string list;
  for (const PromptWarning& warning : warnings) {
    list += fmt::format("{}\n {{\"start\":{},\"end\":{},\"key\":{},\"text\":{}}}", list.empty() ? "" : ",",
                        warning.start, warning.end, text_json(warning.key), text_json(strings(warning.key)));
  }
  while (json.ends_with('\n')) json.pop_back();
  return print(fmt::format("{{\"read\":{},\n\"warnings\":[{}]}}\n", json, list));
}

/// One object a line.
std::string list_json(const std::vector<std::string>& objects) {
  std::string out = "[";
  for (const std::string& object : objects) out += (out.size() == 1 ? "\n " : ",\n ") + object;
  return out + "]\n";
}

std::string weighted_json(const std::string& text, double weight) {
  return fmt::format(R"({{"text":{},"weight":{}}})", text_json(text), weight_json(weight));
}

Result<int> print_schedule(const Asked& asked) {
  if (asked.syntax != "a1111")
    return fail(ErrorCode::kFormat, "--steps: expected with --syntax a1111, got {}", quote(asked.syntax));
  const PromptSchedule schedule = schedule_a1111(asked.text, *asked.steps);
  std::vector<std::string> objects;
  for (const ScheduledText& t : schedule.texts) {
    objects.push_back(fmt::format(R"({{"until_step":{},"text":{}}})", t.until_step, text_json(t.text)));
  }
  return print_read(asked, list_json(objects), schedule.warnings);
}

Result<int> print_and(const Asked& asked) {
  const WeightedTexts split = split_and_a1111(asked.text);
  std::vector<std::string> objects;
  for (const WeightedText& t : split.texts) objects.push_back(weighted_json(t.text, t.weight));
  return print_read(asked, list_json(objects), split.warnings);
}

bool is_plain(const CompelPrompt& prompt) {
  const auto is_swap = [](const CompelPiece& piece) { return std::holds_alternative<CompelSwap>(piece); };
  return prompt.kind == CompelPrompt::Kind::kAnd && prompt.parts.size() <= 1 &&
         (prompt.parts.empty() ||
          (prompt.parts[0].weight == 1.0 && std::ranges::none_of(prompt.parts[0].pieces, is_swap)));
}

Result<int> parse(const Asked& asked) {
  if (asked.steps) return print_schedule(asked);
  if (asked.structure && asked.syntax != "compel")
    return fail(ErrorCode::kFormat, "--structure: expected with --syntax compel, got {}",
                quote(asked.syntax));
  if (asked.syntax == kAnd) return print_and(asked);
  const std::optional<Syntax> syntax = syntax_from_name(asked.syntax);
  const ParsedPrompt parsed = parse_prompt(*syntax, asked.text);
  if (*syntax == Syntax::kCompel) {
    const CompelPrompt read = read_compel(asked.text);
    if (asked.structure || !is_plain(read)) return print_read(asked, compel_json(read), parsed.warnings);
  }
  std::vector<std::string> objects;
  for (const Fragment& f : parsed.fragments) objects.push_back(weighted_json(f.text, f.weight));
  return print_read(asked, list_json(objects), parsed.warnings);
}

}  // namespace

Action add_parse(CLI::App& app) {
  auto asked = std::make_shared<Asked>();
  app.add_option("TEXT", asked->text, "The prompt")->required()->type_name("");
  app.add_option("--syntax", asked->syntax,
                 "a1111 (default), a1111-old, comfyui, compel; a1111-and: the prompts between AND")
      ->check([known = syntaxes()](const std::string& text) { return text == kAnd ? "" : known(text); })
      ->type_name("NAME");
  app.add_option("--steps", asked->steps, "The schedule of a1111's [a:b:0.5] and [a|b]: {until_step, text}")
      ->transform(whole(1, 1000))
      ->type_name("N");
  app.add_flag(
      "--structure", asked->structure,
      "compel: its parts, also of a plain prompt; without it only .and, .blend and .swap are shown so");
  app.add_flag(
      "--warnings", asked->warnings,
      "Also in the JSON: {read, warnings}, each {start, end, key, text}; start and end are bytes of TEXT");
  app.footer("BREAK is listed as the original lists it: weight -1, multiplied by the brackets around it.");
  return [asked] { return parse(*asked); };
}

}  // namespace regard::cli
