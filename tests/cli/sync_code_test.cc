// What a sync did and how it ended, and the one exit code for it.
#include "cli/remote/sync_code.h"

#include "base/system_error.h"
#include "cli/text/age.h"
#include "cli/text/output.h"
#include "support/catch.h"

namespace offsync::cli {
namespace {

struct Done {
  const char* what;
  SyncReport report;
};

std::vector<Done> all_done() {
  std::vector<Done> all(6);
  all[0].what = "nothing";
  all[1].what = "pushed";
  all[1].report.pushed = 1;
  all[2].what = "sent before";
  all[2].report.duplicate = 1;
  all[3].what = "rejected";
  all[3].report.rejected = 1;
  all[4].what = "pulled";
  all[4].report.pulled = 1;
  all[5].what = "snapshot";
  all[5].report.snapshots = 1;
  return all;
}

}  // namespace

TEST_CASE("sync: one exit code for what was done and how it ended") {
  // Of an error, whether it is the same after something was done.
  const std::pair<Errc, int> ends[] = {{Errc::partial, kPartial},  {Errc::protocol, kProtocol},
                                       {Errc::auth, kAuth},        {Errc::io, kIo},
                                       {Errc::config, kConfig},    {Errc::internal, kBug},
                                       {Errc::bad_data, kBadData}, {Errc::no_input, kNoInput},
                                       {Errc::usage, kUsage}};
  for (Done& done : all_done()) {
    INFO(done.what);
    const bool nothing = done.what == std::string("nothing");
    CHECK(did_something(done.report) != nothing);
    CHECK(sync_code(done.report) == kOk);
    done.report.error = make_error(Errc::unreachable, "x", "x");
    CHECK(sync_code(done.report) == (nothing ? kUnreachable : kPartial));
    for (const auto& [kind, code] : ends) {
      done.report.error = make_error(kind, "x", "x");
      CHECK(sync_code(done.report) == code);
    }
  }
}

TEST_CASE("each class of failure has one exit code") {
  const std::pair<Errc, int> codes[] = {
      {Errc::usage, 2},     {Errc::bad_data, 65}, {Errc::no_input, 66}, {Errc::unreachable, 69},
      {Errc::internal, 70}, {Errc::io, 74},       {Errc::partial, 75},  {Errc::protocol, 76},
      {Errc::auth, 77},     {Errc::config, 78}};
  for (const auto& [kind, code] : codes) CHECK(exit_code(kind) == code);
  for (const int error : {EACCES, EPERM}) {
    CHECK(exit_code(kind_of_errno(error)) == 77);
    CHECK(exit_code(kind_of_errno(error, Errc::no_input)) == 77);
  }
  CHECK(exit_code(kind_of_errno(EIO)) == 74);
  CHECK(exit_code(kind_of_errno(ENOENT, Errc::no_input)) == 66);
}

TEST_CASE("the age of an answer") {
  constexpr std::int64_t kNow = 1'700'000'000'000;
  constexpr std::int64_t kMinute = 60'000;
  CHECK(age_text(kNow, kNow) == "just now");
  CHECK(age_text(kNow + 5 * kMinute, kNow) == "just now");
  CHECK(age_text(kNow - kMinute + 1, kNow) == "just now");
  CHECK(age_text(kNow - kMinute, kNow) == "1 min ago");
  CHECK(age_text(kNow - 59 * kMinute, kNow) == "59 min ago");
  CHECK(age_text(kNow - 60 * kMinute, kNow) == "1 h ago");
  CHECK(age_text(kNow - 47 * 60 * kMinute, kNow) == "47 h ago");
  CHECK(age_text(kNow - 48 * 60 * kMinute, kNow) == "2 days ago");
  CHECK(dated_text(0, kNow) == "never");
  CHECK(dated_text(kNow, kNow) == "2023-11-14 22:13:20Z, just now");
}

}  // namespace offsync::cli
