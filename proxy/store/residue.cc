#include "proxy/store/residue.h"

#include "base/sha256.h"
#include "event/decoder.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kBytes = 16;

std::string digest(std::string_view content) {
  const Sha256 all = sha256({content});
  return {reinterpret_cast<const char*>(all.data()), kBytes};
}

bool timeless(const EventView& event) {
  return event.time.empty() && event.stamp.none();
}

std::string digest_without_time(EventView event) {
  event.time = {};
  event.stamp = {};
  return digest(encode_content(event));
}

}  // namespace

bool has_given_time(const EventView& event) {
  return !event.time.empty() && event.stamp.node == foreign_node(event.source) &&
         event.stamp.ms() == event.time_ms;
}

bool same_event(EventView incoming, const EventView& stored) {
  if (incoming.time.empty() && incoming.stamp.none() && incoming.source == stored.source &&
      has_given_time(stored)) {
    incoming.time = stored.time;
    incoming.stamp = stored.stamp;
  }
  return encode_content(incoming) == encode_content(stored);
}

std::string residue_of(std::string_view line) {
  Decoder decoder;
  const auto decoded = decoder.decode(line);
  if (!decoded) return digest(line);  // nothing that could come again
  const EventView& event = **decoded;
  std::string residue = digest(encode_content(event));
  if (has_given_time(event)) residue += digest_without_time(event);
  return residue;
}

bool is_residue_of(const EventView& incoming, std::string_view residue) {
  if (!timeless(incoming)) return residue.substr(0, kBytes) == digest(encode_content(incoming));
  return residue.size() > kBytes && residue.substr(kBytes) == digest_without_time(incoming);
}

}  // namespace offsync::proxy
