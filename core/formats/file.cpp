// Whole files in and out. A write is all or nothing: the new bytes are on disk before the old file goes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/formats/content.h"
#include "core/formats/file_set.h"
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

/// What the file is, before its size is held against a limit: six gigabytes of pickle are a pickle first.
Result<void> check_beginning(int fd, std::uint64_t size, Wanted wanted, const fs::path& path) {
  if (wanted == Wanted::kAnything) return {};
  std::array<char, kContentBytes> head;
  ssize_t got = 0;
  do got = ::pread(fd, head.data(), head.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got < 0) return {};  // reading says why
  const std::string_view beginning(head.data(), static_cast<std::size_t>(got));
  return check_content(beginning, std::max(size, std::uint64_t{beginning.size()}), wanted,
                       label_of(path));  // procfs says 0
}

Result<std::string> read_all(const fs::path& path, std::size_t max_bytes, Wanted wanted) {
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
  REGARD_TRY_DO(check_beginning(file.get(), static_cast<std::uint64_t>(info.st_size), wanted, path));
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
  std::error_code ignored;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (error == ENOENT && !fs::is_directory(folder, ignored))
    return fail(ErrorCode::kIo, "{}: write: expected the folder {}, got none", label_of(path),
                label_of(folder));
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

/// ".regard-PID-N.tmp": the number of the process that wrote it, 0 when the name is not of that form.
pid_t process_of(std::string_view name) {
  constexpr std::string_view kStart = ".regard-", kEnd = ".tmp";
  if (!name.starts_with(kStart) || !name.ends_with(kEnd) || name.size() <= kStart.size() + kEnd.size())
    return 0;
  name = name.substr(kStart.size(), name.size() - kStart.size() - kEnd.size());
  const std::size_t dash = name.find('-');
  if (dash == name.npos || dash == 0 || dash > 9 || dash + 1 == name.size()) return 0;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::ranges::all_of(name.substr(0, dash), digit) || !std::ranges::all_of(name.substr(dash + 1), digit))
    return 0;
  pid_t pid = 0;
  for (const char c : name.substr(0, dash)) pid = 10 * pid + (c - '0');
  return pid;
}

bool is_leftover(const fs::path& path) {
  constexpr std::time_t kMinute = 60, kDay = 86'400;
  const pid_t pid = process_of(path.filename().string());
  struct stat info{};
  if (pid == 0 || pid == ::getpid() || ::lstat(path.c_str(), &info) != 0) return false;
  if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid()) return false;
  const bool runs = ::kill(pid, 0) == 0 || errno != ESRCH;
  return std::time(nullptr) - info.st_mtime > (runs ? kDay : kMinute);
}

/// Once a folder and process: a start takes away what an earlier one left.
void sweep_once(const fs::path& folder) {
  static std::mutex mutex;
  static std::set<fs::path> swept;
  const std::lock_guard lock(mutex);
  if (swept.insert(folder).second) remove_leftovers(folder);
}

/// The temporary file beside the target; removed unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const fs::path& folder) {
    static std::atomic<unsigned> counter{0};
    sweep_once(folder);
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

  /// errno of the first step that failed, 0 when `bytes` are on disk.
  int fill(std::string_view bytes, const struct stat* old) {
    if (const int error = write_all(fd_, bytes); error != 0) return error;
    if (old != nullptr && ::fchmod(fd_, old->st_mode & 07777) != 0) return errno;
    if (::fsync(fd_) != 0) return errno;
    return ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
  }
  /// The same for `target` holding them.
  int rename_to(const fs::path& target) {
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

/// Where `path` leads and what is there.
struct Target {
  fs::path path;    // through links
  fs::path folder;  // it lies in
  struct stat old{};
  bool exists = false;
  bool device = false;  // or a pipe: written through
};

Result<Target> target_of(const fs::path& path, std::size_t size) {
  Target out;
  out.path = path;
  std::error_code ignored;
  if (fs::is_symlink(path, ignored)) {  // write to what the link names, keep the link
    std::error_code error;
    out.path = fs::weakly_canonical(path, error);
    if (error) return write_failed(path, size, error.value());
  }
  out.exists = ::stat(out.path.c_str(), &out.old) == 0;
  if (out.exists && S_ISDIR(out.old.st_mode)) {
    return fail(ErrorCode::kIo, "{}: write: expected a file, got a folder", label_of(path));
  }
  out.device = out.exists && !S_ISREG(out.old.st_mode);
  out.folder = out.path.has_parent_path() ? out.path.parent_path() : fs::path(".");
  return out;
}

/// A rename must survive a power cut; file systems that cannot sync a folder are left alone.
void sync_folder(const fs::path& folder) {
  const FileDescriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.ok()) (void)::fsync(parent.get());
}

/// Ctrl+C and the like wait until it goes out of scope, then do what they always do.
class HeldSignals {
 public:
  HeldSignals() {
    struct sigaction action{};
    action.sa_handler = [](int signal) { held = signal; };
    held = 0;
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &before_[i]);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
    if (held != 0) ::raise(held);
  }

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};
  static inline volatile std::sig_atomic_t held = 0;
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace

struct FileSet::Impl {
  struct File {
    fs::path asked;  // as messages name it
    Target target;
    std::unique_ptr<Temporary> temporary;  // null for a device
    std::string bytes;                     // of a device
    std::size_t size = 0;
  };
  std::vector<File> files;
  std::vector<fs::path> made;    // folders, the outermost first
  std::vector<fs::path> former;  // files that go unless they are written anew
};

FileSet::FileSet() : impl_(std::make_unique<Impl>()) {}
FileSet::FileSet(FileSet&&) noexcept = default;
FileSet& FileSet::operator=(FileSet&&) noexcept = default;

FileSet::~FileSet() {
  if (!impl_) return;
  impl_->files.clear();
  // Only those that are empty go; after a commit they are not.
  for (auto folder = impl_->made.rbegin(); folder != impl_->made.rend(); ++folder) ::rmdir(folder->c_str());
}

Result<void> FileSet::make_folder(const fs::path& folder) {
  std::error_code failed;
  std::vector<fs::path> missing;  // the innermost first
  for (fs::path at = folder; !at.empty() && !fs::exists(at, failed); at = at.parent_path())
    missing.push_back(at);
  failed.clear();
  fs::create_directories(folder, failed);
  if (failed || !fs::is_directory(folder, failed)) {
    return fail(ErrorCode::kIo, "{}: expected a folder or the right to make one, got '{}'", label_of(folder),
                failed ? failed.message() : "a file");
  }
  impl_->made.insert(impl_->made.end(), missing.rbegin(), missing.rend());
  return {};
}

Result<void> FileSet::add(const fs::path& path, std::string_view bytes) try {
  REGARD_TRY(Target target, target_of(path, bytes.size()));
  Impl::File file{
      .asked = path, .target = std::move(target), .temporary = nullptr, .bytes = {}, .size = bytes.size()};
  if (file.target.device) {
    file.bytes = bytes;
  } else {
    file.temporary = std::make_unique<Temporary>(file.target.folder);
    if (file.temporary->error() != 0) return write_failed(path, bytes.size(), file.temporary->error());
    const int error = file.temporary->fill(bytes, file.target.exists ? &file.target.old : nullptr);
    if (error != 0) return write_failed(path, bytes.size(), error);
  }
  impl_->files.push_back(std::move(file));
  return {};
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: write: expected enough memory, got '{}'", label_of(path), error.what());
}

void FileSet::replace_former(const fs::path& folder, bool (*is_ours)(std::string_view name)) {
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed); !failed && at != fs::directory_iterator();
       at.increment(failed)) {
    std::error_code unknown;
    if (at->symlink_status(unknown).type() == fs::file_type::regular &&
        is_ours(at->path().filename().string()))
      impl_->former.push_back(at->path());
  }
}

Result<void> FileSet::commit() {
  for (const Impl::File& file : impl_->files) {
    if (file.target.device) REGARD_TRY_DO(write_through(file.target.path, file.bytes));
  }
  {
    const HeldSignals held;
    for (const Impl::File& file : impl_->files) {
      if (file.target.device) continue;
      const int error = file.temporary->rename_to(file.target.path);
      if (error != 0) return write_failed(file.asked, file.size, error);
    }
    for (const fs::path& path : impl_->former) {
      const bool written =
          std::ranges::any_of(impl_->files, [&](const Impl::File& file) { return file.asked == path; });
      if (!written) ::unlink(path.c_str());
    }
  }
  impl_->former.clear();
  std::set<fs::path> folders;
  for (const Impl::File& file : impl_->files) folders.insert(file.target.folder);
  for (const fs::path& folder : folders) sync_folder(folder);
  impl_->files.clear();
  return {};
}

int remove_leftovers(const fs::path& folder) {
  int count = 0;
  std::error_code failed;
  fs::directory_iterator at(folder, failed);
  for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
    if (is_leftover(at->path()) && ::unlink(at->path().c_str()) == 0) ++count;
  }
  return count;
}

Result<std::string> read_file(const fs::path& path, std::size_t max_bytes) {
  return read_file(path, max_bytes, Wanted::kAnything);
}

Result<std::string> read_file(const fs::path& path, std::size_t max_bytes, Wanted wanted) try {
  return read_all(path, max_bytes, wanted);
} catch (const std::exception& error) {
  return fail(ErrorCode::kIo, "{}: read: expected enough memory, got '{}'", label_of(path), error.what());
}

Result<void> write_file(const fs::path& path, std::string_view bytes) {
  FileSet files;
  REGARD_TRY_DO(files.add(path, bytes));
  return files.commit();
}

}  // namespace regard
