#include "base/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <thread>

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace offsync;

namespace {

struct Pipe {
  explicit Pipe(int flags) {
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | flags) == 0);
    (void)::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  }
  ~Pipe() {
    for (const int end : ends) ::close(end);
  }
  std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("writing waits for the reader of a pipe that does not block") {
  Pipe pipe(O_NONBLOCK);
  const std::string sent(1'000'000, 'x');
  std::string got;
  std::thread reader([&] {
    std::array<char, 1000> block{};
    while (got.size() < sent.size()) {
      const ssize_t n = read_some(pipe.ends[0], block.data(), block.size());
      if (n > 0) got.append(block.data(), static_cast<std::size_t>(n));
    }
  });
  CHECK(write_all(pipe.ends[1], sent) == 0);
  reader.join();
  CHECK(got == sent);
}

TEST_CASE("reading waits for the writer of a pipe that does not block, and sees its end") {
  Pipe pipe(O_NONBLOCK);
  int written = -1;
  std::thread writer([&] {
    ::usleep(20'000);
    written = write_all(pipe.ends[1], "late");
    ::close(pipe.ends[1]);
  });
  std::array<char, 10> block{};
  CHECK(read_some(pipe.ends[0], block.data(), block.size()) == 4);
  CHECK(read_some(pipe.ends[0], block.data(), block.size()) == 0);
  writer.join();
  CHECK(written == 0);
  pipe.ends[1] = -1;
}

TEST_CASE("what cannot be written or read is an errno") {
  CHECK(write_all(-1, "x") == EBADF);
  CHECK(write_all(-1, "") == 0);
  char c = 0;
  CHECK(read_some(-1, &c, 1) == -1);
  CHECK(errno == EBADF);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  CHECK(write_all(full, "x") == ENOSPC);
  ::close(full);
}

TEST_CASE("a small file is a file") {
  const test::TempDir dir;
  const auto file = dir.file("a");
  const auto code = [](const Result<std::string>& read) { return read ? "ok" : read.error().code; };
  CHECK(code(read_small_file(file, 10)) == "no_such_file");
  CHECK(code(read_small_file(file + "/b", 10)) == "no_such_file");
  std::ofstream(file) << "0123456789";
  CHECK(*read_small_file(file, 10) == "0123456789");
  CHECK(*read_small_file(file, 10, true) == "0123456789");
  CHECK(code(read_small_file(file, 9)) == "too_large");
  CHECK(*read_small_file("/dev/null", 10) == "");
  CHECK(code(read_small_file("/dev/zero", 10)) == "not_a_file");
  CHECK(read_small_file("/dev/zero", 10, true).error().kind == Errc::config);
  CHECK(code(read_small_file(dir.path(), 10)) == "not_a_file");
  const auto fifo = dir.file("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(read_small_file(fifo, 10).error().detail == fifo + " is a pipe, and no file");
  Pipe pipe(0);
  CHECK(write_all(pipe.ends[1], "token") == 0);
  ::close(pipe.ends[1]);
  pipe.ends[1] = -1;
  const std::string name = "/proc/self/fd/" + std::to_string(pipe.ends[0]);
  CHECK(*read_small_file(name, 10, true) == "token");
}
