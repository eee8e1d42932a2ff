// The proxy's log: one line an event, "time=… level=info event=listening url=…" or the same as a
// JSON object. Text that came from outside is escaped, so that it can neither forge a line nor
// drive a terminal.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/ports.h"
#include "base/result.h"

namespace offsync::proxy {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { text, json };
std::optional<LogLevel> parse_log_level(std::string_view text);
std::optional<LogFormat> parse_log_format(std::string_view text);

struct LogField {
  std::string_view key;  // [a-z_]+
  std::string value;
  bool number = false;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  template <class N, class = std::enable_if_t<std::is_arithmetic_v<N>>>
  LogField(std::string_view k, N n) : key(k), value(std::to_string(n)), number(true) {}
};

// Thread-safe; each line is one write(2).
class Log {
 public:
  // Writes to `fd`, which stays the caller's.
  Log(Clock& clock, LogLevel level, LogFormat format, int fd = 2);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // From now on to the end of `file` (created with mode 0640).
  Status to_file(const std::string& file);
  // Opens the file again under its name, after somebody moved it away, and says so in the log; or,
  // if that fails, in the log that stays as it was.
  void reopen();

  bool on(LogLevel level) const { return level >= level_; }
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

 private:
  Clock& clock_;
  const LogLevel level_;
  const LogFormat format_;
  std::mutex mutex_;
  std::string file_;
  int fd_;
  bool own_ = false;
  bool cut_ = false;  // its last line has no end
};

}  // namespace offsync::proxy
