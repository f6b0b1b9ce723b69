// Whole files in and out. A write is all or nothing: the new bytes are on disk before the old file goes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "core/formats/json.h"
#include "core/formats/utf8.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { (void)close(); }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  /// False when the system reports a late write error.
  bool close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

std::string label_of(const fs::path& path) { return printable(path.string(), 4096); }

std::string reason(int error) { return std::generic_category().message(error); }

const char* kind_of(mode_t mode) {
  return S_ISDIR(mode) ? "a folder" : S_ISREG(mode) ? "a file" : "a device, pipe or socket";
}

Result<std::string> read_all(const fs::path& path, std::size_t max_bytes) {
  // Non-blocking: opening a pipe that nobody writes to must not hang.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.ok()) {
    return fail(ErrorCode::kIo, "{}: open: expected a readable file, got '{}'", label_of(path),
                reason(errno));
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    return fail(ErrorCode::kIo, "{}: open: expected a readable file, got '{}'", label_of(path),
                reason(errno));
  }
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorCode::kIo, "{}: open: expected a file, got {}", label_of(path), kind_of(info.st_mode));
  }
  if (static_cast<std::uintmax_t>(info.st_size) > max_bytes) {
    return fail(ErrorCode::kIo, "{}: size: expected at most {} bytes, got {}", label_of(path), max_bytes,
                info.st_size);
  }
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t have = 0;
  for (;;) {
    // One byte of room past the end tells a file that grew from one that was read whole.
    if (have == bytes.size()) {
      char extra = 0;
      const ssize_t got = ::read(file.get(), &extra, 1);
      if (got == 0) return bytes;
      if (got == 1 && have == max_bytes) {
        return fail(ErrorCode::kIo, "{}: size: expected at most {} bytes, got more", label_of(path),
                    max_bytes);
      }
      if (got == 1) {
        bytes.push_back(extra);
        ++have;
        bytes.resize(std::min(max_bytes, have + 65536));
        continue;
      }
      if (errno == EINTR) continue;
      return fail(ErrorCode::kIo, "{}: read: expected {} bytes, got '{}'", label_of(path), info.st_size,
                  reason(errno));
    }
    const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return fail(ErrorCode::kIo, "{}: read: expected {} bytes, got '{}'", label_of(path), info.st_size,
                  reason(errno));
    }
    if (got == 0) {  // shrank, or the guess above was too long
      bytes.resize(have);
      return bytes;
    }
    have += static_cast<std::size_t>(got);
  }
}

/// errno of the first failure, 0 when all bytes went out.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return 0;
}

std::unexpected<Error> write_failed(const fs::path& path, std::size_t size, int error) {
  return fail(ErrorCode::kIo, "{}: write: expected {} bytes on disk, got '{}'", label_of(path), size,
              reason(error));
}

/// A device or a pipe has nothing to keep whole, and renaming over it would replace it.
Result<void> write_through(const fs::path& path, std::string_view bytes) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.ok()) return write_failed(path, bytes.size(), errno);
  if (const int error = write_all(file.get(), bytes); error != 0)
    return write_failed(path, bytes.size(), error);
  if (!file.close()) return write_failed(path, bytes.size(), errno);
  return {};
}

/// The temporary file beside the target; removed unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const fs::path& folder) {
    static std::atomic<unsigned> counter{0};
    for (int attempt = 0; attempt < 100 && fd_ < 0; ++attempt) {
      path_ = folder / fmt::format(".regard-{}-{}.tmp", ::getpid(), counter++);
      fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (fd_ < 0 && errno != EEXIST) break;
    }
    error_ = fd_ < 0 ? errno : 0;
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (fd_ >= 0) ::close(fd_);
    if (error_ == 0 && !renamed_) ::unlink(path_.c_str());
  }
  int error() const { return error_; }

  /// errno of the first step that failed, 0 when `target` now holds `bytes`.
  int fill_and_rename(std::string_view bytes, const struct stat* old, const fs::path& target) {
    if (const int error = write_all(fd_, bytes); error != 0) return error;
    if (old != nullptr && ::fchmod(fd_, old->st_mode & 07777) != 0) return errno;
    if (::fsync(fd_) != 0) return errno;
    if (::close(std::exchange(fd_, -1)) != 0) return errno;
    if (::rename(path_.c_str(), target.c_str()) != 0) return errno;
    renamed_ = true;
    return 0;
  }

 private:
  fs::path path_;
  int fd_ = -1;
  int error_ = 0;
  bool renamed_ = false;
};

Result<void> write_whole(const fs::path& path, std::string_view bytes) {
  fs::path target = path;
  std::error_code ignored;
  if (fs::is_symlink(path, ignored)) {  // write to what the link names, keep the link
    std::error_code error;
    target = fs::weakly_canonical(path, error);
    if (error) return write_failed(path, bytes.size(), error.value());
  }
  struct stat old{};
  const bool exists = ::stat(target.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) {
    return fail(ErrorCode::kIo, "{}: write: expected a file, got a folder", label_of(path));
  }
  if (exists && !S_ISREG(old.st_mode)) return write_through(target, bytes);

  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  Temporary temporary(folder);
  if (temporary.error() != 0) return write_failed(path, bytes.size(), temporary.error());
  const int error = temporary.fill_and_rename(bytes, exists ? &old : nullptr, target);
  if (error != 0) return write_failed(path, bytes.size(), error);

  // The rename itself must survive a power cut; file systems that cannot sync a folder are left alone.
  const FileDescriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.ok()) (void)::fsync(parent.get());
  return {};
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::size_t max_bytes) try {
  return read_all(path, max_bytes);
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: read: expected enough memory, got '{}'", label_of(path), error.what());
}

Result<void> write_file(const fs::path& path, std::string_view bytes) try {
  return write_whole(path, bytes);
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: write: expected enough memory, got '{}'", label_of(path), error.what());
}

}  // namespace regard
