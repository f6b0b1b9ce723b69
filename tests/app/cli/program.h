// Runs the built program as a person would, and keeps what it said.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace regard {

struct Outcome {
  int status = -1;  // exit status; 128 + signal when it was killed
  std::string out, err;
};

using Environment = std::vector<std::pair<std::string, std::string>>;  // set on top of the test's own

/// @param into  where standard output goes; empty: into Outcome::out
Outcome run_program(const std::vector<std::string>& arguments, const Environment& environment = {},
                    const std::string& into = "");

std::string slurp(const std::filesystem::path& path);

/// A folder of its own for a test, gone with it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace regard
