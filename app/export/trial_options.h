// What was tried on a text or vision run, as the options of the command line that would try it again: what
// files and captions say of it, the same in every language.
#pragma once

#include <string>
#include <vector>

#include "core/engine/text_run.h"
#include "core/engine/vision_run.h"

namespace regard {

/// {"--mask chat", "--head-off 2,3,mean"}; empty: nothing was tried.
std::vector<std::string> trial_options(const TextRun& run);
std::vector<std::string> trial_options(const VisionRun& run);

/// One line of them; empty: nothing was tried.
template <class Run>
std::string trials_line(const Run& run) {
  std::string out;
  for (const std::string& option : trial_options(run)) out += (out.empty() ? "" : " ") + option;
  return out;
}

}  // namespace regard
