#include "app/lessons/lesson.h"

#include <filesystem>

namespace regard {

const LessonGuess* guess_of(const LessonCard& card) {
  for (const LessonCard::Block& block : card.blocks) {
    if (const auto* guess = std::get_if<LessonGuess>(&block)) return guess;
  }
  return nullptr;
}

std::vector<const LessonQuestion*> questions_of(const LessonCard& card) {
  std::vector<const LessonQuestion*> out;
  for (const LessonCard::Block& block : card.blocks) {
    if (const auto* question = std::get_if<LessonQuestion>(&block)) out.push_back(question);
  }
  return out;
}

std::string answers_name(const Lesson& lesson) {
  if (!lesson.name.ends_with(".md")) return lesson.name;
  return std::filesystem::path(lesson.name).stem().stem().string();
}

std::vector<std::string> ids_of(const Lesson& lesson) {
  std::vector<std::string> out;
  for (const LessonCard& card : lesson.cards) {
    for (const LessonCard::Block& block : card.blocks) {
      if (const auto* guess = std::get_if<LessonGuess>(&block)) out.push_back(guess->id);
      if (const auto* question = std::get_if<LessonQuestion>(&block)) out.push_back(question->id);
    }
  }
  return out;
}

}  // namespace regard
