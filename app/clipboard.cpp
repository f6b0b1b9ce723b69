#include "app/clipboard.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "core/formats/json.h"

extern char** environ;

namespace regard {
namespace {

namespace fs = std::filesystem;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view folders = path != nullptr ? path : "";
  while (!folders.empty()) {
    const std::string_view folder = folders.substr(0, folders.find(':'));
    folders.remove_prefix(std::min(folder.size() + 1, folders.size()));
    if (!folder.empty() && ::access((std::string(folder) + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// The command that reads a PNG from its input; empty: none is there.
std::vector<std::string> command() {
  if (is_set("WAYLAND_DISPLAY") && is_installed("wl-copy")) return {"wl-copy", "--type", "image/png"};
  if (is_set("DISPLAY") && is_installed("xclip"))
    return {"xclip", "-selection", "clipboard", "-t", "image/png", "-i"};
  return {};
}

// Runs it with `input` as its input and no output: what it leaves behind to serve the picture holds nothing
// of ours. @return its exit status; -1 when it did not start or end
int run(const std::vector<std::string>& words, const fs::path& input) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  if (::posix_spawn_file_actions_init(&files) != 0) return -1;
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int started = ::posix_spawnp(&child, arguments.front(), &files, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (started != 0) return -1;
  int status = 0;
  for (int i = 0; i < 200; ++i) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (ended < 0) return -1;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return -1;
}

}  // namespace

Result<void> copy_png(std::string_view png) {
  const std::vector<std::string> words = command();
  if (words.empty())
    return fail(ErrorCode::kUnsupported, "clipboard: expected wl-copy or xclip, got neither");
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error);
  if (error) return fail(ErrorCode::kIo, "clipboard: {}", error.message());
  const fs::path input = folder / ("regard-clipboard-" + std::to_string(::getpid()) + ".png");
  REGARD_TRY_DO(write_file(input, png));
  const int status = run(words, input);
  fs::remove(input, error);
  if (status != 0)
    return fail(ErrorCode::kIo, "clipboard: {}: expected it to take a picture, got status {}", words.front(),
                status);
  return {};
}

}  // namespace regard
