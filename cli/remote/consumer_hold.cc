#include "cli/remote/consumer_hold.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "base/descriptor.h"
#include "base/sha256.h"
#include "base/text.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kMostDigits = 20;

// A name may have any character, and be longer than a file's name.
std::string file_for(const std::string& database, const std::string& name) {
  return database + ".consumer-" + hex_of(sha256({name}), 8) + ".lock";
}

// For who finds it taken; the lock itself does not hang on it.
void write_pid(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return;
  write_all(fd, fmt::format("{}\n", ::getpid()));
  ::close(fd);
}

std::string holder(const std::string& file) {
  auto text = read_small_file(file, kMostDigits);
  if (text && !text->empty() && text->back() == '\n') text->pop_back();
  const bool known = text && !text->empty() && all_digits(*text);
  return known ? "process " + *text : "another process";
}

}  // namespace

Result<ConsumerHold> ConsumerHold::take(const std::string& replica, const std::string& name) {
  const std::string database = sqlite::behind_links(replica);
  const std::string file = file_for(database, name);
  OFFSYNC_ASSIGN(sqlite::FileLock lock, sqlite::FileLock::open(file, database));
  OFFSYNC_ASSIGN(const bool ours, lock.try_lock());
  if (!ours) {
    return make_error(
        Errc::partial, "in_use",
        fmt::format("{} acts as the consumer {} of this replica already", holder(file), name),
        "end that one first, or take another name for --consumer");
  }
  write_pid(file);
  return ConsumerHold(std::move(lock), file);
}

// It goes while it is locked: who opened it before sees that it is gone, and makes it anew.
ConsumerHold::~ConsumerHold() {
  if (lock_.locked()) ::unlink(file_.c_str());
}

}  // namespace offsync::cli
