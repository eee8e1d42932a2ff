// Output: data on stdout, talk on stderr. Text from events that goes to a terminal is escaped
// (cli/text/escape.h), every write is checked, and a reader that went away (EPIPE) ends the command
// quietly.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/settings/settings.h"

namespace offsync::cli {

// Exit codes of design §9.
enum Exit : int {
  kOk = 0,
  kNo = 1,
  kUsage = 2,
  kBadData = 65,
  kNoInput = 66,
  kUnreachable = 69,
  kBug = 70,
  kIo = 74,
  kPartial = 75,
  kProtocol = 76,
  kAuth = 77,
  kConfig = 78,
  kInterrupted = 130,
};
int exit_code(Errc kind);

// Writes "offsync: …" (escaped) to stderr; report() gives the exit code of the error.
int report(const Error& error);
void complain(std::string_view message);
// For a command that goes on, and ends with its last failure: says what was in `failed` and puts
// `error` there.
void note_failure(Status& failed, Error error);
// What a command ends with that has done `done` of what it was asked for: its last failure, which
// is partial (75) where something was done.
Status partly(Status failed, std::uint64_t done);
// The same as complain() unless settings.quiet.
void say(const Settings& settings, std::string_view message);

// A buffered file descriptor. After an error or EPIPE writes do nothing.
class Out {
 public:
  explicit Out(int fd = 1);
  ~Out();  // flushes; errors of that flush are lost, so call finish()
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;

  void write(std::string_view text);
  void line(std::string_view text);  // text and a newline
  void json(std::string_view text);  // a line of JSON; on a terminal escaped (cli/text/escape.h)
  // False once nothing can be written any more: a command that only prints can stop.
  bool flush();
  bool open() const { return failure_ == 0; }
  bool terminal() const { return terminal_; }
  // Flushes. Returns `code`, or 74 with a message where a write failed; EPIPE is no failure.
  int finish(int code);

 private:
  int fd_;
  bool terminal_;
  int failure_ = 0;  // errno
  std::string buffer_;
};

// The exit code of a command that has printed to `out` until `done`: an error is told behind that.
int finish(Out& out, const Status& done);

// The output format for events, entities and other records: as set, else text on a terminal and
// NDJSON elsewhere.
Format record_format(const Settings& settings, const Out& out);
// The format for reports (status, sync): as set, else text.
Format report_format(const Settings& settings);
bool use_color(const Settings& settings, const Out& out);

// Colours as SGR sequences, empty where there is no colour.
struct Palette {
  explicit Palette(bool on);
  const char *bold, *dim, *red, *green, *yellow, *blue, *reset;
};

// How text looks. Where it does not go to a terminal, ids are whole and times UTC, so that scripts
// can rely on both.
struct Look {
  Look(const Settings& settings, const Out& out);
  bool terminal;
  Palette colors;
};

// Prints records in one format: NDJSON lines, the elements of one JSON array, or lines of text.
class Records {
 public:
  Records(Out& out, Format format) : out_(out), format_(format) {}
  Format format() const { return format_; }
  void json(std::string_view object);  // formats json and ndjson
  void text(std::string_view line);    // format text
  void end();                          // call once, also where there was no record

 private:
  Out& out_;
  Format format_;
  bool any_ = false;
};

// A line on stderr that is written over, when stderr is a terminal; at most ten times a second.
class Progress {
 public:
  Progress(const Settings& settings, Clock& clock);
  ~Progress();  // wipes it
  bool shown() const { return on_; }
  bool due();  // whether update() would show anything now
  void update(std::string_view text);
  void clear();

 private:
  Clock& clock_;
  bool on_;
  bool dirty_ = false;
  std::int64_t last_ms_ = -1000;
};

}  // namespace offsync::cli
