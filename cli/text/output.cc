#include "cli/text/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "base/shorten.h"
#include "cli/text/escape.h"
#include "cli/text/pager.h"
#include "replica/replica.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr std::int64_t kProgressMs = 100;

// One that understands no control sequences.
bool dumb_terminal() {
  const char* term = process_environment("TERM");
  return term != nullptr && std::strcmp(term, "dumb") == 0;
}

// What fits a line of stderr's terminal: of one that wrapped only the last part could be wiped.
std::size_t line_columns() {
  struct winsize size = {};
  if (::ioctl(2, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 79;
  return size.ws_col - 1U;
}

}  // namespace

int exit_code(Errc kind) {
  switch (kind) {
    case Errc::usage:
      return kUsage;
    case Errc::bad_data:
      return kBadData;
    case Errc::no_input:
      return kNoInput;
    case Errc::unreachable:
      return kUnreachable;
    case Errc::io:
      return kIo;
    case Errc::partial:
      return kPartial;
    case Errc::protocol:
      return kProtocol;
    case Errc::auth:
      return kAuth;
    case Errc::config:
      return kConfig;
    case Errc::internal:
      break;
  }
  return kBug;
}

void complain(std::string_view message) {
  // stderr that cannot be written leaves nobody to tell.
  (void)write_all(2, "offsync: " + escape_text(shortened(message)) + "\n");
}

int report(const Error& error) {
  // The only database that the command line has is a replica.
  const bool advice = error.code == "corrupt" && error.hint.empty();
  const bool named = error.detail.find("damaged") != std::string::npos;
  complain(error.message() + (advice && !named ? "; the replica is damaged" : "") +
           (advice ? fmt::format("; {}", Replica::kRepairHint) : ""));
  return exit_code(error.kind);
}

void note_failure(Status& failed, Error error) {
  if (!failed) complain(failed.error().message());
  failed = std::move(error);
}

Status partly(Status failed, std::uint64_t done) {
  if (failed || done == 0) return failed;
  Error error = failed.error();
  error.kind = Errc::partial;
  return error;
}

void say(const Settings& settings, std::string_view message) {
  if (!settings.quiet) (void)write_all(2, escape_text(message) + "\n");
}

Out::Out(int fd) : fd_(fd), terminal_(fd == 1 ? output_is_terminal() : ::isatty(fd) == 1) {}
Out::~Out() {
  (void)flush();
}

void Out::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) (void)flush();
}

void Out::line(std::string_view text) {
  buffer_ += text;
  buffer_ += '\n';
  if (buffer_.size() >= kBufferBytes) (void)flush();
}

void Out::json(std::string_view text) {
  terminal_ ? line(escape_json(text)) : line(text);
}

bool Out::flush() {
  if (failure_ == 0) failure_ = write_all(fd_, buffer_);
  buffer_.clear();
  return failure_ == 0;
}

int Out::finish(int code) {
  (void)flush();
  if (failure_ == 0 || failure_ == EPIPE) return code;
  complain(fmt::format("cannot write to the output: {}", std::strerror(failure_)));
  return kIo;
}

int finish(Out& out, const Status& done) {
  if (done) return out.finish(kOk);
  (void)out.flush();
  return report(done.error());
}

Format record_format(const Settings& settings, const Out& out) {
  if (settings.format != Format::automatic) return settings.format;
  return out.terminal() ? Format::text : Format::ndjson;
}

Format report_format(const Settings& settings) {
  return settings.format == Format::automatic ? Format::text : settings.format;
}

bool use_color(const Settings& settings, const Out& out) {
  if (settings.color != When::automatic) return settings.color == When::always;
  return out.terminal() && !dumb_terminal();
}

Palette::Palette(bool on)
    : bold(on ? "\x1b[1m" : ""),
      dim(on ? "\x1b[2m" : ""),
      red(on ? "\x1b[31m" : ""),
      green(on ? "\x1b[32m" : ""),
      yellow(on ? "\x1b[33m" : ""),
      blue(on ? "\x1b[34m" : ""),
      reset(on ? "\x1b[0m" : "") {}

Look::Look(const Settings& settings, const Out& out)
    : terminal(out.terminal()), colors(use_color(settings, out)) {}

void Records::json(std::string_view object) {
  if (format_ == Format::ndjson) {
    out_.json(object);
    return;
  }
  out_.write(any_ ? ",\n" : "[\n");
  out_.terminal() ? out_.write(escape_json(object)) : out_.write(object);
  any_ = true;
}

void Records::text(std::string_view line) {
  out_.line(line);
}

void Records::end() {
  if (format_ == Format::json) out_.write(any_ ? "\n]\n" : "[]\n");
}

Progress::Progress(const Settings& settings, Clock& clock)
    : clock_(clock), on_(!settings.quiet && ::isatty(2) == 1 && !dumb_terminal()) {}
Progress::~Progress() {
  clear();
}

bool Progress::due() {
  return on_ && clock_.steady_ms() - last_ms_ >= kProgressMs;
}

void Progress::update(std::string_view text) {
  if (!due()) return;
  last_ms_ = clock_.steady_ms();
  dirty_ = true;
  (void)write_all(2, "\r\x1b[K" + clip(escape_text(text), line_columns()));
}

void Progress::clear() {
  if (dirty_) (void)write_all(2, "\r\x1b[K");
  dirty_ = false;
}

}  // namespace offsync::cli
