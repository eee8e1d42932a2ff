// How commands open the replica.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/text/output.h"

namespace offsync::cli {

Result<Replica> open_replica(const Settings& settings, Clock& clock, Random& random) {
  OFFSYNC_ASSIGN(const std::string file, replica_file(settings));
  OFFSYNC_ASSIGN(Replica replica, Replica::open(file, clock, random));
  if (replica.renamed_from().empty()) return replica;
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica.info());
  say(settings, fmt::format("the file of this replica is a copy, or was moved: it goes on as {}, "
                            "and not as {} any more",
                            info.source, replica.renamed_from()));
  return replica;
}

Result<KnownReplica> open_known_replica(const Settings& settings, Clock& clock, Random& random) {
  OFFSYNC_ASSIGN(Replica replica, open_replica(settings, clock, random));
  OFFSYNC_ASSIGN(ReplicaInfo info, replica.info());
  return KnownReplica{std::move(replica), std::move(info)};
}

}  // namespace offsync::cli
