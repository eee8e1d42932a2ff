#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "sqlite/db.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::sqlite;

namespace {

FileLock open_lock(const std::string& file) {
  auto lock = FileLock::open(file);
  REQUIRE(lock);
  return std::move(*lock);
}

}  // namespace

TEST_CASE("a file lock excludes every other one") {
  test::TempDir dir;
  FileLock first = open_lock(dir.file("a.lock"));
  FileLock second = open_lock(dir.file("a.lock"));
  REQUIRE(first.lock());
  CHECK(first.locked());
  CHECK_FALSE(*second.try_lock());
  const Status waited = second.lock(20);
  REQUIRE_FALSE(waited);
  CHECK(waited.error().kind == Errc::partial);
  CHECK(waited.error().code == "busy");
  first.unlock();
  CHECK(*second.try_lock());
  CHECK_FALSE(first.lock(0));
}

TEST_CASE("a waiter that gave up leaves no trace") {
  test::TempDir dir;
  FileLock first = open_lock(dir.file("a.lock"));
  FileLock second = open_lock(dir.file("a.lock"));
  FileLock third = open_lock(dir.file("a.lock"));
  REQUIRE(first.lock());
  REQUIRE_FALSE(second.lock(5));
  first.unlock();
  CHECK(third.lock(0));
}

TEST_CASE("a file lock ends with its object") {
  test::TempDir dir;
  FileLock second = open_lock(dir.file("a.lock"));
  {
    FileLock first = open_lock(dir.file("a.lock"));
    REQUIRE(first.lock());
    FileLock moved = std::move(first);
    CHECK_FALSE(*second.try_lock());
  }
  CHECK(*second.try_lock());
}

TEST_CASE("a file lock ends with its process") {
  test::TempDir dir;
  const std::string file = dir.file("a.lock");
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto lock = FileLock::open(file);
    const bool locked = lock && lock->lock();
    (void)!::write(ready[1], locked ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char answer = 0;
  REQUIRE(::read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  FileLock ours = open_lock(file);
  CHECK_FALSE(*ours.try_lock());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(ours.lock(1000));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("who locks again and again keeps nobody out") {
  test::TempDir dir;
  std::atomic<bool> stop{false};
  std::atomic<int> rounds{0};
  std::thread greedy([&] {
    FileLock lock = *FileLock::open(dir.file("a.lock"));
    while (!stop) {
      if (!lock.lock()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      lock.unlock();
      ++rounds;
    }
  });
  while (rounds < 3) std::this_thread::yield();
  FileLock patient = open_lock(dir.file("a.lock"));
  for (int i = 0; i < 10; ++i) {
    REQUIRE(patient.lock(10'000));
    patient.unlock();
  }
  const int before = rounds;
  REQUIRE(patient.lock(10'000));
  CHECK(rounds <= before + 3);
  stop = true;
  patient.unlock();
  greedy.join();
}
