#include "proxy/ops/logger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/descriptor.h"
#include "base/rfc3339.h"
#include "base/system_error.h"
#include "event/value.h"

namespace offsync::proxy {
namespace {

constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};

// Valid UTF-8 whose control characters (C0, DEL and C1) are spelt out.
std::string harmless(std::string_view text) {
  const bool utf8 = valid_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = utf8 && c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c < 0x20 || c == 0x7f || (!utf8 && c >= 0x80)) {
      out += fmt::format("\\x{:02x}", c);
    } else if (c1) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else {
      out += text[i];
    }
  }
  return out;
}

void append_text(std::string& out, const LogField& field) {
  out += ' ';
  out += field.key;
  out += '=';
  const auto value = harmless(field.value);
  const bool plain = !value.empty() && value.find_first_of(" =\"\\") == std::string::npos;
  if (plain) {
    out += value;
  } else {
    append_json_string(out, value);
  }
}

void append_json(std::string& out, const LogField& field) {
  out += ',';
  append_json_string(out, field.key);
  out += ':';
  if (field.number) {
    out += field.value;
  } else {
    append_json_string(out, harmless(field.value));
  }
}

off_t size_of(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 ? info.st_size : 0;
}

// What cannot be read is taken to.
bool ends_with_line(const std::string& file) {
  std::ifstream in;
  std::error_code error;
  if (std::filesystem::is_regular_file(file, error)) in.open(file, std::ios::binary);
  return !in.is_open() || !in.seekg(-1, std::ios::end) || in.get() == '\n';
}

Result<int> open_log(const std::string& file) {
  // A FIFO that nobody reads would be waited for.
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK;
  const int fd = ::open(file.c_str(), kFlags, 0640);
  if (fd >= 0) {
    (void)::fcntl(fd, F_SETFL, O_WRONLY | O_APPEND);
    return fd;
  }
  return make_error(kind_of_errno(errno, Errc::config), "log_file",
                    fmt::format("cannot open the log file {}: {}", file, std::strerror(errno)),
                    "its folder must exist and be writable");
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (int i = 0; i < 4; ++i) {
    if (kLevels[i] == text) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view text) {
  if (text == "text") return LogFormat::text;
  if (text == "json") return LogFormat::json;
  return std::nullopt;
}

Log::Log(Clock& clock, LogLevel level, LogFormat format, int fd)
    : clock_(clock), level_(level), format_(format), fd_(fd) {}

Log::~Log() {
  if (own_) ::close(fd_);
}

Status Log::to_file(const std::string& file) {
  OFFSYNC_ASSIGN(const int fd, open_log(file));
  const std::lock_guard lock(mutex_);
  if (own_) ::close(fd_);
  fd_ = fd;
  own_ = true;
  cut_ = !ends_with_line(file);
  file_ = file;
  return {};
}

void Log::reopen() {
  if (file_.empty()) {
    write(LogLevel::info, "log_not_reopened", {{"reason", "it goes to stderr"}});
  } else if (const auto done = to_file(file_); !done) {
    write(LogLevel::error, "log_not_reopened", {{"reason", done.error().message()}});
  } else {
    write(LogLevel::info, "log_reopened");
  }
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!on(level)) return;
  const auto time = format_rfc3339(clock_.wall_ms());
  const auto name = kLevels[static_cast<int>(level)];
  std::string line;
  if (format_ == LogFormat::json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","event":"{}")", time, name, event);
    for (const auto& field : fields) append_json(line, field);
    line += "}\n";
  } else {
    line = fmt::format("time={} level={} event={}", time, name, event);
    for (const auto& field : fields) append_text(line, field);
    line += '\n';
  }
  const std::lock_guard lock(mutex_);
  // A log that cannot be written must not stop the proxy, and there is nowhere to say so. What a
  // full disk has cut stays a line of its own.
  if (cut_) line.insert(0, "\n");
  const auto before = size_of(fd_);
  if (write_all(fd_, line) == 0) {
    cut_ = false;
  } else if (size_of(fd_) != before) {
    cut_ = true;
  }
}

}  // namespace offsync::proxy
