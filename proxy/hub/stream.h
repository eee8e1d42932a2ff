// A stream's channel, for a writer that may go on with anything after a short write: what the
// channel has begun with is kept here and goes first.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/http/channel.h"

namespace offsync::proxy {

// Belongs to one thread.
class Stream {
 public:
  Stream(std::unique_ptr<Channel> channel, std::string space)
      : channel_(std::move(channel)), space_(std::move(space)) {}

  const std::string& space() const { return space_; }
  int fd() const { return channel_->fd(); }

  // Reads and forgets what the client says, which it has no reason to. False where the stream is
  // over: the client has ended or failed, or does not stop.
  bool read_away();
  // How many bytes were taken, or Channel::kNone, Channel::kFailed. Taken ones are sent before all
  // that is written later, once the channel can be written again: by flush() or by the next write.
  std::ptrdiff_t write(const std::vector<std::string_view>& pieces);
  // False where the connection is broken.
  bool flush();
  // Ends it for the client. False: not yet, as there is no room; again once it can be written.
  bool end();

 private:
  std::unique_ptr<Channel> channel_;
  std::string space_;
  std::string owed_;  // taken, and not yet by the channel
};

}  // namespace offsync::proxy
