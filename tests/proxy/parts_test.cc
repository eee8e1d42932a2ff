// The small parts of the proxy: frames, filters, metrics, pidfiles.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include "proxy/http/limits.h"
#include "proxy/hub/event_filter.h"
#include "proxy/hub/frames.h"
#include "proxy/ops/metrics.h"
#include "proxy/ops/own_files.h"
#include "support/catch.h"
#include "support/temp_dir.h"
#include "wire/sse.h"

namespace offsync::proxy {
namespace {

std::vector<LogEntry> entries(std::uint64_t first, std::uint64_t last) {
  std::vector<LogEntry> made;
  for (auto at = first; at <= last; ++at) {
    const auto line = fmt::format(R"({{"type":"t.{}","subject":"k/{}","pad":"{}"}})", at, at % 3,
                                  std::string(at % 7, 'x'));
    made.push_back({at, "/s", fmt::format("id{}", at), line});
  }
  return made;
}

std::vector<SseMessage> parsed(std::string_view bytes) {
  SseParser parser;
  std::vector<SseMessage> messages;
  REQUIRE(parser.feed(bytes, messages).ok());
  return messages;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("frames: any part of a run is whole messages") {
  const auto all = entries(10, 30);
  const Frames frames("ep", all);
  CHECK(frames.first() == 10);
  CHECK(frames.end() == 31);
  CHECK_FALSE(frames.has(9));
  CHECK(frames.has(10));
  CHECK_FALSE(frames.has(31));
  for (std::uint64_t from = 10; from <= 31; ++from) {
    for (std::uint64_t to = from; to <= 31; ++to) {
      const auto messages = parsed(frames.run(from, to));
      REQUIRE(messages.size() == to - from);
      for (std::size_t i = 0; i < messages.size(); ++i) {
        REQUIRE(messages[i].id == fmt::format("ep-{}", from + i));
        REQUIRE(messages[i].data == all[from + i - 10].line);
      }
    }
  }
  CHECK(frames.keys(12).type == "t.12");
  CHECK(frames.keys(12).subject == "k/0");
}

TEST_CASE("frames: what fits is never over the bytes, but at least one message") {
  const Frames frames("ep", entries(1, 20));
  for (std::uint64_t from = 1; from <= 20; ++from) {
    for (std::size_t bytes = 0; bytes <= frames.bytes() + 10; ++bytes) {
      const auto to = frames.fitting(from, bytes);
      REQUIRE(to > from);
      REQUIRE(to <= 21);
      if (to > from + 1) REQUIRE(frames.run(from, to).size() <= bytes);
      if (to < 21) REQUIRE(frames.run(from, to + 1).size() > bytes);
    }
  }
}

TEST_CASE("frames: each byte belongs to its message") {
  const Frames frames("ep", entries(5, 12));
  for (std::uint64_t from = 5; from <= 12; ++from) {
    const auto bytes = frames.run(from, 13).size();
    for (std::size_t offset = 0; offset < bytes; ++offset) {
      const auto at = frames.message_at(from, offset);
      REQUIRE(frames.run(from, at).size() <= offset);
      REQUIRE(offset < frames.run(from, at + 1).size());
    }
  }
}

TEST_CASE("frames: a run grows by the next one") {
  Frames grown;
  CHECK(grown.empty());
  for (std::uint64_t first = 3; first < 12; first += 3)
    grown.append(Frames("ep", entries(first, first + 2)));
  const Frames whole("ep", entries(3, 11));
  CHECK(grown.run(3, 12) == whole.run(3, 12));
  CHECK(grown.run(5, 10) == whole.run(5, 10));
  CHECK(grown.keys(11).type == "t.11");
}

TEST_CASE("event filter: by type, by subject, by both") {
  const EventKeys keys =
      event_keys(R"({"id":"x","type":"todo.made","subject":"todo/1","data":{}})");
  CHECK(keys.type == "todo.made");
  CHECK(keys.subject == "todo/1");
  CHECK(EventFilter{}.all());
  CHECK(EventFilter{}.matches(keys));
  CHECK(EventFilter{"todo.*", ""}.matches(keys));
  CHECK(EventFilter{"todo.*", "todo/?"}.matches(keys));
  CHECK_FALSE(EventFilter{"todo.*", "note/*"}.matches(keys));
  CHECK_FALSE(EventFilter{"todo", ""}.matches(keys));
  CHECK_FALSE(EventFilter{"", "todo"}.matches(keys));
  // Members of `data` are not the event's own, whatever they are called; escapes are read.
  CHECK(event_keys(R"({"data":{"type":"x"},"type":"y","subject":"a/\u00fc"})").type == "y");
  CHECK(event_keys(R"({"type":"y","subject":"a/\u00fc"})").subject == "a/ü");
  for (const char* none : {"", "{}", "[]", "null", "{\"type\":5}", "{\"type\":", "\xff"}) {
    CHECK(event_keys(none).type.empty());
    CHECK(event_keys(none).subject.empty());
  }
}

TEST_CASE("metrics: counters, and a histogram whose buckets add up") {
  Metrics metrics;
  metrics.request("events", 200);
  metrics.request("events", 200);
  metrics.request("state", 404);
  metrics.accepted = 3;
  metrics.commit(500, true);  // exactly the first bound
  metrics.commit(20'000, true);
  metrics.commit(9'000'000, true);  // beyond the last
  metrics.commit(1, false);
  metrics.head("shop", 3);
  metrics.head("shop", 7);
  metrics.head("till", 1);
  const std::string text = metrics.text();
  CHECK(has_line(text, "offsync_requests_total{route=\"events\",code=\"200\"} 2"));
  CHECK(has_line(text, "offsync_requests_total{route=\"state\",code=\"404\"} 1"));
  CHECK(has_line(text, "offsync_events_total{outcome=\"accepted\"} 3"));
  CHECK(has_line(text, "offsync_commit_seconds_bucket{le=\"0.0005\"} 1"));
  CHECK(has_line(text, "offsync_commit_seconds_bucket{le=\"0.025\"} 2"));
  CHECK(has_line(text, "offsync_commit_seconds_bucket{le=\"2.5\"} 2"));
  CHECK(has_line(text, "offsync_commit_seconds_bucket{le=\"+Inf\"} 3"));
  CHECK(has_line(text, "offsync_commit_seconds_count 3"));
  CHECK(has_line(text, "offsync_commit_seconds_sum 9.0205"));
  CHECK(has_line(text, "offsync_commits_failed_total 1"));
  CHECK(has_line(text, "offsync_head{space=\"shop\"} 7"));
  CHECK(has_line(text, "offsync_head{space=\"till\"} 1"));
}

TEST_CASE("metrics: every value is described, and every line is one of the format") {
  Metrics metrics;
  metrics.request("events", 200);
  metrics.commit(1, true);
  metrics.head("shop", 1);
  std::string text = metrics.text();
  REQUIRE(text.back() == '\n');
  std::string described;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.rfind("# HELP ", 0) == 0) continue;
    if (line.rfind("# TYPE ", 0) == 0) {
      described = line.substr(7, line.find(' ', 7) - 7);
      continue;
    }
    INFO(line);
    REQUIRE_FALSE(described.empty());
    CHECK(line.rfind(described, 0) == 0);
    const std::string value = line.substr(line.rfind(' ') + 1);
    CHECK(value.find_first_not_of("0123456789.e-+") == std::string::npos);
  }
}

TEST_CASE("metrics: threads count together") {
  Metrics metrics;
  std::vector<std::thread> threads;
  std::atomic<int> read{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        metrics.request("events", 200);
        metrics.commit(1000, true);
        ++metrics.accepted;
        if (i % 100 == 0) read += metrics.text().empty() ? 0 : 1;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(read == 40);
  const std::string text = metrics.text();
  CHECK(has_line(text, "offsync_requests_total{route=\"events\",code=\"200\"} 4000"));
  CHECK(has_line(text, "offsync_events_total{outcome=\"accepted\"} 4000"));
  CHECK(has_line(text, "offsync_commit_seconds_count 4000"));
}

TEST_CASE("pidfile: names its process, is locked, and goes with it") {
  const test::TempDir folder;
  const std::string file = folder.file("pid");
  {
    const auto taken = PidFile::take(file);
    REQUIRE(taken.ok());
    std::ifstream in(file);
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == fmt::format("{}\n", ::getpid()));
    const auto second = PidFile::take(file);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().code == "already_running");
    CHECK(second.error().detail.find(std::to_string(::getpid())) != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(file));
}

void put(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::trunc) << text;
}

std::string text_in(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("pidfile: one that nobody has locked is stale, a link is not followed") {
  const test::TempDir folder;
  const std::string file = folder.file("pid");
  for (const char* stale : {"", "\n", "4711", "4711\n", "4711 \n"}) {
    INFO(stale);
    put(file, stale);
    const auto taken = PidFile::take(file);
    REQUIRE(taken.ok());
    CHECK(text_in(file) == fmt::format("{}\n", ::getpid()));
  }
  put(folder.file("precious"), "data");
  std::filesystem::create_symlink(folder.file("precious"), file);
  CHECK(PidFile::take(file).error().code == "pidfile");
  CHECK(text_in(folder.file("precious")) == "data");
  CHECK(PidFile::take(folder.file("no/such/folder")).error().code == "pidfile");
}

TEST_CASE("pidfile: what no proxy has made stays as it is") {
  const test::TempDir folder;
  const std::string file = folder.file("pid");
  for (const std::string& text :
       {std::string("important\n"), std::string("99 and more than a number\n"), std::string("-1\n"),
        std::string("1\n2\n"), std::string(600, '1'), std::string("\0\0", 2)}) {
    INFO(text);
    put(file, text);
    const auto taken = PidFile::take(file);
    REQUIRE_FALSE(taken.ok());
    CHECK(taken.error().code == "not_ours");
    CHECK(taken.error().kind == Errc::config);
    CHECK(text_in(file) == text);
  }
  std::filesystem::remove(file);
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  CHECK(PidFile::take(file).error().code == "not_ours");
  CHECK(PidFile::take("/dev/null").error().code == "not_ours");
}

TEST_CASE("pidfile, ready file: at the end only what is still ours is removed") {
  const test::TempDir folder;
  const std::string file = folder.file("x");
  const auto take = [&](bool pid) {
    std::optional<PidFile> pidfile;
    std::optional<ReadyFile> ready;
    if (pid) {
      pidfile.emplace(*PidFile::take(file));
    } else {
      ready.emplace(*ReadyFile::write(file, "http://h:1"));
    }
    return std::pair(std::move(pidfile), std::move(ready));
  };
  for (const bool pid : {true, false}) {
    INFO(pid);
    std::filesystem::remove(file);
    { const auto ours = take(pid); }
    CHECK_FALSE(std::filesystem::exists(file));
    {
      const auto ours = take(pid);
      put(file, "somebody's\n");  // the same file, with another text
    }
    CHECK(text_in(file) == "somebody's\n");
    std::filesystem::remove(file);
    std::string same;
    {
      const auto ours = take(pid);
      same = text_in(file);
      put(folder.file("other"), same);
      std::filesystem::rename(folder.file("other"), file);  // another file, with the same text
    }
    CHECK(text_in(file) == same);
    std::filesystem::remove(file);
    {
      const auto ours = take(pid);
      std::filesystem::rename(file, folder.file("moved"));
      std::filesystem::create_symlink(folder.file("moved"), file);
    }
    CHECK(std::filesystem::is_symlink(file));
    CHECK(text_in(file) == same);
  }
}

TEST_CASE("ready file: written whole, and one that cannot be leaves nothing") {
  const test::TempDir folder;
  const std::string file = folder.file("ready");
  for (const char* before : {"", "\n", "http://127.0.0.1:1\n", "http://[::1]:80"}) {
    put(file, before);
    const auto ready = ReadyFile::write(file, "http://h:2");
    REQUIRE(ready.ok());
    CHECK(text_in(file) == "http://h:2\n");
  }
  CHECK_FALSE(std::filesystem::exists(file));
  for (const char* precious : {"x\n", "http://a\nb\n", "see http://h:1\n", "1\n"}) {
    put(file, precious);
    CHECK(ReadyFile::may_take(file).error().code == "not_ours");
    CHECK(ReadyFile::write(file, "http://h:2").error().kind == Errc::config);
    CHECK(text_in(file) == precious);
  }
  std::filesystem::create_directory(folder.file("folder"));
  CHECK(ReadyFile::write(folder.file("folder"), "http://h").error().code == "not_ours");
  CHECK(ReadyFile::write("/dev/null", "http://h").error().code == "not_ours");
  CHECK(ReadyFile::write(folder.file("no/such"), "http://h").error().code == "ready_file");
  // A temporary name that somebody has is left alone.
  std::filesystem::remove(file);
  put(fmt::format("{}.{}.0", file, ::getpid()), "precious");
  REQUIRE(ReadyFile::write(file, "http://h:2").ok());
  CHECK(text_in(fmt::format("{}.{}.0", file, ::getpid())) == "precious");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

}  // namespace offsync::proxy
