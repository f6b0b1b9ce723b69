// Several files that belong together: all new, or all as they were.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "core/base/result.h"

namespace regard {

/// Files are written under temporary names beside their targets; commit() renames them all at once. What was
/// not committed leaves nothing behind, folders made for it included. A program killed before it can clean up
/// leaves temporary files, which remove_leftovers() takes away later. Move-only. Thread: one at a time.
class FileSet {
 public:
  FileSet();
  FileSet(FileSet&&) noexcept;
  FileSet& operator=(FileSet&&) noexcept;
  ~FileSet();

  /// Makes it, and what is above it, when missing. Errors: io.
  Result<void> make_folder(const std::filesystem::path& folder);
  /// Puts `bytes` on disk for `path`, which is not touched yet. Errors: io. Cost: the write, and a sync.
  Result<void> add(const std::filesystem::path& path, std::string_view bytes);
  /// Files of `folder` that a former set left under names of this kind go with commit(), but those that are
  /// written anew. `is_ours` is asked for each file's name. A folder that is not there has none.
  void replace_former(const std::filesystem::path& folder, bool (*is_ours)(std::string_view name));
  /// Renames all over their targets, in the order in which they were added. Ctrl+C waits for it. Errors: io;
  /// then no file was touched, unless the disk itself fails between two renames.
  Result<void> commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Removes the temporary files of write_file() and FileSet that a killed program left in `folder`: ours by
/// name and owner, of no running process, and older than a minute (a day when a process has that number).
/// @return  how many were removed
/// Thread: any.
int remove_leftovers(const std::filesystem::path& folder);

}  // namespace regard
