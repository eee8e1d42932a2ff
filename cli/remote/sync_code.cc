#include "cli/remote/sync_code.h"

#include "cli/text/output.h"

namespace offsync::cli {

bool did_something(const SyncReport& report) {
  return report.pushed + report.duplicate + report.rejected + report.pulled + report.snapshots +
             report.again + report.lost >
         0;
}

int sync_code(const SyncReport& report) {
  if (!report.error) return kOk;
  const int code = exit_code(report.error->kind);
  return code == kUnreachable && did_something(report) ? kPartial : code;
}

}  // namespace offsync::cli
