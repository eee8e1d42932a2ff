// What conflicts_of() asks of the log of a space that is being decided about.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "event/decoder.h"
#include "proxy/store/log_store.h"
#include "state/decision.h"

namespace offsync::proxy {

// The events that were decided about lately, by their stamps; of all spaces. A store knows events
// by their identity alone, and a log that was lost is sent again in one go.
class RecentEvents {
 public:
  struct Identity {
    std::string source, id;
  };

  explicit RecentEvents(std::size_t most) : most_(most) {}
  void note(std::string_view space, const EventView& event);
  // nullptr where it knows none. That one may not be in the log: its commit may have failed.
  const Identity* at(std::string_view space, const Stamp& stamp) const;

 private:
  std::size_t most_;
  std::unordered_map<std::string, Identity> by_key_;
  std::deque<std::string> order_;  // keys, the oldest first
};

// Questions about one event.
class StoredLook final : public LogLook {
 public:
  static constexpr int kAnswers = 256;  // then it has no more: each costs a look into the store

  // As LogStore::find(), but with what is about to be appended.
  using Find = std::function<Result<std::optional<KnownEvent>>(std::string_view source,
                                                               std::string_view id)>;
  // `recent` and `decoder` must outlive it; nobody else may use the decoder meanwhile.
  StoredLook(std::string_view space, Find find, const RecentEvents& recent, Decoder& decoder)
      : space_(space), find_(std::move(find)), recent_(recent), decoder_(decoder) {}

  const EventView* event_of(std::string_view source, std::string_view id) override;
  const EventView* event_at(const Stamp& stamp) override;
  // The first error of the store.
  const Status& status() const { return status_; }

 private:
  std::string_view space_;
  Find find_;
  const RecentEvents& recent_;
  Decoder& decoder_;
  int left_ = kAnswers;
  Status status_;
};

}  // namespace offsync::proxy
